"""The group of commands, and the command in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.support import Project
from tests.test_main import ENVIRONMENT, LIMIT
from tornado_rails import __main__ as module_main
from tornado_rails import cli
from tornado_rails.cli.group import group

ROUTES = """
def routes(map):
    map.resources("posts", only=["index"])
"""


def ran(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=LIMIT
    )


@pytest.mark.parametrize("how", [["-m", "tornado_rails"], ["-c", "from tornado_rails.cli import main; main()"]])
def test_command_runs_as_a_process(project: Project, how: list[str]) -> None:
    project.write(table=ROUTES)
    done = ran(*how, "routes", "table:routes", cwd=project.folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("Prefix Verb URI Pattern      Controller#Action\n posts GET  /posts(.:format) posts#index\n")
    failed = ran(*how, "routes", "tabel:routes", cwd=project.folder)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "Did you mean 'table'?" in failed.stderr
    assert "Traceback" not in failed.stderr


WITHOUT_CLICK = "import sys; sys.modules['click'] = None; import tornado_rails.__main__ as m; m.main()"


def test_without_click_the_extra_is_named_and_run_runs(project: Project) -> None:
    project.write(app="print('it runs')")
    done = ran("-c", WITHOUT_CLICK, "routes", "app:app", cwd=project.folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "python -m tornado_rails needs click: pip install 'tornado-rails[cli]'\n"
    assert ran("-c", WITHOUT_CLICK, "run", "app.py", cwd=project.folder).stdout == "it runs\n"


def test_without_click_script_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "click", None)
    with pytest.raises(SystemExit) as exit_:
        cli.main(["routes", "app:app"])
    assert exit_.value.code == 2
    assert capsys.readouterr().err == "tornado-rails needs click: pip install 'tornado-rails[cli]'\n"


def test_script_runs_applications_too(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(module_main, "main", given.append)
    cli.main(["run", "app.py", "--", "-x"])
    assert given == [["run", "app.py", "--", "-x"]]


def test_module_hands_commands_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["tornado_rails", "routes", "--help"])
    with pytest.raises(SystemExit) as exit_:
        module_main.main()
    assert exit_.value.code == 0
    assert "Usage: python -m tornado_rails routes [OPTIONS] TARGET" in capsys.readouterr().out


def test_every_command_is_found_and_says_what_it_does(project: Project) -> None:
    out = project.out("--help")
    for name in cli.COMMANDS:
        assert f"\n  {name} " in out
        assert project.out(name, "-h").startswith(f"Usage: tornado-rails {name} [OPTIONS] TARGET")
    assert "runs a Tornado application with the\n  layer" in out
    assert isinstance(group.get_command(click.Context(group), "routes"), click.Command)
    assert group.get_command(click.Context(group), "nothing") is None
    assert project.out("--version") == "tornado-rails, version 0.1.0"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rotes"], "'rotes' is no command; there are: check, routes, run. Did you mean 'routes'?"),
        (["--walk"], "No such option"),
        (["routes"], "Missing argument 'TARGET'"),
        (["routes", "x:y", "--walk"], "No such option"),
    ],
)
def test_command_line_that_means_nothing_says_so(project: Project, arguments: list[str], words: str) -> None:
    assert words.replace("check, routes, run", ", ".join(sorted([*cli.COMMANDS, "run"]))) in project.out(
        *arguments, status=2
    )
