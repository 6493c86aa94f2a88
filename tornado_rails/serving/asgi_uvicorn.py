"""Serves with uvicorn: ``run(app, asgi="uvicorn")``."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from typing import Any

from tornado_rails.serving.asgi_guard import Guard, serve_guarded
from tornado_rails.serving.control import Control
from tornado_rails.serving.errors import MissingExtraError
from tornado_rails.serving.settings import Settings

try:
    import uvicorn
except ImportError:
    raise MissingExtraError("uvicorn", "uvicorn") from None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leaves the signals to us."""
        yield


async def serve(application: Any, sockets: Sequence[socket.socket], settings: Settings, control: Control) -> int:
    """Serves until it is told to stop; the exit status."""

    async def by_uvicorn(guard: Guard, stop: asyncio.Event) -> None:
        config = uvicorn.Config(
            guard,
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
        )
        server = _Server(config)

        async def stopping() -> None:
            await stop.wait()
            config.timeout_graceful_shutdown = guard.seconds_left  # type: ignore[assignment]  # which takes parts too
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
