"""`tornado_rails.run` in one process: start, what is answered, stop."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tornado_rails
from tests.ports import kept_port
from tests.serving.processes import HANDSHAKE, TIMEOUT, closed_by_server, refuses, running, wait_until
from tests.serving.support import Client, get


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def test_run_is_a_public_name() -> None:
    from tornado_rails.serving import server

    assert tornado_rails.run is server.run
    with pytest.raises(AttributeError, match="module 'tornado_rails' has no attribute 'rum'"):
        tornado_rails.rum  # noqa: B018


def test_run_serves_until_it_is_told_to_stop(notes: Path) -> None:
    with running(notes) as server:
        answer = server.ask("/")
        assert (answer.status, answer.body) == (200, str(server.process.pid).encode())
        assert server.ask("/healthz").status == server.ask("/readyz").status == 404  # off by default
        port = server.port
        assert server.stop() == 0
        assert refuses(port)
    assert server.notes == ["startup", "shutdown"]
    assert "SIGTERM: stops" in server.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_stop_too(number: int) -> None:
    with running() as server:
        assert server.ask("/").status == 200
        assert server.stop(number) == 0


def test_running_requests_finish(notes: Path) -> None:
    with running(notes) as server, server.client() as slow, server.client() as streaming:
        streaming.send(get("/stream"))
        assert streaming.socket.recv(9) == b"HTTP/1.1 "
        slow.send(get("/held"))
        server.noted("held begins")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        server.let_go()
        answer = slow.answer()
        assert (answer.status, answer.body) == (200, b"done")
        assert answer.header("connection") == ["close"]
        assert streaming.rest().endswith(b"end\r\n0\r\n\r\n")
        assert server.status() == 0
    assert server.notes[-2:] == ["held is done", "shutdown"]


def test_connection_that_is_made_already_has_its_answer(notes: Path) -> None:
    with running(notes) as server:
        server.ask("/")
        with server.client() as slow, server.client() as fresh, server.client() as kept:
            kept.send(get("/"))
            assert kept.answer().header("connection") == []
            slow.send(get("/held"))
            server.noted("held begins")
            server.send_signal(signal.SIGTERM)
            server.logged("SIGTERM: stops")
            for client in (fresh, kept):
                client.send(get("/"))
                answer = client.answer()
                assert (answer.status, answer.header("connection")) == (200, ["close"])
            server.let_go()
            assert slow.answer().body == b"done"
            assert server.status() == 0


def test_connection_that_says_nothing_is_closed() -> None:
    with running(shutdown_timeout=50) as server, server.client() as silent:
        server.ask("/")
        server.send_signal(signal.SIGTERM)
        assert closed_by_server(silent)
        assert server.status() == 0


def test_response_that_is_sent_slowly_is_sent_whole(notes: Path) -> None:
    with running(notes) as server, Client(server.port, receive_buffer=65536) as client:
        client.socket.settimeout(TIMEOUT)
        client.send(get("/big"))
        server.noted("big begins")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        assert len(client.answer().body) == 20_000_000
        assert server.status() == 0


def test_response_that_nobody_reads_is_cut(notes: Path) -> None:
    with running(notes, shutdown_timeout=0.3) as server, Client(server.port, receive_buffer=65536) as client:
        client.send(get("/big"))
        server.noted("big begins")
        assert client.socket.recv(1)
        assert server.stop() == 1
    assert "Cut after 0.3 s: 1 x a response on its way" in server.log


def test_what_has_to_be_cut_is_logged_by_route(notes: Path) -> None:
    with running(notes, shutdown_timeout=0.3) as server, server.client() as one, server.client() as other:
        for client in (one, other):
            client.send(get("/slow/100"))
        wait_until(lambda: server.notes.count("slow begins") == 2)
        assert server.stop() == 1
        assert closed_by_server(one)
    assert "Cut after 0.3 s: 2 x GET /slow/100 (Slow#get)" in server.log
    assert server.notes[-1] == "shutdown"


def test_second_signal_stops_at_once(notes: Path) -> None:
    with running(notes) as server, server.client() as client:
        client.send(get("/slow/100"))
        server.noted("slow begins")
        server.send_signal(signal.SIGINT)
        server.logged("SIGINT: stops")
        assert server.stop(signal.SIGINT) == 1
    assert "SIGINT again: stops at once" in server.log
    assert "Cut at once: 1 x GET /slow/100 (Slow#get)" in server.log


every_server = pytest.mark.parametrize("asgi", [None, "uvicorn", "hypercorn", "granian"])


@every_server
@pytest.mark.parametrize("workers", [1, 2])
def test_start_that_hangs_is_cut_by_a_second_signal(notes: Path, workers: int, asgi: str | None) -> None:
    with running(notes, application="tests.serving.served:hanging_start", workers=workers, asgi=asgi) as server:
        wait_until(lambda: server.notes.count("hangs") == workers)
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        assert server.stop() == 3
    assert "Cut at once: 1 x on_startup" in server.log
    assert "killed" not in server.log


@every_server
def test_end_that_hangs_is_cut_by_a_second_signal(notes: Path, asgi: str | None) -> None:
    with running(notes, application="tests.serving.served:hanging_end", asgi=asgi) as server:
        server.ask("/")
        server.send_signal(signal.SIGTERM)
        server.noted("hangs")
        assert server.stop() == 1
    assert "Cut at once: 1 x on_shutdown" in server.log


@every_server
@pytest.mark.parametrize("part", ["start", "end"])
def test_hook_that_hangs_is_cut_when_the_time_is_over(notes: Path, asgi: str | None, part: str) -> None:
    before = "import tornado_rails.serving.process as process; process.LEAST = 0.2"
    application = f"tests.serving.served:hanging_{part}"
    with running(notes, application=application, asgi=asgi, shutdown_timeout=0.1, before=before) as server:
        if part == "start":
            server.noted("hangs")
        else:
            server.ask("/")
        assert server.stop() == (3 if part == "start" else 1)
    what = "on_startup" if part == "start" else "on_shutdown"
    assert f"Cut after 0.1 s: 1 x {what}" in server.log


def test_end_after_a_second_signal_has_a_moment(notes: Path) -> None:
    with running(notes) as server, server.client() as client:
        client.send(get("/slow/100"))
        server.noted("slow begins")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        assert server.stop() == 1
    assert server.notes[-1] == "shutdown"
    with running(notes, application="tests.serving.served:hanging_end", shutdown_delay=TIMEOUT) as server:
        server.ask("/")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        assert server.stop() == 1
    assert "hangs" in server.notes
    assert "Cut at once: 1 x on_shutdown" in server.log


def test_third_signal_ends_what_cannot_be_cut(notes: Path) -> None:
    with running(notes, application="tests.serving.served:hanging_thread") as server:
        server.ask("/")
        server.send_signal(signal.SIGTERM)
        server.noted("hangs")
        server.send_signal(signal.SIGTERM)
        server.logged("Cut at once: 1 x on_shutdown")
        assert server.stop() == -signal.SIGTERM


def test_handler_without_its_client_is_waited_for(notes: Path) -> None:
    with running(notes) as server:
        with server.client() as client:
            client.send(get("/held"))
            server.noted("held begins")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        server.let_go()
        assert server.status() == 0
    assert server.notes[-2:] == ["held is done", "shutdown"]


def test_websocket_is_closed_with_1001(notes: Path) -> None:
    with running(notes) as server, server.client() as client:
        client.send(HANDSHAKE)
        assert b" 101 " in client.socket.recv(4096)
        client.send(b"\x81\x81\x00\x00\x00\x00a")
        assert client.socket.recv(3) == b"\x81\x01a"
        server.send_signal(signal.SIGTERM)
        assert client.socket.recv(100) == b"\x88\x12\x03\xe9the server stops"
        client.send(b"\x88\x82\x00\x00\x00\x00\x03\xe9")
        assert closed_by_server(client)
        assert server.status() == 0
    assert server.notes == ["startup", "closed 1001", "shutdown"]


def test_websocket_that_does_not_answer_is_cut() -> None:
    with running(shutdown_timeout=0.5) as server, server.client() as client:
        client.send(HANDSHAKE)
        assert b" 101 " in client.socket.recv(4096)
        assert server.stop() == 1
    assert "Cut after 0.5 s: 1 x GET /ws (Echo#get)" in server.log


def test_request_that_is_not_yet_there_is_cut_by_its_path() -> None:
    with running(shutdown_timeout=0.3) as server, server.client() as client:
        client.send(get("/count/1?x=1", "Content-Length: 10", "Expect: 100-continue", method="POST"))
        assert client.socket.recv(100).startswith(b"HTTP/1.1 100")  # its headers have been read
        assert server.stop() == 1
    assert "Cut after 0.3 s: 1 x POST /count/1\n" in server.log + "\n"


def test_websocket_that_comes_while_it_stops_is_refused(notes: Path) -> None:
    with running(notes) as server, server.client() as slow, server.client() as late:
        server.ask("/")
        slow.send(get("/held"))
        server.noted("held begins")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        late.send(HANDSHAKE)
        answer = late.answer()
        assert (answer.status, answer.header("connection")) == (503, ["close"])
        server.let_go()
        assert server.status() == 0


@pytest.mark.parametrize(
    ("application", "status", "said"),
    [
        ("tests.serving.served:failing_start", 3, "Error in on_startup"),
        ("tests.serving.served:ap", 3, "the module has no 'ap'. Did you mean 'app'?"),
        ("tests.serving.nowhere:app", 3, "there is no module 'tests.serving.nowhere'"),
        ("tests.serving.served:failing_end", 1, "Error in on_shutdown"),
    ],
)
def test_exit_status_says_what_failed(application: str, status: int, said: str) -> None:
    with running(application=application) as server:
        if status == 1:
            server.ask("/")
            server.send_signal(signal.SIGTERM)
        assert server.status() == status
    assert said in server.log
    assert ("Serves " in server.log) == (status == 1)


# Where it listens


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"port": "taken"}, "cannot listen at 127.0.0.1:{}: Address already in use"),
        ({"address": "192.0.2.1", "port": 80}, "cannot listen at 192.0.2.1:80: Cannot assign requested address"),
        ({"address": "2001:db8::1", "port": 80}, "cannot listen at [2001:db8::1]:80: "),
        ({"unix_socket": "/nowhere/x"}, "cannot listen at unix:/nowhere/x: No such file or directory"),
        ({"unix_socket": "/etc/passwd"}, "exists and is not a socket"),
        ({"unix_socket": "/tmp/" + "x" * 200}, "AF_UNIX path too long"),
    ],
)
def test_address_that_is_not_to_be_had_is_one_line(settings: dict[str, Any], said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(**{**settings, **({"port": port} if settings.get("port") == "taken" else {})}) as server:
            assert server.status() == 3
    assert said.format(port) in server.log
    assert len(server.lines) == 1


def test_application_that_is_not_there_is_one_line() -> None:
    with running(application="tests.serving.served:ap") as server:
        assert server.status() == 3
    assert len(server.lines) == 1
    assert server.lines[0].endswith(
        "no application 'tests.serving.served:ap': the module has no 'ap'. Did you mean 'app'?"
    )


def test_unix_socket_is_made_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    with running(unix_socket=str(path), unix_socket_mode=0o600) as server:
        server.logged(f"Serves unix:{re.escape(str(path))} ")
        assert path.stat().st_mode & 0o777 == 0o600
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(get("/", "Connection: close"))
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert server.stop() == 0
    assert not path.exists()


def test_unix_socket_of_another_is_left(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    with running(unix_socket=str(path)) as server:
        server.logged("Serves unix:")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(get("/", "Connection: close"))
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        path.unlink()
        path.write_text("of another")
        assert server.stop() == 0
    assert path.read_text() == "of another"


@pytest.mark.parametrize("backlog", [0, 5])
def test_unix_socket_where_another_listens_is_not_taken(tmp_path: Path, backlog: int) -> None:
    path = tmp_path / "app.sock"
    with socket.socket(socket.AF_UNIX) as other, socket.socket(socket.AF_UNIX) as waiting:
        other.bind(str(path))
        other.listen(backlog)
        waiting.connect(str(path))
        with running(unix_socket=str(path)) as server:
            assert server.status() == 3
        assert f"cannot listen at unix:{path}: Address already in use" in server.log
        assert path.exists()
    with running(unix_socket=str(path)) as server:  # the file is left, and nobody listens
        server.logged("Serves unix:")
        assert server.stop() == 0


def test_socket_of_systemd_is_taken() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    program = (
        f"import os; os.dup2({listening.fileno()}, 3); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
        "import tornado_rails; tornado_rails.run('tests.serving.served:app', port=1)"
    )
    with running(command=[sys.executable, "-c", program], pass_fds=[listening.fileno()]) as server:
        assert server.port == listening.getsockname()[1]
        assert server.ask("/").status == 200
        assert server.stop() == 0
        assert not refuses(listening.getsockname()[1])  # systemd listens on
    listening.close()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", ["", "\0"])
def test_systemd_is_told(tmp_path: Path, workers: int, kind: str) -> None:
    name = f"{kind}{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name)
        systemd.settimeout(TIMEOUT)
        told: list[str] = []

        def hears(wanted: str) -> None:
            while not any(each.startswith(wanted) for each in told):
                told.append(systemd.recv(4096).decode())

        environment = {"NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "200000"}
        with running(workers=workers, environment=environment) as server:
            hears("READY=1")
            assert server.ask("/").status == 200
            told.clear()
            hears("WATCHDOG=1")
            if workers > 1:
                server.send_signal(signal.SIGHUP)
                hears("RELOADING=1\nMONOTONIC_USEC=")
                hears("READY=1")
            server.send_signal(signal.SIGTERM)
            hears("STOPPING=1")
            assert server.status() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_systemd_that_does_not_read_holds_nothing_up(tmp_path: Path, workers: int) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler, contextlib.suppress(BlockingIOError):
            filler.setblocking(False)
            while True:
                filler.sendto(b"", str(tmp_path / "notify"))
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000"}
        with running(workers=workers, environment=environment) as server:
            assert server.ask("/").status == 200
            assert server.stop() == 0


def test_systemd_that_does_not_listen_is_no_error(tmp_path: Path) -> None:
    with running(environment={"NOTIFY_SOCKET": str(tmp_path / "nobody")}) as server:
        assert server.ask("/").status == 200
        assert server.stop() == 0


def test_run_within_an_event_loop_is_refused() -> None:
    async def main() -> None:
        tornado_rails.run("tests.serving.served:app")

    with pytest.raises(RuntimeError, match=r"run\(\) has an event loop of its own"):
        asyncio.run(main())


# Health, overload, limits


def test_health_is_one_setting() -> None:
    with running(health=True) as server:
        assert (server.ask("/healthz").body, server.ask("/readyz?from=probe").body) == (b"ok\n", b"ready\n")
        answer = server.ask("/healthz", method="HEAD")
        assert (answer.status, answer.body, answer.header("cache-control")) == (200, b"", ["no-store"])
        assert server.ask("/healthz", method="POST").status == 404
        assert server.stop() == 0
    assert "/healthz" not in re.sub(".*POST /healthz.*", "", server.log)  # asked often, logged never


def test_health_is_answered_before_a_long_body_has_come() -> None:
    with running(health=True) as server, server.client() as client:
        client.send(get("/readyz", "Content-Length: 100000"))
        answer = client.answer()
        assert (answer.body, answer.header("connection")) == (b"ready\n", ["close"])
        with server.client() as other:
            other.send(get("/readyz", body=b"x" * 100_000))
            assert other.answer().body == b"ready\n"
        assert server.stop() == 0


def test_readiness_turns_before_the_listener_closes() -> None:
    with running(health=True, shutdown_delay=TIMEOUT) as server, server.client() as kept:
        kept.send(get("/readyz"))
        assert kept.answer().body == b"ready\n"
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        answer = server.ask("/readyz")  # by a connection that is new
        assert (answer.status, answer.body) == (503, b"stopping\n")
        assert (server.ask("/healthz").status, server.ask("/").status) == (200, 200)
        assert server.stop() == 0  # the second signal ends the delay


def test_too_many_requests_are_refused_at_once(notes: Path) -> None:
    with running(notes, max_active_requests=1, health=True, retry_after=7) as server:
        with server.client() as slow, server.client() as kept:
            slow.send(get("/slow/100"))
            server.noted("slow begins")
            kept.send(get("/"))
            answer = kept.answer()
            assert (answer.status, answer.body, answer.header("retry-after")) == (503, b"", ["7"])
            kept.send(get("/", method="POST", body=b"x" * 10))
            assert kept.answer().status == 503  # on the same connection
            kept.send(get("/healthz"))
            assert kept.answer().status == 200
            kept.send(get("/", "Content-Length: 100000000", method="POST"))
            answer = kept.answer()
            assert (answer.status, answer.header("connection")) == (503, ["close"])
            with server.client() as websocket:
                websocket.send(HANDSHAKE)
                assert b" 101 " in websocket.socket.recv(4096)  # these are counted apart
        wait_until(lambda: server.ask("/").status == 200)  # the client is gone, and so the request is not counted
        for _ in range(2):
            server.send_signal(signal.SIGTERM)
            server.logged("SIGTERM: stops")
        assert server.status() == 1


@every_server
def test_refusal_is_logged_and_has_its_request_id(notes: Path, asgi: str | None) -> None:
    told = ["X-Real-Ip: 203.0.113.7", "X-Request-ID: rid-1"]
    with running(notes, max_active_requests=1, max_websockets=1, asgi=asgi, log_format="json", xheaders=True) as server:
        with server.client() as slow, server.client() as open_one, server.client() as websocket:
            slow.send(get("/held"))
            server.noted("held begins")
            assert server.ask("/count/1?a=b", *told).header("x-request-id") == ["rid-1"]
            (made,) = server.ask("/count/2").header("x-request-id")
            with contextlib.suppress(http.client.RemoteDisconnected):  # as some Tornados only close
                server.ask("/count/3", "Host: a b")
            open_one.send(HANDSHAKE)
            assert open_one.socket.recv(12) == b"HTTP/1.1 101"
            websocket.send(HANDSHAKE)
            assert websocket.answer().status == 503
            server.let_go()
            assert slow.answer().status == 200
        server.logged("GET.*/held")
        assert server.stop() == 0
    one, two, three = (
        json.loads(line[line.index("{") :])
        for line in server.lines
        if '"refused"' in line and "/count/3" not in line  # which is malformed, as newer Tornados say
    )
    assert (one["method"], one["path"], one["route"], one["status"]) == ("GET", "/count/1", None, 503)
    assert (one["request_id"], one["remote_ip"]) == ("rid-1", "203.0.113.7")
    assert (two["request_id"], two["remote_ip"], three["path"]) == (made, "127.0.0.1", "/ws")


def test_refusal_is_not_logged_where_no_request_is(notes: Path) -> None:
    with running(notes, max_active_requests=1, log_requests=False) as server, server.client() as slow:
        slow.send(get("/held"))
        server.noted("held begins")
        answer = server.ask("/", "X-Request-ID: rid-1")
        assert (answer.status, answer.header("x-request-id")) == (503, ["rid-1"])
        server.let_go()
        slow.answer()
        assert server.stop() == 0
    assert "503" not in server.log


def test_too_many_websockets_are_refused() -> None:
    with running(max_websockets=1) as server, server.client() as one, server.client() as other:
        one.send(HANDSHAKE)
        assert b" 101 " in one.socket.recv(4096)
        other.send(HANDSHAKE)
        assert other.answer().status == 503
        assert server.ask("/").status == 200
        one.close()

        def opens() -> bool:
            with server.client() as client:
                client.send(HANDSHAKE)
                return b" 101 " in client.socket.recv(4096)

        wait_until(opens)
        assert server.stop() == 0


def test_handshake_counts_as_a_websocket_and_not_as_a_request(notes: Path) -> None:
    handshake = HANDSHAKE.replace(b"/ws", b"/door")
    with running(notes, max_websockets=1, max_active_requests=1) as server, server.client() as one:
        one.send(handshake)
        server.noted("knocks")
        assert server.ask("/").status == 200
        with server.client() as other:
            other.send(handshake)
            assert other.answer().status == 503
        server.let_go()
        assert b" 101 " in one.socket.recv(4096)
        server.hold()
        with server.client() as other:
            other.send(HANDSHAKE)
            assert other.answer().status == 503
        one.close()

        def knocks_and_goes() -> bool:
            with server.client() as client:
                client.send(handshake)
                client.socket.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    return not client.socket.recv(4096)
                return True

        def opens() -> bool:
            with server.client() as client:
                client.send(HANDSHAKE)
                return b" 101 " in client.socket.recv(4096)

        wait_until(knocks_and_goes)
        wait_until(opens)
        assert server.stop() == 0


@pytest.mark.parametrize("application", ["app", "nested", "wrapped", "lost"])
def test_header_of_a_handshake_is_no_way_round_the_limit(notes: Path, application: str) -> None:
    with (
        running(notes, application=f"tests.serving.served:{application}", max_active_requests=1) as server,
        server.client() as one,
        server.client() as other,
    ):
        one.send(get("/held", "Upgrade: websocket"))
        server.noted("held begins")
        other.send(HANDSHAKE.replace(b"/ws", b"/held"))
        assert other.answer().status == 503
        server.let_go()
        assert one.answer().status == 200
        assert server.stop() == 0


def test_limits_are_those_of_tornados_server() -> None:
    with running(max_body_size=10, idle_connection_timeout=0.3, body_timeout=0.3) as server:
        assert server.ask("/", method="POST", body=b"x" * 10).status == 200
        assert server.ask("/", method="POST", body=b"x" * 11).status == 400
        with server.client() as silent:
            assert closed_by_server(silent)
        with server.client() as slow:
            slow.send(get("/", "Content-Length: 5", method="POST"))
            assert closed_by_server(slow)
        assert server.stop() == 0


def test_client_that_vanishes_is_not_counted(notes: Path) -> None:
    with running(notes, max_active_requests=5) as server:
        for _ in range(5):
            with server.client() as client:
                client.send(get("/", "Content-Length: 1000", method="POST") + b"x")
        wait_until(lambda: server.ask("/").status == 200)
        assert server.stop() == 0


def test_log_that_is_set_up_is_left_as_it_is() -> None:
    before = "import logging; logging.basicConfig(format='mine: %(message)s', level='INFO')"
    with running(before=before) as server:
        server.ask("/")
        server.logged("mine: 200 GET / ")
        assert server.stop() == 0


def test_debug_prints_the_routes_and_reloads(tmp_path: Path) -> None:
    source = tmp_path / "shop.py"
    text = (
        "import tornado.web\nfrom tornado_rails import RailsApplication\n"
        "class Hello(tornado.web.RequestHandler):\n    def get(self): self.write('{}')\n"
        "app = {}([('/hello', Hello)])\n"
    )
    script = tmp_path / "serve.py"
    script.write_text("import sys, tornado_rails\ntornado_rails.run('shop:app', port=int(sys.argv[1]), debug=True)")
    moments = itertools.count(int(time.time()) + 10)

    def until(happened: Callable[[], bool], new: str) -> None:
        source.write_text(new)
        # A change is seen by its time, and by one who has looked before.
        deadline = time.monotonic() + TIMEOUT
        while not happened():
            assert time.monotonic() < deadline, server.log
            os.utime(source, (moment := next(moments), moment))
            time.sleep(0.7)

    def answers(body: bytes) -> bool:
        try:
            with server.client() as client:
                client.socket.settimeout(1)
                client.send(get("/hello"))
                return client.answer().body == body
        except OSError:
            return False  # it starts again, or waits for a change

    source.write_text(text.format("one", "tornado.web.Application"))
    with (
        kept_port() as port,
        running(command=[sys.executable, str(script), str(port)], folder=tmp_path) as server,
    ):
        assert server.ask("/hello").body == b"one"
        until(lambda: answers(b"two"), text.format("two", "RailsApplication"))
        until(lambda: "cannot be loaded; waiting for a change" in server.log, "def broken(:\n")
        until(lambda: "ImportError: no driver" in server.log, "raise ImportError('no driver')\n")
        until(lambda: answers(b"three"), text.format("three", "tornado.web.Application"))
        assert server.stop() == 0
        assert server.process.stdout is not None
        printed = server.process.stdout.read()
    assert printed.splitlines()[0] == "/hello Hello"
    assert re.search(r"^\s+\*\s+/hello\s+Hello", printed, re.MULTILINE)
