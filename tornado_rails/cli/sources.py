"""An application's own Python: the files of its package, and those it has loaded from the folder of its module."""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from tornado_rails.cli.target import Target
from tornado_rails.routing.source import is_framework

_TESTS = frozenset({"test", "tests", "testing", "conftest.py"})
_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file, its module if that is loaded, and its syntax."""

    path: str
    module: ModuleType | None
    tree: ast.Module


def source_files(target: Target) -> list[SourceFile]:
    """The files, each once, those that cannot be read left out."""
    loaded = dict(_loaded(target.root))
    if hasattr(sys.modules.get(target.module.__name__.partition(".")[0]), "__path__"):
        for path in _below(target.root):
            loaded.setdefault(path, None)
    found = []
    for path, module in loaded.items():
        try:
            with open(path, encoding="utf-8") as stream:
                found.append(SourceFile(path, module, ast.parse(stream.read())))
        except (OSError, SyntaxError, ValueError):
            continue
    return found


def _loaded(root: str) -> Iterator[tuple[str, ModuleType | None]]:
    library = sysconfig.get_paths()["stdlib"] + os.sep
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or not file.endswith(".py") or is_framework(name):
            continue
        path = os.path.abspath(file)
        if path.startswith(root + os.sep) and not path.startswith(library) and not _is_installed(path, root):
            yield path, module


def _is_installed(path: str, root: str) -> bool:
    return any(part in _INSTALLED for part in path[len(root) :].split(os.sep))


def _below(root: str) -> Iterator[str]:
    """The files of a package but for its tests, which have tables of their own."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if each not in _TESTS and each[:1] not in "._")
        for file in sorted(files):
            if file.endswith(".py") and file not in _TESTS and not file.startswith("test_"):
                yield os.path.join(folder, file)
