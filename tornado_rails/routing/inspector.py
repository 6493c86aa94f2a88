"""The table as data: every rule of an application, nested ones too, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import tornado.web
from tornado.routing import AnyMatches, DefaultHostMatches, HostMatches, Matcher, Rule, RuleRouter

from tornado_rails.routing.derived import written_class
from tornado_rails.routing.source import Source
from tornado_rails.routing.urlspec import group_names, is_handler, pattern_of, place_of, target_name


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One rule that leads to a handler, an application or a callable."""

    name: str | None
    methods: tuple[str, ...]  # none: all that the handler has
    pattern: str
    target: str  # "UserController.login", "StaticFileHandler"
    params: tuple[str, ...]  # names of the path's values; none, if they have none
    within: tuple[str, ...]  # what the rules around it ask for: hosts, paths
    source: Source | None  # None for a rule of Tornado's own class, which does not know


def inspect_routes(application: tornado.web.Application) -> list[RouteRow]:
    """The rules of an application, as rows.

    >>> from tornado_rails import RailsApplication
    >>> class UserController(tornado.web.RequestHandler):
    ...     def show(self, id: int): ...
    >>> row = inspect_routes(RailsApplication(controllers=[UserController]))[0]
    >>> row.methods, row.pattern, row.target, row.params
    (('GET',), '/user/show/(?P<id>[^/]+)', 'UserController.show', ('id',))
    """
    return [row_of(rule, within) for rule, within in walk_rules(application.default_router.rules)]


def format_routes(rows: Iterable[RouteRow]) -> str:
    """Rows as aligned text, a line each under a heading."""
    heading = ("Name", "Methods", "Pattern", "Target", "Source")
    lines = [heading, *map(_columns, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _columns(row: RouteRow) -> tuple[str, ...]:
    pattern = " ".join([*row.within, row.pattern])
    return row.name or "", "|".join(row.methods) or "*", pattern, row.target, str(row.source or "")


def walk_rules(rules: Sequence[Rule], within: tuple[Matcher, ...] = ()) -> Iterator[tuple[Rule, tuple[Matcher, ...]]]:
    """Every rule that leads to no other table, each with the matchers of the rules around it."""
    for rule in rules:
        if isinstance(rule.target, RuleRouter):
            condition = () if type(rule.matcher) is AnyMatches else (rule.matcher,)
            yield from walk_rules(rule.target.rules, (*within, *condition))
        else:
            yield rule, within


def row_of(rule: Rule, within: Iterable[Matcher] = ()) -> RouteRow:
    """A rule as a row."""
    return RouteRow(
        name=rule.name,
        methods=getattr(rule, "methods", None) or (),
        pattern=_condition(rule.matcher),
        target=_target(rule),
        params=group_names(rule) or (),
        within=tuple(map(_condition, within)),
        source=place_of(rule),
    )


def _condition(matcher: Matcher) -> str:
    if isinstance(matcher, (HostMatches, DefaultHostMatches)):
        return f"host {matcher.host_pattern.pattern.removesuffix('$')}"
    return pattern_of(matcher).removesuffix("$")


def _target(rule: Rule) -> str:
    target = written_class(rule.target) if is_handler(rule.target) else rule.target
    action = getattr(rule, "action", None)
    return target_name(target) + (f".{action}" if action else "")
