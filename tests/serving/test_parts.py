"""Parts of serving by themselves: health checks, bodies with an encoding, routers, handshakes that are refused."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import socket
import sys
from typing import Any

import pytest
import tornado.netutil
import tornado.routing
import tornado.tcpclient
import tornado.web
import tornado.websocket
from tornado.testing import ExpectLog

from tests.serving.processes import running
from tests.serving.support import SERVERS, get, serving
from tornado_rails.serving.asgi import ASGIApplication
from tornado_rails.serving.asgi_guard import Guard, socket_of
from tornado_rails.serving.control import Control
from tornado_rails.serving.debugging import begin
from tornado_rails.serving.health import Health
from tornado_rails.serving.http_server import Server as HTTPServer
from tornado_rails.serving.http_server import _has_sent
from tornado_rails.serving.lifespan import call_hook, hooks
from tornado_rails.serving.settings import settings_of

every_server = pytest.mark.parametrize("name", SERVERS)


def queue_is_there() -> bool:
    return True


async def database_answers(application: Any) -> None:
    await asyncio.sleep(0)
    if application == "broken":
        raise ConnectionError("10.0.0.7 does not answer")


def disk_has_room() -> bool:
    return False


@pytest.mark.parametrize(
    ("application", "checks", "answer"),
    [
        ("fine", [], (200, b"ready\n")),
        ("fine", [queue_is_there, database_answers], (200, b"ready\n")),
        ("fine", [disk_has_room, queue_is_there], (503, b"not ready: disk_has_room\n")),
        ("broken", [disk_has_room, database_answers], (503, b"not ready: disk_has_room, database_answers\n")),
    ],
)
def test_checks_say_whether_it_is_ready(application: str, checks: list[Any], answer: tuple[int, bytes]) -> None:
    health = Health(application, checks)
    assert asyncio.run(health.answer("/readyz")) == (503, b"stopping\n")
    health.ready = True
    with ExpectLog(
        "tornado.application", "The check database_answers of /readyz fails", required=application != "fine"
    ):
        assert asyncio.run(health.answer("/readyz")) == answer
    assert asyncio.run(health.answer("/healthz")) == (200, b"ok\n")


class Echo(tornado.web.RequestHandler):
    def post(self) -> None:
        self.write(self.request.body)


@every_server
def test_body_with_an_encoding_is_decoded_where_that_is_asked(name: str) -> None:
    body = gzip.compress(b"hello")
    with serving(name, tornado.web.Application([("/", Echo)]), decompress_request=True) as server:
        assert server.ask(get("/", "Content-Encoding: gzip", method="POST", body=body)).body == b"hello"
        assert server.ask(get("/", method="POST", body=body)).body == body


@every_server
def test_router_without_a_rule_for_it_answers_404(name: str) -> None:
    application = tornado.web.Application([("/", Echo)])
    router = tornado.routing.RuleRouter([(tornado.routing.PathMatches("/"), application)])
    with serving(name, router) as server:
        assert server.ask(get("/", method="POST", body=b"x")).body == b"x"
        assert server.ask(get("/nowhere")).status == 404


def talk(application: Any, scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What an application sends."""
    waiting, said = list(messages), []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    async def main() -> None:
        asgi: Any = application if isinstance(application, Guard) else ASGIApplication(application)
        await asgi(scope, receive, send)

    asyncio.run(main())
    return said


WEBSOCKET = {
    "type": "websocket",
    "scheme": "ws",
    "http_version": "1.1",
    "path": "/",
    "query_string": b"",
    "headers": [(b"host", b"a.test"), (b"origin", b"http://stranger.test")],
}


def test_handshake_is_refused_by_a_close_where_the_server_knows_no_other() -> None:
    application = tornado.web.Application([("/", tornado.websocket.WebSocketHandler)])
    with ExpectLog("tornado.access", "403", required=False):
        said = talk(application, WEBSOCKET, {"type": "websocket.connect"})
    assert said == [{"type": "websocket.close", "code": 1000, "reason": ""}]
    assert talk(application, WEBSOCKET, {"type": "websocket.disconnect"}) == []


def test_websocket_while_it_stops_is_refused_by_a_close_where_the_server_knows_no_other() -> None:
    guard = Guard(tornado.web.Application(), settings_of({"asgi": "uvicorn"}), Control())
    asyncio.run(guard.close_websockets())
    said = talk(guard, dict(WEBSOCKET), {"type": "websocket.connect"})
    assert said == [{"type": "websocket.close", "code": 1013, "reason": "try again later"}]


def test_server_with_one_address_is_given_one() -> None:
    assert socket_of([7], "granian") == 7
    with pytest.raises(ValueError, match="granian listens at one address; 2 were given"):
        socket_of([7, 8], "granian")


def test_hook_without_a_signature_is_called_with_nothing() -> None:
    assert call_hook(dict, object()) == {}
    assert call_hook(len, [1, 2]) == 2


def test_router_is_begun_to_be_worked_on_too(capsys: pytest.CaptureFixture[str]) -> None:
    router = tornado.routing.RuleRouter([(tornado.routing.PathMatches("/a"), Echo)])
    assert begin(lambda: router) is router
    assert capsys.readouterr().out == "/a Echo\n"


def test_connection_that_is_just_closed_has_sent_nothing() -> None:
    here, there = socket.socketpair()
    stream = IOStreamLike(here)
    with here, there:
        here.setblocking(False)
        assert not _has_sent(stream)
        there.send(b"x")
        assert _has_sent(stream)
        stream.socket = None  # as Tornado's are from their closing on
        assert not _has_sent(stream)


@dataclasses.dataclass
class IOStreamLike:
    socket: socket.socket | None


def test_health_is_not_answered_to_who_is_gone() -> None:
    asyncio.run(asks_for_health_and_goes())


async def asks_for_health_and_goes() -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def check() -> None:
        asked.set()
        await may_answer.wait()

    health = Health(None, [check])
    health.ready = True
    server = HTTPServer(tornado.web.Application(), health=health)
    listening = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(listening)
    client = await tornado.tcpclient.TCPClient().connect("127.0.0.1", listening[0].getsockname()[1])
    await client.write(get("/readyz"))
    await asked.wait()
    client.close()
    while server._connections:
        await asyncio.sleep(0.001)
    (answer,) = server._tasks
    may_answer.set()
    await answer
    server.stop()


def test_hooks_of_what_has_no_settings() -> None:
    assert hooks(object(), "on_startup") == []


@pytest.mark.parametrize(("raised", "status"), [("SystemExit(4)", 4), ("SystemExit('no')", 3), ("ValueError()", 3)])
def test_worker_that_raises_has_a_status(raised: str, status: int) -> None:
    program = (
        "from tornado_rails.serving.supervisor import Supervisor\n"
        f"def work(ready, parent): raise {raised}\n"
        "raise SystemExit(Supervisor(work, 1, lambda: print('closed'), 1).run())"
    )
    with running(command=[sys.executable, "-c", program]) as server:
        assert server.status() == status
        assert server.process.stdout is not None
        assert server.process.stdout.read() == "closed\n"
