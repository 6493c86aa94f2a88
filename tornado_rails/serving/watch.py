"""One request on Tornado's own server, from its headers to the end of its response."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http.client import responses
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.web import RequestHandler

from tornado_rails.serving.request_log import what_ran

if TYPE_CHECKING:
    from tornado_rails.serving.http_server import Server

# A longer body of a request that is refused is not waited for.
_SHORT_BODY = 65536


class Watch(HTTPMessageDelegate):
    """The delegate before the application's: it sees when a request begins and when its response is finished."""

    def __init__(self, server: Server, server_connection: Any, connection: Any, delegate: HTTPMessageDelegate) -> None:
        self.server = server
        self.connection = connection
        self.handler: RequestHandler | None = None
        self._server_connection = server_connection
        self._delegate: HTTPMessageDelegate | None = delegate
        self._start_line: RequestStartLine | None = None
        self._answer: Callable[[], None] | None = None

    def headers_received(self, start_line: Any, headers: HTTPHeaders) -> Awaitable[None] | None:
        """Lets the application have the request, or answers it here."""
        server = self.server
        self._start_line = start_line
        server.waiting.pop(self._server_connection, None)
        answer = server.own_answer(self, start_line, headers)
        if answer is None:
            server.running[self._server_connection] = self
            connection = self.connection
            # NOTE: put onto the connection itself, as handlers are promised Tornado's own.
            connection.finish = self._finish_response
            connection.set_close_callback = self._set_close_callback
            if server.draining:
                self.end_connection()
            return self._delegate.headers_received(start_line, headers)  # type: ignore[union-attr]
        self._delegate = None
        length = headers.get("Content-Length", "0")
        if "Transfer-Encoding" in headers or not length.isdecimal() or int(length) > _SHORT_BODY:
            self.end_connection()
            answer()
        else:
            self._answer = answer  # after the body, so that the connection can go on
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Hands a part of the body on."""
        return None if self._delegate is None else self._delegate.data_received(chunk)

    def finish(self) -> None:
        """The request is there as a whole."""
        if self._delegate is not None:
            self._delegate.finish()
        elif self._answer is not None:
            self._answer()

    def on_connection_close(self) -> None:
        """The client has gone in the midst of its request."""
        if self._delegate is not None:
            self._delegate.on_connection_close()

    def end_connection(self) -> None:
        """Has the connection end with this response, and the response say so if it has not begun."""
        self.connection._disconnect_on_finish = True

    def respond(self, code: int, body: bytes, *headers: tuple[str, str]) -> None:
        """Answers in the place of the application."""
        if self.connection.stream is None or self.connection.stream.closed():
            return
        if self.server.draining:
            self.end_connection()
        fields = HTTPHeaders({"Content-Length": str(len(body))})
        for name, value in headers:
            fields[name] = value
        line = ResponseStartLine("HTTP/1.1", code, responses[code])
        is_head = self._start_line is not None and self._start_line.method == "HEAD"
        self.connection.write_headers(line, fields, b"" if is_head else body)
        self.connection.finish()

    def respond_later(self, answer: Awaitable[tuple[int, bytes]], *headers: tuple[str, str]) -> None:
        """Answers what has to be found out first."""

        async def respond() -> None:
            code, body = await answer
            self.respond(code, body, *headers)

        self.server.keep(asyncio.ensure_future(respond()))

    def _set_close_callback(self, callback: Callable[[], None] | None) -> None:
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, RequestHandler):
            self.handler = owner
        type(self.connection).set_close_callback(self.connection, callback)

    def _finish_response(self) -> None:
        self.release()
        self.server.finished(self, self._server_connection)
        self.connection.finish()

    def release(self) -> None:
        """Gives the connection its own methods back."""
        vars(self.connection).pop("finish", None)
        vars(self.connection).pop("set_close_callback", None)

    def __str__(self) -> str:
        """What it runs, for the log."""
        if self.handler is not None:
            return what_ran(self.handler)
        line = self._start_line
        return "?" if line is None else f"{line.method} {line.path.partition('?')[0]}"
