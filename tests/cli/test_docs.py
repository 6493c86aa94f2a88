"""What docs/cli.md shows is so: its files are written, its commands run, and print what stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from mypy import api

from tests.cli.support import Project
from tornado_rails.cli import COMMANDS

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", PAGE)
FILES = {text.splitlines()[0].removeprefix("# "): text for kind, text in BLOCKS if kind == "python"}
SHOWN = [
    (shlex.split(command), output)
    for kind, text in BLOCKS
    if kind == "console"
    for command, output in re.findall(r"(?ms)^\$ tornado-rails (.*?)\n(.*?)(?=^\$ |\Z)", text)
]


@pytest.mark.parametrize(("arguments", "output"), SHOWN, ids=[" ".join(arguments) for arguments, _output in SHOWN])
def test_command_prints_what_is_shown(project: Project, arguments: list[str], output: str) -> None:
    project.write({"shop/__init__.py": "", "templates/about.html": "", **FILES})
    assert project.run(*arguments).output == output


def test_every_block_and_command_is_tried() -> None:
    assert {kind for kind, _text in BLOCKS} == {"sh", "python", "console"}
    assert {arguments[0] for arguments, _output in SHOWN} >= COMMANDS.keys() - {"server"}
    assert len(SHOWN) == PAGE.count("$ tornado-rails ")


@pytest.mark.parametrize("name", ["routes", "server"])
def test_options_are_those_of_the_command(project: Project, name: str) -> None:
    help_text = project.out(name, "--help")
    (section,) = re.findall(rf"(?ms)^## `{name}`: (.*?)^## ", PAGE)
    words = {word for option in re.findall(r"(?m)^\| `[^|]*` \|", section) for word in re.findall(r"--[a-z-]+", option)}
    assert len(words) > 5
    for word in words:
        assert re.search(rf"{word}(?![a-z-])", help_text), word
    if name == "server":  # where none is left out
        assert words - {"--no-log-requests"} == {*re.findall(r"(?m)^ +(?:-\w, )?(--[a-z-]+)", help_text)} - {
            "--help",
            "--log-requests",
        }


def test_stubs_are_found_by_mypy(project: Project) -> None:
    project.write({"shop/__init__.py": "", **FILES})
    project.run("stubs", "shop.app:app", "-o", "shop/url_types.pyi")
    wrong = FILES["shop/controllers.py"].replace("self.paths.post(1, page=2)", "self.paths.post()")
    project.write({"shop/wrong.py": wrong})
    options = ["--no-incremental", "--cache-dir", "/dev/null", "--follow-imports=silent"]
    out, err, _status = api.run([*options, "shop/controllers.py", "shop/wrong.py"])
    assert not err
    assert [line for line in out.splitlines() if "controllers.py" in line] == []
    assert 'Missing positional argument "id" in call to "post" of "Paths"' in out
