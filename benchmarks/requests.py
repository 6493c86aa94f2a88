"""A request without a socket: from `find_handler` to the finished response."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from tornado.web import Application

from benchmarks.cases import Case, cases
from benchmarks.inprocess import answer, request_for, response_of, take
from benchmarks.measure import Batch, compare
from benchmarks.report import Line, seconds

_BATCH = 300  # requests: enough for the interpreter to get used to the one application again


def lines() -> Iterator[Line]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        for case in cases():
            yield _line(loop, case)
    finally:
        loop.close()


def _line(loop: asyncio.AbstractEventLoop, case: Case) -> Line:
    stock, ours = case.stock(), case.ours()
    for path in case.paths[:300]:
        same_answer(path, response_of(loop, stock, path), response_of(loop, ours, path))
    measured = compare(batch_of(loop, stock, case.paths), batch_of(loop, ours, case.paths))
    return Line(
        case.what, measured.ratio, case.budget, measured.spread, seconds(measured.stock), seconds(measured.ours)
    )


def same_answer(path: str, stock: object, ours: object) -> None:
    """Both must do the same work before they are compared."""
    if stock != ours or not (isinstance(stock, tuple) and stock[0] == 200):
        raise RuntimeError(f"{path}: stock answers {stock!r}, ours {ours!r}")


def batch_of(loop: asyncio.AbstractEventLoop, application: Application, paths: Sequence[str]) -> Batch:
    """Requests for the paths, around and around."""
    batches = take(paths, _BATCH)

    def batch() -> float:
        requests = [request_for(path) for path in next(batches)]
        return loop.run_until_complete(answer(application, requests)) / _BATCH

    return batch
