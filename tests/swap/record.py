"""Runs one suite once and writes the outcome of every test to a JSON file.

    python record.py tornado swapped out.json

A process of its own for each run, since the swap must come before the first import of a test module, and since nothing
of the stock run may be left behind for the swapped one. It imports nothing of the project in the stock run.
"""

import importlib
import json
import os
import platform
import sys
import threading
import traceback
import unittest
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any
from unittest import mock

ErrInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

# Left out of both runs, and named in the report: it compares the names and signatures in tornado.web with a list, so it
# must see the swap. Tornado has it since 6.6.
LEFT_OUT = ["tornado.test.api_test"]
EXIT_STATUS = "exit status of the whole run"


class Book:
    """What happened: the outcomes of each test by id, the text of those which are not plain passes."""

    def __init__(self) -> None:
        self.outcomes: dict[str, list[str]] = {}
        self.details: dict[str, str] = {}
        self.subtests: Counter[str] = Counter()
        self.left_out: list[str] = []

    def write(self, test_id: str, *outcome: str, detail: str = "") -> None:
        """Adds an outcome; none at all says that the test was started."""
        self.outcomes.setdefault(test_id, []).extend(outcome)
        if detail:
            self.details[test_id] = self.details.get(test_id, "") + detail

    def write_error(self, outcome: str, test: unittest.TestCase, err: ErrInfo) -> None:
        """Adds a failure of any kind with its traceback."""
        self.write(test.id(), outcome, detail="".join(traceback.format_exception(*err)))

    def write_subtest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: ErrInfo | None) -> None:
        """Adds a subtest under its number: the id has its arguments, which may be a new address or time in each run."""
        self.subtests[test.id()] += 1
        name = f"{test.id()} (subtest {self.subtests[test.id()]})"
        if err is None:
            self.write(name, "passed subtest")
            return
        failed = err[0] is not None and issubclass(err[0], test.failureException)
        detail = f"{subtest.id()}\n" + "".join(traceback.format_exception(*err))
        self.write(name, "failed subtest" if failed else "error in subtest", detail=detail)


class Recorder(unittest.TestResult):
    """Put before the result class which a suite uses of its own, so that both see every call."""

    book: Book

    def startTest(self, test: unittest.TestCase) -> None:
        self.book.write(test.id())
        super().startTest(test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.book.write(test.id(), "passed")
        super().addSuccess(test)

    def addFailure(self, test: unittest.TestCase, err: ErrInfo) -> None:
        self.book.write_error("failed", test, err)
        super().addFailure(test, err)

    def addError(self, test: unittest.TestCase, err: ErrInfo) -> None:
        self.book.write_error("error", test, err)
        super().addError(test, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        # A subtest that skips itself comes as a test; its test is where it counts.
        self.book.write(getattr(test, "test_case", test).id(), "skipped", detail=f"{reason}\n")
        super().addSkip(test, reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: ErrInfo) -> None:
        self.book.write_error("expected failure", test, err)
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self.book.write(test.id(), "unexpected success")
        super().addUnexpectedSuccess(test)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: ErrInfo | None) -> None:
        self.book.write_subtest(test, subtest, err)
        super().addSubTest(test, subtest, err)


Runner = type[unittest.TextTestRunner]


def recording(base: Runner, book: Book) -> Runner:
    """The same runner, with a result which also writes in the book."""

    class RecordingRunner(base):  # type: ignore[misc,valid-type]  # the base is known only at run time
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            own: type[unittest.TestResult] = self.resultclass
            self.resultclass: Any = type("Recording", (Recorder, own), {"book": book})

    return RecordingRunner


class Count:
    """Counts the requests that go through our router; a router inside a router counts once."""

    def __init__(self) -> None:
        self.requests = 0
        self._inside = threading.local()
        self._lock = threading.Lock()

    def watch(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """The same method, counted."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._inside, "yes", False):
                return method(*args, **kwargs)
            with self._lock:
                self.requests += 1
            self._inside.yes = True
            try:
                return method(*args, **kwargs)
            finally:
                self._inside.yes = False

        return counted


def swap(count: Count) -> None:
    """Swaps Tornado's classes and counts what our router gets. Nothing else of the process is changed."""
    import tornado_rails
    from tornado_rails.routing.router import IndexedRouter

    tornado_rails.patch()
    mock.patch.object(IndexedRouter, "find_handler", count.watch(IndexedRouter.find_handler)).start()


def run_tornado(book: Book) -> None:
    """Tornado's own `runtests.main`, which also fails for stray log lines, warnings and bytes on stderr."""
    runtests: Any = importlib.import_module("tornado.test.runtests")
    book.left_out = [name for name in LEFT_OUT if name in runtests.TEST_MODULES]
    runtests.TEST_MODULES[:] = [name for name in runtests.TEST_MODULES if name not in LEFT_OUT]
    factory = runtests.test_runner_factory
    runtests.test_runner_factory = lambda stderr: recording(factory(stderr), book)
    # Without a name, unittest looks for all() in __main__, which is this file.
    sys.argv[1:] = ["tornado.test.runtests.all"]
    runtests.main()


def run_flower(book: Book) -> None:
    """What `python -m tests.unit` does in the folder of Flower's source, which is the current one."""
    testing: Any = importlib.import_module("tornado.testing")
    sys.argv[1:] = ["tests.unit.__main__.all"]
    testing.main(testRunner=recording(unittest.TextTestRunner, book))


SUITES = {"tornado": run_tornado, "flower": run_flower}


def versions() -> str:
    """What was tested, for the report."""
    names = ["tornado"] + (["flower"] if "flower" in sys.modules else [])
    found = [f"{name} {version_of(sys.modules[name])}" for name in names]
    return ", ".join([*found, f"Python {platform.python_version()}"])


def version_of(module: Any) -> str:
    """Tornado has `version`, others have `__version__`."""
    return str(getattr(module, "version", None) or module.__version__)


def main() -> None:
    """Runs the suite; the exit status is 0 whenever the outcomes could be written."""
    suite, mode, path = sys.argv[1:]
    path = os.path.abspath(path)
    # The folder of this file goes, the current one comes, as with `python -m`.
    sys.path[0] = os.getcwd()
    book, count = Book(), Count()
    if mode == "swapped":
        swap(count)
    try:
        SUITES[suite](book)
    except SystemExit as status:
        # Also compared: Tornado's suite tells by it that something was logged or left open.
        book.write(EXIT_STATUS, str(status.code or 0))
    report = {
        "versions": versions(),
        "outcomes": book.outcomes,
        "details": book.details,
        "left_out": book.left_out,
        "routed": count.requests,
        "imported": "tornado_rails" in sys.modules,
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file)


if __name__ == "__main__":
    main()
