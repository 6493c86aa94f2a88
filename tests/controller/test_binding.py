"""How an action's signature takes the path's, the query's and the body's values."""

from __future__ import annotations

import asyncio
import datetime
import enum
import functools
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal, Optional
from uuid import UUID

import msgspec
import pytest
from tornado import gen
from tornado.httputil import HTTPServerRequest
from tornado.routing import AnyMatches, DefaultHostMatches, HostMatches, Matcher, PathMatches, Rule
from tornado.web import RequestHandler

from tests.controller.support import expect_500, request_by_hand, run
from tests.routing.support import fetch
from tornado_rails import Controller, RailsApplication, URLSpec
from tornado_rails.controller.parameters import Parameters
from tornado_rails.errors import RouteError, SignatureError

FORM, JSON = "application/x-www-form-urlencoded", "application/json"

NAMES: dict[str, Any] = {
    "Annotated": Annotated,
    "Any": Any,
    "Literal": Literal,
    "Meta": msgspec.Meta,
    "Optional": Optional,
    "UUID": UUID,
    "date": datetime.date,
}


def action_of(signature: str, **names: Any) -> Callable[..., Any]:
    """A method with this signature, which keeps what it was called with."""
    scope: dict[str, Any] = {**NAMES, **names}
    comma = ", " if signature else ""
    exec(f"def act(self{comma}{signature}): self.called = {{**vars(), 'self': 0}}", scope)
    action: Callable[..., Any] = scope["act"]
    return action


def handler_of(action: Any, base: type[RequestHandler] = RequestHandler) -> type[RequestHandler]:
    """A handler with one action."""
    return type("Page", (base,), {"act": action, "__module__": __name__})


def served_by(
    route: Any, target: str, body: bytes = b"", media_type: str = "", method: str = "POST", **headers: str
) -> Any:
    """The handler that a request was run by."""
    request = request_by_hand(target, method, body, {"Accept": JSON, "Content-Type": media_type, **headers})
    return asyncio.run(run(RailsApplication([route]), request))


def called_by(route: Any, target: str, body: bytes = b"", media_type: str = "") -> dict[str, Any]:
    """The arguments that an action was called with, by the names of its parameters."""
    handler = served_by(route, target, body, media_type)
    assert handler.get_status() in (200, 204), handler.request.connection.body  # a controller's nothing is 204
    called: dict[str, Any] = {name: value for name, value in handler.called.items() if name != "self"}
    return called


TWO, NAMED = r"/(\d+)/(\w+)", r"/(?P<id>\d+)/(?P<name>\w+)"
KEYS = ("id", "name")
OPTIONAL, OPTIONAL_NAMED = r"/a(?:/(\d+))?(?:/(\w+))?", r"/a(?:/(?P<id>\d+))?(?:/(?P<name>\w+))?"


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("", {}),
        ("id, name", {"id": "1", "name": "x"}),
        ("name, id", {"id": "1", "name": "x"}),
        ("id: int, name: str", {"id": 1, "name": "x"}),
        ("name", {"name": "x"}),
        ("id, /, name", {"id": "1", "name": "x"}),
        ("id, /", {"id": "1"}),
        ("name, id, /", {"id": "1", "name": "x"}),
        ("*, id: int", {"id": 1}),
        ("*, name, id", {"id": "1", "name": "x"}),
        ("id, *, name", {"id": "1", "name": "x"}),
        ("id, page=7", {"id": "1", "page": 7}),
        ("page=7, id=8", {"id": "1", "page": 7}),
        ("id=8", {"id": "1"}),
        ("*args", {"args": ("1", "x")}),
        ("id, *args", {"id": "1", "args": ("x",)}),
        ("name, *args", {"name": "x", "args": ("1",)}),
        ("id, name, *args", {"id": "1", "name": "x", "args": ()}),
        ("*args, name", {"name": "x", "args": ("1",)}),
        ("**kwargs", {"kwargs": {"id": "1", "name": "x"}}),
        ("id, **kwargs", {"id": "1", "kwargs": {"name": "x"}}),
        ("*, id, **kwargs", {"id": "1", "kwargs": {"name": "x"}}),
        ("id, name, **kwargs", {"id": "1", "name": "x", "kwargs": {}}),
        ("*args, **kwargs", {"args": ("1", "x"), "kwargs": {}}),
        ("id, *args, **kwargs", {"id": "1", "args": ("x",), "kwargs": {}}),
    ],
)
def test_action_gets_path_params_by_name(signature: str, expected: dict[str, Any]) -> None:
    page = handler_of(action_of(signature))
    routes: list[Any] = [
        (TWO, page, {"action": "act", "param_keys": KEYS}),
        (NAMED, page, {"action": "act"}),
        URLSpec(NAMED, page, action="act", param_keys=KEYS),
        Rule(PathMatches(NAMED), page, {"action": "act"}),
    ]
    for route in routes:
        assert called_by(route, "/1/x") == expected


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("", {}),
        ("id, name", {"id": "1", "name": "x"}),
        ("a, b", {"a": "1", "b": "x"}),
        ("a: int, b: str", {"a": 1, "b": "x"}),
        ("name, id", {"name": "1", "id": "x"}),
        ("a, b, /", {"a": "1", "b": "x"}),
        ("a, b, c=7", {"a": "1", "b": "x", "c": 7}),
        ("a, b=7", {"a": "1", "b": "x"}),
        ("*args", {"args": ("1", "x")}),
        ("*args: str", {"args": ("1", "x")}),
        ("a, *args", {"a": "1", "args": ("x",)}),
        ("a, b, *args", {"a": "1", "b": "x", "args": ()}),
        ("a, b, *, c=7", {"a": "1", "b": "x", "c": 7}),
        ("*args, **kwargs", {"args": ("1", "x"), "kwargs": {}}),
        ("a, b, **kwargs", {"a": "1", "b": "x", "kwargs": {}}),
        ("*, c=7", {"c": 7}),
    ],
)
def test_action_gets_unnamed_values_by_position(signature: str, expected: dict[str, Any]) -> None:
    page = handler_of(action_of(signature))
    assert called_by((TWO, page, {"action": "act"}), "/1/x") == expected


@pytest.mark.parametrize("signature", ["a, b", "a, *args", "a: int, b: str = 'none'"])
@pytest.mark.parametrize("pattern", [TWO, NAMED])
def test_action_gets_named_values_by_position_where_no_name_matches(pattern: str, signature: str) -> None:
    keys = {"param_keys": KEYS} if pattern is TWO else {}
    called = called_by((pattern, handler_of(action_of(signature)), {"action": "act", **keys}), "/1/x")
    assert [str(value) for value in called.values()] in (["1", "x"], ["1", "('x',)"])


@pytest.mark.parametrize(
    ("pattern", "target", "signature", "expected"),
    [
        (OPTIONAL_NAMED, "/a", "id, name", {"id": None, "name": None}),
        (OPTIONAL_NAMED, "/a/1", "id: int, name", {"id": 1, "name": None}),
        (OPTIONAL_NAMED, "/a", "id: int = 7, name='none'", {"id": 7, "name": "none"}),
        (OPTIONAL_NAMED, "/a/x", "id: int = 7, name='none'", {"id": 7, "name": "x"}),
        (OPTIONAL_NAMED, "/a", "id: Optional[int], name", {"id": None, "name": None}),
        (OPTIONAL_NAMED, "/a", "id: int | None = None, name=''", {"id": None, "name": ""}),
        (OPTIONAL_NAMED, "/a", "*, id: int = 7, name=8", {"id": 7, "name": 8}),
        (OPTIONAL_NAMED, "/a/1", "*args", {"args": ("1", None)}),
        (OPTIONAL_NAMED, "/a/1", "**kwargs", {"kwargs": {"id": "1", "name": None}}),
        (OPTIONAL, "/a", "a, b", {"a": None, "b": None}),
        (OPTIONAL, "/a/1", "a: int, b='none'", {"a": 1, "b": "none"}),
        (OPTIONAL, "/a/x", "a=7, b=8", {"a": 7, "b": "x"}),
        (OPTIONAL, "/a/1", "a, *args: str", {"a": "1", "args": (None,)}),
        (OPTIONAL, "/a", "*args: int", {"args": (None, None)}),
    ],
)
def test_optional_group_that_takes_no_part_is_the_default_or_none(
    pattern: str, target: str, signature: str, expected: dict[str, Any]
) -> None:
    assert called_by((pattern, handler_of(action_of(signature)), {"action": "act"}), target) == expected


@pytest.mark.parametrize(
    ("pattern", "keys", "target", "signature", "expected"),
    [
        (r"/(?P<rest>.*)", (), "/a/b%2Fc/d", "*rest", ("a", "b/c", "d")),
        (r"/(.*)", ("rest",), "/a/b%2Fc/d", "*rest", ("a", "b/c", "d")),
        (r"/(?P<rest>.*)", (), "/", "*rest", ()),
        (r"/(.*)", ("rest",), "/", "*rest", ()),
        (r"/(?P<rest>.*)", (), "/1/2", "*rest: int", (1, 2)),
        (r"/(?P<rest>.*)", (), "/a//b/", "*rest", ("a", "", "b", "")),
        (r"/(?P<rest>.*)", (), "/%C3%A9/%20/+", "*rest", ("é", " ", "+")),
        (r"/x(?:/(?P<rest>.+))?", (), "/x", "*rest", ()),
        (r"/x(?:/(.+))?", ("rest",), "/x", "*rest", ()),
        (r"/(?P<id>\d+)/(?P<rest>.*)", (), "/1/a/b", "id, *rest", ("a", "b")),
        (r"/(\d+)/(.*)", ("id", "rest"), "/1/a/b", "id, *rest", ("a", "b")),
        (r"/(?P<id>\d+)/(?P<rest>.*)", (), "/1/a/b", "*rest", ("a", "b")),
        (r"/(?P<rest>.*)/(?P<id>\d+)", (), "/a/b/1", "id, *rest", ("a", "b")),
        (r"/(.*)/(\d+)", ("rest", "id"), "/a/b/1", "id, *rest", ("a", "b")),
        (r"/(.*)", (), "/a/b", "*rest", ("a/b",)),
        (r"/(.*)", ("path",), "/a/b", "*rest", ("a/b",)),
    ],
)
def test_glob_has_one_value_a_segment(
    pattern: str, keys: tuple[str, ...], target: str, signature: str, expected: tuple[Any, ...]
) -> None:
    kwargs = {"action": "act", **({"param_keys": keys} if keys else {})}
    assert called_by((pattern, handler_of(action_of(signature)), kwargs), target)["rest"] == expected


@pytest.mark.parametrize(
    ("target", "media_type", "body", "signature", "expected"),
    [
        ("/?page=2", "", b"", "*, page: int = 1", {"page": 2}),
        ("/", "", b"", "*, page: int = 1", {"page": 1}),
        ("/?page=2", FORM, b"page=3", "*, page: int = 1", {"page": 3}),
        ("/?page=2", JSON, b'{"page": 3}', "*, page: int = 1", {"page": 3}),
        ("/?page=2", JSON, b'{"page": "3"}', "*, page: int = 1", {"page": 3}),
        ("/?page=2", JSON, b'{"other": 3}', "*, page: int = 1", {"page": 2}),
        ("/?page=2", JSON, b"[3]", "*, page: int = 1", {"page": 2}),
        ("/?page=1&page=2", "", b"", "*, page: int", {"page": 2}),
        ("/?page=", "", b"", "*, page: str", {"page": ""}),
        ("/?page=2", "", b"", "*, page", {"page": "2"}),
        ("/?page=2", "", b"", "*, page: Any", {"page": "2"}),
        ("/?page=2", "", b"", "*, page: object", {"page": "2"}),
        ("/?page=2", "", b"", "*, page: Optional[int] = None", {"page": 2}),
        ("/?page=2", "", b"", "*, page: 'int | None' = None", {"page": 2}),
        ("/?name=null", "", b"", "*, name: Optional[str] = None", {"name": "null"}),
        (
            "/?on=on&off=off&t=true&f=0",
            "",
            b"",
            "*, on: bool, off: bool, t: bool, f: bool = True",
            {"on": True, "off": False, "t": True, "f": False},
        ),
        ("/?on=on", "", b"", "*, on: Optional[bool] = None", {"on": True}),
        ("/", JSON, b'{"on": true}', "*, on: bool", {"on": True}),
        ("/?tag=1&tag=2", "", b"", "*, tag: list[int]", {"tag": [1, 2]}),
        ("/?tag=1", "", b"", "*, tag: list[int]", {"tag": [1]}),
        ("/?tag=1&tag=2", "", b"", "*, tag: list", {"tag": ["1", "2"]}),
        ("/?tag=1&tag=1", "", b"", "*, tag: set[int]", {"tag": {1}}),
        ("/?tag=1&tag=a", "", b"", "*, tag: tuple[int, str]", {"tag": (1, "a")}),
        ("/?tag=1", "", b"", "*, tag: Optional[list[int]] = None", {"tag": [1]}),
        ("/", "", b"", "*, tag: Optional[list[int]] = None", {"tag": None}),
        ("/", "", b"", "*, tag: list[int] = ()", {"tag": ()}),
        ("/", FORM, b"tag=1&tag=2", "*, tag: list[int]", {"tag": [1, 2]}),
        ("/", JSON, b'{"tag": [1, "2"]}', "*, tag: list[int]", {"tag": [1, 2]}),
        ("/", JSON, b'{"tag": 1}', "*, tag: list[int]", {"tag": [1]}),
        ("/", JSON, b'{"tag": {"a": 1}}', "*, tag: dict[str, int]", {"tag": {"a": 1}}),
        ("/", JSON, b'{"tag": {"a": 1}}', "*, tag", {"tag": Parameters({"a": 1})}),
        ("/", JSON, b'{"tag": null}', "*, tag", {"tag": None}),
        ("/", JSON, b'{"tag": null}', "*, tag: Optional[int]", {"tag": None}),
        ("/?id=%31%32", "", b"", "*, id: Annotated[int, Meta(ge=1)]", {"id": 12}),
        ("/?sort=name", "", b"", "*, sort: Literal['name', 'age'] = 'age'", {"sort": "name"}),
        ("/?a=1&b=2", "", b"", "*, b: int, **kwargs", {"b": 2, "kwargs": {}}),
        ("/?a=1", "", b"", "a=7", {"a": 7}),
    ],
)
def test_keyword_only_parameter_comes_from_body_or_query(
    target: str, media_type: str, body: bytes, signature: str, expected: dict[str, Any]
) -> None:
    called = called_by(("/", handler_of(action_of(signature)), {"action": "act"}), target, body, media_type)
    assert called == expected
    assert list(map(type, called.values())) == list(map(type, expected.values()))


@pytest.mark.parametrize(
    ("target", "method", "body", "status", "parameter", "place", "reason"),
    [
        ("/x", "GET", b"", 404, "id", "path", "Expected `int`"),
        ("/1?page=x", "GET", b"", 400, "page", "query", "Expected `int`"),
        ("/1?tag=x", "GET", b"", 400, "tag", "query", "Expected `int`"),
        ("/1?tag=1&tag=", "GET", b"", 400, "tag", "query", "Expected `int`"),
        ("/1?page=1", "GET", b"", 400, "tag", "query", "is required"),
        ("/1?page=1", "HEAD", b"", 400, "tag", "query", "is required"),
        ("/1?page=1", "POST", b"", 400, "tag", "body", "is required"),
        ("/1?page=1&tag=1", "POST", b"page=x", 400, "page", "body", "Expected `int`"),
        ("/1?page=1&tag=1&size=9", "GET", b"", 400, "size", "query", "Expected `int` <= 5"),
        ("/1?tag=1&sort=x", "GET", b"", 400, "sort", "query", "Invalid enum value 'x'"),
    ],
)
def test_value_that_does_not_cast_is_named(
    target: str, method: str, body: bytes, status: int, parameter: str, place: str, reason: str
) -> None:
    limited = "size: Annotated[int, Meta(le=5)] = 1, sort: Literal['name'] = 'name'"
    signature = f"id: int, *, page: int = 1, tag: list[int], {limited}"
    route = ("/(.*)", handler_of(action_of(signature)), {"action": "act", "param_keys": "id"})
    handler = served_by(route, target, body, FORM if body else "", method)
    assert handler.get_status() == status
    if method != "HEAD":
        problem = json.loads(handler.request.connection.body)
        assert problem["detail"] == f"parameter {parameter!r}: {reason}"
        assert problem["errors"] == [{"parameter": parameter, "in": place, "detail": reason}]


def test_glob_value_that_does_not_cast_is_a_404() -> None:
    for pattern in ("/(?P<rest>.*)", "/(.*)"):
        handler = served_by((pattern, handler_of(action_of("*rest: int")), {"action": "act"}), "/1/x")
        assert handler.get_status() == 404
        assert json.loads(handler.request.connection.body)["errors"][0]["parameter"] == "rest"


@pytest.mark.parametrize(
    ("pattern", "keys", "signature", "fact", "hint"),
    [
        (
            TWO,
            KEYS,
            "id, other",
            "act(id, other) needs 'other', which the path does not have",
            "Its path params: 'id', 'name'. A parameter behind a lone * comes from the query or the body.",
        ),
        (
            NAMED,
            (),
            "id, other",
            "act(id, other) needs 'other', which the path does not have",
            "Its path params: 'id', 'name'. A parameter behind a lone * comes from the query or the body.",
        ),
        (
            "/a",
            (),
            "id",
            "act(id) needs 'id', which the path does not have",
            "Its path params: none. A parameter behind a lone * comes from the query or the body.",
        ),
        (r"/(\d+)", (), "a, b", "act(a, b) needs 'b', which the path does not have", None),
        (r"/(\d+)", (), "a, b, /", "act(a, b) needs 'b', which the path does not have", None),
        (
            TWO,
            (),
            "a",
            "act(a) takes 1 values by position, the path has 2",
            "Name its parameters as the path params are named, or take *args.",
        ),
        (TWO, (), "a, **kwargs", "act(a, **kwargs) takes 1 values by position, the path has 2", None),
        (TWO, KEYS, "a, *, page=1", "act(a, *, page=1) takes 1 values by position, the path has 2", None),
        (r"/(\d+)", (), "a: complex", "'a' of act cannot be cast to complex", None),
        (
            r"/(\d+)",
            (),
            "a: Custom",
            "'a' of act cannot be cast to Custom",
            "int, float, bool, str, UUID, date, datetime, Decimal, Enum, Literal, Optional and list[...] can.",
        ),
        (r"/(\d+)", (), "a: list[Custom]", "'a' of act cannot be cast to list", None),
        (r"/(\d+)", (), "a: Optional[Custom]", "'a' of act cannot be cast to ", None),
        (r"/(\d+)", (), "a: tuple[int, Custom]", "'a' of act cannot be cast to tuple", None),
        (r"/(\d+)", (), "a: int | UUID | date | Custom", "'a' of act cannot be cast to ", None),
        (r"/(\d+)", (), "a: Mixed", "'a' of act cannot be cast to Mixed", None),
        (r"/(\d+)", (), "a: Annotated[int, Meta(max_length=1)]", "'a' of act cannot be cast to ", None),
        (r"/(\d+)", (), "*a: Custom", "'a' of act cannot be cast to Custom", None),
        ("/a", (), "*, a: Custom", "'a' of act cannot be cast to Custom", None),
        ("/a", (), "*, a: Custom = None", "'a' of act cannot be cast to Custom", None),
        (
            r"/(\d+)",
            (),
            "a: 'Nothing'",
            "an annotation cannot be read: name 'Nothing' is not defined",
            "Import its name.",
        ),
        (r"/(\d+)", (), "a: 'Optional[Nothing]'", "an annotation cannot be read: name 'Nothing' is not defined", None),
        (r"/(\d+)", (), "a: 'datetime.nothing'", "an annotation cannot be read: ", None),
        (r"/(\d+)", (), "a: 'int['", "an annotation cannot be read: ", None),
        (r"/(\d+)", (), "a: 'int | 7'", "an annotation cannot be read: ", None),
        (r"/(\d+)", (), "a: 'UUID.nothing'", "an annotation cannot be read: ", None),
    ],
)
def test_signature_that_its_route_never_satisfies_is_an_error_at_start(
    pattern: str, keys: tuple[str, ...], signature: str, fact: str, hint: str | None
) -> None:
    class Custom: ...

    class Mixed(enum.Enum):
        ONE = 1
        TWO = "two"

    page = handler_of(action_of(signature, Custom=Custom, Mixed=Mixed))
    with pytest.raises(SignatureError) as raised:
        URLSpec(pattern, page, action="act", param_keys=keys or None)
    error = raised.value
    assert error.fact.startswith(fact)
    if hint is not None:
        assert error.hint == hint
    assert error.route.startswith(f"route {pattern!r} -> Page.act (tests/controller/test_binding.py:")
    assert str(error) == f"{error.route}: {error.fact}. {error.hint}".removesuffix(". ")


def test_path_params_without_a_name_are_counted_not_named() -> None:
    with pytest.raises(SignatureError) as raised:
        URLSpec(r"/(\d+)", handler_of(action_of("a, b")), action="act")
    assert "Its path params: 0" not in str(raised.value)


class Later(RequestHandler):
    """Annotations are text here, as in every module with ``from __future__ import annotations``."""

    def show(self, id: int, when: datetime.date, kind: Kind | None = None) -> Undefined:  # type: ignore[name-defined]  # noqa: F821
        self.called = (id, when, kind)

    def wrong(self, id: int, other: Undefined = 1) -> None: ...  # type: ignore[name-defined]  # noqa: F821


class Kind(enum.Enum):
    """Is defined below its use."""

    OLD = "old"


def test_annotation_written_as_text_is_read() -> None:
    route = (r"/(?P<id>\w+)/(?P<when>[^/]+)/(?P<kind>\w+)", Later, {"action": "show"})
    assert served_by(route, "/7/2024-02-29/old").called == (7, datetime.date(2024, 2, 29), Kind.OLD)
    assert served_by(route, "/7/2023-02-29/old").get_status() == 404
    assert served_by(route, "/7/2024-02-29/new").get_status() == 404


def test_annotation_that_names_nothing_is_an_error_at_start() -> None:
    with pytest.raises(SignatureError, match="an annotation cannot be read: name 'Undefined' is not defined"):
        URLSpec(r"/(?P<id>\w+)", Later, action="wrong")


def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as it should not be written, and is."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def with_self(function: Callable[..., Any]) -> Callable[..., Any]:
    """Another."""

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    return wrapper


def wrapping(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as it should be written."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize("decorate", [plainly, with_self, wrapping, gen.coroutine])
@pytest.mark.parametrize("route", [(TWO, {}), (TWO, {"param_keys": KEYS}), (NAMED, {})])
def test_decorated_action_gets_its_values(decorate: Any, route: tuple[str, dict[str, Any]]) -> None:
    pattern, kwargs = route
    page = handler_of(decorate(action_of("id, name")))
    assert called_by((pattern, page, {"action": "act", **kwargs}), "/1/x") == {"id": "1", "name": "x"}


@pytest.mark.parametrize("decorate", [wrapping, gen.coroutine])
def test_decorated_action_keeps_its_casts(decorate: Any) -> None:
    page = handler_of(decorate(action_of("id: int, *, page: 'int' = 1")))
    assert called_by((r"/(?P<id>\w+)", page, {"action": "act"}), "/1?page=2") == {"id": 1, "page": 2}


def test_action_without_self_is_an_error_at_start() -> None:
    scope: dict[str, Any] = {}
    exec("def act(): ...", scope)
    with pytest.raises(RouteError):
        URLSpec("/a", handler_of(scope["act"]), action="act")


class Words(Matcher):
    """A matcher of the user's own: takes the path's words, by name or by position."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        words = [word.encode() for word in request.path.split("/")[1:]]
        if self.names:
            return {"path_kwargs": dict(zip(self.names, words, strict=False))}
        return {"path_args": words}


class OnlyNumbers(PathMatches):
    """One that derives from Tornado's."""


class Versioned(PathMatches):
    """One that takes more from a request than its path has."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        found = super().match(request)
        if found is not None:
            found.setdefault("path_kwargs", {})["version"] = b"2"
        return found


@pytest.mark.parametrize(
    ("matcher", "target", "signature", "expected"),
    [
        (Words(), "/1/x", "a: int, b", {"a": 1, "b": "x"}),
        (Words(), "/1", "a: int, b=7", {"a": 1, "b": 7}),
        (Words(), "/1/2/3", "*ids: int", {"ids": (1, 2, 3)}),
        (Words(), "/1", "", {}),
        (Words(), "/1?page=2", "*, page: int", {"page": 2}),
        (Words("id", "name"), "/1/x", "name, id: int", {"id": 1, "name": "x"}),
        (Words("id", "name"), "/1", "id: int, name='none'", {"id": 1, "name": "none"}),
        (Words("id", "name"), "/1/x", "**kwargs", {"kwargs": {"id": "1", "name": "x"}}),
        (Words("id", "name"), "/1/x", "a, b", {"a": "1", "b": "x"}),
        (Words("id", "name"), "/1/x", "*args", {"args": ("1", "x")}),
        (AnyMatches(), "/1", "*, page=1", {"page": 1}),
        (HostMatches(".*"), "/1", "page=1", {"page": 1}),
        (OnlyNumbers(r"/(\d+)"), "/1", "id: int", {"id": 1}),
        (Versioned(r"/(?P<id>\d+)"), "/1", "version: int, id", {"version": 2, "id": "1"}),
    ],
)
def test_matcher_of_the_users_own_tells_when_it_has_matched(
    matcher: Matcher, target: str, signature: str, expected: dict[str, Any]
) -> None:
    assert called_by(Rule(matcher, handler_of(action_of(signature)), {"action": "act"}), target) == expected


def test_matcher_of_the_users_own_takes_param_keys_for_its_values() -> None:
    page = handler_of(action_of("name, id: int"))
    rule = Rule(Words(), page, {"action": "act", "param_keys": ("id", "name")})
    assert called_by(rule, "/1/x") == {"id": 1, "name": "x"}


def test_matcher_of_the_users_own_is_asked_once_for_each_shape() -> None:
    application = RailsApplication([Rule(Words(), handler_of(action_of("a, b=0")), {"action": "act"})])
    for target, expected in [("/1/2", ("1", "2")), ("/1", ("1", 0)), ("/3/4", ("3", "4"))]:
        handler = asyncio.run(run(application, request_by_hand(target)))
        assert (handler.called["a"], handler.called["b"]) == expected


def test_matcher_of_the_users_own_that_never_satisfies_the_action_is_a_logged_500() -> None:
    rule = Rule(Words(), handler_of(action_of("a")), {"action": "act"})
    with expect_500("Uncaught exception POST /1/2"):
        assert served_by(rule, "/1/2").get_status() == 500


def test_default_host_matcher_takes_nothing_from_the_path() -> None:
    application = RailsApplication(default_host="example.org")
    page = handler_of(action_of("*, page=1"))
    application.default_router.rules.insert(
        0,
        URLSpec.from_rule(
            Rule(DefaultHostMatches(application, HostMatches(r"example\.org").host_pattern), page, {"action": "act"})
        ),  # type: ignore[arg-type]
    )
    assert asyncio.run(run(application, request_by_hand("/anything"))).called["page"] == 1


def test_handlers_own_params_do_not_change_what_an_action_gets() -> None:
    def prepare(self: Any) -> None:
        self.params = {"page": "assigned"}

    action = action_of("*, page: int = 1")
    page = type("Page", (Controller,), {"act": action, "prepare": prepare, "__module__": __name__})
    assert called_by(("/", page, {"action": "act"}), "/?page=2") == {"page": 2}


def test_path_args_stay_tornados() -> None:
    page = handler_of(action_of("id: int, name"))
    handler = served_by((TWO, page, {"action": "act", "param_keys": KEYS}), "/1/x")
    assert (handler.path_args, handler.path_kwargs) == (["1", "x"], {})
    handler = served_by((NAMED, page, {"action": "act"}), "/1/x")
    assert (handler.path_args, handler.path_kwargs) == ([], {"id": "1", "name": "x"})


class Steps(RequestHandler):
    def plain(self) -> Any:
        yield 1

    async def later(self) -> Any:
        yield 1

    @gen.coroutine
    def tornados(self) -> Any:
        yield gen.moment
        self.write("done")


class StepsController(Steps, Controller): ...


@pytest.mark.parametrize("handler", [Steps, StepsController])
def test_generator_is_no_action(handler: type[RequestHandler]) -> None:
    for name in ("plain", "later"):
        with pytest.raises(SignatureError, match=f"{name} is a generator, which is no response. Hand what it yields"):
            URLSpec("/", handler, action=name)
    assert fetch(RailsApplication([("/", handler, {"action": "tornados"})]), "/").body == "done"
