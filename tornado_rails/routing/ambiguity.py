r"""How ambiguous a pattern is: in how many ways it may read the same text, which is what backtracking tries.

A pattern is made an automaton whose states are its single characters. It is *exponential* where some state has two
ways back to itself with the same text, as in `(a+)+`; it is *polynomial* where two loops can part the same text
between them, as in `(a+)-(.+)`; else a path costs no more than its length.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from tornado_rails.routing.index import parse

SINGLE: Final = frozenset({"LITERAL", "NOT_LITERAL", "IN", "ANY"})
LOOPS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT"})
#: The characters that are told apart; paths are ASCII but for what a server lets through.
ALPHABET: Final = "".join(map(chr, range(1, 127))) + "é"
_WRITTEN_OUT: Final = 8  # times that a counted part is written out; beyond, it is read as a loop

State = TypeVar("State", bound=Hashable)


def takes(name: str, argument: Any, character: str, flags: int) -> bool:
    """Whether a single part of a parsed pattern takes a character."""
    if flags & re.IGNORECASE:
        forms = [form for form in {character, character.lower(), character.upper()} if len(form) == 1]
        plain = flags & ~re.IGNORECASE
        if name == "NOT_LITERAL":
            return all(ord(form) != argument for form in forms)
        if name == "IN" and argument[0][0].name == "NEGATE":
            return not any(takes("IN", argument[1:], form, plain) for form in forms)
        return any(takes(name, argument, form, plain) for form in forms)
    if name == "LITERAL":
        return bool(ord(character) == argument)
    if name == "NOT_LITERAL":
        return bool(ord(character) != argument)
    if name == "ANY":
        return bool(flags & re.DOTALL) or character != "\n"
    negated = False
    for kind, each in argument:
        if kind.name == "NEGATE":
            negated = True
        elif (
            (kind.name == "LITERAL" and ord(character) == each)
            or (kind.name == "RANGE" and each[0] <= ord(character) <= each[1])
            or (kind.name == "CATEGORY" and _in_category(each.name, character, flags))
        ):
            return not negated
    return negated


def _in_category(name: str, character: str, flags: int) -> bool:
    if "DIGIT" in name:
        found = character.isdecimal()
    elif "SPACE" in name:
        found = character.isspace()
    else:
        found = character.isalnum() or character == "_"
    if flags & re.ASCII and ord(character) > 127:
        found = False
    return found is not ("_NOT_" in name)


@dataclass(slots=True)
class Ends:
    """The states that a part begins and ends with, and in how many ways it may take nothing."""

    first: Counter[int]
    last: Counter[int]
    empty: int

    def then(self, other: Ends) -> Ends:
        """The ends of this part and another one after it."""
        first = self.first + _times(other.first, self.empty)
        last = _times(self.last, other.empty) + other.last
        return Ends(first, last, self.empty * other.empty)


def _times(states: Counter[int], ways: int) -> Counter[int]:
    return Counter({state: count * ways for state, count in states.items() if ways})


@dataclass(slots=True)
class Automaton:
    """States are numbers; ``follow`` counts the ways from one to the next, ``sets`` are the characters each takes."""

    sets: list[int] = field(default_factory=list)
    follow: list[Counter[int]] = field(default_factory=list)

    def add(self, name: str, argument: Any, flags: int) -> Ends:
        """A state for a single part."""
        if name == "LITERAL" and not flags & re.IGNORECASE and argument < 127:
            self.sets.append(1 << (len(ALPHABET) - argument))  # PERF: most of a pattern are letters
        else:
            bits = "".join("1" if takes(name, argument, each, flags) else "0" for each in ALPHABET)
            self.sets.append(int(bits, 2))
        self.follow.append(Counter())
        return Ends(Counter([len(self.sets) - 1]), Counter([len(self.sets) - 1]), 0)

    def link(self, one: Counter[int], other: Counter[int]) -> None:
        """Lets each state of one be followed by each of the other."""
        for state, ways in one.items():
            for following, more in other.items():
                self.follow[state][following] += ways * more

    def sequence(self, items: Iterable[tuple[Any, Any]], flags: int) -> Ends:
        """The states of items one after the other."""
        made = Ends(Counter(), Counter(), 1)
        for kind, argument in items:
            part = self.part(kind.name, argument, flags)
            self.link(made.last, part.first)
            made = made.then(part)
        return made

    def part(self, name: str, argument: Any, flags: int) -> Ends:
        """The states of one part."""
        if name in SINGLE:
            return self.add(name, argument, flags)
        if name == "SUBPATTERN":
            return self.sequence(argument[3], (flags | argument[1]) & ~argument[2])
        if name == "BRANCH":
            choices = [self.sequence(choice, flags) for choice in argument[1]]
            first = sum((choice.first for choice in choices), Counter[int]())
            last = sum((choice.last for choice in choices), Counter[int]())
            return Ends(first, last, sum(choice.empty for choice in choices))
        if name in LOOPS:
            return self.repeated(argument, flags)
        return Ends(Counter(), Counter(), 1)

    def repeated(self, argument: Any, flags: int) -> Ends:
        """The states of a repeated part: written out if it is counted, else a loop."""
        least, most, body = argument
        if most > _WRITTEN_OUT:
            made = self.sequence(body, flags)
            self.link(made.last, made.first)
            return Ends(made.first, made.last, made.empty + (not least))
        copies = Ends(Counter(), Counter(), 1)
        for number in range(int(most)):
            part = self.sequence(body, flags)
            part.empty += number >= int(least)
            self.link(copies.last, part.first)
            copies = copies.then(part)
        return copies


def reached(start: State, onward: Callable[[State], Iterable[State]]) -> set[State]:
    """The states that can be reached in one step or more."""
    found: set[State] = set()
    waiting = [start]
    while waiting:
        for state in onward(waiting.pop()):
            if state not in found:
                found.add(state)
                waiting.append(state)
    return found


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """What is found: whether it is exponential, and else by which power of the length it grows."""

    exponential: bool
    power: int


def ambiguity(regex: re.Pattern[str]) -> Ambiguity:
    r"""How ambiguous a pattern is.

    >>> ambiguity(re.compile(r"/([a-z]+(?:-[a-z]+)*)\Z"))
    Ambiguity(exponential=False, power=1)
    >>> ambiguity(re.compile(r"/([^./?]+)-([^./?]+)\Z")), ambiguity(re.compile("(a+)+b"))
    (Ambiguity(exponential=False, power=2), Ambiguity(exponential=True, power=0))
    """
    machine = Automaton()
    machine.sequence(parse(regex), regex.flags)
    follow, sets = machine.follow, machine.sets
    reach = [reached(state, lambda state: follow[state]) for state in range(len(sets))]
    loops = [state for state in range(len(sets)) if state in reach[state]]

    def pairs(pair: tuple[int, int]) -> Iterable[tuple[int, int]]:
        one, other = pair
        return ((a, b) for a in follow[one] for b in follow[other] if sets[a] & sets[b] and a in back and b in back)

    for state in loops:
        back = {each for each in loops if each in reach[state] and state in reach[each]}
        if any(follow[each][following] > 1 for each in back for following in back):
            return Ambiguity(exponential=True, power=0)
        for pair in reached((state, state), pairs):
            if pair[0] != pair[1] and (state, state) in reached(pair, pairs):
                return Ambiguity(exponential=True, power=0)

    power = dict.fromkeys(loops, 1)
    # Loops are taken from the pattern's end to its start: states have their numbers in that order.
    for state in reversed(loops):
        for other in loops:
            if other != state and other in reach[state] and state not in reach[other] and power[other] >= power[state]:
                if _share(state, other, follow, sets):
                    power[state] = power[other] + 1
                else:
                    power[state] = max(power[state], power[other])
    return Ambiguity(exponential=False, power=max(power.values(), default=1))


def _share(one: int, other: int, follow: list[Counter[int]], sets: list[int]) -> bool:
    """Whether a text takes one loop round, also leads from the one to the other, and takes the other round."""

    def threes(three: tuple[int, int, int]) -> Iterable[tuple[int, int, int]]:
        for a in follow[three[0]]:
            for b in follow[three[1]]:
                both = sets[a] & sets[b]
                if both:
                    for c in follow[three[2]]:
                        if both & sets[c]:
                            yield a, b, c

    return (one, other, other) in reached((one, one, other), threes)
