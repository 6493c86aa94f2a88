"""What a route may ask of a request beyond its path: the attributes it can name, and callables.

`RouteRequest` is what a callable gets. It knows a request's parts by Rails' names, and hands on any other attribute
to the Tornado request that it was made of.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from tornado.httputil import HTTPHeaders, HTTPServerRequest

#: Attributes of the place; a text or number asked of them becomes a default of the route's URL.
URL_ATTRIBUTES: Final = ("protocol", "subdomain", "domain", "host", "port")
_STANDARD_PORTS: Final = {"http": 80, "https": 443}
_IP: Final = re.compile(r"\A\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\Z")


def split_host(host: str, tld_length: int = 1) -> tuple[str, str]:
    """The subdomain and the domain of a host's name; an address has neither.

    >>> split_host("dev.api.example.com"), split_host("a.example.co.uk", 2), split_host("127.0.0.1")
    (('dev.api', 'example.com'), ('a', 'example.co.uk'), ('', ''))
    """
    if _IP.match(host) or ":" in host:
        return "", ""
    labels = host.split(".")
    return ".".join(labels[: -(tld_length + 1)]), ".".join(labels[-(tld_length + 1) :])


@dataclass(frozen=True, slots=True, eq=False)
class RouteRequest:
    """A request as routes see it.

    >>> request = RouteRequest("GET", "/posts?page=2", host="api.example.com:8080")
    >>> request.subdomain, request.port, request.query_parameters
    ('api', 8080, {'page': '2'})
    """

    request_method: str
    fullpath: str
    host_with_port: str = "www.example.com"
    scheme: str = "http"
    headers: Mapping[str, str] = field(default_factory=HTTPHeaders)
    remote_ip: str = "127.0.0.1"
    script_name: str = ""
    origin: HTTPServerRequest | None = None
    path_parameters: dict[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the application that asks

    def __init__(
        self,
        method: str,
        fullpath: str,
        *,
        host: str = "www.example.com",
        scheme: str = "http",
        headers: Mapping[str, str] | None = None,
        remote_addr: str = "127.0.0.1",
        script_name: str = "",
        origin: HTTPServerRequest | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "request_method", method)
        put(self, "fullpath", fullpath)
        put(self, "host_with_port", host)
        put(self, "scheme", scheme)
        put(self, "headers", headers if isinstance(headers, HTTPHeaders) else HTTPHeaders(headers or {}))
        put(self, "remote_ip", remote_addr)
        put(self, "script_name", script_name)
        put(self, "origin", origin)
        put(self, "path_parameters", {})
        put(self, "settings", settings or {})

    @classmethod
    def of(cls, request: HTTPServerRequest, settings: Mapping[str, Any] | None = None) -> RouteRequest:
        """The request that Tornado received, for an application with these settings."""
        return cls(
            request.method or "",
            request.uri or "",
            host=request.host,
            scheme=request.protocol,
            headers=request.headers,
            remote_addr=request.remote_ip or "",
            origin=request,
            settings=settings,
        )

    def with_method(self, method: str, fullpath: str | None = None) -> RouteRequest:
        """The same request with another method, and another path if one is given."""
        if method == self.request_method and fullpath is None:
            return self
        return RouteRequest(
            method,
            self.fullpath if fullpath is None else fullpath,
            host=self.host_with_port,
            scheme=self.scheme,
            headers=self.headers,
            remote_addr=self.remote_ip,
            script_name=self.script_name,
            origin=self.origin,
            settings=self.settings,
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.origin is None:
            raise AttributeError(f"a route's request has no {name!r}")
        return getattr(self.origin, name)

    @property
    def method(self) -> str:
        """The method that the action sees: HEAD is asked as GET."""
        return "GET" if self.request_method == "HEAD" else self.request_method

    @property
    def path(self) -> str:
        """The path as it was sent."""
        return self.fullpath.partition("?")[0]

    @property
    def query_string(self) -> str:
        """What stands behind the question mark."""
        return self.fullpath.partition("?")[2]

    @property
    def query_parameters(self) -> dict[str, Any]:
        """The query's values: of a name that stands twice the last, of one with brackets (``a[]``) a list."""
        found: dict[str, Any] = {}
        for name, value in parse_qsl(self.query_string, keep_blank_values=True):
            if name.endswith("[]"):
                values = found.setdefault(name[:-2], [])
                if isinstance(values, list):
                    values.append(value)
            else:
                found[name] = value
        return found

    @property
    def protocol(self) -> str:
        """The scheme as it begins a URL: "https://"."""
        return f"{self.scheme}://"

    @property
    def host(self) -> str:
        """The host's name without its port."""
        return re.sub(r":\d*\Z", "", self.host_with_port)

    @property
    def port(self) -> int:
        """The port that was asked, the scheme's own if none was."""
        found = re.search(r":(\d+)\Z", self.host_with_port)
        return int(found[1]) if found else _STANDARD_PORTS.get(self.scheme, 80)

    @property
    def optional_port(self) -> int | None:
        """The port, if it is not the scheme's own."""
        return None if self.port == _STANDARD_PORTS.get(self.scheme) else self.port

    @property
    def subdomain(self) -> str:
        """What stands before the domain."""
        return split_host(self.host)[0]

    @property
    def domain(self) -> str:
        """The domain that is registered."""
        return split_host(self.host)[1]

    @property
    def format(self) -> str:
        """The extension of the path, if it has one that the route took."""
        return str(self.path_parameters.get("format") or "")

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return self.headers.get(name) or ""


def _header(name: str) -> Callable[[RouteRequest], Any]:
    return lambda request: request.headers.get(name)


def _is_method(method: str) -> Callable[[RouteRequest], Any]:
    return lambda request: request.request_method == method


def _is_ajax(request: RouteRequest) -> bool:
    return "XMLHttpRequest" in request.header("X-Requested-With")


def _is_local(request: RouteRequest) -> bool:
    return request.remote_ip == "::1" or request.remote_ip.startswith("127.")


def _attribute(name: str) -> Callable[[RouteRequest], Any]:
    return lambda request: getattr(request, name)


#: What ``constraints={...}`` can name; any other name is ignored, as in Rails.
REQUEST_ATTRIBUTES: Final[dict[str, Callable[[RouteRequest], Any]]] = {
    **{
        name: _attribute(name)
        for name in (
            *("host", "domain", "subdomain", "protocol", "port", "scheme", "host_with_port", "optional_port"),
            *("path", "fullpath", "query_string", "query_parameters", "script_name", "path_parameters"),
            *("request_method", "method", "format", "remote_ip", "headers"),
        )
    },
    "ip": _attribute("remote_ip"),
    "remote_addr": _attribute("remote_ip"),
    "original_fullpath": _attribute("fullpath"),
    "path_info": _attribute("path"),
    "raw_host_with_port": _attribute("host_with_port"),
    "server_name": _attribute("host"),
    "server_port": _attribute("port"),
    "port_string": lambda request: f":{request.optional_port}" if request.optional_port else "",
    "url": lambda request: f"{request.scheme}://{request.host_with_port}{request.fullpath}",
    "original_url": lambda request: f"{request.scheme}://{request.host_with_port}{request.fullpath}",
    "base_url": lambda request: f"{request.scheme}://{request.host_with_port}",
    "subdomains": lambda request: request.subdomain.split(".") if request.subdomain else [],
    "user_agent": _header("User-Agent"),
    "referer": _header("Referer"),
    "referrer": _header("Referer"),
    "accept": _header("Accept"),
    "accept_encoding": _header("Accept-Encoding"),
    "accept_language": _header("Accept-Language"),
    "authorization": _header("Authorization"),
    "cache_control": _header("Cache-Control"),
    "content_type": _header("Content-Type"),
    "content_length": lambda request: int(request.header("Content-Length") or 0),
    "media_type": lambda request: request.header("Content-Type").partition(";")[0].strip().lower() or None,
    "origin": _header("Origin"),
    "if_none_match": _header("If-None-Match"),
    "if_modified_since": _header("If-Modified-Since"),
    "x_request_id": _header("X-Request-Id"),
    "request_id": _header("X-Request-Id"),
    "xhr?": _is_ajax,
    "xml_http_request?": _is_ajax,
    "ssl?": lambda request: request.scheme in ("https", "wss"),
    "local?": _is_local,
    "standard_port?": lambda request: request.optional_port is None,
    "form_data?": lambda request: request.header("Content-Type").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ),
    **{f"{verb.lower()}?": _is_method(verb) for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")},
}


def is_blank(value: object) -> bool:
    """Whether a value says nothing: None, False, nothing in it, or blanks alone."""
    return (
        value is None or value is False or value in ("", [], {}, ()) or (isinstance(value, str) and not value.strip())
    )


def holds(asked: Any, value: Any) -> bool:
    r"""Whether a request's attribute is what a constraint asks for.

    >>> holds("api", "api"), holds(re.compile(r"\d"), "v2"), holds(["GET"], "PUT"), holds(False, "")
    (True, True, False, True)
    """
    if asked is True or asked is False:
        return is_blank(value) is not asked
    if isinstance(asked, re.Pattern):
        return asked.search("" if value is None else str(value)) is not None
    if isinstance(asked, str):
        return asked == ("" if value is None else str(value))
    if isinstance(asked, (list, tuple, set, frozenset)):
        return value in asked
    if isinstance(asked, range):
        return value in asked
    return bool(asked == value)


def meets(constraints: Mapping[str, Any], request: RouteRequest) -> bool:
    """Whether a request is what all constraints ask for."""
    return all(holds(asked, REQUEST_ATTRIBUTES[name](request)) for name, asked in constraints.items())


def is_predicate(value: object) -> bool:
    """Whether a value can be asked about a request: a callable, or an object with ``matches``."""
    return callable(value) or callable(getattr(value, "matches", None))


@lru_cache(maxsize=1024)
def _positional(predicate: Any) -> int:
    """How many arguments a callable takes by position, two at most."""
    try:
        parameters = inspect.signature(predicate).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return 1
    return min(2, sum(1 for each in parameters if each.kind in kinds and each.default is each.empty))


def agrees(predicate: Any, path_params: Mapping[str, Any], request: RouteRequest) -> bool:
    """A predicate's answer: it takes nothing, the request, or the path's params and the request.

    >>> agrees(lambda params, request: params["id"] == "1", {"id": "1"}, RouteRequest("GET", "/"))
    True
    """
    matches = getattr(predicate, "matches", None)
    if callable(matches):
        return bool(matches(request))
    count = _positional(predicate)
    return bool(predicate() if count == 0 else predicate(request) if count == 1 else predicate(path_params, request))
