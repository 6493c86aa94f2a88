"""Callbacks: in which order they run, what halts them, for which actions they are."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import pytest
import tornado.routing
import tornado.web
from tornado import gen
from tornado.web import Finish, HTTPError, RequestHandler

from tests.controller.support import expect_500
from tests.routing.support import Response, fetch
from tornado_rails import ActionMixin, RailsApplication
from tornado_rails.controller import (
    Controller,
    after_action,
    around_action,
    before_action,
    rescue_from,
    skip_after_action,
    skip_around_action,
    skip_before_action,
)
from tornado_rails.controller.binding import bind_action
from tornado_rails.controller.callbacks import CallbacksMixin
from tornado_rails.controller.rescue import RescueMixin
from tornado_rails.errors import (
    AroundError,
    CallbackActionError,
    DeclarationError,
    RefusedActionError,
    UnknownCallbackError,
)
from tornado_rails.routing.actions import action_names
from tornado_rails.routing.conventions import convention_routes
from tornado_rails.routing.urlspec import URLSpec

TRAIL: list[str] = []


def note(word: str) -> None:
    TRAIL.append(word)


def ask(controller: type[RequestHandler], action: str = "go", method: str = "GET", **settings: Any) -> Response:
    """The answer of one action, over a real socket; what it noted is in ``TRAIL``."""
    TRAIL.clear()
    return fetch(RailsApplication([("/it", controller, {"action": action})], **settings), "/it", method)


def trail(controller: type[RequestHandler], action: str = "go") -> str:
    assert ask(controller, action).status in (200, 204)
    return " ".join(TRAIL)


class Base(Controller):
    def go(self) -> None:
        note("go")

    def other(self) -> None:
        note("other")


class Ordered(Base):
    @before_action
    def first(self) -> None:
        note("first")

    @after_action
    def outer(self) -> None:
        note("outer")

    @around_action
    async def around(self) -> AsyncIterator[None]:
        note("in")
        yield
        note("out")

    @before_action
    async def second(self) -> None:
        await asyncio.sleep(0)
        note("second")

    @after_action
    async def inner(self) -> None:
        await asyncio.sleep(0)
        note("inner")


def test_callbacks_run_in_order_and_after_callbacks_in_reverse() -> None:
    assert trail(Ordered) == "first in second go inner out outer"


def test_parents_come_first_and_prepended_before_them() -> None:
    class Child(Ordered):
        @before_action
        def third(self) -> None:
            note("third")

        @before_action(prepend=True)
        def zeroth(self) -> None:
            note("zeroth")

        @before_action(prepend=True)
        def before_all(self) -> None:
            note("before_all")

        @after_action
        def innermost(self) -> None:
            note("innermost")

    assert trail(Child) == "before_all zeroth first in second third go innermost inner out outer"
    assert trail(Ordered) == "first in second go inner out outer"


def test_class_that_is_no_controller_declares_for_those_it_is_mixed_into() -> None:
    class Concern:
        @before_action
        def concern(self) -> None:
            note("concern")

        before_action("named", only="go")

        def named(self) -> None:
            note("named")

    class Mixed(Concern, Base):
        @before_action
        def own(self) -> None:
            note("own")

    assert trail(Mixed) == "concern named own go"
    assert trail(Mixed, "other") == "concern own other"


@pytest.mark.parametrize("is_async", [False, True])
def test_finishing_halts(is_async: bool) -> None:
    class Halting(Base):
        @around_action
        def around(self) -> Iterator[None]:
            note("in")
            yield
            note("out")

        @after_action
        def after(self) -> None:
            note("after")

        @before_action
        def stop(self) -> Any:
            self.set_status(403)
            self.finish("stopped")

        @before_action
        def later(self) -> None:
            note("later")

        @around_action
        def unreached(self) -> Iterator[None]:
            note("unreached")
            yield

    class AsyncHalting(Halting):
        @before_action
        async def stop(self) -> None:
            await asyncio.sleep(0)
            self.redirect("/login")

    answer = ask(AsyncHalting if is_async else Halting)
    assert (answer.status, answer.body) == ((302, "") if is_async else (403, "stopped"))
    # The child's declaration moved it to the end.
    assert (["in", "later", "unreached", "out"] if is_async else ["in", "out"]) == TRAIL


def test_after_callback_outside_of_an_around_is_skipped_too() -> None:
    class Halting(Ordered):
        @before_action
        def stop(self) -> None:
            self.finish()

    ask(Halting)
    assert TRAIL == ["first", "in", "second", "out"]


@pytest.mark.parametrize("value", [False, None, 0, "", "text", True])
def test_return_value_of_a_callback_says_nothing(value: object) -> None:
    class Returning(Base):
        @before_action
        def returning(self) -> object:
            return value

        @after_action
        def too(self) -> object:
            return value

    assert trail(Returning) == "go"


@pytest.mark.parametrize("is_async", [False, True])
def test_around_that_does_not_yield_halts_silently(is_async: bool) -> None:
    class Silent(Base):
        @after_action
        def after(self) -> None:
            note("after")

        @around_action
        def around(self) -> Iterator[None]:
            if not self.request:
                yield

    class AsyncSilent(Silent):
        @around_action
        async def around(self) -> AsyncIterator[None]:  # type: ignore[override]
            if not self.request:
                yield

    answer = ask(AsyncSilent if is_async else Silent)
    assert (answer.status, answer.body, TRAIL) == (200, "", [])


@pytest.mark.parametrize("kind", ["generator", "async generator", "manager"])
def test_around_that_finishes_halts_and_comes_to_its_end(kind: str) -> None:
    class Finishing(Base):
        @after_action
        def after(self) -> None:
            note("after")

        if kind == "generator":

            @around_action
            def around(self) -> Iterator[None]:
                self.finish("early")
                yield
                note("out")

        elif kind == "async generator":

            @around_action
            async def around(self) -> AsyncIterator[None]:  # type: ignore[misc]
                self.finish("early")
                yield
                note("out")

        else:

            @around_action
            @contextlib.contextmanager
            def around(self) -> Iterator[None]:  # type: ignore[misc]
                self.finish("early")
                yield
                note("out")

    assert (ask(Finishing).body, TRAIL) == ("early", ["out"])


class Managed:
    """A context manager in both ways."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        note(f"in {self.name}")

    def __exit__(self, *error: object) -> None:
        note(f"out {self.name} {error[0] and error[0].__name__}")  # type: ignore[attr-defined]


def test_around_is_a_generator_or_a_context_manager_async_or_not() -> None:
    class Kinds(Base):
        @around_action
        def one(self) -> Iterator[None]:
            note("1")
            yield
            note("-1")

        @around_action
        async def two(self) -> AsyncIterator[None]:
            note("2")
            yield
            note("-2")

        @around_action
        @contextlib.contextmanager
        def three(self) -> Iterator[None]:
            note("3")
            yield
            note("-3")

        @around_action
        @contextlib.asynccontextmanager
        async def four(self) -> AsyncIterator[None]:
            note("4")
            yield
            note("-4")

        @around_action
        def five(self) -> Any:
            return contextlib.nullcontext()

        around_action(lambda self: contextlib.nullcontext())

    assert trail(Kinds) == "1 2 3 4 go -4 -3 -2 -1"


@pytest.mark.parametrize("made", ["text", None, "coroutine"])
def test_around_of_another_kind_is_an_error(made: str | None) -> None:
    class Wrong(Base):
        @around_action
        def wrong(self) -> Any:
            return asyncio.sleep(0) if made == "coroutine" else made

    with expect_500("Uncaught exception"):
        assert ask(Wrong).status == 500
    error = AroundError("around_action 'x' (app.py:3)", "an around callback gave str", "It is a generator.")
    assert str(error) == "around_action 'x' (app.py:3): an around callback gave str. It is a generator."


def test_coroutine_that_never_yields_is_no_around_callback() -> None:
    with pytest.raises(DeclarationError, match=r"around_action 'wrong' \(\S+:\d+\): it never yields\. Let it yield"):

        class Wrong(Base):
            @around_action
            async def wrong(self) -> None: ...


@pytest.mark.parametrize("is_async", [False, True])
def test_around_that_yields_twice_is_an_error(is_async: bool) -> None:
    class Twice(Base):
        @around_action
        def twice(self) -> Iterator[None]:
            yield
            yield

    class AsyncTwice(Base):
        @around_action
        async def twice(self) -> AsyncIterator[None]:
            yield
            yield

    with expect_500("Uncaught exception"):
        assert ask(AsyncTwice if is_async else Twice).status == 500


class Failing(Base):
    @after_action
    def after(self) -> None:
        note("after")

    @around_action
    async def outer(self) -> AsyncIterator[None]:
        try:
            yield
        except ZeroDivisionError:
            note("outer saw")
            raise
        finally:
            note("outer out")

    @around_action
    def inner(self) -> Iterator[None]:
        try:
            yield
        except ZeroDivisionError:
            note("inner saw")
            raise

    def go(self) -> None:
        raise ZeroDivisionError("on purpose")


def test_around_callbacks_see_the_exception_and_after_callbacks_are_skipped() -> None:
    with expect_500("Uncaught exception"):
        assert ask(Failing).status == 500
    assert TRAIL == ["inner saw", "outer saw", "outer out"]


def test_around_callback_may_swallow_the_exception() -> None:
    class Swallowing(Failing):
        @around_action
        async def catching(self) -> AsyncIterator[None]:
            try:
                yield
            except ZeroDivisionError:
                self.write("caught")

    assert (ask(Swallowing).body, TRAIL) == ("caught", ["outer out", "after"])


def test_exception_of_a_before_callback_skips_the_rest() -> None:
    class Early(Failing):
        @before_action
        def early(self) -> None:
            raise HTTPError(418)

        def go(self) -> None:
            note("go")

    assert ask(Early).status == 418
    assert TRAIL == ["outer out"]


def test_finish_raised_by_a_callback_ends_the_request_as_tornado_does() -> None:
    class Ending(Base):
        @before_action
        def end(self) -> None:
            self.write("ended")
            raise Finish

    assert (ask(Ending).body, TRAIL) == ("ended", [])


def test_after_callbacks_change_the_response() -> None:
    class Changing(Base):
        def go(self) -> None:
            self.write("b")

        @after_action
        def change(self) -> None:
            self.set_header("X-After", "yes")
            self.set_status(202)
            self.write("c")

    answer = ask(Changing)
    assert (answer.status, answer.headers["X-After"], answer.body) == (202, "yes", "bc")


def test_callback_written_again_takes_the_place_of_the_first_with_its_options() -> None:
    class Again(Base):
        @before_action(only="other")
        def one(self) -> None:
            note("one")

        @before_action
        def two(self) -> None:
            note("two")

        before_action("one", only="go")
        after_action("two")

    assert trail(Again) == "two one go two"
    assert trail(Again, "other") == "two other two"

    class Child(Again):
        @before_action
        def two(self) -> None:
            note("child's two")

    assert trail(Child) == "one child's two go child's two"


def test_override_without_a_decorator_is_the_callback_still_and_no_action() -> None:
    class Overridden(Ordered):
        def first(self) -> None:
            note("overridden")

    assert trail(Overridden).startswith("overridden in")
    assert action_names(Overridden) == ["go", "other"]
    with pytest.raises(RefusedActionError, match="'first' may not be an action: it is declared as a callback"):
        URLSpec("/first", Overridden, action="first")


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ({}, {"go", "other"}),
        ({"only": "go"}, {"go"}),
        ({"only": ["go"]}, {"go"}),
        ({"only": ("go", "other")}, {"go", "other"}),
        ({"only": []}, set()),
        ({"except_": "go"}, {"other"}),
        ({"except_": {"go", "other"}}, set()),
        ({"only": ["go", "other"], "except_": "other"}, {"go"}),
        ({"if_": "yes"}, {"go", "other"}),
        ({"if_": "no"}, set()),
        ({"if_": ["yes", "no"]}, set()),
        ({"if_": ["yes", "yes_too", lambda self: self.action_name == "go"]}, {"go"}),
        ({"unless": "yes"}, set()),
        ({"unless": ["no", "no_async"]}, {"go", "other"}),
        ({"unless": ["no", "yes"]}, set()),
        ({"if_": "no_async"}, set()),
        ({"if_": "yes_async"}, {"go", "other"}),
        ({"if_": "fact"}, {"go", "other"}),
        ({"unless": "fact"}, set()),
        ({"only": "go", "if_": "no"}, set()),
        ({"only": "go", "if_": "yes", "unless": "no"}, {"go"}),
    ],
)
@pytest.mark.parametrize("kind", [before_action, after_action, around_action])
def test_conditions_must_all_hold(kind: Callable[..., Any], options: dict[str, Any], runs: set[str]) -> None:
    class Conditional(Base):
        fact = True

        def yes(self) -> bool:
            return True

        def no(self) -> bool:
            return False

        @property
        def yes_too(self) -> bool:
            return True

        async def yes_async(self) -> bool:
            await asyncio.sleep(0)
            return True

        async def no_async(self) -> bool:
            return False

        if kind is around_action:

            @around_action(**options)
            def called(self) -> Iterator[None]:
                note("called")
                yield

        else:

            @kind(**options)  # type: ignore[misc]
            async def called(self) -> None:
                note("called")

    for action in ("go", "other"):
        assert ("called" in trail(Conditional, action).split()) == (action in runs), action


def test_conditions_that_are_methods_are_no_actions() -> None:
    class Conditional(Base):
        @before_action(if_="signed_in", unless=["admin"])
        def check(self) -> None: ...

        def signed_in(self) -> bool:
            return True

        def admin(self) -> bool:
            return False

    assert action_names(Conditional) == ["go", "other"]
    assert [route.regex.pattern for route in convention_routes([Conditional])] == [
        "/conditional/go$",
        "/conditional/other$",
    ]


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ({}, set()),
        ({"only": "go"}, {"other"}),
        ({"except_": "go"}, {"go"}),
        ({"if_": "yes"}, set()),
        ({"unless": "yes"}, {"go", "other"}),
        ({"only": "go", "if_": "yes"}, {"other"}),
        ({"only": "go", "unless": "yes"}, {"go", "other"}),
    ],
)
def test_skipping(options: dict[str, Any], runs: set[str]) -> None:
    class Parent(Base):
        @before_action
        def one(self) -> None:
            note("one")

        @after_action
        def two(self) -> None:
            note("two")

        @around_action
        def three(self) -> Iterator[None]:
            note("three")
            yield

        def yes(self) -> bool:
            return True

    class Skipping(Parent):
        skip_before_action("one", **options)
        skip_after_action("two", **options)
        skip_around_action("three", **options)

    class Heir(Skipping): ...

    for controller in (Skipping, Heir):
        for action in ("go", "other"):
            expected = f"one three {action} two" if action in runs else action
            assert trail(controller, action) == expected
    assert trail(Parent) == "one three go two"


def test_skipped_callback_may_be_declared_again() -> None:
    class Skipping(Ordered):
        skip_before_action("first", "second")
        before_action("first", only="go")

    assert trail(Skipping) == "in first go inner out outer"
    assert trail(Skipping, "other") == "in other inner out outer"


def test_skipping_what_never_was_is_an_error_that_names_both() -> None:
    with pytest.raises(UnknownCallbackError) as caught:

        class Wrong(Ordered):
            skip_before_action("frist")

    assert str(caught.value).startswith(
        "test_skipping_what_never_was_is_an_error_that_names_both.<locals>.Wrong (tests/"
    )
    assert ": skip_before_action('frist') (tests/controller/test_callbacks.py:" in str(caught.value)
    assert str(caught.value).endswith("there is no before callback of that name. Did you mean 'first'?")
    with pytest.raises(UnknownCallbackError, match=r"no after callback of that name\. There are: none\."):

        class Other(Base):
            skip_after_action("first")

    class Lenient(Ordered):
        skip_after_action("first", raise_=False)

    assert trail(Lenient) == trail(Ordered)


@pytest.mark.parametrize("options", [{"only": ["go", "gone"]}, {"except_": "gone"}])
def test_unknown_action_is_an_error_when_the_route_is_made(options: dict[str, Any]) -> None:
    class Wrong(Base):
        @before_action(**options)
        def check(self) -> None: ...

    with pytest.raises(CallbackActionError) as caught:
        RailsApplication([("/it", Wrong, {"action": "other"})])
    assert "Wrong (tests/controller/test_callbacks.py:" in str(caught.value)
    assert ": before_action 'check' (tests/controller/test_callbacks.py:" in str(caught.value)
    assert str(caught.value).endswith(
        "it names the action 'gone', which the controller does not have. Did you mean 'go'?"
    )
    with pytest.raises(CallbackActionError):
        RailsApplication(controllers=[Wrong])


def test_unknown_action_of_a_skip_is_an_error_too() -> None:
    class Wrong(Ordered):
        skip_before_action("first", only="first")

    with pytest.raises(CallbackActionError, match=r"skip_before_action\('first'\) .*'first', which .* Its actions: go"):
        RailsApplication(controllers=[Wrong])


def test_class_whose_source_is_not_known_is_named() -> None:
    namespace = {"Base": Base, "skip_before_action": skip_before_action, "__name__": "nowhere"}
    with pytest.raises(UnknownCallbackError, match=r"^Wrong: skip_before_action\('x'\) \(<string>:2\): there is no"):
        exec("class Wrong(Base):\n    skip_before_action('x')", namespace)


def test_action_of_another_heir_is_known() -> None:
    class Parent(Base):
        before_action("check", except_="login")

        def check(self) -> None:
            note("check")

    class Session(Parent):
        def login(self) -> None:
            note("login")

    class Posts(Parent): ...

    assert (trail(Posts), trail(Session, "login")) == ("check go", "login")

    class Nobody(Base):
        before_action("check", except_="logout")

        def check(self) -> None: ...

    class Heir(Nobody): ...

    with pytest.raises(CallbackActionError, match="'logout'"):
        URLSpec("/it", Heir, action="go")


@pytest.mark.parametrize(
    ("what", "options", "missing"),
    [("chekc", {}, "chekc"), ("check", {"if_": "chekc"}, "chekc"), ("check", {"unless": ["check", "chekc"]}, "chekc")],
)
def test_unknown_method_is_an_error_when_the_route_is_made(what: str, options: Any, missing: str) -> None:
    class Wrong(Base):
        before_action(what, **options)

        def check(self) -> None: ...

    with pytest.raises(
        UnknownCallbackError, match=rf"the controller has no method '{missing}'\. Did you mean 'check'\?"
    ):
        RailsApplication([("/it", Wrong, {"action": "go"})])


def module_level(handler: Any) -> None:
    note("module")


def test_async_after_callback_is_awaited_outside_of_an_around_too() -> None:
    class Waiting(Base):
        @after_action
        async def after(self) -> None:
            await asyncio.sleep(0)
            note("after")

        @around_action(if_="no")
        def around(self) -> Iterator[None]:
            note("around")
            yield

        def no(self) -> bool:
            return False

        async def go(self) -> None:  # type: ignore[override]
            await asyncio.sleep(0)
            note("async go")

    assert trail(Waiting) == "async go after"


class Object:
    def before(self, controller: Any) -> None:
        note(f"before {controller.action_name}")

    async def after(self, controller: Any) -> None:
        note("after")

    def around(self, controller: Any) -> Managed:
        return Managed("object")


def test_callbacks_may_be_functions_and_objects() -> None:
    class Various(Base):
        before_action(lambda self: note("lambda"), module_level, Object())
        after_action(Object(), only="go")
        around_action(Object())

    assert trail(Various) == "lambda module before go in object go out object None after"
    assert trail(Various, "other") == "lambda module before other in object other out object None"

    class Child(Various):
        before_action(module_level)

    assert trail(Child) == "lambda before go in object module go out object None after"


def test_decorator_that_hides_the_methods_name_leaves_the_callback_its_name() -> None:
    def hiding(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self: function(self)

    def renaming(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(self: Any) -> Any:
            return function(self)

        return wrapper

    class Decorated(Base):
        @before_action
        @hiding
        def one(self) -> None:
            note("one")

        @before_action
        @renaming
        def two(self) -> None:
            note("two")

        @before_action
        @gen.coroutine
        def three(self) -> Any:
            yield gen.moment
            note("three")

    class Child(Decorated):
        skip_before_action("one")

    assert trail(Decorated) == "one two three go"
    assert trail(Child) == "two three go"
    assert action_names(Decorated) == ["go", "other"]


def test_function_decorated_outside_of_a_class_is_declared_where_it_is_put() -> None:
    class One(Base):
        check = _shared

    class Two(Base):
        check_too = _shared

    assert (trail(One), trail(Two)) == ("shared go", "shared go")


@before_action(only="go")
def _shared(self: Controller) -> None:
    note("shared")


def test_macro_that_is_called_in_a_body_declares_there() -> None:
    def secured(**options: Any) -> None:
        before_action("secure", **options)

    class Secured(Base):
        secured(only="go")

        def secure(self) -> None:
            note("secure")

    assert (trail(Secured), trail(Secured, "other")) == ("secure go", "other")


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: before_action("x"), r"before_action \(.*\): it stands in no class\. Call it in a controller's body\."),
        (lambda: skip_around_action("x"), r"skip_around_action \(.*\): it stands in no class"),
        (
            lambda: before_action(cast(Any, 3), prepend=True),
            r"before_action\(3\) \(.*\): it is no callback\. Give .* before\(controller\)\.",
        ),
        (lambda: after_action(only=cast(Any, 3)), "TypeError"),
        (lambda: after_action(only=cast(Any, [3])), r"after_action \(.*\): only=\[3\]\. Give the names of actions\."),
        (
            lambda: after_action(if_=cast(Any, [3])),
            r"after_action \(.*\): if_=\[3\]\. Give methods' names or functions\.",
        ),
    ],
)
def test_declarations_that_mean_nothing(declare: Callable[[], Any], message: str) -> None:
    if message == "TypeError":
        with pytest.raises(TypeError):
            declare()
        return
    with pytest.raises(DeclarationError, match=message):
        declare()


# Where no route names an action


class Verbs(Controller):
    @before_action
    def check(self) -> None:
        note("check")

    @before_action(only="post")
    def check_post(self) -> None:
        note("check_post")

    @after_action
    def after(self) -> None:
        note("after")

    def get(self, number: str = "") -> None:
        note(f"get{number}")

    async def post(self) -> None:
        note("post")


TABLES: list[Callable[[], tornado.web.Application]] = [
    lambda: RailsApplication([("/it/?(.*)", Verbs)]),
    lambda: tornado.web.Application([("/it/?(.*)", Verbs)]),
    lambda: RailsApplication([tornado.routing.URLSpec("/it/?(.*)", Verbs)]),
]


@pytest.mark.parametrize("application", TABLES)
def test_verbs_methods_run_within_callbacks_too(application: Callable[[], tornado.web.Application]) -> None:
    TRAIL.clear()
    assert fetch(application(), "/it/7").status == 200
    assert TRAIL == ["check", "get7", "after"]
    TRAIL.clear()
    assert fetch(application(), "/it/%zz").status == 200  # as in Tornado
    assert fetch(application(), "/it", "PUT").status == 405
    assert TRAIL == ["check", "get%zz", "after"]


def test_route_with_methods_and_no_action_runs_the_verb_within_callbacks() -> None:
    application = RailsApplication([("/it", Verbs, {"methods": ["GET", "POST"]})])
    for method, expected in [("GET", "check get after"), ("HEAD", "check get after"), ("OPTIONS", "")]:
        TRAIL.clear()
        assert fetch(application, "/it", method).status == (204 if method == "OPTIONS" else 200)
        assert " ".join(TRAIL) == expected

    class NoCallbacks(Controller):
        def get(self) -> None:
            note("get")

    TRAIL.clear()
    assert fetch(RailsApplication([("/it", NoCallbacks, {"methods": "GET"})]), "/it", "HEAD").status == 200
    assert fetch(RailsApplication([("/it", NoCallbacks)]), "/it").status == 200
    assert TRAIL == ["get", "get"]


def test_verb_that_takes_the_paths_values_by_name_runs_within_callbacks() -> None:
    application = RailsApplication([("/it/(\\d+)", Verbs, {"param_keys": "number"})])
    TRAIL.clear()
    assert fetch(application, "/it/7").status == 200
    assert TRAIL == ["check", "get7", "after"]


def test_unknown_action_of_a_verbs_callback_is_an_error_at_start() -> None:
    class Wrong(Controller):
        @before_action(only="index")
        def check(self) -> None: ...

        def get(self) -> None: ...

    with pytest.raises(CallbackActionError, match="'index'"):
        RailsApplication([("/it", Wrong)])


def test_streamed_and_refused_requests_run_no_callbacks() -> None:
    TRAIL.clear()
    application = RailsApplication([("/it", Verbs, {"action": "get", "methods": "GET"})])
    assert (fetch(application, "/it", "POST").status, TRAIL) == (405, [])
    assert (fetch(application, "/it").status, TRAIL) == (204, ["check", "get", "after"])


def test_prepare_comes_first_and_halts_too() -> None:
    class Prepared(Ordered):
        def prepare(self) -> None:
            note("prepare")
            if self.get_argument("stop", ""):
                self.finish()

    assert trail(Prepared).startswith("prepare first")
    TRAIL.clear()
    fetch(RailsApplication([("/it", Prepared, {"action": "go"})]), "/it?stop=1")
    assert TRAIL == ["prepare"]


def test_drawn_and_conventional_routes_have_callbacks() -> None:
    application = RailsApplication(routes=lambda map: map.get("drawn", to="ordered#go"), controllers=[Ordered])
    for path in ("/drawn", "/ordered/go"):
        TRAIL.clear()
        assert fetch(application, path).status == 204
        assert " ".join(TRAIL) == "first in second go inner out outer"


def test_action_without_callbacks_is_called_itself() -> None:
    class Plain(CallbacksMixin, ActionMixin, RequestHandler):
        def go(self) -> None: ...

        def other(self) -> None: ...

    spec = URLSpec("/it", Plain, action="go")
    assert spec._invoke is not None
    assert type(spec._invoke) is type(bind_action(spec, "go"))

    class Elsewhere(Plain):
        @before_action(only="go")
        def check(self) -> None: ...

    other = URLSpec("/it", Elsewhere, action="other")
    assert type(other._invoke) is type(bind_action(other, "other"))


def test_what_is_written_around_an_action_that_answers_nothing_is_the_response() -> None:
    class Signed(Controller):
        @around_action(only="around")
        def frame(self) -> Iterator[None]:
            yield
            self.write("around")

        @after_action(only="after")
        def sign(self) -> None:
            self.write("after")

        def around(self) -> None: ...

        def after(self) -> None: ...

    for action in ("around", "after"):
        answer = ask(Signed, action)
        assert (answer.status, answer.body) == (200, action)


def test_mixin_is_usable_on_its_own_and_plain_handlers_have_no_callbacks() -> None:
    class Own(CallbacksMixin, ActionMixin, RequestHandler):
        @before_action
        def check(self) -> None:
            note("check")

        def go(self) -> None:
            note("go")

    class Plain(RequestHandler):
        check = Own.check
        go = Own.go

    assert (trail(Own), trail(Plain)) == ("check go", "go")
    assert action_names(Plain) == ["go"]


def test_callback_that_is_a_generator_and_no_around_is_refused() -> None:
    class Guarded(Base):
        @before_action
        async def authenticate(self) -> Any:
            self.send_head(401)
            yield

    class Ended(Base):
        after_action("end")

        def end(self) -> Any:
            yield

    for controller, name in ((Guarded, "authenticate"), (Ended, "end")):
        with pytest.raises(DeclarationError, match=f"'{name}'.*it is a generator, which would never run"):
            RailsApplication([("/it", controller, {"action": "go"})])


def test_callback_may_be_a_coroutine_of_tornados() -> None:
    class Waiting(Base):
        @before_action
        @gen.coroutine
        def wait(self) -> Any:
            yield gen.moment
            note("waited")

    assert trail(Waiting) == "waited go"


@pytest.mark.parametrize("above", [classmethod, staticmethod, property])
def test_declaration_that_something_hides_is_refused(above: Any) -> None:
    def guard(self: Any) -> None: ...

    with pytest.raises(DeclarationError, match=f"'guard': a {above.__name__} is declared, which is no method"):
        type("Hidden", (Base,), {"guard": above(before_action(guard))})


def without_wraps(function: Any) -> Any:
    def wrapper(self: Any) -> Any:
        return function(self)

    return wrapper


def test_declaration_that_a_decorator_takes_away_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"'guard': what is declared of it is lost.*functools\.wraps"):

        class Lost(Base):
            @without_wraps
            @before_action
            def guard(self) -> None: ...

    class Concern:
        @without_wraps
        @before_action
        def guard(self) -> None: ...

    with pytest.raises(DeclarationError, match=r"Concern .*'guard': what is declared of it is lost"):

        class Mixed(Concern, Base): ...

    with pytest.raises(DeclarationError, match="'guard': what is declared of it is lost"):

        class Rewritten(Base):
            @before_action
            def guard(self) -> None: ...

            def guard(self) -> None: ...  # type: ignore[no-redef]  # noqa: F811


def test_decorators_that_use_wraps_stand_on_either_side() -> None:
    def counted(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(self: Any) -> Any:
            note("counted")
            return function(self)

        return wrapper

    class Kept(Base):
        @counted
        @before_action
        def first(self) -> None:
            note("first")

        @before_action
        @counted
        def second(self) -> None:
            note("second")

        @before_action
        @without_wraps
        def third(self) -> None:
            note("third")

    assert trail(Kept) == "counted first counted second third go"


def test_callback_that_cannot_be_called_with_the_handler_alone_is_refused() -> None:
    class Asks(Base):
        @before_action
        def load(self, id: int) -> None: ...

    class Given(Base):
        after_action(lambda handler, response: None)

    class Timer:
        def around(self) -> None: ...

    class Timed(Base):
        around_action(Timer())

    for controller, fact in ((Asks, "(self, id: 'int')"), (Given, "(handler, response)"), (Timed, "()")):
        with pytest.raises(DeclarationError, match=rf"it takes {re.escape(fact)}.*A callback takes nothing but"):
            RailsApplication([("/it", controller, {"action": "go"})])


def test_callback_that_an_heir_sets_to_none_is_refused() -> None:
    class Parent(Base):
        @before_action
        def authenticate(self) -> None: ...

    class Open(Parent):
        authenticate = None  # type: ignore[assignment]

    with pytest.raises(DeclarationError, match="'authenticate' is None, which cannot be called"):
        RailsApplication([("/it", Open, {"action": "go"})])


def test_callbacks_of_every_shape_are_called() -> None:
    def with_database(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(self: Any) -> Any:
            return function(self, "database")

        return wrapper

    class Shapes(Base):
        before_action("static", "of_class", "default", "given", lambda handler: note("lambda"))

        @staticmethod
        def static() -> None:
            note("static")

        @classmethod
        def of_class(cls) -> None:
            note("class")

        def default(self, again: bool = False) -> None:
            note("default")

        @with_database
        def given(self, database: str) -> None:
            note(database)

    assert trail(Shapes) == "static class default database lambda go"


def test_declaration_in_a_handler_that_knows_nothing_of_it_is_refused() -> None:
    class Plain(RequestHandler):
        @before_action
        def authenticate(self) -> None: ...

        def go(self) -> None: ...

        def get(self) -> None: ...

    words = (
        r"Plain \(.*\): authenticate: it is declared in a handler that does nothing of the kind. Derive .* CallbacksM"
    )
    for route in (("/it", Plain, {"action": "go"}), ("/it", Plain)):
        with pytest.raises(DeclarationError, match=words):
            RailsApplication([route])

    with pytest.raises(DeclarationError, match="guard: it is declared in a handler"):

        class Rescuing(RescueMixin, RequestHandler):
            @before_action
            def guard(self) -> None: ...

    with pytest.raises(DeclarationError, match="from RescueMixin first"):

        class Guarded(CallbacksMixin, RequestHandler):
            @rescue_from(KeyError)
            def missing(self) -> None: ...

    with pytest.raises(DeclarationError, match="skip_before_action"):

        class Skipping(RescueMixin, RequestHandler):
            skip_before_action("authenticate")


def test_condition_that_is_no_condition_is_refused() -> None:
    class Always(Base):
        @before_action(unless="is_public")
        def check(self) -> None: ...

        def is_public(self) -> Iterator[bool]:
            yield False

    class Never(Base):
        @before_action(if_=lambda: True)  # type: ignore[arg-type]
        def check(self) -> None: ...

    class Asking(Base):
        before_action("check", if_="needs")

        def check(self) -> None: ...

        def needs(self, action: str) -> bool:
            return bool(action)

    for controller, words in (
        (Always, "it is a generator, which would never run. Return whether"),
        (Never, r"it takes \(\). A condition takes nothing but"),
        (Asking, r"it takes \(self, action: 'str'\). A condition takes"),
    ):
        with pytest.raises(DeclarationError, match=words):
            RailsApplication([("/it", controller, {"action": "go"})])


def test_condition_may_be_an_attribute_or_a_property() -> None:
    class Conditional(Base):
        before_action("first", if_="is_on")
        before_action("second", unless="is_off")

        is_on = True

        @property
        def is_off(self) -> bool:
            return False

        def first(self) -> None:
            note("first")

        def second(self) -> None:
            note("second")

    assert trail(Conditional) == "first second go"


def test_partialmethod_is_a_callback() -> None:
    class Roles(Base):
        before_action("check_admin")

        def check_role(self, role: str) -> None:
            note(role)

        check_admin = functools.partialmethod(check_role, "admin")

    assert trail(Roles) == "admin go"
