"""Tornado's patterns as paths of the routing language."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_rails.routing.pattern import PathPattern
from tornado_rails.routing.translation import UntranslatableError, translate

POSITIONAL = ["id", "name"]


@pytest.mark.parametrize(
    ("pattern", "path", "requirements"),
    [
        (r"/", "/", {}),
        (r"/about$", "/about", {}),
        (r"^/about", "/about", {}),
        (r"/a\.b-c_d~e", "/a.b-c_d~e", {}),
        (r"/users/(\d+)", "/users/:id", {"id": r"\d+"}),
        (r"/users/([^/]+)/(\w+)", "/users/:id/:name", {"id": "[^/]+", "name": r"\w+"}),
        (r"/users/(?P<user>[0-9]{1,3})$", "/users/:user", {"user": "[0-9]{1,3}"}),
        (r"/users/([^./]+)", "/users/:id", {}),
        (r"/files/(.*)", "/files/*id", {"id": ".*"}),
        (r"/files/(.+)", "/files/*id", {}),
        (r"/users(?:/(\d+))?", "/users(/:id)", {"id": r"\d+"}),
        (r"/users(?:/(\d+)(?:/(\w+))?)?", "/users(/:id(/:name))", {"id": r"\d+", "name": r"\w+"}),
        (r"/users/?", "/users(/)", {}),
        (r"/users/(\d+)?", "/users/(:id)", {"id": r"\d+"}),
        (r"/(?:api)/x", "/api/x", {}),
        (r"/a:b\(c\)/(\d+)", r"/a\:b\(c\)/:id", {"id": r"\d+"}),
        (r"/x/((?:a|b)[)(]c)", "/x/:id", {"id": "(?:a|b)[)(]c"}),
        (r"/x/([\]/)]+)", "/x/:id", {"id": r"[\]/)]+"}),
        (r"/a/(\w)/b/(\w)/c/(\w)", "/a/:id/b/:name/c/:arg3", {"id": r"\w", "name": r"\w", "arg3": r"\w"}),
    ],
)
def test_pattern_is_a_path(pattern: str, path: str, requirements: dict[str, str]) -> None:
    translation = translate(pattern, POSITIONAL)
    assert (translation.path, translation.requirements) == (path, requirements)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"/.*", "'.*' stands outside of a group"),
        (r"/\d+", r"'\\\\d+' stands outside of a group"),
        (r"/a+", "'+' stands outside of a group"),
        (r"/[ab]", "'[ab]' stands outside of a group"),
        (r"/a|b", "'|b' stands outside of a group"),
        (r"/a(?=b)", "'(?=b)' stands outside of a group"),
        (r"/(\d+)+", "a group is repeated"),
        (r"/((a)b)", "a group stands in another"),
        (r"/a)", "its brackets do not pair"),
        (r"/(a", "its brackets do not pair"),
        (r"/a\*b", "a star stands in its text"),
    ],
)
def test_pattern_that_is_none_says_why(pattern: str, reason: str) -> None:
    with pytest.raises(UntranslatableError) as caught:
        _ = translate(pattern, POSITIONAL).path
    assert str(caught.value) == reason.replace("\\\\\\\\", "\\\\")


@given(
    parts=st.lists(
        st.sampled_from(
            [
                r"/a",
                r"/b\.c",
                r"/(\d+)",
                r"/([^/]+)",
                r"(?:/(\w+))?",
                r"-([a-c]+)",
                r"/(.+)",
                "/?",
                r"/x(\d*)",
                "(?:/y)?",
            ]
        ),
        min_size=1,
        max_size=4,
    ),
    paths=st.lists(st.text("/abcx.-19y", max_size=10).map("/".__add__), min_size=1, max_size=5),
)
def test_translated_path_takes_the_same_paths(parts: list[str], paths: list[str]) -> None:
    source = "".join(parts)
    translation = translate(source)
    drawn = PathPattern(translation.path, {name: re.compile(text) for name, text in translation.requirements.items()})
    for path in paths:
        match = re.fullmatch(source, path)
        found = drawn.regex.match(path)
        assert (match is None) == (found is None)
        if match is not None and found is not None:
            assert match.groups() == found.groups()
