"""Routers of other frameworks and ours, side by side: from a path and its method to a route and its values.

Each round asks every router for the same paths, in an order that turns; a ratio is of two times of one round.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Iterator, Sequence

from benchmarks import tables
from benchmarks.measure import Batch, quartiles, settle
from benchmarks.peers import PEERS, Asked, Falcon, OurDrawn, OurRecognition, OurRouteSet, OurTuples, Peer, StockTornado
from benchmarks.report import Line, seconds

_ROUNDS = 60
_FLAT_ROUNDS = 80
_CHUNK = 200  # requests of a batch
_FEW = 20  # of a large table, where some routers take milliseconds for each
_FLAT_SIZES = (10, 1_000, 10_000)
_WORDS = ("octocat", "hello-world", "v2", "a1b2c3d4e5f6", "linguist", "Spoon-Knife", "torvalds", "main", "42")

_OURS = (OurTuples.name, OurDrawn.name, OurRouteSet.name, OurRecognition.name)
_OF_STOCK = 0.10  # of GitHub's routes: 1 us where stock Tornado takes 10
_OF_FALCON = 1.00
_FLAT = 1.3


def lines() -> Iterator[Line]:
    yield from _race("GitHub", tables.github_drawn(), of_stock=_OF_STOCK)
    for size in _FLAT_SIZES:
        yield from _race(f"{size:,} made", tables.made_drawn(size), chunk=_CHUNK if size < 1_000 else _FEW)
    for kind in (OurTuples, OurDrawn, OurRouteSet, OurRecognition):
        yield from _flat(kind)


def asked_of(routes: Sequence[tables.Drawn], count: int) -> list[Asked]:
    """Requests that hit all routes evenly, in an order that is always the same."""
    any_ = random.Random(1)
    asked = []
    for nth in range(max(count, len(routes))):
        route = routes[nth % len(routes)]
        values = tuple(any_.choice(_WORDS) for _ in range(route.path.count("/:")))
        asked.append(Asked(route.method, route.filled(values), route, values))
    any_.shuffle(asked)
    return asked


def _race(
    what: str, routes: Sequence[tables.Drawn], chunk: int = _CHUNK, of_stock: float | None = None
) -> Iterator[Line]:
    asked = asked_of(routes, 2_000)
    racers: dict[str, Batch] = {}
    for kind in PEERS:
        try:
            peer = kind(routes)
            _check(peer, asked)
        except Exception as error:
            if kind.name in _OURS or kind is StockTornado:
                raise
            yield Line(f"{what}: {kind.name}", None, why=f"{type(error).__name__}: {error}")
            continue
        racers[kind.name] = _batch(peer, asked, chunk)
    times = _rounds(racers, _ROUNDS)
    stock = times[StockTornado.name]
    for name, taken in times.items():
        budget = of_stock if name == OurRouteSet.name else None
        yield _line(f"{what}: {name}", stock, taken, budget)
    if Falcon.name in times:
        name = OurRouteSet.name
        yield _line(f"{what}: {name}, to Falcon", times[Falcon.name], times[name], _OF_FALCON)


def _check(peer: Peer, asked: Sequence[Asked]) -> None:
    """Every path that will be asked leads to its route, with its values."""
    for each in asked:
        expected = (each.method if peer.with_method else None, each.route.path, each.values)
        found = peer.answer(peer.request(each.method, each.path))
        if found != expected:
            raise LookupError(f"{each.method} {each.path}: finds {found}, not {expected}")


def _batch(peer: Peer, asked: Sequence[Asked], chunk: int) -> Batch:
    at = 0

    def batch() -> float:
        nonlocal at
        some = [asked[(at + nth) % len(asked)] for nth in range(chunk)]
        at += chunk
        # The text of a path is new, as a server's is: its hash is not known yet.
        requests = [peer.request(each.method, each.path.encode().decode()) for each in some]
        start = time.process_time()
        peer.ask(requests)
        return (time.process_time() - start) / chunk

    return batch


def _rounds(racers: dict[str, Batch], rounds: int) -> dict[str, list[float]]:
    settle()
    times: dict[str, list[float]] = {name: [] for name in racers}
    order = list(racers)
    for nth in range(-2, rounds):  # two to warm up
        for name in order:
            gc.collect()
            taken = racers[name]()
            if nth >= 0:
                times[name].append(taken)
        order = [*order[1:], order[0]]
    return times


def _line(what: str, base: Sequence[float], taken: Sequence[float], budget: float | None) -> Line:
    ratios = [one / other for one, other in zip(taken, base, strict=True)]
    times = seconds(statistics.median(base)), seconds(statistics.median(taken))
    return Line(what, statistics.median(ratios), budget, quartiles(ratios), *times)


def _flat(kind: type[Peer]) -> Iterator[Line]:
    """A hundred routes of tables of all sizes, asked over and over: what it costs to find one."""
    racers = {}
    for size in _FLAT_SIZES:
        routes = tables.made_drawn(size)
        any_ = random.Random(1)
        # As many of each form at every size: they are not equally long.
        some = [any_.choice(routes[nth % tables.EACH :: tables.EACH]) for nth in range(100)]
        peer = kind(routes)
        asked = asked_of(some, len(some))
        _check(peer, asked)
        racers[f"{size:,}"] = _batch(peer, asked, _CHUNK)
    times = _rounds(racers, _FLAT_ROUNDS)
    medians = {size: statistics.median(taken) for size, taken in times.items()}
    shown = "/".join(f"{each * 1e6:.2f}" for each in medians.values())
    yield Line(
        f"{kind.name}, 10/1,000/10,000, slowest to fastest",
        max(medians.values()) / min(medians.values()),
        _FLAT,
        ours=f"{shown} us",
    )
