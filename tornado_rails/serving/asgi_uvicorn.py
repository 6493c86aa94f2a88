"""Serves with uvicorn: ``run(app, asgi="uvicorn")``."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import socket
from collections.abc import Generator, Sequence
from typing import Any

from tornado_rails.serving.asgi_guard import TICK, Guard, serve_guarded
from tornado_rails.serving.control import Control
from tornado_rails.serving.errors import MissingExtraError
from tornado_rails.serving.http_server import QUIET
from tornado_rails.serving.settings import Settings

try:
    import uvicorn
except ImportError:
    raise MissingExtraError("uvicorn", "uvicorn") from None

#: What it takes, less what is ours to say.
OPTIONS = inspect.signature(uvicorn.Config).parameters.keys() - {
    *("app", "host", "port", "uds", "fd", "loop", "lifespan", "interface", "factory", "env_file", "http2"),
    *("workers", "reload", "reload_dirs", "reload_delay", "reload_includes", "reload_excludes"),
    *("backlog", "timeout_graceful_shutdown", "limit_max_requests", "limit_max_requests_jitter"),
}


class _Server(uvicorn.Server):
    guard: Guard

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leaves connections a second for the request that may be under way, where uvicorn closes them at once."""
        for each in (*self.servers, *(sockets or ())):
            each.close()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        for connection in list(self.server_state.connections):
            cycle: Any = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                connection.shutdown()  # which has its response end it
        least = max(0, self.guard.seconds_left - QUIET)
        while self.server_state.connections and self.guard.seconds_left > least:
            await asyncio.sleep(TICK)
        self.config.timeout_graceful_shutdown = self.guard.seconds_left  # type: ignore[assignment]  # it takes parts too
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leaves the signals to us."""
        yield


def configured(application: Any, options: dict[str, Any]) -> uvicorn.Config:
    """Its configuration."""
    ours = {"log_config": None, "log_level": "warning", "access_log": False, "proxy_headers": False}
    config = uvicorn.Config(application, lifespan="on", **{**ours, **options})
    config.load()  # which reads the files of TLS, and finds the protocols by their names
    return config


async def serve(application: Any, sockets: Sequence[socket.socket], settings: Settings, control: Control) -> int:
    """Serves until it is told to stop; the exit status."""

    async def by_uvicorn(guard: Guard, stop: asyncio.Event) -> None:
        config = configured(guard, settings.asgi_options)
        server = _Server(config)
        server.guard = guard

        async def stopping() -> None:
            await stop.wait()
            server.should_exit = True
            await control.at_once.wait()
            config.timeout_graceful_shutdown = 0
            server.force_exit = True

        task = asyncio.ensure_future(stopping())
        try:
            await server.serve(sockets=list(sockets))
        finally:
            task.cancel()

    return await serve_guarded(application, settings, control, by_uvicorn)
