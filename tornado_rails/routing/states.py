"""A table of states over the segments of paths: after some segments, all that is known is the one state they lead to.

Patterns overlap ("/posts/new", "/posts/:id"), so a path may be at several places of their tree at once; a state stands
for all of them, and holds what is found if the path ends there, in the order in which it was added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from tornado_rails.routing.index import Shape

Entry = TypeVar("Entry")

_STATES_PER_PLACE = 4  # where overlaps would make far more states than the tree has places, there is no table


class State(Generic[Entry]):
    """``literals`` are the states after certain texts, ``other`` is the one after any other text."""

    __slots__ = ("found", "literals", "other")

    def __init__(self) -> None:
        self.literals: dict[str, State[Entry]] = {}
        self.other: State[Entry] = self
        self.found: tuple[Entry, ...] = ()


class _Place:
    """A place in the tree of patterns: what may follow, and what ends here, or is open to any more segments."""

    __slots__ = ("any", "ends", "opens", "texts")

    def __init__(self) -> None:
        self.texts: dict[str, _Place] = {}
        self.any: _Place | None = None
        self.ends: list[int] = []
        self.opens: list[int] = []


def _tree(shapes: Iterable[Iterable[Shape]]) -> tuple[_Place, int]:
    root, size = _Place(), 1
    for number, each in enumerate(shapes):
        for shape in each:
            place = root
            for segment in shape.segments:
                following = place.any if segment is None else place.texts.get(segment)
                if following is None:
                    following, size = _Place(), size + 1
                    if segment is None:
                        place.any = following
                    else:
                        place.texts[segment] = following
                place = following
            (place.ends if shape.exact else place.opens).append(number)
    return root, size


def build(entries: Mapping[int, Entry], shapes: Iterable[Iterable[Shape]]) -> State[Entry] | None:
    """The first state of a table; None where it would be far larger than the patterns are.

    >>> start = build({0: "posts", 1: "any"}, [[Shape(("", "posts"), True)], [Shape(("", None), True)]])
    >>> after = start.literals[""]
    >>> after.literals["posts"].found, after.other.found
    (('posts', 'any'), ('any',))
    """
    root, size = _tree(shapes)
    known: dict[tuple[frozenset[int], frozenset[int]], State[Entry]] = {}
    waiting: list[tuple[State[Entry], list[_Place], frozenset[int]]] = []

    def state(places: list[_Place], opened: frozenset[int]) -> State[Entry]:
        key = (frozenset(map(id, places)), opened)
        made = known.get(key)
        if made is None:
            made = known[key] = State()
            numbers = sorted({*opened, *(number for place in places for number in place.ends)})
            made.found = tuple(entries[number] for number in numbers)
            waiting.append((made, places, opened))
        return made

    start = state([root], frozenset())
    while waiting:
        if len(known) > _STATES_PER_PLACE * size:
            return None
        here, places, opened = waiting.pop()
        opened = opened.union(number for place in places for number in place.opens)
        anywhere = [place.any for place in places if place.any is not None]
        here.other = state(anywhere, opened)
        for text in dict.fromkeys(text for place in places for text in place.texts):
            here.literals[text] = state([*(p.texts[text] for p in places if text in p.texts), *anywhere], opened)
    return start
