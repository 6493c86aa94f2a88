"""Conditional requests, as RFC 9110 compares; and what caches are told."""

from __future__ import annotations

import dataclasses
import datetime
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydantic
import pytest
from tornado.web import Application, RequestHandler

import tornado_rails
from tests.conftest import Fetch
from tests.controller.support import Remembers, expect_500, request_by_hand, run, served, text
from tests.routing.support import fetch as fetch_once
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.caching import CachingMixin, with_directives
from tornado_rails.controller.preconditions import etag_of, is_fresh, last_change, moment_of, parsed_moment
from tornado_rails.errors import PreconditionFailedError
from tornado_rails.routing.actions import action_names

UTC = datetime.timezone.utc
NOON = datetime.datetime(2026, 1, 2, 12, tzinfo=UTC)
AT_NOON, BEFORE, AFTER = (f"Fri, 02 Jan 2026 {hour}:00:00 GMT" for hour in (12, 11, 13))
STRONG, WEAK = '"a"', 'W/"a"'


@pytest.mark.parametrize(
    ("method", "headers", "etag", "last_modified", "fresh"),
    [
        ("GET", {}, STRONG, NOON, False),
        ("GET", {"If-None-Match": '"a"'}, STRONG, None, True),
        ("GET", {"If-None-Match": '"a"'}, WEAK, None, True),
        ("GET", {"If-None-Match": 'W/"a"'}, STRONG, None, True),
        ("HEAD", {"If-None-Match": 'W/"a"'}, WEAK, None, True),
        ("GET", {"If-None-Match": '"b"'}, STRONG, None, False),
        ("GET", {"If-None-Match": '"b", "a"'}, STRONG, None, True),
        ("GET", {"If-None-Match": '"b","a",'}, STRONG, None, True),
        ("GET", {"If-None-Match": '"b, "a"'}, STRONG, None, False),
        ("GET", {"If-None-Match": "a"}, STRONG, None, False),
        ("GET", {"If-None-Match": '"A"'}, STRONG, None, False),
        ("GET", {"If-None-Match": 'w/"a"'}, STRONG, None, False),
        ("GET", {"If-None-Match": '"a'}, STRONG, None, False),
        ("GET", {"If-None-Match": '"x,y"'}, '"x,y"', None, True),
        ("GET", {"If-None-Match": '"y"'}, '"x,y"', None, False),
        ("GET", {"If-None-Match": "*"}, STRONG, None, True),
        ("GET", {"If-None-Match": " * "}, None, NOON, True),
        ("GET", {"If-None-Match": "*"}, None, None, False),
        ("GET", {"If-None-Match": '"a"'}, None, NOON, False),
        # If-None-Match decides alone where there is one.
        ("GET", {"If-None-Match": '"b"', "If-Modified-Since": AFTER}, STRONG, NOON, False),
        ("GET", {"If-None-Match": '"a"', "If-Modified-Since": BEFORE}, STRONG, NOON, True),
        ("GET", {"If-Modified-Since": AT_NOON}, None, NOON, True),
        ("GET", {"If-Modified-Since": AFTER}, STRONG, NOON, True),
        ("GET", {"If-Modified-Since": BEFORE}, None, NOON, False),
        ("GET", {"If-Modified-Since": "nonsense"}, None, NOON, False),
        ("GET", {"If-Modified-Since": ""}, None, NOON, False),
        ("GET", {"If-Modified-Since": AFTER}, STRONG, None, False),
        ("POST", {"If-Modified-Since": AFTER}, None, NOON, False),
        ("PUT", {"If-None-Match": '"b"'}, STRONG, None, False),
        ("PUT", {"If-None-Match": "*"}, None, None, False),
        ("PUT", {"If-None-Match": "*"}, STRONG, None, "If-None-Match"),
        ("PUT", {"If-None-Match": 'W/"a"'}, STRONG, None, "If-None-Match"),
        ("PUT", {"If-Match": '"a"'}, STRONG, None, False),
        ("PUT", {"If-Match": '"b", "a"'}, STRONG, None, False),
        ("PUT", {"If-Match": "*"}, STRONG, None, False),
        ("PUT", {"If-Match": "*"}, None, NOON, False),
        ("PUT", {"If-Match": "*"}, None, None, "If-Match"),
        ("PUT", {"If-Match": '"b"'}, STRONG, None, "If-Match"),
        ("PUT", {"If-Match": 'W/"a"'}, STRONG, None, "If-Match"),
        ("PUT", {"If-Match": '"a"'}, WEAK, None, "If-Match"),
        ("PUT", {"If-Match": 'W/"a"'}, WEAK, None, "If-Match"),
        ("GET", {"If-Match": '"b"'}, STRONG, None, "If-Match"),
        ("PUT", {"If-Match": '"a"', "If-Unmodified-Since": BEFORE}, STRONG, NOON, False),
        ("PUT", {"If-Unmodified-Since": BEFORE}, STRONG, NOON, "If-Unmodified-Since"),
        ("PUT", {"If-Unmodified-Since": AT_NOON}, STRONG, NOON, False),
        ("PUT", {"If-Unmodified-Since": "nonsense"}, STRONG, NOON, False),
        ("PUT", {"If-Unmodified-Since": BEFORE}, STRONG, None, False),
        ("GET", {"If-Match": '"a"', "If-None-Match": '"a"'}, STRONG, None, True),
    ],
)
def test_precondition(
    method: str, headers: dict[str, str], etag: str | None, last_modified: Any, fresh: bool | str
) -> None:
    if isinstance(fresh, bool):
        assert is_fresh(method, headers, etag, last_modified) is fresh
    else:
        with pytest.raises(PreconditionFailedError, match=f"{fresh} does not hold") as raised:
            is_fresh(method, headers, etag, last_modified)
        assert raised.value.header == fresh


@dataclasses.dataclass
class Post:
    id: int


class Model(pydantic.BaseModel):
    id: int


class Keyed:
    def cache_key(self) -> str:
        return "posts/1-7"


class Valued:
    cache_key = "posts/1-7"


class Record:
    def __init__(self, id: int | None, updated_at: Any) -> None:
        self.id, self.updated_at = id, updated_at


VALUES = [1, "1", b"1", 1.5, NOON, None, [1, 2], {"a": 1}, {1: "a"}, {"a"}, Post(1), Model(id=2), Keyed(), Record(1, 2)]


@pytest.mark.parametrize("value", VALUES)
def test_etag_is_of_the_value(value: Any) -> None:
    assert etag_of(value) == etag_of(value)
    assert etag_of(value).startswith('W/"')
    assert etag_of(value, strong=True) == etag_of(value).removeprefix("W/")
    assert etag_of(value) != etag_of([value])


def test_etag_is_of_what_a_record_says() -> None:
    assert etag_of(Keyed()) == etag_of(Valued()) == etag_of("posts/1-7")
    other = type("Other", (Record,), {})(1, NOON)
    records = [Record(1, NOON), Record(2, NOON), Record(1, NOON.replace(hour=13)), other]
    assert len({etag_of(each) for each in [*records, records]}) == 5
    assert etag_of(Record(1, NOON)) == etag_of(records[0])


SETS = """
from tornado_rails.controller.preconditions import etag_of
letters = set("abcdefgh")
print(etag_of([letters, {"a": letters}, {1: letters, "b": [letters, (letters,)]}, {*letters, 1, 2}, {None, *letters}]))
print(etag_of({"b": letters, "a": 1}))
"""


def test_etag_of_a_set_is_the_same_in_each_process() -> None:
    folder = str(Path(tornado_rails.__file__).parent.parent)
    outputs = {
        subprocess.check_output(
            [sys.executable, "-c", SETS], env={**os.environ, "PYTHONPATH": folder, "PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("record", "moment"),
    [
        (Record(1, NOON), NOON),
        (Record(1, NOON.replace(tzinfo=None)), NOON),
        (Record(1, None), None),
        (object(), None),
        ([], None),
        ([Record(1, 0), Record(2, NOON), Record(3, None), object()], NOON),
        ((Record(1, NOON.replace(tzinfo=None)), Record(2, NOON.replace(hour=13))), NOON.replace(hour=13)),
    ],
)
def test_last_change_of_a_record_or_of_several(record: Any, moment: datetime.datetime | None) -> None:
    assert last_change(record) == moment


@pytest.mark.parametrize("tag", ['"v1"', 'W/"v1"', '""'])
def test_etag_that_is_one_is_sent_as_it_is(tag: str) -> None:
    assert etag_of(tag) == tag == etag_of(tag, strong=True)


def test_etag_of_what_says_nothing_is_an_error() -> None:
    with pytest.raises(NotImplementedError, match="an ETag cannot be made of object: give it a cache_key"):
        etag_of([object()])


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (NOON, NOON),
        (NOON.replace(tzinfo=None), NOON),
        (NOON.replace(microsecond=7), NOON),
        (NOON.astimezone(datetime.timezone(datetime.timedelta(hours=2))), NOON),
        (datetime.date(2026, 1, 2), NOON.replace(hour=0)),
        (NOON.timestamp() + 0.9, NOON),
        (0, datetime.datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_moment(value: Any, moment: datetime.datetime) -> None:
    assert moment_of(value) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (AT_NOON, NOON),
        ("Friday, 02-Jan-26 12:00:00 GMT", NOON),
        ("Fri Jan  2 12:00:00 2026", NOON),
        ("Fri, 02 Jan 2026 12:00:00 -0000", NOON),
        *((nonsense, None) for nonsense in ("", "0", "nonsense", "Fri, 99 Jan 2026 12:00:00 GMT", "\xff" * 50)),
        ("Fri, 02 Jan 99999999999999999999 12:00:00 GMT", None),
    ],
)
def test_parsed_moment(text: str, moment: datetime.datetime | None) -> None:
    assert parsed_moment(text) == moment


class PostsController(Remembers, Controller):
    def show(self) -> Any:
        if self.stale(etag=["post", 1], last_modified=NOON):
            return {"id": 1}
        return None

    def fresh(self) -> Any:
        self.fresh_when(strong_etag="v1", public=True)
        return "body"

    def by_time(self) -> Any:
        self.write("not sent where it is fresh")
        self.stale(last_modified=NOON)

    def update(self) -> Any:
        if self.stale(strong_etag="v1"):
            return "updated"
        return None

    def expires(self) -> str:
        self.expires_in(datetime.timedelta(minutes=1), must_revalidate=True)
        return "body"

    def expires_all(self) -> str:
        self.expires_in(
            90.5, public=True, immutable=True, stale_while_revalidate=7, stale_if_error=datetime.timedelta(hours=1)
        )
        self.fresh_when(etag=1, public=True)
        return "body"

    def of_record(self) -> Any:
        return "record" if self.stale(Record(1, NOON)) else None

    def of_records(self) -> Any:
        self.fresh_when([Record(1, NOON), Record(2, NOON.replace(hour=11))])
        return "records"

    def of_record_and_more(self) -> Any:
        return "body" if self.stale(Record(1, NOON), strong_etag="v1", last_modified=0) else None

    def no_record(self) -> Any:
        return "none" if self.stale(None) else None

    def missing(self) -> Any:
        self.set_status(404)
        return "missing" if self.stale(etag='"v1"', last_modified=NOON) else None

    def public_later(self) -> str:
        self.expires_in(60)
        self.fresh_when(etag=1, public=True)
        return "body"

    def public_before(self) -> str:
        self.expires_in(60, public=True)
        self.fresh_when(etag=1)
        return "body"

    def told(self) -> str:
        self.fresh_when(etag=1, cache_control={"max_age": datetime.timedelta(minutes=1), "no_transform": True})
        return "body"

    def told_more(self) -> str:
        self.set_header("Cache-Control", 'Private, no-cache="a, b",max-age=7')
        self.fresh_when(etag=1, public=True, cache_control={"max_age": 0, "s_maxage": 9, "no_cache": None, "x": "y"})
        return "body"

    def now(self) -> str:
        self.expires_in(60)
        self.expires_now()
        return "body"

    def understood(self) -> str:
        self.expires_in(60, public=True)
        self.must_understand()
        return "body"

    def forever_by(self) -> Any:
        return "forever" if self.http_cache_forever(etag="v1", last_modified=NOON) else None

    def expired(self) -> None:
        self.expires_in(-1)

    def forever(self) -> Any:
        return "forever" if self.http_cache_forever(public=True) else None

    def never(self) -> str:
        self.no_store()
        return "never"

    def body(self) -> str:
        return "body"


@pytest.fixture
def app() -> RailsApplication:
    return RailsApplication([(f"/{name}", PostsController, {"action": name}) for name in action_names(PostsController)])


@pytest.mark.parametrize(
    ("path", "body", "cache_control"),
    [
        ("/show", '{"id":1}', "max-age=0, private, must-revalidate"),
        ("/fresh", "body", "public"),
        ("/forever", "forever", "max-age=3153600000, public, immutable"),
        ("/forever_by", "forever", "max-age=3153600000, private, immutable"),
        ("/of_record", "record", "max-age=0, private, must-revalidate"),
        ("/of_records", "records", "max-age=0, private, must-revalidate"),
    ],
)
@served
async def test_fresh_copy_is_a_304(fetch: Fetch, path: str, body: str, cache_control: str) -> None:
    first = await fetch(path)
    assert (first.code, text(first), first.headers["Cache-Control"]) == (200, body, cache_control)
    for method in ("GET", "HEAD"):
        again = await fetch(path, method, If_None_Match=first.headers["Etag"])
        assert (again.code, again.body, again.headers["Etag"]) == (304, b"", first.headers["Etag"])
        assert (again.headers["Cache-Control"], again.headers["Vary"]) == (cache_control, first.headers["Vary"])
        assert "Content-Type" not in again.headers
        assert "Content-Length" not in again.headers
    assert (await fetch(path, If_None_Match='"other"')).code == 200


@served
async def test_last_modified_alone(fetch: Fetch) -> None:
    first = await fetch("/by_time")
    assert first.headers["Last-Modified"] == AT_NOON
    assert (await fetch("/by_time", If_Modified_Since=AT_NOON)).code == 304
    assert (await fetch("/by_time", If_Modified_Since=BEFORE)).code == 200


@pytest.mark.parametrize(
    ("path", "etag", "last_modified"),
    [
        ("/of_record", None, AT_NOON),
        ("/of_records", None, AT_NOON),
        ("/of_record_and_more", etag_of("v1", strong=True), "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("/forever_by", None, AT_NOON),
    ],
)
@served
async def test_record_stands_for_its_validators(fetch: Fetch, path: str, etag: str | None, last_modified: str) -> None:
    answer = await fetch(path)
    assert answer.headers["Last-Modified"] == last_modified
    assert answer.headers["Etag"] == (etag or answer.headers["Etag"])
    assert (await fetch(path, If_Modified_Since=last_modified)).code == 304


@served
async def test_nothing_is_always_stale(fetch: Fetch) -> None:
    assert text(await fetch("/no_record", If_None_Match='"v1"', If_Modified_Since=AFTER)) == "none"


@served
async def test_preconditions_are_of_responses_that_would_be_2xx(fetch: Fetch) -> None:
    for headers in ({"If_None_Match": '"v1"'}, {"If_Modified_Since": AFTER}, {"If_Match": '"other"'}, {}):
        answer = await fetch("/missing", **headers)
        assert (answer.code, text(answer)) == (404, "missing")
        assert ("Etag" in answer.headers, "Last-Modified" in answer.headers) == (False, False)


@served
async def test_change_of_what_has_changed_is_a_412(fetch: Fetch) -> None:
    etag = etag_of("v1", strong=True)
    assert text(await fetch("/update", "PUT", If_Match=etag)) == "updated"
    refused = await fetch("/update", "PUT", If_Match='"other"')
    assert (refused.code, "If-Match does not hold" in text(refused)) == (412, True)


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/expires", "max-age=60, private, must-revalidate"),
        ("/expires_all", "max-age=90, public, immutable, stale-while-revalidate=7, stale-if-error=3600"),
        ("/never", "no-store"),
        ("/public_later", "max-age=60, public"),
        ("/public_before", "max-age=60, public"),
        ("/told", "private, max-age=60, no-transform"),
        ("/told_more", "max-age=0, public, s-maxage=9, x=y"),
        ("/now", "no-cache"),
        ("/understood", "max-age=60, public, must-understand, no-store"),
        ("/body", None),
    ],
)
@served
async def test_caches_are_told(fetch: Fetch, path: str, header: str | None) -> None:
    assert (await fetch(path)).headers.get("Cache-Control") == header


def test_directives_are_taken_away() -> None:
    assert with_directives("a, b, public", {"a": False, "b": None, "private": True, "c": False}) == "private"


@served
async def test_age_before_now_is_an_error(fetch: Fetch) -> None:
    with expect_500("Uncaught"):
        await fetch("/expired")
    assert Remembers.logged == "ValueError: a response cannot be good for -1 seconds"


@served
async def test_tornados_etag_stays_for_the_rest(fetch: Fetch) -> None:
    etag = (await fetch("/body")).headers["Etag"]
    assert (await fetch("/body", If_None_Match=etag)).code == 304


@served
async def test_mixin_works_in_a_tornado_application(io_loop: Any) -> None:
    class Alone(CachingMixin, RequestHandler):
        def get(self) -> None:
            self.fresh_when(etag='"v1"')

    handler = await run(Application([("/", Alone)]), request_by_hand("/", headers={"If-None-Match": '"v1"'}))
    assert handler.get_status() == 304


class PagesController(Controller):
    def show(self) -> None:
        self.fresh_when(etag="v1")

    def given(self) -> Any:
        self.fresh_when(etag=self.get_argument("etag"))
        return "given"

    def strong(self) -> Any:
        self.fresh_when(strong_etag="v1")
        return "strong"

    def asked(self) -> Any:
        form = self.respond_to("json", "html")
        return {"form": form} if self.stale(etag="v1") else None


def pages(folder: Path, **settings: Any) -> RailsApplication:
    table = [
        (rf"/{name}(?:\.(\w+))?", PagesController, {"action": name, "param_keys": ("format",)})
        for name in action_names(PagesController)
    ]
    return RailsApplication(table, views_path=folder, **settings)


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("pages/show.html", "pages/show.json", "layouts/application.html"):
        put(tmp_path, name, "{% raw content_for() %}" if "layouts" in name else name)
    return tmp_path


async def tag_of(application: Any, path: str, accept: str = "", **headers: str) -> tuple[int, str, str | None]:
    request = request_by_hand(path, headers={"Accept": accept, **headers} if accept else headers)
    answer = (await run(application, request)).request.connection
    return answer.status, answer.headers["Etag"], answer.headers.get("Vary")


@pytest.mark.parametrize("path", ["/show", "/asked"])
@served
async def test_each_format_has_a_tag_of_its_own(io_loop: Any, folder: Path, path: str) -> None:
    application = pages(folder)
    _, html, vary = await tag_of(application, path, "text/html")
    _, json, _ = await tag_of(application, path, "application/json")
    assert (html != json, vary) == (True, "Accept")
    known = {"If-None-Match": html}
    assert await tag_of(application, path, "text/html", **known) == (304, html, "Accept")
    assert await tag_of(application, path, "application/json", **known) == (200, json, "Accept")


@served
async def test_tag_is_of_the_format_and_not_of_what_else_is_accepted(io_loop: Any, folder: Path) -> None:
    application = pages(folder)
    formats = [await tag_of(application, "/asked", accept) for accept in ("text/html", "text/html, */*;q=0.1")]
    assert formats[0] == formats[1]
    suffixes = [await tag_of(application, "/show.html", accept) for accept in ("", "application/json")]
    assert suffixes[0] == suffixes[1]
    assert suffixes[0][2] is None
    assert (await tag_of(application, "/show.json"))[1] != suffixes[0][1]


@served
async def test_tag_that_is_given_or_strong_is_the_same_in_each_format(io_loop: Any, folder: Path) -> None:
    application = pages(folder)
    for accept in ("text/html", "application/json"):
        assert (await tag_of(application, "/strong", accept))[1] == etag_of("v1", strong=True)
        assert await tag_of(application, "/given?etag=%22v1%22", accept) == (200, '"v1"', "Accept")


@pytest.mark.parametrize("name", ["pages/show.html", "layouts/application.html", "shared/deep/_new.html", "x.vcf"])
@served
async def test_tag_is_another_when_views_have_changed(io_loop: Any, folder: Path, name: str) -> None:
    settings: Any = {"media_types": {"vcf": "text/vcard"}}
    before = await tag_of(pages(folder, **settings), "/show")
    cached, fresh = pages(folder, **settings), pages(folder, compiled_template_cache=False, **settings)
    assert before == await tag_of(cached, "/show") == await tag_of(fresh, "/show")
    put(folder, name, "changed")
    assert await tag_of(cached, "/show") == before  # as its views are the old ones
    assert (await tag_of(fresh, "/show"))[1] != before[1]
    assert await tag_of(fresh, "/show") == await tag_of(pages(folder, **settings), "/show")


@served
async def test_tag_is_not_of_what_is_no_view(io_loop: Any, folder: Path) -> None:
    before = await tag_of(pages(folder), "/show")
    for name in (".git/show.html", "data.sqlite", "pages/__pycache__/a.pyc", "README"):
        put(folder, name, "changed")
    (folder / "gone.html").symlink_to(folder / "nowhere")
    assert await tag_of(pages(folder), "/show") == before


def test_media_types_may_be_none() -> None:
    class NoneController(Controller):
        def go(self) -> str:
            self.fresh_when(etag="v1")
            return "body"

    application = RailsApplication([("/it", NoneController, {"action": "go"})], media_types=None)
    assert fetch_once(application, "/it").status == 200
