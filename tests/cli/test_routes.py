"""``tornado-rails routes``: the table in Rails' columns."""

from __future__ import annotations

import re
import sys
import types
from typing import Any

import pytest

from tests.cli.support import Project
from tests.routing.test_rails_cases import CASES, rails_cases

MODULE = "rails_oracle_tables"

DYNAMIC = re.compile(r"[:*](controller|action)\b.*':")  # a request that chooses what runs is refused

INSPECTED = [
    (case, number)
    for case in CASES
    if not (case.get("draw_error") or case.get("draw_error_8_2") or DYNAMIC.search(str(case["routes"])))
    for number in range(len(case["inspect"]))
]


@pytest.mark.parametrize(("case", "number"), INSPECTED, ids=[f"{case['id']}-{number}" for case, number in INSPECTED])
def test_drawn_table_is_printed_as_rails_does(
    project: Project, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any], number: int
) -> None:
    module = types.ModuleType(MODULE)
    module.table = rails_cases.draw(case["program"], {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, module)
    check = case["inspect"][number]
    options = ["--expanded"] if check.get("format") == "expanded" else []
    for option, value in check.get("filter", {}).items():
        options.append(f"--{option}={value}")
    expected = rails_cases.ruby_regexp(rails_cases.expected_of(check)).rstrip()
    assert project.out("routes", f"{MODULE}:table", *options) == expected


def test_there_are_inspected_cases() -> None:
    assert len(INSPECTED) > 70


APP = """
import re
import tornado.web
from tornado.routing import AnyMatches, HostMatches, DefaultHostMatches, PathMatches, Rule
from tornado.websocket import WebSocketHandler
from tornado_rails import Controller, RailsApplication

class UserHandler(tornado.web.RequestHandler):
    def login(self): ...

class PageHandler(tornado.web.RequestHandler):
    def get(self, name="x"): ...
    head = get
    def post(self, name): ...

class Echo(WebSocketHandler):
    def open(self): ...

class PostsController(Controller):
    def index(self): ...
    def show(self, id: int): ...

class Own(PathMatches):
    pass

def routes(map):
    map.resources("posts", only=["index", "show"], id=__import__("re").compile("[0-9]+"))

def make():
    app = RailsApplication([
        (r"/user/login", UserHandler, {"action": "login", "methods": "POST"}, "login"),
        (r"/user/any", UserHandler, {"action": "login"}),
        (r"/page/([^/]+)", PageHandler, None, "page"),
        (r"/odd/(?=x).*", PageHandler),
        (r"/may(?:/(be)/(.)?)?", PageHandler),
        (r"/socket", Echo),
        (r"/in/.*", [(r"/in/side", PageHandler)]),
        Rule(AnyMatches(), tornado.web.Application()),
    ], routes=routes, controllers=[PostsController], static_path="static", default_host="d")
    app.add_handlers("api[.]example", [(r"/v(\\d)", PageHandler)])
    app.default_router.add_rules([
        Rule(DefaultHostMatches(app, re.compile("y$")), [Rule(PathMatches("/d"), PageHandler)]),
        Rule(Odd(), [Rule(PathMatches("/e"), PageHandler)]),
    ])
    return app

class Odd(HostMatches.__mro__[1]):
    pass
"""

PLAIN = r"""
Prefix Verb     URI Pattern          Controller#Action
       GET|POST /v:arg1              PageHandler {:arg1=>/\d/, :host=>/api[.]example/}
       GET      /robots.txt          StaticFileHandler
       GET      /favicon.ico         StaticFileHandler
       GET      /static/*arg1        StaticFileHandler
 login POST     /user/login          user#login
                /user/any            user#login
  page GET|POST /page/:arg1          PageHandler
       GET|POST /odd/(?=x).*         PageHandler
       GET|POST /may(/be/(:arg2))    PageHandler {:arg2=>/./}
       GET      /socket              Echo
       GET|POST /in/side             PageHandler {:path=>/\/in\/.*/}
                /*                   Application
 posts GET      /posts(.:format)     posts#index
  post GET      /posts/:id(.:format) posts#show {:id=>/[0-9]+/}
       GET      /posts               posts#index
       GET      /posts/index         posts#index
       GET      /posts/show/:id      posts#show
       GET|POST /v:arg1              PageHandler {:arg1=>/\d/, :default_host=>/api[.]example/}
       GET|POST /d                   PageHandler {:default_host=>/y/}
       GET|POST /e                   PageHandler {:if=>"Odd"}
"""


def test_every_kind_of_rule_has_its_columns(project: Project) -> None:
    project.write(app=APP)
    assert project.out("routes", "app:make", "--no-source") == PLAIN.strip("\n")


def test_application_shows_where_each_route_is_written(project: Project) -> None:
    project.write(app=APP)
    lines = project.out("routes", "app:make").splitlines()
    assert lines[0].split() == ["Prefix", "Verb", "URI", "Pattern", "Controller#Action", "Source"]
    assert lines[5].split() == ["login", "POST", "/user/login", "user#login", "app.py:31"]
    assert lines[13].split() == ["posts", "GET", "/posts(.:format)", "posts#index", "app.py:27"]
    assert len({line.find("app.py") for line in lines if "app.py" in line}) == 1
    assert project.out("routes", "app:make", "-g", "login", "--expanded").splitlines()[:6] == [
        "--[ Route 1 ]-----------------------------------------------",
        "Prefix            | login",
        "Verb              | POST",
        "URI               | /user/login",
        "Controller#Action | user#login",
        "Source Location   | app.py:31",
    ]
    assert (
        project.out("routes", "app:routes", "--source").splitlines()[1].endswith("posts#index                app.py:27")
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-c", "UserController"], ["user#login", "user#login"]),
        (["-c", "UserHandler"], ["user#login", "user#login"]),
        (["-c", "posts"], ["posts#index", "posts#show", "posts#index", "posts#index", "posts#show"]),
        (["-g", "^login$"], ["user#login", "user#login"]),
        (["-g", "/page/one"], ["PageHandler"]),
        (["-g", "^/posts/:id"], ["posts#show"]),
        (["-g", "/robots.txt"], ["StaticFileHandler"]),
    ],
)
def test_filters_take_every_kind_of_rule(project: Project, options: list[str], expected: list[str]) -> None:
    project.write(app=APP)
    lines = project.out("routes", "app:make", "--no-source", *options).splitlines()[1:]
    shown = [line.partition(" {")[0].split()[-1] for line in lines]
    assert [each for each in shown if each != "Application"] == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-c", "nothing"], "No routes were found for this controller."),
        (["-g", "nothing"], "No routes were found for this grep pattern."),
    ],
)
def test_filter_that_finds_nothing_says_so(project: Project, options: list[str], words: str) -> None:
    project.write(app=APP)
    assert words in project.out("routes", "app:routes", *options)


@pytest.mark.parametrize("option", ["--grep", "--controller"])
def test_filter_that_is_no_regex_says_so(project: Project, option: str) -> None:
    project.write(app=APP)
    assert f"{option} '(' is not a regular expression: missing )" in project.out(
        "routes", "app:make", option, "(", status=2
    )


def test_json_holds_each_row(project: Project) -> None:
    project.write(app=APP)
    rows = {(row["path"], row["kind"]): row for row in reversed(project.json("routes", "app:make"))}
    assert rows["/posts/:id(.:format)", "drawn"] == {
        "name": "post",
        "verbs": ["GET"],
        "path": "/posts/:id(.:format)",
        "controller": "posts",
        "action": "show",
        "target": "posts#show",
        "requirements": {"id": "[0-9]+"},
        "defaults": {"controller": "posts", "action": "show"},
        "constraints": {},
        "hosts": [],
        "kind": "drawn",
        "file": str(project.folder / "app.py"),
        "line": 27,
    }
    assert rows["/v:arg1", "rule"]["hosts"] == ["api[.]example$"]
    assert rows["/posts/show/:id", "convention"]["target"] == "posts#show"
    assert rows["/d", "rule"]["file"] is None


UNUSED = """
from tornado_rails import Controller, RailsApplication

class PostsController(Controller):
    def index(self): ...

def routes(map):
    map.get("a", to="posts#index", constraints={"subdomain": __import__("re").compile("x"), "port": 80})
    map.get("b", to="posts#missing")
    map.get("c", to="nothing#index")

def make(): return RailsApplication(routes=routes, controllers=[PostsController])
def good(map): map.get("a", to="posts#index")
def make_good(): return RailsApplication(routes=good, controllers=[PostsController])
def make_bare(): return RailsApplication()
def make_wrong(): return RailsApplication(trailing_slash="x")
"""


def test_unused_routes_are_those_without_an_action(project: Project) -> None:
    project.write(app=UNUSED)
    assert project.out("routes", "app:make", "--unused", "--no-source", status=1) == (
        "Found 2 unused routes:\n\n"
        "Prefix Verb URI Pattern  Controller#Action\n"
        "     b GET  /b(.:format) posts#missing\n"
        "     c GET  /c(.:format) nothing#index"
    )
    assert project.out("routes", "app:make", "-u", "-g", "nothing", status=1).startswith("Found 1 unused route:\n\n")
    assert [row["path"] for row in project.json("routes", "app:make", "-u", status=1)] == [
        "/b(.:format)",
        "/c(.:format)",
    ]
    assert project.json("routes", "app:routes")[0]["constraints"] == {"subdomain": "x", "port": 80}


def test_unused_routes_of_a_function_are_sought_in_its_controllers(project: Project) -> None:
    controllers = """
        from tornado_rails import Controller
        class PostsController(Controller):
            def index(self): ...
    """
    project.write({"controllers/__init__.py": "", "controllers/posts.py": controllers}, app=UNUSED)
    lines = project.out("routes", "app:routes", "--unused", status=1).splitlines()
    assert [line.split()[0] for line in lines[3:]] == ["b", "c"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["app:make_good"], "No unused routes found."),
        (["app:make_bare"], "No unused routes found."),
        (["app:make", "-c", "zzz"], "No unused routes found for this controller."),
        (["app:make", "-g", "zzz"], "No unused routes found for this grep pattern."),
    ],
)
def test_no_unused_routes_is_said(project: Project, options: list[str], words: str) -> None:
    project.write(app=UNUSED)
    assert project.out("routes", "--unused", *options) == words


def test_unused_routes_of_an_application_that_cannot_be_made(project: Project) -> None:
    project.write(app=UNUSED)
    assert "Error: app:make_wrong does not start: setting trailing_slash='x'" in project.out(
        "routes", "app:make_wrong", "--unused", status=2
    )
