# ruff: noqa: UP007, UP045 (parameters are named as path params are; every spelling of a type is tried)
"""Body models: a parameter that is a dataclass, a Struct or a pydantic model."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Optional, Union

import msgspec
import pydantic
import pytest
from tornado.web import RequestHandler

from tests.conftest import Fetch
from tests.controller.support import data, request_by_hand, run, served
from tornado_rails import RailsApplication, URLSpec
from tornado_rails.errors import SignatureError

FORM, JSON, MULTIPART = "application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=XX"


@dataclass
class Address:
    city: str
    zip: int = 0


@dataclass
class DataclassUser:
    name: str
    age: int
    tags: list[str] = field(default_factory=list)
    address: Optional[Address] = None


class StructAddress(msgspec.Struct):
    city: str
    zip: int = 0


class StructUser(msgspec.Struct):
    name: str
    age: int
    tags: list[str] = []
    address: Optional[StructAddress] = None


class PydanticAddress(pydantic.BaseModel):
    city: str
    zip: int = 0


class PydanticUser(pydantic.BaseModel):
    name: str
    age: int
    tags: list[str] = []
    address: Optional[PydanticAddress] = None


MODELS = [DataclassUser, StructUser, PydanticUser]


class Renamed(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    first_name: str
    is_admin: bool = False
    nick_names: list[str] = []


class Limited(msgspec.Struct):
    ids: Annotated[list[Annotated[int, msgspec.Meta(ge=1)]], msgspec.Meta(max_length=3)]
    name: Annotated[str, msgspec.Meta(min_length=1)] = "x"


@dataclass
class Checkbox:
    on: bool = False


class PydanticAlias(pydantic.BaseModel):
    first_name: str = pydantic.Field(alias="firstName")
    nick_names: list[str] = pydantic.Field(default=[], alias="nickNames")


@dataclass
class Node:
    """Holds its own kind."""

    name: str
    children: list[Node] = field(default_factory=list)


class Unreadable:
    """Nothing that msgspec or pydantic knows."""


@dataclass
class WithUnreadable:
    value: Unreadable


@dataclass
class WithUndefined:
    value: Undefined  # type: ignore[name-defined]  # noqa: F821


def taking(model: Any, default: Any = ...) -> type[RequestHandler]:
    """A handler whose action takes a model, and keeps it."""

    def create(self: Any, user: Any) -> None:
        self.taken = user

    create.__annotations__ = {"user": model}
    if default is not ...:
        create.__defaults__ = (default,)
    return type("Page", (RequestHandler,), {"create": create, "__module__": __name__})


def sent(model: Any, body: bytes, media_type: str, target: str = "/", default: Any = ...) -> Any:
    """The handler that ran a body."""
    headers = {"Accept": JSON, **({"Content-Type": media_type} if media_type else {})}
    application = RailsApplication([("/", taking(model, default), {"action": "create"})])
    return asyncio.run(run(application, request_by_hand(target, "POST", body, headers)))


def plain(value: Any) -> Any:
    """A model as plain data."""
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump()
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else msgspec.to_builtins(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        (JSON, b'{"name": "Ada", "age": 36}', {"name": "Ada", "age": 36, "tags": [], "address": None}),
        (
            JSON,
            b'{"name": "Ada", "age": 36, "tags": ["a", "b"], "address": {"city": "London"}, "more": 1}',
            {"name": "Ada", "age": 36, "tags": ["a", "b"], "address": {"city": "London", "zip": 0}},
        ),
        (
            "application/vnd.api+json; x=y",
            b'{"name": "Ada", "age": 36}',
            {"name": "Ada", "age": 36, "tags": [], "address": None},
        ),
        (FORM, b"name=Ada&age=36", {"name": "Ada", "age": 36, "tags": [], "address": None}),
        (FORM, b"name=Ada&age=36&tags=a&more=1", {"name": "Ada", "age": 36, "tags": ["a"], "address": None}),
        (
            FORM,
            b"name=Ada&age=35&age=36&tags=a&tags=b",
            {"name": "Ada", "age": 36, "tags": ["a", "b"], "address": None},
        ),
        (
            MULTIPART,
            b'--XX\r\nContent-Disposition: form-data; name="name"\r\n\r\nAda\r\n'
            b'--XX\r\nContent-Disposition: form-data; name="age"\r\n\r\n36\r\n--XX--\r\n',
            {"name": "Ada", "age": 36, "tags": [], "address": None},
        ),
    ],
)
def test_model_is_read_from_json_and_forms(model: Any, media_type: str, body: bytes, expected: Any) -> None:
    handler = sent(model, body, media_type, "/?name=query&age=1&tags=query")
    assert handler.get_status() == 200, handler.request.connection.body
    assert isinstance(handler.taken, model)
    assert plain(handler.taken) == expected


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("media_type", "body", "parameters"),
    [
        (JSON, b"{}", ["name", "age"]),
        (JSON, b"", ["name", "age"]),
        ("", b"", ["name", "age"]),
        (FORM, b"", ["name", "age"]),
        (FORM, b"more=1", ["name", "age"]),
        (JSON, b'{"name": "Ada", "age": "x"}', ["age"]),
        (JSON, b'{"name": 1, "age": 36}', ["name"]),
        (JSON, b'{"name": "Ada", "age": 36, "address": {"city": 1}}', ["address.city"]),
        (JSON, b'{"name": "Ada", "age": 36, "address": {}}', ["address.city"]),
        (JSON, b'{"name": "Ada", "age": 36, "tags": ["a", 1]}', ["tags.1"]),
        (JSON, b'{"name": "Ada", "age": 36, "tags": "a"}', ["tags"]),
        (JSON, b"[]", [""]),
        (JSON, b"7", [""]),
        (JSON, b"null", [""]),
        (FORM, b"name=Ada&age=x", ["age"]),
        (FORM, b"name=Ada&age=1_0", ["age"]),
        (FORM, b"name=Ada&age=36&address=London", ["address"]),
    ],
)
def test_body_that_is_no_model_is_a_422(model: Any, media_type: str, body: bytes, parameters: list[str]) -> None:
    handler = sent(model, body, media_type)
    if model is PydanticUser and b"1_0" in body:
        parameters = []  # pydantic takes it, as Python does
    assert handler.get_status() == (422 if parameters else 200)
    if not parameters:
        return
    problem = json.loads(handler.request.connection.body)
    assert {key: problem[key] for key in ("type", "title", "status")} == {
        "type": "about:blank",
        "title": handler._reason,
        "status": 422,
    }
    assert problem["detail"].startswith("the body is not as expected: ")
    named = [(error["parameter"], error["in"]) for error in problem["errors"]]
    assert all(error["detail"] for error in problem["errors"])
    assert all(place == "body" for _, place in named)
    if model is PydanticUser:
        assert [name for name, _ in named] == parameters
    else:  # msgspec stops at the first; a name that is missing stands in its reason
        assert len(named) == 1
        missing = "missing required field" in problem["detail"]
        assert missing or named[0][0] in (parameters[0], parameters[0].replace(".1", "[1]"))


@pytest.mark.parametrize("model", [DataclassUser, StructUser])
def test_reason_of_a_422_names_the_field(model: Any) -> None:
    handler = sent(model, b'{"name": "Ada", "age": "x"}', JSON)
    problem = json.loads(handler.request.connection.body)
    assert problem["detail"] == "the body is not as expected: Expected `int`, got `str` (at age)"
    assert problem["errors"] == [{"parameter": "age", "in": "body", "detail": "Expected `int`, got `str`"}]
    missing = json.loads(sent(model, b'{"name": "Ada"}', JSON).request.connection.body)
    assert missing["detail"] == "the body is not as expected: Object missing required field `age`"
    assert missing["errors"] == [{"parameter": "age", "in": "body", "detail": "Object missing required field `age`"}]


@dataclass
class Scores:
    scores: dict[int, int]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (b'{"scores": {"x": 1}}', "scores"),
        (b'{"scores": {"1": "x"}}', "scores[...]"),
        (b'{"scores": []}', "scores"),
        (b"[]", ""),
    ],
)
def test_reason_of_a_422_names_the_field_of_a_mapping(body: bytes, parameter: str) -> None:
    problem = json.loads(sent(Scores, body, JSON).request.connection.body)
    assert problem["errors"][0]["parameter"] == parameter
    assert problem["detail"].endswith(f" (at {parameter})" if parameter else "got `array`")


class Priced(msgspec.Struct):
    price: float = 0.0
    exact: Optional[Decimal] = None


@dataclass
class PricedClass:
    price: float = 0.0
    exact: Optional[Decimal] = None


@pytest.mark.parametrize("model", [Priced, PricedClass])
@pytest.mark.parametrize("field_name", ["price", "exact"])
@pytest.mark.parametrize(
    ("value", "status"),
    [("1.5", 200), ("nan", 422), ("inf", 422), ("1_0", 422), (" 1 ", 422), ("sNaN", 422), ("x", 422)],
)
def test_number_of_a_form_has_its_usual_spelling(model: Any, field_name: str, value: str, status: int) -> None:
    assert sent(model, f"{field_name}={value}".encode(), FORM).get_status() == status


def test_reason_of_a_422_by_pydantic_names_each_field() -> None:
    problem = json.loads(sent(PydanticUser, b'{"name": 1}', JSON).request.connection.body)
    assert problem["detail"] == (
        "the body is not as expected: name: Input should be a valid string; age: Field required"
    )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "body",
    [b"{", b"nan", b"{'name': 1}", b'{"name": "\xff"}', b'{"name": "\\ud800", "age": 1}', b"\xff"],
)
def test_body_that_is_no_json_is_a_400(model: Any, body: bytes) -> None:
    handler = sent(model, body, JSON)
    assert handler.get_status() == 400
    assert json.loads(handler.request.connection.body)["detail"].startswith("the body is not JSON: ")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "x", "age": 1e999}',
        b'{"name": "x", "age": %s}' % (b"9" * 5000),
        b'{"name": "x", "age": 1, "tags": %s%s}' % (b"[" * 100_000, b"]" * 100_000),
        b'{"name": "x", "age": 1, "more": %s%s}' % (b"[" * 100_000, b"]" * 100_000),
        b'{"name": "x", "age": NaN}',
        b"[" * 100_000,
    ],
)
def test_hostile_json_is_refused_never_a_500(model: Any, body: bytes) -> None:
    assert sent(model, body, JSON).get_status() in (400, 422)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"name=%zz&age=1", "the form has a broken percent escape"),
        (b"name=%ff&age=1", "parameter 'name' is not UTF-8"),
    ],
)
def test_form_that_is_broken_is_a_400(model: Any, body: bytes, detail: str) -> None:
    handler = sent(model, body, FORM)
    assert handler.get_status() == 400
    assert json.loads(handler.request.connection.body)["detail"] == detail


@pytest.mark.parametrize(
    ("media_type", "detail"),
    [
        ("text/plain; charset=utf-8", "the body is text/plain; send JSON or a form"),
        ("", "the body is of no type; send JSON or a form"),
        ("application/xml", "the body is application/xml; send JSON or a form"),
        ("json", "the body is json; send JSON or a form"),
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_body_of_another_type_is_a_415(model: Any, media_type: str, detail: str) -> None:
    handler = sent(model, b"name=Ada&age=36", media_type)
    assert handler.get_status() == 415
    assert json.loads(handler.request.connection.body)["detail"] == detail


@pytest.mark.parametrize("model", MODELS)
def test_model_with_a_default_may_be_absent(model: Any) -> None:
    for annotation in (model, Optional[model], Union[model, None]):
        assert sent(annotation, b"", "", default=None).taken is None
        assert isinstance(sent(annotation, b'{"name": "x", "age": 1}', JSON, default=None).taken, model)
        assert sent(annotation, b'{"name": "x"}', JSON, default=None).get_status() == 422


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        (JSON, b'{"firstName": "Ada", "isAdmin": true, "nickNames": ["a", "b"]}', 200),
        (FORM, b"firstName=Ada&isAdmin=true&nickNames=a&nickNames=b", 200),
        (JSON, b'{"first_name": "Ada"}', 422),
        (JSON, b'{"firstName": "Ada", "more": 1}', 422),
        (FORM, b"firstName=Ada&more=1", 422),
    ],
)
def test_struct_with_options_keeps_them(media_type: str, body: bytes, status: int) -> None:
    handler = sent(Renamed, body, media_type)
    assert handler.get_status() == status, handler.request.connection.body
    if status == 200:
        assert handler.taken == Renamed("Ada", True, ["a", "b"])


def test_pydantic_aliases_are_read_from_forms() -> None:
    handler = sent(PydanticAlias, b"firstName=Ada&nickNames=a&nickNames=b", FORM)
    assert handler.get_status() == 200, handler.request.connection.body
    assert handler.taken.nick_names == ["a", "b"]


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        (JSON, b'{"ids": [1, 2]}', 200),
        (FORM, b"ids=1&ids=2", 200),
        (FORM, b"ids=1", 200),
        (FORM, b"ids=0", 422),
        (FORM, b"ids=1&ids=2&ids=3&ids=4", 422),
        (FORM, b"ids=1&name=", 422),
        (JSON, b'{"ids": [1, "x"]}', 422),
    ],
)
def test_model_with_limits_keeps_them(media_type: str, body: bytes, status: int) -> None:
    assert sent(Limited, body, media_type).get_status() == status


@pytest.mark.parametrize("value", ["on", "true", "1"])
def test_checkbox_of_a_form_is_true(value: str) -> None:
    handler = sent(Checkbox, f"on={value}".encode(), FORM)
    assert handler.get_status() == 200, handler.request.connection.body
    assert handler.taken == Checkbox(True)


def test_model_may_hold_its_own_kind() -> None:
    handler = sent(Node, b'{"name": "a", "children": [{"name": "b"}]}', JSON)
    assert handler.taken == Node("a", [Node("b")])


def test_parameter_that_is_the_body_may_stand_anywhere() -> None:
    class Page(RequestHandler):
        def create(self, user: StructUser, id: int, *, page: int = 1) -> None:
            self.taken = (user.name, id, page)

        def update(self, id: int, *, user: DataclassUser, page: int = 1) -> None:
            self.taken = (user.name, id, page)

        def by_position(self, first: int, user: PydanticUser, second: int) -> None:
            self.taken = (user.name, first, second)

    routes: list[Any] = [
        (r"/create/(?P<id>\d+)", Page, {"action": "create"}),
        (r"/update/(\d+)", Page, {"action": "update", "param_keys": "id"}),
        (r"/position/(\d+)/(\d+)", Page, {"action": "by_position"}),
    ]
    for target, expected in [
        ("/create/7?page=2", ("Ada", 7, 2)),
        ("/update/7?page=2", ("Ada", 7, 2)),
        ("/position/7/8", ("Ada", 7, 8)),
    ]:
        request = request_by_hand(target, "POST", b'{"name": "Ada", "age": 36}', {"Content-Type": JSON})
        assert asyncio.run(run(RailsApplication(routes), request)).taken == expected


@pytest.mark.parametrize(
    ("model", "fact"),
    [
        (WithUnreadable, "'user' cannot be read from a body: "),
        (WithUndefined, "'user' cannot be read from a body: name 'Undefined' is not defined"),
    ],
)
def test_model_with_a_field_that_cannot_be_read_is_an_error_at_start(model: Any, fact: str) -> None:
    with pytest.raises(SignatureError) as raised:
        URLSpec("/", taking(model), action="create")
    assert raised.value.fact.startswith(fact)
    assert not str(raised.value).endswith(". ")


class Sharing(RequestHandler):
    """Takes a model, and reads the rest by itself."""

    def create(self, user: PydanticUser) -> None:
        self.write({"name": user.name, "params": self.params})  # type: ignore[attr-defined]


@pytest.fixture
def app() -> RailsApplication:
    """One route."""
    return RailsApplication([("/users", Sharing, {"action": "create"})])


@served
async def test_model_and_params_read_the_same_body(fetch: Fetch) -> None:
    answer = await fetch("/users?a=b", "POST", '{"name": "Ada", "age": 36}', Content_Type=JSON)
    assert data(answer) == {"name": "Ada", "params": {"name": "Ada", "age": 36, "a": "b"}}


def test_pydantic_is_not_imported_for_other_models() -> None:
    import subprocess
    import sys

    code = (
        "import sys, dataclasses, tornado_rails, tornado.web\n"
        "@dataclasses.dataclass\n"
        "class M:\n    a: int\n"
        "class H(tornado.web.RequestHandler):\n    def act(self, m: M): ...\n"
        "tornado_rails.URLSpec('/', H, action='act')\n"
        "print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"
