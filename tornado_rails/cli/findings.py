"""What ``tornado-rails check`` finds: what is wrong, and where."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tornado_rails.errors import (
    DuplicateRouteError,
    RailsError,
    ShadowedRouteError,
    UnknownActionError,
    UnknownControllerError,
)
from tornado_rails.routing.source import Source

_KINDS = {
    UnknownControllerError: "missing-controller",
    UnknownActionError: "missing-action",
    DuplicateRouteError: "duplicate",
    ShadowedRouteError: "shadowed",
}
_PLACE = re.compile(r"\(([^()]+):(\d+)\)")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong.

    >>> print(Finding("shop/app.py", 14, "unknown-route", "no route is named 'usr'"))
    shop/app.py:14: no route is named 'usr' [unknown-route]
    """

    file: str
    line: int
    check: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file else ""
        return f"{place}{self.message} [{self.check}]"


def finding(check: str, message: str, source: Source | None) -> Finding:
    """A finding at a place; its file is told from the working directory if it lies below."""
    if source is None:
        return Finding("", 0, check, message)
    return Finding(str(source).rpartition(":")[0], source.line, check, message)


def of_errors(errors: Iterable[RailsError]) -> list[Finding]:
    """The errors of a table as findings, each where its text says that the route stands."""
    found = []
    for error in errors:
        check = next((name for kind, name in _KINDS.items() if isinstance(error, kind)), "invalid")
        place = _PLACE.search(getattr(error, "route", "") or str(error))
        source = Source(os.path.abspath(place[1]), int(place[2])) if place else None
        found.append(finding(check, str(error), source))
    return found
