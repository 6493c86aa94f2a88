"""What may be an action, and what its decorators say."""

from __future__ import annotations

import functools
import sys
from typing import Any

import pytest
from tornado.web import RedirectHandler, RequestHandler
from tornado.websocket import WebSocketHandler

from tornado_rails import ActionMixin, Controller, get, methods, post, private
from tornado_rails.errors import RefusedActionError, UnknownActionError
from tornado_rails.routing.actions import (
    MIXIN_NAMES,
    action_names,
    check_action,
    http_verbs,
    is_private,
    is_websocket,
    methods_of,
    own_verbs,
)


class Helpers:
    def help(self) -> None: ...

    def edit(self) -> None: ...


class Base(RequestHandler):
    def shared(self) -> None: ...

    def prepare(self) -> None: ...

    @private
    def load(self) -> None: ...


class Main(Helpers, Base):
    """Has a bit of everything."""

    text = "no method"
    instance = functools.partial(print)

    class Inner: ...

    def index(self) -> None: ...

    async def show(self) -> None: ...

    def edit(self) -> None: ...

    def _find(self) -> None: ...

    def __call__(self) -> None: ...

    @private
    def hidden(self) -> None: ...

    @property
    def account(self) -> None: ...

    @staticmethod
    def tool() -> None: ...

    @classmethod
    def make(cls) -> None: ...

    def finish(self, chunk: Any = None) -> Any: ...

    def params(self) -> None: ...

    def request(self) -> None: ...  # type: ignore[override]

    def get(self) -> None: ...

    def post(self) -> None: ...

    lambdas = lambda self: None  # noqa: E731


class Unhidden(Base):
    def load(self) -> None: ...


def test_action_names_are_the_public_methods_of_the_users_own_classes() -> None:
    assert action_names(Main) == ["shared", "help", "edit", "index", "show", "lambdas"]


@pytest.mark.parametrize(
    ("handler", "names"),
    [
        (Base, ["shared"]),
        (Unhidden, ["shared", "load"]),
        (RequestHandler, []),
        (RedirectHandler, []),
        (Controller, []),
        (type("Empty", (Controller,), {}), []),
        (type("Made", (Controller,), {"__module__": "app", "show": lambda self: None}), ["show"]),
    ],
)
def test_action_names_of_other_classes(handler: type[RequestHandler], names: list[str]) -> None:
    assert action_names(handler) == names


@pytest.mark.parametrize("name", ["index", "show", "help", "shared", "edit", "lambdas", "get", "post"])
def test_action_that_may_be_one_passes(name: str) -> None:
    check_action(Main, name, lambda: "route")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("_find", "it begins with an underscore"),
        ("__call__", "it begins with an underscore"),
        ("_execute", "it begins with an underscore"),
        ("hidden", "it is marked @private"),
        ("load", "it is marked @private"),
        ("account", "it is no method of the handler"),
        ("text", "it is no method of the handler"),
        ("tool", "it is no method of the handler"),
        ("make", "it is no method of the handler"),
        ("Inner", "it is no method of the handler"),
        ("finish", "tornado.web.RequestHandler defines that name for itself"),
        ("redirect", "tornado.web.RequestHandler defines that name for itself"),
        ("prepare", "tornado.web.RequestHandler defines that name for itself"),
        ("initialize", "tornado.web.RequestHandler defines that name for itself"),
        ("params", "the layer gives that name to every handler with actions"),
        ("request", "every handler has that name already"),
        ("put", "the handler does not define that HTTP verb"),
        ("options", "the handler does not define that HTTP verb"),
    ],
)
def test_action_that_may_not_be_one_is_refused(name: str, reason: str) -> None:
    with pytest.raises(RefusedActionError) as caught:
        check_action(Main, name, lambda: "the route")
    assert str(caught.value) == f"the route: {name!r} may not be an action: {reason}"


def test_action_that_the_mixin_defines_is_refused() -> None:
    with pytest.raises(RefusedActionError, match="ActionMixin defines that name for itself"):
        check_action(Controller, "params", lambda: "route")


@pytest.mark.parametrize(
    ("handler", "action", "text"),
    [
        (Main, "indx", "route: Main has no method 'indx'. Did you mean 'index'?"),
        (Base, "xyz", "route: Base has no method 'xyz'. Its actions: shared."),
        (RequestHandler, "xyz", "route: RequestHandler has no method 'xyz'. Its actions: none."),
        (Main, None, "route: action=None is no method's name. Give a str."),
        (Main, "", "route: Main has no method ''. Its actions: shared, help, edit, index, show, lambdas."),
        (Main, "index\n", "route: Main has no method 'index\\n'. Did you mean 'index'?"),
    ],
)
def test_action_that_is_not_there_is_unknown(handler: Any, action: object, text: str) -> None:
    with pytest.raises(UnknownActionError) as caught:
        check_action(handler, action, lambda: "route")
    assert str(caught.value) == text


@pytest.mark.parametrize("handler", [print, None, str, Main.__new__])
def test_action_of_what_is_no_handler_is_refused(handler: object) -> None:
    with pytest.raises(
        RefusedActionError, match=r"^r: action='index', but the target is no RequestHandler class\. Only"
    ):
        check_action(handler, "index", lambda: "r")


def test_mixin_names_are_those_that_the_mixin_adds() -> None:
    mine = {name for name in dir(ActionMixin) if not name.startswith("_")}
    theirs = {name for name in dir(RequestHandler) if not name.startswith("_")}
    assert mine - theirs <= MIXIN_NAMES
    own = {name for name in vars(ActionMixin) if not name.startswith("_")}
    assert own - set(http_verbs(ActionMixin)) == MIXIN_NAMES


# Verbs.


class Dav(RequestHandler):
    SUPPORTED_METHODS = (*RequestHandler.SUPPORTED_METHODS, "PROPFIND", "LOCK")

    def propfind(self) -> None: ...

    def delete(self) -> None: ...


@pytest.mark.parametrize(
    ("handler", "verbs"),
    [
        (Main, ["GET", "POST"]),
        (Base, []),
        (Dav, ["DELETE", "PROPFIND"]),
        (type("Inherited", (Dav,), {}), ["DELETE", "PROPFIND"]),
    ],
)
def test_own_verbs_are_those_that_tornado_does_not_refuse(handler: type[RequestHandler], verbs: list[str]) -> None:
    assert own_verbs(handler) == verbs


def test_http_verbs_are_those_that_the_handler_supports() -> None:
    assert set(http_verbs(Base)) == {"get", "head", "post", "delete", "patch", "put", "options"}
    assert set(http_verbs(Dav)) - set(http_verbs(Base)) == {"propfind", "lock"}


def test_is_websocket_if_tornado_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Echo(WebSocketHandler): ...

    assert is_websocket(Echo)
    assert not is_websocket(Main)
    monkeypatch.delitem(sys.modules, "tornado.websocket")
    assert not is_websocket(Echo)


# Decorators.


def plain(self: object) -> None: ...


@pytest.mark.parametrize(
    ("decorate", "expected"),
    [
        (lambda function: function, None),
        (get, ("GET",)),
        (post, ("POST",)),
        (methods("put", "PATCH"), ("PUT", "PATCH")),
        (lambda function: get(post(function)), ("GET", "POST")),
        (lambda function: methods("DELETE")(get(methods("PUT")(function))), ("DELETE", "GET", "PUT")),
    ],
)
def test_methods_of_a_decorated_action_add_up(decorate: Any, expected: tuple[str, ...] | None) -> None:
    def action(self: object) -> None: ...

    decorated = decorate(action)
    assert decorated is action
    assert methods_of(decorated) == expected
    assert not is_private(decorated)


def test_private_action_is_marked() -> None:
    assert is_private(Main.hidden)
    assert private(plain) is plain
    assert methods_of(plain) is None
