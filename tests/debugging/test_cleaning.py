"""Texts for a page: without secrets, bounded, printable."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tornado_rails.debugging.cleaning import Cleaner, printable, shortened
from tornado_rails.filtering import Filter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("User(name='Ann', password='it''s')", "User(name='Ann', password=[FILTERED]'s')"),
        ('{"api_key": "a b", "id": 7}', '{"api_key": [FILTERED], "id": 7}'),
        ("token=abc&page=2", "token=[FILTERED]&page=2"),
        ("Cookie: a=1; b=2", "Cookie: [FILTERED]; b=2"),
        ("authorization=None)", "authorization=[FILTERED])"),
        ("postgresql://ann:hunter22@db/shop", "postgresql://ann:[FILTERED]@db/shop"),
        ("password=[FILTERED]", "password=[FILTERED]"),
        ("secrets are none", "secrets are none"),
        ("user_password_hash=b'x'", "user_password_hash=[FILTERED]"),
    ],
)
def test_described_object_has_no_secrets(text: str, expected: str) -> None:
    assert Cleaner().described(text) == expected


@pytest.mark.parametrize(
    "value",
    ["hunter22", b"hunter22", bytearray(b"hunter22"), ["hunter22"], {"a": ("hunter22",)}, {"hunter22"}, " hunter22 "],
)
def test_secret_is_left_out_wherever_it_turns_up(value: Any) -> None:
    cleaner = Cleaner()
    cleaner.learn_from({"a": [{"b": {"token": value}}], b"c": 7, 7: "seven"})
    assert cleaner.text("it is hunter22, seven, 7") == "it is [FILTERED], seven, 7"


def test_longer_secret_goes_before_its_part() -> None:
    cleaner = Cleaner()
    cleaner.learn(["hunter", "hunter22", "abc", 7, None])
    assert cleaner.text("hunter22 hunter abc 7 None") == "[FILTERED] [FILTERED] abc 7 None"


def test_quoted_secret_is_left_out() -> None:
    cleaner = Cleaner()
    cleaner.learn("it's\n")
    cleaner.learn('a\nb"c')
    assert cleaner.text(repr('x a\nb"c')) == "'x [FILTERED]'"


def test_secrets_in_a_text_are_learned() -> None:
    cleaner = Cleaner()
    cleaner.learn_from_text('{"password": "hunter22", "otp": 123456, "name": "Annabel"}')
    assert cleaner.text("hunter22 123456 Annabel") == "[FILTERED] [FILTERED] Annabel"


def test_what_pretends_to_be_a_dict_is_not_asked() -> None:
    class Proxy:
        @property
        def __class__(self) -> Any:
            raise ValueError

        @__class__.setter
        def __class__(self, value: Any) -> None: ...

    cleaner = Cleaner()
    cleaner.learn_from({"a": Proxy(), "token": Proxy()})
    cleaner.learn_from(Proxy())


def test_many_secrets_and_deep_ones_are_bounded() -> None:
    cleaner = Cleaner()
    deep: Any = "deep-secret"
    for _ in range(1000):
        deep = [deep]
    cleaner.learn(deep)
    cleaner.learn({str(number): f"secret{number}" for number in range(1000)})
    cleaner.learn(["one-more-secret"])
    assert cleaner.text("secret7 deep-secret one-more-secret") == "[FILTERED] deep-secret one-more-secret"


def test_large_values_take_no_time() -> None:
    wide: Any = {"token": "wide-secret"}
    for _ in range(4):
        wide = {str(number): [wide] * 100 for number in range(100)}
    apart: Any = "apart"
    for _ in range(3):
        apart = {str(number): [apart, number] for number in range(100)}
    begun = time.monotonic()
    cleaner = Cleaner()
    for _ in range(50):
        cleaner.learn_from({"wide": wide, "apart": apart, "password": wide})
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("text", ["password" * 100_000, "://" * 300_000, "a:" * 500_000, "token='" + "'" * 10**6])
def test_hostile_text_takes_no_time(text: str) -> None:
    begun = time.monotonic()
    assert len(Cleaner().described(text)) < 3000
    Cleaner().learn_from_text(text[:10_000])
    assert time.monotonic() - begun < 5


def test_text_is_bounded_and_printable() -> None:
    assert shortened("abc", 3) == "abc"
    assert Cleaner().text("x" * 50, 10) == "xxxxxxxxxx… (40 more)"
    assert printable("plain é 漢") == "plain é 漢"
    assert printable("a\u2028\x1b[31m\n\ud800") == "a\\u2028\\x1b[31m\n\\ud800"


def test_names_that_are_secret() -> None:
    names = ["password", "X-Api-Key", "Set-Cookie", "cookie_secret", b"token", "user[password]", "PASSWORD", 7, "name"]
    assert [Cleaner().hides(name) for name in names] == [True] * 7 + [False] * 2
    assert Filter(["pin"]).filtered({"PIN": 1, "a": [{"pin": 2}], "b": (1,)}) == {
        "PIN": "[FILTERED]",
        "a": [{"pin": "[FILTERED]"}],
        "b": [1],
    }
