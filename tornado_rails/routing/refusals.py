"""What answers where a path has routes, but none takes the request: 405, OPTIONS, and the other slash form.

The answer comes from a subclass of the handler that the path belongs to, so that it has the headers (CORS, say) and
the error page which that handler gives to all its answers; but neither its ``prepare`` nor an XSRF check runs.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterable
from urllib.parse import quote

from tornado.httputil import HTTPServerRequest
from tornado.routing import Rule
from tornado.web import ErrorHandler, RequestHandler

from tornado_rails.errors import MethodNotAllowedError
from tornado_rails.routing.actions import own_verbs
from tornado_rails.routing.derived import Derived, derived_class

# SECURITY: "//host" and "/\host" are other hosts to a browser, and what it drops (control characters) may hide them.
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_SAME_HOST = re.compile(r"/(?!/)[^\x00-\x20\x7f\\]*")


class _Refusal(Derived):
    """A refused request is answered before anything of the handler's own runs."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Allow", ", ".join(self.request._allow))  # type: ignore[attr-defined]
        if self.request.method not in self.SUPPORTED_METHODS:  # which Tornado would refuse without saying why
            self.SUPPORTED_METHODS = (*self.SUPPORTED_METHODS, str(self.request.method))

    def check_xsrf_cookie(self) -> None:
        """Nothing is done, so nothing needs to be protected (as in `tornado.web.ErrorHandler`)."""

    def check_trusted_origin(self, origin: str) -> bool:
        return True

    def prepare(self) -> Awaitable[None] | None:
        allow = self.request._allow  # type: ignore[attr-defined]
        if self.request.method != "OPTIONS":
            raise MethodNotAllowedError(str(self.request.method), allow)
        if "OPTIONS" in own_verbs(type(self)):
            return super().prepare()
        self.set_status(204)
        self.finish()
        return None


class _Refused(Derived):
    """A request that its route refuses is answered before anything of the handler's own runs."""

    def check_xsrf_cookie(self) -> None:
        """Nothing is done, so nothing needs to be protected."""

    def check_trusted_origin(self, origin: str) -> bool:
        return True

    def prepare(self) -> None:
        raise self.request._refused_by  # type: ignore[attr-defined]


def refused_class(handler: type[RequestHandler]) -> type[RequestHandler]:
    """The class that answers for a handler class with the error of the request's ``_refused_by``; one for each."""
    return derived_class(handler, _Refused)


def refusal_class(handler: type[RequestHandler]) -> type[RequestHandler]:
    """The class that refuses for a handler class; one for each."""
    made = derived_class(handler, _Refusal)
    if "OPTIONS" not in made.SUPPORTED_METHODS:
        made.SUPPORTED_METHODS = (*made.SUPPORTED_METHODS, "OPTIONS")
    return made


def allowed_methods(refused: Iterable[Rule]) -> tuple[str, ...]:
    """The methods that a path's routes take together, in Tornado's order, OPTIONS among them."""
    methods = {"OPTIONS"}.union(*(getattr(rule, "_accepts", None) or () for rule in refused))
    usual = [method for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") if method in methods]
    return (*usual, *sorted(methods.difference(usual)))


class SlashRedirectHandler(ErrorHandler):
    """Redirects to the form of the path that the table has: with its last slash, or without."""

    def initialize(self, path: str) -> None:  # type: ignore[override]
        """Takes the path to redirect to."""
        self.path = path

    def prepare(self) -> None:
        """Redirects, whatever the method."""
        query = self.request.query
        target = self.path + ("?" + query if query else "")
        status = 301 if self.request.method in ("GET", "HEAD") else 308
        self.redirect(quote(target, safe=_VISIBLE, encoding="latin-1"), status=status)


def other_form(path: str) -> str | None:
    """The path with its last slash taken off or put on; None for "/".

    >>> other_form("/users"), other_form("/users/"), other_form("/")
    ('/users/', '/users', None)
    """
    if not path.endswith("/"):
        return path + "/"
    return path[:-1] or None


def stays_on_host(path: str) -> bool:
    """Whether a path, as a redirect's target, is surely one of this host."""
    return _SAME_HOST.fullmatch(path) is not None


def note_refused(request: HTTPServerRequest, spec: Rule) -> None:
    """Remembers that a route has the request's path, but not its method."""
    request.__dict__.setdefault("_refused", []).append(spec)
