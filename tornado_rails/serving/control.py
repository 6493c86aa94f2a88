"""What a serving process is told from outside, by signals or by the end of its parent, and what it tells."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable

from tornado.log import gen_log


class Control:
    """Whether to stop, and whether at once. Under a supervisor, signals come from there.

    :arg ready_fd: told once that requests are served; the supervisor's.
    :arg parent_fd: at its end when the supervisor has died.
    """

    def __init__(self, ready_fd: int | None = None, parent_fd: int | None = None) -> None:
        self.stopping = asyncio.Event()
        self.at_once = asyncio.Event()
        #: When it was told to stop, by the monotonic clock.
        self.stopped_at = float("inf")
        self._ready_fd = ready_fd
        self._parent_fd = parent_fd
        self._when_ready: Callable[[], object] | None = None
        self._when_stopping: Callable[[], object] | None = None

    def attend(self) -> None:
        """Listens from now on, in the running event loop."""
        loop = asyncio.get_running_loop()
        if self._parent_fd is None:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.add_signal_handler(number, self._signalled, number)
            return
        for number in (signal.SIGINT, signal.SIGHUP):  # a terminal sends them to the supervisor too
            signal.signal(number, signal.SIG_IGN)
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGQUIT, self.stop_at_once)
        loop.add_reader(self._parent_fd, self._orphaned)

    def _signalled(self, number: signal.Signals) -> None:
        if self.stopping.is_set():
            gen_log.warning("%s again: stops at once", number.name)
            self.stop_at_once()
            for each in (signal.SIGTERM, signal.SIGINT):  # for what cannot be cut: a third one ends the process
                asyncio.get_running_loop().remove_signal_handler(each)
        else:
            gen_log.info("%s: stops", number.name)
            self.stop()

    def _orphaned(self) -> None:
        asyncio.get_running_loop().remove_reader(self._parent_fd or 0)
        gen_log.error("The supervisor is gone: process %d stops", os.getpid())
        self.stop()

    def tell(self, when_ready: Callable[[], object], when_stopping: Callable[[], object]) -> None:
        """Sets what is called when requests are served, and when that comes to its end."""
        self._when_ready, self._when_stopping = when_ready, when_stopping

    def ready(self) -> None:
        """Tells that requests are served."""
        if self._when_ready is not None:
            self._when_ready()
        if self._ready_fd is not None:
            os.write(self._ready_fd, b"1")
            os.close(self._ready_fd)
            self._ready_fd = None

    def stop(self) -> None:
        """Lets what runs come to its end."""
        if self._when_stopping is not None and not self.stopping.is_set():
            self._when_stopping()
        self.stopped_at = min(self.stopped_at, time.monotonic())
        self.stopping.set()

    def stop_at_once(self) -> None:
        """Waits for nothing."""
        self.stop()
        self.at_once.set()
