"""Serves with hypercorn: ``run(app, asgi="hypercorn")``."""

from __future__ import annotations

import asyncio
import os
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
        config.bind = [f"fd://{os.dup(each.fileno())}" for each in sockets]
        config.graceful_timeout = settings.shutdown_timeout
        config.errorlog = None
        asgi: Any = guard
        server = asyncio.ensure_future(hypercorn.asyncio.serve(asgi, config, shutdown_trigger=stop.wait))
        at_once = asyncio.ensure_future(control.at_once.wait())
        await asyncio.wait((server, at_once), return_when=asyncio.FIRST_COMPLETED)
        if not server.done():
            server.cancel()
        at_once.cancel()
        await asyncio.wait((server,))
        if not server.cancelled():
            server.result()

    return await serve_guarded(application, settings, control, by_hypercorn)
