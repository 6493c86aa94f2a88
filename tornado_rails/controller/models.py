"""Body models: an action's parameter that is a dataclass, a msgspec Struct or a pydantic model."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import msgspec
from tornado.web import RequestHandler

from tornado_rails.controller.casting import CHECKBOX, Cast, as_json_spells, spelling_of, types_in
from tornado_rails.controller.params import Params, content_type, decode_json, is_json, params_of
from tornado_rails.errors import BodyError, MalformedRequestError, MediaTypeError
from tornado_rails.routing.signature import is_list, is_pydantic

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def body_reader(model: Any) -> Callable[[RequestHandler], Any]:
    """A function that reads a request's body as a model.

    It raises `BodyError` (422) for a body that the model does not take, `MalformedRequestError` (400) for one that
    is no JSON, `MediaTypeError` (415) for one that is neither JSON nor a form.

    Raises TypeError for a model with a field that cannot be read.
    """
    from_json, from_form = (_pydantic if is_pydantic(model) else _msgspec)(model)

    def read(handler: RequestHandler) -> Any:
        media_type = content_type(handler)
        if is_json(media_type) or not handler.request.body:
            return from_json(handler.request.body or b"{}")
        if media_type not in _FORMS:
            raise MediaTypeError(f"the body is {media_type or 'of no type'}; send JSON or a form")
        return from_form(params_of(handler))

    return read


_Readers = tuple[Callable[[bytes], Any], Callable[[Params], Any]]


def _fields(params: Params, lists: Collection[str], ticks: Collection[str] = ()) -> dict[str, Any]:
    """A form's values as a model takes them: all of a field that is a list, and what a checkbox means."""
    values: dict[str, Any] = {}
    for name, value in params.body.items():
        values[name] = params.get_list(name) if name in lists else value
        if name in ticks and value in CHECKBOX:
            values[name] = CHECKBOX[value]
    return values


_LISTS = (
    msgspec.inspect.ListType,
    msgspec.inspect.SetType,
    msgspec.inspect.FrozenSetType,
    msgspec.inspect.TupleType,
    msgspec.inspect.VarTupleType,
)


def _msgspec(model: Any) -> _Readers:
    msgspec.json.Decoder(model)
    info: Any = msgspec.inspect.type_info(model)
    for each in types_in(info):
        if isinstance(each, msgspec.inspect.CustomType):
            raise TypeError(f"a field of {model.__name__} is of type {each.cls.__name__}")
    within = {field.encode_name: list(_alternatives(field.type)) for field in info.fields}
    lists = _fields_of(within, *_LISTS)
    ticks = _fields_of(within, msgspec.inspect.BoolType)
    numbers = {field.encode_name: check for field in info.fields if (check := spelling_of(field.type)) is not None}

    def from_json(body: bytes) -> Any:
        try:
            return decode_json(body, model)
        except msgspec.ValidationError as error:
            raise _refused(error) from None

    def from_form(params: Params) -> Any:
        try:
            values = _fields(params, lists, ticks)
            for name, check in numbers.items():
                if name in values:
                    _spelled(name, values[name], check)
                    values[name] = as_json_spells(values[name])
            return msgspec.convert(values, model, strict=False)
        except msgspec.ValidationError as error:
            raise _refused(error) from None

    return from_json, from_form


def _spelled(name: str, value: Any, check: Cast) -> None:
    try:
        check(value)
    except ValueError as error:
        raise _body_error(str(error), name) from None


def _fields_of(within: Mapping[str, list[Any]], *kinds: type) -> set[str]:
    return {name for name, types in within.items() if any(isinstance(each, kinds) for each in types)}


def _alternatives(info: Any) -> Iterator[Any]:
    info = getattr(info, "type", info) if isinstance(info, msgspec.inspect.Metadata) else info
    yield from getattr(info, "types", (info,))


def _refused(error: msgspec.ValidationError) -> BodyError:
    """A msgspec error says "Expected `int`, got `str` - at `$.age`"."""
    reason, _, path = str(error).partition(" - at ")
    place = re.search(r"\$([^`]*)", path)
    name = place[1].lstrip(".") if place else ""
    missing = re.search("missing required field `([^`]*)`", reason)
    return _body_error(reason, name, missing[1] if missing else "")


def _body_error(reason: str, within: str, field: str = "") -> BodyError:
    return BodyError(
        f"the body is not as expected: {reason}{f' (at {within})' if within else ''}",
        [{"parameter": ".".join(part for part in (within, field) if part), "in": "body", "detail": reason}],
    )


def _pydantic(model: Any) -> _Readers:
    import pydantic

    def checked(read: Callable[[Any], Any], value: Any) -> Any:
        try:
            return read(value)
        except pydantic.ValidationError as error:
            details = error.errors(include_url=False, include_context=False, include_input=False)
            if details and details[0]["type"] == "json_invalid":
                raise MalformedRequestError(f"the body is not JSON: {details[0]['msg']}") from None
            parts = [
                {"parameter": ".".join(map(str, each["loc"])), "in": "body", "detail": each["msg"]} for each in details
            ]
            shown = "; ".join(f"{part['parameter']}: {part['detail']}" for part in parts)
            raise BodyError(f"the body is not as expected: {shown}", parts) from None

    lists = {
        alias
        for name, field in model.model_fields.items()
        if is_list(field.annotation)
        for alias in (name, field.alias, field.validation_alias)
        if isinstance(alias, str)
    }
    return (
        lambda body: checked(model.model_validate_json, body),
        lambda params: checked(model.model_validate, _fields(params, lists)),
    )
