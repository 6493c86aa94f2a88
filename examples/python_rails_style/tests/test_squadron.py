"""The application's tests: real requests to a real server, by pytest-tornado's fixtures."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.tcpclient import TCPClient
from tornado.websocket import websocket_connect

from tornado_rails import RailsApplication, URLSpec

# pytest-tornado 0.8.1 starts its loops as asyncio did in 2020, and an old Tornado on a new Python uses old ways too.
pytestmark = [
    pytest.mark.filterwarnings("ignore:(make|clear)_current is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning"),
]

FOLDER = Path(__file__).resolve().parent.parent
AS_BROWSER, AS_PROGRAM = {"Accept": "text/html"}, {"Accept": "application/json"}


@contextmanager
def own_modules() -> Iterator[None]:
    """Inside, the application's modules can be imported; afterwards their names are free again.

    An application with a repository of its own needs none of this: `pythonpath = ["."]` among pytest's options, and
    `from app import make_app`. This one is tested together with the package, where `app` could be anyone's.
    """
    names = {path.stem for path in FOLDER.iterdir() if path.suffix == ".py" or path.is_dir()}

    def take_out() -> dict[str, ModuleType]:
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}

    others = take_out()
    sys.path.insert(0, str(FOLDER))
    try:
        yield
    finally:
        sys.path.remove(str(FOLDER))
        take_out()
        sys.modules.update(others)


@pytest.fixture(scope="session")
def squadron() -> ModuleType:
    with own_modules():
        return importlib.import_module("app")


@pytest.fixture
def app(squadron: ModuleType) -> RailsApplication:
    application = squadron.make_app(cookie_secret="for tests only")
    assert isinstance(application, RailsApplication)
    return application


class Browser:
    """Keeps cookies, and fills the forms' tokens in."""

    def __init__(self, client: AsyncHTTPClient, base_url: str) -> None:
        self.client = client
        self.base_url = base_url
        self.cookies: dict[str, str] = {}

    async def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | str | None = None
    ) -> HTTPResponse:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = await self.client.fetch(
            self.base_url + path,
            method=method,
            headers={**AS_BROWSER, **({"Cookie": cookie} if cookie else {}), **(headers or {})},
            body=body,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            raise_error=False,
        )
        for line in response.headers.get_list("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return response

    async def get(self, path: str) -> str:
        response = await self.request("GET", path)
        assert response.code == 200, (path, response.code)
        return response.body.decode().replace("&#39;", "&#x27;")  # Tornado 6.2 writes it so

    async def post(self, path: str, **form: str) -> HTTPResponse:
        token = re.search(r'name="_xsrf" value="([^"]+)"', await self.get("/user/login"))
        assert token
        return await self.request("POST", path, body=urlencode({"_xsrf": token[1], **form}))

    async def sign_in(self) -> None:
        response = await self.post("/user/login", name="TheViper", password="top-gun")
        assert (response.code, response.headers["Location"]) == (303, "/notes")


@pytest.fixture
def browser(http_client: AsyncHTTPClient, base_url: str) -> Browser:
    return Browser(http_client, base_url)


# The routes


def test_routes_are_those_that_the_comments_name(app: RailsApplication) -> None:
    routes = [rule for rule in app.wildcard_router.rules if isinstance(rule, URLSpec)]
    table = {(rule.regex.pattern, rule.handler_class.__name__, rule.action, rule.methods) for rule in routes}
    assert {
        (r"/user/login$", "UserHandler", "login", ("GET", "POST")),
        (r"/main/index/(\d+)/([^/]+)$", "MainHandler", "index", None),
        (r"/notes$", "NotesController", "index", ("GET",)),
        (r"/notes/index$", "NotesController", "index", ("GET",)),
        (r"/notes/show/(?P<note_id>[^/]+)$", "NotesController", "show", ("GET",)),
        (r"/notes/new$", "NotesController", "new", ("GET",)),
        (r"/notes/create$", "NotesController", "create", ("POST",)),
        (r"/notes/remove/(?P<note_id>[^/]+)$", "NotesController", "remove", ("POST",)),
    } <= table
    drawn = {(rule.matcher.text, rule.name, rule.action, rule.methods) for rule in routes if rule.drawn}
    assert drawn == {
        ("/", "home", "home", ("GET",)),
        ("/people/:id", None, "find", ("GET",)),
        ("/clock", "clock", "clock", ("GET",)),
        ("/user/logout", "logout", "logout", ("POST",)),
        ("/home", None, None, ("GET",)),
    }
    # The base class's helpers have not become actions.
    assert {rule.action for rule in routes if rule.controller == "notes"} == {
        "index",
        "show",
        "new",
        "create",
        "remove",
    }


def test_legacy_handlers_are_untouched(app: RailsApplication, squadron: ModuleType) -> None:
    assert "tornado_rails" not in (FOLDER / "controllers" / "legacy.py").read_text()
    targets = {rule.target for rule in app.wildcard_router.rules}
    assert {squadron.HealthHandler, squadron.EchoHandler} <= targets


def test_two_applications_share_nothing(squadron: ModuleType) -> None:
    first, second = squadron.make_app(), squadron.make_app()
    assert first.settings["store"] is not second.settings["store"]
    assert first.settings["cookie_secret"] != second.settings["cookie_secret"]


def test_cookie_secret_comes_from_the_environment(squadron: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COOKIE_SECRET", "ours")
    assert squadron.make_app().settings["cookie_secret"] == "ours"


def test_importing_leaves_no_names_behind(squadron: ModuleType) -> None:
    assert squadron.__name__ == "app"
    assert not {"app", "models", "controllers", "controllers.main"} & set(sys.modules)
    assert str(FOLDER) not in sys.path


@pytest.mark.parametrize("port", ["abc", "70000", "-1", "²"])
def test_start_refuses_what_is_no_port(squadron: ModuleType, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)
    monkeypatch.setattr(squadron, "enable_pretty_logging", lambda: None)
    with pytest.raises(SystemExit, match=f"PORT='{port}' is no port number"):
        squadron.main()


# Pages


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "The team"),
        ("/main/index/1/TheViper", "{&#x27;id&#x27;: &#x27;1&#x27;, &#x27;name&#x27;: &#x27;TheViper&#x27;}"),
        ("/main/index/3/Marigold", "New tyres"),
        ("/user/login", 'name="password"'),
        ("/notes", "briefing"),
        ("/notes?words=TYRES", "New tyres"),
        ("/notes?words=%3Cb%3E", "No note has “&lt;b&gt;” in it."),
        ("/notes/show/2", "briefing"),
        ("/health", '"ok"'),
    ],
)
async def test_page_is_shown(browser: Browser, path: str, expected: str) -> None:
    assert expected in await browser.get(path)


@pytest.mark.gen_test
async def test_every_link_leads_somewhere(browser: Browser) -> None:
    """From the home page on, whatever a link, an image or a style sheet names is there."""
    await browser.sign_in()
    seen, left = set(), {"/"}
    while left:
        path = left.pop()
        seen.add(path)
        response = await browser.request("GET", path)
        assert response.code in (200, 301, 302), (path, response.code)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            left |= set(re.findall(r'(?:href|src)="(/[^"]*)"', response.body.decode())) - seen
    assert len(seen) > 15


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("method", "path", "status", "header", "value"),
    [
        ("GET", "/people/1", 302, "Location", "/main/index/1/TheViper"),
        ("GET", "/home", 301, "Location", "{base}/"),
        ("GET", "/notes/", 301, "Location", "/notes"),
        ("GET", "/notes/new", 302, "Location", "/user/login?next=%2Fnotes%2Fnew"),
        ("HEAD", "/notes", 200, "Content-Type", "text/html; charset=UTF-8"),
        ("OPTIONS", "/user/login", 204, "Allow", "GET, HEAD, POST, OPTIONS"),
        ("GET", "/user/logout", 405, "Allow", "POST, OPTIONS"),
        ("PUT", "/notes/show/1", 405, "Allow", "GET, HEAD, OPTIONS"),
        ("GET", "/static/style.css", 200, "Content-Type", "text/css"),
        ("GET", "/static/logo.png", 200, "Content-Type", "image/png"),
        ("GET", "/static/logo.svg", 200, "Content-Type", "image/svg+xml"),
    ],
)
async def test_answer_has_header(
    browser: Browser, method: str, path: str, status: int, header: str, value: str
) -> None:
    response = await browser.request(method, path)
    assert (response.code, response.headers[header]) == (status, value.replace("{base}", browser.base_url))


@pytest.mark.gen_test
async def test_static_file_is_not_sent_twice(browser: Browser) -> None:
    first = await browser.request("GET", "/static/style.css")
    again = await browser.request("GET", "/static/style.css", {"If-None-Match": first.headers["Etag"]})
    assert (again.code, again.body) == (304, b"")


@pytest.mark.gen_test
async def test_echo_says_back_what_it_hears(http_server: Any, base_url: str) -> None:
    socket = await websocket_connect(base_url.replace("http", "ws", 1) + "/echo")
    await socket.write_message("Tower?")
    assert await socket.read_message() == "Tower?"
    socket.close()
    assert await socket.read_message() is None


# Errors


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/nowhere", 404, ""),
        ("/main/index/9/TheViper", 404, ""),
        ("/main/index/1/Kestrel", 404, ""),
        ("/main/index/" + "9" * 5000 + "/TheViper", 404, ""),
        ("/notes/show/9", 404, ""),
        ("/notes/show/abc", 404, "note_id"),
        ("/notes/show/" + "9" * 5000, 404, "note_id"),
        ("/notes/show/%ff", 400, ""),
        ("/notes?limit=many", 400, "limit"),
        ("/notes?limit=0", 400, "limit"),
        ("/notes?words=%ff", 400, ""),
        ("/notes?words=%zz", 400, "percent escape"),
    ],
)
async def test_wrong_request_is_explained(browser: Browser, path: str, status: int, named: str) -> None:
    page = await browser.request("GET", path)
    assert (page.code, page.headers["Content-Type"]) == (status, "text/html; charset=UTF-8")
    assert "To the home page" in page.body.decode()
    assert named in page.body.decode()
    if path.startswith("/notes"):
        problem = await browser.request("GET", path, AS_PROGRAM)
        assert (problem.code, problem.headers["Content-Type"]) == (status, "application/problem+json")
        assert named in problem.body.decode()


@pytest.mark.gen_test
async def test_notes_are_json_for_who_asks_for_that(browser: Browser) -> None:
    response = await browser.request("GET", "/notes?words=briefing", AS_PROGRAM)
    (note,) = json.loads(response.body)
    assert (response.headers["Vary"], note["id"], note["author"], sorted(note)) == (
        "Accept",
        2,
        "Kestrel",
        ["author", "id", "text", "written"],  # and nothing of the author's password
    )
    assert (await browser.request("GET", "/notes/show/2", {"Accept": "image/png"})).code == 406


@pytest.mark.gen_test
async def test_clock_ticks(http_server: Any, http_port: int) -> None:
    stream = await TCPClient().connect("127.0.0.1", http_port)
    await stream.write(b"GET /clock HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"Content-Type: text/event-stream" in await stream.read_until(b"\r\n\r\n")
    event = await stream.read_until(b"\n\n")
    assert re.search(rb"event: tick\ndata: \d\d:\d\d:\d\d\n\n$", event)
    stream.close()


# Signing in, and writing


@pytest.mark.gen_test
async def test_sign_in_and_out(browser: Browser) -> None:
    await browser.sign_in()
    assert "Sign out" in await browser.get("/notes/new")
    response = await browser.post("/user/logout")
    assert (response.code, response.headers["Location"]) == (303, "/")
    assert (await browser.request("GET", "/notes/new")).code == 302


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("name", "password"),
    [("TheViper", "bottom-gun"), ("TheViper", ""), ("Kestrel", ""), ("Kestrel", "nobody"), ("Nobody", "top-gun")],
)
async def test_sign_in_refused(browser: Browser, name: str, password: str) -> None:
    response = await browser.post("/user/login", name=name, password=password)
    assert response.code == 403
    assert "No such name and password" in response.body.decode()
    assert "person" not in browser.cookies


@pytest.mark.gen_test
@pytest.mark.parametrize("path", ["/user/login", "/user/logout", "/notes/create", "/notes/remove/1"])
async def test_post_without_token_is_refused(browser: Browser, path: str) -> None:
    await browser.sign_in()
    assert (await browser.request("POST", path, body="text=x&name=TheViper&password=top-gun")).code == 403


@pytest.mark.gen_test
async def test_forged_cookie_is_nobody(browser: Browser) -> None:
    await browser.sign_in()
    browser.cookies["person"] = browser.cookies["person"][:-1] + "x"
    assert (await browser.request("GET", "/notes/new")).code == 302


@pytest.mark.gen_test
async def test_note_is_written_and_removed(browser: Browser) -> None:
    await browser.sign_in()
    response = await browser.post("/notes/create", text="<script>alert(1)</script> & über uns")
    assert (response.code, response.headers["Location"]) == (303, "/notes/show/3")
    for path in ("/notes", "/notes/show/3", "/main/index/1/TheViper"):
        page = await browser.get(path)
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; über uns" in page
        assert "<script>" not in page
    assert (await browser.post("/notes/remove/3")).headers["Location"] == "/notes"
    assert (await browser.request("GET", "/notes/show/3")).code == 404


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("form", "expected"),
    [({}, "A note needs a word or two."), ({"text": "  "}, "a word or two."), ({"text": "<" * 281}, "this has 281")],
)
async def test_note_refused(browser: Browser, app: RailsApplication, form: dict[str, str], expected: str) -> None:
    await browser.sign_in()
    response = await browser.post("/notes/create", **form)
    page = response.body.decode()
    assert (response.code, expected in page, page.count("<<")) == (422, True, 0)
    assert form.get("text", "").strip().replace("<", "&lt;") in page  # what was written is still there
    assert len(app.settings["store"].notes) == 2


@pytest.mark.gen_test
async def test_note_of_another_stays(browser: Browser, app: RailsApplication) -> None:
    assert (await browser.post("/notes/create", text="Me?")).code == 403
    await browser.sign_in()
    assert (await browser.post("/notes/remove/1")).code == 403
    assert len(app.settings["store"].notes) == 2
