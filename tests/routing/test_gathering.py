"""A table's errors, all of them."""

from __future__ import annotations

from typing import Any

import pytest
from tornado.web import RequestHandler

from tornado_rails import Controller, RailsApplication
from tornado_rails.errors import RailsError
from tornado_rails.routing.drawing_errors import PathSyntaxError
from tornado_rails.routing.gathering import gathering, is_gathering, note
from tornado_rails.routing.routeset import RouteSet


class PageHandler(RequestHandler):
    def show(self) -> None: ...


class BadController(Controller):
    def show(self, x: Any) -> None: ...


BadController.show.__annotations__["x"] = "Nothing"


def draw(map: Any) -> None:
    map.get("a(", to="x#y")
    with map.resources("posts", constraints={"id": __import__("re").compile("^a")}):
        map.get("preview", on="member")
    map.match("b", to="x#y")
    map.get("good", to="x#y", as_="good")
    map.get("good", to="x#y", as_="good")
    map.resources("users", only=["nothing"])
    map.get("behind", to="x#y")


def test_errors_are_gathered_and_the_rest_is_built() -> None:
    handlers = [
        ("/(", PageHandler),
        ("/a", PageHandler, {"action": "nothing"}),
        ("/b", PageHandler, {"action": "show"}),
        ("/b", PageHandler, {"action": "show"}),
    ]
    with gathering() as errors:
        application = RailsApplication(handlers, routes=draw, controllers=[BadController])
    assert [type(error).__name__ for error in errors] == [
        *("PatternError", "UnknownActionError", "DuplicateRouteError"),
        *("PathSyntaxError", "AnchoredConstraintError", "AnchoredConstraintError", "MissingViaError"),
        *("HelperTakenError", "OnlyExceptError", *["UnknownControllerError"] * 4, "SignatureError"),
    ]
    assert [rule.matcher.regex.pattern for rule in application.wildcard_router.rules] == ["/b$", "/b$"]  # type: ignore[attr-defined]
    assert not is_gathering()


def test_errors_are_raised_else() -> None:
    with pytest.raises(PathSyntaxError):
        RouteSet(draw)
    with pytest.raises(RailsError, match="once"):
        note(RailsError("once"))


def test_an_error_is_gathered_once() -> None:
    with gathering() as errors:
        note(RailsError("once"))
        note(RailsError("once"))
        note(RailsError("twice"))
        with gathering() as inner:
            note(RailsError("inside"))
    assert [str(error) for error in errors] == ["once", "twice"]
    assert [str(error) for error in inner] == ["inside"]
