"""`tornado_rails.run(asgi=...)`: the same start and stop with another server."""

from __future__ import annotations

import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.serving.processes import HANDSHAKE, TIMEOUT, refuses, running, wait_until
from tests.serving.support import ASGI_SERVERS, Client, get

every_server = pytest.mark.parametrize("asgi", ASGI_SERVERS)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@every_server
def test_served_and_stopped(notes: Path, asgi: str) -> None:
    with running(notes, asgi=asgi, health=True) as server, server.client() as client:
        assert server.ask("/").body == str(server.process.pid).encode()
        assert (server.ask("/healthz").body, server.ask("/readyz").body) == (b"ok\n", b"ready\n")
        port = server.port
        client.send(get("/held"))
        server.noted("held begins")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        wait_until(lambda: refuses(port))
        server.let_go()
        answer = client.answer()
        assert (answer.body, answer.header("connection")) == (b"done", ["close"])
        assert server.status() == 0
    assert server.notes == ["startup", "held begins", "held is done", "shutdown"]
    assert f"with {asgi}" in server.log


@every_server
def test_request_whose_client_has_gone_is_not_cut(notes: Path, asgi: str) -> None:
    with running(notes, asgi=asgi) as server:
        port = server.port
        with server.client() as client:
            client.send(get("/held"))
            server.noted("held begins")
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(port))
        time.sleep(0.3)
        assert "shutdown" not in server.notes
        server.let_go()
        assert server.status() == 0
    assert server.notes == ["startup", "held begins", "held is done", "shutdown"]


@every_server
def test_cut_is_of_the_time_that_is_said_where_the_client_has_gone(notes: Path, asgi: str) -> None:
    with running(notes, asgi=asgi, shutdown_timeout=0.7) as server:
        with server.client() as client:
            client.send(get("/slow/100"))
            server.noted("slow begins")
        begun = time.monotonic()
        assert server.stop() == 1
        assert time.monotonic() - begun > 0.7
    assert "Cut after 0.7 s: 1 x GET /slow/100 (Slow#get)" in server.log
    assert server.notes == ["startup", "slow begins", "shutdown"]


@pytest.mark.parametrize("asgi", ["uvicorn", "hypercorn"])
def test_connection_in_use_is_answered_while_it_stops(asgi: str) -> None:
    with running(asgi=asgi) as server, server.client() as client, server.client() as idle:
        port = server.port
        for each in (client, idle):
            each.send(get("/"))
            assert each.answer().header("connection") == []
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(port))
        client.send(get("/"))
        assert client.answer().header("connection") == ["close"]
        assert idle.socket.recv(1) == b""
        assert server.status() == 0


@pytest.mark.parametrize(
    ("asgi", "options"),
    [
        ("uvicorn", {"timeout_keep_alive": 1}),
        ("hypercorn", {"keep_alive_timeout": 1}),
        ("granian", {"http1_settings": {"keep_alive": False}}),
    ],
)
def test_options_of_the_server_are_its_own(asgi: str, options: dict[str, Any]) -> None:
    with running(asgi=asgi, asgi_options=options) as server, server.client() as client:
        client.send(get("/"))
        assert client.answer().status == 200
        begun = time.monotonic()
        assert client.socket.recv(1) == b""
        assert time.monotonic() - begun < 4  # by default it is 5 seconds, or more
        assert server.stop() == 0


@every_server
def test_half_a_header_is_not_waited_for(asgi: str) -> None:
    with running(asgi=asgi, shutdown_timeout=2 * TIMEOUT) as server, server.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHos")
        assert server.ask("/").status == 200
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 20  # granian's own limit for headers is 30


@every_server
def test_response_is_waited_for_that_is_on_its_way(notes: Path, asgi: str) -> None:
    with running(notes, asgi=asgi) as server, Client(server.port, receive_buffer=10_000) as client:
        client.send(get("/big"))
        server.noted("big begins")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        time.sleep(2)
        assert len(client.answer().body) == 20_000_000
        assert server.status() == 0


@every_server
def test_readiness_turns_before_it_stops(asgi: str) -> None:
    with running(asgi=asgi, health=True, shutdown_delay=TIMEOUT) as server:
        assert server.ask("/readyz").status == 200
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        assert (server.ask("/readyz").status, server.ask("/").status) == (503, 200)
        assert server.stop() == 0  # the second signal ends the delay


@every_server
def test_too_much_is_refused(notes: Path, asgi: str) -> None:
    with running(notes, asgi=asgi, max_active_requests=1, max_websockets=1, retry_after=3) as server:
        with server.client() as one, server.client() as other:
            one.send(HANDSHAKE)
            assert one.socket.recv(12) == b"HTTP/1.1 101"
            other.send(HANDSHAKE)
            answer = other.answer()
            assert (answer.status, answer.header("retry-after")) == (503, ["3"])
        with server.client() as client:
            client.send(get("/slow/100"))
            server.noted("slow begins")
            answer = server.ask("/")
            assert (answer.status, answer.header("retry-after")) == (503, ["3"])
            for _ in range(2):
                server.send_signal(signal.SIGTERM)
                server.logged("SIGTERM: stops")
            assert server.status() == 1


@every_server
def test_websockets_are_closed_with_1001(notes: Path, asgi: str) -> None:
    with running(notes, asgi=asgi) as server, server.client() as client, server.client() as late:
        client.send(HANDSHAKE)
        assert client.socket.recv(12) == b"HTTP/1.1 101"
        server.send_signal(signal.SIGTERM)
        came = b""
        while b"\x03\xe9the server stops" not in came:
            part = client.socket.recv(4096)
            assert part
            came += part
        late.send(HANDSHAKE)
        assert late.answer().status == 503
        client.send(b"\x88\x82" + bytes(4) + b"\x03\xe9")
        assert server.status() == 0
    assert server.notes == ["startup", "closed 1001", "shutdown"]


WITHOUT_UVLOOP = "import sys; sys.modules['uvloop'] = None"


@every_server
@pytest.mark.parametrize("before", ["", WITHOUT_UVLOOP], ids=["uvloop", "asyncio"])
@pytest.mark.parametrize("twice", [False, True])
def test_what_is_cut_is_said(notes: Path, asgi: str, twice: bool, before: str) -> None:
    timeout = 100 if twice else 1
    with running(notes, asgi=asgi, shutdown_timeout=timeout, before=before) as server, server.client() as client:
        client.send(get("/slow/100"))
        server.noted("slow begins")
        server.send_signal(signal.SIGTERM)
        if twice:
            server.logged("SIGTERM: stops")
            server.send_signal(signal.SIGTERM)
        assert server.status() == 1
    assert f"Cut {'at once' if twice else 'after 1 s'}: 1 x GET /slow/100 (Slow#get)" in server.log
    assert server.notes == ["startup", "slow begins", "shutdown"]


@every_server
@pytest.mark.parametrize(("application", "status"), [("failing_start", 3), ("failing_end", 1)])
def test_exit_status_says_what_failed(asgi: str, application: str, status: int) -> None:
    with running(application=f"tests.serving.served:{application}", asgi=asgi) as server:
        if status == 1:
            assert server.ask("/").status == 200
            server.send_signal(signal.SIGTERM)
        assert server.status() == status
    assert "RuntimeError: no database" in server.log


@every_server
def test_workers_are_replaced(notes: Path, asgi: str) -> None:
    with running(notes, asgi=asgi, workers=2) as server:
        before = int(server.ask("/").body)
        wait_until(lambda: server.notes.count("startup") == 2)
        server.send_signal(signal.SIGHUP)
        wait_until(lambda: server.notes.count("shutdown") == 2)
        assert int(server.ask("/").body) != before
        assert server.stop() == 0


@every_server
def test_unix_socket(tmp_path: Path, asgi: str) -> None:
    path = tmp_path / "app.sock"
    with running(asgi=asgi, unix_socket=str(path)) as server:
        server.logged("Serves unix:")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(get("/", "Connection: close"))
            assert client.recv(12) == b"HTTP/1.1 200"
        assert server.stop() == 0


@pytest.mark.parametrize(
    "order",
    [
        ["uvicorn", "tests.serving.shop:app.asgi", "--uds", "{path}"],
        ["hypercorn", "tests.serving.shop:app.asgi", "--bind", "unix:{path}"],
        ["granian", "tests.serving.shop:app.asgi", "--interface", "asgi", "--uds", "{path}"],
    ],
    ids=lambda order: order[0],
)
def test_commands_of_the_servers_take_an_applications_asgi(tmp_path: Path, order: list[str]) -> None:
    path = tmp_path / "shop.sock"
    command = [sys.executable, "-m", *(each.format(path=path) for each in order)]
    with running(command=command) as server, socket.socket(socket.AF_UNIX) as client:

        def connects() -> bool:
            try:
                client.connect(str(path))
            except OSError:
                return False
            return True

        wait_until(connects, lambda: server.log)
        client.sendall(get("/length", "Connection: close", method="POST", body=b"x" * 7))
        came = b""
        while part := client.recv(4096):
            came += part
        assert came.startswith(b"HTTP/1.1 200")
        assert came.split(b"\r\n\r\n", 1)[1].startswith(b"7")
        server.send_signal(signal.SIGTERM)
        server.status()
