"""Patterns as sets of paths."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.routing.support import a_share
from tornado_rails.routing.path_language import Language


def language(pattern: str) -> Language:
    made = Language.of(re.compile(pattern))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (r"/posts/([^/]+)$", r"/posts/new$", True),
        (r"/posts/(\d+)$", r"/posts/new$", False),
        (r"/posts/new$", r"/posts/([^/]+)$", False),
        (r"/a(.*)$", r"/a$", True),
        (r"/a(.+)$", r"/a$", False),
        (r"(/a)?$", r"$", True),
        (r"/a$", r"(/a)?$", False),
        (r"/(a|b)$", r"/[ab]$", True),
        (r"/[a-z]+$", r"/(a|b|[x-z]+)$", True),
        (r"/\d{2}$", r"/\d\d$", True),
        (r"/\d{2,}$", r"/\d\d$", False),  # a counted part without a limit is not written out
        (r"/\d{9}$", r"/\d{9}$", False),
        (r"/a", r"/a$", False),
        (r"/a$", r"/a", False),
        (r"/(?=a)a$", r"/a$", False),
        (r"/a$", r"/(?=a)a$", True),
        (r"/(?i:a)$", r"/A$", True),
        (r"^/a$", r"/a$", True),
        (r"/.$", r"/é$", True),  # which has no path
        (r"/" + "(a|b)" * 30 + "[ab]*$", r"/[ab]+" + "(a|b)" * 12 + "$", False),
    ],
)
def test_language_holds_another(one: str, other: str, expected: bool) -> None:
    assert language(one).holds(language(other)) is expected


def test_too_many_pairs_prove_nothing() -> None:
    assert not language(
        r"/(a|b)*a(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)*$"
    ).holds(language(r"/[ab]*$"))


@pytest.mark.parametrize("pattern", [r"/(.)\1$", r"(?m)/a$", r"/(?(1)a|b)()$"])
def test_language_that_cannot_be_said_is_none(pattern: str) -> None:
    try:
        assert Language.of(re.compile(pattern)) is None
    except re.error:
        assert "(?(1)" in pattern


def test_pattern_that_is_too_deep_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(regex: object) -> object:
        raise RecursionError

    monkeypatch.setattr("tornado_rails.routing.path_language.parse", deep)
    assert Language.of(re.compile("/a")) is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"/a$", True),
        (r"a$", False),
        (r"(.*)$", True),
        (r"$", False),
        (r"", True),
        (r"/é$", False),
        (r"/a b$", False),
        (r"/a\?b$", False),
        (r"/(?:é|b)$", True),
    ],
)
def test_language_has_paths(pattern: str, expected: bool) -> None:
    assert language(pattern).has_paths is expected


@pytest.mark.parametrize(
    ("pattern", "expected"), [(r"/$", True), (r"/a/b$", True), (r"/a/$", False), (r"//a$", False), (r"/(.*)$", False)]
)
def test_language_is_normal(pattern: str, expected: bool) -> None:
    assert language(pattern).is_normal is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/ab", (3, True)), ("/a", (2, False)), ("/abc", (3, True)), ("/x", (1, False)), ("/aü", (2, False))],
)
def test_language_reaches_as_far_as_it_can(path: str, expected: tuple[int, bool]) -> None:
    assert language(r"/ab$").reach(path) == expected


@pytest.mark.parametrize("path", ["/a/b", "//a/b", "/a//b///", "/a/b/"])
def test_language_with_more_slashes(path: str) -> None:
    assert language(r"/a/b$").with_more_slashes().reach(path) == (len(path), True)


def test_language_that_ends_with_a_slash_with_more() -> None:
    assert language(r"/a/$").with_more_slashes().reach("/a///") == (5, True)


PARTS = ["/", "a", "b", "[ab]", "(a|b)", "[^/]+", "(a/)?", "a*", "(?:ab){2}", ".+", r"\w", "(?=a)", "b{3,}"]


@a_share(2)
@given(
    one=st.lists(st.sampled_from(PARTS), max_size=4).map("".join),
    other=st.lists(st.sampled_from(PARTS), max_size=4).map("".join),
    paths=st.lists(st.text("ab/.", max_size=5).map("/".__add__), min_size=1, max_size=8),
)
def test_what_a_language_holds_its_pattern_matches(one: str, other: str, paths: list[str]) -> None:
    first, second = re.compile(f"/{one}$"), re.compile(f"/{other}$")
    mine, its = language(first.pattern), language(second.pattern)
    for path in paths:
        reached, ends = mine.reach(path)
        if first.match(path):
            assert (reached, ends) == (len(path), True)
        elif mine.is_exact:
            assert (reached, ends) != (len(path), True)
        if second.match(path) and mine.holds(its):
            assert first.match(path)
