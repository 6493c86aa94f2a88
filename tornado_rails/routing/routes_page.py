"""The page `/rails/info/routes`: every rule of an application, with a box that filters them.

What is typed there is either words, each of which a row must have somewhere, or a path, with its method before it or
without: "/posts/1", "POST /posts". Then the rows whose patterns have that path are marked, and the one that takes it.
"""

from __future__ import annotations

import functools
import os
import re
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any, Final
from urllib.parse import quote

import tornado.web
from tornado.httputil import HTTPServerRequest, RequestStartLine
from tornado.routing import Matcher, Rule
from tornado.template import Template

from tornado_rails.routing.conventions import controller_name
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.inspector import row_of, walk_rules
from tornado_rails.routing.rails_table import Line, target_words
from tornado_rails.routing.recognition import HTTP_METHODS
from tornado_rails.routing.urlspec import is_handler, revision

#: What a row is after filtering, which is its class in the page.
HIDDEN, SHOWN, MATCHED, TAKEN = "hidden", "", "matched", "taken"

_TYPED_PATH: Final = re.compile(r"(?:([A-Za-z-]+)\s+)?(/\S*)\s*")
_KEPT: Final = "/%:@!$&'()*+,;=?~-._[]"  # in a path that is typed; all else is escaped, as a browser does


class RouteTable:
    """The rules of an application as rows of words, as they were when this was made."""

    def __init__(self, application: tornado.web.Application) -> None:
        self._application = application
        self._rules = _rules_of(application)
        self._revision = revision.rules
        self.lines = [_line(rule, within) for rule, within in self._rules]
        #: Why the routes are not those of their files; None, if they are.
        self.error: str | None = _error_of(application)
        #: Differs where anything that the page shows has changed.
        self.version = str(zlib.crc32(repr((self.error, [astuple(line) for line in self.lines])).encode()))

    @classmethod
    def of(cls, application: tornado.web.Application, known: RouteTable | None) -> RouteTable:
        """The table that is known, if it is the application's still, or another."""
        # PERF: finding the lines of many tuples takes a second; what is typed is asked of the same table again.
        now = (_rules_of(application), revision.rules, _error_of(application))
        return known if known is not None and (known._rules, known._revision, known.error) == now else cls(application)

    def filter(self, typed: str, request: HTTPServerRequest) -> tuple[list[str], str]:
        """What each row is for what was typed into the box, and what there is to say of all.

        :arg request: whose host and headers a typed path is asked with.
        """
        words = typed.lower().split()
        found = _TYPED_PATH.fullmatch(typed.strip())
        if found is None or (found[1] or "GET").upper() not in HTTP_METHODS:
            states = [SHOWN if _has(line, words) else HIDDEN for line in self.lines]
            return states, _count(states)
        method = (found[1] or "GET").upper()
        asked = _asking(request, method, found[2])
        taken = self._taken_by(_asking(request, method, found[2]))  # of its own, as routing notes in it what it finds
        states = []
        for (rule, within), line in zip(self._rules, self.lines, strict=True):
            if rule is taken:
                states.append(TAKEN)
            elif _has_path((*within, rule.matcher), asked):
                states.append(MATCHED)
            else:
                states.append(SHOWN if _has(line, words) else HIDDEN)
        if TAKEN not in states:
            return states, f"{_count(states)}; none takes {method} {found[2]}"
        line = self.lines[states.index(TAKEN)]
        return states, f"{_count(states)}; {method} {found[2]} is taken by {line.target}"

    def _taken_by(self, request: HTTPServerRequest) -> Rule | None:
        self._application.find_handler(request)
        rule: Rule | None = getattr(request, "route", None)
        return None if hasattr(request, "_allow") else rule


def _rules_of(application: tornado.web.Application) -> list[tuple[Rule, tuple[Matcher, ...]]]:
    return list(walk_rules(application.default_router.rules))


def _error_of(application: tornado.web.Application) -> str | None:
    return getattr(getattr(application, "_drawn_table", None), "error", None)


def _line(rule: Rule, within: Sequence[Matcher]) -> Line:
    row = row_of(rule, within)
    path = " ".join((*row.within, row.pattern))
    drawn = getattr(rule, "drawn", None)
    target = row.target
    if drawn is not None:
        target = target_words(drawn)
    elif getattr(rule, "action", None) and is_handler(rule.target):
        owner = getattr(rule, "controller", None) or controller_name(written_class(rule.target).__name__)
        target = f"{owner}#{rule.action}"  # type: ignore[attr-defined]
    return Line(row.name or "", "|".join(row.methods), path, target, str(row.source or ""))


def _has(line: Line, words: Sequence[str]) -> bool:
    text = " ".join(astuple(line)).lower()
    return all(word in text for word in words)


def _has_path(matchers: Sequence[Matcher], request: HTTPServerRequest) -> bool:
    try:
        return all(matcher.match(request) is not None for matcher in matchers)
    except Exception:  # what a route asks may be the user's own function; a request that it fails for is logged then
        return False


def _asking(request: HTTPServerRequest, method: str, path: str) -> HTTPServerRequest:
    """A request as this one, for another path."""
    return HTTPServerRequest(
        start_line=RequestStartLine(method, quote(path, safe=_KEPT), "HTTP/1.1"),
        headers=request.headers,
        connection=request.connection,
    )


def _count(states: Sequence[str]) -> str:
    shown = len(states) - states.count(HIDDEN)
    return f"{shown} of {len(states)} routes"


@functools.cache
def _page() -> Template:
    file = os.path.join(os.path.dirname(__file__), "routes_page.html")
    with open(file, encoding="utf-8") as stream:
        return Template(stream.read(), name="routes_page.html", autoescape="xhtml_escape")


class RoutesPageHandler(tornado.web.RequestHandler):
    """Shows the table; with ``Accept: application/json``, says what each row is for what is typed."""

    def get(self) -> None:
        """Answers with the page, or with the states of its rows."""
        typed = self.get_query_argument("q", "")
        router: Any = self.application.default_router
        table = router.route_table = RouteTable.of(self.application, router.route_table)
        states, note = table.filter(typed, self.request)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Vary", "Accept")
        self.set_header("X-Content-Type-Options", "nosniff")
        if "application/json" in self.request.headers.get("Accept", ""):
            self.finish({"version": table.version, "states": states, "note": note})
            return
        nonce = secrets.token_urlsafe(16)
        self.set_header("Content-Security-Policy", content_policy(nonce))
        self.set_header("Referrer-Policy", "no-referrer")
        rows = list(zip(table.lines, states, strict=True))
        self.finish(_page().generate(table=table, rows=rows, typed=typed, note=note, nonce=nonce))

    head = get


def content_policy(nonce: str) -> str:
    """The policy of a page.

    SECURITY: nothing runs but the page's own style and script, which asks nobody but this application.
    """
    parts: dict[str, Any] = {
        "default-src": "'none'",
        "style-src": f"'nonce-{nonce}'",
        "script-src": f"'nonce-{nonce}'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())
