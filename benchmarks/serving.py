"""What a request costs the server process, under ASGI servers against Tornado's own: `python benchmarks/serving.py`.

CPU time of the server's processes and all their threads, in pairs of runs that alternate; medians of the ratios. The
handler is the same in all: an unchanged `tornado.web.RequestHandler` that writes two bytes. Reads /proc, so Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tornado
import tornado.httpserver
import tornado.netutil
import tornado.web

BUDGETS = {"uvicorn": 0.45, "granian": 0.50}
CONNECTIONS = 32
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n"
)


class Two(tornado.web.RequestHandler):
    """The handler that is measured."""

    def get(self) -> None:
        """Writes two bytes."""
        self.write(b"ok")


class TwoLater(tornado.web.RequestHandler):
    """The same, after a turn of the event loop."""

    async def get(self) -> None:
        """Waits, and writes two bytes."""
        await asyncio.sleep(0)
        self.write(b"ok")


def make_application() -> tornado.web.Application:
    """The application that is measured."""
    return tornado.web.Application([(r"/", Two), (r"/later", TwoLater)])


def make_asgi() -> Any:
    """The same as ASGI."""
    from tornado_rails.serving.asgi import ASGIApplication

    return ASGIApplication(make_application())


def make_naive() -> Any:
    """The same as ASGI, by the shortest adapter that answers this request: what there is to win."""
    application = make_application()

    class Connection(tornado.httputil.HTTPConnection):
        context = None

        def __init__(self) -> None:
            self.done: asyncio.Future[None] = asyncio.Future()
            self.messages: list[Any] = []

        def set_close_callback(self, callback: Any) -> None:
            pass

        def write_headers(self, start_line: Any, headers: Any, chunk: bytes | None = None) -> asyncio.Future[None]:
            raw = [(name.lower().encode(), value.encode()) for name, value in headers.get_all()]
            self.messages.append({"type": "http.response.start", "status": start_line.code, "headers": raw})
            return self.write(chunk or b"")

        def write(self, chunk: bytes) -> asyncio.Future[None]:
            self.messages.append({"type": "http.response.body", "body": chunk, "more_body": True})
            future: asyncio.Future[None] = asyncio.Future()
            future.set_result(None)
            return future

        def finish(self) -> None:
            self.messages.append({"type": "http.response.body", "body": b""})
            self.done.set_result(None)

    async def naive(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        connection = Connection()
        headers = tornado.httputil.HTTPHeaders()
        for name, value in scope["headers"]:
            headers.add(name.decode("latin1"), value.decode("latin1"))
        start_line = tornado.httputil.RequestStartLine(scope["method"], scope["path"], "HTTP/1.1")
        delegate = application.start_request(None, connection)
        delegate.headers_received(start_line, headers)
        while True:
            message = await receive()
            if message.get("body"):
                delegate.data_received(message["body"])
            if not message.get("more_body"):
                break
        delegate.finish()
        await connection.done
        for message in connection.messages:
            await send(message)

    return naive


async def floor(scope: Any, receive: Any, send: Any) -> None:
    """The least that an ASGI application can do: what the server itself costs."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/html"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


APPLICATIONS: dict[str, Callable[[], Any]] = {"asgi": make_asgi, "naive": make_naive, "floor": lambda: floor}


def asgi() -> Any:
    """The application that the environment names, for servers that import it."""
    return APPLICATIONS[os.environ["BENCH_APPLICATION"]]()


def serve(server: str, application: str, port: int) -> None:
    """Runs one server until it is killed."""
    os.environ["BENCH_APPLICATION"] = application
    if server == "tornado":

        async def main() -> None:
            tornado.httpserver.HTTPServer(make_application()).listen(port, "127.0.0.1")
            await asyncio.Event().wait()

        asyncio.run(main())
    elif server == "uvicorn":
        import uvicorn

        # As Tornado's own server by default: no trust in what a proxy says, no line for each request.
        quiet: Any = {"access_log": False, "log_level": "error", "proxy_headers": False}
        uvicorn.run(asgi(), port=port, loop="uvloop", http="httptools", **quiet)
    elif server == "granian":
        import granian
        from granian.constants import Interfaces, Loops

        sys.path.insert(0, str(Path(__file__).resolve().parent))
        os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent)
        granian.Granian(
            "serving:asgi", factory=True, port=port, interface=Interfaces.ASGI, loop=Loops.uvloop, log_enabled=False
        ).serve()
    elif server == "hypercorn":
        import hypercorn.asyncio
        import hypercorn.config

        config = hypercorn.config.Config()
        config.bind = [f"127.0.0.1:{port}"]
        config.accesslog = None
        config.worker_class = "uvloop"
        import uvloop

        uvloop.install()
        asyncio.run(hypercorn.asyncio.serve(asgi(), config))


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
        command = [sys.executable, __file__, "--serve", server, "--application", application, "--port", str(self.port)]
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
                while b"\r\n\r\nok" not in self.answer:
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


def measure(names: list[tuple[str, str]], path: str, requests: int, pairs: int) -> None:
    """Prints the ratio of each to stock Tornado."""
    stock = Server("tornado", "stock", path)
    others = [Server(server, application, path) for server, application in names]
    ratios: list[list[float]] = [[] for _ in others]
    times: list[list[float]] = [[] for _ in others]
    base: list[float] = []
    try:
        for each in (stock, *others):
            each.run(requests // 2)
        for _ in range(pairs):
            for index, other in enumerate(others):
                first, second = stock.run(requests), other.run(requests)
                base.append(first)
                times[index].append(second)
                ratios[index].append(second / first)
    finally:
        for each in (stock, *others):
            each.stop()
    print(f"GET {path}: CPU us per request of the server; medians of {pairs} pairs of {requests} requests")
    print(f"  {'tornado (stock)':24}{statistics.median(base):8.1f}")
    for (server, application), ratio, each_time in zip(names, ratios, times, strict=True):
        budget = BUDGETS.get(server) if application == "asgi" and path == "/" else None
        verdict = "" if budget is None else f"   budget {budget:.2f}"
        label = f"{server} ({application})"
        median = statistics.median(ratio)
        spread = f"{min(ratio):.3f}-{max(ratio):.3f}"
        print(f"  {label:24}{statistics.median(each_time):8.1f}   x {median:.3f}  ({spread}){verdict}")


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=6400)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument(
        "--only", default="uvicorn:asgi,granian:asgi,hypercorn:asgi,uvicorn:naive,uvicorn:floor,granian:floor"
    )
    parser.add_argument("--path", default="/", help="/ answers at once, /later after a turn of the event loop")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--application", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.application, arguments.port)
        return
    names = [tuple(each.split(":")) for each in arguments.only.split(",")]
    names = [(server, application) for server, application in names if importlib.util.find_spec(server)]
    print(f"Python {platform.python_version()}, Tornado {tornado.version}, {os.cpu_count()} cores")
    measure(names, arguments.path, arguments.requests, arguments.pairs)


if __name__ == "__main__":
    main()
