"""`tornado_rails.run` with several processes: started again, replaced one by one, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections import Counter
from pathlib import Path

import pytest

from tests.serving.processes import TIMEOUT, Running, closed_by_server, refuses, running, wait_until
from tests.serving.support import get


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def pid_of(server: Running) -> int:
    """Of the worker that answers."""
    return int(server.ask("/").body)


def workers_of(server: Running) -> set[int]:
    """All of them, by the system."""
    # NOTE: not by /proc/<pid>/task/<tid>/children, which leaves some out while another ends.
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == server.process.pid and state != "Z":
                found.add(int(stat.parent.name))
    return found


def test_workers_share_a_listening_socket(notes: Path) -> None:
    with running(notes, workers=3) as server:
        assert pid_of(server) != server.process.pid
        wait_until(lambda: server.notes.count("startup") == 3)
        assert len(workers_of(server)) == 3
        port = server.port
        assert server.stop() == 0
        assert refuses(port)
    assert server.notes.count("shutdown") == 3


@pytest.mark.parametrize("timeout", [30, 0.3])
def test_status_says_whether_a_worker_has_cut(notes: Path, timeout: float) -> None:
    with running(notes, workers=2, shutdown_timeout=timeout) as server, server.client() as client:
        client.send(get("/held"))
        server.noted("held begins")
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        if timeout > 1:
            server.let_go()
            assert client.answer().body == b"done"
        assert server.status() == (1 if timeout < 1 else 0)
    assert ("Cut after 0.3 s: 1 x GET /held (Held#get)" in server.log) == (timeout < 1)


def test_second_signal_stops_all_at_once(notes: Path) -> None:
    with running(notes, workers=2) as server, server.client() as client:
        client.send(get("/slow/100"))
        server.noted("slow begins")
        server.send_signal(signal.SIGINT)
        server.logged("SIGINT: stops")
        assert server.stop(signal.SIGTERM) == 1
        assert closed_by_server(client)
    assert "SIGTERM again: stops at once" in server.log


def test_signal_to_a_worker_that_has_just_begun_is_not_taken_for_a_second_one() -> None:
    before = (
        "import os, time\nfork = os.fork\n"
        "def fork_slowly():\n    pid = fork()\n"
        "    if not pid: os.write(2, b'begun\\n'); time.sleep(0.3)\n    return pid\n"
        "os.fork = fork_slowly"
    )
    with running(workers=2, before=before) as server:
        server.logged("begun\n(.*\n)*begun")
        assert server.stop() == 0
    assert "SIGTERM: stops" in server.log
    assert "again" not in server.log


def test_start_that_ends_after_the_stop_is_no_start(notes: Path) -> None:
    with running(notes, application="tests.serving.served:late", workers=2) as server:
        wait_until(lambda: server.notes.count("startup") == 2)
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        server.let_go()
        assert server.status() == 0
    assert len(server.lines) == 1


def test_worker_that_hangs_is_killed(notes: Path) -> None:
    before = "import tornado_rails.serving.supervisor as supervisor; supervisor._MARGIN = 0.2"
    with running(notes, workers=2, shutdown_timeout=0.2, before=before) as server, server.client() as client:
        client.send(get("/block"))
        server.noted("blocks")
        assert server.stop() == 1
    assert "does not stop: killed" in server.log


def test_worker_that_dies_is_started_again_with_a_growing_pause() -> None:
    with running(workers=1, before="import os; os.getpid = lambda: 1") as server:  # as process 1 it has a supervisor
        for pause in ("0.1", "0.2", "0.4"):
            with server.client() as client:
                client.send(get("/exit"))
                assert closed_by_server(client)
            server.logged(f"A worker is started again in {pause} s")
        assert server.ask("/").status == 200
        assert server.stop() == 0
    assert server.log.count("has ended with status 7") == 3


@pytest.mark.parametrize(
    ("application", "said"),
    [("failing_start", "RuntimeError: no database"), ("nowhere", "the module has no 'nowhere'")],
)
def test_workers_that_cannot_start_are_not_tried_forever(application: str, said: str) -> None:
    with running(application=f"tests.serving.served:{application}", workers=2) as server:
        assert server.status() == 3
    assert said in server.log


def test_workers_without_their_supervisor_stop(notes: Path) -> None:
    with running(notes, workers=2) as server, server.client() as client:
        wait_until(lambda: server.notes.count("startup") == 2)
        client.send(get("/slow/0.3"))
        server.noted("slow begins")
        server.process.kill()
        assert client.answer().body == b"done"
        wait_until(lambda: server.notes.count("shutdown") == 2)


def served_from(folder: Path, answer: str) -> None:
    (folder / "shop.py").write_text(
        "import tornado.web\nclass Hello(tornado.web.RequestHandler):\n"
        f"    def get(self): self.write({answer})\ndef make(): return tornado.web.Application([('/', Hello)])\n"
    )


def test_sighup_brings_new_code(tmp_path: Path) -> None:
    served_from(tmp_path, "'old'")
    with running(application="shop:make", folder=tmp_path, workers=2) as server:
        assert server.ask("/").body == b"old"
        before = workers_of(server)
        served_from(tmp_path, "'brand new'")
        server.send_signal(signal.SIGHUP)
        wait_until(lambda: len(workers_of(server)) == 2 and not before & workers_of(server))
        assert server.ask("/").body == b"brand new"
        assert server.stop() == 0


def test_sighup_with_broken_code_changes_nothing(tmp_path: Path) -> None:
    served_from(tmp_path, "'old'")
    with running(application="shop:make", folder=tmp_path, workers=2) as server:
        assert server.ask("/").body == b"old"
        before = workers_of(server)
        served_from(tmp_path, "'broken")
        server.send_signal(signal.SIGHUP)
        server.logged("The workers that are left are not replaced")
        wait_until(lambda: workers_of(server) == before)
        assert server.ask("/").body == b"old"
        assert server.stop() == 0


def test_sighup_gives_up_a_worker_that_does_not_come_to_serve(tmp_path: Path) -> None:
    served_from(tmp_path, "'old'")
    with running(application="shop:make", folder=tmp_path, workers=2) as server:
        assert server.ask("/").body == b"old"
        before = workers_of(server)
        hanging = "import asyncio\nasync def hang(): print('hangs', flush=True); await asyncio.sleep(1000)\n"
        with (tmp_path / "shop.py").open("a") as shop:
            shop.write(
                f"{hanging}plain = make\ndef make(): made = plain(); made.settings['on_startup'] = hang; return made"
            )
        server.send_signal(signal.SIGHUP)
        assert server.process.stdout is not None
        assert server.process.stdout.readline() == "hangs\n"
        (hung,) = workers_of(server) - before
        served_from(tmp_path, "'brand new'")
        server.send_signal(signal.SIGHUP)
        server.logged(f"Worker {hung} is not ready and is given up")
        wait_until(lambda: not before & workers_of(server))
        assert server.ask("/").body == b"brand new"
        server.send_signal(signal.SIGTERM)
        server.logged("SIGTERM: stops")
        assert server.stop() == 0  # it has served nothing, and so nothing was cut
    assert "are not replaced" not in server.log


def test_worker_that_dies_while_it_is_replaced_has_its_successor(notes: Path) -> None:
    before = "import os; os.getpid = lambda: 1"  # as process 1 it has a supervisor
    with running(notes, application="tests.serving.served:late", before=before) as server:
        server.noted("startup")
        server.let_go()
        (old,) = workers_of(server)
        assert server.ask("/").status == 200
        server.hold()
        server.send_signal(signal.SIGHUP)
        wait_until(lambda: server.notes.count("startup") == 2)
        os.kill(old, signal.SIGKILL)
        server.logged(f"Worker {old} has ended by SIGKILL")
        server.let_go()
        assert server.ask("/").status == 200
        assert len(workers_of(server) - {old}) == 1
        assert server.stop() == 0
    assert "started again" not in server.log


def test_sighup_while_a_worker_is_replaced_replaces_the_rest_later(notes: Path) -> None:
    before = "import os; os.getpid = lambda: 1"
    with running(notes, before=before) as server, server.client() as client, server.client() as idle:
        client.send(get("/held"))
        server.noted("held begins")
        server.send_signal(signal.SIGHUP)
        assert closed_by_server(idle)  # the old one stops
        old, new = workers_of(server)
        server.send_signal(signal.SIGHUP)
        server.logged("SIGHUP: replaces 2 workers")
        assert workers_of(server) == {old, new}  # one after the other
        server.let_go()
        assert client.answer().body == b"done"
        wait_until(lambda: server.notes.count("startup") == 3)
        wait_until(lambda: len(workers_of(server)) == 1 and not {old, new} & workers_of(server))
        assert server.stop() == 0


def test_status_does_not_have_what_was_cut_by_an_earlier_sighup(notes: Path) -> None:
    with running(notes, workers=2, shutdown_timeout=0.2) as server, server.client() as client:
        client.send(get("/slow/100"))
        server.noted("slow begins")
        before = workers_of(server)
        server.send_signal(signal.SIGHUP)
        server.logged("Cut after 0.2 s: 1 x GET /slow/100")
        wait_until(lambda: len(workers_of(server)) == 2 and not before & workers_of(server))
        assert server.ask("/").status == 200
        assert server.stop() == 0


class Load:
    """Many clients at once, each of whose requests has a number of its own."""

    def __init__(self, port: int, clients: int) -> None:
        self.answers: Counter[int] = Counter()
        self.lost: list[int] = []
        self._port = port
        self._clients = clients
        self._next = 0

    async def run(self, during: asyncio.Task[None]) -> None:
        await asyncio.gather(*(self._client(during, nth % 2 == 0) for nth in range(self._clients)))

    async def answered(self, count: int) -> None:
        while len(self.answers) < count:
            await asyncio.sleep(0.01)

    async def _client(self, during: asyncio.Task[None], keeps: bool) -> None:
        loop = asyncio.get_running_loop()
        connection: socket.socket | None = None
        first = True
        while first or not during.done():
            first = False
            number = self._next
            self._next += 1
            answered = False
            while not answered:
                is_new = connection is None
                if connection is None:
                    connection = socket.socket()
                    connection.setblocking(False)
                    await loop.sock_connect(connection, ("127.0.0.1", self._port))
                data = b""
                with contextlib.suppress(ConnectionError):
                    await loop.sock_sendall(connection, get(f"/count/{number}"))
                    while not data.endswith(b"\r\n\r\n%d" % number):
                        part = await loop.sock_recv(connection, 65536)
                        if not part:
                            break
                        data += part
                answered = data.endswith(b"\r\n\r\n%d" % number)
                if not answered or not keeps or b"Connection: close" in data:
                    connection.close()
                    connection = None
                # A client may ask again where a connection that it kept is closed before any answer (RFC 9112, 9.3.1).
                if not answered and (is_new or data):
                    self.lost.append(number)
                    break
            if answered:
                self.answers[number] += 1
        if connection is not None:
            connection.close()


def test_workers_are_replaced_under_load_without_a_loss(notes: Path) -> None:
    with running(notes, workers=2, log_requests=False) as server:
        pid_of(server)
        wait_until(lambda: server.notes.count("startup") == 2)
        load = Load(server.port, 500)

        async def replace() -> None:
            before = workers_of(server)
            await load.answered(500)
            server.send_signal(signal.SIGHUP)
            while before & workers_of(server):
                await asyncio.sleep(0.05)

        async def main() -> None:
            await load.run(asyncio.ensure_future(replace()))

        asyncio.run(asyncio.wait_for(main(), TIMEOUT))
        assert server.stop() == 0
    assert load.lost == []
    assert len(load.answers) >= 500
    asked = Counter(note for note in server.notes if note.isdecimal())
    assert asked == {str(number): 1 for number in load.answers}  # none twice


def test_worker_that_is_killed_loses_its_own_requests_only(notes: Path) -> None:
    with running(notes, workers=2, log_requests=False) as server:
        pid_of(server)
        wait_until(lambda: server.notes.count("startup") == 2)
        load = Load(server.port, 100)

        async def kill() -> None:
            await load.answered(100)
            victim = min(workers_of(server))
            os.kill(victim, signal.SIGKILL)
            while server.notes.count("startup") < 3:
                await asyncio.sleep(0.05)
            await load.answered(len(load.answers) + 100)

        async def main() -> None:
            await load.run(asyncio.ensure_future(kill()))

        asyncio.run(asyncio.wait_for(main(), TIMEOUT))
        assert server.ask("/").status == 200
        assert len(workers_of(server)) == 2
        assert server.stop() == 0
    assert len(load.lost) <= 100  # each client had at most one in flight
    assert set(load.answers.values()) == {1}
    assert "has ended by SIGKILL" in server.log
