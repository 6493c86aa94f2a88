"""Memory of a table of 10,000 routes, after the first request: what Python allocated for it and still holds."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.report import Line
from benchmarks.tables_apart import KINDS, run_pair

_COUNT = 10_000


def lines() -> Iterator[Line]:
    for kind, words in KINDS.items():
        stock, ours = run_pair(kind, _COUNT, "memory")
        yield Line(
            f"each of {_COUNT:,} {words}",
            ours["bytes"] / stock["bytes"],
            2.0,
            stock=f"{stock['bytes'] / _COUNT:.0f} B",
            ours=f"{ours['bytes'] / _COUNT:.0f} B",
        )
