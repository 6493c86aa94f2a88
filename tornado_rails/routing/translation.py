r"""A Tornado pattern as a path of the routing language, with the constraints that its groups are.

    r"/posts/(?P<id>[0-9]+)(?:/(?P<tab>\w+))?$"   ->   "/posts/:id(/:tab)", {"id": "[0-9]+", "tab": "\\w+"}

By it the URLs of tuples and of conventions are made as those of drawn routes are, and a table is adopted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tornado_rails.routing.pattern import Group, Param, Part, Parts, Text

_GROUP = re.compile(r"\((?:\?P<(?P<name>\w+)>|(?P<plain>(?!\?))|(?P<bare>\?:))")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_SEGMENT = frozenset({"[^/.?]+", "[^./?]+", "[^./]+", "[^/.]+"})
_PUNCTUATION = frozenset("*+?{|.[]})^$")


class UntranslatableError(ValueError):
    """A pattern has no counterpart in the routing language."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A pattern as a tree, and the text of each group's regex where it is not that of any segment."""

    parts: Parts
    requirements: dict[str, str]

    @property
    def path(self) -> str:
        """The path as it is drawn."""
        return path_text(self.parts)


def translate(pattern: str, names: Sequence[str] = ()) -> Translation:
    r"""A regex's text as a path; ``names`` are those of its positional groups.

    >>> translate(r"/main/(\d+)/([^/]+)$", ["id", "name"]).path
    '/main/:id/:name'

    Raises `UntranslatableError`, which says what stands in the way.
    """
    reader = _Reader(pattern.removeprefix("^").removesuffix("$"), names)
    parts = reader.read()
    if reader.at < len(reader.text):
        raise UntranslatableError("its brackets do not pair")
    return Translation(parts, reader.requirements)


class _Reader:
    def __init__(self, text: str, names: Sequence[str]) -> None:
        self.text = text
        self.at = 0
        self.names = list(names)
        self.requirements: dict[str, str] = {}
        self._count = 0

    def read(self) -> Parts:
        """The parts up to the end, or to a bracket that closes."""
        parts: list[Part] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            found = self._part()
            if self._take("?"):
                parts.append(Group(tuple(found)))
            else:
                parts += found
        joined: list[Part] = []
        for part in parts:
            if isinstance(part, Text) and joined and isinstance(joined[-1], Text):
                joined[-1] = Text(joined[-1].text + part.text)
            else:
                joined.append(part)
        return tuple(joined)

    def _take(self, text: str) -> bool:
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def _part(self) -> list[Part]:
        opening = _GROUP.match(self.text, self.at)
        if opening is not None:
            return self._group(opening)
        letter = self.text[self.at]
        self.at += 1
        if letter == "\\" and self.at < len(self.text) and not self.text[self.at].isalnum():
            letter = self.text[self.at]
            self.at += 1
        elif letter in _PUNCTUATION or letter in "(\\":
            raise UntranslatableError(f"{self.text[self.at - 1 :]!r} stands outside of a group")
        return [Text(letter)]

    def _group(self, opening: re.Match[str]) -> list[Part]:
        self.at = opening.end()
        if opening["bare"]:
            parts = self.read()
            self._close()
            return list(parts)
        start = self.at
        self._skip()
        source = self.text[start : self.at]
        self._close()
        name = opening["name"]
        if name is None:
            name = self.names[self._count] if self._count < len(self.names) else f"arg{self._count + 1}"
            self._count += 1
        is_glob = re.fullmatch(source, "a/b") is not None
        if source not in _SEGMENT and not (is_glob and source == ".+"):
            self.requirements[name] = source
        return [Param(name, glob=is_glob)]

    def _close(self) -> None:
        if not self._take(")"):
            raise UntranslatableError("its brackets do not pair")
        if self.text[self.at : self.at + 1] in ("*", "+", "{"):
            raise UntranslatableError("a group is repeated")

    def _skip(self) -> None:
        """Goes to the end of a capturing group."""
        depth = 0
        while self.at < len(self.text):
            letter = self.text[self.at]
            found = _CLASS.match(self.text, self.at)
            if found is not None:
                self.at = found.end()
                continue
            if letter == ")" and depth == 0:
                return
            if letter == "(" and not self.text.startswith("(?", self.at):
                raise UntranslatableError("a group stands in another")
            depth += (letter == "(") - (letter == ")")
            self.at += 2 if letter == "\\" else 1


def path_text(parts: Parts) -> str:
    """A tree as it is drawn.

    >>> path_text((Text("/posts"), Group((Text("/"), Param("id")))))
    '/posts(/:id)'
    """
    return "".join(_texts(parts))


def _texts(parts: Parts) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Text):
            if "*" in part.text:
                raise UntranslatableError("a star stands in its text")
            yield re.sub(r"[:()]", r"\\\g<0>", part.text)
        elif isinstance(part, Param):
            yield ("*" if part.glob else ":") + part.name
        elif isinstance(part, Group):
            yield f"({path_text(part.parts)})"
