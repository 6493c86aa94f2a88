"""The methods that a class's declarations name, checked when a route is made."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from tornado_rails.errors import DeclarationError, UnknownCallbackError, did_you_mean


def check_exists(controller: Any, name: str, place: str) -> None:
    """Raises `UnknownCallbackError` if a controller has nothing of a name."""
    if not hasattr(controller, name):
        names = [each for each in dir(controller) if not each.startswith("__")]
        raise UnknownCallbackError(place, f"the controller has no method {name!r}", did_you_mean(name, names).strip())


def arguments_taken(controller: Any, method: Any, most: int, place: str, remedy: str) -> int:
    """How many arguments a method, or a function of the handler, is called with besides the handler: ``most``, or less.

    Raises `UnknownCallbackError` if there is no such method, and `DeclarationError` if it takes something else.
    """
    function = method
    if isinstance(method, str):
        check_exists(controller, method, place)
        function = getattr(controller, method)
        if isinstance(inspect.getattr_static(controller, method), (property, functools.cached_property)):
            return most  # what it gives is not known yet
    if not callable(function):
        raise DeclarationError(place, f"{method!r} is {function!r}, which cannot be called", remedy)
    handlers = _handlers_passed(controller, method)
    try:
        # A decorator may hand over arguments of its own, and hide so what it wraps.
        signatures = [inspect.signature(function, follow_wrapped=is_followed) for is_followed in (True, False)]
    except (TypeError, ValueError):  # what is written in C may not tell
        return most
    for signature in signatures:
        for count in range(most, -1, -1):
            if any(_binds(signature, count + handler) for handler in handlers):
                return count
    raise DeclarationError(
        place, f"it takes {signatures[0].replace(return_annotation=inspect.Signature.empty)}", remedy
    )


def _handlers_passed(controller: Any, method: Any) -> tuple[int, ...]:
    """With how many handlers a method's function may be called, as seen from its class: one, or none if it is bound."""
    if not isinstance(method, str):
        return (1,)
    static = inspect.getattr_static(controller, method)
    if inspect.isfunction(static):
        return (1,)
    return (0,) if isinstance(static, (staticmethod, classmethod)) else (0, 1)  # a partialmethod, or what was compiled


def _binds(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def refuse_generator(function: Callable[..., Any] | None, place: str, remedy: str) -> None:
    """Raises `DeclarationError` for a generator, of which a call alone runs nothing."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise DeclarationError(place, "it is a generator, which would never run", remedy)
