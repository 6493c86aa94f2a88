"""The application to swap in: all that Tornado's is, under any way that applications are written."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tornado.web
from tornado.httputil import HTTPServerRequest
from tornado.routing import AnyMatches, PathMatches, Router, Rule
from tornado.testing import ExpectLog
from tornado.web import RequestHandler, StaticFileHandler, url
from tornado.websocket import WebSocketHandler, websocket_connect

from tests.conftest import Fetch
from tests.controller.support import Connection, data, request_by_hand, run, served, text
from tests.routing.support import chosen, request_for
from tests.routing.support import fetch as fetch_raw
from tornado_rails import Controller, RailsApplication, RailsError, URLSpec
from tornado_rails.errors import ControllersError, DuplicateNameError, SettingError, UnknownActionError
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.router import IndexedRouter, RootRouter

pytestmark = pytest.mark.usefixtures("quiet_log")


class Page(RequestHandler):
    def initialize(self, word: str = "") -> None:
        self.word = word

    def get(self, *args: str) -> None:
        self.write(f"get {self.word}{' '.join(args)}")

    def show(self, id: str = "") -> None:
        self.write(f"show {id}")

    def link(self) -> None:
        self.write(self.reverse_url("page", "7"))


class Other(Page):
    """Another."""


class Echo(WebSocketHandler):
    def on_message(self, message: str | bytes) -> None:
        self.write_message(message)


class Upper(tornado.web.OutputTransform):
    """A transform of the user's own."""

    def transform_first_chunk(
        self, status_code: int, headers: Any, chunk: bytes, finishing: bool
    ) -> tuple[int, Any, bytes]:
        return status_code, headers, chunk.upper()


def log_nothing(handler: RequestHandler) -> None:
    """A log function."""


class Widget(tornado.web.UIModule):
    def render(self) -> str:
        return "widget"


def shout(handler: RequestHandler, word: str) -> str:
    """A method for templates."""
    return word.upper()


HERE = Path(__file__).parent

ROUTES: list[Any] = [
    ("/", Page),
    url(r"/page/(\d+)", Page, name="page"),
    ("/show/(.*)", Page, {"action": "show", "param_keys": "id"}),
    ("/link", Page, {"action": "link"}),
    ("/word", Page, {"word": "given "}),
    ("/dotted", "tests.test_application.Other"),
    ("/socket", Echo),
]


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ((), {}),
        ((None,), {}),
        (([],), {}),
        ((ROUTES,), {}),
        ((ROUTES, "example.org"), {}),
        ((ROUTES, None, [Upper]), {}),
        ((), {"handlers": ROUTES, "default_host": "example.org", "transforms": [Upper]}),
        ((ROUTES,), {"cookie_secret": "x", "anything": 1, "xsrf_cookies": True}),
        ((ROUTES,), {"static_path": str(HERE)}),
        ((ROUTES,), {"static_path": str(HERE), "static_url_prefix": "/assets/"}),
        ((ROUTES,), {"static_path": str(HERE), "static_handler_class": type("Mine", (StaticFileHandler,), {})}),
        ((ROUTES,), {"static_path": str(HERE), "static_handler_args": {"default_filename": "index.html"}}),
        ((ROUTES,), {"debug": True, "autoreload": False}),
        ((ROUTES,), {"gzip": True}),
        ((ROUTES,), {"compress_response": True}),
        ((ROUTES,), {"ui_modules": {"Widget": Widget}, "ui_methods": {"shout": shout}}),
        ((ROUTES,), {"ui_modules": [{"Widget": Widget}], "ui_methods": [{"shout": shout}]}),
        ((ROUTES,), {"log_function": log_nothing, "default_handler_class": Other}),
        ((ROUTES,), {"trailing_slash": "strict", "strict_routes": False}),
    ],
)
def test_constructor_takes_what_tornados_takes(arguments: tuple[Any, ...], settings: dict[str, Any]) -> None:
    ours = RailsApplication(*arguments, **settings)
    stock_arguments = (routes_without_keys(arguments[0]), *arguments[1:]) if arguments else ()
    stock_settings = dict(settings)
    if "handlers" in settings:
        stock_settings["handlers"] = routes_without_keys(settings["handlers"])
    stock = tornado.web.Application(*stock_arguments, **stock_settings)
    assert isinstance(ours, tornado.web.Application)
    assert ours.settings == stock.settings
    assert (ours.default_host, ours.transforms) == (stock.default_host, stock.transforms)
    assert ours.ui_methods.keys() == stock.ui_methods.keys()
    assert ours.ui_modules.keys() == stock.ui_modules.keys()
    assert patterns(ours) == patterns(stock)
    assert set(ours.wildcard_router.named_rules) == set(stock.wildcard_router.named_rules)
    for path in ("/", "/page/7", "/nowhere", "/static/x.py", "/assets/x.py", "/robots.txt", "/socket"):
        assert chosen(ours, path) is chosen(stock, path)


def routes_without_keys(routes: Any) -> Any:
    """The table for stock Tornado."""
    return [(route[0], route[1]) if isinstance(route, tuple) and len(route) > 2 else route for route in routes or []]


def patterns(application: Any) -> list[str]:
    """The path patterns of a table, in order."""
    return [rule.matcher.regex.pattern for rule in application.wildcard_router.rules]


@pytest.fixture
def app(request: pytest.FixtureRequest) -> RailsApplication:
    """The table above, with the settings that a test is parametrized with."""
    return RailsApplication(ROUTES, static_path=str(HERE), **getattr(request, "param", {}))


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/", 200, "get "),
        ("/page/7", 200, "get 7"),
        ("/show/7", 200, "show 7"),
        ("/link", 200, "/page/7"),
        ("/word", 200, "get given "),
        ("/dotted", 200, "get "),
        ("/static/test_application.py", 200, None),
        ("/static/nothing.py", 404, None),
        ("/nowhere", 404, "<html><title>404: Not Found</title><body>404: Not Found</body></html>"),
    ],
)
@served
async def test_table_of_old_and_new_routes_serves(fetch: Fetch, path: str, status: int, body: str | None) -> None:
    answer = await fetch(path)
    assert answer.code == status
    if body is not None:
        assert text(answer) == body


@served
async def test_websocket_serves_as_it_is(http_server: Any, http_port: int) -> None:
    socket = await websocket_connect(f"ws://127.0.0.1:{http_port}/socket")
    await socket.write_message("hello")
    assert await socket.read_message() == "hello"
    socket.close()


@pytest.mark.parametrize("app", [{"compress_response": True}, {"transforms": [Upper]}], indirect=True)
@served
async def test_transforms_apply_to_actions(app: RailsApplication, fetch: Fetch) -> None:
    answer = await fetch("/show/" + "x" * 2000, Accept_Encoding="gzip")
    assert text(answer).lower() == "show " + "x" * 2000
    assert text(answer).isupper() == (app.transforms == [Upper])


@served
async def test_application_may_be_called_as_tornados(io_loop: Any) -> None:
    request = request_by_hand("/show/7")
    connection: Any = request.connection
    RailsApplication(ROUTES)(request)
    while not connection.finished:
        await asyncio.sleep(0)
    assert connection.body == b"show 7"


def test_application_reverses_its_names() -> None:
    assert RailsApplication(ROUTES).reverse_url("page", 7) == "/page/7"
    with pytest.raises(KeyError, match="nothing not found in named urls"):
        RailsApplication(ROUTES).reverse_url("nothing")


def test_default_host_sends_other_hosts_to_the_default() -> None:
    ours = RailsApplication([("/", Page)], default_host="www.example.org")
    stock = tornado.web.Application([("/", Page)], default_host="www.example.org")
    for application in (ours, stock):
        application.add_handlers(r"www\.example\.org", [("/", Other)])
        application.add_handlers(r"api\.example\.org", [("/api", Other)])
    for host in ("www.example.org", "api.example.org", "127.0.0.1"):
        for path in ("/", "/api", "/nowhere"):
            assert chosen(ours, path, host=host) is chosen(stock, path, host=host), (host, path)


class OldStyle(RailsApplication):
    """As Tornado's own demos were written for years; only the base class was swapped."""

    def __init__(self, handlers: Any, **settings: Any) -> None:
        self.db = "the database"
        tornado.web.Application.__init__(self, handlers, **settings)
        self.after = "set after"


class NewStyle(RailsApplication):
    def __init__(self, handlers: Any, **settings: Any) -> None:
        super().__init__(handlers, **settings)
        self.db = "the database"
        self.after = "set after"


@pytest.mark.parametrize("application_class", [OldStyle, NewStyle])
def test_subclass_of_either_style_has_the_layer(application_class: Any) -> None:
    application = application_class(ROUTES, static_path=str(HERE), cookie_secret="x")
    assert (application.db, application.after) == ("the database", "set after")
    assert type(application.wildcard_router) is IndexedRouter
    assert type(application.default_router) is RootRouter
    assert asyncio.run(run(application, request_by_hand("/show/7"))).request.connection.body == b"show 7"
    assert chosen(application, "/static/x.py") is StaticFileHandler
    assert application.reverse_url("page", 7) == "/page/7"
    request = request_for("/show/7")
    application.find_handler(request)
    assert request.route.action == "show"  # type: ignore[attr-defined]


@pytest.mark.parametrize("application_class", [OldStyle, NewStyle])
@pytest.mark.parametrize(
    ("handlers", "settings", "error"),
    [
        ([("/a", Page, {"action": "nothing"})], {}, UnknownActionError),
        ([("/a", Page, {"action": "show"}, "a"), ("/b", Page, {"action": "link"}, "a")], {}, DuplicateNameError),
        ([("/a", Page, {"action": "show"}), ("/a", Page, {"action": "link"})], {}, RailsError),
        ([("/a", Page), ("/a", Other)], {"strict_routes": True}, RailsError),
        ([("/a", Page)], {"trailing_slash": "never"}, SettingError),
    ],
)
def test_subclass_of_either_style_checks_its_routes(
    application_class: Any, handlers: Any, settings: dict[str, Any], error: type[Exception]
) -> None:
    # Where Tornado's own router is made first, it has a word about names.
    with ExpectLog("tornado.application", "Multiple handlers named a", required=False), pytest.raises(error):
        application_class(handlers, **settings)


def test_handlers_may_be_any_iterable() -> None:
    for handlers in (tuple(ROUTES), iter(ROUTES), (route for route in ROUTES)):
        assert patterns(RailsApplication(handlers)) == patterns(RailsApplication(ROUTES))


@pytest.mark.parametrize("value", ["never", "", None, True, 7, ["strict"], "Strict"])
def test_slash_setting_that_means_nothing_is_an_error(value: Any) -> None:
    with pytest.raises(SettingError) as raised:
        RailsApplication(trailing_slash=value)
    error = raised.value
    assert (error.name, error.value) == ("trailing_slash", value)
    assert str(error).startswith(f"setting trailing_slash={value!r}: it is one of 'strict', 'redirect', 'ignore'.")


def test_slash_setting_that_is_misspelt_is_guessed() -> None:
    with pytest.raises(SettingError) as raised:
        RailsApplication(trailing_slash="redirct")
    assert str(raised.value) == (
        "setting trailing_slash='redirct': it is one of 'strict', 'redirect', 'ignore'. Did you mean 'redirect'?"
    )


def test_added_handlers_come_before_those_of_any_host() -> None:
    for handlers in ([("/", Other), ("/show/(.*)", Other, {"action": "show"})], iter([("/", Other)])):
        application = RailsApplication(ROUTES)
        application.add_handlers(r"127\.0\.0\.1", handlers)
        assert chosen(application, "/") is Other
        assert chosen(application, "/", host="elsewhere") is Page
        assert chosen(application, "/page/7") is Page
        (rule, _) = application.default_router.rules
        assert type(rule.target) is IndexedRouter
    handler = asyncio.run(run(added_show(), request_by_hand("/show/7")))
    assert handler.request.connection.body == b"show 7"
    assert written_class(type(handler)) is Other


def added_show() -> RailsApplication:
    """An application with a route of one host."""
    application = RailsApplication()
    application.add_handlers(".*", [("/show/(.*)", Other, {"action": "show"})])
    return application


def test_added_handlers_are_checked_at_once_and_left_out_if_they_fail() -> None:
    application = RailsApplication(ROUTES)
    before = list(application.default_router.rules)
    with pytest.raises(UnknownActionError):
        application.add_handlers(".*", [("/new", Page), ("/a", Page, {"action": "nothing"})])
    assert application.default_router.rules == before
    assert chosen(application, "/new") is chosen(tornado.web.Application(), "/new")


def test_added_handlers_of_the_same_host_stand_behind_the_earlier() -> None:
    ours, stock = RailsApplication(), tornado.web.Application()
    for application in (ours, stock):
        application.add_handlers(".*", [("/a", Page)])
        application.add_handlers(r"127.*", [("/a", Other), ("/b", Other)])
        application.add_handlers(".*", [("/b", Page), ("/c", Page)])
    for path in ("/a", "/b", "/c", "/d"):
        assert chosen(ours, path) is chosen(stock, path)


class MainController(Controller):
    def index(self, id: int, name: str) -> None:
        self.write({"id": id, "name": name, "params": self.params})


class UserController(Controller):
    def login(self) -> None:
        self.write("login")


class ThingsController(Controller):
    """A controller whose actions are verbs."""

    def get(self, id: int) -> None:
        self.write({"id": id})


class Pages(RequestHandler):
    """A plain handler with a verb, and without our mixin."""

    def get(self, number: int = 0) -> None:
        self.write(f"page {number}")


@pytest.fixture
def package() -> Iterator[str]:
    """A package with controllers, in memory."""
    package: Any = types.ModuleType("some_app")
    package.__path__ = []
    package.UserController = type(
        "UserController", (Controller,), {"login": UserController.login, "__module__": "some_app"}
    )
    sys.modules["some_app"] = package
    yield "some_app"
    del sys.modules["some_app"]


def test_controllers_are_taken_in_every_form(package: str) -> None:
    forms: list[Any] = [
        [UserController],
        (UserController,),
        iter([UserController]),
        UserController,
        package,
        sys.modules[package],
        [package],
        [MainController, package],
    ]
    for controllers in forms:
        application = RailsApplication(controllers=controllers)
        route = request_for("/user/login")
        application.find_handler(route)
        assert route.route.action == "login"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("controllers", "message"),
    [
        (7, "controllers=7: give RequestHandler classes in a list, or the name of a package to walk"),
        ([7], "controllers=7: give RequestHandler classes in a list, or the name of a package to walk"),
        ([object], f"controllers={object!r}: give RequestHandler classes in a list, or the name of a package to walk"),
        (object, f"controllers={object!r}: give RequestHandler classes in a list, or the name of a package to walk"),
        ([RequestHandler], "controllers: tornado.web.RequestHandler has no actions: no public methods of its own"),
        (
            [UserController, type("UserHandler", (UserController,), {"__module__": "other"})],
            "two controllers are named 'user': tests.test_application.UserController and other.UserHandler. "
            "Rename one, or move it to a module of another folder.",
        ),
        ("tests.controller", "controllers='tests.controller': the package has no RequestHandler class with actions"),
    ],
)
def test_controllers_that_are_none_are_an_error(controllers: Any, message: str) -> None:
    if controllers == "tests.controller":
        empty: Any = types.ModuleType("tests.controller")
        controllers = empty
    with pytest.raises(ControllersError) as raised:
        RailsApplication(controllers=controllers)
    assert str(raised.value) == message


def test_controllers_package_that_is_not_there_is_an_import_error() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        RailsApplication(controllers="no_such_package")


def test_empty_controllers_are_no_routes() -> None:
    assert RailsApplication(controllers=[]).wildcard_router.rules == []


def test_handlers_come_before_controllers() -> None:
    application = RailsApplication([("/user/login", Other, {"action": "show"})], controllers=[MainController])
    assert chosen(application, "/user/login") is Other
    first, *rest = patterns(application)
    assert first == "/user/login$"
    assert rest == ["/main/index/(?P<id>[^/]+)/(?P<name>[^/]+)$"]


@pytest.mark.parametrize(
    "app", [{"controllers": [MainController, UserController, Pages, ThingsController]}], indirect=True
)
@served
async def test_pure_convention_serves(app: RailsApplication, fetch: Fetch) -> None:
    answer = data(await fetch("/main/index/1/TheViper"))
    assert answer == {"id": 1, "name": "TheViper", "params": {"id": "1", "name": "TheViper"}}
    assert (await fetch("/main/index/x/TheViper")).code == 404
    assert text(await fetch("/user/login")) == "login"
    assert text(await fetch("/user/login", "POST", "")) == "login"
    assert (await fetch("/user/login", "DELETE")).code == 405
    assert text(await fetch("/pages/7")) == "page 7"
    assert text(await fetch("/pages")) == "page 0"
    assert data(await fetch("/things/7")) == {"id": 7}
    assert (await fetch("/things/x")).code == 404
    assert (await fetch("/things/7", "DELETE")).code == 405


@served
async def test_two_applications_never_meet(io_loop: Any) -> None:
    first = RailsApplication([("/a", Page, {"action": "show"}), ("/word", Page, {"word": "first "})], name="first")
    second = RailsApplication([("/b", Page, {"action": "show"}), ("/word", Page, {"word": "second "})], name="second")
    assert chosen(first, "/b") is chosen(second, "/a") is chosen(tornado.web.Application(), "/")
    for application, path in [(first, "/a"), (second, "/b")]:
        handler = await run(application, request_by_hand(path))
        assert handler.request.connection.body == b"show "
        assert handler.application is application
        handler = await run(application, request_by_hand("/word"))
        assert handler.request.connection.body.decode() == f"get {application.settings['name']} "
    first.wildcard_router.add_rules([("/c", Page)])
    assert chosen(second, "/c") is not Page
    first_page, second_page = first.wildcard_router.rules[0], second.wildcard_router.rules[0]
    assert first_page.target is second_page.target


def test_one_route_object_may_stand_in_two_applications() -> None:
    spec = URLSpec("/a", Page, action="show")
    first, second = RailsApplication([spec]), RailsApplication([spec])
    assert chosen(first, "/a") is chosen(second, "/a") is Page


def test_application_in_an_application_serves() -> None:
    inner = RailsApplication([("/in/show", Page, {"action": "show"})])
    stock_inner = tornado.web.Application([("/in/stock", Page)])
    outer = RailsApplication([Rule(PathMatches("/in/show.*"), inner), (r"/in/stock.*", stock_inner), ("/out", Page)])
    assert fetch_raw(outer, "/in/show").body == "show "
    assert fetch_raw(outer, "/in/stock").body == "get "
    assert fetch_raw(outer, "/out").body == "get "
    assert fetch_raw(tornado.web.Application([("/in/.*", inner)]), "/in/show").body == "show "


def test_attributes_are_set_as_on_any_object() -> None:
    application: Any = RailsApplication(ROUTES)
    application.db = "x"
    application.settings = {"mine": 1}
    application.find_handler = print
    assert vars(application)["db"] == "x"
    assert application.settings == {"mine": 1}
    assert application.find_handler(request_for("/")) is None
    application.another = tornado.web._ApplicationRouter(application)
    assert type(application.another) is tornado.web._ApplicationRouter
    del application.db
    assert not hasattr(application, "db")


def test_routers_that_are_set_get_the_index() -> None:
    application = RailsApplication(ROUTES)
    application.wildcard_router = tornado.web._ApplicationRouter(application, [("/new", Page, {"action": "show"})])
    assert type(application.wildcard_router) is IndexedRouter
    application.default_router = tornado.web._ApplicationRouter(
        application, [Rule(AnyMatches(), application.wildcard_router)]
    )
    assert type(application.default_router) is RootRouter
    assert chosen(application, "/new") is Page
    assert chosen(application, "/page/7") is not Page
    assert asyncio.run(run(application, request_by_hand("/new"))).request.connection.body == b"show "


def test_routers_of_the_users_own_stay_as_they_are() -> None:
    class MyRouter(tornado.web._ApplicationRouter):
        """Theirs."""

    class Nothing(Router):
        def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> None:
            return None

    class Mine(RailsApplication):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "wildcard_router":
                value = MyRouter(self, [("/mine", Page)])
            super().__setattr__(name, value)

    application: Any = Mine([("/given", Page)], controllers=[UserController])
    assert type(application.wildcard_router) is MyRouter
    assert chosen(application, "/mine") is chosen(application, "/given") is Page
    assert written_class(chosen(application, "/user/login")) is UserController
    application.default_router = Nothing()
    assert type(application.default_router) is Nothing


class Finding(RailsApplication):
    """Overrides what Tornado lets one override."""

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        if request.path == "/mine":
            return self.get_handler_delegate(request, Page, {"word": "found "})
        return super().find_handler(request, **kwargs)

    def get_handler_delegate(self, request: HTTPServerRequest, *args: Any, **kwargs: Any) -> Any:
        request.seen = True  # type: ignore[attr-defined]
        return super().get_handler_delegate(request, *args, **kwargs)

    def log_request(self, handler: RequestHandler) -> None:
        handler.application.logged = handler.request.path  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "status", "body"), [("/mine", 200, b"get found "), ("/show/7", 200, b"show 7"), ("/nowhere", 404, None)]
)
@served
async def test_overridden_methods_are_called(io_loop: Any, path: str, status: int, body: bytes | None) -> None:
    application = Finding(ROUTES)
    handler = await run(application, request_by_hand(path))
    assert handler.get_status() == status
    assert handler.request.seen
    assert application.logged == path  # type: ignore[attr-defined]
    if body is not None:
        connection: Connection = handler.request.connection
        assert connection.body == body


@pytest.mark.parametrize(
    "app", [{"default_handler_class": Other, "default_handler_args": {"word": "lost "}}], indirect=True
)
@served
async def test_default_handler_answers_where_no_route_does(app: RailsApplication, fetch: Fetch) -> None:
    assert text(await fetch("/nowhere")) == "get lost "


class Broken(Page):
    def initialize(self) -> None:  # type: ignore[override]
        """Takes nothing."""


def test_kwargs_that_initialize_does_not_take_are_tornados_error() -> None:
    application = RailsApplication([("/a", Broken, {"action": "show", "more": 1})])
    with pytest.raises(TypeError, match="unexpected keyword argument 'more'"):
        asyncio.run(run(application, request_by_hand("/a")))
