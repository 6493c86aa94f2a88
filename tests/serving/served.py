"""The application that `tornado_rails.run` serves in processes of their own; what it does is in the requests."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import tornado.httputil
import tornado.routing
import tornado.web
import tornado.websocket


class Pid(tornado.web.RequestHandler):
    def get(self) -> None:
        self.write(str(os.getpid()))

    post = get


class Slow(tornado.web.RequestHandler):
    """Answers after so many seconds."""

    async def get(self, seconds: str) -> None:
        note("slow begins")
        await asyncio.sleep(float(seconds))
        note("slow is done")
        self.write("done")


class Held(tornado.web.RequestHandler):
    """Answers when the test says so."""

    async def get(self) -> None:
        note("held begins")
        await let_go()
        note("held is done")
        self.write("done")


class Stream(tornado.web.RequestHandler):
    """Begins at once, ends when the test says so."""

    async def get(self) -> None:
        self.write("begin;")
        await self.flush()
        await let_go()
        self.write("end")


class Count(tornado.web.RequestHandler):
    """Notes that it was asked."""

    async def get(self, number: str) -> None:
        note(number)
        await asyncio.sleep(int(number) % 7 / 100)
        self.write(number)


class Block(tornado.web.RequestHandler):
    """Holds up the whole process."""

    def get(self) -> None:
        note("blocks")
        time.sleep(100)


class Exit(tornado.web.RequestHandler):
    def get(self) -> None:
        os._exit(7)


class Big(tornado.web.RequestHandler):
    """Is answered at once, but takes long to be sent."""

    async def get(self) -> None:
        note("big begins")
        self.write(b"x" * 20_000_000)


class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message: str | bytes) -> None:
        self.write_message(message)

    def on_close(self) -> None:
        note(f"closed {self.close_code}")


class Doorman(Echo):
    """Lets nobody in until the test says so."""

    async def prepare(self) -> None:
        note("knocks")
        await let_go()


async def let_go() -> None:
    """Waits until the test says so."""
    while not Path(os.environ["NOTES"]).with_suffix(".go").exists():
        await asyncio.sleep(0.01)


def note(what: str) -> None:
    """Writes a line to the file that the environment names."""
    path = os.environ.get("NOTES")
    if path:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{what}\n".encode())
        os.close(descriptor)


def make(**settings: Any) -> tornado.web.Application:
    routes: list[Any] = [
        ("/", Pid),
        (r"/slow/([0-9.]+)", Slow),
        ("/held", Held),
        ("/stream", Stream),
        (r"/count/(\d+)", Count),
        ("/block", Block),
        ("/exit", Exit),
        ("/big", Big),
        ("/ws", Echo),
        ("/door", Doorman),
        ("/missing", tornado.web.ErrorHandler, {"status_code": 404}),
    ]
    return tornado.web.Application(routes, **settings)


def begin() -> None:
    note("startup")


async def end() -> None:
    note("shutdown")


def fail() -> None:
    raise RuntimeError("no database")


async def hang() -> None:
    note("hangs")
    await asyncio.sleep(1000)


def hang_in_a_thread() -> Any:
    note("hangs")
    return asyncio.get_running_loop().run_in_executor(None, time.sleep, 1000)


app = make(on_startup=begin, on_shutdown=end)
late = make(on_startup=[begin, let_go])
nested = tornado.routing.RuleRouter([(tornado.routing.AnyMatches(), make())])


class Wrapped(tornado.httputil.HTTPServerConnectionDelegate):
    """Does not say who takes a request."""

    def start_request(self, server_conn: object, request_conn: Any) -> tornado.httputil.HTTPMessageDelegate:
        return app.start_request(server_conn, request_conn)


class Lost(tornado.routing.RuleRouter):
    """Has no way for a handshake with all that belongs to it."""

    def find_handler(self, request: Any, **kwargs: Any) -> tornado.httputil.HTTPMessageDelegate | None:
        if "Sec-WebSocket-Key" in request.headers:
            raise LookupError("a way")
        return super().find_handler(request, **kwargs)


wrapped = Wrapped()
lost = Lost([(tornado.routing.AnyMatches(), app)])
failing_start = make(on_startup=fail)
hanging_start = make(on_startup=hang)
hanging_end = make(on_shutdown=hang)
hanging_thread = make(on_shutdown=hang_in_a_thread)
failing_end = make(on_shutdown=fail)
neither = 3


def nothing() -> None:
    """Is called for an application, and has none."""
