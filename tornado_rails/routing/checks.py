r"""Start-up checks of a table: routes that an earlier one leaves nothing for.

    check_rules(rules, since, candidates, strict)

raises for the first finding in which a route with routing keys takes part, and logs the others (old tables, which
Tornado accepts) at DEBUG; ``strict`` raises for those too. Only what can be proven is found:

    /user/login   after  /user/(.*)          every literal path that the earlier pattern matches
    /user/(\w+)   after  /user/([^/]+)       segment by segment: equal, or any segment at all
    /a/(?P<x>.)   after  /a/(.)              the same pattern, whatever its groups are called
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from tornado.log import gen_log
from tornado.routing import AnyMatches, PathMatches, Rule

from tornado_rails.errors import DuplicateRouteError, ShadowedRouteError
from tornado_rails.routing.gathering import note
from tornado_rails.routing.index import class_has_slash, parse, shapes
from tornado_rails.routing.urlspec import ROUTING_KEYS, describe, is_handler, pattern_of

Candidates = Callable[[str], Iterable[Rule]]

_ANY_SEGMENT = "\0"  # stands for a segment that no literal equals


class Finding(NamedTuple):
    """A route that no request can reach, and the earlier one that takes them all."""

    route: Rule
    earlier: Rule
    duplicate: bool

    def error(self, rules: Sequence[Rule], in_detail: bool = True) -> DuplicateRouteError | ShadowedRouteError:
        """The finding as an error that names both; in detail, each with its own line, for which sources are read."""
        route, earlier = (
            _described(rule, rules) if in_detail else describe(rule, count=0) for rule in (self.route, self.earlier)
        )
        if self.duplicate:
            return DuplicateRouteError(route, earlier, "is a duplicate of", "Remove one, or give them other methods.")
        return ShadowedRouteError(route, earlier, "is never reached, as all its requests go to", "Put it first.")


def _described(rule: Rule, rules: Sequence[Rule]) -> str:
    """A rule of a table in words; several of one pattern, written in one table, each with its own line."""

    def written(other: Rule) -> tuple[Any, str]:
        return getattr(other, "source", None), pattern_of(other.matcher)

    alike = [other for other in rules if written(other) == written(rule)]
    return describe(rule, alike.index(rule), len(alike))


def is_routed(rule: Rule) -> bool:
    """Whether a rule has routing keys, and so answers to our checks."""
    return any(getattr(rule, key, None) is not None for key in ROUTING_KEYS)


def check_rules(rules: Sequence[Rule], since: int, candidates: Candidates, strict: bool) -> None:
    """Raises for the first finding among ``rules[since:]`` that is an error, and logs the others at DEBUG."""
    for finding in find_unreachable(rules, since, candidates):
        if strict or _is_error(finding):
            note(finding.error(rules))
            continue
        gen_log.debug("%s", finding.error(rules, in_detail=False))


def _is_error(finding: Finding) -> bool:
    route, earlier = finding.route, finding.earlier
    if getattr(route, "controller", None) is not None and _same_action(route, earlier):
        return False  # a route written by hand takes the place of the convention's, as it should
    return is_routed(route) or is_routed(earlier)


def _same_action(route: Rule, earlier: Rule) -> bool:
    return route.target is earlier.target and getattr(route, "action", None) == getattr(earlier, "action", None)


def find_unreachable(rules: Sequence[Rule], since: int, candidates: Candidates) -> Iterator[Finding]:
    """Every rule of ``rules[since:]`` that can be proven never to be reached."""
    positions = {id(rule): position for position, rule in reversed(list(enumerate(rules)))}
    for position, rule in enumerate(rules[since:], since):
        if positions[id(rule)] < position:
            yield Finding(rule, rule, duplicate=True)
            continue
        before = (each for each in candidates(_sample(rule)) if positions[id(each)] < position)
        for earlier in before:
            if _takes_methods(earlier, rule) and _covers(earlier, rule):
                yield Finding(rule, earlier, duplicate=_same_paths(earlier, rule))
                break


def _sample(rule: Rule) -> str:
    """A path whose candidates are all the rules that could cover this one."""
    if not isinstance(rule.matcher, PathMatches):
        return _ANY_SEGMENT
    shape = shapes(rule.matcher.regex)[0]
    segments = [_ANY_SEGMENT if segment is None else segment for segment in shape.segments]
    return "/".join(segments if shape.exact else [*segments, _ANY_SEGMENT])


def _takes_methods(earlier: Rule, rule: Rule) -> bool:
    """Whether every method that the rule takes is one that the earlier takes."""
    first: frozenset[str] | None = getattr(earlier, "_accepts", None)
    second: frozenset[str] | None = getattr(rule, "_accepts", None)
    if first is None:
        return True
    methods = second or (rule.target.SUPPORTED_METHODS if is_handler(rule.target) else None)
    return methods is not None and first.issuperset(methods)


def _covers(earlier: Rule, rule: Rule) -> bool:
    """Whether an earlier rule provably takes every path of a later one."""
    if not is_handler(earlier.target):
        return False  # another kind of target may pass a request on
    if type(earlier.matcher) is AnyMatches:
        return True
    if type(earlier.matcher) is not PathMatches or type(rule.matcher) is not PathMatches:
        return False
    regex, others = earlier.matcher.regex, shapes(rule.matcher.regex)
    literals = ["/".join(map(str, shape.segments)) for shape in others if shape.exact and None not in shape.segments]
    if len(literals) == len(others):
        return all(map(regex.match, literals))
    return _same_paths(earlier, rule) or _covers_by_segment(_segments(regex), _segments(rule.matcher.regex))


def _same_paths(earlier: Rule, rule: Rule) -> bool:
    first, second = (getattr(each.matcher, "regex", None) for each in (earlier, rule))
    if first is None or second is None:
        return type(earlier.matcher) is type(rule.matcher) is AnyMatches
    return first == second or _canonical(first) == _canonical(second)


class _Segment(NamedTuple):
    """A part of a pattern between two slashes."""

    text: str  # its parsed form: equal text matches equal paths
    least: int  # its least length
    is_any: bool  # [^/]+ or [^/]*: matches every segment of at least that length
    is_rest: bool  # .* or .+: matches everything of its least length from here to the end
    closed: bool  # cannot match a slash


@functools.lru_cache(maxsize=1024)
def _canonical(regex: re.Pattern[str]) -> str:
    """A pattern's parsed form without the names and numbers of its groups."""
    try:
        return repr((regex.flags, _bare(parse(regex))))
    except Exception:
        return f"{regex.flags} {regex.pattern!r}"


def _bare(items: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Parsed items without capturing groups, as plain lists."""
    bare: list[Any] = []
    for operator, argument in items:
        if "GROUPREF" in repr((operator, argument)):
            raise ValueError("a back-reference needs its group's number")
        if operator.name == "SUBPATTERN" and not (argument[1] or argument[2]):
            bare.extend(_bare(argument[3]))
        elif operator.name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            bare.append((operator.name, argument[0], int(argument[1]), _bare(argument[2])))
        elif operator.name == "IN":
            bare.append(("IN", repr(argument), class_has_slash(argument)))
        else:
            bare.append((operator.name, repr(argument)))
    return bare


_SLASH = ("LITERAL", repr(ord("/")))
_NOT_SLASH = ("NOT_LITERAL", repr(ord("/")))


@functools.lru_cache(maxsize=1024)
def _segments(regex: re.Pattern[str]) -> tuple[_Segment, ...] | None:
    """A pattern's segments, if slashes part it plainly and it is anchored at its end."""
    try:
        items = _bare(parse(regex))
    except Exception:
        return None
    if regex.flags & ~re.UNICODE or not items or items.pop() != ("AT", "AT_END"):
        return None
    parts: list[list[Any]] = [[]]
    for item in items:
        if item == _SLASH:
            parts.append([])
        elif item != ("AT", "AT_BEGINNING") or parts != [[]]:
            parts[-1].append(item)
    return tuple(map(_segment, parts))


def _segment(items: list[Any]) -> _Segment:
    repeat = items[0] if len(items) == 1 and len(items[0]) == 4 else None
    unbounded = repeat is not None and repeat[0] == "MAX_REPEAT" and repeat[1] <= 1 and repeat[2] >= 2**31
    return _Segment(
        text=repr(items),
        least=sum(map(_least, items)),
        is_any=repeat is not None and unbounded and repeat[3] == [_NOT_SLASH],
        is_rest=repeat is not None and unbounded and repeat[3] == [("ANY", "None")],
        closed=all(map(_is_closed, items)),
    )


def _least(item: Any) -> int:
    if len(item) == 4:
        return int(item[1]) * sum(map(_least, item[3]))
    return int(item[0] in ("LITERAL", "NOT_LITERAL", "IN", "ANY"))


def _is_closed(item: Any) -> bool:
    """Whether an item is sure to match no slash."""
    if len(item) == 4:
        return all(map(_is_closed, item[3]))
    if item[0] == "IN":
        return not item[2]
    return bool(item == _NOT_SLASH or (item[0] == "LITERAL" and item != _SLASH))


def _covers_by_segment(earlier: Sequence[_Segment] | None, later: Sequence[_Segment] | None) -> bool:
    if earlier is None or later is None:
        return False
    for position, (segment, other) in enumerate(zip(earlier, later, strict=False)):
        if segment.is_rest and position == len(earlier) - 1:
            return len(later) > len(earlier) or other.least >= segment.least
        if segment.text != other.text and not (segment.is_any and other.closed and other.least >= 1):
            return False
    return len(earlier) == len(later)
