"""What an action returns is the response; what a plain handler's action does stays Tornado's."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import datetime
import enum
import pickle
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pydantic
import pytest
from tornado import gen
from tornado.web import RequestHandler

from tests.conftest import Fetch
from tests.controller.support import Remembers, data, expect_500, request_by_hand, run, served, text
from tests.routing.support import fetch as ask_for
from tornado_rails import ActionMixin, Controller, RailsApplication, URLSpec
from tornado_rails.controller.responses import TypedText, to_json, with_response
from tornado_rails.controller.returning import ReturningMixin
from tornado_rails.errors import DoubleResponseError, ReturnedValueError
from tornado_rails.routing.actions import action_names


@dataclasses.dataclass
class Pilot:
    id: int
    name: str


class Plane(msgspec.Struct):
    kind: str
    pilot: Pilot | None = None


class Squad(pydantic.BaseModel):
    name: str
    since: datetime.date


class Rank(enum.Enum):
    LEAD = "lead"


class ReturnsController(Remembers, Controller):
    def nothing(self) -> None: ...

    async def nothing_later(self) -> None:
        await asyncio.sleep(0)

    def text(self) -> str:
        return "<b>text</b>"

    def empty(self) -> str:
        return ""

    def octets(self) -> bytes:
        self.set_header("Content-Type", "image/png")
        return b"\x89PNG"

    def mapping(self) -> dict[Any, Any]:
        return {"id": 1, "at": datetime.date(2026, 1, 2), "key": uuid.UUID(int=0), "rank": Rank.LEAD, 7: None}

    def many(self) -> list[Any]:
        return [Pilot(1, "Ada"), Squad(name="Red", since=datetime.date(2026, 1, 2)), "é"]

    def dataclass(self) -> Pilot:
        return Pilot(1, "Ada")

    def struct(self) -> Plane:
        return Plane("jet", Pilot(1, "Ada"))

    def model(self) -> Squad:
        return Squad(name="Red", since=datetime.date(2026, 1, 2))

    async def later(self) -> dict[str, int]:
        await asyncio.sleep(0)
        return {"later": 1}

    async def later_still(self) -> Awaitable[dict[str, int]]:
        return self.later()

    def passed_on(self) -> Awaitable[dict[str, int]]:
        return self.later()

    def passed_on_twice(self) -> Awaitable[Awaitable[dict[str, int]]]:
        return self.later_still()

    @gen.coroutine
    def generator(self) -> Any:
        yield gen.moment
        return {"generator": 1}

    def created(self) -> dict[str, int]:
        self.set_status(201)
        return {"id": 1}

    def accepted(self) -> None:
        self.set_status(202)

    def typed(self) -> dict[str, int]:
        self.set_header("Content-Type", "application/vnd.api+json")
        return {"id": 1}

    def written(self) -> None:
        self.write("written")

    def written_empty(self) -> None:
        self.write("")

    def finished(self) -> None:
        self.finish("finished")

    def finishing(self) -> Any:
        return self.finish("finishing")

    async def flushed(self) -> None:
        self.write("flushed")
        await self.flush()

    def moved(self) -> None:
        self.redirect("/")

    def number(self) -> int:
        return 7

    def pair(self) -> tuple[str, int]:
        return "text", 201

    def steps(self) -> Any:
        return (word for word in ["one"])

    async def later_steps(self) -> Any:
        return self._words()

    async def _words(self) -> Any:
        yield "one"

    def a_class(self) -> type[Pilot]:
        return Pilot

    def unknown_within(self) -> dict[str, object]:
        return {"object": object()}

    def twice(self) -> str:
        self.write("one")
        return "two"


class Plain(Remembers):
    def nothing(self) -> None: ...

    def mapping(self) -> dict[str, int]:
        return {"id": 1}


class Mixed(ReturningMixin, Plain):
    """The one feature, on a handler that is no controller."""


@pytest.fixture
def app() -> RailsApplication:
    names = action_names(ReturnsController)
    return RailsApplication(
        [
            *[(f"/{name}", ReturnsController, {"action": name}) for name in names],
            ("/plain/nothing", Plain, {"action": "nothing"}),
            ("/plain/mapping", Plain, {"action": "mapping"}),
            ("/mixed/nothing", Mixed, {"action": "nothing"}),
            ("/mixed/mapping", Mixed, {"action": "mapping"}),
        ]
    )


HTML, JSON = "text/html; charset=UTF-8", "application/json; charset=UTF-8"
LATER = '{"later":1}'


@pytest.mark.parametrize(
    ("path", "status", "body", "content_type"),
    [
        ("/nothing", 204, "", None),
        ("/nothing_later", 204, "", None),
        ("/text", 200, "<b>text</b>", HTML),
        ("/empty", 200, "", HTML),
        ("/dataclass", 200, '{"id":1,"name":"Ada"}', JSON),
        ("/struct", 200, '{"kind":"jet","pilot":{"id":1,"name":"Ada"}}', JSON),
        ("/model", 200, '{"name":"Red","since":"2026-01-02"}', JSON),
        ("/many", 200, '[{"id":1,"name":"Ada"},{"name":"Red","since":"2026-01-02"},"é"]', JSON),
        ("/later", 200, LATER, JSON),
        ("/later_still", 200, LATER, JSON),
        ("/passed_on", 200, LATER, JSON),
        ("/passed_on_twice", 200, LATER, JSON),
        ("/generator", 200, '{"generator":1}', JSON),
        ("/created", 201, '{"id":1}', JSON),
        ("/accepted", 202, "", HTML),
        ("/typed", 200, '{"id":1}', "application/vnd.api+json"),
        ("/written", 200, "written", HTML),
        ("/written_empty", 200, "", HTML),
        ("/finished", 200, "finished", HTML),
        ("/finishing", 200, "finishing", HTML),
        ("/flushed", 200, "flushed", HTML),
        ("/moved", 302, "", HTML),
        ("/plain/nothing", 200, "", HTML),
        ("/mixed/nothing", 204, "", None),
        ("/mixed/mapping", 200, '{"id":1}', JSON),
    ],
)
@served
async def test_returned_value_is_the_response(
    fetch: Fetch, path: str, status: int, body: str, content_type: str | None
) -> None:
    answer = await fetch(path)
    assert (answer.code, text(answer), answer.headers.get("Content-Type")) == (status, body, content_type)


@served
async def test_returned_values_of_other_types(fetch: Fetch) -> None:
    answer = await fetch("/octets")
    assert (answer.body, answer.headers["Content-Type"]) == (b"\x89PNG", "image/png")
    nobody = "00000000-0000-0000-0000-000000000000"
    assert data(await fetch("/mapping")) == {"id": 1, "at": "2026-01-02", "key": nobody, "rank": "lead", "7": None}


@pytest.mark.parametrize("path", ["/text", "/mapping", "/later", "/written", "/nothing"])
@served
async def test_head_is_answered_as_get_without_a_body(fetch: Fetch, path: str) -> None:
    get, head = await fetch(path), await fetch(path, "HEAD")
    assert (head.code, head.body) == (get.code, b"")
    for name in ("Content-Length", "Content-Type", "Etag"):
        assert head.headers.get(name) == get.headers.get(name)


@served
async def test_body_of_a_returned_value_has_tornados_etag(fetch: Fetch) -> None:
    etag = (await fetch("/later")).headers["Etag"]
    assert (await fetch("/later", If_None_Match=etag)).code == 304


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "/number",
            "ReturnsController.number returned a int, which is no response. Return text, bytes, a dict, list, ",
        ),
        ("/pair", "ReturnsController.pair returned a tuple"),
        ("/steps", "ReturnsController.steps returned a generator, which is no response. An iterator is sent by send_"),
        ("/later_steps", "ReturnsController.later_steps returned a async_generator, which is no response. An iterator"),
        ("/a_class", "ReturnsController.a_class returned a type"),
        ("/unknown_within", "object is nothing that JSON has"),
        ("/twice", "ReturnsController.twice has made a response already, and makes another. Do one or the other."),
        ("/plain/mapping", "object dict can't be used in 'await' expression"),
    ],
)
@served
async def test_what_is_no_response_is_an_error(fetch: Fetch, path: str, words: str) -> None:
    with expect_500("Uncaught exception"):
        assert (await fetch(path)).code == 500
    assert words in Remembers.logged


def test_errors_say_whose_they_are() -> None:
    assert ReturnedValueError("A.b", 7).action == DoubleResponseError("A.b").action == "A.b"


def test_plain_handlers_call_is_the_very_same() -> None:
    spec = URLSpec("/a", Plain, {"action": "nothing"})

    def invoke(handler: Any) -> None: ...

    assert issubclass(spec.target, ActionMixin)
    assert with_response(spec, invoke) is invoke
    assert with_response(URLSpec("/a", Mixed, {"action": "nothing"}), invoke) is not invoke


class Detaching(Controller):
    def taken(self) -> None:
        self._finished = True  # as detach() does

    def kept(self) -> None:
        self._auto_finish = False


@pytest.mark.parametrize("action", ["taken", "kept"])
@served
async def test_response_that_is_not_finished_by_tornado_is_left_alone(io_loop: Any, action: str) -> None:
    handler = await run(RailsApplication([("/a", Detaching, {"action": action})]), request_by_hand("/a"))
    assert handler.get_status() == 200
    assert not handler.request.connection.finished


class Verbs(Controller):
    """On routes without an action, the verbs' methods may return their responses; nothing is Tornado's empty 200."""

    def get(self, id: str = "") -> Any:
        return {"id": id} if id else None

    async def post(self, id: str = "") -> Any:
        return ["post", id]

    def put(self, id: str = "") -> None:
        self.write("written")

    def delete(self, id: str = "") -> Any:
        return 7


class MixedVerbs(ReturningMixin, RequestHandler):
    get, post, put, delete = Verbs.get, Verbs.post, Verbs.put, Verbs.delete


VERB_ROUTES: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda handler: RailsApplication([(r"/it(?:/(\w+))?", handler)]),
    "methods": lambda handler: RailsApplication(
        [(r"/it(?:/(\w+))?", handler, {"methods": ["GET", "POST", "PUT", "DELETE"]})]
    ),
    "keys": lambda handler: RailsApplication([(r"/it(?:/(\w+))?", handler, {"param_keys": ("id",)})]),
    "drawn": lambda handler: RailsApplication(
        routes=lambda map: map.match("it(/:id)", to=handler, via=["get", "post", "put", "delete"])
    ),
}


@pytest.mark.parametrize("route", VERB_ROUTES)
@pytest.mark.parametrize("handler", [Verbs, MixedVerbs])
def test_verb_s_method_may_return_its_response(route: str, handler: type[RequestHandler]) -> None:
    application = VERB_ROUTES[route](handler)
    for method, path, body in [
        ("GET", "/it/7", '{"id":"7"}'),
        ("GET", "/it", ""),
        ("HEAD", "/it", ""),
        ("POST", "/it/7", '["post","7"]'),
        ("PUT", "/it/7", "written"),
    ]:
        if method == "HEAD" and route == "tuple":
            continue  # as in Tornado, there is none
        answer = ask_for(application, path, method)
        assert (answer.status, answer.body) == (200, body), (method, path)
    with expect_500("Uncaught exception"):
        assert ask_for(application, "/it/7", "DELETE").status == 500


def test_text_that_knows_its_type_is_text_elsewhere() -> None:
    typed = TypedText("a,b", "text/csv")
    for each in (typed, pickle.loads(pickle.dumps(typed)), copy.deepcopy(typed)):
        assert (each, each.content_type) == ("a,b", "text/csv")
    assert to_json({"text": typed, typed: [typed]}) == b'{"text":"a,b","a,b":["a,b"]}'


@pytest.mark.parametrize(("value", "body"), [(TypedText("a,b", "text/csv"), b"a,b"), ({"id": 1}, b'{"id":1}')])
@served
async def test_response_whose_content_type_was_cleared_has_none(io_loop: Any, value: Any, body: bytes) -> None:
    class Cleared(Controller):
        def show(self) -> Any:
            self.clear_header("Content-Type")
            return value

    application = RailsApplication([("/", Cleared, {"action": "show"})])
    connection = (await run(application, request_by_hand("/"))).request.connection
    assert (connection.status, connection.body, "Content-Type" in connection.headers) == (200, body, False)
