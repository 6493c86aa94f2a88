"""Routes from class names and signatures."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import RedirectHandler, RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect

from tests.routing.support import Chosen, choose, chosen, fetch, request_for, route_of
from tests.routing.tables import call
from tornado_rails import Controller, RailsApplication, get, methods, post, private
from tornado_rails.controller.error_pages import NotFoundHandler
from tornado_rails.errors import (
    ControllersError,
    DuplicateRouteError,
    MethodsError,
    RailsError,
    ShadowedRouteError,
    SignatureError,
)
from tornado_rails.routing.conventions import controller_name, convention_routes, find_controllers
from tornado_rails.routing.urlspec import URLSpec


@dataclasses.dataclass
class Form:
    title: str


class MainController(Controller):
    def index(self, id: int, name: str) -> None:
        self.write({"id": id, "name": name, "params": self.params})


class PostsController(Controller):
    """The actions of a resource, and one more."""

    def index(self, page: int = 1) -> None:
        self.write(f"page {page}")

    def show(self, id: int) -> None:
        self.write(f"post {id}")

    def new(self) -> None: ...

    def edit(self, id: int) -> None: ...

    def create(self, form: Form) -> None: ...

    def update(self, id: int, form: Form | None = None) -> None: ...

    def destroy(self, id: int) -> None: ...

    def publish(self, id: int, /, *, notify: bool = False) -> None: ...


class FilesController(Controller):
    def tree(self, *rest: str) -> None:
        self.write("|".join(rest))

    def year(self, year: int, month: int = 1, *rest: str) -> None:
        self.write(f"{year} {month} {rest}")

    def any(self, **more: str) -> None: ...


class DecoratedController(Controller):
    @get
    def read(self) -> None: ...

    @post
    def write_it(self) -> None: ...

    @get
    @post
    def both(self) -> None: ...

    @methods("PUT", "delete")
    def change(self) -> None: ...

    @methods("PATCH")
    def index(self) -> None: ...

    @private
    def helper(self) -> None: ...

    def _hidden(self) -> None: ...


class PageHandler(RequestHandler):
    """A plain handler with Tornado's verbs."""

    def get(self, id: str, tab: str = "") -> None:
        self.write(f"get {id} {tab}")

    def post(self) -> None:
        self.write("post")

    def head(self, *args: str) -> None: ...

    def options(self) -> None: ...


class Echo(WebSocketHandler):
    def open(self, room: str, tab: str | None = None) -> None:
        self.write_message(f"{room} {tab}")

    def on_message(self, message: str | bytes) -> None: ...


class Base(Controller):
    def shared(self) -> None: ...

    def index(self) -> None: ...


class ChildController(Base):
    def own(self) -> None: ...


def routes_of(*controllers: Any) -> list[tuple[str, str | None, tuple[str, ...] | None]]:
    """The routes of controllers: pattern, action and methods."""
    return [(route.regex.pattern, route.action, route.methods) for route in convention_routes(controllers)]


GET_POST = ("GET", "POST")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UserController", "user"),
        ("UserHandler", "user"),
        ("User", "user"),
        ("BlogPostsController", "blog_posts"),
        ("BlogPosts", "blog_posts"),
        ("HTMLPageController", "html_page"),
        ("UserAPIHandler", "user_api"),
        ("OAuth2Controller", "o_auth2"),
        ("V2UserController", "v2_user"),
        ("Controller", "controller"),
        ("Handler", "handler"),
        ("UserControllerHandler", "user_controller"),
        ("user_controller", "user_controller"),
        ("userHandler", "user"),
        ("ControllerPage", "controller_page"),
    ],
)
def test_controller_name_of_a_class(name: str, expected: str) -> None:
    assert controller_name(name) == expected


@pytest.mark.parametrize(
    ("controller", "expected"),
    [
        (MainController, [("/main/index/(?P<id>[^/]+)/(?P<name>[^/]+)$", "index", ("GET",))]),
        (
            PostsController,
            [
                ("/posts$", "index", ("GET",)),
                ("/posts/index(?:/(?P<page>[^/]+))?$", "index", ("GET",)),
                ("/posts/show/(?P<id>[^/]+)$", "show", ("GET",)),
                ("/posts/new$", "new", ("GET",)),
                ("/posts/edit/(?P<id>[^/]+)$", "edit", ("GET",)),
                ("/posts/create$", "create", ("POST",)),
                ("/posts/update/(?P<id>[^/]+)$", "update", ("PUT", "PATCH")),
                ("/posts/destroy/(?P<id>[^/]+)$", "destroy", ("DELETE",)),
                ("/posts/publish/(?P<id>[^/]+)$", "publish", GET_POST),
            ],
        ),
        (
            FilesController,
            [
                ("/files/tree(?:/(?P<rest>.+))?$", "tree", GET_POST),
                ("/files/year/(?P<year>[^/]+)(?:/(?P<month>[^/]+)(?:/(?P<rest>.+))?)?$", "year", GET_POST),
                ("/files/any$", "any", GET_POST),
            ],
        ),
        (
            DecoratedController,
            [
                ("/decorated/read$", "read", ("GET",)),
                ("/decorated/write_it$", "write_it", ("POST",)),
                ("/decorated/both$", "both", GET_POST),
                ("/decorated/change$", "change", ("PUT", "DELETE")),
                ("/decorated$", "index", ("PATCH",)),
                ("/decorated/index$", "index", ("PATCH",)),
            ],
        ),
        (
            PageHandler,
            [
                ("/page/(?P<id>[^/]+)(?:/(?P<tab>[^/]+))?$", "get", ("GET",)),
                ("/page$", "post", ("POST",)),
            ],
        ),
        (Echo, [("/echo/(?P<room>[^/]+)(?:/(?P<tab>[^/]+))?$", None, None)]),
        (
            ChildController,
            [
                ("/child/shared$", "shared", GET_POST),
                ("/child$", "index", ("GET",)),
                ("/child/index$", "index", ("GET",)),
                ("/child/own$", "own", GET_POST),
            ],
        ),
    ],
)
def test_routes_follow_from_a_class(controller: type, expected: list[Any]) -> None:
    assert routes_of(controller) == expected


def test_routes_are_in_the_order_of_the_controllers() -> None:
    both = routes_of(MainController, FilesController)
    assert both == routes_of(MainController) + routes_of(FilesController)
    assert routes_of() == []
    assert routes_of(MainController, MainController) == routes_of(MainController)


def test_routes_know_their_controller_and_the_line_of_their_action() -> None:
    (route,) = convention_routes([MainController])
    assert isinstance(route, URLSpec)
    assert route.controller == "main"
    assert route.source == (__file__, MainController.index.__code__.co_firstlineno)
    assert route.target is MainController
    (echo,) = convention_routes([Echo])
    assert (echo.controller, echo.target) == ("echo", Echo)
    assert echo.source == (__file__, Echo.open.__code__.co_firstlineno)


ALL = [MainController, PostsController, FilesController, DecoratedController, PageHandler, Echo, ChildController]


@pytest.mark.parametrize(
    ("method", "path", "controller", "action"),
    [
        ("GET", "/main/index/1/TheViper", MainController, "index"),
        ("HEAD", "/main/index/1/TheViper", MainController, "index"),
        ("GET", "/main/index/1", None, None),
        ("GET", "/main", None, None),
        ("GET", "/main/", None, None),
        ("GET", "/posts", PostsController, "index"),
        ("GET", "/posts/index", PostsController, "index"),
        ("GET", "/posts/index/2", PostsController, "index"),
        ("GET", "/posts/2", None, None),
        ("POST", "/posts/create", PostsController, "create"),
        ("PATCH", "/posts/update/1", PostsController, "update"),
        ("DELETE", "/posts/destroy/1", PostsController, "destroy"),
        ("POST", "/posts/publish/1", PostsController, "publish"),
        ("GET", "/posts/_hidden", None, None),
        ("GET", "/files/tree", FilesController, "tree"),
        ("GET", "/files/tree/a/b//c", FilesController, "tree"),
        ("GET", "/files/year/2020/1/a/b", FilesController, "year"),
        ("GET", "/decorated/helper", None, None),
        ("GET", "/decorated/_hidden", None, None),
        ("GET", "/decorated/write_error", None, None),
        ("GET", "/page/7", PageHandler, "get"),
        ("POST", "/page", PageHandler, "post"),
        ("GET", "/echo/room", Echo, None),
        ("GET", "/child/shared", ChildController, "shared"),
    ],
)
def test_path_leads_to_the_action(method: str, path: str, controller: Any, action: str | None) -> None:
    application = RailsApplication(controllers=ALL)
    assert chosen(application, path, method) is (controller or NotFoundHandler)
    if controller:
        assert route_of(application, path, method).action == action


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/main/index/1/x", "GET, HEAD, OPTIONS"),
        ("GET", "/posts/create", "POST, OPTIONS"),
        ("POST", "/posts/update/1", "PUT, PATCH, OPTIONS"),
        ("GET", "/decorated", "PATCH, OPTIONS"),
        ("DELETE", "/page/1", "GET, HEAD, OPTIONS"),
        ("PUT", "/child/own", "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_other_method_is_refused(method: str, path: str, allow: str) -> None:
    answer = fetch(RailsApplication(controllers=ALL), path, method)
    assert (answer.status, answer.allow) == (405, allow)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/main/index/1/TheViper", 200, '{"id": 1, "name": "TheViper", "params": {"id": "1", "name": "TheViper"}}'),
        ("/main/index/x/TheViper", 404, None),
        ("/posts", 200, "page 1"),
        ("/posts/index/7", 200, "page 7"),
        ("/posts/show/3", 200, "post 3"),
        ("/files/tree", 200, ""),
        ("/files/tree/a/b%2Fc", 200, "a|b/c"),
        ("/files/year/2020", 200, "2020 1 ()"),
        ("/files/year/2020/3/x/y", 200, "2020 3 ('x', 'y')"),
        ("/page/7", 200, "get 7 "),
    ],
)
def test_convention_serves_the_action(path: str, status: int, body: str | None) -> None:
    answer = fetch(RailsApplication(controllers=ALL), path)
    assert answer.status == status
    assert body is None or answer.body == body


def test_names_beyond_ascii_are_escaped_as_clients_do() -> None:
    class CaféController(Controller):
        def crème(self, plat: str) -> None: ...

    (route,) = convention_routes([CaféController])
    assert route_of(RailsApplication([route]), "/caf%C3%A9/cr%C3%A8me/1") is route
    assert RailsApplication([route]).url_for("café#crème", plat="é") == "/caf%C3%A9/cr%C3%A8me/%C3%A9"


def test_methods_without_names_are_an_error() -> None:
    class EmptyController(Controller):
        @methods()
        def show(self) -> None: ...

    with pytest.raises(MethodsError, match=r"methods are empty. Leave methods out"):
        convention_routes([EmptyController])


def test_controllers_come_behind_the_handlers() -> None:
    application = RailsApplication([("/posts/show/7", PageHandler)], controllers=[PostsController])
    assert chosen(application, "/posts/show/7") is PageHandler
    assert chosen(application, "/posts/show/8") is PostsController


def test_index_and_get_of_one_controller_are_two_answers_to_one_path() -> None:
    class TwiceController(Controller):
        def index(self) -> None: ...

        def get(self) -> None: ...

    with pytest.raises(DuplicateRouteError, match=r"route '/twice' -> TwiceController\.get .* '/twice' -> TwiceCont"):
        RailsApplication(controllers=[TwiceController])


def test_route_of_an_action_that_another_takes_is_shadowed() -> None:
    class GlobController(Controller):
        def get(self, *rest: str) -> None: ...

    class BehindController(Controller):
        def show(self) -> None: ...

    with pytest.raises(ShadowedRouteError, match=r"'/behind/show' -> BehindController\.show .* '/\.\*' -> PageHandler"):
        RailsApplication([("/.*", PageHandler, {"methods": ["GET", "POST"]})], controllers=[BehindController])
    assert chosen(RailsApplication(controllers=[GlobController]), "/glob/a/b") is GlobController


def test_websocket_with_public_methods_of_its_own_has_its_route() -> None:
    class ChatHandler(WebSocketHandler):
        def open(self) -> None: ...

        def broadcast(self, text: str) -> None: ...

        def on_message(self, message: str | bytes) -> None: ...

    assert routes_of(ChatHandler) == [("/chat$", None, None)]


def test_websocket_without_an_open_of_its_own_has_its_name_for_a_path() -> None:
    class FeedHandler(WebSocketHandler):
        def on_message(self, message: str | bytes) -> None: ...

    assert routes_of(FeedHandler) == [("/feed$", None, None)]


def test_websocket_that_takes_a_glob_is_refused() -> None:
    class GlobHandler(WebSocketHandler):
        def open(self, room: str, *rest: str) -> None: ...

    with pytest.raises(SignatureError) as caught:
        RailsApplication(controllers=[GlobHandler])
    line = GlobHandler.open.__code__.co_firstlineno
    text = f"test_conventions.py:{line}): a WebSocket's open() takes its path params by name, not as *rest"
    assert str(caught.value).endswith(text)


@pytest.mark.parametrize(("path", "expected"), [("/echo/room", "room None"), ("/echo/room/tab", "room tab")])
def test_websocket_is_opened_with_the_values_of_its_path(path: str, expected: str) -> None:
    async def talk() -> str | bytes | None:
        (socket,) = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(RailsApplication(controllers=[Echo]))
        server.add_sockets([socket])
        connection = await websocket_connect(f"ws://127.0.0.1:{socket.getsockname()[1]}{path}")
        try:
            return await connection.read_message()
        finally:
            connection.close()
            server.stop()
            await server.close_all_connections()

    assert asyncio.run(talk()) == expected


# What is no controller.


class Empty(Controller): ...


class Moved(RedirectHandler): ...


@pytest.mark.parametrize(
    ("controllers", "text"),
    [
        (5, "controllers=5: give RequestHandler classes in a list, or the name of a package to walk"),
        ([call], f"controllers={call!r}: give RequestHandler classes in a list, or the name of a package to walk"),
        ([int], "controllers=<class 'int'>: give RequestHandler classes in a list, or the name of a package to walk"),
        (int, "controllers=<class 'int'>: give RequestHandler classes in a list, or the name of a package to walk"),
        ([Empty], f"controllers: {__name__}.Empty has no actions: no public methods of its own"),
        ([Moved], f"controllers: {__name__}.Moved has no actions: no public methods of its own"),
        (Empty, f"controllers: {__name__}.Empty has no actions: no public methods of its own"),
    ],
)
def test_controllers_of_another_kind_are_refused(controllers: Any, text: str) -> None:
    with pytest.raises(ControllersError) as caught:
        RailsApplication(controllers=controllers)
    assert str(caught.value) == text
    assert isinstance(caught.value, RailsError)


def test_controllers_of_one_name_are_refused() -> None:
    other = type("PostsHandler", (Controller,), {"__module__": "app.posts", "show": lambda self: None})
    with pytest.raises(ControllersError) as caught:
        RailsApplication(controllers=[PostsController, other])
    assert str(caught.value) == (
        f"two controllers are named 'posts': {__name__}.PostsController and app.posts.PostsHandler. "
        "Rename one, or move it to a module of another folder."
    )


def test_controller_may_be_given_alone() -> None:
    assert [entry.controller for entry in find_controllers(MainController)] == [MainController]
    alone: Any = MainController
    assert chosen(RailsApplication(controllers=alone), "/main/index/1/x") is MainController


def unreadable(self: Any, id: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821


def uncastable(self: Any, id: Callable[[], int]) -> None: ...


def misspelt(self: Any) -> None: ...


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            unreadable,
            SignatureError,
            "an annotation cannot be read: name 'Missing' is not defined. Import the name it use",
        ),
        (uncastable, SignatureError, "'id' of show cannot be cast to "),
        (methods("GTE")(misspelt), MethodsError, "methods hold 'GTE', which the handler does not support ("),
    ],
)
def test_action_that_could_never_work_is_refused_with_its_line(action: Any, error: type[Exception], text: str) -> None:
    broken = type("BrokenController", (Controller,), {"__module__": __name__, "show": action})
    with pytest.raises(error) as caught:
        RailsApplication(controllers=[broken])
    assert f"{text}" in str(caught.value)
    assert f"test_conventions.py:{action.__code__.co_firstlineno})" in str(caught.value)
    assert "BrokenController.show" in str(caught.value)


# Packages.

TREE = {
    "__init__.py": """
        from tornado_rails import Controller
        class RootController(Controller):
            def show(self): ...
    """,
    "user.py": """
        from tornado.web import RequestHandler, StaticFileHandler
        from tornado_rails import Controller
        from {root} import RootController
        class BaseController(Controller):
            def shared(self): ...
        class ApplicationController(Controller):
            def shared(self): ...
        class _Hidden(Controller):
            def show(self): ...
        class Empty(Controller): ...
        class UserController(BaseController):
            def login(self): ...
        class PlainHandler(RequestHandler):
            def get(self): ...
        TEXT = "no class"
        Alias = UserController
    """,
    "admin/__init__.py": "",
    "admin/posts.py": """
        from {root}.user import BaseController
        class PostsController(BaseController):
            def index(self, page=1): ...
    """,
    "admin/deep/__init__.py": """
        from tornado_rails import Controller
        class HomeController(Controller):
            def index(self): ...
    """,
    "_private.py": "raise AssertionError('not to be imported')",
    "admin/_private/__init__.py": "",
    "admin/_private/inside.py": "raise AssertionError('not to be imported')",
}

Make = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a package of files, and takes it out of the interpreter again."""
    names: list[str] = []

    def make(files: dict[str, str], name: str = "walked_controllers") -> str:
        root = tmp_path.joinpath(*name.split("."))
        for file, text in files.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            lines = text.format(root=name).splitlines()
            (root / file).write_text("\n".join(line.removeprefix(" " * 8) for line in lines))
        names.append(name.partition(".")[0])
        importlib.invalidate_caches()
        return name

    monkeypatch.syspath_prepend(str(tmp_path))
    yield make
    for module in [*sys.modules]:
        if module.partition(".")[0] in names:
            del sys.modules[module]


WALKED = [
    "/root/show$",
    "/admin/deep/home$",
    "/admin/deep/home/index$",
    "/admin/posts/shared$",
    "/admin/posts$",
    "/admin/posts/index(?:/(?P<page>[^/]+))?$",
    "/user/shared$",
    "/user/login$",
    "/plain$",
]


@pytest.mark.parametrize("name", ["walked_controllers", "walked_app.controllers"])
def test_package_is_walked(package: Make, name: str) -> None:
    if "." in name:
        package({"__init__.py": ""}, "walked_app")
    package(TREE, name)
    for controllers in (name, [name], importlib.import_module(name), [importlib.import_module(name)]):
        found = [route.regex.pattern for route in convention_routes(controllers)]
        assert sorted(found) == sorted(WALKED)
    application = RailsApplication(controllers=name)
    assert route_of(application, "/admin/posts/index/2").controller == "admin/posts"
    assert chosen(application, "/user/login").__name__ == "UserController"
    assert f"{name}._private" not in sys.modules


def test_package_is_walked_in_the_order_of_its_files(package: Make) -> None:
    found = [route.regex.pattern for route in convention_routes(package(TREE))]
    assert found == WALKED


@pytest.mark.parametrize("name", ["_walked_controllers", "_walked.controllers"])
def test_package_of_a_private_name_is_walked_if_it_is_named(package: Make, name: str) -> None:
    if "." in name:
        package({"__init__.py": ""}, "_walked")
    package(TREE, name)
    assert sorted(route.regex.pattern for route in convention_routes(name)) == sorted(WALKED)


def test_module_is_walked_as_a_package_of_one(package: Make) -> None:
    package(
        {"__init__.py": "", "user.py": TREE["user.py"].replace("from {root} import RootController", "")}, "walked_one"
    )
    found = [route.regex.pattern for route in convention_routes("walked_one.user")]
    assert found == ["/user/shared$", "/user/login$", "/plain$"]


def test_package_and_classes_go_together(package: Make) -> None:
    name = package(TREE)
    assert len(convention_routes([MainController, name])) == len(WALKED) + 1


def test_package_without_controllers_is_refused(package: Make) -> None:
    name = package({"__init__.py": "", "user.py": "class User: ..."})
    with pytest.raises(ControllersError) as caught:
        RailsApplication(controllers=name)
    text = "controllers='walked_controllers': the package has no RequestHandler class with actions"
    assert str(caught.value) == text
    with pytest.raises(ControllersError, match=r"controllers='empty_module': the package has no"):
        RailsApplication(controllers=types.ModuleType("empty_module"))


def test_package_with_two_controllers_of_one_name_is_refused(package: Make) -> None:
    text = "from tornado_rails import Controller\nclass {}(Controller):\n    def show(self): ..."
    name = package({"__init__.py": "", "a.py": text.format("User"), "b.py": text.format("UserHandler")})
    with pytest.raises(
        ControllersError, match=r"named 'user': walked_controllers\.a\.User and walked_controllers\.b\.User"
    ):
        RailsApplication(controllers=name)


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"__init__.py": "import not_there_at_all"}, ModuleNotFoundError),
        ({"__init__.py": "", "a.py": "import not_there_at_all"}, ModuleNotFoundError),
        ({"__init__.py": "", "a/__init__.py": "import not_there_at_all"}, ModuleNotFoundError),
        ({"__init__.py": "", "a.py": "1 / 0"}, ZeroDivisionError),
    ],
)
def test_package_that_cannot_be_imported_fails_as_python_does(
    package: Make, files: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        RailsApplication(controllers=package(files))


def test_package_that_is_not_there_fails_as_python_does() -> None:
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        RailsApplication(controllers="not_there_at_all")


def test_choice_of_a_convention_route_has_its_values_by_name() -> None:
    application = RailsApplication(controllers=[MainController])
    values = {"id": b"1", "name": b"a b"}
    assert choose(application, request_for("/main/index/1/a%20b")) == Chosen(MainController, {}, [], values)
