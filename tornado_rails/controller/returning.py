"""What an action returns is the response: text, bytes, or what is written as JSON; None is the view, or 204.

    class PostsController(Controller):
        def index(self):
            return [{"id": 1}, {"id": 2}]       # JSON, as are dataclasses, msgspec Structs and pydantic models

        def show(self, id: int):
            self.post = find(id)                # returns None: renders views/posts/show.html

        def destroy(self, id: int):
            delete(id)                          # returns None, and there is no such view: 204

An action that has finished or flushed its response, or detached its connection, is left alone. A handler without the
mixin is left to Tornado altogether: what it writes is the response, if that is nothing, an empty 200. A verb's method
on a route without an action may return its response too; where it answers nothing, that is Tornado's empty 200.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, cast

import msgspec
from tornado.web import RequestHandler

from tornado_rails.errors import DoubleResponseError, ReturnedValueError

JSON = "application/json; charset=UTF-8"
#: What Tornado gives a response that says nothing else.
DEFAULT_TYPE = "text/html; charset=UTF-8"


def with_response(spec: Any, invoke: Callable[[Any], Any], empty: int = 204) -> Callable[[Any], Any]:
    """A function that calls a route's action and makes of what it returns the response.

    ``empty`` is the status where that is nothing. It is the same function for a handler without `ReturningMixin`.
    """
    if not issubclass(spec.target, ReturningMixin):
        return invoke
    action = getattr(spec.target, str(spec.action))
    make = _async_response if inspect.iscoroutinefunction(action) else _response
    respond: Any = make(invoke, empty)
    respond.__wrapped__ = invoke  # for who wants the action called, and no response
    return cast(Callable[[Any], Any], respond)


def _response(invoke: Callable[[Any], Any], empty: int) -> Callable[[Any], Any]:
    def respond(handler: Any) -> Any:
        value = invoke(handler)
        if value is not None and inspect.isawaitable(value):
            return _respond_later(handler, value, empty)
        return handler._tornado_rails_respond(value, empty)

    return respond


def _async_response(invoke: Callable[[Any], Any], empty: int) -> Callable[[Any], Any]:
    async def respond(handler: Any) -> None:
        value = await invoke(handler)
        while value is not None and inspect.isawaitable(value):
            value = await value
        handler._tornado_rails_respond(value, empty)

    return respond


async def _respond_later(handler: Any, value: Any, empty: int) -> None:
    while inspect.isawaitable(value):
        value = await value
    handler._tornado_rails_respond(value, empty)


class ReturningMixin(RequestHandler):
    """Makes what an action returns the response."""

    _tornado_rails_wraps = True

    def _tornado_rails_respond(self, value: Any, empty: int = 204) -> None:
        # PERF: this runs for every action.
        if self._finished or self._headers_written or not self._auto_finish:
            return
        if value is None:
            if self._write_buffer or self._status_code == 204 or 300 <= self._status_code <= 399:
                return
            if not self._tornado_rails_render() and self._status_code == 200:
                self.set_status(empty)
            return
        if self._write_buffer:
            raise DoubleResponseError(_place(self))
        if isinstance(value, (str, bytes)):
            self.write(value)
            return
        body = encoded(value)
        if body is None:
            raise ReturnedValueError(_place(self), value)
        if self._headers["Content-Type"] == DEFAULT_TYPE:
            self._headers["Content-Type"] = JSON
        self.write(body)

    def _tornado_rails_render(self) -> bool:
        """Writes the action's view; False if there is none. See `rendering`."""
        return False


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
    dump = getattr(value, "model_dump", None)  # of a pydantic model
    if dump is None:
        raise NotImplementedError(f"{type(value).__name__} is nothing that JSON has")
    return dump(mode="json")


#: Any value as JSON: what msgspec knows, and pydantic models.
to_json = msgspec.json.Encoder(enc_hook=_jsonable).encode


def _place(handler: RequestHandler) -> str:
    action = getattr(getattr(handler.request, "route", None), "action", None) or str(handler.request.method).lower()
    return f"{type(handler).__name__}.{action}"
