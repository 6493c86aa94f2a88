"""Strong parameters: what may be read, what is refused until it is permitted, and what require and expect take."""

from __future__ import annotations

import copy
import json
import pickle
from collections import ChainMap, OrderedDict
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from tornado.httputil import HTTPFile
from tornado.testing import ExpectLog

from tornado_rails.controller.parameters import Parameters
from tornado_rails.errors import ParamMissingError, UnfilteredParamsError, UnpermittedParamsError

SENT = {"title": "One", "admin": "1", "author": {"name": "Ann", "role": "boss"}, "rows": [{"x": "1"}, {"y": "2"}]}


def group(value: Mapping[str, Any] = SENT) -> Any:
    """A group of params, whose dicts are groups."""
    return Parameters(value)


class Model:
    """What an ORM's class is like."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


TAKEN_OVER: list[Callable[[Any], Any]] = [
    lambda it: Model(**it),
    lambda it: Model(**it["author"]),
    lambda it: Model(**it.get("author")),
    lambda it: [Model(**row) for row in it["rows"]],
    lambda it: Model(id=7, **it),
    lambda it: SimpleNamespace(**it),
    lambda it: Model().__init__(**it),  # type: ignore[misc]
    lambda it: dict(it),
    lambda it: dict(**it),
    lambda it: {**it},
    lambda it: {**it["author"]},
    lambda it: OrderedDict(it),
    lambda it: Model().__dict__.update(it),
    lambda it: {"id": 7} | it,
    lambda it: dict.copy(it),
    lambda it: dict.__or__(it, {}),
    lambda it: it.keys(),
    lambda it: it["author"].keys(),
    lambda it: it.to_dict(),
    lambda it: Parameters(it),
    lambda it: "{title}".format(**it),
    lambda it: ChainMap({}, it.slice("admin")).maps[1].keys(),
    lambda it: Model(**it.without("title")),
    lambda it: Model(**it.merge(title="Two")),
    lambda it: Model(**copy.copy(it)),
    lambda it: Model(**copy.deepcopy(it)),
    lambda it: Model(**pickle.loads(pickle.dumps(it))),
]


@pytest.mark.parametrize("take", TAKEN_OVER)
def test_group_that_is_not_permitted_is_not_taken_over_as_a_whole(take: Callable[[Any], Any]) -> None:
    with pytest.raises(UnfilteredParamsError) as raised:
        take(group())
    assert str(raised.value) == (
        "params that are not permitted were passed on as a whole. Name what may come in with permit(...) or "
        "expect(...), or take all that was sent with to_unsafe_dict()."
    )


@pytest.mark.parametrize("take", TAKEN_OVER)
def test_group_that_is_permitted_is_taken_over(take: Callable[[Any], Any]) -> None:
    take(group().permit_all())


def test_what_is_taken_over_of_a_permitted_group_is_what_it_has() -> None:
    assert vars(Model(**group().permit("title", author=["name"]))) == {"title": "One", "author": {"name": "Ann"}}
    assert dict(group()["author"].permit("name")) == {"name": "Ann"}


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda it: it, SENT),
        (lambda it: it == SENT, True),
        (lambda it: it != SENT, False),
        (lambda it: it["author"], {"name": "Ann", "role": "boss"}),
        (lambda it: it["author"]["name"], "Ann"),
        (lambda it: it.get("absent", 7), 7),
        (lambda it: list(it), ["title", "admin", "author", "rows"]),
        (lambda it: [*it], ["title", "admin", "author", "rows"]),
        (lambda it: list(reversed(it)), ["rows", "author", "admin", "title"]),
        (lambda it: set(it["author"]), {"name", "role"}),
        (lambda it: len(it), 4),
        (lambda it: bool(it), True),
        (lambda it: "title" in it, True),
        (lambda it: list(it["author"].items()), [("name", "Ann"), ("role", "boss")]),
        (lambda it: list(it["author"].values()), ["Ann", "boss"]),
        (lambda it: isinstance(it, dict) and isinstance(it, Mapping), True),
        (lambda it: it.pop("title"), "One"),
        (lambda it: it.setdefault("new", 7), 7),
        (lambda it: "%(title)s".__mod__(it), "One"),
        (lambda it: json.loads(json.dumps(it)), SENT),
        (lambda it: msgspec.json.decode(msgspec.json.encode(it)), SENT),
        (lambda it: repr(it), repr(SENT)),
        (lambda it: it.to_unsafe_dict(), SENT),
        (lambda it: type(it.to_unsafe_dict()["author"]), dict),
        (lambda it: type(it.to_unsafe_dict()["rows"][0]), dict),
        (lambda it: it.permitted, False),
    ],
)
def test_group_is_read_as_any_dict(read: Callable[[Any], Any], expected: Any) -> None:
    assert read(group()) == expected


def test_dicts_within_become_groups_and_stay_as_they_are_given() -> None:
    given = {"a": {"b": [{"c": "1"}, [{"d": "2"}]]}, "e": HTTPFile(filename="f")}
    it = Parameters(given, g={"h": "3"})
    assert it == {**given, "g": {"h": "3"}}
    kinds = [it["a"], it["a"]["b"][0], it["a"]["b"][1][0], it["g"], it["e"]]
    assert [type(each) for each in kinds] == [Parameters] * 4 + [HTTPFile]
    assert type(given["a"]) is dict


def test_permit_all_permits_what_is_within_too() -> None:
    it = group()
    assert it.permit_all() is it
    assert it.permitted
    assert it["author"].permitted
    assert [row.permitted for row in it["rows"]] == [True, True]
    assert it.to_dict() == SENT
    assert [type(each) for each in (it.to_dict()["author"], *it.to_dict()["rows"])] == [dict] * 3
    assert list(it.keys()) == list(SENT)


def test_permitting_a_part_permits_nothing_else() -> None:
    it = group()
    it.permit("title", author=["name"], rows=["x"])
    it["author"].permit("name")
    assert [each.permitted for each in (it, it["author"], it["rows"][0])] == [False] * 3


def test_group_that_was_put_into_a_permitted_one_is_still_refused() -> None:
    permitted = group().permit("title")
    permitted["author"] = group()["author"]
    with pytest.raises(UnfilteredParamsError):
        permitted.to_dict()
    with pytest.raises(UnfilteredParamsError):
        Model(**permitted["author"])


def test_copies_have_values_of_their_own_and_no_settings() -> None:
    it = group()
    it._settings = {"db": open}  # what cannot be pickled
    deep = copy.deepcopy(it)
    assert deep == it
    assert deep["author"] is not it["author"]
    assert copy.copy(it)["author"] is it["author"]
    assert copy.copy(it)._settings is it._settings
    assert pickle.loads(pickle.dumps(it.permit("title"))).permitted


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("title",), "One"),
        ((["title"],), ["One"]),
        ((["title", "admin"],), ["One", "1"]),
        (("title", "admin"), ["One", "1"]),
        (("author",), {"name": "Ann", "role": "boss"}),
        (("zero",), 0),
        (("false",), False),
    ],
)
def test_require_returns_what_is_there(names: tuple[Any, ...], expected: Any) -> None:
    assert group({**SENT, "zero": 0, "false": False}).require(*names) == expected


@pytest.mark.parametrize("value", [None, "", " \t", [], {}])
def test_require_refuses_what_is_blank(value: Any) -> None:
    for names in (["a"], ["title", "a"]):
        with pytest.raises(ParamMissingError) as raised:
            group({**SENT, "a": value}).require(*names)
        assert raised.value.parameter == "a"
    with pytest.raises(ParamMissingError, match="parameter 'absent': is missing, empty or not as expected"):
        group().require("absent")


EXPECTED = {
    "id": "7",
    "post": {"title": "One", "admin": "1", "tags": ["a"]},
    "rows": [{"x": "1", "y": "2"}, {"x": "3"}],
    "numbered": {"0": {"x": "1", "y": "2"}, "1": {"x": "3"}, "other": "z"},
    "opts": {"a": {"b": "c"}},
    "empty": {},
    "false": False,
}


@pytest.mark.parametrize(
    ("filters", "nested", "expected"),
    [
        (["id"], {}, "7"),
        (["false"], {}, False),
        (["id", "false"], {}, ["7", False]),
        ([["id", "false"]], {}, ["7", False]),
        ([], {"post": ["title"]}, {"title": "One"}),
        ([{"post": ["title"]}], {}, {"title": "One"}),
        ([], {"post": "title"}, {"title": "One"}),
        ([], {"post": {"tags": []}}, {"tags": ["a"]}),
        ([], {"post": ["title", {"tags": []}]}, {"title": "One", "tags": ["a"]}),
        (["id"], {"post": ["title"]}, ["7", {"title": "One"}]),
        ([], {"rows": [["x"]]}, [{"x": "1"}, {"x": "3"}]),
        ([], {"numbered": [["x"]]}, {"0": {"x": "1"}, "1": {"x": "3"}}),
        ([], {"numbered": {"0": ["x"]}}, {"0": {"x": "1"}}),
        ([], {"opts": {}}, {"a": {"b": "c"}}),
    ],
)
def test_expect_returns_what_is_named_and_as_it_is_shaped(
    filters: list[Any], nested: dict[str, Any], expected: Any
) -> None:
    assert group(EXPECTED).expect(*filters, **nested) == expected


@pytest.mark.parametrize(
    ("filters", "nested", "missing"),
    [
        (["absent"], {}, "absent"),
        (["post"], {}, "post"),
        (["rows"], {}, "rows"),
        (["id", "absent"], {}, "absent"),
        ([], {"id": []}, "id"),
        ([], {"id": ["title"]}, "id"),
        ([], {"id": [["title"]]}, "id"),
        ([], {"rows": ["x"]}, "rows"),
        ([], {"rows": []}, "rows"),
        ([], {"rows": {}}, "rows"),
        ([], {"rows": [["absent"]], "id": {}}, "id"),
        ([], {"post": [["title"]]}, "post"),
        ([], {"post": []}, "post"),
        ([], {"post": ["absent"]}, "post"),
        ([], {"numbered": ["x"]}, "numbered"),
        ([], {"empty": {}}, "empty"),
        ([], {"false": ["x"]}, "false"),
    ],
)
def test_expect_refuses_another_shape(filters: list[Any], nested: dict[str, Any], missing: str) -> None:
    with pytest.raises(ParamMissingError) as raised:
        group(EXPECTED).expect(*filters, **nested)
    assert (raised.value.parameter, raised.value.status_code) == (missing, 400)


def test_expect_of_nothing_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"expect\(\) needs a name"):
        group().expect()


def permit_some(it: Any, **settings: Any) -> None:
    it._settings = it["author"]._settings = settings
    it.permit("title", author=["name"])


@pytest.mark.parametrize("settings", [{}, {"unpermitted_params": False, "debug": True}])
def test_unpermitted_params_are_left_out_in_silence(settings: dict[str, Any]) -> None:
    permit_some(group(), **settings)


@pytest.mark.parametrize("settings", [{"debug": True}, {"unpermitted_params": "log"}])
def test_unpermitted_params_are_logged(settings: dict[str, Any]) -> None:
    it = group({**SENT, "line\nbreak": "1", "_xsrf": "x", "_method": "put", "controller": "a", "action": "b"})
    line = "Params that are not permitted: "
    with (
        ExpectLog("tornado.general", f"{line}'role'$"),
        ExpectLog("tornado.general", line + r"'admin', 'rows', 'line\\nbreak'$"),
    ):
        permit_some(it, **settings)


def test_unpermitted_params_are_a_400_that_names_them() -> None:
    it = group()
    it._settings = {"unpermitted_params": "raise"}
    with pytest.raises(UnpermittedParamsError) as raised:
        it.permit("title")
    assert (raised.value.status_code, raised.value.parameters) == (400, ("admin", "author", "rows"))
    assert it.permit("title", "admin", author={}, rows=["x"]).permitted


def test_many_and_long_names_are_told_in_part() -> None:
    it = group({f"{number:03}" + "x" * 200: "1" for number in range(30)})
    it._settings = {"unpermitted_params": "log"}
    with ExpectLog("tornado.general", "Params that are not permitted: '000x{97}', .* '019x{97}' and 10 more$"):
        it.permit("a")
    it._settings = {"unpermitted_params": "raise"}
    with pytest.raises(UnpermittedParamsError) as raised:
        it.permit("a")
    assert raised.value.parameters == tuple(f"{number:03}" + "x" * 97 for number in range(20))


def test_what_has_another_shape_is_not_permitted_either() -> None:
    it = group()
    it._settings = {"unpermitted_params": "raise"}
    with pytest.raises(UnpermittedParamsError, match="not permitted: 'author'"):
        it.permit("title", "admin", "author", rows=[])
