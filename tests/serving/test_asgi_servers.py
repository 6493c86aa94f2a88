"""`tornado_rails.run(asgi=...)`: the same start and stop with another server."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from tests.serving.processes import HANDSHAKE, TIMEOUT, refuses, running, wait_until
from tests.serving.support import ASGI_SERVERS, get

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
        server.let_go()
        assert client.answer().body == b"done"
        assert server.status() == 0
        assert refuses(port)
    assert server.notes == ["startup", "held begins", "held is done", "shutdown"]
    assert f"with {asgi}" in server.log


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
            assert other.answer().status == 403
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
@pytest.mark.parametrize("twice", [False, True])
def test_what_is_cut_is_said(notes: Path, asgi: str, twice: bool) -> None:
    with running(notes, asgi=asgi, shutdown_timeout=100 if twice else 1) as server, server.client() as client:
        client.send(get("/slow/100"))
        server.noted("slow begins")
        server.send_signal(signal.SIGTERM)
        if twice:
            server.logged("SIGTERM: stops")
            server.send_signal(signal.SIGTERM)
        assert server.status() == 1
    assert f"Cut {'at once' if twice else 'after 1 s'}: 1 x GET /slow/100" in server.log


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
