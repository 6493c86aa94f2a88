"""The application that is served behind nginx: what a proxy can get wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import tornado.web
import tornado.websocket

from tests.serving.served import Slow
from tornado_rails import Controller, RailsApplication


class ClockController(Controller):
    """Events: the second comes when the first has been seen."""

    async def index(self) -> None:
        """Sends them."""
        await self.send_events(self._ticks, heartbeat=0)

    async def _ticks(self, _last_id: str | None) -> AsyncIterator[int]:
        yield 1
        await SEEN.wait()
        yield 2


class Seen(tornado.web.RequestHandler):
    """Lets the second event come."""

    def post(self) -> None:
        SEEN.set()


class Whence(tornado.web.RequestHandler):
    """Whom it takes for its client."""

    def get(self) -> None:
        self.write(f"{self.request.full_url()} {self.request.remote_ip}")


class Length(tornado.web.RequestHandler):
    """How much was uploaded."""

    def post(self) -> None:
        self.write(str(len(self.request.body)))


class Echo(tornado.websocket.WebSocketHandler):
    """Sends what comes back, and from whom it came."""

    def on_message(self, message: str | bytes) -> None:
        self.write_message(f"{message!r} {self.request.remote_ip}")


SEEN = asyncio.Event()
app = RailsApplication(
    [("/seen", Seen), ("/whence", Whence), ("/length", Length), ("/ws", Echo), (r"/slow/([0-9.]+)", Slow)],
    controllers=[ClockController],
)
