"""Makes a request's handler and runs it in the task that the ASGI server has made for the request."""

from __future__ import annotations

import functools
import time
import types
from collections.abc import Coroutine
from typing import Any, TypeGuard

from tornado import gen
from tornado.httputil import HTTPHeaders
from tornado.web import RequestHandler, _HandlerDelegate

from tornado_rails.serving.asgi_answers import put_answers, tornados

_CLEAR = tornados(RequestHandler, "clear")
_DEFAULT_HEADERS = tornados(RequestHandler, "set_default_headers")


class _ClearedResponse:
    """What Tornado's own ``clear`` puts into a handler, made once a second."""

    # PERF: that is half of what it takes to make a handler, and most of it the text of the date.

    def __init__(self) -> None:
        self.is_all = False
        if RequestHandler.clear is _CLEAR and RequestHandler.set_default_headers is _DEFAULT_HEADERS:
            self._take(0)

    def _take(self, second: int) -> None:
        handler = RequestHandler.__new__(RequestHandler)
        handler.clear()
        #: Whether that is what we put into it; another Tornado may want more.
        self.is_all = vars(handler).keys() == {"_headers", "_write_buffer", "_status_code", "_reason"}
        self._status, self._reason = handler._status_code, handler._reason
        parts = dict(vars(handler._headers))
        self._lists = parts.pop("_as_list")
        # Beside the lists Tornado 6.6 has one part, and those before it have two.
        self._parts = [(name, part) for name, part in parts.items() if type(part) is dict]
        self._values = [(name, part) for name, part in parts.items() if type(part) is not dict]
        self._second = second

    def put_into(self, handler: RequestHandler) -> None:
        """Does for a handler what ``clear`` does, the first time that it is asked for that."""
        del handler.clear
        second = int(time.time())
        if second != self._second:
            self._take(second)
        handler._headers = headers = _new_headers(HTTPHeaders)
        headers._as_list = {name: values.copy() for name, values in self._lists.items()}
        for name, part in self._parts:
            setattr(headers, name, part.copy())
        for name, value in self._values:  # pragma: no cover (Tornado 6.5 and older)
            setattr(headers, name, value)
        handler._write_buffer = []
        handler._status_code = self._status
        handler._reason = self._reason


_cleared = _ClearedResponse()
_put_cleared = _cleared.put_into
_new_headers = HTTPHeaders.__new__
#: Methods that a handler may have of its own, which expect its ``__init__`` to be first.
_SPECIAL = ("__new__", "__setattr__", "__delattr__", "__getattribute__")


@functools.lru_cache(1000)
def _can_be_set_up(handler_class: type[RequestHandler]) -> bool:
    # PERF: what a class has from its definition, and is not asked each time.
    return all(getattr(handler_class, name) is getattr(object, name) for name in _SPECIAL)


def make_handler(delegate: _HandlerDelegate) -> RequestHandler:
    """The handler that Tornado's delegate makes."""
    handler_class = delegate.handler_class
    if (
        handler_class.clear is not _CLEAR
        or handler_class.set_default_headers is not _DEFAULT_HEADERS
        or type(handler_class) is not type
        or not _can_be_set_up(handler_class)  # type: ignore[arg-type]
        or not _cleared.is_all
    ):
        return handler_class(delegate.application, delegate.request, **delegate.handler_kwargs)
    handler: RequestHandler = object.__new__(handler_class)
    # PERF: attributes are set one by one; an object whose ``__dict__`` was asked for is slower with each that is read.
    handler.clear = functools.partial(_put_cleared, handler)  # type: ignore[method-assign]
    put_answers(handler, delegate.application, delegate.request)
    handler.__init__(delegate.application, delegate.request, **delegate.handler_kwargs)  # type: ignore[misc]
    return handler


def can_run_here(delegate: object) -> TypeGuard[_HandlerDelegate]:
    """Whether `execution_of` is all that the delegate does once the body is there."""
    if type(delegate) is not _HandlerDelegate or delegate.stream_request_body:
        return False
    settings = delegate.application.settings
    return bool(settings.get("compiled_template_cache", True) and settings.get("static_hash_cache", True))


# Until Tornado 6.5 it was the delegate that read forms from the body, later the handler.
_DELEGATE_PARSES = "_parse_body" in _HandlerDelegate.finish.__code__.co_names


def execution_of(delegate: _HandlerDelegate, body: bytes = b"") -> Coroutine[Any, Any, None]:
    """Makes the handler; what is returned runs it."""
    request = delegate.request
    if body:
        request.body = body
        if _DELEGATE_PARSES:  # pragma: no cover (Tornado 6.4 and older)
            request._parse_body()
    # PERF: Tornado's delegate would make a task for it.
    handler = delegate.handler = make_handler(delegate)
    transforms = delegate.application.transforms
    execution = handler._execute(
        [transform(request) for transform in transforms] if transforms else [],
        *delegate.path_args,
        **delegate.path_kwargs,
    )
    return execution if type(execution) is types.CoroutineType else _awaited(execution)


async def _awaited(execution: Any) -> None:
    await gen.convert_yielded(execution)
