"""``python -m tornado_rails run``: an application that was never edited, in a real process."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import time
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import tornado.autoreload
import tornado.web
from tornado.testing import bind_unused_port

import tornado_rails
from tornado_rails import __main__ as command
from tornado_rails import patched, unpatch

LIMIT = 60  # seconds, after which a process is hung

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))},
    "PYTHONPATH": str(Path(tornado_rails.__file__).resolve().parent.parent),
    "PYTHONDONTWRITEBYTECODE": "1",
}

TELLS = """\
import json, os, sys
import tornado.web
from tornado.web import Application as Old
import beside

print(json.dumps({
    "name": __name__,
    "argv": sys.argv,
    "path": os.path.realpath(sys.path[0]),
    "cwd": os.getcwd(),
    "file": os.path.realpath(__file__),
    "package": __package__ or "",
    "layer": [tornado.web.Application.__name__, Old.__name__, beside.Mine.__mro__[1].__name__],
    "main": sys.modules["__main__"].__dict__ is globals(),
}))
"""

BESIDE = """\
import tornado.web

class Mine(tornado.web.Application):
    pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An application's folder: a script, a module beside it, a package."""
    (tmp_path / "app.py").write_text(TELLS)
    (tmp_path / "beside.py").write_text(BESIDE)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(TELLS)
    (tmp_path / "package" / "part.py").write_text(TELLS)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__main__.py").write_text(TELLS)
    (tmp_path / "folder" / "beside.py").write_text(BESIDE)
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("__main__.py", TELLS)
        archive.writestr("beside.py", BESIDE)
    return tmp_path


def python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A finished process."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=LIMIT
    )


def told(*arguments: str, cwd: Path) -> Any:
    """What a script tells about itself."""
    done = python(*arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ["app.py"],
        ["./app.py", "--port=8888", "-x", "--help", "-h", "run", "y z", ""],
        ["app.py", "-m", "module", "--", "after"],
        ["app.py", "--", "-m"],
        ["folder"],
        ["app.zip", "argument"],
        ["-m", "app", "--port=8888", "--help"],
        ["-m", "package", "-m", "x"],
        ["-m", "package.part", "--", "after"],
    ],
)
def test_application_sees_what_it_sees_without_the_layer(folder: Path, arguments: list[str]) -> None:
    alone = told(*arguments, cwd=folder)
    with_layer = told("-m", "tornado_rails", "run", *arguments, cwd=folder)
    assert with_layer.pop("layer") == ["RailsApplication"] * 3
    assert alone.pop("layer") == ["Application"] * 3
    assert with_layer == alone


def test_application_elsewhere_is_run_from_here(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    answer = told("-m", "tornado_rails", "run", str(folder / "app.py"), cwd=elsewhere)
    assert (answer["cwd"], answer["path"]) == (str(elsewhere), str(folder))


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run", "nothing.py"], 2, "error: no file 'nothing.py'; for a module: run -m NAME"),
        (["run", "package.part"], 2, "error: no file 'package.part'; for a module: run -m NAME"),
        (["run"], 2, "error: the application to run is needed"),
        (["run", "-m"], 2, "error: the application to run is needed"),
        ([], 2, "error: a command is needed: run"),
        (["walk", "app.py"], 2, "error: 'walk' is no command; there is: run"),
        (["run", "-m", "nothing"], 1, "No module named nothing"),
        (["run", "-m", "package.nothing"], 1, "No module named package.nothing"),
    ],
)
def test_command_line_that_means_nothing_says_so(folder: Path, arguments: list[str], status: int, words: str) -> None:
    done = python("-m", "tornado_rails", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    if status == 2:
        assert done.stderr.startswith(
            "usage: python -m tornado_rails run path/to/app.py [arguments]\n"
            "       python -m tornado_rails run -m module [arguments]\n"
        )


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["run", "--help"], ["run", "-h"]])
def test_help_is_given(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command.main(arguments)
    assert "run path/to/app.py [arguments]" in capsys.readouterr().out
    assert not patched()


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("import sys; sys.exit('with words')", 1, "with words\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero"),
        ("def", 1, "SyntaxError"),
        (
            "import tornado.web\n"
            "class Page(tornado.web.RequestHandler):\n    def show(self): ...\n"
            "tornado.web.Application([('/', Page, {'action': 'shwo'})])",
            1,
            "Page has no method 'shwo'. Did you mean 'show'?",
        ),
    ],
)
def test_application_ends_as_it_wants(tmp_path: Path, source: str, status: int, words: str) -> None:
    (tmp_path / "app.py").write_text(source)
    done = python("-m", "tornado_rails", "run", "app.py", cwd=tmp_path)
    assert done.returncode == status
    assert words in done.stderr


OPTIONS = """\
from tornado.options import define, options, parse_command_line
define("port", type=int)
define("word", default="none")
rest = parse_command_line()
print(options.port, options.word, rest)
"""


def test_tornados_options_are_the_applications(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(OPTIONS)
    for arguments in (["app.py"], ["-m", "app"]):
        done = python("-m", "tornado_rails", "run", *arguments, "--port=8888", "--word=x", "more", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "8888 x ['more']\n", "")


SERVES = """\
import asyncio, sys
import tornado.web

WORD = "first"

class Page(tornado.web.RequestHandler):
    def show(self, id):
        self.write(f"{WORD} {id} {type(self.application).__mro__[1].__name__} {sys.argv[1:]}")

class Mine(tornado.web.Application):
    pass

async def main():
    app = Mine([(r"/show/(\\w+)", Page, {"action": "show", "param_keys": "id"})], debug=True)
    app.listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


def answered(url: str, words: str, process: subprocess.Popen[bytes], script: Path) -> str:
    """The body of an answer, when it has begun with some words at last.

    Tornado notices a file that changes after it has looked at it, half a second after its start; so it is touched
    until then.
    """
    end = time.monotonic() + LIMIT
    touched = time.monotonic()
    body = "nothing"
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(url, timeout=5) as answer:
                body = str(answer.read(), "utf-8")
            if body.startswith(words):
                return body
        except (URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.05)
        if time.monotonic() > touched + 1.5:
            script.touch()
            touched = time.monotonic()
    raise AssertionError(f"{url} answered {body!r}, the process: {process.poll()}")


@pytest.mark.parametrize("arguments", [["app.py"], ["-m", "app"]])
def test_reload_brings_the_layer_back(tmp_path: Path, arguments: list[str]) -> None:
    listener, port = bind_unused_port()
    listener.close()
    script = tmp_path / "app.py"
    script.write_text(SERVES)
    log = (tmp_path / "log").open("w+b")
    process = subprocess.Popen(
        [sys.executable, "-m", "tornado_rails", "run", *arguments, str(port), "--more"],
        cwd=tmp_path, env=ENVIRONMENT, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}/show/x"
        expected = f"x RailsApplication ['{port}', '--more']"
        assert answered(url, "first", process, script) == f"first {expected}"
        for word in ("second", "third"):  # the second time from a process that was itself brought back
            script.write_text(SERVES.replace('"first"', f'"{word}"'))
            assert answered(url, word, process, script) == f"{word} {expected}"
    finally:
        process.kill()
        process.wait()
        log.seek(0)
        output = log.read().decode()
        log.close()
    assert "Traceback" not in output


@pytest.fixture
def quiet_process(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Path]:
    """This process as the command would have it, and afterwards as it was."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["-m", "untouched"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(tornado.autoreload, "_reload_hooks", [])
    main = types.ModuleType("__main__")
    main.__spec__ = "the command's"  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "__main__", main)
    yield folder
    unpatch()
    for name in ("beside", "app", "package", "package.part"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "arguments", [["run", "app.py", "--x"], ["run", "-m", "app", "--x"], ["run", "-m", "package"], ["run", "folder"]]
)
def test_command_runs_in_this_process_too(
    quiet_process: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    command.main(arguments)
    answer = json.loads(capsys.readouterr().out)
    assert answer["layer"] == ["RailsApplication"] * 3
    assert answer["argv"][1:] == (["--x"] if "--x" in arguments else [])
    assert patched()
    (hook,) = tornado.autoreload._reload_hooks
    sys.modules["__main__"].__spec__ = None
    hook()
    assert sys.modules["__main__"].__spec__ == "the command's"
    assert sys.argv[1:] == arguments


def test_command_line_is_the_processs_own_by_default(
    quiet_process: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["tornado_rails", "run", "app.py"])
    command.main()
    assert json.loads(capsys.readouterr().out)["layer"] == ["RailsApplication"] * 3


@pytest.mark.parametrize("arguments", [[], ["walk"], ["run"], ["run", "-m"], ["run", "nothing.py"]])
def test_command_line_that_means_nothing_ends_before_the_layer_is_in(
    quiet_process: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        command.main(arguments)
    assert raised.value.code == 2
    assert "error: " in capsys.readouterr().err
    assert not patched()
    assert tornado.web.Application.__name__ == "Application"


def test_module_run_as_a_command_is_the_command(
    quiet_process: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["tornado_rails", "run", "nothing.py"])
    monkeypatch.delitem(sys.modules, "tornado_rails.__main__")
    with pytest.raises(SystemExit):
        runpy.run_module("tornado_rails", run_name="__main__")
    assert "no file 'nothing.py'" in capsys.readouterr().err
