"""Random tables of rules and random paths, for the properties that compare our routing with Tornado's.

A pattern is written piece by piece, each piece with two texts that it matches (look-arounds and anchors aside), so
that paths which come close to matching cost nothing to find.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tornado.routing
from hypothesis import strategies as st
from tornado.httputil import HTTPMessageDelegate, HTTPServerConnectionDelegate, HTTPServerRequest
from tornado.routing import AnyMatches, HostMatches, Matcher, PathMatches, Rule, RuleRouter
from tornado.web import RequestHandler

NEW_REGEX = sys.version_info >= (3, 11)  # atomic groups, possessive quantifiers

HANDLERS = [type(f"Handler{number}", (RequestHandler,), {}) for number in range(6)]
HOSTS = ["127.0.0.1", "a.example", "b.example"]


class Part(NamedTuple):
    """A piece of a pattern, and two texts that it matches."""

    regex: str
    one: str
    other: str
    loops: bool = False  # has a quantifier without an end; nested ones take exponential time

    @property
    def texts(self) -> tuple[str, str]:
        return self.one, self.other


NOTHING = Part("", "", "")
LITERALS = [
    Part(*texts)
    for texts in [
        ("a", "a", "a"),
        ("b", "b", "b"),
        ("users", "users", "users"),
        ("A", "A", "A"),
        ("é", "é", "é"),
        ("%2F", "%2F", "%2F"),
        (r"\.", ".", "."),
        (r"\-", "-", "-"),
        (r"\/", "/", "/"),
        ("/", "/", "/"),
        ("-", "-", "-"),
    ]
]
CLASSES = [
    Part(*texts)
    for texts in [
        (".", "/", "a"),
        (r"\d", "1", "7"),
        (r"\w", "a", "_"),
        (r"\s", " ", "\t"),
        (r"\D", "/", "a"),
        (r"\W", "/", "-"),
        (r"\S", "/", "a"),
        ("[^/]", "a", "-"),
        ("[ab]", "a", "b"),
        ("[^a]", "/", "b"),
        ("[a/]", "a", "/"),
        ("[^/a]", "b", "-"),
        ("[+-9]", "/", "1"),
        ("[^0-9a-z]", "/", "A"),
        ("[A-Z]", "A", "Z"),
        (r"[\d-]", "-", "3"),
        (r"[\D]", "/", "a"),
        (r"[^\w]", "/", "-"),
        (r"[^\W]", "a", "_"),
        (r"[^\D/]", "1", "2"),
        (r"[\s\S]", "/", "a"),
        (r"[\]/]", "]", "/"),
    ]
]
ANCHORS = [Part(text, "", "") for text in ("^", "$", r"\A", r"\Z", r"\b", r"\B", "(?#a)")]
QUANTIFIERS = [(0, None, "*"), (1, None, "+"), (0, 1, "?"), (2, 2, "{2}"), (5, 5, "{5}"), (0, 0, "{0}")]
QUANTIFIERS += [(0, 2, "{0,2}"), (0, 2, "{,2}"), (1, 3, "{1,3}"), (1, None, "{1,}"), (0, None, "*"), (0, 1, "?")]
MODES = ["", "?", "+"] if NEW_REGEX else ["", "?"]
SIMPLE = ["literal", "literal", "slash", "slash", "slash", "character", "character"]
KINDS = [*SIMPLE, *SIMPLE, "group", "group", "group", "holder", "branch", "branch", "repeat", "repeat", "repeat"]
KINDS += ["optional", "optional", "look", "anchor", "flags", "back", "condition", "many", *(["atomic"] * NEW_REGEX)]


MOST_LOOPS = 3  # in one pattern: the time that a failing match takes grows by the length of the path with each


@dataclass
class Writer:
    """Writes one pattern."""

    draw: st.DrawFn
    named: bool
    joint: str = ""  # whitespace, where a flag lets it mean nothing
    groups: list[tuple[str, Part]] = field(default_factory=list)
    loops: int = 0

    def pick(self, choices: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(choices))

    def piece(self, depth: int) -> Part:
        part: Part = getattr(self, self.pick(KINDS if depth else SIMPLE))(depth - 1)
        return part

    def sequence(self, depth: int) -> Part:
        return self.join([self.piece(depth) for _ in range(self.pick([1, 1, 2, 3]))])

    def join(self, parts: Sequence[Part]) -> Part:
        return Part(
            self.joint.join(part.regex for part in parts),
            "".join(part.one for part in parts),
            "".join(part.other for part in parts),
            any(part.loops for part in parts),
        )

    def literal(self, depth: int) -> Part:
        return self.pick(LITERALS)  # type: ignore[no-any-return]

    def slash(self, depth: int) -> Part:
        return Part("/", "/", "/")

    def anchor(self, depth: int) -> Part:
        return self.pick(ANCHORS)  # type: ignore[no-any-return]

    def group(self, depth: int) -> Part:
        inside = self.sequence(depth)
        name = f"g{len(self.groups) + 1}"
        self.groups.append((name, inside))
        return inside._replace(regex=f"(?P<{name}>{inside.regex})" if self.named else f"({inside.regex})")

    def holder(self, depth: int) -> Part:
        inside = self.sequence(depth)
        return inside._replace(regex=f"(?:{inside.regex})")

    def atomic(self, depth: int) -> Part:
        inside = self.sequence(depth)
        return inside._replace(regex=f"(?>{inside.regex})")

    def flags(self, depth: int) -> Part:
        inside = self.sequence(depth)
        flags = self.pick(["i", "-i", "s", "m", "x", "i-s", "a"])
        if "-" in flags or flags == "a":
            return inside._replace(regex=f"(?{flags}:{inside.regex})")
        return inside._replace(regex=f"(?{flags}:{inside.regex})", other=inside.other.swapcase())

    def branch(self, depth: int) -> Part:
        parts = [self.sequence(depth) for _ in range(self.pick([2, 2, 3]))]
        regex = "|".join(part.regex for part in parts)
        return Part(f"(?:{regex})", parts[0].one, parts[-1].other, any(part.loops for part in parts))

    def many(self, depth: int) -> Part:
        return Part(f"(?:{'|'.join(f'n{number}/' for number in range(40))}|a)", "n7/", "a")

    def repeat(self, depth: int) -> Part:
        inside = getattr(self, self.pick(["character", "character", "holder", "group"]))(depth)
        least, most, text = self.pick(QUANTIFIERS)
        if inside.loops or (most is None and self.loops == MOST_LOOPS):
            least, most, text = 0, 1, "?"
        self.loops += most is None
        more = max(least, min(least + 1, most if most is not None else least + 1))
        regex = inside.regex + text + self.pick(MODES)
        return Part(regex, inside.one * least, inside.other * more, inside.loops or most is None)

    def character(self, depth: int) -> Part:
        return self.pick(CLASSES)  # type: ignore[no-any-return]

    def optional(self, depth: int) -> Part:
        inside = getattr(self, self.pick(["holder", "group"]))(depth)
        return inside._replace(regex=inside.regex + "?", one="")  # type: ignore[no-any-return]

    def look(self, depth: int) -> Part:
        inside = self.piece(0)
        how = self.pick(["?=", "?!", "?<=", "?<!"])
        return Part(f"({how}{inside.regex})", "", "")

    def back(self, depth: int) -> Part:
        if not self.groups:
            return self.literal(depth)
        number = self.draw(st.integers(1, len(self.groups)))
        name, group = self.groups[number - 1]
        return group._replace(regex=f"(?P={name})" if self.named else f"(?:\\{number})")

    def condition(self, depth: int) -> Part:
        if not self.groups:
            return self.literal(depth)
        name, _ = self.groups[0]
        yes, no = self.piece(0), self.piece(0)
        return Part(f"(?({name if self.named else 1}){yes.regex}|{no.regex})", yes.one, no.other)


class Pattern(NamedTuple):
    """What a route is written with, and texts that it might match."""

    given: str | re.Pattern[str]
    texts: tuple[str, str]


USUAL = [
    Pattern(*pattern)
    for pattern in [
        ("/", ("/", "/")),
        ("/a", ("/a", "/a/")),
        ("/a/", ("/a/", "/a")),
        ("/a/b", ("/a/b", "/a/b/")),
        ("/users/?", ("/users", "/users/")),
        (r"/users/(\d+)", ("/users/1", "/users/a")),
        (r"/users/(?P<id>\d+)(?:/(?P<tab>\w+))?", ("/users/1", "/users/1/a")),
        (r"/([^/]+)", ("/a", "/users")),
        (r"/([^/]*)/b", ("/a/b", "//b")),
        (r"/a/(.*)", ("/a/", "/a/b/users")),
        (r"/(.+)", ("/a", "/users/1")),
        (r"/(a|b)/(a|b)?", ("/a/", "/b/a")),
        (r".*", ("/users/1/a", "*")),
        ("", ("", "/")),
    ]
]
FALLBACK = USUAL[1]
STARTS = [Part(text, one, one) for text, one in [("/", "/"), ("^/", "/"), (r"\A/", "/"), ("(?:^/)", "/"), ("^", "")]]
ENDS = [
    Part(*texts) for texts in [("$", "", ""), (r"\Z", "", ""), ("/?", "", "/"), ("/?$", "", "/"), ("(/)?", "", "/")]
]
GLOBAL_FLAGS = ["", "", "", "", "(?i)", "(?x)", "(?m)", "(?s)", "(?a)", "(?im)"]
COMPILED_FLAGS = [0, re.IGNORECASE, re.VERBOSE, re.DOTALL]


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    """A pattern of a route, as text or compiled."""
    if draw(st.integers(0, 9)) < 3:
        return draw(st.sampled_from(USUAL))
    flags = draw(st.sampled_from(GLOBAL_FLAGS))
    writer = Writer(draw, named=draw(st.booleans()), joint=" " if "x" in flags else "")
    ways = [
        writer.join([writer.pick([STARTS[0], *STARTS]), writer.sequence(2), writer.pick([NOTHING, NOTHING, *ENDS])])
        for _ in range(writer.pick([1, 1, 1, 1, 2]))
    ]
    text, texts = flags + "|".join(way.regex for way in ways), (ways[0].one, ways[-1].other)
    try:
        compiled = re.compile(text, writer.pick(COMPILED_FLAGS))
        if not text.endswith("$"):
            re.compile(text + "$")
    except re.error:  # a look-behind without a fixed width, say
        return FALLBACK
    if len(compiled.groupindex) not in (0, compiled.groups):
        return FALLBACK
    return Pattern(writer.pick([text, text, text, compiled]), texts)


class OddLength(Matcher):
    """A matcher of an application's own, that knows the path alone."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        return {"path_args": [request.path.encode()]} if len(request.path) % 2 else None


class FromEnd(PathMatches):
    """A matcher that derives from Tornado's, and means something else by its pattern."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        return {} if self.regex.search(request.path[::-1]) else None


DELEGATE = HTTPMessageDelegate()


class Elsewhere(HTTPServerConnectionDelegate):
    """A server of another kind as a route's target."""

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        return DELEGATE


def call(request: HTTPServerRequest, **kwargs: Any) -> None:
    """A function as a route's target."""


ELSEWHERE = Elsewhere()


@dataclass(eq=False)
class Row:
    """A rule that is yet to be made: once for each application that is compared."""

    form: str
    pattern: Pattern
    target: Any
    kwargs: dict[str, Any] | None = None
    name: str | None = None
    host: str = ""

    def matcher(self) -> Matcher:
        if self.form == "host":
            return HostMatches(re.escape(self.host))
        if self.form == "any":
            return AnyMatches()
        if self.form == "odd":
            return OddLength()
        return (FromEnd if self.form == "end" else PathMatches)(self.pattern.given)


Application = Callable[[list[Any]], Any]


class Builder:
    """Makes the rules of rows: a row that stands twice is the very same rule twice."""

    def __init__(self, application: Application, urlspec: type[tornado.routing.URLSpec]) -> None:
        self.application = application
        self.urlspec = urlspec
        self.made: dict[Row, Any] = {}

    def rules(self, rows: Sequence[Row]) -> list[Any]:
        return [self.rule(row) for row in rows]

    def rule(self, row: Row) -> Any:
        if row not in self.made:
            self.made[row] = self._make(row)
        return self.made[row]

    def _make(self, row: Row) -> Any:
        target, rest = self._target(row.target), (row.kwargs, row.name)
        if row.form in ("tuple", "list") and isinstance(row.pattern.given, str):
            made = (row.pattern.given, target, *rest)
            return made if row.form == "tuple" else [*made[: 2 if rest == (None, None) else 4]]
        if row.form == "spec":
            return self.urlspec(row.pattern.given, target, *rest)
        if row.form == "pair":
            return (row.matcher(), target, *rest)
        return Rule(row.matcher(), target, *rest)

    def _target(self, target: Any) -> Any:
        kind, *inside = target if isinstance(target, tuple) else (target,)
        if kind == "rules":
            return self.rules(inside[0])
        if kind == "application":
            return self.application(self.rules(inside[0]))
        if kind == "router":
            return RuleRouter([(row.pattern.given, call) for row in inside[0] if isinstance(row.pattern.given, str)])
        return target


FORMS = ["tuple", "tuple", "tuple", "list", "spec", "spec", "rule", "pair", "any", "host", "odd", "end"]
NAMES = ["one", "two", "three"]
KWARGS = [None, None, {}, {"number": 1}, {"path": "/tmp", "default": None}]
INSIDE = ["rules", "rules", "rules", "application", "router"]


@st.composite
def rows(draw: st.DrawFn, depth: int = 2) -> Row:
    """A row: mostly a handler at a path."""
    form = draw(st.sampled_from(FORMS))
    target: Any = draw(st.sampled_from(HANDLERS))
    what = draw(st.integers(0, 19))
    if depth and what < (15 if form in ("any", "host") else 3):
        target = (draw(st.sampled_from(INSIDE)), draw(st.lists(rows(depth - 1), max_size=4)))
    elif what < 6:
        target = draw(st.sampled_from([call, ELSEWHERE, None]))
    return Row(
        form,
        draw(patterns()),
        target,
        draw(st.sampled_from(KWARGS)),
        draw(st.sampled_from([None, None, None, *NAMES])),
        draw(st.sampled_from(HOSTS)),
    )


def texts_of(table: Sequence[Row]) -> Iterator[str]:
    """The texts of all patterns of a table."""
    for row in table:
        yield from row.pattern.texts
        if isinstance(row.target, tuple):
            yield from texts_of(row.target[1])


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """A table: rows, some of which stand in it twice."""
    table = draw(st.lists(rows(), min_size=1, max_size=8))
    for position in draw(st.lists(st.integers(0, len(table) - 1), max_size=2)):
        table.insert(draw(st.integers(0, len(table))), table[position])
    return table


SEGMENTS = [
    "",
    "",
    "a",
    "a",
    "b",
    "b",
    "ab",
    "users",
    "users",
    "1",
    "42",
    "-",
    ".",
    "A",
    "é",
    "%2F",
    " ",
    "n7",
    "aaaaa",
    "a\n",
]
BENT: list[Callable[[str], str]] = [
    str,
    str,
    str,
    str,
    str,
    str,
    lambda path: path + "/",
    lambda path: path.removesuffix("/"),
    lambda path: path.replace("/", "//", 1),
    lambda path: path.replace("/", "%2F"),
    lambda path: path + "\n",
    lambda path: path + "x",
    lambda path: path + "/a",
    lambda path: path[1:],
    lambda path: path[:-1],
    lambda path: "/a" + path,
    str.swapcase,
    lambda path: path + "/users" * 20,
]


def paths(texts: Sequence[str]) -> st.SearchStrategy[str]:
    """Paths of any kind, and such as come close to these texts."""
    of_segments = st.lists(st.sampled_from(SEGMENTS), max_size=6).map(lambda parts: "/" + "/".join(parts))
    near = st.builds(lambda text, bend: bend(text), st.sampled_from(texts or ["/"]), st.sampled_from(BENT))
    return st.one_of(near, near, near, of_segments)
