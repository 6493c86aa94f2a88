"""Runs a route's action in the place of the HTTP verb's method."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tornado.routing import Rule
from tornado.web import RequestHandler

from tornado_rails.controller.binding import bind_action
from tornado_rails.controller.params import Params, check_escapes, params_of
from tornado_rails.controller.problems import request_error, write_request_error
from tornado_rails.controller.verbs import VerbRoute, bind_verbs, verb_route, wrapped
from tornado_rails.errors import RefusedActionError, UrlTableError
from tornado_rails.routing.actions import DECLARES, MIXIN_NAMES, STAND_IN, is_websocket
from tornado_rails.routing.derived import Derived, derived_class
from tornado_rails.routing.source import is_framework
from tornado_rails.routing.urlspec import URLSpec, describe


class Default:
    """An attribute that is computed, until its owner assigns its own."""

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


def _stand_in(owner: type[RequestHandler], name: str, own: Callable[..., Any] | None) -> Callable[..., Any]:
    """An HTTP verb's method that runs the route's action, if one is due; else the class's own, or its parents'."""

    def verb(handler: Any, *args: Any, **kwargs: Any) -> Any:
        route = handler._tornado_rails_due
        if route is None:
            if own is None:
                return getattr(super(owner, handler), name)(*args, **kwargs)
            bound = own.__get__(handler, type(handler)) if hasattr(own, "__get__") else own
            return bound(*args, **kwargs)
        handler._tornado_rails_due = None  # within the action, the verb's method is itself again
        request = handler.request
        if "%" in request.uri and type(route) is not VerbRoute:
            check_escapes(request.path, "path")
            check_escapes(request.query, "query")
        return route._invoke(handler)

    if own is not None:
        functools.update_wrapper(verb, own)
    else:
        verb.__name__, verb.__qualname__, verb.__module__ = name, f"{owner.__qualname__}.{name}", owner.__module__
    setattr(verb, STAND_IN, own or "")
    return verb


def _urls_of(handler: RequestHandler) -> Any:
    """The URLs of the application's table, as seen from a request."""
    application: Any = handler.application
    if not hasattr(application, "url_table"):
        raise UrlTableError(f"{type(application).__name__} has no table of URLs; it is RailsApplication that has")
    request = handler.request
    script_name = getattr(request, "script_name", "")
    return application.url_table().at(host=request.host, protocol=request.protocol, script_name=script_name)


def _paths_of(handler: RequestHandler) -> Any:
    """Paths by the names of routes: ``self.paths.post(1)``."""
    return _urls_of(handler).paths


def _full_urls_of(handler: RequestHandler) -> Any:
    """Whole URLs by the names of routes: ``self.urls.post(1)``."""
    return _urls_of(handler).urls


class _Late:
    """A handler's ``paths`` or ``urls``, made when a template asks for one of them."""

    # PERF: most templates ask for none, and every rendering has a namespace.
    def __init__(self, handler: RequestHandler, name: str) -> None:
        self._handler = handler
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(self._handler, self._name), name)

    def __dir__(self) -> Iterable[str]:
        return dir(getattr(self._handler, self._name))


_PACKAGE = f"{__name__.partition('.')[0]}."
_ELSEWHERE = frozenset({"host", "protocol", "port", "subdomain", "domain"})


class ActionMixin(Derived):
    """Makes a `tornado.web.RequestHandler` run the action of its route.

    A handler that a route with an action names gets it by itself; written out, it stands first:
    ``class UserHandler(ActionMixin, RequestHandler)``. It adds ``params``, ``route``, ``action_name`` (also as
    ``current_action``), ``url_for``, ``paths`` and ``urls``, each of which a handler may define or assign for itself.
    """

    params = Default(params_of)
    route = Default(_route_of)
    action_name = Default(_action_name_of)
    current_action = Default(_action_name_of)
    paths = Default(_paths_of)
    urls = Default(_full_urls_of)

    # PERF: defaults in the class, and never by way of __dict__, which would slow down every later access.
    _tornado_rails_due: Any = None  # the route whose action is to run
    _tornado_rails_wraps = False  # whether the verbs' methods, too, run within callbacks and the like
    _tornado_rails_params: Params | None = None  # what ``params`` has read

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in MIXIN_NAMES:
            owners = [owner for owner in cls.__mro__ if name in vars(owner)]
            users = [owner for owner in owners if not is_framework(owner.__module__)]
            if users and users[0] is not owners[0]:
                setattr(cls, name, vars(users[0])[name])
        if not cls.__module__.startswith(_PACKAGE):  # a mixin of ours has them from this class
            _refuse_unheard(cls)
            _stand_in_for_verbs(cls)

    def _execute(self, transforms: Any, *args: bytes, **kwargs: bytes) -> Awaitable[None]:  # type: ignore[override]
        # NOTE: Tornado takes the method by the verb's name, after all its checks and ``prepare``. Every verb's method
        # of this class is a stand-in, which runs the action that is due.
        # PERF: this runs for every request of an action.
        try:
            route = self.request.route  # type: ignore[attr-defined]
            invoke = route._invoke
        except AttributeError:  # no route, or one of Tornado's own class
            invoke = None
        if invoke is not None and (type(self) is route.target or _is_served(self, route)):
            self._tornado_rails_due = route
        elif self._tornado_rails_wraps:
            self._tornado_rails_due = verb_route(type(self), str(self.request.method).lower())
        return super()._execute(transforms, *args, **kwargs)

    def url_for(self, target: Any = None, /, *args: Any, **options: Any) -> str:
        """The path of a route, by its name, "controller#action", the action's function, or an object.

        With ``only_path=False``, or a part of a URL (``host``, ``protocol``, ...), it is a whole URL; what is not said
        of it is as the request has it.
        """
        options.setdefault("only_path", _ELSEWHERE.isdisjoint(options))
        url: str = _urls_of(self).url_for(target, *args, **options)
        return url

    def get_template_namespace(self) -> dict[str, Any]:
        """Tornado's, with ``url_for``, ``paths`` and ``urls``."""
        namespace = super().get_template_namespace()
        if hasattr(self.application, "url_table"):
            namespace.setdefault("url_for", self.url_for)
            for name in ("paths", "urls"):
                is_ours = name not in vars(self) and getattr(type(self), name, None) is vars(ActionMixin)[name]
                namespace.setdefault(name, _Late(self, name) if is_ours else getattr(self, name))
        return namespace

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Writes the reason of a refused request into Tornado's error page, or as JSON where that is asked for."""
        error = request_error(self, status_code, kwargs)
        if error is None or not write_request_error(self, status_code, error):
            super().write_error(status_code, **kwargs)


def _refuse_unheard(handler: type[RequestHandler]) -> None:
    if hasattr(handler, DECLARES):
        from tornado_rails.controller.declarations import refuse_unheard  # PERF: most declare nothing

        refuse_unheard(handler)


def _is_served(handler: RequestHandler, route: URLSpec) -> bool:
    """Whether the route led to this handler: not to one that passed its request on, nor to one it is refused by."""
    methods = route._accepts or handler.SUPPORTED_METHODS
    return isinstance(handler, route.target) and handler.request.method in methods


def _stand_in_for_verbs(handler: type[RequestHandler]) -> None:
    """Puts stand-ins in the place of a class's verbs."""
    for method in handler.SUPPORTED_METHODS:
        name = method.lower()
        # NOTE: an inherited stand-in would do, but what names a request by its handler's method (Sentry, say) shall
        # find this class.
        if not hasattr(vars(handler).get(name), STAND_IN):
            setattr(handler, name, _stand_in(handler, name, vars(handler).get(name)))


for _method in RequestHandler.SUPPORTED_METHODS:
    setattr(ActionMixin, _method.lower(), _stand_in(ActionMixin, _method.lower(), None))


class _Dispatcher:
    """Tells routing how a route's action runs."""

    def bind(self, spec: URLSpec) -> None:
        handler = spec.target
        _refuse_unheard(handler)
        if spec.action is not None and is_websocket(handler):
            raise RefusedActionError(
                describe(spec), "a WebSocket's handler has no actions", "Leave the action out: open() is called."
            )
        if not issubclass(handler, ActionMixin):
            object.__setattr__(spec, "target", derived_class(handler, ActionMixin))  # no change: it is being made
        if spec.action is not None:
            spec._invoke = wrapped(spec, bind_action(spec, spec.action))
        else:
            spec._invoke = bind_verbs(spec)


URLSpec.dispatcher = _Dispatcher()
