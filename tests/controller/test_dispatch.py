"""An action runs where the verb's method would, and everything else of Tornado's stays in its place."""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import tornado.web
from tornado import gen
from tornado.httputil import HTTPServerRequest
from tornado.web import Finish, HTTPError, RequestHandler, addslash, authenticated, stream_request_body

from tests.conftest import Fetch
from tests.controller.support import data, expect_500, request_by_hand, run, served, text
from tornado_rails import ActionMixin, Controller, RailsApplication, URLSpec
from tornado_rails.controller.dispatch import Default


def passed_on(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as users write them."""

    @functools.wraps(function)
    def wrapper(self: RequestHandler, *args: Any, **kwargs: Any) -> Any:
        self.set_header("X-Decorated", "yes")
        return function(self, *args, **kwargs)

    return wrapper


class Page(RequestHandler):
    """Actions of every kind, on a handler that knows nothing of the layer."""

    def get_current_user(self) -> Any:
        return self.request.headers.get("User")

    def get(self, *args: str) -> None:
        self.write(f"get{''.join(args)}")

    def sync(self) -> None:
        self.write("sync")

    async def coroutine(self) -> None:
        await asyncio.sleep(0)
        self.write("coroutine")

    @gen.coroutine
    def generator(self) -> Any:
        yield gen.moment
        self.write("generator")

    def future(self) -> Awaitable[None]:
        return asyncio.ensure_future(self.coroutine())

    @authenticated
    def secret(self) -> None:
        self.write("secret")

    @addslash
    def slashed(self) -> None:
        self.write("slashed")

    @passed_on
    def decorated(self) -> None:
        self.write("decorated")

    def chunks(self) -> None:
        self.write("chu")
        self.flush()
        self.write("nks")

    def get_in_turn(self) -> None:
        self.get("-called")

    def nothing(self) -> None: ...

    def finished(self) -> None:
        self.finish("finished")

    def stopped(self) -> None:
        self.write("stopped")
        raise Finish

    def refused(self) -> None:
        raise HTTPError(418)

    def broken(self) -> None:
        raise ZeroDivisionError("broken on purpose")

    def who(self) -> None:
        self.write({"verb": self.request.method, "own": sorted(set(vars(self)) & {"get", "post", "head"})})


class Stepwise(RequestHandler):
    """Notes the order of what runs."""

    def initialize(self, stop: str = "") -> None:
        self.steps = ["initialize"]
        self.stop = stop

    async def prepare(self) -> None:
        await asyncio.sleep(0)
        self.step("prepare")
        if self.stop == "finish":
            self.finish({"steps": self.steps})
        if self.stop == "error":
            raise HTTPError(409)

    def check_xsrf_cookie(self) -> None:
        self.step("xsrf")

    def run(self) -> None:
        self.step("action")
        self.finish({"steps": self.steps})

    def step(self, name: str) -> None:
        self.steps.append(name)

    def on_finish(self) -> None:
        Stepwise.last = [*self.steps, "on_finish"]

    last: list[str] = []


@stream_request_body
class Upload(RequestHandler):
    def prepare(self) -> None:
        self.received = 0
        if self.get_argument("refuse", ""):
            raise HTTPError(403)

    def data_received(self, chunk: bytes) -> None:
        self.received += len(chunk)

    def store(self) -> None:
        self.write(f"{self.received} bytes")


class Executing(RequestHandler):
    """Extends what Tornado calls, as some applications do."""

    async def _execute(self, transforms: Any, *args: bytes, **kwargs: bytes) -> None:
        self.set_header("X-Executed", "yes")
        await super()._execute(transforms, *args, **kwargs)

    def show(self) -> None:
        self.write("show")


class Dav(RequestHandler):
    SUPPORTED_METHODS = (*RequestHandler.SUPPORTED_METHODS, "PROPFIND")

    def show(self) -> None:
        self.write(f"show by {self.request.method}")


class Custom(RequestHandler):
    """Answers errors in its own way."""

    def fail(self) -> None:
        raise HTTPError(410, reason="Gone away")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish(f"custom {status_code} {self._reason}")


class Both(Controller):
    """The mixin written out, and verbs beside actions."""

    def get(self) -> None:
        self.write("get")

    def head(self) -> None:
        self.set_header("X-Head", "own")

    def post(self) -> None:
        self.write("post")

    def show(self) -> None:
        self.write("show")


class Reader(RequestHandler):
    def get(self) -> None:
        self.write(f"read by {self.request.method}")


ACTIONS = [name for name in vars(Page) if not name.startswith("_") and name not in ("get_current_user", "get")]

ROUTES: list[Any] = [
    *[(f"/page/{name}", Page, {"action": name}) for name in ACTIONS],
    ("/page", Page),
    ("/page/get", Page, {"action": "get"}),
    ("/page/(\\d)/get", Page, {"action": "get"}),
    ("/steps", Stepwise, {"action": "run"}),
    ("/steps/finish", Stepwise, {"action": "run", "stop": "finish"}),
    ("/steps/error", Stepwise, {"action": "run", "stop": "error"}),
    ("/upload", Upload, {"action": "store"}),
    ("/executing", Executing, {"action": "show"}),
    ("/dav", Dav, {"action": "show"}),
    ("/custom", Custom, {"action": "fail"}),
    ("/both", Both),
    ("/both/show", Both, {"action": "show"}),
    ("/both/reads", Both, {"methods": "GET"}),
    ("/reader", Reader, {"methods": "GET"}),
]


@pytest.fixture
def app(request: pytest.FixtureRequest) -> RailsApplication:
    """The table above, with the settings that a test is parametrized with."""
    return RailsApplication(ROUTES, login_url="/login", **getattr(request, "param", {}))


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/page/sync", 200, "sync"),
        ("POST", "/page/sync", 200, "sync"),
        ("PUT", "/page/sync", 200, "sync"),
        ("PATCH", "/page/sync", 200, "sync"),
        ("DELETE", "/page/sync", 200, "sync"),
        ("OPTIONS", "/page/sync", 200, "sync"),
        ("HEAD", "/page/sync", 200, ""),
        ("BREW", "/page/sync", 405, None),
        ("GET", "/page/coroutine", 200, "coroutine"),
        ("GET", "/page/generator", 200, "generator"),
        ("GET", "/page/future", 200, "coroutine"),
        ("GET", "/page/decorated", 200, "decorated"),
        ("GET", "/page/chunks", 200, "chunks"),
        ("GET", "/page/nothing", 200, ""),
        ("GET", "/page/finished", 200, "finished"),
        ("GET", "/page/stopped", 200, "stopped"),
        ("GET", "/page/refused", 418, None),
        ("GET", "/page/get_in_turn", 200, "get-called"),
        ("GET", "/page/get", 200, "get"),
        ("POST", "/page/get", 200, "get"),
        ("PUT", "/page/7/get", 200, "get7"),
        ("GET", "/page/who", 200, '{"verb": "GET", "own": []}'),
        ("HEAD", "/page/who", 200, ""),
        ("GET", "/page", 200, "get"),
        ("POST", "/page", 405, None),
        ("GET", "/executing", 200, "show"),
        ("PROPFIND", "/dav", 200, "show by PROPFIND"),
        ("GET", "/dav", 200, "show by GET"),
        ("propfind", "/dav", 405, None),
        ("GET", "/custom", 410, "custom 410 Gone away"),
        ("GET", "/both", 200, "get"),
        ("POST", "/both", 200, "post"),
        ("PUT", "/both", 405, None),
        ("POST", "/both/show", 200, "show"),
        ("GET", "/both/reads", 200, "get"),
        ("HEAD", "/both/reads", 200, ""),
        ("POST", "/both/reads", 405, None),
        ("GET", "/reader", 200, "read by GET"),
        ("HEAD", "/reader", 200, ""),
    ],
)
@served
async def test_action_takes_the_place_of_the_verb(
    fetch: Fetch, method: str, path: str, status: int, body: str | None
) -> None:
    answer = await fetch(path, method)
    assert answer.code == status
    if body is not None:
        assert text(answer) == body


class Few(RequestHandler):
    SUPPORTED_METHODS = ("GET", "POST")

    def get(self) -> None:
        self.write("get")

    def show(self) -> None:
        self.write("show")


@pytest.mark.parametrize("keys", [{"action": "show"}, {"action": "show", "methods": "GET"}, {"methods": "GET"}])
@served
async def test_allow_of_a_handler_with_few_methods_is_true(io_loop: Any, keys: dict[str, Any]) -> None:
    application = RailsApplication([("/a", Few, keys)])
    statuses: dict[str, int] = {}
    allowed: set[str] = set()
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        handler = await run(application, request_by_hand("/a", method))
        statuses[method] = handler.get_status()
        if statuses[method] in (204, 405):
            allowed.update(handler.request.connection.headers["Allow"].split(", "))
    assert (statuses["GET"], statuses["OPTIONS"], statuses["PUT"]) == (200, 204, 405)
    assert {method for method, status in statuses.items() if status < 400} == allowed


@served
async def test_head_of_an_action_has_the_length_of_its_get(fetch: Fetch) -> None:
    assert (await fetch("/page/sync", "HEAD")).headers["Content-Length"] == "4"
    assert (await fetch("/reader", "HEAD")).headers["Content-Length"] == str(len("read by HEAD"))


@served
async def test_head_of_a_handler_that_has_its_own_is_its_own(fetch: Fetch) -> None:
    assert (await fetch("/both/reads", "HEAD")).headers["X-Head"] == "own"


@served
async def test_decorators_of_tornado_and_of_users_run(fetch: Fetch) -> None:
    assert (await fetch("/page/decorated")).headers["X-Decorated"] == "yes"
    assert (await fetch("/executing")).headers["X-Executed"] == "yes"
    assert text(await fetch("/page/secret", User="ada")) == "secret"
    refused = await fetch("/page/secret")
    assert (refused.code, refused.headers["Location"]) == (302, "/login?next=%2Fpage%2Fsecret")
    assert (await fetch("/page/secret", "POST")).code == 403
    slashed = await fetch("/page/slashed?a=1")
    assert (slashed.code, slashed.headers["Location"]) == (301, "/page/slashed/?a=1")


@served
async def test_exception_in_an_action_is_a_logged_500(fetch: Fetch) -> None:
    with expect_500("Uncaught exception GET /page/broken"):
        answer = await fetch("/page/broken")
    assert (answer.code, text(answer)) == (
        500,
        "<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>",
    )


@served
async def test_checks_and_hooks_run_in_tornados_order(fetch: Fetch) -> None:
    assert data(await fetch("/steps")) == {"steps": ["initialize", "prepare", "action"]}
    assert Stepwise.last == ["initialize", "prepare", "action", "on_finish"]


@served
async def test_prepare_that_finishes_keeps_the_action_from_running(fetch: Fetch) -> None:
    assert data(await fetch("/steps/finish")) == {"steps": ["initialize", "prepare"]}
    assert Stepwise.last == ["initialize", "prepare", "on_finish"]


@served
async def test_prepare_that_raises_keeps_the_action_from_running(fetch: Fetch) -> None:
    assert (await fetch("/steps/error")).code == 409
    assert Stepwise.last == ["initialize", "prepare", "on_finish"]


@pytest.mark.parametrize("app", [{"xsrf_cookies": True}], indirect=True)
@served
async def test_xsrf_is_checked_before_an_action(app: RailsApplication, fetch: Fetch) -> None:
    assert data(await fetch("/steps", "POST")) == {"steps": ["initialize", "xsrf", "prepare", "action"]}
    assert (await fetch("/page/sync", "POST")).code == 403
    assert (await fetch("/page/sync", "GET")).code == 200
    allowed = await fetch("/page/sync", "POST", Cookie="_xsrf=token", X_Xsrftoken="token")
    assert (allowed.code, text(allowed)) == (200, "sync")


@pytest.mark.parametrize("size", [0, 1, 200_000])
@served
async def test_streamed_body_is_there_before_the_action(fetch: Fetch, size: int) -> None:
    assert text(await fetch("/upload", "POST", b"x" * size)) == f"{size} bytes"


@served
async def test_streamed_body_may_be_refused_in_prepare(fetch: Fetch) -> None:
    assert (await fetch("/upload?refuse=1", "POST", b"x" * 10)).code == 403


@served
async def test_handler_built_by_hand_runs_the_verb_without_a_route(io_loop: Any) -> None:
    request = request_by_hand("/nowhere")
    handler = Both(RailsApplication(), request)
    await handler._execute([])
    assert (handler.route, handler.action_name, handler.current_action, handler.params) == (None, "get", "get", {})
    connection: Any = request.connection
    assert (connection.body, connection.finished) == (b"get", True)


@served
async def test_handler_without_an_action_knows_its_route(io_loop: Any) -> None:
    application = RailsApplication([("/both", Both, {}, "both")])
    handler = await run(application, request_by_hand("/both", "POST"))
    assert handler.route is application.wildcard_router.rules[0]
    assert handler.route.name == "both"
    assert (handler.action_name, handler.current_action) == ("post", "post")


@served
async def test_handler_built_by_hand_of_another_class_runs_its_own_verb(io_loop: Any) -> None:
    request = request_by_hand("/page/sync")
    RailsApplication(ROUTES).find_handler(request)
    await Both(RailsApplication(), request)._execute([])
    connection: Any = request.connection
    assert connection.body == b"get"


class More(Both):
    """A class below that of a route."""

    def get(self) -> None:
        raise AssertionError("the action runs")


@served
async def test_handler_built_by_hand_of_a_subclass_runs_the_action(io_loop: Any) -> None:
    request = request_by_hand("/both/show")
    RailsApplication(ROUTES).find_handler(request)
    await More(RailsApplication(), request)._execute([])
    connection: Any = request.connection
    assert connection.body == b"show"


class Overriding(RequestHandler):
    """Takes the method from a field, as browsers' forms can only GET and POST."""

    def prepare(self) -> None:
        self.request.method = self.get_argument("_method", str(self.request.method))

    def put(self) -> None:
        raise AssertionError("the action takes its place")

    def show(self) -> None:
        self.write(f"show by {self.request.method}, own {'put' in vars(self)}")

    def get(self) -> None:
        self.write("get")

    def head(self) -> None:
        raise AssertionError("nobody asked for it")


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/show?_method=PUT", b"show by PUT, own False"),
        ("POST", "/show?_method=DELETE", b"show by DELETE, own False"),
        ("POST", "/show", b"show by POST, own False"),
        ("GET", "/verbs?_method=GET", b"get"),
        ("POST", "/any?_method=GET", b"get"),
    ],
)
@served
async def test_method_changed_in_prepare_still_runs_the_action(
    io_loop: Any, method: str, target: str, body: bytes
) -> None:
    table: list[Any] = [
        ("/show", Overriding, {"action": "show"}),
        ("/verbs", Overriding, {"methods": "GET"}),
        ("/any", Overriding),
    ]
    handler = await run(RailsApplication(table), request_by_hand(target, method))
    assert handler.request.connection.body == body


class Ending(RequestHandler):
    """Ends in every way there is."""

    def prepare(self) -> None:
        end = self.get_argument("end", "")
        if end == "finish":
            self.finish()
        elif end == "raise":
            raise HTTPError(400)

    def get(self) -> None: ...

    def show(self) -> None: ...


@pytest.mark.parametrize("path", ["/verb", "/action", "/methods"])
@pytest.mark.parametrize("query", ["", "?end=finish", "?end=raise", "?bad=%ff"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@served
async def test_handler_is_freed_at_once(io_loop: Any, path: str, query: str, method: str) -> None:
    table: list[Any] = [
        ("/verb", Ending),
        ("/action", Ending, {"action": "show"}),
        ("/methods", Ending, {"methods": "GET"}),
    ]
    if path == "/verb" and method == "HEAD":
        return  # Tornado's own 405 keeps its handler
    application = RailsApplication(table)
    gc.collect()
    gc.disable()
    try:
        handler = await run(application, request_by_hand(path + query, method))
        alive = weakref.ref(handler)
        del handler
        assert alive() is None
    finally:
        gc.enable()


def test_layer_is_absent_from_a_route_without_keys() -> None:
    application: Any = RailsApplication(ROUTES)
    targets = {rule.target for rule in application.wildcard_router.rules if rule.matcher.regex.pattern == "/page$"}
    assert targets == {Page}
    assert not issubclass(Page, ActionMixin)


def test_default_on_the_class_is_itself() -> None:
    assert isinstance(ActionMixin.params, Default)
    assert ActionMixin.action_name.__doc__ == ("The action that runs; on a route without one, the HTTP verb's method.")


def target_of(route: Any) -> Any:
    """The class that runs a route."""
    return RailsApplication([route]).wildcard_router.rules[0].target


def test_plain_handler_gets_one_subclass_by_its_own_name() -> None:
    first = target_of(("/a", Page, {"action": "sync"}))
    second = target_of(URLSpec("/b", Page, action="future", param_keys=()))
    assert first is second is not Page
    assert first.__mro__[1] is ActionMixin
    assert issubclass(first, Page)
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        assert getattr(first, name) == getattr(Page, name)


@pytest.mark.parametrize(
    "handler",
    [
        Both,
        type("Written", (ActionMixin, Page), {}),
        type("Last", (Page, ActionMixin), {}),
    ],
)
def test_handler_that_has_the_mixin_runs_as_it_is(handler: Any) -> None:
    action = "show" if handler is Both else "sync"
    assert target_of(("/a", handler, {"action": action})) is handler


@served
async def test_mixin_named_last_runs_actions(io_loop: Any) -> None:
    class Last(Page, ActionMixin): ...

    handler = await run(RailsApplication([("/a", Last, {"action": "sync"})]), request_by_hand("/a"))
    assert handler.request.connection.body == b"sync"


def test_class_hook_is_not_told_of_the_layers_class() -> None:
    told: list[str] = []

    class Registered(RequestHandler):
        def __init_subclass__(cls, table: str, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            told.append(table)

    class Users(Registered, table="users"):
        def show(self) -> None: ...

    class Written(ActionMixin, Registered, table="written"):
        def show(self) -> None: ...

    assert issubclass(target_of(("/a", Users, {"action": "show"})), Users)
    assert target_of(("/a", Written, {"action": "show"})) is Written
    assert told == ["users", "written"]


def test_metaclass_that_registers_names_is_not_told_of_the_layers_class() -> None:
    known: dict[str, type] = {}

    class Registry(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
            if name in known:
                raise TypeError(f"{name} is registered already")
            known[name] = super().__new__(mcs, name, bases, namespace)
            return known[name]

        def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, table: str) -> None:
            super().__init__(name, bases, namespace)

    class Users(RequestHandler, metaclass=Registry, table="users"):
        def show(self) -> None: ...

    made = target_of(("/a", Users, {"action": "show"}))
    assert issubclass(made, Users)
    assert type(made) is Registry
    assert known == {"Users": Users}


def shown(self: RequestHandler, word: str = "verb") -> None:
    """A verb's method, in whatever form it comes."""
    self.write(word)


class Descriptor:
    """What a decorator in the form of a class leaves."""

    def __get__(self, handler: Any, owner: type) -> Any:
        return self if handler is None else functools.partial(shown, handler)


class Verbs:
    """Verbs from a mixin of the user's, which is no handler."""

    def get(self) -> None:
        shown(self)  # type: ignore[arg-type]


def show(self: RequestHandler) -> None:
    """An action."""
    self.write("action")


@pytest.mark.parametrize("mixin", [(), (ActionMixin,)])
@pytest.mark.parametrize(
    ("bases", "names"),
    [
        ((), {"get": functools.partialmethod(shown, "verb")}),
        ((), {"get": Descriptor()}),
        ((), {"get": staticmethod(lambda: None)}),
        ((), {"get": property(lambda self: functools.partial(shown, self))}),
        ((), {"get": shown}),
        ((), {"post": shown}),
        ((Verbs,), {}),
        ((Page,), {}),
        ((Both,), {}),
    ],
)
@served
async def test_action_takes_the_place_of_a_verb_of_any_kind(
    io_loop: Any, mixin: tuple[type, ...], bases: tuple[type, ...], names: dict[str, Any]
) -> None:
    handlers = () if bases and issubclass(bases[0], RequestHandler) else (RequestHandler,)
    own = () if Both in bases else mixin
    written = type("Written", (*bases, *own, *handlers), {**names, "show": show, "__module__": __name__})
    application = RailsApplication([("/a", written, {"action": "show"}), ("/b", written)])
    assert (await run(application, request_by_hand("/a"))).request.connection.body == b"action"
    if "post" in names or "staticmethod" in str(names):
        return
    assert (await run(application, request_by_hand("/b"))).request.connection.body in (b"verb", b"get")


class Owner(RequestHandler):
    """Has names of its own that are also the mixin's, or such as the mixin may come to have."""

    params: Any
    route: Any
    action: Any
    session: Any
    db: Any
    action_name: Any
    current_action: Any

    def initialize(self) -> None:
        self.params = {"mine": "instance"}
        self.route = "my route"
        self.action = "my action"
        self.session = {"user": 1}
        self.db = "my database"
        self.action_name = "my name"
        self.current_action = "my current"

    def show(self) -> None:
        self.write_all()

    def write_all(self) -> None:
        names = ("params", "route", "action", "session", "db", "action_name", "current_action")
        values = {name: getattr(self, name) for name in names}
        self.write({name: value() if callable(value) else value for name, value in values.items()})


class ClassOwner(Owner):
    params = {"mine": "class"}
    route = "class route"
    action = "class action"
    session = {"user": 2}
    db = "class database"
    action_name = "class name"
    current_action = "class current"

    def initialize(self) -> None: ...


class PropertyOwner(ClassOwner):
    params = property(lambda self: {"mine": "property"})
    route = property(lambda self: "property route")
    action_name = property(lambda self: "property name")
    current_action = property(lambda self: "property current")


class MethodOwner(ClassOwner):
    def params(self) -> dict[str, str]:  # type: ignore[override]
        return {"mine": "method"}

    def route(self) -> str:  # type: ignore[override]
        return "method route"

    def action_name(self) -> str:  # type: ignore[override]
        return "method name"

    def current_action(self) -> str:  # type: ignore[override]
        return "method current"


class Beside:
    """A mixin of the user's, which is no handler."""

    params: Any = property(lambda self: {"mine": "beside"})


class BesideOwner(Beside, ClassOwner):
    def initialize(self) -> None: ...


class Below(MethodOwner):
    """Inherits them."""


@pytest.mark.parametrize(
    ("handler", "word"),
    [
        (Owner, "my"),
        (ClassOwner, "class"),
        (PropertyOwner, "property"),
        (MethodOwner, "method"),
        (Below, "method"),
        (BesideOwner, "class"),
        (type("MixinOwner", (ActionMixin, PropertyOwner), {"__module__": __name__}), "property"),
    ],
)
@served
async def test_name_that_a_handler_defines_itself_is_its_own(io_loop: Any, handler: Any, word: str) -> None:
    application = RailsApplication([("/a/(.)", handler, {"action": "show", "param_keys": "id"})])
    written = data_of(await run(application, request_by_hand("/a/7")))
    assert {key: written[key] for key in ("route", "action_name", "current_action")} == {
        "route": f"{word} route",
        "action_name": f"{word} name",
        "current_action": f"{word} current",
    }
    assert written["params"] == {"mine": {"my": "instance"}.get(word, word) if handler is not BesideOwner else "beside"}
    stock = data_of(await run(tornado.web.Application([("/a/.", with_get(handler))]), request_by_hand("/a/7")))
    assert written == stock


def with_get(handler: Any) -> Any:
    """The same, for stock Tornado."""
    return type(handler.__name__, (handler,), {"get": handler.show, "__module__": __name__})


def data_of(handler: Any) -> Any:
    """What a handler wrote, as JSON."""
    return json.loads(handler.request.connection.body)


class Assigning(RequestHandler):
    """Assigns over the mixin's names while it runs."""

    params: Any
    route: Any
    action_name: Any
    current_action: Any

    def show(self) -> None:
        before = (self.params.to_unsafe_dict(), self.action_name, self.current_action, self.route.action)
        self.params = {"id": "assigned"}
        self.action_name = "mine"
        self.write({"before": before, "after": (self.params, self.action_name, self.current_action)})


@served
async def test_mixins_names_may_be_assigned(io_loop: Any) -> None:
    application = RailsApplication([("/a/(.)", Assigning, {"action": "show", "param_keys": "id"})])
    assert data_of(await run(application, request_by_hand("/a/7"))) == {
        "before": [{"id": "7"}, "show", "show", "show"],
        "after": [{"id": "assigned"}, "mine", "show"],
    }


class Private(RequestHandler):
    """Private names that an old application may well have."""

    def prepare(self) -> None:
        self._action = self._params = self._route = "mine"

    def _run_action(self) -> str:
        return "my _run_action"

    def _run_verb(self) -> str:
        return "my _run_verb"

    def show(self) -> None:
        self.write(f"{self._run_action()}, {self._run_verb()}, {self._action}, {self._params}, {self._route}")


@served
async def test_private_names_of_a_handler_are_its_own(io_loop: Any) -> None:
    handler = await run(RailsApplication([("/a", Private, {"action": "show"})]), request_by_hand("/a"))
    assert handler.request.connection.body == b"my _run_action, my _run_verb, mine, mine, mine"


class Named(RequestHandler):
    """``initialize`` asks for the key by its name: it is the handler's."""

    def initialize(self, action: Any = None, param_keys: Any = None, methods: Any = None) -> None:
        self.given = {"action": action, "param_keys": param_keys}
        if methods is not None:
            self.given["methods"] = methods

    def get(self) -> None:
        self.write({"ran": "get", "given": self.given})

    def show(self) -> None:
        self.write({"ran": "show", "given": self.given})


class KeywordOnly(Named):
    def initialize(self, *, action: Any = None, **more: Any) -> None:  # type: ignore[override]
        self.given = {"action": action, **more}


class AnyName(Named):
    def initialize(self, **more: Any) -> None:  # type: ignore[override]
        self.given = more


class NoName(Named):
    def initialize(self, other: int = 0) -> None:  # type: ignore[override]
        self.given = {"other": other}


class Constructed(Named):
    """Takes it in ``__init__``, which Tornado calls with the route's kwargs too."""

    def __init__(self, application: Any, request: HTTPServerRequest, action: Any = None, **more: Any) -> None:
        self.given = {"action": action, **more}
        super().__init__(application, request)

    def initialize(self) -> None: ...  # type: ignore[override]


class ConstructedAnyName(Constructed):
    def __init__(self, application: Any, request: HTTPServerRequest, **more: Any) -> None:
        super().__init__(application, request, "from __init__", **more)


class Unreadable(Named):
    """A signature that Python cannot tell."""

    initialize = functools.partialmethod(Named.initialize)


@pytest.mark.parametrize(
    ("handler", "kwargs", "spec", "ran", "given"),
    [
        (Named, {"action": "show"}, {}, "get", {"action": "show", "param_keys": None}),
        (Named, {"action": "nothing of mine"}, {}, "get", {"action": "nothing of mine", "param_keys": None}),
        (Named, {"action": "x"}, {"action": "show"}, "show", {"action": "x", "param_keys": None}),
        (Named, {}, {"action": "show"}, "show", {"action": None, "param_keys": None}),
        (Named, {"param_keys": ["a"]}, {}, "get", {"action": None, "param_keys": ["a"]}),
        (KeywordOnly, {"action": "show"}, {}, "get", {"action": "show"}),
        (Named, {"methods": "POST"}, {}, "get", {"action": None, "param_keys": None, "methods": "POST"}),
        (AnyName, {"action": "show"}, {}, "show", {}),
        (AnyName, {"action": "elsewhere"}, {}, "get", {"action": "elsewhere"}),
        (AnyName, {"action": 7, "param_keys": "x"}, {}, "get", {"action": 7, "param_keys": "x"}),
        (AnyName, {"action": "show", "other": 1}, {}, "show", {"other": 1}),
        (NoName, {"action": "show"}, {}, "show", {"other": 0}),
        (NoName, {"action": "show", "other": 1}, {}, "show", {"other": 1}),
        (NoName, {"action": None, "other": 1}, {}, "get", {"other": 1}),
        (NoName, {"other": 1}, {"action": "show"}, "show", {"other": 1}),
        (NoName, {"action": "get"}, {"action": "show"}, "show", {"other": 0}),
        (Constructed, {"action": "show"}, {}, "get", {"action": "show"}),
        (Constructed, {"action": "x"}, {"action": "show"}, "show", {"action": "x"}),
        (ConstructedAnyName, {"action": "show"}, {}, "show", {"action": "from __init__"}),
        (Unreadable, {"action": "show"}, {}, "get", {"action": "show", "param_keys": None}),
    ],
)
@served
async def test_action_that_initialize_names_is_the_handlers(
    io_loop: Any, handler: Any, kwargs: dict[str, Any], spec: dict[str, Any], ran: str, given: dict[str, Any]
) -> None:
    request = request_by_hand("/a")
    done = await run(RailsApplication([URLSpec("/a", handler, kwargs, **spec)]), request)
    assert data_of(done) == {"ran": ran, "given": given}
    if not spec:
        as_tuple = await run(RailsApplication([("/a", handler, kwargs)]), request_by_hand("/a"))
        assert data_of(as_tuple) == {"ran": ran, "given": given}
