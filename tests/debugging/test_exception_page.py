"""The page of an exception: what it shows, to whom, and that nothing on it is of others' making."""

from __future__ import annotations

import builtins
import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import tornado.web
from tornado.testing import ExpectLog
from tornado.web import HTTPError, RequestHandler

from tests.debugging.support import XSS, Page, ask, debugged, failed, page_of
from tests.routing.support import Response
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller import around_action, before_action


@dataclass
class User:
    name: str
    password: str


def find(users: dict[int, User], id: int) -> User:
    return users[id]


class ShopController(Controller):
    @before_action
    def authenticate(self) -> None: ...

    @around_action(only="show")
    def timed(self) -> Any:
        yield

    def show(self, id: int) -> None:
        user = User("Ann", "hunter22")
        note = "a local"
        try:
            find({1: user}, id)
        except KeyError as error:
            raise LookupError(f"there is no {note} {id}") from error

    def typo(self) -> None:
        self.rendr()  # type: ignore[attr-defined]

    def gone(self) -> None:
        raise HTTPError(410, "for the log")

    def number(self, *, number: int) -> None: ...


APP = debugged(ShopController)


def test_page_shows_where_and_why() -> None:
    page = page_of(APP, "/shop/show/3?page=2")
    for text in (
        *("500 Internal Server Error", "GET /shop/show/3?page=2", "LookupError", "there is no a local 3"),
        *("It was caused by:", "KeyError", 'raise LookupError(f"there is no {note} {id}") from error'),
        *("GET /shop/show/:id -> shop#show", "ShopController.show (tests/debugging/test_exception_page.py:"),
        *("before_action 'authenticate' (tests/debugging/test_exception_page.py:", "around_action 'timed' ("),
        *("'a local'", "User(name='Ann', password=[FILTERED])", "'text/html'"),
    ):
        assert text in page.text, text
    assert "hunter22')" not in page.text
    kinds = [attributes["class"] for tag, attributes in page.tags if tag == "details" and "frame" in str(attributes)]
    assert {"frame application", "frame framework"} == set(kinds)
    opened = [attributes for tag, attributes in page.tags if tag == "details" and "open" in attributes]
    assert [each["class"] for each in opened] == ["frame application"] * 2


def test_page_is_kept_nowhere_and_runs_nothing_but_its_own() -> None:
    one, other = failed(APP, "/shop/show/3"), failed(APP, "/shop/show/3")
    policy = one.headers["Content-Security-Policy"]
    (nonce,) = re.findall("script-src 'nonce-([^']{20,})'", policy)
    assert policy != other.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert (f'<script nonce="{nonce}">' in one.body, f'<style nonce="{nonce}">' in one.body) == (True, True)
    assert one.headers["Content-Type"] == "text/html; charset=UTF-8"
    names = ("Cache-Control", "X-Content-Type-Options", "Referrer-Policy")
    assert [one.headers[name] for name in names] == ["no-store", "nosniff", "no-referrer"]


def test_page_says_what_may_have_been_meant() -> None:
    assert "'ShopController' object has no attribute 'rendr'" in page_of(APP, "/shop/typo").text
    assert "Did you mean" in page_of(APP, "/shop/typo").text


def test_status_of_an_http_error_stays() -> None:
    answer = ask(APP, "/shop/gone")
    assert answer.status == 410
    assert "HTTP 410: Gone (for the log)" in Page(answer.body).text
    answer = ask(APP, "/shop/number?number=x")
    assert answer.status == 400
    assert "parameter 'number'" in Page(answer.body).text
    head = ask(APP, "/shop/gone", method="HEAD")
    assert (head.status, head.body) == (410, "")


def test_json_has_the_exception_beside_the_problem() -> None:
    answer = failed(APP, "/shop/show/3", "application/json")
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.body)
    assert problem["title"] == "Internal Server Error"
    assert problem["exception"] == "LookupError: there is no a local 3"
    assert problem["traceback"][-1] == "KeyError: 3"
    assert "    find({1: user}, id)" in problem["traceback"]
    refused = json.loads(ask(APP, "/shop/number?number=x", "application/json").body)
    assert set(refused) == {"type", "title", "status", "detail", "errors"}


def test_markdown_is_fenced_and_its_fence_holds() -> None:
    class Ticks(Controller):
        def go(self) -> None:
            raise ValueError("```\n# heading ````")

    answer = failed(debugged(Ticks), "/ticks/go", "text/markdown")
    assert answer.headers["Content-Type"] == "text/markdown; charset=UTF-8"
    assert answer.body.startswith(
        "# 500 Internal Server Error\n\n`````text\n500 Internal Server Error: GET /ticks/go\n"
    )
    assert answer.body.endswith("ValueError: ```\n# heading ````\n`````\n")


@pytest.mark.parametrize(
    ("accept", "headers"),
    [("*/*", {}), ("text/plain", {}), ("text/html", {"X-Requested-With": "XMLHttpRequest"})],
)
def test_who_asks_for_no_page_gets_tornados_traceback(accept: str, headers: dict[str, str]) -> None:
    answer = failed(APP, "/shop/show/3", accept, headers=headers)
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.body.startswith("Traceback (most recent call last):")


def test_handlers_of_tornado_keep_its_traceback() -> None:
    class Plain(RequestHandler):
        def get(self) -> None:
            raise ValueError

        def act(self) -> None:
            raise ValueError

    app = RailsApplication(
        [("/plain", Plain), ("/act", Plain, {"action": "act"})], debug=True, autoreload=False, controllers=[]
    )
    for path in ("/plain", "/act"):
        assert failed(app, path).headers["Content-Type"] == "text/plain"


def test_controller_in_tornados_own_application_has_the_page() -> None:
    class Old(Controller):
        def get(self) -> None:
            raise ValueError("old")

    app: Any = tornado.web.Application([("/old", Old)], debug=True, autoreload=False)
    page = page_of(app, "/old")
    assert "Old.get (tests/debugging/test_exception_page.py:" in page.text
    assert "Written " + "at" not in page.text  # as its source is on it


def test_error_without_an_exception_is_tornados() -> None:
    class Sends(Controller):
        def go(self) -> None:
            self.send_error(409)

    assert (
        ask(debugged(Sends), "/sends/go").body == "<html><title>409: Conflict</title><body>409: Conflict</body></html>"
    )


@pytest.mark.parametrize("path", ["/shop/show/3", "/shop/typo", "/nothing/at/all"])
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/markdown", "text/plain", "*/*"])
@pytest.mark.parametrize("settings", [{}, {"debug": True, "autoreload": False, "serve_traceback": False}])
def test_nothing_of_it_shows_without_debug(path: str, accept: str, settings: dict[str, Any]) -> None:
    app = RailsApplication(controllers=[ShopController], **settings)
    answer = ask(app, path, accept) if path.startswith("/nothing") else failed(app, path, accept)
    for text in (
        "LookupError",
        "AttributeError",
        "a local",
        "rendr",
        ".py",
        "shop",
        "raise",
        "authenticate",
        "exception",
    ):
        assert text not in answer.body, text
    assert "Content-Security-Policy" not in answer.headers


# What is reflected


class Xss(ValueError):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.__notes__ = [text, 7]

    def __repr__(self) -> str:
        return str(self.args[0])


Xss.__qualname__ = XSS
Xss.__module__ = XSS


class HostileController(Controller):
    def value(self, *, text: str = XSS) -> None:
        hostile = Xss(XSS)  # noqa: F841
        raise ValueError(self.params)

    def message(self) -> None:
        raise Xss(XSS)

    def source(self) -> None:
        exec(compile(f"1 / 0 # {XSS}", XSS, "exec"), {XSS: XSS})

    def reason(self) -> None:
        self.set_status(500, XSS)
        raise HTTPError(500, XSS, reason=XSS)

    def callback(self) -> None:
        self._tornado_rails_ran = (XSS,)
        raise ValueError


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/hostile/value?text={quote(XSS)}&{quote(XSS)}=1", {}),
        ("/hostile/value", {"X-Hostile": XSS, "User-Agent": XSS, "Cookie": XSS, "Referer": XSS}),
        ("/hostile/message", {}),
        ("/hostile/source", {}),
        ("/hostile/callback", {}),
        (f"/hostile/value?<script>alert(1)</script>{XSS.replace(' ', '+')}", {}),
    ],
)
def test_nothing_is_reflected_unescaped(path: str, headers: dict[str, str]) -> None:
    page_of(debugged(HostileController), path, headers=headers)


def test_reason_is_not_reflected_unescaped() -> None:
    app = debugged(HostileController)
    with ExpectLog("tornado.general", "500 "), ExpectLog("tornado.access", "500 "):
        answer = ask(app, "/hostile/reason")
    Page(answer.body).check()


def test_name_of_a_view_is_not_reflected_unescaped(tmp_path: Path) -> None:
    folder = tmp_path / "<script>alert(1)<" / "views"
    (folder / "viewing").mkdir(parents=True)
    (folder / "viewing" / "go.html").write_text(f"{XSS}\n{{{{ 1 / 0 }}}}\n")
    (folder / "viewing" / "other.html").write_text("{% include '<script>alert(1)</script>' %}")

    class Viewing(Controller):
        def go(self) -> None: ...

        def other(self) -> None: ...

        def missing(self) -> None:
            self.render(f"{XSS}.html")

    app = debugged(Viewing, template_path=str(folder))
    page = page_of(app, "/viewing/go")
    assert "go.html, line 2:" in page.text
    assert ">    2 | {{ 1 / 0 }}" in page.text
    page_of(app, "/viewing/other")
    page_of(app, "/viewing/missing")


# Secrets


def test_secrets_are_filtered_wherever_they_turn_up() -> None:
    class Login(Controller):
        def create(self) -> None:
            given = self.params["password"]  # under another name
            nested = {"user": {"api_key": "key-in-a-dict"}, "list": [{"token": "token-in-a-list"}]}
            settings, headers, body = self.settings, self.request.headers, self.request.body  # noqa: F841
            pin = "4711-4711"  # noqa: F841
            raise ValueError(f"{given} is wrong; {self.request} {nested}")

    secrets = {
        *("hunter22", "bearer-of-news", "cookie-value", "key-in-a-dict", "token-in-a-list", "secret-of-cookies"),
        *("proxy-secret", "x-api-value", "4711-4711"),
    }
    answer = failed(
        debugged(Login, cookie_secret="secret-of-cookies", filter_params=["pin"]),
        "/login/create?token=bearer-of-news",
        method="POST",
        body="password=hunter22&name=Ann",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": "Bearer bearer-of-news",
            "Proxy-Authorization": "Basic proxy-secret",
            "Cookie": "session=cookie-value",
            "X-Api-Key": "x-api-value",
        },
    )
    text = Page(answer.body).text
    assert [secret for secret in secrets if secret in text] == []
    assert text.count("[FILTERED]") > 10
    assert "'Ann'" in text


def test_secrets_of_a_json_body_are_filtered() -> None:
    class Login(Controller):
        def create(self) -> None:
            body = self.request.body.decode()
            raise ValueError(body[15:])

    options: dict[str, Any] = {"method": "POST", "headers": {"Content-Type": "application/json"}}
    app = debugged(Login)
    secret = "hunter" + "22"  # as the source of this test is on the page
    for body in ('{"user": {"password": "%s"}}', '{"password": "%s"'):
        assert secret not in page_of(app, "/login/create", body=body % secret, **options).text


# What else may go wrong


def answer_of(action: Any, **settings: Any) -> Response:
    class Odd(Controller):
        def go(self) -> None:
            action()

    begun = time.monotonic()
    answer = failed(debugged(Odd, **settings), "/odd/go")
    assert time.monotonic() - begun < 20
    assert len(answer.body) < 3_000_000
    Page(answer.body).check()
    return answer


def recursion() -> None:
    def endless(n: int) -> None:
        endless(n + 1)

    endless(0)


def long_message() -> None:
    raise ValueError("x" * 10_000_000)


def surrogate() -> None:
    text = "\udc80\x00\u202e"
    raise ValueError(text)


def syntax() -> None:
    compile("def f(:\n    pass <script>", "<script>", "exec")


def group() -> None:
    if sys.version_info < (3, 11):
        raise ValueError("two of them: ValueError: one of the group")
    raise vars(builtins)["ExceptionGroup"]("two of them", [ValueError("one of the group"), TypeError("another")])


def circle() -> None:
    one, other = ValueError("one"), TypeError("other")
    one.__cause__, other.__cause__ = other, one
    raise one


def broken_str() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    raise Broken


def huge_locals() -> None:
    big = {name: list(range(1_000_000)) for name in "abc"}
    many = {f"name{number}": "x" * 1000 for number in range(5000)}
    text = "y" * 10_000_000
    raise ValueError(len(big) + len(many) + len(text))


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (recursion, "frames are left out"),
        (long_message, "more)"),
        (surrogate, r"\udc80\x00\u202e"),
        (syntax, "SyntaxError"),
        (group, "one of the group"),
        (circle, "other"),
        (broken_str, "Broken"),
        (huge_locals, "more)"),
    ],
)
def test_whatever_it_is_the_page_is_there(action: Any, text: str) -> None:
    assert text in Page(answer_of(action).body).text


def test_file_that_is_gone_has_no_source(tmp_path: Path) -> None:
    file = tmp_path / "gone.py"
    names: dict[str, Any] = {}
    exec(compile("def go():\n    raise ValueError('gone')\n", str(file), "exec"), names)
    assert "There is no source." in Page(answer_of(names["go"]).body).text


def test_page_that_cannot_be_made_leaves_tornados(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("tornado_rails.debugging.answers.report_of", broken)
    with ExpectLog("tornado.application", "The debug page of status 500 cannot be made"):
        answer = failed(APP, "/shop/show/3")
    assert answer.headers["Content-Type"] == "text/plain"
    assert "LookupError" in answer.body
