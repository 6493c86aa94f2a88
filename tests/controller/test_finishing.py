"""When a response leaves: behind its callbacks; and that there is only one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tornado.testing import ExpectLog

from tests.controller.support import Remembers, expect_500
from tests.routing.support import Response, fetch
from tornado_rails import Controller, RailsApplication, URLSpec
from tornado_rails.controller import after_action, around_action, before_action, rescue_from
from tornado_rails.routing.actions import action_names


class CommitError(Exception): ...


class Responses(Controller):
    """Every way in which an action makes a response that may be held back."""

    def redirected(self) -> None:
        self.redirect_to("/ok")

    def viewed(self) -> None:
        self.render_view("parts/page", layout=None, thing="a")

    async def awaited(self) -> None:
        await self.render_view("parts/page", layout=None, thing="a")

    def headed(self) -> None:
        self.send_head("accepted")

    def fresh(self) -> None:
        self.fresh_when(etag="v1")


class Signed(Responses):
    @after_action
    def sign(self) -> None:
        self.set_cookie("seen", "1")
        self.set_header("X-Signed", "yes")


class InTransaction(Responses):
    fails = True

    @around_action
    async def transaction(self) -> AsyncIterator[None]:
        yield
        if self.fails:
            raise CommitError


class Rescued(InTransaction):
    @rescue_from(CommitError)
    def not_committed(self) -> None:
        self.redirect_to("/retry")


def write_page(folder: Path) -> None:
    (folder / "parts").mkdir(exist_ok=True)
    (folder / "parts" / "page.html").write_text("page {{ thing }}", encoding="utf-8")


WAYS = {"redirected": 302, "viewed": 200, "awaited": 200, "headed": 202, "fresh": 304}


def ask(controller: type[Controller], action: str, folder: Path) -> Response:
    write_page(folder)
    application = RailsApplication([("/it", controller, {"action": action})], views_path=str(folder))
    return fetch(application, "/it", headers={"If-None-Match": "*"} if action == "fresh" else {})


@pytest.mark.parametrize("action", WAYS)
def test_what_after_callbacks_set_is_sent(action: str, tmp_path: Path) -> None:
    answer = ask(Signed, action, tmp_path)
    assert answer.status == WAYS[action]
    assert answer.headers["X-Signed"] == "yes"
    assert answer.headers["Set-Cookie"].startswith("seen=1")
    assert answer.body == ("page a" if WAYS[action] == 200 else "")


@pytest.mark.parametrize("action", WAYS)
def test_transaction_that_cannot_be_committed_is_the_answer(action: str, tmp_path: Path) -> None:
    with expect_500("Uncaught exception"):
        answer = ask(InTransaction, action, tmp_path)
    assert (answer.status, "Location" in answer.headers) == (500, False)
    assert "page a" not in answer.body
    rescued = ask(Rescued, action, tmp_path)
    assert (rescued.status, rescued.headers["Location"]) == (302, "/retry")


def test_what_tornados_own_methods_finish_leaves_at_once(tmp_path: Path) -> None:
    class Finished(InTransaction):
        def finished(self) -> None:
            self.finish("finished")

    with ExpectLog("tornado.application", "Uncaught exception"):
        assert ask(Finished, "finished", tmp_path).body == "finished"


def test_held_response_of_a_before_callback_halts(tmp_path: Path) -> None:
    class Halting(Signed):
        @before_action
        def authenticate(self) -> None:
            self.redirect_to("/login")

        @before_action
        def never(self) -> None:
            raise AssertionError

    answer = ask(Halting, "viewed", tmp_path)
    assert (answer.status, answer.headers["Location"]) == (302, "/login")
    assert "X-Signed" not in answer.headers


def test_exception_that_an_around_swallows_leaves_what_was_made(tmp_path: Path) -> None:
    class Swallowing(Responses):
        @around_action
        async def swallow(self) -> AsyncIterator[None]:
            try:
                yield
            except ValueError:
                self.set_header("X-Swallowed", "yes")

        def failing(self) -> None:
            self.redirect_to("/ok")
            raise ValueError

    answer = ask(Swallowing, "failing", tmp_path)
    assert (answer.status, answer.headers["Location"], answer.headers["X-Swallowed"]) == (302, "/ok", "yes")


class Twice(Remembers, Controller):
    layout = None

    def write_then_view(self) -> None:
        self.write("a")
        self.render_view("parts/page", thing=1)

    def view_then_return(self) -> Any:
        self.render_view("parts/page", thing=1)
        return {"a": 1}

    def two_views(self) -> None:
        self.render_view("parts/page", thing=1)
        self.render_view("parts/page", thing=2)

    def view_then_redirect(self) -> None:
        self.render_view("parts/page", thing=1)
        self.redirect_to("/elsewhere")

    def finish_then_return(self) -> str:
        self.finish("page 1")
        return "not sent"

    async def flush_then_return(self) -> str:
        self.write("page 1")
        await self.flush()
        return "not sent"


class HeldTwice(Twice):
    @after_action
    def after(self) -> None: ...


@pytest.mark.parametrize("action", action_names(Twice))
@pytest.mark.parametrize("controller", [Twice, HeldTwice])
def test_second_response_is_an_error(controller: type[Controller], action: str, tmp_path: Path) -> None:
    write_page(tmp_path)
    application = RailsApplication([URLSpec("/it", controller, action=action)], views_path=str(tmp_path))
    is_too_late = action in ("finish_then_return", "flush_then_return") or controller is Twice
    is_late = is_too_late and action != "write_then_view"
    with (
        ExpectLog("tornado.application", "Uncaught exception"),
        ExpectLog("tornado.general", "Cannot send error", required=False),
        ExpectLog("tornado.access", "500", required=False),
    ):
        answer = fetch(application, "/it")
    words = f"{controller.__name__}.{action} has made a response already, and makes another"
    assert words in Remembers.logged
    assert answer.status == (200 if is_late else 500)
    assert ("page 1" in answer.body) is is_late
    assert "not sent" not in answer.body


def test_fresh_copy_needs_no_returned_value() -> None:
    class Fresh(Controller):
        def go(self) -> str:
            self.fresh_when(etag="v1")
            return "body"

    application = RailsApplication([("/it", Fresh, {"action": "go"})])
    answer = fetch(application, "/it")
    assert answer.body == "body"
    assert fetch(application, "/it", headers={"If-None-Match": answer.headers["Etag"]}).status == 304


class Leaving(Controller):
    """An action that goes on behind a response that it has made."""

    done: ClassVar[list[str]] = []

    @after_action
    def log(self) -> None: ...

    def write_behind(self) -> None:
        self.redirect_to("/login")
        self.write("SECRET")

    def render_behind(self) -> None:
        self.send_head(401)
        self.render("parts/page.html", thing="SECRET")

    def redirect_behind(self) -> None:
        self.redirect_to("/login")
        self.redirect("/other")

    async def send_behind(self) -> None:
        self.render_view("parts/page", layout=None, thing="a")
        await self.send_data("SECRET")

    async def stream_behind(self) -> None:
        async def parts() -> AsyncIterator[str]:
            yield "SECRET"

        self.redirect_to("/login")
        await self.send_stream(parts())

    async def events_behind(self) -> None:
        async def events() -> AsyncIterator[str]:
            yield "SECRET"

        self.redirect_to("/login")
        await self.send_events(events())

    def asks(self) -> None:
        self.redirect_to("/login")
        if self._finished:
            return
        self.done.append("deleted")


@pytest.mark.parametrize("action", [name for name in action_names(Leaving) if name.endswith("_behind")])
def test_what_an_action_does_behind_a_held_response_is_an_error(action: str, tmp_path: Path) -> None:
    with expect_500("Uncaught exception"):
        answer = ask(Leaving, action, tmp_path)
    assert (answer.status, "SECRET" in answer.body, "Location" in answer.headers) == (500, False, False)


def test_held_response_is_finished_as_far_as_the_action_can_tell(tmp_path: Path) -> None:
    assert ask(Leaving, "asks", tmp_path).headers["Location"] == "/login"
    assert not Leaving.done


def test_before_callback_cannot_write_behind_its_redirect(tmp_path: Path) -> None:
    class Halting(Signed):
        @before_action
        def authenticate(self) -> None:
            self.redirect_to("/login")
            self.write("SECRET")

    with expect_500("Uncaught exception"):
        assert "SECRET" not in ask(Halting, "viewed", tmp_path).body


def test_callbacks_write_behind_a_held_response(tmp_path: Path) -> None:
    class Footed(Responses):
        @after_action
        def foot(self) -> None:
            self.write(" foot")

        @around_action
        async def frame(self) -> AsyncIterator[None]:
            yield
            self.write(" frame")

    assert ask(Footed, "viewed", tmp_path).body == "page a frame foot"
    answer = ask(Footed, "headed", tmp_path)
    assert (answer.status, answer.body) == (202, " frame foot")
    assert ask(Footed, "fresh", tmp_path).body == ""

    class Empty(Footed):
        def nothing(self) -> None:
            self.send_head("no_content")

    answer = ask(Empty, "nothing", tmp_path)
    assert (answer.status, answer.body) == (204, "")


class Catching(Responses):
    @around_action
    async def catch(self) -> AsyncIterator[None]:
        try:
            yield
        except CommitError:
            self.render_view("parts/page", layout=None, status=409, thing="sorry")

    @around_action
    async def transaction(self) -> AsyncIterator[None]:
        yield
        raise CommitError

    def returned(self) -> dict[str, int]:
        self.set_header("X-Made", "yes")
        return {"ok": 1}


@pytest.mark.parametrize("action", [*WAYS, "returned"])
def test_around_callback_answers_for_what_fails_within_it(action: str, tmp_path: Path) -> None:
    with ExpectLog("tornado.access", "409 "):
        answer = ask(Catching, action, tmp_path)
    assert (answer.status, answer.body) == (409, "page sorry")
    assert not {"Location", "X-Made"} & set(answer.headers)


@pytest.mark.parametrize("status", [204, "not_modified"])
@pytest.mark.parametrize("controller", [Responses, Signed])
def test_view_has_no_status_without_a_body(controller: type[Controller], status: int | str, tmp_path: Path) -> None:
    class Bodiless(controller):  # type: ignore[misc, valid-type]
        def bodiless(self) -> None:
            self.render_view("parts/page", layout=None, status=status, thing="a")

    with expect_500("Uncaught exception"):
        assert ask(Bodiless, "bodiless", tmp_path).status == 500


def test_events_have_no_status_without_a_body(tmp_path: Path) -> None:
    class Bodiless(Controller):
        async def bodiless(self) -> None:
            async def events() -> AsyncIterator[str]:
                yield "SMUGGLED"

            self.set_status(204)
            await self.send_events(events())

    with expect_500("Uncaught exception"):
        assert "SMUGGLED" not in ask(Bodiless, "bodiless", tmp_path).body
