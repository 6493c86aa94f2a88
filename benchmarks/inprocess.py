"""Requests without a socket: real `HTTPServerRequest` objects, and a connection that keeps what is written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.web import Application

_HEADERS = {"Host": "127.0.0.1:8888", "User-Agent": "bench", "Accept": "*/*", "Accept-Encoding": "gzip"}


class Connection(HTTPConnection):
    """What a request handler asks of `tornado.http1connection.HTTP1Connection`, and no more."""

    context = None
    response: tuple[int, list[tuple[str, str]], bytes] | None = None
    is_finished = False

    def set_close_callback(self, callback: Callable[[], None] | None) -> None:
        self._close_callback = callback

    def write_headers(self, start_line: Any, headers: HTTPHeaders, chunk: bytes | None = None) -> asyncio.Future[None]:
        assert isinstance(start_line, ResponseStartLine)
        self.response = (start_line.code, list(headers.get_all()), chunk or b"")
        written: asyncio.Future[None] = asyncio.Future()
        written.set_result(None)
        return written

    def finish(self) -> None:
        self.is_finished = True


def request_for(path: str, method: str = "GET") -> HTTPServerRequest:
    """A request as Tornado's server makes it."""
    return HTTPServerRequest(
        connection=Connection(), start_line=RequestStartLine(method, path, "HTTP/1.1"), headers=HTTPHeaders(_HEADERS)
    )


async def answer(application: Application, requests: Sequence[HTTPServerRequest]) -> float:
    """The CPU seconds that the application takes for all the requests, from `find_handler` to the last callback."""
    start = time.process_time()
    for request in requests:
        delegate = application.find_handler(request)
        delegate.headers_received(request_line(request), request.headers)
        delegate.finish()
        await asyncio.sleep(0)  # the handler runs in a task
    await asyncio.sleep(0)
    taken = time.process_time() - start
    if not all(request.connection.is_finished for request in requests):  # type: ignore[union-attr]
        raise RuntimeError("a request was not answered within its turn")
    return taken


def request_line(request: HTTPServerRequest) -> RequestStartLine:
    return RequestStartLine(str(request.method), str(request.uri), request.version)


def response_of(loop: asyncio.AbstractEventLoop, application: Application, path: str) -> tuple[int, Any, bytes]:
    """Status, headers (but the date) and body of the answer to a path."""
    request = request_for(path)
    loop.run_until_complete(answer(application, [request]))
    status, headers, body = request.connection.response  # type: ignore[union-attr]
    return status, sorted(pair for pair in headers if pair[0] != "Date"), body


def take(paths: Sequence[str], count: int) -> Iterator[list[str]]:
    """Batches of paths, around and around.

    >>> batches = take(["/a", "/b", "/c"], 2)
    >>> next(batches), next(batches)
    (['/a', '/b'], ['/c', '/a'])
    """
    at = 0
    while True:
        yield [paths[(at + nth) % len(paths)] for nth in range(count)]
        at += count
