"""A client's Accept header, and what it gets of what there is."""

from __future__ import annotations

from typing import Any

import pytest
from tornado.web import Application, RequestHandler

from tests.conftest import Fetch
from tests.controller.support import Remembers, data, expect_500, request_by_hand, run, served, text
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.negotiation import MEDIA_TYPES, best
from tornado_rails.controller.problems import vary
from tornado_rails.controller.responding import RespondingMixin
from tornado_rails.errors import NotAcceptableError
from tornado_rails.routing.actions import action_names

HTML, JSON, CSV = ("html", "json", "csv")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [
        ("", [JSON, HTML], JSON),
        ("*/*", [JSON, HTML], JSON),
        ("*/*;q=0.1", [JSON, HTML], JSON),
        ("text/html", [JSON, HTML], HTML),
        ("TEXT/HTML", [JSON, HTML], HTML),
        ("application/xhtml+xml", [JSON, HTML], HTML),
        ("text/*", [JSON, CSV, HTML], CSV),
        ("text/html, application/json", [JSON, HTML], HTML),
        ("application/json, text/html", [HTML, JSON], JSON),
        ("text/html;q=0.5, application/json;q=0.9", [HTML, JSON], JSON),
        ("text/html ; q=0.5 , application/json ; q=0.4", [JSON, HTML], HTML),
        ("text/html;level=1;q=0.3, */*;q=0.2", [JSON, HTML], HTML),
        ("application/json;charset=utf-8", [HTML, JSON], JSON),
        ("*/*, text/html;q=0.1", [HTML, JSON], JSON),
        ("text/*;q=0.9, text/html;q=0.1, application/json;q=0.5", [HTML, JSON], JSON),
        ("text/html;q=0, */*", [HTML, JSON], JSON),
        ("text/html;q=0, */*", [HTML], None),
        ("*/*;q=0", [HTML], None),
        ("image/png", [HTML, JSON], None),
        (BROWSER, [JSON, HTML], HTML),
        (BROWSER, [JSON, CSV], JSON),
        (BROWSER, ["xml", JSON], "xml"),
        ("text/html, text/html;q=0.1", [HTML], HTML),
        ("text/html;Q=0.1, application/json;q=0.2", [HTML, JSON], JSON),
        ("text/html ; q = 0.1, application/json;q=0.5", [HTML, JSON], JSON),
        ("text/html;q=0.1;q=0.9, application/json;q=0.5", [HTML, JSON], JSON),
        # What is malformed does not count.
        ("nonsense", [HTML, JSON], HTML),
        ("nonsense, application/json", [HTML, JSON], JSON),
        ("text/html;q=2, application/json;q=0.1", [HTML, JSON], JSON),
        ("text/html;q=nan, application/json;q=0.1", [HTML, JSON], JSON),
        ("text/html;q=, application/json;q=0.1", [HTML, JSON], JSON),
        ("*/html, application/json;q=0.1", [HTML, JSON], JSON),
        (",,;;q=1,/", [HTML, JSON], HTML),
        ("", [], None),
    ],
)
def test_best_of_what_is_offered(accept: str, offered: list[str], chosen: str | None) -> None:
    assert best(accept, {name: MEDIA_TYPES[name] for name in offered}) == chosen


class PostsController(Remembers, Controller):
    def names(self) -> Any:
        if self.respond_to("html", "json") == "json":
            return {"chosen": "json"}
        return "<b>html</b>"

    def answers(self) -> Any:
        return self.respond_to(json={"id": 1}, html=lambda: "<b>1</b>", csv=self._later, vcf="card")

    async def both(self) -> Any:
        return self.respond_to("html", csv=self._later)

    async def _later(self) -> str:
        return "id\n1"

    def others(self) -> Any:
        return self.respond_to(any=self._later, html="<b>html</b>", json=None)

    def named_any(self) -> Any:
        return self.respond_to("html", "any")

    def only_any(self) -> Any:
        return self.respond_to(any={"any": True})

    def nothing(self) -> Any:
        return self.respond_to()

    def unknown(self) -> Any:
        return self.respond_to("jsn")

    def varied(self) -> Any:
        self.set_header("Vary", "Origin, accept")
        return self.respond_to("html")

    def origin(self) -> Any:
        self.set_header("Vary", "Origin")
        return self.respond_to("html")


@pytest.fixture
def app() -> RailsApplication:
    table = [
        (rf"/{name}(?:\.(\w+))?", PostsController, {"action": name, "param_keys": ("format",)})
        for name in action_names(PostsController)
    ]
    return RailsApplication(table, media_types={"vcf": "text/vcard", "yml": ["application/yaml"]})


@pytest.mark.parametrize(
    ("path", "accept", "body", "content_type"),
    [
        ("/names", "", "<b>html</b>", "text/html; charset=UTF-8"),
        ("/names", "application/json", '{"chosen":"json"}', "application/json; charset=UTF-8"),
        ("/names.json", "text/html", '{"chosen":"json"}', "application/json; charset=UTF-8"),
        ("/answers", "*/*", '{"id":1}', "application/json; charset=UTF-8"),
        ("/answers", "text/html", "<b>1</b>", "text/html; charset=UTF-8"),
        ("/answers", "text/csv", "id\n1", "text/csv; charset=UTF-8"),
        ("/answers.vcf", "", "card", "text/vcard; charset=UTF-8"),
        ("/both", "text/csv", "id\n1", "text/csv; charset=UTF-8"),
        ("/others", "*/*", "<b>html</b>", "text/html; charset=UTF-8"),
        ("/others", "image/png", "id\n1", "text/html; charset=UTF-8"),
        ("/others.xml", "", "id\n1", "text/html; charset=UTF-8"),
        ("/others.any", "", "id\n1", "text/html; charset=UTF-8"),
        ("/named_any", "text/html", "html", "text/html; charset=UTF-8"),
        ("/named_any", "text/csv", "any", "text/html; charset=UTF-8"),
        ("/only_any", "", '{"any":true}', "application/json; charset=UTF-8"),
        ("/only_any", "text/csv", '{"any":true}', "application/json; charset=UTF-8"),
    ],
)
@served
async def test_answer_is_of_the_format_that_is_asked_for(
    fetch: Fetch, path: str, accept: str, body: str, content_type: str
) -> None:
    answer = await fetch(path, **({"Accept": accept} if accept else {}))
    assert (answer.code, text(answer), answer.headers["Content-Type"]) == (200, body, content_type)
    assert answer.headers.get("Vary") == (None if "." in path else "Accept")


@served
async def test_nothing_acceptable_is_a_406_with_the_list_of_what_there_is(fetch: Fetch) -> None:
    there_is = "there is no such format here; there is html (text/html), json (application/json)"
    answer = await fetch("/names", Accept="image/png")
    assert (answer.code, answer.headers["Vary"]) == (406, "Accept")
    assert there_is in text(answer)
    for path, headers in (("/names.csv", {}), ("/names", {"Accept": "application/problem+json"})):
        assert (await fetch(path, **headers)).code == 406
    problem = data(await fetch("/names.xml", Accept="application/json"))
    assert problem["detail"] == there_is
    assert NotAcceptableError({"html": "text/html"}).formats == {"html": "text/html"}


@served
async def test_other_errors_vary_too(fetch: Fetch) -> None:
    with expect_500("Uncaught"):
        answer = await fetch("/nothing")
    assert (answer.code, answer.headers.get("Vary")) == (500, "Accept")
    assert Remembers.logged == "TypeError: respond_to() needs a format"


@served
async def test_unknown_format_is_an_error(fetch: Fetch) -> None:
    with expect_500("Uncaught"):
        await fetch("/unknown")
    assert "no format is named 'jsn'. Did you mean 'json'? The setting media_types adds formats." in Remembers.logged


@pytest.mark.parametrize(("path", "header"), [("/varied", "Origin, accept"), ("/origin", "Origin, Accept")])
@served
async def test_vary_keeps_what_it_has(fetch: Fetch, path: str, header: str) -> None:
    assert (await fetch(path)).headers["Vary"] == header


@served
async def test_several_accept_headers_are_one(io_loop: Any) -> None:
    class Alone(RespondingMixin, RequestHandler):
        def get(self) -> None:
            self.finish(self.respond_to("html", "json"))

    request = request_by_hand("/")
    request.headers.add("Accept", "text/html;q=0.1")
    request.headers.add("Accept", "application/json")
    handler = await run(Application([("/", Alone)]), request)
    assert handler.request.connection.body == b"json"
    vary(handler, "accept")
    assert handler._headers["Vary"] == "Accept"
