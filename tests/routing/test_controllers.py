"""The classes behind "controller#action"."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.web import RequestHandler

from tests.routing.support import Page, route_of
from tornado_rails import RailsApplication
from tornado_rails.errors import UnknownControllerError
from tornado_rails.routing.routeset import RouteSet


class Outer:
    class PageController(RequestHandler):
        def index(self) -> None: ...


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with a package of controllers, and routes in a module beside it."""
    source = "from tornado.web import RequestHandler\nclass {}(RequestHandler):\n    def index(self): ...\n"
    for folder, name in [("shop", "PagesController"), ("", "PlainController")]:
        package = tmp_path / folder / "controllers"
        (package / "admin").mkdir(parents=True)
        for each in (package.parent, package, package / "admin"):
            (each / "__init__.py").touch()
        (package / "pages.py").write_text(source.format(name))
        (package / "admin" / "posts.py").write_text(source.format("PostsController"))
    for name in ("shop/routes.py", "routes_at_top.py"):
        (tmp_path / name).write_text("def routes(map):\n    map.get('posts', to='admin/posts#index')\n")
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    yield tmp_path
    for module in set(sys.modules) - known:
        if module.partition(".")[0] in ("shop", "controllers", "routes_at_top"):
            del sys.modules[module]


@pytest.mark.parametrize(
    ("controllers", "module", "owner"),
    [
        ("shop.controllers", "shop.routes", "shop.controllers.admin.posts"),
        (None, "shop.routes", "shop.controllers.admin.posts"),
        (None, "routes_at_top", "controllers.admin.posts"),
        ("controllers", "shop.routes", "controllers.admin.posts"),
    ],
)
def test_controller_is_found_in_its_folder(shop: Path, controllers: Any, module: str, owner: str) -> None:
    __import__(module)
    application = RailsApplication(routes=sys.modules[module].routes, controllers=controllers)
    route = route_of(application, "/posts")
    assert (route.handler_class.__module__, route.handler_class.__name__) == (owner, "PostsController")
    assert route.controller == "admin/posts"


def test_default_package_makes_no_conventions(shop: Path) -> None:
    __import__("shop.routes")
    application = RailsApplication(routes=sys.modules["shop.routes"].routes)
    assert [rule.matcher.text for rule in application.wildcard_router.rules] == ["/posts(.:format)"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "target", [(Outer.PageController, "index"), Outer.PageController.index], ids=["class and name", "function"]
)
def test_target_may_be_the_class_or_the_function(target: Any) -> None:
    application = RailsApplication(routes=lambda map: map.get("a", to=target))
    assert route_of(application, "/a").handler_class is Outer.PageController
    assert application.url_for(Outer.PageController.index) == "/a"
    assert application.url_for((Outer.PageController, "index")) == "/a"


def test_controllers_may_be_an_iterator() -> None:
    application = RailsApplication(routes=lambda map: map.get("a", to="page#index"), controllers=iter([Page]))
    assert route_of(application, "/a").controller == route_of(application, "/page").controller == "page"


@pytest.mark.parametrize(
    ("draw", "controllers", "text"),
    [
        (
            lambda map: map.get("a", to="page#index"),
            None,
            "there is no controller 'page'. It is a class PageController; controllers= has none. "
            "Give RailsApplication(controllers=...); looked for tests.routing.controllers and controllers.",
        ),
        (lambda map: map.get("a", to="page#index"), (), "there is no controller 'page'. It is a class PageController"),
        (lambda map: map.get("a", to="pgae#index"), [Page], "there is no controller 'pgae'. Did you mean 'page'?"),
    ],
)
def test_controller_that_is_not_there_says_where_it_was_looked_for(draw: Any, controllers: Any, text: str) -> None:
    with pytest.raises(UnknownControllerError, match=re.escape(text)) as caught:
        RailsApplication(routes=draw, controllers=controllers)
    assert re.search(r"\(tests/routing/test_controllers.py:\d+\)", str(caught.value))


class NoHandler:
    def index(self) -> None: ...


@pytest.mark.parametrize("target", [NoHandler.index, (NoHandler, "index")])
def test_class_that_is_no_handler_is_an_error(target: Any) -> None:
    with pytest.raises(UnknownControllerError, match=r"is no action of a RequestHandler class. Give \(Class,"):
        RailsApplication(routes=lambda map: map.get("a", to=target))


def test_nothing_is_looked_for_that_is_not_drawn() -> None:
    routes = RouteSet(lambda map: map.resources("posts"))
    assert routes.recognize("GET", "/posts") is not None
