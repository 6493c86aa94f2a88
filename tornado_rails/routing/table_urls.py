"""URLs of a whole table: drawn routes, conventions, and tuples that have a name or an action, by the same functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tornado.routing import PathMatches, Rule
from tornado.web import RequestHandler

from tornado_rails.routing.conventions import controller_name
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.drawing import Direct
from tornado_rails.routing.linear import UnsafeError
from tornado_rails.routing.mapping import target_text
from tornado_rails.routing.pattern import Group, Part, Parts, PathPattern, normalize_path, params
from tornado_rails.routing.recognition import unescape
from tornado_rails.routing.route import Route
from tornado_rails.routing.router import IndexedRouter
from tornado_rails.routing.routeset import RouteSet
from tornado_rails.routing.rule_list import RuleList
from tornado_rails.routing.source import UNKNOWN
from tornado_rails.routing.translation import UntranslatableError, path_text, translate
from tornado_rails.routing.urls import UrlBuilder
from tornado_rails.routing.urlspec import URLSpec, group_names, is_handler, revision


class TableUrls:
    """What a `UrlBuilder` makes URLs of: the rules of an application's router, as they are now.

    :arg drawn: the route set whose options and direct URLs hold for all; None for a table without drawn routes.
    """

    def __init__(self, router: IndexedRouter, drawn: RouteSet | None) -> None:
        self._router = router
        self._rules: list[Rule] = []
        self._known: Any = None
        self.drops_extra = False
        self.routes: Sequence[Route] = ()
        self.named: Mapping[str, Route] = {}
        self.directs: Mapping[str, Direct] = {} if drawn is None else drawn.directs
        self.default_url_options: Mapping[str, Any] = {} if drawn is None else drawn.default_url_options
        self.relative_url_root = "" if drawn is None else drawn.relative_url_root

    def at(self, **options: Any) -> UrlBuilder:
        """The URLs of the table with options that they all have."""
        self._refresh()
        return UrlBuilder(self, options)

    def _refresh(self) -> None:
        rules = self._router.rules
        known = (id(rules), getattr(rules, "changes", 0), revision.rules)
        if known == self._known and (type(rules) is RuleList or rules == self._rules):
            return
        self._known, self._rules = known, list(rules)
        self._specs: dict[int, Rule] = {}  # of routes, by identity
        routes: list[Route] = []
        for rule in rules:
            route = route_of_rule(rule, len(routes))
            if route is not None:
                routes.append(route)
                self._specs[id(route)] = rule
        self.routes = routes
        self.named = {route.name: route for route in reversed(routes) if route.name}

    def target_of(self, target: Any) -> str | None:
        """The "controller#action" of a function or of (class, name), whatever its route calls the controller."""
        text = target_text(target)
        if text is None:
            return None
        action = text.partition("#")[2]
        for route in self.routes:
            if route.action == action:
                owner = _class_of(self._specs[id(route)])
                if owner is target[0] if isinstance(target, tuple) else getattr(owner, action) is target:
                    return f"{route.controller}#{action}"
        return text

    def returns(self, route: Route, path: str) -> Mapping[str, str] | None:
        """The values of a path, if the table takes it to this route by one of the route's methods; else None."""
        wanted = self._specs[id(route)]
        for method in route.verbs or ("GET",):
            for rule in self._router.candidate_rules(path):
                if rule is wanted:
                    found = _values(rule, route, path)
                    if found is not None:
                        return found
                elif _comes_before(rule, path, method):
                    break
        return None


def _class_of(rule: Rule) -> type[RequestHandler] | None:
    return written_class(rule.target) if is_handler(rule.target) else None


def _values(rule: Rule, route: Route, path: str) -> Mapping[str, str] | None:
    drawn: Route | None = getattr(rule, "drawn", None)
    if drawn is not None:
        found = drawn.pattern.match(normalize_path(path))
        return None if found is None else {name: unescape(value) for name, value in found.items()}
    match = rule.matcher.regex.match(path)  # type: ignore[attr-defined]
    if match is None:
        return None
    groups = match.groupdict() or dict(zip(_names(rule), match.groups(), strict=True))
    return {name: unescape(value) for name, value in groups.items() if value is not None}


def _comes_before(rule: Rule, path: str, method: str) -> bool:
    """Whether a rule takes a path for sure, whatever else a request says."""
    accepts: frozenset[str] | None = getattr(rule, "_accepts", None)
    if accepts is not None and method not in accepts:
        return False
    drawn: Route | None = getattr(rule, "drawn", None)
    if drawn is not None:
        asks = bool(drawn.constraints or drawn.predicates)
        return not asks and drawn.pattern.find(normalize_path(path)) is not None
    return type(rule.matcher) is PathMatches and is_handler(rule.target) and rule.matcher.regex.match(path) is not None


def _names(rule: Rule) -> list[str]:
    known = group_names(rule)
    return list(known) if known else [f"arg{number}" for number in range(1, rule.matcher.regex.groups + 1)]  # type: ignore[attr-defined]


def route_of_rule(rule: Rule, position: int) -> Route | None:
    """A rule as a route to make URLs of; None for one that has neither name nor action, or no such pattern."""
    if not isinstance(rule, URLSpec):
        return None
    if rule.drawn is not None:
        return rule.drawn
    if not (rule.name or rule.action) or type(rule.matcher) is not PathMatches:
        return None
    owner = _class_of(rule)
    controller = rule.controller or (controller_name(owner.__name__) if owner and rule.action else None)
    try:
        translation = translate(rule.matcher.regex.pattern, _names(rule))
        requirements = {name: re.compile(source) for name, source in translation.requirements.items()}
        path = path_text(_without_options(translation.parts))
        pattern = PathPattern(path, requirements)
    except (UntranslatableError, UnsafeError, re.error):
        return None
    defaults = {} if controller is None else {"controller": controller, "action": rule.action}
    return Route(
        position=position,
        name=rule.name,
        verbs=rule.methods or (),
        path=path,
        pattern=pattern,
        controller=controller,
        action=rule.action,
        defaults=defaults,
        required_defaults=tuple(defaults),
        requirements=requirements,
        constraints={},
        predicates=(),
        scope_options={},
        source=rule.source or UNKNOWN,
        endpoint=None if controller else rule.target,
    )


def _without_options(parts: Parts) -> Parts:
    """Leaves out what may be left out and takes no value, as ``/?`` at the end."""
    kept: list[Part] = []
    for part in parts:
        if not isinstance(part, Group):
            kept.append(part)
        elif any(params(part.parts)):
            kept.append(Group(_without_options(part.parts)))
    return tuple(kept)
