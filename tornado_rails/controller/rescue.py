"""Methods that answer for an exception: ``@rescue_from(NotYours)``.

::

    class ApplicationController(Controller):
        @rescue_from(NotYours, "sqlalchemy.exc.NoResultFound")
        def not_yours(self, error):
            self.set_status(404)
            return {"error": "there is no such thing"}

It covers the action, its arguments, its callbacks and its view, and runs outside of all callbacks. What had been
written by then is gone, with the status and the headers, but for cookies, as with Tornado's ``send_error``. The last
declared that fits is asked, parents' ones after a class's own; if none fits the exception itself, its cause
(``raise ... from cause``) is tried, and handed over. What such a method itself raises goes on to Tornado, and so does
``tornado.web.Finish``, and what comes when the response has left.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from tornado.web import Finish

from tornado_rails.controller.chain import Call
from tornado_rails.controller.chaining import Bound
from tornado_rails.controller.declarations import declared_by, hide, in_class, on_function, place_of_class
from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.methods import arguments_taken, refuse_generator
from tornado_rails.controller.responses import settled
from tornado_rails.errors import DeclarationError
from tornado_rails.routing.actions import private
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.source import Source, caller

Function = TypeVar("Function", bound=Callable[..., Any])

#: An exception's class, or the name of one: "NoResultFound", "sqlalchemy.exc.NoResultFound".
ErrorClass = type[BaseException] | str


@dataclass(frozen=True, slots=True)
class Rescue:
    """What a class has declared: the exceptions, and the method's name or the function that answers for them."""

    known_to: ClassVar = ("RescueMixin", "_tornado_rails_rescues")
    errors: tuple[ErrorClass, ...]
    method: Any
    source: Source

    @property
    def label(self) -> str:
        """Which one it is, in an error's words."""
        name = self.method if isinstance(self.method, str) else getattr(self.method, "__name__", "")
        return f"rescue_from {name!r} ({self.source})"

    def fits(self, error: BaseException) -> bool:
        """Whether it is for an exception."""
        return any(is_of(error, each) for each in self.errors)


def is_of(error: BaseException, error_class: ErrorClass) -> bool:
    """Whether an exception is of a class, which may go by its name.

    >>> is_of(KeyError(), LookupError), is_of(KeyError(), "builtins.LookupError"), is_of(KeyError(), "OSError")
    (True, True, False)
    """
    if isinstance(error_class, str):
        return any(error_class in names_of(each) for each in type(error).__mro__)
    return isinstance(error, error_class)


def names_of(error_class: type) -> tuple[str, str]:
    """The names that a class goes by.

    >>> names_of(KeyError)
    ('KeyError', 'builtins.KeyError')
    """
    return error_class.__name__, f"{error_class.__module__}.{error_class.__qualname__}"


def rescue_from(*errors: ErrorClass, with_: Any = None) -> Callable[[Function], Function]:
    """Declares that a method answers for exceptions of these classes; it takes the exception, or nothing.

    In a class's body, ``rescue_from(NotYours, with_="not_yours")`` names a method, or gives a function of the handler.
    """
    source = caller()
    for each in errors or (None,):
        if not (isinstance(each, str) or (isinstance(each, type) and issubclass(each, BaseException))):
            raise DeclarationError(
                f"rescue_from({', '.join(map(repr, errors))}) ({source})",
                f"{each!r} is no exception's class",
                "Give classes, or their names.",
            )
    rescue = Rescue(errors, with_, source)
    if with_ is not None:
        in_class(replace(rescue, method=private(with_) if inspect.isfunction(with_) else with_), "rescue_from")
    return lambda method: on_function(method, rescue)


class RescueMixin(ActionMixin):
    """The mixin whose subclasses rescue."""

    _tornado_rails_wraps = True
    _tornado_rails_rescues: tuple[Rescue, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declared = declared_by(cls, Rescue)
        cls._tornado_rails_rescues = tuple(replace(each, method=name or each.method) for _owner, name, each in declared)
        hide(cls, *(each.method for each in cls._tornado_rails_rescues if isinstance(each.method, str)))


def with_rescue(spec: Bound, invoke: Call) -> Call:
    """A function that runs a route's action, and answers for its exceptions; ``invoke``, if nothing would."""
    answers = answers_of(spec.target)
    if not answers:
        return invoke

    async def run(handler: Any) -> None:
        try:
            result = invoke(handler)
            if result is not None:
                await result
        except Finish:
            raise
        except Exception as error:
            found = find(answers, error)
            if found is None or handler._finished or handler._headers_written:
                raise
            answer, cause = found
            handler.clear()
            value = await settled(answer(handler, cause))
            respond = getattr(handler, "_tornado_rails_respond", None)  # of `ReturningMixin`
            if value is not None and respond is not None:
                respond(value)

    return run


_Answer = Callable[[Any, BaseException], Any]


def answers_of(controller: Any) -> list[tuple[Rescue, _Answer]]:
    """What answers for a controller's exceptions, in the order in which it is asked."""
    rescues: tuple[Rescue, ...] = getattr(controller, "_tornado_rails_rescues", ())
    return [(rescue, _answer(controller, rescue)) for rescue in reversed(rescues)]


def find(answers: Sequence[tuple[Rescue, _Answer]], error: BaseException) -> tuple[_Answer, BaseException] | None:
    """What answers for an exception or, if nothing does, for its cause; with which of them it is."""
    for each in _causes(error):
        for rescue, answer in answers:
            if rescue.fits(each):
                return answer, each
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def _answer(controller: Any, rescue: Rescue) -> _Answer:
    method = rescue.method
    place = f"{place_of_class(written_class(controller))}: {rescue.label}"
    takes_error = arguments_taken(controller, method, 1, place, "It takes the exception, or nothing.") == 1
    function: Any = getattr(controller, method) if isinstance(method, str) else method
    refuse_generator(function, place, "Return the response, or write it.")
    if isinstance(method, str):
        if takes_error:
            return lambda handler, error: getattr(handler, method)(error)
        return lambda handler, error: getattr(handler, method)()
    return function if takes_error else lambda handler, error: function(handler)
