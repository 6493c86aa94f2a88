"""Files that draw routes: run when a table is drawn, and noted, so that an application in debug sees them change."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: What tells that a file has changed; None for one that is not there.
Stamp = tuple[int, int, int] | None

_noted: ContextVar[dict[str, Stamp] | None] = ContextVar("noted", default=None)


def stamp_of(path: str) -> Stamp:
    """A file's stamp as it is now."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


@contextmanager
def noting_files() -> Iterator[dict[str, Stamp]]:
    """Notes the files that are looked for inside of it, with the stamps that they had then."""
    outer = _noted.get()
    files: dict[str, Stamp] = {}
    token = _noted.set(files)
    try:
        yield files
    finally:
        _noted.reset(token)
        if outer is not None:
            outer.update(files)


def is_there(path: str) -> bool:
    """Whether there is such a file, which is noted in either case."""
    files = _noted.get()
    if files is not None:
        path = os.path.abspath(path)
        files[path] = stamp_of(path)
    return os.path.isfile(path)


def routes_function(path: str) -> Any:
    """The function ``routes`` of a file, which is run for it; None, if it has none."""
    function = runpy.run_path(path).get("routes")
    return function if callable(function) else None
