# ruff: noqa: UP007, UP045, RUF001 (every spelling of a type is tried, and digits that are none)
"""Values from paths, queries and forms, cast by annotation; and values that nobody should send."""

from __future__ import annotations

import asyncio
import json
import math
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional, Union
from urllib.parse import quote
from uuid import UUID

import pytest
from msgspec import Meta
from tornado.web import RequestHandler

from tests.controller.support import request_by_hand, run
from tornado_rails import RailsApplication

FORM = "application/x-www-form-urlencoded"
UUID_TEXT = "12345678-1234-5678-1234-567812345678"


class Color(Enum):
    RED = "red"
    DARK_BLUE = "dark blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Number(Enum):
    ONE = 1


class Taking(RequestHandler):
    """Its action is given an annotation by each test."""


def taking(annotation: Any) -> tuple[RailsApplication, RailsApplication]:
    """Applications whose action takes a value of a type: from the path, and from query and body."""

    def from_path(self: Any, value: Any) -> None:
        self.taken = value

    def from_input(self: Any, *, value: Any) -> None:
        self.taken = value

    from_path.__annotations__ = {"value": annotation}
    from_input.__annotations__ = {"value": annotation}
    page = type("Page", (Taking,), {"path": from_path, "input": from_input, "__module__": __name__})
    return (
        RailsApplication([("/(?s:(?P<value>.*))", page, {"action": "path"})]),
        RailsApplication([("/", page, {"action": "input"})]),
    )


def requests_of(value: str) -> list[tuple[int, str, Any]]:
    """A value in each place it may come from: which application, where, the request."""
    as_json = {"Accept": "application/json"}
    return [
        (0, "path", request_by_hand("/" + quote(value, safe=""), headers=as_json)),
        (1, "query", request_by_hand(f"/?value={quote(value, safe='')}", headers=as_json)),
        (
            1,
            "body",
            request_by_hand("/", "POST", f"value={quote(value)}".encode(), {**as_json, "Content-Type": FORM}),
        ),
    ]


UTC = timezone.utc

TAKEN: list[tuple[Any, str, Any]] = [
    (int, "1", 1),
    (int, "-1", -1),
    (int, "0", 0),
    (int, "01", 1),
    (int, "-007", -7),
    (int, "00", 0),
    (int, "0" * 500 + "7", 7),
    (Optional[int], "08", 8),
    (list[int], "09", [9]),
    (Annotated[int, Meta(ge=1, le=12)], "01", 1),
    (float, "01.50", 1.5),
    (float, ".5", 0.5),
    (float, "-.5", -0.5),
    (Decimal, "00.10", Decimal("0.10")),
    (int, "9" * 30, int("9" * 30)),
    (float, "1.5", 1.5),
    (float, "-1e5", -1e5),
    (float, "1", 1.0),
    (bool, "true", True),
    (bool, "False", False),
    (bool, "1", True),
    (bool, "0", False),
    (bool, "on", True),
    (bool, "off", False),
    (str, "1", "1"),
    (str, "", ""),
    (str, " é\0🐍", " é\0🐍"),
    (str, "null", "null"),
    (UUID, UUID_TEXT, UUID(UUID_TEXT)),
    (UUID, UUID_TEXT.replace("-", ""), UUID(UUID_TEXT)),
    (date, "2024-02-29", date(2024, 2, 29)),
    (datetime, "2024-02-29T12:30:00", datetime(2024, 2, 29, 12, 30)),
    (datetime, "2024-02-29T12:30:00Z", datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
    (datetime, "2024-02-29T12:30:00+00:00", datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
    (time, "12:30:00", time(12, 30)),
    (timedelta, "PT90S", timedelta(seconds=90)),
    (Decimal, "1.50", Decimal("1.50")),
    (Decimal, "-0.1", Decimal("-0.1")),
    (Decimal, "1" * 40, Decimal("1" * 40)),
    (Color, "red", Color.RED),
    (Color, "dark blue", Color.DARK_BLUE),
    (Level, "2", Level.HIGH),
    (Number, "1", Number.ONE),
    (Literal["a", "b"], "b", "b"),
    (Literal[1, 2], "2", 2),
    (Optional[int], "1", 1),
    (int | None, "1", 1),
    (Union[int, None], "1", 1),
    (Optional[str], "null", "null"),
    (Optional[bool], "on", True),
    (Optional[UUID], UUID_TEXT, UUID(UUID_TEXT)),
    (Optional[Color], "red", Color.RED),
    (int | float, "1.5", 1.5),
    (list[int], "1", [1]),
    (list[str], "a,b", ["a,b"]),
    (list[Color], "red", [Color.RED]),
    (list[Optional[int]], "1", [1]),
    (Optional[list[int]], "1", [1]),
    (set[int], "1", {1}),
    (frozenset[int], "1", frozenset({1})),
    (tuple[int, ...], "1", (1,)),
    (Annotated[int, Meta(ge=1, le=5)], "5", 5),
    (Annotated[str, Meta(pattern="^[a-z]+$", max_length=3)], "abc", "abc"),
    (Annotated[list[Annotated[int, Meta(ge=1)]], Meta(max_length=1)], "7", [7]),
    (Optional[Annotated[int, Meta(ge=1)]], "7", 7),
    (Any, "1", "1"),
    (object, "1", "1"),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), TAKEN)
def test_value_is_cast_to_the_annotated_type(annotation: Any, value: str, expected: Any) -> None:
    applications = taking(annotation)
    for which, place, request in requests_of(value):
        if place == "path" and not value:
            continue
        handler = asyncio.run(run(applications[which], request))
        assert handler.get_status() == 200, (place, handler.request.connection.body)
        assert (handler.taken, type(handler.taken)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("annotation", "value", "reason"),
    [
        (int, "x", "Expected `int`"),
        (int, "", "Expected `int`"),
        (int, "1_0", "Expected `int`"),
        (int, " 1", "Expected `int`"),
        (int, "1 ", "Expected `int`"),
        (int, "1\n", "Expected `int`"),
        (int, "+1", "Expected `int`"),
        (int, "0x1", "Expected `int`"),
        (int, "1.5", "Expected `int`"),
        (int, "١", "Expected `int`"),
        (int, "１", "Expected `int`"),
        (int, "nan", "Expected `int`"),
        (int, "true", "Expected `int`"),
        (int, "1\0", "Expected `int`"),
        (int, "9" * 5_000, "Integer value out of range"),
        (int, "9" * 1_000_000, "Integer value out of range"),
        (int, "x" * 1_000_000, "Expected `int`"),
        (float, "nan", "Expected `float`"),
        (float, "NaN", "Expected `float`"),
        (float, "inf", "Expected `float`"),
        (float, "-Infinity", "Expected `float`"),
        (float, "1_0", "Expected `float`"),
        (float, " 1", "Expected `float`"),
        (float, "", "Expected `float`"),
        (float, "1e999", "Number out of range"),
        (Optional[float], "nan", "Expected `float"),
        (list[float], "nan", "Expected `float`"),
        (int | float, "nan", "Expected `"),
        (set[float], "nan", "Expected `float`"),
        (tuple[float, ...], "nan", "Expected `float`"),
        (int, "1.0", "Expected `int`"),
        (int, "1e3", "Expected `int`"),
        (Optional[int], "1e3", "Expected `int"),
        (list[int], "1.0", "Expected `int`"),
        (Annotated[int, Meta(ge=1)], "1.0", "Expected `int`"),
        (Level, "1.0", "Expected `int`"),
        (Literal[1, 2], "1.0", "Expected `int`"),
        (bool, "yes", "Expected `bool`"),
        (bool, "", "Expected `bool`"),
        (bool, "2", "Expected `bool`"),
        (Optional[bool], "x", "Expected `bool | null`"),
        (UUID, "x", "Invalid UUID"),
        (UUID, "{" + UUID_TEXT + "}", "Invalid UUID"),
        (UUID, UUID_TEXT + "0", "Invalid UUID"),
        (date, "2023-02-29", "Invalid RFC3339 encoded date"),
        (date, "20240229", "Invalid RFC3339 encoded date"),
        (date, "0000-00-00", "Invalid RFC3339 encoded date"),
        (date, "9" * 100_000, "Invalid RFC3339 encoded date"),
        (datetime, "2024-02-29", "Invalid RFC3339 encoded datetime"),
        (datetime, "9" * 400, ""),
        (datetime, "1e400", ""),
        (timedelta, "P999999999999Y", ""),
        (Decimal, "x", ""),
        (Decimal, "", ""),
        (Decimal, "nan", ""),
        (Decimal, "sNaN", ""),
        (Decimal, "Infinity", ""),
        (Decimal, "1_0", ""),
        (Decimal, " 1 ", ""),
        (Decimal, "1e999999999", ""),
        (Decimal, "1" * 100_000, ""),
        (Decimal, "١", ""),
        (Optional[Decimal], "nan", ""),
        (list[Decimal], "nan", ""),
        (Color, "green", "Invalid enum value 'green'"),
        (Color, "RED", "Invalid enum value 'RED'"),
        (Level, "3", "Invalid enum value 3"),
        (Level, "LOW", "Expected `int`"),
        (Literal["a"], "b", "Invalid enum value 'b'"),
        (Optional[int], "x", "Expected `int | null`"),
        (Optional[int], "", "Expected `int | null`"),
        (list[int], "x", "Expected `int`"),
        (Annotated[int, Meta(ge=1)], "0", "Expected `int` >= 1"),
        (Annotated[str, Meta(max_length=3)], "abcd", "Expected `str` of length <= 3"),
        (Annotated[str, Meta(pattern="^[a-z]+$")], "A", "Expected `str` matching regex '^[a-z]+$'"),
        (Annotated[list[int], Meta(max_length=0)], "7", "Expected `array` of length <= 0"),
    ],
)
def test_value_that_does_not_cast_is_refused_with_its_reason(annotation: Any, value: str, reason: str) -> None:
    applications = taking(annotation)
    for which, place, request in requests_of(value):
        handler = asyncio.run(run(applications[which], request))
        assert handler.get_status() == (404 if place == "path" else 400), place
        problem = json.loads(handler.request.connection.body)
        (error,) = problem["errors"]
        assert (error["parameter"], error["in"]) == ("value", place)
        assert error["detail"].startswith(reason)
        assert len(error["detail"]) < 200
        assert problem["detail"] == f"parameter 'value': {error['detail']}"


@pytest.mark.parametrize(
    ("body", "annotation", "expected"),
    [
        (b'{"value": 1}', int, 1),
        (b'{"value": "1"}', int, 1),
        (b'{"value": 1}', float, 1.0),
        (b'{"value": true}', bool, True),
        (b'{"value": null}', Optional[int], None),
        (b'{"value": [1, 2]}', list[int], [1, 2]),
        (b'{"value": []}', list[int], []),
        (b'{"value": 1.5}', Decimal, Decimal("1.5")),
        (b'{"value": "2024-02-29"}', date, date(2024, 2, 29)),
        (b'{"value": {"a": [1]}}', dict[str, list[int]], {"a": [1]}),
    ],
)
def test_value_of_a_json_body_is_cast(body: bytes, annotation: Any, expected: Any) -> None:
    request = request_by_hand("/", "POST", body, {"Content-Type": "application/json"})
    handler = asyncio.run(run(taking(annotation)[1], request))
    assert (handler.taken, type(handler.taken)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("body", "annotation"),
    [
        (b'{"value": null}', int),
        (b'{"value": true}', int),
        (b'{"value": [1]}', int),
        (b'{"value": {}}', int),
        (b'{"value": 1.5}', int),
        (b'{"value": 1}', date),
        (b'{"value": 1}', Color),
        (b'{"value": [[1]]}', list[int]),
        (b'{"value": {}}', list[int]),
        (b'{"value": 1}', bool),
        (b'{"value": 7}', Literal["a"]),
    ],
)
def test_value_of_a_json_body_that_does_not_cast_is_a_400(body: bytes, annotation: Any) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    handler = asyncio.run(run(taking(annotation)[1], request_by_hand("/", "POST", body, headers)))
    if annotation is bool:  # 1 and 0 are taken in forms, and so here
        assert handler.get_status() in (200, 400)
        return
    assert handler.get_status() == 400
    assert json.loads(handler.request.connection.body)["errors"][0]["in"] == "body"


@pytest.mark.parametrize("code", [0xD800, 0xDFFF])
def test_surrogate_never_comes_in(code: int) -> None:
    value = chr(code)
    for which, place, request in [
        (0, "path", request_by_hand("/" + quote(value, errors="surrogatepass"))),
        (1, "query", request_by_hand("/?value=" + quote(value, errors="surrogatepass"))),
        (
            1,
            "body",
            request_by_hand("/", "POST", json.dumps({"value": value}).encode(), {"Content-Type": "application/json"}),
        ),
    ]:
        assert asyncio.run(run(taking(str)[which], request)).get_status() == 400, place


def test_numbers_that_are_taken_are_finite() -> None:
    for annotation, value, expected in TAKEN:
        if annotation in (float, Decimal):
            assert math.isfinite(expected), value
