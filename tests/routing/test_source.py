"""Where a route was written."""

from __future__ import annotations

import functools
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from tornado_rails.routing import source
from tornado_rails.routing.source import UNKNOWN, Source, caller, is_framework, locate, of_function


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("tornado", True),
        ("tornado.web", True),
        ("tornado_rails.routing.source", True),
        ("tornado_things", False),
        ("app.tornado", False),
        ("", False),
    ],
)
def test_is_framework_of_tornado_and_the_layer_alone(module: str, expected: bool) -> None:
    assert is_framework(module) is expected


def test_source_below_the_working_directory_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(Source(str(tmp_path / "app" / "routes.py"), 3)) == os.path.join("app", "routes.py:3")
    assert str(Source("/elsewhere/routes.py", 3)) == "/elsewhere/routes.py:3"
    assert str(Source(f"{tmp_path}-2/routes.py", 3)) == f"{tmp_path}-2/routes.py:3"
    assert str(UNKNOWN) == "<unknown>:0"


def test_caller_is_the_nearest_code_of_the_user() -> None:
    here = caller()
    assert here == Source(__file__, test_caller_is_the_nearest_code_of_the_user.__code__.co_firstlineno + 1)
    assert caller() != here


@pytest.mark.parametrize("name", ["tornado_rails.made", "tornado.made", None])
def test_caller_passes_frames_of_the_framework(name: str | None) -> None:
    def ask(call: Any) -> Any:
        return call()

    inside = types.FunctionType(ask.__code__, {"__name__": name})
    expected = __file__ if name else ask.__code__.co_filename
    assert inside(caller).file == expected
    assert (inside(caller).line == ask.__code__.co_firstlineno + 1) is (name is None)


def test_caller_without_any_code_of_the_user_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "is_framework", lambda module: True)
    assert caller() is UNKNOWN


def test_of_function_is_its_definition() -> None:
    def inner() -> None: ...

    @functools.wraps(inner)
    def wrapper() -> None: ...

    expected = Source(__file__, inner.__code__.co_firstlineno)
    assert of_function(inner) == of_function(wrapper) == expected
    assert of_function(print) is UNKNOWN


ROUTES = """
A = [
    ("/a", 1),
    ("/b", 2),
]
B = [("/a", 1),
     URLSpec("/a", 2), ["/b", 3],
     ("/b",), ("/c"), (name, "/a"), ("/a" + "b", 1), (5, 6), (b"/a", 1), url(r"/d\\.html$", 1), call(*"/a")]
"""


@pytest.mark.parametrize(
    ("pattern", "nth", "count", "line"),
    [
        ("/a", 0, 1, 3),
        ("/a", 0, 2, 6),
        ("/a", 1, 2, 7),
        ("/a$", 0, 1, 3),
        ("/b", 0, 1, 4),
        ("/b", 0, 3, 99),
        (r"/d\.html$", 0, 1, 8),
        ("/nowhere", 0, 1, 99),
    ],
)
def test_locate_finds_the_line_of_a_tuple_or_call(
    tmp_path: Path, pattern: str, nth: int, count: int, line: int
) -> None:
    file = tmp_path / "routes.py"
    file.write_text(ROUTES)
    assert locate(Source(str(file), 99), pattern, "", nth, count) == Source(str(file), line)


def test_locate_prefers_the_list_around_the_source(tmp_path: Path) -> None:
    file = tmp_path / "routes.py"
    file.write_text(ROUTES)
    assert locate(Source(str(file), 7), "/a", "", 1, 2).line == 7
    assert locate(Source(str(file), 7), "/b", "", 0, 1).line == 7
    assert locate(Source(str(file), 3), "/a", "", 0, 1).line == 3


@pytest.mark.parametrize("content", [b"def (:", b"\xff\xfe\x00", b'"\x00"', None])
def test_locate_in_what_cannot_be_read_gives_the_source(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "routes.py"
    if content is not None:
        file.write_bytes(content)
    here = Source(str(file), 7)
    assert locate(here, "/a", "") is here


def test_locate_reads_the_modules_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_text("import routes")
    (tmp_path / "sub").mkdir()
    for name in ("one.py", "sub/two.py"):
        module = types.ModuleType(name)
        module.__file__ = str(tmp_path / name)
        monkeypatch.setitem(sys.modules, f"test_source.{name}", module)
    (tmp_path / "sub" / "two.py").write_text('\nROUTES = [("/a", 1)]')
    here = Source(str(tmp_path / "app.py"), 1)
    assert locate(here, "/a", "") == Source(str(tmp_path / "sub" / "two.py"), 2)
    (tmp_path / "one.py").write_text('ROUTES = [("/a", 1)]')
    assert locate(here, "/a", "") == Source(str(tmp_path / "one.py"), 1)
    assert locate(here, "/b", "") is here
