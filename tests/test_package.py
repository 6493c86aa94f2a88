"""The package as a whole: its surface, which room imports which, what an import does, what is shipped."""

from __future__ import annotations

import ast
import importlib
import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tornado.web
from tornado.web import RequestHandler

import tornado_rails
from tests.test_main import ENVIRONMENT, LIMIT
from tornado_rails import ActionMixin, Controller
from tornado_rails.routing.actions import MIXIN_NAMES

PACKAGE = Path(tornado_rails.__file__).parent
PROJECT = Path(__file__).parent.parent
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

#: Which rooms of the package a room may import.
ROOMS = {
    "errors": set[str](),
    "filtering": set[str](),
    "routing": {"routing", "errors"},
    "debugging": {"debugging", "routing", "filtering", "errors"},
    "controller": {"controller", "debugging", "routing", "errors"},
    "serving": {"serving", "filtering", "errors"},
    "application": {"controller", "routing", "serving", "errors"},
    "patching": {"application", "routing", "errors"},
    "__main__": {"cli", "patching", "errors"},
    "cli": {"__main__", "cli", "application", "controller", "routing", "serving", "errors"},
    "__init__": {"application", "controller", "errors", "patching", "routing", "serving"},
}


def test_public_surface_is_short_and_listed() -> None:
    assert len(tornado_rails.__all__) <= 15
    assert tornado_rails.__all__ == sorted(tornado_rails.__all__)
    assert {
        "ActionMixin",
        "Controller",
        "RailsApplication",
        "URLSpec",
        "patch",
        "patched",
        "unpatch",
    } <= set(tornado_rails.__all__)
    rooms = {path.stem for path in PACKAGE.iterdir()}
    public = {name for name in vars(tornado_rails) if not name.startswith("_")} - rooms
    assert public | set(tornado_rails._ON_DEMAND) == set(tornado_rails.__all__)


def test_public_names_say_what_they_are() -> None:
    for name in tornado_rails.__all__:
        value = getattr(tornado_rails, name)
        assert value.__doc__, name
        assert value.__module__.startswith("tornado_rails."), name


def imports_of(path: Path) -> set[str]:
    """The rooms of the package that a file imports, wherever in it."""
    rooms = set()
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides its room"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("tornado_rails.")}
        assert "tornado_rails" not in names, f"{path} imports the whole package"
    return rooms


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_run_one_way(path: Path) -> None:
    room = path.parts[0].removesuffix(".py")
    assert room in ROOMS, f"say above what {room} may import"
    assert imports_of(path) <= ROOMS[room]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_package_raises_and_never_asserts(path: Path) -> None:
    """What a user can cause is not left to ``python -O``."""
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_file_opens_with_what_it_is_for(path: Path) -> None:
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)


def test_mixin_names_that_routing_knows_are_those_of_the_mixin() -> None:
    verbs = {method.lower() for method in RequestHandler.SUPPORTED_METHODS}
    assert {name for name in vars(ActionMixin) if not name.startswith("_")} - verbs == MIXIN_NAMES


def test_controller_adds_few_names() -> None:
    added = set(dir(Controller)) - set(dir(RequestHandler))
    assert {name for name in added if not name.startswith("_")} == {
        *("action_name", "current_action", "params", "paths", "route", "url_for", "urls"),
        *("layout", "redirect_back", "redirect_to", "render_view", "respond_to", "url_from", "view_string"),
        *("send_data", "send_events", "send_file", "send_head", "send_stream"),
        *("expires_in", "expires_now", "fresh_when", "http_cache_forever", "must_understand", "no_store", "stale"),
    }
    private = {name for name in added if name.startswith("_") and not name.startswith("_tornado_rails_")}
    assert private <= {"__annotations__"}


def python(*arguments: str, cwd: Path = PROJECT) -> str:
    """What a process prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=5 * LIMIT
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return done.stdout


IMPORT = """
import logging, sys, warnings, threading, signal, asyncio
def state():
    known = logging.root.manager.loggerDict.items()
    loggers = {name: logger for name, logger in known if isinstance(logger, logging.Logger)}
    return (
        logging.root.level, list(logging.root.handlers),
        {name: (each.level, list(each.handlers), each.propagate, each.disabled) for name, each in loggers.items()},
        list(warnings.filters), threading.active_count(), signal.getsignal(signal.SIGTERM), sys.argv,
        sys.getrecursionlimit(), sys.excepthook,
    )
import tornado.web, tornado.log, tornado.routing, msgspec
names = dict(vars(tornado.web)), dict(vars(tornado.routing)), set(vars(tornado.web.RequestHandler))
before = state()
import tornado_rails
assert state() == before, (state(), before)
assert names == (dict(vars(tornado.web)), dict(vars(tornado.routing)), set(vars(tornado.web.RequestHandler)))
optional = {"pydantic", "tornado.websocket", "tornado.autoreload", "tornado.httpserver", "tornado.options"}
optional |= {"argparse", "click", "tornado_rails.serving", "tornado_rails.debugging"}
print(sorted(optional & set(sys.modules)))
"""


def test_import_has_no_side_effects() -> None:
    alone = python("-c", "import sys, tornado.web; print(sorted(sys.modules))")
    loaded = {name for name in ("tornado.httpserver", "argparse", "tornado.autoreload") if f"'{name}'" in alone}
    assert set(ast.literal_eval(python("-c", IMPORT))) <= loaded


def test_import_leaves_no_handlers_in_this_process() -> None:
    for module in MODULES:
        name = ".".join(("tornado_rails", *module.with_suffix("").parts)).removesuffix(".__init__")
        importlib.import_module(name)
    for name in ("tornado_rails", "tornado.access", "tornado.application", "tornado.general"):
        assert logging.getLogger(name).handlers == []
        assert logging.getLogger(name).level == logging.NOTSET
    assert tornado.web.Application.__name__ == "Application"


def test_version_is_one() -> None:
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r'^version = "(.*)"$', text, re.MULTILINE) == [tornado_rails.__version__]
    assert re.search(rf"^## \[?{re.escape(tornado_rails.__version__)}", (PROJECT / "CHANGELOG.md").read_text(), re.M)


@pytest.mark.skipif(
    not (PROJECT / "tornado_rails").exists(), reason="runs against an installed package, not its source"
)
def test_every_file_and_the_types_are_shipped(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, tmp_path / name)
    shutil.copytree(PROJECT / "tornado_rails", tmp_path / "tornado_rails", ignore=shutil.ignore_patterns("__pycache__"))
    python("setup.py", "-q", "build", "--build-lib", "built", cwd=tmp_path)
    shipped = {path.relative_to(tmp_path / "built") for path in (tmp_path / "built").rglob("*") if path.is_file()}
    pages = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.html")]
    assert Path("routing/routes_page.html") in pages
    assert shipped == {Path("tornado_rails", path) for path in (*MODULES, Path("py.typed"), *pages)}
    assert (PACKAGE / "py.typed").exists()


def test_suite_passes_without_assert_statements() -> None:
    """A part of it, in a process of its own under ``python -O``."""
    tests = ["test_refused_actions.py", "test_binding.py", "test_models.py", "test_params.py"]
    output = python(
        "-O", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore:assertions not in test modules or plugins",
        *(f"tests/controller/{name}" for name in tests), "tests/test_errors.py", "tests/test_patching.py",
    )  # fmt: skip
    assert re.search(r"^\d{3,} passed", output, re.MULTILINE), output[-2000:]
    assert "failed" not in output
