"""``tornado-rails adopt``: an application's table in the routing language, which takes what the application takes."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from tests.cli.support import Project
from tests.routing.support import request_for
from tornado_rails.cli.target import load
from tornado_rails.errors import RequestError
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.routeset import RouteSet

APP = r"""
import re
import tornado.web
from tornado.routing import AnyMatches, DefaultHostMatches, HostMatches, PathMatches, Rule
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler
from tornado_rails import Controller, RailsApplication
from tornado_rails.routing.redirects import redirect

class UserHandler(RequestHandler):
    def login(self): ...
    def show(self, number, tab="x"): ...
    def rest(self, *all): ...

class Page(RequestHandler):
    def get(self, name): ...
    def post(self, name): ...
    class Inner(RequestHandler):
        def get(self): ...

class Odd(RequestHandler):
    def get(self, one): ...
    def post(self, other): ...

class Few(RequestHandler):
    def get(self): ...

class Unread(RequestHandler):
    def get(self, x: "Nothing"): ...

class Nothing_(RequestHandler):
    pass

class Echo(WebSocketHandler):
    def open(self, room): ...

class PostsController(Controller):
    def index(self): ...
    def show(self, id: int): ...
    def archive(self, year: int, month: int = 1, *rest): ...

class Own(PathMatches): ...

def yes(request): return True

def routes(map):
    map.resources("posts", only=["index", "show"], id=re.compile(r"[0-9]+", re.I | re.S))
    map.get("drawn/:x", to=(PostsController, "index"), constraints={"subdomain": "api", "port": [80, 8080]}, as_="api")
    map.get("function", to=PostsController.index, defaults={"page": 1, "lang": 'a"b', "size": 2.5, "no": None})
    map.get("asks", to="posts#index", constraints=yes)
    map.get("gone", to=redirect("/posts", status=302))
    map.get("moved", to=redirect(lambda params: "/x"))
    map.get("inner", to=Page.Inner)
    map.match("below", to="posts#index", via="all", anchor=False, format=False)
    map.get("when", to="posts#index", defaults={"since": object()})
    map.mount("/mounted", tornado.web.Application())
    map.get('quoted"\\x', to="posts#index", format=False)

def app():
    class Local(RequestHandler):
        def get(self): ...
    made = RailsApplication([
        ("/user/login", UserHandler, {"action": "login", "methods": ["POST"]}, "login"),
        (r"/user/(\d+)", UserHandler, {"action": "show"}, "login again"),
        (r"/user/(?P<number>\d+)/(?P<tab>\w+)", UserHandler, {"action": "show"}),
        (r"/any/(.)/(.)", UserHandler, {"action": "rest"}),
        (r"/named/([a-z]+)", UserHandler, {"action": "show", "param_keys": ("number",), "methods": ["GET", "PUT"]}),
        (r"/page/([^/]+)", Page, None, "page"),
        (r"/odd/(.)", Odd),
        (r"/few/(.)", Few),
        (r"/unread/(.)", Unread),
        (r"/nothing", Nothing_),
        (r"/rooms/(\w+)", Echo),
        (r"/flagged", Few),
        Rule(PathMatches(re.compile("/loud$", re.I)), Few),
        (r"/look(?=x).*", Few),
        (r"page", Few),
        (r"/end/(?P<x>a$)", Few),
        (r"/loop/(?P<x>(?:a+)+)", Page),
        (r"/file/(.*)", tornado.web.StaticFileHandler, {"path": "."}),
        (r"/app/.*", tornado.web.Application()),
        (r"/in/.*", [(r"/in/side", Few)]),
        (Own("/own"), Few),
        (r"/local", Local),
    ], routes=routes, controllers=[PostsController], default_host="d")
    made.add_handlers(r"(?:v1|v2)\.example", [(r"/hosted", Few)])
    return made

bare = RailsApplication([("/local", tornado.web.StaticFileHandler, {"path": "."})])
"""

REASONS = [
    (r"GET /file/\*arg1", "its handler is given 'path'"),
    ("ANY /app/", "an application or a router gets the whole path here"),
    ("GET /in/side", "a rule around it asks more than a host"),
    ("GET /hosted", "the default host asks more than a host"),
    ("GET /own", "Own asks something of its own"),
    ("GET /local", "Local is defined in a function"),
    (r"GET /asks\(", "its constraint is a function"),
    (r"GET /moved\(", r"it leads to redirect\(301, routes.<locals>.<lambda>\)"),
    (r"GET /when\(", "<object object at .*> has no text in Python"),
    ("ANY /mounted", "it leads to <tornado.web.Application"),
    (r"GET\|POST /odd/:arg1", "its groups have no names, and its methods do not agree on any"),
    ("GET /few/:arg1", "its groups have no names"),
    ("GET /unread/:arg1", "its groups have no names"),
    ("GET /loud", "its pattern has flags"),
    (r"GET /look\(\?=x\)\.\*", "stands outside of a group"),
    ("GET page", "a path begins with a slash"),
    ("GET /end/:x", "the constraint of x is anchored"),
    (r"GET\|POST /loop/:x", "."),
]


def written(project: Project) -> str:
    project.write(app=APP)
    return project.out("adopt", "app:app") + "\n"


@pytest.mark.parametrize(("row", "reason"), REASONS)
def test_rule_that_cannot_be_drawn_is_a_comment_with_the_reason(project: Project, row: str, reason: str) -> None:
    assert re.search(rf"(?m)^    # {row}.*: .*{reason}", written(project))


def test_nothing_else_is_a_comment(project: Project) -> None:
    comments = [line for line in written(project).splitlines() if line.startswith("    #")]
    assert len(comments) == len(REASONS)


PATHS = [
    *("/user/login", "/user/7", "/user/x", "/user/7/tab", "/any/a/b", "/named/abc", "/named/7", "/page/a.b"),
    "/page/a/b",
    *("/nothing", "/rooms/lobby", "/flagged", "/hosted", "/posts", "/posts.json", "/posts/7", "/posts/x", "/drawn/1"),
    *("/function", "/gone", "/inner", "/below/a/b", "/posts/index", "/posts/show/x.y", "/posts/archive/1"),
    *("/posts/archive/1/2", "/posts/archive/1/2/3/4", "/nowhere", "/", '/quoted%22/x'),
]  # fmt: skip


def test_what_is_drawn_takes_the_same_paths_to_the_same_targets(project: Project) -> None:
    project.write(adopted=written(project))
    application: Any = load("app:app").application
    drawn = load("adopted:routes").routes
    assert isinstance(drawn, RouteSet)
    taken = set()
    for path in PATHS:
        for method in ("GET", "POST", "PUT", "DELETE"):
            for host in ("www.example.com", "api.example.com", "v1.example", "v1.example.org", "d"):
                request: Any = request_for(path, method, host)
                delegate: Any = application.find_handler(request)
                expected = None if getattr(request, "_allow", None) else told(request, delegate)
                assert recognized(drawn, method, path, host) == expected, (method, path, host)
                taken.add(expected is not None and path)
    assert taken - {False} == set(PATHS) - {
        "/user/x",
        "/named/7",
        "/page/a/b",
        "/posts/x",
        "/nowhere",
        "/",
        "/quoted%22/x",
    }


def told(request: Any, delegate: Any) -> Any:
    """The class, the action and the path's values that an application hands a request to."""
    route = getattr(request, "route", None)
    if route is None:
        return None
    owner = written_class(route.target)
    if owner.__name__ == "RedirectHandler":
        return owner.__name__
    if not route.action and request.method not in own_methods(owner):
        return None
    values = [*delegate.path_args, *delegate.path_kwargs.values()]
    return owner.__name__, route.action, [value.decode() for value in values if value is not None]


def own_methods(owner: Any) -> set[str]:
    if hasattr(owner, "open"):
        return {"GET"}
    own = {verb for verb in owner.SUPPORTED_METHODS if verb.lower() in vars(owner)}
    return own or set(owner.SUPPORTED_METHODS)


def recognized(drawn: RouteSet, method: str, path: str, host: str) -> Any:
    """The same of the routes that were printed."""
    try:
        found = drawn.recognize(method, path, host=host)
    except RequestError:
        return None
    if found is None:
        return None
    if found.redirect is not None:
        return "RedirectHandler"
    params = [value for name, value in found.params.items() if name in found.route.parts]
    if found.app is not None:
        return found.app.__name__, None, params
    controller = "PostsController" if found.controller == "posts" else "UserHandler"
    return controller, found.action, params


def test_names_stay_where_they_can(project: Project) -> None:
    out = written(project)
    assert 'map.post("/user/login", to=(UserHandler, "login"), format=False, as_="login")' in out
    assert "as_=None)  # it is named 'login again'" in out
    assert 'map.get("/page/:name", to=Page, ' not in out  # it serves two methods
    assert 'map.match("/page/:name", to=Page, format=False, ' in out
    assert 'via=["get", "post"], as_="page")' in out
    assert 're.compile(r"\\A(?:(?:v1|v2)\\.example)\\Z")' in out
    assert 're.compile("[0-9]+", re.IGNORECASE | re.DOTALL)' in out
    assert out.startswith('"""The routes of app:app."""\n\nimport re\n\nfrom app import Echo\n')


def test_table_with_nothing_to_draw_can_be_run(project: Project) -> None:
    project.write(app=APP)
    out = project.out("adopt", "app:bare")
    assert out.endswith(
        "def routes(map):\n    # GET /local -> StaticFileHandler (app.py:89): its handler is given 'path'\n    pass"
    )
    project.write(adopted=out)
    importlib.import_module("adopted")
    assert load("adopted:routes").routes is not None


def test_routes_that_are_drawn_already_are_refused(project: Project) -> None:
    project.write(app=APP)
    assert "Error: app:routes draws its routes already: adopt takes an application" in project.out(
        "adopt", "app:routes", status=2
    )
