"""What the tests of routing share: requests without a server, and real ones over a socket."""

from __future__ import annotations

import asyncio
import functools
import types
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hypothesis import settings
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.netutil import bind_sockets
from tornado.routing import ReversibleRuleRouter, Router, Rule
from tornado.web import Application, RequestHandler

import tornado_rails
from tornado_rails.routing.derived import written_class


class Page(RequestHandler):
    """A handler with actions, not one of which ever runs here."""

    def index(self) -> None: ...

    def show(self) -> None: ...

    def create(self) -> None: ...


class OtherPage(Page):
    """Another."""


def request_for(path: str, method: str = "GET", host: str = "127.0.0.1", **headers: str) -> HTTPServerRequest:
    """A request as the server would make it, on a connection to nowhere."""
    connection: Any = types.SimpleNamespace(context=None)
    return HTTPServerRequest(
        start_line=RequestStartLine(method, path, "HTTP/1.1"),
        headers=HTTPHeaders({"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}),
        connection=connection,
        server_connection=connection,
    )


class Chosen(NamedTuple):
    """What an application runs for a request, as far as it can be compared between two."""

    target: Any
    kwargs: Any = None
    path_args: Any = None
    path_kwargs: Any = None


def choose(application: Any, request: HTTPServerRequest) -> Chosen:
    """What an application's router answers a request with; an exception is an answer too."""
    try:
        delegate = application.find_handler(request)
    except Exception as error:
        return Chosen(type(error))
    handler = getattr(delegate, "handler_class", None)
    if handler is not None:
        return Chosen(written_class(handler), delegate.handler_kwargs, delegate.path_args, delegate.path_kwargs)
    callback = getattr(delegate, "request_callback", None)
    if isinstance(callback, functools.partial):
        return Chosen(callback.func, callback.keywords)
    return Chosen(delegate)


def chosen(application: Any, path: str, method: str = "GET", host: str = "127.0.0.1") -> Any:
    """The handler class that answers a path."""
    return choose(application, request_for(path, method, host)).target


def route_of(application: Any, path: str, method: str = "GET", host: str = "127.0.0.1") -> Any:
    """The ``request.route`` that an application sets for a path."""
    request = request_for(path, method, host)
    application.find_handler(request)
    return getattr(request, "route", None)


def walk(router: Any) -> Iterator[Rule]:
    """Every rule that leads somewhere else than to another table, in table order, as Tornado's own tools walk."""
    for rule in router.rules:
        if isinstance(rule.target, ReversibleRuleRouter):
            yield from walk(rule.target)
        else:
            yield rule


def scan(router: Any, request: HTTPServerRequest) -> tuple[bool, Rule | None]:
    """Whether a plain scan takes a request, and the rule that it ends at; None, if that is in a router of no table."""
    for rule in router.rules:
        if rule.matcher.match(request) is None:
            continue
        if isinstance(rule.target, tornado_rails.RailsApplication):
            return True, scan(rule.target.default_router, request)[1]
        if isinstance(rule.target, ReversibleRuleRouter):
            found = scan(rule.target, request)
            if found[0]:
                return found
        elif isinstance(rule.target, Router):
            if rule.target.find_handler(request) is not None:
                return True, None
        elif rule.target is not None:
            return True, rule
    return False, None


class Response(NamedTuple):
    """An answer as it came over the socket."""

    status: int
    headers: HTTPHeaders
    body: str

    @property
    def allow(self) -> str:
        """The ``Allow`` header; empty, if there is none."""
        return self.headers.get("Allow", "")


def exchange(application: Application, data: bytes) -> Response:
    """Sends bytes to an application that serves on a real socket, and reads the answer."""

    async def talk() -> bytes:
        (socket,) = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(application)
        server.add_sockets([socket])
        try:
            reader, writer = await asyncio.open_connection(*socket.getsockname())
            try:
                writer.write(data)
                return await asyncio.wait_for(reader.read(), 10)
            finally:
                writer.close()
                await writer.wait_closed()
        finally:
            server.stop()
            await server.close_all_connections()

    head, _, body = asyncio.run(talk()).partition(b"\r\n\r\n")
    status, _, headers = head.decode("latin-1").partition("\r\n")
    return Response(int(status.split()[1]), HTTPHeaders.parse(headers), body.decode())


def fetch(
    application: Application,
    path: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str = "",
) -> Response:
    """One request over a real socket; the target goes out exactly as it is given."""
    lines = {"Host": "127.0.0.1", "Connection": "close", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return exchange(application, f"{method} {path} HTTP/1.1\r\n{head}\r\n{body}".encode("latin-1"))


def a_share(part: int) -> settings:
    """The profile's examples, divided: for the properties that need fewer."""
    return settings(max_examples=settings.default.max_examples // part)  # type: ignore[union-attr]
