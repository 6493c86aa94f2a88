"""Streams and events over real sockets: who reads sets the pace, who goes ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.testing import ExpectLog
from tornado.web import Application, RequestHandler

from tests.conftest import Fetch
from tests.controller.support import Remembers, aborted, expect_500, request_by_hand, run, served, text
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.events import Event, EventsMixin
from tornado_rails.controller.streaming import StreamingMixin
from tornado_rails.errors import EventError
from tornado_rails.routing.actions import action_names

MANY = 10_000  # chunks of 64 KiB: more than any buffer holds


class Producer:
    """Yields chunks, counts them, and tells that it is closed."""

    made = 0

    def __init__(self) -> None:
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        Producer.last = self

    last: Producer

    async def many(self) -> AsyncIterator[bytes]:
        try:
            for _ in range(MANY):
                self.made += 1
                yield b"x" * 65536
        finally:
            self.closed.set_result(self.made)

    async def waits(self, last_id: str | None = None) -> AsyncIterator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            self.closed.set_result(1)

    async def stubborn(self, last_id: str | None = None) -> AsyncIterator[str]:
        """Goes on where it is cancelled."""
        try:
            yield "first"
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                yield "again"
            self.made += 1
        finally:
            self.closed.set_result(self.made)


class StreamController(Remembers, Controller):
    async def three(self) -> None:
        await self.send_stream(self._three())

    def named(self) -> Any:
        return self.send_stream(self._three(), filename="a.csv", status="created")

    def status_before(self) -> Any:
        self.set_status(203)
        return self.send_stream(self._three())

    def typed(self) -> Any:
        self.set_header("Cache-Control", "public")
        return self.send_stream(self._three(), type="text/x-a")

    async def _three(self) -> AsyncIterator[str | bytes]:
        for chunk in ("a\n", b"b\n", "c\n"):
            yield chunk
            await asyncio.sleep(0)

    def endless(self) -> Any:
        return self.send_stream(Producer().many())

    def waiting(self) -> Any:
        return self.send_stream(Producer().waits())

    def stubborn(self) -> Any:
        return self.send_stream(Producer().stubborn())

    def events_stubborn(self) -> Any:
        return self.send_events(Producer().stubborn)

    def finishing(self) -> Any:
        return self.send_stream(self._finishing())

    async def _finishing(self) -> AsyncIterator[str]:
        yield "first"
        self.finish("last")

    def events_waiting(self) -> Any:
        return self.send_events(Producer().waits, heartbeat=0)

    def events_many(self) -> Any:
        return self.send_events(self._large(Producer()), heartbeat=0.001)

    async def _large(self, producer: Producer) -> AsyncIterator[str]:
        chunks = producer.many()
        try:
            async for chunk in chunks:
                yield chunk.decode()
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]

    def broken(self) -> Any:
        return self.send_stream(self._broken())

    async def _broken(self) -> AsyncIterator[str]:
        yield "part"
        raise ZeroDivisionError("on purpose")

    def broken_at_once(self) -> Any:
        return self.send_stream([1])  # type: ignore[arg-type]

    def broken_coroutine(self) -> Any:
        return self.send_stream(self._coroutine(None))  # type: ignore[arg-type]

    def events_broken_coroutine(self) -> Any:
        return self.send_events(self._coroutine)  # type: ignore[arg-type]

    async def _coroutine(self, last_id: str | None) -> list[str]:
        return []

    def events_broken_list(self) -> Any:
        return self.send_events(lambda last_id: [last_id])  # type: ignore[arg-type,return-value]

    def events(self) -> Any:
        return self.send_events(self._events, retry=3000)

    async def _events(self, last_id: str | None) -> AsyncIterator[Any]:
        yield f"after {last_id}"
        yield {"n": 1}
        yield Event("two\nlines", event="tick", id=7, retry=10)

    def beats(self) -> Any:
        self.beat = asyncio.Event()
        return self.send_events(self._quiet(), heartbeat=0.001)

    async def _quiet(self) -> AsyncIterator[str]:
        await asyncio.sleep(0.05)
        yield "end"

    def never(self) -> Any:
        return self.send_events(self._never(), retry=7)

    async def _never(self) -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield "never"

    def injected(self) -> Any:
        return self.send_events(self._injected())

    async def _injected(self) -> AsyncIterator[Event]:
        yield Event("a", event="a\ndata: b")

    cancelled: asyncio.Task[Any] | None = None

    async def cancel(self) -> None:
        task = asyncio.ensure_future(self.send_stream(Producer().waits()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            self.write("cancelled")


@pytest.fixture
def app() -> RailsApplication:
    return RailsApplication(
        [(f"/{name}", StreamController, {"action": name}) for name in action_names(StreamController)]
    )


@pytest.mark.parametrize(
    ("path", "status", "headers"),
    [
        ("/three", 200, {"Content-Type": "text/html; charset=UTF-8", "Cache-Control": "no-cache"}),
        ("/named", 201, {"Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="a.csv"'}),
        ("/status_before", 203, {"Content-Type": "text/html; charset=UTF-8"}),
        ("/typed", 200, {"Content-Type": "text/x-a", "Cache-Control": "public"}),
    ],
)
@served
async def test_stream_is_sent(fetch: Fetch, path: str, status: int, headers: dict[str, str]) -> None:
    answer = await fetch(path)
    assert (answer.code, text(answer), answer.headers.get("Etag")) == (status, "a\nb\nc\n", None)
    assert {name: answer.headers[name] for name in headers} == headers
    head = await fetch(path, "HEAD")
    assert (head.code, head.body, head.headers["Content-Type"]) == (status, b"", headers["Content-Type"])


@served
async def test_events_are_sent(fetch: Fetch) -> None:
    answer = await fetch("/events", Last_Event_ID="6")
    assert text(answer) == (
        "retry: 3000\n\ndata: after 6\n\n"
        + 'data: {"n":1}\n\n'
        + "event: tick\nid: 7\nretry: 10\ndata: two\ndata: lines\n\n"
    )
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    assert {name: answer.headers[name] for name in headers} == headers
    assert "data: after None\n" in text(await fetch("/events"))
    assert (await fetch("/events", "HEAD")).body == b""


@served
async def test_heartbeat_keeps_the_connection_open(fetch: Fetch) -> None:
    shown = text(await fetch("/beats"))
    assert shown.startswith(":\n\n")
    assert shown.endswith("data: end\n\n")


async def settled() -> int:
    """What a producer has made, once it makes no more."""
    made, same = -1, 0
    while same < 20:
        await asyncio.sleep(0.01)
        same = same + 1 if made == Producer.last.made else 0
        made = Producer.last.made
    return made


async def opened(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection whose answer has begun, and that reads no further than its own buffer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


@pytest.mark.parametrize("path", ["/endless", "/events_many"])
@served
async def test_client_that_stops_reading_stops_the_producer(http_server: Any, http_port: int, path: str) -> None:
    reader, writer = await opened(http_port, path)
    made = await settled()
    assert made < MANY
    for _ in range(2 * made):  # it goes on where the client does
        await reader.readexactly(65536)
    more = await settled()
    assert made < more < MANY
    await aborted(writer)
    assert await Producer.last.closed < MANY


@pytest.mark.parametrize("path", ["/waiting", "/events_waiting"])
@served
async def test_client_that_goes_ends_the_producer_where_it_waits(http_server: Any, http_port: int, path: str) -> None:
    reader, writer = await opened(http_port, path)
    await reader.readuntil(b"first")
    assert not Producer.last.closed.done()
    await aborted(writer)
    assert await Producer.last.closed == 1


@pytest.mark.parametrize("path", ["/stubborn", "/events_stubborn"])
@served
async def test_producer_that_goes_on_is_closed(http_server: Any, http_port: int, path: str) -> None:
    reader, writer = await opened(http_port, path)
    await reader.readuntil(b"first")
    await aborted(writer)
    assert await Producer.last.closed == 0


@served
async def test_producer_may_finish_the_response(fetch: Fetch) -> None:
    assert text(await fetch("/finishing")) == "firstlast"


@served
async def test_error_of_the_producer_breaks_the_response_off(http_server: Any, http_port: int) -> None:
    with (
        ExpectLog("tornado.application", "Uncaught exception GET /broken"),
        ExpectLog("tornado.general", "Cannot send error response"),
    ):
        reader, writer = await opened(http_port, "/broken")
        rest = await reader.read()
    assert b"part" in rest
    assert b"\r\n0\r\n" not in rest  # the end of a whole response
    assert Remembers.logged == "ZeroDivisionError: on purpose"
    await aborted(writer)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/broken_at_once", "list"),
        ("/broken_coroutine", "coroutine"),
        ("/events_broken_coroutine", "coroutine"),
        ("/events_broken_list", "list"),
    ],
)
@served
async def test_what_is_no_async_iterator_is_an_error(fetch: Fetch, path: str, kind: str) -> None:
    with expect_500("Uncaught"):
        assert (await fetch(path)).code == 500
    assert Remembers.logged == (
        f"TypeError: a {kind} is no async iterator. An async function with a `yield` in it returns one."
    )


@served
async def test_browser_is_told_at_once_that_it_is_connected(http_server: Any, http_port: int) -> None:
    reader, writer = await opened(http_port, "/never")  # which reads the headers
    assert await reader.readuntil(b"retry: 7\n\n")
    await aborted(writer)


@served
async def test_event_that_would_be_two_ends_the_stream(http_server: Any, http_port: int) -> None:
    with ExpectLog("tornado.application", "Uncaught"), ExpectLog("tornado.general", "Cannot send error response"):
        reader, writer = await opened(http_port, "/injected")
        assert b"data: b" not in await reader.read()
    assert Remembers.logged == r"EventError: an event's event cannot be 'a\ndata: b'"
    await aborted(writer)


@served
async def test_cancelled_stream_stays_cancelled(fetch: Fetch) -> None:
    assert "cancelled" in text(await fetch("/cancel"))
    assert Producer.last.closed.done()


@pytest.mark.parametrize(
    ("event", "sent"),
    [
        (Event("a"), "data: a\n\n"),
        (Event(""), "data: \n\n"),
        (Event(None, id=""), "id: \n\n"),
        (Event("a\r\nb\rc\nd"), "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (Event("é\n€".encode()), "data: é\ndata: €\n\n"),
        (Event(["\n"]), 'data: ["\\n"]\n\n'),
        (Event(False), "data: false\n\n"),
    ],
)
def test_event_as_text(event: Event, sent: str) -> None:
    assert event.text == sent


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"event": "a\rb"}, "an event's event cannot be"),
        ({"id": "a\0"}, "an event's id cannot be"),
        ({"id": "a\nb"}, "an event's id cannot be"),
        ({"retry": "1s"}, "an event's retry cannot be '1s'"),
        ({"retry": -1}, "an event's retry cannot be '-1'"),
        ({"retry": "²"}, "an event's retry cannot be"),
    ],
)
def test_event_that_cannot_be_sent(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(EventError, match=words):
        _ = Event("a", **fields).text


def test_bytes_of_an_event_are_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        _ = Event(b"\xff").text


@given(st.text())
def test_data_never_leaves_its_field(data: str) -> None:
    sent = Event(data).text.removesuffix("\n\n").replace("\r\n", "\n").replace("\r", "\n")
    assert all(line.startswith("data: ") for line in sent.split("\n"))


class Alone(StreamingMixin, EventsMixin, RequestHandler):
    async def get(self) -> None:
        await self.send_stream(_one())

    async def post(self) -> None:
        await self.send_events(_one(), heartbeat=0)


async def _one() -> AsyncIterator[str]:
    yield "one"


class _Iterable:
    """It has no aclose()."""

    def __aiter__(self) -> AsyncIterator[str]:
        return _one()


@served
async def test_mixins_work_in_a_tornado_application(io_loop: Any) -> None:
    application = Application([("/", Alone)])
    assert (await run(application, request_by_hand("/"))).request.connection.body == b"one"
    assert (await run(application, request_by_hand("/", "POST"))).request.connection.body == b"data: one\n\n"


@served
async def test_connection_without_a_stream_is_left_to_its_server(io_loop: Any) -> None:
    class Breaking(Alone):
        async def get(self) -> None:
            async def one() -> AsyncIterator[str]:
                yield "one"
                raise ZeroDivisionError

            await self.send_stream(one())

    with ExpectLog("tornado.application", "Uncaught"), ExpectLog("tornado.general", "Cannot send error response"):
        handler = await run(Application([("/", Breaking)]), request_by_hand("/"))
    assert handler.request.connection.body == b"one"


@served
async def test_source_without_aclose_is_sent(io_loop: Any) -> None:
    class Iterating(Alone):
        async def get(self) -> None:
            await self.send_stream(_Iterable())

    assert (await run(Application([("/", Iterating)]), request_by_hand("/"))).request.connection.body == b"one"
