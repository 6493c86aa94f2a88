"""``tornado-rails stubs``: the names as types, held against mypy."""

from __future__ import annotations

import ast

import pytest
from mypy import api

from tests.cli.support import Project

APP = """\
from tornado.web import Application, RequestHandler
from tornado_rails import RailsApplication
from tornado_rails.routing.routeset import RouteSet

class Page(RequestHandler):
    def get(self, *args): ...

def routes(map):
    map.resources("posts", only=["index", "show"])
    map.get("files/*path", to="posts#index", as_="files", format=False)
    map.get("(:locale)/about/:topic", to="posts#index", as_="about", format=False)
    map.get("in/:class", to="posts#index", as_="in_class", format=False)
    map.get("at/:host", to="posts#index", as_="at", format=False)
    map.get("lang/:lang/:page", to="posts#index", as_="lang", format=False, defaults={"lang": "en"})
    map.match("odd", to="posts#index", as_="import", via="all")
    map.match('q/"x"', to=RouteSet, as_="quoted", via="all")
    map.default_url_options(topic="us")
    @map.direct("home")
    def home(*args): return "/"

def plain(map):
    map.get("x/:a(/:b)/y/:c", to="posts#index", as_="odd", format=False)

stock = Application()
empty = RailsApplication()
app = RailsApplication([(r"/page/([a-z]+)", Page, None, "page"), ("/z", Page, None, "not a name")])
"""

USES = """\
from uuid import UUID
from types_of_urls import Paths, Urls

class Post:
    def to_param(self) -> str: return "1"

def use(paths: Paths, urls: Urls, post: Post, uuid: UUID) -> None:
    {use}
"""


def judged(project: Project, use: str, target: str = "routes") -> str:
    """What mypy says of a use."""
    project.write(app=APP)
    assert project.out("stubs", f"app:{target}", "-o", "types_of_urls.pyi") == "types_of_urls.pyi is written"
    project.write(use=USES.replace("{use}", use))
    out, err, _status = api.run(
        ["--strict", "--no-incremental", "--cache-dir", "/dev/null", "use.py", "types_of_urls.pyi"]
    )
    assert not err
    return out


@pytest.mark.parametrize(
    ("target", "use"),
    [
        (
            "routes",
            "a: str = paths.post(1); paths.post('a', 'json'); paths.post(post); paths.post(id=uuid, page=2);"
            " paths.posts(); urls.post(1, host='x', protocol='https'); paths.files(['a', 'b']); paths.files('a/b');"
            " paths.about('de', 'us'); paths.about(); paths.about(locale='de'); paths.in_class(class_=1);"
            " paths.in_class(1); paths.lang('de', 2); paths.lang(page=2); paths.home(1, x=2);"
            " paths.at(host='x'); paths.quoted()",
        ),
        ("plain", "paths.odd(1, 2, 3); paths.odd(a=1, c=2); paths.odd(c=1, a=2, b=None)"),
        ("app", "paths.page('x')"),
    ],
)
def test_right_uses_are_right(project: Project, target: str, use: str) -> None:
    assert judged(project, use, target) == "Success: no issues found in 2 source files\n"


@pytest.mark.parametrize(
    ("target", "use", "words"),
    [
        ("routes", "paths.pst(1)", '"Paths" has no attribute "pst"; maybe "post'),
        ("routes", "paths.post()", 'Missing positional argument "id" in call to "post" of "Paths"'),
        ("routes", "paths.post(1, 2, 3)", 'Too many positional arguments for "post" of "Paths"'),
        ("routes", "paths.post(None)", 'Argument 1 to "post" of "Paths" has incompatible type "None"'),
        ("routes", "paths.post([1])", 'Argument 1 to "post" of "Paths" has incompatible type "list[int]"'),
        ("routes", "urls.post(1, port=[])", 'Argument "port" to "post" of "Urls" has incompatible type'),
        ("routes", "number: int = paths.post(1)", "Incompatible types in assignment"),
        ("plain", "paths.odd(1)", 'No overload variant of "odd" of "Paths" matches argument type "int"'),
        ("app", "paths.post(1)", '"Paths" has no attribute "post"'),
    ],
)
def test_wrong_uses_are_wrong(project: Project, target: str, use: str, words: str) -> None:
    assert words in judged(project, use, target)


def test_stubs_are_printed_and_say_their_routes(project: Project) -> None:
    project.write(app=APP)
    out = project.out("stubs", "app:routes")
    assert out.startswith('# Made by "tornado-rails stubs app:routes": make it anew when routes change.\n')
    assert '        """GET /posts/:id(.:format) -> posts#show"""\n' in out
    names = {node.name for node in ast.walk(ast.parse(out)) if isinstance(node, ast.FunctionDef)}
    assert names == {"about", "at", "files", "home", "in_class", "lang", "post", "posts", "quoted", "to_param"}
    assert "class Paths:\n    ...\n" in project.out("stubs", "app:empty")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["app:stock"], "Error: app:stock is a Application; it is RailsApplication that has paths"),
        (["app:app", "-o", "x.py"], "--output 'x.py' is no stub file: give NAME.pyi"),
        (["app:app", "-o", "nowhere/x.pyi"], "Error: nowhere/x.pyi cannot be written: No such file or directory"),
    ],
)
def test_stubs_that_cannot_be_made_say_so(project: Project, arguments: list[str], words: str) -> None:
    project.write(app=APP)
    assert words in project.out("stubs", *arguments, status=2)
