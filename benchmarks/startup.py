"""Start-up of a table of 10,000 routes: its constructor, and all until the first request is answered."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.measure import quartiles
from benchmarks.report import Line, seconds
from benchmarks.tables_apart import KINDS, run_pair

_COUNT = 10_000
_PAIRS = 7


def lines() -> Iterator[Line]:
    for kind, words in KINDS.items():
        pairs = [run_pair(kind, _COUNT, "time", ours_first=bool(nth % 2)) for nth in range(_PAIRS)]
        for key, when in (("constructed", "constructor"), ("answered", "to first answer")):
            ratios = [ours[key] / stock[key] for stock, ours in pairs]
            yield Line(
                f"{_COUNT:,} {words}: {when}",
                statistics.median(ratios),
                2.0,
                quartiles(ratios),
                seconds(statistics.median(stock[key] for stock, _ours in pairs)),
                seconds(statistics.median(ours[key] for _stock, ours in pairs)),
            )
