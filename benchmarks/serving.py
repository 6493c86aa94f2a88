"""What a request costs the server process, under ASGI servers against Tornado's own; and what idle connections cost.

CPU time of the server's processes and all their threads, in pairs of runs that alternate; medians of the ratios. The
handlers are unchanged `tornado.web.RequestHandler`s. Reads /proc, so Linux.
"""

from __future__ import annotations

import importlib.util
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import quartiles
from benchmarks.report import Line, seconds

CONNECTIONS = 32
PROCESSES = 5
PAIRS = int(os.environ.get("BENCH_PAIRS", "3"))  # of each pair of processes
REQUESTS = 6400
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n"
)
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
ACTION = "/main/index/17/3"
#: What, path, server, application, budget.
CASES: list[tuple[str, str, str, str, float | None]] = [
    ("handler of two bytes, uvicorn", "/", "uvicorn", "asgi", 0.45),
    ("handler of two bytes, granian", "/", "granian", "asgi", 0.50),
    ("handler of two bytes, hypercorn", "/", "hypercorn", "asgi", None),
    ("handler of two bytes, naive adapter, uvicorn", "/", "uvicorn", "naive", None),
    ("nothing but the server, uvicorn", "/", "uvicorn", "floor", None),
    ("nothing but the server, granian", "/", "granian", "floor", None),
    ("handler that waits once, uvicorn", "/later", "uvicorn", "asgi", None),
    ("action of two ints, JSON, uvicorn", ACTION, "uvicorn", "rails", 0.60),
    ("FastAPI: two ints, JSON, uvicorn", ACTION, "uvicorn", "fastapi", None),
]


def is_whole(answer: bytes) -> bool:
    """Whether a response is there to its end."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end) and length is not None and len(body) >= int(length[1])


def descendants(process: int) -> Iterator[int]:
    """A process and all that it started."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from descendants(int(child))


def cpu_seconds(process: int) -> float:
    """CPU time of a process, its threads and all that it started."""
    total = 0
    for each in descendants(process):
        for task in Path(f"/proc/{each}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


class Server:
    """A server in a process of its own, with keep-alive connections to it."""

    def __init__(self, server: str, application: str, path: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.request = REQUEST.replace(b"GET / ", b"GET %s " % path.encode())
        command = [sys.executable, "-m", "benchmarks.served", server, application, str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 20
        self.connections: list[socket.socket] = []
        while not self.connections:
            try:
                self.connections = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(CONNECTIONS)]
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit(f"{server} did not start: {self.process.communicate()[1].decode()}") from None
                time.sleep(0.05)
        self.answer = b""

    def run(self, requests: int) -> float:
        """CPU microseconds per request of that many requests."""
        before = cpu_seconds(self.process.pid)
        rounds = requests // CONNECTIONS
        for _ in range(rounds):
            for connection in self.connections:
                connection.sendall(self.request)
            for connection in self.connections:
                self.answer = connection.recv(65536)
                while not is_whole(self.answer):
                    more = connection.recv(65536)
                    if not more:
                        raise SystemExit(f"closed after {self.answer!r}")
                    self.answer += more
        return (cpu_seconds(self.process.pid) - before) / (rounds * CONNECTIONS) * 1e6

    def stop(self) -> None:
        """Ends the server's process."""
        for connection in self.connections:
            connection.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            for each in reversed(list(descendants(self.process.pid))):
                os.kill(each, 9)
            self.process.wait(5)
        if self.process.stderr is not None:
            self.process.stderr.close()


def lines() -> Iterator[Line]:
    """Measures all."""
    for what, path, server, application, budget in CASES:
        if importlib.util.find_spec(server) and (application != "fastapi" or importlib.util.find_spec("fastapi")):
            yield _line(what, path, server, application, budget)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    for count, what, request in ((10_000, "keep-alive connections", REQUEST), (1_000, "WebSockets", HANDSHAKE)):
        stock = _memory("tornado", "stock", count, request)
        for application, but in (("asgi", ""), ("floor", ": nothing but the server")):
            other = _memory("uvicorn", application, count, request)
            label = f"memory of {count:,} idle {what}, uvicorn{but}"
            yield Line(label, other / stock, None, None, f"{stock / 1024:.1f} MB", f"{other / 1024:.1f} MB")


def _line(what: str, path: str, server: str, application: str, budget: float | None) -> Line:
    # One process may be by some percent slower than the next, so that there are several of each.
    times = [pair for _ in range(PROCESSES) for pair in _times(path, server, application)]
    ratios = [ours / theirs for theirs, ours in times]
    return Line(
        what,
        statistics.median(ratios),
        budget,
        quartiles(ratios),
        seconds(statistics.median(theirs for theirs, _ours in times) / 1e6),
        seconds(statistics.median(ours for _theirs, ours in times) / 1e6),
    )


def _times(path: str, server: str, application: str) -> list[tuple[float, float]]:
    """Pairs of stock's and the other's time, of new processes."""
    stock, other = Server("tornado", "stock", path), Server(server, application, path)
    times: list[tuple[float, float]] = []
    try:
        for each in (stock, other):
            each.run(REQUESTS // 2)
        for nth in range(PAIRS):
            if nth % 2:
                times.append((stock.run(REQUESTS), other.run(REQUESTS)))
            else:
                second = other.run(REQUESTS)
                times.append((stock.run(REQUESTS), second))
    finally:
        stock.stop()
        other.stop()
    return times


def _memory(server: str, application: str, count: int, request: bytes) -> float:
    """Kilobytes that so many connections take, each after its first request."""
    running = Server(server, application, "/")
    connections: list[socket.socket] = []
    try:
        running.run(640)
        before = _resident(running.process.pid)
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", running.port))
            connection.sendall(request)
            connections.append(connection)
            if not connection.recv(65536):
                raise SystemExit("closed by the server")
        return _resident(running.process.pid) - before
    finally:
        for connection in connections:
            connection.close()
        running.stop()


def _resident(process: int) -> float:
    """Kilobytes that a process and all that it started have."""
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in descendants(process))
    return pages * resource.getpagesize() / 1024
