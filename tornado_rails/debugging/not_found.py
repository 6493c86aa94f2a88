"""A path that no route takes, as data: the nearest routes with the reason of each, and all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from tornado.web import Application, RequestHandler

from tornado_rails.debugging.cleaning import Cleaner
from tornado_rails.debugging.report import cleaner_for, title_of
from tornado_rails.routing.debug_router import PAGE, DebugRouter
from tornado_rails.routing.misses import Asked, Miss, miss_of, near_misses
from tornado_rails.routing.rails_table import Line
from tornado_rails.routing.routes_page import RouteTable
from tornado_rails.routing.rows import Row, row_of, rules_of

_MOST_ROWS = 1000  # that are asked why they do not take the request
_MOST_LINES = 2000  # that are shown
_MOST_MISSES = 5
_LONGEST_PATH = 2000
_ALIKE = 0.6


@dataclass(slots=True)
class NotFound:
    """What the page of a path without a route shows."""

    title: str
    request: str
    allowed: tuple[str, ...]  # for a path that has routes for other methods
    misses: list[tuple[str, str]]
    lines: Sequence[Line]
    count: int
    page: str | None  # where the routes have a page of their own

    def markdown(self) -> str:
        """The misses, as Markdown."""
        lines = [f"# {self.title}", "", f"    {self.request}"]
        lines += ["", f"Allowed: {', '.join(self.allowed)}"] if self.allowed else []
        for row, reason in self.misses:
            lines += ["", *(f"    {line}" for line in f"{row}\n{reason}".splitlines())]
        return "\n".join(lines) + "\n"

    def members(self) -> dict[str, Any]:
        """What a problem's JSON has besides."""
        return {"near_misses": [{"route": row, "reason": reason} for row, reason in self.misses]}


def not_found(handler: RequestHandler, status: int, allowed: Sequence[str] = ()) -> NotFound:
    """The report of a request that no route takes; ``allowed`` are the methods that its path has routes for."""
    cleaner = cleaner_for(handler)
    application, request = handler.application, handler.request
    router: Any = application.default_router
    table = RouteTable.of(application, getattr(router, "route_table", None))
    asked = Asked(str(request.method), request.path, request, str(request.uri))
    has_page = isinstance(router, DebugRouter) and handler.settings.get("debug")
    if has_page:
        router.route_table = table
    return NotFound(
        title=title_of(handler, status, cleaner),
        request=cleaner.described(f"{request.method} {request.uri}"),
        allowed=tuple(allowed),
        misses=[_words(miss, asked, cleaner) for miss in nearest(_rows(application, asked.path), asked)],
        lines=table.lines[:_MOST_LINES],
        count=len(table.lines),
        page=PAGE if has_page else None,
    )


def _words(miss: Miss, asked: Asked, cleaner: Cleaner) -> tuple[str, str]:
    reason = miss.reason
    if miss.row.rule is not None and miss.row.rule is getattr(asked.request, "route", None):
        reason = f"method: it takes {miss.row.methods}, not {asked.method}"  # a verb that its handler does not have
    return cleaner.text(str(miss.row)), cleaner.described(reason)


def nearest(rows: Sequence[Row], asked: Asked) -> Sequence[Miss]:
    """The nearest routes: those that go along with the path for a while, then those whose paths look alike."""
    if len(asked.path) > _LONGEST_PATH:
        return []
    misses = list(near_misses(rows, asked, None))
    known = {id(miss.row) for miss in misses}
    alike = [(_likeness(row.path, asked.path), row) for row in rows if id(row) not in known]
    alike = sorted((each for each in alike if each[0][0] >= _ALIKE), key=lambda each: each[0], reverse=True)
    misses += [miss_of(row, asked, None) for _likeness, row in alike[: _MOST_MISSES - len(misses)]]
    return misses


def _likeness(pattern: str, path: str) -> tuple[float, int]:
    """How alike two paths are, by their first segments, then by how many these are."""
    one, other = pattern.partition("(")[0].split("/"), path.split("/")
    return SequenceMatcher(None, "".join(one[1:2]), "".join(other[1:2])).ratio(), -abs(len(one) - len(other))


def _rows(application: Application, path: str) -> list[Row]:
    rows = [row_of(rule, within) for rule, within in rules_of(application)]
    if len(rows) > _MOST_ROWS:
        # PERF: a row takes a millisecond.
        first = "/".join(path.split("/")[:2])
        rows = sorted(rows, key=lambda row: not row.path.startswith(first))[:_MOST_ROWS]
    return rows
