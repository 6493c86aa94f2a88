"""Serves with granian: ``run(app, asgi="granian")``."""

from __future__ import annotations

import asyncio
import fcntl
import inspect
import os
import socket
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tornado_rails.serving.asgi_guard import TICK, Guard, serve_guarded, socket_of
from tornado_rails.serving.control import Control
from tornado_rails.serving.errors import MissingExtraError
from tornado_rails.serving.settings import Settings

try:
    import granian.constants
    import granian.http
    import granian.server.embed
    from granian._granian import SocketHolder
except ImportError:
    raise MissingExtraError("granian", "granian") from None

#: What it takes, less what is ours to say.
OPTIONS = inspect.signature(granian.server.embed.Server).parameters.keys() - {
    *("target", "address", "port", "uds", "interface", "factory", "backlog"),
}
#: What it has classes for, of what configuration files have.
_MADE: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "http1_settings": (dict, lambda value: granian.http.HTTP1Settings(**value)),
    "http2_settings": (dict, lambda value: granian.http.HTTP2Settings(**value)),
    "ssl_cert": (str, Path),
    "ssl_key": (str, Path),
    "ssl_ca": (str, Path),
}
#: Seconds for which nothing has to run and to be sent before its connections are given up.
_QUIET = 1.0


class _Server(granian.server.embed.Server):
    listening: Any

    def _init_shared_socket(self) -> None:
        """Has it listen to our socket, which it closes when it stops."""
        is_unix = self.listening.family == socket.AF_UNIX
        holder: Any = SocketHolder  # whose arguments its types do not say
        self._ssp = None
        self._shd = holder(self.listening.detach(), is_unix, self.backlog)


def configured(application: Any, options: dict[str, Any]) -> Any:
    """A server with these options."""
    made = dict(options)
    for name, (kind, make) in _MADE.items():
        if isinstance(made.get(name), kind):
            made[name] = make(made[name])
    interface = granian.constants.Interfaces.ASGI
    return _Server(application, interface=interface, **{"log_enabled": False, **made})


async def serve(application: Any, sockets: Sequence[socket.socket], settings: Settings, control: Control) -> int:
    """Serves until it is told to stop; the exit status."""

    async def by_granian(guard: Guard, stop: asyncio.Event) -> None:
        server = configured(guard, settings.asgi_options)
        server.listening = socket_of(sockets, "granian")
        serving = asyncio.ensure_future(server.serve())
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.stop()
        if await guard.outlasts(serving, asyncio.ensure_future(_quiet(guard))):
            serving.cancel()
        await asyncio.wait((serving,), timeout=1)

    return await serve_guarded(application, settings, control, by_granian)


async def _quiet(guard: Guard) -> None:
    """Waits until there is nothing to wait for: granian would, for clients that have sent half of their headers."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    while loop.time() - since < _QUIET:
        await asyncio.sleep(TICK)
        if guard.is_busy or _sends():
            since = loop.time()


def _sends() -> bool:
    """Whether a socket of this process holds what its client has not taken yet."""
    if sys.platform != "linux":  # pragma: no cover (other systems do not say it)
        return True
    return any(_unsent(int(descriptor)) for descriptor in os.listdir("/proc/self/fd"))


def _unsent(descriptor: int) -> int:
    try:
        return int.from_bytes(fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:  # no socket, or one that listens
        return 0
