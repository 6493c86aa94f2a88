"""The listening sockets: bound here, a unix socket, or handed over by systemd."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from collections.abc import MutableMapping, Sequence

from tornado.netutil import bind_sockets, bind_unix_socket

from tornado_rails.serving.errors import ListenError
from tornado_rails.serving.settings import Settings

FIRST_FD = 3  # of those that systemd hands over (sd_listen_fds)


def listen(settings: Settings) -> list[socket.socket]:
    """The sockets to accept from: those of systemd where it started us, else those of the settings."""
    handed_over = activated()
    if handed_over:
        return handed_over
    try:
        if settings.unix_socket is not None:
            _refuse_taken(settings.unix_socket)
            return [bind_unix_socket(settings.unix_socket, settings.unix_socket_mode, settings.backlog)]
        return bind_sockets(settings.port, settings.address, backlog=settings.backlog)
    except (OSError, ValueError) as error:
        raise ListenError(_where(settings), getattr(error, "strerror", None) or str(error)) from error


def _refuse_taken(path: str) -> None:
    """Raises where another listens, whose file would be taken; one that nobody listens at was left behind."""
    with socket.socket(socket.AF_UNIX) as other:
        other.setblocking(False)
        try:
            other.connect(path)
        except BlockingIOError:  # as many wait there as may
            pass
        except OSError:
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _where(settings: Settings) -> str:
    if settings.unix_socket is not None:
        return f"unix:{settings.unix_socket}"
    host = settings.address or "*"
    return f"{f'[{host}]' if ':' in host else host}:{settings.port}"


def activated(environment: MutableMapping[str, str] = os.environ, first: int = FIRST_FD) -> list[socket.socket]:
    """The sockets that systemd has opened for this process (socket activation); the variables are taken away.

    >>> activated({"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    []
    """
    of_process, count = environment.get("LISTEN_PID"), environment.get("LISTEN_FDS", "0")
    if of_process != str(os.getpid()) or not count.isdecimal():
        return []
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        environment.pop(name, None)
    sockets = []
    for descriptor in range(first, first + int(count)):
        os.set_inheritable(descriptor, False)
        each = socket.socket(fileno=descriptor)
        each.setblocking(False)
        sockets.append(each)
    return sockets


def names_of(sockets: Sequence[socket.socket], scheme: str = "http") -> list[str]:
    """Where they listen, as URLs."""
    return [_name_of(each, scheme) for each in sockets]


def _name_of(listening: socket.socket, scheme: str) -> str:
    address = listening.getsockname()
    if not isinstance(address, tuple):
        return f"unix:{address}"
    host = f"[{address[0]}]" if listening.family == socket.AF_INET6 else address[0]
    return f"{scheme}://{host}:{address[1]}"


def identity(settings: Settings) -> tuple[int, int] | None:
    """What says later whether the unix socket's file is still ours."""
    if settings.unix_socket is None or not os.path.exists(settings.unix_socket):
        return None
    status = os.stat(settings.unix_socket)
    return (status.st_dev, status.st_ino)


def remove_file(settings: Settings, ours: tuple[int, int] | None) -> None:
    """Removes the unix socket's file, if no other process has put its own in its place."""
    if settings.unix_socket is None or ours is None:
        return
    with contextlib.suppress(FileNotFoundError):
        status = os.stat(settings.unix_socket)
        if (status.st_dev, status.st_ino) == ours and stat.S_ISSOCK(status.st_mode):
            os.unlink(settings.unix_socket)
