"""Signed paths: made by the application, and held against the request that comes back with one."""

from __future__ import annotations

import base64
import json
import math
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import tornado.web
from hypothesis import given
from hypothesis import strategies as st
from tornado.testing import ExpectLog
from tornado.web import RequestHandler, create_signed_value
from tornado.websocket import WebSocketHandler

from tests.routing.support import Response, a_share, exchange, fetch
from tornado_rails import Controller, RailsApplication
from tornado_rails.errors import SettingError, SignedPathError
from tornado_rails.routing import signed as module
from tornado_rails.routing.drawing_errors import UnknownHelperError, UrlArgumentError
from tornado_rails.routing.redirects import redirect
from tornado_rails.routing.routeset import RouteSet
from tornado_rails.routing.signed import check, sign, signed, verify_signed_path

SECRET = {"cookie_secret": "a secret that is long enough"}
REFUSED = {
    "missing": "the path needs a signature, and has none",
    "altered": "the signature is not the one of this path",
    "expired": "the signature of this path has expired",
}


class DownloadsController(Controller):
    def show(self, id: str) -> None:
        self.write({"id": id, "page": self.params.get("page")})

    def head(self, id: str) -> None: ...

    def checked(self, id: str) -> None:
        verify_signed_path(self)
        self.write(f"checked {id}")


class Plain(RequestHandler):
    def prepare(self) -> None:
        self.set_header("X-Prepared", "yes")

    def get(self, **values: str) -> None:
        self.write("plain")


class Checked(RequestHandler):
    def prepare(self) -> None:
        verify_signed_path(self)

    def get(self, name: str) -> None:
        self.write(f"checked {name}")

    post = get


class Socket(WebSocketHandler):
    """Is never opened."""


def draw(map: Any) -> None:
    map.get("downloads/:id", to="downloads#show", constraints=signed(), as_="download", format=False)
    map.get("checked/:id", to="downloads#checked", as_="checked")
    with map.constraints(signed()):
        map.get("plain/:name", to=Plain, as_="plain")
        map.mount("/inner", tornado.web.Application([("/deep", Plain)]))
        map.get("socket", to=Socket, as_="socket")
        map.get("gone", to=redirect("/elsewhere"), as_="gone")


def application(draw: Any = draw, **settings: Any) -> RailsApplication:
    return RailsApplication(
        [("/old/(.*)", Checked, None, "old")],
        routes=draw,
        controllers=[DownloadsController],
        convention_routes=False,
        **{**SECRET, **settings},
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_700_000_000.5]
    monkeypatch.setattr(module, "clock", lambda: now[0])
    return now


def refused(path: str, settings: Any = SECRET) -> str | None:
    """Why a path is refused; None if it is not."""
    parts = urlsplit(path)
    try:
        check(settings, parts.path, parts.query)
    except SignedPathError as error:
        return error.fault
    return None


def assert_refused(response: Response, fault: str) -> None:
    assert response.status == 403
    assert REFUSED[fault] in response.body


def test_signed_path_is_the_path_with_a_signature() -> None:
    path = application().signed_path("download", id=7, expires_in=3600)
    assert re.fullmatch(r"/downloads/7\?signature=[\w-]{200,260}", path)
    assert "a secret" not in base64.urlsafe_b64decode(path.partition("=")[2] + "==").decode()


@pytest.mark.parametrize(
    ("args", "options", "begin"),
    [
        (("download", 7), {}, "/downloads/7?signature="),
        (("downloads#show",), {"id": 7, "page": 2}, "/downloads/7?page=2&signature="),
        ((DownloadsController.show,), {"id": "a b/é"}, "/downloads/a%20b%2F%C3%A9?signature="),
        (("old", "x"), {}, "/old/x?signature="),
        (("/downloads/7?a=b",), {}, "/downloads/7?a=b&signature="),
        (("/downloads/é?a=ü",), {}, "/downloads/%C3%A9?a=%C3%BC&signature="),
    ],
)
def test_signed_path_takes_what_url_for_takes(args: Any, options: Any, begin: str) -> None:
    app = application()
    path = app.signed_path(*args, **options)
    assert path.startswith(begin)
    assert fetch(app, path).status == 200


def test_signature_stands_before_the_anchor() -> None:
    path = application().signed_path("download", id=7, anchor="top")
    assert re.fullmatch(r"/downloads/7\?signature=[\w-]+#top", path)


def test_path_before_the_application_is_not_signed() -> None:
    routes = RouteSet(draw, relative_url_root="/shop")
    app = application(routes)
    path = app.signed_path("download", id=7)
    assert path.startswith("/shop/downloads/7?")
    assert fetch(app, path.removeprefix("/shop")).status == 200
    assert_refused(fetch(app, app.signed_path("/shopping/7").replace("/shopping", "/downloads")), "altered")
    mounted = application().signed_path("download", id=7, script_name="/inner")
    assert mounted.startswith("/inner/downloads/7?")
    assert fetch(app, mounted.removeprefix("/inner")).status == 200


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/downloads/7", "missing"),
        ("/downloads/7?page=2", "missing"),
        ("/downloads/7?signature=", "altered"),
        ("/downloads/7?signature=x", "altered"),
        ("/downloads/7?signature=%C3%A9%00", "altered"),
        ("/plain/x", "missing"),
        ("/inner/deep", "missing"),
        ("/gone", "missing"),
        ("/socket", "missing"),
        ("/old/x", "missing"),
        ("/checked/7", "missing"),
    ],
)
def test_request_without_a_signature_is_a_403(path: str, fault: str) -> None:
    response = fetch(application(serve_traceback=False), path)
    assert response.status == 403
    assert "X-Prepared" not in response.headers
    if path.startswith(("/downloads", "/checked")):
        assert_refused(response, fault)


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/downloads/7?page=3", 200, '{"id": "7", "page": "3"}'),
        ("/plain/x.txt", 200, "plain"),
        ("/inner/deep?x=y", 200, "plain"),
        ("/gone", 301, ""),
        ("/socket", 400, 'Can "Upgrade" only to "WebSocket".'),
        ("/old/x?y=z", 200, "checked x"),
        ("/checked/7", 200, "checked 7"),
    ],
)
def test_signed_request_is_served(target: str, status: int, body: str) -> None:
    app = application()
    response = fetch(app, app.signed_path(target, expires_in=60))
    assert (response.status, response.body) == (status, body)


def test_refusal_is_json_where_that_is_asked_for() -> None:
    response = fetch(application(), "/downloads/7", headers={"Accept": "application/json"})
    assert (response.status, json.loads(response.body)["detail"]) == (403, REFUSED["missing"])


def test_head_is_signed_as_get() -> None:
    def draw(map: Any) -> None:
        map.match("downloads/:id", to="downloads#head", via="head", constraints=signed())
        map.get("downloads/:id", to="downloads#show", constraints=signed(), as_="download")

    app = application(draw)
    path = app.signed_path("download", id=7)
    assert fetch(app, path, "HEAD").status in (200, 204)
    assert fetch(app, path).status == 200
    assert fetch(app, "/downloads/7", "HEAD").status == 403


def test_signature_holds_for_each_method_of_its_route() -> None:
    app = application()
    assert fetch(app, app.signed_path("old", "x"), "POST").body == "checked x"
    assert fetch(app, "/old/x", "POST").status == 403
    signed_path = app.signed_path("download", id=7)
    assert (fetch(app, signed_path, "POST").status, fetch(app, signed_path, "POST").allow) == (
        405,
        "GET, HEAD, OPTIONS",
    )
    assert fetch(app, "/downloads/7", "POST").status == 404


def test_every_letter_of_a_signature_counts() -> None:
    path = sign(SECRET, "/downloads/7?page=2", 60)
    start = path.index("signature=") + len("signature=")
    for place in range(start, len(path)):
        other = "A" if path[place] != "A" else "B"
        assert refused(path[:place] + other + path[place + 1 :]) == "altered", place
        assert refused(path[:place] + path[place + 1 :]) == "altered", place
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        assert refused(path[:-1] + last) == (None if last == path[-1] else "altered")
    assert refused(path + "=") == "altered"
    assert refused(path) is None


@pytest.mark.parametrize(
    "other",
    [
        "/downloads/8?page=2",
        "/downloads/7/?page=2",
        "//downloads/7?page=2",
        "/Downloads/7?page=2",
        "/downloads/7",
        "/downloads/7?page=3",
        "/downloads/7?page=2&page=2",
        "/downloads/7?page=2&admin=1",
        "/downloads/7?page=2&admin",
        "/downloads/7?Page=2",
        "/downloads/7?page%5B%5D=2",
        "/downloads/7?page=2+",
        "/downloads%2F7?page=2",
    ],
)
def test_signature_of_another_path_is_altered(other: str) -> None:
    signature = sign(SECRET, "/downloads/7?page=2").partition("signature=")[2]
    assert refused(f"{other}{'&' if '?' in other else '?'}signature={signature}") == "altered"
    assert refused(f"/downloads/7?page=2&signature={signature}") is None


def test_two_signatures_are_none() -> None:
    path = sign(SECRET, "/downloads/7")
    assert refused(path + "&" + path.partition("?")[2]) == "altered"
    assert refused(path + "&%73ignature=") == "altered"


@pytest.mark.parametrize(
    ("signed_as", "sent_as", "fault"),
    [
        ("/a?x=1&y=2", "/a?y=2&x=1", None),
        ("/a?x=1&x=2", "/a?x=2&x=1", "altered"),
        ("/a?x[]=1&x[]=2&y=3", "/a?y=3&x%5B%5D=1&x%5B%5D=2", None),
        ("/a?x[]=1&x[]=2", "/a?x[]=2&x[]=1", "altered"),
        ("/a?x[][n]=1&x[][m]=2&x[][n]=3", "/a?x[][n]=1&x[][n]=3&x[][m]=2", "altered"),
        ("/a?x=a+b", "/a?x=a%20b", None),
        ("/a?x=%c3%a9", "/a?x=%C3%A9", None),
        ("/a?x=é", "/a?x=%C3%A9", None),
        ("/é", "/%c3%a9", None),
        ("/a%2Fb", "/a%2fb", None),
        ("/a%2Fb", "/a/b", "altered"),
        ("/a%3Fx=1", "/a?x=1", "altered"),
        ("/~a", "/%7Ea", None),
        ("/a?x", "/a?x=", None),
        ("/a?x=%26y%3D1", "/a?x=&y=1", "altered"),
        ("/a?x;y=1", "/a?x&y=1", "altered"),
    ],
)
def test_how_a_path_is_written_makes_no_difference_but_what_it_says_does(
    signed_as: str, sent_as: str, fault: str | None
) -> None:
    signature = sign(SECRET, signed_as).partition("signature=")[2]
    assert refused(f"{sent_as}{'&' if '?' in sent_as else '?'}signature={signature}") == fault


def test_signature_may_stand_anywhere_in_the_query() -> None:
    signature = sign(SECRET, "/a?x=1&y=2").partition("signature=")[2]
    assert refused(f"/a?signature={signature}&x=1&y=2") is None


def test_raw_utf8_on_the_wire_is_what_was_signed() -> None:
    app = application()
    path = app.signed_path("/old/é?x=ü")
    head = path.replace("%C3%A9", "é").replace("%C3%BC", "ü").encode()
    response = exchange(app, b"GET " + head + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert response.status in (200, 400)  # newer Tornado takes no raw bytes in a request line


@pytest.mark.parametrize("expires_in", [60, 60.0, timedelta(minutes=1)])
def test_signature_expires(clock: list[float], expires_in: Any) -> None:
    app = application()
    path = app.signed_path("download", id=7, expires_in=expires_in)
    for later, status in ((0, 200), (59.9, 200), (60.4, 200), (60.5, 403), (10**9, 403)):
        clock[0] = 1_700_000_000.5 + later
        assert fetch(app, path).status == status, later
    assert_refused(fetch(app, path), "expired")


def test_altered_goes_before_expired(clock: list[float]) -> None:
    path = sign(SECRET, "/a?x=1", 60)
    clock[0] += 100
    assert refused(path) == "expired"
    assert refused(path.replace("x=1", "x=2")) == "altered"


def test_signature_without_an_end_holds_forever(clock: list[float]) -> None:
    path = sign(SECRET, "/a")
    clock[0] += 100 * 365 * 86400
    assert refused(path) is None


@pytest.mark.parametrize(
    "expires_in", [0, -1, timedelta(0), timedelta(days=-1), math.inf, math.nan, "60", True, object()]
)
def test_expires_in_that_is_no_time_is_an_error(expires_in: Any) -> None:
    with pytest.raises(UrlArgumentError, match=re.escape(f"expires_in={expires_in!r}: give seconds, or a timedelta")):
        application().signed_path("download", id=7, expires_in=expires_in)


def test_keys_are_rotated() -> None:
    def settings(version: int, *versions: int) -> dict[str, Any]:
        return {"cookie_secret": {each: f"secret {each}" for each in versions}, "key_version": version}

    first = sign(settings(1, 1), "/a")
    assert refused(first, settings(2, 1, 2)) is None
    assert refused(sign(settings(2, 1, 2), "/a"), settings(2, 1, 2)) is None
    assert refused(first, settings(2, 2)) == "altered"
    assert refused(sign({"cookie_secret": "secret 9"}, "/a"), settings(1, 1)) == "altered"
    app = application(**settings(2, 1, 2))
    assert fetch(app, app.signed_path("download", id=7)).status == 200


@pytest.mark.parametrize("version", [None, 3])
def test_key_version_that_is_none_of_the_secrets_is_an_error(version: int | None) -> None:
    settings = {"cookie_secret": {1: "a", 2: "b"}, "key_version": version}
    with pytest.raises(
        SettingError, match=f"key_version={version}: it says which of the secrets signs, and is one of 1, 2"
    ):
        sign(settings, "/a")


@pytest.mark.parametrize("secret", [None, "", {}])
def test_no_secret_is_an_error(secret: Any) -> None:
    text = re.escape(
        f"setting cookie_secret={secret!r}: signed paths need one. Give RailsApplication(cookie_secret=...)"
    )
    at_start = r"route '/downloads/:id' -> .*show \(.*test_signed.py:\d+\) is for signed paths, which need one"
    with pytest.raises(SettingError, match=at_start):
        application(cookie_secret=secret)
    app = RailsApplication([("/old/(.*)", Checked, None, "old")], cookie_secret=secret)
    with pytest.raises(SettingError, match=text):
        app.signed_path("old", "x")
    with ExpectLog("tornado.application", "Uncaught exception GET /old/x"):
        assert fetch(app, "/old/x").status == 500


def test_set_alone_has_no_secret() -> None:
    with pytest.raises(SettingError, match="cookie_secret=None"):
        RouteSet(draw).recognize("GET", "/downloads/7")


def test_other_secret_signs_nothing_here() -> None:
    assert refused(sign({"cookie_secret": "another"}, "/a")) == "altered"


def test_cookie_of_the_application_is_no_signature() -> None:
    value = base64.urlsafe_b64decode(parse_qs(urlsplit(sign(SECRET, "/a")).query)["signature"][0] + "==")
    content = base64.b64decode(value.split(b"|")[4].partition(b":")[2])
    for name in ("signed path", "signed_path", "signature"):
        cookie = create_signed_value(SECRET["cookie_secret"], name, content)
        text = base64.urlsafe_b64encode(cookie).rstrip(b"=").decode()
        # A cookie of that very name would do, but there is none: a blank is no part of a cookie's name.
        assert refused(f"/a?signature={text}") == (None if name == "signed path" else "altered")
    old_form = create_signed_value(SECRET["cookie_secret"], "signed path", content, version=1)
    text = base64.urlsafe_b64encode(old_form).rstrip(b"=").decode()
    assert refused(f"/a?signature={text}") == "altered"


@pytest.mark.parametrize(
    ("target", "options", "text"),
    [
        ("http://example.com/a", {}, "'http://example.com/a' is no path"),
        ("//example.com/a", {}, "'//example.com/a' is no path"),
        ("", {}, "'' is no path"),
        ("/a?signature=x", {}, "'/a' has a parameter 'signature'"),
        ("download", {"id": 7, "signature": "x"}, "'/downloads/7' has a parameter 'signature'"),
    ],
)
def test_what_cannot_be_signed_is_an_error(target: str, options: dict[str, Any], text: str) -> None:
    with pytest.raises(UrlArgumentError, match=re.escape(text)):
        application().signed_path(target, **options)


def test_unknown_route_is_the_error_of_url_for() -> None:
    with pytest.raises(UnknownHelperError, match="Did you mean 'download'"):
        application().signed_path("downlod", id=7)


def test_other_routes_are_not_asked_after_a_refusal() -> None:
    def draw(map: Any) -> None:
        map.get("downloads/:id", to="downloads#show", constraints=signed())
        map.get("*path", to="downloads#show", as_="rest")

    assert fetch(application(draw), "/downloads/7").status == 403


PATHS = st.lists(st.text(max_size=5), min_size=1, max_size=3).map(
    lambda each: "/a" + "".join(f"/{quote(s, safe='')}" for s in each)
)
QUERIES = st.lists(st.tuples(st.text(min_size=1, max_size=3), st.text(max_size=3)), max_size=3)


@a_share(5)
@given(path=PATHS, query=QUERIES, other_path=PATHS, other_query=QUERIES)
def test_signature_holds_for_its_own_path_and_no_other(
    path: str, query: Any, other_path: str, other_query: Any
) -> None:
    whole = path + ("?" + urlencode(query) if query else "")
    signed_path = sign(SECRET, whole, 60)
    assert refused(signed_path) is None
    signature = signed_path.rpartition("=")[2]
    other = f"{other_path}?{urlencode([*other_query, ('signature', signature)])}"
    is_same = path == other_path and sorted(query) == sorted(other_query)
    assert is_same or refused(other) == "altered"
