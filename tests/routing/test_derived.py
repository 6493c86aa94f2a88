"""The classes that the layer derives from a user's."""

from __future__ import annotations

import abc
import gc
import weakref
from typing import Any, ClassVar

from tornado.web import RequestHandler

from tornado_rails import ActionMixin
from tornado_rails.routing.derived import Derived, derived_class, written_class


class First(Derived):
    def first(self) -> str:
        return "first"


class Second(Derived): ...


class Meta(type):
    made: ClassVar[list[str]] = []

    def __new__(mcs, name: str, bases: Any, namespace: Any, label: str) -> Any:
        mcs.made.append(f"{name} {label}")
        return super().__new__(mcs, name, bases, namespace)


class Handler(RequestHandler):
    """A handler of the user's."""

    class Inner(RequestHandler): ...


def test_derived_class_goes_by_the_name_of_the_handler() -> None:
    made = derived_class(Handler, First)
    assert made.__bases__ == (First, Handler)
    assert (made.__name__, made.__qualname__, made.__module__) == ("Handler", "Handler", __name__)
    assert made.__doc__ == "A handler of the user's."
    assert made.first(None) == "first"  # type: ignore[attr-defined]
    inner = derived_class(Handler.Inner, First)
    assert (inner.__name__, inner.__qualname__, inner.__doc__) == ("Inner", "Handler.Inner", None)


def test_derived_class_is_made_once_for_each_handler_and_mixin() -> None:
    class Child(Handler): ...

    assert derived_class(Handler, First) is derived_class(Handler, First)
    assert derived_class(Handler, First) is not derived_class(Handler, Second)
    assert derived_class(Child, First) is not derived_class(Handler, First)
    assert derived_class(Child, First).__bases__ == (First, Child)


def test_derived_class_has_the_metaclass_of_the_handler_which_is_not_told() -> None:
    class Made(RequestHandler, metaclass=Meta, label="x"): ...

    assert type(derived_class(Made, First)) is Meta
    assert Meta.made == ["Made x"]


def test_derived_class_of_an_abstract_class_is_abstract() -> None:
    class Abstract(RequestHandler, metaclass=abc.ABCMeta):
        @abc.abstractmethod
        def show(self) -> None: ...

    made = derived_class(Abstract, First)
    assert type(made) is abc.ABCMeta
    assert made.__abstractmethods__ == {"show"}  # type: ignore[attr-defined]


def test_derived_class_is_not_told_to_the_users_own_hook() -> None:
    told: list[str] = []

    class Registered(RequestHandler):
        def __init_subclass__(cls, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            told.append(cls.__name__)

    derived_class(Registered, First)
    assert told == []

    class Child(ActionMixin, Registered): ...

    assert told == ["Child"]


def test_derived_class_of_a_class_that_is_gone_is_gone_too() -> None:
    class Gone(RequestHandler): ...

    made = weakref.ref(derived_class(Gone, First))
    del Gone
    gc.collect()
    assert made() is None


def test_written_class_is_the_users() -> None:
    assert written_class(Handler) is Handler
    assert written_class(derived_class(Handler, First)) is Handler
    assert written_class(derived_class(derived_class(Handler, First), Second)) is Handler
