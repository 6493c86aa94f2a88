"""Drawn routes in an application's table: each is a `URLSpec`, and is asked as Rails would ask it."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tornado.escape import url_unescape
from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches, Rule
from tornado.web import RequestHandler

from tornado_rails.errors import MalformedRequestError, RailsError
from tornado_rails.routing.actions import EVENTS, check_action, is_websocket
from tornado_rails.routing.constraints import RouteRequest, agrees, meets
from tornado_rails.routing.finder import pattern_shapes
from tornado_rails.routing.gathering import note
from tornado_rails.routing.index import Shape
from tornado_rails.routing.mounts import RedirectHandler, arguments_of, target_of
from tornado_rails.routing.pattern import normalize_path
from tornado_rails.routing.recognition import Match, unescape
from tornado_rails.routing.route import Route
from tornado_rails.routing.signed import Signed, secret_of
from tornado_rails.routing.urlspec import URLSpec, describe, is_handler

if TYPE_CHECKING:
    from tornado_rails.routing.routeset import RouteSet

#: Finds the class of a route's controller.
Resolve = Callable[[Route], type[RequestHandler]]

_SPECIAL: Final = frozenset({"controller", "action"})
_OPENING: Final = ("open", "connect")  # what a route of a WebSocket may call its action


class DrawnMatches(PathMatches):
    """Asks a request what a drawn route asks: its path in Rails' form, its attributes, its callables."""

    def __init__(self, route: Route, routes: RouteSet) -> None:
        # NOTE: not by Tornado's __init__, which compiles a text; most requests are told by their segments alone.
        self.route = route
        self.routes = routes
        self.settings: Mapping[str, Any] = {}  # of the application in whose table the route is

    def __repr__(self) -> str:
        return f"DrawnMatches({self.route.path!r})"

    @property
    def regex(self) -> re.Pattern[str]:  # type: ignore[override]
        """The regex of the path's normalised form, a capturing group for each part."""
        return self.route.pattern.regex

    @property
    def text(self) -> str:
        """The path as it was drawn: "/posts/:id(.:format)"."""
        return self.route.path

    def candidate_shapes(self) -> tuple[Shape, ...]:
        """The shapes of the normalised paths that the route can match."""
        return pattern_shapes(self.route.pattern)

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """What the route's target is handed; None where the route does not take the request."""
        path = normalize_path(request.path)
        route = self.route
        found = route.pattern.find(path)
        if found is None or not self._suits(request, found):
            return None
        if route.endpoint is None:
            return {"path_args": [], "path_kwargs": _undecoded(route.pattern.captures(found))}
        if is_handler(route.endpoint):  # whose own methods take the values by name
            captured = route.pattern.captures(found)
            handler: Any = route.endpoint
            if not _takes_format(handler, str(request.method)):
                captured.pop("format", None)
            return {"path_args": [], "path_kwargs": _undecoded(captured)}
        return arguments_of(route, found, path)

    def captured(self, request: HTTPServerRequest) -> Mapping[str, str]:
        """The path's values as they were sent, percent-encoded."""
        return self.route.pattern.match(normalize_path(request.path)) or {}

    def reverse(self, *args: Any) -> str:
        """The path with these values, for Tornado's ``reverse_url``."""
        return self.routes.at().of_route(self.route, args, {}, only_path=True)

    def _suits(self, request: HTTPServerRequest, found: Match) -> bool:
        route = self.route
        if request.method == "HEAD" and "HEAD" not in route.verbs and self.routes.names_head:
            # NOTE: a later route that names HEAD goes first.
            recognized = self.routes.recognize_request(RouteRequest.of(request, self.settings))
            if recognized is None or recognized.route is not route:
                return False
        if not route.constraints and not route.predicates:
            return True
        asking = RouteRequest.of(request, self.settings)
        as_method = "GET" if request.method == "HEAD" and "HEAD" not in route.verbs else str(request.method)
        if not meets(route.constraints, asking.with_method(as_method)):
            return False
        try:
            captured = {name: unescape(value) for name, value in route.pattern.captures(found).items()}
        except MalformedRequestError:
            return True  # the handler, which is handed the same text, refuses it
        params = {**route.defaults, **captured}
        asking.path_parameters.update(params)
        return all(agrees(predicate, params, asking) for predicate in route.predicates)


def _undecoded(captured: Mapping[str, str]) -> dict[str, bytes]:
    """Values as Tornado hands them on: unescaped, but not yet decoded."""
    return {name: url_unescape(value, encoding=None, plus=False) for name, value in captured.items()}


@functools.lru_cache(maxsize=1024)
def _takes_format(handler: Any, method: str) -> bool:
    """Whether a handler's own method takes the path's format; most have never heard of it."""
    name = "open" if is_websocket(handler) else "get" if method == "HEAD" else method.lower()
    function = getattr(handler, name, None)
    parameters = inspect.signature(function).parameters if function is not None else {}
    return "format" in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values())


class DrawnRoute(URLSpec):
    """A route of the routing language in a table; ``drawn`` is the `Route` itself."""

    def __init__(self, route: Route, routes: RouteSet, resolve: Resolve) -> None:
        self.source = route.source
        self.drawn: Route = route
        target = resolve(route) if route.endpoint is None else target_of(route.endpoint)
        Rule.__init__(self, DrawnMatches(route, routes), target, None, route.name)
        self.handler_class = target
        self.kwargs = {}
        self.controller = route.controller
        self.param_keys = route.parts
        self.path_defaults = {name: value for name, value in route.defaults.items() if name not in _SPECIAL}
        # NOTE: CONNECT is how HTTP/2 opens a WebSocket; Tornado's server does by GET.
        methods = tuple(verb for verb in route.verbs if verb != "CONNECT" or "GET" not in route.verbs)
        opens = is_handler(target) and is_websocket(target)
        if route.action is not None and not (opens and route.action in _OPENING):
            check_action(target, route.action, lambda: describe(self))
            self.action = route.action
        self._take_methods(methods or None)
        if (
            is_handler(target)
            and (not opens or hasattr(target, EVENTS))
            and target is not RedirectHandler
            and (self.action or self.methods)
        ):
            self.dispatcher.bind(self)

    @property
    def regex(self) -> re.Pattern[str]:  # type: ignore[override]
        """The regex of the path, as Tornado's URLSpec has it."""
        return self.drawn.pattern.regex


def drawn_routes(routes: RouteSet, resolve: Resolve, settings: Mapping[str, Any] | None = None) -> Iterator[DrawnRoute]:
    """The routes of a set as they stand in a table; raises a `RouteError` for one that leads nowhere.

    :arg settings: those of the table's application, for what its routes ask.
    """
    for route in routes.routes:
        try:
            made = DrawnRoute(route, routes, resolve)
            if settings is not None:
                made.matcher.settings = settings  # type: ignore[attr-defined]
                if any(isinstance(predicate, Signed) for predicate in route.predicates):
                    secret_of(settings, f"{describe(made)} is for signed paths, which need")
        except RailsError as error:
            note(error)
        else:
            yield made
