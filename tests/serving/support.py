"""Servers that run in a thread each, and a client that sends what it is told, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import http.client
import io
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import granian.constants
import granian.server.embed
import hypercorn.asyncio
import hypercorn.config
import tornado.httpserver
import uvicorn
import uvloop

from tests.ports import kept_port
from tornado_rails.serving.asgi import ASGIApplication
from tornado_rails.serving.health import Health
from tornado_rails.serving.http_server import Server as RunServer
from tornado_rails.serving.lifespan import lifespan

ASGI_SERVERS = ("uvicorn", "hypercorn", "granian")
#: Tornado's own, ours by which `run` serves, and those to which the adapter speaks.
SERVERS = ("tornado", "run", *ASGI_SERVERS)
TIMEOUT = 30.0
# What is the server's own business: its name, the date, how the connection goes on.
SERVERS_OWN = frozenset(("server", "date", "connection", "keep-alive", "transfer-encoding"))


@dataclasses.dataclass
class Answer:
    """A response as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    complete: bool = True  # whether the connection ended where the response did

    @property
    def own_headers(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.headers if name not in SERVERS_OWN]

    def header(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]


class _Unclosed(io.BytesIO):
    """A socket's file for `http.client`."""


class Client:
    """One connection."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(TIMEOUT)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.port = self.socket.getsockname()[1]

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, method: str = "GET") -> Answer:
        response = http.client.HTTPResponse(self.socket, method=method)
        complete = True
        try:
            response.begin()
            try:
                body = response.read()
            except http.client.IncompleteRead as error:
                body, complete = error.partial, False
            headers = [(name.lower(), value) for name, value in response.getheaders()]
            return Answer(response.status, headers, body, complete)
        finally:
            response.close()

    def rest(self) -> bytes:
        """All that comes until the server closes."""
        parts = []
        with contextlib.suppress(ConnectionResetError):
            while part := self.socket.recv(65536):
                parts.append(part)
        return b"".join(parts)

    def close(self, reset: bool = False) -> None:
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


@dataclasses.dataclass
class Server:
    """A server that runs."""

    name: str
    port: int
    loop: asyncio.AbstractEventLoop

    def ask(self, request: bytes) -> Answer:
        """Sends a request on a connection of its own, and reads the answer."""
        with Client(self.port) as client:
            client.send(request)
            return client.answer(request.split(b" ", 1)[0].decode())

    def call(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Runs a coroutine function in the server's event loop."""
        return asyncio.run_coroutine_threadsafe(function(*args), self.loop).result(TIMEOUT)  # type: ignore[arg-type]


def get(path: str, *headers: str, method: str = "GET", body: bytes = b"", version: str = "1.1") -> bytes:
    """A request's bytes."""
    lines = [f"{method} {path} HTTP/{version}", "Host: example.test", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin1") + body


@contextlib.contextmanager
def serving(name: str, application: Any, **options: Any) -> Iterator[Server]:
    """Runs an application under a server, in a thread of its own."""
    with kept_port() as port:
        yield from _serving(name, application, port, options)


def _serving(name: str, application: Any, port: int, options: dict[str, Any]) -> Iterator[Server]:
    stop, failed = threading.Event(), []
    loops: list[asyncio.AbstractEventLoop] = []

    def target() -> None:
        async def main() -> None:
            loops.append(asyncio.get_running_loop())
            await _MAINS[name](application, port, stop, options)

        try:
            if name == "uvicorn":
                uvloop.run(main())
            else:
                asyncio.run(main())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=target, name=f"{name} {port}", daemon=True)
    thread.start()
    deadline = time.monotonic() + TIMEOUT
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if failed or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start") from (failed[0] if failed else None)
            time.sleep(0.02)
        yield Server(name, port, loops[0])
    finally:
        stop.set()
        thread.join(TIMEOUT)
        if thread.is_alive():
            raise RuntimeError(f"{name} did not stop")
    if failed:
        raise failed[0]


async def _stopped(stop: threading.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(0.02)


async def _tornado(application: Any, port: int, stop: threading.Event, options: dict[str, Any]) -> None:
    options = {name: value for name, value in options.items() if name != "server_headers"}
    async with lifespan(application):
        server = tornado.httpserver.HTTPServer(application, **options)
        server.listen(port, "127.0.0.1")
        await _stopped(stop)
        server.stop()
        await server.close_all_connections()


async def _run(application: Any, port: int, stop: threading.Event, options: dict[str, Any]) -> None:
    async with lifespan(application):
        limits: dict[str, Any] = {"max_active_requests": 1000, "max_websockets": 1000}
        server = RunServer(application, health=Health(application), **limits, **options)
        server.listen(port, "127.0.0.1")
        await _stopped(stop)
        server.stop_accepting()
        await server.drain(3, asyncio.Event())


async def _uvicorn(application: Any, port: int, stop: threading.Event, options: dict[str, Any]) -> None:
    asgi = (
        application if callable(getattr(application, "__wrapped__", None)) else ASGIApplication(application, **options)
    )
    config = uvicorn.Config(
        asgi,
        port=port,
        http="httptools",
        lifespan="on",
        log_config=None,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.ensure_future(server.serve())
    await asyncio.wait((task, asyncio.ensure_future(_stopped(stop))), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await task


async def _hypercorn(application: Any, port: int, stop: threading.Event, options: dict[str, Any]) -> None:
    config = hypercorn.config.Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 1
    config.errorlog = None
    asgi: Any = ASGIApplication(application, **options)
    server = asyncio.ensure_future(hypercorn.asyncio.serve(asgi, config, shutdown_trigger=lambda: _stopped(stop)))
    await asyncio.wait((server, asyncio.ensure_future(_stopped(stop))), return_when=asyncio.FIRST_COMPLETED)
    # NOTE: since Python 3.12 it may wait without an end for connections that its clients keep.
    await asyncio.wait((server,), timeout=3)
    server.cancel()
    await asyncio.wait((server,))
    if not server.cancelled():
        server.result()


async def _granian(application: Any, port: int, stop: threading.Event, options: dict[str, Any]) -> None:
    server: Any = granian.server.embed.Server(
        ASGIApplication(application, **options),
        port=port,
        interface=granian.constants.Interfaces.ASGI,
        log_enabled=False,
    )
    task = asyncio.ensure_future(server.serve())
    await asyncio.wait((task, asyncio.ensure_future(_stopped(stop))), return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    await task


_MAINS = {"tornado": _tornado, "run": _run, "uvicorn": _uvicorn, "hypercorn": _hypercorn, "granian": _granian}
