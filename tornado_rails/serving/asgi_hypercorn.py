"""Serves with hypercorn: ``run(app, asgi="hypercorn")``."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

from tornado_rails.serving.asgi_guard import Guard, serve_guarded
from tornado_rails.serving.control import Control
from tornado_rails.serving.errors import MissingExtraError
from tornado_rails.serving.settings import Settings

try:
    import hypercorn.asyncio
    import hypercorn.config
except ImportError:
    raise MissingExtraError("hypercorn", "hypercorn") from None


async def serve(application: Any, sockets: Sequence[socket.socket], settings: Settings, control: Control) -> int:
    """Serves until it is told to stop; the exit status."""

    async def by_hypercorn(guard: Guard, stop: asyncio.Event) -> None:
        config = hypercorn.config.Config()
        config.bind = [f"fd://{each.detach()}" for each in sockets]  # it closes them
        # NOTE: it is we who end it, as from Python 3.12 on it first waits without a limit for its connections.
        config.graceful_timeout = settings.shutdown_timeout + 10
        config.errorlog = None
        asgi: Any = guard
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
