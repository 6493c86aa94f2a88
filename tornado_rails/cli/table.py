"""The rows of what a command looks at, and those of them that were asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tornado.routing import PathMatches

from tornado_rails.cli.target import Target
from tornado_rails.routing.inflections import underscore
from tornado_rails.routing.rails_table import matching
from tornado_rails.routing.rows import Row, row_of, row_of_route, rules_of


def rows_of(target: Target) -> list[Row]:
    """The rows of a target, in the order in which they are asked."""
    if target.application is not None:
        return [row_of(rule, within) for rule, within in rules_of(target.application)]
    return [] if target.routes is None else [row_of_route(route) for route in target.routes.routes]


def chosen(rows: Iterable[Row], controller: str | None = None, grep: str | None = None) -> list[Row]:
    """The rows of a controller, or those that a regex finds in their words or whose path matches the text."""
    return [row for row in rows if _is_chosen(row, controller, grep)]


def _is_chosen(row: Row, controller: str | None, grep: str | None) -> bool:
    if row.route is not None:
        return bool(matching([row.route], controller, grep))
    if controller is not None:
        part = re.sub(r"_?(controller|handler)\Z", "", underscore(controller))
        return row.controller is not None and re.search(part, row.controller) is not None
    if grep is None:
        return True
    words = (row.target, row.controller, row.action, "|".join(row.verbs), row.name, row.path)
    if any(word and re.search(grep, word) for word in words):
        return True
    matcher = row.rule.matcher if row.rule is not None else None
    return isinstance(matcher, PathMatches) and matcher.regex.match(grep) is not None
