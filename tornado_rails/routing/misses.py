"""Why a route does not take a request: its method, a constraint, the segment at which the paths part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.routing import DefaultHostMatches, HostMatches

from tornado_rails.errors import RequestError
from tornado_rails.routing.constraints import REQUEST_ATTRIBUTES, RouteRequest, agrees, holds
from tornado_rails.routing.path_language import Language
from tornado_rails.routing.pattern import PathPattern, Requirement, normalize_path
from tornado_rails.routing.recognition import unescape
from tornado_rails.routing.rows import Row

_MOST = 5  # near misses that are told


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is asked about."""

    method: str
    path: str
    request: HTTPServerRequest
    shown: str

    @property
    def route_request(self) -> RouteRequest:
        """As routes see it."""
        return RouteRequest.of(self.request)


@dataclass(frozen=True, slots=True)
class Miss:
    """A route that does not take a request, how near it came, and why not."""

    row: Row
    nearness: int
    reason: str


_WHOLE = 1_000_000  # the nearness of a route whose path matches


def near_misses(rows: Iterable[Row], asked: Asked, taken: Row | None) -> Sequence[Miss]:
    """The nearest routes that do not take a request, the nearest first."""
    found = [miss for row in rows if row is not taken for miss in [miss_of(row, asked, taken)] if miss.nearness]
    found.sort(key=lambda miss: -miss.nearness)
    return found[:_MOST]


def miss_of(row: Row, asked: Asked, taken: Row | None) -> Miss:
    """Why a route does not take a request."""
    path = normalize_path(asked.path) if row.route is not None else asked.path
    if not _matches(row, path, asked):
        return _path_miss(row, path)
    reason = _host(row, asked) or _method(row, asked) or _constraint(row, asked) or _predicate(row, path, asked)
    if reason or taken is not None:
        return Miss(row, _WHOLE, reason or f"an earlier route takes it: {taken}")
    return Miss(row, 0 if row.action else _WHOLE, "its target passes the request on")


def _matches(row: Row, path: str, asked: Asked) -> bool:
    if row.route is not None:
        return row.route.pattern.find(path) is not None
    return row.rule is not None and row.rule.matcher.match(asked.request) is not None


def _path_miss(row: Row, path: str) -> Miss:
    """The constraint or the segment at which a path and a row's pattern part."""
    constraint = _segment_constraint(row, path)
    if constraint:
        return Miss(row, _WHOLE - 1, constraint)
    matcher = row.rule.matcher if row.rule is not None else None
    regex = row.route.pattern.regex if row.route is not None else getattr(matcher, "regex", None)
    language = Language.of(regex) if regex is not None else None
    if language is None:
        return Miss(row, 0, "its pattern does not match")
    reached, ends = language.reach(path)
    segments, wanted = path.split("/"), row.path.split("/")
    if reached == len(path):
        missing = wanted[len(segments)] if len(segments) < len(wanted) else row.path
        return Miss(row, len(segments) - 1, f"the path ends too early: {missing!r} is wanted behind {path!r}")
    number = path[:reached].count("/")
    if number >= len(wanted) or (ends and path[reached] == "/"):
        return Miss(row, number, f"the path goes on: {path[reached:]!r} is too much")
    return Miss(row, max(0, number - 1), f"segment {number}, {segments[number]!r}, is not {wanted[number]!r}")


def _segment_constraint(row: Row, path: str) -> str:
    """The constraints that keep a path from matching which does so without them."""
    if not row.asked:
        return ""
    free = PathPattern(row.path, None, row.route.anchored if row.route is not None else True)
    values = free.match(path)
    if values is None:
        return ""
    wrong = [
        f"{name}={values[name]!r} does not match {_text(asked)!r}"
        for name, asked in row.asked.items()
        if values.get(name) is not None and not _fits(asked, values[name])
    ]
    return "constraint: " + ", ".join(wrong) if wrong else ""


def _text(asked: Requirement) -> str:
    return asked.pattern if isinstance(asked, re.Pattern) else asked


def _fits(asked: Requirement, value: str) -> bool:
    return asked.fullmatch(value) is not None if isinstance(asked, re.Pattern) else asked == value


def _host(row: Row, asked: Asked) -> str:
    for matcher in row.within:
        if matcher.match(asked.request) is None:
            if isinstance(matcher, (HostMatches, DefaultHostMatches)):
                pattern = matcher.host_pattern.pattern.removesuffix("$")
                return f"host {asked.request.host_name!r} does not match {pattern!r}"
            return f"the rule around it, {type(matcher).__name__}, does not match"
    return ""


def _method(row: Row, asked: Asked) -> str:
    accepts: frozenset[str] | None = getattr(row.rule, "_accepts", None)
    if row.route is not None and accepts is None:
        accepts = frozenset((*row.verbs, *(["HEAD"] if "GET" in row.verbs else []))) if row.verbs else None
    return f"method: it takes {row.methods}, not {asked.method}" if accepts and asked.method not in accepts else ""


def _constraint(row: Row, asked: Asked) -> str:
    if row.route is None:
        return ""
    request = asked.route_request
    wrong = []
    for name, wanted in row.route.constraints.items():
        value = REQUEST_ATTRIBUTES[name](request)
        if not holds(wanted, value):
            wanted_text = wanted.pattern if isinstance(wanted, re.Pattern) else wanted
            wrong.append(f"{name} is {value!r}, not {wanted_text!r}")
    return "constraint: " + ", ".join(wrong) if wrong else ""


def _predicate(row: Row, path: str, asked: Asked) -> str:
    if row.route is None:
        return ""
    request = asked.route_request
    for predicate in row.route.predicates:
        name = getattr(predicate, "__qualname__", None) or type(predicate).__name__
        try:
            captured = {key: unescape(value) for key, value in (row.route.pattern.match(path) or {}).items()}
            params: dict[str, Any] = {**row.route.defaults, **captured}
            request.path_parameters.update(params)
            if not agrees(predicate, params, request):
                return f"constraint: {name} says no"
        except RequestError as error:
            return error.detail
        except Exception as error:  # the user's own function
            return f"constraint: {name} raised {type(error).__name__}: {error}"
    return ""
