"""What is left of a request when it is over: nothing, with the garbage collector off."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import tornado
import tornado.websocket
from tornado.web import RequestHandler, stream_request_body

from tests.serving.test_messages import (
    CONNECT,
    GONE,
    LEFT,
    UPLOAD,
    Server,
    never,
    of,
    part,
    scope_of,
    text,
    turns,
    websocket_of,
)
from tornado_rails.serving.asgi import ASGIApplication
from tornado_rails.serving.asgi_channel import Message


class Seen(RequestHandler):
    """Notes itself and its connection."""

    def initialize(self) -> None:
        self.settings["refs"] += [weakref.ref(self), weakref.ref(self.request.connection)]


class Written(Seen):
    async def get(self) -> None:
        self.write("x")


class Waits(Seen):
    async def get(self) -> None:
        await turns()
        self.write("x" * 1000)


class Flushes(Seen):
    async def get(self) -> None:
        self.write("x")
        await self.flush()
        await turns()
        self.write("y")


class Fails(Seen):
    async def get(self) -> None:
        await turns()
        raise LookupError("a mistake")


class TooLittle(Seen):
    def get(self) -> None:
        self.set_header("Content-Length", "9")
        self.write("x")


class TooMuch(Seen):
    async def get(self) -> None:
        await turns()
        self.set_header("Content-Length", "3")
        self.write("too long")


class Closes(Seen):
    async def get(self) -> None:
        self.write("x")
        await self.flush()
        self.request.connection.close()  # type: ignore[union-attr]


class Never(Seen):
    async def get(self) -> None:
        self.settings["waits"].set()
        await never()


@stream_request_body
class Upload(Seen):
    async def data_received(self, chunk: bytes) -> None:
        await turns()

    def post(self) -> None:
        self.write("x")


class Talks(tornado.websocket.WebSocketHandler, Seen):
    async def on_message(self, message: str | bytes) -> None:
        await turns()
        if message == "fail":
            raise LookupError("a mistake")
        self.write_message(message)


@pytest.fixture
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def refused(_message: Message) -> None:
    raise LookupError("a mistake of the server's")


cancelled_handlers_answer = pytest.mark.skipif(
    tornado.version_info < (6, 6), reason="until then a handler that is cancelled keeps the references of its own"
)


@pytest.mark.usefixtures("collector_off")
@pytest.mark.parametrize(
    ("handler", "scope", "server"),
    [
        (Written, scope_of(), Server()),
        (Waits, scope_of(), Server()),
        (Waits, scope_of(), Server(turns, GONE)),
        (Waits, scope_of(), Server(sends=refused)),
        (Flushes, scope_of(), Server()),
        (Flushes, scope_of(), Server(sends=refused)),
        (Fails, scope_of(), Server()),
        (TooLittle, scope_of(), Server()),
        (TooMuch, scope_of(), Server()),
        (Closes, scope_of(), Server()),
        pytest.param(Never, scope_of(), Server(), marks=cancelled_handlers_answer),
        pytest.param(Never, scope_of(), Server(turns, GONE), marks=cancelled_handlers_answer),
        (Upload, UPLOAD, Server(part(b"a"), turns, part(b"b"), part(b"", more=False))),
        (Talks, websocket_of(), Server(CONNECT, text("a"), turns, LEFT)),
        (Talks, websocket_of(), Server(CONNECT, text("fail"), LEFT)),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_request_leaves_nothing_to_the_collector(
    caplog: pytest.LogCaptureFixture, handler: Any, scope: dict[str, Any], server: Server
) -> None:
    caplog.set_level(logging.CRITICAL + 1)  # a record of an error has its traceback
    refs: list[Any] = []

    async def serve(application: ASGIApplication) -> None:
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await application(scope, server.receive, server.send)

    async def main() -> None:
        waits = asyncio.Event()
        task = asyncio.ensure_future(serve(ASGIApplication(of(handler, refs=refs, waits=waits))))
        if handler is Never:
            await waits.wait()
            await turns(20)
            task.cancel()
        await task
        await turns()
        left = [ref() for ref in refs if ref() is not None]
        assert refs
        assert left == []

    asyncio.run(main())
