"""Drawn routes in an application: found as the route set alone finds them, and served."""

import asyncio
import json
import re
from typing import Any

import pytest
import tornado.web
from hypothesis import given
from hypothesis import strategies as st
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.routing import PathMatches, Rule, RuleRouter
from tornado.testing import ExpectLog
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect

from tests.conftest import Fetch
from tests.routing.support import Page, chosen, request_for, route_of
from tests.routing.support import fetch as answer
from tests.routing.test_rails_cases import CASES, rails_cases
from tornado_rails import Controller, RailsApplication, URLSpec
from tornado_rails.errors import (
    DuplicateNameError,
    MalformedRequestError,
    MethodsError,
    RequestError,
    RoutesError,
    SignatureError,
    UnknownActionError,
    UnknownControllerError,
)
from tornado_rails.routing.drawing_errors import UnreachableUrlError
from tornado_rails.routing.drawn import DrawnRoute, drawn_routes
from tornado_rails.routing.pattern import normalize_path
from tornado_rails.routing.recognition import HTTP_METHODS, Recognized
from tornado_rails.routing.redirects import redirect
from tornado_rails.routing.routeset import RouteSet

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def controller_of(route: Any) -> type[RequestHandler]:
    """A class that has the action of any route."""
    attributes = {route.action: lambda self: None, "SUPPORTED_METHODS": tuple(HTTP_METHODS), "__module__": __name__}
    return type("Any", (RequestHandler,), attributes)


def application_of(routes: RouteSet) -> RailsApplication:
    application = RailsApplication()
    application.wildcard_router.add_rules(list(drawn_routes(routes, controller_of)))
    return application


def drawn(case: dict[str, Any]) -> RouteSet | None:
    try:
        routes: RouteSet = rails_cases.draw(case["program"], {})
        application_of(routes)
    except Exception:  # held by test_rails_cases; or an action that Tornado has the name of
        return None
    return routes


PROGRAMS = [(case, routes) for case in CASES for routes in [drawn(case)] if routes is not None]


def expected(routes: RouteSet, request: Any) -> Recognized | str | None:
    try:
        return routes.recognize(
            request.method,
            request.uri,
            host=request.host,
            scheme=request.protocol,
            headers=request.headers,
            remote_addr=request.remote_ip or "",
        )
    except RequestError as error:
        return type(error).__name__
    except Exception as error:  # a constraint or a redirect of the case
        return type(error).__name__


def agree(application: RailsApplication, routes: RouteSet, path: str, method: str, host: str) -> None:
    request = request_for(path, method, host)
    wanted = expected(routes, request_for(path, method, host))
    delegate: Any = application.find_handler(request)
    refused = getattr(request, "_allow", None)
    if isinstance(wanted, str):  # an error: the request is answered by some handler, not by an exception
        assert delegate is not None
    elif wanted is None:
        assert refused or getattr(request, "route", None) is None
        if refused:
            assert method not in refused or method == "OPTIONS"
            found = {route for route in routes.routes if route.pattern.find(normalize_path(request.path))}
            assert found
    else:
        spec = request.route  # type: ignore[attr-defined]
        assert refused is None
        assert spec.drawn is wanted.route
        if wanted.route.endpoint is None:
            values = {name: value.decode() for name, value in delegate.path_kwargs.items()}
            assert {**spec.path_defaults, **values} == wanted.params


def test_most_cases_make_applications() -> None:
    errors = [case for case in CASES if "draw_error" in case or "draw_error_8_2" in case]
    assert len(PROGRAMS) > 0.9 * (len(CASES) - len(errors))


@pytest.mark.parametrize(("case", "routes"), PROGRAMS, ids=[case["id"] for case, _ in PROGRAMS])
def test_application_finds_the_route_that_the_set_recognizes(case: dict[str, Any], routes: RouteSet) -> None:
    application = application_of(routes)
    for check in case["recognize"]:
        host = check.get("host") or "www.example.com"
        for method in {check.get("method", "GET"), *METHODS}:
            for path in (check["path"], check["path"] + "/", "/" + check["path"]):
                if path.isascii() and " " not in path:
                    agree(application, routes, path, method, host)


SEGMENTS = ["a", "b", ":x", ":y", "*g", "(:o)", "v:z", ":n", "a.b", "%C3%A9"]


@given(
    table=st.lists(
        st.tuples(
            st.lists(st.sampled_from(SEGMENTS), max_size=3).map("/".join),
            st.sampled_from(["get", "post", "head", "all", ["get", "post"], ["get", "head"]]),
            st.sampled_from([{}, {"format": False}, {"n": re.compile(r"\d+")}, {"constraints": {"subdomain": "api"}}]),
        ),
        min_size=1,
        max_size=8,
    ),
    tuples=st.lists(st.sampled_from(["/a", "/(.*)/b", "/a/", "/([^/]+)/a/?", "//a"]), max_size=2),
    paths=st.lists(st.text("ab/.1%zC", max_size=8).map("/".__add__), min_size=1, max_size=6),
    method=st.sampled_from(METHODS),
    host=st.sampled_from(["example.com", "api.example.com"]),
)
def test_drawn_routes_stand_behind_tuples(table: Any, tuples: Any, paths: Any, method: str, host: str) -> None:
    def draw(map: Any) -> None:
        for number, (path, via, options) in enumerate(table):
            map.match(path or "/", to="c#index", via=via, as_=f"r{number}", **options)

    routes = RouteSet(draw)
    handlers = [(pattern, Page) for pattern in tuples]
    application = RailsApplication(handlers)
    application.wildcard_router.add_rules(list(drawn_routes(routes, controller_of)))
    for path in paths:
        if any(re.match(pattern + "$", path) for pattern in tuples):
            assert chosen(application, path, method, host) is Page
        else:
            agree(application, routes, path, method, host)


class PostsController(Controller):
    def index(self) -> None:
        self.write({"action": self.action_name, "params": self.params})

    def show(self, id: int, format: str = "html") -> None:
        self.write({"id": id, "format": format, "params": self.params})

    def by_position(self, number: int) -> None:
        self.write({"number": number})

    def files(self, *path: str) -> None:
        self.write({"path": path})

    def everything(self, **rest: Any) -> None:
        self.write({"rest": rest})

    def paged(self, page: int, lang: str = "en") -> None:
        self.write({"page": page, "lang": lang, "params": self.params})

    def links(self) -> None:
        self.write(
            {
                "name": self.url_for("post", 1),
                "target": self.url_for("posts#show", id=2, q="a b"),
                "function": self.url_for(PostsController.show, id=3),
                "pair": self.url_for((PostsController, "show"), id=4),
                "path": self.paths.post(5),
                "url": self.urls.post(6),
                "host": self.url_for("post", 7, host="example.com"),
                "whole": self.url_for("post", 8, only_path=False),
                "tuple": self.url_for("old", name="x"),
                "convention": self.url_for("posts#paged", page=2),
                "reverse": self.reverse_url("post", 9),
            }
        )

    def template(self) -> None:
        self.write(tornado.web.template.Template(TEMPLATE).generate(**self.get_template_namespace()))  # type: ignore[attr-defined]


TEMPLATE = "{{ paths.post(1) }} {{ urls.post(2) }} {{ url_for('post', 3) }}"


class Plain(RequestHandler):
    def get(self, name: str = "none") -> None:
        self.write(name)

    def post(self, **values: str) -> None:
        self.write(values)


class Ping(RequestHandler):
    def get(self) -> None:
        self.write(f"{self.request.path} {getattr(self.request, 'script_name', None)}")


class Echo(WebSocketHandler):
    def open(self, room: str) -> None:
        self.write_message(room)


def wsgi(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode()]


def raising(request: Any) -> bool:
    raise LookupError("the constraint is wrong")


def draw_all(map: Any) -> None:
    map.resources("posts", only=["index", "show"])
    map.get("position/:id", to="posts#by_position")
    map.get("files/*path", to="posts#files", format=False)
    map.get("all/:a(/:b)", to="posts#everything")
    map.get("page(/:page)", to="posts#paged", defaults={"page": 1, "lang": "de"})
    map.get("links", to="posts#links")
    map.get("template", to="posts#template")
    map.get("pages/:name", to=Plain)
    map.match("plain/:name", to=Plain, via=["get", "post"])
    map.get("ping", to=Ping)
    map.get("rooms/:room", to=Echo, format=False)
    map.get("gone/:id", to=redirect("/posts/%{id}", status=302))
    map.get("broken/:id", to=redirect("/%{missing}"))
    map.mount("/inner", tornado.web.Application([("/", Ping), ("/ping", Ping)]))
    map.mount("/wsgi", wsgi)
    map.get("raising", to="posts#index", constraints=raising)
    map.get("only-api", to="posts#index", constraints={"subdomain": "api"})
    map.get("asking/:id", to="posts#show", constraints=lambda params, request: params["id"] != "7")


def application() -> RailsApplication:
    handlers = [("/old/([a-z]+)", Plain, {"param_keys": ("name",)}, "old"), URLSpec("/posts/1", Page, name="first")]
    return RailsApplication(handlers[:1], routes=draw_all, controllers=[PostsController])


@pytest.fixture
def app() -> RailsApplication:
    return application()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/posts?q=1", {"action": "index", "params": {"q": "1"}}),
        ("/posts.json", {"action": "index", "params": {"format": "json"}}),
        ("//posts//7/", {"id": 7, "format": "html", "params": {"id": "7"}}),
        ("/posts/7.json", {"id": 7, "format": "json", "params": {"id": "7", "format": "json"}}),
        ("/position/5", {"number": 5}),
        ("/position/5.json", {"number": 5}),
        ("/files/a/b%2Fc/%C3%A9.txt", {"path": ["a", "b/c", "é.txt"]}),
        ("/all/1", {"rest": {"a": "1"}}),
        ("/all/1/2", {"rest": {"a": "1", "b": "2"}}),
        ("/page", {"page": 1, "lang": "de", "params": {"page": 1, "lang": "de"}}),
        ("/page/3", {"page": 3, "lang": "de", "params": {"page": "3", "lang": "de"}}),
        ("/posts/paged/4", {"page": 4, "lang": "en", "params": {"page": "4", "lang": None}}),
        ("/asking/8", {"id": 8, "format": "html", "params": {"id": "8"}}),
    ],
)
@pytest.mark.gen_test
async def test_drawn_route_runs_its_action(fetch: Fetch, path: str, answer: Any) -> None:
    response = await fetch(path)
    assert (response.code, json.loads(response.body)) == (200, answer)


@pytest.mark.parametrize(
    ("method", "path", "code", "body"),
    [
        ("GET", "/pages/a%20b", 200, "a b"),
        ("GET", "/pages/a.html", 200, "a"),
        ("HEAD", "/pages/a", 200, ""),
        ("GET", "/plain/a", 200, "a"),
        ("GET", "/ping", 200, "/ping None"),
        ("GET", "/ping.json", 200, "/ping.json None"),
        ("GET", "/inner", 200, "/ /inner"),
        ("GET", "/inner/ping?a=b", 200, "/ping /inner"),
        ("GET", "/inner/nothing", 404, "404: Not Found"),
        ("GET", "/innermost", 404, "404: Not Found"),
        ("GET", "/wsgi/a%20b", 200, "/wsgi /a b"),
        ("GET", "/asking/7", 404, "404: Not Found"),
        ("GET", "/only-api", 404, "404: Not Found"),
        ("GET", "/posts/x", 404, "Expected `int`"),
        ("GET", "/posts/%ff", 400, "the path is not UTF-8"),
        ("GET", "/asking/%ff", 400, "the path is not UTF-8"),
        ("GET", "/posts/%zz", 400, "the path has a broken percent escape"),
        ("GET", "/template", 200, "/posts/1 http://localhost:{port}/posts/2 /posts/3"),
    ],
)
@pytest.mark.gen_test
async def test_drawn_route_answers(fetch: Fetch, http_port: int, method: str, path: str, code: int, body: str) -> None:
    response = await fetch(path, method)
    assert response.code == code
    assert body.replace("{port}", str(http_port)) in response.body.decode()


@pytest.mark.gen_test
async def test_endpoint_handler_that_takes_any_name_gets_the_format(fetch: Fetch) -> None:
    assert json.loads((await fetch("/plain/a.txt", "POST", "")).body) == {"name": "a", "format": "txt"}


@pytest.mark.gen_test
async def test_links_are_those_of_the_whole_table(fetch: Fetch, base_url: str) -> None:
    assert json.loads((await fetch("/links")).body) == {
        "name": "/posts/1",
        "target": "/posts/2?q=a+b",
        "function": "/posts/3",
        "pair": "/posts/4",
        "path": "/posts/5",
        "url": f"{base_url}/posts/6",
        "host": "http://example.com/posts/7",
        "whole": f"{base_url}/posts/8",
        "tuple": "/old/x",
        "convention": "/page/2",
        "reverse": "/posts/9",
    }


@pytest.mark.gen_test
async def test_redirect_leads_on(fetch: Fetch, base_url: str) -> None:
    response = await fetch("/gone/5?q=1")
    assert (response.code, response.headers["Location"]) == (302, f"{base_url}/posts/5")
    refused = await fetch("/gone/5", "POST", "")
    assert (refused.code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.gen_test
async def test_what_raises_while_a_route_is_asked_is_a_500_with_its_place(fetch: Fetch) -> None:
    with ExpectLog("tornado.application", r"route '/raising\(.:format\)' -> PostsController.index \(tests/.*cannot be"):
        assert (await fetch("/raising")).code == 500
    with ExpectLog("tornado.application", "Uncaught exception GET /broken/1"):
        assert (await fetch("/broken/1")).code == 500
    with ExpectLog("tornado.application", "route .* cannot be asked"):
        assert (await fetch("/raising", "POST", "")).code == 404


def test_constraint_is_asked_with_the_settings_and_may_refuse() -> None:
    def only_inside(request: Any) -> bool:
        if request.host not in request.settings["inside"]:
            raise RequestError("ask from inside")
        return True

    app = RailsApplication(
        routes=lambda map: map.get("posts", to="posts#index", constraints=only_inside),
        controllers=[PostsController],
        convention_routes=False,
        inside=["127.0.0.1"],
    )
    assert answer(app, "/posts").status == 200
    refused = answer(app, "/posts", headers={"Host": "example.com"})
    assert refused.status == 400
    assert "ask from inside" in refused.body
    assert answer(app, "/posts", "POST", headers={"Host": "example.com"}).status == 404


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/posts", "GET, HEAD, OPTIONS"),
        ("DELETE", "//posts//1/", "GET, HEAD, OPTIONS"),
        ("PUT", "/plain/a", "GET, HEAD, POST, OPTIONS"),
    ],
)
@pytest.mark.gen_test
async def test_wrong_method_is_a_405_with_a_true_allow(fetch: Fetch, method: str, path: str, allow: str) -> None:
    response = await fetch(path, method, None if method == "DELETE" else "")
    assert (response.code, response.headers["Allow"]) == (405, allow)
    options = await fetch(path, "OPTIONS")
    assert (options.code, options.headers["Allow"]) == (204, allow)


def test_websocket_is_drawn() -> None:
    async def talk() -> str | bytes | None:
        (socket,) = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(application())
        server.add_sockets([socket])
        connection = await websocket_connect(f"ws://127.0.0.1:{socket.getsockname()[1]}/rooms/lobby")
        try:
            return await connection.read_message()
        finally:
            connection.close()
            server.stop()
            await server.close_all_connections()

    assert asyncio.run(talk()) == "lobby"


def test_routes_stand_in_the_table_between_handlers_and_conventions() -> None:
    app = application()
    rules = app.wildcard_router.rules
    kinds = [type(rule).__name__ for rule in rules]
    assert kinds == sorted(kinds, key=["URLSpec", "DrawnRoute", "ConventionRoute"].index)
    assert all(rule.matcher.regex.pattern for rule in rules)  # type: ignore[attr-defined]
    assert all(isinstance(rule.regex, re.Pattern) for rule in rules if isinstance(rule, DrawnRoute))
    assert app.wildcard_router.named_rules["post"].matcher.match(request_for("/posts/1")) is not None
    assert repr(rules[1].matcher) == "DrawnMatches('/posts(.:format)')"
    assert repr(rules[1]).startswith("DrawnRoute('/posts(.:format)', PostsController, action='index'")


def test_table_may_be_changed_in_place() -> None:
    app = application()
    rules = app.wildcard_router.rules
    rules.insert(0, URLSpec("/posts/1", Page, name="first"))
    assert chosen(app, "/posts/1") is Page
    assert route_of(app, "/posts/2").name == "post"
    with pytest.raises(UnreachableUrlError, match="'/posts/1' is not this route's"):
        app.url_for("post", 1)
    assert app.url_for("post", 2) == "/posts/2"
    rules[:] = [rule for rule in rules if rule.name != "post"]
    assert route_of(app, "/posts/2") is None


def test_head_goes_to_the_route_that_names_it() -> None:
    routes = RouteSet(lambda map: (map.get("a", to="c#index"), map.match("a", to="c#show", via="head")))
    application = application_of(routes)
    assert [route_of(application, "/a", method).action for method in ("GET", "HEAD")] == ["index", "show"]


def test_mounted_router_may_pass_a_request_on() -> None:
    router = RuleRouter([Rule(PathMatches("/x"), Application([("/x", Page)]))])
    application = RailsApplication(
        routes=lambda map: (map.mount("/m", router), map.mount("/w", wsgi), map.get("m/:id", to=Plain))
    )
    assert chosen(application, "/m/x") is Page
    request = request_for("/m/y")
    delegate: Any = application.find_handler(request)
    assert (request.path, getattr(request, "script_name", "")) == ("/m/y", "")
    assert (delegate.path_kwargs, request.route.drawn.path) == ({"id": b"y"}, "/m/:id(.:format)")  # type: ignore[attr-defined]
    assert [repr(rule.target) for rule in application.wildcard_router.rules[:2]] == [repr(router), repr(wsgi)]


def test_convention_routes_may_be_left_out() -> None:
    application = RailsApplication(
        routes=lambda map: map.get("posts", to="posts#index"), controllers=[PostsController], convention_routes=False
    )
    assert [rule.name for rule in application.wildcard_router.rules] == ["posts"]


@pytest.mark.parametrize(
    ("draw", "error", "text"),
    [
        (
            lambda map: map.get("a", to="post#index"),
            UnknownControllerError,
            "no controller 'post'. Did you mean 'posts'?",
        ),
        (
            lambda map: map.get("a", to="admin/news_items#index"),
            UnknownControllerError,
            "It is a class NewsItemsController of a module in the package's folder 'admin'; controllers= has posts.",
        ),
        (lambda map: map.get("a", to="posts#shwo"), UnknownActionError, "no method 'shwo'. Did you mean 'show'?"),
        (lambda map: map.get("a/:x/:y", to="posts#by_position"), SignatureError, "takes 1 values by position"),
        (lambda map: map.get("a", to="posts#by_position"), SignatureError, "needs 'number'"),
        (lambda map: map.get("a", to="posts#index", as_="old"), DuplicateNameError, "has the name 'old', as has"),
        (lambda map: map.match("a", to="posts#index", via="report"), MethodsError, "'REPORT'"),
    ],
)
def test_route_that_leads_nowhere_is_an_error_with_its_place(draw: Any, error: Any, text: str) -> None:
    handlers = [("/old/([a-z]+)", Plain, {"param_keys": ("name",)}, "old")]
    with pytest.raises(error, match=re.escape(text)) as caught:
        RailsApplication(handlers, routes=draw, controllers=[PostsController])
    assert re.search(r"\(tests/routing/test_drawn.py:\d+\)", str(caught.value))


def test_bad_utf8_is_left_to_the_handler() -> None:
    routes = RouteSet(draw_all)
    with pytest.raises(MalformedRequestError):
        routes.recognize("GET", "/asking/%ff")


def test_routes_of_another_kind_are_an_error() -> None:
    routes: Any = 5
    with pytest.raises(RoutesError, match="routes=5: give a function of one argument, a RouteSet, or the path"):
        RailsApplication(routes=routes)
