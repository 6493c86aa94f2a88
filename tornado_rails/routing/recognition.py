"""From a request to a drawn route: the plain way, which the fast one is held to.

Routes are asked in the order in which they were drawn. A request is normalised first; HEAD is tried by the routes that
name it, then as GET.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from tornado_rails.errors import MalformedRequestError
from tornado_rails.routing import linear
from tornado_rails.routing.constraints import RouteRequest, agrees, meets
from tornado_rails.routing.drawing_errors import UnknownHTTPMethodError
from tornado_rails.routing.pattern import normalize_path
from tornado_rails.routing.redirects import Location, Redirect
from tornado_rails.routing.route import Route

#: The methods that HTTP and its extensions know; any other is refused.
HTTP_METHODS: Final = frozenset(
    (
        *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "SEARCH", "ACL"),
        *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "MKCALENDAR", "ORDERPATCH"),
        *("VERSION-CONTROL", "REPORT", "CHECKOUT", "CHECKIN", "UNCHECKOUT", "MKWORKSPACE", "UPDATE", "LABEL"),
        *("MERGE", "BASELINE-CONTROL", "MKACTIVITY"),
    )
)

Candidates = Callable[[str], Sequence[Route]]
Match = linear.Found | re.Match[str]


@dataclass(frozen=True, slots=True)
class Recognized:
    """The route that a request takes, and what it is handed.

    One of three: ``controller`` and ``action`` to run with ``params``; or ``redirect``, where to; or ``app``, an
    application with the part of the path that is its own.
    """

    route: Route
    controller: str | None
    action: str | None
    params: Mapping[str, Any]
    redirect: Location | None = None
    app: Any = None
    script_name: str = ""
    path_info: str = ""


def unescape(text: str) -> str:
    """A value of a path decoded; a broken escape stays as it is. Bad UTF-8 is a `MalformedRequestError`.

    >>> unescape("100%25"), unescape("%zz")
    ('100%', '%zz')
    """
    if "%" not in text:
        return text
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRequestError(f"the path's {text!r} is not UTF-8") from None


def takes(route: Route, method: str) -> bool:
    """Whether a route takes a method by name; HEAD is asked as GET elsewhere."""
    return not route.verbs or method in route.verbs


def matching(
    routes: Iterable[Route], path: str, method: str, fits: Callable[[Route, str], bool]
) -> Iterator[tuple[Route, Match]]:
    """The routes that take a normalised path by a method, in order; HEAD is asked again as GET.

    ``fits`` says of a route whose path matches whether the request's other attributes do.
    """
    if method == "HEAD":
        named = [route for route in routes if "HEAD" in route.verbs]
        found = [(route, match) for route, match in _matching(named, path) if fits(route, "HEAD")]
        if found:
            yield from found
            return
        method = "GET"
    for route, match in _matching((route for route in routes if takes(route, method)), path):
        if fits(route, method):
            yield route, match


def _matching(routes: Iterable[Route], path: str) -> Iterator[tuple[Route, Match]]:
    for route in routes:
        found = route.pattern.find(path)
        if found is not None:
            yield route, found


def recognize(candidates: Candidates, request: RouteRequest) -> Recognized | None:
    """The route for a request whose path is normalised; None where there is none."""
    method = request.request_method
    if method not in HTTP_METHODS:
        raise UnknownHTTPMethodError(f"{method!r} is not an HTTP method")
    path = request.path[len(request.script_name) :]

    def fits(route: Route, as_method: str) -> bool:
        return not route.constraints or meets(route.constraints, request.with_method(as_method))

    for route, found in matching(candidates(path), path, method, fits):
        recognized = _serve(route, found, path, request)
        if recognized is not None:
            return recognized
    return None


def _serve(route: Route, found: Match, path: str, request: RouteRequest) -> Recognized | None:
    captured = {name: unescape(value) for name, value in route.pattern.captures(found).items()}
    params = {**route.defaults, **captured}
    if route.predicates:
        request.path_parameters.clear()
        request.path_parameters.update(params)
        if not all(agrees(predicate, params, request) for predicate in route.predicates):
            return None
    if route.endpoint is None:
        rest = {name: value for name, value in params.items() if name not in ("controller", "action")}
        return Recognized(route, route.controller, route.action, rest)
    if isinstance(route.endpoint, Redirect):
        location = route.endpoint.location(params, request)
        return Recognized(route, None, None, params, redirect=location)
    own, path_info = parted(route, found, path)
    script_name = request.script_name + own
    return Recognized(route, None, None, params, app=route.endpoint, script_name=script_name, path_info=path_info)


def parted(route: Route, found: Match, path: str) -> tuple[str, str]:
    """A path as an application sees it that is its route's endpoint: the part that leads there, and its own."""
    if route.anchored:
        return "", path
    rest = path[found.end() :]
    return path[: found.end()].removesuffix("/"), rest if rest.startswith("/") else "/" + rest


def normalized(request: RouteRequest) -> RouteRequest:
    """The request with its path normalised, its script name before it."""
    query = request.query_string
    path = request.script_name + normalize_path(request.path)
    return request.with_method(request.request_method, f"{path}?{query}" if query else path)
