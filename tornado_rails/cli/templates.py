"""Templates: those that code renders and that are not there, and the URLs that they ask for."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tornado.template import Loader, ParseError
from tornado.web import Application, RequestHandler

from tornado_rails.cli.findings import Finding, finding
from tornado_rails.cli.references import CALLS, HELPERS, Owners, references
from tornado_rails.cli.sources import SourceFile
from tornado_rails.cli.verify import Verifier
from tornado_rails.errors import did_you_mean
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.rows import rules_of
from tornado_rails.routing.source import Source, is_framework
from tornado_rails.routing.urlspec import is_handler

_PLACE = re.compile(r"  # (?P<file>[^:]+):(?P<line>\d+)(?: \(via .*\))?$")
_RENDERS = ("render", "render_string")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template that code renders by its literal name, and the names that are given to it."""

    name: str
    source: Source
    handler: type[RequestHandler]
    given: frozenset[str]


def template_findings(application: Application, files: Iterable[SourceFile], verifier: Verifier) -> Iterator[Finding]:
    """What is wrong with an application's templates."""
    rendered = list(_rendered(application, files))
    given = frozenset(name for each in rendered for name in each.given)
    wanted: set[tuple[str, str]] = set()
    for each in rendered:
        folder = _folder(application, each.handler)
        if folder is None:
            continue
        if os.path.isfile(os.path.join(folder, each.name)):
            wanted.add((folder, each.name))
        else:
            there = [name for _folder_, name in _all_in(folder)]
            message = f"there is no template {each.name!r} in {_shown(folder)}.{did_you_mean(each.name, there)}"
            yield finding("missing-template", message, each.source)
    folder = application.settings.get("template_path")
    every = set(_all_in(folder)) if isinstance(folder, str) and "template_loader" not in application.settings else set()
    for root, name in sorted(wanted | every):
        yield from _in_template(root, name, (root, name) in wanted, given, verifier)


def _shown(folder: str) -> str:
    return str(Source(os.path.abspath(folder), 0)).rpartition(":")[0]


def _rendered(application: Application, files: Iterable[SourceFile]) -> Iterator[Rendered]:
    handlers: dict[tuple[str, str], type[RequestHandler]] = {}
    for rule, _within in rules_of(application):
        if is_handler(rule.target):
            owner = written_class(rule.target)
            for cls in reversed(owner.__mro__):
                if not is_framework(cls.__module__):
                    handlers.setdefault((cls.__module__, cls.__qualname__), owner)
    for file in files:
        if file.module is not None:
            for node, qualname in _classes(file.tree, ""):
                handler = handlers.get((file.module.__name__, qualname))
                if handler is not None:
                    yield from _calls(node, file.path, handler)


def _classes(tree: ast.AST, place: str) -> Iterator[tuple[ast.ClassDef, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield node, place + node.name
            yield from _classes(node, f"{place}{node.name}.")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _classes(node, f"{place}{node.name}.<locals>.")
        else:
            yield from _classes(node, place)


def _calls(owner: ast.ClassDef, file: str, handler: type[RequestHandler]) -> Iterator[Rendered]:
    for node in ast.walk(owner):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _RENDERS):
            continue
        first = node.args[0] if node.args else None
        is_own = isinstance(node.func.value, ast.Name) and node.func.value.id == "self"
        if is_own and isinstance(first, ast.Constant) and isinstance(first.value, str):
            given = frozenset(each.arg for each in node.keywords if each.arg)
            yield Rendered(first.value, Source(file, node.lineno), handler, given)


def _folder(application: Application, handler: type[RequestHandler]) -> str | None:
    """Where a handler's templates are; None where that is its own affair."""
    for name in ("render", "render_string", "get_template_path", "create_template_loader"):
        if not is_framework(next(cls for cls in handler.__mro__ if name in vars(cls)).__module__):
            return None
    settings: Mapping[str, Any] = application.settings
    if "template_loader" in settings:
        loader = settings["template_loader"]
        return str(loader.root) if isinstance(loader, Loader) else None
    folder = settings.get("template_path")
    if folder is None:
        file = getattr(sys.modules.get(handler.__module__), "__file__", None)
        return os.path.dirname(file) if file else None
    return str(folder)


def _all_in(folder: str) -> Iterator[tuple[str, str]]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield folder, os.path.relpath(os.path.join(place, name), folder)


def _in_template(root: str, name: str, is_wanted: bool, given: frozenset[str], verifier: Verifier) -> Iterator[Finding]:
    """What is wrong in one template; of one that nothing renders by name, its syntax may not be Tornado's."""
    try:
        code = Loader(root).load(name).code
    except ParseError as error:
        if is_wanted:
            place = Source(os.path.abspath(os.path.join(root, error.filename or name)), error.lineno)
            yield finding("invalid-template", error.message, place)
        return
    except FileNotFoundError as error:
        if is_wanted:
            missing = os.path.relpath(str(error.filename), root)
            message = f"it extends or includes {missing!r}, which is not there"
            yield finding("missing-template", message, Source(os.path.abspath(os.path.join(root, name)), 1))
        return
    except Exception:
        return  # a file that is no text, or Python that Tornado cannot compile
    tree = ast.parse(code)
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assigned |= {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    words = [word for word in (*CALLS, *HELPERS) if word not in assigned and word not in given]
    lines = code.splitlines()
    for reference in references(tree, Owners({}, dict.fromkeys(assigned, ()), words)):
        # Tornado writes the place behind each statement, of which this may be the first line.
        written = next(found for line in lines[reference.line - 1 :] if (found := _PLACE.search(line)))
        file = os.path.abspath(os.path.join(root, written["file"]))
        yield from verifier.of_reference(replace(reference, line=int(written["line"])), file)
