"""Serves with hypercorn: ``run(app, asgi="hypercorn")``."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

from tornado_rails.serving.asgi_channel import Send
from tornado_rails.serving.asgi_guard import Guard, serve_guarded
from tornado_rails.serving.control import Control
from tornado_rails.serving.errors import MissingExtraError
from tornado_rails.serving.http_server import QUIET
from tornado_rails.serving.settings import Settings

try:
    import hypercorn.asyncio
    import hypercorn.asyncio.run
    import hypercorn.config
    from hypercorn.asyncio.worker_context import EventWrapper, WorkerContext
except ImportError:
    raise MissingExtraError("hypercorn", "hypercorn") from None

_Config = hypercorn.config.Config
#: What it takes, less what is ours to say.
OPTIONS = {name for name in dir(_Config) if name[0] != "_" and not callable(getattr(_Config, name))} - {
    *("bind", "insecure_bind", "quic_bind", "backlog", "log", "ssl_enabled", "graceful_timeout"),
    *("workers", "worker_class", "use_reloader", "daemon", "pid_path", "user", "group", "umask"),
    *("max_requests", "max_requests_jitter", "wsgi_max_body_size"),
}


class _Later(EventWrapper):
    """Is set a second later."""

    async def set(self) -> None:
        asyncio.get_running_loop().call_later(QUIET, self._event.set)


class _Context(WorkerContext):
    """Leaves connections a second for the request that may be under way, where hypercorn closes them at once."""

    def __init__(self, max_requests: int | None) -> None:
        super().__init__(max_requests)
        self.terminated = _Later()


def configured(_application: Any, options: dict[str, Any]) -> hypercorn.config.Config:
    """Its configuration."""
    config = _Config()
    config.errorlog = None
    for name, value in options.items():
        setattr(config, name, value)
    if config.ssl_enabled:
        config.create_ssl_context()  # else it would say what is wrong with it later
    return config


async def serve(application: Any, sockets: Sequence[socket.socket], settings: Settings, control: Control) -> int:
    """Serves until it is told to stop; the exit status."""

    async def by_hypercorn(guard: Guard, stop: asyncio.Event) -> None:
        config = configured(guard, settings.asgi_options)
        config.bind = [f"fd://{each.detach()}" for each in sockets]  # it closes them
        # NOTE: it is we who end it, as from Python 3.12 on it first waits without a limit for its connections.
        config.graceful_timeout = settings.shutdown_timeout + 10
        hypercorn.asyncio.run.WorkerContext = _Context  # type: ignore[attr-defined]  # of this process, which is ours

        async def asgi(scope: Any, receive: Any, send: Any) -> None:
            is_http1 = scope["type"] == "http" and scope["http_version"] < "2"
            await guard(scope, receive, _closing(send, stop) if is_http1 else send)

        serving = asyncio.ensure_future(hypercorn.asyncio.serve(asgi, config, shutdown_trigger=stop.wait))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if await guard.outlasts(serving):
            serving.cancel()
            await asyncio.wait((serving,))
        if not serving.cancelled():
            serving.result()

    return await serve_guarded(application, settings, control, by_hypercorn)


def _closing(send: Send, stop: asyncio.Event) -> Send:
    """Has responses say that the connection ends, while it stops; hypercorn ends them without a word."""

    async def closing(message: Any) -> None:
        if message["type"] == "http.response.start" and stop.is_set():
            headers = [header for header in message["headers"] if header[0] != b"connection"]
            message = {**message, "headers": [*headers, (b"connection", b"close")]}
        await send(message)

    return closing
