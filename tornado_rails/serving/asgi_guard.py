"""What `tornado_rails.run` does before an application that an ASGI server serves: health, overload, what was cut."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tornado.httputil import HTTPInputError, HTTPServerRequest
from tornado.web import RequestHandler

from tornado_rails.serving.asgi import ASGIApplication
from tornado_rails.serving.asgi_channel import Receive, Send
from tornado_rails.serving.asgi_http import HTTPChannel
from tornado_rails.serving.asgi_request import RequestHeaders, Scope, make_request, target, version_of
from tornado_rails.serving.control import Control
from tornado_rails.serving.health import HEADERS, PATHS, Health
from tornado_rails.serving.http_server import GOING_AWAY
from tornado_rails.serving.lifespan import SHUTDOWN, serve_lifespan, shutdown
from tornado_rails.serving.process import CUT, FAILED, bounded, log_of_refusals, report, waited, watchdog
from tornado_rails.serving.request_log import REQUEST_ID, request_id, what_ran
from tornado_rails.serving.settings import Settings

_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
_TRY_AGAIN_LATER = 1013
_STARTS, _STARTED, _ENDS = "lifespan.startup", "lifespan.startup.complete", "lifespan.shutdown"
#: Seconds that WebSockets have to answer when they are closed, before the server is told to stop: it may drop them.
_FAREWELL = 1.0
#: Seconds between two looks at what still runs.
TICK = 0.02


class Guard:
    """An ASGI application before another."""

    def __init__(self, application: Any, settings: Settings, control: Control) -> None:
        self.health = Health(application, settings.ready_checks)
        self.has_failed = False  # on_startup or on_shutdown
        self._phase = ""  # of the lifespan: its last message
        self.cut: Counter[str] = Counter()
        self._asgi = ASGIApplication(application, **settings.http_server)
        self._settings = settings
        self._log_refusal = log_of_refusals(settings)
        self._control = control
        self._application = application
        self._running: dict[str, dict[object, Scope]] = {"http": {}, "websocket": {}}
        self._websockets: weakref.WeakSet[Any] = weakref.WeakSet()  # what their handlers have as ws_connection
        self._end: float | None = None  # until when it waits for what runs, once it is to stop
        self._most = {"http": settings.max_active_requests, "websocket": settings.max_websockets}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, WebSocket or lifespan."""
        kind = scope["type"]
        if kind == "lifespan":
            await serve_lifespan(
                self._asgi.application, self._noticing_receive(receive), self._noticing(send), self._bounded
            )
            return
        if kind == "http" and self._settings.health and scope["path"] in PATHS and scope["method"] in ("GET", "HEAD"):
            await _respond(send, *await self.health.answer(scope["path"]), _RAW_HEADERS)
            return
        running, most = self._running[kind], self._most[kind]
        if kind == "websocket":
            scope["tornado_rails.websockets"] = self._websockets
        if (most is not None and len(running) >= most) or (kind == "websocket" and self._end is not None):
            await self._refuse(scope, receive, send)
            return
        key = object()
        running[key] = scope
        try:
            await self._asgi(scope, receive, send)
        except asyncio.CancelledError:
            if key in running:  # else it is noted already
                self.cut[_what_runs(self._application, scope)] += 1
            raise
        finally:
            running.pop(key, None)

    @property
    def is_busy(self) -> bool:
        """Whether a request runs, or a WebSocket is open."""
        return any(self._running.values())

    @property
    def seconds_left(self) -> float:
        """For what runs to end; from the first time that it is asked."""
        now = asyncio.get_running_loop().time()
        if self._end is None:
            self._end = now + self._settings.shutdown_timeout
        return 0 if self._control.at_once.is_set() else max(0, self._end - now)

    async def close_websockets(self) -> None:
        """Closes them as Tornado's own server does: the ASGI servers send another code, or none, or wait for ever."""
        least = self.seconds_left - _FAREWELL
        for websocket in list(self._websockets):
            websocket.close(GOING_AWAY, "the server stops")
        while self._running["websocket"] and self.seconds_left > max(0, least):
            await asyncio.sleep(TICK)

    async def drained(self) -> None:
        """Waits for what runs, as no server does for a request whose client has gone; the rest is noted as cut."""
        while self.seconds_left and self.is_busy:
            await asyncio.sleep(TICK)
        for running in self._running.values():
            self.cut.update(_what_runs(self._application, scope) for scope in running.values())
            running.clear()

    async def outlasts(self, serving: asyncio.Future[Any], *others: asyncio.Future[Any]) -> bool:
        """Whether a server that was told to stop is to be cut: at the time for it, at once, or when another is done."""
        others += (asyncio.ensure_future(self._control.at_once.wait()),)
        await asyncio.wait((serving, *others), timeout=self.seconds_left, return_when=asyncio.FIRST_COMPLETED)
        for each in others:
            each.cancel()
        if self._phase == _ENDS:  # requests are over, and that has all the time that it takes
            await asyncio.wait((serving,))
        return not serving.done()

    async def shut_down(self) -> None:
        """Runs what the application has for its end, if the server was cut before it did."""
        if self._phase == _STARTED:
            await self._bounded(shutdown(self._asgi.application), SHUTDOWN)

    @property
    def is_starting(self) -> bool:
        """Whether ``on_startup`` has begun, and not come to its end."""
        return self._phase == _STARTS

    async def _bounded(self, hooks: Awaitable[bool | None], name: str) -> bool:
        succeeded = False
        try:
            succeeded = await bounded(hooks, name, self._settings, self._control)
        finally:
            self.has_failed = self.has_failed or not succeeded
        return succeeded

    def _noticing_receive(self, receive: Receive) -> Receive:
        async def noticing() -> Any:
            message = await receive()
            self._phase = message["type"]
            if self._phase == _ENDS:
                await self.drained()
            return message

        return noticing

    def _noticing(self, send: Send) -> Send:
        async def noticing(message: Any) -> None:
            if message["type"].endswith(".failed"):
                self.has_failed = True
            elif message["type"] == _STARTED:
                self._phase = _STARTED
                self.health.ready = True
                self._control.ready()
            await send(message)

        return noticing

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"retry-after", str(self._settings.retry_after).encode())]
        with contextlib.suppress(HTTPInputError):  # a malformed one is refused as well
            request = _request_of(scope, self._asgi)
            headers.append((REQUEST_ID.lower().encode(), request_id(request).encode()))
            if self._log_refusal is not None:
                self._log_refusal(request, 503)
        if scope["type"] == "http":
            await _respond(send, 503, b"", headers)
            return
        await receive()
        if "websocket.http.response" in (scope.get("extensions") or ()):
            await _respond(send, 503, b"", headers, "websocket.http.response")
        else:  # which is answered 403
            await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER, "reason": "try again later"})


def _request_of(scope: Scope, asgi: ASGIApplication | None = None) -> HTTPServerRequest:
    start_line = (scope.get("method", "GET"), target(scope), version_of(scope))
    channel, headers = HTTPChannel(scope, _nothing, _nothing), RequestHeaders(scope["headers"])
    if asgi is not None:
        asgi._prepare(channel, headers)
    return make_request(channel, start_line, headers)


def _what_runs(application: Any, scope: Scope) -> str:
    """A request by its route, which the application is asked for once more."""
    try:
        request = _request_of(scope)
        handler: RequestHandler = object.__new__(application.find_handler(request).handler_class)
        handler.request = request
        return what_ran(handler)
    except Exception:  # a router of another kind
        return f"{scope.get('method', 'GET')} {scope['path']}"


async def _nothing(*_args: Any) -> None: ...


async def _respond(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]], prefix: str = "http.response"
) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": f"{prefix}.start", "status": status, "headers": [*headers, length]})
    await send({"type": f"{prefix}.body", "body": body})


async def serve_guarded(
    application: Any,
    settings: Settings,
    control: Control,
    serve: Callable[[Guard, asyncio.Event], Awaitable[None]],
) -> int:
    """Serves by an ASGI server until it is told to stop; the exit status.

    :arg serve: returns when the event is set and what was running is done.
    """
    guard = Guard(application, settings, control)
    stop = asyncio.Event()

    async def stopping() -> None:
        await control.stopping.wait()
        guard.health.ready = False
        await waited(control.at_once, settings.shutdown_delay)
        await guard.close_websockets()
        stop.set()

    task = asyncio.ensure_future(stopping())
    async with watchdog():
        try:
            await serve(guard, stop)
        except Exception:
            if not guard.has_failed:  # which some servers raise too
                raise
        finally:
            task.cancel()
    if guard.is_starting:
        return FAILED
    await guard.drained()
    await guard.shut_down()
    report(guard.cut, settings, control)
    return CUT if guard.cut or guard.has_failed else 0


def socket_of(sockets: Sequence[Any], server: str) -> Any:
    """The only socket, for a server that takes one."""
    if len(sockets) != 1:
        raise ValueError(f"{server} listens at one address; {len(sockets)} were given. Name one, as 127.0.0.1")
    return sockets[0]
