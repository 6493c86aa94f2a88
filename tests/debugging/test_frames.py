"""An exception as data."""

from __future__ import annotations

import builtins
import os
import sys
from typing import Any

import pytest

from tornado_rails.debugging.cleaning import Cleaner
from tornado_rails.debugging.frames import Failure, failures, message_of
from tornado_rails.debugging.values import Values


def caught(function: Any) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError


def told(function: Any) -> list[Failure]:
    cleaner = Cleaner()
    values = Values(cleaner)
    found = failures(caught(function), values, cleaner)
    values.describe()
    return found


def name_error() -> None:
    number_of_things = 7
    print(number_of_thing, number_of_things)  # type: ignore[name-defined]  # noqa: F821


def attribute_error() -> None:
    "".stripp()  # type: ignore[attr-defined]


def import_error() -> None:
    import tornado_rail  # type: ignore[import-not-found]  # noqa: F401


def far_off() -> None:
    raise AttributeError("none", name="x", obj=7)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (name_error, "name 'number_of_thing' is not defined. Did you mean: 'number_of_things'?"),
        (attribute_error, "'str' object has no attribute 'stripp'. Did you mean: 'strip'?"),
        (import_error, "No module named 'tornado_rail'"),
        (far_off, "none"),
        (lambda: int("x"), "invalid literal for int() with base 10: 'x'"),
    ],
)
def test_message_says_what_may_have_been_meant(function: Any, expected: str) -> None:
    error = caught(function)
    said = message_of(error, type(error).__name__)
    assert said.replace("you mean '", "you mean: '") == expected  # as Python's own words, since 3.12


def test_name_error_that_was_never_raised_has_no_guess() -> None:
    assert message_of(NameError("x", name="x"), "NameError") == "x"
    assert message_of(NameError(), "NameError") == ""


def test_syntax_error_shows_its_place() -> None:
    error = caught(lambda: compile("def f(:\n", "config.py", "exec"))
    first, *_, last = message_of(error, "SyntaxError").splitlines()
    assert first == 'File "config.py", line 1'
    assert last.startswith("SyntaxError: ")


def test_frames_have_kinds_and_sources() -> None:
    def library() -> None:
        os.path.join(7)  # type: ignore[call-overload]

    (failure,) = told(library)
    assert [frame.kind for frame in failure.frames] == ["application", "application", "library"]
    assert failure.frames[1].code.startswith("os.path.join(7)")
    assert [line.number for line in failure.frames[1].lines if line.is_current] == [failure.frames[1].source.line]
    assert failure.summary.startswith("TypeError: ")
    assert failure.frames[2].locals == []


def test_chain_and_notes() -> None:
    def chained() -> None:
        try:
            try:
                raise KeyError("first")
            except KeyError:
                raise ValueError("second")  # noqa: B904
        except ValueError as error:
            last: Any = LookupError()
            last.__notes__ = ["a note", 7, *"x" * 20]
            raise last from error

    one, two, three = told(chained)
    assert [each.relation for each in (one, two, three)] == [
        *("", "It was caused by", "It was raised while this was handled")
    ]
    assert (one.summary, two.summary, three.summary) == ("LookupError", "ValueError: second", "KeyError: 'first'")
    assert one.notes == ["a note", *"x" * 8]

    def silenced() -> None:
        try:
            raise KeyError
        except KeyError:
            raise ValueError from None

    assert len(told(silenced)) == 1


def test_notes_that_are_no_list_are_left_out() -> None:
    def noted() -> None:
        error: Any = ValueError()
        error.__notes__ = "text"
        raise error

    assert told(noted)[0].notes == []


def test_long_chain_is_bounded() -> None:
    def made() -> None:
        last = None
        for number in range(100):
            error = ValueError(number)
            error.__cause__ = last
            last = error
        raise error

    assert len(told(made)) == 10


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups are of Python 3.11")
def test_members_of_a_group() -> None:
    def group() -> None:
        raise vars(builtins)["ExceptionGroup"]("all", [ValueError(number) for number in range(20)])

    found = told(group)
    assert [each.relation for each in found[:2]] == ["", "Number 1 of 20 in the group"]
    assert len(found) == 6


def test_deep_recursion_shows_its_ends() -> None:
    def deeper(number: int) -> None:
        deeper(number + 1)

    (failure,) = told(lambda: deeper(0))
    assert len(failure.frames) == 50
    (left_out,) = [frame.left_out for frame in failure.frames if frame.left_out]
    assert left_out > 800
    assert failure.kind == "RecursionError"


def test_loader_that_fails_leaves_no_source() -> None:
    class Loader:
        def get_source(self, name: str) -> str:
            raise ZeroDivisionError

    names: dict[str, Any] = {"__loader__": Loader(), "__name__": "made", "_tt_hidden": 1}
    exec(compile("def go():\n    _tt_x = shown = 1\n    raise ValueError\n", "made.py", "exec"), names)
    frame = told(names["go"])[0].frames[-1]
    assert (frame.lines, frame.code, frame.kind) == ([], "", "application")
    assert [each.name for each in frame.locals] == ["shown"]


def test_module_without_a_name_is_the_applications() -> None:
    names: dict[str, Any] = {"__name__": 7}
    exec(compile("def go():\n    raise ValueError\n", "nameless.py", "exec"), names)
    assert told(names["go"])[0].frames[-1].kind == "application"
