"""What `tornado_rails.run` does before an application that an ASGI server serves: health, overload, what was cut."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tornado_rails.serving.asgi import ASGIApplication
from tornado_rails.serving.asgi_channel import Receive, Send
from tornado_rails.serving.asgi_request import Scope
from tornado_rails.serving.control import Control
from tornado_rails.serving.health import HEADERS, PATHS, Health
from tornado_rails.serving.process import CUT, FAILED, report, waited, watchdog
from tornado_rails.serving.settings import Settings

_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
_TRY_AGAIN_LATER = 1013


class Guard:
    """An ASGI application before another."""

    def __init__(self, application: Any, settings: Settings, control: Control) -> None:
        self.health = Health(application, settings.ready_checks)
        self.has_failed = False  # on_startup or on_shutdown
        self.cut: Counter[str] = Counter()
        self._asgi = ASGIApplication(application, **settings.http_server)
        self._settings = settings
        self._control = control
        self._running: dict[str, dict[object, str]] = {"http": {}, "websocket": {}}
        self._most = {"http": settings.max_active_requests, "websocket": settings.max_websockets}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, WebSocket or lifespan."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._asgi(scope, receive, self._noticing(send))
            return
        if kind == "http" and self._settings.health and scope["path"] in PATHS and scope["method"] in ("GET", "HEAD"):
            await _respond(send, *await self.health.answer(scope["path"]), _RAW_HEADERS)
            return
        running, most = self._running[kind], self._most[kind]
        if most is not None and len(running) >= most:
            await self._refuse(kind, receive, send)
            return
        key = object()
        running[key] = f"{scope.get('method', 'WebSocket')} {scope['path']}"
        try:
            await self._asgi(scope, receive, send)
        except asyncio.CancelledError:
            self.cut[running[key]] += 1
            raise
        finally:
            del running[key]

    def note_cut(self) -> None:
        """Notes what still runs as cut, as not each server cancels it."""
        for running in self._running.values():
            self.cut.update(running.values())

    def _noticing(self, send: Send) -> Send:
        async def noticing(message: Any) -> None:
            if message["type"].endswith(".failed"):
                self.has_failed = True
            elif message["type"] == "lifespan.startup.complete":
                self.health.ready = True
                self._control.ready()
            await send(message)

        return noticing

    async def _refuse(self, kind: str, receive: Receive, send: Send) -> None:
        if kind == "http":
            retry_after = str(self._settings.retry_after).encode()
            await _respond(send, 503, b"", [(b"retry-after", retry_after)])
        else:
            await receive()
            await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER, "reason": "too many WebSockets"})


async def _respond(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


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
    if guard.has_failed and not guard.health.ready and not control.stopping.is_set():
        return FAILED
    guard.note_cut()
    report(guard.cut, settings, control)
    return CUT if guard.cut or guard.has_failed else 0


def socket_of(sockets: Sequence[Any], server: str) -> Any:
    """The only socket, for a server that takes one."""
    if len(sockets) != 1:
        raise ValueError(f"{server} listens at one address; {len(sockets)} were given. Name one, as 127.0.0.1")
    return sockets[0]
