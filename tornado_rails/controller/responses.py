"""The response that an action's returned value is, or none, where it has written its own."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import msgspec

JSON = "application/json; charset=UTF-8"
#: What Tornado gives a response that says nothing else.
DEFAULT_TYPE = "text/html; charset=UTF-8"


class TypedText(str):
    """Text that knows the content type of the response that it is, where an action returns it."""

    __slots__ = ("content_type",)

    content_type: str

    def __new__(cls, text: str, content_type: str = DEFAULT_TYPE) -> TypedText:
        """What is told nothing is a page, as text is."""
        typed = super().__new__(cls, text)
        typed.content_type = content_type
        return typed


def with_response(spec: Any, invoke: Callable[[Any], Any], empty: int = 204) -> Callable[[Any], Any]:
    """A function that calls a route's action and makes of what it returns the response.

    ``empty`` is the status where that is nothing. It is the same function for a handler without `ReturningMixin`.
    """
    if not hasattr(spec.target, "_tornado_rails_respond"):
        return invoke

    def respond(handler: Any) -> Any:
        value = invoke(handler)
        if value is not None and inspect.isawaitable(value):
            return _respond_later(handler, value, empty)
        return handler._tornado_rails_respond(value, empty)

    respond.__wrapped__ = invoke  # type: ignore[attr-defined]  # for who wants the action called, and no response
    return respond


async def _respond_later(handler: Any, value: Any, empty: int) -> None:
    handler._tornado_rails_respond(await settled(value), empty)


async def settled(value: Any) -> Any:
    """What comes of a value that may have to be awaited, more than once."""
    while value is not None and inspect.isawaitable(value):
        value = await value
    return value


def encoded(value: Any) -> bytes | None:
    """A value as JSON; None for one that is no dict, list, dataclass, Struct or pydantic model.

    >>> encoded({"id": 1, "tags": ["a"]}), encoded(7)
    (b'{"id":1,"tags":["a"]}', None)
    """
    if isinstance(value, (dict, list, msgspec.Struct)):
        return to_json(value)
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value) or hasattr(value, "model_dump_json"):
        return to_json(value)
    return None


def _jsonable(value: Any) -> Any:
    if isinstance(value, str):  # of a class of its own
        return str(value)
    dump = getattr(value, "model_dump", None)  # of a pydantic model
    if dump is None:
        raise NotImplementedError(f"{type(value).__name__} is nothing that JSON has")
    return dump(mode="json")


#: Any value as JSON: what msgspec knows, pydantic models, and text of any class.
to_json = msgspec.json.Encoder(enc_hook=_jsonable).encode
