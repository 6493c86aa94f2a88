"""HTTP/2 by hypercorn, with a client that speaks it over a socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from tests.serving.conftest import Get
from tests.serving.handlers import SEEN
from tests.serving.support import TIMEOUT


class Client:
    """One connection, by prior knowledge."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.connection.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.connection.data_to_send())

    def events(self) -> Iterator[Any]:
        while data := self.socket.recv(65536):
            yield from self.connection.receive_data(data)
            self.flush()

    def start(self, *headers: tuple[str, str], body: bytes | None = None) -> int:
        stream: int = self.connection.get_next_available_stream_id()
        self.connection.send_headers(stream, headers, end_stream=body is None)
        if body is not None:
            self.connection.send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def answers(self, *streams: int) -> dict[int, tuple[dict[str, str], bytes]]:
        headers: dict[int, dict[str, str]] = {}
        bodies = dict.fromkeys(streams, b"")
        left = set(streams)
        for event in self.events():
            if isinstance(event, h2.events.ResponseReceived):
                headers[event.stream_id] = text_of(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                bodies[event.stream_id] += event.data
                self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                self.flush()
            elif isinstance(event, h2.events.StreamEnded):
                left.discard(event.stream_id)
            if not left:
                break
        return {stream: (headers[stream], bodies[stream]) for stream in streams}


def text_of(headers: Any) -> dict[str, str]:
    return dict(headers)


def pseudo(method: str, path: str) -> tuple[tuple[str, str], ...]:
    return (":method", method), (":path", path), (":scheme", "http"), (":authority", "example.test")


@pytest.fixture
def client(server_of: Get) -> Iterator[Client]:
    client = Client(server_of("hypercorn").port)
    yield client
    client.socket.close()


def test_request_by_http_2_is_as_any_other(client: Client) -> None:
    cookies = (("cookie", "a=1"), ("cookie", "b=2"))
    stream = client.start(*pseudo("POST", "/inspect/a%2Fb?x=1"), ("x-case", "h2"), *cookies, body=b"body")
    headers, body = client.answers(stream)[stream]
    assert (headers[":status"], headers["content-type"], body) == ("200", "text/html; charset=UTF-8", b"seen")
    seen = SEEN.pop("h2")[0]
    assert (seen["method"], seen["uri"], seen["version"]) == ("POST", "/inspect/a%2Fb?x=1", "HTTP/2")
    assert (seen["host"], seen["body"], seen["cookies"]) == ("example.test", b"body", {"a": "1", "b": "2"})


def test_requests_by_http_2_are_answered_as_they_are_done(client: Client) -> None:
    paths = ["/respond/later", "/sync", "/respond/flush", "/respond/big", "/respond/no_content", "/nowhere"]
    streams = {path: client.start(*pseudo("GET", path)) for path in paths}
    answers = client.answers(*streams.values())
    assert {path: answers[stream][0][":status"] for path, stream in streams.items()} == dict(
        zip(paths, ["200", "200", "200", "200", "204", "404"], strict=True)
    )
    assert answers[streams["/respond/flush"]][1] == b"part 0;part 1;part 2;"
    assert len(answers[streams["/respond/big"]][1]) == 1 << 20
    assert not {"connection", "transfer-encoding"} & set(answers[streams["/respond/flush"]][0])


def test_websocket_by_http_2(client: Client) -> None:
    for event in client.events():
        if isinstance(event, h2.events.RemoteSettingsChanged):
            break
    (method, path, scheme, authority), protocol = pseudo("CONNECT", "/socket/x"), (":protocol", "websocket")
    stream = client.connection.get_next_available_stream_id()
    client.connection.send_headers(
        stream,
        (method, protocol, path, scheme, authority, ("sec-websocket-version", "13"), ("x-case", "h2-ws")),
    )
    client.flush()
    received, status = b"", ""
    for event in client.events():
        if isinstance(event, h2.events.ResponseReceived):
            status = text_of(event.headers)[":status"]
            client.connection.send_data(stream, b"\x81\x86\x00\x00\x00\x00echo x")
            client.flush()
        elif isinstance(event, h2.events.DataReceived):
            received += event.data
            break
    assert (status, received) == ("200", b"\x81\x01x")
    assert ("open", ("x",), "GET", "/socket/x", "http", "HTTP/2") in SEEN["h2-ws"]
