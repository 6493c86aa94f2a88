"""Values in words, whatever they are: of bounded length, in bounded time, without what is secret.

An object's ``__repr__`` is its author's code, and here it runs on objects in whatever state an error has left them. So
all of them run in a thread, where Python code is stopped in time, and which is not waited for for long if it waits
for something else: what is not there by then is said to take too long.
Containers, texts and numbers are read by us, a few of their elements, as their own reprs know no bounds.
"""

from __future__ import annotations

import contextvars
import dataclasses
import functools
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import msgspec

from tornado_rails.debugging.cleaning import LONGEST_SECRET, Cleaner
from tornado_rails.filtering import MASK

TOO_LONG = "<its repr takes too long>"
NO_ROOM = "<left out: the page is long enough>"
ALL_SECONDS = 1.5
SECONDS = 0.25  # for one value
_ELEMENTS = 30
_DEPTH = 4
_TEXT = 400  # characters of one text or number
_NAME = 100
_VALUE = 1500  # characters of one value
ROOM = 400_000  # characters of all


@dataclasses.dataclass(slots=True)
class Shown:
    """A name and its value in words, which `Values.describe` fills in."""

    name: str
    text: str = TOO_LONG


#: Makes the text of something.
Make = Callable[[], str]


class Values:
    """The values of one page."""

    def __init__(self, cleaner: Cleaner) -> None:
        self._cleaner = cleaner
        self._jobs: list[tuple[Shown, Make]] = []

    def add(self, values: Mapping[Any, Any], most: int = 40) -> list[Shown]:
        """Values by name, of which `describe` says what they are; of secret ones, that they are."""
        found = []
        for key, value in itertools.islice(values.items(), most):
            name = self._cleaner.text(key if type(key) is str else described(key, self._cleaner), _NAME)
            if self._cleaner.hides(name):
                found.append(Shown(name, MASK))
            else:
                found.append(self.later(name, functools.partial(described, value, self._cleaner)))
        if len(values) > most:
            found.append(Shown("…", f"({len(values) - most} more)"))
        return found

    def later(self, name: str, make: Make) -> Shown:
        """Something whose text `describe` makes."""
        shown = Shown(name)
        self._jobs.append((shown, make))
        return shown

    def describe(self) -> None:
        """Makes all texts; it takes a second or two at most."""
        progress = _Progress()
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(_describe_all, self._jobs, progress), daemon=True).start()
        progress.is_over = not progress.done.wait(ALL_SECONDS)


class _Progress:
    """Whether the thread is done, and whether it should go on."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.is_over = False


class _TooLong(BaseException):
    """A text is not made in time."""


def _describe_all(jobs: Sequence[tuple[Shown, Make]], progress: _Progress) -> None:
    room = ROOM
    for shown, make in jobs:
        if progress.is_over:
            return
        try:
            text = _in_time(make) if room > 0 else NO_ROOM
        except _TooLong:
            continue
        except BaseException as error:
            text = f"<it cannot be shown: {type(error).__name__}>"
        shown.text = text
        room -= len(text)
    progress.done.set()


def _in_time(make: Make) -> str:
    """Raises `_TooLong` within Python code that goes on for too long; what waits outside of it does so for itself."""
    end = time.monotonic() + SECONDS

    def watch(frame: FrameType, event: str, argument: Any) -> Any:  # pragma: no cover (coverage does not trace tracing)
        if time.monotonic() > end:
            raise _TooLong
        return watch

    # NOTE: an exception sent to the thread (PyThreadState_SetAsyncExc) would do, but for Python 3.11: there other
    # threads that are traced, by a debugger say, stand still until it has arrived.
    before = sys.gettrace()
    sys.settrace(watch)
    try:  # pragma: no cover (as above)
        return make()
    finally:
        sys.settrace(before)


@dataclasses.dataclass(slots=True)
class _Describing:
    """What is known while one value is put into words."""

    cleaner: Cleaner
    depth: int = _DEPTH
    left: int = _VALUE  # characters that are still of use


def described(value: Any, cleaner: Cleaner) -> str:
    """A value in words.

    >>> described({"name": "Ann", "password": "x", "ids": list(range(1000))}, Cleaner())[:48]
    "{'name': 'Ann', 'password': [FILTERED], 'ids': ["
    """
    return cleaner.described(_text(value, _Describing(cleaner)), _VALUE)


def _text(value: Any, now: _Describing) -> str:
    kind = type(value)
    own: Any = kind.__repr__
    if now.left <= 0:
        return "…"
    now.left -= 2  # also for what is empty
    if own in _BRACKETS:
        return _of_elements(value, own, now)
    if own is dict.__repr__:
        return _of_pairs(value, now)
    if own is msgspec.Struct.__repr__:
        return _of_fields(value, kind.__struct_fields__, now)
    if dataclasses.is_dataclass(value) and _is_generated(own):
        return _of_fields(value, [field.name for field in dataclasses.fields(value) if field.repr], now)
    text = _of_one(value, own, now)
    now.left -= len(text)
    return text


def _of_one(value: Any, own: Any, now: _Describing) -> str:
    if own is str.__repr__:
        return _of_text(value, now)
    if own in (bytes.__repr__, bytearray.__repr__):
        text = now.cleaner.mask(repr(bytes(value[: _TEXT + LONGEST_SECRET])))
        return text if len(text) <= _TEXT else f"{text[:_TEXT]}… ({len(value)} bytes)"
    if own is int.__repr__ and int.bit_length(value) > 8 * _TEXT:
        return f"<int of {int.bit_length(value)} bits>"
    return repr(value)[: _VALUE + LONGEST_SECRET]


def _of_text(value: str, now: _Describing) -> str:
    # SECURITY: masked before it is quoted, as that changes its characters.
    text = repr(now.cleaner.mask(value[: _TEXT + LONGEST_SECRET])[:_TEXT])
    return text if len(value) <= _TEXT else f"{text}… ({len(value)} characters)"


_BRACKETS: dict[Any, tuple[str, str, Callable[[Any], Iterator[Any]], Callable[[Any], int]]] = {
    list.__repr__: ("[", "]", list.__iter__, list.__len__),
    tuple.__repr__: ("(", ")", tuple.__iter__, tuple.__len__),
    set.__repr__: ("{", "}", set.__iter__, set.__len__),
    frozenset.__repr__: ("frozenset({", "})", frozenset.__iter__, frozenset.__len__),
}


def _of_elements(value: Any, own: Any, now: _Describing) -> str:
    before, behind, elements, length = _BRACKETS[own]
    count = length(value)
    if not now.depth:
        return f"{before}…{behind}"
    now.depth -= 1
    parts = [_text(each, now) for each in itertools.islice(elements(value), _ELEMENTS)]
    now.depth += 1
    return f"{before}{_joined(parts, count)}{',' if own is tuple.__repr__ and count == 1 else ''}{behind}"


def _of_pairs(value: Any, now: _Describing) -> str:
    if not now.depth:
        return "{…}"
    now.depth -= 1
    parts = []
    for key, each in itertools.islice(dict.items(value), _ELEMENTS):
        is_hidden = isinstance(key, (str, bytes)) and now.cleaner.hides(key)
        parts.append(f"{_text(key, now)}: {MASK if is_hidden else _text(each, now)}")
    now.depth += 1
    return "{" + _joined(parts, dict.__len__(value)) + "}"


def _of_fields(value: Any, names: Iterable[str], now: _Describing) -> str:
    if not now.depth:
        return f"{type(value).__name__}(…)"
    now.depth -= 1
    parts = []
    for name in names:
        text = MASK if now.cleaner.hides(name) else _text(getattr(value, name), now)
        parts.append(f"{name}={text}")
    now.depth += 1
    return f"{type(value).__qualname__}({', '.join(parts)})"


def _joined(parts: list[str], count: int) -> str:
    more = [f"… ({count - len(parts)} more)"] if count > len(parts) else []
    return ", ".join(parts + more)


def _is_generated(own: Any) -> bool:
    """Whether a dataclass has its repr from the decorator, which wraps it."""
    return getattr(own, "__wrapped__", None) is not None
