"""Values in words: whatever they are, in bounded time and length."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from tornado_rails.debugging import values as module
from tornado_rails.debugging.cleaning import Cleaner
from tornado_rails.debugging.values import NO_ROOM, TOO_LONG, Values, described
from tornado_rails.filtering import MASK


@dataclass
class Account:
    name: str
    password: str
    hidden: str = field(default="x", repr=False)
    parts: Any = None


class Card(msgspec.Struct):
    owner: str
    cvv: str


@dataclass(repr=False)
class Own:
    password: str

    def __repr__(self) -> str:
        return "Own()"


class Names(dict[str, Any]): ...


def shown(**named: Any) -> dict[str, str]:
    values = Values(Cleaner())
    found = values.add(named)
    values.describe()
    return {each.name: each.text for each in found}


def deep(levels: int) -> Any:
    made: Any = []
    for _ in range(levels):
        made = [made, {"a": made}, (made,)]
    return made


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, "7"),
        (None, "None"),
        ("it's", '"it\'s"'),
        ([1, "a"], "[1, 'a']"),
        ((1,), "(1,)"),
        ((), "()"),
        (set(), "{}"),
        (frozenset({1}), "frozenset({1})"),
        ({}, "{}"),
        ({"password": "x", b"token": "y", 7: "z"}, "{'password': [FILTERED], b'token': [FILTERED], 7: 'z'}"),
        (Names(a=Names(secret=1)), "{'a': {'secret': [FILTERED]}}"),
        (Account("Ann", "x"), "Account(name='Ann', password=[FILTERED], parts=None)"),
        (Card("Ann", "123"), "Card(owner='Ann', cvv=[FILTERED])"),
        (Own("x"), "Own()"),
        ([[[[[1]]]]], "[[[[[…]]]]]"),
        ([[[[{"a": 1}]]]], "[[[[{…}]]]]"),
        ([[[[Account("Ann", "x")]]]], "[[[[Account(…)]]]]"),
        (list(range(100)), "[" + ", ".join(map(str, range(30))) + ", … (70 more)]"),
        ("x" * 1000, repr("x" * 400) + "… (1000 characters)"),
        (b"x" * 1000, "b'" + "x" * 398 + "… (1000 bytes)"),
        (bytearray(b"x"), "b'x'"),
        (10**5000, "<int of 16610 bits>"),
        (True, "True"),
        (collections.OrderedDict(a=1), repr(collections.OrderedDict(a=1))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_value_in_words(value: Any, expected: str) -> None:
    assert described(value, Cleaner()) == expected
    assert shown(value=value) == {"value": expected}


@pytest.mark.parametrize(
    "value",
    [
        *("x" * 10**7, b"x" * 10**7, [0] * 10**6, {number: number for number in range(10**5)}, deep(30), 10**100_000),
        *([[[[[]] * 30] * 30] * 30] * 30, {number: {number: {}} for number in range(100)}),
        *(["x" * 10**6] * 10**6, [[["x" * 300] * 30] * 30] * 30, Account("x" * 10**7, "", parts=[0] * 10**6)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_huge_value_is_short_and_quick(value: Any) -> None:
    begun = time.monotonic()
    assert len(described(value, Cleaner())) < 2000
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("secret", ["hunter22", "x" * 5000, "it's\n" * 9])
@pytest.mark.parametrize("before", [0, 395, 1495])
def test_secret_at_an_end_is_not_shown_in_part(secret: str, before: int) -> None:
    cleaner = Cleaner()
    cleaner.learn(secret)
    text = "-" * before + secret
    for value in (text, text.encode(), Odd(lambda: text), [Odd(lambda: text)]):
        shown = described(value, cleaner)
        assert not set(secret[:3]) <= set(shown.replace(MASK, "").partition("… (")[0]), shown


def test_cycle_ends() -> None:
    cycle: Any = []
    cycle.append({"a": cycle})
    assert described(cycle, Cleaner()) == "[{'a': [{'a': […]}]}]"


class Odd:
    """Its repr does what it is told to."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act = act

    def __repr__(self) -> str:
        return str(self.act())


def endless() -> None:
    while True:
        pass


def raising(error: type[BaseException]) -> Callable[[], Any]:
    def act() -> None:
        raise error("no")

    return act


def recursing() -> str:
    return repr(Odd(recursing))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, MemoryError])
def test_repr_that_raises(error: type[BaseException]) -> None:
    assert shown(odd=Odd(raising(error)), other=1) == {"odd": f"<it cannot be shown: {error.__name__}>", "other": "1"}


def test_repr_that_recurses_or_is_no_text_or_is_huge() -> None:
    class NoText:
        def __repr__(self) -> Any:
            return 7

    found = shown(recursing=Odd(recursing), no_text=NoText(), huge=Odd(lambda: "x" * 10**7))
    assert found["recursing"] == "<it cannot be shown: RecursionError>"
    assert found["no_text"] == "<it cannot be shown: TypeError>"
    assert len(found["huge"]) < 2000


def test_endless_repr_is_left_and_the_others_are_there() -> None:
    begun = time.monotonic()
    threads = threading.active_count()
    assert shown(before=1, odd=Odd(endless), behind=2) == {"before": "1", "odd": TOO_LONG, "behind": "2"}
    assert time.monotonic() - begun < 10
    end = time.monotonic() + 10
    while threading.active_count() > threads and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == threads


def test_repr_that_waits_is_not_waited_for() -> None:
    released = threading.Event()
    begun = time.monotonic()
    assert shown(odd=Odd(lambda: released.wait(30)), behind=2) == {"odd": TOO_LONG, "behind": TOO_LONG}
    assert time.monotonic() - begun < 10
    released.set()


def test_many_slow_reprs_are_not_all_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALL_SECONDS", 0.4)
    monkeypatch.setattr(module, "SECONDS", 0.2)
    odd = Odd(lambda: time.sleep(0.15))
    found = shown(**{f"name{number}": odd for number in range(30)})
    assert found["name0"] == "None"
    assert found["name29"] == TOO_LONG


def test_thread_that_is_over_goes_no_further() -> None:
    progress = module._Progress()
    progress.is_over = True
    values = Values(Cleaner())
    one = values.later("one", lambda: "made")
    module._describe_all(values._jobs, progress)
    assert (one.text, progress.done.is_set()) == (TOO_LONG, False)


def test_page_has_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOM", 4)
    assert shown(one="abc", other=1) == {"one": "'abc'", "other": NO_ROOM}


def test_names_that_are_no_texts_are_shown() -> None:
    values = Values(Cleaner())
    found = values.add({7: 1, b"token": 2, "\udc80": 3, (1, 2): 4, "x" * 200: 5})
    values.describe()
    names = ["7", "b'token'", r"\udc80", "(1, 2)", "x" * 100 + "… (100 more)"]
    assert [each.name for each in found] == names
    assert found[1].text == MASK


def test_names_are_masked_and_counted() -> None:
    found = shown(password="x", **{f"name{number}": number for number in range(50)})
    assert found["password"] == MASK
    assert (len(found), found["…"]) == (41, "(11 more)")
