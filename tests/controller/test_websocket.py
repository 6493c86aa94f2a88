"""WebSocket controllers: params, callbacks, rescue, and what is returned, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.routing import PathMatches, Rule
from tornado.testing import ExpectLog, bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.routing.support import fetch
from tornado_rails import RailsApplication, WebSocketController
from tornado_rails.controller import after_action, around_action, before_action, rescue_from, skip_before_action
from tornado_rails.errors import CallbackActionError, RailsError, SignatureError

TRAIL: list[str] = []


class Talk:
    """A client's side of one conversation."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self.connection = connection
        self.is_over = False

    async def ask(self, message: str | bytes) -> str | bytes | None:
        await self.connection.write_message(message, binary=isinstance(message, bytes))
        return await self.read()

    async def read(self) -> str | bytes | None:
        message = await asyncio.wait_for(self.connection.read_message(), 5)
        self.is_over = message is None
        return message


def converse(
    application: Application, path: str, talk: Callable[[Talk], Awaitable[Any]], headers: dict[str, str] | None = None
) -> Any:
    """What a conversation comes to; it has ended when the server's side has."""
    TRAIL.clear()

    async def run() -> Any:
        socket, port = bind_unused_port()
        server = HTTPServer(application)
        server.add_sockets([socket])
        try:
            connection = await websocket_connect(HTTPRequest(f"ws://127.0.0.1:{port}{path}", headers=headers))
            conversation = Talk(connection)
            try:
                answer = await talk(conversation)
            finally:
                connection.close(1000, "done")
                while not conversation.is_over:
                    await conversation.read()
            return answer
        finally:
            server.stop()
            await server.close_all_connections()
            for _ in range(20):
                await asyncio.sleep(0.005)

    return asyncio.run(run())


async def listen(talk: Talk) -> Any:
    return await talk.read()


class RoomController(WebSocketController):
    async def open(self, id: int, *, since: float = 0) -> None:
        await self.write_message({"id": id, "since": since, "params": self.params["id"], "action": self.action_name})

    def on_message(self, message: str | bytes) -> Any:
        return message


APPLICATIONS = {
    "/room/7": lambda: RailsApplication(controllers=[RoomController]),
    "/rooms/7": lambda: RailsApplication(
        controllers=[RoomController], routes=lambda map: map.get("rooms/:id", to="room#open")
    ),
    "/plain/7": lambda: RailsApplication([(r"/plain/(?P<id>\w+)", RoomController)]),
    "/keys/7": lambda: RailsApplication([(r"/keys/(\w+)", RoomController, {"param_keys": ("id",)})]),
}


@pytest.mark.parametrize("path", APPLICATIONS)
def test_open_has_its_values_cast_on_every_kind_of_route(path: str) -> None:
    answer = converse(APPLICATIONS[path](), path + "?since=1.5", listen)
    assert json.loads(answer) == {"id": 7, "since": 1.5, "params": "7", "action": "open"}


@pytest.mark.parametrize("path", APPLICATIONS)
def test_value_that_cannot_be_cast_is_refused_before_the_handshake(path: str) -> None:
    for asked, status, words in ((path.replace("7", "x"), 404, "'id'"), (path + "?since=x", 400, "since")):
        with pytest.raises(HTTPClientError) as caught:
            converse(APPLICATIONS[path](), asked, listen, {"Accept": "application/json"})
        assert caught.value.code == status
        assert caught.value.response is not None
        assert caught.value.response.headers["Content-Type"] == "application/problem+json"
        assert words in caught.value.response.body.decode()
    assert fetch(APPLICATIONS[path](), path).body == 'Can "Upgrade" only to "WebSocket".'
    assert fetch(APPLICATIONS[path](), path, "POST").status in (404, 405)


def test_what_is_returned_is_sent() -> None:
    class EchoController(WebSocketController):
        async def on_message(self, message: str | bytes) -> Any:
            return {"dict": {"told": 1}, "list": [1], "none": None}.get(str(message), message)

    async def talk(talk: Talk) -> list[Any]:
        answers = [await talk.ask("text"), await talk.ask(b"bytes"), await talk.ask("dict"), await talk.ask("list")]
        await talk.connection.write_message("none")
        return [*answers, await talk.ask("last")]

    answers = converse(RailsApplication(controllers=[EchoController]), "/echo", talk)
    assert answers == ["text", b"bytes", '{"told":1}', "[1]", "last"]


def test_value_that_is_no_message_is_logged_and_drops_the_connection() -> None:
    class EchoController(WebSocketController):
        def on_message(self, message: str | bytes) -> Any:
            return 7

    with ExpectLog("tornado.application", "Uncaught exception"):
        assert converse(RailsApplication(controllers=[EchoController]), "/echo", lambda talk: talk.ask("x")) is None


def test_what_is_returned_to_a_client_that_has_gone_reaches_nobody() -> None:
    class EchoController(WebSocketController):
        async def on_message(self, message: str | bytes) -> Any:
            self.close()
            return "late"

        def on_close(self) -> Any:
            TRAIL.append("closed")
            return "later"

    assert converse(RailsApplication(controllers=[EchoController]), "/echo", lambda talk: talk.ask("x")) is None
    assert TRAIL == ["closed"]


class Chat(WebSocketController):
    @before_action
    async def authenticate(self) -> None:
        TRAIL.append("authenticate")
        if self.get_argument("as", "") == "":
            self.set_header("WWW-Authenticate", "Basic")
            self.send_head("unauthorized")

    @around_action
    async def session(self) -> AsyncIterator[None]:
        TRAIL.append("in")
        yield
        TRAIL.append("out")

    @after_action
    def ended(self) -> None:
        TRAIL.append("after")

    @before_action(only="on_message")
    def not_too_long(self) -> None:
        TRAIL.append(f"check {self.message!r}")
        if len(self.message) > 3:
            self.close(1009, "too long")

    @around_action(only=["on_message", "on_close"])
    async def timed(self) -> AsyncIterator[None]:
        TRAIL.append("<")
        yield
        TRAIL.append(">")

    def open(self) -> Any:
        TRAIL.append("open")
        return "hello"

    def on_message(self, message: str | bytes) -> Any:
        TRAIL.append("message")
        return message

    async def on_close(self) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        TRAIL.append(f"close {self.close_code}")


def test_callbacks_are_for_the_connection_or_for_what_they_name() -> None:
    application = RailsApplication([("/chat", Chat)])

    async def talk(talk: Talk) -> list[Any]:
        return [await talk.read(), await talk.ask("abc")]

    assert converse(application, "/chat?as=ada", talk) == ["hello", "abc"]
    assert TRAIL[-5:] == ["<", "close 1000", ">", "after", "out"]
    assert TRAIL[:-5] == ["authenticate", "in", "open", "check 'abc'", "<", "message", ">"]


def test_around_callback_encloses_on_close_of_a_connection_that_fails() -> None:
    class Failing(Chat):
        def open(self) -> Any:
            raise ValueError("open")

    application = RailsApplication([("/chat", Failing)])
    with ExpectLog("tornado.application", "Uncaught exception GET /chat"):
        assert converse(application, "/chat?as=ada", listen) is None
    assert TRAIL == ["authenticate", "in", "<", "close None", ">", "after", "out"]


def test_callback_that_finishes_the_response_refuses_the_connection() -> None:
    with pytest.raises(HTTPClientError) as caught:
        converse(RailsApplication([("/chat", Chat)]), "/chat", listen)
    assert (caught.value.code, TRAIL) == (401, ["authenticate"])


def test_callback_that_closes_the_connection_keeps_the_message_away() -> None:
    async def talk(talk: Talk) -> Any:
        await talk.read()
        assert await talk.ask("abcd") is None
        return talk.connection.close_code, talk.connection.close_reason

    assert converse(RailsApplication([("/chat", Chat)]), "/chat?as=ada", talk) == (1009, "too long")
    assert "message" not in TRAIL


def test_callbacks_are_inherited_and_skipped() -> None:
    class Open(Chat):
        skip_before_action("authenticate", "not_too_long")

    async def talk(talk: Talk) -> list[Any]:
        return [await talk.read(), await talk.ask("abcd")]

    assert converse(RailsApplication([("/chat", Open)]), "/chat", talk) == ["hello", "abcd"]
    assert "authenticate" not in TRAIL


def test_name_that_is_no_event_is_an_error_at_start_up() -> None:
    class Wrong(WebSocketController):
        @before_action(only="on_mesage")
        def check(self) -> None: ...

    with pytest.raises(CallbackActionError, match="Did you mean 'on_message'"):
        RailsApplication([("/chat", Wrong)])

    class Needing(WebSocketController):
        def open(self, id: int) -> None: ...

    with pytest.raises(SignatureError, match=r"open\(id\) needs 'id', which the path does not have"):
        RailsApplication([("/chat", Needing)])


class Rescuing(WebSocketController):
    def open(self) -> None:
        if self.get_argument("fail", ""):
            raise ValueError("at open")

    @before_action
    def early(self) -> None:
        if self.get_argument("early", ""):
            raise ValueError("before")

    @after_action(only="on_message")
    def late(self) -> None:
        if self.message == "late":
            raise ValueError("after")

    async def on_message(self, message: str | bytes) -> Any:
        if message == "key":
            raise KeyError(message)
        if message == "value":
            raise ValueError(message)
        return message

    def on_close(self) -> None:
        raise ValueError("at close")

    @rescue_from(ValueError)
    def told(self, error: ValueError) -> dict[str, str]:
        TRAIL.append(str(error))
        return {"error": str(error)}


def test_exceptions_are_rescued_and_the_connection_stays() -> None:
    async def talk(talk: Talk) -> list[Any]:
        return [await talk.ask(message) for message in ("value", "text", "late")]

    answers = converse(RailsApplication([("/it", Rescuing)]), "/it", talk)
    assert answers == ['{"error":"value"}', "text", "late"]
    assert TRAIL == ["value", "after", "at close"]
    assert converse(RailsApplication([("/it", Rescuing)]), "/it?fail=1", listen) == '{"error":"at open"}'
    answer = fetch(RailsApplication([("/it", Rescuing)]), "/it?early=1")
    assert (answer.status, answer.body) == (403, '{"error":"before"}')


def test_exception_that_nothing_rescues_is_logged_and_drops_the_connection() -> None:
    with ExpectLog("tornado.application", "Uncaught exception"):
        assert converse(RailsApplication([("/it", Rescuing)]), "/it", lambda talk: talk.ask("key")) is None


def test_exception_of_on_close_is_logged() -> None:
    class Closing(WebSocketController):
        async def on_close(self) -> None:  # type: ignore[override]
            await asyncio.sleep(0)
            raise KeyError("closing")

    async def nothing(talk: Talk) -> None: ...

    with ExpectLog("tornado.application", "Uncaught exception"):
        converse(RailsApplication([("/it", Closing)]), "/it", nothing)


def test_route_that_is_no_url_spec_of_ours_has_callbacks_too() -> None:
    class Values(Chat):
        def open(self, *values: str) -> Any:
            return values[0]

    application = RailsApplication([Rule(PathMatches(r"/chat/(\w+)"), Values)])
    assert converse(application, "/chat/7?as=ada", listen) == "7"
    assert TRAIL[0] == "authenticate"


def test_handler_of_one_connection_is_freed() -> None:
    class Kept(WebSocketController):
        def on_message(self, message: str | bytes) -> Any:
            return sorted(set(vars(self)) & {"open", "on_message", "on_close"})

        def on_close(self) -> None:
            TRAIL.extend(sorted(set(vars(self)) & {"open", "on_message", "on_close"}))

    answer = converse(RailsApplication([("/it", Kept)]), "/it", lambda talk: talk.ask("x"))
    assert (answer, TRAIL) == ('["on_close","on_message","open"]', [])


def test_view_is_sent(tmp_path: Any) -> None:
    class ViewController(WebSocketController):
        def on_message(self, message: str | bytes) -> Any:
            return self.view_string("view/line", text=message)

    (tmp_path / "view").mkdir()
    (tmp_path / "view" / "line.html").write_text("<p>{{ text }}</p>", encoding="utf-8")
    application = RailsApplication(controllers=[ViewController], template_path=str(tmp_path))
    assert converse(application, "/view", lambda talk: talk.ask("<b>")) == "<p>&lt;b&gt;</p>"


def test_close_before_the_handshake_refuses_the_connection() -> None:
    class Closing(WebSocketController):
        @before_action
        def authenticate(self) -> None:
            self.close(4401, "no")

        def open(self) -> Any:
            return "secret"

    with pytest.raises(HTTPClientError) as caught:
        converse(RailsApplication([("/it", Closing)]), "/it", listen)
    assert caught.value.code == 403


@pytest.mark.parametrize("name", ["open", "on_message", "on_close"])
def test_method_that_is_a_generator_is_refused(name: str) -> None:
    async def method(self: Any, *args: Any) -> Any:
        yield

    method.__name__ = name
    controller = type("TickController", (WebSocketController,), {name: method})
    with pytest.raises(RailsError, match=f"TickController.*{name}.* generator"):
        RailsApplication([("/ticks", controller)])


def test_get_of_ones_own_may_answer_who_does_not_upgrade() -> None:
    class PageController(WebSocketController):
        async def get(self, *args: Any, **kwargs: Any) -> None:
            if self.request.headers.get("Upgrade", "") == "websocket":
                await super().get(*args, **kwargs)
            else:
                self.write("a page")

    answer = fetch(RailsApplication([("/it", PageController)]), "/it")
    assert (answer.status, answer.body) == (200, "a page")
