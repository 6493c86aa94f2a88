"""`tornado_rails.run` in processes of their own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.serving.support import Answer, Client, get

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0
HANDSHAKE = get(
    "/ws",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)
APPLICATION = "tests.serving.served:app"

#: Keyword arguments are given to `run` as they are; what is tried first has its own line.
_PROGRAM = "{before}\nimport tornado_rails\ntornado_rails.run({application!r}, **{settings!r})"


def wait_until(done: Callable[[], Any], what: Callable[[], object] = lambda: "it did not happen in time") -> None:
    deadline = time.monotonic() + TIMEOUT
    while not done():
        assert time.monotonic() < deadline, what()
        time.sleep(0.01)


class Running:
    """A server, its log, and what its handlers noted."""

    def __init__(self, process: subprocess.Popen[str], notes: Path | None = None) -> None:
        self.process = process
        self.lines: list[str] = []
        self._notes = notes
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    @property
    def notes(self) -> list[str]:
        return [] if self._notes is None or not self._notes.exists() else self._notes.read_text().splitlines()

    @property
    def port(self) -> int:
        found = self.logged(r"Serves https?://\S+:(\d+) ")
        return int(found[1])

    def logged(self, pattern: str) -> re.Match[str]:
        """Waits for a line of the log."""
        found: list[re.Match[str]] = []

        def looks() -> bool:
            match = re.search(pattern, self.log)
            if match is not None:
                found.append(match)
            elif self.process.poll() is not None:
                self._reader.join(TIMEOUT)
                match = re.search(pattern, self.log)
                assert match is not None, f"it has ended, without {pattern!r}:\n{self.log}"
                found.append(match)
            return bool(found)

        wait_until(looks, lambda: f"no {pattern!r} in\n{self.log}")
        return found[0]

    def noted(self, what: str) -> None:
        """Waits for what a handler notes."""
        wait_until(lambda: what in self.notes, lambda: f"no {what!r} in {self.notes}\n{self.log}")

    def let_go(self) -> None:
        """Has what waits at ``/held`` come to its end."""
        assert self._notes is not None
        self._notes.with_suffix(".go").touch()

    def hold(self) -> None:
        """Takes that back, for what comes from now on."""
        assert self._notes is not None
        self._notes.with_suffix(".go").unlink()

    def client(self) -> Client:
        client = Client(self.port)
        client.socket.settimeout(TIMEOUT)
        return client

    def ask(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> Answer:
        with self.client() as client:
            client.send(get(path, *headers, method=method, body=body))
            return client.answer(method)

    def send_signal(self, number: int) -> None:
        self.process.send_signal(number)

    def status(self) -> int:
        """What it exits with."""
        status = self.process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        return status

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.send_signal(number)
        return self.status()


@contextlib.contextmanager
def running(
    notes: Path | None = None,
    *,
    application: str = APPLICATION,
    before: str = "",
    command: Sequence[str] | None = None,
    environment: dict[str, str] | None = None,
    folder: Path = ROOT,
    pass_fds: Sequence[int] = (),
    **settings: Any,
) -> Iterator[Running]:
    """A server that ends with the block, if it has not before."""
    settings = {"port": 0, **settings}
    program = _PROGRAM.format(before=before, application=application, settings=settings)
    given = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(environment or {})}
    if notes is not None:
        given["NOTES"] = str(notes)
    process = subprocess.Popen(
        command or [sys.executable, "-c", program],
        cwd=folder,
        env=given,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    server = Running(process, notes)
    try:
        yield server
    finally:
        # It and its workers, who may be there without it, so that nothing is left of a test that fails.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(TIMEOUT)
        server._reader.join(TIMEOUT)
        assert process.stderr is not None
        assert process.stdout is not None
        process.stderr.close()
        process.stdout.close()


def closed_by_server(client: Client) -> bool:
    """Waits for the end of a connection; whether nothing came before."""
    try:
        return client.socket.recv(1) == b""
    except ConnectionResetError:
        return True


def refuses(port: int) -> bool:
    """Whether nobody listens."""
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    return False
