"""What a handler writes to under ASGI: messages that wait in order, while ``send`` is awaited for one at a time."""

from __future__ import annotations

import asyncio
import functools
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, NoReturn, Protocol

from tornado.httputil import HTTPConnection
from tornado.iostream import StreamClosedError

from tornado_rails.serving.asgi_request import NO_ADDRESS, RequestContext, Scope
from tornado_rails.serving.errors import UnsupportedError

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

DISCONNECT = frozenset(("http.disconnect", "websocket.disconnect"))
_PROTOCOLS = {"https": "https", "wss": "https"}


class _Waiter(Protocol):
    held: bool

    def waits(self) -> None: ...


_NOT_STARTED = object()


@types.coroutine
def run_held(
    execution: Coroutine[Any, Any, None], waiter: _Waiter, waited_for: object = _NOT_STARTED
) -> Generator[Any, Any, None]:
    """Runs a handler's coroutine in the task of the caller, and tells when it runs and when it waits.

    :arg waited_for: what it waits for already, where it has been started.
    """
    error: BaseException | None = None
    while True:
        if waited_for is not _NOT_STARTED:
            waiter.waits()
            try:
                yield waited_for
            except BaseException as thrown:
                error = thrown
            waited_for = None  # whose error, if it has one, has this frame
        waiter.held = True
        try:
            waited_for = execution.send(None) if error is None else execution.throw(error)
        except StopIteration:
            return
        finally:
            error = None  # whose traceback has this frame


class Channel(HTTPConnection):
    """The ``request.connection`` of a request that came by ASGI; ``scope`` is the server's own.

    Tornado writes without waiting, ASGI's ``send`` is awaited. So messages wait in a queue. They are sent by the
    task that runs the handler when the handler is done, or by a task of their own when it is still under way.
    """

    closed_error: type[Exception] = StreamClosedError

    # PERF: one is made for each request, so what is seldom set is the class's.
    closed = False
    finished = False  # nothing more will be written
    held = False  # the handler runs right now, and what it writes is sent after it
    sending = False
    watched = False  # a disconnect is looked for, where a handler waits
    waited_for: object = None  # what the handler waits for, once it has been started
    detached = False  # or so the handler believes, that will write nothing more
    handler: Any = None  # as long as the request lasts
    _pump: asyncio.Task[None] | None = None
    _watcher: asyncio.Task[None] | None = None
    _changed: asyncio.Future[None] | None = None
    _error: BaseException | None = None
    _close_callback: Callable[[], None] | None = None

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self._send = send
        self._waiting: deque[tuple[Message, asyncio.Future[None] | None]] = deque()
        client = scope.get("client")
        self.remote_ip: str = client[0] if client and client[0] else NO_ADDRESS  # granian has "" there
        self.protocol = _PROTOCOLS.get(scope.get("scheme"), "http")  # type: ignore[arg-type]

    @functools.cached_property
    def context(self) -> RequestContext:
        """What is known of the client."""
        return RequestContext(self.scope, self.remote_ip, self.protocol)

    # Sending

    def put(self, message: Message, future: asyncio.Future[None] | None = None) -> None:
        """Sends a message after those before it; the future is done when the server has taken it."""
        if self.closed:
            if future is not None:
                self._failed(future)
            return
        self._waiting.append((message, future))
        if not (self.held or self.sending):
            self._start_pump()

    def closed_future(self) -> asyncio.Future[None]:
        """What a write to a closed connection returns."""
        return self._failed(asyncio.get_running_loop().create_future())

    def _failed(self, future: asyncio.Future[None]) -> asyncio.Future[None]:
        future.set_exception(self.closed_error())
        future.exception()  # what a write returns need not be awaited
        return future

    async def send_waiting(self) -> None:
        """Sends what waits; an error of the server is raised."""
        waiting, send = self._waiting, self._send
        self.sending = True
        try:
            while waiting:
                message, future = waiting.popleft()
                try:
                    await send(message)
                except BaseException as error:
                    if future is not None and not future.done():
                        self._failed(future)
                    self.disconnected()
                    if not isinstance(error, OSError):  # which says that the client is gone
                        raise
                else:
                    if future is not None and not future.done():
                        future.set_result(None)
        finally:
            self.sending = False

    def _start_pump(self) -> None:
        self.sending = True
        self._pump = asyncio.ensure_future(self._send_apart())

    async def _send_apart(self) -> None:
        try:
            await self.send_waiting()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._error = error
        finally:
            self._notice()

    async def complete(self) -> None:
        """Returns when all is sent that will be, or when the client is gone."""
        self.held = False
        if not self.sending:
            await self.send_waiting()
        while not self.closed and not (self.finished and not self.sending and not self._waiting):
            if self.detached and not self.finished:
                self.give_up(500)
                continue
            if self.watched and not self.finished:
                self.watch()
            await self.change()
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # its traceback has this frame, and the handler's

    def is_ready(self) -> bool:
        """Whether the whole response waits, and nothing but to be sent."""
        return self.finished and not (self.sending or self.closed)

    def change(self) -> asyncio.Future[None]:
        """Is done when the response is finished, or sent, or the client gone."""
        self._changed = asyncio.get_running_loop().create_future()
        return self._changed

    def _notice(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    # The handler's own course

    def waits(self) -> None:
        """Called when the handler waits for something: what it wrote is sent, and a disconnect is looked for."""
        self.held = False
        if self._waiting and not self.sending:
            self._start_pump()
        if self.watched and self._watcher is None and not self.finished:
            self.watch()

    def watch(self) -> None:
        """Looks for a disconnect from now on."""
        if self._watcher is None:
            self._watcher = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while (await self.receive())["type"] not in DISCONNECT:
            pass
        if self.watched:
            self.disconnected()

    def disconnected(self) -> None:
        """Called when the client is gone: what waits fails, and the handler is told."""
        if self.closed:
            return
        self.closed = True
        while self._waiting:
            future = self._waiting.popleft()[1]
            if future is not None and not future.done():
                self._failed(future)
        self._notice()
        callback, self._close_callback = self._close_callback, None
        if callback is not None:
            callback()

    def release(self) -> None:
        """Ends the tasks that are left."""
        self._close_callback = self._error = None
        for task in (self._watcher, self._pump):
            if task is not None:
                task.cancel()
        # A task that was cancelled has the error, whose traceback has the channel.
        self._watcher = self._pump = None

    def give_up(self, code: int) -> None:
        """Ends a response that the handler will not end; how, is the subclass's."""

    # What Tornado's own connection has

    def set_close_callback(self, callback: Callable[[], None] | None) -> None:
        """Sets what is called when the client goes away before the response is finished."""
        self._close_callback = callback

    def close(self) -> None:
        """Drops the connection: to the server it is an error."""
        if not (self.closed or self.finished):
            self._error = ConnectionAbortedError(
                "The handler has closed the connection before its response was finished"
            )
        self.disconnected()

    def detach(self) -> NoReturn:
        """Not possible: the socket is the server's."""
        self.detached = True
        self._notice()
        raise UnsupportedError("detach()", "The socket is the server's; serve this handler with Tornado's HTTPServer.")

    @property
    def stream(self) -> NoReturn:
        """Not there: the socket is the server's."""
        raise UnsupportedError(
            "The connection's stream (and so get_ssl_certificate)",
            "For a client certificate see request.connection.scope['extensions'], or let the proxy that ends TLS send "
            "it in a header; for the rest serve this handler with Tornado's HTTPServer.",
        )
