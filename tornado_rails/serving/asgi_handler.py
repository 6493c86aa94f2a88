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

from tornado_rails.serving.asgi_answers import put_answers, spare_parsing

_CLEAR = RequestHandler.clear
_DEFAULT_HEADERS = RequestHandler.set_default_headers


class _ClearedResponse:
    """What Tornado's own ``clear`` puts into a handler, made once a second."""

    # PERF: that is half of what it takes to make a handler, and most of it the text of the date.

    def __init__(self) -> None:
        self._second = -1

    def _take(self, second: int) -> None:
        handler = RequestHandler.__new__(RequestHandler)
        handler.clear()
        values = vars(handler)
        self._values = [(name, value) for name, value in values.items() if type(value) is not list]
        self._lists = [name for name, value in values.items() if type(value) is list]
        parts = [(name, part) for name, part in vars(handler._headers).items() if type(part) is dict]
        # Before Tornado 6.6 there is one more, that is None.
        self._header_values = [each for each in vars(handler._headers).items() if type(each[1]) is not dict]
        self._header_parts = [(name, part) for name, part in parts if not _has_lists(part)]
        self._header_lists = [(name, part) for name, part in parts if _has_lists(part)]
        self._second = second

    def put_into(self, handler: RequestHandler) -> None:
        """Does for a handler what ``clear`` does, the first time that it is asked for that."""
        del handler.clear
        second = int(time.time())
        if second != self._second:
            self._take(second)
        for name, value in self._values:
            setattr(handler, name, value)
        for name in self._lists:
            setattr(handler, name, [])
        handler._headers = headers = _new_headers(HTTPHeaders)
        for name, value in self._header_values:
            setattr(headers, name, value)
        for name, part in self._header_parts:
            setattr(headers, name, part.copy())
        for name, part in self._header_lists:
            setattr(headers, name, {key: value.copy() for key, value in part.items()})


def _has_lists(part: dict[str, Any]) -> bool:
    return bool(part) and all(type(value) is list for value in part.values())


_put_cleared = _ClearedResponse().put_into
_new_headers = HTTPHeaders.__new__


def make_handler(delegate: _HandlerDelegate) -> RequestHandler:
    """The handler that Tornado's delegate makes."""
    handler_class = delegate.handler_class
    if (
        handler_class.clear is not _CLEAR
        or handler_class.set_default_headers is not _DEFAULT_HEADERS
        or handler_class.__new__ is not object.__new__
        or type(handler_class) is not type
    ):
        return handler_class(delegate.application, delegate.request, **delegate.handler_kwargs)
    handler: RequestHandler = object.__new__(handler_class)
    # PERF: attributes are set one by one; an object whose ``__dict__`` was asked for is slower with each that is read.
    handler.clear = functools.partial(_put_cleared, handler)  # type: ignore[method-assign]
    put_answers(handler, delegate.application)
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
    elif not _DELEGATE_PARSES:  # pragma: no branch
        spare_parsing(request)
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
