r"""The paths that a pattern matches, as a set: whether there are any, whether another pattern's are all among them.

A pattern is read as an automaton of single characters, as in `routing.ambiguity`; what an automaton cannot say
(look-aheads, back-references) makes it inexact, and of an inexact one nothing is claimed that could be untrue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tornado_rails.routing.ambiguity import ALPHABET, LOOPS, SINGLE, Automaton
from tornado_rails.routing.index import parse

_COUNTED: Final = 8  # times that the automaton writes out a counted part
_WITHOUT_LIMIT: Final = 2**31
_MOST_PAIRS: Final = 20_000  # that are looked at for one pair of patterns


def _bit(character: str) -> int:
    return 1 << (len(ALPHABET) - 1 - ALPHABET.index(character))


_SLASH: Final = _bit("/")
#: What a path is made of: all else is percent-encoded.
_IN_PATHS: Final = sum(_bit(each) for each in ALPHABET if "!" <= each <= "~" and each not in "?#")


@dataclass(slots=True)
class Language:
    """The paths of a pattern. Of states, ``sets`` are the characters and ``follow`` those that come next."""

    sets: list[int]
    follow: list[set[int]]
    first: set[int]
    last: set[int]
    takes_nothing: bool
    is_exact: bool  # else it holds paths that the pattern does not match
    is_whole: bool  # the pattern is anchored at its end

    @classmethod
    def of(cls, regex: re.Pattern[str]) -> Language | None:
        """A pattern's language; None where it cannot be said."""
        try:
            items = list(parse(regex))
        except (re.error, RecursionError):
            return None
        while items and items[0][0].name == "AT" and "BEGINNING" in items[0][1].name:
            del items[0]
        is_whole = bool(items) and items[-1][0].name == "AT" and "END" in items[-1][1].name
        if is_whole:
            del items[-1]
        kinds = set(_kinds(items))
        if not kinds <= {"exact", "over"} or regex.flags & re.MULTILINE:
            return None
        machine = Automaton()
        ends = machine.sequence(items, regex.flags)
        return cls(
            sets=[each & _IN_PATHS for each in machine.sets],
            follow=[set(each) for each in machine.follow],
            first=set(ends.first),
            last=set(ends.last),
            takes_nothing=bool(ends.empty),
            is_exact="over" not in kinds,
            is_whole=is_whole,
        ).trimmed()

    def trimmed(self) -> Language:
        """Without the states from which no path ends."""
        alive = {state for state in self.last if self.sets[state]}
        while True:
            more = {s for s in range(len(self.sets)) if s not in alive and self.sets[s] and self.follow[s] & alive}
            if not more:
                break
            alive |= more
        self.follow = [following & alive for following in self.follow]
        self.first &= alive
        self.last &= alive
        return self

    @property
    def has_paths(self) -> bool:
        """Whether any path at all may be in it: one that begins with a slash."""
        if not self.is_whole and self.takes_nothing:
            return True
        return any(self.sets[state] & _SLASH for state in self.first)

    @property
    def is_normal(self) -> bool:
        """Whether no path of it has two slashes side by side, or one at its end but for "/" itself."""
        slashes = {state for state in range(len(self.sets)) if self.sets[state] & _SLASH}
        if any(self.follow[state] & slashes for state in slashes):
            return False
        return not (self.last & slashes) or (self.last <= self.first and not any(self.follow))

    def with_more_slashes(self) -> Language:
        """The paths that have one of its paths as their normal form: with slashes doubled, and one more at the end."""
        sets, follow, last = list(self.sets), [set(each) for each in self.follow], set(self.last)
        for state in range(len(self.sets)):
            if sets[state] & _SLASH:
                again = len(sets)
                sets.append(_SLASH)
                follow.append({again, *self.follow[state]})
                follow[state].add(again)
                if state in self.last:
                    last.add(again)
        end = len(sets)
        sets.append(_SLASH)
        follow.append({end})
        for state in last:
            follow[state].add(end)
        return Language(sets, follow, set(self.first), {*last, end}, self.takes_nothing, False, self.is_whole)

    def holds(self, other: Language) -> bool:
        """Whether it can be proven that each path of the other is one of its own."""
        if not self.is_exact or not (self.is_whole and other.is_whole):
            return False
        if other.takes_nothing and not self.takes_nothing:
            return False
        seen: set[tuple[int, frozenset[int]]] = set()
        waiting = list(self._steps(other, other.first, self.first))
        while waiting:
            pair = waiting.pop()
            if pair in seen:
                continue
            seen.add(pair)
            state, mine = pair
            if not mine or (state in other.last and not mine & self.last) or len(seen) > _MOST_PAIRS:
                return False
            onward = set().union(*(self.follow[each] for each in mine))
            waiting.extend(self._steps(other, other.follow[state], onward))
        return True

    def _steps(self, other: Language, states: Iterable[int], mine: set[int]) -> Iterator[tuple[int, frozenset[int]]]:
        """The pairs of a state of the other's and the states of its own that the same character leads to."""
        for state in states:
            parts = {frozenset[int](): other.sets[state]}
            for each in mine:
                split: dict[frozenset[int], int] = {}
                for found, characters in parts.items():
                    for key, some in (
                        (found | {each}, characters & self.sets[each]),
                        (found, characters & ~self.sets[each]),
                    ):
                        if some:
                            split[key] = split.get(key, 0) | some
                parts = split
            yield from ((state, found) for found in parts)

    def reach(self, path: str) -> tuple[int, bool]:
        """How many characters of a path it can follow, and whether it may end behind them."""
        states, ends = self.first, self.takes_nothing
        for position, character in enumerate(path):
            bit = _bit(character) if character in ALPHABET else 0
            now = {state for state in states if self.sets[state] & bit}
            if not now:
                return position, ends
            ends = bool(now & self.last)
            states = set().union(*(self.follow[state] for state in now))
        return len(path), ends


def _kinds(items: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """For each part whether an automaton says it exactly, takes too much for it, or cannot say it."""
    for kind, argument in items:
        name = kind.name
        if name in SINGLE:
            yield "exact"
        elif name in ("AT", "ASSERT", "ASSERT_NOT"):
            yield "over"
        elif name in LOOPS:
            least, most, body = argument
            without_limit = int(most) >= _WITHOUT_LIMIT
            yield "exact" if (least <= 1 if without_limit else most <= _COUNTED) else "over"
            yield from _kinds(body)
        elif name == "SUBPATTERN":
            yield from _kinds(argument[3])
        elif name == "BRANCH":
            for choice in argument[1]:
                yield from _kinds(choice)
        else:
            yield "unknown"
