"""What may be an action: the public methods of the user's own classes."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Collection
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from tornado.web import RequestHandler

from tornado_rails.errors import RefusedActionError, UnknownActionError, did_you_mean
from tornado_rails.routing.source import is_framework

Function = TypeVar("Function", bound=Callable[..., Any])

_METHODS = "_tornado_rails_methods"
_PRIVATE = "_tornado_rails_private"

#: The public names of the mixin that a handler with actions gets (a test holds them equal); no action may take them.
MIXIN_NAMES = frozenset(
    {
        *("action_name", "current_action", "get_template_namespace", "params", "paths"),
        *("route", "url_for", "urls", "write_error"),
    }
)

#: Marks an HTTP verb's method that the layer put into a class; it is the class's own method, or "" for none.
STAND_IN = "_tornado_rails_stand_in"

#: The class attribute that says that also the verbs' methods run within what the class puts around them.
WRAPS = "_tornado_rails_wraps"

#: The class attribute with the names of a WebSocket controller's methods that have callbacks, as actions have.
EVENTS = "_tornado_rails_events"

#: The class attribute with the names of methods that a controller has declared to be something else than actions.
HIDDEN = "_tornado_rails_hidden"

#: The class attribute that says that something is declared in a class's body: a callback, say.
DECLARES = "_tornado_rails_declares"

# What Tornado sets on every handler, and no class shows.
_INSTANCE_NAMES = frozenset({"application", "path_args", "path_kwargs", "request", "ui"})


def methods(*names: str) -> Callable[[Function], Function]:
    """The HTTP methods of an action's convention route.

    >>> @methods("PUT", "PATCH")
    ... def rename(self, id: int): ...
    >>> methods_of(rename)
    ('PUT', 'PATCH')

    Written more than once, or with `get` and `post`, the methods add up.
    """

    def decorate(function: Function) -> Function:
        setattr(function, _METHODS, (*(name.upper() for name in names), *getattr(function, _METHODS, ())))
        return function

    return decorate


def get(function: Function) -> Function:
    """The action's convention route takes GET (and HEAD)."""
    return methods("GET")(function)


def post(function: Function) -> Function:
    """The action's convention route takes POST."""
    return methods("POST")(function)


def private(function: Function) -> Function:
    """The method is no action: it gets no convention route, and no route may name it.

    >>> @private
    ... def current_account(self): ...
    """
    setattr(function, _PRIVATE, True)
    return function


def methods_of(function: Callable[..., Any]) -> tuple[str, ...] | None:
    """The methods that an action's decorators name, or None."""
    return getattr(function, _METHODS, None)


def is_private(function: Callable[..., Any]) -> bool:
    """Whether an action is hidden by `private`."""
    return getattr(function, _PRIVATE, False)


def is_websocket(handler: type[RequestHandler]) -> bool:
    """Whether a handler is a WebSocket's; Tornado's module for them is imported by those alone who have one."""
    module = sys.modules.get("tornado.websocket")
    return module is not None and issubclass(handler, module.WebSocketHandler)


def http_verbs(handler: type[RequestHandler]) -> Collection[str]:
    """The names of the methods by which Tornado serves a handler's HTTP methods."""
    return {method.lower() for method in handler.SUPPORTED_METHODS}


def own_verbs(handler: type[RequestHandler]) -> list[str]:
    """The HTTP methods that a handler's own classes serve, in Tornado's order.

    >>> class Page(RequestHandler):
    ...     def get(self): ...
    >>> own_verbs(Page)
    ['GET']
    """
    return [method for method in handler.SUPPORTED_METHODS if _defines(handler, method.lower())]


def _defines(handler: type[RequestHandler], verb: str) -> bool:
    for owner in handler.__mro__:
        method = vars(owner).get(verb)
        if method is not None and getattr(method, STAND_IN, method) != "":
            return owner is not RequestHandler
    return False


def action_names(handler: type[RequestHandler]) -> list[str]:
    """The actions of a class, its ancestors' first, in the order in which they are written; no HTTP verbs.

    >>> class Main(RequestHandler):
    ...     def index(self): ...
    ...     def prepare(self): ...
    ...     def _find(self): ...
    >>> action_names(Main)
    ['index']
    """
    verbs = http_verbs(handler)
    names = dict.fromkeys(
        name
        for owner in reversed(handler.__mro__)
        if not is_framework(owner.__module__)
        for name in vars(owner)
        if name not in verbs
    )
    return [name for name in names if _why_not(handler, name) is None]


def is_action(handler: type[RequestHandler], name: str) -> bool:
    """Whether a class has an action, or an HTTP verb's method of its own, of this name.

    >>> class Main(RequestHandler):
    ...     def index(self): ...
    >>> is_action(Main, "index"), is_action(Main, "show"), is_action(Main, "write")
    (True, False, False)
    """
    return _attribute(handler, name) is not None and _why_not(handler, name) is None


def check_action(handler: object, action: object, describe: Callable[[], str]) -> None:
    """Raises a `RouteError` unless a handler has this action; ``describe`` tells the error which route it is."""
    if not (isinstance(handler, type) and issubclass(handler, RequestHandler)):
        raise RefusedActionError(
            describe(), f"action={action!r}, but the target is no RequestHandler class", "Only those have actions."
        )
    allowed = _allowed.setdefault(handler, set())
    if action in allowed:
        return
    if not isinstance(action, str):
        raise UnknownActionError(describe(), f"action={action!r} is no method's name", "Give a str.")
    if _attribute(handler, action) is None:
        actions = action_names(handler)
        raise UnknownActionError(
            describe(),
            f"{handler.__name__} has no method {action!r}",
            did_you_mean(action, actions).strip() or f"Its actions: {', '.join(actions) or 'none'}.",
        )
    reason = _why_not(handler, action)
    if reason is not None:
        raise RefusedActionError(describe(), f"{action!r} may not be an action: {reason}")
    allowed.add(action)


# PERF: a large table has many routes of one action.
_allowed: WeakKeyDictionary[type, set[object]] = WeakKeyDictionary()


def _attribute(handler: type, name: str) -> object:
    """What a class or the first of its parents holds under a name, without any descriptor's doing; or None."""
    for owner in handler.__mro__:
        if name in vars(owner):
            return vars(owner)[name]
    return None


def _why_not(handler: type[RequestHandler], name: str) -> str | None:
    """The reason why a class's attribute is no action, or None.

    SECURITY: what Tornado or the layer defines (``finish``, ``redirect``, ...) is never one, overridden or not.
    """
    if name.startswith("_"):
        return "it begins with an underscore"
    if name.islower() and name.upper() in handler.SUPPORTED_METHODS:
        return None if _defines(handler, name) else "the handler does not define that HTTP verb"
    for owner in handler.__mro__:
        if is_framework(owner.__module__) and name in vars(owner):
            return f"{owner.__module__}.{owner.__qualname__} defines that name for itself"
    if name in _INSTANCE_NAMES:
        return "every handler has that name already"
    if name in getattr(handler, HIDDEN, ()):
        return "it is declared as a callback or the like"
    if name in MIXIN_NAMES:
        return "the layer gives that name to every handler with actions"
    method: Any = _attribute(handler, name)
    if isinstance(method, (staticmethod, classmethod, type, functools.partial)) or not (
        callable(method) and hasattr(method, "__get__")
    ):
        return "it is no method of the handler"
    if is_private(method):
        return "it is marked @private"
    return None
