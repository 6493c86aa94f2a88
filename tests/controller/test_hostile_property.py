# ruff: noqa: RUF001 (parameters are named as path params are; digits that are none are sent)
"""Whatever a client sends, the layer answers: never a 500, never a line of an error in the log."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from urllib.parse import quote_from_bytes
from uuid import UUID

import msgspec
import pydantic
from hypothesis import example, given
from hypothesis import strategies as st
from tornado.testing import ExpectLog

from tests.controller.support import request_by_hand, run
from tornado_rails import Controller, RailsApplication


class Color(Enum):
    RED = "red"


@dataclass
class Form:
    name: str
    age: int = 0
    price: Decimal = Decimal(0)
    tags: list[str] = field(default_factory=list)
    ticked: bool = False


class Model(pydantic.BaseModel):
    name: str
    age: int = 0
    tags: list[str] = []


class Page(Controller):
    def cast(
        self,
        id: int,
        *rest: str,
        page: int = 1,
        when: date | None = None,
        at: datetime | None = None,
        price: Decimal | None = None,
        share: float = 0.0,
        ticked: bool = False,
        color: Color | None = None,
        sort: Literal["name"] = "name",
        key: UUID | None = None,
        tags: Annotated[list[int], msgspec.Meta(max_length=3)] = [],  # noqa: B006
    ) -> None:
        self.answer([id, rest, page, when, at, price, share, ticked, color, sort, key, tags])

    def form(self, form: Form) -> None:
        self.answer(form)

    def model(self, model: Model) -> None:
        self.answer(model.model_dump())

    def params_only(self) -> None:
        self.answer([self.params, self.params.path, self.params.query, self.params.body, self.params.get_list("id")])

    def answer(self, value: Any) -> None:
        """Writes a value: what was let in can be written out again."""
        self.write(json.dumps(msgspec.to_builtins(value), allow_nan=False))


APPLICATION = RailsApplication(
    [
        (r"/cast/(?P<id>[^/]*)(?:/(?P<rest>.*))?", Page, {"action": "cast"}),
        (r"/form", Page, {"action": "form"}),
        (r"/model", Page, {"action": "model"}),
        (r"/params(?:/(.*))?", Page, {"action": "params_only", "param_keys": "id"}),
    ],
    trailing_slash="redirect",
)

NAMES = [
    "id",
    "page",
    "when",
    "price",
    "share",
    "ticked",
    "color",
    "sort",
    "at",
    "key",
    "tags",
    "name",
    "age",
    "é",
    "",
    "_json",
    "%",
]
WORDS = ["1", "x", "nan", "1e999", "2024-02-29", "on", "null", "9" * 400, "١", " 1", "red", "[]", "{}", "\x00", "-"]

texts = st.one_of(st.sampled_from(WORDS), st.text(max_size=20))
escaped = st.one_of(
    texts.map(lambda text: quote_from_bytes(text.encode("utf-8", "surrogatepass"))),
    st.binary(max_size=8).map(quote_from_bytes),
    st.sampled_from(["%", "%f", "%zz", "%ff", "%00", "%2F", "+", "&", "=", "/", "..", "//", ";"]),
)
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), escaped), escaped), max_size=4)
urlencoded = pairs.map(lambda each: "&".join(f"{name}={value}" for name, value in each))

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(NAMES), texts), inner, max_size=4)
    ),
    max_leaves=8,
)
bodies = st.one_of(
    st.tuples(st.just("application/json"), values.map(lambda value: json.dumps(value).encode())),
    st.tuples(st.just("application/json"), st.binary(max_size=30)),
    st.tuples(st.just("application/x-www-form-urlencoded"), urlencoded.map(lambda text: text.encode("utf-8"))),
    st.tuples(st.just("application/x-www-form-urlencoded"), st.binary(max_size=30)),
    st.tuples(
        st.just("multipart/form-data; boundary=X"),
        st.lists(st.tuples(st.sampled_from(NAMES[:-1]), st.binary(max_size=10)), max_size=3).map(
            lambda parts: b"".join(
                b'--X\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
                for name, value in parts
            )
            + b"--X--\r\n"
        ),
    ),
    st.tuples(st.text(alphabet="abc/;=+ ", max_size=12), st.binary(max_size=20)),
)
paths = st.one_of(
    st.sampled_from(["/form", "/model", "/params", "/cast/1", "/cast/1/"]),
    st.tuples(st.sampled_from(["/cast/", "/cast/1/", "/params/", "/"]), escaped).map("".join),
)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW", "get"]),
    path=paths,
    query=st.one_of(st.just(""), urlencoded),
    body=bodies,
    accept=st.sampled_from(["", "application/json", "text/html", "*/*;q=x", ",;"]),
)
@example(method="POST", path="/form", query="", body=("application/json", b'{"name": 1e999}'), accept="")
@example(method="POST", path="/cast/1", query="share=nan", body=("", b""), accept="application/json")
@example(method="POST", path="/params", query="", body=("application/json", b'{"a": "\\ud800"}'), accept="")
def test_request_is_answered_whatever_it_says(
    method: str, path: str, query: str, body: tuple[str, bytes], accept: str
) -> None:
    media_type, content = body
    headers = {name: value for name, value in [("Content-Type", media_type), ("Accept", accept)] if value}
    target = f"{path}?{query}" if query else path
    with ExpectLog("tornado.general", "multipart/form-data", required=False):  # older Tornados log it, and read on
        handler = asyncio.run(run(APPLICATION, request_by_hand(target, method, content, headers)))
    status = handler.get_status()
    assert status in (200, 204, 301, 308, 400, 404, 405, 415, 422), handler.request.connection.body
    if status in (400, 404, 415, 422) and isinstance(handler, Page) and "json" in accept and method != "HEAD":
        connection: Any = handler.request.connection
        problem = json.loads(connection.body)
        assert problem["status"] == status
        assert problem["detail"]
