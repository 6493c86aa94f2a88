"""The linear matcher finds what the standard library finds, and says when it is needed."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_rails.routing import linear

atoms = st.sampled_from(
    ["a", "b", "-", ".", "[ab]", "[^/.]", "\\w", "\\d", "/", "[^a]", "(?i:A)", "(?!ab)", "(?=a)", "\\b", "(?:ab|a)"]
)


def _repeat(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quantifier = st.sampled_from(["", "", "+", "*", "?", "+?", "*?", "??", "{2}", "{1,3}", "{0,2}?"])
    joined = st.lists(inner, min_size=1, max_size=3).map("".join)
    group = st.sampled_from(["({})", "(?:{})"])
    return st.one_of(
        st.builds(lambda form, body, q: form.format(body) + q, group, joined, quantifier),
        st.builds(lambda form, one, two: form.format(f"{one}|{two}"), group, joined, joined),
        joined,
    )


patterns = st.recursive(
    st.builds(
        lambda atom, q: atom if atom[:2] in ("(?", "\\b") and atom[:3] != "(?:" else atom + q,
        atoms,
        st.sampled_from(["", "+", "*", "?", "+?"]),
    ),
    _repeat,
    max_leaves=6,
)


@given(source=patterns, text=st.text("ab-./1A", max_size=12), anchored=st.booleans())
def test_match_finds_what_re_finds(source: str, text: str, anchored: bool) -> None:
    regex = re.compile(source + (r"\Z" if anchored else ""))
    try:
        linear.trust(regex)
    except linear.UnsafeError:
        return
    expected, got = regex.match(text), linear.match(regex, text)
    assert (expected is None) == (got is None)
    if expected is not None and got is not None and not _has_empty_round(source):
        assert got.groups() == expected.groups()
        assert got.end() == expected.end()


def _has_empty_round(source: str) -> bool:
    """Whether a part may be repeated without taking anything: there, implementations differ in what they capture."""
    return re.search(r"\)[+*{?]", source) is not None


@pytest.mark.parametrize(
    ("source", "backtracking", "longest"),
    [
        (r"/posts/([^./?]+)(?:\.([^./?]+))?\Z", None, None),
        (r"/(.+)/leaf\Z", None, None),
        (r"/([a-z]+(?:-[a-z]+)*)\Z", None, None),
        (r"/((?:[a-z]+-)*[a-z]+)\Z", None, None),
        (r"/(.+?)(?:\.([^./?]+))?\Z", None, None),
        (r"/(.+?)(?:\.(.+))?x\Z", 1200, None),
        (r"/([^./?]+)-([^./?]+)\Z", 1200, None),
        (r"/([^./?]+)-([^./?]+)-([^./?]+)\Z", 120, None),
        (r"/([a-z]+(?:-[a-z]+)*)-([^./?]+)\Z", 1200, 1000),
        (r"/((?!.*x).+)\Z", 1200, None),
    ],
)
def test_trust_says_how_long_a_path_may_be(source: str, backtracking: int | None, longest: int | None) -> None:
    assert linear.trust(re.compile(source)) == (backtracking, longest)


@pytest.mark.parametrize(
    "source",
    [
        r"(a+)+b",
        r"(a|aa)+",
        r"(a|a)*c",
        r"(\w+\s?)+x",
        r"((a*)*)*",
        r"(.+)(a)\2(.+)",
        r"(.+)(?<=a)(.+)",
        r"(a{0,90}){0,90}",
    ],
)
def test_trust_refuses_what_is_not_linear(source: str) -> None:
    with pytest.raises(linear.UnsafeError):
        linear.trust(re.compile(source))


@pytest.mark.parametrize(
    "source",
    [
        r"/([^./?]+)-([^./?]+)-([^./?]+)-([^./?]+)\Z",
        r"/(.+)/x/(.+)/y/(.+)\Z",
    ],
)
def test_match_ends_on_long_paths(source: str) -> None:
    regex = re.compile(source)
    for text in ("/" + "-" * 8000, "/" + "a" * 8000, "/x/y" * 2000, "/" + "a-" * 4000):
        start = time.process_time()
        linear.match(regex, text)
        assert time.process_time() - start < 1  # it would be hours, not seconds
