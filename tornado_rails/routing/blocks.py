"""Calls of the mapper as blocks: ``with map.resources("posts"):``."""

from __future__ import annotations

import functools
import keyword
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.source import UNKNOWN, Source, caller

if TYPE_CHECKING:
    from tornado_rails.routing.mapper import Mapper

Word = TypeVar("Word", bound=Callable[..., Any])
Opener = Callable[[], AbstractContextManager[None]]


class Place:
    """Which call is being drawn: its words for an error, and where it was written."""

    __slots__ = ("source", "text")

    def __init__(self, text: str, source: Source) -> None:
        self.text = text
        self.source = source

    def __str__(self) -> str:
        return f"{self.text} ({self.source})"


NOWHERE = Place("the table", UNKNOWN)


def word(method: Word) -> Word:
    """Makes a method a word of the language: it knows its place, and takes Python's keywords with an underscore."""

    @functools.wraps(method)
    def call(self: Mapper, *args: Any, **kwargs: Any) -> Any:
        options = {plain(name): value for name, value in kwargs.items()}
        outer = self._place
        shown = " ".join([method.__name__, *(repr(args[0]) for _ in args[:1])])
        self._place = Place(shown, self._replayed or caller())
        tape = self._tape if self._depth == 0 else None
        if tape is not None:
            tape.calls.append((method.__name__, args, kwargs, self._place.source))
        self._depth += 1
        try:
            made = method(self, *args, **options)
        finally:
            self._depth -= 1
            self._place = outer
        if tape is not None and isinstance(made, Block):
            made.recorded = (tape, len(tape.calls) - 1)
        return made

    return cast(Word, call)


def plain(name: str) -> str:
    """An option's name without the underscore that keeps it apart from Python's keyword.

    >>> plain("as_"), plain("path_")
    ('as', 'path_')
    """
    return name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name


class Tape:
    """The calls in a block that is drawn for several resources: it runs once, and is played again for the others."""

    __slots__ = ("calls", "outer")

    def __init__(self, outer: Tape | None) -> None:
        self.outer = outer
        # A call is (name, args, kwargs, source); entering and leaving the block of the nth call is ("with", n).
        self.calls: list[tuple[Any, ...]] = []

    def play(self, mapper: Mapper) -> None:
        """Makes the calls again."""
        made: list[Any] = []
        for name, *rest in self.calls:
            if name == "enter":
                made[rest[0]].__enter__()
            elif name == "exit":
                made[rest[0]].__exit__(None, None, None)
            else:
                args, kwargs, mapper._replayed = rest
                try:
                    made.append(getattr(mapper, name)(*args, **kwargs))
                finally:
                    mapper._replayed = None
                continue
            made.append(None)


class Block:
    """What a scope call returns: it has drawn its own routes, and opened with ``with`` draws what is inside first.

    A block opened for several resources runs once for the first; its calls are then played for the others.
    """

    def __init__(self, mapper: Mapper, openers: list[Opener]) -> None:
        self._mapper = mapper
        self._openers = openers
        self._since = len(mapper._drawing.routes)
        self._place = mapper._place
        self._stack: ExitStack | None = None
        self._tape: Tape | None = None
        self.recorded: tuple[Tape, int] | None = None
        for opener in openers:
            with opener():
                pass
        self._until = len(mapper._drawing.routes)
        self._scope = mapper._scope

    def __enter__(self) -> Block:
        mapper = self._mapper
        if self._stack is not None or len(mapper._drawing.routes) != self._until or mapper._scope is not self._scope:
            hint = f"Write it as `with map.{self._place.text.split()[0]}(...):`."
            raise errors.BlockError(str(self._place), "its block was opened after other routes were drawn", hint)
        if self.recorded is not None and self.recorded[0] is mapper._tape:
            self.recorded[0].calls.append(("enter", self.recorded[1]))
        mapper._drawing.forget(self._since)
        self._stack = ExitStack()
        if self._openers:
            self._stack.enter_context(self._at_place(self._openers[0]))
        if len(self._openers) > 1:
            self._tape = mapper._tape = Tape(mapper._tape)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        mapper = self._mapper
        tape = self._tape
        if tape is not None:
            mapper._tape = tape.outer
        assert_open = self._stack
        if assert_open is None:
            return
        assert_open.__exit__(*exc_info)
        if exc_info[0] is not None:
            return
        if tape is not None:
            tape_before, mapper._tape = mapper._tape, None
            try:
                for opener in self._openers[1:]:
                    with self._at_place(opener):
                        tape.play(mapper)
            finally:
                mapper._tape = tape_before
            if tape.outer is not None:
                tape.outer.calls.extend(_shifted(tape.calls, len(tape.outer.calls)))
        if self.recorded is not None and self.recorded[0] is mapper._tape:
            self.recorded[0].calls.append(("exit", self.recorded[1]))

    @contextmanager
    def _at_place(self, opener: Opener) -> Iterator[None]:
        """A block's scope, with its routes placed where its call was written."""
        mapper = self._mapper
        outer, mapper._place = mapper._place, self._place
        with opener():
            mapper._place = outer
            yield
            mapper._place = self._place
        mapper._place = outer


def _shifted(calls: list[tuple[Any, ...]], by: int) -> list[tuple[Any, ...]]:
    """A tape's calls as they stand on another tape, behind others: blocks are known by their number."""
    return [(call[0], call[1] + by) if call[0] in ("enter", "exit") else call for call in calls]
