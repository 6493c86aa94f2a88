"""Runs a route's action in the place of the HTTP verb's method."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.routing import Rule
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from tornado_rails.controller.binding import bind_action
from tornado_rails.controller.params import check_escapes, params_of
from tornado_rails.controller.problems import write_request_error
from tornado_rails.errors import RefusedActionError, RequestError
from tornado_rails.routing.actions import MIXIN_NAMES, own_verbs
from tornado_rails.routing.derived import Derived, derived_class
from tornado_rails.routing.source import is_framework
from tornado_rails.routing.urlspec import URLSpec, describe


class _Default:
    """An attribute that is computed, until the handler assigns its own."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __get__(self, handler: Any, owner: type) -> Any:
        return self if handler is None else self._compute(handler)


def _route_of(handler: RequestHandler) -> Rule | None:
    """The route that the request matched; None for a handler that runs without one."""
    return getattr(handler.request, "route", None)


def _action_name_of(handler: RequestHandler) -> str:
    """The action that runs; on a route without one, the HTTP verb's method."""
    action: str | None = getattr(_route_of(handler), "action", None)
    return action or str(handler.request.method).lower()


class ActionMixin(Derived):
    """Makes a `tornado.web.RequestHandler` run the action of its route.

    A handler that a route with an action names gets it by itself; written out, it stands first:
    ``class UserHandler(ActionMixin, RequestHandler)``. It adds ``params``, ``route`` and ``action_name`` (also as
    ``current_action``), each of which a handler may define or assign for itself.
    """

    params = _Default(params_of)
    route = _Default(_route_of)
    action_name = _Default(_action_name_of)
    current_action = _Default(_action_name_of)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in MIXIN_NAMES:
            owners = [owner for owner in cls.__mro__ if name in vars(owner)]
            users = [owner for owner in owners if not is_framework(owner.__module__)]
            if users and users[0] is not owners[0]:
                setattr(cls, name, vars(users[0])[name])

    def _execute(self, transforms: Any, *args: bytes, **kwargs: bytes) -> Awaitable[None]:  # type: ignore[override]
        # NOTE: Tornado takes the method by the verb's name, after all its checks and ``prepare``. The handler's own
        # attribute of that name is the action, until it is taken.
        request = self.request
        route = getattr(request, "route", None)
        if isinstance(route, URLSpec) and isinstance(self, route.target):
            verb = request.method
            if verb in self.SUPPORTED_METHODS and (route._accepts is None or verb in route._accepts):
                run = _runner(self, route, verb)
                if run is not None:
                    # NOTE: weakly, so that a handler which ``prepare`` finishes is no reference cycle.
                    self.__dict__[verb.lower()] = functools.partial(run, weakref.ref(self), route)
        return super()._execute(transforms, *args, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Writes the reason of a refused request into Tornado's error page, or as JSON where that is asked for."""
        error = kwargs.get("exc_info", (None, None))[1]
        if not (isinstance(error, RequestError) and write_request_error(self, status_code, error)):
            super().write_error(status_code, **kwargs)


def _runner(handler: RequestHandler, route: URLSpec, verb: str) -> Callable[..., Any] | None:
    if route._invoke is not None:
        return _run_action
    if verb == "HEAD" and route.methods and "HEAD" not in route.methods and "HEAD" not in own_verbs(type(handler)):
        return _run_get
    return None


def _run_action(reference: Callable[[], Any], route: URLSpec, *args: Any, **kwargs: Any) -> Any:
    handler = reference()
    request = handler.request
    del handler.__dict__[request.method.lower()]
    if "%" in request.uri:
        check_escapes(request.path, "path")
        check_escapes(request.query, "query")
    return route._invoke(handler)  # type: ignore[misc]


def _run_get(reference: Callable[[], Any], route: URLSpec, *args: Any, **kwargs: Any) -> Any:
    handler = reference()
    del handler.__dict__["head"]
    return handler.get(*args, **kwargs)


class _Dispatcher:
    """Tells routing how a route's action runs."""

    def bind(self, spec: URLSpec) -> None:
        handler = spec.target
        if spec.action is not None and issubclass(handler, WebSocketHandler):
            raise RefusedActionError(
                describe(spec), "a WebSocket's handler has no actions", "Leave the action out: open() is called."
            )
        spec.target = handler if issubclass(handler, ActionMixin) else derived_class(handler, ActionMixin)
        if spec.action is not None:
            spec._invoke = bind_action(spec)


URLSpec.dispatcher = _Dispatcher()
