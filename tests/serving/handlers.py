"""The application of the contract tests: handlers that know nothing of their server, and note what they saw."""

from __future__ import annotations

import asyncio
import collections
from typing import Any

import tornado.web
import tornado.websocket
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.iostream import StreamClosedError

#: What handlers saw, by the X-Case of the request.
SEEN: dict[str, list[Any]] = collections.defaultdict(list)


class Handler(tornado.web.RequestHandler):
    """Notes things, and what ends the request."""

    def see(self, *what: Any) -> None:
        SEEN[self.request.headers.get("X-Case", "")].append(what[0] if len(what) == 1 else what)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.see("closed")

    def on_finish(self) -> None:
        self.see("finished", self.get_status())

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, tornado.web.HTTPError):
            self.see("exception", type(value).__name__)


class Inspect(Handler):
    """Answers what it sees of its request."""

    def look(self, *args: str | None, **kwargs: str) -> None:
        request = self.request
        context = request.connection.context  # type: ignore[union-attr]
        self.see(
            {
                "method": request.method,
                "uri": request.uri,
                "path": request.path,
                "query": request.query,
                "version": request.version,
                "headers": [each for each in request.headers.get_all() if each[0] != "X-Case"],
                "header": request.headers.get("x-tag"),
                "list": request.headers.get_list("X-TAG"),
                "has": "X-Tag" in request.headers,
                "body": request.body,
                "remote_ip": request.remote_ip,
                "protocol": request.protocol,
                "host": request.host,
                "host_name": request.host_name,
                "full_url": request.full_url(),
                "arguments": request.arguments,
                "query_arguments": request.query_arguments,
                "body_arguments": request.body_arguments,
                "files": {name: [dict(file) for file in files] for name, files in request.files.items()},
                "cookies": {name: morsel.value for name, morsel in request.cookies.items()},
                "args": args,
                "kwargs": kwargs,
                "repr": repr(request),
                "attributes": sorted(name for name in vars(request) if name != "_cookies"),
                "type": (type(request).__name__, isinstance(request, HTTPServerRequest)),
                "context": (context.remote_ip, context.protocol, str(context), context.address_family),
                "address": context.address[0],
            }
        )
        self.write("seen")

    get = head = post = put = patch = delete = options = look


class Respond(Handler):
    """Responses of all sorts, by name."""

    async def get(self, name: str) -> None:
        await getattr(self, "do_" + name)()

    head = post = get

    async def do_headers(self) -> None:
        self.set_header("X-Number", 3)
        self.add_header("X-Twice", "a")
        self.add_header("X-Twice", "b")
        self.set_header("X-Latin", "caf\u00e9")
        self.set_cookie("one", "1")
        self.set_cookie("two", "2", httponly=True)
        self.set_header("Content-Type", "text/plain")
        self.write("text")

    async def do_json(self) -> None:
        self.write({"a": [1, 2]})

    async def do_empty(self) -> None:
        pass

    async def do_no_content(self) -> None:
        self.set_status(204)

    async def do_not_modified(self) -> None:
        self.set_status(304)

    async def do_reason(self) -> None:
        self.set_status(418, "Short and stout")
        self.write("tea")

    async def do_unknown_status(self) -> None:
        self.set_status(299)
        self.write("unknown")

    async def do_created(self) -> None:
        self.set_status(201)
        self.set_header("Location", "/there")

    async def do_redirect(self) -> None:
        self.redirect("/elsewhere")

    async def do_server_header(self) -> None:
        self.set_header("Server", "mine")
        self.write("x")

    async def do_own_length(self) -> None:
        self.set_header("Content-Length", "4")
        self.write("1234")

    async def do_flush(self) -> None:
        for number in range(3):
            self.write(f"part {number};")
            await self.flush()
            await asyncio.sleep(0.01)

    async def do_flush_at_once(self) -> None:
        for number in range(50):
            self.write(f"part {number};")
            self.flush()

    async def do_flush_headers(self) -> None:
        await self.flush()
        await asyncio.sleep(0.01)
        self.write("later")

    async def do_flush_nothing(self) -> None:
        await self.flush()

    async def do_flush_length(self) -> None:
        self.set_header("Content-Length", "8")
        self.write("1234")
        await self.flush()
        self.write("5678")

    async def do_flush_no_content(self) -> None:
        self.set_status(204)
        await self.flush()

    async def do_finish_goes_on(self) -> None:
        self.finish("done")
        await asyncio.sleep(0.05)
        self.see("went on")

    async def do_finish_awaited(self) -> None:
        await self.finish("done")
        self.see("sent")

    async def do_later(self) -> None:
        await asyncio.sleep(0.02)
        self.write("later")

    async def do_big(self) -> None:
        self.write(b"0123456789abcdef" * 65536)

    async def do_error(self) -> None:
        raise RuntimeError("before the headers")

    async def do_http_error(self) -> None:
        raise tornado.web.HTTPError(409, reason="Conflicting")

    async def do_finish_exception(self) -> None:
        self.set_status(202)
        raise tornado.web.Finish("finished by exception")

    async def do_error_after_flush(self) -> None:
        self.write("part;")
        await self.flush()
        raise RuntimeError("after the headers")

    async def do_error_after_length(self) -> None:
        self.set_header("Content-Length", "100")
        self.write("part;")
        await self.flush()
        raise RuntimeError("after the headers, with a length")

    async def do_too_long(self) -> None:
        self.set_header("Content-Length", "3")
        self.write("part;")
        await self.flush()

    async def do_write_after_finish(self) -> None:
        self.finish("done")
        self.write("more")

    async def do_bad_header(self) -> None:
        self.set_header("X-Bad", "a\nb")

    async def do_bad_header_inside(self) -> None:
        self._headers["X-Bad"] = "a\r\nSet-Cookie: b"
        self.write("x")

    async def do_detach(self) -> None:
        self.detach()


class Sync(Handler):
    def get(self) -> None:
        self.write("sync")

    def post(self) -> None:
        self.write(self.request.body)


class ByCallback(Handler):
    """Finishes after its method has returned."""

    def initialize(self) -> None:
        self._auto_finish = False

    def get(self) -> None:
        asyncio.get_running_loop().call_later(0.02, self.finish, "by callback")


class Prepared(Handler):
    """Answers in ``prepare``."""

    async def prepare(self) -> None:
        await asyncio.sleep(0)
        self.set_status(401)
        self.finish("not you")

    def get(self) -> None:
        self.see("never")

    post = get


class DefaultHeaders(Handler):
    def set_default_headers(self) -> None:
        self.set_header("X-Default", "yes")
        self.clear_header("Content-Type")

    def get(self) -> None:
        self.write("x")


class Etagged(Handler):
    def compute_etag(self) -> str:
        return '"fixed"'

    def get(self) -> None:
        self.set_header("Content-Language", "en")
        self.write("etagged")

    head = get


@tornado.web.stream_request_body
class Upload(Handler):
    """Counts what comes."""

    async def prepare(self) -> None:
        self.size = 0
        limit = self.request.headers.get("X-Limit")
        if limit:
            self.request.connection.set_max_body_size(int(limit))  # type: ignore[union-attr]
        if self.request.headers.get("X-Timeout"):
            self.request.connection.set_body_timeout(0.2)  # type: ignore[union-attr]
        if self.request.headers.get("X-Refuse"):
            self.set_status(403)
            self.finish("refused")

    async def data_received(self, chunk: bytes) -> None:
        pause = float(self.request.headers.get("X-Pause", "0"))
        if pause and not self.size:
            await asyncio.sleep(pause)
        self.size += len(chunk)
        if self.request.headers.get("X-Raise"):
            raise RuntimeError("in data_received")
        if self.request.headers.get("X-Early"):
            self.set_status(413)
            self.finish("early")

    def post(self) -> None:
        self.write(str(self.size))

    put = post


class Wait(Handler):
    """Waits until the client is gone."""

    async def get(self) -> None:
        self.see("waits")
        for _ in range(500):
            await asyncio.sleep(0.01)
            if "closed" in SEEN[self.request.headers["X-Case"]]:
                break
        try:
            self.write("x")
            await self.flush()
            self.see("no error")
        except StreamClosedError:
            self.see("StreamClosedError")


class Endless(Handler):
    """Writes until the client is gone."""

    async def get(self) -> None:
        try:
            while True:
                self.write(b"x" * 65536)
                await self.flush()
        except StreamClosedError:
            self.see("StreamClosedError")


class Flood(Handler):
    """Writes as many megabytes as it is told, no faster than they go."""

    async def get(self, megabytes: str) -> None:
        for number in range(int(megabytes) * 4):
            self.write(bytes(262144))
            await self.flush()
            if number % 40 == 0:
                self.see(number)


class Socket(Handler, tornado.websocket.WebSocketHandler):
    """A WebSocket that does what the messages say."""

    def initialize(self, subprotocol: str | None = None) -> None:
        self.subprotocol = subprotocol

    def set_default_headers(self) -> None:
        self.set_header("X-Default", "yes")

    async def prepare(self) -> None:
        self.set_cookie("session", "1")
        if self.request.headers.get("X-Slow"):
            self.see("prepares")
            await asyncio.sleep(0.3)
            self.see("prepared")
        if self.request.headers.get("X-Refuse"):
            self.set_status(401)
            self.set_header("WWW-Authenticate", "Basic")
            self.finish("not you")

    def check_origin(self, origin: str) -> bool:
        return origin == "http://friend.test"

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        self.see("offered", subprotocols)
        return self.subprotocol

    def get_compression_options(self) -> dict[str, Any] | None:
        return {}

    async def open(self, *args: str) -> None:
        self.see("open", args, self.request.method, self.request.uri, self.request.protocol, self.request.version)
        self.see("subprotocol", self.selected_subprotocol, self.get_query_argument("q", None))
        self.set_nodelay(True)
        if self.request.headers.get("X-Fail"):
            raise RuntimeError("in open")
        if self.request.headers.get("X-Greet"):
            await asyncio.sleep(0.02)
            self.write_message("welcome")

    async def on_message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            await self.write_message(message[::-1], binary=True)
            return
        word, _, rest = message.partition(" ")
        if word == "echo":
            self.write_message(rest)
        elif word == "slow":
            self.see("begins", rest)
            await asyncio.sleep(0.05)
            self.see("ends", rest)
            self.write_message(rest)
        elif word == "json":
            self.write_message({"a": [1, rest]})
        elif word == "many":
            for number in range(int(rest)):
                self.write_message(str(number))
        elif word == "awaited":
            for number in range(int(rest)):
                await self.write_message("x" * 100_000 + str(number))
        elif word == "size":
            self.write_message(str(len(message)))
        elif word == "ping":
            self.ping(b"data")
            self.write_message("pinged")
        elif word == "finish":
            try:
                self.finish()
            except RuntimeError as error:
                self.write_message(str(error))
        elif word == "detach":
            self.write_message(type(self.ws_connection).__mro__[1].__name__)
        elif word == "close":
            code, _, reason = rest.partition(" ")
            self.close(int(code) if code else None, reason or None)
            try:
                await self.write_message("too late")
            except tornado.websocket.WebSocketClosedError:
                self.see("WebSocketClosedError")
        elif word == "later":
            asyncio.get_running_loop().call_later(0.05, self.close, 4001, "from elsewhere")
        elif word == "fail":
            raise RuntimeError("in on_message")
        elif word == "flood":
            try:
                while True:
                    await self.write_message("x" * 100_000)
            except tornado.websocket.WebSocketClosedError:
                self.see("WebSocketClosedError")

    def on_close(self) -> None:
        self.see("close", self.close_code, self.close_reason)
        try:
            self.write_message("gone")
        except tornado.websocket.WebSocketClosedError:
            self.see("closed for writing")


class SyncSocket(Handler, tornado.websocket.WebSocketHandler):
    """Echoes without coroutines."""

    def open(self) -> None:
        self.write_message("hello")

    def on_message(self, message: str | bytes) -> None:
        self.write_message(message, binary=isinstance(message, bytes))

    def on_close(self) -> None:
        self.see("close", self.close_code, self.close_reason)


class Broken(Handler):
    def initialize(self) -> None:
        raise RuntimeError("in initialize")


def by_function(request: HTTPServerRequest) -> None:
    """A target that is no handler, as Tornado takes it."""
    body = b"by function " + (request.body or b"")
    headers = HTTPHeaders({"Content-Length": str(len(body)), "X-Tag": "1"})
    assert request.connection is not None
    request.connection.write_headers(ResponseStartLine("HTTP/1.1", 200, "OK"), headers, body)
    request.connection.finish()


def handlers() -> list[Any]:
    nested = tornado.web.Application([(r"/nested/(.*)", Inspect)])
    return [
        (r"/inspect/?(.*)", Inspect),
        (r"/named/(?P<one>[^/]*)/(?P<two>.*)", Inspect),
        (r"/respond/(\w+)", Respond),
        (r"/sync", Sync),
        (r"/callback", ByCallback),
        (r"/prepared", Prepared),
        (r"/default", DefaultHeaders),
        (r"/etag", Etagged),
        (r"/upload", Upload),
        (r"/wait", Wait),
        (r"/endless", Endless),
        (r"/flood/(\d+)", Flood),
        (r"/socket/?(.*)", Socket),
        (r"/chosen", Socket, {"subprotocol": "b"}),
        (r"/wrong", Socket, {"subprotocol": "other"}),
        (r"/sync_socket", SyncSocket),
        (r"/broken", Broken),
        (r"/function", by_function),
        (r"/nested/.*", nested),
        (r"/static/(.*)", tornado.web.StaticFileHandler, {"path": __file__.rpartition("/")[0]}),
        (r"/redirect", tornado.web.RedirectHandler, {"url": "/sync"}),
    ]


def make_application(**settings: Any) -> tornado.web.Application:
    return tornado.web.Application(handlers(), **settings)
