"""The page that shows the table: where it is, what it says, and that it is never in an application's way."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
import tornado.web
from tornado.httputil import HTTPHeaders
from tornado.routing import PathMatches
from tornado.web import RequestHandler

from tests.routing.support import Response, chosen, fetch, request_for
from tornado_rails import Controller, RailsApplication, URLSpec, patched
from tornado_rails.routing.debug_router import PAGE, DebugRouter
from tornado_rails.routing.router import RootRouter
from tornado_rails.routing.routes_page import HIDDEN, MATCHED, SHOWN, TAKEN, RoutesPageHandler, RouteTable


class PostsController(Controller):
    def index(self) -> None: ...

    def show(self, id: int) -> None: ...

    def create(self) -> None: ...


class OldHandler(RequestHandler):
    def get(self, *args: str) -> None:
        self.write("own")

    def login(self) -> None: ...


def raising(request: Any) -> bool:
    raise LookupError("the constraint is wrong")


def draw(map: Any) -> None:
    map.resources("posts", only=["index", "show", "create"])
    map.get("v/:n", to="posts#index", n=re.compile(r"\d+"), as_="numbered")
    map.get("only-api", to="posts#index", constraints={"subdomain": "api"})


def application(**settings: Any) -> RailsApplication:
    made = RailsApplication(
        [
            (r"/old/<script>(\d+)", OldHandler, None, 'old"&'),
            (r"/login", OldHandler, {"action": "login", "methods": "POST"}),
            (r"/nested/.*", [(r"/nested/(\w+)", OldHandler)]),
        ],
        routes=draw,
        controllers=[PostsController],
        convention_routes=False,
        **{"debug": True, "autoreload": False, **settings},
    )
    made.add_handlers("api.example", [("/api", OldHandler)])
    return made


class Page(HTMLParser):
    """What a browser takes out of the page: its rows' cells and classes, its other texts and attributes."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.states: list[str | None] = []
        self.texts: dict[str, str] = {}
        self.attributes: dict[str, dict[str, str | None]] = {}
        self._tag = ""
        self.feed(response.body)
        assert self.rows.pop(0)[0] == "Name"
        self.states.pop(0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.attributes[tag] = dict(attrs)
        if tag == "tr":
            self.rows.append([])
            self.states.append(dict(attrs).get("class"))
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self._tag in ("td", "th"):
            self.rows[-1][-1] += data.strip()
        elif data.strip():
            self.texts[self._tag] = data.strip()


def filtered(typed: str, host: str = "127.0.0.1") -> tuple[list[str], str]:
    return RouteTable(application()).filter(typed, request_for("/", host=host))


NAMES = ["api", "old", "login", "nested", "posts", "posts_create", "post", "numbered", "only_api"]


def shown(typed: str, *states: str) -> list[str]:
    return [name for name, state in zip(NAMES, filtered(typed)[0], strict=True) if state in states]


def test_page_shows_every_kind_of_rule() -> None:
    response = fetch(application(), PAGE)
    assert response.status == 200
    page = Page(response)
    here = r"tests/routing/test_routes_page.py:\d+"
    assert [row[:4] for row in page.rows] == [
        ["", "", "host api.example /api", "OldHandler"],
        ['old"&', "", r"/old/<script>(\d+)", "OldHandler"],
        ["", "POST", "/login", "old#login"],
        ["", "", r"/nested/.* /nested/(\w+)", "OldHandler"],
        ["posts", "GET", "/posts(.:format)", "posts#index"],
        ["", "POST", "/posts(.:format)", "posts#create"],
        ["post", "GET", "/posts/:id(.:format)", "posts#show"],
        ["numbered", "GET", "/v/:n(.:format)", r"posts#index {:n=>/\d+/}"],
        ["only_api", "GET", "/only-api(.:format)", 'posts#index {:subdomain=>"api"}'],
    ]
    assert all(re.fullmatch(here, row[4]) for row in page.rows)
    assert page.texts["p"] == "9 of 9 routes"
    assert "<script>(" not in response.body


def test_page_shows_conventions() -> None:
    application = RailsApplication(controllers=[PostsController], debug=True, autoreload=False)
    rows = Page(fetch(application, PAGE)).rows
    assert ["", "GET", "/posts/show/(?P<id>[^/]+)", "posts#show"] in [row[:4] for row in rows]


def test_page_works_without_script() -> None:
    page = Page(fetch(application(), f"{PAGE}?q={quote('POST /posts')}"))
    assert page.states == [HIDDEN] * 4 + [MATCHED, TAKEN, SHOWN] + [HIDDEN] * 2
    assert page.texts["p"] == "3 of 9 routes; POST /posts is taken by posts#create"
    assert page.attributes["input"]["value"] == "POST /posts"


def test_page_escapes_what_is_typed() -> None:
    typed = "\"><script>alert('1')</script>&amp;"
    response = fetch(application(), f"{PAGE}?q={quote(typed)}")
    assert Page(response).attributes["input"]["value"] == typed
    assert response.body.count("<script") == 1


def test_page_answers_its_script() -> None:
    response = fetch(application(), f"{PAGE}?q=old", headers={"Accept": "application/json"})
    assert response.headers["Content-Type"].startswith("application/json")
    answer = json.loads(response.body)
    assert answer["states"] == [SHOWN, SHOWN, SHOWN, SHOWN] + [HIDDEN] * 5
    assert answer["note"] == "4 of 9 routes"
    assert answer["version"] == Page(fetch(application(), PAGE)).attributes["tbody"]["data-version"]


def test_page_runs_nothing_but_its_own_script() -> None:
    one, other = fetch(application(), PAGE), fetch(application(), PAGE)
    policy = one.headers["Content-Security-Policy"]
    nonce = re.findall("script-src 'nonce-([^']{20,})'", policy)[0]
    assert policy != other.headers["Content-Security-Policy"]
    assert f'<script nonce="{nonce}">' in one.body
    assert f'<style nonce="{nonce}">' in one.body
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; ")
    assert {name: one.headers[name] for name in ("Cache-Control", "X-Content-Type-Options", "Referrer-Policy")} == {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", NAMES),
        ("   ", NAMES),
        ("numb", ["numbered"]),
        ("POSTS#INDEX", ["posts", "numbered", "only_api"]),
        ("get posts#show", ["post"]),
        ("example", ["api"]),
        ("old/<script>", ["old"]),
        ("test_routes_page.py:", NAMES),
        ("nothing of it", []),
        ("/nothing/at/all", []),
        ("nest /nested/", ["nested"]),
    ],
)
def test_words_filter_rows(typed: str, names: list[str]) -> None:
    assert shown(typed, SHOWN, MATCHED, TAKEN) == names
    assert filtered(typed)[1].startswith(f"{len(names)} of 9 routes")


@pytest.mark.parametrize(
    ("typed", "taken", "matched"),
    [
        ("/posts", ["posts"], ["posts_create"]),
        ("post /posts", ["posts_create"], ["posts"]),
        ("HEAD /posts/7", ["post"], []),
        ("DELETE /posts/7", [], ["post"]),
        ("//posts//7/", ["post"], []),
        ("/posts/7?page=2", ["post"], []),
        ("/posts/é", ["post"], []),
        ("/v/x", [], []),
        ("/v/7.json", ["numbered"], []),
        ("/nested/one", ["nested"], []),
        ("/login", [], ["login"]),
        ("/only-api", [], []),
        ("/api", [], []),
    ],
)
def test_path_shows_the_routes_that_match_it(typed: str, taken: list[str], matched: list[str]) -> None:
    assert (shown(typed, TAKEN), shown(typed, MATCHED)) == (taken, matched)
    words = {name: line.target for name, line in zip(NAMES, RouteTable(application()).lines, strict=True)}
    method, _, path = typed.rpartition(" ")
    request = f"{method.upper() or 'GET'} {path}"
    ending = f"{request} is taken by {words[taken[0]]}" if taken else f"none takes {request}"
    assert filtered(typed)[1].endswith(f"routes; {ending}")


def test_path_is_asked_of_the_host_of_the_page() -> None:
    assert filtered("/api", host="api.example")[0][0] == TAKEN


def test_constraint_that_raises_hides_no_other_row() -> None:
    def draw(map: Any) -> None:
        map.get("posts", to="posts#index", constraints=raising, via="get", as_="broken")

    application = RailsApplication(routes=draw, controllers=[PostsController], convention_routes=False)
    states, note = RouteTable(application).filter("POST /posts", request_for("/"))
    assert states == [SHOWN]
    assert note == "1 of 1 routes; none takes POST /posts"


@pytest.mark.parametrize(
    "settings",
    [{"debug": False}, {"routes_page": False}, {"debug": True, "routes_page": None}],
)
def test_page_is_not_there(settings: dict[str, Any]) -> None:
    assert fetch(application(**settings), PAGE).status == 404


def test_page_goes_with_the_setting() -> None:
    app = application()
    app.settings["debug"] = False
    assert fetch(app, PAGE).status == 404


def test_production_has_no_router_with_a_page() -> None:
    assert type(application(debug=False).default_router) is RootRouter
    assert type(application().default_router) is DebugRouter


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_page_is_for_reading(method: str) -> None:
    assert fetch(application(), PAGE, method).status == 404
    head = fetch(application(), PAGE, "HEAD")
    assert (head.status, head.body) == (200, "")


@pytest.mark.parametrize("path", [PAGE + "/", "/rails/info", "/rails/info/routes.json", "//rails/info/routes"])
def test_page_has_one_path(path: str) -> None:
    assert fetch(application(), path).status == 404


@pytest.mark.parametrize("pattern", [PAGE, "/.*", "/rails/(.*)"])
def test_own_route_goes_before_the_page(pattern: str) -> None:
    app = RailsApplication([(pattern, OldHandler)], debug=True, autoreload=False)
    assert fetch(app, PAGE).body == "own"
    app.wildcard_router.rules.clear()
    assert chosen(app, PAGE) is RoutesPageHandler
    app.add_handlers("127.0.0.1", [(pattern, OldHandler)])
    assert fetch(app, PAGE).body == "own"


def test_own_route_by_another_method_or_slash_goes_before_the_page() -> None:
    other = [URLSpec(PAGE, OldHandler, methods="POST")]
    assert fetch(RailsApplication(other, debug=True, autoreload=False), PAGE).status == 405
    slash = RailsApplication([(PAGE + "/", OldHandler)], debug=True, autoreload=False, trailing_slash="redirect")
    assert fetch(slash, PAGE).headers["Location"] == PAGE + "/"


def test_page_is_no_rule_and_takes_the_place_of_a_404_alone() -> None:
    class Missing(RequestHandler):
        def prepare(self) -> None:
            self.set_status(404)
            self.finish("own 404")

    stock = tornado.web.Application([("/old", OldHandler)], debug=True, autoreload=False)
    ours = RailsApplication([("/old", OldHandler)], debug=True, autoreload=False, default_handler_class=Missing)
    count = [len(app.wildcard_router.rules) + len(app.default_router.rules) for app in (stock, ours)]
    assert count == [2, 2]
    assert ours.wildcard_router.named_rules == {}
    assert fetch(ours, "/nothing").body == "own 404"
    assert Page(fetch(ours, PAGE)).rows[0][2] == "/old"


def test_patched_application_has_the_page() -> None:
    with patched():
        app = tornado.web.Application([("/old", OldHandler)], debug=True, autoreload=False)
    assert Page(fetch(app, PAGE)).rows[0][2] == "/old"


def test_page_follows_the_table() -> None:
    app = application()
    fetch(app, PAGE)
    router: Any = app.default_router
    known = router.route_table
    fetch(app, PAGE)
    assert router.route_table is known
    app.wildcard_router.rules.insert(0, URLSpec("/first", OldHandler))
    assert Page(fetch(app, PAGE)).rows[1][2] == "/first"
    app.wildcard_router.rules[0].matcher = PathMatches("/other")
    assert Page(fetch(app, PAGE)).rows[1][2] == "/other"
    app.reload_routes()
    assert len(Page(fetch(app, PAGE)).rows) == 10


def test_headers_of_a_typed_path_are_those_of_the_page() -> None:
    assert isinstance(request_for("/").headers, HTTPHeaders)
    table = RouteTable(application())
    assert table.filter("/only-api", request_for("/", host="api.example.com"))[0][-1] == TAKEN
