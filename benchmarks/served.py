"""What is measured, and the servers that serve it: `python -m benchmarks.served SERVER APPLICATION PORT`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

import tornado
import tornado.httpserver
import tornado.netutil
import tornado.web
import tornado.websocket

#: Seconds for which a connection is kept.
KEPT = 3600


class Two(tornado.web.RequestHandler):
    """The handler that is measured."""

    def get(self) -> None:
        """Writes two bytes."""
        self.write(b"ok")


class TwoLater(tornado.web.RequestHandler):
    """The same, after a turn of the event loop."""

    async def get(self) -> None:
        """Waits, and writes two bytes."""
        await asyncio.sleep(0)
        self.write(b"ok")


class ByHand(tornado.web.RequestHandler):
    """JSON of two numbers of the path, cast as one does by hand."""

    def get(self, number: str, page: str) -> None:
        """Casts and writes."""
        try:
            values = {"id": int(number), "page": int(page)}
        except ValueError:
            raise tornado.web.HTTPError(400) from None
        self.write(values)


class Echo(tornado.websocket.WebSocketHandler):
    """Waits."""

    def on_message(self, message: str | bytes) -> None:
        """Sends it back."""
        self.write_message(message)


def make_application() -> tornado.web.Application:
    """The application that is measured."""
    return tornado.web.Application(
        [(r"/", Two), (r"/later", TwoLater), (r"/main/index/([^/]+)/([^/]+)", ByHand), ("/ws", Echo)]
    )


def make_rails() -> Any:
    """An action that does what `ByHand` does."""
    from tornado_rails import Controller, RailsApplication

    class MainController(Controller):
        def index(self, id: int, page: int) -> None:  # noqa: A002
            self.write({"id": id, "page": page})

    return RailsApplication(controllers=[MainController]).asgi


def make_fastapi() -> Any:
    """The same by FastAPI."""
    import fastapi

    application = fastapi.FastAPI()

    @application.get("/main/index/{id}/{page}")
    async def index(id: int, page: int) -> dict[str, int]:  # noqa: A002
        return {"id": id, "page": page}

    return application


def make_asgi() -> Any:
    """The same as ASGI."""
    from tornado_rails.serving.asgi import ASGIApplication

    return ASGIApplication(make_application())


def make_naive() -> Any:
    """The same as ASGI, by the shortest adapter that answers this request: what there is to win."""
    application = make_application()

    class Connection(tornado.httputil.HTTPConnection):
        context = None

        def __init__(self) -> None:
            self.done: asyncio.Future[None] = asyncio.Future()
            self.messages: list[Any] = []

        def set_close_callback(self, callback: Any) -> None:
            pass

        def write_headers(self, start_line: Any, headers: Any, chunk: bytes | None = None) -> asyncio.Future[None]:
            raw = [(name.lower().encode(), value.encode()) for name, value in headers.get_all()]
            self.messages.append({"type": "http.response.start", "status": start_line.code, "headers": raw})
            return self.write(chunk or b"")

        def write(self, chunk: bytes) -> asyncio.Future[None]:
            self.messages.append({"type": "http.response.body", "body": chunk, "more_body": True})
            future: asyncio.Future[None] = asyncio.Future()
            future.set_result(None)
            return future

        def finish(self) -> None:
            self.messages.append({"type": "http.response.body", "body": b""})
            self.done.set_result(None)

    async def naive(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        connection = Connection()
        headers = tornado.httputil.HTTPHeaders()
        for name, value in scope["headers"]:
            headers.add(name.decode("latin1"), value.decode("latin1"))
        start_line = tornado.httputil.RequestStartLine(scope["method"], scope["path"], "HTTP/1.1")
        delegate = application.start_request(None, connection)
        delegate.headers_received(start_line, headers)
        while True:
            message = await receive()
            if message.get("body"):
                delegate.data_received(message["body"])
            if not message.get("more_body"):
                break
        delegate.finish()
        await connection.done
        for message in connection.messages:
            await send(message)

    return naive


async def floor(scope: Any, receive: Any, send: Any) -> None:
    """The least that an ASGI application can do: what the server itself costs."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/html"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass


APPLICATIONS: dict[str, Callable[[], Any]] = {
    "asgi": make_asgi,
    "rails": make_rails,
    "fastapi": make_fastapi,
    "naive": make_naive,
    "floor": lambda: floor,
}


def asgi() -> Any:
    """The application that the environment names, for servers that import it."""
    return APPLICATIONS[os.environ["BENCH_APPLICATION"]]()


def serve(server: str, application: str, port: int) -> None:
    """Runs one server until it is killed."""
    os.environ["BENCH_APPLICATION"] = application
    if server == "tornado":

        async def main() -> None:
            tornado.httpserver.HTTPServer(make_application()).listen(port, "127.0.0.1")
            await asyncio.Event().wait()

        asyncio.run(main())
    elif server == "uvicorn":
        import uvicorn

        # As Tornado's own server by default: no trust in what a proxy says, no line for each request, and connections
        # that are kept while others are measured.
        quiet: Any = {"access_log": False, "log_level": "error", "proxy_headers": False, "timeout_keep_alive": KEPT}
        uvicorn.run(asgi(), port=port, loop="uvloop", http="httptools", **quiet)
    elif server == "granian":
        import granian
        from granian.constants import Interfaces, Loops

        granian.Granian(
            "benchmarks.served:asgi",
            factory=True,
            port=port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            log_enabled=False,
        ).serve()
    elif server == "hypercorn":
        import hypercorn.asyncio
        import hypercorn.config

        config = hypercorn.config.Config()
        config.bind = [f"127.0.0.1:{port}"]
        config.accesslog = None
        # By default it closes a connection after 1,000 requests, or 5 s without one: less than a pair of runs takes.
        config.keep_alive_max_requests = 1 << 30
        config.keep_alive_timeout = KEPT
        config.worker_class = "uvloop"
        import uvloop

        uvloop.install()
        asyncio.run(hypercorn.asyncio.serve(asgi(), config))


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
