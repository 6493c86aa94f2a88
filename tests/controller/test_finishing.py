"""When a response leaves: behind its callbacks; and that there is only one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

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
