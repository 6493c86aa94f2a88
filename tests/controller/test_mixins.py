"""Each mixin alone, on a handler of Tornado's, in an application of Tornado's own class and in ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tornado.testing import ExpectLog
from tornado.web import Application, RequestHandler

from tests.routing.support import fetch
from tornado_rails import RailsApplication
from tornado_rails.controller import before_action, rescue_from
from tornado_rails.controller.caching import CachingMixin
from tornado_rails.controller.callbacks import CallbacksMixin
from tornado_rails.controller.error_pages import ErrorPagesMixin
from tornado_rails.controller.error_statuses import ErrorStatusesMixin
from tornado_rails.controller.events import EventsMixin
from tornado_rails.controller.redirecting import RedirectingMixin
from tornado_rails.controller.rendering import RenderingMixin
from tornado_rails.controller.rescue import RescueMixin
from tornado_rails.controller.responding import RespondingMixin
from tornado_rails.controller.returning import ReturningMixin
from tornado_rails.controller.sending import SendingMixin
from tornado_rails.controller.statuses import HeadMixin
from tornado_rails.controller.streaming import StreamingMixin


class Guarded(CallbacksMixin, RequestHandler):
    @before_action
    def authenticate(self) -> None:
        self.set_status(401)
        self.finish("closed")

    def get(self) -> None:
        self.write("secret")


class Rescuing(RescueMixin, RequestHandler):
    @rescue_from(LookupError)
    def missing(self, error: LookupError) -> None:
        self.set_status(404)
        self.write(f"no {error}")

    def get(self) -> None:
        raise LookupError("such thing")


class Returning(ReturningMixin, RequestHandler):
    async def get(self) -> Any:
        return {"id": 1}


class Rendering(RenderingMixin, RequestHandler):
    layout = None

    def get(self) -> None:
        self.thing = "<x>"


class Responding(RespondingMixin, RequestHandler):
    def get(self) -> None:
        self.write(self.respond_to("html", "json"))


class Redirecting(RedirectingMixin, RequestHandler):
    def get(self) -> None:
        self.redirect_to("/other")


class Heading(HeadMixin, RequestHandler):
    def get(self) -> None:
        self.send_head("accepted")


class Caching(CachingMixin, RequestHandler):
    def get(self) -> None:
        if self.stale(etag="v1"):
            self.write("fresh")


class Sending(SendingMixin, RequestHandler):
    async def get(self) -> None:
        await self.send_data(b"1,2", filename="a.csv")


class Streaming(StreamingMixin, RequestHandler):
    async def get(self) -> None:
        async def parts() -> AsyncIterator[str]:
            yield "a"
            yield "b"

        await self.send_stream(parts())


class Events(EventsMixin, RequestHandler):
    async def get(self) -> None:
        async def ticks() -> AsyncIterator[Any]:
            yield {"tick": 1}

        await self.send_events(ticks())


class Statuses(ErrorStatusesMixin, RequestHandler):
    def get(self) -> None:
        raise LookupError


class Pages(ErrorPagesMixin, RequestHandler):
    def get(self) -> None:
        self.send_error(410)


HANDLERS: dict[type[RequestHandler], tuple[int, str]] = {
    Guarded: (401, "closed"),
    Rescuing: (404, "no such thing"),
    Returning: (200, '{"id":1}'),
    Rendering: (200, "a &lt;x&gt;"),
    Responding: (200, "html"),
    Redirecting: (302, ""),
    Heading: (202, ""),
    Caching: (200, "fresh"),
    Sending: (200, "1,2"),
    Streaming: (200, "1\r\na\r\n1\r\nb\r\n0\r\n\r\n"),
    Events: (200, '12\r\ndata: {"tick":1}\n\n\r\n0\r\n\r\n'),
    Statuses: (404, "<html><title>404: Not Found</title><body>404: Not Found</body></html>"),
    Pages: (410, "a page of 410"),
}


@pytest.mark.parametrize("make", [Application, RailsApplication])
@pytest.mark.parametrize("handler", HANDLERS)
def test_mixin_alone_does_its_work(handler: type[RequestHandler], make: type[Application], tmp_path: Path) -> None:
    views = {"rendering/get.html": "a {{ thing }}", "errors/410.html": "a page of {{ status }}"}
    for name, content in views.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    application = make([("/it", handler)], template_path=str(tmp_path), error_statuses={LookupError: 404})
    with ExpectLog("tornado.access", "4.*", required=False), ExpectLog("tornado.general", "404 ", required=False):
        answer = fetch(application, "/it")
    assert (answer.status, answer.body) == HANDLERS[handler]
