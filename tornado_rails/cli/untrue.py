"""Constraints of a request that no request meets: a method in small letters, a host with a scheme, ..."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tornado_rails.cli.findings import Finding, finding
from tornado_rails.routing.constraints import holds, split_host
from tornado_rails.routing.recognition import HTTP_METHODS
from tornado_rails.routing.route import Route
from tornado_rails.routing.rows import Row

_SCHEMES: Final = ("http", "https", "ws", "wss")
#: Attributes that have few values, and those.
_VALUES: Final[dict[str, Sequence[Any]]] = {
    "scheme": _SCHEMES,
    "protocol": [f"{scheme}://" for scheme in _SCHEMES],
    "port": range(1, 65536),
    "server_port": range(1, 65536),
    **dict.fromkeys(("xhr?", "xml_http_request?", "ssl?", "local?", "standard_port?", "form_data?"), (True, False)),
    **{f"{verb.lower()}?": (True, False) for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")},
}


def never_true(rows: Sequence[Row]) -> Iterator[Finding]:
    """The constraints of rows that nothing meets."""
    for row in rows:
        if row.route is not None:
            for name, asked in row.route.constraints.items():
                reason = _why_never(name, asked, row.route)
                if reason:
                    text = repr(asked.pattern if isinstance(asked, re.Pattern) else asked)
                    yield finding(
                        "never-true", f"{row}: the constraint {name}={text} is never true: {reason}", row.source
                    )


def _why_never(name: str, asked: Any, route: Route) -> str:
    values = _VALUES.get(name)
    if name in ("request_method", "method"):
        values = sorted(route.verbs or HTTP_METHODS)
        if not route.verbs or "GET" in route.verbs:
            values = [*values, *(["HEAD"] if name == "request_method" else [])]
    if values is not None:
        if any(holds(asked, value) for value in values):
            return ""
        return f"it is one of {_listed(values)}"
    if not isinstance(asked, str):
        return ""
    if name == "host":
        return _why_no_host(asked, route)
    if name == "domain" and asked.count(".") > 1:
        return f"the domain of {asked!r} is {split_host(asked)[1]!r}"
    if name in ("subdomain", "domain") and re.search(r"[/:@\s]", asked):
        return "it has what stands in no host"
    return ""


def _why_no_host(asked: str, route: Route) -> str:
    if "//" in asked or re.search(r"[/@\s]", asked):
        return "it has what stands in no host"
    if re.search(r"[^\]:]:\d*\Z", asked):
        return "a host is told without its port"
    for name, part in zip(("subdomain", "domain"), split_host(asked), strict=True):
        other = route.constraints.get(name)
        if other is not None and not holds(other, part):
            return f"the {name} of that host is {part!r}, not {other!r}"
    return ""


def _listed(values: Sequence[Any]) -> str:
    if isinstance(values, range):
        return f"the numbers {values[0]} to {values[-1]}"
    return ", ".join(map(repr, values))
