"""What runs at start and at stop, under every server."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
import tornado.web

from tests.serving.support import SERVERS, get, serving
from tornado_rails import RailsApplication
from tornado_rails.serving.asgi import ASGIApplication
from tornado_rails.serving.lifespan import add_hook, hooks, lifespan, shutdown

every_server = pytest.mark.parametrize("name", SERVERS)


class State(tornado.web.RequestHandler):
    def get(self) -> None:
        self.write(",".join(self.application.settings["ran"]))


@every_server
def test_hooks_run_in_order_before_and_after_the_requests(name: str) -> None:
    ran: list[str] = []
    app = RailsApplication([("/", State)], ran=ran)

    @app.on_startup
    def first() -> None:
        ran.append("first")

    @app.on_startup
    async def second(application: Any) -> None:
        await asyncio.sleep(0)
        assert application is app
        ran.append("second")

    @app.on_shutdown
    def last(option: int = 3) -> None:
        ran.append(f"last {option}")

    @app.on_shutdown
    async def before_last() -> None:
        ran.append("before last")

    assert first() is None  # a decorator that gives the function back
    ran.clear()
    with serving(name, app) as server:
        assert server.ask(get("/")).body == b"first,second"
    assert ran == ["first", "second", "before last", "last 3"]


def test_hooks_may_be_one_or_many_or_none() -> None:
    one, other = len, max
    assert hooks(tornado.web.Application(), "on_startup") == []
    assert hooks(tornado.web.Application(on_startup=one), "on_startup") == [one]
    assert hooks(tornado.web.Application(on_startup=(one, other)), "on_startup") == [one, other]
    application = tornado.web.Application(on_shutdown=one)
    add_hook(application, "on_shutdown", other)
    assert hooks(application, "on_shutdown") == [one, other]


async def speak(application: Any, *messages: str) -> list[dict[str, Any]]:
    """The lifespan protocol, message by message."""
    waiting, said = [{"type": f"lifespan.{message}"} for message in messages], []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await ASGIApplication(application)({"type": "lifespan"}, receive, send)
    return said


def failing() -> None:
    raise RuntimeError("no database")


def test_error_at_start_is_told_to_the_server(caplog: pytest.LogCaptureFixture) -> None:
    said = asyncio.run(speak(tornado.web.Application(on_startup=failing), "startup"))
    assert [message["type"] for message in said] == ["lifespan.startup.failed"]
    assert "RuntimeError: no database" in said[0]["message"]
    assert [record.message for record in caplog.records] == ["Error in on_startup"]


def test_error_at_stop_keeps_none_from_running(caplog: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []
    application = tornado.web.Application(on_shutdown=[lambda: ran.append("a"), failing, lambda: ran.append("c")])
    said = asyncio.run(speak(application, "startup", "shutdown"))
    assert [message["type"] for message in said] == ["lifespan.startup.complete", "lifespan.shutdown.failed"]
    assert ran == ["c", "a"]
    assert caplog.records[0].levelno == logging.ERROR


def test_start_that_fails_starts_nothing_else() -> None:
    ran: list[str] = []

    async def main() -> None:
        async with lifespan(tornado.web.Application(on_startup=[failing, lambda: ran.append("b")])):
            ran.append("served")

    with pytest.raises(RuntimeError, match="no database"):
        asyncio.run(main())
    assert ran == []
    assert asyncio.run(shutdown(object()))


def test_asgi_of_an_application_is_made_once() -> None:
    app = RailsApplication()
    assert app.asgi is app.asgi
    assert app.asgi.application is app


def test_unknown_scope_is_an_error() -> None:
    async def nothing(*_args: Any) -> None: ...

    with pytest.raises(ValueError, match="an ASGI scope of the type 'other' is not known"):
        asyncio.run(ASGIApplication(tornado.web.Application())({"type": "other"}, nothing, nothing))
