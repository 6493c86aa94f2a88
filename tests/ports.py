"""Ports of the kernel's choice for servers that have to be told theirs."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def kept_port() -> Iterator[int]:
    """A free port that nobody else is given meanwhile, be it to listen or to connect from."""
    with socket.socket() as keeper:
        # Who listens there has to set this too, as servers do.
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        port: int = keeper.getsockname()[1]
        if sys.platform != "linux":  # elsewhere a second socket cannot be bound to it
            keeper.close()
        yield port
