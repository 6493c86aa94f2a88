"""Runs a route's action in the place of the HTTP verb's method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tornado.routing import Rule
from tornado.web import HTTPError, RequestHandler

from tornado_rails.controller.binding import bind_action
from tornado_rails.controller.params import Params, check_escapes, params_of
from tornado_rails.controller.problems import write_request_error
from tornado_rails.errors import MalformedRequestError, RefusedActionError, RequestError
from tornado_rails.routing.actions import MIXIN_NAMES, is_websocket, own_verbs
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

    #: What `params` has read. NOTE: a class attribute, and never by __dict__, which would slow down every access.
    _params_read: Params | None = None
    #: False for the class that refuses in a handler's place.
    _runs_actions = True

    def _execute(self, transforms: Any, *args: bytes, **kwargs: bytes) -> Awaitable[None]:  # type: ignore[override]
        # NOTE: Tornado takes the method by the verb's name, after all its checks and ``prepare``. The handler's own
        # attribute of that name stands there for the action, until it is called.
        # PERF: this runs for every request of an action.
        try:
            route = self.request.route  # type: ignore[attr-defined]
            stand_in = route._stand_in
        except AttributeError:  # no route, or one of Tornado's own class
            stand_in = None
        if stand_in is not None and (
            type(self) is route.target or (self._runs_actions and isinstance(self, route.target))
        ):
            verb = str(self.request.method)
            setattr(self, _VERBS.get(verb) or _custom_verb(self, verb), getattr(self, stand_in))
        return super()._execute(transforms, *args, **kwargs)

    def _run_action(self, *args: Any, **kwargs: Any) -> Any:
        """Stands in for the HTTP verb's method."""
        request = self.request
        verb = str(request.method)
        delattr(self, _VERBS.get(verb) or _custom_verb(self, verb))
        if "%" in request.uri:
            check_escapes(request.path, "path")
            check_escapes(request.query, "query")
        return request.route._invoke(self)  # type: ignore[attr-defined]

    def _run_verb(self, *args: Any, **kwargs: Any) -> Any:
        """Stands in for the verb's method where GET serves HEAD, and the handler has no ``head``."""
        name = str(self.request.method).lower()
        delattr(self, name)
        if name == "head" and "HEAD" not in own_verbs(type(self)):
            name = "get"
        return getattr(self, name)(*args, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Writes the reason of a refused request into Tornado's error page, or as JSON where that is asked for."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, HTTPError) and status_code == 400 and not hasattr(self, "path_kwargs"):
            # Tornado refused it before anything of the handler ran.
            is_path = (error.get_message() or "").startswith("Invalid unicode")
            error = MalformedRequestError("the path is not UTF-8" if is_path else "the body is malformed")
        if not (isinstance(error, RequestError) and write_request_error(self, status_code, error)):
            super().write_error(status_code, **kwargs)


#: SECURITY: no request's text becomes an attribute's name; a method of the handler's own is in its closed list.
_VERBS = {method: method.lower() for method in RequestHandler.SUPPORTED_METHODS}


def _custom_verb(handler: RequestHandler, method: str) -> str:
    return method.lower() if method in handler.SUPPORTED_METHODS else "_unsupported_method"


class _Dispatcher:
    """Tells routing how a route's action runs."""

    def bind(self, spec: URLSpec) -> None:
        handler = spec.target
        if spec.action is not None and is_websocket(handler):
            raise RefusedActionError(
                describe(spec), "a WebSocket's handler has no actions", "Leave the action out: open() is called."
            )
        if not issubclass(handler, ActionMixin):
            object.__setattr__(spec, "target", derived_class(handler, ActionMixin))  # no change: it is being made
        if spec.action is not None:
            spec._invoke = bind_action(spec)
            spec._stand_in = "_run_action"
        elif spec.methods and "GET" in spec.methods and "HEAD" not in spec.methods:
            spec._stand_in = "_run_verb"


URLSpec.dispatcher = _Dispatcher()
