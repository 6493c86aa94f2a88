"""The page of a path that no route takes."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from tornado.testing import ExpectLog
from tornado.web import HTTPError, RequestHandler

from tests.debugging.support import XSS, Page, ask, debugged
from tests.routing.support import request_for
from tornado_rails import Controller, RailsApplication
from tornado_rails.debugging import not_found
from tornado_rails.routing.debug_router import PAGE
from tornado_rails.routing.misses import Asked
from tornado_rails.routing.rows import row_of, rules_of


class PostsController(Controller):
    def index(self) -> None: ...

    def show(self, id: int) -> None: ...

    def create(self) -> None: ...


def hostile(request: Any) -> bool:
    raise ValueError(XSS)


def draw(map: Any) -> None:
    map.resources("posts", only=["index", "show", "create"])
    map.get("v/:n", to="posts#index", n=re.compile(r"\d+"), as_="numbered")
    map.get("hostile", to="posts#index", constraints=lambda request: False)


def application(**settings: Any) -> RailsApplication:
    return debugged(PostsController, routes=draw, convention_routes=False, **settings)


def test_page_shows_the_routes_and_the_nearest() -> None:
    answer = ask(application(), "/posts/7/comments")
    page = Page(answer.body)
    page.check()
    assert answer.status == 404
    for text in (
        *("404 Not Found", "GET /posts/7/comments", "No route takes it.", "5 of 5 routes"),
        *("GET /posts/:id(.:format) -> posts#show (tests/debugging/test_not_found_page.py:", "'/comments' is too much"),
        *("numbered", r"posts#index {:n=>/\d+/}"),
    ):
        assert text in page.text, text
    (form,) = [attributes for tag, attributes in page.tags if tag == "form"]
    assert form == {"method": "get", "action": PAGE}
    assert "script-src 'nonce-" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    router: Any = application().default_router
    assert router.route_table is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/v/x", r"constraint: n='x' does not match '\\d+'"),
        ("/v/", "the path ends too early"),
        ("/post/7", "segment 1, 'post', is not 'posts'"),
        ("/post", "the path ends too early: '/posts(.:format)' is wanted"),
        ("/hostile", "constraint: "),
        ("/nothing/of/it", None),
        ("/" + "x" * 3000, None),
    ],
)
def test_reasons_of_the_nearest(path: str, reason: str | None) -> None:
    misses = json.loads(ask(application(), path, "application/json").body)["near_misses"]
    if reason is None:
        assert misses == []
    else:
        assert reason in misses[0]["reason"]
        text = ask(application(), path, "text/markdown").body
        assert text.startswith(f"# 404 Not Found\n\n    GET {path}\n\n    GET /")


def test_method_that_is_not_there_says_which_are() -> None:
    answer = ask(application(), "/posts/7", method="DELETE")
    page = Page(answer.body)
    page.check()
    assert (answer.status, answer.allow) == (405, "GET, HEAD, OPTIONS")
    assert "The path has routes, for other methods: GET, HEAD, OPTIONS" in page.text
    assert "method: it takes GET, not DELETE" in page.text
    text = ask(application(), "/posts/7", "text/markdown", method="DELETE").body
    assert "\n\nAllowed: GET, HEAD, OPTIONS\n" in text
    problem = json.loads(ask(application(), "/posts/7", "application/json", method="DELETE").body)
    assert problem["detail"] == "DELETE is not allowed here; allowed: GET, HEAD, OPTIONS"


def test_verb_that_a_handler_does_not_have_says_which_it_has() -> None:
    class Verbs(Controller):
        def get(self) -> None:
            raise HTTPError(405)

        def put(self) -> None: ...

    app = RailsApplication([("/verbs", Verbs)], debug=True, autoreload=False)
    answer = ask(app, "/verbs", method="POST")
    page = Page(answer.body)
    assert answer.status == 405
    assert "The path has routes, for other methods: GET, PUT" in page.text
    assert "method: it takes GET|PUT, not POST" in page.text
    assert "raise HTTPError(405)" in Page(ask(app, "/verbs").body).text


@pytest.mark.parametrize("accept", ["*/*", "text/plain"])
def test_who_asks_for_no_page_gets_tornados_traceback(accept: str) -> None:
    answer = ask(application(), "/nothing", accept)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/plain")


@pytest.mark.parametrize("settings", [{"debug": False}, {"serve_traceback": False}, {"routes_page": False}])
@pytest.mark.parametrize("accept", ["text/html", "text/markdown", "application/json"])
def test_routes_are_shown_to_nobody_else(settings: dict[str, Any], accept: str) -> None:
    app = RailsApplication(
        routes=draw, controllers=[PostsController], **{"debug": True, "autoreload": False, **settings}
    )
    for path, method in (("/posts/7/comments", "GET"), ("/posts/7", "DELETE")):
        answer = ask(app, path, accept, method=method)
        assert answer.status in (404, 405)
        assert "posts#" not in answer.body
        assert "near_misses" not in answer.body


def test_page_without_the_page_of_routes_filters_by_itself() -> None:
    app = RailsApplication(routes=draw, controllers=[PostsController], serve_traceback=True)
    page = Page(ask(app, "/nothing").body)
    assert [attributes for tag, attributes in page.tags if tag == "form"] == [{"method": "get"}]
    assert "posts#show" in page.text
    assert "Enter shows" not in page.text


def test_table_is_made_once() -> None:
    app = application()
    ask(app, "/nothing")
    router: Any = app.default_router
    known = router.route_table
    ask(app, "/nothing")
    assert router.route_table is known is not None


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/posts/{quote(XSS)}/x", {}),
        (f"/posts?{quote(XSS)}", {}),
        ("/posts/<script>/'\"", {}),
        ("/raises", {"Host": "a<b"}),
    ],
)
def test_nothing_is_reflected_unescaped(path: str, headers: dict[str, str]) -> None:
    def draw(map: Any) -> None:
        map.get("raises", to="posts#index", constraints=lambda request: request.host == "b")
        map.get("posts/:id/y", to="posts#index", as_="y")

    app = RailsApplication(
        [(rf"/old/{XSS}(\d+)", PostsController, None, XSS)],
        routes=draw, controllers=[PostsController], convention_routes=False, debug=True, autoreload=False,
    )  # fmt: skip
    answer = ask(app, path)
    assert answer.status in (404, 405)
    Page(answer.body).check()


def test_secrets_of_the_query_are_filtered() -> None:
    assert "hunter22" not in ask(application(), "/posts/7/x?password=hunter22").body


def test_constraint_that_raises_is_a_reason() -> None:
    def draw(map: Any) -> None:
        map.get("odd", to="posts#index", constraints=hostile)

    app = debugged(PostsController, routes=draw, convention_routes=False)
    (row,) = [row_of(rule, within) for rule, within in rules_of(app)]
    request = request_for("/odd")
    (miss,) = not_found.nearest([row], Asked("GET", "/odd", request, "/odd"))
    assert miss.reason == f"constraint: hostile raised ValueError: {XSS}"


def test_large_table_is_asked_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_found, "_MOST_ROWS", 3)
    monkeypatch.setattr(not_found, "_MOST_LINES", 2)
    answer = ask(application(), "/v/x")
    assert "numbered" not in answer.body.partition("<tbody>")[2]
    page = Page(answer.body)
    assert "constraint: n=" in page.text
    assert "2 of 5 routes" in page.text


def test_page_that_cannot_be_made_leaves_tornados(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> None:
        raise RecursionError

    monkeypatch.setattr("tornado_rails.debugging.answers.not_found", broken)
    with ExpectLog("tornado.application", "The debug page of status 404 cannot be made"):
        answer = ask(application(), "/nothing")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/plain")


def test_hostile_path_takes_no_time() -> None:
    begun = time.monotonic()
    for path in ("/posts/" + "a/" * 900, "/" * 1900, "/posts" * 300):
        assert ask(application(), path).status == 404
    assert time.monotonic() - begun < 10


def test_handlers_alone_have_tornados_404() -> None:
    app = RailsApplication([("/old", RequestHandler)], debug=True, autoreload=False)
    answer = ask(app, "/nothing")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/plain")
