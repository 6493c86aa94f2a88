"""``tornado-rails routes --match``: the route that a request takes, its params, and why the nearest others do not."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import click
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application

from tornado_rails.cli.table import rows_of
from tornado_rails.cli.target import Target
from tornado_rails.controller.params import check_escapes
from tornado_rails.errors import RequestError, did_you_mean
from tornado_rails.routing.actions import is_websocket, own_verbs
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.misses import Asked, Miss, near_misses
from tornado_rails.routing.pattern import normalize_path
from tornado_rails.routing.recognition import HTTP_METHODS
from tornado_rails.routing.refusals import SlashRedirectHandler
from tornado_rails.routing.rows import Row, value_names
from tornado_rails.routing.urlspec import is_handler

_HOST = "localhost"
_SENT = "/%:@!$&'()*+,;=~"  # what clients leave as it is


@dataclass(slots=True)
class Explanation:
    """What becomes of a request."""

    request: str
    taken: Row | None = None
    raw: dict[str, Any] = field(default_factory=dict)
    cast: dict[str, Any] = field(default_factory=dict)
    answer: str = ""  # why it is not served, if it is not
    misses: Sequence[Miss] = ()

    @property
    def is_served(self) -> bool:
        """Whether a route takes it, and its params can be cast."""
        return self.taken is not None and not self.answer

    def text(self) -> str:
        """In words."""
        lines = [self.request]
        if self.taken is not None:
            lines.append(f"  takes  {self.taken}")
            lines.append(f"  raw    {_values(self.raw)}")
            if self.cast:
                lines.append(f"  cast   {_values(self.cast)}")
        if self.answer:
            lines.append(f"  fails  {self.answer}")
        if self.misses:
            lines.append("Near misses:")
            lines += [f"  {miss.row}\n    {miss.reason}" for miss in self.misses]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """For tools."""
        return {
            "request": self.request,
            "route": str(self.taken) if self.taken is not None else None,
            "name": (self.taken.name or None) if self.taken is not None else None,
            "target": self.taken.target if self.taken is not None else None,
            "raw": self.raw,
            "cast": self.cast,
            "answer": self.answer or None,
            "near_misses": [{"route": str(miss.row), "reason": miss.reason} for miss in self.misses],
        }


def _values(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items()) or "no params"


def explain(target: Target, text: str) -> Explanation:
    """What becomes of a request that is written as "POST /user/login", "/path" or "GET http://host/path?query"."""
    asked = parse_request(text)
    told = Explanation(f"{asked.method} {asked.shown}")
    rows = rows_of(target)
    if target.application is not None:
        _ask_application(target.application, rows, asked, told)
    else:
        _ask_routes(target, rows, asked, told)
    told.misses = near_misses(rows, asked, told.taken)
    return told


def parse_request(text: str) -> Asked:
    """A request from its words; raises `click.UsageError`."""
    words = text.split() or [""]
    if len(words) == 1:
        words.insert(0, "GET")
    method, url = words[0].upper(), words[-1]
    try:
        parts = urlsplit(url if not url.startswith("/") else f"http://{_HOST}{url}")
    except ValueError:  # a bracket in the host's place
        parts = urlsplit("")
    if len(words) != 2 or parts.scheme not in ("http", "https") or not parts.netloc:
        raise click.UsageError(f'--match {text!r} is no request: write "POST /path", "/path" or "GET http://host/path"')
    if method not in HTTP_METHODS:
        raise click.UsageError(f"{method!r} is not an HTTP method.{did_you_mean(method, HTTP_METHODS)}")
    path = quote(parts.path or "/", safe=_SENT)
    connection: Any = _Connection()
    request = HTTPServerRequest(
        start_line=RequestStartLine(method, f"{path}?{parts.query}" if parts.query else path, "HTTP/1.1"),
        headers=HTTPHeaders({"Host": parts.netloc}),
        connection=connection,
    )
    request.protocol = parts.scheme
    return Asked(method, path, request, url if not url.startswith("/") else request.uri or path)


class _Connection:
    """Where a request that is only asked about came from."""

    context = None


def _ask_routes(target: Target, rows: Sequence[Row], asked: Asked, told: Explanation) -> None:
    """What a route set alone does with a request."""
    request = asked.request
    try:
        found = target.routes.recognize(  # type: ignore[union-attr]
            asked.method, request.uri or "", host=request.host, scheme=request.protocol
        )
    except RequestError as error:
        told.answer = f"{error.status}: {error.detail}"
        return
    except Exception as error:  # a predicate or a redirect is the user's own function
        told.answer = f"500: {type(error).__name__}: {error}"
        return
    if found is None:
        told.answer = _nothing(rows, asked)
        return
    told.taken = next(row for row in rows if row.route is found.route)
    told.raw = dict(found.route.pattern.match(normalize_path(asked.path)) or {})
    told.cast = {name: each for name, each in found.params.items() if name not in ("controller", "action")}


def _ask_application(application: Application, rows: Sequence[Row], asked: Asked, told: Explanation) -> None:
    request: Any = asked.request
    delegate: Any = application.find_handler(request)
    route = getattr(request, "route", None)
    if getattr(delegate, "handler_class", None) is SlashRedirectHandler:
        told.answer = f"301: redirected to {delegate.handler_kwargs['path']}, its other form (setting trailing_slash)"
        return
    if route is None and getattr(delegate, "handler_class", None) is not None:
        route = next((row.rule for row in rows if _is_taken(row, asked)), None)  # stock Tornado does not say
    taken = next((row for row in rows if row.rule is route), None) if route is not None else None
    if taken is None or getattr(request, "_allow", None):
        told.answer = _nothing(rows, asked)
        return
    told.taken = taken
    told.raw = _raw(taken, asked)
    invoke = getattr(route, "_invoke", None)
    if invoke is not None and taken.action is not None:
        _cast(route, delegate, request, told)
    elif taken.route is None and taken.action is None and is_handler(taken.rule.target):  # type: ignore[union-attr]
        owner = written_class(taken.rule.target)  # type: ignore[union-attr]
        if asked.method not in own_verbs(owner) and not is_websocket(owner):
            told.answer = f"405: {owner.__name__} has no {asked.method.lower()}()"


def _is_taken(row: Row, asked: Asked) -> bool:
    matchers = [*row.within, row.rule.matcher] if row.rule is not None else []
    return all(matcher.match(asked.request) is not None for matcher in matchers)


def _nothing(rows: Sequence[Row], asked: Asked) -> str:
    allow: Any = getattr(asked.request, "_allow", None)
    if allow is None:
        found = [row for row in rows if row.route is not None and row.route.pattern.find(normalize_path(asked.path))]
        allow = sorted({verb for row in found for verb in row.verbs})
    if not allow:
        return "404: no route takes it"
    return f"405: {asked.method} is not allowed here; allowed: {', '.join(allow)}"


def _raw(row: Row, asked: Asked) -> dict[str, Any]:
    """A path's values as they were sent."""
    rule: Any = row.rule
    if row.route is not None:
        return dict(rule.matcher.captured(asked.request))
    regex: re.Pattern[str] | None = getattr(rule.matcher, "regex", None)
    found = regex.match(asked.path) if regex is not None else None
    if found is None:
        return {}
    return found.groupdict() or dict(zip(value_names(rule), found.groups(), strict=True))


def _cast(route: Any, delegate: Any, request: HTTPServerRequest, told: Explanation) -> None:
    """Has the route call its action on a handler that is never made, whose action says what it was called with."""
    owner = written_class(route.target) if is_handler(route.target) else route.target
    handler = object.__new__(route.target)
    handler.__dict__.update(request=request, application=None)
    calls: list[inspect.BoundArguments] = []
    signature = inspect.signature(getattr(owner, route.action))

    def action(*args: Any, **kwargs: Any) -> None:
        calls.append(signature.bind(handler, *args, **kwargs))

    try:
        check_escapes(request.path, "path")
        check_escapes(request.query, "query")
        handler.path_args = [each and handler.decode_argument(each) for each in delegate.path_args]
        handler.path_kwargs = {
            name: each and handler.decode_argument(each, name) for name, each in delegate.path_kwargs.items()
        }
        handler.__dict__[route.action] = action
        inspect.unwrap(route._invoke)(handler)
    except RequestError as error:
        told.answer = f"{error.status}: {error.detail}"
    except Exception as error:  # the handler's own decode_argument
        told.answer = f"{getattr(error, 'status_code', 500)}: {error}"
    for call in calls:
        call.apply_defaults()
        told.cast = dict(list(call.arguments.items())[1:])
