"""What goes wrong on the way: clients that vanish, that are slow, that send too much; handlers that fail midway."""

from __future__ import annotations

import itertools
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tornado.web

from tests.serving.conftest import Get
from tests.serving.handlers import SEEN, Handler, make_application
from tests.serving.support import ASGI_SERVERS, SERVERS, TIMEOUT, Answer, Client, Server, get, serving
from tornado_rails.serving.errors import UnsupportedError

_numbers = itertools.count()
every_server = pytest.mark.parametrize("name", SERVERS)
every_asgi_server = pytest.mark.parametrize("name", ASGI_SERVERS)


def new_case(name: str) -> str:
    return f"fault-{name}-{next(_numbers)}"


def wait_until(done: Callable[[], Any], seconds: float = TIMEOUT) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def still_answers(server: Server) -> bool:
    return server.ask(get("/sync")).body == b"sync"


@every_server
@pytest.mark.parametrize("reset", [False, True])
def test_client_that_vanishes_while_the_handler_works_is_told_to_it(server_of: Get, name: str, reset: bool) -> None:
    server, case = server_of(name), new_case(name)
    client = Client(server.port)
    client.send(get("/wait", f"X-Case: {case}"))
    wait_until(lambda: "waits" in SEEN[case])
    client.close(reset)
    wait_until(lambda: "StreamClosedError" in SEEN[case])
    assert SEEN[case][:3] == ["waits", "closed", "StreamClosedError"]
    assert still_answers(server)


@every_server
def test_client_that_vanishes_mid_response_ends_the_writing(server_of: Get, name: str) -> None:
    server, case = server_of(name), new_case(name)
    client = Client(server.port)
    client.send(get("/endless", f"X-Case: {case}"))
    assert client.socket.recv(1000)
    client.close(reset=True)
    wait_until(lambda: "StreamClosedError" in SEEN[case])
    assert still_answers(server)


@every_server
@pytest.mark.parametrize("path", ["/sync", "/upload"])
def test_client_that_vanishes_mid_body_runs_no_method(server_of: Get, name: str, path: str) -> None:
    server, case = server_of(name), new_case(name)
    client = Client(server.port)
    client.send(get(path, f"X-Case: {case}", "Content-Length: 1000", method="POST") + b"x" * 400)
    time.sleep(0.2)
    client.close()
    if path == "/upload":
        wait_until(lambda: "closed" in SEEN[case])
    time.sleep(0.1)
    assert SEEN[case] == (["closed"] if path == "/upload" else [])
    assert still_answers(server)


HANDSHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Key: {'a' * 22}==",
)


@every_server
@pytest.mark.parametrize("reset", [False, True])
def test_client_that_vanishes_mid_handshake_is_let_go(server_of: Get, name: str, reset: bool) -> None:
    server = server_of(name)
    client = Client(server.port)
    client.send(get("/socket/a", *HANDSHAKE)[:-10])
    time.sleep(0.05)
    client.close(reset)
    assert still_answers(server)


@every_server
@pytest.mark.parametrize("reset", [False, True])
def test_client_that_vanishes_before_the_upgrade_is_let_go(server_of: Get, name: str, reset: bool) -> None:
    server, case = server_of(name), new_case(name)
    client = Client(server.port)
    client.send(get("/socket/a", f"X-Case: {case}", "X-Slow: 1", *HANDSHAKE))
    wait_until(lambda: "prepares" in SEEN[case])
    client.close(reset)
    wait_until(lambda: "prepared" in SEEN[case])
    assert still_answers(server)
    assert not any(isinstance(each, tuple) and each[0] == "message" for each in SEEN[case])


@every_server
def test_slow_upload_is_taken_part_by_part(server_of: Get, name: str) -> None:
    server = server_of(name)
    with Client(server.port) as client:
        client.send(get("/upload", "Content-Length: 50", method="POST"))
        for _ in range(10):
            time.sleep(0.02)
            client.send(b"12345")
        assert client.answer().body == b"50"


@every_server
def test_slow_handler_holds_back_the_upload(server_of: Get, name: str) -> None:
    server = server_of(name)
    sent = 0
    with Client(server.port) as client:
        client.send(get("/upload", "Content-Length: 40000000", "X-Limit: 100000000", "X-Pause: 5", method="POST"))
        client.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while sent < 40_000_000:
                sent += client.socket.send(b"x" * 65536)
    assert sent < 20_000_000


@every_server
@pytest.mark.parametrize("path", ["/sync", "/upload"])
@pytest.mark.parametrize("chunked", [False, True])
def test_body_over_the_limit_is_answered_400(server_of: Get, name: str, path: str, chunked: bool) -> None:
    server = server_of(name)
    with Client(server.port) as client:
        if chunked:
            client.send(get(path, "Transfer-Encoding: chunked", method="POST"))
            try:
                for _ in range(80):
                    client.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            except OSError:
                return  # closed, with the answer lost in it
        else:
            client.send(get(path, "Content-Length: 4000001", method="POST"))
        try:
            answer = client.answer()
        except OSError:
            return
    assert answer.status == 400


@every_server
def test_limit_of_a_handler_is_answered_400(server_of: Get, name: str) -> None:
    answer = server_of(name).ask(get("/upload", "X-Limit: 10", "Content-Length: 11", method="POST"))
    assert (answer.status, answer.body) == (400, b"")


@every_asgi_server
def test_body_that_comes_too_late_is_answered_408(server_of: Get, name: str) -> None:
    answer = server_of(name).ask(get("/upload", "X-Timeout: 1", "Content-Length: 11", method="POST"))
    assert answer.status == 408


@every_server
@pytest.mark.parametrize("header", ["X-Refuse: 1", "X-Early: 1"])
def test_answer_before_the_end_of_the_body(server_of: Get, name: str, header: str) -> None:
    server = server_of(name)
    with Client(server.port) as client:
        client.send(get("/upload", header, "Content-Length: 100000", method="POST") + b"x" * 70000)
        answer = client.answer()
    assert (answer.status, answer.body) in [(403, b"refused"), (413, b"early")]
    assert still_answers(server)


@every_asgi_server
def test_error_in_data_received_cuts_or_answers_500(server_of: Get, name: str) -> None:
    server, case = server_of(name), new_case(name)
    answer = server.ask(get("/upload", "X-Raise: 1", f"X-Case: {case}", method="POST", body=b"x"))
    assert answer.status == 500
    assert still_answers(server)


@every_asgi_server
def test_error_in_initialize_is_a_500(server_of: Get, name: str) -> None:
    assert server_of(name).ask(get("/broken")).status == 500


@every_server
@pytest.mark.parametrize("case", ["error_after_length", "too_long"])
def test_response_that_breaks_its_promise_is_cut(server_of: Get, name: str, case: str) -> None:
    server = server_of(name)
    with Client(server.port) as client:
        client.send(get(f"/respond/{case}", "Connection: close"))
        raw = client.rest()
    assert b"\r\n\r\n" not in raw or len(raw.split(b"\r\n\r\n", 1)[1]) < 100
    assert b"500" not in raw.split(b"\r\n", 1)[0] or case == "too_long"
    assert still_answers(server)


@every_server
def test_header_with_a_line_break_is_not_sent(server_of: Get, name: str) -> None:
    with Client(server_of(name).port) as client:
        client.send(get("/respond/bad_header_inside", "Connection: close"))
        assert b"Set-Cookie" not in client.rest()


@every_asgi_server
def test_detach_says_what_to_use(server_of: Get, name: str) -> None:
    server, case = server_of(name), new_case(name)
    client = Client(server.port)
    client.send(get("/respond/detach", f"X-Case: {case}"))
    wait_until(lambda: ("exception", "UnsupportedError") in SEEN[case])
    client.close()


def test_what_is_unsupported_says_what_to_use() -> None:
    error = UnsupportedError("detach()", "Serve this handler with Tornado's HTTPServer.")
    assert str(error) == "detach() is not possible under ASGI. Serve this handler with Tornado's HTTPServer."
    assert (error.what, error.instead) == ("detach()", "Serve this handler with Tornado's HTTPServer.")


class Certificate(Handler):
    def get(self) -> None:
        try:
            self.request.get_ssl_certificate()
        except UnsupportedError as error:
            self.write(str(error))


@every_asgi_server
def test_client_certificate_says_what_to_use(name: str) -> None:
    with serving(name, tornado.web.Application([("/", Certificate)])) as server:
        assert server.ask(get("/")).body.decode() == (
            "The connection's stream (and so get_ssl_certificate) is not possible under ASGI. For a client certificate "
            "see request.connection.scope['extensions'], or let the proxy that ends TLS send it in a header; for the "
            "rest serve this handler with Tornado's HTTPServer."
        )


def resident() -> int:
    """Megabytes that this process has."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads /proc")
@every_server
def test_slow_reader_bounds_the_memory(server_of: Get, name: str) -> None:
    server, case = server_of(name), new_case(name)
    before, most, megabytes = resident(), 0, 500
    with Client(server.port, receive_buffer=65536) as client:
        client.send(get(f"/flood/{megabytes}", f"X-Case: {case}", "Connection: close"))
        held: list[Any] = []
        while not held or len(held) < len(SEEN[case]):  # until it goes no further
            held = list(SEEN[case])
            time.sleep(0.5)
        most = resident()
        total = 0
        while part := client.socket.recv(1 << 20):
            total += len(part)
            if total % 50 == 0:
                most = max(most, resident())
    assert total >= megabytes << 20
    assert max(held) < 400  # a part of a quarter megabyte each: what waits is far from all of it
    assert most - before < 60


MALFORMED = {
    "no request": b"nonsense\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "no host": b"GET /sync HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /sync HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "bad host": b"GET /sync HTTP/1.1\r\nHost: a/b\\c\r\n\r\n",
    "header without a colon": b"GET /sync HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n",
    "header name with a space": b"GET /sync HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n",
    "control character": b"GET /sync HTTP/1.1\r\nHost: a\r\nX-Y: a\x00b\r\n\r\n",
    "negative length": b"POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "length that is no number": b"POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
    "two lengths": b"POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "bad chunk": b"POST /sync HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
    "bad escape in the query": b"GET /inspect?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    "bad utf-8 in the path": b"GET /inspect/%ff%fe HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw byte in the path": b"GET /inspect/\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "many fields": b"GET /inspect?" + b"&".join([b"a=1"] * 5000) + b" HTTP/1.1\r\nHost: a\r\n\r\n",
}


@every_server
@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_request_is_answered_or_closed(server_of: Get, name: str, case: str) -> None:
    server = server_of(name)
    with Client(server.port) as client:
        client.socket.settimeout(5)
        client.send(MALFORMED[case])
        try:
            first = client.socket.recv(65536).split(b"\r\n", 1)[0]
        except TimeoutError:
            pytest.fail("it hangs")
        except OSError:
            first = b""
    assert not first or b" 500 " not in first
    assert still_answers(server)


@every_asgi_server
def test_many_requests_at_once_are_answered_once_each(name: str) -> None:
    class Echo(tornado.web.RequestHandler):
        async def get(self, number: str) -> None:
            if int(number) % 3 == 0:
                self.flush()
            if int(number) % 2:
                await tornado.gen.sleep(0.01)
            self.finish(number)

    with serving(name, tornado.web.Application([(r"/(\d+)", Echo)])) as server:
        answers: dict[int, Answer] = {}

        def ask(first: int) -> None:
            with Client(server.port) as client:
                for number in range(first, first + 25):
                    client.send(get(f"/{number}"))
                    answers[number] = client.answer()

        threads = [threading.Thread(target=ask, args=(first,)) for first in range(0, 500, 25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert {number: answer.body for number, answer in answers.items()} == {
            number: str(number).encode() for number in range(500)
        }


@every_server
def test_debug_settings_are_served_too(name: str) -> None:
    application = make_application(compiled_template_cache=False, static_hash_cache=False, serve_traceback=True)
    with serving(name, application) as server:
        assert server.ask(get("/sync")).body == b"sync"
        assert server.ask(get("/sync", method="POST", body=b"abc")).body == b"abc"
        assert server.ask(get("/respond/flush")).body == b"part 0;part 1;part 2;"
        assert b"before the headers" in server.ask(get("/respond/error")).body
