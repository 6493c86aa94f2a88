"""What permit lets through of each shape, as Rails does."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPFile

from tests.controller.test_parameters import group
from tornado_rails.controller.uploads import UploadedFile

FILE = UploadedFile(HTTPFile(filename="a", content_type="b", body=b"c"))
SCALARS = ["text", "", 7, 1.5, True, False, None, b"x", Decimal(1), datetime.date.min, datetime.datetime.min, FILE]
OTHERS: list[Any] = [[], ["x"], [[]], {}, {"a": "1"}, {"0": {"a": "1"}}, HTTPFile(filename="a"), object(), {1}, (1,)]


@pytest.mark.parametrize("value", SCALARS)
def test_name_lets_a_single_value_through(value: Any) -> None:
    assert group({"a": value, "b": "x"}).permit("a") == {"a": value}


@pytest.mark.parametrize("value", OTHERS)
def test_name_lets_nothing_else_through(value: Any) -> None:
    assert group({"a": value}).permit("a") == {}
    assert group({"a": value}).permit("a", "b", ["c"]).permitted


@pytest.mark.parametrize(
    ("sent", "filters", "expected"),
    [
        # a list of single values
        ({"a": ["x", 1, None]}, {"a": []}, {"a": ["x", 1, None]}),
        ({"a": []}, {"a": []}, {"a": []}),
        ({"a": ["x", ["y"]]}, {"a": []}, {}),
        ({"a": ["x", {"b": "y"}]}, {"a": []}, {}),
        ({"a": "x"}, {"a": []}, {}),
        ({"a": {"0": "x"}}, {"a": []}, {}),
        ({"a": None}, {"a": []}, {}),
        ({}, {"a": []}, {}),
        ({"a": ["x"]}, {"a": ()}, {"a": ["x"]}),
        # any group
        ({"a": {"b": {"c": ["d", {"e": 1}]}}}, {"a": {}}, {"a": {"b": {"c": ["d", {"e": 1}]}}}),
        ({"a": {"b": [["c"], "d"]}}, {"a": {}}, {"a": {"b": ["d"]}}),
        ({"a": "x"}, {"a": {}}, {}),
        ({"a": ["x"]}, {"a": {}}, {}),
        ({"a": False}, {"a": {}}, {}),
        # a group of these
        ({"a": {"b": "1", "c": "2"}}, {"a": ["b"]}, {"a": {"b": "1"}}),
        ({"a": {"b": "1", "c": "2"}}, {"a": "b"}, {"a": {"b": "1"}}),
        ({"a": {"b": "1", "c": "2"}}, {"a": ["d"]}, {"a": {}}),
        ({"a": {"b": {"c": "1", "d": "2"}}}, {"a": {"b": ["c"]}}, {"a": {"b": {"c": "1"}}}),
        ({"a": {"b": {"c": "1", "d": "2"}}}, {"a": [{"b": ["c"]}]}, {"a": {"b": {"c": "1"}}}),
        ({"a": {"b": ["c"]}}, {"a": ["b"]}, {"a": {}}),
        ({"a": "x"}, {"a": ["b"]}, {}),
        ({"a": None}, {"a": ["b"]}, {}),
        ({"a": FILE}, {"a": ["b"]}, {}),
        # lists of groups
        ({"a": [{"b": "1", "c": "2"}, "x", ["y"], {"b": "3"}]}, {"a": ["b"]}, {"a": [{"b": "1"}, {"b": "3"}]}),
        ({"a": ["x"]}, {"a": ["b"]}, {"a": []}),
        ({"a": [{"b": "1", "c": "2"}]}, {"a": [["b"]]}, {"a": [{"b": "1"}]}),
        ({"a": {"b": "1"}}, {"a": [["b"]]}, {}),
        ({"a": "x"}, {"a": [["b"]]}, {}),
        # numbers as names
        ({"a": {"0": {"b": "1", "c": "2"}, "x": "y"}}, {"a": ["b"]}, {"a": {"0": {"b": "1"}}}),
        ({"a": {"0": {"b": "1"}, "-1": {"b": "3"}}}, {"a": ["b"]}, {"a": {"0": {"b": "1"}, "-1": {"b": "3"}}}),
        ({"a": {"0": {"b": "1", "c": "2"}}}, {"a": [["b"]]}, {"a": {"0": {"b": "1"}}}),
        ({"a": {"0": {"b": "1"}, "1": {"b": "2"}}}, {"a": {"0": ["b"]}}, {"a": {"0": {"b": "1"}}}),
        ({"a": {"0": "x", "b": "1"}}, {"a": ["b"]}, {"a": {"b": "1"}}),
        ({"a": {"٣": {"b": "1"}}}, {"a": ["b"]}, {"a": {}}),
        ({"a": {"0\n": {"b": "1"}}}, {"a": ["b"]}, {"a": {}}),
        # parts of a date
        ({"d(1i)": "2024", "d(3)": "x", "d(x)": "1"}, "d", {"d(1i)": "2024", "d(3)": "x"}),
        ({"d(2f)": "1.5", "d(3i)": None}, "d", {"d(2f)": "1.5", "d(3i)": None}),
        ({"d(1i)": ["2024"], "e(1i)": "1", "(1i)": "2"}, "d", {}),
        ({"d(1i)": "2024"}, {"d": []}, {}),
        ({"d(1i)": "2024"}, "d(1i)", {"d(1i)": "2024"}),
    ],
)  # fmt: skip
def test_permit_takes_what_has_the_shape(sent: dict[str, Any], filters: Any, expected: dict[str, Any]) -> None:
    chosen = group(sent).permit(filters)
    assert chosen == expected
    assert chosen.to_dict() == expected  # all within is permitted too
    if isinstance(filters, dict):
        assert group(sent).permit(**filters) == expected


def test_filters_of_all_kinds_stand_together() -> None:
    sent = {"a": "1", "b": "2", "self": "3", "filters": "4", "e": {"f": "5", "g": "6"}, "tags": ["x"], "no": "7"}
    chosen = group(sent).permit("a", ["b", {"e": ["f"]}], tags=[], self=[], filters={})
    assert chosen == {"a": "1", "b": "2", "e": {"f": "5"}, "tags": ["x"]}


@pytest.mark.parametrize("wrong", [None, 7, {"a"}, {"a": 7}, {"a": None}, [None]])
def test_filter_that_is_none_is_an_error(wrong: Any) -> None:
    with pytest.raises(TypeError, match="permits nothing; a filter is a name, a list, or a dict of names and filters"):
        group({"a": {"b": "1"}}).permit(wrong)


NAMES = st.sampled_from(["a", "b", "0", "1"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.text("ab01", max_size=2),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["a", "b", "0", "1"]), inner, max_size=3),
    max_leaves=10,
)
FILTERS = st.recursive(
    st.sampled_from(["a", "b", "0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=2),
    max_leaves=6,
)


def names_in(value: Any) -> set[str]:
    """All names within a value, or a filter."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


def keys_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


def has_any_group(filters: Any) -> bool:
    if isinstance(filters, dict):
        return any(each == {} or has_any_group(each) for each in filters.values())
    return isinstance(filters, list) and any(map(has_any_group, filters))


@given(st.dictionaries(NAMES, VALUES, max_size=4), FILTERS)
def test_nothing_comes_through_that_no_filter_names(sent: dict[str, Any], filters: Any) -> None:
    chosen = group(sent).permit(filters)
    plain = chosen.to_dict()
    assert group(plain).permit(filters) == plain  # what came through once comes through again
    if not has_any_group(filters):
        assert {key for key in keys_in(plain) if not key.isdigit()} <= names_in(filters)
