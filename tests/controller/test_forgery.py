"""Forged requests: with ``xsrf_cookies``, nothing of a controller runs for a request without the token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.routing.support import Response, fetch
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller import after_action, around_action, before_action, rescue_from

TOKEN = "2|aaaaaaaa|" + "b" * 32 + "|1700000000"
RAN: list[str] = []


class PostsController(Controller):
    @before_action
    def before(self) -> None:
        RAN.append("before")

    @around_action
    def around(self) -> Iterator[None]:
        RAN.append("around")
        yield

    @after_action
    def after(self) -> None:
        RAN.append("after")

    @rescue_from(Exception)
    def rescue(self) -> str:
        RAN.append("rescue")
        return "rescued"

    def create(self) -> str:
        RAN.append("create")
        return "created"

    def post(self) -> Any:
        RAN.append("post")
        return "posted"


APPLICATION = RailsApplication(
    [("/tuple", PostsController, {"action": "create"}), ("/verb", PostsController)],
    controllers=[PostsController],
    routes=lambda map: map.match("drawn", to="posts#create", via=["post", "put", "patch", "delete"]),
    xsrf_cookies=True,
)
PATHS = ["/tuple", "/drawn", "/posts/create", "/verb"]

BODIES = {
    "application/x-www-form-urlencoded": "text=x",
    "multipart/form-data; boundary=XX": '--XX\r\nContent-Disposition: form-data; name="text"\r\n\r\nx\r\n--XX--\r\n',
    "application/json": '{"text": "x"}',
    "application/vnd.api+json": '{"text": "x"}',
    "text/plain": "text=x",
    "application/octet-stream": "text=x",
    "application/xml": "<text/>",
    "": "text=x",
}


def ask(path: str, content_type: str, body: str, method: str = "POST", **headers: str) -> Response:
    RAN.clear()
    kind = {"Content-Type": content_type} if content_type else {}
    return fetch(APPLICATION, path, method, {**kind, **headers}, body)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content_type", BODIES)
def test_request_without_the_token_runs_nothing(path: str, content_type: str) -> None:
    assert ask(path, content_type, BODIES[content_type]).status == 403
    assert RAN == []
    assert ask(path, content_type, BODIES[content_type], Cookie=f"_xsrf={TOKEN}").status == 403
    assert ask(path, content_type, BODIES[content_type], **{"X-XSRFToken": TOKEN}).status == 403
    other = TOKEN.replace("b" * 32, "c" * 32)
    assert (
        ask(path, content_type, BODIES[content_type], Cookie=f"_xsrf={TOKEN}", **{"X-XSRFToken": other}).status == 403
    )
    assert RAN == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content_type", BODIES)
def test_request_with_the_token_in_its_header_runs(path: str, content_type: str) -> None:
    answer = ask(path, content_type, BODIES[content_type], Cookie=f"_xsrf={TOKEN}", **{"X-XSRFToken": TOKEN})
    assert answer.status == 200
    action = "post" if path == "/verb" else "create"
    assert ["before", "around", action, "after"] == RAN


@pytest.mark.parametrize("path", PATHS)
def test_token_in_a_json_body_or_a_nested_name_is_none(path: str) -> None:
    cookie = f"_xsrf={TOKEN}"
    assert ask(path, "application/json", json.dumps({"_xsrf": TOKEN}), Cookie=cookie).status == 403
    assert ask(path, "application/x-www-form-urlencoded", f"post[_xsrf]={TOKEN}", Cookie=cookie).status == 403
    assert RAN == []
    assert ask(path, "application/x-www-form-urlencoded", f"_xsrf={TOKEN}", Cookie=cookie).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_need_it_too(method: str) -> None:
    assert ask("/drawn", "application/json", "{}", method).status == 403
    assert RAN == []
    assert (
        ask("/drawn", "application/json", "{}", method, Cookie=f"_xsrf={TOKEN}", **{"X-XSRFToken": TOKEN}).status == 200
    )


@pytest.mark.parametrize("override", ["_method=post", "_method=delete"])
def test_get_is_never_made_another_method(override: str) -> None:
    headers = {"X-HTTP-Method-Override": "POST"}
    assert fetch(APPLICATION, f"/drawn?{override}", headers=headers).status in (404, 405)
    assert fetch(APPLICATION, f"/verb?{override}", headers=headers).status == 405
