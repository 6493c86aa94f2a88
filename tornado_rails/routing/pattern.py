r"""Rails' path patterns: "/posts/:id(.:format)" as a regex, and as a URL.

A pattern is text with dynamic parts: ``:name`` takes the text up to the next slash or dot, ``*name`` any text,
brackets may be left out, ``|`` parts alternatives. It is read once into a tree; the regex that recognises paths and
the text of URLs are both made by walking that tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from tornado_rails.routing import linear

# What may stand unescaped in a path's segment, in a path, and after "#" (RFC 3986).
_SEGMENT_SAFE: Final = "-._~!$&'()*+,;=:@"
_PATH_SAFE: Final = _SEGMENT_SAFE + "/"
_FRAGMENT_SAFE: Final = _PATH_SAFE + "?"
# What may stand unescaped in a pattern as it is drawn (RFC 2396, whose brackets and signs mean something here).
_DRAWN_SAFE: Final = "-_.!~*'();/?:@&=+$,[]"

_TOKEN = re.compile(r"[:*](?P<name>\w+)|\\[:()]|[\w%\-~!$&'*+,;=@]+|.", re.ASCII | re.DOTALL)

_LOWER_ESCAPE = re.compile("%(?:[a-f][0-9a-fA-F]|[0-9A-F][a-f])")

Requirement = str | re.Pattern[str]


def escape_segment(text: str) -> str:
    """Text as one segment of a path.

    >>> escape_segment("a/b c")
    'a%2Fb%20c'
    """
    return quote(text, safe=_SEGMENT_SAFE)


def escape_path(text: str) -> str:
    """Text as several segments of a path: its slashes stay.

    >>> escape_path("a/b c")
    'a/b%20c'
    """
    return quote(text, safe=_PATH_SAFE)


def escape_fragment(text: str) -> str:
    """Text as it stands after "#"."""
    return quote(text, safe=_FRAGMENT_SAFE)


def escape_drawn(path: str) -> str:
    """A pattern as it was written, its letters beyond ASCII and its blanks percent-encoded.

    >>> escape_drawn("/über uns/:id")
    '/%C3%BCber%20uns/:id'
    """
    return quote(path, safe=_DRAWN_SAFE)


def normalize_path(path: str) -> str:
    """A request's path as routes see it: one slash at a time, none at the end, escapes in capitals.

    >>> normalize_path("//posts/%c3%bc/")
    '/posts/%C3%BC'
    """
    if "//" in path or path[:1] != "/":
        path = re.sub("//+", "/", "/" + path)
    if len(path) > 1 and path[-1] == "/":
        path = path[:-1]
    if "%" in path:
        path = _LOWER_ESCAPE.sub(_upper, path)
    return path


def _upper(escape: re.Match[str]) -> str:
    return escape[0].upper()


@dataclass(frozen=True, slots=True)
class Text:
    """Text that stands in the path as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Param:
    """``:name``, or ``*name`` where it is a glob."""

    name: str
    glob: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A part in brackets, which may be left out."""

    parts: Parts


@dataclass(frozen=True, slots=True)
class Either:
    """Alternatives, the first that fits is taken."""

    choices: tuple[Parts, ...]


Part = Text | Param | Group | Either
Parts = tuple[Part, ...]


def parse(path: str) -> Parts:
    """A pattern as a tree; raises `ValueError` where its brackets do not pair.

    >>> parse("/posts(/:id)")
    (Text(text='/posts'), Group(parts=(Text(text='/'), Param(name='id', glob=False))))
    """
    tokens = list(_TOKEN.finditer(path))
    parts, at = _parse(tokens, 0, path, depth=0)
    if at < len(tokens):
        raise ValueError(f"the bracket at character {tokens[at].start() + 1} of {path!r} closes nothing")
    return parts


def _parse(tokens: list[re.Match[str]], at: int, path: str, depth: int) -> tuple[Parts, int]:
    choices: list[Parts] = []
    parts: list[Part] = []
    while at < len(tokens):
        token = tokens[at]
        text = token[0]
        if text == ")":
            break
        at += 1
        if text == "(":
            inner, at = _parse(tokens, at, path, depth + 1)
            if at == len(tokens):
                raise ValueError(f"the bracket at character {token.start() + 1} of {path!r} is not closed")
            at += 1
            parts.append(Group(inner))
        elif text == "|":
            choices.append(tuple(parts))
            parts = []
        elif token["name"]:
            parts.append(Param(token["name"], glob=text[0] == "*"))
        else:
            text = text[1:] if len(text) == 2 and text[0] == "\\" else text
            if parts and isinstance(parts[-1], Text):
                parts[-1] = Text(parts[-1].text + text)
            else:
                parts.append(Text(text))
    if choices:
        return (Either((*choices, tuple(parts))),), at
    return tuple(parts), at


def params(parts: Parts, optional: bool = False) -> Iterator[tuple[Param, bool]]:
    """The dynamic parts in order, each with whether it may be left out."""
    for part in parts:
        if isinstance(part, Param):
            yield part, optional
        elif isinstance(part, Group):
            yield from params(part.parts, optional=True)
        elif isinstance(part, Either):
            for choice in part.choices:
                yield from params(choice, optional)


_CAPTURES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?P<\w+>|(?!\?))", re.DOTALL)
_INLINE = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"), (re.VERBOSE, "x"), (re.ASCII, "a"))


def as_group(requirement: Requirement) -> str:
    r"""A constraint as part of a larger regex: its flags inside, its own groups not capturing.

    >>> as_group(re.compile("(tender|love)", re.IGNORECASE)), as_group("5.")
    ('(?i:(?:tender|love))', '5\\.')
    """
    if isinstance(requirement, str):
        return re.escape(requirement)
    # SECURITY: a group of its own would shift the numbers of the path's groups, by which values are taken.
    source = _CAPTURES.sub(lambda found: "(?:" if found[0][0] == "(" else found[0], requirement.pattern)
    flags = "".join(letter for flag, letter in _INLINE if requirement.flags & flag)
    if requirement.flags & re.VERBOSE:
        source += "\n"  # which ends a comment
    return f"(?{flags}:{source})" if flags else f"(?:{source})" if "|" in source else source


def regex_source(parts: Parts, requirements: Mapping[str, Requirement]) -> str:
    r"""The regex of a tree, a capturing group for each dynamic part.

    >>> regex_source(parse("/posts/:id(.:format)"), {})
    '/posts/([^./?]+)(?:\\.([^./?]+))?'
    """
    sources = []
    for part in parts:
        if isinstance(part, Text):
            sources.append(re.escape(part.text))
        elif isinstance(part, Param):
            requirement = requirements.get(part.name)
            if requirement is not None:
                sources.append(f"({as_group(requirement)})")
            else:
                sources.append("(.+)" if part.glob else "([^./?]+)")
        elif isinstance(part, Group):
            sources.append(f"(?:{regex_source(part.parts, requirements)})?")
        else:
            sources.append(f"(?:{'|'.join(regex_source(choice, requirements) for choice in part.choices)})")
    return "".join(sources)


def write(parts: Parts, values: Mapping[str, str]) -> str:
    """The path of a tree: optional parts appear where all of their values are given.

    >>> write(parse("/archive(/:year(/:month))"), {"year": "2024"})
    '/archive/2024'
    """
    return _write(parts, values, inside=False) or ""


def _write(parts: Parts, values: Mapping[str, str], inside: bool) -> str | None:
    written = []
    for part in parts:
        if isinstance(part, Text):
            written.append(part.text)
        elif isinstance(part, Param):
            value = values.get(part.name)
            if value is None or (inside and not value.strip()):
                return None
            written.append(escape_path(value) if part.glob else escape_segment(value))
        elif isinstance(part, Group):
            written.append(_write(part.parts, values, inside=True) or "")
        else:
            written.extend(_write(choice, values, inside) or "" for choice in part.choices)
    return "".join(written)


def written_names(parts: Parts, values: Mapping[str, str]) -> set[str]:
    """The names whose values stand in the path that `write` makes.

    >>> sorted(written_names(parse("/archive(/:year(/:month))"), {"month": "5"}))
    []
    """
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Param):
            found.add(part.name)
        elif isinstance(part, Group) and _write(part.parts, values, inside=True) is not None:
            found |= written_names(part.parts, values)
        elif isinstance(part, Either):
            for choice in part.choices:
                found |= written_names(choice, values)
    return found


def is_delimited(parts: Parts, after: bool = True) -> bool:
    """Whether each dynamic part is a segment's text that ends where the segment does: nothing else can be read into it.

    >>> is_delimited(parse("/posts/:id(.:format)")), is_delimited(parse("/:from-:to"))
    (True, False)
    """
    for part in reversed(parts):
        if isinstance(part, Text):
            after = part.text[0] in "/."
        elif isinstance(part, Group):
            if not is_delimited(part.parts, after):
                return False
            first = part.parts[0] if part.parts else None
            after = after and isinstance(first, Text) and first.text[0] in "/."
        elif not (isinstance(part, Param) and not part.glob and after):
            return False
        else:
            after = False
    return True


class PathPattern:
    """A pattern ready to use: its tree, its names, and its regex with the constraints of its segments.

    >>> PathPattern("/posts/:id(.:format)").match("/posts/1.json")
    {'id': '1', 'format': 'json'}
    """

    __slots__ = ("_regex", "_trust", "anchored", "has_glob", "names", "parts", "required", "requirements", "text")

    def __init__(self, text: str, requirements: Mapping[str, Requirement] | None = None, anchored: bool = True) -> None:
        self.text = text
        self.parts = parse(text)
        self.requirements = dict(requirements or {})
        self.anchored = anchored
        found = list(params(self.parts))
        #: One for each capturing group of the regex; a name may stand twice.
        self.names = tuple(param.name for param, _optional in found)
        optional = {param.name for param, may_be_left_out in found if may_be_left_out}
        self.required = tuple(name for name in dict.fromkeys(self.names) if name not in optional)
        self.has_glob = any(param.glob for param, _optional in found)
        self._regex: re.Pattern[str] | None = None
        # SECURITY: paths are as long as clients like, so what could take too long is refused when it is drawn.
        plain = not self.requirements and is_delimited(self.parts)
        self._trust = linear.ALL if plain else linear.trust(self.regex)

    @property
    def regex(self) -> re.Pattern[str]:
        """The regex that paths are matched by."""
        # PERF: it is made when it is first asked for; most requests are told by the segments alone.
        if self._regex is None:
            source = regex_source(self.parts, self.requirements)
            if not self.anchored:
                source = "/" if source == "/" else rf"{source}(?:\b|\Z|/)"
            self._regex = re.compile(source + r"\Z" if self.anchored else source)
        return self._regex

    def __repr__(self) -> str:
        return f"PathPattern({self.text!r})"

    def find(self, path: str) -> linear.Found | re.Match[str] | None:
        """The match of a path that is normalised; None where it does not match, or is longer than can be told."""
        backtracking, longest = self._trust
        if backtracking is None or len(path) <= backtracking:
            return self.regex.match(path)
        return linear.match(self.regex, path) if longest is None or len(path) <= longest else None

    def match(self, path: str) -> dict[str, str] | None:
        """The values in a path that is normalised, still percent-encoded; None where it does not match."""
        found = self.find(path)
        return None if found is None else self.captures(found)

    def captures(self, found: linear.Found | re.Match[str]) -> dict[str, str]:
        """The values of a match: of a name that stands twice, the last."""
        return {name: value for name, value in zip(self.names, found.groups(), strict=False) if value is not None}
