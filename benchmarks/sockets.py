"""A request over a real socket: CPU time of the server alone; the client is another process."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator, Sequence

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from benchmarks.cases import Case, cases
from benchmarks.inprocess import response_of, take
from benchmarks.measure import Batch, compare
from benchmarks.report import Line, seconds
from benchmarks.requests import same_answer

_BATCH = 150  # requests
_PRECISION = 0.003


class Client:
    """The client process; `ask` returns when it has all answers."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._process: Process = loop.run_until_complete(
            asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.client", stdin=PIPE, stdout=PIPE)
        )

    async def ask(self, port: int, paths: Sequence[str]) -> float:
        """The CPU seconds that this process, the server, takes meanwhile."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = f"{port} {' '.join(paths)}\n".encode()
        start = time.process_time()
        self._process.stdin.write(command)
        answered = await self._process.stdout.readline()
        taken = time.process_time() - start
        if int(answered or 0) != len(paths):
            raise RuntimeError(f"{answered!r} of {len(paths)} requests were answered with 200")
        return taken

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._loop.run_until_complete(self._process.wait())


def lines() -> Iterator[Line]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = Client(loop)
    try:
        for case in cases():
            yield _line(loop, client, case)
    finally:
        client.close()
        loop.close()


def _line(loop: asyncio.AbstractEventLoop, client: Client, case: Case) -> Line:
    stock, ours = case.stock(), case.ours()
    for path in case.paths[:300]:
        same_answer(path, response_of(loop, stock, path), response_of(loop, ours, path))
    stock_batch, stock_server = _served(loop, client, stock, case.paths)
    our_batch, our_server = _served(loop, client, ours, case.paths)
    measured = compare(stock_batch, our_batch, precision=_PRECISION)
    for server in (stock_server, our_server):
        server.stop()
        loop.run_until_complete(server.close_all_connections())
    return Line(
        case.what, measured.ratio, case.budget, measured.spread, seconds(measured.stock), seconds(measured.ours)
    )


def _served(
    loop: asyncio.AbstractEventLoop, client: Client, application: Application, paths: Sequence[str]
) -> tuple[Batch, HTTPServer]:
    batches = take(paths, _BATCH)

    async def listen() -> tuple[HTTPServer, int]:
        server = HTTPServer(application)
        listening = bind_sockets(0, "127.0.0.1")
        server.add_sockets(listening)
        return server, listening[0].getsockname()[1]

    server, port = loop.run_until_complete(listen())
    return lambda: loop.run_until_complete(client.ask(port, next(batches))) / _BATCH, server
