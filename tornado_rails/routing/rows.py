"""Every rule of a table as a row of Rails' columns: drawn ones, tuples, conventions, hosts, mounts, static files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tornado.routing import AnyMatches, DefaultHostMatches, HostMatches, Matcher, PathMatches, Rule, RuleRouter
from tornado.web import Application

from tornado_rails.routing.actions import is_websocket, own_verbs
from tornado_rails.routing.conventions import controller_name
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.pattern import Group, Param, Parts, Text
from tornado_rails.routing.rails_table import Line, target_words
from tornado_rails.routing.route import Route
from tornado_rails.routing.ruby_text import ruby_text
from tornado_rails.routing.source import UNKNOWN, Source
from tornado_rails.routing.translation import UntranslatableError, path_text, translate
from tornado_rails.routing.urlspec import group_names, is_handler, pattern_of, place_of, target_name

_ANY = frozenset({"[^/]+", ".*", ".+"})  # constraints that say nothing
UNNAMED = "arg"  # and a number: what a group is called that has no name


@dataclass(frozen=True, slots=True)
class Row:
    """One rule that leads somewhere; ``rule`` is None for a drawn route that stands in no application."""

    name: str
    verbs: tuple[str, ...]  # none: all
    path: str
    controller: str | None
    action: str | None
    target: str  # "posts#show", "PageHandler", "StaticFileHandler"
    asked: dict[str, Any]  # constraints of the path's values
    within: tuple[Matcher, ...]  # what the rules around it ask for
    source: Source | None
    route: Route | None
    rule: Rule | None

    @property
    def line(self) -> Line:
        """The row as Rails prints it, with what is asked beside the path."""
        if self.route is not None and not self.within:
            text = target_words(self.route)
        else:
            asked = {name: each for name, each in self.asked.items() if getattr(each, "pattern", "") not in _ANY}
            shown = {**asked, **dict(_condition(matcher) for matcher in self.within)}
            text = f"{self.target} {ruby_text(shown)}" if shown else self.target
        return Line(self.name, "|".join(self.verbs), self.path, text, str(self.source or ""))

    @property
    def methods(self) -> str:
        """The methods in a word."""
        return "|".join(self.verbs) or "any method"

    def __str__(self) -> str:
        place = f" ({self.source})" if self.source else ""
        return f"{'|'.join(self.verbs) or 'ANY'} {self.path} -> {self.target}{place}"


def _condition(matcher: Matcher) -> tuple[str, Any]:
    if isinstance(matcher, HostMatches):
        return "host", re.compile(matcher.host_pattern.pattern.removesuffix("$"))
    if isinstance(matcher, DefaultHostMatches):
        return "default_host", re.compile(matcher.host_pattern.pattern.removesuffix("$"))
    if isinstance(matcher, PathMatches):
        return "path", re.compile(matcher.regex.pattern.removesuffix("$"))
    return "if", type(matcher).__name__


def rules_of(application: Application) -> Iterator[tuple[Rule, tuple[Matcher, ...]]]:
    """Each rule of an application that leads to no further table, with the matchers around it."""
    yield from _walk(application.default_router.rules, ())


def _walk(rules: Sequence[Rule], within: tuple[Matcher, ...]) -> Iterator[tuple[Rule, tuple[Matcher, ...]]]:
    for rule in rules:
        if isinstance(rule.target, RuleRouter):
            around = () if type(rule.matcher) is AnyMatches else (rule.matcher,)
            yield from _walk(rule.target.rules, (*within, *around))
        else:
            yield rule, within


def row_of_route(route: Route, rule: Rule | None = None, within: tuple[Matcher, ...] = ()) -> Row:
    """A drawn route's row."""
    return Row(
        name=route.name or "",
        verbs=route.verbs,
        path=route.path,
        controller=route.controller,
        action=route.action,
        target=route.leads_to,
        asked=dict(route.requirements),
        within=within,
        source=route.source if route.source is not UNKNOWN else None,
        route=route,
        rule=rule,
    )


def row_of(rule: Rule, within: tuple[Matcher, ...] = ()) -> Row:
    """A rule's row."""
    drawn: Route | None = getattr(rule, "drawn", None)
    if drawn is not None:
        return row_of_route(drawn, rule, within)
    path, asked = path_of(rule)
    owner = written_class(rule.target) if is_handler(rule.target) else None
    action: str | None = getattr(rule, "action", None)
    controller = getattr(rule, "controller", None) or (controller_name(owner.__name__) if owner else None)
    return Row(
        name=rule.name or "",
        verbs=_verbs(rule, owner, action),
        path=path,
        controller=controller,
        action=action,
        target=f"{controller}#{action}" if action else target_text(owner or rule.target),
        asked=asked,
        within=within,
        source=place_of(rule),
        route=None,
        rule=rule,
    )


def target_text(target: Any) -> str:
    """What a rule leads to that is no action: a class by its name, an application by its class's."""
    return type(target).__name__ if isinstance(target, Application) else target_name(target)


def _verbs(rule: Rule, owner: Any, action: str | None) -> tuple[str, ...]:
    methods: tuple[str, ...] | None = getattr(rule, "methods", None)
    if methods or action or owner is None:
        return methods or ()
    if is_websocket(owner):
        return ("GET",)
    own = own_verbs(owner)
    return tuple(verb for verb in own if verb != "HEAD" or "GET" not in own)


def value_names(rule: Rule) -> list[str]:
    """The names of a path's values; those without one are numbered."""
    known = group_names(rule)
    regex = getattr(rule.matcher, "regex", None)
    count = regex.groups if regex is not None else 0
    return list(known) if known else [f"{UNNAMED}{number}" for number in range(1, count + 1)]


def path_of(rule: Rule) -> tuple[str, dict[str, Any]]:
    """A rule's path as it would be drawn, with its constraints; where it cannot be, the regex as it is."""
    if type(rule.matcher) is AnyMatches:
        return "/*", {}
    if isinstance(rule.matcher, PathMatches):
        try:
            found = translate(rule.matcher.regex.pattern, value_names(rule))
            texts = {} if group_names(rule) else {name: _literal(text) for name, text in found.requirements.items()}
            asked = {name: re.compile(text) for name, text in found.requirements.items() if not texts.get(name)}
            return path_text(_with_texts(found.parts, texts)), asked
        except (UntranslatableError, re.error):
            pass
    return pattern_of(rule.matcher).removesuffix("$"), {}


def _literal(source: str) -> str:
    """The text of a group that takes one text alone, as ``(robots\\.txt)``; else nothing."""
    return re.sub(r"\\(.)", r"\1", source) if re.fullmatch(r"(?:\\\W|[\w/-])+", source) else ""


def _with_texts(parts: Parts, texts: Mapping[str, str]) -> Parts:
    """A path's parts with such texts in the place of the values that have no name."""
    return tuple(
        Text(texts[part.name])
        if isinstance(part, Param) and texts.get(part.name)
        else Group(_with_texts(part.parts, texts))
        if isinstance(part, Group)
        else part
        for part in parts
    )
