r"""Routes that no request can reach: those that an earlier one takes all requests of, and those that match no path.

Patterns are compared as sets of paths (see `language`), so what is found is proven: ``/posts/:id(.:format)`` takes
all of ``/posts/new(.:format)``, and ``/posts/:id`` with ``id=\d+`` does not.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tornado.routing import AnyMatches, PathMatches, Router

from tornado_rails.cli.findings import Finding, finding
from tornado_rails.routing.finder import pattern_shapes
from tornado_rails.routing.index import EVERYTHING, CandidateIndex, Shape, shapes
from tornado_rails.routing.path_language import Language
from tornado_rails.routing.pattern import as_group
from tornado_rails.routing.rows import Row
from tornado_rails.routing.urlspec import is_handler

_ANY_SEGMENT = "\0"  # stands for a segment that no literal equals


def unreachable(rows: Sequence[Row]) -> Iterator[Finding]:
    """The rows that earlier ones leave nothing for.

    A convention's route is one only if no other leads to its action: that another takes its place is how it should be.
    """
    lost = dict(_lost(rows))
    reached = {row.target for place, row in enumerate(rows) if place not in lost}
    for place, earlier in lost.items():
        row = rows[place]
        if _is_convention(row) and row.target in reached:
            continue
        is_same = earlier.path == row.path and earlier.asked == row.asked
        check = "duplicate" if is_same else "shadowed"
        what = "is a duplicate of" if is_same else "is never reached: it comes after"
        yield finding(check, f"{row} {what} {earlier}", row.source)


def _lost(rows: Sequence[Row]) -> Iterator[tuple[int, Row]]:
    """The places of rows that no request reaches, and the rows that take them all."""
    index = CandidateIndex[int]()
    for place, row in enumerate(rows):
        index.add(place, _shapes(row))
    for place, row in enumerate(rows):
        for before in index.candidates(_sample(row)):
            if before < place and covers(rows[before], row):
                yield place, rows[before]
                break


def _is_convention(row: Row) -> bool:
    return row.route is None and getattr(row.rule, "controller", None) is not None


def _regex(row: Row) -> re.Pattern[str] | None:
    if row.route is not None:
        return row.route.pattern.regex
    matcher: Any = row.rule.matcher if row.rule is not None else None
    return matcher.regex if type(matcher) is PathMatches else None


def _shapes(row: Row) -> tuple[Shape, ...]:
    if row.route is not None:
        return pattern_shapes(row.route.pattern)
    regex = _regex(row)
    return EVERYTHING if regex is None else shapes(regex)


def _sample(row: Row) -> str:
    """A path whose candidates are the rows that could cover this one."""
    shape = _shapes(row)[0]
    segments = [_ANY_SEGMENT if segment is None else segment for segment in shape.segments]
    return "/".join(segments if shape.exact else [*segments, _ANY_SEGMENT])


def covers(earlier: Row, row: Row) -> bool:
    """Whether an earlier row provably takes every request of a later one."""
    return (
        (not earlier.within or earlier.within == row.within)
        and _keeps_requests(earlier)
        and _takes_methods(earlier, row)
        and _asks_no_more(earlier, row)
        and _takes_paths(earlier, row)
    )


def _keeps_requests(row: Row) -> bool:
    """Whether a row answers each request that it takes; an application or a router may pass one on."""
    if row.route is not None and row.route.endpoint is not None:
        return row.route.anchored and not isinstance(row.route.endpoint, Router)
    if row.route is not None:
        return row.route.anchored
    return row.rule is not None and is_handler(row.rule.target)


def _methods(row: Row) -> frozenset[str] | None:
    """The methods that a row takes; None for all."""
    if row.route is None:
        accepts: frozenset[str] | None = getattr(row.rule, "_accepts", None)
        return accepts
    return frozenset(row.route.verbs) or None


def _takes_methods(earlier: Row, row: Row) -> bool:
    first, second = _methods(earlier), _methods(row)
    # NOTE: a drawn route that names HEAD is asked before all others that do not.
    if row.route is not None and "HEAD" in row.route.verbs and "HEAD" not in (first or ()):
        return False
    if first is None:
        return True
    if earlier.route is not None and "GET" in first and row.route is None:
        first |= {"HEAD"}
    return second is not None and first >= second


def _asks_no_more(earlier: Row, row: Row) -> bool:
    """Whether what an earlier row asks of a request beside its path is asked by the later too."""
    if earlier.route is None:
        return True
    constraints = row.route.constraints if row.route is not None else {}
    predicates = row.route.predicates if row.route is not None else ()
    return all(predicate in predicates for predicate in earlier.route.predicates) and all(
        name in constraints and constraints[name] == asked for name, asked in earlier.route.constraints.items()
    )


@functools.lru_cache(maxsize=4096)
def _language(regex: re.Pattern[str]) -> Language | None:
    return Language.of(regex)


def _takes_paths(earlier: Row, row: Row) -> bool:
    if earlier.rule is not None and type(earlier.rule.matcher) is AnyMatches:
        return True
    first, second = _regex(earlier), _regex(row)
    if first is None or second is None:
        return False
    if first == second and (earlier.route is None) == (row.route is None):
        return True
    mine, its = _language(first), _language(second)
    if mine is None or its is None:
        return False
    if earlier.route is not None and row.route is None:
        # It sees a path in its normal form: what its constraints say of escapes may be said of other letters.
        return its.is_normal and not earlier.asked and "%" not in earlier.path and mine.holds(its)
    if earlier.route is None and row.route is not None:
        return "%" not in row.path and mine.holds(its.with_more_slashes())
    return mine.holds(its)


def matching_nothing(rows: Sequence[Row]) -> Iterator[Finding]:
    """The rows whose patterns no path matches."""
    for row in rows:
        regex = _regex(row)
        language = _language(regex) if regex is not None else None
        if regex is None or language is None or language.has_paths or regex.match("*"):
            continue
        yield finding("never-matches", f"{row} matches no path: {_why(row, regex)}", row.source)


def _why(row: Row, regex: re.Pattern[str]) -> str:
    for name, asked in row.asked.items():
        language = Language.of(re.compile("/" + as_group(asked)))
        if language is not None and not language.first:
            return f"the constraint {getattr(asked, 'pattern', asked)!r} of :{name} {_reason(str(asked))}"
    if row.route is None and not regex.pattern.removeprefix("^").startswith(("/", "\\/", "(", "[")):
        return "a path begins with a slash"
    return f"its text {_reason(regex.pattern)}"


def _reason(text: str) -> str:
    if not text.isascii() or " " in text:
        return "has what is percent-encoded in a path"
    return "has what stands in no path"
