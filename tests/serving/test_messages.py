"""The adapter message by message: what is hard to have a server do at the right moment."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest
import tornado.web
import tornado.websocket
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPOutputError,
    HTTPServerConnectionDelegate,
    ResponseStartLine,
)
from tornado.iostream import StreamClosedError
from tornado.routing import Router
from tornado.testing import ExpectLog
from tornado.web import Application, RequestHandler

from tornado_rails.controller.events import EventsMixin
from tornado_rails.controller.streaming import StreamingMixin
from tornado_rails.serving import asgi_body, asgi_websocket
from tornado_rails.serving.asgi import ASGIApplication
from tornado_rails.serving.asgi_channel import Channel, Message
from tornado_rails.serving.asgi_guard import Guard, serve_guarded
from tornado_rails.serving.asgi_request import RequestContext
from tornado_rails.serving.control import Control
from tornado_rails.serving.errors import UnsupportedError
from tornado_rails.serving.process import CUT
from tornado_rails.serving.settings import settings_of

SECONDS = 20
GONE: Message = {"type": "http.disconnect"}
CONNECT: Message = {"type": "websocket.connect"}
LEFT: Message = {"type": "websocket.disconnect", "code": 1001, "reason": "tired"}


def part(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def text(message: str) -> Message:
    return {"type": "websocket.receive", "text": message}


def scope_of(method: str = "GET", *headers: tuple[bytes, bytes], version: str = "1.1", **more: Any) -> dict[str, Any]:
    host = () if any(name == b"host" for name, _value in headers) else ((b"host", b"a.test"),)
    return {
        "type": "http",
        "scheme": "http",
        "http_version": version,
        "method": method,
        "path": "/",
        "query_string": b"",
        "headers": [*host, *headers],
        **more,
    }


def websocket_of(*headers: tuple[bytes, bytes], **more: Any) -> dict[str, Any]:
    scope = scope_of("GET", *headers, type="websocket", scheme="ws", **more)
    del scope["method"]
    return scope


UPLOAD = scope_of("POST", (b"transfer-encoding", b"chunked"))


class Server:
    """What a server is to the adapter: messages that it hands on, and what it is given."""

    def __init__(
        self,
        *messages: Message | Callable[[], Awaitable[Any]],
        sends: Callable[[Message], Awaitable[None]] | None = None,
    ) -> None:
        self.said: list[Message] = []
        self._messages = list(messages)
        self._sends = sends

    async def receive(self) -> Message:
        """The next message; a function among them is waited for first."""
        while self._messages:
            message = self._messages.pop(0)
            if isinstance(message, dict):
                return message
            await message()
        await asyncio.Event().wait()  # a client that says nothing more
        raise RuntimeError

    async def send(self, message: Message) -> None:
        if self._sends is not None:
            await self._sends(message)
        self.said.append(message)

    async def serve(self, application: Any, scope: dict[str, Any], **settings: Any) -> None:
        await asyncio.wait_for(ASGIApplication(application, **settings)(scope, self.receive, self.send), SECONDS)

    def run(self, application: Any, scope: dict[str, Any], **settings: Any) -> list[Message]:
        asyncio.run(self.serve(application, scope, **settings))
        return self.said

    @property
    def start(self) -> Message:
        return self.said[0]

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.start["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.said[1:])


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def never(*_arguments: Any) -> None:
    await asyncio.Event().wait()


def of(handler: Any, **settings: Any) -> Application:
    return Application([("/", handler)], **settings)


# Requests


def test_what_is_no_router_is_asked_as_by_tornados_server() -> None:
    class Reply(HTTPMessageDelegate):
        def __init__(self, connection: Any) -> None:
            self.connection = connection

        def finish(self) -> None:
            self.connection.write_headers(ResponseStartLine("", 200, "OK"), HTTPHeaders({"Content-Length": "2"}), b"me")
            self.connection.finish()

    class Own(HTTPServerConnectionDelegate):
        def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
            assert server_conn is request_conn
            return Reply(request_conn)

    server = Server()
    server.run(Own(), scope_of())
    assert (server.start["status"], server.headers, server.body) == (200, {b"content-length": b"2"}, b"me")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("server_headers", [False, True])
@pytest.mark.parametrize("version", ["1.1", "2"])
def test_headers_that_are_the_servers_are_not_sent(method: str, server_headers: bool, version: str) -> None:
    class Own(RequestHandler):
        def get(self) -> None:
            self.add_header("Server", "mine")
            self.set_header("Connection", "close")
            self.set_header("Transfer-Encoding", "identity")
            self.write("x")

        head = get

    server = Server(part(b"", more=False))
    server.run(of(Own), scope_of(method, version=version), server_headers=server_headers)
    names = [name for name, _value in server.start["headers"]]
    assert (b"date" in names) == server_headers
    tornados = [f"TornadoServer/{tornado.version}".encode()] if server_headers else []
    assert [value for name, value in server.start["headers"] if name == b"server"] == [*tornados, b"mine"]
    assert (b"connection" in names) == (version < "2")
    assert b"transfer-encoding" not in names
    assert server.headers[b"content-length"] == b"1"


def test_length_of_what_was_not_modified_is_not_sent() -> None:
    class Own(HTTPServerConnectionDelegate):
        def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
            class Reply(HTTPMessageDelegate):
                def finish(self) -> None:
                    headers = HTTPHeaders({"Content-Length": "7", "Etag": '"a"'})
                    request_conn.write_headers(ResponseStartLine("", 304, ""), headers)
                    request_conn.finish()

            return Reply()

    server = Server()
    server.run(Own(), scope_of())
    assert (server.headers, server.body) == ({b"etag": b'"a"'}, b"")


def test_websocket_of_a_server_that_knows_none_is_answered_501() -> None:
    handshake = [
        (b"upgrade", b"websocket"),
        (b"connection", b"upgrade"),
        (b"sec-websocket-key", b"AAAAAAAAAAAAAAAAAAAAAA=="),
        (b"sec-websocket-version", b"13"),
    ]
    server = Server()
    with (
        ExpectLog("tornado.general", "This server does not hand WebSockets on. An ASGI server with WebSockets"),
        contextlib.suppress(Exception),  # the handler goes on as if it had the connection
    ):
        server.run(of(tornado.websocket.WebSocketHandler), scope_of("GET", *handshake))
    assert (server.start["status"], server.body) == (501, b"This server does not hand WebSockets on.")


@pytest.mark.parametrize(("protocol", "expected"), [({}, b"http"), ({"scheme": "https"}, b"https")])
def test_request_without_a_scheme_is_http(protocol: dict[str, str], expected: bytes) -> None:
    class Own(RequestHandler):
        def get(self) -> None:
            self.write(self.request.protocol)

    scope = scope_of()
    del scope["scheme"]
    server = Server()
    server.run(of(Own), scope | protocol)
    assert server.body == expected


@pytest.mark.parametrize("client", [None, ("", "0")], ids=["none", "granian"])
def test_address_of_a_unix_socket_is_as_tornado_has_it(client: Any) -> None:
    context = RequestContext({"client": client}, "0.0.0.0", "http")
    assert (repr(context.address), context.remote_ip, str(context)) == ("''", "0.0.0.0", "")
    assert context.address_family == socket.AF_UNIX

    class Own(RequestHandler):
        def get(self) -> None:
            self.write(self.request.remote_ip or "")

    server = Server()
    server.run(of(Own), scope_of(client=client))
    assert server.body == b"0.0.0.0"


def test_handler_whose_execution_is_no_coroutine_is_waited_for() -> None:
    class Own(RequestHandler):
        def _execute(self, *args: Any, **kwargs: Any) -> Any:
            return asyncio.ensure_future(super()._execute(*args, **kwargs))

        def get(self) -> None:
            self.write("x")

    server = Server()
    server.run(of(Own), scope_of())
    assert server.body == b"x"


# Clients that go away, servers that fail


def test_task_that_is_cancelled_without_its_client_sends_nothing() -> None:
    seen: list[str] = []

    class Own(RequestHandler):
        async def get(self) -> None:
            await never()

        def on_connection_close(self) -> None:
            seen.append("gone")

    server = Server(turns, GONE)

    async def main() -> None:
        task = asyncio.ensure_future(server.serve(of(Own), scope_of()))
        while not seen:
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    with ExpectLog("tornado.application", "Uncaught exception", required=False):
        asyncio.run(main())
    assert server.said == []


class Streams(RequestHandler):
    """Begins its response, and waits."""

    async def get(self) -> None:
        self.write("begin")
        try:
            await self.flush()
        except StreamClosedError:
            self.application.settings["seen"].append("StreamClosedError")
        self.application.settings["seen"].append("goes on")
        await turns()

    def on_connection_close(self) -> None:
        self.application.settings["seen"].append("gone")


@pytest.mark.parametrize("fails", ["start", "body"])
def test_server_that_cannot_send_says_that_the_client_is_gone(fails: str) -> None:
    async def sends(message: Message) -> None:
        if message["type"].endswith(fails):
            raise ConnectionResetError

    seen: list[str] = []
    server = Server(sends=sends)
    server.run(of(Streams, seen=seen), scope_of())
    assert seen == ["gone", "StreamClosedError", "goes on"]
    assert len(server.said) == ["start", "body"].index(fails)


def test_error_of_the_server_is_the_servers() -> None:
    async def sends(_message: Message) -> None:
        raise LookupError("a mistake of the server's")

    with pytest.raises(LookupError, match="a mistake of the server's"):
        Server(sends=sends).run(of(Streams, seen=[]), scope_of())


def test_sending_ends_with_the_task() -> None:
    ended: list[str] = []

    async def sends(_message: Message) -> None:
        try:
            await never()
        finally:
            ended.append("ended")

    async def main() -> None:
        task = asyncio.ensure_future(Server(sends=sends).serve(of(Streams, seen=[]), scope_of()))
        await turns(20)
        assert ended == []
        task.cancel()
        await asyncio.wait((task,))
        await turns()
        assert ended == ["ended"]

    asyncio.run(main())


def test_client_that_goes_after_its_response_to_head_is_not_missed() -> None:
    seen: list[str] = []

    class Own(RequestHandler):
        async def head(self) -> None:
            await asyncio.sleep(0)
            await self.flush()
            handed_on.set()
            await turns(20)
            seen.append("is done")

        def on_connection_close(self) -> None:
            seen.append("gone")

    handed_on = asyncio.Event()
    server = Server(lambda: handed_on.wait(), GONE)
    server.run(of(Own), scope_of("HEAD"))
    assert seen == ["is done"]


def test_client_that_goes_while_the_end_waits_ends_it() -> None:
    class Own(RequestHandler):
        async def get(self) -> None:
            self.write("begin")
            self.flush()
            await turns()
            self.finish()
            finished.set()

    finished = asyncio.Event()
    server = Server(lambda: finished.wait(), GONE, sends=never)
    server.run(of(Own), scope_of())
    assert server.said == []


def test_what_is_put_to_a_closed_connection_is_not_sent() -> None:
    server = Server()

    async def main() -> None:
        channel = Channel(scope_of(), server.receive, server.send)
        channel.put({"type": "http.response.start"})
        channel.disconnected()
        channel.put({"type": "http.response.body"})
        await turns()

    asyncio.run(main())
    assert server.said == []


def test_connection_that_the_handler_closes_is_an_error_to_the_server() -> None:
    class Own(RequestHandler):
        def get(self) -> None:
            for _ in range(2):
                self.request.connection.close()  # type: ignore[union-attr]

    server = Server()
    with pytest.raises(ConnectionAbortedError, match="before its response was finished"):
        server.run(of(Own), scope_of())
    assert server.said == []


class Detaches(RequestHandler):
    """Wants the socket, soon or late."""

    async def get(self) -> None:
        turn = self.application.settings["turn"]
        if turn == "after a part":
            self.write("x")
            await self.flush()
        elif turn == "after a while":
            await turns()
        elif turn == "behind the handler":
            self._auto_finish = False
            asyncio.get_running_loop().call_later(0.01, self.detaches)
            return
        self.detach()

    def detaches(self) -> None:
        with contextlib.suppress(UnsupportedError):
            self.detach()

    def on_connection_close(self) -> None:
        raise RuntimeError("the client is still there")


@pytest.mark.parametrize("turn", ["at once", "after a while", "behind the handler"])
@pytest.mark.parametrize("streams", [False, True])
def test_handler_that_detaches_itself_is_answered(turn: str, streams: bool) -> None:
    server = Server(part(b"", more=False))
    with ExpectLog("tornado.application", "Uncaught exception", required=turn != "behind the handler"):
        handler = tornado.web.stream_request_body(type("Streams", (Detaches,), {})) if streams else Detaches
        server.run(of(handler, turn=turn), scope_of())
    assert (server.start["status"], server.body, server.said[-1]["more_body"]) == (500, b"", False)


def test_handler_that_detaches_itself_in_its_response_is_cut() -> None:
    server = Server()
    with ExpectLog("tornado.application", "Uncaught exception"), pytest.raises(ConnectionAbortedError):
        server.run(of(Detaches, turn="after a part"), scope_of())
    assert server.body == b"x"


def test_handler_may_ask_for_the_stream_and_go_on_without_it() -> None:
    class Own(RequestHandler):
        async def get(self) -> None:
            with contextlib.suppress(UnsupportedError):
                self.request.connection.detach()  # type: ignore[union-attr]
            await turns()
            self.write("without")

    server = Server()
    server.run(of(Own), scope_of())
    assert server.body == b"without"


# Bodies


@tornado.web.stream_request_body
class Upload(RequestHandler):
    """Is told by the parts what to do."""

    async def data_received(self, chunk: bytes) -> None:
        if chunk == b"finish":
            asyncio.get_running_loop().call_soon(self.finish, "early")
        elif chunk == b"flush":
            self.write("part;")
            self.flush()
        elif chunk == b"flush and wait":
            self.write("part;")
            await self.flush()
        elif chunk == b"flush and finish":
            self.write("part;")
            await self.flush()
            self.finish("end")

    def post(self) -> None:
        self.write("whole")

    def on_connection_close(self) -> None:
        self.application.settings.setdefault("seen", []).append("gone")


@pytest.fixture
def short_discard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_body, "DISCARD_TIMEOUT", 0.01)


@pytest.mark.usefixtures("short_discard")
@pytest.mark.parametrize("version", ["1.1", "2"])
def test_response_that_is_finished_while_a_part_is_waited_for_ends_the_waiting(version: str) -> None:
    server = Server(part(b"finish"))
    server.run(of(Upload), {**UPLOAD, "http_version": version})
    assert (server.start["status"], server.body) == (200, b"early")
    assert server.headers.get(b"connection") == (b"close" if version < "2" else None)


@pytest.mark.usefixtures("short_discard")
def test_response_that_has_begun_is_finished_before_its_request() -> None:
    server = Server(part(b"flush and finish"))
    server.run(of(Upload), UPLOAD)
    assert server.body == b"part;end"
    assert b"connection" not in server.headers  # which was sent before


def test_response_that_begins_while_a_part_is_waited_for_does_not_end_the_waiting() -> None:
    server = Server(part(b"flush"), lambda: asyncio.sleep(0.02), part(b"", more=False))
    server.run(of(Upload), UPLOAD)
    assert server.body == b"part;whole"


@pytest.mark.usefixtures("short_discard")
def test_time_for_a_body_is_one_for_all_its_parts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tornado.general")
    server = Server(part(b"x"), lambda: asyncio.sleep(0.03), part(b"y"), lambda: asyncio.sleep(0.03), part(b"z"))
    server.run(of(Upload), UPLOAD, body_timeout=0.05)
    assert "Timeout reading body" in caplog.text
    assert server.start["status"] == 408


def test_time_for_a_body_is_not_renewed_by_the_response() -> None:
    @tornado.web.stream_request_body
    class Ticks(Upload):
        def prepare(self) -> None:
            self.ticking = asyncio.ensure_future(self.tick())

        async def tick(self) -> None:
            with contextlib.suppress(StreamClosedError):
                while True:
                    self.write("tick;")
                    await self.flush()
                    await asyncio.sleep(0.005)

    server = Server(part(b"x"))
    with pytest.raises(ConnectionAbortedError):
        server.run(of(Ticks), UPLOAD, body_timeout=0.05)
    assert server.body.startswith(b"tick;")


@pytest.mark.usefixtures("short_discard")
@pytest.mark.parametrize("version", ["1.1", "2"])
def test_body_that_is_too_long_is_refused(caplog: pytest.LogCaptureFixture, version: str) -> None:
    caplog.set_level(logging.INFO, "tornado.general")
    server = Server(part(b"x" * 11))
    server.run(of(Upload), {**UPLOAD, "http_version": version}, max_body_size=10)
    assert "Body too long" in caplog.text
    assert server.start["status"] == 400
    assert server.headers.get(b"connection") == (b"close" if version < "2" else None)


@pytest.mark.usefixtures("short_discard")
def test_body_that_is_too_long_cuts_a_response_that_has_begun() -> None:
    server = Server(part(b"flush and wait"), part(b"x" * 20))
    with pytest.raises(ConnectionAbortedError):
        server.run(of(Upload), UPLOAD, max_body_size=20)
    assert server.body == b"part;"
    assert server.said[-1]["more_body"]


@pytest.mark.usefixtures("short_discard")
def test_body_that_is_too_long_cuts_no_response_that_is_finished() -> None:
    server = Server(part(b"finish"), part(b"x" * 20))
    server.run(of(Upload), UPLOAD, max_body_size=20)
    assert server.body == b"early"
    assert not server.said[-1]["more_body"]


def test_body_that_breaks_off_is_not_answered_where_the_response_has_begun() -> None:
    seen: list[str] = []
    server = Server(part(b"flush and wait"), GONE)
    server.run(of(Upload, seen=seen), UPLOAD)
    assert seen == ["gone"]
    assert server.body == b"part;"


def test_response_shorter_than_its_length_is_an_error() -> None:
    class Own(RequestHandler):
        def get(self) -> None:
            self.set_header("Content-Length", "5")
            self.write("x")

    with ExpectLog("tornado.application", ".*", required=False), pytest.raises(HTTPOutputError, match="4 bytes less"):
        Server().run(of(Own), scope_of())


# WebSockets


class Talks(tornado.websocket.WebSocketHandler):
    """Does what the messages say."""

    def open(self) -> None:
        self.see("open", self.selected_subprotocol)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        self.see("offered", *subprotocols)
        return subprotocols[0] if subprotocols else None

    def see(self, *what: Any) -> None:
        self.application.settings["seen"].append(what)

    async def on_message(self, message: str | bytes) -> None:
        if message == "close":
            asyncio.get_running_loop().call_soon(self.close, 4000)
        elif message == "close at once":
            self.close(4000)
        elif message == "wait":
            await turns()
            self.close(4000)
            await turns(20)
        self.see("message", message)

    def on_close(self) -> None:
        self.see("close", self.close_code, self.close_reason)


def said_by(server: Server) -> list[Any]:
    return [message.get("code", message["type"].partition(".")[2]) for message in server.said]


def test_subprotocols_that_only_the_scope_names_are_offered() -> None:
    seen: list[Any] = []
    server = Server(CONNECT, LEFT)
    server.run(of(Talks, seen=seen), websocket_of(subprotocols=["a", "b"]))
    assert server.start["subprotocol"] == "a"
    assert seen == [("offered", "a", "b"), ("open", "a"), ("close", 1001, "tired")]


def test_websocket_by_the_least_that_a_scope_has() -> None:
    seen: list[Any] = []
    server = Server(CONNECT, LEFT)
    server.run(of(Talks, seen=seen), {"type": "websocket", "path": "/", "headers": [(b"host", b"a.test")]})
    assert said_by(server) == ["accept"]
    assert seen[-1] == ("close", 1001, "tired")


def test_version_of_websockets_that_is_not_known_is_refused() -> None:
    scope = websocket_of((b"sec-websocket-version", b"99"), extensions={"websocket.http.response": {}})
    server = Server(CONNECT)
    server.run(of(Talks, seen=[]), scope)
    assert server.start["type"] == "websocket.http.response.start"
    assert server.start["status"] == 426
    assert server.headers[b"sec-websocket-version"] in (b"13", b"7, 8, 13")  # as Tornado has them, until 6.5


def test_response_in_parts_to_a_handshake_that_is_refused() -> None:
    class Refuses(Talks):
        async def prepare(self) -> None:
            self.set_status(403)
            self.write("no")
            await self.flush()
            self.finish("t you")

    server = Server(CONNECT)
    server.run(of(Refuses, seen=[]), websocket_of(extensions={"websocket.http.response": {}}))
    assert (server.start["status"], server.body) == (403, b"not you")


def test_connection_of_a_handshake_cannot_be_detached() -> None:
    class Detaches(Talks):
        def prepare(self) -> None:
            self.request.connection.detach()  # type: ignore[union-attr]

    server = Server(CONNECT)
    with ExpectLog("tornado.application", "Uncaught exception"):
        server.run(of(Detaches, seen=[]), websocket_of())
    assert said_by(server) == [1000]


def test_handler_of_a_handshake_that_detaches_itself_refuses_it() -> None:
    class Refuses(Talks):
        def prepare(self) -> None:
            self.detach()

    server = Server(CONNECT)
    with ExpectLog("tornado.application", "Uncaught exception"):
        server.run(of(Refuses, seen=[]), websocket_of())
    assert said_by(server) == [1000]


def test_close_from_outside_is_seen_while_a_message_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_websocket, "CLOSE_TIMEOUT", 10 * SECONDS)
    seen: list[Any] = []
    server = Server(CONNECT, text("close"), turns, LEFT)
    server.run(of(Talks, seen=seen), websocket_of())
    assert said_by(server) == ["accept", 4000]
    assert seen[2:] == [("message", "close"), ("close", 4000, None)]


def test_close_is_seen_while_its_message_is_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_websocket, "CLOSE_TIMEOUT", 10 * SECONDS)
    seen: list[Any] = []
    server = Server(CONNECT, text("wait"), never, LEFT)
    server.run(of(Talks, seen=seen), websocket_of())
    assert said_by(server) == ["accept", 4000]
    assert seen[2:] == [("message", "wait"), ("close", 4000, None)]


def test_client_that_does_not_answer_a_close_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_websocket, "CLOSE_TIMEOUT", 0.01)
    seen: list[Any] = []
    server = Server(CONNECT, text("close at once"))
    server.run(of(Talks, seen=seen), websocket_of())
    assert said_by(server) == ["accept", 4000]
    assert seen[2:] == [("message", "close at once"), ("close", 4000, None)]


def test_messages_after_a_close_are_not_handled() -> None:
    seen: list[Any] = []
    server = Server(CONNECT, text("close at once"), text("too late"), LEFT)
    server.run(of(Talks, seen=seen), websocket_of())
    assert ("message", "too late") not in seen
    assert seen[-1] == ("close", 4000, None)


def test_task_of_a_websocket_that_is_cancelled_is_cancelled() -> None:
    seen: list[Any] = []

    async def main() -> None:
        task = asyncio.ensure_future(Server(CONNECT).serve(of(Talks, seen=seen), websocket_of()))
        while len(seen) < 2:
            await asyncio.sleep(0)
        await turns()
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()

    with ExpectLog("tornado.application", ".*", required=False):
        asyncio.run(main())
    assert seen[-1] == ("close", None, None)


def test_client_that_goes_while_the_handler_opens_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_websocket, "CLOSE_TIMEOUT", 10 * SECONDS)
    seen: list[Any] = []

    class Opens(Talks):
        async def open(self) -> None:  # type: ignore[override]
            while not self.ws_connection._channel.closed:  # type: ignore[union-attr]
                await asyncio.sleep(0)
            writes_itself: Any = self.ws_connection
            self.close()
            for writes in (self.write_message, writes_itself.write_message):
                try:
                    writes("x")
                except tornado.websocket.WebSocketClosedError:
                    self.see("WebSocketClosedError")

    server = Server(CONNECT, turns, LEFT)
    server.run(of(Opens, seen=seen), websocket_of())
    assert said_by(server) == ["accept"]
    assert seen[1:] == [("WebSocketClosedError",)] * 2 + [("close", None, None)]


def test_client_that_goes_before_it_is_accepted_opens_nothing() -> None:
    async def sends(_message: Message) -> None:
        raise ConnectionResetError

    seen: list[Any] = []
    server = Server(CONNECT, sends=sends)
    server.run(of(Talks, seen=seen), websocket_of())
    assert seen == [("offered",)]


def test_awaitables_of_other_kinds_are_waited_for() -> None:
    seen: list[Any] = []

    class Decorated(Talks):
        @tornado.gen.coroutine
        def on_message(self, message: str | bytes) -> Any:  # type: ignore[override]
            yield turns()
            self.see("message", message)

    server = Server(CONNECT, text("a"), LEFT)
    server.run(of(Decorated, seen=seen), websocket_of())
    assert ("message", "a") in seen


def test_many_messages_in_a_row_leave_others_their_turn() -> None:
    seen: list[Any] = []
    others = 0

    async def count() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    class Counts(Talks):
        def on_message(self, message: str | bytes) -> None:  # type: ignore[override]
            self.see(others)

    async def main() -> None:
        task = asyncio.ensure_future(count())
        await Server(CONNECT, *[text("x")] * 200, LEFT).serve(of(Counts, seen=seen), websocket_of())
        task.cancel()

    asyncio.run(main())
    assert len({each for (each,) in seen[2:-1]}) > 2


def test_ping_is_noted_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tornado.general")
    seen: list[Any] = []

    class Asks(Talks):
        def open(self) -> None:
            self.see(self.ws_connection.is_closing())  # type: ignore[union-attr]
            self.set_nodelay(True)
            self.ping(b"x")
            self.ping(b"y")
            self.ws_connection.write_message({"a": 1})  # type: ignore[union-attr]

    server = Server(CONNECT, turns, LEFT)
    asgi_websocket._note_ping.cache_clear()
    server.run(of(Asks, seen=seen), websocket_of())
    assert caplog.text.count("A WebSocket's ping() sends nothing") == 1
    assert (False,) in seen
    assert said_by(server) == ["accept", "send"]
    assert server.said[1]["text"] == '{"a": 1}'


# run(asgi=...)


def test_error_of_an_asgi_server_is_raised() -> None:
    async def serve(_guard: Guard, _stop: asyncio.Event) -> None:
        raise LookupError("a mistake of the server's")

    async def main() -> None:
        await serve_guarded(of(Talks), settings_of({}), Control(), serve)

    with pytest.raises(LookupError, match="a mistake of the server's"):
        asyncio.run(main())


def serve_until_cut(application: Any, requests: int) -> int:
    """The exit status where a server leaves without an end of its lifespan, while requests run."""

    async def serve(guard: Guard, stop: asyncio.Event) -> None:
        server = Server({"type": "lifespan.startup"})
        tasks = [asyncio.ensure_future(guard({"type": "lifespan"}, server.receive, server.send))]
        await turns()
        tasks += [asyncio.ensure_future(guard(scope_of(), server.receive, server.send)) for _ in range(requests)]
        control.stop()
        await stop.wait()
        for task in tasks:
            task.cancel()

    async def main() -> int:
        return await serve_guarded(application, settings_of({}), control, serve)

    control = Control()
    return asyncio.run(main())


def test_application_is_shut_down_whose_server_was_cut() -> None:
    def fail() -> None:
        raise LookupError("at the end")

    assert serve_until_cut(Application(on_shutdown=[turns]), 0) == 0
    with ExpectLog("tornado.application", "Error in on_shutdown"):
        assert serve_until_cut(Application(on_shutdown=[fail]), 0) == CUT


def test_request_that_is_cut_goes_by_its_path_where_a_router_has_no_handlers() -> None:
    class Held(HTTPMessageDelegate):
        def finish(self) -> None:
            """Answers never."""

    class Own(Router):
        settings: ClassVar[dict[str, Any]] = {}

        def find_handler(self, request: Any, **kwargs: Any) -> Any:
            return Held()

    with ExpectLog("tornado.general", "Cut after 30 s: 1 x GET /$"):
        assert serve_until_cut(Own(), 1) == CUT


@pytest.mark.parametrize("mixin", ["stream", "events"])
def test_stream_whose_source_fails_is_broken_off(mixin: str) -> None:
    class Streaming(StreamingMixin, EventsMixin, RequestHandler):
        async def get(self) -> None:
            await (self.send_stream(self.words()) if mixin == "stream" else self.send_events(self.words()))

        async def words(self) -> Any:
            yield "one"
            await turns()
            raise ValueError("in the middle")

    server = Server()
    with ExpectLog("tornado.application", "Uncaught exception.*"), pytest.raises(ConnectionAbortedError):
        server.run(of(Streaming), scope_of())
    assert [message.get("more_body") for message in server.said[1:]].count(False) == 0
