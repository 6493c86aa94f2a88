"""`find_handler` alone: from a request to the delegate of its route.

Each timed chunk asks for requests that were made just before, as in a server, for routes from all over the table.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tornado.web import Application

from benchmarks import race, tables
from benchmarks.cases import Page
from benchmarks.inprocess import request_for, take
from benchmarks.measure import Batch, compare, settle
from benchmarks.report import Line, seconds
from tornado_rails import RailsApplication, URLSpec

_CHUNK = 100  # requests
_CHUNKS = 8  # in a batch
_FLAT_SIZES = (10, 1_000, 10_000)
_FLAT_ROUNDS = 80
_PASSES = 10


def lines() -> Iterator[Line]:
    endpoints = tables.github()
    patterns = [endpoint.pattern for endpoint in endpoints]
    yield _against_stock("find_handler, GitHub API, 203 routes", 0.40, patterns)
    yield _by_method(endpoints)
    yield _against_stock("find_handler, 2,000 routes", 0.05, tables.made(2_000), chunk=20)
    yield from _flat("100 of {:,} routes", 1.3, _warm)
    yield from _flat("every one of {:,} routes", None, _cold)
    yield from race.lines()


def _against_stock(what: str, budget: float, patterns: Sequence[str], chunk: int = _CHUNK) -> Line:
    handlers = {pattern: type("Page", (Page,), {}) for pattern in patterns}
    table: list[Any] = (
        list(handlers.items()) if len(handlers) == len(patterns) else [(p, handlers[p]) for p in patterns]
    )
    paths = tables.shuffled_paths(list(patterns), 4_000)
    stock, ours = Application(table), RailsApplication(table)
    for path in paths:
        if _found(stock, path) != _found(ours, path):
            raise RuntimeError(f"{path}: stock finds {_found(stock, path)!r}, ours {_found(ours, path)!r}")
    return _line(what, budget, _batch(stock, "GET", paths, chunk), _batch(ours, "GET", paths, chunk))


def _by_method(endpoints: Sequence[tables.Endpoint]) -> Line:
    """Ours tells the methods of a path apart, where stock takes the first route of the path."""
    table: list[Any] = [(pattern, Page) for _method, pattern in endpoints]
    stock = Application(table)
    ours = RailsApplication([URLSpec(pattern, Page, methods=method) for method, pattern in endpoints])
    batches = [[], []]  # type: list[list[Batch]]
    for method in sorted({endpoint.method for endpoint in endpoints}):
        patterns = [pattern for its_method, pattern in endpoints if its_method == method]
        paths = tables.shuffled_paths(patterns, 1_000)
        for path in paths:
            request = request_for(path, method)
            if ours.find_handler(request).path_args != stock.find_handler(request).path_args:
                raise RuntimeError(f"{method} {path}: not the same values")
            if request.route.methods != (method,):  # type: ignore[attr-defined]
                raise RuntimeError(f"{method} {path}: found {request.route!r}")  # type: ignore[attr-defined]
        chunk = max(1, _CHUNK * len(patterns) // len(endpoints))
        for kind, application in zip(batches, (stock, ours), strict=True):
            kind.append(_batch(application, method, paths, chunk))
    return _line(
        "find_handler, GitHub API, each by its methods", 0.40, *[lambda each=each: _mean(each) for each in batches]
    )


def _mean(batches: Sequence[Batch]) -> float:
    return statistics.fmean(batch() for batch in batches)


def _found(application: Application, path: str) -> tuple[Any, ...]:
    delegate = application.find_handler(request_for(path))
    return delegate.handler_class, delegate.handler_kwargs, delegate.path_args, delegate.path_kwargs


def _line(what: str, budget: float, stock: Batch, ours: Batch) -> Line:
    measured = compare(stock, ours)
    return Line(what, measured.ratio, budget, measured.spread, seconds(measured.stock), seconds(measured.ours))


def _batch(application: Application, method: str, paths: Sequence[str], chunk: int) -> Batch:
    chunks = take(paths, chunk)

    def batch() -> float:
        taken = 0.0
        for _ in range(_CHUNKS):
            requests = [request_for(path, method) for path in next(chunks)]
            start = time.process_time()
            for request in requests:
                application.find_handler(request)
            taken += time.process_time() - start
        return taken / (_CHUNKS * chunk)

    return batch


def _flat(what: str, budget: float | None, make_batch: Callable[[Application, Sequence[str]], Batch]) -> Iterator[Line]:
    batches = []
    for size in _FLAT_SIZES:
        patterns = tables.made(size)
        batches.append(make_batch(RailsApplication([(pattern, Page) for pattern in patterns]), patterns))
    settle()
    rounds = [[batch() for batch in batches] for _ in range(_FLAT_ROUNDS)]
    times = [statistics.median(each) for each in zip(*rounds, strict=True)]
    for size, taken in zip(_FLAT_SIZES, times, strict=True):
        yield Line(f"find_handler, {what.format(size)}, to the fastest", taken / min(times), ours=seconds(taken))
    yield Line("  the slowest of these to the fastest", max(times) / min(times), budget)


def _warm(application: Application, patterns: Sequence[str]) -> Batch:
    """A hundred routes from all over the table, asked for over and over: what it costs to find one."""
    # As many of each form at every size: they are not equally long.
    some = random.Random(1)
    asked = [some.choice(patterns[nth % tables.EACH :: tables.EACH]) for nth in range(_CHUNK)]
    requests = [request_for(tables.path_for(pattern, nth)) for nth, pattern in enumerate(asked)]

    def batch() -> float:
        start = time.process_time()
        for _ in range(_PASSES):
            for request in requests:
                application.find_handler(request)
        return (time.process_time() - start) / (_PASSES * len(requests))

    return batch


def _cold(application: Application, patterns: Sequence[str]) -> Batch:
    """All routes evenly, each long after the last time: the processor has to fetch what a large table holds."""
    return _batch(application, "GET", tables.shuffled_paths(list(patterns), max(_FLAT_SIZES)), _CHUNK)
