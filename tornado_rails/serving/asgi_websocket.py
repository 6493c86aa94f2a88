"""A `tornado.websocket.WebSocketHandler` over ASGI's WebSocket messages."""

from __future__ import annotations

import asyncio
import functools
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

from tornado import gen
from tornado.escape import json_encode, to_unicode, utf8
from tornado.httputil import HTTPHeaders, RequestStartLine, ResponseStartLine
from tornado.log import gen_log
from tornado.websocket import WebSocketClosedError, WebSocketHandler, WebSocketProtocol

from tornado_rails.serving.asgi_channel import Message, run_held
from tornado_rails.serving.asgi_http import HTTPChannel
from tornado_rails.serving.asgi_request import RequestHeaders, Scope

NORMAL = 1000
NO_CODE = (1005, 1006)  # what the server says where no code came
TOO_BIG = 1009
FAILED = 1011
CLOSE_TIMEOUT = 5.0  # seconds that a client has to answer a close, as with Tornado's own

# The server has done the handshake; these are what WebSocketHandler looks for, where HTTP/2 has no such headers.
_HANDSHAKE = (
    (b"upgrade", b"websocket"),
    (b"connection", b"Upgrade"),
    (b"sec-websocket-key", b"AAAAAAAAAAAAAAAAAAAAAA=="),
    (b"sec-websocket-version", b"13"),
)
_BURST = 64  # messages that are handled in a row before others have their turn


def handshake_headers(scope: Scope) -> RequestHeaders:
    """The headers of a handshake, as they are by HTTP/1.1."""
    raw = list(scope["headers"])
    names = {name for name, _value in raw}
    raw += [pair for pair in _HANDSHAKE if pair[0] not in names]
    if scope.get("subprotocols") and b"sec-websocket-protocol" not in names:
        raw.append((b"sec-websocket-protocol", ", ".join(scope["subprotocols"]).encode("latin1")))
    return RequestHeaders(raw, scope.get("http_version", "1.1") >= "2")


class WebSocketChannel(HTTPChannel):
    """The connection of a WebSocket: first of its handshake, as of any request, then of its messages."""

    _start, _body = "websocket.http.response.start", "websocket.http.response.body"
    watched = False
    carries_body = False
    accepted = False
    _subprotocol: str | None = None

    def set_close_callback(self, callback: Callable[[], None] | None) -> None:
        """Sets what is called when the client goes away; a handler makes itself known by it."""
        super().set_close_callback(callback)
        handler = getattr(callback, "__self__", None)
        if isinstance(handler, WebSocketHandler) and not self.accepted:
            # NOTE: the handler asks itself for its protocol, and this is where ours comes in.
            handler.get_websocket_protocol = functools.partial(  # type: ignore[method-assign]
                self._protocol_of, handler
            )

    def _protocol_of(self, handler: WebSocketHandler) -> WebSocketProtocol | None:
        del handler.__dict__["get_websocket_protocol"]
        if handler.request.headers.get("Sec-WebSocket-Version") != "13":
            return None
        return ASGIWebSocketProtocol(handler, self)

    def accept(self, subprotocol: str | None) -> None:
        """Accepts the handshake, with the headers that the handler writes next."""
        self.accepted = True
        self.closed_error = WebSocketClosedError
        self._subprotocol = subprotocol

    def write_headers(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> asyncio.Future[None]:
        """Accepts the handshake, or starts the response of one that is refused."""
        if not self.accepted:
            return super().write_headers(start_line, headers, chunk)
        raw = [pair for pair in self._raw(101, headers) if not pair[0].startswith(b"sec-websocket-")]
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.put({"type": "websocket.accept", "subprotocol": self._subprotocol, "headers": raw}, future)
        return future

    def finish(self) -> None:
        """Ends the response of a handshake that is refused."""
        if not self.accepted:
            super().finish()

    def _put(self, start: Message | None, body: Message, future: asyncio.Future[None]) -> None:
        if start is not None:
            self.put(start)
        self.put(body, future)

    def put(self, message: Message, future: asyncio.Future[None] | None = None) -> None:
        """Sends a message; a refusal without a body where the server knows no other."""
        kind: str = message["type"]
        if kind in (self._start, self._body) and "websocket.http.response" not in (self.scope.get("extensions") or ()):
            if kind.endswith(".body"):
                if future is not None:
                    future.set_result(None)
                return
            message = {"type": "websocket.close", "code": NORMAL, "reason": ""}
        super().put(message, future)

    def end(self) -> None:
        """Notes that the WebSocket is over."""
        self.finished = True
        self._notice()

    def detach(self) -> None:  # type: ignore[override]
        """Gives nothing; `WebSocketHandler` asks for the stream when a handshake is accepted."""
        if not self.accepted:
            super().detach()


class ASGIWebSocketProtocol(WebSocketProtocol):
    """What a handler has as ``ws_connection``."""

    def __init__(self, handler: WebSocketHandler, channel: WebSocketChannel) -> None:
        super().__init__(handler)
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self._channel = channel
        self._max_message_size = handler.max_message_size
        self._selected_subprotocol: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reader: asyncio.Task[None] | None = None
        self._receiving = False
        self._ahead: asyncio.Future[Any] | None = None  # the next message, looked for while one is handled
        self.held = False
        self._close_sent: asyncio.Future[None] | None = None
        self._interrupted = False
        self._gave_up = False

    @property
    def selected_subprotocol(self) -> str | None:
        """The subprotocol that the handler has selected."""
        return self._selected_subprotocol

    async def accept_connection(self, handler: WebSocketHandler) -> None:
        """Accepts the handshake, opens the handler, and gives it the messages until the end."""
        header = handler.request.headers.get("Sec-WebSocket-Protocol")
        subprotocols = [each.strip() for each in header.split(",")] if header else []
        selected = self._selected_subprotocol = handler.select_subprotocol(subprotocols)
        if selected and selected not in subprotocols:
            raise ValueError(f"select_subprotocol returned {selected!r}, which the client has not offered")
        channel = self._channel
        channel.accept(selected or None)
        handler.clear_header("Content-Type")
        handler.set_status(101)
        sent = handler.finish()
        handler._detach_stream()
        channel.scope.get("tornado_rails.websockets", set()).add(self)  # where run() looks for those to close
        try:
            # What is received before the server has accepted is an error for some.
            await sent
            opened = handler.open(*handler.open_args, **handler.open_kwargs)
            if opened is not None:
                await self._run(opened)
        except Exception:
            if channel.closed and not sent.cancelled() and sent.exception() is not None:
                channel.end()  # the client went away before it was accepted
                return
            handler.log_exception(*sys.exc_info())
            self._fail(FAILED)
            channel.end()
            return
        # A task of its own, as not each server's can be cancelled.
        self._reader = asyncio.ensure_future(self._receive_frame_loop())
        await self._reader

    async def _receive_frame_loop(self) -> None:
        handled = 0
        try:
            while not self.client_terminated:
                message = await self._next()
                if message["type"] == "websocket.disconnect":
                    self._disconnected(message)
                elif not self.server_terminated:
                    data = message.get("bytes")
                    await self._deliver(message["text"] if data is None else data)
                    handled += 1
                    if handled % _BURST == 0:
                        await asyncio.sleep(0)
        finally:
            self.client_terminated = self.server_terminated = True
            for pending in (self._timer, self._ahead):
                if pending is not None:
                    pending.cancel()
            self.handler.on_ws_connection_close(self.close_code, self.close_reason)
            self._channel.end()

    async def _run(self, awaitable: Any) -> None:
        await run_held(awaitable if type(awaitable) is types.CoroutineType else _awaited(awaitable), self)

    def waits(self) -> None:
        """Called when the handler waits: whether the client is still there is seen by what comes next."""
        if self._ahead is None and not (self.client_terminated or self.server_terminated):
            self._ahead = asyncio.ensure_future(self._look_ahead())

    async def _look_ahead(self) -> Any:
        message = await self._channel.receive()
        if message["type"] == "websocket.disconnect":
            self._channel.disconnected()
        return message

    async def _next(self) -> Any:
        while not self._gave_up:
            if self._close_sent is not None:
                # What was received before the close tells some servers nothing of the client's answer to it.
                await asyncio.wait((self._close_sent,))
            ahead, self._ahead = self._ahead, None
            self._receiving = True
            try:
                return await (self._channel.receive() if ahead is None else ahead)
            except asyncio.CancelledError:
                if not self._interrupted:
                    raise
                self._interrupted = False
                if sys.version_info >= (3, 11) and self._reader is not None:  # pragma: no branch
                    self._reader.uncancel()
            finally:
                self._receiving = False
        return {"type": "websocket.disconnect"}

    def _interrupt(self, _future: object = None) -> None:
        """Ends what is waited for, so that it is looked anew at what has become of the WebSocket."""
        if self._receiving and self._reader is not None:
            self._interrupted = True
            self._reader.cancel()
        elif self._ahead is not None and not self._ahead.done():
            self._ahead.cancel()
            self._ahead = None

    def _disconnected(self, message: Message) -> None:
        self.client_terminated = True
        if not self.server_terminated:
            code = message.get("code")
            self.close_code = None if code in NO_CODE else code
            self.close_reason = message.get("reason") or None
        self._channel.disconnected()

    async def _deliver(self, data: str | bytes) -> None:
        limit = self._max_message_size
        if len(data) > limit or (isinstance(data, str) and len(data) * 4 > limit and len(utf8(data)) > limit):
            self._fail(TOO_BIG, "message too big")
            return
        try:
            handled = self.handler.on_message(data)
            if handled is not None:
                await self._run(handled)
        except Exception:
            self.handler.log_exception(*sys.exc_info())
            self._fail(FAILED)

    def _fail(self, code: int, reason: str | None = None) -> None:
        """Closes at once, where Tornado's own drops the connection."""
        self.close(code, reason)
        self.close_code = None
        self.client_terminated = True

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Closes the WebSocket. ASGI has no close without a code, so that it is 1000."""
        if self.server_terminated:
            return
        self.server_terminated = True
        self.close_code = NORMAL if code is None and reason is not None else code
        loop = asyncio.get_running_loop()
        self._close_sent = loop.create_future()
        # NOTE: granian sends a close only when nobody waits for a message.
        self._interrupt()
        close = {"type": "websocket.close", "code": self.close_code or NORMAL, "reason": reason or ""}
        self._channel.put(close, self._close_sent)
        self._timer = loop.call_later(CLOSE_TIMEOUT, self._give_up)

    def _give_up(self) -> None:
        self._gave_up = self.client_terminated = True
        self._interrupt()

    def is_closing(self) -> bool:
        """Whether either side has closed the WebSocket."""
        return self._channel.closed or self.client_terminated or self.server_terminated

    def write_message(self, message: str | bytes | dict[str, Any], binary: bool = False) -> asyncio.Future[None]:
        """Sends a message; the future is done when the server has taken it."""
        if self._channel.closed:
            raise WebSocketClosedError
        if isinstance(message, dict):
            message = json_encode(message)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if binary:
            self._channel.put({"type": "websocket.send", "bytes": utf8(message)}, future)
        else:
            self._channel.put({"type": "websocket.send", "text": to_unicode(message)}, future)
        return future

    def write_ping(self, data: bytes) -> None:
        """Sends nothing: pings are the server's."""
        _note_ping()

    def start_pinging(self) -> None:
        """Does nothing: pings are the server's."""

    def set_nodelay(self, x: bool) -> None:
        """Does nothing: the socket is the server's."""

    def _process_server_headers(self, key: str | bytes, headers: HTTPHeaders) -> NoReturn:
        raise NotImplementedError("this is the side of the server")


async def _awaited(awaitable: Any) -> None:
    await gen.convert_yielded(awaitable)


@functools.cache
def _note_ping() -> None:
    gen_log.info("A WebSocket's ping() sends nothing under ASGI: set the ping interval of the ASGI server.")
