"""An error in a view says which line it is of."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType

_AROUND = 2  # lines before and behind


def say_where(error: Exception, root: str, line_of: Callable[[TracebackType], tuple[str, int] | None]) -> None:
    """Adds to an error the lines around the innermost one of a view, as a note.

    Python 3.11 shows notes below a traceback; older ones, and production, do not. The error stays what it is, so that
    what is rescued by its class still is.
    """
    found = None
    trace = error.__traceback__
    while trace is not None:
        found = line_of(trace) or found
        trace = trace.tb_next
    notes: list[str] = getattr(error, "__notes__", [])
    if found is not None and not any(note.startswith("in the view ") for note in notes):
        error.__notes__ = [*notes, excerpt(root, *found)]  # type: ignore[attr-defined]  # of Python 3.11


def excerpt(root: str, name: str, number: int) -> str:
    """The lines around one of a view."""
    path = os.path.join(root, name)
    shown = [f"in the view {path}, line {number}:"]
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return shown[0].rstrip(":")
    for nth in range(max(1, number - _AROUND), min(len(lines), number + _AROUND) + 1):
        shown.append(f"{'>' if nth == number else ' '} {nth:4} | {lines[nth - 1]}")
    return "\n".join(shown)
