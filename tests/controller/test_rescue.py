"""Methods that answer for an exception, and the application's statuses by its class."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tornado.testing import ExpectLog
from tornado.web import Finish, HTTPError, RequestHandler

from tests.controller.support import expect_500
from tests.routing.support import Response, fetch
from tornado_rails import ActionMixin, RailsApplication, URLSpec
from tornado_rails.controller import Controller, after_action, around_action, before_action, rescue_from
from tornado_rails.controller.error_statuses import status_of
from tornado_rails.controller.rescue import RescueMixin
from tornado_rails.errors import DeclarationError, SettingError, UnknownCallbackError
from tornado_rails.routing.actions import action_names


class Missing(Exception): ...


class VeryMissing(Missing): ...


class Unrelated(Exception): ...


class Raising(Controller):
    error: BaseException = Missing("nothing there")

    def go(self, *, number: int = 0) -> None:
        self.write("half")
        self.set_header("X-Half", "yes")
        raise self.error

    async def later(self) -> None:
        await asyncio.sleep(0)
        raise self.error


def ask(controller: type[RequestHandler], action: str = "go", path: str = "/it", **settings: Any) -> Response:
    return fetch(RailsApplication([("/it", controller, {"action": action})], **settings), path)


@pytest.mark.parametrize("action", ["go", "later"])
def test_method_answers_for_an_exception(action: str) -> None:
    class Rescuing(Raising):
        @rescue_from(Missing)
        def missing(self, error: Missing) -> None:
            self.set_status(404)
            self.write(f"rescued {error}")

    answer = ask(Rescuing, action)
    assert (answer.status, answer.body) == (404, "rescued nothing there")
    assert "X-Half" not in answer.headers


def test_method_may_be_async_and_take_nothing() -> None:
    class Rescuing(Raising):
        @rescue_from(OSError, Missing)
        async def missing(self) -> None:
            await asyncio.sleep(0)
            self.write("async")

    assert ask(Rescuing).body == "async"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Missing(), "missing"),
        (VeryMissing(), "missing"),  # the class that was declared last, not the nearest
        (KeyError(), "lookup"),
        (ZeroDivisionError(), "by name"),
        (OverflowError(), "by name"),
        (TimeoutError(), "by path"),
    ],
)
def test_last_declared_that_fits_wins(error: BaseException, expected: str) -> None:
    class Rescuing(Raising):
        @rescue_from(VeryMissing)
        def very(self) -> None:
            self.write("very")

        @rescue_from(Missing)
        def missing(self) -> None:
            self.write("missing")

        @rescue_from("ArithmeticError")
        def named(self) -> None:
            self.write("by name")

        @rescue_from("builtins.OSError")
        def pathed(self) -> None:
            self.write("by path")

        @rescue_from(LookupError)
        def lookup(self) -> None:
            self.write("lookup")

    Rescuing.error = error
    assert ask(Rescuing).body == expected


def test_own_methods_come_before_inherited_ones() -> None:
    class Parent(Raising):
        @rescue_from(Missing)
        def missing(self) -> None:
            self.write("parent")

        @rescue_from(Unrelated)
        def unrelated(self) -> None:
            self.write("unrelated")

    class Child(Parent):
        @rescue_from(Exception)
        def anything(self) -> None:
            self.write("child")

    class Overriding(Parent):
        def missing(self) -> None:
            self.write("overriding")

    assert [ask(each).body for each in (Parent, Child, Overriding)] == ["parent", "child", "overriding"]
    assert action_names(Overriding) == ["go", "later"]


def test_cause_is_tried_and_handed_over() -> None:
    class Rescuing(Controller):
        def caused(self) -> None:
            try:
                try:
                    raise Missing("deep")
                except Missing as error:
                    raise KeyError("middle") from error
            except KeyError as error:
                raise Unrelated("outer") from error

        def in_passing(self) -> None:
            try:
                raise Missing("deep")
            except Missing:
                raise Unrelated("outer")  # noqa: B904

        def in_a_circle(self) -> None:
            error = Unrelated("outer")
            error.__cause__ = KeyError()
            error.__cause__.__cause__ = error
            raise error

        @rescue_from(Missing)
        def missing(self, error: Missing) -> None:
            self.write(f"{type(error).__name__} {error}")

    assert ask(Rescuing, "caused").body == "Missing deep"
    for action in ("in_passing", "in_a_circle"):
        with expect_500("Uncaught exception"):
            assert ask(Rescuing, action).status == 500


def test_callbacks_are_covered_and_run_within() -> None:
    trail: list[str] = []

    class Rescuing(Raising):
        @before_action(only="later")
        def early(self) -> None:
            raise Missing("early")

        @around_action
        async def around(self) -> AsyncIterator[None]:
            try:
                yield
            finally:
                trail.append("out")

        @after_action
        def after(self) -> None:
            trail.append("after")

        @rescue_from(Missing)
        def missing(self, error: Missing) -> None:
            trail.append("rescued")
            self.write(str(error))

    assert ask(Rescuing, "later").body == "early"
    assert trail == ["rescued"]
    trail.clear()
    assert ask(Rescuing).body == "nothing there"
    assert trail == ["out", "rescued"]


def test_arguments_are_covered() -> None:
    class Rescuing(Raising):
        @rescue_from(HTTPError)
        def refused(self, error: HTTPError) -> None:
            self.set_status(error.status_code)
            self.write(f"refused {error.status_code}")

    answer = ask(Rescuing, path="/it?number=x")
    assert (answer.status, answer.body) == (400, "refused 400")


def test_what_a_method_raises_goes_on_to_tornado() -> None:
    class Rescuing(Raising):
        @rescue_from(Missing)
        def missing(self) -> None:
            raise HTTPError(410)

        @rescue_from(HTTPError)
        def never(self) -> None:
            self.write("never")

    assert ask(Rescuing).status == 410


def test_what_no_method_is_for_goes_on_to_tornado() -> None:
    class Rescuing(Raising):
        @rescue_from(Unrelated)
        def unrelated(self) -> None: ...

    with expect_500("Uncaught exception"):
        assert ask(Rescuing).status == 500


def test_finish_and_late_exceptions_are_not_rescued() -> None:
    class Rescuing(Raising):
        def go(self, *, number: int = 0) -> None:
            self.write("finished")
            raise Finish

        def late(self) -> None:
            self.finish("left")
            raise Missing

        def flushed(self) -> None:
            self.write("left")
            self.flush()
            raise Missing

        @rescue_from(Exception)
        def anything(self) -> None:
            self.write("rescued")

    assert ask(Rescuing).body == "finished"
    with ExpectLog("tornado.application", "Uncaught exception"):
        assert ask(Rescuing, "late").body == "left"
    with (
        ExpectLog("tornado.application", "Uncaught exception"),
        ExpectLog("tornado.general", "Cannot send error response after headers written"),
    ):
        assert ask(Rescuing, "flushed").body.startswith("4\r\nleft")


def test_declared_in_the_body_with_a_name_or_a_function() -> None:
    class Rescuing(Raising):
        rescue_from(Missing, with_="missing")
        rescue_from(KeyError, with_=lambda self, error: self.write(f"lambda {error}"))
        rescue_from(OSError, with_=lambda self: self.write("lambda"))

        def missing(self, error: Missing) -> None:
            self.write("named")

    bodies = []
    for error in (Missing(), KeyError(1), OSError()):
        Rescuing.error = error
        bodies.append(ask(Rescuing).body)
    assert bodies == ["named", "lambda 1", "lambda"]
    assert action_names(Rescuing) == ["go", "later"]


def test_verbs_methods_are_covered_too() -> None:
    class Verb(Controller):
        def get(self) -> None:
            raise Missing

        @rescue_from(Missing)
        def missing(self) -> None:
            self.write("rescued")

    assert fetch(RailsApplication([("/it", Verb)]), "/it").body == "rescued"


def test_declarations_that_mean_nothing() -> None:
    for wrong in ((), (3,), (int,), (lambda: None,)):
        with pytest.raises(
            DeclarationError, match=r"^rescue_from\(.*\) \(tests/controller/test_rescue.py:\d+\): .* is no"
        ):
            rescue_from(*wrong)

    class Nameless(Raising):
        rescue_from(Missing, with_="mising")

        def missing(self) -> None: ...

    with pytest.raises(
        UnknownCallbackError, match=r"Nameless \(.*\): rescue_from 'mising' \(.*\): .*Did you mean 'miss"
    ):
        URLSpec("/it", Nameless, action="go")

    class Greedy(Raising):
        @rescue_from(Missing)
        def missing(self, error: Missing, more: int) -> None: ...

    with pytest.raises(
        DeclarationError, match=r"rescue_from 'missing' .*: it takes \(.*\)\. It takes the exception, or"
    ):
        URLSpec("/it", Greedy, action="go")


def test_mixin_is_usable_on_its_own() -> None:
    class Own(RescueMixin, ActionMixin, RequestHandler):
        def go(self) -> None:
            raise Missing

        @rescue_from(Missing)
        def missing(self) -> None:
            self.write("rescued")

    assert ask(Own).body == "rescued"


def test_action_that_raises_nothing_is_left_alone() -> None:
    class Calm(Raising):
        def calm(self) -> None:
            self.write("calm")

        @rescue_from(Exception)
        def anything(self) -> None: ...

    assert ask(Calm, "calm").body == "calm"


def test_what_the_method_returns_is_responded_with() -> None:
    class Responding(Raising):
        @rescue_from(Missing)
        def missing(self) -> dict[str, str]:
            return {"answer": "it"}

    assert ask(Responding).body == '{"answer":"it"}'


# Statuses


@pytest.mark.parametrize(
    ("table", "error", "status"),
    [
        ({Missing: 404}, Missing(), 404),
        ({Missing: 404}, VeryMissing(), 404),
        ({Missing: 404, VeryMissing: 410}, VeryMissing(), 410),
        ({"Missing": 404}, VeryMissing(), 404),
        ({f"{__name__}.Missing": 404}, Missing(), 404),
        ({"builtins.LookupError": 404}, KeyError(), 404),
        ({Exception: 503}, Missing(), 503),
        ({Missing: 404}, Unrelated(), 500),
        ({}, Missing(), 500),
        (None, Missing(), 500),
        ({HTTPError: 404, Exception: 404}, HTTPError(500), 500),
    ],
)
def test_status_by_the_exceptions_class(
    table: Any, error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    Raising.error, before = error, Raising.error
    try:
        with caplog.at_level(logging.WARNING), _any_log(status):
            answer = ask(Raising, error_statuses=table)
    finally:
        Raising.error = before
    assert answer.status == status
    assert "half" not in answer.body
    assert (status_of({"error_statuses": table}, error) or 500) == status


def _any_log(status: int) -> Any:
    if status < 500:
        return ExpectLog("tornado.general", "4.. GET /it .*: ")
    return expect_500_or_503()


class expect_500_or_503:
    """Takes the lines of an error that is the server's fault."""

    def __enter__(self) -> None:
        self.logs = [ExpectLog("tornado", "(500|503) GET|Uncaught exception|HTTP 500", required=False)]
        self.logs += [
            ExpectLog(f"tornado.{name}", ".*", required=False) for name in ("application", "access", "general")
        ]
        for log in self.logs:
            log.__enter__()

    def __exit__(self, *error: Any) -> None:
        for log in reversed(self.logs):
            log.__exit__(*error)


def test_plain_handlers_have_no_statuses() -> None:
    class Plain(RequestHandler):
        def go(self) -> None:
            raise Missing

    with expect_500("Uncaught exception"):
        assert ask(Plain, error_statuses={Missing: 404}).status == 500


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([404], "it is a dict"),
        ({int: 404}, "<class 'int'> is no exception's class"),
        ({3: 404}, "3 is no exception's class"),
        ({Missing: "404"}, "'404' is no status of an error: 400 to 599"),
        ({Missing: True}, "True is no status"),
        ({Missing: 200}, "200 is no status"),
        ({Missing: 600}, "600 is no status"),
    ],
)
def test_table_is_checked_at_start(table: Any, words: str) -> None:
    with pytest.raises(SettingError, match=words) as caught:
        RailsApplication(error_statuses=table)
    assert (caught.value.name, caught.value.value) == ("error_statuses", table)


def test_rescuing_method_that_is_a_generator_is_refused() -> None:
    class Streams(Controller):
        @rescue_from(KeyError)
        async def missing(self) -> Any:
            yield "no"

        def go(self) -> None: ...

    with pytest.raises(DeclarationError, match=r"rescue_from 'missing' .*: it is a generator, which would never run"):
        RailsApplication([("/it", Streams, {"action": "go"})])


def test_headers_that_were_set_are_gone_and_cookies_and_default_headers_stay() -> None:
    class Shared(Controller):
        def set_default_headers(self) -> None:
            self.set_header("Access-Control-Allow-Origin", "*")

        @before_action
        def begin(self) -> None:
            self.set_header("X-Begun", "yes")
            self.set_cookie("begun", "1")

        def go(self) -> None:
            self.set_status(201)
            self.write("part")
            raise KeyError

        @rescue_from(KeyError)
        def nothing(self) -> None: ...

    answer = fetch(RailsApplication([("/it", Shared, {"action": "go"})]), "/it")
    assert (answer.status, answer.body) == (200, "")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Begun" not in answer.headers
    assert answer.headers["Set-Cookie"].startswith("begun=1")
