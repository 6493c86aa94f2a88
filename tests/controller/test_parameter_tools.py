"""Rails' words for params: what they read, what they make, and that what is made is as permitted as before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tornado_rails.controller.parameter_tools import ParameterTools, is_blank
from tornado_rails.controller.parameters import Parameters
from tornado_rails.errors import ParamMissingError, UnfilteredParamsError


def group() -> Parameters:
    return Parameters(
        {"a": "1", "b": " ", "n": None, "tags": ["x", "y"], "in": Parameters({"c": "2"}), "rows": [Parameters(d="3")]}
    )


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda it: it.fetch("a"), "1"),
        (lambda it: it.fetch("n", "default"), None),
        (lambda it: it.fetch("absent", "default"), "default"),
        (lambda it: it.fetch("absent", None), None),
        (lambda it: it.fetch_values("a", "b"), ["1", " "]),
        (lambda it: it.fetch_values(), []),
        (lambda it: it.values_at("a", "absent"), ["1", None]),
        (lambda it: it.dig("in", "c"), "2"),
        (lambda it: it.dig("rows", 0, "d"), "3"),
        (lambda it: it.dig("rows", -1, "d"), "3"),
        (lambda it: it.dig("rows", 1, "d"), None),
        (lambda it: it.dig("rows", "d"), None),
        (lambda it: it.dig("absent", "c"), None),
        (lambda it: it.dig("a", 0), None),
        (lambda it: Parameters(id="1_2_3").extract_value("id"), ["1", "2", "3"]),
        (lambda it: Parameters(id="1,2").extract_value("id", delimiter=","), ["1", "2"]),
        (lambda it: Parameters(id="").extract_value("id"), None),
        (lambda it: it.extract_value("tags"), None),
        (lambda it: it.extract_value("absent"), None),
    ],
)
def test_what_is_read(make: Callable[[Any], Any], expected: Any) -> None:
    assert make(group()) == expected


@pytest.mark.parametrize("names", [("absent",), ("a", "absent")])
def test_what_is_fetched_and_not_there_is_a_400(names: tuple[str, ...]) -> None:
    with pytest.raises(ParamMissingError, match="parameter 'absent': is missing"):
        group().fetch_values(*names)


@pytest.mark.parametrize("permitted", [False, True])
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda it: it.slice("a", "absent"), {"a": "1"}),
        (lambda it: it.without("a", "absent"), {"b": "  ", "in": {"c": "2"}}),
        (lambda it: it.extract("a", "absent"), {"a": "1"}),
        (lambda it: it.select(lambda name, value: name == "a"), {"a": "1"}),
        (lambda it: it.reject(lambda name, value: value == "1"), {"b": "  ", "in": {"c": "2"}}),
        (lambda it: it.merge({"a": "2"}, z="3"), {"a": "2", "b": "  ", "in": {"c": "2"}, "z": "3"}),
        (lambda it: it.merge(z="3"), {"a": "1", "b": "  ", "in": {"c": "2"}, "z": "3"}),
        (lambda it: it | {"a": "2"}, {"a": "2", "b": "  ", "in": {"c": "2"}}),
        (lambda it: it.reverse_merge({"a": "2", "z": "3"}), {"a": "1", "b": "  ", "in": {"c": "2"}, "z": "3"}),
        (lambda it: it.reverse_merge(z="3"), {"a": "1", "b": "  ", "in": {"c": "2"}, "z": "3"}),
        (lambda it: it.deep_merge({"a": "2", "in": {"d": "4"}}), {"a": "2", "b": "  ", "in": {"c": "2", "d": "4"}}),
        (lambda it: it.deep_merge({"in": "4"}), {"a": "1", "b": "  ", "in": "4"}),
        (lambda it: it.merge(z=None).compact(), {"a": "1", "b": "  ", "in": {"c": "2"}}),
        (lambda it: it.merge(z=None, y=[], x={}).compact_blank(), {"a": "1", "in": {"c": "2"}}),
        (lambda it: it.slice("a", "b").transform_values(str.strip), {"a": "1", "b": ""}),
        (lambda it: it.transform_keys(str.upper), {"A": "1", "B": "  ", "IN": {"c": "2"}}),
        (lambda it: it.deep_transform_keys(str.upper), {"A": "1", "B": "  ", "IN": {"C": "2"}}),
        (lambda it: it.deep_transform_values(str.strip), {"a": "1", "b": "", "in": {"c": "2"}}),
        (lambda it: it.copy(), {"a": "1", "b": "  ", "in": {"c": "2"}}),
    ],
)
def test_what_is_made_is_as_permitted_as_before(
    make: Callable[[Any], Any], expected: dict[str, Any], permitted: bool
) -> None:
    before = Parameters({"a": "1", "b": "  ", "in": Parameters({"c": "2"})})
    if permitted:
        before.permit_all()
    made = make(before)
    assert made == expected
    assert type(made) is Parameters
    assert made.permitted is permitted


def test_what_is_extracted_is_no_longer_there() -> None:
    it = group()
    assert it.extract("a", "b") == {"a": "1", "b": " "}
    assert list(it) == ["n", "tags", "in", "rows"]


def test_names_in_lists_are_transformed_too() -> None:
    assert group().slice("rows", "tags").deep_transform_keys(str.upper) == {"ROWS": [{"D": "3"}], "TAGS": ["x", "y"]}


def test_values_in_lists_are_transformed_too() -> None:
    assert group().slice("rows", "tags").deep_transform_values(int_or) == {"rows": [{"d": 3}], "tags": ["x", "y"]}


def int_or(value: str) -> Any:
    return int(value) if value.isdigit() else value


@pytest.mark.parametrize(
    "make",
    [
        lambda it, other: it.merge(other),
        lambda it, other: it | other,
        lambda it, other: it.reverse_merge(other),
        lambda it, other: it.deep_merge(other),
        lambda it, other: it.deep_merge({"in": other}),
        lambda it, other: it.update(other),
    ],
)
def test_permitted_group_takes_nothing_of_one_that_is_not(make: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(UnfilteredParamsError):
        make(group().permit_all(), Parameters(admin="1"))


def test_groups_that_are_not_permitted_are_merged_to_one_that_is_not() -> None:
    merged = Parameters(a="1").merge(Parameters(b="2"))
    assert (merged, merged.permitted) == ({"a": "1", "b": "2"}, False)
    assert Parameters(a="1").merge(Parameters(b="2").permit_all()).permitted is False


def test_group_or_something_else_means_nothing() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        group() | 7


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, True),
        ("", True),
        (" \n", True),
        ([], True),
        ({}, True),
        (Parameters(), True),
        ("x", False),
        (False, False),
        (0, False),
        (0.0, False),
        ([None], False),
        (Parameters(a=None), False),
    ],
)
def test_blank_is_what_rails_calls_so_but_false(value: Any, expected: bool) -> None:
    assert is_blank(value) is expected


def test_tools_alone_make_nothing() -> None:
    with pytest.raises(NotImplementedError):
        ParameterTools(a="1").slice("a")
    with pytest.raises(NotImplementedError):
        ParameterTools(a="1")._items_of({})
