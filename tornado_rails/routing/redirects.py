"""Routes that lead elsewhere: ``map.get("stories", to=redirect("/articles"))``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tornado_rails.routing.constraints import RouteRequest
from tornado_rails.routing.drawing_errors import RedirectTargetError, RedirectValueError
from tornado_rails.routing.pattern import escape_fragment, escape_path
from tornado_rails.routing.ruby_text import ruby_text
from tornado_rails.routing.source import caller
from tornado_rails.routing.url_text import escape_form, full_url

_HOLE = re.compile(r"%\{(\w*)\}")
_PARTS = re.compile(r"(?P<path>[^?]+)?(?P<query>\?[^#]+)?(?P<fragment>#.+)?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a redirect leads, and with which status."""

    status: int
    location: str


class Redirect:
    """What `redirect` returns: the endpoint of a route that leads elsewhere."""

    status: int

    def location(self, params: Mapping[str, Any], request: RouteRequest) -> Location:
        """Where it leads for a request whose path has these params."""
        raise NotImplementedError


def _fill(text: str | None, params: Mapping[str, Any], escape: Callable[[str], str]) -> str:
    if not text:
        return ""
    if not params:
        return text

    def value(hole: re.Match[str]) -> str:
        if hole[1] not in params:
            raise RedirectValueError(text, hole[1], params)
        found = params[hole[1]]
        return escape("" if found is None else str(found))

    return _HOLE.sub(value, text)


@dataclass(frozen=True, slots=True)
class PathRedirect(Redirect):
    """A redirect to a text, or to what a function of (params, request) returns."""

    status: int
    to: str | Callable[..., str]

    def __repr__(self) -> str:
        to = self.to if isinstance(self.to, str) else getattr(self.to, "__qualname__", repr(self.to))
        return f"redirect({self.status}, {to})"

    def location(self, params: Mapping[str, Any], request: RouteRequest) -> Location:
        """The text with the params filled in; what it does not say is as the request has it."""
        scheme, netloc, path, query, fragment = urlsplit(self._text(params, request))
        if not netloc and not scheme:
            if path and not path.startswith("/"):
                path = f"{request.script_name}/{path}"
            elif not path:
                path = request.script_name or "/"
        if not netloc:
            port = request.optional_port
            netloc = f"{request.host}:{port}" if port else request.host
        return Location(self.status, urlunsplit((scheme or request.scheme, netloc, path, query, fragment)))

    def _text(self, params: Mapping[str, Any], request: RouteRequest) -> str:
        if not isinstance(self.to, str):
            takes = len(inspect.signature(self.to).parameters)
            return str(self.to(params, request) if takes > 1 else self.to(params))
        parts = _PARTS.match(self.to)
        if parts is None:
            return _fill(self.to, params, escape_form)
        return (
            _fill(parts["path"], params, escape_path)
            + _fill(parts["query"], params, escape_form)
            + _fill(parts["fragment"], params, escape_fragment)
        )


@dataclass(frozen=True, slots=True)
class OptionRedirect(Redirect):
    """A redirect to the request's own URL with some parts changed; the query stays."""

    status: int
    options: Mapping[str, Any]

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}: {value if isinstance(value, str) else ruby_text(value)}" for name, value in self.options.items()
        )
        return f"redirect({self.status}, {shown})"

    def location(self, params: Mapping[str, Any], request: RouteRequest) -> Location:
        """The request's URL with the parts that were given."""
        options: dict[str, Any] = {
            "protocol": request.protocol,
            "host": request.host,
            "port": request.optional_port,
            "path": request.path,
            "params": request.query_parameters,
            **self.options,
        }
        options["path"] = _fill(options["path"], params, escape_path)
        if "host" not in self.options and "domain" not in self.options:
            if not options["path"]:
                options["path"] = "" if request.script_name else "/"
                options["script_name"] = request.script_name
            elif not options["path"].startswith("/"):
                options["path"] = "/" + options["path"]
                options["script_name"] = request.script_name
        return Location(self.status, full_url(options))


def redirect(to: str | Callable[..., str] | None = None, *, status: int = 301, **options: Any) -> Redirect:
    """A route's target that leads elsewhere; ``%{name}`` stands for a param of the path.

    >>> redirect("/articles/%{name}")
    redirect(301, /articles/%{name})
    >>> redirect(subdomain="stores", status=302)
    redirect(302, subdomain: stores)

    :arg to: a path or URL, or a function of (params, request) that returns one. The request's query is dropped.
    :arg options: parts that change, all others staying as they are, the query too: path, host, subdomain, domain,
        protocol, port, params, anchor.
    """
    if options:
        return OptionRedirect(status, options)
    if isinstance(to, str) or callable(to):
        return PathRedirect(status, to)
    raise RedirectTargetError(f"redirect({to!r}) ({caller()})", "leads nowhere", "Give a path, a function or options.")
