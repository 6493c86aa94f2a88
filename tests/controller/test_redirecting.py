"""Redirects lead to routes, and to no other host unless that is permitted; a head has no body."""

from __future__ import annotations

from typing import Any

import pytest
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler

from tests.conftest import Fetch
from tests.controller.support import Remembers, expect_500, request_by_hand, run, served, text
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.redirecting import RedirectingMixin, is_local
from tornado_rails.controller.statuses import HeadMixin, status_code, status_with_body
from tornado_rails.errors import SettingError, StatusError, UnsafeRedirectError
from tornado_rails.routing.actions import action_names


class Post:
    def to_param(self) -> str:
        return "7"


class PostsController(Remembers, Controller):
    def index(self) -> None:
        self.redirect_to("post", 1, page=2)

    def show(self, id: str) -> None:
        self.redirect_to(PostsController.index, status="moved_permanently")

    def object(self) -> None:
        self.redirect_to(Post())

    def to(self) -> None:
        self.redirect_to(self.get_argument("to", strip=False))

    def anywhere(self) -> None:
        self.redirect_to(self.get_argument("to", strip=False), allow_other_host=True)

    def from_client(self) -> None:
        self.redirect_to(self.url_from(self.params.get("to")) or "/posts")

    def by_status(self) -> None:
        self.redirect_to("/", status=int(self.get_argument("status")))

    def host(self) -> None:
        self.redirect_to("post", 1, host="example.org", allow_other_host=bool(self.get_argument("allow", "")))

    def back(self) -> None:
        self.redirect_back(fallback="post#show")

    def back_home(self) -> None:
        self.redirect_back(fallback="/home", status=307)

    def back_anywhere(self) -> None:
        self.redirect_back(fallback="/home", allow_other_host=True)

    def created(self) -> None:
        self.write("forgotten")
        self.send_head("created", location="/posts/1", x_rate=7)

    def gone(self) -> None:
        self.send_head(410)

    def empty(self) -> None:
        self.send_head("no_content")

    def unknown(self) -> None:
        self.send_head("teapott")

    def injected(self) -> None:
        self.send_head("ok", location=self.get_argument("to", strip=False))


ACTIONS = [name for name in action_names(PostsController) if name not in ("index", "show")]


def routes(map: Any) -> None:
    map.resources("posts", only=["index", "show"])
    map.root("posts#index")


@pytest.fixture
def app() -> RailsApplication:
    table: Any = [(f"/{name}", PostsController, {"action": name}) for name in ACTIONS]
    hosts = ["partner.org", "shop.org:8443"]
    return RailsApplication(
        table, routes=routes, controllers=[PostsController], convention_routes=False, allowed_redirect_hosts=hosts
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "location"),
    [
        ("GET", "/posts", 302, "/posts/1?page=2"),
        ("HEAD", "/posts", 302, "/posts/1?page=2"),
        ("GET", "/posts/1", 301, "/posts"),
        ("POST", "/by_status?status=302", 302, "/"),
        ("GET", "/by_status?status=308", 308, "/"),
        ("POST", "/to?to=/a", 303, "/a"),
        ("DELETE", "/to?to=/a", 303, "/a"),
        ("GET", "/to?to=/a%3Fb%3D%26c%23d", 302, "/a?b=&c#d"),
        ("GET", "/to?to=/%C3%A9?x", 302, "/%C3%A9?x"),
        ("GET", "/to?to=/already%2525", 302, "/already%25"),
        ("GET", "/anywhere?to=https://example.org/a", 302, "https://example.org/a"),
        ("GET", "/anywhere?to=//example.org", 302, "//example.org"),
        ("GET", "/anywhere?to=app:open", 302, "app:open"),
        ("GET", "/host?allow=1", 302, "http://example.org/posts/1"),
        ("GET", "/to?to=?page=2", 302, "?page=2"),
        ("GET", "/to?to=%23top", 302, "#top"),
        ("GET", "/to?to=https://partner.org/a", 302, "https://partner.org/a"),
        ("GET", "/to?to=http://Partner.org:80", 302, "http://Partner.org:80"),
        ("GET", "/to?to=https://shop.org:8443/", 302, "https://shop.org:8443/"),
        ("GET", "/from_client?to=/a", 302, "/a"),
        ("GET", "/from_client?to=https://partner.org/a", 302, "https://partner.org/a"),
        ("GET", "/from_client", 302, "/posts"),
        *(
            ("GET", f"/from_client?to={text}", 302, "/posts")
            for text in (
                "posts",
                "posts%23index",
                "nope",
                "a/b",
                ".",
                "//host",
                "https://example.org",
                "",
                "/%0a",
                "%00",
            )
        ),
        *(
            ("GET", f"/from_client?to={url}", 302, "/posts")
            for url in ("https://partner.org:81/", "https://shop.org/", "https://partner.org.host/", "//partner.org")
        ),
    ],
)
@served
async def test_redirect_leads_to_what_url_for_takes(
    fetch: Fetch, method: str, path: str, status: int, location: str
) -> None:
    answer = await fetch(path, method)
    assert (answer.code, answer.headers["Location"], text(answer)) == (status, location, "")


@served
async def test_redirect_leads_to_an_object(fetch: Fetch) -> None:
    assert (await fetch("/object")).headers["Location"] == "/posts/7"


OTHERS = [
    *("//host", "///host", "/\\host", "\\\\host", "\\/host", "https:host", "https:/host", "https:///host"),
    *("http:host", "HTTPS://host", "https://host", "https://example.com@host", "https://ada:b@example.com/"),
    *("https://host\\@example.com/", "https://example.com\\.host/", "https://example.com.host/", "http://host:80"),
    *("https://example.com:444/", "http://example.com:443/", "https://xexample.com/", "https://[::1]/", "https://[/"),
    *("javascript:alert(1)", "javascript://example.com/%0aalert(1)", "data:text/html,x", "ftp://example.com/"),
    *("a", "a/b", ".", "..//host", "", " //host", "/ /host", "/\t/host", "/a\r\nSet-Cookie:b=c"),
    *("/a\x00", "/a\x7f", "/\x85/host", "/\u2028", "\u00a0//host", "//example.com", "http:/\\example.com/"),
    *("https://example.com\uff0fhost", "/\\/host", "/a\\b"),
]


def request_to(host: str = "example.com", protocol: str = "https") -> HTTPServerRequest:
    request = request_by_hand("/", headers={"Host": host})
    request.protocol = protocol
    return request


@pytest.mark.parametrize("url", OTHERS)
def test_url_of_another_host_is_not_local(url: str) -> None:
    assert not is_local(url, request_to())


@pytest.mark.parametrize(
    ("url", "host", "protocol"),
    [
        ("/", "example.com", "https"),
        ("/a//b", "example.com", "https"),
        ("/a?b=//host\\c", "example.com", "https"),
        ("?a", "example.com", "https"),
        ("#//host", "example.com", "https"),
        ("https://example.com", "example.com", "https"),
        ("https://EXAMPLE.com?a", "example.com:443", "https"),
        ("http://example.com/#a", "example.com", "https"),
        ("http://example.com:80/", "example.com", "http"),
        ("http://example.com:8888/", "example.com:8888", "http"),
        ("http://[::1]:8888/", "[::1]:8888", "http"),
    ],
)
def test_path_and_url_of_the_same_host_are_local(url: str, host: str, protocol: str) -> None:
    assert is_local(url, request_to(host, protocol))


@pytest.mark.parametrize("url", [url for url in OTHERS if url not in ("a", "a/b", ".", "..//host")])
@served
async def test_redirect_to_another_host_is_refused(io_loop: Any, url: str) -> None:
    handler = await _redirected(Redirecting, url)
    assert handler.get_status() == 400
    assert "Location" not in handler.request.connection.headers


class Redirecting(RedirectingMixin, HeadMixin, RequestHandler):
    """Of an application that is Tornado's own."""

    url = ""

    def get(self) -> None:
        self.redirect_to(self.url)


async def _redirected(handler: type[Redirecting], url: str) -> Any:
    made = type("Made", (handler,), {"url": url})
    return await run(Application([("/", made)]), request_by_hand("/", headers={"Host": "example.com"}))


@served
async def test_mixin_alone_redirects_to_urls(io_loop: Any) -> None:
    handler = await _redirected(Redirecting, "http://example.com/a")
    assert handler.request.connection.headers["Location"] == "http://example.com/a"


@pytest.mark.parametrize("to", ["//host", "/%0d%0aSet-Cookie:a=b", "/%5Chost", "", "javascript://%250aalert(1)"])
@served
async def test_refusal_is_a_400_that_does_not_repeat_the_url(fetch: Fetch, to: str) -> None:
    answer = await fetch(f"/to?to={to}")
    assert answer.code == 400
    assert "refused to redirect: it " in text(answer)
    assert "host" not in text(answer).replace("another host", "").replace("other_host", "")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("to", ["/%0d%0aSet-Cookie:a=b", "https://a%0a.org", "https://a.org/%00", ""])
@served
async def test_control_characters_are_refused_for_any_host(fetch: Fetch, to: str) -> None:
    assert (await fetch(f"/anywhere?to={to}")).code == 400


@served
async def test_named_route_on_another_host_is_refused(fetch: Fetch) -> None:
    assert (await fetch("/host")).code == 400
    assert UnsafeRedirectError("//host", "why").url == "//host"


@pytest.mark.parametrize("status", [200, 304, 305, 404])
@served
async def test_status_of_a_redirect_is_one(fetch: Fetch, status: int) -> None:
    with expect_500("Uncaught"):
        assert (await fetch(f"/by_status?status={status}")).code == 500
    assert Remembers.logged == f"StatusError: {status} is no status of a redirect: 300, 301, 302, 303, 307, 308"


@pytest.mark.parametrize(
    ("path", "referer", "location"),
    [
        ("/back_home", "{base}/posts?page=2", "{base}/posts?page=2"),
        ("/back_home", "", "/home"),
        ("/back_home", "https://example.org/", "/home"),
        ("/back_home", "https://partner.org/a", "https://partner.org/a"),
        ("/back_home", "//example.org/", "/home"),
        ("/back_home", "/posts", "/home"),
        ("/back_home", "{base}@example.org/", "/home"),
        ("/back_anywhere", "https://example.org/a", "https://example.org/a"),
        ("/back_anywhere", "javascript:alert(1)", "/home"),
        ("/back_anywhere", "https://example.org/ a", "/home"),
    ],
)
@served
async def test_redirect_back(fetch: Fetch, base_url: str, path: str, referer: str, location: str) -> None:
    answer = await fetch(path, **({"Referer": referer.format(base=base_url)} if referer else {}))
    assert answer.code == (307 if path == "/back_home" else 302)
    assert answer.headers["Location"] == location.format(base=base_url)


@pytest.mark.parametrize(
    ("path", "status", "headers"),
    [
        ("/created", 201, {"Location": "/posts/1", "X-Rate": "7", "Content-Length": "0"}),
        ("/gone", 410, {"Content-Length": "0"}),
        ("/empty", 204, {}),
    ],
)
@served
async def test_head_is_a_status_and_headers(fetch: Fetch, path: str, status: int, headers: dict[str, str]) -> None:
    answer = await fetch(path)
    assert (answer.code, text(answer), answer.headers.get("Content-Type")) == (status, "", None)
    assert {name: answer.headers[name] for name in headers} == headers


@served
async def test_header_injection_is_refused(fetch: Fetch) -> None:
    with expect_500("Uncaught"):
        answer = await fetch("/injected?to=/%0d%0aSet-Cookie:%20a=b")
    assert (answer.code, "Set-Cookie" in answer.headers) == (500, False)
    assert "Unsafe header value" in Remembers.logged


@served
async def test_unknown_status_is_an_error(fetch: Fetch) -> None:
    with expect_500("Uncaught"):
        assert (await fetch("/unknown")).code == 500
    assert "no status is named 'teapott'" in Remembers.logged


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *(("ok", 200), ("not_found", 404), ("Not Found", 404), ("Multi-Status", 207), (299, 299), (404, 404)),
        *(("404", 404), ("unprocessable_entity", 422), ("unprocessable_content", 422), ("payload_too_large", 413)),
    ],
)
def test_status_has_a_name(status: int | str, code: int) -> None:
    assert status_code(status) == code


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("not_fund", "no status is named 'not_fund'. Did you mean 'not_found'?"),
        (100, "100 is no status of a response: 200 to 999, or a name"),
        (1000, "1000 is no status"),
        ("100", "100 is no status of a response"),
        ("\u0664\u0660\u0664", "no status is named"),
        (True, "True is no status"),
        (None, "None is no status"),
        (404.0, "404.0 is no status"),
    ],
)
def test_unknown_status_is_named(status: Any, words: str) -> None:
    with pytest.raises(StatusError, match=words.replace("?", "\\?")):
        status_code(status)


@pytest.mark.parametrize("status", [204, "no_content", 304, "not_modified"])
def test_status_without_a_body_is_refused_for_data(status: int | str) -> None:
    with pytest.raises(StatusError, match=r"has no body\. Send it by send_head"):
        status_with_body(status)


@pytest.mark.parametrize("given", [{"notice": "Saved"}, {"anchor": "a"}, {"allow_other_hosts": True}])
def test_option_that_a_url_has_no_use_for_is_an_error(given: Any) -> None:
    class Moved(Controller):
        def show(self) -> None: ...

    handler = Moved(RailsApplication([("/", Moved, {"action": "show"})]), request_by_hand("/"))
    with pytest.raises(TypeError, match=r"'/x' is a URL already, and takes nothing else: \w+=.* is left over"):
        handler.redirect_to("/x", **given)


@pytest.mark.parametrize("target", [None, b"/x"])
def test_what_is_no_target_is_an_error_that_says_what_is(target: Any) -> None:
    class Moved(Controller):
        def show(self) -> None: ...

    handler = Moved(RailsApplication([("/", Moved, {"action": "show"})]), request_by_hand("/"))
    with pytest.raises(TypeError, match=r"leads nowhere: name a path or URL, a route, 'posts#show', an action or"):
        handler.redirect_to(target)


@pytest.mark.parametrize("text", [None, 7, b"/x", ["/x"]])
def test_what_is_no_text_is_no_url(text: Any) -> None:
    handler = Redirecting(Application(), request_by_hand("/"))
    assert (handler.url_from(text), handler.url_from("/x")) == (None, "/x")


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ("example.com", "it is a list of hosts, as ['example.com', 'example.com:8443']"),
        (7, "it is a list of hosts"),
        *(
            ([host], f"{host!r} is no host: as 'example.com' or 'example.com:8443', in lower case, without")
            for host in ("https://a.org", "a.org/", "A.org", "a.org:443", "a.org:80", "ada@a.org", "a.org:", "", 7, "*")
        ),
    ],
)
def test_allowed_host_that_is_none_is_refused_at_start_up(hosts: Any, words: str) -> None:
    with pytest.raises(SettingError) as raised:
        RailsApplication(allowed_redirect_hosts=hosts)
    assert str(raised.value).startswith(f"setting allowed_redirect_hosts={hosts!r}: {words}")


@pytest.mark.parametrize("hosts", [None, (), {"a.org"}, ["a.org:8443", "[::1]:80443", "[::1]"]])
def test_allowed_hosts(hosts: Any) -> None:
    assert RailsApplication(allowed_redirect_hosts=hosts).settings["allowed_redirect_hosts"] is hosts


def test_fragment_of_a_client_is_no_url_to_go_to() -> None:
    class Moved(Controller):
        def show(self) -> None: ...

    handler = Moved(RailsApplication([("/", Moved, {"action": "show"})]), request_by_hand("/"))
    assert (handler.url_from("#a"), handler.url_from("?a=1"), handler.url_from("/a#b")) == (None, "?a=1", "/a#b")
