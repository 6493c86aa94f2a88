"""A rule as the router asks it, and the paths by which the index finds it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from tornado.routing import PathMatches, Rule
from tornado.web import RequestHandler

from tornado_rails.routing.index import EVERYTHING, Shape, shapes
from tornado_rails.routing.urlspec import URLSpec, is_handler


class Entry(NamedTuple):
    """A rule as the router asks it.

    PERF: what a `URLSpec` holds is at hand, as it tells when that changes; of a rule of Tornado's own classes, the
    parts are None, and read each time.
    """

    rule: Rule
    regex: re.Pattern[str] | None  # of a PathMatches; another matcher is asked itself
    groups: int  # none, positional or named ones
    handler_class: type[RequestHandler] | None
    kwargs: dict[str, Any] | None
    accepts: frozenset[str] | None


NO_GROUPS, POSITIONAL, NAMED, DRAWN = range(4)  # DRAWN: its matcher is asked, after its methods


def is_drawn(rule: Rule) -> bool:
    """Whether a rule is of the routing language."""
    return getattr(rule, "drawn", None) is not None


def entry_of(rule: Rule) -> Entry:
    """How the router asks a rule."""
    if not isinstance(rule, URLSpec):
        return Entry(rule, None, NO_GROUPS, None, None, None)
    if is_drawn(rule):
        handler = rule.target if is_handler(rule.target) else None
        return Entry(rule, None, DRAWN, handler, rule.target_kwargs, rule._accepts)
    matcher = rule.matcher
    regex = matcher.regex if type(matcher) is PathMatches else None
    groups = NO_GROUPS if regex is None or not regex.groups else NAMED if regex.groupindex else POSITIONAL
    handler_class = rule.target if is_handler(rule.target) else None
    return Entry(rule, regex, groups, handler_class, rule.target_kwargs, rule._accepts)


def shapes_of(rule: Rule) -> tuple[Shape, ...]:
    """The shapes of the paths that a rule may take."""
    matcher = rule.matcher
    if type(matcher) is PathMatches:
        return shapes(matcher.regex)
    drawn: tuple[Shape, ...] = matcher.candidate_shapes() if is_drawn(rule) else EVERYTHING  # type: ignore[attr-defined]
    return drawn
