"""Casts a request's text to the types that annotations name."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tornado_rails.controller.parameters import Parameters
from tornado_rails.controller.uploads import UploadedFile
from tornado_rails.routing.signature import members_of

Cast = Callable[[Any], Any]

#: What browsers send for a checkbox.
CHECKBOX = {"on": True, "off": False}

_PLAIN = (inspect.Parameter.empty, Any, object, str)
_AS_THEY_ARE = {UploadedFile: "Expected a file", Parameters: "Expected a group of parameters"}
_NUMBER = re.compile(r"-?(\d{1,400}(\.\d{1,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?", re.ASCII)
_LEADING = re.compile(r"(-?)0*(?=\d|(\.))", re.ASCII)


def cast_to(annotation: Any) -> Cast | None:
    """A function that casts text to a type; None for a type that text has already.

    >>> cast_to(int)("7"), cast_to(list[int])(["1", "2"]), cast_to(str)
    (7, [1, 2], None)

    It raises ValueError, with a reason for the client, for text that is none. A number has its usual spelling:
    digits, zeros before them too, for a float or Decimal a point and an exponent; no spaces, no underscores, no "nan",
    no "inf".

    Raises TypeError for a type that text is never cast to.
    """
    if annotation in _PLAIN:
        return None
    for kind, reason in _AS_THEY_ARE.items():
        if set(members_of(annotation)) - {type(None)} == {kind}:
            return functools.partial(_as_it_is, kind, reason, type(None) in members_of(annotation))
    msgspec.json.Decoder(annotation)
    info = msgspec.inspect.type_info(annotation)
    if any(isinstance(each, msgspec.inspect.CustomType) for each in types_in(info)):
        raise TypeError("it is no type of a single value")
    check = spelling_of(info)
    if check is not None:
        return functools.partial(_number, annotation, check)
    if bool in members_of(annotation):
        return lambda value: msgspec.convert(_ticked(value), annotation, strict=False)
    return lambda value: msgspec.convert(value, annotation, strict=False)


def _as_it_is(kind: type, reason: str, or_none: bool, value: Any) -> Any:
    if isinstance(value, kind) or (or_none and value is None):
        return value
    raise ValueError(reason)


def _number(annotation: Any, check: Cast, value: Any) -> Any:
    if annotation is int and isinstance(value, str) and value.isascii() and value.isdigit() and 0 < len(value) < 16:
        return int(value)
    number = msgspec.convert(as_json_spells(value), annotation, strict=False)
    if number is not None:
        check(value)
    return number


def as_json_spells(value: Any) -> Any:
    """A number's text, or a list of them, without the zeros before it, and with the one before a point.

    >>> as_json_spells(["007", "-.5", "0", "2024"])
    ['7', '-0.5', '0', '2024']
    """
    if isinstance(value, list):
        return [as_json_spells(each) for each in value]
    if not isinstance(value, str) or not value[:2].strip("-").startswith(("0", ".")):
        return value
    return _LEADING.sub(lambda found: found[1] + ("0" if found[2] else ""), value, count=1)


def _ticked(value: Any) -> Any:
    return CHECKBOX.get(value, value) if isinstance(value, str) else value


_AROUND = (
    msgspec.inspect.NoneType,
    msgspec.inspect.UnionType,
    msgspec.inspect.ListType,
    msgspec.inspect.SetType,
    msgspec.inspect.FrozenSetType,
    msgspec.inspect.TupleType,
    msgspec.inspect.VarTupleType,
)
_SPELLINGS: dict[type, tuple[re.Pattern[str], str]] = {
    msgspec.inspect.IntType: (re.compile(r"-?\d+", re.ASCII), "Expected `int`"),
    msgspec.inspect.FloatType: (_NUMBER, "Expected `float`"),
    msgspec.inspect.DecimalType: (_NUMBER, "Expected `decimal`"),
}


def spelling_of(info: Any) -> Cast | None:
    """A function that passes on text which spells a number as usual, for a msgspec type of numbers; else None."""
    kinds = {type(each) for each in types_in(info) if not isinstance(each, _AROUND)}
    if not kinds <= _SPELLINGS.keys():
        return None
    # Of several kinds, the one with the most spellings.
    pattern, reason = next(_SPELLINGS[kind] for kind in reversed(_SPELLINGS) if kind in kinds)

    def check(value: Any) -> Any:
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, str) and not pattern.fullmatch(each):
                raise ValueError(reason)
        return value

    return check


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
