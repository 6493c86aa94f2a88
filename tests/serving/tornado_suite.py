"""Runs Tornado's own tests with uvicorn in the place of HTTPServer.

    python tests/serving/tornado_suite.py web websocket routing
    python tests/serving/tornado_suite.py web --less=web_test.PatchMethodTest.test_other
    python tests/serving/tornado_suite.py web --only=web_test.PatchMethodTest.test_other

Prints one line of JSON: for each test that does not pass, what became of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import socket
import sys
import unittest
import warnings
from collections.abc import Iterator
from typing import Any

import tornado.testing
import uvicorn
import websockets.exceptions
from tornado.httpserver import HTTPServer

from tornado_rails.serving.asgi import ASGIApplication

logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)


class UvicornServer:
    """What `tornado.testing.AsyncHTTPTestCase` asks of its HTTPServer, by uvicorn."""

    def __init__(self, application: Any, **options: Any) -> None:
        self.application = application
        config = uvicorn.Config(
            ASGIApplication(application, server_headers=True, **options),
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)

    def add_sockets(self, sockets: list[socket.socket]) -> None:
        asyncio.get_event_loop().run_until_complete(self._server.startup(sockets=sockets))

    def stop(self) -> None:
        self._server.should_exit = True

    async def close_all_connections(self) -> None:
        connections = self._server.server_state.connections
        for _ in range(20):  # uvicorn fails on a WebSocket that is just closing
            if not connections:
                break
            await asyncio.sleep(0.01)
        with contextlib.suppress(websockets.exceptions.InvalidState):
            await self._server.shutdown()


class Results(unittest.TextTestResult):
    """Keeps why a test did not pass."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.not_passed: dict[str, str] = {}

    def _keep(self, test: Any, text: str) -> None:
        self.not_passed[name_of(test)] = text.strip().splitlines()[-1][:200]

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._keep(test, self.errors[-1][1])

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._keep(test, self.failures[-1][1])


def each_of(suite: Any) -> Iterator[unittest.TestCase]:
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from each_of(each)
        else:
            yield each


def name_of(test: unittest.TestCase) -> str:
    return ".".join(test.id().split(".")[2:])


def main() -> None:
    warnings.simplefilter("ignore")
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)  # as Tornado's own runner has it
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy()) if sys.version_info < (3, 12) else None
    stock = "--stock" in sys.argv

    def get_http_server(self: Any) -> Any:
        make: Any = HTTPServer if stock else UvicornServer
        return make(self._app, **self.get_httpserver_options())

    tornado.testing.AsyncHTTPTestCase.get_http_server = get_http_server  # type: ignore[method-assign]
    suite = unittest.TestSuite()
    only, less = (
        [each.partition("=")[2] for each in sys.argv[1:] if each.startswith(f"--{which}=")]
        for which in ("only", "less")
    )
    for name in sys.argv[1:]:
        if not name.startswith("--"):
            module = importlib.import_module(f"tornado.test.{name}_test")
            for test in each_of(unittest.defaultTestLoader.loadTestsFromModule(module)):
                if name_of(test) in only if only else name_of(test) not in less:
                    suite.addTest(test)
    with open("/dev/stderr" if "--verbose" in sys.argv else "/dev/null", "w") as stream:
        runner: Any = unittest.TextTestRunner(stream, resultclass=Results, verbosity=2)
        results = runner.run(suite)
    print(json.dumps({"run": results.testsRun, "skipped": len(results.skipped), "not passed": results.not_passed}))


if __name__ == "__main__":
    main()
