"""How a class's body declares things: by decorators on its methods, and by calls that stand between them.

What is declared waits on the function, or in the class's namespace, until a class asks for it. So a class that is no
controller, to be mixed into some, can declare too.
"""

from __future__ import annotations

import inspect
import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from tornado_rails.errors import DeclarationError
from tornado_rails.routing.actions import DECLARES, HIDDEN, private
from tornado_rails.routing.source import Source, caller

_ON_FUNCTION = "_tornado_rails_declared"
_IN_CLASS = "_tornado_rails_declarations"
_DECORATED = "_tornado_rails_decorated"

_numbers = itertools.count()

Kind = TypeVar("Kind")
Function = TypeVar("Function", bound=Callable[..., Any])


class Declared(NamedTuple):
    """What a decorator or a call has declared; ``name`` is the attribute that the decorated method has."""

    number: int  # the order in which they were written
    what: Any
    name: str = ""


def on_function(function: Function, what: object) -> Function:
    """Declares something of a method, which is then no action."""
    declared = (*getattr(function, _ON_FUNCTION, ()), Declared(next(_numbers), what))
    setattr(function, _ON_FUNCTION, declared)
    body = class_body()
    if body is not None and is_written_in(body, function):
        body.setdefault(_DECORATED, {})[function.__name__] = function
        body[DECLARES] = True
    return private(function)


def is_written_in(body: dict[str, Any], function: Callable[..., Any]) -> bool:
    """Whether a function is a method of the class whose body is running."""
    return function.__qualname__ == f"{body['__qualname__']}.{function.__name__}"


def in_class(what: object, word: str) -> None:
    """Declares something for the class whose body is running; raises `DeclarationError` if none is."""
    body = class_body()
    if body is None:
        raise DeclarationError(f"{word} ({caller()})", "it stands in no class", "Call it in a controller's body.")
    body.setdefault(_IN_CLASS, []).append(Declared(next(_numbers), what))
    body[DECLARES] = True


def class_body() -> dict[str, Any] | None:
    """The namespace of the class whose body is running, if one is."""
    # NOTE: a class's body has its namespace for its locals, in every Python; this is what makes a call in it count.
    frame = sys._getframe(1)
    while frame is not None:
        if "__qualname__" in frame.f_locals and frame.f_locals is not frame.f_globals:
            return frame.f_locals
        frame = frame.f_back  # type: ignore[assignment]
    return None


def declared_in(owner: type, kind: type[Kind] | tuple[type[Kind], ...]) -> Iterator[tuple[str, Kind]]:
    """What a class's own body has declared of a kind, in the order in which it is written, each with its name."""
    found: list[Declared] = [*vars(owner).get(_IN_CLASS, ())]
    for name, value in vars(owner).items():
        if name not in (_IN_CLASS, _DECORATED):
            _refuse_hidden(owner, name, value)
            found += (each._replace(name=name) for each in getattr(value, _ON_FUNCTION, ()))
    for name, function in vars(owner).get(_DECORATED, {}).items():
        _refuse_lost(owner, name, function, found)
    for declared in sorted(found, key=lambda each: each.number):
        if isinstance(declared.what, kind):
            yield declared.name, declared.what


# SECURITY: a callback that is lost is a door that is open.
def _refuse_hidden(owner: type, name: str, value: Any) -> None:
    """Raises `DeclarationError` where ``@classmethod`` or the like stands above a declaration, and hides it."""
    if not isinstance(value, (classmethod, staticmethod, property)):
        return
    if hasattr(value.fget if isinstance(value, property) else value.__func__, _ON_FUNCTION):
        fact = f"a {type(value).__name__} is declared, which is no method of the handler"
        raise DeclarationError(f"{place_of_class(owner)}: {name!r}", fact, "Declare a plain method.")


def _refuse_lost(owner: type, name: str, function: Any, found: list[Declared]) -> None:
    """Raises `DeclarationError` for a declaration that a decorator above it, or another method, has taken away."""
    numbers = {declared.number for declared in found}
    if any(declared.number not in numbers for declared in getattr(function, _ON_FUNCTION)):
        fact = "what is declared of it is lost: another decorator, or a method of the same name, has taken its place"
        way = "Let the declaration stand above all decorators, or let these use functools.wraps."
        raise DeclarationError(f"{place_of_class(owner)}: {name!r}", fact, way)


def declared_by(controller: type, kind: type[Kind] | tuple[type[Kind], ...]) -> Iterator[tuple[type, str, Kind]]:
    """What a class and its parents have declared, the parents' first; each with the class it stands in."""
    for owner in reversed(controller.__mro__):
        for name, what in declared_in(owner, kind):
            yield owner, name, what


def refuse_unheard(controller: type) -> None:
    """Raises `DeclarationError` for what a handler declares without the mixin that would know of it."""
    # SECURITY: as above.
    declared: Iterator[tuple[type, str, Any]] = declared_by(controller, object)
    for owner, name, what in declared:
        mixin, attribute = what.known_to
        if not hasattr(controller, attribute):
            fact = "it is declared in a handler that does nothing of the kind"
            remedy = f"Derive the handler from Controller, or from {mixin} first."
            raise DeclarationError(f"{place_of_class(owner)}: {name or what.label}", fact, remedy)


def hide(controller: type, *names: str) -> None:
    """Makes methods no actions of a class, nor of its heirs, which may override them without a decorator."""
    setattr(controller, HIDDEN, frozenset((*getattr(controller, HIDDEN, ()), *names)))


def place_of_class(controller: type) -> str:
    """A class in an error's words: its name, and where it is written, if that can be found out."""
    try:
        source = Source(inspect.getsourcefile(controller) or "", inspect.getsourcelines(controller)[1])
    except (OSError, TypeError):
        return controller.__qualname__
    return f"{controller.__qualname__} ({source})"
