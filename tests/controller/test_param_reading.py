"""What arrives of each kind of field and body, what is refused, and that nested params hold everywhere."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPFile
from tornado.web import RequestHandler

from tests.conftest import Fetch
from tests.controller.support import data, request_by_hand, run, served
from tests.controller.test_params import FORM, JSON, MULTIPART, multipart
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.nesting import nest
from tornado_rails.controller.parameters import Parameters
from tornado_rails.controller.params import params_of
from tornado_rails.controller.uploads import UploadedFile
from tornado_rails.errors import MalformedRequestError

TEXT = 'name="%s"'
FILE = 'name="%s"; filename="a.txt"\r\nContent-Type: text/plain'


def flat(text: str) -> dict[str, list[bytes]]:
    """What Tornado makes of a form."""
    values: dict[str, list[bytes]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, encoding="latin-1"):
        values.setdefault(name, []).append(value.encode("latin-1"))
    return values


class Handler:
    """As much of a handler as params are read from."""

    path_args: tuple[Any, ...] = ()
    path_kwargs: dict[str, Any] = {}

    def __init__(self, target: str, media_type: str = "", body: bytes = b"", **settings: Any) -> None:
        headers = {"Content-Type": media_type} if media_type else {}
        path, _, query = target.partition("?")
        many = 900  # newer Tornados refuse more than a thousand themselves, if they are not told otherwise
        self.request = request_by_hand(path if query.count("&") > many else target, "POST", body, headers)
        self.request.query = query
        if query.count("&") > many:
            self.request.query_arguments = flat(query)
        if media_type == FORM and body.count(b"&") > many:
            self.request.body_arguments = flat(body.decode("latin-1"))
        elif body and not self.request.body_arguments:
            self.request._parse_body()
        self.application: Any = RailsApplication([], **settings)

    decode_argument = RequestHandler.decode_argument


def read(target: str, media_type: str = "", body: bytes = b"", **settings: Any) -> Any:
    handler: Any = Handler(target, media_type, body, **settings)
    return params_of(handler)


def form(text: str, **settings: Any) -> Any:
    return read("/", FORM, text.encode(), **settings)


def query(text: str, **settings: Any) -> Any:
    return read(f"/?{text}", **settings)


def parts(text: str, **settings: Any) -> Any:
    """The same as a multipart body."""
    pairs = [pair.partition("=") for pair in text.split("&")]
    return read("/", MULTIPART, multipart(*((TEXT % name, value) for name, _, value in pairs)), **settings)


class Is:
    """Equals a file of such a content."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UploadedFile) and other.body == self.body

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        # a file field
        (MULTIPART, multipart((FILE % "f", "1")), {"f": Is(b"1")}),
        (MULTIPART, multipart((FILE % "f", "1"), (FILE % "f", "2")), {"f": Is(b"2")}),
        (MULTIPART, multipart((FILE % "f[]", "1"), (FILE % "f[]", "2")), {"f": [Is(b"1"), Is(b"2")]}),
        (MULTIPART, multipart((FILE % "p[f]", "1"), (TEXT % "p[t]", "2")), {"p": {"f": Is(b"1"), "t": "2"}}),
        (MULTIPART, multipart((FILE % "f", b"\xff\0")), {"f": Is(b"\xff\0")}),
        (MULTIPART, multipart((FILE % "f", "")), {"f": Is(b"")}),
        (MULTIPART, multipart(('name="f"; filename=""', "")), {"f": ""}),
        (MULTIPART, multipart((TEXT % "f", "1"), (FILE % "f", "2")), {"f": Is(b"2")}),
        (
            MULTIPART,
            multipart((FILE % "r[][f]", "1"), (TEXT % "r[][t]", "2"), (FILE % "r[][f]", "3"), (TEXT % "r[][t]", "4")),
            {"r": [{"f": Is(b"1"), "t": "2"}, {"f": Is(b"3"), "t": "4"}]},
        ),
        (MULTIPART, multipart((TEXT % "é[][ü]", "ö"), (TEXT % "é[][ü]", "ä")), {"é": [{"ü": "ö"}, {"ü": "ä"}]}),
        # a repeated field
        (FORM, b"a=1&a=2", {"a": "2"}),
        (FORM, b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (FORM, b"a[]=1", {"a": ["1"]}),
        (FORM, b"a[b]=1&a[b]=2", {"a": {"b": "2"}}),
        (FORM, b"a[][b]=1&a[][c]=2&a[][b]=3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        (FORM, b"a[0][b]=1&a[1][b]=2", {"a": {"0": {"b": "1"}, "1": {"b": "2"}}}),
        (JSON, b'{"a": 1, "a": 2}', {"a": 2}),
        # an empty string
        (FORM, b"a=", {"a": ""}),
        (FORM, b"a", {"a": ""}),
        (FORM, b"a[b]=&a[c]", {"a": {"b": "", "c": ""}}),
        (FORM, b"a[]=", {"a": [""]}),
        (FORM, b"a[b]=1&=2", {"a": {"b": "1"}, "": "2"}),
        (JSON, b'{"a": ""}', {"a": ""}),
        (MULTIPART, multipart((TEXT % "a[b]", "")), {"a": {"b": ""}}),
        # a JSON number
        (JSON, b'{"a": 1, "b": 1.5, "c": -0.0, "d": 1e3}', {"a": 1, "b": 1.5, "c": 0.0, "d": 1000.0}),
        (JSON, b'{"a": 12345678901234567890123}', {"a": 12345678901234567890123}),
        (JSON, b'{"a": {"b": [1, {"c": 2}]}}', {"a": {"b": [1, {"c": 2}]}}),
        # null
        (JSON, b'{"a": null}', {"a": None}),
        (JSON, b'{"a": [null]}', {"a": [None]}),
        (JSON, b'{"a": {"b": null}}', {"a": {"b": None}}),
        # a nested list
        (JSON, b'{"a": [[1, [2]], []]}', {"a": [[1, [2]], []]}),
        (JSON, b'{"a": [[{"b": 1}]]}', {"a": [[{"b": 1}]]}),
        (JSON, b'[[{"b": 1}]]', {"_json": [[{"b": 1}]]}),
        (FORM, b"a[][]=1&a[][]=2", {"a": [["1"], ["2"]]}),
        # names
        (FORM, b"a%5Bb%5d=1", {"a": {"b": "1"}}),
        (FORM, b"%C3%A9[%C3%BC]=1", {"é": {"ü": "1"}}),
        (FORM, b"[a]=1&b]=2&c[=3&d[e=4", {"[a]": "1", "b]": "2", "c[": "3", "d": {"[e": "4"}}),
        (FORM, b"a[keys]=1&a[__class__]=2", {"a": {"keys": "1", "__class__": "2"}}),
        (FORM, b"a[b%00]=%00", {"a": {"b\0": "\0"}}),
        (JSON, b'{"a[b]": 1}', {"a[b]": 1}),
        (JSON, b'{"a\\u0000": "\\u0000"}', {"a\0": "\0"}),
        ("text/plain", b"a[b]=1", {}),
    ],
)
def test_what_arrives(media_type: str, body: bytes, expected: dict[str, Any]) -> None:
    assert read("/", media_type, body) == expected


def test_tornados_own_files_and_arguments_stay_as_they_are() -> None:
    handler: Any = Handler("/?q[a]=0", MULTIPART, multipart((FILE % "p[f]", "1"), (TEXT % "p[t]", "2")))
    file = params_of(handler)["p"]["f"]
    request = handler.request
    assert request.files == {"p[f]": [HTTPFile(filename="a.txt", content_type="text/plain", body=b"1")]}
    assert file.file is request.files["p[f]"][0]
    assert request.arguments == {"q[a]": [b"0"], "p[t]": [b"2"]}


@pytest.mark.parametrize(("media_type", "body"), [(FORM, b"a[b]=1"), ("text/plain", b"a[b]=1"), ("", b"x")])
def test_arguments_that_the_application_adds_are_params(media_type: str, body: bytes) -> None:
    handler: Any = Handler("/", media_type, body)
    handler.request.body_arguments["a[c]"] = [b"2"]
    params = params_of(handler)
    assert params["a"] == ({"b": "1", "c": "2"} if media_type == FORM else {"c": "2"})


@pytest.mark.parametrize("send", [query, form, parts])
def test_flat_and_nested_names_stand_together(send: Callable[[str], Any]) -> None:
    params = send("tag=a&post[title]=One&tag=b&post[tags][]=x&post[tags][]=y")
    assert params == {"tag": "b", "post": {"title": "One", "tags": ["x", "y"]}}
    assert params.get_list("tag") == ["a", "b"]
    assert params.get_list("post") == [{"title": "One", "tags": ["x", "y"]}]
    assert params["post"].get("title") == "One"
    assert [type(each) for each in (params["post"], params.query, params.body)] == [Parameters] * 3


def test_nested_list_has_all_its_values() -> None:
    assert query("tags[]=a&tags[]=b").get_list("tags") == ["a", "b"]
    assert form("tags[]=a&tags[]=b").get_list("tags") == ["a", "b"]


def test_parts_are_laid_over_one_another_by_their_first_names() -> None:
    params = read("/?a[b]=1&c[d]=2&e=3&e=4", FORM, b"a[x]=5&e[]=6")
    assert params == {"a": {"x": "5"}, "c": {"d": "2"}, "e": ["6"]}
    assert params.query == {"a": {"b": "1"}, "c": {"d": "2"}, "e": "4"}
    assert params.body == {"a": {"x": "5"}, "e": ["6"]}
    assert params.get_list("e") == ["6"]
    assert read("/").query == read("/").body == {}


CONFLICTS = [
    ("a=1&a[b]=2", r"parameter 'a[b]': 'a' is a group here, and a value elsewhere"),
    ("a[b]=1&a[]=2", r"parameter 'a[]': 'a' is a list here, and a group elsewhere"),
    ("a[]=1&a[b]=2", r"parameter 'a[b]': 'a' is a group here, and a list elsewhere"),
    ("a[b]=1&a[b][c]=2", r"parameter 'a[b][c]': 'b' is a group here, and a value elsewhere"),
    ("a=1&a[][b]=2&a[][b]=3", r"parameter 'a[][b]': 'a' is a list here, and a value elsewhere"),
    ("a" + "[b]" * 32 + "=1", "parameter 'a" + "[b]" * 32 + "': its name has more than 32 parts"),
    ("a" + "[]" * 1000 + "=1", "parameter 'a" + "[]" * 49 + "[': its name has more than 32 parts"),
    ("a" + "[b]" * 1000 + "=1", "parameter 'a" + "[b]" * 33 + "': its name has more than 32 parts"),
    ("a" + "[b]" * 100_000 + "=1", "parameter 'a" + "[b]" * 33 + "': its name has more than 32 parts"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "detail"), CONFLICTS)
@pytest.mark.parametrize("send", [query, form, parts])
def test_names_that_mean_two_things_or_go_too_deep_are_refused(
    send: Callable[[str], Any], text: str, detail: str
) -> None:
    if send is parts and len(text) > 10_000:
        pytest.skip("Tornado refuses such a header itself")
    with pytest.raises(MalformedRequestError) as raised:
        send(text)
    assert raised.value.detail == detail


OBJECT = b"{%s}" % b",".join(b'"%d":1' % number for number in range(100_000))
HOSTILE: list[tuple[str, str, bytes, str]] = [
    ("/?" + "&".join(map(str, range(5000))), "", b"", "the query has more than 4096 parameters"),
    ("/?" + "a&" * 5000, "", b"", "the query has more than 4096 parameters"),
    ("/", FORM, b"&".join(b"a%d=1" % number for number in range(100_000)), "the form has more than 4096 parameters"),
    ("/", FORM, b"a[]=1&" * 100_000, "the form has more than 4096 parameters"),
    ("/", FORM, b"a[][b]=1&" * 100_000, "the form has more than 4096 parameters"),
    ("/", FORM, b"&" * 100_000, "the form has more than 4096 parameters"),
    ("/", JSON, OBJECT, "the body has an object of more than 4096 names"),
    ("/", JSON, b'{"a": [%s]}' % OBJECT, "the body has an object of more than 4096 names"),
    ("/", JSON, b'{"a":' * 101 + b"1" + b"}" * 101, "the body is nested more than 100 deep"),
    ("/", JSON, b"[" * 100 + b"]" * 100, "the body is nested more than 100 deep"),
    ("/", JSON, b'{"a":[' * 51 + b"]}" * 51, "the body is nested more than 100 deep"),
    # How deep the parser itself goes is the Python's; beyond, it says that this is not JSON.
    ("/", JSON, b"[" * 100_000 + b"]" * 100_000, "the body is n"),
    ("/", JSON, b'{"a":' * 5000 + b"1" + b"}" * 5000, "the body is n"),
    ("/", JSON, b'{"a": %s}' % (b"9" * 100_000), "the body is not JSON: "),
    ("/", JSON, b'{"a": 1e400}', "the body is not JSON: "),
    ("/", JSON, b'{"a": {"b": "\xff"}}', "the body is not JSON: "),
    ("/?a[%ff]=1", "", b"", "a parameter's name is not UTF-8"),
    ("/?a[b]=%ff", "", b"", "parameter 'a[b]' is not UTF-8"),
    ("/", FORM, b"a[][b]=%ff", "parameter 'a[][b]' is not UTF-8"),
    ("/", FORM, b"a[%zz]=1", "the form has a broken percent escape"),
    ("/", MULTIPART, multipart((TEXT % "a[b]", b"\xff")), "parameter 'a[b]' is not UTF-8"),
]


@pytest.mark.parametrize(("target", "media_type", "body", "detail"), HOSTILE)
def test_hostile_request_is_a_400_at_once(target: str, media_type: str, body: bytes, detail: str) -> None:
    handler: Any = Handler(target, media_type, body)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedRequestError) as raised:
            params_of(handler)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert raised.value.detail.startswith(detail)
    assert raised.value.status_code == 400
    assert peak < 40_000_000  # what msgspec makes of the largest; a guard against another order of magnitude


@served
async def test_hostile_request_is_answered(fetch: Fetch) -> None:
    for media_type, body in [
        (FORM, b"&".join(b"a%d=1" % number for number in range(100_000))),
        (FORM, b"a" + b"[b]" * 1000 + b"=1"),
        (JSON, OBJECT),
        (JSON, b'{"a":' * 5000 + b"1" + b"}" * 5000),
    ]:
        answer = await fetch("/", "POST", body, Content_Type=media_type, Accept="application/json")
        assert answer.code == 400
        assert "detail" in data(answer)
    answer = await fetch("/", "POST", "post[title]=One&post[admin]=1", Content_Type=FORM)
    assert data(answer) == {"title": "One"}
    answer = await fetch("/", "POST", "a=1", Content_Type=FORM, Accept="application/json")
    assert (answer.code, data(answer)["errors"]) == (
        400,
        [{"parameter": "post", "in": "params", "detail": "is missing, empty or not as expected"}],
    )


class PostsController(Controller):
    def create(self) -> Any:
        return self.params.expect(post=["title"]).to_dict()


@pytest.fixture
def app() -> RailsApplication:
    return RailsApplication([("/", PostsController, {"action": "create"})])


@pytest.mark.parametrize(
    ("settings", "send"),
    [
        ({"param_keys_limit": 2}, lambda **limits: query("a=1&b=2", **limits)),
        ({"param_keys_limit": 2}, lambda **limits: form("a=1&b=2", **limits)),
        ({"param_keys_limit": 2}, lambda **limits: parts("a=1&b=2", **limits)),
        ({"param_keys_limit": 2}, lambda **limits: read("/", JSON, b'{"a": {"b": 1, "c": 2}, "d": 3}', **limits)),
        ({"param_depth_limit": 2}, lambda **limits: query("a[b]=1", **limits)),
        ({"param_depth_limit": 2}, lambda **limits: form("a[b]=1&a[c]=1", **limits)),
        ({"param_depth_limit": 2}, lambda **limits: parts("a[b]=1", **limits)),
        ({"json_depth_limit": 2}, lambda **limits: read("/", JSON, b'{"a": [1]}', **limits)),
        ({"json_depth_limit": 2}, lambda **limits: read("/", JSON, b"[1]", **limits)),
    ],
)
def test_limits_are_settings(settings: dict[str, int], send: Callable[..., Any]) -> None:
    assert send(**settings)
    with pytest.raises(MalformedRequestError):
        send(**{name: limit - 1 for name, limit in settings.items()})


def test_many_parts_of_a_body_are_refused() -> None:
    body = multipart(*((TEXT % f"a{number}", "1") for number in range(20)), *((FILE % "f", "1") for _ in range(20)))
    assert len(read("/", MULTIPART, body, param_keys_limit=40)) == 21
    with pytest.raises(MalformedRequestError, match="the form has more than 39 parameters"):
        read("/", MULTIPART, body, param_keys_limit=39)


NAMES = st.lists(st.sampled_from(["a", "b", "[a]", "[b]", "[]", "[0]", "[", "é"]), min_size=1, max_size=4).map("".join)


def outcome(send: Callable[[], Any]) -> Any:
    try:
        return send().to_unsafe_dict()
    except MalformedRequestError as error:
        return error.detail


@given(st.lists(st.tuples(NAMES, st.sampled_from(["", "1", "2", "ü"])), min_size=1, max_size=6))
def test_query_form_and_their_pairs_nest_alike(pairs: list[tuple[str, str]]) -> None:
    text = urlencode(pairs)
    by_query = outcome(lambda: query(text))
    assert by_query == outcome(lambda: form(text))
    assert by_query == outcome(
        lambda: query("&".join(f"{quote(name, safe='[]')}={quote(value)}" for name, value in pairs))
    )
    assert by_query == outcome(lambda: Parameters(nest(pairs, 32, Parameters)))


@given(st.lists(st.tuples(st.sampled_from(["r[][a]", "r[][b]", "r[][c][]"]), st.sampled_from("12")), min_size=1))
def test_lists_of_groups_are_the_same_in_every_kind_of_form(pairs: list[tuple[str, str]]) -> None:
    text = "&".join(f"{name}={value}" for name, value in pairs)
    assert parts(text) == form(text) == query(text)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@given(JSONS)
def test_json_arrives_as_it_was_sent(value: Any) -> None:
    params = read("/", JSON, json.dumps(value).encode())
    expected = value if isinstance(value, dict) else {"_json": value}
    assert params == expected
    assert params.body.to_unsafe_dict() == expected
    assert groups_in(params.body) == dicts_in(expected)


def groups_in(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(groups_in, value))
    return isinstance(value, Parameters) + sum(map(groups_in, value.values())) if isinstance(value, dict) else 0


def dicts_in(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(dicts_in, value))
    return 1 + sum(map(dicts_in, value.values())) if isinstance(value, dict) else 0


@served
async def test_flat_name_is_still_tornados_argument(io_loop: Any) -> None:
    class Reads(Controller):
        def show(self) -> str:
            return f"{self.get_argument('post[title]')} {self.params['post']['title']} {'post[title]' in self.params}"

    application = RailsApplication([("/", Reads, {"action": "show"})])
    handler = await run(application, request_by_hand("/?post[title]=One"))
    assert handler.request.connection.body == b"One One False"
