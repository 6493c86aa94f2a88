"""Classes that the layer derives from a user's handler: to run its actions, or to refuse for it."""

from __future__ import annotations

import abc
from typing import Any

from tornado.web import RequestHandler

_MARK = "_tornado_rails_derived"


class Derived(RequestHandler):
    """The base of the mixins for `derived_class`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # NOTE: the user's own hook (a registry of handlers, say) is not told of a class that the user never wrote.
        if _MARK not in vars(cls):
            super().__init_subclass__(**kwargs)


def derived_class(handler: type[RequestHandler], mixin: type[Derived]) -> type[RequestHandler]:
    """The subclass ``(mixin, handler)`` that goes by the handler's name; made once for each handler and mixin.

    >>> class UserHandler(RequestHandler): "Users."
    >>> made = derived_class(UserHandler, Derived)
    >>> made.__name__, made.__doc__, made is derived_class(UserHandler, Derived)
    ('UserHandler', 'Users.', True)
    """
    # NOTE: a class knows its subclasses weakly, so this is a cache that neither leaks nor marks the user's class.
    for known in handler.__subclasses__():
        if vars(known).get(_MARK) is mixin:
            return known
    own = {
        "__module__": handler.__module__,
        "__qualname__": handler.__qualname__,
        "__doc__": handler.__doc__,
        _MARK: mixin,
    }
    metaclass: Any = type(handler)
    # NOTE: nor is the user's own metaclass, which may count names or ask for arguments.
    make = abc.ABCMeta.__new__ if issubclass(metaclass, abc.ABCMeta) else type.__new__
    made: type[RequestHandler] = make(metaclass, handler.__name__, (mixin, handler), own)
    return made


def written_class(handler: type[RequestHandler]) -> type[RequestHandler]:
    """The user's class behind a derived one.

    >>> class UserHandler(RequestHandler): ...
    >>> written_class(derived_class(UserHandler, Derived)) is UserHandler
    True
    """
    while _MARK in vars(handler):
        handler = handler.__bases__[1]
    return handler
