"""Nested names against a slow plain twin: the way that Rack goes, part by part."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_rails.controller.nesting import nest
from tornado_rails.errors import MalformedRequestError


class Conflict(Exception): ...


def put(params: dict[str, Any], name: str, value: Any, depth: int, limit: int) -> Any:
    """One value into a group, recursively; what it gives back takes the place of the group."""
    if depth >= limit:
        raise Conflict
    if depth == 0:
        start = name.find("[", 1)
        key, after = (name[:start], name[start:]) if start > 0 else (name, "")
    elif name.startswith("[]"):
        key, after = "[]", name[2:]
    elif name.startswith("[") and "]" in name:
        end = name.index("]")
        key, after = name[1:end], name[end + 1 :]
    else:
        key, after = name, ""
    if after == "":
        if key == "[]" and depth:
            return [value]
        params[key] = value
    elif after == "[":
        params[name] = value
    elif after == "[]":
        if not isinstance(params.setdefault(key, []), list):
            raise Conflict
        params[key].append(value)
    elif after.startswith("[]"):
        match = re.fullmatch(r"\[\]\[([^\[\]]+)\]", after, re.DOTALL)
        child = match[1] if match else after[2:]
        items = params.setdefault(key, [])
        if not isinstance(items, list):
            raise Conflict
        if items and isinstance(items[-1], dict) and not has(items[-1], child):
            put(items[-1], child, value, depth + 1, limit)
        else:
            items.append(put({}, child, value, depth + 1, limit))
    else:
        if not isinstance(params.setdefault(key, {}), dict):
            raise Conflict
        params[key] = put(params[key], after, value, depth + 1, limit)
    return params


def has(group: Any, name: str) -> bool:
    if "[]" in name:
        return False
    for part in re.split(r"[\[\]]+", name):
        if part == "":
            continue
        if not isinstance(group, dict) or part not in group:
            return False
        group = group[part]
    return True


def twin(pairs: list[tuple[str, str]], limit: int) -> Any:
    params: dict[str, Any] = {}
    for name, value in pairs:
        put(params, name, value, 0, limit)
    return params


NAMES = st.one_of(
    st.text("ab[]", max_size=12),
    st.lists(st.sampled_from(["a", "b", "[a]", "[b]", "[]", "[", "]", "[0]"]), max_size=6).map("".join),
)


@given(st.lists(st.tuples(NAMES, st.sampled_from("xyz")), max_size=8), st.integers(1, 6))
def test_nesting_is_that_of_the_twin(pairs: list[tuple[str, str]], limit: int) -> None:
    try:
        expected = twin(pairs, limit)
    except Conflict:
        with pytest.raises(MalformedRequestError):
            nest(pairs, limit)
    else:
        assert nest(pairs, limit) == expected


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ("a=1", {"a": "1"}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[][x]=1&a[][y]=2&a[][x]=3", {"a": [{"x": "1", "y": "2"}, {"x": "3"}]}),
        ("a[][x][y]=1&a[][x][z]=2&a[][x][y]=3", {"a": [{"x": {"y": "1", "z": "2"}}, {"x": {"y": "3"}}]}),
        ("a[][]=1&a[][]=2", {"a": [["1"], ["2"]]}),
        ("a[][b]=1&a[][]=2", {"a": [{"b": "1"}]}),
        ("a[][]=1&a[][b]=2", {"a": [["1"], {"b": "2"}]}),
        ("[a]=1", {"[a]": "1"}),
        ("[]=1", {"[]": "1"}),
        ("a[=1", {"a[": "1"}),
        ("a[b=1", {"a": {"[b": "1"}}),
        ("a[b]c=1", {"a": {"b": {"c": "1"}}}),
        ("=1", {"": "1"}),
        ("a[b]=1&a=2", {"a": "2"}),
    ],
)
def test_names_that_mean_something(pairs: str, expected: Any) -> None:
    split = [tuple(pair.split("=")) for pair in pairs.split("&")]
    assert nest(split, 32) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "a[b]"], r"parameter 'a\[b\]': 'a' is a group here, and a value elsewhere"),
        (["a[b]", "a[]"], r"parameter 'a\[\]': 'a' is a list here, and a group elsewhere"),
        (["a[]", "a[b]"], r"parameter 'a\[b\]': 'a' is a group here, and a list elsewhere"),
        (["a" + "[b]" * 32], r"parameter 'a\[b\]\[b.*: its name has more than 32 parts"),
        (["a" + "[]" * 1000 + "[b]"], "its name has more than 32 parts"),
    ],
)
def test_conflicts_and_depths_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(MalformedRequestError, match=message):
        nest([(name, "1") for name in names], 32)
