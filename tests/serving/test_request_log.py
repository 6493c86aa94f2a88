"""The line of each request, its id, and what is kept out of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import tornado.routing
import tornado.web
from tornado.httputil import HTTPFile

from tests.serving.processes import running
from tests.serving.support import ASGI_SERVERS, SERVERS, get, serving
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.parameters import Parameters
from tornado_rails.controller.uploads import UploadedFile
from tornado_rails.serving.request_log import RequestIdTransform, RequestLog, install, no_log


class PostsController(Controller):
    def show(self, id: int) -> None:
        self.write({"id": id})

    def fail(self) -> None:
        raise RuntimeError("unexpected")

    def create(self) -> None:
        self.write("created")


class Plain(tornado.web.RequestHandler):
    def get(self, name: str = "") -> None:
        self.write(name)

    post = get


def application(**settings: Any) -> RailsApplication:
    routes: list[Any] = [(r"/plain/(?P<name>.*)", Plain), ("/broken", Broken)]
    return RailsApplication(routes, controllers=[PostsController], **settings)


class Broken(tornado.web.RequestHandler):
    @property
    def params(self) -> Any:
        raise ValueError("it has none")

    def get(self) -> None:
        self.write("x")


class Lines(logging.Handler):
    """What the access log was given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    handler, logger = Lines(), logging.getLogger("tornado.access")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield handler.records
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.mark.parametrize("name", SERVERS)
def test_line_of_a_request(lines: list[Any], name: str) -> None:
    app = application()
    install(app, RequestLog())
    install(app, RequestLog())  # a second time changes nothing
    with serving(name, app) as server:
        answer = server.ask(get("/posts/show/7?q=1", "X-Request-ID: abc-1.2"))
        assert answer.header("x-request-id") == ["abc-1.2"]
        made = server.ask(get("/plain/x%1B[31m", "X-Request-ID: not well-formed"))
        server.ask(get("/posts/fail"))
        server.ask(get("/nowhere"))
    first, second, third, fourth = (record.getMessage().split(" ") for record in lines)
    assert first[:3] == ["200", "GET", "/posts/show/7"]
    assert first[3].endswith("ms")
    assert first[4:] == ["PostsController#show", "/posts/show/(?P<id>[^/]+)", "abc-1.2"]
    assert (second[2], second[4]) == ("/plain/x%1B[31m", "Plain#get")
    assert made.header("x-request-id") == [second[6]]
    assert len(second[6]) == 32
    assert (third[0], third[4]) == ("500", "PostsController#fail")
    assert (fourth[0], fourth[2]) == ("404", "/nowhere")
    assert [record.levelname for record in lines] == ["INFO", "INFO", "ERROR", "WARNING"]


def test_line_as_json_with_filtered_params(lines: list[Any]) -> None:
    app = application()
    install(app, RequestLog("json", params=True, filtered=["pin"]))
    with serving("tornado", app) as server:
        body = b'{"user": {"name": "Ann", "password": "x"}, "PIN": 1234, "list": [{"api_key": "y"}, 3]}'
        server.ask(get("/posts/create", "Content-Type: application/json", method="POST", body=body))
        server.ask(get("/plain/x?token=secret&tag=1&tag=2&bad=%ff"))
        server.ask(get("/broken?a=1"))
        form = b"user[name]=Ann&user[password]=x&user[tokens][]=y&list[][api_key]=z&list[][n]=3"
        nested = get("/posts/create", "Content-Type: application/x-www-form-urlencoded", method="POST", body=form)
        server.ask(nested)
    first, second, third, fourth = (json.loads(record.getMessage()) for record in lines)
    assert first["params"] == {
        "user": {"name": "Ann", "password": "[FILTERED]"},
        "PIN": "[FILTERED]",
        "list": [{"api_key": "[FILTERED]"}, 3],
    }
    assert (first["method"], first["status"], first["action"]) == ("POST", 200, "PostsController#create")
    assert second["params"]["token"] == "[FILTERED]"
    assert third["params"] == {}
    assert fourth["params"] == {
        "user": {"name": "Ann", "password": "[FILTERED]", "tokens": "[FILTERED]"},
        "list": [{"api_key": "[FILTERED]", "n": "3"}],
    }


def test_uploaded_file_is_logged_without_its_content() -> None:
    file = UploadedFile(HTTPFile(filename="a.txt", content_type="text/plain", body=b"private"))
    shown = RequestLog().filtered(Parameters(post=Parameters(photo=file, secret=file)))
    assert json.dumps(shown, default=str) == (
        '{"post": {"photo": "<UploadedFile \'a.txt\' text/plain 7 bytes>", "secret": "[FILTERED]"}}'
    )


def test_line_of_a_stock_application_has_no_route(lines: list[Any]) -> None:
    app = tornado.web.Application([(r"/plain/(?P<name>.*)", Plain)])
    install(app, RequestLog(params=True))
    with serving("tornado", app) as server:
        server.ask(get("/plain/x?tag=1&tag=2&secret=3"))
    words = lines[0].getMessage().split(" ", 7)
    assert words[4:6] == ["Plain#get", "-"]
    assert json.loads(words[7]) == {"tag": ["1", "2"], "secret": "[FILTERED]", "name": "x"}


def test_line_of_a_drawn_route_says_it_as_it_was_drawn(lines: list[Any]) -> None:
    app = RailsApplication(routes=lambda map: map.get("drawn/:name", to=Plain, format=False))
    install(app, RequestLog())
    with serving("tornado", app) as server:
        server.ask(get("/drawn/x"))
    assert lines[0].getMessage().split(" ")[4:6] == ["Plain#get", "/drawn/:name"]


def test_log_function_of_the_application_stays() -> None:
    def mine(handler: tornado.web.RequestHandler) -> None: ...

    app = tornado.web.Application(log_function=mine)
    install(app, RequestLog())
    assert app.settings["log_function"] is mine
    quiet = tornado.web.Application()
    install(quiet, no_log)
    assert quiet.settings["log_function"] is no_log
    assert RequestIdTransform in quiet.transforms
    install(tornado.routing.RuleRouter(), RequestLog())  # which has neither


def test_log_of_a_process_is_as_it_is_told() -> None:
    with running(log_format="json", workers=2) as server:
        server.logged(r"Serves http")
        line = json.loads(server.lines[0])
        assert (line["level"], line["logger"]) == ("info", "tornado.general")
        server.ask("/?password=1")
        server.logged('"path": "/"')
        assert "password" not in server.log
        (line,) = [each for each in map(json.loads, server.lines) if each.get("path") == "/"]
        assert (line["status"], line["action"], line["route"], line["logger"]) == (
            200,
            "Pid#get",
            None,
            "tornado.access",
        )
        assert server.stop() == 0


@pytest.mark.parametrize("asgi", [None, *ASGI_SERVERS])
def test_log_may_be_left_out(asgi: str | None) -> None:
    with running(log_requests=False, asgi=asgi) as server:
        assert server.ask("/", "X-Request-ID: one").header("x-request-id") == ["one"]
        assert server.stop() == 0
    assert "GET" not in server.log
