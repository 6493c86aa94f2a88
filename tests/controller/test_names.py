"""The names that a controller has beyond Tornado's, and those that stay the user's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from tests.documents import read
from tests.routing.support import fetch
from tornado_rails import ActionMixin, Controller, RailsApplication, WebSocketController
from tornado_rails.controller import after_action, before_action

CHAPTER = read("docs/controllers.md").partition("## Names")[2]


def added(controller: type, base: type) -> set[str]:
    names = set(dir(controller)) - set(dir(base))
    return {name for name in names if not name.startswith(("_tornado_rails_", "__"))}


def test_chapter_lists_the_names_of_a_controller() -> None:
    table = re.findall(r"^\| (`.*?) \|", CHAPTER, re.MULTILINE)
    assert {name for cell in table for name in re.findall(r"`(\w+)`", cell)} == added(Controller, RequestHandler)


def test_chapter_lists_the_names_of_a_websocket_controller() -> None:
    (text,) = re.findall(r"A `WebSocketController` has of these (.*?)\.\n", CHAPTER, re.DOTALL)
    listed = set(re.findall(r"`(\w+)`", text)) - {"on_message"}
    assert listed == added(WebSocketController, WebSocketHandler)


OWN = [
    "params",
    "action",
    "session",
    "db",
    "user",
    "current_user",
    "route",
    "paths",
    "urls",
    "url_for",
    "name",
    "title",
]


@pytest.mark.parametrize("base", [Controller, RequestHandler, ActionMixin])
@pytest.mark.parametrize("name", OWN)
def test_what_a_handler_assigns_is_its_own(base: type, name: str) -> None:
    class Own(base if base is not ActionMixin else type("Mixed", (ActionMixin, RequestHandler), {})):  # type: ignore[misc]
        def prepare(self) -> None:
            setattr(self, name, {"mine": 1})

        def show(self, id: str) -> None:
            self.write(getattr(self, name))

    assert fetch(RailsApplication([(r"/it/(\d+)", Own, {"action": "show"})]), "/it/7").body == '{"mine": 1}'


@pytest.mark.parametrize("name", [name for name in OWN if name != "current_user"])
def test_what_a_class_defines_is_its_own(name: str) -> None:
    def show(self: Any) -> None:
        value = getattr(self, name)
        self.write(value() if callable(value) else value)

    for own in ("text", property(lambda self: "text"), lambda self: "text"):
        controller = type("Own", (Controller,), {name: own, "show": show})
        assert fetch(RailsApplication([("/it", controller, {"action": "show"})]), "/it").body == "text"


def test_initialize_gets_what_its_route_says() -> None:
    class Own(Controller):
        def initialize(self, action: str, session: str) -> None:
            self.action = action
            self.session = session

        def get_current_user(self) -> str:
            return "ada"

        def get(self) -> None:
            self.write(f"{self.action} {self.session} {self.current_user}")

    assert fetch(RailsApplication([("/it", Own, {"action": "a", "session": "s"})]), "/it").body == "a s ada"


def test_callbacks_may_have_names_that_tornado_has_not() -> None:
    class Own(Controller):
        @before_action
        def session(self) -> None:
            self.user = "ada"

        @after_action
        def db(self) -> None:
            self.write("!")

        def show(self) -> None:
            self.write(self.user)

    assert fetch(RailsApplication([("/it", Own, {"action": "show"})]), "/it").body == "ada!"
