"""The table of drawn routes as data, and as the text that Rails prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tornado_rails.routing.inflections import underscore
from tornado_rails.routing.pattern import escape_drawn, normalize_path
from tornado_rails.routing.route import Route
from tornado_rails.routing.ruby_text import ruby_text

_GUIDE: Final = "For more information about routes, see the Rails guide: https://guides.rubyonrails.org/routing.html."
_NO_ROUTES: Final = f"You don't have any routes defined!\n\nPlease add some routes in config/routes.rb.\n\n{_GUIDE}"
_HEAD: Final = ("Prefix", "Verb", "URI Pattern", "Controller#Action")
_EXPANDED_WIDTH: Final = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One route of the table, in words."""

    name: str
    verb: str
    path: str
    target: str
    source: str

    @classmethod
    def of(cls, route: Route) -> Line:
        """A route's line."""
        return cls(route.name or "", "|".join(route.verbs), route.path, target_words(route), str(route.source))


def target_words(route: Route) -> str:
    """Where a route leads, with what it asks and adds."""
    shown = {**route.defaults, **route.requirements}
    shown = {name: value for name, value in shown.items() if name not in ("controller", "action")}
    return f"{route.leads_to} {ruby_text(shown)}" if shown else route.leads_to


def matching(routes: Iterable[Route], controller: str | None = None, grep: str | None = None) -> list[Route]:
    """The routes of a controller, or those that a regex finds in their words or whose path matches the text.

    ``controller`` is a part of its name, or its class's name: "Admin::PostsController".
    """
    if controller is not None:
        part = re.compile(re.sub(r"_?controller\Z", "", underscore(controller)))
        return [route for route in routes if route.controller is not None and part.search(route.controller)]
    if grep is not None:
        pattern = re.compile(grep)
        path = normalize_path(escape_drawn(grep))
        return [route for route in routes if _mentions(route, pattern) or route.pattern.find(path)]
    return list(routes)


def _mentions(route: Route, pattern: re.Pattern[str]) -> bool:
    words = (route.controller, route.action, "|".join(route.verbs), route.name or "", route.path)
    return any(word is not None and pattern.search(word) for word in words)


def show(
    routes: Sequence[Route], controller: str | None = None, grep: str | None = None, expanded: bool = False
) -> str:
    """The table as Rails prints it, letter for letter."""
    lines = [Line.of(route) for route in matching(routes, controller, grep)]
    if not lines:
        return nothing_found(controller, grep)
    return expanded_text(lines) if expanded else plain_text(lines)


def nothing_found(controller: str | None = None, grep: str | None = None) -> str:
    """What Rails says of a table without routes, or without those that were asked for."""
    if controller is not None:
        return f"No routes were found for this controller.\n{_GUIDE}"
    return f"No routes were found for this grep pattern.\n{_GUIDE}" if grep is not None else _NO_ROUTES


def plain_text(lines: Iterable[Line], sources: bool = False) -> str:
    """Routes a line each, in Rails' columns; with ``sources``, where each was written stands behind them."""
    rows = [(*_HEAD, "Source"), *((line.name, line.verb, line.path, line.target, line.source) for line in lines)]
    name, verb, path, target = (max(len(row[column]) for row in rows) for column in range(4))
    texts = (f"{row[0]:>{name}} {row[1]:<{verb}} {row[2]:<{path}} {row[3]}" for row in rows)
    if not sources:
        return "\n".join(texts)
    width = name + verb + path + target + 3
    return "\n".join(f"{text:<{width}} {row[4]}".rstrip() for text, row in zip(texts, rows, strict=True))


def expanded_text(lines: Iterable[Line], sources: bool = False) -> str:
    """Routes a block each, as Rails prints them; with ``sources``, with where each was written."""
    blocks = []
    for number, line in enumerate(lines, 1):
        blocks.append(f"--[ Route {number} ]".ljust(_EXPANDED_WIDTH, "-"))
        texts = {"Prefix": line.name, "Verb": line.verb, "URI": line.path, "Controller#Action": line.target}
        if sources:
            texts["Source Location"] = line.source
        blocks += [f"{head:<17} | {text}" for head, text in texts.items()]
    return "\n".join(blocks)
