"""``handler.params``: the request's parameters as one mapping, read with care."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
import tornado
from tornado.testing import ExpectLog
from tornado.web import HTTPError, RequestHandler, stream_request_body

from tests.conftest import Fetch
from tests.controller.support import data, request_by_hand, run, served, text
from tests.routing.support import exchange
from tornado_rails import ActionMixin, Controller, RailsApplication
from tornado_rails.controller.params import JSON_KEY, Params
from tornado_rails.errors import MalformedRequestError, UnfilteredParamsError, UnpermittedParamsError

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=XX"


def multipart(*parts: tuple[str, str | bytes]) -> bytes:
    """A multipart body; each part is what stands behind ``form-data; `` and its content."""
    lines = b""
    for name, content in parts:
        content = content.encode() if isinstance(content, str) else content
        lines += b"--XX\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (name.encode(), content)
    return lines + b"--XX--\r\n"


class Echo(RequestHandler):
    """Writes what it was given; a plain handler."""

    def echo(self) -> None:
        params: Params = self.params  # type: ignore[attr-defined]
        self.write(json.dumps([params, params.path, params.query, params.body], default=repr))

    def lists(self) -> None:
        params: Params = self.params  # type: ignore[attr-defined]
        names = ("id", "tag", "q", "absent", "_json")
        self.write({name: params.get_list(name) for name in names if params.get_list(name)})

    def unread(self) -> None:
        self.write("fine")

    def get(self, *args: str, **kwargs: str) -> None:
        self.write({"args": args, "kwargs": kwargs, "params": self.params})  # type: ignore[attr-defined]


class EchoController(Controller):
    """Has the mixin without any routing key."""

    def get(self, *args: str, **kwargs: str) -> None:
        self.write({"args": args, "kwargs": kwargs, "params": self.params})

    post = get


class LatinHandler(RequestHandler):
    """An application that is older than UTF-8 on the web, and has its own mind."""

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        if value == b"teapot":
            raise HTTPError(418)
        if value == b"refused":
            raise HTTPError(400)
        return value.decode("latin-1").strip()

    def echo(self) -> None:
        self.write(self.params.to_unsafe_dict())  # type: ignore[attr-defined]


@stream_request_body
class Streaming(RequestHandler):
    def data_received(self, chunk: bytes) -> None: ...

    def echo(self) -> None:
        self.write(self.params.to_unsafe_dict())  # type: ignore[attr-defined]


ECHO, LISTS = {"action": "echo"}, {"action": "lists"}

ROUTES: list[Any] = [
    ("/echo", Echo, ECHO),
    ("/unread", Echo, {"action": "unread"}),
    (r"/echo/([^/]*)/([^/]*)", Echo, {**ECHO, "param_keys": ("id", "name")}),
    (r"/named/(?P<id>[^/]*)/(?P<name>[^/]*)", Echo, ECHO),
    (r"/twice-named/(?P<id>[^/]*)", Echo, {**ECHO, "param_keys": ("id",)}),
    (r"/unnamed/([^/]*)/([^/]*)", Echo, ECHO),
    (r"/optional(?:/(\d+))?(?:/(\w+))?", Echo, {**ECHO, "param_keys": ("id", "name")}),
    (r"/optionally(?:/(?P<id>\d+))?", Echo, ECHO),
    (r"/glob/(.*)", Echo, {**ECHO, "param_keys": ("id",)}),
    ("/lists", Echo, LISTS),
    (r"/lists(?:/(.*))?", Echo, {**LISTS, "param_keys": ("id",)}),
    (r"/keys/(\d+)/(\w+)", Echo, {"param_keys": ("id", "name")}),
    (r"/keyless/(?P<id>\d+)", EchoController),
    (r"/keyless/by-position/(\d+)", EchoController),
    (r"/keyless", EchoController),
    (r"/latin/([^/]*)", LatinHandler, {**ECHO, "param_keys": ("id",)}),
    ("/streaming", Streaming, ECHO),
]


@pytest.fixture
def app() -> RailsApplication:
    """The table above."""
    return RailsApplication(ROUTES)


@pytest.mark.parametrize(
    ("path", "media_type", "body", "expected"),
    [
        ("/echo", "", "", {}),
        ("/echo/1/TheViper", "", "", {"id": "1", "name": "TheViper"}),
        ("/named/1/TheViper", "", "", {"id": "1", "name": "TheViper"}),
        ("/twice-named/1?a=1", "", "", {"id": "1", "a": "1"}),
        ("/unnamed/1/TheViper?a=1", "", "", {"a": "1"}),
        ("/echo//", "", "", {"id": "", "name": ""}),
        ("/echo/%31/The%20%C3%84", "", "", {"id": "1", "name": "The Ä"}),
        ("/echo/a+b/a%2Fb", "", "", {"id": "a+b", "name": "a/b"}),
        ("/glob/a%2Fb/c", "", "", {"id": "a/b/c"}),
        ("/echo/1/x?id=2&q=3", "", "", {"id": "1", "name": "x", "q": "3"}),
        ("/echo/1/x?id=2&q=3&b=4", FORM, "id=5&b=6&q=7", {"id": "1", "name": "x", "q": "7", "b": "6"}),
        ("/echo?a=1&a=2", "", "", {"a": "2"}),
        ("/echo?a=&b&=c", "", "", {"a": "", "b": "", "": "c"}),
        ("/echo?a=%20b%20&c=+", "", "", {"a": " b ", "c": " "}),
        ("/echo?%C3%A9=%C3%A8&na%20me=1&a[]=2&a.b=3", "", "", {"é": "è", "na me": "1", "a": ["2"], "a.b": "3"}),
        ("/echo?%F0%9F%90%8D=snake", "", "", {"🐍": "snake"}),
        ("/echo?a=%00", "", "", {"a": "\0"}),
        ("/echo?a=b;c=d", "", "", {"a": "b;c=d"}),
        ("/echo?a=1%262", "", "", {"a": "1&2"}),
        ("/echo?", "", "", {}),
        ("/echo", FORM, "a=1&a=2&b=%C3%A9&%C3%A8=+&c=", {"a": "2", "b": "é", "è": " ", "c": ""}),
        ("/echo", FORM + "; charset=utf-8", "a=1", {"a": "1"}),
        ("/echo", FORM, "", {}),
        ("/echo", "text/plain", "a=1", {}),
        ("/echo", MULTIPART, multipart(('name="a"', "1"), ('name="a"', "2"), ('name="é"', "ü")), {"a": "2", "é": "ü"}),
        pytest.param(
            "/echo",
            MULTIPART,
            multipart(('name="имя"', "Ада")),
            {"имя": "Ада"},
            marks=pytest.mark.skipif(
                tornado.version_info[:3] == (6, 5, 0),
                reason="Tornado 6.5.0 refuses names outside Latin-1; 6.5.1 mended it",
            ),
        ),
        (
            "/echo?b=1",
            MULTIPART,
            multipart(('name="f"; filename="x.txt"', "file"), ('name="a"', "1")),
            {"a": "1", "b": "1", "f": "<UploadedFile 'x.txt' application/unknown 4 bytes>"},
        ),
        ("/echo", JSON, '{"a": 1, "b": [true, null], "c": {"d": 1.5}}', {"a": 1, "b": [True, None], "c": {"d": 1.5}}),
        ("/echo", "Application/JSON; charset=utf-8", '{"a": "é"}', {"a": "é"}),
        ("/echo", "application/vnd.api+json", '{"a": 1}', {"a": 1}),
        ("/echo/1/x?b=1&a=2", JSON, '{"a": null, "id": 7}', {"id": "1", "name": "x", "a": None, "b": "1"}),
        ("/echo", JSON, '{"a": 1, "a": 2}', {"a": 2}),
        ("/echo", JSON, '{"": 1}', {"": 1}),
        ("/echo", JSON, '["a"]', {"_json": ["a"]}),
        ("/echo", JSON, '"text"', {"_json": "text"}),
        ("/echo", JSON, "7", {"_json": 7}),
        ("/echo", JSON, "null", {"_json": None}),
        ("/echo", JSON, " \r\n", {}),
        ("/echo", JSON, "", {}),
        ("/echo", "text/json", '{"a": 1}', {}),
        ("/optional/7/x", "", "", {"id": "7", "name": "x"}),
        ("/optional/7", "", "", {"id": "7", "name": None}),
        ("/optional", "", "", {"id": None, "name": None}),
        ("/optional?id=8", FORM, "name=y", {"id": "8", "name": "y"}),
        ("/optionally", "", "", {"id": None}),
        ("/optionally?id=8", "", "", {"id": "8"}),
        ("/optionally/9?id=8", "", "", {"id": "9"}),
    ],
)
@served
async def test_params_are_path_over_body_over_query(
    fetch: Fetch, path: str, media_type: str, body: str, expected: dict[str, Any]
) -> None:
    headers = {"Content_Type": media_type} if media_type else {}
    answer = await fetch(path, "POST", body, **headers)
    assert answer.code == 200
    assert data(answer)[0] == expected


@served
async def test_parts_are_kept_apart(fetch: Fetch) -> None:
    answer = data(await fetch("/echo/1/x?id=2&a=b&a=c", "POST", "id=3&d=e&d=f", Content_Type=FORM))
    assert answer == [
        {"id": "1", "name": "x", "a": "c", "d": "f"},
        {"id": "1", "name": "x"},
        {"id": "2", "a": "c"},
        {"id": "3", "d": "f"},
    ]


@pytest.mark.parametrize(
    ("path", "media_type", "body", "expected"),
    [
        ("/lists?tag=a&tag=b&q=1", "", "", {"tag": ["a", "b"], "q": ["1"]}),
        ("/lists?tag=a", FORM, "tag=b&tag=c", {"tag": ["b", "c"]}),
        ("/lists", MULTIPART, multipart(('name="tag"', "a"), ('name="tag"', "b")), {"tag": ["a", "b"]}),
        ("/lists/7?id=8&id=9", "", "", {"id": ["7"]}),
        ("/lists?id=8&id=9", "", "", {"id": ["8", "9"]}),
        ("/lists?tag=a", JSON, '{"tag": [1, 2], "q": 3}', {"tag": [1, 2], "q": [3]}),
        ("/lists", JSON, "[1, 2]", {"_json": [1, 2]}),
    ],
)
@served
async def test_lists_have_every_value(
    fetch: Fetch, path: str, media_type: str, body: str, expected: dict[str, Any]
) -> None:
    headers = {"Content_Type": media_type} if media_type else {}
    assert data(await fetch(path, "POST", body, **headers)) == expected


def deep(times: int) -> bytes:
    """JSON that is nested as nobody nests it."""
    return b"[" * times + b"]" * times


NOT_JSON = "the body is not JSON: "


@pytest.mark.parametrize(
    ("target", "media_type", "body", "detail"),
    [
        ("/echo?a=%ff", "", b"", "parameter 'a' is not UTF-8"),
        ("/echo?a=1&%ff=1", "", b"", "a parameter's name is not UTF-8"),
        ("/echo?%C3%A9=%ff", "", b"", "parameter 'é' is not UTF-8"),
        ("/echo?a=\xff", "", b"", "parameter 'a' is not UTF-8"),
        ("/echo?a=%ED%A0%80", "", b"", "parameter 'a' is not UTF-8"),
        ("/echo?a=%C0%80", "", b"", "parameter 'a' is not UTF-8"),
        ("/echo?a=%", "", b"", "the query has a broken percent escape"),
        ("/echo?a=%f", "", b"", "the query has a broken percent escape"),
        ("/echo?a=%zz", "", b"", "the query has a broken percent escape"),
        ("/echo?%u1234=1", "", b"", "the query has a broken percent escape"),
        ("/unread?%u1234=1", "", b"", "the query has a broken percent escape"),
        ("/echo", FORM, b"a=%", "the form has a broken percent escape"),
        ("/echo", FORM, b"a=b&c%zz=d", "the form has a broken percent escape"),
        ("/echo", FORM, b"a=%ff", "parameter 'a' is not UTF-8"),
        ("/echo", FORM, b"a=\xff", "parameter 'a' is not UTF-8"),
        ("/echo", FORM, b"%ff=a", "a parameter's name is not UTF-8"),
        ("/echo", MULTIPART, multipart(('name="a"', b"\xff")), "parameter 'a' is not UTF-8"),
        ("/echo/%ff/x", "", b"", "the path is not UTF-8"),
        ("/named/x/%ff", "", b"", "the path is not UTF-8"),
        ("/unnamed/x/%ff", "", b"", "the path is not UTF-8"),
        ("/echo/%/x", "", b"", "the path has a broken percent escape"),
        ("/echo/x/%zz", "", b"", "the path has a broken percent escape"),
        ("/named/x/%zz", "", b"", "the path has a broken percent escape"),
        ("/echo", JSON, b"{", NOT_JSON + "Input data was truncated"),
        ("/echo", JSON, b"{'a': 1}", NOT_JSON),
        ("/echo", JSON, b'{"a": 1} x', NOT_JSON),
        ("/echo", JSON, b"nan", NOT_JSON),
        ("/echo", JSON, b'{"a": NaN}', NOT_JSON),
        ("/echo", JSON, b'{"a": Infinity}', NOT_JSON),
        ("/echo", JSON, b'"\xff"', NOT_JSON),
        ("/echo", JSON, b'{"\xff": 1}', NOT_JSON),
        ("/echo", JSON, b'"\\ud800"', NOT_JSON),
        ("/echo", JSON, b'"a\nb"', NOT_JSON),
        ("/echo", JSON, b"\xef\xbb\xbf{}", NOT_JSON),
        ("/echo", JSON, '{"a": 1}'.encode("utf-16"), NOT_JSON),
        ("/echo", JSON, b"1" * 5000, NOT_JSON),
        ("/echo", JSON, b"1e999", NOT_JSON),
        ("/echo", JSON, deep(100_000), NOT_JSON),
        ("/echo", JSON, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, NOT_JSON),
        ("/echo", JSON, b"[" * 100_000, NOT_JSON),
        ("/keyless?a=%ff", "", b"", "parameter 'a' is not UTF-8"),
        ("/keyless?a=%zz", "", b"", "the query has a broken percent escape"),
        ("/keyless", JSON, b"{", NOT_JSON),
    ],
)
def test_broken_request_is_a_400_that_says_what(target: str, media_type: str, body: bytes, detail: str) -> None:
    headers = f"Content-Type: {media_type}\r\n" if media_type else ""
    head = (
        f"POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n"
    )
    answer = exchange(RailsApplication(ROUTES), head.encode("latin-1") + body)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    problem = json.loads(answer.body)
    assert {key: problem[key] for key in ("type", "title", "status")} == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
    }
    assert problem["detail"].startswith(detail)


@pytest.mark.parametrize("target", ["/echo?a=%ff", "/echo?a=%zz", "/echo/%ff/x", "/echo/%zz/x"])
@served
async def test_broken_request_is_a_page_for_a_browser(fetch: Fetch, target: str) -> None:
    answer = await fetch(target, Accept="text/html")
    assert answer.code == 400
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert text(answer).startswith("<html><title>400: Bad Request</title><body>400: Bad Request<p>")


@served
async def test_body_that_tornado_cannot_part_is_a_400(fetch: Fetch) -> None:
    """Newer Tornados refuse it, older ones warn and take it for empty."""
    with ExpectLog("tornado.general", "Invalid multipart/form-data", required=False):
        answer = await fetch("/keyless", "POST", b"x", Content_Type="multipart/form-data", Accept="application/json")
    if answer.code == 400:
        assert data(answer)["detail"] == "the body is malformed"
    else:
        assert data(answer)["params"] == {}


@served
async def test_body_is_read_only_where_it_is_asked_for(fetch: Fetch) -> None:
    for media_type, body in [(JSON, b"{"), (FORM, b"a=%"), (FORM, b"a=%ff"), ("text/plain", b"\xff")]:
        assert text(await fetch("/unread", "POST", body, Content_Type=media_type)) == "fine"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/keys/1/x?a=b", {"args": ["1", "x"], "kwargs": {}, "params": {"id": "1", "name": "x", "a": "b"}}),
        ("/keyless/7?a=b", {"args": [], "kwargs": {"id": "7"}, "params": {"id": "7", "a": "b"}}),
        ("/keyless/by-position/7?a=b", {"args": ["7"], "kwargs": {}, "params": {"a": "b"}}),
        ("/keyless?a=b", {"args": [], "kwargs": {}, "params": {"a": "b"}}),
    ],
)
@served
async def test_params_without_an_action_leave_tornados_call_as_it_is(
    fetch: Fetch, path: str, expected: dict[str, Any]
) -> None:
    assert data(await fetch(path)) == expected


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/latin/%E9?a=%20%E8%20", 200, {"id": "é", "a": "è"}),
        ("/latin/x?a=teapot", 418, None),
        ("/latin/x?a=refused", 400, None),
    ],
)
@served
async def test_handlers_own_decoding_is_used(
    fetch: Fetch, path: str, status: int, expected: dict[str, str] | None
) -> None:
    answer = await fetch(path)
    assert answer.code == status
    if expected is not None:
        assert data(answer) == expected


@served
async def test_streamed_body_is_no_part_of_params(fetch: Fetch) -> None:
    assert data(await fetch("/streaming?a=b", "POST", '{"c": 1}', Content_Type=JSON)) == {"a": "b"}


@served
async def test_params_are_one_mutable_mapping_for_a_request(io_loop: Any) -> None:
    handler = await run(RailsApplication(ROUTES), request_by_hand("/echo/1/TheViper"))
    params: Any = handler.params
    assert params == {"id": "1", "name": "TheViper"}
    assert issubclass(type(params), Mapping)
    assert handler.params is params
    params["more"] = 1
    assert handler.params == {"id": "1", "name": "TheViper", "more": 1}
    assert params.path == {"id": "1", "name": "TheViper"}
    assert (params.get("nothing"), params.get("id")) == (None, "1")


@served
async def test_params_are_there_in_prepare_and_on_finish(io_loop: Any) -> None:
    seen: list[Any] = []

    class Early(ActionMixin, RequestHandler):
        def prepare(self) -> None:
            seen.append(self.params.to_unsafe_dict())

        def show(self) -> None: ...

        def on_finish(self) -> None:
            seen.append(self.params.to_unsafe_dict())

    application = RailsApplication([("/(.)", Early, {"action": "show", "param_keys": "id"})])
    await run(application, request_by_hand("/7?a=b"))
    assert seen == [{"id": "7", "a": "b"}] * 2


def test_params_of_their_own_are_made_as_the_docs_say() -> None:
    query = {"id": "2"}, {"id": ["1", "2"]}
    params = Params({"id": None}, query, ({JSON_KEY: [1]}, {}))
    assert params == {"id": "2", "_json": [1]}
    assert params.get_list("id") == ["1", "2"]
    assert params.get_list("_json") == [1]
    lists = params.get_list("id")
    lists.append("3")
    assert params.get_list("id") == ["1", "2"]


@served
async def test_error_is_the_same_each_time_params_are_read(io_loop: Any) -> None:
    class Twice(ActionMixin, RequestHandler):
        def show(self) -> None:
            for _ in range(2):
                with pytest.raises(MalformedRequestError) as raised:
                    self.params  # noqa: B018
                assert str(raised.value) == "HTTP 400: Bad Request (parameter 'a' is not UTF-8)"
            self.write("done")

    handler = await run(RailsApplication([("/", Twice, {"action": "show"})]), request_by_hand("/?a=%ff"))
    assert handler.request.connection.body == b"done"


@pytest.mark.parametrize("size", [10, 100_000])
@served
async def test_long_values_are_taken_whole(fetch: Fetch, size: int) -> None:
    value = "é" * size
    answer = data(await fetch("/echo", "POST", f"a={quote(value)}&b={'+' * size}", Content_Type=FORM))
    assert answer[0] == {"a": value, "b": " " * size}


def test_path_is_not_among_what_is_not_permitted() -> None:
    params = Params({"id": "7"}, ({"title": "One", "admin": "1"}, {}), settings={"unpermitted_params": "raise"})
    assert params.permit("title", "admin") == {"title": "One", "admin": "1"}
    with pytest.raises(UnpermittedParamsError) as raised:
        params.permit("title")
    assert raised.value.parameters == ("admin",)


@pytest.mark.parametrize(
    "params",
    [
        Params({"id": "7"}),
        Params({"id": "7"}, ({"a": "1"}, {})),
        Params({"id": "7"}, None, ({"a": "1"}, {})),
    ],
)
def test_params_as_a_whole_are_refused_too(params: Params) -> None:
    for take in (dict, lambda it: dict(**it), lambda it: it.to_dict(), lambda it: dict(it.body or it)):
        with pytest.raises(UnfilteredParamsError):
            take(params)
    assert dict(params.permit("id")) == {"id": "7"}
    assert dict(**params.path) == {"id": "7"}
    params.permit_all()
    assert not params.body.permitted
    assert params.body is params.body
    assert params.query is params.query
