"""Tornado's HTTPServer, that counts what it serves, refuses what is too much, and stops without losing a request."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, HTTPServerRequest, RequestStartLine
from tornado.routing import Router
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from tornado_rails.serving.health import HEADERS, PATHS, Health
from tornado_rails.serving.request_log import REQUEST_ID, request_id, what_ran
from tornado_rails.serving.watch import Watch

#: How long a connection that says nothing is kept when the server stops. One that is in use asks within that time, and
#: has its answer with ``Connection: close``; one that was silent for longer ends at once.
QUIET = 1.0
_TICK = 0.02
GOING_AWAY = 1001


class Server(HTTPServer):
    """What `tornado_rails.run` serves with.

    :arg health: answers ``/healthz`` and ``/readyz``, if there is one.
    :arg max_active_requests: with so many running, others are answered 503 at once.
    :arg max_websockets: the same for WebSockets, which do not count among the requests.
    :arg retry_after: seconds that such a 503 names.
    :arg log_refusal: logs such a request, with the status.
    """

    def initialize(  # type: ignore[override]
        self,
        request_callback: Any,
        *,
        health: Health | None = None,
        max_active_requests: int | None = None,
        max_websockets: int | None = None,
        retry_after: int = 1,
        log_refusal: Callable[[HTTPServerRequest, int], None] | None = None,
        **settings: Any,
    ) -> None:
        """Takes what HTTPServer takes, too."""
        super().initialize(request_callback, **settings)
        self._health = health
        self._max_active = max_active_requests
        self._max_websockets = max_websockets
        self._retry_after = ("Retry-After", str(retry_after))
        self._log_refusal = log_refusal
        self._listening: list[socket.socket] = []
        self._tasks: set[asyncio.Future[None]] = set()
        self._left: weakref.WeakSet[RequestHandler] = weakref.WeakSet()
        self._websockets: weakref.WeakSet[Any] = weakref.WeakSet()  # protocols, as handlers let go of theirs early
        self._handshakes: set[Watch] = set()
        self.draining = False
        #: The connections on which a request runs, and those that wait for one, with the time since when.
        self.running: dict[Any, Watch] = {}
        self.waiting: dict[Any, float] = {}

    # What Tornado calls

    def add_sockets(self, sockets: Any) -> None:
        """Accepts from them."""
        self._listening += sockets
        super().add_sockets(sockets)

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        """Called when a connection waits for a request."""
        self.waiting[server_conn] = asyncio.get_running_loop().time()
        return Watch(self, server_conn, request_conn, super().start_request(server_conn, request_conn))

    def on_close(self, server_conn: object) -> None:
        """Called when a connection is over."""
        super().on_close(server_conn)
        self.waiting.pop(server_conn, None)
        watch = self.running.pop(server_conn, None)
        if watch is not None:
            self._handshakes.discard(watch)
            watch.release()
            if watch.handler is not None:
                self._left.add(watch.handler)  # it may still run

    # What a watch asks

    def own_answer(self, watch: Watch, line: RequestStartLine, headers: HTTPHeaders) -> Callable[[], None] | None:
        """What is answered in the application's place, if so."""
        path = line.path.partition("?")[0]
        asked = self._health if path in PATHS and line.method in ("GET", "HEAD") else None
        if asked is not None:
            return lambda: watch.respond_later(asked.answer(path), *HEADERS)
        if self._max_active is None and self._max_websockets is None and not self.draining:
            return None
        is_handshake = headers.get("Upgrade", "").lower() == "websocket"
        if is_handshake and self._leads_to_websocket(self._request(watch, line, headers)):
            count, most = len(self.websockets()) + len(self._handshakes), self._max_websockets
            refused = self.draining or (most is not None and count >= most)
            if not refused:
                self._handshakes.add(watch)
        else:
            count, most = len(self.running) - len(self._handshakes), self._max_active
            refused = most is not None and count >= most
        return self._refusal(watch, self._request(watch, line, headers)) if refused else None

    def _request(self, watch: Watch, line: RequestStartLine, headers: HTTPHeaders) -> HTTPServerRequest:
        """What the application would have."""
        context = watch.connection.context
        if self.xheaders:  # which Tornado undoes when it has the request
            context._apply_xheaders(headers)
        try:
            return HTTPServerRequest(connection=watch.connection, start_line=line, headers=headers)
        finally:
            if self.xheaders:
                context._unapply_xheaders()

    def _refusal(self, watch: Watch, request: HTTPServerRequest) -> Callable[[], None]:
        def refuse() -> None:
            watch.respond(503, b"", self._retry_after, (REQUEST_ID, request_id(request)))
            if self._log_refusal is not None:
                self._log_refusal(request, 503)

        return refuse

    def _leads_to_websocket(self, request: HTTPServerRequest) -> bool:
        """Whether a handler of WebSockets takes the request, as anybody can send the header."""
        if not isinstance(self.request_callback, Router):
            return False  # it does not say who takes it
        try:
            handler_class = getattr(self.request_callback.find_handler(request), "handler_class", None)
        except Exception:  # the application's own, and raised once more when it has the request
            return False
        return isinstance(handler_class, type) and issubclass(handler_class, WebSocketHandler)

    def finished(self, watch: Watch, server_conn: object) -> None:
        """The response is finished, or has become a WebSocket."""
        self.running.pop(server_conn, None)
        self._handshakes.discard(watch)
        handler = watch.handler
        if isinstance(handler, WebSocketHandler) and handler.get_status() == 101:
            self._websockets.add(handler.ws_connection)

    def keep(self, task: asyncio.Future[None]) -> None:
        """Holds a task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def websockets(self) -> list[Any]:
        """Those that are open: each is what its handler has as ``ws_connection``."""
        return [each for each in self._websockets if not each.stream.closed()]

    # The end

    def stop_accepting(self) -> None:
        """Takes the connections that are already made, and closes the listening sockets."""
        for listening in self._listening:
            with contextlib.suppress(OSError):
                while True:
                    # NOTE: what waits to be accepted when a socket is closed gets a reset.
                    self._handle_connection(*listening.accept())
        self._listening.clear()
        self.stop()

    async def drain(self, timeout: float, at_once: asyncio.Event) -> Counter[str]:
        """Ends all connections, each after its request; what had to be cut, by route."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        self.draining = self.conn_params.no_keep_alive = True
        for watch in self.running.values():
            watch.end_connection()
        while self._is_busy() and loop.time() < deadline and not at_once.is_set():
            for websocket in self.websockets():
                websocket.close(GOING_AWAY, "the server stops")  # which it does once
            for connection, since in list(self.waiting.items()):
                if loop.time() - since > QUIET and not _has_sent(connection.stream):
                    connection.stream.close()
            await asyncio.sleep(_TICK)
        return self._cut()

    def _is_busy(self) -> bool:
        return bool(self._connections or self.websockets() or self._tasks or any(map(_runs, self._left)))

    def _cut(self) -> Counter[str]:
        cut = Counter(str(watch) for watch in self.running.values())
        cut.update(what_ran(handler) for handler in filter(_runs, self._left))
        for websocket in self.websockets():
            cut[what_ran(websocket.handler)] += 1
            websocket.stream.close()
        for connection in list(self._connections):
            if connection not in self.waiting and connection not in self.running:
                cut["a response on its way"] += 1
            connection.stream.close()
        return cut


def _runs(handler: RequestHandler) -> bool:
    return not (handler._finished or isinstance(handler, WebSocketHandler))


def _has_sent(stream: Any) -> bool:
    """Whether there is something to be read from a connection."""
    if stream.socket is None:
        return False
    try:
        # NOTE: not the method of a socket of TLS, which cannot be asked that; what has come is to be read all the same.
        return bool(socket.socket.recv(stream.socket, 1, socket.MSG_PEEK))
    except OSError:  # nothing yet
        return False
