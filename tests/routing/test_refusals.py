"""405, OPTIONS, and the slash policy: over real sockets, with targets as a client may really write them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tornado.web
from tornado.routing import AnyMatches, HostMatches, PathMatches, Rule
from tornado.web import ErrorHandler, RedirectHandler, RequestHandler, StaticFileHandler

from tests.routing.support import choose, chosen, fetch, request_for, route_of
from tests.routing.tables import OddLength, call
from tornado_rails import Controller, RailsApplication, URLSpec
from tornado_rails.errors import SettingError
from tornado_rails.routing.refusals import (
    SlashRedirectHandler,
    allowed_methods,
    other_form,
    refusal_class,
    stays_on_host,
)
from tornado_rails.routing.router import rule_of


class Account(RequestHandler):
    """Actions and a verb's method; every answer shows that it is the handler's own."""

    def set_default_headers(self) -> None:
        self.set_header("X-Account", "yes")

    def show(self) -> None:
        self.write("show")

    def create(self) -> None:
        self.write(f"create by {self.request.method}")

    def post(self) -> None:
        self.write("post")

    def get(self) -> None:
        self.write("get")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish(f"account error {status_code}")


class Plain(RequestHandler):
    def get(self, *args: str) -> None:
        self.write(f"plain {' '.join(args)}")

    def post(self) -> None:
        self.write("plain post")


class Cors(RequestHandler):
    """Has an answer to OPTIONS of its own."""

    def prepare(self) -> None:
        self.set_header("X-Prepared", "yes")

    def show(self) -> None:
        self.write("show")

    def options(self) -> None:
        self.set_header("Access-Control-Allow-Origin", "*")
        self.write("my options")


class Guarded(RequestHandler):
    """Would fail if anything of it ran."""

    def prepare(self) -> None:
        raise tornado.web.HTTPError(599)

    def show(self) -> None: ...


@tornado.web.stream_request_body
class Upload(RequestHandler):
    def data_received(self, chunk: bytes) -> None:
        raise AssertionError("nothing is taken from a refused request")

    def create(self) -> None: ...


SHOW, CREATE = {"action": "show", "methods": "GET"}, {"action": "create", "methods": ("POST", "PUT")}
ROUTES = [
    ("/account", Account, SHOW),
    ("/account", Account, CREATE),
    ("/every", Account, {"action": "create"}),
    ("/verbs", Account, {"methods": ("post",)}),
    ("/reads", Account, {"methods": ("GET",)}),
    ("/plain", Plain),
    ("/cors", Cors, {"action": "show", "methods": ["GET", "PATCH"]}),
    ("/guarded", Guarded, SHOW),
    ("/upload", Upload, {"action": "create", "methods": "POST"}),
    ("/file/(.*)", Account, {"action": "show", "methods": "DELETE", "param_keys": "name"}),
]


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "allow"),
    [
        ("GET", "/account", 200, "show", ""),
        ("HEAD", "/account", 200, "", ""),
        ("POST", "/account", 200, "create by POST", ""),
        ("PUT", "/account", 200, "create by PUT", ""),
        ("DELETE", "/account", 405, "account error 405", "GET, HEAD, POST, PUT, OPTIONS"),
        ("PATCH", "/account?a=1", 405, "account error 405", "GET, HEAD, POST, PUT, OPTIONS"),
        ("BREW", "/account", 405, "account error 405", "GET, HEAD, POST, PUT, OPTIONS"),
        ("OPTIONS", "/account", 204, "", "GET, HEAD, POST, PUT, OPTIONS"),
        ("GET", "/every", 200, "create by GET", ""),
        ("DELETE", "/every", 200, "create by DELETE", ""),
        ("OPTIONS", "/every", 200, "create by OPTIONS", ""),
        ("BREW", "/every", 405, "account error 405", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("POST", "/verbs", 200, "post", ""),
        ("GET", "/verbs", 405, "account error 405", "POST, OPTIONS"),
        ("GET", "/reads", 200, "get", ""),
        ("HEAD", "/reads", 200, "", ""),
        ("POST", "/reads", 405, "account error 405", "GET, HEAD, OPTIONS"),
        ("GET", "/guarded", 599, None, ""),
        ("POST", "/guarded", 405, None, "GET, HEAD, OPTIONS"),
        ("OPTIONS", "/guarded", 204, "", "GET, HEAD, OPTIONS"),
        ("PUT", "/upload", 405, None, "POST, OPTIONS"),
        ("OPTIONS", "/upload", 204, "", "POST, OPTIONS"),
        ("GET", "/file/a%20b", 405, "account error 405", "DELETE, OPTIONS"),
        ("GET", "/nowhere", 404, None, ""),
        ("OPTIONS", "/nowhere", 404, None, ""),
    ],
)
def test_method_is_answered_as_the_routes_take_it(
    method: str, path: str, status: int, body: str | None, allow: str
) -> None:
    answer = fetch(RailsApplication(ROUTES), path, method, body="x=1" if method in ("POST", "PUT") else "")
    assert (answer.status, answer.allow) == (status, allow)
    if body is not None:
        assert answer.body == body
    if status == 204:
        assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "HEAD", "PUT", "BREW"])
def test_method_on_a_route_without_keys_is_tornados(method: str) -> None:
    ours, theirs = (fetch(make([("/plain", Plain)]), "/plain", method) for make in (RailsApplication, stock))
    assert (ours.status, ours.body, ours.allow) == (theirs.status, theirs.body, "")
    assert ours.status == 405


def stock(rules: Any, **settings: Any) -> tornado.web.Application:
    return tornado.web.Application(rules, **settings)


def test_refused_request_has_the_headers_of_its_handler() -> None:
    answers = [fetch(RailsApplication(ROUTES), "/account", method) for method in ("DELETE", "OPTIONS")]
    assert [answer.headers["X-Account"] for answer in answers] == ["yes", "yes"]


def test_refused_request_says_what_is_allowed() -> None:
    for method in ("DELETE", "BREW"):
        answer = fetch(RailsApplication([("/a", Cors, SHOW)]), "/a", method)
        assert (answer.status, answer.allow) == (405, "GET, HEAD, OPTIONS")
        assert f"405: Method Not Allowed<p>{method} is not allowed here; allowed: GET, HEAD, OPTIONS</p>" in answer.body


def test_refused_request_of_a_controller_is_a_problem_if_json_is_asked_for() -> None:
    class Page(Controller):
        def show(self) -> None: ...

    answer = fetch(RailsApplication([("/a", Page, SHOW)]), "/a", "PUT", {"Accept": "application/json"})
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert "PUT is not allowed here; allowed: GET, HEAD, OPTIONS" in answer.body


def test_options_of_the_users_own_is_used() -> None:
    answer = fetch(RailsApplication(ROUTES), "/cors", "OPTIONS")
    assert (answer.status, answer.body, answer.allow) == (200, "my options", "GET, HEAD, PATCH, OPTIONS")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Prepared"] == "yes"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/account", 403),
        ("DELETE", "/account", 405),
        ("OPTIONS", "/account", 204),
        ("PUT", "/cors", 405),
        ("POST", "/plain", 403),
    ],
)
def test_method_is_answered_before_the_xsrf_check(method: str, path: str, status: int) -> None:
    assert fetch(RailsApplication(ROUTES, xsrf_cookies=True), path, method, body="a=1").status == status


def test_method_is_answered_before_a_cross_origin_check() -> None:
    class Foreign(Account):
        def check_trusted_origin(self, origin: str) -> bool:
            return False

    handler: Any = refusal_class(Foreign)
    assert handler.check_trusted_origin(None, "https://other.example")
    headers = {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
    assert fetch(RailsApplication([("/a", Foreign, SHOW)]), "/a", "POST", headers).status == 405


def test_refusal_class_is_one_for_each_handler() -> None:
    made = refusal_class(Account)
    assert made is refusal_class(Account)
    assert issubclass(made, Account)
    assert (made.__name__, made.__module__) == ("Account", Account.__module__)
    assert made is not refusal_class(Plain)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([], ("OPTIONS",)),
        ([("/a", Account, SHOW)], ("GET", "HEAD", "OPTIONS")),
        ([("/a", Account, CREATE), ("/a", Account, SHOW)], ("GET", "HEAD", "POST", "PUT", "OPTIONS")),
        ([("/a", Plain)], ("OPTIONS",)),
    ],
)
def test_allowed_methods_are_those_of_all_routes(routes: list[Any], expected: tuple[str, ...]) -> None:
    assert allowed_methods(map(rule_of, routes)) == expected


def test_allowed_methods_hold_those_of_a_handlers_own() -> None:
    class Dav(RequestHandler):
        SUPPORTED_METHODS = (*RequestHandler.SUPPORTED_METHODS, "PROPFIND", "LOCK")

        def find(self) -> None:
            self.write("found")

        def propfind(self) -> None: ...

    application = RailsApplication([("/a", Dav, {"action": "find", "methods": ["PROPFIND", "GET", "LOCK"]})])
    assert fetch(application, "/a", "PROPFIND").body == "found"
    assert fetch(application, "/a", "POST").allow == "GET, HEAD, OPTIONS, LOCK, PROPFIND"


# Several tables.


def hosts() -> RailsApplication:
    application = RailsApplication([("/account", Account, CREATE), ("/plain", Plain)])
    application.add_handlers("127.0.0.1", [("/account", Account, SHOW), ("/plain", Account, CREATE)])
    return application


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/account", 200, "show"),
        ("POST", "/account", 200, "create by POST"),
        ("GET", "/plain", 200, "plain "),
        ("POST", "/plain", 200, "create by POST"),
    ],
)
def test_method_that_a_later_router_takes_is_not_refused(method: str, path: str, status: int, body: str) -> None:
    answer = fetch(hosts(), path, method)
    assert (answer.status, answer.body) == (status, body)


def test_method_that_no_router_takes_is_refused_with_the_methods_of_all() -> None:
    answer = fetch(hosts(), "/account", "DELETE")
    assert (answer.status, answer.allow) == (405, "GET, HEAD, POST, PUT, OPTIONS")


def test_method_of_a_nested_route_is_refused() -> None:
    application = RailsApplication([(AnyMatches(), [("/in/.*", [("/in/a", Account, SHOW)])])])
    answer = fetch(application, "/in/a", "POST")
    assert (answer.status, answer.allow) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("target", [call, [("/a", Plain)], tornado.web.Application([("/a", Plain)])])
def test_methods_of_a_target_that_is_no_handler_are_kept(target: Any) -> None:
    application = RailsApplication([URLSpec("/a", target, methods="GET")])
    answer = fetch(application, "/a", "POST")
    assert (answer.status, answer.allow) == (405, "GET, HEAD, OPTIONS")
    assert chosen(application, "/a") in (call, Plain)


def test_refusal_is_of_a_handler_if_there_is_one() -> None:
    application = RailsApplication([URLSpec("/a", call, methods="GET"), ("/a", Account, CREATE)])
    answer = fetch(application, "/a", "DELETE")
    assert (answer.status, answer.body, answer.allow) == (405, "account error 405", "GET, HEAD, POST, PUT, OPTIONS")
    assert route_of(application, "/a", "DELETE") is application.wildcard_router.rules[1]


def test_refusal_comes_before_a_default_handler() -> None:
    class Default(RequestHandler):
        def prepare(self) -> None:
            self.finish("default")

    application = RailsApplication([("/account", Account, SHOW)], default_handler_class=Default)
    assert fetch(application, "/account", "POST").status == 405
    assert fetch(application, "/nowhere", "POST").body == "default"


def test_refusal_knows_its_route() -> None:
    application = RailsApplication([("/account", Account, SHOW), ("/account", Account, CREATE)])
    assert route_of(application, "/account", "DELETE") is application.wildcard_router.rules[0]
    request = request_for("/account", "DELETE")
    application.find_handler(request)
    assert not hasattr(request, "_refused")


def test_refusal_has_the_values_of_the_path() -> None:
    application = RailsApplication([("/(a)/(b)", Account, {"action": "show", "methods": "GET", "x": 1})])
    assert choose(application, request_for("/a/b", "POST")) == (Account, {"x": 1}, [b"a", b"b"], {})


# The slash policy.


SLASHES = [
    ("/users", Account, SHOW),
    ("/posts/", Account, SHOW),
    ("/both", Plain),
    ("/both/", Account),
    ("/makes", Account, CREATE),
    ("/plain", Plain),
    ("/show/([^/]+)", Plain),
    ("/moved", RedirectHandler, {"url": "/plain"}),
]


@pytest.mark.parametrize(
    ("policy", "method", "target", "status", "location"),
    [
        ("strict", "GET", "/users/", 404, None),
        ("strict", "GET", "/posts", 404, None),
        (None, "GET", "/users/", 404, None),
        ("redirect", "GET", "/users", 200, None),
        ("redirect", "GET", "/users/", 301, "/users"),
        ("redirect", "GET", "/posts", 301, "/posts/"),
        ("redirect", "HEAD", "/users/", 301, "/users"),
        ("redirect", "POST", "/makes/", 308, "/makes"),
        ("redirect", "PUT", "/makes/", 308, "/makes"),
        ("redirect", "POST", "/plain/", 308, "/plain"),
        ("redirect", "DELETE", "/plain/", 308, "/plain"),
        ("redirect", "GET", "/users/?a=1&b=%20c/&d", 301, "/users?a=1&b=%20c/&d"),
        ("redirect", "GET", "/users/?", 301, "/users"),
        ("redirect", "GET", "/users/?next=//evil.example/", 301, "/users?next=//evil.example/"),
        ("redirect", "GET", "/both", 200, None),
        ("redirect", "GET", "/both/", 200, None),
        ("redirect", "GET", "/users//", 404, None),
        ("redirect", "GET", "/", 404, None),
        ("redirect", "GET", "/nowhere/", 404, None),
        ("redirect", "GET", "/show/a%20b/", 301, "/show/a%20b"),
        ("redirect", "GET", "/show/a%2F/", 301, "/show/a%2F"),
        ("redirect", "GET", "/show/%0d%0aX-Evil:1/", 301, "/show/%0d%0aX-Evil:1"),
        ("redirect", "GET", "/show/caf\xe9/", 301, "/show/caf%E9"),
        ("redirect", "GET", "/show/%/", 301, "/show/%"),
        ("redirect", "DELETE", "/users/", 405, None),
        ("redirect", "OPTIONS", "/users/", 204, None),
        ("redirect", "GET", "/moved/", 301, "/moved"),
        ("ignore", "GET", "/users", 200, None),
        ("ignore", "GET", "/users/", 200, None),
        ("ignore", "GET", "/posts", 200, None),
        ("ignore", "HEAD", "/posts", 200, None),
        ("ignore", "POST", "/makes/", 200, None),
        ("ignore", "GET", "/users//", 404, None),
        ("ignore", "GET", "/nowhere/", 404, None),
        ("ignore", "DELETE", "/users/", 405, None),
        ("ignore", "OPTIONS", "/users/", 204, None),
    ],
)
def test_other_slash_form_is_answered_as_the_policy_says(
    policy: str | None, method: str, target: str, status: int, location: str | None
) -> None:
    settings: dict[str, Any] = {} if policy is None else {"trailing_slash": policy}
    answer = fetch(RailsApplication(SLASHES, **settings), target, method)
    assert (answer.status, answer.headers.get("Location")) == (status, location)
    assert answer.allow == ("GET, HEAD, OPTIONS" if status in (405, 204) else "")


@pytest.mark.parametrize(
    ("path", "body"), [("/users/", "show"), ("/posts", "show"), ("/both", "plain "), ("/both/", "get")]
)
def test_ignored_slash_runs_the_route_that_fits_best(path: str, body: str) -> None:
    assert fetch(RailsApplication(SLASHES, trailing_slash="ignore"), path).body == body


def test_ignored_slash_leaves_the_path_as_it_came() -> None:
    application = RailsApplication(SLASHES, trailing_slash="ignore")
    request = request_for("/show/x/")
    assert choose(application, request) == (Plain, {}, [b"x"], {})
    assert request.path == "/show/x/"
    assert request.route is application.wildcard_router.rules[6]  # type: ignore[attr-defined]


def test_path_is_as_it_came_also_where_a_matcher_fails() -> None:
    class Fails(OddLength):
        def match(self, request: Any) -> Any:
            if request.path == "/a":
                raise ZeroDivisionError
            return None

    application = RailsApplication([(Fails(), Plain)], trailing_slash="redirect")
    request = request_for("/a/")
    with pytest.raises(ZeroDivisionError):
        application.find_handler(request)
    assert request.path == "/a/"


def test_slash_redirect_needs_no_xsrf_token() -> None:
    application = RailsApplication(SLASHES, trailing_slash="redirect", xsrf_cookies=True)
    answer = fetch(application, "/makes/", "POST", body="a=1")
    assert (answer.status, answer.headers["Location"]) == (308, "/makes")


# Patterns that would match nearly anything: the redirect alone must keep to this host.
LOOSE = [
    (r"//+evil\.example", Plain),
    (r"/\\evil\.example", Plain),
    (r"https?://.*[^/]", Plain),
    (r"/[\t\n\r /\\]*evil\.example", Plain),
    (r"/good", Plain),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "/\\/evil.example/",
        "http://evil.example/users/",
        "https://evil.example/",
        "//evil.example/?a=1",
    ],
)
def test_slash_redirect_never_leaves_the_host(target: str, method: str) -> None:
    answer = fetch(RailsApplication(LOOSE, trailing_slash="redirect"), target, method)
    assert (answer.status, answer.headers.get("Location")) == (404, None)
    assert fetch(RailsApplication(LOOSE, trailing_slash="redirect"), "/good/", method).status in (301, 308)


@pytest.mark.parametrize("control", ["\t", "\n", "\r", " ", "\x00", "\x1f", "\x7f"])
def test_slash_redirect_is_not_made_of_control_characters(control: str) -> None:
    application = RailsApplication([("/[^a]?/?good", Plain), (f"/{control}", Plain)], trailing_slash="redirect")
    for path in (f"/{control}/good/", f"/{control}/"):
        assert chosen(application, path) is ErrorHandler
        assert chosen(application, path.removesuffix("/")) is Plain
    assert chosen(application, "/x/good/") is SlashRedirectHandler


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users", True),
        ("/", True),
        ("/a//b", True),
        ("/%5Cevil.example", True),
        ("/caf\xe9", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("/a\\b", False),
        ("/a b", False),
        ("/a\tb", False),
        ("/\x7f", False),
        ("http://evil.example", False),
        ("users", False),
        ("", False),
        ("*", False),
        ("/a\n", False),
    ],
)
def test_stays_on_host_where_a_browser_would(path: str, expected: bool) -> None:
    assert stays_on_host(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/a", "/a/"), ("/a/", "/a"), ("/a//", "/a/"), ("/", None), ("", "/"), ("*", "*/"), ("//", "/")],
)
def test_other_form_of_a_path(path: str, expected: str | None) -> None:
    assert other_form(path) == expected


def static_files(tmp_path: Path, policy: str) -> list[Any]:
    (tmp_path / "style.css").write_text("css")
    (tmp_path / "favicon.ico").write_text("icon")
    (tmp_path / "sub").mkdir(exist_ok=True)
    (tmp_path / "sub" / "index.html").write_text("index")
    rules = [
        ("/files", StaticFileHandler, {"path": str(tmp_path / "style.css")}),
        ("/pages/([^/]*)", StaticFileHandler, {"path": str(tmp_path), "default_filename": "index.html"}),
    ]
    return [make(rules, static_path=str(tmp_path), trailing_slash=policy) for make in (RailsApplication, stock)]


@pytest.mark.parametrize("policy", ["strict", "redirect", "ignore"])
@pytest.mark.parametrize(
    "target",
    [
        "/static/style.css",
        "/static/style.css/",
        "/static/sub",
        "/static/",
        "/static",
        "/favicon.ico",
        "/favicon.ico/",
        "/pages/sub",
        "/pages/sub/",
        "/pages/style.css/",
        "/files/",
    ],
)
def test_slash_policy_leaves_static_files_alone(tmp_path: Path, policy: str, target: str) -> None:
    ours, theirs = (fetch(application, target) for application in static_files(tmp_path, policy))
    assert (ours.status, ours.headers.get("Location"), ours.body) == (
        theirs.status,
        theirs.headers.get("Location"),
        theirs.body,
    )


@pytest.mark.parametrize("policy", ["redirect", "ignore"])
@pytest.mark.parametrize("path", ["/favicon.ico/", "//evil.example/", "/nowhere/"])
def test_request_that_the_slash_does_not_explain_has_no_route(tmp_path: Path, policy: str, path: str) -> None:
    application = RailsApplication(
        [("//evil.example", StaticFileHandler, {"path": "/"})], static_path=str(tmp_path), trailing_slash=policy
    )
    request = request_for(path)
    assert choose(application, request).target is ErrorHandler
    assert not hasattr(request, "route")


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("redirct", r" Did you mean 'redirect'\?"),
        ("Strict", r" Did you mean 'strict'\?"),
        (True, ""),
        (None, ""),
        ("both", ""),
    ],
)
def test_slash_policy_of_another_name_is_refused(value: object, hint: str) -> None:
    text = rf"^setting trailing_slash={value!r}: it is one of 'strict', 'redirect', 'ignore'\.{hint}$"
    with pytest.raises(SettingError, match=text) as caught:
        RailsApplication([], trailing_slash=value)
    assert (caught.value.name, caught.value.value) == ("trailing_slash", value)


def test_slash_policy_reaches_nested_and_host_routes() -> None:
    application = RailsApplication([(AnyMatches(), [("/in", Plain)])], trailing_slash="redirect")
    application.add_handlers("127.0.0.1", [("/host/", Plain)])
    assert [fetch(application, path).headers.get("Location") for path in ("/in/", "/host")] == ["/in", "/host/"]


def test_slash_policy_leaves_a_target_of_another_kind_to_itself() -> None:
    application = RailsApplication([("/f", call), (HostMatches("a.example"), [("/g", call)])], trailing_slash="ignore")
    assert chosen(application, "/f/") is call
    assert chosen(application, "/g/") is ErrorHandler
    assert chosen(application, "/g/", host="a.example") is call
    redirecting = RailsApplication([Rule(PathMatches(re.compile("/f$")), call)], trailing_slash="redirect")
    assert chosen(redirecting, "/f/") is SlashRedirectHandler
