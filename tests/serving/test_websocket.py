"""WebSockets: each conversation once under Tornado's own server, and once under each ASGI server."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.serving.conftest import Get
from tests.serving.handlers import SEEN
from tests.serving.support import ASGI_SERVERS, SERVERS, TIMEOUT, Client, Server, get
from tornado_rails.serving.asgi_websocket import CLOSE_TIMEOUT

_numbers = itertools.count()
Talk = Callable[[WebSocketClientConnection], Awaitable[Any]]
every_server = pytest.mark.parametrize("name", SERVERS)
every_asgi_server = pytest.mark.parametrize("name", ASGI_SERVERS)


def converse(
    server: Server, talk: Talk, path: str = "/socket", headers: dict[str, str] | None = None, **options: Any
) -> tuple[Any, list[Any]]:
    """What is said, and what the handler saw until it was closed."""
    case = f"ws-{server.name}-{next(_numbers)}"

    async def run() -> Any:
        url = f"ws://127.0.0.1:{server.port}{path}"
        request = HTTPRequest(url, headers={**(headers or {}), "X-Case": case}, connect_timeout=10)
        try:
            connection = await websocket_connect(request, **options)
        except HTTPClientError as error:
            return "refused", error.code
        protocol: Any = connection.protocol
        try:
            return await talk(connection)
        finally:
            connection.close()
            while not protocol.stream.closed():
                await asyncio.sleep(0.005)

    said = asyncio.run(asyncio.wait_for(run(), TIMEOUT))
    deadline = time.monotonic() + TIMEOUT
    while not any(each[0] == "close" or each == ("exception", "RuntimeError") for each in SEEN[case]):
        assert time.monotonic() < deadline or (said and said[0] == "refused"), SEEN[case]
        if said and said[0] == "refused":
            break
        time.sleep(0.01)
    server.call(asyncio.sleep, 0)  # what else the handler sees of the close, it sees in the same turn of its loop
    return said, SEEN.pop(case, [])


def says(*messages: str | bytes, answers: int | None = None) -> Talk:
    """Sends all, and reads as many answers."""

    async def talk(connection: WebSocketClientConnection) -> list[Any]:
        for message in messages:
            await connection.write_message(message, binary=isinstance(message, bytes))
        said: list[Any] = [
            await connection.read_message() for _ in range(len(messages) if answers is None else answers)
        ]
        connection.close(1000, "done")
        return said

    return talk


def until_closed(*messages: str | bytes) -> Talk:
    """Sends all, and reads until the server closes."""

    async def talk(connection: WebSocketClientConnection) -> list[Any]:
        for message in messages:
            await connection.write_message(message)
        said: list[Any] = []
        while (received := await connection.read_message()) is not None:
            said.append(received)
        return [*said, connection.close_code, connection.close_reason]

    return talk


async def leaves_with_a_code(connection: WebSocketClientConnection) -> list[Any]:
    connection.close(4001, "b\u00e9cause")
    return [await connection.read_message()]


CASES: dict[str, tuple[Talk, dict[str, Any]]] = {
    "echo": (says("echo one", "echo two \u00e9\u2028"), {}),
    "binary": (says(b"abc", b"\xff\x00"), {}),
    "json": (says("json x"), {}),
    "arguments": (says("echo x"), {"path": "/socket/a%2Fb?q=1"}),
    "sync handler": (says("a", b"b", answers=3), {"path": "/sync_socket"}),
    "one message at a time": (says("slow 1", "slow 2", "echo 3"), {}),
    "a greeting": (says("echo x", answers=2), {"headers": {"X-Greet": "1"}}),
    "many": (says("many 500", answers=500), {}),
    "many that are awaited": (says("awaited 30", answers=30), {}),
    "a burst": (says(*[f"echo {number}" for number in range(300)]), {}),
    "an empty message": (says("echo "), {}),
    "just as big as may be": (says("size " + "x" * 299_995), {}),
    "http methods are gone": (says("finish"), {}),
    "a subprotocol": (says("echo x"), {"path": "/chosen", "subprotocols": ["a", "b"]}),
    "no subprotocol": (says("echo x"), {"subprotocols": ["a", "b"]}),
    "the server closes": (until_closed("close 4002 reason"), {}),
    "the server closes with a code": (until_closed("close 4003"), {}),
    "compression offered": (says("echo " + "x" * 1000), {"compression_options": {}}),
}


@pytest.fixture(scope="module")
def expected(server_of: Get) -> dict[str, Any]:
    """What Tornado's own server makes of each conversation."""
    return {case: converse(server_of("tornado"), talk, **options) for case, (talk, options) in CASES.items()}


@every_asgi_server
@pytest.mark.parametrize("case", CASES)
def test_a_conversation_under_asgi_is_as_under_tornado(
    server_of: Get, expected: dict[str, Any], name: str, case: str
) -> None:
    talk, options = CASES[case]
    said, seen = converse(server_of(name), talk, **options)
    wanted_said, wanted_seen = expected[case]
    assert said == wanted_said
    assert seen == [as_told(name, each) for each in wanted_seen]


def as_told(name: str, seen: Any) -> Any:
    """What a server tells of the client's close: hypercorn neither code nor reason, granian no reason."""
    if seen[0] == "close" and seen[2] is not None:
        return (
            "close",
            None if name == "hypercorn" else seen[1],
            None if name in ("hypercorn", "granian") else seen[2],
        )
    return seen


@every_server
def test_code_and_reason_of_the_client(server_of: Get, name: str) -> None:
    _said, seen = converse(server_of(name), leaves_with_a_code)
    assert as_told(name, ("close", 4001, "b\u00e9cause")) in seen
    assert "closed for writing" in seen


@every_server
def test_close_without_a_code(server_of: Get, name: str) -> None:
    said, seen = converse(server_of(name), until_closed("close "))
    assert said == [None if name == "tornado" else 1000, None]
    assert ("close", None, None) in seen


@every_server
def test_close_while_no_message_comes(server_of: Get, name: str) -> None:
    async def talk(connection: WebSocketClientConnection) -> Any:
        await connection.write_message("later")
        while await connection.read_message() is not None:
            pass  # what open() has sent
        return connection.close_code, connection.close_reason

    began = time.monotonic()
    assert converse(server_of(name), talk)[0] == (4001, "from elsewhere")
    assert time.monotonic() - began < CLOSE_TIMEOUT


@every_server
def test_message_that_is_too_big_closes(server_of: Get, name: str) -> None:
    said, _seen = converse(server_of(name), until_closed("size " + "x" * 299_996))
    assert said[0] == 1009
    said, _seen = converse(server_of(name), until_closed("size " + "\u00e9" * 149_998))
    assert said[0] == 1009


@every_asgi_server
@pytest.mark.parametrize("headers", [{}, {"X-Fail": "1"}])
def test_error_in_the_handler_closes(server_of: Get, name: str, headers: dict[str, str]) -> None:
    said, seen = converse(server_of(name), until_closed("fail" if not headers else "echo x"), headers=headers)
    assert said == [1011, None]  # Tornado's own drops the connection
    assert ("exception", "RuntimeError") in seen
    # As Tornado has it, a WebSocket that did not open is not closed.
    assert (("close", None, None) in seen) == (not headers)


@every_server
def test_ping_is_no_error(server_of: Get, name: str) -> None:
    assert converse(server_of(name), says("ping"))[0] == ["pinged"]


@every_server
def test_pings_of_the_client_are_answered(server_of: Get, name: str) -> None:
    async def talk(connection: WebSocketClientConnection) -> list[Any]:
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        connection.on_pong = answered.set_result  # type: ignore[method-assign,assignment]
        connection.ping(b"are you there")
        return [await answered]

    assert converse(server_of(name), talk)[0] == [b"are you there"]


def handshake(path: str, *headers: str) -> bytes:
    return get(
        path,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *headers,
    )


def first_lines(server: Server, request: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    with Client(server.port) as client:
        client.send(request)
        answer = client.answer()
    return answer.status, answer.headers, answer.body


@every_server
def test_headers_of_an_accepted_handshake(server_of: Get, name: str) -> None:
    status, headers, _body = first_lines(server_of(name), handshake("/socket", "Origin: http://friend.test"))
    assert status == 101
    names = [each for each, _value in headers]
    if name != "granian":  # which sends none of an application's own
        assert ("x-default", "yes") in headers
        assert ("set-cookie", "session=1; Path=/") in headers
    assert ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") in headers
    assert names.count("upgrade") == names.count("connection") == names.count("sec-websocket-accept") == 1
    assert "content-type" not in names


REFUSED = {
    "origin": (handshake("/socket", "Origin: http://stranger.test"), 403, b"Cross origin websockets not allowed"),
    "prepare": (handshake("/socket", "X-Refuse: 1"), 401, b"not you"),
    "wrong subprotocol": (handshake("/wrong", "Sec-WebSocket-Protocol: a, b"), 500, None),
    "no such route": (handshake("/nowhere"), 404, None),
    "a plain handler": (handshake("/sync"), 200, b"sync"),
}


@every_server
@pytest.mark.parametrize("case", REFUSED)
def test_refused_handshake_is_answered(server_of: Get, name: str, case: str) -> None:
    request, status, body = REFUSED[case]
    got, headers, got_body = first_lines(server_of(name), request)
    assert got == status
    assert body is None or got_body == body
    if case == "prepare":
        assert ("www-authenticate", "Basic") in headers


@every_server
def test_request_that_is_no_handshake_is_answered_400(server_of: Get, name: str) -> None:
    assert first_lines(server_of(name), get("/socket"))[::2] == (400, b'Can "Upgrade" only to "WebSocket".')


@every_server
@pytest.mark.parametrize("reset", [False, True])
def test_client_that_vanishes_closes(server_of: Get, name: str, reset: bool) -> None:
    server, case = server_of(name), f"ws-{name}-{next(_numbers)}"
    client = Client(server.port)
    client.send(handshake("/socket", f"X-Case: {case}"))
    assert b"101" in client.socket.recv(65536)
    client.close(reset)
    deadline = time.monotonic() + TIMEOUT
    while ("close", None, None) not in SEEN[case]:
        assert time.monotonic() < deadline, SEEN[case]
        time.sleep(0.01)


@every_server
def test_client_that_vanishes_while_it_is_written_to(server_of: Get, name: str) -> None:
    server, case = server_of(name), f"ws-{name}-{next(_numbers)}"
    client = Client(server.port)
    client.send(handshake("/socket", f"X-Case: {case}"))
    assert b"101" in client.socket.recv(65536)
    client.send(b"\x81\x85\x00\x00\x00\x00flood")
    assert client.socket.recv(1)
    client.close(reset=True)
    deadline = time.monotonic() + TIMEOUT
    while not {"WebSocketClosedError", ("close", None, None)} <= set(map(_hashable, SEEN[case])):
        assert time.monotonic() < deadline, SEEN[case]
        time.sleep(0.01)


def _hashable(seen: Any) -> Any:
    return seen if not isinstance(seen, tuple) else tuple(map(str, seen)) if "offered" in seen else seen
