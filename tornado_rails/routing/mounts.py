"""Targets of drawn routes that are no action: redirects, and applications that all below a path is handed to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import RequestHandler
from tornado.wsgi import WSGIContainer

from tornado_rails.routing.constraints import RouteRequest
from tornado_rails.routing.recognition import Match, parted, unescape
from tornado_rails.routing.redirects import Redirect
from tornado_rails.routing.route import Route
from tornado_rails.routing.urlspec import is_handler

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class RedirectHandler(RequestHandler):
    """Answers with a route's redirect, whatever the method."""

    def initialize(self, redirect: Redirect, params: Mapping[str, Any]) -> None:
        """Takes the redirect, and the route's params, those of the path as they were sent."""
        self._redirect = redirect
        self._params = params

    def check_xsrf_cookie(self) -> None:
        """Nothing is done, so nothing needs to be protected."""

    def prepare(self) -> None:
        """Redirects."""
        params = {name: unescape(value) if isinstance(value, str) else value for name, value in self._params.items()}
        location = self._redirect.location(params, RouteRequest.of(self.request))
        self.set_status(location.status)
        self.set_header("Location", location.location)
        self.finish()


class Mount(Router):
    """Hands a request to a Tornado application or router, which sees the path below its own place.

    The place itself is then the request's ``script_name``.
    """

    def __init__(self, application: Router) -> None:
        self.application = application

    def __repr__(self) -> str:
        return repr(self.application)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """The application's delegate for the request; where there is none, the request is as it was."""
        outer = request.path, getattr(request, "script_name", "")
        _move(request, **kwargs)
        delegate = self.application.find_handler(request)
        if delegate is None:
            request.path, request.script_name = outer  # type: ignore[attr-defined]
        return delegate


class WSGIMount:
    """Hands a request to a WSGI application, on the event loop's thread (see `tornado.wsgi`)."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __repr__(self) -> str:
        return repr(self.application)

    def __call__(self, request: HTTPServerRequest, script_name: str, path_info: str) -> Any:
        """Serves the request."""
        _move(request, script_name, path_info)

        def mounted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            return self.application({**environ, "SCRIPT_NAME": unescape(script_name)}, start_response)

        return WSGIContainer(mounted)(request)


def _move(request: HTTPServerRequest, script_name: str, path_info: str) -> None:
    request.path = path_info
    request.script_name = getattr(request, "script_name", "") + script_name  # type: ignore[attr-defined]


def target_of(endpoint: Any) -> Any:
    """The target of a Tornado rule for a route's endpoint: a handler class, a router or a callable."""
    if isinstance(endpoint, Redirect):
        return RedirectHandler
    if is_handler(endpoint):
        return endpoint
    return Mount(endpoint) if isinstance(endpoint, Router) else WSGIMount(endpoint)


def arguments_of(route: Route, found: Match, path: str) -> dict[str, Any]:
    """What a redirect or an application is handed, of a normalised path that its route matches."""
    if isinstance(route.endpoint, Redirect):
        params = {**route.defaults, **route.pattern.captures(found)}
        return {"target_kwargs": {"redirect": route.endpoint, "params": params}}
    script_name, path_info = parted(route, found, path)
    return {"script_name": script_name, "path_info": path_info}
