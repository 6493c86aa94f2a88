"""Values as Rails prints them in its route table, which our table equals letter for letter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SLASH = re.compile(r"\\.|/", re.DOTALL)
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*[?!]?\Z")
_FLAGS = ((re.DOTALL, "m"), (re.IGNORECASE, "i"), (re.VERBOSE, "x"))


def ruby_text(value: Any) -> str:
    r"""A value as Ruby shows it.

    >>> print(ruby_text({"id": re.compile(r"\d+/", re.I), "kind": "x", "n": [1, None]}))
    {:id=>/\d+\//i, :kind=>"x", :n=>[1, nil]}
    """
    if value is None:
        return "nil"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, re.Pattern):
        source = _SLASH.sub(lambda found: r"\/" if found[0] == "/" else found[0], value.pattern)
        return f"/{source}/" + "".join(letter for flag, letter in _FLAGS if value.flags & flag)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("#{", "\\#{").replace("\n", "\\n") + '"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)}=>{ruby_text(each)}" for name, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(ruby_text, value)) + "]"
    return repr(value)


def _key(name: object) -> str:
    text = str(name)
    return f":{text}" if _PLAIN_KEY.match(text) else f":{ruby_text(text)}"
