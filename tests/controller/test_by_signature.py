"""What a signature means besides an action's: verbs behind param_keys, a body's types, a name for monitoring."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tornado.web import RequestHandler

from tests.conftest import Fetch
from tornado_rails import Controller, RailsApplication, post
from tornado_rails.errors import SignatureError


class Main(RequestHandler):
    def get(self) -> None:
        self.write({"params": self.params})  # type: ignore[attr-defined]

    def post(self, name: str, id: int) -> None:
        self.write({"id": id, "name": name})

    def put(self, *args: str) -> None:
        self.write({"args": args})


class BodyController(Controller):
    @post
    def text(self, *, name: str = "none") -> None:
        self.write(name.upper())

    def argument(self) -> None:
        self.write(self.get_argument("word"))


@pytest.fixture
def app() -> RailsApplication:
    return RailsApplication(
        [(r"/main/(\d+)/(\w+)", Main, {"param_keys": ("id", "name")}), (r"/verbs/(\d+)", RequestHandler)],
        controllers=[BodyController],
    )


@pytest.mark.parametrize(
    ("method", "code", "answer"),
    [
        ("GET", 200, {"params": {"id": "1", "name": "TheViper"}}),
        ("HEAD", 200, None),
        ("POST", 200, {"id": 1, "name": "TheViper"}),
        ("PUT", 200, {"args": ["1", "TheViper"]}),
        ("DELETE", 405, None),
    ],
)
@pytest.mark.gen_test
async def test_verb_behind_param_keys_takes_what_its_signature_says(
    fetch: Fetch, method: str, code: int, answer: Any
) -> None:
    response = await fetch("/main/1/TheViper", method, "" if method in ("POST", "PUT") else None)
    assert response.code == code
    if answer is not None:
        assert json.loads(response.body) == answer


def test_verb_that_its_path_cannot_satisfy_is_an_error() -> None:
    with pytest.raises(SignatureError, match=r"post\(name, id\) needs 'name', which the path does not have"):
        RailsApplication([(r"/main/(\d+)", Main, {"param_keys": ("id",)})])
    RailsApplication([(r"/main/(\d+)", Main, {"param_keys": ("id",), "methods": ["GET"]})])


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ('{"name": "a"}', 200, "A"),
        ("{}", 200, "NONE"),
        ('{"name": 1}', 400, "Expected `str`, got `int`"),
        ('{"name": null}', 400, "Expected `str`, got `null`"),
        ('{"name": ["x"]}', 400, "Expected `str`, got `array`"),
    ],
)
@pytest.mark.gen_test
async def test_text_of_a_json_body_is_text(fetch: Fetch, body: str, code: int, text: str) -> None:
    response = await fetch("/body/text", "POST", body, Content_Type="application/json")
    assert response.code == code
    if code == 400:
        problem = json.loads(response.body)
        assert problem["errors"] == [{"parameter": "name", "in": "body", "detail": text}]
    else:
        assert response.body.decode() == text


@pytest.mark.gen_test
async def test_missing_argument_is_named(fetch: Fetch) -> None:
    response = await fetch("/body/argument", Accept="application/json")
    assert (response.code, json.loads(response.body)["errors"]) == (
        400,
        [{"parameter": "word", "in": "query", "detail": "is required"}],
    )
    response = await fetch("/body/argument", "POST", "", Accept="application/json")
    assert json.loads(response.body)["errors"][0]["in"] == "body"
    assert (await fetch("/body/argument?word=a")).body == b"a"


def test_verbs_method_is_named_after_the_handlers_class() -> None:
    application = RailsApplication([("/a", Main, {"action": "get"})], controllers=[BodyController])
    for rule, name in zip(application.wildcard_router.rules, ("Main.get", "BodyController.get"), strict=False):
        method = getattr(rule.target, "get")  # noqa: B009
        assert (method.__module__, method.__qualname__) == (__name__, name)
