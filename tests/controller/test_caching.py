"""Conditional requests, as RFC 9110 compares; and what caches are told."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pydantic
import pytest
from tornado.web import Application, RequestHandler

from tests.conftest import Fetch
from tests.controller.support import Remembers, expect_500, request_by_hand, run, served, text
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.caching import CachingMixin
from tornado_rails.controller.preconditions import etag_of, is_fresh, moment_of, parsed_moment
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


@pytest.mark.parametrize("value", [1, "1", b"1", 1.5, NOON, None, [1, 2], {"a": 1}, Post(1), Model(id=2), Keyed()])
def test_etag_is_of_the_value(value: Any) -> None:
    assert etag_of(value) == etag_of(value)
    assert etag_of(value).startswith('W/"')
    assert etag_of(value, strong=True) == etag_of(value).removeprefix("W/")
    assert etag_of(value) != etag_of([value])


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
    ],
)
@served
async def test_fresh_copy_is_a_304(fetch: Fetch, path: str, body: str, cache_control: str) -> None:
    first = await fetch(path)
    assert (first.code, text(first), first.headers["Cache-Control"]) == (200, body, cache_control)
    for method in ("GET", "HEAD"):
        again = await fetch(path, method, If_None_Match=first.headers["Etag"])
        assert (again.code, again.body, again.headers["Etag"]) == (304, b"", first.headers["Etag"])
        assert again.headers["Cache-Control"] == cache_control
        assert "Content-Type" not in again.headers
        assert "Content-Length" not in again.headers
    assert (await fetch(path, If_None_Match='"other"')).code == 200


@served
async def test_last_modified_alone(fetch: Fetch) -> None:
    first = await fetch("/by_time")
    assert first.headers["Last-Modified"] == AT_NOON
    assert (await fetch("/by_time", If_Modified_Since=AT_NOON)).code == 304
    assert (await fetch("/by_time", If_Modified_Since=BEFORE)).code == 200


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
        ("/body", None),
    ],
)
@served
async def test_caches_are_told(fetch: Fetch, path: str, header: str | None) -> None:
    assert (await fetch(path)).headers.get("Cache-Control") == header


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
