"""The candidate index: never less than what the patterns match, and its table of states equal to its tree."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.routing.support import a_share
from tests.routing.tables import NEW_REGEX, SEGMENTS, Pattern, paths, patterns
from tornado_rails.routing import index
from tornado_rails.routing.index import EVERYTHING, CandidateIndex, Shape, class_has_slash, parse, parsed_shapes, shapes


def exactly(path: str) -> Shape:
    """A shape as it reads: "/users/*" is that path, with any segment for the star."""
    return Shape(tuple(None if segment == "*" else segment for segment in path.split("/")), exact=True)


def below(path: str) -> Shape:
    """The shape of everything below a path."""
    return exactly(path)._replace(exact=False)


def fits(shape: Shape, path: str) -> bool:
    """Whether a path has a shape, said as plainly as can be."""
    segments = path.split("/")
    first = segments[: len(shape.segments)]
    enough = len(segments) == len(shape.segments) if shape.exact else len(segments) > len(shape.segments)
    return enough and all(one in (None, other) for one, other in zip(shape.segments, first, strict=True))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"/$", [exactly("/")]),
        (r"$", [exactly("")]),
        (r"/users$", [exactly("/users")]),
        (r"^/users$", [exactly("/users")]),
        (r"\A/users\Z", [exactly("/users")]),
        (r"/users", [below("")]),  # goes on behind "users"
        (r"/users/", [below("/users")]),
        (r"/users/$", [exactly("/users/")]),
        (r"/users/?$", [exactly("/users"), exactly("/users/")]),
        (r"/users(?:/(\d+))?$", [exactly("/users"), exactly("/users/*")]),
        (r"/users/(\d+)$", [exactly("/users/*")]),
        (r"/users/(?P<id>[^/]+)/edit$", [exactly("/users/*/edit")]),
        (r"/users/id-(\d+)$", [exactly("/users/*")]),
        (r"/static/(.*)$", [below("/static")]),
        (r"/static/(.+)\.css$", [below("/static")]),
        (r"/(a|b)/c$", [exactly("/*/c")]),  # the parser reads a|b as the class [ab]
        (r"/(ab|cd)/e$", [exactly("/ab/e"), exactly("/cd/e")]),
        (r"/a$|/b/c$", [exactly("/a"), exactly("/b/c")]),
        (r"/(?:ab|cd/ef)$", [exactly("/ab"), exactly("/cd/ef")]),
        (r"/x{3}$", [exactly("/xxx")]),
        (r"(?:/x){2}$", [exactly("/x/x")]),
        (r"/x{0}$", [exactly("/")]),
        (r"/x{5}$", [exactly("/*")]),  # written out up to four times
        (r"/x{1,3}$", [exactly("/*")]),
        (r"/(?:ab|cd){2}$", [exactly("/*")]),
        (r"/(?:ab|/){2}$", [below("")]),
        (r"/a+?$", [exactly("/*")]),
        (r"/\w*$", [exactly("/*")]),
        (r"/\W*$", [below("")]),
        (r"/\D$", [below("")]),
        (r"/\S$", [below("")]),
        (r"/[^a]$", [below("")]),
        (r"/[^/]$", [exactly("/*")]),
        (r"/[a/]$", [below("")]),
        (r"/[+-9]$", [below("")]),
        (r"/(?:a/)*$", [below("")]),
        (r"/a\/b$", [exactly("/a/b")]),
        (r"/a\.b\-c$", [exactly("/a.b-c")]),
        (r"/(?=x)a(?!y)(?<=a)(?<!b)$", [exactly("/a")]),
        (r"/a\b/b$", [exactly("/a/b")]),
        (r"(?i)/ab/$", [exactly("/*/")]),
        (r"/(?i:a)b$", [exactly("/*")]),
        (r"(?i)/a(?-i:/b)$", [exactly("/*/b")]),
        (r"(?x)/ a b $", [exactly("/ab")]),
        (r"(?x)/a  # a comment" + "\n$", [exactly("/a")]),
        (r"(?s)/a.$", [below("")]),
        (r"/(a)\1$", [below("")]),
        (r"/(a)?(?(1)b|c)$", [below("")]),
        (r"/a(?!)$", [exactly("/a")]),
        (r".*", [*EVERYTHING]),
        (r"", [*EVERYTHING]),
        (r"(?:/a)?.*$", [*EVERYTHING]),
    ],
)
def test_shapes_of_a_pattern(pattern: str, expected: list[Shape]) -> None:
    assert list(shapes(re.compile(pattern))) == expected
    assert list(parsed_shapes(re.compile(pattern))) == expected


@pytest.mark.skipif(not NEW_REGEX, reason="needs the regular expressions of Python 3.11")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"/(?>ab)/c$", [exactly("/ab/c")]),
        (r"/(?>a/?)b$", [exactly("/ab"), exactly("/a/b")]),
        (r"/a*+$", [exactly("/*")]),
    ],
)
def test_shapes_of_a_pattern_in_newer_python(pattern: str, expected: list[Shape]) -> None:
    assert list(shapes(re.compile(pattern))) == expected


@pytest.mark.parametrize("ways", [2, 16, 17, 400])
def test_shapes_of_many_alternatives_are_few(ways: int) -> None:
    pattern = re.compile(rf"/(?:{'|'.join(f'x{number}y' for number in range(ways))})/z$")
    expected = [exactly(f"/x{number}y/z") for number in range(ways)] if ways <= 16 else [exactly("/*/z")]
    assert list(shapes(pattern)) == expected


def test_shapes_of_many_optional_parts_are_few() -> None:
    found = shapes(re.compile("".join(f"(?:/s{number})?" for number in range(12)) + "$"))
    assert len(found) <= 16
    assert all(any(fits(shape, path) for shape in found) for path in ("", "/s1", "/s0/s11", "/s4/s5/s6/s7/s8"))


@pytest.mark.parametrize("pattern", [re.compile(rb"/a$"), "/a$", None, object()])
def test_shapes_of_what_is_no_text_pattern_are_all_paths(pattern: object) -> None:
    assert shapes(pattern) == EVERYTHING


def test_shapes_of_what_cannot_be_parsed_are_all_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(regex: object) -> object:
        raise ValueError("another dialect")

    monkeypatch.setattr(index, "parse", refuse)
    assert shapes(re.compile("/(?:a)$")) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a]x?[b-z]", False),
        ("[a/]", True),
        ("[^a/]", False),
        ("[^ab]", True),
        ("[!-~]", True),
        ("[^!-~]", False),
        (r"[\d-]", False),
        (r"[\d/]", True),
        (r"[\D]", True),
        (r"[^\D]", False),
        (r"[^\w]", True),
        (r"[\s\w]", False),
        (r"[\s\S]", True),
    ],
)
def test_class_has_slash_as_the_class_matches_one(text: str, expected: bool) -> None:
    classes = [argument for operator, argument in parse(re.compile(text)) if operator.name == "IN"]
    assert any(map(class_has_slash, classes)) is expected
    assert (re.compile(text.partition("x")[0]).fullmatch("/") is not None) is expected


def test_class_has_slash_of_an_unknown_item_is_assumed() -> None:
    class Unknown:
        name = "SOMETHING_NEW"

    assert class_has_slash([(Unknown(), None)])


@given(st.data(), patterns())
def test_shapes_hold_every_path_that_the_pattern_matches(data: st.DataObject, pattern: Pattern) -> None:
    regex = re.compile(pattern.given)
    found = shapes(regex)
    for path in data.draw(st.lists(paths(pattern.texts), min_size=4, max_size=8)):
        if "\n" not in path and regex.match(path):
            assert any(fits(shape, path) for shape in found), path


def holds(general: tuple[Shape, ...], special: tuple[Shape, ...]) -> bool:
    """Whether each path of some shapes also has one of some others."""
    return all(
        any(
            one.exact == other.exact
            and len(one.segments) == len(other.segments)
            and all(segment in (None, also) for segment, also in zip(one.segments, other.segments, strict=True))
            for one in general
        )
        for other in special
    )


@given(patterns())
def test_shapes_of_a_pattern_hold_those_that_the_parser_gives(pattern: Pattern) -> None:
    regex = re.compile(pattern.given)
    assert holds(shapes(regex), parsed_shapes(regex))


@given(st.from_regex(index._PLAIN, fullmatch=True))
@a_share(2)
@example("/a/(?P<id>[a])/([^/]{0})$")  # where the parser knows a little more
def test_shapes_of_a_plain_pattern_hold_those_that_the_parser_gives(text: str) -> None:
    try:
        regex = re.compile(text)
    except (re.error, OverflowError):
        assume(False)
    plain = index._plain_shapes(regex)
    assert plain is not None
    assert holds(plain, parsed_shapes(regex))


PLAIN = [
    (r"/users/(\d+)$", True),
    (r"/users/(?P<id>[^/]+)/edit$", True),
    (r"^/v1/a\.b/([\w-]+)$", True),
    (r"/([a-f0-9]{40})/(\d{2,4})$", True),
    (r"/users/(\d+)", False),
    (r"/users/(.*)$", False),
    (r"/users/([+-9])$", False),
    (r"/users/([^a])$", False),
    (r"/users/(\W)$", False),
    (r"/users/(a|b)$", False),
    (r"/users/?$", False),
    (r"/users/\$", False),
    (r"(?i)/users$", False),
]


@pytest.mark.parametrize(("pattern", "expected"), PLAIN)
def test_shapes_of_a_pattern_need_no_parser_if_it_is_plain(pattern: str, expected: bool) -> None:
    regex = re.compile(pattern)
    assert (index._plain_shapes(regex) is not None) is expected
    assert shapes(regex) == parsed_shapes(regex)


@pytest.mark.parametrize(
    ("pattern", "flags", "expected", "path"),
    [
        ("/users$", re.IGNORECASE, [exactly("/*")], "/USERS"),
        ("/([a-z]+)/b$", re.IGNORECASE, [exactly("/*/*")], "/A/B"),
        ("/us ers$", re.VERBOSE, [exactly("/users")], "/users"),
        ("/a#$", re.VERBOSE, [below("")], "/a/b"),
        (r"/(\w+)$", re.ASCII, [exactly("/*")], "/a"),
        ("/users$", re.MULTILINE, [exactly("/users")], "/users"),
        ("/users", 0, [below("")], "/users/and/more"),
    ],
)
def test_shapes_of_a_compiled_pattern_heed_its_flags(
    pattern: str, flags: int, expected: list[Shape], path: str
) -> None:
    regex = re.compile(pattern, flags)
    assert list(shapes(regex)) == list(parsed_shapes(regex)) == expected
    assert regex.match(path)
    assert index_of([expected]).candidates(path) == (0,)


REAL = [
    r"/api/v1/users/(?P<user_id>[0-9a-f-]{36})/posts(?:/(?P<post>\d+))?/?$",
    r"/(?:en|de|zh-CN)/docs/(.*?)(?:\.html)?$",
    r"^/blog/(?P<year>\d{4})/(?P<month>0[1-9]|1[0-2])(?:/(?P<slug>[\w-]+))?$",
    r"(?i)/Search/?(\w+)?$",
    r"/files/(?!private/)(.+)/raw$",
    r"/@([^/@]{1,15})(?:/(followers|following))?$",
]


@pytest.mark.parametrize("pattern", REAL)
@given(data=st.data())
@a_share(20)
def test_shapes_hold_every_path_drawn_from_a_real_pattern(pattern: str, data: st.DataObject) -> None:
    path = data.draw(st.from_regex(pattern).map(lambda text: text.replace("\n", "")).filter(re.compile(pattern).match))
    assert any(fits(shape, path) for shape in shapes(re.compile(pattern)))


SHAPES = st.builds(Shape, st.lists(st.sampled_from([None, *SEGMENTS[:12]]), max_size=5).map(tuple), st.booleans())
TABLES = st.lists(st.lists(SHAPES, max_size=3), max_size=12)
PATHS = st.lists(st.sampled_from([*SEGMENTS, "unknown"]), max_size=7).map("/".join)


def index_of(table: list[list[Shape]]) -> CandidateIndex[int]:
    made: CandidateIndex[int] = CandidateIndex()
    for number, each in enumerate(table):
        made.add(number, each)
    return made


@given(TABLES, st.lists(PATHS, min_size=1, max_size=8))
@example([], [""])
def test_candidates_are_those_of_the_walk_and_of_a_plain_scan(table: list[list[Shape]], asked: list[str]) -> None:
    made = index_of(table)
    assert len(made) == len(table)
    for path in asked:
        found = made.candidates(path)
        assert found == made.walk(path)
        if "\n" in path:
            assert found == tuple(range(len(table)))
        else:
            assert list(found) == [number for number, each in enumerate(table) if any(fits(one, path) for one in each)]


@given(st.data(), st.lists(patterns(), min_size=1, max_size=8))
@a_share(2)
def test_candidates_hold_every_pattern_that_matches(data: st.DataObject, table: list[Pattern]) -> None:
    regexes = [re.compile(pattern.given) for pattern in table]
    made = index_of([list(shapes(regex)) for regex in regexes])
    texts = [text for pattern in table for text in pattern.texts]
    for path in data.draw(st.lists(paths(texts), min_size=4, max_size=8)):
        matching = [number for number, regex in enumerate(regexes) if regex.match(path)]
        found = made.candidates(path)
        assert set(matching) <= set(found)
        assert sorted(set(found)) == list(found) == list(made.walk(path))


def test_candidates_of_a_path_with_a_newline_are_all() -> None:
    made = index_of([[exactly("/a")], [exactly("/b")]])
    assert made.candidates("/a\n") == made.walk("/a\n") == (0, 1)
    assert made.candidates("/a") == (0,)


def test_candidates_of_an_entry_added_later_are_found() -> None:
    made = index_of([[exactly("/a")]])
    assert made.candidates("/a/b") == ()
    made.add(1, [exactly("/a/*"), below("")])
    assert made.candidates("/a/b") == (1,)
    assert made.candidates("/a") == (0, 1)


def crossed(depth: int) -> list[list[Shape]]:
    """Tables of which any part of the rules can match: /x/*/*, /*/x/*, ... ."""
    return [[exactly("/".join("x" if here == number else "*" for here in range(depth)))] for number in range(depth)]


def opened(depth: int) -> list[list[Shape]]:
    """The same with rules that take everything below."""
    return [[shape._replace(exact=False)] for (shape,) in crossed(depth)]


def crowded(count: int) -> list[list[Shape]]:
    """Few states, in each of which very many rules are found."""
    return [*([EVERYTHING[0]] for _ in range(count)), *([exactly(f"/{number}")] for number in range(count))]


def states_of(made: CandidateIndex[int]) -> Any:
    made.build()
    return made._start


@pytest.mark.parametrize("table", [crossed(14), opened(14), crowded(600)], ids=["crossed", "opened", "crowded"])
def test_candidates_where_states_would_explode_are_walked(table: list[list[Shape]]) -> None:
    made = index_of(table)
    assert states_of(made) is None
    for path in ("x", "/3", "/".join("x" * 14), "/".join("xyyyxyyyxyyyyy"), "/".join("y" * 14) + "/z"):
        expected = tuple(number for number, (shape,) in enumerate(table) if fits(shape, path))
        assert made.candidates(path) == made.walk(path) == expected


@pytest.mark.parametrize("table", [crossed(4), opened(3), crowded(20)], ids=["crossed", "opened", "crowded"])
def test_candidates_of_usual_tables_have_states(table: list[list[Shape]]) -> None:
    assert states_of(index_of(table)) is not None


def test_states_stay_in_proportion_to_the_table() -> None:
    made = index_of([[exactly(f"/{number}/*/edit"), exactly(f"/{number}")] for number in range(500)])
    count, waiting = set[int](), [states_of(made)]
    while waiting:
        state = waiting.pop()
        if id(state) not in count:
            count.add(id(state))
            waiting += [*state.literals.values(), *([state.other] if state.tail is None else [])]
    assert len(count) < 4 * 4 * 500
