"""``tornado-rails check``: the URLs that code asks for are held against the table."""

from __future__ import annotations

import pytest

from tests.cli.support import Project

APP = """\
import re
import tornado.web
from tornado.routing import Matcher, Rule
from tornado.web import RequestHandler, UIModule
from tornado_rails import Controller, RailsApplication
from tornado_rails.routing.routeset import RouteSet

app: object = None
other = tornado.web.Application([])
handler = None

def helper(request): return None

class Base(Controller):
    pass

class PostsController(Base):
    def index(self): ...
    def show(self, id): ...
    def lone(self): ...

class Elsewhere(Controller):
    def act(self):
        self.url_for("nothing")

class Own(Controller):
    urls = []
    def url_for(self, name): ...
    def index(self):
        self.url_for("nothing"); self.urls.append(1); self.reverse_url("nothing")

class Page(RequestHandler):
    def get(self, name): ...

class Free(Matcher):
    def match(self, request): return None
    def reverse(self, *args): return "/"

def routes(map):
    map.resources("posts", only=["index", "show"], constraints={"id": re.compile("[0-9]+")})
    map.get("files/:kind(/:name)", to="posts#index", as_="files", format=False)
    map.get("in/:locale", to="posts#index", as_="local", defaults={"locale": "en"})
    map.get("paged/:page", to="posts#index", as_="paged")
    map.get("default/:page/:id", to="posts#index", as_="default")
    map.default_url_options(page=1)
    @map.direct("home")
    def home(*args): return "http://example.com"

def made():
    class Local(Controller):
        def index(self):
            self.paths.nothing()
    return RailsApplication([
        ("/page/([a-z]+)", Page, None, "page"),
        ("/own", Own, {"action": "index"}),
        ("/none", Page, None, "none"),
        Rule(Free(), Page, name="free"),
        ("/in/.*", [("/in/side/(.)/(.)", Page, None, "inner")]),
    ], routes=routes, controllers=[PostsController, Local], convention_routes=False)

app = made()
app.wildcard_router.add_rules([("/local", made.__globals__["Page"])])
"""
LINE = 1 + APP.splitlines().index("    def lone(self): ...")


def faults(project: Project, code: str, target: str = "app", app: str = APP) -> list[str]:
    """What is wrong with a line of a controller, the reverse of the class's own faults left out."""
    project.write(app=app.replace("    def lone(self): ...", f"    def lone(self): {code}"))
    found = project.run("check", f"app:{target}")
    lines = [line for line in found.stdout.splitlines() if not line.startswith("app.py:30: reverse_url('nothing')")]
    assert all(line.startswith(f"app.py:{LINE}: ") for line in lines), lines
    return [line.partition(": ")[2] for line in lines]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ('self.url_for("pst", 1)', "url_for('pst'): no route is named 'pst'. Did you mean 'post'? [unknown-route]"),
        ("self.paths.pst(1)", "paths.pst(): no route is named 'pst'. Did you mean 'post'? [unknown-route]"),
        ("self.urls.pst(1)", "urls.pst(): no route is named 'pst'. Did you mean 'post'? [unknown-route]"),
        ('self.redirect_to("pst", status=301)', "redirect_to('pst'): no route is named 'pst'. Did you mean"),
        (
            'self.reverse_url("pst", 1)',
            "reverse_url('pst'): no route is named 'pst'. Did you mean 'post'? [unknown-route]",
        ),
        ('self.reverse_url(name="pst")', "reverse_url(): no route is named 'pst'."),
        ("self.application.paths.pst()", "paths.pst(): no route"),
        ('app.url_for("pst")', "url_for('pst'): no route"),
        ('app.url_table().at(host="x").paths.pst()', "paths.pst(): no route"),
        ('self.handler.url_for("pst")', "url_for('pst'): no route"),
        (
            'self.url_for("posts#shw")',
            "url_for('posts#shw'): no route leads to 'posts#shw'. Did you mean 'posts#show'? [unknown",
        ),
        (
            'self.url_for(controller="posts", action="shw")',
            "url_for(): no route leads to 'posts#shw'. Did you mean 'posts#show'?",
        ),
        ("self.url_for(PostsController.lone)", "url_for(...): no route leads to 'posts#lone'. Did you mean"),
        (
            "self.url_for(PostsController.show)",
            "url_for(...): id must be given (route 'post' /posts/:id(.:format), app.py:40). [missing",
        ),
        (
            'self.url_for("post")',
            "url_for('post'): id must be given (route 'post' /posts/:id(.:format), app.py:40). [missing-parameter]",
        ),
        (
            'self.url_for("post", idd=self.x)',
            "id must be given (route 'post' /posts/:id(.:format), app.py:40). Did you mean 'idd'?",
        ),
        ("self.paths.post()", "paths.post(): id must be given"),
        ('self.url_for("posts#show", page=2)', "id must be given"),
        ("self.paths.post(id=None)", "id must be given"),
        (
            'self.paths.post(self.x, "json", 3)',
            "paths.post(): 3 values are given by position, the route has id, format (app.py:40) [extra-parameter]",
        ),
        ("self.paths.post(1, 2, id=self.x)", "2 values are given by position, the route has id, format"),
        ("self.paths.default(self.x)", "paths.default(): id must be given"),
        ("self.paths.files()", "kind must be given"),
        ('self.paths.post("x")', "id='x' does not match '[0-9]+' [invalid-parameter]"),
        ('self.url_for("posts#show", id="x")', "id='x' does not match '[0-9]+' [invalid-parameter]"),
        (
            'self.url_for(controller="posts", action="show", id="x")',
            "id='x' does not match '[0-9]+' [invalid-parameter]",
        ),
        ('self.reverse_url("page")', "reverse_url('page'): the route takes 1 value, 0 given [missing-parameter]"),
        (
            'self.reverse_url("inner", 1, 2, 3)',
            "reverse_url('inner'): the route takes 2 values, 3 given [extra-parameter]",
        ),
        ('self.reverse_url("post")', "the route takes 1 to 2 values, 0 given [missing-parameter]"),
        ("self.urls.post(1, protocol='nonsense:/ /')", "urls.post(): protocol='nonsense:/ /' is none"),
        ("[self.paths.pst(x) for x in []]", "paths.pst(): no route"),
    ],
)
def test_call_that_the_table_does_not_know(project: Project, code: str, fault: str) -> None:
    found = faults(project, code)
    assert len(found) == 1, found
    assert fault in found[0]


@pytest.mark.parametrize(
    "code",
    [
        'self.url_for("post", 1)',
        'self.url_for("post", id=self.x, page=2)',
        'self.url_for("post", *self.x)',
        'self.url_for("post", **self.x)',
        'self.url_for("posts#show", **self.x)',
        'self.url_for("posts#show", id=self.x)',
        'self.url_for("/path"); self.url_for("http://x/y"); self.url_for("mailto:x@y"); self.url_for("")',
        "self.url_for(self.x); self.url_for(self.x.y, id=1); self.url_for(7); self.url_for(); self.url_for(self.x())",
        'self.url_for(controller=self.x); self.url_for(controller="posts", action="show", **self.x)',
        "self.url_for(controller='posts')",
        "self.url_for(PostsController.show, id=self.x); self.url_for(PostsController.nothing); self.url_for(nothing.x)",
        "self.url_for(tornado.web.Application.listen); self.url_for(Free.match)",
        "self.paths.home(1, 2); self.paths.__class__()",
        "self.paths.files(self.x); self.paths.files(1, 2)",
        "self.paths.default(page=1, id=self.x); self.paths.default(self.x, 1); self.paths.default(id=self.x)",
        "self.paths.local(); self.paths.local('de'); self.paths.paged()",
        "self.paths.post(1, host=None); self.paths.post(None or 1)",
        'self.redirect_to("post", 1, status=302, notice="done")',
        'self.redirect_to("?page=2")',
        'self.redirect_to("#top")',
        'self.reverse_url("page", "a"); self.reverse_url("post", 1); self.reverse_url("page", *self.x)',
        'self.reverse_url(self.x); self.reverse_url("free", 1, 2, 3); self.reverse_url("none")',
        'url_for("nothing"); paths.nothing(); helper("nothing"); self.x.url_for("nothing"); self.x.paths.nothing()',
        'other.url_for("nothing"); handler.url_for("nothing"); x.y.url_for("nothing"); x["y"].paths.nothing()',
        'self.nothing("x"); self.x().url_for("nothing"); helper().paths.nothing(); helper()("x")',
        'self.url_for("post", 1, params=self)',
        "self.urls.post(1, subdomain='a', tld_length='x')",
    ],
)
def test_call_that_is_right_or_cannot_be_known(project: Project, code: str) -> None:
    assert faults(project, code) == []


def test_routes_of_a_function_are_held_against_its_module(project: Project) -> None:
    code = "table.paths.pst(); table.url_for('post'); self.reverse_url('nothing')"
    app = APP.replace("helper(request)", "helper()") + "table = RouteSet(routes)\n"
    assert sorted(faults(project, code, "table", app), reverse=True) == [
        "url_for('post'): id must be given (route 'post' /posts/:id(.:format), app.py:40). [missing-parameter]",
        "paths.pst(): no route is named 'pst'. Did you mean 'post'? [unknown-route]",
    ]


def test_stock_application_has_reverse_url_alone(project: Project) -> None:
    project.write(
        app="""\
import tornado.web
class Page(tornado.web.RequestHandler):
    def get(self):
        self.reverse_url("pge")
        self.url_for("nothing")
app = tornado.web.Application([("/", Page, None, "page")])
"""
    )
    assert project.out("check", "app:app", status=1).splitlines()[0] == (
        "app.py:4: reverse_url('pge'): no route is named 'pge'. Did you mean 'page'? [unknown-route]"
    )


def test_local_classes_and_other_files_of_a_package_are_read(project: Project) -> None:
    app = """\
from tornado_rails import Controller, RailsApplication
from shop.base import Base

def routes(map):
    map.get("a", to="local#index", as_="a")

def make():
    class LocalController(Base):
        def index(self):
            def inner(): return self.paths.b()
            return inner
    return RailsApplication(routes=routes, controllers=[LocalController], convention_routes=False)
"""
    project.write(
        {
            "shop/__init__.py": "",
            "shop/app.py": app,
            "shop/base.py": "import tornado_rails as t\nclass Base(t.Controller):\n    def x(self): self.paths.c()\n",
            "shop/unloaded.py": "def later(application):\n    return application.paths.d()\n",
            "shop/broken.py": "def (",
            "shop/tests/test_x.py": "def later(application):\n    return application.paths.e()\n",
            "shop/test_y.py": "def later(application):\n    return application.paths.e()\n",
            "shop/notes.txt": "",
        }
    )
    assert [line.partition(" [")[0] for line in project.out("check", "shop.app:make", status=1).splitlines()[:-1]] == [
        "shop/app.py:10: paths.b(): no route is named 'b'.",
        "shop/base.py:3: paths.c(): no route is named 'c'.",
        "shop/unloaded.py:2: paths.d(): no route is named 'd'.",
    ]


def test_installed_packages_are_not_the_applications(project: Project) -> None:
    project.write(
        {"site-packages/lib.py": "def f(app): app.paths.nothing()"},
        app="import sys; sys.path.insert(0, 'site-packages'); import lib\n"
        "from tornado_rails import RailsApplication\napp = RailsApplication()\n",
    )
    assert project.json("check", "app:app") == []
