"""A response as ASGI messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import tornado
from tornado.escape import native_str
from tornado.httputil import HTTPHeaders, HTTPOutputError, RequestStartLine, ResponseStartLine
from tornado.log import gen_log

from tornado_rails.serving.asgi_channel import Channel, Message

#: The most that a request's body may have, unless it is told; as with Tornado's own server.
MAX_BODY_SIZE = 104857600
#: The most that ``data_received`` is given at once.
CHUNK_SIZE = 65536

# Of no use to HTTP/2; how a body is sent is the server's in any case.
_CONNECTION = frozenset(("Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"))
# Tornado puts these into each response, and so does the ASGI server.
_TORNADOS = frozenset(("Date", "Server"))
# What is looked at by itself; most headers are none of these.
_SPECIAL = _CONNECTION | _TORNADOS | {"Content-Type", "Content-Length"}
_TORNADO = "TornadoServer/"
_SERVER = [_TORNADO + tornado.version]
_NO_UPGRADE = b"This server does not hand WebSockets on."


@lru_cache(1000)
def _lower(name: str) -> bytes:
    return native_str(name).lower().encode("latin1")


def _encode(name: str, value: str | bytes) -> bytes:
    text = value if type(value) is str else native_str(value)  # bytes, as Tornado still takes them
    if "\n" in text or "\r" in text:
        raise ValueError(f"Illegal characters (CR or LF) in header: {name}: {text!r}")
    return text.encode("latin1")


@lru_cache(100)
def _content_type(value: str | bytes) -> tuple[bytes, bytes]:
    # PERF: an application has a few of them; other headers are not kept, as they may be one client's.
    return b"content-type", _encode("Content-Type", value)


def _by_name(headers: HTTPHeaders) -> Iterable[tuple[str, Sequence[str]]]:
    return ((name, (value,)) for name, value in headers.get_all())


class HTTPChannel(Channel):
    """The connection of one request and its response.

    Its limits may be set in ``prepare`` of a handler with ``@stream_request_body``, as with Tornado's own server.
    """

    _start, _body = "http.response.start", "http.response.body"

    watched = True
    carries_body = True
    reading = False  # its body, while a handler may already respond
    max_body_size = MAX_BODY_SIZE
    body_timeout: float | None = None
    chunk_size = CHUNK_SIZE
    server_headers = False
    _left: int | None = None  # of what Content-Length promised
    _last: Message | None = None  # the last part of the body

    def set_max_body_size(self, max_body_size: int) -> None:
        """Sets the limit of this request's body."""
        self.max_body_size = max_body_size

    def set_body_timeout(self, timeout: float) -> None:
        """Sets how long this request's body may take."""
        self.body_timeout = timeout

    def write_headers(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> asyncio.Future[None]:
        """Starts the response, with the first part of its body."""
        if self.closed:
            return self.closed_future()
        code: int = start_line[1]  # type: ignore[assignment]
        if code == 101:
            return self._upgrade()
        raw = self._raw(code, headers)
        return self._write(chunk or b"", {"type": self._start, "status": code, "headers": raw})

    def _raw(self, code: int, headers: HTTPHeaders) -> list[tuple[bytes, bytes]]:
        bodiless = code == 304
        if self.scope.get("method") == "HEAD":
            bodiless, self.watched = True, False  # some servers call it a disconnect that no body follows
        left = 0 if bodiless else None
        raw: list[tuple[bytes, bytes]] = []
        # PERF: what ``get_all`` goes through, without a generator's step for each header.
        items = headers._as_list.items() if type(headers) is HTTPHeaders else _by_name(headers)
        for name, values in items:
            if name in _SPECIAL:
                if name in _TORNADOS:
                    if not self.server_headers:
                        if name == "Date" or values == _SERVER:
                            continue
                        values = [value for value in values if not value.startswith(_TORNADO)]
                elif name == "Content-Type":
                    for value in values:
                        raw.append(_content_type(value))
                    continue
                elif name == "Content-Length":
                    if not bodiless:
                        left = int(values[-1])
                    elif code == 304:
                        continue
                elif not self._is_sent(name):
                    continue
            key = _lower(name)
            for value in values:
                # PERF: without a call for what can have no line end.
                if type(value) is str and value.isascii() and "\n" not in value and "\r" not in value:
                    raw.append((key, value.encode()))
                else:
                    raw.append((key, _encode(name, value)))
        self._left = left
        return raw

    def _is_sent(self, name: str) -> bool:
        return name != "Transfer-Encoding" and bool(self.scope.get("http_version", "1.1") < "2")

    def _upgrade(self) -> asyncio.Future[None]:
        # Under a server that knows nothing of WebSockets.
        gen_log.error("%s An ASGI server with WebSockets is needed, as is uvicorn[standard].", _NO_UPGRADE.decode())
        self._left = None
        raw = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(_NO_UPGRADE))]
        return self._write(_NO_UPGRADE, {"type": self._start, "status": 501, "headers": raw})

    def write(self, chunk: bytes) -> asyncio.Future[None]:
        """Writes a part of the body."""
        return self.closed_future() if self.closed else self._write(chunk)

    def _write(self, chunk: bytes, start: Message | None = None) -> asyncio.Future[None]:
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0:
                raise self._cut("Tried to write more data than Content-Length")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last = {"type": self._body, "body": chunk, "more_body": True}
        self._put(start, self._last, future)
        return future

    def _put(self, start: Message | None, body: Message, future: asyncio.Future[None]) -> None:
        # PERF: what `put` does, for two at once.
        if start is not None:
            self._waiting.append((start, None))
        self._waiting.append((body, future))
        if not (self.held or self.sending):
            self._start_pump()

    def finish(self) -> None:
        """Ends the response."""
        if self.closed:
            self.finished = True
            return
        if self._left:
            raise self._cut(f"Tried to write {self._left} bytes less than Content-Length")
        self.finished = True
        if self.reading and self._waiting:
            self._end_with_response()
        if self._last is not None and self._waiting and self._waiting[-1][0] is self._last:
            self._last["more_body"] = False
        else:
            self.put({"type": self._body, "body": b"", "more_body": False})
        if self._changed is not None:
            self._notice()

    def _end_with_response(self) -> None:
        # As Tornado does where a response is finished before its request: there is no other way not to read the rest.
        message = self._waiting[0][0]
        if message["type"].endswith(".start") and self.scope["http_version"] < "2":
            headers = message["headers"]
            headers[:] = [pair for pair in headers if pair[0] != b"connection"] + [(b"connection", b"close")]

    def _cut(self, text: str) -> HTTPOutputError:
        # The server drops a connection when the application fails.
        self._error = HTTPOutputError(text)
        self.disconnected()
        return HTTPOutputError(text)  # another, as that has the handler in its traceback

    async def refuse(self, code: int) -> None:
        """Answers what is no request, if nothing was answered yet."""
        self.give_up(code)
        await self.complete()

    def give_up(self, code: int) -> None:
        """Ends the response with a status of its own, if nothing was answered yet."""
        self._close_callback = None
        if self._last is None and not self.closed:
            for message in self._refusal(code):
                self.put(message)
        elif not self.finished:
            self.close()
        self.finished = True

    async def refuse_lost(self) -> None:
        """Answers 400 to a body that broke off: not each server knows a bad one from a client that is gone."""
        if self._last is None:
            with contextlib.suppress(Exception):
                for message in self._refusal(400):
                    await self._send(message)

    def _refusal(self, code: int) -> tuple[Message, Message]:
        headers = [(b"content-length", b"0")]
        if self.scope.get("http_version", "1.1") < "2":
            headers.append((b"connection", b"close"))
        self._last = {"type": self._body, "body": b"", "more_body": False}
        return {"type": self._start, "status": code, "headers": headers}, self._last
