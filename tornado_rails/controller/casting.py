"""Casts a request's text to the types that annotations name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from tornado_rails.routing.signature import members_of

Cast = Callable[[Any], Any]

#: What browsers send for a checkbox.
CHECKBOX = {"on": True, "off": False}

_PLAIN = (inspect.Parameter.empty, Any, object, str)
_NUMBER = re.compile(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?", re.ASCII)


def cast_to(annotation: Any) -> Cast | None:
    """A function that casts text to a type; None for a type that text has already.

    >>> cast_to(int)("7"), cast_to(list[int])(["1", "2"]), cast_to(str)
    (7, [1, 2], None)

    It raises ValueError, with a reason for the client, for text that is none. A number has its usual spelling:
    digits, for a float or Decimal a point and an exponent; no spaces, no underscores, no "nan", no "inf".

    Raises TypeError for a type that text is never cast to.
    """
    if annotation in _PLAIN:
        return None
    msgspec.json.Decoder(annotation)
    info = msgspec.inspect.type_info(annotation)
    if any(isinstance(each, msgspec.inspect.CustomType) for each in types_in(info)):
        raise TypeError("it is no type of a single value")
    if annotation is int:
        return _integer
    if any(isinstance(each, _NUMBERS) for each in types_in(info)):
        return lambda value: _checked(value, msgspec.convert(value, annotation, strict=False))
    if bool in members_of(annotation):
        return lambda value: msgspec.convert(_ticked(value), annotation, strict=False)
    return lambda value: msgspec.convert(value, annotation, strict=False)


_NUMBERS = (msgspec.inspect.IntType, msgspec.inspect.FloatType, msgspec.inspect.DecimalType)


def _ticked(value: Any) -> Any:
    return CHECKBOX.get(value, value) if isinstance(value, str) else value


def _integer(value: Any) -> Any:
    if isinstance(value, str) and not value.isdigit() and not value.removeprefix("-").isdigit():
        raise ValueError("Expected `int`")
    return msgspec.convert(value, int, strict=False)


def _checked(value: Any, result: Any) -> Any:
    """The result, if its text is a number's usual spelling."""
    if isinstance(value, list) and isinstance(result, (list, tuple)):
        for each, its_result in zip(value, result, strict=False):
            _checked(each, its_result)
    elif isinstance(value, str) and isinstance(result, (int, float, Decimal)) and not isinstance(result, bool):
        if isinstance(result, int):
            return _integer(value) if type(result) is int else result
        if not _NUMBER.fullmatch(value):
            raise ValueError("Expected `decimal`" if isinstance(result, Decimal) else "Expected `float`")
    return result


def types_in(info: Any, seen: set[type] | None = None) -> Iterator[Any]:
    """A msgspec type and all within it: a union's, a list's items', a model's fields'; each model once."""
    seen = set() if seen is None else seen
    model = getattr(info, "cls", None)
    if model in seen:
        return
    if model is not None:
        seen.add(model)
    yield info
    inner = [*getattr(info, "types", ()), *getattr(info, "item_types", ())]
    inner += [getattr(info, name, None) for name in ("item_type", "key_type", "value_type", "type")]
    inner += [field.type for field in getattr(info, "fields", ())]
    for each in inner:
        if each is not None:
            yield from types_in(each, seen)
