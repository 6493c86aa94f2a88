"""Tells systemd how it goes, where it listens for it (sd_notify); elsewhere nothing."""

from __future__ import annotations

import os
import socket
import time

SIGN_OF_LIFE = "WATCHDOG=1"
#: Seconds that other messages wait for room.
PATIENCE = 0.5


def notify(state: str) -> bool:
    """Sends a state, as ``READY=1``; False where nobody listens.

    >>> notify("READY=1")
    False
    """
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return False
    if path.startswith("@"):  # of the abstract kind
        path = "\0" + path[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        # The event loop is not to wait for a reader that is busy: a sign of life can be lost.
        sender.settimeout(0.0 if state == SIGN_OF_LIFE else PATIENCE)
        try:
            sender.sendto(state.encode(), path)
        except OSError:
            return False
    return True


def reloading() -> None:
    """Says that the workers are being replaced, with the time that Type=notify-reload asks for."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_interval() -> float | None:
    """Seconds between two signs of life, where systemd wants them of this process.

    >>> watchdog_interval() is None
    True
    """
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 2_000_000
