"""What the tests of commands share: projects in a folder of their own, and commands run in it."""

from __future__ import annotations

import importlib
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tornado_rails.cli.group import group


class Project:
    """A folder with an application's files, which is the working directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known = set(sys.modules)

    def forget(self) -> None:
        """Has the project's modules imported anew, as a new process would."""
        for name in set(sys.modules) - self._known:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(str(self.folder)):
                del sys.modules[name]

    def write(self, files: Mapping[str, str] | None = None, **modules: str) -> Project:
        """Writes files by their paths, and modules by their names."""
        for path, text in {**(files or {}), **{f"{name}.py": text for name, text in modules.items()}}.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()
        return self

    def run(self, *arguments: str) -> Result:
        """A command's result; an exception that is no exit is the test's."""
        self.forget()
        return CliRunner().invoke(group, list(arguments), prog_name="tornado-rails", catch_exceptions=False)

    def out(self, *arguments: str, status: int = 0) -> str:
        """What a command prints."""
        result = self.run(*arguments)
        assert result.exit_code == status, result.output
        return result.output.rstrip()

    def json(self, *arguments: str, status: int = 0) -> Any:
        """What a command prints for tools."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)


def project_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose modules are forgotten behind the test."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    project = Project(folder)
    yield project
    project.forget()
