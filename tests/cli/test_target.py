"""What a command is told to look at."""

from __future__ import annotations

import pytest

from tests.cli.support import Project
from tornado_rails.cli.target import TargetError, load

APP = """
import tornado.web
from tornado_rails import RailsApplication
from tornado_rails.routing.routeset import RouteSet

app = RailsApplication()
stock = tornado.web.Application()
number = 7
class Thing:
    inner = RailsApplication()
    def make(self): return RailsApplication()
thing = Thing()

def make_app(debug=False): return RailsApplication(debug=debug)
def make_number(): return 7
def make_badly(): return {}["x"]
def make_exit(): raise SystemExit(3)
def routes(map): map.get("x", to="x#y")
def bad_routes(map): map.get("x(", to="x#y")
def wrong_routes(map): map.gte("x")
def wrong_app(): return RailsApplication(trailing_slash="no")
def two(a, b): ...
async def main(): ...
table = RouteSet(routes)
"""


@pytest.mark.parametrize(
    ("name", "application", "routes"),
    [
        ("shop.app:app", True, False),
        ("shop.app:stock", True, False),
        ("shop.app:make_app", True, False),
        ("shop.app:Thing.inner", True, False),
        ("shop.app:thing.make", True, False),
        ("shop.app:routes", False, True),
        ("shop.app:table", False, True),
    ],
)
def test_target_is_found(project: Project, name: str, application: bool, routes: bool) -> None:
    project.write({"shop/app.py": APP, "shop/__init__.py": ""})
    found = load(name)
    assert (found.application is not None, found.routes is not None) == (application, routes)
    assert found.root == str(project.folder / "shop")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shop.app", "Error: 'shop.app' names no object: write MODULE:NAME, as in shop.app:application"),
        ("..app:app", "Error: '..app:app' names no object: write MODULE:NAME"),
        ("shop.:app", "Error: 'shop.:app' names no object: write MODULE:NAME"),
        (":app", "Error: ':app' names no object: write MODULE:NAME"),
        ("shop.app:", "Error: 'shop.app:' names no object"),
        ("shp.app:app", "Error: there is no module 'shp'; it is looked for in {folder}. Did you mean 'shop'?"),
        ("shop.ap:app", "Error: there is no module 'shop.ap'; it is looked for in {folder}. Did you mean 'app'?"),
        ("shop.app:ap", "Error: shop.app has no 'ap'. Did you mean 'app'?"),
        ("shop.app:zzzz", "Error: shop.app has no 'zzzz'. There is app, stock, make_app, routes, table."),
        ("shop.app:number.zzzz", "Error: shop.app has no 'number.zzzz'. There is app, "),
        ("shop:zzzz", "Error: shop has no 'zzzz'.\n"),
        ("shop.app:number", "Error: shop.app:number is an int: give an application, a function that makes one, or"),
        ("shop.app:Thing", "Error: shop.app:Thing is a class: give"),
        ("shop.app:two", "Error: shop.app:two is a function: give"),
        ("shop.app:main", "Error: shop.app:main is a coroutine function: give a plain one that makes the application"),
        ("shop.app:make_number", "Error: shop.app:make_number is an int: give"),
        ("shop.app:make_badly", "Error: shop.app:make_badly cannot be made: KeyError: 'x' (shop/app.py:16)"),
        ("shop.app:make_exit", "Error: shop.app:make_exit cannot be made: SystemExit: 3 (shop/app.py:17)"),
        ("shop.app:wrong_routes", "cannot be made: AttributeError: 'Mapper' object has no attribute 'gte'"),
        ("shop.app:bad_routes", "Error: shop.app:bad_routes does not start: get 'x(' (shop/app.py:19): the bracket"),
        ("shop.app:wrong_app", "Error: shop.app:wrong_app does not start: setting trailing_slash='no'"),
        ("shop.missing:app", "Error: shop.missing cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("shop.missing:app", "(shop/missing.py:2)"),
        ("shop.syntax:app", "Error: shop.syntax cannot be imported: SyntaxError: "),
        ("shop.syntax:app", "(shop/syntax.py:2)"),
        ("shop.raises:app", "Error: shop.raises cannot be imported: ZeroDivisionError: division by zero (shop/raises"),
        ("shop.exits:app", "Error: shop.exits cannot be imported: it exits with 'bye' (shop/exits.py:2)"),
        ("shop.bad:app", "Error: shop.bad does not start: controllers=7: give RequestHandler classes in a list"),
    ],
)
def test_target_that_is_not_there_says_so(project: Project, name: str, words: str) -> None:
    project.write(
        {
            "shop/__init__.py": "",
            "shop/app.py": APP,
            "shop/missing.py": "\nimport nowhere",
            "shop/syntax.py": "\ndef (",
            "shop/raises.py": "\n1 / 0",
            "shop/exits.py": "\nraise SystemExit('bye')",
            "shop/bad.py": "from tornado_rails import RailsApplication\napp = RailsApplication(controllers=7)",
        }
    )
    out = project.out("routes", name, status=2)
    assert words.replace("{folder}", str(project.folder)) in out + "\n"
    assert "Traceback" not in out


def test_error_without_a_place_is_told_without(project: Project) -> None:
    project.write({"shop/app.py": "class Odd(Exception): ...\nexec('raise Odd(1)')", "shop/__init__.py": ""})
    with pytest.raises(TargetError, match=r"shop\.app cannot be imported: Odd: 1 \(shop/app\.py:2\)"):
        load("shop.app:app")
    project.write(bare="import json; json.loads('{')", eva="app = eval('lambda: 1 / 0')")
    with pytest.raises(TargetError, match=r"bare cannot be imported: JSONDecodeError"):
        load("bare:app")
    with pytest.raises(TargetError, match=r"eva:app cannot be made: ZeroDivisionError: division by zero$"):
        load("eva:app")


def test_gathered_errors_are_kept(project: Project) -> None:
    project.write(
        app="""
        from tornado_rails import RailsApplication
        def make(): return RailsApplication(routes=draw, controllers=[])
        def draw(map):
            map.get("a(", to="x#y")
            map.get("b", to="x#y")
        def broken(): return RailsApplication(trailing_slash="no")
        """
    )
    found = load("app:make", gather=True)
    assert [type(error).__name__ for error in found.errors] == ["PathSyntaxError", "UnknownControllerError"]
    assert found.application is not None
    broken = load("app:broken", gather=True)
    assert (broken.application, broken.routes, len(broken.errors)) == (None, None, 1)
