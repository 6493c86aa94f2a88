r"""The candidate index: which rules of a table can match a path at all.

Tornado asks every rule in turn. Most of a table can be ruled out by the path's segments alone, so each pattern is
read once, with the standard library's own regex parser, into the *shapes* of the paths that it can match:

    r"/users/(\d+)$"        ->  ("", "users", None)     exactly
    r"/static/(.*)$"        ->  ("", "static")          and at least one segment more

A literal segment must be equal, ``None`` is any one segment. A shape may promise less than its pattern demands
(look-aheads, classes, counts are not kept), never more: so the rules that are found are always all that can match,
and each is still asked as Tornado would. What cannot be read is a candidate for every path.

The shapes become a tree of segments, and the tree a table of states in which every path has one way, so a look-up
costs one dictionary access a segment, however many rules there are.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable
from typing import Any, Final, Generic, NamedTuple, TypeVar

Entry = TypeVar("Entry")

_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

# One part of what a pattern can match. A literal character stands for itself.
_SEGMENT_TEXT: Final = object()  # any text without a slash, or none
_ANYTHING: Final = object()  # any text at all
_END: Final = object()  # the path ends here

_MOST_VARIANTS = 16  # ways through optional parts and alternatives that are kept apart
_MOST_REPEATS = 4  # of a part repeated a fixed number of times that is written out
# Where a table of states would grow past this, the tree is walked instead.
_STATES_PER_NODE = 4
_FOUND_PER_NODE = 32

Variant = tuple[Any, ...]


class Shape(NamedTuple):
    """The segments of a path between its slashes, and whether more may follow.

    ``Shape(("", "users", None), exact=True)``: "/users/" and one segment. Not exact: at least one segment more.
    """

    segments: tuple[str | None, ...]
    exact: bool


def parse(regex: re.Pattern[str]) -> Any:
    """A compiled pattern as the standard library's parser reads it: a sequence of (operator, argument)."""
    return _parser.parse(regex.pattern, regex.flags)


EVERYTHING: Final = (Shape((), exact=False),)


def shapes(regex: object) -> tuple[Shape, ...]:
    r"""The shapes of the paths that a compiled pattern can match; all paths, where it cannot be told.

    >>> shapes(re.compile(r"/users(?:/(\d+))?$"))
    (Shape(segments=('', 'users'), exact=True), Shape(segments=('', 'users', None), exact=True))
    """
    if not isinstance(regex, re.Pattern) or not isinstance(regex.pattern, str):
        return EVERYTHING
    return _plain_shapes(regex) or parsed_shapes(regex)


def parsed_shapes(regex: re.Pattern[str]) -> tuple[Shape, ...]:
    """The shapes of any pattern, by the standard library's parser."""
    try:
        tree = parse(regex)
    except Exception:  # a pattern of another regex dialect: nothing is known of it
        return EVERYTHING
    found = dict.fromkeys(_shape(variant) for variant in _sequence(tree, regex.flags))
    return EVERYTHING if EVERYTHING[0] in found else tuple(found)


# PERF: the parser takes as long as compiling does. Most patterns of most tables are literal text and groups of one
# class that has no slash (no range in such a class can hold it: all its ends sort behind it).
_ONE_CLASS = r"(?:\\[wd]|\[\^/\]|\[(?:\\[wd]|\w-\w|\w)+-?\])(?:[+*]|\{\d+(?:,\d*)?\})?"
_GROUP = re.compile(rf"\((?:\?P<\w+>)?{_ONE_CLASS}\)")
_PLAIN = re.compile(rf"\^?((?:[\w/~%@,;=!:-]|\\[./-]|{_GROUP.pattern})*)\$")


def _plain_shapes(regex: re.Pattern[str]) -> tuple[Shape, ...] | None:
    """The one shape of a plain pattern; None for one that the parser has to read."""
    plain = _PLAIN.fullmatch(regex.pattern)
    if plain is None or regex.flags != re.UNICODE:
        return None
    text = _GROUP.sub("\0", plain[1]).replace("\\", "")
    return (Shape(tuple([None if "\0" in segment else segment for segment in text.split("/")]), exact=True),)


def _shape(variant: Variant) -> Shape:
    segments: list[str | None] = []
    current: str | None = ""
    for part in variant:
        if part is _ANYTHING:
            return Shape(tuple(segments), exact=False)
        if part is _END:
            return Shape((*segments, current), exact=True)
        if part is _SEGMENT_TEXT:
            current = None
        elif part == "/":
            segments.append(current)
            current = ""
        elif current is not None:
            current += part
    return Shape(tuple(segments), exact=False)


def _sequence(items: Iterable[tuple[Any, Any]], flags: int) -> list[Variant]:
    variants: list[Variant] = [()]
    run: list[Any] = []  # PERF: the parts that all variants share are appended to them at once
    literal = not flags & re.IGNORECASE
    for operator, argument in items:
        name = operator.name
        if name == "LITERAL" and literal:
            run.append(chr(argument))
            continue
        following = _variants(name, argument, flags)
        if len(variants) * len(following) > _MOST_VARIANTS:
            following = _blurred(following)
        if len(following) == 1:
            run.extend(following[0])
        else:
            variants = [(*first, *run, *second) for first in variants for second in following]
            run = []
    return [(*first, *run) for first in variants] if run else variants


def _blurred(variants: list[Variant]) -> list[Variant]:
    """The same, said in one variant: less exact, never less."""
    parts = {part for variant in variants for part in variant}
    within_segment = parts.isdisjoint({"/", _ANYTHING, _END})
    return [(_SEGMENT_TEXT if within_segment else _ANYTHING,)]


def _variants(operator: str, argument: Any, flags: int) -> list[Variant]:
    if operator == "LITERAL":  # with IGNORECASE, where only the slash has no other case to match
        return [("/" if argument == ord("/") else _SEGMENT_TEXT,)]
    if operator == "NOT_LITERAL":
        return [(_SEGMENT_TEXT if argument == ord("/") else _ANYTHING,)]
    if operator == "IN":
        return [(_ANYTHING if class_has_slash(argument) else _SEGMENT_TEXT,)]
    if operator == "AT":
        return [(_END,)] if argument.name in ("AT_END", "AT_END_STRING") else [()]
    if operator in ("ASSERT", "ASSERT_NOT", "FAILURE"):
        return [()]  # they only forbid: what is left out is a promise, not a path
    if operator == "SUBPATTERN":
        _group, added, removed, items = argument
        return _sequence(items, (flags | added) & ~removed)
    if operator == "ATOMIC_GROUP":
        return _sequence(argument, flags)
    if operator == "BRANCH":
        return [variant for items in argument[1] for variant in _sequence(items, flags)]
    if operator in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, items = argument
        return _repeated(least, most, items, flags)
    return [(_ANYTHING,)]


def _repeated(least: int, most: int, items: Iterable[tuple[Any, Any]], flags: int) -> list[Variant]:
    once = _sequence(items, flags)
    if least == most <= _MOST_REPEATS and len(once) == 1:
        return [once[0] * int(most)]
    if most == 1:
        return [(), *once]
    return _blurred([*once, ()])


def class_has_slash(items: Iterable[tuple[Any, Any]]) -> bool:
    """Whether a parsed character class can match a slash."""
    slash = ord("/")
    negated = has = False
    for operator, argument in items:
        if operator.name == "NEGATE":
            negated = True
        elif operator.name == "LITERAL":
            has |= argument == slash
        elif operator.name == "RANGE":
            has |= argument[0] <= slash <= argument[1]
        elif operator.name == "CATEGORY":
            has |= "_NOT_" in argument.name  # \D, \S and \W hold the slash; \d, \s and \w do not
        else:
            return True
    return has is not negated


_NO_LITERALS: Any = {}  # never changed


class _Node:
    """A place in the tree of segments: what may follow, and the positions of the rules that end or open here."""

    # PERF: there is one for each segment of each route, so an empty part is shared by all.
    __slots__ = ("dynamic", "ends", "literals", "opens")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = _NO_LITERALS
        self.dynamic: _Node | None = None
        self.ends: tuple[int, ...] = ()
        self.opens: tuple[int, ...] = ()

    def child(self, segment: str | None) -> _Node:
        if segment is None:
            if self.dynamic is None:
                self.dynamic = _Node()
            return self.dynamic
        if self.literals is _NO_LITERALS:
            self.literals = {}
        node = self.literals.get(segment)
        if node is None:
            node = self.literals[segment] = _Node()
        return node

    def following(self, segment: str) -> tuple[_Node, ...]:
        literal = self.literals.get(segment)
        return tuple([node for node in (literal, self.dynamic) if node is not None])


class _State(Generic[Entry]):
    """All that is known after some segments of a path: the one next state for each, and the rules if it ends."""

    __slots__ = ("found", "literals", "other", "tail")

    def __init__(self, found: tuple[Entry, ...]) -> None:
        self.literals: dict[str, _State[Entry]] = _NO_LITERALS
        self.other: _State[Entry] = self
        self.found = found
        #: Where no literal follows any more: what is found after no, one, two, ... segments more, and then for ever.
        self.tail: tuple[tuple[Entry, ...], ...] | None = None

    def compress(self) -> None:
        """Finds the tail, and lets go of the states in it."""
        found, state = [self.found], self
        while not state.literals and state.other is not state:
            state = state.other
            if state.tail is not None:
                found.extend(state.tail)
                break
            found.append(state.found)
        if not state.literals:
            self.tail = tuple(found)
            del self.other  # it is not asked for any more, and to itself it would be a cycle


class CandidateIndex(Generic[Entry]):
    """Finds, for a path, the entries whose shapes it fits, in the order in which they were added.

    >>> index = CandidateIndex()
    >>> index.add("users", shapes(re.compile("/users$")))
    >>> index.add("all", EVERYTHING)
    >>> index.candidates("/users"), index.candidates("/posts")
    (('users', 'all'), ('all',))
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._root = _Node()
        self._depth = 0
        self._size = 1
        self._start: _State[Entry] | None = None
        self._is_built = False

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry, its_shapes: Iterable[Shape]) -> None:
        """Adds an entry behind the others."""
        position = len(self._entries)
        self._entries.append(entry)
        for shape in its_shapes:
            node = self._root
            for segment in shape.segments:
                node = node.child(segment)
            if shape.exact:
                node.ends += (position,)
            else:
                node.opens += (position,)
            self._depth = max(self._depth, len(shape.segments))
            self._size += len(shape.segments)
        self._is_built = False

    def build(self) -> None:
        """Makes the table of states, as the first look-up would."""
        self._everything = tuple(self._entries)
        self._start = self._build_states(self._size)
        self._is_built = True

    def candidates(self, path: str) -> tuple[Entry, ...]:
        """The entries that can match the path, in table order."""
        # PERF: this runs for every request. A path is cut no deeper than the table is.
        if not self._is_built:
            self.build()
        if "\n" in path:  # where "$" has a second meaning
            return self._everything
        state = self._start
        if state is None:
            return self.walk(path)
        segments = path.split("/", self._depth)
        for position, segment in enumerate(segments):
            tail = state.tail
            if tail is not None:
                left = len(segments) - position
                return tail[left] if left < len(tail) else tail[-1]
            state = state.literals.get(segment) or state.other
        return state.found

    def walk(self, path: str) -> tuple[Entry, ...]:
        """The same answer from the tree itself: for tables whose states would be too many, and for the tests."""
        if "\n" in path:
            return tuple(self._entries)
        nodes: tuple[_Node, ...] = (self._root,)
        opened = set[int]()
        for segment in path.split("/", self._depth):
            opened.update(position for node in nodes for position in node.opens)
            nodes = tuple(child for node in nodes for child in node.following(segment))
        return self._found(nodes, opened)

    def _found(self, nodes: Iterable[_Node], opened: Iterable[int]) -> tuple[Entry, ...]:
        positions = {*opened, *(position for node in nodes for position in node.ends)}
        return tuple([self._entries[position] for position in sorted(positions)])

    def _build_states(self, size: int) -> _State[Entry] | None:
        """The first state of the table; None where it would be far larger than the tree."""
        known: dict[tuple[tuple[int, ...], frozenset[int]], _State[Entry]] = {}
        waiting: list[tuple[_State[Entry], tuple[_Node, ...], frozenset[int]]] = []
        room = _FOUND_PER_NODE * size

        def state(nodes: tuple[_Node, ...], opened: frozenset[int]) -> _State[Entry]:
            nonlocal room
            key = (tuple(map(id, nodes)), opened)
            made = known.get(key)
            if made is None:
                made = known[key] = _State(self._found(nodes, opened))
                room -= len(made.found)
                waiting.append((made, nodes, opened))
            return made

        start = state((self._root,), frozenset())
        while waiting:
            if len(known) > _STATES_PER_NODE * size or room < 0:
                return None
            here, nodes, opened = waiting.pop()
            opens = [position for node in nodes for position in node.opens]
            if opens:
                opened = opened.union(opens)
            here.other = state(tuple([node.dynamic for node in nodes if node.dynamic is not None]), opened)
            literals = {}
            for segment in {segment for node in nodes for segment in node.literals}:
                literals[segment] = state(tuple([child for node in nodes for child in node.following(segment)]), opened)
                if room < 0:
                    break
            if literals:
                here.literals = literals
        for made in known.values():
            made.compress()
        return start
