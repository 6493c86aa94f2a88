"""Body models: an action's parameter that is a dataclass, a msgspec Struct or a pydantic model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
from tornado.web import RequestHandler

from tornado_rails.controller.casting import types_in
from tornado_rails.controller.forms import FormFields, body_error, form_values
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


def _msgspec(model: Any) -> _Readers:
    msgspec.json.Decoder(model)
    info: Any = msgspec.inspect.type_info(model)
    for each in types_in(info):
        if isinstance(each, msgspec.inspect.CustomType):
            raise TypeError(f"a field of {model.__name__} is of type {each.cls.__name__}")
    fields = FormFields(info)

    def from_json(body: bytes) -> Any:
        try:
            return decode_json(body, model)
        except msgspec.ValidationError as error:
            raise _refused(error) from None

    def from_form(params: Params) -> Any:
        try:
            return msgspec.convert(fields.read(params), model, strict=False)
        except msgspec.ValidationError as error:
            raise _refused(error) from None

    return from_json, from_form


def _refused(error: msgspec.ValidationError) -> BodyError:
    """A msgspec error says "Expected `int`, got `str` - at `$.age`"."""
    reason, _, path = str(error).partition(" - at ")
    place = re.search(r"\$([^`]*)", path)
    name = place[1].lstrip(".") if place else ""
    missing = re.search("missing required field `([^`]*)`", reason)
    return body_error(reason, name, missing[1] if missing else "")


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

    names = {
        alias: field
        for name, field in model.model_fields.items()
        for alias in (name, field.alias, field.validation_alias)
        if isinstance(alias, str)
    }
    lists = {name for name, field in names.items() if is_list(field.annotation)}
    return (
        lambda body: checked(model.model_validate_json, body),
        lambda params: checked(model.model_validate, form_values(params, lists, names)),
    )
