"""The scopes that drawn routes stand in: a chain of frames, the innermost first.

A frame holds what one call of the mapper said; a value is that of the nearest frame that says one. How an inner value
and an outer one become one is `MERGES`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tornado_rails.routing.pattern import normalize_path
from tornado_rails.routing.resource import Resource

RESOURCE_LEVELS: Final = ("resource", "resources")
RESOURCE_METHOD_LEVELS: Final = ("collection", "member", "new")

_SLASH_BRACKET = re.compile(r"/(\(+)/?")
_LEADING_BRACKET = re.compile(r"^(\(+)/")
_ALL_OPTIONAL = re.compile(r"(\(+[^)]+\))(\(+/:[^)]+\))*\Z")


class Scope:
    """A frame, its parent, and the level: what kind of block it is ("resources", "member", ...).

    >>> outer = Scope({"path": "/admin"}, None, None)
    >>> outer.inner(controller="posts")["path"]
    '/admin'
    """

    __slots__ = ("frame", "level", "parent")

    def __init__(self, frame: dict[str, Any], parent: Scope | None, level: str | None) -> None:
        self.frame = frame
        self.parent = parent
        self.level = level

    def __getitem__(self, name: str) -> Any:
        for scope in self.chain():
            if name in scope.frame:
                return scope.frame[name]
        return None

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def inner(self, **frame: Any) -> Scope:
        """A scope in this one, of the same level."""
        return Scope(frame, self, self.level)

    def at_level(self, level: str) -> Scope:
        """A scope in this one, of another level."""
        return Scope({}, self, level)

    @property
    def is_root(self) -> bool:
        """Whether nothing is around it."""
        return self.parent is None

    @property
    def in_resources(self) -> bool:
        """Whether it is the block of ``resources`` or ``resource`` itself."""
        return self.level in RESOURCE_LEVELS

    @property
    def resource(self) -> Resource | None:
        """The nearest resource around it."""
        found: Resource | None = self["resource"]
        return found

    @property
    def shallow_depth(self) -> int:
        """How many resources around it are shallow."""
        frames = (scope.frame.get("resource") for scope in self.chain())
        return sum(1 for resource in frames if resource is not None and resource.shallow)

    def name_parts(self, prefix: str | None, collection: str | None, member: str | None) -> list[str | None]:
        """The parts of a route's name in the order that this level puts them."""
        outer = self["as"]
        by_level: dict[str | None, list[str | None]] = {
            "nested": [outer, prefix],
            "collection": [prefix, outer, collection],
            "new": [prefix, "new", outer, member],
            "member": [prefix, outer, member],
            "root": [outer, collection, prefix],
        }
        return by_level.get(self.level, [outer, member, prefix])


def drawn_path(path: str) -> str:
    """A pattern normalised: slashes go inside of the brackets that begin a segment.

    >>> drawn_path("/(:locale)/posts/"), drawn_path("(:locale)")
    ('(/:locale)/posts', '/(:locale)')
    """
    path = _SLASH_BRACKET.sub(r"\1/", normalize_path(path))
    if _ALL_OPTIONAL.match(path):
        # NOTE: it must be "/" where all is left out, so the first slash stands outside of the brackets.
        path = _LEADING_BRACKET.sub(r"/\1", path, count=1)
    return path


def _text(value: object) -> str:
    return "" if value is None else "false" if value is False else str(value)


def _joined_path(outer: Any, inner: Any) -> str:
    return drawn_path(f"{_text(outer)}/{_text(inner)}")


def _joined_name(outer: Any, inner: Any) -> Any:
    return f"{outer}_{_text(inner)}" if outer not in (None, False) else inner


def _joined_module(outer: Any, inner: Any) -> Any:
    return f"{outer}/{_text(inner)}" if outer not in (None, False) else inner


def _inner(_outer: Any, inner: Any) -> Any:
    return inner


def _merged(outer: Mapping[str, Any] | None, inner: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**(outer or {}), **(inner or {})}


def _truth(_outer: Any, inner: Any) -> bool:
    return inner not in (None, False)


MERGES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "path": _joined_path,
    "shallow_path": _joined_path,
    "as": _joined_name,
    "shallow_prefix": _joined_name,
    "module": _joined_module,
    "controller": _inner,
    "action": _inner,
    "path_names": _merged,
    "constraints": _merged,
    "shallow": _truth,
    "defaults": _merged,
    "via": _inner,
    "format": _inner,
    "to": _inner,
}
