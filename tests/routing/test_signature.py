# ruff: noqa: A006  (an action's parameter may well be called id)
"""Signatures: their parameters with types, and which of them stand in a path."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Optional, Union

import msgspec
import pydantic
import pytest

from tornado_rails.routing.signature import (
    Parameter,
    is_list,
    is_pydantic,
    members_of,
    model_of,
    parameters_of,
    path_parameters,
)

EMPTY = inspect.Parameter.empty


@dataclasses.dataclass
class Point:
    x: int


class Box(msgspec.Struct):
    x: int


class Form(pydantic.BaseModel):
    x: int


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def nothing(self): ...  # type: ignore[no-untyped-def]
def texts(self: Any, id: int, name: str = "x", *rest: float, page: Optional[int] = None, **more: bool) -> Unknown: ...  # type: ignore[name-defined]  # noqa: F821, UP045
def only(self: Any, id: int, /, name: Point) -> None: ...
def unknown(self: Any, id: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def unknown_self(self: Missing, id: int) -> None: ...  # type: ignore[name-defined]  # noqa: F821


@decorated
def wrapped(self: Any, id: int) -> None: ...


def untyped(self, id, name="x"): ...  # type: ignore[no-untyped-def]


def around(*args: int) -> None: ...


def bare() -> None: ...


def typed() -> Callable[..., Any]:
    """A function whose annotations are no text."""
    function: Any = lambda self, id, size: None  # noqa: E731
    function.__annotations__ = {"id": int, "size": Annotated[int, "cm"]}
    return function  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (nothing, []),
        (untyped, [("id", EMPTY, EMPTY), ("name", EMPTY, "x")]),
        (
            texts,
            [
                ("id", int, EMPTY),
                ("name", str, "x"),
                ("rest", float, EMPTY),
                ("page", Optional[int], None),  # noqa: UP045
                ("more", bool, EMPTY),
            ],
        ),
        (only, [("id", int, EMPTY), ("name", Point, EMPTY)]),
        (wrapped, [("id", int, EMPTY)]),
        (around, [("args", int, EMPTY)]),  # self is among them
        (bare, []),
        (unknown_self, [("id", int, EMPTY)]),
        (typed(), [("id", int, EMPTY), ("size", Annotated[int, "cm"], EMPTY)]),
    ],
)
def test_parameters_of_an_action_have_types(function: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert [(each.name, each.annotation, each.default) for each in parameters_of(function)] == expected


def test_parameters_with_an_annotation_that_names_nothing_fail() -> None:
    with pytest.raises(NameError, match="Missing"):
        parameters_of(unknown)


@pytest.mark.parametrize(
    ("kind", "default", "required", "positional"),
    [
        (inspect.Parameter.POSITIONAL_ONLY, EMPTY, True, True),
        (inspect.Parameter.POSITIONAL_OR_KEYWORD, EMPTY, True, True),
        (inspect.Parameter.POSITIONAL_OR_KEYWORD, None, False, True),
        (inspect.Parameter.KEYWORD_ONLY, EMPTY, True, False),
        (inspect.Parameter.KEYWORD_ONLY, 1, False, False),
        (inspect.Parameter.VAR_POSITIONAL, EMPTY, False, False),
        (inspect.Parameter.VAR_KEYWORD, EMPTY, False, False),
    ],
)
def test_parameter_knows_what_it_takes(kind: Any, default: Any, required: bool, positional: bool) -> None:
    parameter = Parameter("x", kind, default, EMPTY)
    assert (parameter.is_required, parameter.is_positional) == (required, positional)


def test_path_parameters_are_the_positional_ones_and_the_glob() -> None:
    assert [each.name for each in path_parameters(texts)] == ["id", "name", "rest"]
    assert [each.name for each in path_parameters(only)] == ["id"]


@pytest.mark.parametrize(
    ("annotation", "members"),
    [
        (int, (int,)),
        (Optional[int], (int, type(None))),  # noqa: UP045
        (int | None, (int, type(None))),
        (Union[int, str, float], (int, str, float)),  # noqa: UP007
        (Annotated[int | str, "x"], (int, str)),
        (Annotated[int, "x"], (int,)),
        (list[int], (list[int],)),
        (EMPTY, (EMPTY,)),
    ],
)
def test_members_of_an_annotation(annotation: Any, members: tuple[Any, ...]) -> None:
    assert members_of(annotation) == members


@pytest.mark.parametrize(
    ("annotation", "model"),
    [
        (Point, Point),
        (Box, Box),
        (Form, Form),
        (Point | None, Point),
        (Optional[Form], Form),  # noqa: UP045
        (Annotated[Box, "x"], Box),
        (int, None),
        (list[Point], None),
        (dict, None),
        (EMPTY, None),
        (Point(1), None),
        ("Point", None),
    ],
)
def test_model_of_an_annotation(annotation: Any, model: Any) -> None:
    assert model_of(annotation) is model


@pytest.mark.parametrize(("value", "expected"), [(Form, True), (Point, False), (int, False), (None, False)])
def test_is_pydantic_of_its_models_alone(value: object, expected: bool) -> None:
    assert is_pydantic(value) is expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (list, True),
        (list[int], True),
        (set[int], True),
        (frozenset[int], True),
        (tuple[int, ...], True),
        (list[int] | None, True),
        (Annotated[list[int], "x"], True),
        (dict[str, int], False),
        (str, False),
        (EMPTY, False),
    ],
)
def test_is_list_if_it_takes_all_values(annotation: Any, expected: bool) -> None:
    assert is_list(annotation) is expected
