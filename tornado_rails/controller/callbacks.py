"""Callbacks: methods that run before, after or around an action.

::

    class PostsController(Controller):
        @before_action(except_=["index"])
        async def authenticate(self):
            if not await self.find_user():
                self.redirect("/login")  # a finished response halts: neither the action runs nor an after callback

        @around_action
        async def timed(self):
            started = time.monotonic()
            yield  # the action
            log.info("%s took %s", self.action_name, time.monotonic() - started)

        def index(self): ...

    class PublicController(PostsController):
        skip_before_action("authenticate", only=["show"])

Parents' callbacks come first, then the class's own, as they are written; after callbacks run in reverse. A callback
is known by its name: written again, it takes the place of the first, at the end. It does not run around Tornado's own
``prepare`` and ``on_finish``, and its return value says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from inspect import iscoroutinefunction, isfunction, unwrap
from typing import Any, TypeVar, overload

from tornado_rails.controller.chaining import (
    Callback,
    Condition,
    Skip,
    Where,
    callbacks_of,
    methods_named_by,
    with_callbacks,
)
from tornado_rails.controller.declarations import class_body, hide, in_class, is_written_in, on_function
from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.finishing import Holding
from tornado_rails.errors import DeclarationError
from tornado_rails.routing.actions import private
from tornado_rails.routing.source import Source, caller

__all__ = [
    "CallbacksMixin",
    "after_action",
    "around_action",
    "before_action",
    "skip_after_action",
    "skip_around_action",
    "skip_before_action",
    "with_callbacks",
]

Function = TypeVar("Function", bound=Callable[..., Any])
Names = str | Iterable[str]
Conditions = Condition | Sequence[Condition]


class CallbacksMixin(Holding, ActionMixin):
    """The mixin whose subclasses have callbacks."""

    _tornado_rails_wraps = True
    _tornado_rails_callbacks: tuple[Callback, ...] = ()
    _tornado_rails_ran: tuple[str, ...] = ()  # the callbacks that had begun when an exception passed

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._tornado_rails_callbacks = callbacks_of(cls)
        hide(cls, *methods_named_by(cls))


class Kind:
    """`before_action`, `after_action` or `around_action`: a decorator, or a call in a class's body."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    @overload
    def __call__(self, method: Function, /) -> Function: ...

    @overload
    def __call__(
        self,
        *what: Any,
        only: Names | None = None,
        except_: Names = (),
        if_: Conditions = (),
        unless: Conditions = (),
        prepend: bool = False,
    ) -> Callable[[Function], Function]: ...

    def __call__(
        self,
        *what: Any,
        only: Names | None = None,
        except_: Names = (),
        if_: Conditions = (),
        unless: Conditions = (),
        prepend: bool = False,
    ) -> Any:
        """Declares a callback.

        :arg what: the decorated method; or, in a class's body, names of methods, functions of the handler, and
            objects with a method ``before``, ``after`` or ``around`` that takes the handler.
        :arg only: the actions that it is for; all, if left out.
        :arg except_: the actions that it is not for.
        :arg if_: names of methods or functions of the handler that must all hold; they may be async.
        :arg unless: such as must not hold, any of them.
        :arg prepend: puts it before those that are there, inherited ones too.
        """
        source = caller()
        word = f"{self._kind}_action"
        where = _where(word, source, only, except_, if_, unless)
        callback = Callback(self._kind, None, where, prepend, source)

        def decorate(method: Function) -> Function:
            if self._kind == "around" and iscoroutinefunction(unwrap(method)):
                raise DeclarationError(f"around_action {method.__name__!r} ({source})", "it never yields", _AROUND)
            return on_function(method, callback)

        if not what:
            return decorate
        if len(what) == 1 and _is_method(what[0]):
            return decorate(what[0])
        for each in what:
            if not (isinstance(each, str) or hasattr(each, self._kind) or callable(each)):
                raise DeclarationError(
                    f"{word}({each!r}) ({source})",
                    "it is no callback",
                    f"Give a method's name, a function of the controller, or an object with {self._kind}(controller).",
                )
            in_class(replace(callback, what=private(each) if isfunction(each) else each), word)
        return what[0]


def _is_method(what: Any) -> bool:
    """Whether a function is being decorated, and not handed over as a callback that stands elsewhere."""
    if not isfunction(what) or what.__name__ == "<lambda>":
        return False
    body = class_body()
    return body is None or is_written_in(body, what)


_AROUND = "Let it yield once, where the action is to run."

before_action = Kind("before")
after_action = Kind("after")
around_action = Kind("around")


def _skipping(kind: str) -> Callable[..., None]:
    def skip(
        *names: str,
        only: Names | None = None,
        except_: Names = (),
        if_: Conditions = (),
        unless: Conditions = (),
        raise_: bool = True,
    ) -> None:
        """Takes inherited callbacks back, in a class's body: for all actions, or for those that are named.

        With conditions, it is skipped where they all hold. It is an error if there is no such callback, unless
        ``raise_`` is False.
        """
        source = caller()
        where = _where(f"skip_{kind}_action", source, only, except_, if_, unless)
        for name in names:
            in_class(Skip(kind, name, where, raise_, source), f"skip_{kind}_action")

    skip.__name__ = skip.__qualname__ = f"skip_{kind}_action"
    return skip


skip_before_action = _skipping("before")
skip_after_action = _skipping("after")
skip_around_action = _skipping("around")


def _where(word: str, source: Source, only: Any, except_: Any, if_: Any, unless: Any) -> Where:
    def names(given: Any, option: str) -> tuple[str, ...]:
        listed = (given,) if isinstance(given, str) else tuple(given)
        if not all(isinstance(each, str) for each in listed):
            raise DeclarationError(f"{word} ({source})", f"{option}={given!r}", "Give the names of actions.")
        return listed

    def conditions(given: Any, option: str) -> tuple[Condition, ...]:
        listed = (given,) if isinstance(given, str) or callable(given) else tuple(given)
        if not all(isinstance(each, str) or callable(each) for each in listed):
            raise DeclarationError(f"{word} ({source})", f"{option}={given!r}", "Give methods' names or functions.")
        return listed

    return Where(
        None if only is None else names(only, "only"),
        names(except_, "except_"),
        conditions(if_, "if_"),
        conditions(unless, "unless"),
    )
