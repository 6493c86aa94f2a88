"""What may not be an action; and that nothing of a request ever becomes the name of an attribute."""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest
import tornado.web
from tornado.routing import RuleRouter
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from tests.controller.support import request_by_hand, run, served
from tests.routing.support import exchange
from tornado_rails import ActionMixin, Controller, RailsApplication, URLSpec, get, private
from tornado_rails.errors import RefusedActionError, RouteError, UnknownActionError

VERBS = [method.lower() for method in RequestHandler.SUPPORTED_METHODS]
TORNADOS = [
    name
    for name, value in ((name, getattr(RequestHandler, name)) for name in dir(RequestHandler))
    if name.islower() and name[0] != "_" and name not in VERBS and value is not None
]
LAYERS = [name for name in dir(Controller) if not name.startswith("_") and name not in dir(RequestHandler)]
INSTANCES = ["application", "path_args", "path_kwargs", "request", "ui"]


class CallableObject:
    def __call__(self, *args: Any) -> None: ...


class Page(RequestHandler):
    attribute = "text"
    nothing = None
    called = CallableObject()
    part = functools.partial(print)
    short = lambda self: self.write("short")  # noqa: E731

    def get(self) -> None:
        self.write("get")

    def show(self) -> None:
        self.write("show")

    def _hidden(self) -> None: ...

    def __dunder__(self) -> None: ...

    @property
    def described(self) -> str:
        raise AssertionError("it is not read")

    @functools.cached_property
    def described_once(self) -> str:
        raise AssertionError("it is not read")

    @staticmethod
    def static() -> None: ...

    @classmethod
    def of_class(cls) -> None: ...

    @private
    def helper(self) -> None: ...

    @private
    async def async_helper(self) -> None: ...

    class Inner:
        pass


class Below(Page):
    """Actions are inherited; so is what is none."""

    def helper(self) -> None:
        """Not marked again, and so an action of this class."""


def refusal(handler: Any, action: Any, **kwargs: Any) -> RouteError:
    """The error that a route with an action raises."""
    with pytest.raises(RouteError) as raised:
        URLSpec("/a", handler, {"action": action, **kwargs})
    assert type(raised.value) in (RefusedActionError, UnknownActionError)
    return raised.value


def overridden(name: str) -> type[RequestHandler]:
    """A handler with a method of its own by a name."""
    return type("Overriding", (RequestHandler,), {name: lambda self: None, "__module__": __name__})


def test_tables_of_names_are_not_empty() -> None:
    assert {"finish", "redirect", "write", "prepare", "write_error", "data_received"} <= set(TORNADOS)
    assert set(LAYERS) == {"params", "route", "action_name", "current_action", "paths", "url_for", "urls"}


@pytest.mark.parametrize("name", TORNADOS)
def test_public_name_of_tornado_is_refused(name: str) -> None:
    error = refusal(Page, name)
    assert isinstance(error, RefusedActionError)
    owner = next(owner for owner in RequestHandler.__mro__ if name in vars(owner))
    assert error.fact == (
        f"{name!r} may not be an action: {owner.__module__}.{owner.__qualname__} defines that name for itself"
    )
    assert re.fullmatch(r"route '/a' -> Page \(tests/controller/test_refused_actions.py:\d+\)", error.route)


@pytest.mark.parametrize("name", TORNADOS)
def test_public_name_of_tornado_is_refused_where_it_is_overridden(name: str) -> None:
    assert isinstance(refusal(overridden(name), name), RefusedActionError)


@pytest.mark.parametrize("name", [*LAYERS, *INSTANCES])
@pytest.mark.parametrize("base", [RequestHandler, Controller])
def test_public_name_of_every_handler_is_refused_where_it_is_defined(base: Any, name: str) -> None:
    handler = type("Defining", (base,), {name: lambda self: None, "__module__": __name__})
    assert isinstance(refusal(handler, name), RefusedActionError)


@pytest.mark.parametrize("name", LAYERS)
def test_public_name_of_the_mixin_is_refused(name: str) -> None:
    assert refusal(Controller, name).fact == (
        f"{name!r} may not be an action: tornado_rails.controller.dispatch.ActionMixin defines that name for itself"
    )
    assert refusal(overridden(name), name).fact == (
        f"{name!r} may not be an action: the layer gives that name to every handler with actions"
    )


@pytest.mark.parametrize("verb", VERBS)
def test_verb_is_an_action_only_where_the_user_defines_it(verb: str) -> None:
    assert refusal(overridden("show"), verb).fact == (
        f"{verb!r} may not be an action: the handler does not define that HTTP verb"
    )
    assert URLSpec("/a", overridden(verb), {"action": verb}).action == verb


@pytest.mark.parametrize(
    ("handler", "action", "fact"),
    [
        (Page, "_hidden", "'_hidden' may not be an action: it begins with an underscore"),
        (Page, "__dunder__", "'__dunder__' may not be an action: it begins with an underscore"),
        (Page, "__init__", "'__init__' may not be an action: it begins with an underscore"),
        (Page, "__class__", "'__class__' may not be an action: it begins with an underscore"),
        (Page, "_execute", "'_execute' may not be an action: it begins with an underscore"),
        (Page, "described", "'described' may not be an action: it is no method of the handler"),
        (Page, "described_once", "'described_once' may not be an action: it is no method of the handler"),
        (Page, "attribute", "'attribute' may not be an action: it is no method of the handler"),
        (Page, "static", "'static' may not be an action: it is no method of the handler"),
        (Page, "of_class", "'of_class' may not be an action: it is no method of the handler"),
        (Page, "called", "'called' may not be an action: it is no method of the handler"),
        (Page, "part", "'part' may not be an action: it is no method of the handler"),
        (Page, "Inner", "'Inner' may not be an action: it is no method of the handler"),
        (Page, "helper", "'helper' may not be an action: it is marked @private"),
        (Page, "async_helper", "'async_helper' may not be an action: it is marked @private"),
        (Below, "async_helper", "'async_helper' may not be an action: it is marked @private"),
    ],
)
def test_what_is_no_public_method_is_refused(handler: Any, action: str, fact: str) -> None:
    error = refusal(handler, action)
    assert isinstance(error, RefusedActionError)
    assert (error.fact, error.hint) == (fact, "")


@pytest.mark.parametrize(
    ("action", "fact", "hint"),
    [
        ("shwo", "Page has no method 'shwo'", "Did you mean 'show'?"),
        ("", "Page has no method ''", "Its actions: short, show."),
        ("show()", "Page has no method 'show()'", "Did you mean 'show'?"),
        ("Page.show", "Page has no method 'Page.show'", None),
        ("__class__.__init__", "Page has no method '__class__.__init__'", None),
        ("nothing", "Page has no method 'nothing'", None),
        (7, "action=7 is no method's name", "Give a str."),
        (b"show", "action=b'show' is no method's name", "Give a str."),
        (Page.show, "action=<function Page.show", "Give a str."),
        (True, "action=True is no method's name", "Give a str."),
    ],
)
def test_what_is_not_there_is_unknown(action: Any, fact: str, hint: str | None) -> None:
    error = refusal(Page, action)
    assert isinstance(error, UnknownActionError)
    assert error.fact.startswith(fact)
    if hint is not None:
        assert error.hint == hint


def test_handler_without_actions_says_so() -> None:
    class Empty(RequestHandler): ...

    assert refusal(Empty, "zzz").hint == "Its actions: none."


@pytest.mark.parametrize("action", ["show", "short", "get"])
def test_public_method_of_the_users_own_is_an_action(action: str) -> None:
    for handler in (Page, Below):
        assert URLSpec("/a", handler, action=action).action == action


def test_override_of_a_private_method_is_an_action() -> None:
    assert URLSpec("/a", Below, action="helper").action == "helper"


def test_class_defined_by_anything_but_tornado_is_the_users() -> None:
    mixin = type("Mixin", (), {"shared": lambda self: None, "__module__": "someones.package"})
    handler = type("Mixed", (mixin, RequestHandler), {"__module__": __name__})
    assert URLSpec("/a", handler, action="shared").action == "shared"


@pytest.mark.parametrize(
    "target",
    [
        tornado.web.Application(),
        RuleRouter(),
        print,
        lambda request: None,
        [("/b", Page)],
        Page.show,
        object,
    ],
)
def test_target_that_is_no_handler_has_no_actions(target: Any) -> None:
    with pytest.raises(RefusedActionError) as raised:
        URLSpec("/a", target, action="show")
    assert raised.value.fact == "action='show', but the target is no RequestHandler class"
    assert raised.value.hint == "Only those have actions."


class Socket(WebSocketHandler):
    def open(self, *args: str) -> None: ...

    def shout(self) -> None: ...


class ActionSocket(ActionMixin, WebSocketHandler):
    def shout(self) -> None: ...


@pytest.mark.parametrize("handler", [Socket, ActionSocket])
def test_websocket_has_no_actions(handler: Any) -> None:
    error = refusal(handler, "shout")
    assert str(error) == (
        f"{error.route}: a WebSocket's handler has no actions. Leave the action out: open() is called."
    )


@pytest.mark.parametrize("name", ["open", "on_message", "write_message", "close"])
def test_websockets_own_names_are_refused(name: str) -> None:
    assert isinstance(refusal(Socket, name), RefusedActionError)


class Watched(RequestHandler):
    """Knows which names it was asked for."""

    names: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        Watched.names.add(name)
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        Watched.names.add(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        Watched.names.add(name)
        super().__delattr__(name)

    def show(self, *rest: str) -> None:
        self.write({"params": len(self.params)})

    def zzsecret(self) -> None:
        raise AssertionError("nobody may run this")

    def login(self) -> None:
        raise AssertionError("no route names this")


WATCHED: list[Any] = [
    ("/show/(.*)", Watched, {"action": "show", "param_keys": "rest"}),
    ("/only/(.*)", Watched, {"action": "show", "param_keys": "rest", "methods": ("GET", "POST")}),
    ("/reads", Watched, {"methods": "GET"}),
]

NAMES = ["zzsecret", "ZZSECRET", "__ZZCLASS__", "_zzexecute", "zz.dict", "zz%00", "%7Azsecret", "zz$!#"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "line",
    [
        "{name} /show/x",
        "{name} /only/x",
        "{name} /reads",
        "GET /{name}",
        "GET /show/{name}",
        "GET /show/{name}?{name}={name}",
        "POST /only/{name}?action={name}&_method={name}",
        "OPTIONS /only/{name}",
    ],
)
def test_text_of_a_request_is_never_a_name(line: str, name: str) -> None:
    Watched.names.clear()
    head = f"{line.format(name=name)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name.strip('%$!#. ')}: {name}\r\n"
    answer = exchange(RailsApplication(WATCHED), f"{head}\r\n".encode())
    assert answer.status in (200, 204, 400, 404, 405)
    assert not [asked for asked in Watched.names if "zz" in asked.lower()]


@pytest.mark.parametrize(
    "method",
    ["LOGIN", "login", "Get", "get", "PREPARE", "FINISH", "WRITE_ERROR", "_EXECUTE", "__INIT__", "INITIALIZE", "SHOW"],
)
@pytest.mark.parametrize("path", ["/show/x", "/only/x", "/reads"])
def test_method_that_nobody_supports_is_refused(method: str, path: str) -> None:
    answer = exchange(
        RailsApplication(WATCHED), f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.status == 405


@pytest.mark.parametrize("method", ["LOGIN", "show", "__class__", "_execute"])
@served
async def test_method_that_nobody_supports_is_tornados_405_where_no_router_stands_before(
    io_loop: Any, method: str
) -> None:
    """As for a request that another server hands over, or whose method a ``prepare`` made up."""
    application = RailsApplication(WATCHED)
    request = request_by_hand("/show/x")
    delegate: Any = application.find_handler(request)
    request.method = method
    Watched.names.clear()
    handler = delegate.handler_class(application, request)
    await handler._execute([], b"x")
    assert handler.request.connection.status == 405
    assert method.lower() not in Watched.names - {"_execute", "__class__"}


@served
async def test_action_named_by_a_route_is_the_only_one_that_runs(io_loop: Any) -> None:
    handler = await run(RailsApplication(WATCHED), request_by_hand("/show/x"))
    assert handler.request.connection.body == b'{"params": 1}'


def test_get_decorator_leaves_a_method_an_action() -> None:
    class Decorated(RequestHandler):
        @get
        def show(self) -> None: ...

    assert URLSpec("/a", Decorated, action="show").action == "show"
