"""An exception as data: what it says, what caused it, and its frames, each with the source around its line."""

from __future__ import annotations

import builtins
import linecache
import os
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

from tornado_rails.debugging.cleaning import Cleaner
from tornado_rails.debugging.values import Shown, Values
from tornado_rails.errors import did_you_mean
from tornado_rails.routing.source import Source, is_framework

_MOST_ERRORS = 10  # of a chain
_MOST_MEMBERS = 5  # of a group
_FIRST, _LAST = 15, 35  # frames that are shown of many
_AROUND = 5  # lines before and behind
_LINE = 300  # characters of a line
_MOST_NOTES = 10

_LIBRARIES = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_STANDARD = os.path.dirname(os.__file__) + os.sep
_GROUP: Any = getattr(builtins, "BaseExceptionGroup", ())  # of Python 3.11


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source."""

    number: int
    text: str
    is_current: bool


@dataclass(slots=True)
class Frame:
    """A place that an exception went through."""

    kind: str  # "application", "library" or "framework"
    source: Source
    function: str
    lines: list[Line]
    left_out: int  # frames that came before this one, and are not shown
    locals: list[Shown] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The line itself."""
        return next((line.text.strip() for line in self.lines if line.is_current), "")


@dataclass(slots=True)
class Failure:
    """An exception of a chain; ``relation`` is what it has to do with the one before."""

    relation: str
    kind: str
    message: Shown
    notes: list[str]
    frames: list[Frame]

    @property
    def summary(self) -> str:
        """Its class and what it says."""
        return f"{self.kind}: {self.message.text}" if self.message.text else self.kind


def failures(error: BaseException, values: Values, cleaner: Cleaner) -> list[Failure]:
    """An exception, and those that caused it; ``values`` makes what is not there yet."""
    chain = list(_chain(error))
    frames = [list(_shown(each.__traceback__)) for _relation, each in chain]
    for each in frames:
        for frame, _line, _left_out in each:
            if _kind(frame) == "application":
                cleaner.learn_from(_locals(frame))
    # NOTE: only now is known what is secret.
    return [
        _failure(relation, each, shown, values, cleaner) for (relation, each), shown in zip(chain, frames, strict=True)
    ]


def _chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    waiting = [("", error)]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_ERRORS:
        relation, each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield relation, each
        if each.__cause__ is not None:
            waiting.append(("It was caused by", each.__cause__))
        elif each.__context__ is not None and not each.__suppress_context__:
            waiting.append(("It was raised while this was handled", each.__context__))
        if isinstance(each, _GROUP):
            members = each.exceptions
            waiting += [
                (f"Number {n} of {len(members)} in the group", m) for n, m in enumerate(members[:_MOST_MEMBERS], 1)
            ]


def _shown(trace: TracebackType | None) -> Iterator[tuple[FrameType, int, int]]:
    """The frames of a traceback, their lines, and how many are left out before each."""
    found = []
    while trace is not None:
        found.append((trace.tb_frame, trace.tb_lineno or 0))
        trace = trace.tb_next
    left_out = max(0, len(found) - _FIRST - _LAST)
    for number, (frame, line) in enumerate(found):
        if number < _FIRST or number >= _FIRST + left_out:
            yield frame, line, left_out if number == _FIRST + left_out else 0


def _failure(
    relation: str,
    error: BaseException,
    shown: list[tuple[FrameType, int, int]],
    values: Values,
    cleaner: Cleaner,
) -> Failure:
    kind = type(error)
    name = (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )
    notes = getattr(error, "__notes__", None)
    return Failure(
        relation,
        cleaner.text(name, _LINE),
        values.later("message", lambda: cleaner.text(message_of(error, name))),
        [cleaner.text(note) for note in notes[:_MOST_NOTES] if isinstance(note, str)]
        if isinstance(notes, list)
        else [],
        [_frame(frame, line, left_out, values, cleaner) for frame, line, left_out in shown],
    )


def message_of(error: BaseException, name: str = "") -> str:
    """What an exception says, as Python prints it, with what may have been meant."""
    told: Any = traceback.TracebackException(type(error), error, error.__traceback__, limit=-1, compact=True)
    told.__notes__ = None  # they are shown by themselves
    text = "".join(told.format_exception_only()).strip()
    if text == name or text.startswith(f"{name}: "):
        text = text[len(name) + 2 :]
    guess = "" if "Did you mean" in text else _meant(error)
    return f"{text}.{guess}" if guess else text


def _meant(error: BaseException) -> str:
    """What Python says at the terminal alone until 3.12."""
    name = getattr(error, "name", None)
    if not isinstance(name, str):
        return ""
    if isinstance(error, AttributeError):
        return did_you_mean(name, [each for each in dir(error.obj) if each != name])
    trace = error.__traceback__
    if not isinstance(error, NameError) or trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame
    return did_you_mean(name, {*frame.f_locals, *frame.f_globals, *vars(builtins)} - {name})


def _frame(frame: FrameType, line: int, left_out: int, values: Values, cleaner: Cleaner) -> Frame:
    code = frame.f_code
    kind = _kind(frame)
    return Frame(
        kind,
        Source(cleaner.text(code.co_filename, _LINE), line),
        cleaner.text(getattr(code, "co_qualname", code.co_name), _LINE),
        [Line(number, cleaner.text(text, _LINE), number == line) for number, text in _lines(frame, line)],
        left_out,
        values.add(_locals(frame)) if kind == "application" else [],
    )


def _locals(frame: FrameType) -> dict[str, Any]:
    """A frame's variables, less those of a template's generated code."""
    return {name: value for name, value in frame.f_locals.items() if not name.startswith("_tt_")}


def _kind(frame: FrameType) -> str:
    file = frame.f_code.co_filename
    module = frame.f_globals.get("__name__")
    if isinstance(module, str) and is_framework(module):
        return "framework"
    if file.startswith((_STANDARD, "<frozen")) or any(part in file for part in _LIBRARIES):
        return "library"
    return "application"


def _lines(frame: FrameType, line: int) -> Iterator[tuple[int, str]]:
    file = frame.f_code.co_filename
    try:
        linecache.checkcache(file)
        # A template's generated code is with its loader.
        lines = linecache.getlines(file, frame.f_globals)
    except Exception:  # of a loader of the application's
        lines = []
    first = max(1, line - _AROUND)
    for number, text in enumerate(lines[first - 1 : line + _AROUND], first):
        yield number, text.rstrip("\r\n")
