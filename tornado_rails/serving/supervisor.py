"""N processes with the same listening sockets: started, started again when they die, replaced one by one, stopped.

It serves nothing itself and has no event loop; it waits for signals and for its workers.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from tornado.log import gen_log

from tornado_rails.serving import notify
from tornado_rails.serving.process import CUT, FAILED

#: Seconds before a worker that has died is started again: at first, and at most.
PAUSE, LONGEST_PAUSE = 0.1, 30.0
#: A worker that has lived so long did not die of how it was started.
LONG_LIFE = 10.0
#: What a worker has beyond its own time to stop, before it is killed.
_MARGIN = 5.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

#: Serves as a worker; its arguments are those of `tornado_rails.serving.control.Control`.
Work = Callable[[int, int], int]


@dataclasses.dataclass
class Worker:
    """A process of ours."""

    pid: int
    ready_fd: int | None  # by which it tells that it serves
    started: float
    is_ready: bool = False
    is_stopping: bool = False
    kill_at: float = float("inf")


class Supervisor:
    """Runs workers until it is told to stop.

    :arg work: what a worker does; what it returns is its exit status.
    :arg close: closes the listening sockets of this process, when it stops.
    :arg seconds: that a worker has to stop.
    :arg started: is called once, when all workers serve.
    """

    def __init__(
        self,
        work: Work,
        count: int,
        close: Callable[[], None],
        seconds: float,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._work = work
        self._count = count
        self._close = close
        self._seconds = seconds + _MARGIN
        self._started = started
        self._workers: dict[int, Worker] = {}
        self._due: list[float] = []  # when to start those again that have died
        self._old: list[Worker] = []  # to be replaced
        self._new: Worker | None = None  # that takes the place of the first of them
        self._deaths = 0
        self._has_started = False
        self._stopping = False
        self._status = 0
        self._parent_ends = os.pipe()
        self._signals_fd = -1

    def run(self) -> int:
        """The exit status: 0 only if nothing was cut."""
        self._signals_fd, wakeup = os.pipe()
        for descriptor in (self._signals_fd, wakeup):
            os.set_blocking(descriptor, False)
        before = {number: signal.signal(number, _note) for number in _SIGNALS}
        fd_before = signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        try:
            for _ in range(self._count):
                self._start()
            while self._workers or not self._stopping:
                self._wait()
                self._reap()
                self._start_due()
                self._replace()
                self._kill_late()
            return self._status
        finally:
            signal.set_wakeup_fd(fd_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            for descriptor in (self._signals_fd, wakeup, *self._parent_ends):
                os.close(descriptor)

    # Waiting

    def _wait(self) -> None:
        waiting = {worker.ready_fd: worker for worker in self._workers.values() if worker.ready_fd is not None}
        interval = notify.watchdog_interval()
        next_moment = min([*self._due, *(worker.kill_at for worker in self._workers.values())], default=float("inf"))
        timeout = min(next_moment - time.monotonic(), 60.0 if interval is None else interval)
        readable, _, _ = select.select([self._signals_fd, *waiting], [], [], max(0.0, timeout))
        if interval is not None:
            notify.notify(notify.SIGN_OF_LIFE)
        for descriptor in readable:
            if descriptor == self._signals_fd:
                for number in os.read(descriptor, 1000):
                    self._signalled(number)
            else:
                waiting[descriptor].is_ready = bool(os.read(descriptor, 1))  # else it has died, and is reaped next
                self._let_go(waiting[descriptor])
                self._note_start()

    def _signalled(self, number: int) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stop(number)
        elif number == signal.SIGHUP and not self._stopping:
            gen_log.info("SIGHUP: replaces %d workers", len(self._workers))
            notify.reloading()
            if self._new is not None and not self._new.is_ready:
                gen_log.warning("Worker %d is not ready and is given up", self._new.pid)
                self._tell(signal.SIGTERM, [self._new])
                self._new = None
            waiting = [each for each in self._workers.values() if each.is_ready or not each.is_stopping]
            self._old += [worker for worker in waiting if worker not in self._old]

    def _note_start(self) -> None:
        if self._stopping or self._has_started:
            return
        if all(each.is_ready for each in self._workers.values()):
            self._has_started = True
            self._started()
            notify.notify(f"READY=1\nSTATUS={self._count} workers")

    @staticmethod
    def _let_go(worker: Worker) -> None:
        if worker.ready_fd is not None:
            os.close(worker.ready_fd)
            worker.ready_fd = None

    # Starting

    def _start(self) -> Worker:
        ready, tell = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        # NOTE: a signal that came before the worker has let go of ours would be written to the pipe that is read here.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            os.close(ready)
            self._be_worker(tell, before)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(tell)
        worker = self._workers[pid] = Worker(pid, ready, time.monotonic())
        return worker

    def _be_worker(self, tell: int, mask: set[int]) -> None:
        status = FAILED
        try:
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(self._parent_ends[1])
            os.close(self._signals_fd)
            random.seed()
            status = self._work(tell, self._parent_ends[0])
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else FAILED
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _start_due(self) -> None:
        now = time.monotonic()
        for moment in [each for each in self._due if each <= now]:
            self._due.remove(moment)
            self._start()

    # Ending

    def _reap(self) -> None:
        # All children, as those that processes have left behind are process 1's.
        while True:
            try:
                pid, code = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            worker = self._workers.pop(pid, None)
            if worker is not None:
                self._died(worker, os.waitstatus_to_exitcode(code))

    def _died(self, worker: Worker, code: int) -> None:
        self._let_go(worker)
        is_replaced = bool(self._old) and worker is self._old[0] and (self._new is not None or worker.is_stopping)
        if worker in self._old:
            self._old.remove(worker)
            if not self._old:
                notify.notify("READY=1")
        if worker.is_stopping or self._stopping:
            # One that does not serve yet has nothing to cut. The signals end only one whose event loop does not run.
            cuts_nothing = (self._has_started and not worker.is_ready) or code in (-signal.SIGTERM, -signal.SIGQUIT)
            if self._stopping and code and not cuts_nothing:
                self._status = self._status or (FAILED if code == FAILED and not self._has_started else CUT)
            return
        how = f"with status {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        gen_log.error("Worker %d has ended %s", worker.pid, how)
        if worker is self._new:
            gen_log.error("The workers that are left are not replaced")
            self._new = None
            self._old.clear()
            notify.notify("READY=1")
        elif is_replaced:
            self._new = None  # which has its place now
        elif not self._has_started and not worker.is_ready:
            self._status = code if code > 0 else FAILED
            self._stop(signal.SIGTERM)
        else:
            self._deaths = 0 if time.monotonic() - worker.started > LONG_LIFE else self._deaths
            pause = min(LONGEST_PAUSE, PAUSE * 2**self._deaths)
            self._deaths += 1
            gen_log.info("A worker is started again in %g s", pause)
            self._due.append(time.monotonic() + pause)

    def _stop(self, number: int) -> None:
        if self._stopping:
            gen_log.warning("%s again: stops at once", signal.Signals(number).name)
            self._tell(signal.SIGQUIT, list(self._workers.values()))
            return
        self._stopping = True
        gen_log.info("%s: stops", signal.Signals(number).name)
        notify.notify("STOPPING=1")
        self._due.clear()
        self._old.clear()
        self._close()
        self._tell(signal.SIGTERM, list(self._workers.values()))

    def _kill_late(self) -> None:
        late = [worker for worker in self._workers.values() if worker.kill_at <= time.monotonic()]
        for worker in late:
            gen_log.error("Worker %d does not stop: killed", worker.pid)
        self._tell(signal.SIGKILL, late)
        for worker in late:
            worker.kill_at = float("inf")

    def _tell(self, number: signal.Signals, workers: list[Worker]) -> None:
        for worker in workers:
            worker.is_stopping = True
            seconds = _MARGIN if number == signal.SIGQUIT else self._seconds
            worker.kill_at = min(worker.kill_at, time.monotonic() + seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, number)

    # Replacing

    def _replace(self) -> None:
        if self._stopping or not self._old:
            return
        old = self._old[0]
        if self._new is None:
            if not old.is_stopping:
                self._new = self._start()
        elif self._new.is_ready:
            self._new = None
            self._tell(signal.SIGTERM, [old])  # what comes next waits until it has ended


def _note(_number: int, _frame: Any) -> None:
    """Does nothing: a signal is read from the pipe."""
