"""What a failed request is answered with while an application is worked on.

SECURITY: it shows source, values and routes. It is made where ``serve_traceback`` is set, and nowhere else; all that
comes from a request, an exception or a file is escaped, and the policy lets no script run but the page's own.
"""

from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Sequence
from typing import Any

from tornado.template import Loader
from tornado.web import RequestHandler

from tornado_rails.debugging.not_found import NotFound, not_found
from tornado_rails.debugging.report import Report, report_of
from tornado_rails.routing.routes_page import content_policy

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@functools.cache
def _templates() -> Loader:
    return Loader(os.path.dirname(__file__), autoescape="xhtml_escape")


def exception_answer(handler: RequestHandler, status: int, error: BaseException, form: str) -> Any:
    """The page of an exception, as text; for "json", the members that a problem has besides."""
    return _answer(handler, report_of(handler, status, error), form, "exception.html")


def not_found_answer(handler: RequestHandler, status: int, allowed: Sequence[str], form: str) -> Any:
    """The page of a path without a route, likewise."""
    return _answer(handler, not_found(handler, status, allowed), form, "not_found.html")


def _answer(handler: RequestHandler, report: Report | NotFound, form: str, template: str) -> Any:
    if form == "json":
        return report.members()
    if form == "markdown":
        page, headers = report.markdown().encode(), {"Content-Type": "text/markdown; charset=UTF-8"}
    else:
        nonce = secrets.token_urlsafe(16)
        page = _templates().load(template).generate(report=report, nonce=nonce)
        headers = {"Content-Type": "text/html; charset=UTF-8", "Content-Security-Policy": content_policy(nonce)}
    for name, value in {**_HEADERS, **headers}.items():
        handler.set_header(name, value)
    return page
