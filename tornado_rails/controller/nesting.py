"""Nested names, as forms have them: ``post[author][name]=x`` and ``post[tags][]=a``, read as Rack reads them.

=====================================  ==========================================
``a[]=1&a[]=2``                        ``{"a": ["1", "2"]}``
``a[b][c]=1``                          ``{"a": {"b": {"c": "1"}}}``
``a[][x]=1&a[][y]=2&a[][x]=3``         ``{"a": [{"x": "1", "y": "2"}, {"x": "3"}]}``
``a[b=1``                              ``{"a": {"[b": "1"}}``
``[a]=1``                              ``{"[a]": "1"}``
=====================================  ==========================================

A name that is both a value and a list or a group is a `MalformedRequestError` (400), as is one that is nested too deep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tornado_rails.errors import MalformedRequestError

#: Whether a name within brackets is a position: ``posts[0][title]``.
is_position = re.compile(r"-?[0-9]+").fullmatch

_SEPARATORS = re.compile(r"[\[\]]+")
_SHOWN = 100  # characters of a name that is too long to be told

#: Makes an empty group.
Make = Callable[[], dict[str, Any]]


def is_nested(name: str) -> bool:
    """Whether a name has parts; what it begins with is none.

    >>> is_nested("a[b]"), is_nested("a[]"), is_nested("[a]"), is_nested("a]")
    (True, True, False, False)
    """
    return name.find("[", 1) > 0


def nest(pairs: Iterable[tuple[str, Any]], depth_limit: int, make: Make = dict) -> dict[str, Any]:
    """Names and values, in order, as groups and lists: a dict, within which the groups are made by ``make``.

    >>> nest([("post[title]", "x"), ("post[tags][]", "a"), ("post[tags][]", "b")], 32)
    {'post': {'title': 'x', 'tags': ['a', 'b']}}
    """
    nested: dict[str, Any] = {}
    for name, value in pairs:
        if is_nested(name):
            _put(nested, name, value, depth_limit, make)
        else:
            nested[name] = value
    return nested


def _put(target: dict[str, Any], name: str, value: Any, depth_limit: int, make: Make) -> None:
    """Goes down the name from part to part; what is left of it is ``rest``."""
    start = name.index("[", 1)
    key, rest, whole = name[:start], name[start:], name
    for depth in range(depth_limit):
        if rest in ("", "["):
            target[whole if rest else key] = value
            return
        if rest.startswith("[]"):
            items = target.setdefault(key, [])
            if not isinstance(items, list):
                raise _conflict(name, key, "list", items)
            if rest == "[]":
                items.append(value)
                return
            whole = _child(rest)
            last = items[-1] if items and isinstance(items[-1], dict) else None
            if whole == "[]" and depth + 1 < depth_limit:
                # A list in a list; one behind a group is dropped, as its name could only be the group's.
                if last is None:
                    items.append([value])
                return
            if last is None or _has(last, whole):
                last = make()
                items.append(last)
            target = last
        else:
            whole = rest
            target = target.setdefault(key, make())
            if not isinstance(target, dict):
                raise _conflict(name, key, "group", target)
        key, rest = _split(whole)
    raise MalformedRequestError(f"parameter {name[:_SHOWN]!r}: its name has more than {depth_limit} parts")


def _child(rest: str) -> str:
    """The name that is left behind ``[]``; that of a single part loses its brackets."""
    inner = rest[3:-1]
    if rest[2] == "[" and rest.endswith("]") and inner and "[" not in inner and "]" not in inner:
        return inner
    return rest[2:]


def _split(name: str) -> tuple[str, str]:
    if name.startswith("[]"):
        return "[]", name[2:]
    end = name.find("]", 1) if name.startswith("[") else -1
    return (name[1:end], name[end + 1 :]) if end > 0 else (name, "")


def _has(group: Mapping[str, Any], name: str) -> bool:
    """Whether a group has the name already, so that the value belongs to the list's next one."""
    if "[]" in name:
        return False
    found: Any = group
    for part in filter(None, _SEPARATORS.split(name)):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True


def _conflict(name: str, key: str, kind: str, other: object) -> MalformedRequestError:
    is_a = "a list" if isinstance(other, list) else "a group" if isinstance(other, dict) else "a value"
    return MalformedRequestError(
        f"parameter {name[:_SHOWN]!r}: {key[:_SHOWN]!r} is a {kind} here, and {is_a} elsewhere"
    )
