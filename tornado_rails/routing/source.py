"""Where a route was written: found cheaply when it is made, exactly when an error needs it."""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_FRAMEWORK = frozenset({"tornado", "tornado_rails"})
_MOST_FILES = 500  # loaded modules that an error looks through for a route's line


def is_framework(module: str) -> bool:
    """Whether a module is Tornado's or ours, not the user's.

    >>> is_framework("tornado.web"), is_framework("app.controllers")
    (True, False)
    """
    return module.partition(".")[0] in _FRAMEWORK


class Source(NamedTuple):
    """A file and a line in it; as text, the file is relative to the working directory if it lies below.

    >>> str(Source("/nowhere/app.py", 14))
    '/nowhere/app.py:14'
    """

    file: str
    line: int

    def __str__(self) -> str:
        here = os.getcwd() + os.sep
        file = self.file[len(here) :] if self.file.startswith(here) else self.file
        return f"{file}:{self.line}"


UNKNOWN = Source("<unknown>", 0)


def caller() -> Source:
    """The nearest place in the call stack that is the user's code."""
    frame = sys._getframe(1)
    while frame is not None:
        if not is_framework(frame.f_globals.get("__name__") or ""):
            return Source(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return UNKNOWN


def of_function(function: Callable[..., Any]) -> Source:
    """Where a function is defined, below its decorators' wrappers."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return Source(code.co_filename, code.co_firstlineno) if code else UNKNOWN


def locate(source: Source, pattern: str, nth: int = 0) -> Source:
    """The line of the nth route tuple (or call) whose first element is this pattern.

    A tuple does not know its line, only the call that was handed the table. So, for an error only, the sources
    of the file of that call and of the modules loaded from its folder are read.
    """
    found: list[Source] = []
    for file in _files_near(source.file):
        found.extend(_routes_written(file, pattern))
        if len(found) > nth:
            return found[nth]
    return found[-1] if found else source


def _files_near(file: str) -> Iterator[str]:
    yield file
    folder = os.path.dirname(os.path.abspath(file)) + os.sep
    others = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    below = [other for other in others if other and other != file and os.path.abspath(other).startswith(folder)]
    yield from below[:_MOST_FILES]


def _routes_written(file: str, pattern: str) -> list[Source]:
    try:
        with open(file, encoding="utf-8") as stream:
            tree = ast.parse(stream.read())
    except (OSError, SyntaxError, ValueError):
        return []
    lines = []
    for node in ast.walk(tree):
        parts: list[ast.expr] = []
        if isinstance(node, (ast.Tuple, ast.List)):
            parts = node.elts
        elif isinstance(node, ast.Call):
            parts = node.args
        if len(parts) > 1 and isinstance(parts[0], ast.Constant) and parts[0].value == pattern:
            lines.append(parts[0].lineno)
    return [Source(file, line) for line in sorted(lines)]
