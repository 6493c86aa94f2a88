"""From a scope to Tornado's request; the fast ways held against Tornado's own."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import tornado.web
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders, HTTPInputError, HTTPServerRequest, RequestStartLine

from tests.serving.conftest import Get
from tests.serving.handlers import Inspect, make_application
from tests.serving.support import ASGI_SERVERS, SERVERS, get, serving
from tornado_rails.serving.asgi_channel import Channel
from tornado_rails.serving.asgi_handler import _ClearedResponse
from tornado_rails.serving.asgi_request import RequestHeaders, make_request, target, version_of

names = st.sampled_from([b"host", b"x-tag", b"cookie", b"accept", b"content-type"])
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=5)
pairs = st.lists(st.tuples(names, values.map(lambda text: text.strip().encode("latin1"))), max_size=6)


def oracle(raw: list[tuple[bytes, bytes]]) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in raw:
        headers.add(name.decode("latin1"), value.decode("latin1"))
    return headers


QUESTIONS = [
    lambda headers: headers.get("X-Tag"),
    lambda headers: headers.get("x-tag", "none"),
    lambda headers: headers["Host"] if "host" in headers else None,
    lambda headers: ["Accept" in headers, len(headers), bool(headers)],
    lambda headers: headers.get_list("cookie"),
    lambda headers: list(headers.get_all()),
    lambda headers: list(headers),
    lambda headers: list(headers.items()),
    lambda headers: str(headers),
    lambda headers: list(headers.copy().get_all()),
    lambda headers: list(copy.copy(headers).get_all()),
    lambda headers: list(copy.deepcopy(headers).get_all()),
    lambda headers: list(pickle.loads(pickle.dumps(headers)).get_all()),
    lambda headers: headers == oracle([(b"host", b"")]),
    lambda headers: headers.add("X-Tag", "more"),
    lambda headers: headers.parse_line("X-Tag: line"),
    lambda headers: headers.__setitem__("Accept", "set"),
    lambda headers: headers.pop("Accept", None),
    lambda headers: headers.setdefault("Accept", "default"),
    lambda headers: headers.update({"X-New": "new"}),
]


@given(pairs, st.lists(st.sampled_from(QUESTIONS), max_size=6))
def test_headers_answer_as_tornados_own(raw: list[tuple[bytes, bytes]], questions: list[Any]) -> None:
    ours: HTTPHeaders = RequestHeaders(raw)
    theirs = oracle(raw)
    assert isinstance(ours, HTTPHeaders)
    for question in questions:
        assert question(ours) == question(theirs)
    assert list(ours.get_all()) == list(theirs.get_all())


def test_missing_header_is_a_key_error() -> None:
    headers = RequestHeaders([(b"host", b"a")])
    with pytest.raises(KeyError, match=r"^'X-None'$"):
        headers["x-none"]
    with pytest.raises(KeyError):
        del headers["X-None"]
    with pytest.raises(AttributeError):
        headers.nothing  # noqa: B018


@pytest.mark.parametrize("name", ["X-€", "X-?", "€", ""])
def test_name_that_no_header_has_is_missing(name: str) -> None:
    for headers in (RequestHeaders([(b"host", b"a")]), oracle([(b"host", b"a")])):
        assert (headers.get(name), headers.get(name, "none"), name in headers) == (None, "none", False)
        with pytest.raises(KeyError):
            headers[name]


def test_cookies_that_came_apart_are_one_by_http_2() -> None:
    raw = [(b"cookie", b"a=1"), (b"host", b"x"), (b"cookie", b"b=2")]
    assert RequestHeaders(raw, one_cookie=True)["Cookie"] == "a=1; b=2"
    assert RequestHeaders(raw)["Cookie"] == "a=1,b=2"


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"path": "/", "raw_path": b"/", "query_string": b""}, "/"),
        ({"path": "/"}, "/"),
        ({"path": "/a b/c", "raw_path": b"/a%20b%2Fc", "query_string": b"q=%20"}, "/a%20b%2Fc?q=%20"),
        ({"path": "/a b/\u00e9", "query_string": b""}, "/a%20b/%C3%A9"),
        ({"path": "/100%", "raw_path": None, "query_string": b""}, "/100%25"),
        ({"path": "/api/x", "raw_path": b"/api/x", "root_path": "/api", "query_string": b""}, "/x"),
        ({"path": "/api/x", "raw_path": b"/api/x", "root_path": "/api/", "query_string": b""}, "/x"),
        ({"path": "/api", "raw_path": b"/api", "root_path": "/api", "query_string": b"a=1"}, "/?a=1"),
        ({"path": "/apix", "raw_path": b"/apix", "root_path": "/api", "query_string": b""}, "/apix"),
        ({"path": "/x", "raw_path": b"/x", "root_path": "/api", "query_string": b""}, "/x"),
        ({"path": "/a b/x", "raw_path": b"/a%20b/x", "root_path": "/a b", "query_string": b""}, "/x"),
    ],
)
def test_target_is_what_the_client_sent_below_the_root_path(scope: dict[str, Any], expected: str) -> None:
    assert target(scope) == expected


@pytest.mark.parametrize(
    ("version", "expected"), [("1.1", "HTTP/1.1"), ("1", "HTTP/1.0"), ("1.0", "HTTP/1.0"), ("2", "HTTP/2")]
)
def test_version_is_written_as_tornado_has_it(version: str, expected: str) -> None:
    assert version_of({"http_version": version}) == expected


async def nothing(*_args: Any) -> None: ...


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("uri", ["/", "/a%20b", "/?a=1&b=2", "/a?", "//x", "/a?b?c"])
@pytest.mark.parametrize("host", ["a.test", "A.Test:8000", "[::1]:80", "", None, "a b", "a,b", "x\\y"])
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
def test_request_is_as_tornados_own(uri: str, host: str | None, version: str) -> None:
    channel = Channel({"client": ("1.2.3.4", 5), "scheme": "https"}, nothing, nothing)
    start_line = RequestStartLine("GET", uri, version)
    headers = HTTPHeaders({} if host is None else {"Host": host})
    theirs, refused = attempt(
        lambda: HTTPServerRequest(connection=channel, server_connection=channel, start_line=start_line, headers=headers)
    )
    for _ in range(2):
        ours, error = attempt(lambda: make_request(channel, start_line, headers))
        assert error == refused
        if ours is None:
            continue
        apart = {"_start_time": 0}
        assert type(ours).__mro__[1] is HTTPServerRequest
        assert repr(ours) == repr(theirs)
        assert vars(ours) | apart == vars(theirs) | apart
        assert 0 <= ours.request_time() < 5
        nothing_yet: Any = []
        ours.arguments["mine"] = ours.files["mine"] = ours.query_arguments["mine"] = ours.body_arguments["mine"] = (
            nothing_yet
        )


def attempt(make: Callable[[], HTTPServerRequest]) -> tuple[HTTPServerRequest | None, str]:
    """What is made, or how it is refused."""
    try:
        return make(), ""
    except HTTPInputError as error:
        return None, str(error)


def test_cleared_response_is_as_tornados_own() -> None:
    cleared = _ClearedResponse()
    assert cleared.is_all
    for _ in range(2):
        theirs = tornado.web.RequestHandler.__new__(tornado.web.RequestHandler)
        ours = tornado.web.RequestHandler.__new__(tornado.web.RequestHandler)
        while True:  # both within the same second
            theirs.clear()
            ours.clear = functools.partial(cleared.put_into, ours)  # type: ignore[method-assign]
            ours.clear()
            assert "clear" not in vars(ours)  # from there on it is Tornado's
            if ours._headers["Date"] == theirs._headers["Date"]:
                break
        values = vars(ours)
        assert list(values["_headers"].get_all()) == list(theirs._headers.get_all())
        assert values | {"_headers": 0} == vars(theirs) | {"_headers": 0}
        values["_headers"]["X"] = "1"
        values["_headers"].add("Server", "2")
        values["_write_buffer"].append(b"x")


@pytest.mark.parametrize("name", SERVERS)
def test_xheaders_are_trusted_where_asked_for(name: str) -> None:
    headers = ("X-Forwarded-For: 9.9.9.9, 1.2.3.4, 5.6.7.8", "X-Forwarded-Proto: https")
    with serving(name, make_application(), xheaders=True, trusted_downstream=["5.6.7.8"]) as server:
        from tests.serving.handlers import SEEN

        server.ask(get("/inspect", f"X-Case: trusted {name}", *headers))
        first = SEEN[f"trusted {name}"][0]
        server.ask(get("/inspect", f"X-Case: nonsense {name}", "X-Real-Ip: nonsense"))
        second = SEEN[f"nonsense {name}"][0]
    assert (first["remote_ip"], first["protocol"], first["full_url"]) == (
        "1.2.3.4",
        "https",
        "https://example.test/inspect",
    )
    assert (second["remote_ip"], second["protocol"]) == ("127.0.0.1", "http")


@pytest.mark.parametrize("name", SERVERS)
def test_protocol_may_be_given(name: str) -> None:
    class Protocol(tornado.web.RequestHandler):
        def get(self) -> None:
            self.write(self.request.protocol)

    with serving(name, tornado.web.Application([("/", Protocol)]), protocol="https") as server:
        assert server.ask(get("/")).body == b"https"


@pytest.mark.parametrize("name", ASGI_SERVERS)
def test_client_address_is_the_clients(server_of: Get, name: str) -> None:
    class Address(tornado.web.RequestHandler):
        def get(self) -> None:
            context = self.request.connection.context  # type: ignore[union-attr]
            self.write(f"{context.address[0]} {context.address[1]} {self.request.connection.scope['type']}")  # type: ignore[union-attr]

    from tests.serving.support import Client

    with serving(name, tornado.web.Application([("/", Address)])) as server, Client(server.port) as client:
        client.send(get("/"))
        assert client.answer().body == f"127.0.0.1 {client.port} http".encode()


@pytest.mark.parametrize("name", ASGI_SERVERS)
def test_own_server_headers_may_be_sent(name: str) -> None:
    with serving(name, tornado.web.Application([("/", Inspect)]), server_headers=True) as server:
        assert f"TornadoServer/{tornado.version}" in server.ask(get("/")).header("server")
