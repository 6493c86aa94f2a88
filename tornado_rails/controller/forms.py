"""A form's values as a body model's fields take them: lists, checkboxes and numbers are text in a form."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from tornado_rails.controller.casting import CHECKBOX, as_json_spells, spelling_of
from tornado_rails.controller.nesting import is_position
from tornado_rails.controller.params import Params
from tornado_rails.controller.uploads import UploadedFile
from tornado_rails.errors import BodyError

_LISTS = (
    msgspec.inspect.ListType,
    msgspec.inspect.SetType,
    msgspec.inspect.FrozenSetType,
    msgspec.inspect.TupleType,
    msgspec.inspect.VarTupleType,
)


def body_error(reason: str, within: str, field: str = "") -> BodyError:
    """What a body that is no model is answered with: the reason, and where in the body it stands."""
    return BodyError(
        f"the body is not as expected: {reason}{f' (at {within})' if within else ''}",
        [{"parameter": ".".join(part for part in (within, field) if part), "in": "body", "detail": reason}],
    )


def form_values(params: Params, lists: Collection[str], files: Collection[str] = ()) -> dict[str, Any]:
    """A form's values by name, as plain dicts and lists: all of a field that is a list, files where they are wanted."""
    values = params.body.to_unsafe_dict()
    for name, value in list(values.items()):
        each = value[-1] if isinstance(value, list) and value else value
        if isinstance(each, UploadedFile) and name not in files:
            del values[name]
        elif name in lists:
            values[name] = _as_list(value) if isinstance(value, (dict, list)) else params.get_list(name)
    return values


def _as_list(value: Any) -> list[Any]:
    """What a list field is given: a group whose names are numbers counts as a list."""
    if isinstance(value, dict) and value and all(map(is_position, value)):
        return list(value.values())
    return value if isinstance(value, list) else [value]


class FormFields:
    """What a dataclass or Struct takes of a form, and the models within it."""

    def __init__(self, info: Any, known: dict[type, FormFields] | None = None) -> None:
        known = {} if known is None else known
        known[info.cls] = self
        within = {field.encode_name: list(_alternatives(field.type)) for field in info.fields}
        self.lists = _fields_of(within, *_LISTS)
        self._ticks = _fields_of(within, msgspec.inspect.BoolType)
        checks = {field.encode_name: spelling_of(field.type) for field in info.fields}
        self._numbers = {name: check for name, check in checks.items() if check is not None}
        self._within: dict[str, FormFields] = {}
        for name, types in within.items():
            items = [item for each in types for item in _alternatives(getattr(each, "item_type", None))]
            for each in types + items:
                if hasattr(each, "fields"):
                    self._within[name] = known.get(each.cls) or FormFields(each, known)

    def read(self, params: Params) -> dict[str, Any]:
        """What msgspec makes the model of; a `BodyError` (422) says which number is none."""
        return self._read(form_values(params, self.lists), "")

    def _read(self, values: Mapping[str, Any], place: str) -> dict[str, Any]:
        return {name: self._value(name, value, f"{place}{name}") for name, value in values.items()}

    def _value(self, name: str, value: Any, place: str) -> Any:
        if name in self.lists:
            value = _as_list(value)
        if name in self._ticks and isinstance(value, str):
            value = CHECKBOX.get(value, value)
        check = self._numbers.get(name)
        if check is not None:
            try:
                check(value)
            except ValueError as error:
                raise body_error(str(error), place) from None
            value = as_json_spells(value)
        model = self._within.get(name)
        if model is None:
            return value
        if isinstance(value, list):
            return [model._read(each, f"{place}.") if isinstance(each, dict) else each for each in value]
        return model._read(value, f"{place}.") if isinstance(value, dict) else value


def _fields_of(within: Mapping[str, list[Any]], *kinds: type) -> set[str]:
    return {name for name, types in within.items() if any(isinstance(each, kinds) for each in types)}


def _alternatives(info: Any) -> Iterator[Any]:
    info = getattr(info, "type", info) if isinstance(info, msgspec.inspect.Metadata) else info
    yield from getattr(info, "types", (info,))
