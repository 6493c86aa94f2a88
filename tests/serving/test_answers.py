"""What a handler is spared under ASGI, held against what Tornado does."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import subprocess
import sys
import weakref
from typing import Any

import pytest
import tornado
from tornado.httputil import HTTPHeaders, RequestStartLine
from tornado.web import Application, RequestHandler

from tornado_rails.serving.asgi_answers import tornados
from tornado_rails.serving.asgi_channel import Channel
from tornado_rails.serving.asgi_handler import _DELEGATE_PARSES, _ClearedResponse, execution_of, make_handler
from tornado_rails.serving.asgi_http import HTTPChannel
from tornado_rails.serving.asgi_request import HTTPServerRequest

SPARED = {"check_etag_header", "_log"}


async def nothing(*_arguments: Any) -> None:
    """Does nothing."""


def made(application: Application, handler_class: type[RequestHandler], **headers: str) -> RequestHandler:
    """A handler as it is made under ASGI."""
    channel = Channel({"client": ("1.2.3.4", 5), "scheme": "http"}, nothing, nothing)
    start_line = RequestStartLine("GET", "/", "HTTP/1.1")
    named = HTTPHeaders({"Host": "a.test", **{name.replace("_", "-"): value for name, value in headers.items()}})
    request = HTTPServerRequest(connection=channel, start_line=start_line, headers=named)
    return make_handler(application.get_handler_delegate(request, handler_class))


@pytest.mark.parametrize("sent", [None, "", "*", '"a"', 'W/"a"', '"b", "a"', '"b"', "a"])
@pytest.mark.parametrize("etag", [None, '"a"', 'W/"a"'])
def test_etag_matches_as_tornados_own(sent: str | None, etag: str | None) -> None:
    handler = made(Application(), RequestHandler, **({} if sent is None else {"If_None_Match": sent}))
    if etag is not None:
        handler.set_header("Etag", etag)
    assert handler.check_etag_header() is RequestHandler.check_etag_header(handler)


@pytest.mark.parametrize("callback", ["its own", "another", None])
def test_etag_of_a_header_that_the_handler_sets_matches(callback: str | None) -> None:
    handler = made(Application(), RequestHandler)
    if callback != "its own":
        handler.request.connection.set_close_callback(callback and str)  # type: ignore[union-attr]
    handler.set_header("Etag", '"a"')
    assert not handler.check_etag_header()
    handler.request.headers["If-None-Match"] = '"a"'
    assert handler.check_etag_header()


@pytest.mark.parametrize("status", [200, 304, 399, 400, 404, 500, 503])
@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL])
def test_request_is_logged_as_by_tornado(caplog: pytest.LogCaptureFixture, status: int, level: int) -> None:
    caplog.set_level(level, "tornado.access")
    handler = made(Application(), RequestHandler)
    handler.request._finish_time = handler.request._start_time  # type: ignore[assignment]
    handler.set_status(status)
    handler._log()
    ours = [(record.levelno, record.getMessage()) for record in caplog.records]
    caplog.clear()
    RequestHandler._log(handler)
    assert ours == [(record.levelno, record.getMessage()) for record in caplog.records]


def test_own_methods_are_called() -> None:
    called = []

    class Own(RequestHandler):
        def check_etag_header(self) -> bool:
            called.append("etag")
            return super().check_etag_header()

        def _log(self) -> None:
            called.append("log")

    class OwnApplication(Application):
        def log_request(self, handler: RequestHandler) -> None:
            called.append("application")

    handler = made(Application(), Own)
    assert not SPARED & vars(handler).keys()
    handler.check_etag_header()
    handler._log()
    made(OwnApplication(), RequestHandler)._log()
    made(Application(log_function=lambda handler: called.append("function")), RequestHandler)._log()
    changed = Application()
    changed.log_request = lambda handler: called.append("changed")  # type: ignore[method-assign]
    made(changed, RequestHandler)._log()
    assert called == ["etag", "log", "application", "function", "changed"]


@pytest.mark.parametrize("kind", ["set", "delete", "get"])
def test_handler_that_wants_its_init_first_is_made_by_it(kind: str) -> None:
    class Own(RequestHandler):
        names: set[str]

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            object.__setattr__(self, "names", set())
            super().__init__(*args, **kwargs)

    def note(handler: Any, name: str) -> None:
        object.__getattribute__(handler, "names").add(name)

    class Sets(Own):
        def __setattr__(self, name: str, value: Any) -> None:
            note(self, name)
            super().__setattr__(name, value)

    class Deletes(Own):
        def __delattr__(self, name: str) -> None:
            note(self, name)
            super().__delattr__(name)

    class Gets(Own):
        def __getattribute__(self, name: str) -> Any:
            note(self, name)
            return super().__getattribute__(name)

    handler = made(Application(), {"set": Sets, "delete": Deletes, "get": Gets}[kind])
    assert not SPARED & vars(handler).keys()


def test_method_that_was_replaced_is_not_tornados(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tornados(RequestHandler, "clear") is RequestHandler.clear
    assert _ClearedResponse().is_all

    @functools.wraps(RequestHandler.set_default_headers)
    def replaced(self: RequestHandler) -> None:
        self.set_header("Access-Control-Allow-Origin", self.request.headers["Origin"])

    monkeypatch.setattr(RequestHandler, "set_default_headers", replaced)
    assert tornados(RequestHandler, "set_default_headers") is not replaced
    assert not _ClearedResponse().is_all
    monkeypatch.setattr(RequestHandler, "set_default_headers", functools.partial(replaced))
    assert tornados(RequestHandler, "set_default_headers") is not RequestHandler.set_default_headers


REPLACED_FIRST = """
import asyncio, itertools, logging
from tornado.routing import Router
from tornado.web import Application, RequestHandler

count = itertools.count()
RequestHandler.set_default_headers = lambda self: self.set_header("X", f"{self.request.path}{next(count)}")
start_request = Router.start_request
Router.start_request = lambda *args: print("asked") or start_request(*args)
Application.log_request = lambda self, handler: print("logged", handler._headers["X"])

from tornado_rails.serving.asgi import ASGIApplication

class Own(RequestHandler):
    def get(self):
        self.write("x")

async def nothing(*args): ...

scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "headers": [(b"host", b"a.test")]}
application = ASGIApplication(Application([("/", Own)]))
for _ in range(2):
    asyncio.run(application(scope, nothing, nothing))
"""


def test_methods_that_were_replaced_before_the_adapter_came_are_called() -> None:
    ran = subprocess.run([sys.executable, "-c", REPLACED_FIRST], capture_output=True, text=True, check=False)
    assert (ran.stdout.split("\n"), ran.stderr) == (["asked", "logged /0", "asked", "logged /1", ""], "")


def test_what_initialize_sets_stays() -> None:
    class Own(RequestHandler):
        def initialize(self) -> None:
            self.clear = self.kept  # type: ignore[method-assign]
            self._log = self.kept  # type: ignore[method-assign]

        def kept(self) -> None:
            pass

    handler = made(Application(), Own)
    assert handler.clear == handler._log == handler.kept  # type: ignore[attr-defined]


def test_handler_clears_itself_by_tornados_own_method() -> None:
    handler = made(Application(), RequestHandler)
    assert "clear" not in vars(handler)
    handler.set_status(404)
    handler.set_header("X", "1")
    handler.clear()
    assert (handler.get_status(), "X" in handler._headers) == (200, False)


def test_handler_is_gone_without_the_collector() -> None:
    handler = made(Application(), RequestHandler)
    handler.request.connection.set_close_callback(None)  # type: ignore[union-attr]
    handler.request.connection.handler = None  # type: ignore[union-attr]
    handler._log()
    handler._break_cycles()
    gone = weakref.ref(handler)
    gc.disable()
    try:
        del handler
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("hook", ["initialize", "prepare"])
def test_body_is_parsed_that_a_handler_sets(hook: str) -> None:
    class Own(RequestHandler):
        def initialize(self) -> None:
            if hook == "initialize":
                self.set_body()

        def prepare(self) -> None:
            if hook == "prepare" or _DELEGATE_PARSES:
                self.set_body()
                self.request._parse_body()

        def set_body(self) -> None:
            self.request.body = b"a=1"
            self.request.headers["Content-Type"] = "application/x-www-form-urlencoded"

        def get(self) -> None:
            self.write(self.get_body_argument("a"))

    async def run() -> list[Any]:
        channel = HTTPChannel({"client": ("1.2.3.4", 5), "scheme": "http"}, nothing, nothing)
        channel.held = True
        start_line = RequestStartLine("GET", "/", "HTTP/1.1")
        headers = HTTPHeaders({"Host": "a.test"})
        request = HTTPServerRequest(connection=channel, start_line=start_line, headers=headers)
        execution = execution_of(Application().get_handler_delegate(request, Own))
        await execution
        return [message.get("body") for message, _future in channel._waiting]

    assert asyncio.run(run()) == [None, b"1"]


class OwnHeaders(HTTPHeaders):
    """Headers that a handler makes."""


@pytest.mark.parametrize("headers_class", [HTTPHeaders, OwnHeaders])
def test_headers_are_sent_in_order(headers_class: type[HTTPHeaders]) -> None:
    headers = headers_class({"Server": f"TornadoServer/{tornado.version}", "Date": "now"})
    headers.add("Server", "mine")
    for name, value in [("Set-Cookie", "a=1"), ("Content-Type", "text/plain"), ("Set-Cookie", "b=2"), ("X-Tag", "ü")]:
        headers.add(name, value)
    channel = HTTPChannel({"scheme": "http", "method": "GET"}, nothing, nothing)
    assert channel._raw(200, headers) == [
        (b"server", b"mine"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"content-type", b"text/plain"),
        (b"x-tag", b"\xfc"),
    ]


@pytest.mark.parametrize("name", ["Content-Type", "X-Tag"])
@pytest.mark.parametrize("value", ["a\nb", "a\rb"])
def test_line_ends_are_not_sent(name: str, value: str) -> None:
    headers = HTTPHeaders()
    headers[name] = value
    with pytest.raises(ValueError, match=f"Illegal characters .* in header: {name}"):
        HTTPChannel({"scheme": "http"}, nothing, nothing)._raw(200, headers)
