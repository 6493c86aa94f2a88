"""The candidate index of a table with drawn routes, which see a path in Rails' form; all others see it as sent."""

from __future__ import annotations

from collections.abc import Iterable

from tornado_rails.routing.index import CandidateIndex, Entry, Shape
from tornado_rails.routing.pattern import normalize_path


class DrawnIndex(CandidateIndex[Entry]):
    """Finds entries by the path as it was sent, and drawn ones by its normalised form.

    >>> index = DrawnIndex()
    >>> index.add("tuple", [Shape(("", "a"), exact=True)])
    >>> index.add_drawn("drawn", [Shape(("", "a"), exact=True)])
    >>> index.candidates("/a"), index.candidates("//a/")
    (('tuple', 'drawn'), ('drawn',))
    """

    def __init__(self) -> None:
        super().__init__()
        self._drawn: dict[int, int] = {}  # by identity, their places in the table
        self._others: dict[int, int] = {}

    def add(self, entry: Entry, its_shapes: Iterable[Shape]) -> None:
        """Adds an entry behind the others."""
        self._others[id(entry)] = len(self)
        super().add(entry, its_shapes)

    def add_drawn(self, entry: Entry, its_shapes: Iterable[Shape]) -> None:
        """Adds the entry of a drawn route behind the others."""
        self._drawn[id(entry)] = len(self)
        super().add(entry, its_shapes)

    def candidates(self, path: str) -> tuple[Entry, ...]:
        """The entries that can match the path, in table order."""
        form = normalize_path(path)
        if form == path:
            return super().candidates(path)
        found = {self._others[id(entry)]: entry for entry in super().candidates(path) if id(entry) in self._others}
        found.update((self._drawn[id(entry)], entry) for entry in super().candidates(form) if id(entry) in self._drawn)
        return tuple([found[place] for place in sorted(found)])
