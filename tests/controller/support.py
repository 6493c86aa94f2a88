"""What the tests of controllers and applications share: marks for tests with a server, and handlers made by hand."""

from __future__ import annotations

import asyncio
import json
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from tornado.concurrent import Future
from tornado.httpclient import HTTPResponse
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.testing import ExpectLog
from tornado.web import Application, RequestHandler

Test = TypeVar("Test", bound=Callable[..., Any])

# pytest-tornado 0.8.1 starts its loops as asyncio did in 2020, and an old Tornado on a new Python uses old ways too.
_MARKS = [
    pytest.mark.filterwarnings("ignore:(make|clear)_current is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning"),
    pytest.mark.gen_test(timeout=60),
]


def served(test: Test) -> Test:
    """Marks a coroutine as a test that runs on pytest-tornado's loop, beside its server."""
    for mark in _MARKS:
        test = mark(test)
    return test


def text(response: HTTPResponse) -> str:
    """An answer's body as text."""
    body: bytes = response.body
    return body.decode()


def data(response: HTTPResponse) -> Any:
    """An answer's body as JSON."""
    return json.loads(response.body)


@contextmanager
def expect_500(words: str) -> Iterator[None]:
    """Takes the two log lines of a 500, if the first begins with these words."""
    with ExpectLog("tornado.application", words), ExpectLog("tornado.access", "500 "):
        yield


async def aborted(writer: asyncio.StreamWriter) -> None:
    """Goes away without a word, and leaves nothing open."""
    writer.transport.abort()
    await writer.wait_closed()


class Remembers(RequestHandler):
    """Keeps the text of the last error that a handler of this class logged."""

    logged = ""

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        Remembers.logged = f"{type(value).__name__}: {value}"
        super().log_exception(typ, value, tb)


class Connection:
    """A connection to nowhere, which keeps what a handler writes."""

    def __init__(self) -> None:
        self.context = None
        self.status = 0
        self.headers = HTTPHeaders()
        self.body = b""
        self.finished = False

    def set_close_callback(self, callback: Any) -> None: ...

    def write_headers(self, start_line: Any, headers: HTTPHeaders, chunk: bytes | None = None) -> Future[None]:
        self.status, self.headers, self.body = start_line.code, headers, chunk or b""
        return _done()

    def write(self, chunk: bytes) -> Future[None]:
        self.body += chunk
        return _done()

    def finish(self) -> None:
        self.finished = True


def _done() -> Future[None]:
    future: Future[None] = Future()
    future.set_result(None)
    return future


def request_by_hand(
    target: str = "/", method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None
) -> HTTPServerRequest:
    """A request as the server makes it, with a `Connection` to answer to."""
    connection: Any = Connection()
    return HTTPServerRequest(
        start_line=RequestStartLine(method, target, "HTTP/1.1"),
        headers=HTTPHeaders({"Host": "127.0.0.1", **(headers or {})}),
        body=body,
        connection=connection,
        server_connection=types.SimpleNamespace(context=None),
    )


async def run(application: Application, request: HTTPServerRequest) -> Any:
    """Runs a request through an application's router and handler, without a socket; the handler is returned."""
    delegate: Any = application.find_handler(request)
    if "_parse_body" not in RequestHandler._execute.__code__.co_names:  # an older Tornado's server does that
        request._parse_body()
    handler = delegate.handler_class(application, request, **delegate.handler_kwargs)
    await handler._execute([], *delegate.path_args, **delegate.path_kwargs)
    return handler
