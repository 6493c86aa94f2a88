"""``tornado-rails routes --match``: which route a request takes, and why the others do not."""

from __future__ import annotations

import pytest

from tests.cli.support import Project

APP = """
import re
import tornado.web
from tornado.routing import HostMatches, Matcher, PathMatches, Rule
from tornado.web import RequestHandler
from tornado_rails import Controller, RailsApplication
from tornado_rails.routing.redirects import redirect

class PostsController(Controller):
    def index(self, *, page: int = 1): ...
    def show(self, id: int, format: str = "html"): ...
    def archive(self, year: int, *rest: int): ...

class UserHandler(RequestHandler):
    def login(self): ...

class PageHandler(RequestHandler):
    def get(self, name): ...

class Strict(RequestHandler):
    def act(self, x): ...
    def decode_argument(self, value, name=None): raise tornado.web.HTTPError(400, "broken")

class Always(Matcher):
    def match(self, request): return {} if request.path == "/always" else None
    def reverse(self, *args): return None

class Never(Matcher):
    def match(self, request): return None
    def reverse(self, *args): return None

def says_no(request): return False
def raises(request): raise LookupError("oh")
def says_yes(params, request): return True

def routes(map):
    map.resources("posts", only=["index", "show"], constraints={"id": re.compile(r"\\d+")})
    map.get("archive/:year(/*rest)", to="posts#archive", format=False)
    map.get("api", to="posts#index", as_="api", constraints={"port": 80, "subdomain": "api"})
    map.get("re", to="posts#index", constraints={"subdomain": re.compile("^api")})
    map.get("yes", to="posts#index", constraints=says_yes, as_="yes_again")
    map.get("ask/:id", to="posts#show", constraints=says_yes)
    map.get("no", to="posts#index", constraints=says_no)
    map.get("yes", to="posts#index", constraints=says_yes)
    map.get("fails", to="posts#index", constraints=raises)
    map.get("twice", to="posts#index", as_="one")
    map.get("twice", to="posts#show", as_="two", defaults={"id": 1})
    map.get("gone", to=redirect("/posts"))
    map.get("lit/:kind", to="posts#index", constraints={"kind": "a"})
    map.mount("/inner", tornado.web.Application([("/x", PageHandler)]))

def make(**settings):
    app = RailsApplication([
        (r"/user/login", UserHandler, {"action": "login", "methods": "POST"}, "login"),
        (r"/page/(\\w+)", PageHandler),
        (r"/number/(?P<a>\\d+)/(?P<b>\\d+)", PageHandler),
        (r"/strict/(.*)", Strict, {"action": "act"}),
        (r"/back/(.)\\1", PageHandler),
        (r"/(\\d+)-(\\d+)-(\\d+)-(\\d+)-(\\d+)-(\\d+)", PageHandler),
        Rule(Never(), [Rule(PathMatches("/never"), PageHandler)]),
    ], routes=routes, controllers=[PostsController], convention_routes=False, **settings)
    app.add_handlers("v[.]example", [("/hosted", PageHandler), ("/hosted", PageHandler)])
    app.wildcard_router.add_rules([Rule(Always(), PageHandler)] if settings.pop("always", None) else [])
    return app

stock = tornado.web.Application([("/a/(.)", PageHandler), ("/b", PageHandler)])
def always(): return make(always=True)
def ignoring(): return make(trailing_slash="redirect")
def unmatched(map):
    map.get("broken/:id", to=redirect("/%{missing}"))
    map.get("x/:id", to="posts#show")
"""


@pytest.mark.parametrize(
    ("target", "request_", "status", "words"),
    [
        ("make", "POST /user/login", 0, ["takes  POST /user/login -> user#login (app.py:", "raw    no params"]),
        (
            "make",
            "/posts/7.json?x=1",
            0,
            ["GET /posts/7.json?x=1", "raw    id='7', format='json'", "cast   id=7, format='json'"],
        ),
        ("make", "posts", 2, ['Error: --match \'posts\' is no request: write "POST /path", "/path" or "GET http://']),
        ("make", "A B C", 2, ["is no request"]),
        ("make", "", 2, ["Error: --match '' is no request"]),
        ("make", "GET", 2, ["Error: --match 'GET' is no request"]),
        ("make", "GET http://[x/", 2, ["is no request"]),
        ("make", "GET ftp://x/", 2, ["is no request"]),
        ("make", "/ä", 1, ["GET /%C3%A4"]),
        ("make", "/user/%zz", 1, ["404: no route takes it"]),
        ("make", "/posts/7?x=%zz", 1, ["fails  400: the query has a broken percent escape"]),
        ("make", "GTE /posts", 2, ["Error: 'GTE' is not an HTTP method. Did you mean 'GET'?"]),
        ("make", "/posts?page=2", 0, ["cast   page=2"]),
        ("make", "/posts?page=x", 1, ["fails  400: parameter 'page': Expected `int`"]),
        ("make", "/archive/2024/5/6", 0, ["raw    year='2024', rest='5/6'", "cast   year=2024, rest=(5, 6)"]),
        (
            "make",
            "/archive/x",
            1,
            ["takes  GET /archive/:year(/*rest)", "fails  404: parameter 'year': Expected `int`"],
        ),
        (
            "make",
            "/page/a%20b",
            1,
            ["fails  404: no route takes it", "constraint: arg1='a%20b' does not match '\\\\w+'"],
        ),
        ("make", "/page/a", 0, ["takes  GET /page/:arg1 -> PageHandler", "raw    arg1='a'"]),
        ("make", "/number/1/2", 0, ["raw    a='1', b='2'"]),
        ("make", "/strict/x", 1, ["takes  ANY /strict/*arg1", "fails  400: HTTP 400: Bad Request (broken)"]),
        (
            "make",
            "GET /user/login",
            1,
            ["fails  405: GET is not allowed here; allowed: POST, OPTIONS", "method: it takes POST, not GET"],
        ),
        ("make", "PUT /posts", 1, ["fails  405: PUT is not allowed", "method: it takes GET, not PUT"]),
        ("make", "DELETE /page/x", 1, ["takes  GET /page/:arg1", "fails  405: PageHandler has no delete()"]),
        ("make", "/posts/x", 1, ["constraint: id='x' does not match '\\\\d+'"]),
        ("make", "/lit/b", 1, ["constraint: kind='b' does not match 'a'"]),
        ("make", "/api", 1, ["constraint: subdomain is '', not 'api'"]),
        ("make", "http://api.x.com/api", 0, ["takes  GET /api(.:format)", "GET http://api.x.com/api"]),
        ("make", "/re", 1, ["constraint: subdomain is '', not '^api'"]),
        ("make", "/no", 1, ["constraint: says_no says no"]),
        ("make", "/yes", 0, ["takes  GET /yes(.:format)", "an earlier route takes it: GET /yes"]),
        ("always", "/always", 0, ["takes  GET Always -> PageHandler", "raw    no params"]),
        ("make", "/1-2-3", 1, ["fails  404: no route takes it"]),
        ("make", "/back/xy", 1, ["fails  404: no route takes it"]),
        ("routes", "/ask/%ff", 1, ["fails  400: ", "    the path's '%FF' is not UTF-8"]),
        (
            "make",
            "/twice",
            0,
            [
                "takes  GET /twice(.:format) -> posts#index",
                "an earlier route takes it: GET /twice(.:format) -> posts#index",
            ],
        ),
        ("make", "/gone", 0, ["takes  GET /gone(.:format) -> redirect(301, /posts)"]),
        ("make", "/hosted", 1, ["host 'localhost' does not match 'v[.]example'"]),
        (
            "make",
            "http://v.example/hosted",
            0,
            ["takes  GET /hosted -> PageHandler", "an earlier route takes it: GET /hosted"],
        ),
        ("make", "/never", 1, ["the rule around it, Never, does not match"]),
        (
            "make",
            "/posts/7/edit",
            1,
            ["GET /posts/:id(.:format) -> posts#show", "the path goes on: '/edit' is too much"],
        ),
        ("make", "/archive", 1, ["the path ends too early: ':year(' is wanted behind '/archive'"]),
        ("make", "/user/logn", 1, ["segment 2, 'logn', is not 'login'"]),
        ("make", "/user/login/", 1, ["the path goes on: '/' is too much"]),
        ("make", "/inner/y", 1, ["its target passes the request on"]),
        (
            "ignoring",
            "POST /user/login/",
            1,
            ["fails  301: redirected to /user/login, its other form (setting trailing_slash)"],
        ),
        ("stock", "/a/x", 0, ["takes  GET /a/:arg1 -> PageHandler", "raw    arg1='x'"]),
        ("stock", "/c", 1, ["fails  404: no route takes it"]),
        ("routes", "/posts/5", 0, ["takes  GET /posts/:id(.:format)", "raw    id='5'", "cast   id='5'"]),
        ("routes", "/archive/1", 0, ["cast   year='1'"]),
        ("routes", "/none", 1, ["fails  404: no route takes it"]),
        ("routes", "POST /posts", 1, ["fails  405: POST is not allowed here; allowed: GET"]),
        ("routes", "/archive/%ff", 1, ["fails  400: the path's '%FF' is not UTF-8"]),
        ("routes", "/fails", 1, ["fails  500: LookupError: oh", "constraint: raises raised LookupError: oh"]),
        ("unmatched", "/broken/1", 1, ["fails  500: "]),
    ],
)
def test_request_is_explained(project: Project, target: str, request_: str, status: int, words: list[str]) -> None:
    project.write(app=APP)
    out = project.out("routes", f"app:{target}", "--match", request_, status=status)
    for each in words:
        assert each in out


def test_nearest_come_first_and_few(project: Project) -> None:
    project.write(app=APP)
    lines = project.out("routes", "app:make", "-m", "/posts/x/y", status=1).splitlines()
    assert lines[2] == "Near misses:"
    assert len(lines) <= 3 + 2 * 5
    assert "GET /posts(" in lines[3]


def test_explanation_is_there_for_tools(project: Project) -> None:
    project.write(app=APP)
    told = project.json("routes", "app:make", "-m", "/posts/7")
    assert {**told, "route": told["route"].partition(" (app")[0], "near_misses": len(told["near_misses"])} == {
        "request": "GET /posts/7",
        "route": "GET /posts/:id(.:format) -> posts#show",
        "name": "post",
        "target": "posts#show",
        "raw": {"id": "7"},
        "cast": {"id": 7, "format": "html"},
        "answer": None,
        "near_misses": 1,
    }
    none = project.json("routes", "app:make", "-m", "/x", status=1)
    assert (none["route"], none["name"], none["target"]) == (None, None, None)
    assert none["answer"] == "404: no route takes it"
