r"""Matching in linear time: for patterns on which the standard library's matcher could go astray, and long paths.

A backtracking matcher may need time that grows with a power of the path's length ("/:a-:b-:c" on many dashes), or
with its exponential (`(a+)+`). Here the sets of places from which the rest of a pattern can still match are found
first, from the pattern's end to its start; a set is one big integer with a bit for each place, so that each step of
the pattern costs a few operations however long the path is. Then the path is walked once, taking at each choice the
first that leads on: the very match that backtracking would have found.

`trust` says of a pattern up to which length of path the standard library can be given it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, NamedTuple

from tornado_rails.routing.ambiguity import LOOPS, SINGLE, ambiguity, takes
from tornado_rails.routing.index import parse

_ENDLESS: Final = 2**31
_MOST_STEPS: Final = 4000  # of a pattern with its counted parts written out
# The longest path that the standard library is given, by the power with which its time may grow.
_TRUSTED: Final = {1: None, 2: 1200, 3: 120}
# The longest path that is matched here where a loop is over more than one character.
_LONGEST: Final = 1000

Items = Sequence[tuple[Any, Any]]


class UnsafeError(ValueError):
    """A pattern that is not matched in linear time even here."""


class Trust(NamedTuple):
    """Up to which length of path backtracking stays cheap, and up to which the path is matched at all."""

    backtracking: int | None
    longest: int | None


#: A pattern that may be given any path.
ALL: Final = Trust(None, None)


def trust(regex: re.Pattern[str]) -> Trust:
    r"""How long a path a pattern may be given; None where it may be any.

    >>> trust(re.compile("/posts/([^./?]+)"))
    Trust(backtracking=None, longest=None)
    >>> trust(re.compile("/([^./?]+)-([^./?]+)"))
    Trust(backtracking=1200, longest=None)

    Raises `UnsafeError` for an exponential pattern, and for parts that look back.
    """
    tree = parse(regex)
    if not _has_loops(tree):
        return ALL
    found = ambiguity(regex)
    if found.exponential:
        raise UnsafeError("it can read the same text in exponentially many ways")
    power = found.power + _loops_ahead(tree)
    limit = _TRUSTED.get(power, 30)
    if limit is None:
        return ALL
    steps, wide = _steps(tree)
    if steps > _MOST_STEPS:
        raise UnsafeError(f"its counted parts come to {steps} steps")
    return Trust(limit, _LONGEST if wide else None)


def _has_loops(items: Iterable[tuple[Any, Any]]) -> bool:
    for kind, argument in items:
        if kind.name in LOOPS and argument[1] > 1:
            return True
        if any(_has_loops(each) for each in _inside(kind.name, argument)):
            return True
    return False


def _loops_ahead(items: Iterable[tuple[Any, Any]]) -> int:
    """How many parts that look ahead have a loop: each may be walked again from every place."""
    total = 0
    for kind, argument in items:
        if kind.name.startswith("ASSERT"):
            total += _has_loops(argument[1])
        else:
            total += sum(_loops_ahead(each) for each in _inside(kind.name, argument))
    return total


def _inside(name: str, argument: Any) -> list[Items]:
    if name == "SUBPATTERN":
        return [argument[3]]
    if name in LOOPS:
        return [argument[2]]
    if name == "BRANCH":
        return list(argument[1])
    return [argument[1]] if name.startswith("ASSERT") else []


def _steps(items: Iterable[tuple[Any, Any]]) -> tuple[int, bool]:
    """How many steps a pattern is with its counted parts written out, and whether a loop is over more than one."""
    total, wide = 0, False
    for kind, argument in items:
        name = kind.name
        if name in ("GROUPREF", "GROUPREF_EXISTS") or (name.startswith("ASSERT") and argument[0] < 0):
            raise UnsafeError(f"it has a part that looks back ({name.lower()})")
        if name not in SINGLE and name != "AT" and not _inside(name, argument):
            raise UnsafeError(f"it has a part that is not known here ({name.lower()})")
        inner = [_steps(each) for each in _inside(name, argument)]
        steps, wider = sum(each[0] for each in inner) or 1, any(each[1] for each in inner)
        if name in LOOPS:
            least, most, body = argument
            steps *= max(1, int(least) + 1 if most >= _ENDLESS else int(most))
            wide |= most >= _ENDLESS and not _is_single(body)
        total, wide = total + steps, wide or wider
    return total, wide


def _is_single(body: Items) -> bool:
    while len(body) == 1 and body[0][0].name == "SUBPATTERN" and body[0][1][0] is None:
        body = body[0][1][3]
    return len(body) == 1 and body[0][0].name in SINGLE


# The matcher


@dataclass(slots=True)
class Found:
    """A match: like `re.Match`, as far as routes ask."""

    text: str
    spans: list[tuple[int, int] | None]
    stop: int

    def groups(self) -> tuple[str | None, ...]:
        """The text of each group."""
        return tuple(None if span is None else self.text[span[0] : span[1]] for span in self.spans)

    def end(self) -> int:
        """Where the match ends."""
        return self.stop


def match(regex: re.Pattern[str], text: str) -> Found | None:
    """What ``regex.match(text)`` finds, in time that grows with the text's length only.

    >>> match(re.compile(r"/([^./?]+)-([^./?]+)"), "/a-b-c").groups()
    ('a-b', 'c')
    """
    walk = _Walk(text, [None] * regex.groups)
    tree = parse(regex)
    if not walk.before(tree, regex.flags)(walk.everywhere) >> walk.size & 1:
        return None
    last = walk.along(tree, walk.size, walk.everywhere, regex.flags)
    return Found(text, walk.spans, walk.size - last)


Before = Callable[[int], int]


class _Walk:
    """One matching. A place is counted from the end: 0 is behind the last character, ``size`` before the first.

    A set of places has bit n for place n, and a mask of characters has bit n for the one that ends at place n. What
    can come before is a function from a set of places to those from which a part can match up to one of them.
    """

    def __init__(self, text: str, spans: list[tuple[int, int] | None]) -> None:
        self.text = text
        self.spans = spans
        self.size = len(text)
        self.everywhere = (1 << (self.size + 1)) - 1
        self._characters = set(text)
        self._made: dict[tuple[int, int], Before] = {}
        self._goals: dict[tuple[int, int], tuple[int, list[int]]] = {}

    def mask(self, wanted: Callable[[str], bool]) -> int:
        """The characters of the text that a part takes."""
        bits = {ord(each): "1" if wanted(each) else "0" for each in self._characters}
        return int(self.text.translate(bits) or "0", 2)

    def before(self, items: Items, flags: int) -> Before:
        """What can come before the items, one after the other."""
        key = (id(items), flags)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._sequence(items, flags)
        return made

    def _sequence(self, items: Items, flags: int) -> Before:
        backwards = list(items)[::-1]
        if all(each.name in SINGLE for each, _argument in backwards):
            masks = [self._single(each.name, argument, flags) for each, argument in backwards]

            def through(places: int) -> int:
                for mask in masks:
                    places = (places & mask) << 1
                return places

            return through
        steps = [self._step(each.name, argument, flags) for each, argument in backwards]
        if len(steps) == 1:
            return steps[0]

        def after_another(places: int) -> int:
            for step in steps:
                if not places:
                    return 0
                places = step(places)
            return places

        return after_another

    def _single(self, name: str, argument: Any, flags: int) -> int:
        return self.mask(lambda each: takes(name, argument, each, flags))

    def _step(self, name: str, argument: Any, flags: int) -> Before:
        if name in SINGLE:
            mask = self._single(name, argument, flags)
            return lambda places: (places & mask) << 1
        if name == "SUBPATTERN":
            return self.before(argument[3], (flags | argument[1]) & ~argument[2])
        if name == "BRANCH":
            choices = [self.before(choice, flags) for choice in argument[1]]
            return lambda places: reduce(operator.or_, [choice(places) for choice in choices])
        if name in LOOPS:
            return lambda places: self.rounds(argument, places, flags)[-1]
        if name == "AT":
            marks = self._marks(argument.name)
        else:
            marks = self.before(argument[1], flags)(self.everywhere)
            marks = marks if name == "ASSERT" else self.everywhere & ~marks
        return lambda places: places & marks

    def _marks(self, name: str) -> int:
        """The places of an anchor."""
        if "BEGINNING" in name:
            return 1 << self.size
        if "BOUNDARY" in name:
            words = self.mask(lambda each: each.isalnum() or each == "_")
            edges = words ^ (words << 1)
            return self.everywhere & ~edges if "NON" in name else edges
        return 1

    def rounds(self, argument: Any, places: int, flags: int) -> list[int]:
        """For a repeated part: the places by how many rounds may still come, from none to all.

        Endless rounds are one step, their least number steps of their own.
        """
        least, most, body = argument
        step = self.before(body, flags)
        steps = [places]
        if most >= _ENDLESS:
            steps.append(self._run(body, places, flags) if _is_single(body) else _closure(step, places))
        else:
            for _ in range(int(most) - int(least)):
                steps.append(steps[-1] | step(steps[-1]))
                if steps[-1] == steps[-2]:
                    break
        for _ in range(int(least)):
            steps.append(step(steps[-1]))
        return steps

    def _run(self, body: Items, places: int, flags: int) -> int:
        characters = self.before(body, flags)(self.everywhere) >> 1
        # The sum carries each place through the run of characters that the loop takes.
        return (((places & characters) + characters) ^ characters) | places

    def _after(self, items: Items, places: int, flags: int) -> list[int]:
        """For each of the items, the places at which it may end so that those behind it match."""
        key = (id(items), id(places))
        kept = self._goals.get(key)
        if kept is not None and kept[0] is places:
            return kept[1]
        after = [places]
        for each, argument in list(items)[:0:-1]:
            after.append(self._step(each.name, argument, flags)(after[-1]))
        after = after[::-1]
        self._goals[key] = (places, after)
        return after

    def along(self, items: Items, place: int, places: int, flags: int) -> int:
        """Walks the items from a place to one of ``places``, which is known to be possible; returns where it ends."""
        for (each, argument), goal in zip(items, self._after(items, places, flags), strict=False):
            place = self._along(each.name, argument, place, goal, flags)
        return place

    def _along(self, name: str, argument: Any, place: int, goal: int, flags: int) -> int:
        if name in SINGLE:
            return place - 1
        if name == "SUBPATTERN":
            group, added, removed, items = argument
            last = self.along(items, place, goal, (flags | added) & ~removed)
            if group is not None:
                self.spans[group - 1] = (self.size - place, self.size - last)
            return last
        if name == "BRANCH":
            for choice in argument[1]:
                if self.before(choice, flags)(goal) >> place & 1:
                    return self.along(choice, place, goal, flags)
        if name in LOOPS:
            return self._loop(argument, place, goal, flags, greedy=name == "MAX_REPEAT")
        return place  # anchors and what looks ahead take nothing

    def _loop(self, argument: Any, place: int, goal: int, flags: int, greedy: bool) -> int:
        least, most, body = argument
        endless = most >= _ENDLESS
        if endless and _is_single(body):
            characters = self.before(body, flags)(self.everywhere) >> 1
            # The run of characters from here on ends at the first that the loop does not take.
            run = (~characters & ((1 << place) - 1)).bit_length()
            ends = goal & ((1 << (place - int(least) + 1)) - 1) & ~((1 << run) - 1)
            return (ends & -ends).bit_length() - 1 if greedy else ends.bit_length() - 1
        steps = self.rounds(argument, goal, flags)
        for _ in range(int(least)):
            steps.pop()
            place = self.along(body, place, steps[-1], flags)
        step = self.before(body, flags)
        starts = step(steps[-1]) if endless else 0
        while len(steps) > 1:
            rest = steps[-1] if endless else steps[-2]
            can_go = (starts if endless else step(rest)) >> place & 1
            if not can_go or (not greedy and goal >> place & 1):
                break
            last = self.along(body, place, rest, flags)
            if last == place:
                break
            place = last
            if not endless:
                steps.pop()
        return place


def _closure(step: Before, places: int) -> int:
    every = new = places
    while new:
        new = step(new) & ~every
        every |= new
    return every
