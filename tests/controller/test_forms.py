"""Forms with nested names, read into body models; files and groups as an action's parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Optional

import msgspec
import pydantic
import pytest

from tests.controller.test_binding import action_of, called_by, handler_of, served_by
from tests.controller.test_models import FORM, JSON, MODELS, MULTIPART, Node, PydanticUser, plain, sent
from tests.controller.test_params import multipart
from tornado_rails.controller.parameters import Parameters
from tornado_rails.controller.uploads import UploadedFile

USER = b"name=Ada&age=36&"
FILE = 'name="%s"; filename="a.txt"\r\nContent-Type: text/plain'


def taking_of(signature: str) -> Any:
    """An action with this signature, which may name a file or a group."""
    return action_of(signature, Parameters=Parameters, UploadedFile=UploadedFile)


@dataclass
class Line:
    count: int
    gift: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass
class Order:
    lines: list[Line]
    first: Optional[Line] = None  # noqa: UP045
    paid: bool = False
    options: dict[str, Any] = field(default_factory=dict)


class PydanticOrder(pydantic.BaseModel):
    lines: list[dict[str, str]]


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class WithFile(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True, extra="forbid")
    photo: UploadedFile
    photos: list[UploadedFile] = []


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"address[city]=London", {"address": {"city": "London", "zip": 0}}),
        (b"address[city]=London&address[zip]=7", {"address": {"city": "London", "zip": 7}}),
        (b"tags[]=a&tags[]=b", {"tags": ["a", "b"]}),
        (b"tags[0]=a&tags[1]=b", {"tags": ["a", "b"]}),
        (b"tags[]=", {"tags": [""]}),
    ],
)
def test_model_takes_nested_names(model: Any, body: bytes, expected: dict[str, Any]) -> None:
    handler = sent(model, USER + body, FORM)
    assert handler.get_status() == 200, handler.request.connection.body
    assert plain(handler.taken) == {"name": "Ada", "age": 36, "tags": [], "address": None, **expected}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"lines[][count]=007&lines[][gift]=on&lines[][count]=2", [Line(7, True), Line(2)]),
        (b"lines[0][count]=1&lines[0][notes][]=a&lines[1][count]=2", [Line(1, notes=["a"]), Line(2)]),
        (b"lines[][count]=1&lines[][notes]=a", [Line(1, notes=["a"])]),
        (b"lines[count]=1", [Line(1)]),
        (b"lines[a]=1", 422),
        (b"lines[]=1", 422),
        (b"lines=1", 422),
        (b"lines[][count]=1_0", 422),
        (b"lines[][count][]=1", 422),
    ],
)
def test_lists_of_models_are_read_from_a_form(body: bytes, expected: Any) -> None:
    handler = sent(Order, body, FORM)
    if expected == 422:
        assert handler.get_status() == 422
    else:
        assert handler.taken == Order(expected)


def test_models_within_are_read_as_they_are_outside() -> None:
    handler = sent(Order, b"lines[][count]=1&first[count]=02&first[gift]=off&paid=on&options[a][b]=c", FORM)
    assert handler.taken == Order([Line(1)], Line(2), True, {"a": {"b": "c"}})
    assert type(handler.taken.options["a"]) is dict


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"lines[][count]=1&first[count]=x", "first.count"),
        (b"lines[0][count]=1&lines[1][count]=nan", "lines.count"),
        (b"lines[][count]=1&paid[]=on", "paid"),
        (b"lines[][count]=1&first=x", "first"),
    ],
)
def test_what_does_not_fit_is_a_422_that_says_where(body: bytes, place: str) -> None:
    handler = sent(Order, body, FORM)
    assert handler.get_status() == 422
    assert json.loads(handler.request.connection.body)["errors"][0]["parameter"] == place


def test_pydantic_model_takes_a_list_of_groups() -> None:
    assert sent(PydanticOrder, b"lines[0][a]=1&lines[1][a]=2", FORM).taken.lines == [{"a": "1"}, {"a": "2"}]


def test_model_within_itself_is_read_from_a_form() -> None:
    handler = sent(Node, b"name=a&children[][name]=b&children[][children][][name]=c", FORM)
    assert plain(handler.taken)["children"][0]["children"][0]["name"] == "c"


@pytest.mark.parametrize("model", [Strict, PydanticUser])
def test_file_that_no_field_asks_for_is_left_out(model: Any) -> None:
    parts = [('name="name"', "Ada"), ('name="age"', "36"), (FILE % "f", "1"), (FILE % "g[]", "2")]
    handler = sent(model, multipart(*(parts if model is PydanticUser else [parts[0], *parts[2:]])), MULTIPART)
    assert handler.get_status() == 200, handler.request.connection.body
    assert handler.taken.name == "Ada"


def test_pydantic_model_may_have_a_file() -> None:
    body = multipart((FILE % "photo", "1"), (FILE % "photos[]", "2"), (FILE % "photos[]", "3"))
    taken = sent(WithFile, body, MULTIPART).taken
    assert (taken.photo.body, [each.body for each in taken.photos]) == (b"1", [b"2", b"3"])
    assert sent(WithFile, b"photo=1", FORM).get_status() == 422


@pytest.mark.parametrize(
    ("target", "media_type", "body", "signature", "expected"),
    [
        ("/?post[a]=1", "", b"", "*, post: Parameters", {"a": "1"}),
        ("/", FORM, b"post[a]=1", "*, post: Parameters", {"a": "1"}),
        ("/", JSON, b'{"post": {"a": 1}}', "*, post: Optional[Parameters] = None", {"a": 1}),
        ("/", JSON, b'{"post": null}', "*, post: Optional[Parameters] = None", None),
        ("/", "", b"", "*, post: Optional[Parameters] = None", None),
        ("/", FORM, b"post[a]=1", "*, post", {"a": "1"}),
        ("/?post[]=1&post[]=2", "", b"", "*, post: list[int]", [1, 2]),
    ],
)
def test_parameter_of_an_action_may_be_a_group(
    target: str, media_type: str, body: bytes, signature: str, expected: Any
) -> None:
    got = called_by(("/", handler_of(taking_of(signature)), {"action": "act"}), target, body, media_type)["post"]
    assert got == expected
    assert type(got) is (Parameters if isinstance(expected, dict) else type(expected))


def test_parameter_of_an_action_may_be_a_file() -> None:
    route = ("/", handler_of(taking_of("*, photo: UploadedFile")), {"action": "act"})
    called = called_by(route, "/", multipart((FILE % "photo", "1")), MULTIPART)
    assert called["photo"].body == b"1"


@pytest.mark.parametrize(
    ("signature", "body", "detail"),
    [
        ("*, post: Parameters", b"post=1", "parameter 'post': Expected a group of parameters"),
        ("*, post: Parameters", b"post[]=1", "parameter 'post': Expected a group of parameters"),
        ("*, post: Parameters", b"a=1", "parameter 'post': is required"),
        ("*, post: UploadedFile", b"post=1", "parameter 'post': Expected a file"),
        ("*, post: str", b"post[a]=1", "parameter 'post': Expected `str`"),
        ("*, post: int", b"post[a]=1", "parameter 'post': Expected `int`"),
        ("*, post: bool", b"post[]=1", "parameter 'post': Expected `bool`"),
        ("*, post: list[int]", b"post[][a]=1", "parameter 'post': Expected `int`"),
    ],
)
def test_parameter_of_another_shape_is_a_400(signature: str, body: bytes, detail: str) -> None:
    handler = served_by(("/", handler_of(taking_of(signature)), {"action": "act"}), "/", body, FORM)
    assert handler.get_status() == 400
    assert handler.request.connection.body.decode().replace("&#x27;", "'").replace("&#39;", "'").count(detail) == 1
