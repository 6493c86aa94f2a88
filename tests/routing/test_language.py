"""Corners of the routing language that Rails' own cases leave out, and its parts by themselves."""

import re
from typing import Any

import pytest
from tornado.httputil import HTTPServerRequest

from tests.routing.support import request_for
from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing import index
from tornado_rails.routing.ambiguity import takes
from tornado_rails.routing.constraints import RouteRequest, agrees, meets
from tornado_rails.routing.finder import Finder
from tornado_rails.routing.mapper import Mapper
from tornado_rails.routing.pattern import PathPattern, parse, write, written_names
from tornado_rails.routing.polymorphic import is_saved
from tornado_rails.routing.redirects import redirect
from tornado_rails.routing.routeset import RouteSet
from tornado_rails.routing.url_text import full_url


def drawn(draw: Any, **options: Any) -> RouteSet:
    return RouteSet(draw, **options)


# Words


def test_connect_takes_get_and_connect() -> None:
    (route,) = drawn(lambda map: map.connect("ws", to="chat#open")).routes
    assert (route.verbs, route.path, route.anchored) == (("GET", "CONNECT"), "/ws", False)


@pytest.mark.parametrize(("options", "path"), [({"to": "a#b"}, "/"), ({"controller": "a", "action": "b"}, "/")])
def test_root_takes_a_target_or_its_parts(options: Any, path: str) -> None:
    (route,) = drawn(lambda map: map.root(**options)).routes
    assert (route.name, route.path, route.leads_to) == ("root", path, "a#b")


def test_draw_takes_functions_and_files(tmp_path: Any) -> None:
    (tmp_path / "admin.py").write_text("def routes(map):\n    map.get('admin', to='admin#index')\n")

    def more(map: Mapper) -> None:
        map.get("more", to="more#index")

    def routes(map: Mapper) -> None:
        map.draw(more)
        map.draw("admin")

    assert [route.path for route in drawn(routes, folders=[str(tmp_path)]).routes] == [
        "/more(.:format)",
        "/admin(.:format)",
    ]


def test_constraint_that_does_not_compile_in_its_path_is_an_error() -> None:
    with pytest.raises(errors.UnsafeConstraintError, match="its constraints do not compile"):
        drawn(lambda map: map.get(":id", to="a#b", id=re.compile(r"(?P<x>a)(?P=x)")))


def test_redirect_says_the_name_that_it_does_not_have() -> None:
    routes = drawn(lambda map: map.get("old/:id", to=redirect("/new/%{ident}")))
    with pytest.raises(errors.RedirectValueError) as caught:
        routes.recognize("GET", "/old/5")
    assert str(caught.value) == "redirect('/new/%{ident}') names 'ident'; the route has ['id']."


@pytest.mark.parametrize(
    ("target", "location"),
    [
        (redirect(lambda params: f"/a/{params['id']}"), "http://www.example.com/a/5"),
        (redirect(lambda params, request: f"/b{request.path}"), "http://www.example.com/b/old/5"),
        (redirect("/a\n?b#c"), "http://www.example.com/a?b#c"),
        (redirect(path=""), "http://www.example.com/?q=1"),
        (redirect(path="new"), "http://www.example.com/new?q=1"),
        (redirect(path="", host="other.example"), "http://other.example?q=1"),
    ],
)
def test_redirect_leads(target: Any, location: str) -> None:
    found = drawn(lambda map: map.get("old/:id", to=target)).recognize("GET", "/old/5?q=1")
    assert found is not None
    assert found.redirect is not None
    assert found.redirect.location == location


def test_redirect_below_a_script_name() -> None:
    routes = drawn(lambda map: map.get("old", to=redirect(path="")))
    found = routes.recognize("GET", "/app/old", script_name="/app")
    assert found is None or found.redirect is not None


def test_head_goes_to_the_route_that_names_it() -> None:
    routes = drawn(
        lambda map: (map.get("a", to="a#get"), map.match("a", to="a#head", via="head"), map.get("b", to="b#get"))
    )
    for path, action in [("/a", "head"), ("/b", "get")]:
        found = routes.recognize("HEAD", path)
        assert found is not None
        assert found.action == action


# Patterns


def test_alternatives_are_matched_and_written() -> None:
    pattern = PathPattern("/(a/:x|b/:y)")
    assert [pattern.match(path) for path in ("/a/1", "/b/2", "/c/3")] == [{"x": "1"}, {"y": "2"}, None]
    assert pattern.names == ("x", "y")
    assert write(pattern.parts, {"x": "1"}) == "/a/1"
    assert written_names(parse("/a|b"), {}) == set()
    assert written_names(pattern.parts, {"x": "1"}) <= {"x", "y"}
    assert repr(pattern) == "PathPattern('/(a/:x|b/:y)')"
    either = PathPattern("/a/:x|/b/:y")
    assert [either.match(path) for path in ("/a/1", "/b/2")] == [{"x": "1"}, {"y": "2"}]
    assert written_names(either.parts, {"x": "1", "y": "2"}) == {"x", "y"}
    assert write(either.parts, {"x": "1"}) == "/a/1"


# Requests


def test_request_of_tornado_lends_its_attributes() -> None:
    origin: HTTPServerRequest = request_for("/a?x[]=1&x[]=2&y=3&y=4&x=5", "HEAD", "api.example.com", Accept="text/html")
    request = RouteRequest.of(origin)
    assert (request.method, request.query_parameters) == ("GET", {"x": "5", "y": "4"})
    assert request.version == "HTTP/1.1"
    assert (request.format, request.header("Accept"), request.header("Nothing")) == ("", "text/html", "")
    assert RouteRequest("POST", "/").method == "POST"
    with pytest.raises(AttributeError, match="a route's request has no 'version'"):
        _ = RouteRequest("GET", "/").version
    assert RouteRequest("GET", "/?x[]=1&x[]=2").query_parameters == {"x": ["1", "2"]}
    assert RouteRequest("GET", "/?x=1&x[]=2").query_parameters == {"x": "1"}


@pytest.mark.parametrize(
    ("constraints", "holds"),
    [
        ({"xhr?": True}, True),
        ({"local?": True}, True),
        ({"get?": True}, True),
        ({"post?": False}, True),
        ({"port": range(80, 90)}, True),
        ({"format": "json"}, False),
        ({"user_agent": None}, True),
        ({"method": {"GET", "PUT"}}, True),
        ({"standard_port?": True, "ssl?": False, "form_data?": False}, True),
        ({"media_type": None, "content_length": 0}, True),
    ],
)
def test_constraints_name_attributes(constraints: Any, holds: bool) -> None:
    request = RouteRequest("GET", "/", headers={"X-Requested-With": "XMLHttpRequest"}, remote_addr="127.0.0.1")
    assert meets(constraints, request) is holds


@pytest.mark.parametrize(
    ("predicate", "answer"),
    [
        (lambda: True, True),
        (lambda request: request.path == "/", True),
        (lambda params, request: params["id"] == "2", False),
        (lambda *all_of_it: len(all_of_it) == 1, True),
        (dict(a=1).get, False),  # noqa: C408
        (type("Asks", (), {"matches": lambda self, request: True})(), True),
    ],
)
def test_predicates_take_what_they_ask_for(predicate: Any, answer: bool) -> None:
    assert agrees(predicate, {"id": "1"}, RouteRequest("GET", "/")) is answer


def test_predicate_without_a_signature_takes_the_request() -> None:
    class Odd:
        __signature__ = "none"

        def __call__(self, request: RouteRequest) -> bool:
            return request.path == "/"

    assert agrees(Odd(), {}, RouteRequest("GET", "/"))


# URLs


def test_new_objects_are_not_saved() -> None:
    class Model:
        id: int | None = None

        def __init__(self, persisted: Any = None) -> None:
            self.persisted = persisted

    assert [is_saved(Model(each)) for each in (None, True, False, lambda: True)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({"host": "a.example"}, "http://a.example"),
        ({"host": "https://a.example:444"}, "https://a.example:444"),
        ({"host": "https://a.example:444", "port": None}, "https://a.example"),
        ({"host": "a.example", "protocol": "//", "port": 80}, "//a.example:80"),
        ({"host": "a.example", "protocol": False}, "//a.example"),
        ({"host": "[::1]", "port": 8888}, "http://[::1]:8888"),
        ({"host": ":", "protocol": "ws"}, "ws://:"),
    ],
)
def test_full_url(options: Any, url: str) -> None:
    assert full_url(options) == url


@pytest.mark.parametrize(
    ("options", "text"),
    [({}, "a full URL needs a host"), ({"host": "a", "protocol": "://"}, "protocol='://' is none: give 'https'")],
)
def test_url_without_its_parts_is_an_error(options: Any, text: str) -> None:
    with pytest.raises(errors.UrlArgumentError, match=re.escape(text)):
        full_url(options)


def test_url_for_of_a_mapping_and_of_nothing() -> None:
    routes = drawn(lambda map: map.resources("posts"))
    assert routes.url_for({"controller": "posts", "action": "show", "id": 1}, q=2) == "/posts/1?q=2"
    assert routes.url_for(controller="posts", action="index") == "/posts"
    with pytest.raises(errors.UrlArgumentError, match="nothing to make a URL of"):
        routes.url_for([None])
    with pytest.raises(errors.UnknownHelperError):
        routes.url_for(["admin", "posts"])


def test_direct_may_answer_with_an_object() -> None:
    def draw(map: Mapper) -> None:
        map.resources("posts")

        @map.direct("news")
        def news() -> list[str]:
            return ["posts"]

    assert drawn(draw).paths.news() == "/posts"


# The fast way, and regexes


def test_nothing_plain_is_left_to_recognition() -> None:
    routes = drawn(lambda map: map.get("a", to="a#b", constraints={"subdomain": "x"})).routes
    assert Finder(routes, "GET").find("/a") is None


def test_trace_has_no_table() -> None:
    assert drawn(lambda map: map.get("a", to="a#b")).find("BREW", "/a") is None


@pytest.mark.parametrize(
    ("source", "flags", "character", "answer"),
    [
        ("[^k]", re.IGNORECASE, "K", False),
        ("[a-c]", re.IGNORECASE, "B", True),
        ("[^a]", 0, "b", True),
        (r"\W", re.ASCII, "é", True),
        (r"\s", 0, " ", True),
        (".", 0, "\n", False),
        (".", re.DOTALL, "\n", True),
    ],
)
def test_one_character_is_taken_as_python_takes_it(source: str, flags: int, character: str, answer: bool) -> None:
    ((kind, argument),) = index.parse(re.compile(source, flags))
    assert takes(kind.name, argument, character, flags | re.UNICODE if not flags & re.ASCII else flags) is answer
    assert (re.compile(source, flags).fullmatch(character) is not None) is answer
