"""From an ASGI scope to what Tornado knows of a request: start line, headers, the client's address."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from tornado import httputil
from tornado.httpserver import _HTTPRequestContext
from tornado.httputil import HTTPHeaders, RequestStartLine

Scope = MutableMapping[str, Any]
RawHeaders = Iterable[tuple[bytes, bytes]]

_VERSIONS = {"1.1": "HTTP/1.1", "1.0": "HTTP/1.0", "1": "HTTP/1.0"}  # granian says 1
# As `urllib.parse.quote` has them, and what else may stand in a path (RFC 3986).
_PATH_CHARACTERS = "/:@!$&'()*+,;=~%"
_NOBODY: frozenset[str] = frozenset()
#: What Tornado gives as the address of a client without one.
NO_ADDRESS = "0.0.0.0"  # noqa: S104


@lru_cache(1000)
def _key(name: str) -> bytes:
    return name.lower().encode("latin1", "replace")  # by ``?``, which is in no header's name


class RequestHeaders(HTTPHeaders):
    """A request's headers, that are decoded when asked for.

    >>> headers = RequestHeaders([(b"host", b"a.b"), (b"x-tag", b"1"), (b"x-tag", b"2")])
    >>> headers["Host"], headers.get_list("X-Tag"), list(headers.get_all())
    ('a.b', ['1', '2'], [('Host', 'a.b'), ('X-Tag', '1'), ('X-Tag', '2')])
    """

    # PERF: a request is asked for two or three of its headers, mostly. Lookups are answered from the server's own
    # pairs. Whatever else is done to the headers looks for an attribute of Tornado's class, which is not there yet:
    # then they are read as a whole, and are Tornado's from there on.

    def __init__(self, raw: RawHeaders, one_cookie: bool = False) -> None:
        self._pairs = raw = raw if type(raw) is list else list(raw)
        self._one_cookie = one_cookie
        self._by_name = dict(raw)
        if len(self._by_name) != len(raw):
            self._read()

    def _read(self) -> None:
        pairs, one_cookie = self._pairs, self._one_cookie
        self.__dict__.clear()
        self.__class__ = HTTPHeaders  # type: ignore[assignment]
        HTTPHeaders.__init__(self)
        cookies = [value for name, value in pairs if name == b"cookie"] if one_cookie else ()
        if len(cookies) > 1:  # HTTP/2 sends cookies apart (RFC 9113, 8.2.3)
            pairs = [pair for pair in pairs if pair[0] != b"cookie"] + [(b"cookie", b"; ".join(cookies))]
        for name, value in pairs:
            self.add(name.decode("latin1"), value.decode("latin1"))

    def __getattr__(self, name: str) -> Any:
        if name in ("_pairs", "_by_name", "_one_cookie") or name.startswith("__"):
            raise AttributeError(name)
        self._read()
        return getattr(self, name)

    def __getitem__(self, name: str) -> str:
        value: bytes | None = self._by_name.get(_key(name))
        if value is None:
            self._read()  # has Tornado's own error
            return self[name]
        return value.decode("latin1")

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header, else the default."""
        value = self._by_name.get(_key(name))
        return default if value is None else value.decode("latin1")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _key(name) in self._by_name

    def __len__(self) -> int:
        return len(self._by_name)

    def __setitem__(self, name: str, value: str) -> None:
        self._read()
        self[name] = value

    def __delitem__(self, name: str) -> None:
        self._read()
        del self[name]

    def __reduce__(self) -> Any:
        self._read()
        return self.__reduce_ex__(2)


def announces_body(headers: HTTPHeaders) -> bool:
    """Whether a body comes, by HTTP/1.

    >>> announces_body(RequestHeaders([(b"host", b"a.b"), (b"content-length", b"3")]))
    True
    """
    if type(headers) is not RequestHeaders:
        return "Content-Length" in headers or "Transfer-Encoding" in headers
    names = headers._by_name
    return b"content-length" in names or b"transfer-encoding" in names


def names_etag(headers: HTTPHeaders) -> bool:
    """Whether the client asks for what it does not have already, by an Etag.

    >>> names_etag(RequestHeaders([(b"host", b"a.b"), (b"if-none-match", b"*")]))
    True
    """
    if type(headers) is not RequestHeaders:
        return "If-None-Match" in headers
    return b"if-none-match" in headers._by_name


class RequestContext(_HTTPRequestContext):
    """What ``request.connection.context`` tells of the client: ``remote_ip``, ``protocol``, ``address``.

    Of Tornado's own class, so that its treatment of ``X-Forwarded-For`` and the like is the same.
    """

    def __init__(
        self, scope: Scope, remote_ip: str, protocol: str, trusted_downstream: frozenset[str] = _NOBODY
    ) -> None:
        client = scope.get("client")
        if client and client[0]:
            self.address = (client[0], int(client[1] or 0))  # granian has the port as text
            self.address_family = socket.AF_INET6 if ":" in client[0] else socket.AF_INET
        else:  # a unix socket; the address is what Tornado gives there
            self.address = ""  # type: ignore[assignment]
            self.address_family = getattr(socket, "AF_UNIX", None)  # type: ignore[assignment]
        self.remote_ip = self._orig_remote_ip = remote_ip
        self.protocol = self._orig_protocol = protocol
        self.trusted_downstream = trusted_downstream  # type: ignore[assignment]


def target(scope: Scope) -> str:
    """The request's path and query as the client sent them, without the root path.

    >>> target({"path": "/a/b c", "raw_path": b"/a%2Fb%20c", "query_string": b"x=1"})
    '/a%2Fb%20c?x=1'
    >>> target({"path": "/api/users", "raw_path": b"/api/users", "root_path": "/api", "query_string": b""})
    '/users'
    """
    raw = scope.get("raw_path")
    path: str = raw.decode("latin1") if raw else quote(scope["path"], safe=_PATH_CHARACTERS.replace("%", ""))
    root = scope.get("root_path")
    if root:
        path = _without_root(path, root.rstrip("/"))
    query = scope.get("query_string")
    return f"{path}?{query.decode('latin1')}" if query else path


def _without_root(path: str, root: str) -> str:
    for form in (root, quote(root, safe=_PATH_CHARACTERS)):
        if path.startswith(form) and path[len(form) : len(form) + 1] in ("/", ""):
            return path[len(form) :] or "/"
    return path


def version_of(scope: Scope) -> str:
    """The protocol's version as Tornado writes it.

    >>> version_of({"http_version": "1.1"}), version_of({"http_version": "2"})
    ('HTTP/1.1', 'HTTP/2')
    """
    version = scope.get("http_version", "1.1")
    return _VERSIONS.get(version) or f"HTTP/{version}"


class HTTPServerRequest(httputil.HTTPServerRequest):
    """Tornado's, whose body is not searched for a form where there can be none: most requests have no body."""

    def _parse_body(self) -> None:
        if self.body or self.body_arguments or "Content-Type" in self.headers:
            super()._parse_body()


# What Tornado makes of a request without a query depends on its host and version only, but for what is set below.
@lru_cache(256)
def _template(host: bytes, version: str) -> dict[str, Any]:
    start_line = RequestStartLine("GET", "/", version)
    return vars(HTTPServerRequest(start_line=start_line, headers=HTTPHeaders({"Host": host.decode("latin1")})))


_CONTAINERS = tuple(name for name, value in _template(b"", "HTTP/1.1").items() if type(value) is dict)


def make_request(connection: Any, start_line: tuple[str, str, str], headers: HTTPHeaders) -> HTTPServerRequest:
    """Tornado's request; raises `tornado.httputil.HTTPInputError` for one that is malformed."""
    method, uri, version = start_line
    host = headers._by_name.get(b"host") if type(headers) is RequestHeaders else None
    if host is None or "?" in uri:
        return HTTPServerRequest(
            connection=connection,
            server_connection=connection,
            start_line=RequestStartLine(*start_line),
            headers=headers,
        )
    # PERF: to check the host is most of what Tornado's constructor does.
    request = HTTPServerRequest.__new__(HTTPServerRequest)
    request.__dict__ = values = _template(host, version).copy()
    for name in _CONTAINERS:
        values[name] = {}
    values["method"] = method
    values["uri"] = values["path"] = uri
    values["headers"] = headers
    values["remote_ip"] = connection.remote_ip
    values["protocol"] = connection.protocol
    values["connection"] = values["server_connection"] = connection
    values["_start_time"] = time.time()
    return request
