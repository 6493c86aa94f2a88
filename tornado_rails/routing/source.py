"""Where a route was written: found cheaply when it is made, exactly when an error needs it."""

from __future__ import annotations

import ast
import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_FRAMEWORK = frozenset({"tornado", "tornado_rails"})
_MOST_FILES = 500  # loaded modules that an error looks through for a route's line


@functools.lru_cache(maxsize=1024)
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


class TableSource(Source):
    """The line of the call that was handed a table; the route itself is a tuple in it."""

    __slots__ = ()


UNKNOWN = Source("<unknown>", 0)

_last = UNKNOWN  # PERF: the routes of one table share one


def caller(in_table: bool = False) -> Source:
    """The nearest place in the call stack that is the user's code."""
    global _last
    frame = sys._getframe(1)
    while frame is not None:
        if not is_framework(frame.f_globals.get("__name__") or ""):
            kind = TableSource if in_table else Source
            if _last != (frame.f_code.co_filename, frame.f_lineno) or type(_last) is not kind:
                _last = kind(frame.f_code.co_filename, frame.f_lineno)
            return _last
        frame = frame.f_back  # type: ignore[assignment]
    return UNKNOWN


def of_function(function: Callable[..., Any]) -> Source:
    """Where a function is defined, below its decorators' wrappers."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return Source(code.co_filename, code.co_firstlineno) if code else UNKNOWN


def locate(source: Source, pattern: str, target: str, nth: int = 0, count: int = 1) -> Source:
    """The line of the nth of ``count`` routes of one table whose first element is this pattern.

    A tuple does not know its line, only the call that was handed the table. So, for an error only, the sources
    of the file of that call and of the modules loaded from its folder are read, for the narrowest list or call that
    has so many of them, and names this target in the nth; the one around that line before others.
    """
    for file in _files_near(source.file):
        tables = [lines for lines in _tables(file, {pattern, pattern.removesuffix("$")}, source) if len(lines) >= count]
        if tables:
            best = min(tables, key=lambda routes: (routes[nth].target != target, len(routes)))
            return Source(file, best[nth].line)
    return source


def _files_near(file: str) -> Iterator[str]:
    yield file
    folder = os.path.dirname(os.path.abspath(file)) + os.sep
    others = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    below = [other for other in others if other and other != file and os.path.abspath(other).startswith(folder)]
    yield from below[:_MOST_FILES]


class _Written(NamedTuple):
    """A route's tuple or call in a source: its lines, and the name of its target."""

    line: int
    last: int
    target: str


def _tables(file: str, patterns: set[str], source: Source) -> list[list[_Written]]:
    """For each list and call in a file, the routes of these patterns in it.

    Those around the source's line alone, where there are any.
    """
    nodes = _nodes(file, _changed(file))
    written = sorted(each for each, first in nodes if first in patterns)
    around: list[list[_Written]] = []
    elsewhere: list[list[_Written]] = []
    for (start, end, _target), _first in nodes:
        routes = [each for each in written if start <= each.line and each.last <= end]
        is_around = file == source.file and start <= source.line <= end
        (around if is_around and routes else elsewhere).append(routes)
    return around or elsewhere


def _changed(file: str) -> float:
    try:
        return os.stat(file).st_mtime
    except OSError:
        return 0


@functools.lru_cache(maxsize=_MOST_FILES)
def _nodes(file: str, changed: float) -> tuple[tuple[_Written, object], ...]:
    """Each list and call in a file, with the text that it begins with like a route.

    PERF: a file is read once, not for each route in it.
    """
    try:
        with open(file, encoding="utf-8") as stream:
            tree = ast.parse(stream.read())
    except (OSError, SyntaxError, ValueError):
        return ()
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.List, ast.Tuple, ast.Call))]
    return tuple(
        (_Written(node.lineno, node.end_lineno or 0, _second_name(node)), _first_element(node)) for node in nodes
    )


def _first_element(node: ast.List | ast.Tuple | ast.Call) -> object:
    """The text that a route's tuple or call begins with; None, if it does not begin like one."""
    parts = node.args if isinstance(node, ast.Call) else node.elts
    if len(parts) < 2:
        return None
    first = parts[0]
    if isinstance(node, ast.Call) and isinstance(first, ast.Call) and first.args:  # Rule(PathMatches("/a"), ...)
        first = first.args[0]
    return first.value if isinstance(first, ast.Constant) else None


def _second_name(node: ast.List | ast.Tuple | ast.Call) -> str:
    """The last name of a route's target: "Page" of ``Page``, ``views.Page`` and ``"app.views.Page"``."""
    parts = node.args if isinstance(node, ast.Call) else node.elts
    if _first_element(node) is None:
        return ""
    return ast.unparse(parts[1]).strip("\"'").rpartition(".")[2]
