"""A Tornado application as ASGI: HTTP, WebSockets and lifespan, for unchanged handlers.

::

    app = tornado.web.Application([(r"/", MainHandler)])
    asgi = ASGIApplication(app)  # uvicorn module:asgi

What ASGI does not carry is listed in docs/serving.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from tornado.httputil import HTTPInputError, HTTPMessageDelegate, HTTPServerConnectionDelegate, RequestStartLine
from tornado.log import gen_log
from tornado.routing import Router, _DefaultMessageDelegate

from tornado_rails.serving.asgi_answers import tornados
from tornado_rails.serving.asgi_body import Body, BodyTimeoutError, decompressing, discard_rest
from tornado_rails.serving.asgi_channel import Receive, Send, run_held
from tornado_rails.serving.asgi_handler import can_run_here, execution_of
from tornado_rails.serving.asgi_http import HTTPChannel
from tornado_rails.serving.asgi_request import (
    RequestContext,
    RequestHeaders,
    Scope,
    announces_body,
    make_request,
    target,
    version_of,
)
from tornado_rails.serving.asgi_websocket import WebSocketChannel, handshake_headers
from tornado_rails.serving.lifespan import serve_lifespan

Delegate = HTTPMessageDelegate
StartLine = tuple[str, str, str]
Execution = Coroutine[Any, Any, None]

_START_REQUEST = tornados(Router, "start_request")


class ASGIApplication:
    """A `tornado.web.Application` as an ASGI 3 application.

    :arg application: any `tornado.web.Application` or router; whatever Tornado's HTTPServer takes but a function.
    :arg xheaders: takes the client's address and the protocol from ``X-Real-Ip``, ``X-Forwarded-For``, ``X-Scheme`` and
        ``X-Forwarded-Proto``, as HTTPServer's argument does. Most ASGI servers have a setting of their own: use one.
    :arg trusted_downstream: as HTTPServer's.
    :arg protocol: as HTTPServer's: "http" or "https", whatever the server says.
    :arg max_body_size: bytes; a longer body is answered with 400. As with HTTPServer, 100 MB if it is not given.
    :arg body_timeout: seconds in which a body must have come, else it is answered with 408.
    :arg chunk_size: bytes; the most that ``data_received`` is given at once.
    :arg decompress_request: as HTTPServer's: takes bodies with ``Content-Encoding: gzip``.
    :arg server_headers: sends Tornado's ``Server`` and ``Date``, for servers that are told not to send theirs.
    """

    def __init__(
        self,
        application: HTTPServerConnectionDelegate,
        *,
        xheaders: bool = False,
        trusted_downstream: Iterable[str] = (),
        protocol: str | None = None,
        max_body_size: int | None = None,
        body_timeout: float | None = None,
        chunk_size: int | None = None,
        decompress_request: bool = False,
        server_headers: bool = False,
    ) -> None:
        self.application = application
        self._xheaders = xheaders
        self._trusted = frozenset(trusted_downstream)
        self._protocol = protocol
        settings = {"max_body_size": max_body_size, "body_timeout": body_timeout, "chunk_size": chunk_size}
        self._settings = {name: value for name, value in settings.items() if value is not None}
        if server_headers:
            self._settings["server_headers"] = True
        self._decompresses = decompress_request
        self._is_plain = not (xheaders or protocol or self._settings)
        # A router's own way from a request to a delegate, without the objects that Tornado's server needs between.
        routed = isinstance(application, Router) and type(application).start_request is _START_REQUEST
        self._find_handler = application.find_handler if routed else None  # type: ignore[attr-defined]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, WebSocket or lifespan, as ASGI 3 says."""
        kind = scope["type"]
        if kind == "http":
            headers = RequestHeaders(scope["headers"], scope["http_version"] >= "2")
            channel = HTTPChannel(scope, receive, send)
        elif kind == "websocket":
            if (await receive())["type"] != "websocket.connect":
                return
            headers = handshake_headers(scope)
            channel = WebSocketChannel(scope, receive, send)
        elif kind == "lifespan":
            await serve_lifespan(self.application, receive, send)
            return
        else:
            raise ValueError(f"an ASGI scope of the type {kind!r} is not known")
        if not self._is_plain:
            self._prepare(channel, headers)
        try:
            start_line = (scope.get("method", "GET"), target(scope), version_of(scope))
            channel.reading = channel.carries_body and (scope["http_version"] >= "2" or announces_body(headers))
            delegate = self._delegate(channel, start_line, headers)
            if not can_run_here(delegate):
                await self._converse(delegate, start_line, headers, channel)
                return
            body = await Body(channel, headers).whole() if channel.reading else b""
            channel.reading = False
            if body is None:
                await channel.refuse_lost()
                return
            execution = execution_of(delegate, body)
            channel.held = True
            try:
                # PERF: most handlers wait for nothing.
                channel.waited_for = execution.send(None)
            except StopIteration:
                pass
            else:
                await self._run(execution, channel)
            await (channel.send_waiting() if channel.is_ready() else channel.complete())
        except HTTPInputError as error:
            gen_log.info("Malformed HTTP message from %s: %s", channel.context, error)
            await channel.refuse(400)
            if channel.reading:
                await discard_rest(channel)
        except BodyTimeoutError:
            gen_log.info("Timeout reading body from %s", channel.context)
            await channel.refuse(408)
        finally:
            channel.handler = None
            if channel._watcher is not None or channel._pump is not None:
                channel.release()

    def _delegate(self, channel: HTTPChannel, start_line: StartLine, headers: RequestHeaders) -> Delegate:
        if self._find_handler is None:
            delegate: Delegate = self.application.start_request(channel, channel)
        else:
            delegate = self._find_handler(make_request(channel, start_line, headers))
            if delegate is None:  # only an application has an answer to everything
                delegate = _DefaultMessageDelegate(channel)
        if self._decompresses and "Content-Encoding" in headers:
            return decompressing(delegate, channel)
        return delegate

    async def _run(self, execution: Execution, channel: HTTPChannel) -> None:
        """Goes on with a handler that waits for something."""
        try:
            # NOTE: no frame keeps it, as its error, if it has one, has that frame.
            await run_held(execution, channel, vars(channel).pop("waited_for"))
        except asyncio.CancelledError:
            # The handler has answered that too (since Tornado 6.6).
            if channel.is_ready():
                await channel.send_waiting()
            raise

    def _prepare(self, channel: HTTPChannel, headers: RequestHeaders) -> None:
        vars(channel).update(self._settings)
        protocol = self._protocol or channel.protocol
        channel.context = context = RequestContext(channel.scope, channel.remote_ip, protocol, self._trusted)
        if self._xheaders:
            context._apply_xheaders(headers)
        channel.remote_ip, channel.protocol = context.remote_ip, context.protocol

    async def _converse(
        self, delegate: Delegate, start_line: StartLine, headers: RequestHeaders, channel: HTTPChannel
    ) -> None:
        """Does with a delegate what Tornado's own server does."""
        told = False
        try:
            ready = delegate.headers_received(RequestStartLine(*start_line), headers)
            if ready is not None:
                await ready
            if channel.reading:
                channel.reading = not await Body(channel, headers).deliver(delegate)
            if not (channel.finished or channel.closed):
                delegate.finish()
                told = True
            elif channel.closed:
                await channel.refuse_lost()
            await channel.complete()
            if channel.reading:
                await discard_rest(channel)
        finally:
            if not told:
                delegate.on_connection_close()
