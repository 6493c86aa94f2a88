"""Errors as the client asks for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tornado.web import HTTPError, RequestHandler

from tests.conftest import Fetch
from tests.controller.support import data, expect_500, request_by_hand, served, text
from tornado_rails import ActionMixin, Controller, RailsApplication
from tornado_rails.controller.negotiation import best
from tornado_rails.controller.problems import accepted, wants_json

PROBLEM = "application/problem+json"
PAGE = "text/html; charset=UTF-8"


class Plain(RequestHandler):
    def show(self, id: int, *, page: int = 1) -> None:
        self.write({"id": id, "page": page})

    def fail(self) -> None:
        raise HTTPError(403, "only for the log: %s", "secret")

    def named(self) -> None:
        raise HTTPError(404, reason="No such thing")

    def broken(self) -> None:
        raise ZeroDivisionError("secret")


class Ours(Controller, Plain):
    """The same as a controller."""


class Custom(Plain):
    """Has an error page of its own, as applications do."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1]
        self.finish(f"custom {status_code} {getattr(error, 'detail', '')}")


class Calling(Plain):
    """Its error page goes on to Tornado's."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.set_header("X-Error", "mine")
        super().write_error(status_code, **kwargs)


class OursCalling(Controller):
    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.set_header("X-Error", "mine")
        super().write_error(status_code, **kwargs)

    def show(self, id: int) -> None: ...


ROUTES: list[Any] = [
    (rf"/{name}/{action}{rest}", handler, {"action": action})
    for name, handler in [("plain", Plain), ("ours", Ours), ("custom", Custom), ("calling", Calling)]
    for action, rest in [("show", "/(.*)"), ("fail", ""), ("named", ""), ("broken", "")]
]
ROUTES += [
    ("/ours-calling/show/(.*)", OursCalling, {"action": "show"}),
    ("/narrow", Plain, {"action": "fail", "methods": "POST"}),
]


@pytest.fixture
def app(request: pytest.FixtureRequest) -> RailsApplication:
    """The table above, with the settings that a test is parametrized with."""
    return RailsApplication(ROUTES, **getattr(request, "param", {}))


@pytest.mark.parametrize(
    ("accept", "media_type", "expected"),
    [
        ("", "", False),
        ("*/*", "", False),
        ("application/*", "", False),
        ("text/html", "", False),
        ("application/xhtml+xml", "", False),
        ("application/json", "", True),
        ("APPLICATION/JSON", "", True),
        ("application/problem+json", "", True),
        ("application/vnd.api+json; version=1", "", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", False),
        ("application/json, text/html", "", True),
        ("text/html, application/json;q=0.9", "", False),
        ("text/html;q=0.8, application/json;q=0.9", "", True),
        ("text/html;level=1;q=0.2, application/json ; q=0.3", "", True),
        ("application/json, text/plain, */*", "", True),
        ("text/html ; q = 0.1, application/json;q=0.5", "", True),
        ("application/json;q=0", "", False),
        ("application/json;q=1.5, text/html;q=0.1", "", False),
        ("application/json;q=-1, text/html;q=0.1", "", False),
        ("application/json;q=1e0, text/html;q=0.1", "", False),
        ("/json, text/html;q=0.1", "application/json", False),
        ("application/json;q=broken, text/html;q=0.1", "", False),
        ("application/json;q=, text/html;q=0.1", "", False),
        ("application/json;q=nan, text/html", "", False),
        (",,;;q=1,", "", False),
        ("text/plain", "application/json", True),
        ("*/*", "application/json; charset=utf-8", True),
        ("", "application/json", True),
        ("", "application/vnd.api+json", True),
        ("text/html", "application/json", False),
        ("", "application/x-www-form-urlencoded", False),
    ],
)
def test_client_asks_for_json_by_accept_or_by_what_it_sends(accept: str, media_type: str, expected: bool) -> None:
    headers = {"Accept": accept, "Content-Type": media_type}
    request = request_by_hand(headers={name: value for name, value in headers.items() if value})
    assert wants_json(RequestHandler(RailsApplication(), request)) is expected


@pytest.mark.parametrize("quality", [".5", "0.5", "0.1234", "0.500", "1", "1.", "1.000"])
def test_quality_is_any_number_of_the_range(quality: str) -> None:
    assert list(accepted(f"text/html;q={quality}")) == [("text/html", float(quality))]
    java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"  # what Java's own client sends
    assert best(java, {"json": ["application/json"]}) == "json"


@pytest.mark.parametrize("quality", ["1.5", "2", "-1", "nan", "inf", "1e0", "", "high", "\u0661", ".", "+1"])
def test_malformed_quality_counts_nowhere(quality: str) -> None:
    header = f"application/json;q={quality}, text/html;q=0.1"
    assert list(accepted(header)) == [("text/html", 0.1)]
    assert best(header, {"json": ["application/json"], "html": ["text/html"]}) == "html"


@pytest.mark.parametrize("handler", ["plain", "ours"])
@served
async def test_refused_value_is_a_problem_for_a_program(fetch: Fetch, handler: str) -> None:
    answer = await fetch(f"/{handler}/show/x", Accept="application/json")
    assert (answer.code, answer.headers["Content-Type"]) == (404, PROBLEM)
    assert data(answer) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "parameter 'id': Expected `int`",
        "errors": [{"parameter": "id", "in": "path", "detail": "Expected `int`"}],
    }
    assert answer.headers["Content-Length"] == str(len(answer.body))
    query = await fetch(f"/{handler}/show/1?page=x", Accept="application/json")
    assert (query.code, data(query)["errors"]) == (
        400,
        [{"parameter": "page", "in": "query", "detail": "Expected `int`"}],
    )


@pytest.mark.parametrize("handler", ["plain", "ours"])
@served
async def test_refused_value_is_a_page_for_a_browser(fetch: Fetch, handler: str) -> None:
    answer = await fetch(f"/{handler}/show/x", Accept="text/html")
    assert (answer.code, answer.headers["Content-Type"]) == (404, PAGE)
    assert text(answer) == (
        "<html><title>404: Not Found</title><body>404: Not Found"
        "<p>parameter &#x27;id&#x27;: Expected `int`</p></body></html>"
    ).replace("&#x27;", "&#39;" if "&#39;" in text(answer) else "&#x27;")


@pytest.mark.parametrize("handler", ["plain", "ours"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@served
async def test_refused_value_is_answered_to_head_without_a_body(fetch: Fetch, handler: str, method: str) -> None:
    answer = await fetch(f"/{handler}/show/x", method, Accept="application/json")
    assert (answer.code, bool(answer.body)) == (404, method == "GET")


@served
async def test_detail_of_a_page_is_escaped(fetch: Fetch) -> None:
    answer = await fetch("/ours/show/1", "POST", b"{", Content_Type="application/json", Accept="text/html")
    assert answer.code == 400
    refused = await fetch("/plain/show/1?<script>=%ff", Accept="text/html")
    assert refused.code == 400
    assert "<script>" not in text(refused)
    assert "&lt;script&gt;" in text(refused)


@pytest.mark.parametrize("app", [{"serve_traceback": True}, {"debug": True, "autoreload": False}], indirect=True)
@served
async def test_refused_value_is_tornados_traceback_where_that_is_set(app: RailsApplication, fetch: Fetch) -> None:
    answer = await fetch("/plain/show/x", Accept="text/html")
    assert (answer.code, answer.headers["Content-Type"]) == (404, "text/plain")
    assert "PathParamError: HTTP 404: Not Found (parameter 'id': Expected `int`)" in text(answer)
    assert (await fetch("/plain/show/x", Accept="application/json")).headers["Content-Type"] == PROBLEM


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [("fail", 403, "Forbidden"), ("named", 404, "No such thing")],
)
@served
async def test_controllers_error_is_a_problem_for_a_program(fetch: Fetch, path: str, status: int, title: str) -> None:
    answer = await fetch(f"/ours/{path}", Accept="application/json")
    assert (answer.code, answer.headers["Content-Type"]) == (status, PROBLEM)
    assert data(answer) == {"type": "about:blank", "title": title, "status": status}
    page = await fetch(f"/ours/{path}", Accept="text/html")
    assert (page.code, page.headers["Content-Type"]) == (status, PAGE)


@served
async def test_plain_handlers_error_is_tornados(fetch: Fetch) -> None:
    answer = await fetch("/plain/fail", Accept="application/json")
    assert (answer.code, answer.headers["Content-Type"]) == (403, PAGE)
    assert text(answer) == "<html><title>403: Forbidden</title><body>403: Forbidden</body></html>"


@served
async def test_unexpected_error_tells_a_client_nothing(fetch: Fetch) -> None:
    with expect_500("Uncaught exception GET /ours/broken"):
        answer = await fetch("/ours/broken", Accept="application/json")
    assert data(answer) == {"type": "about:blank", "title": "Internal Server Error", "status": 500}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/custom/show/x", "custom 404 parameter 'id': Expected `int`"),
        ("/custom/fail", "custom 403 "),
    ],
)
@served
async def test_handlers_own_error_page_is_used(fetch: Fetch, path: str, body: str) -> None:
    for accept in ("application/json", "text/html"):
        assert text(await fetch(path, Accept=accept)) == body


@served
async def test_handlers_own_error_page_may_go_on_to_the_next(fetch: Fetch) -> None:
    for handler in ("calling", "ours-calling"):
        answer = await fetch(f"/{handler}/show/x", Accept="text/html")
        assert (answer.code, answer.headers["X-Error"]) == (404, "mine")
        assert text(answer).startswith("<html><title>404: Not Found</title><body>404: Not Found")
    assert (await fetch("/ours-calling/show/x", Accept="application/json")).headers["Content-Type"] == PROBLEM


@served
async def test_method_not_allowed_is_a_problem_for_a_program(fetch: Fetch) -> None:
    answer = await fetch("/narrow", "PUT", "", Accept="application/json")
    assert (answer.code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert data(answer)["detail"] == "PUT is not allowed here; allowed: POST, OPTIONS"


@pytest.mark.parametrize("base", [RequestHandler, Controller])
@served
async def test_error_sent_by_hand_has_no_exception(io_loop: Any, base: Any) -> None:
    bases = (base,) if base is Controller else (ActionMixin, base)
    sending: Any = type("Sending", bases, {"get": lambda self: self.send_error(402)})
    handler = sending(RailsApplication(), request_by_hand(headers={"Accept": "application/json"}))
    await handler._execute([])
    body = handler.request.connection.body
    if base is Controller:
        assert json.loads(body) == {"type": "about:blank", "title": "Payment Required", "status": 402}
    else:
        assert body == b"<html><title>402: Payment Required</title><body>402: Payment Required</body></html>"
