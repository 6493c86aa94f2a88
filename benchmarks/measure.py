"""How a pair is compared: many short batches of the two in turn, one ratio a pair, their median.

CPU time, as other processes share the machine. The garbage collector runs within a batch, as it does in a server,
and is brought to the same state before each; what lives on from the set-up is frozen out of it.
"""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Runs one batch and returns the CPU seconds that an operation took.
Batch = Callable[[], float]

_WARM_UP = 4
_PAIRS = 40  # in a round; between rounds it is seen whether the median stands
_MOST_ROUNDS = 8


@dataclass(frozen=True)
class Comparison:
    """Two batches, measured in pairs."""

    ratio: float
    spread: tuple[float, float]
    stock: float  # median seconds
    ours: float


def compare(stock: Batch, ours: Batch, precision: float = 0.002, pairs: int = _PAIRS) -> Comparison:
    """Measures pairs until the median of their ratios is known to the precision, or the rounds are used up."""
    settle()
    for _ in range(_WARM_UP):
        stock(), ours()
    times: list[tuple[float, float]] = []
    for _ in range(_MOST_ROUNDS):
        for nth in range(pairs):
            times.append(_pair(stock, ours) if nth % 2 else _pair(ours, stock)[::-1])
        if error_of_median([ours / stock for stock, ours in times]) < precision:
            break
    ratios = [ours / stock for stock, ours in times]
    return Comparison(
        statistics.median(ratios),
        quartiles(ratios),
        statistics.median(stock for stock, _ours in times),
        statistics.median(ours for _stock, ours in times),
    )


def settle() -> None:
    """Takes all that lives now out of the garbage collector's sight."""
    gc.collect()
    gc.freeze()


def _pair(first: Batch, second: Batch) -> tuple[float, float]:
    gc.collect()
    one = first()
    gc.collect()
    return one, second()


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The bounds of the middle half.

    >>> quartiles([1, 2, 3, 4, 5])
    (2.0, 4.0)
    """
    low, _median, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def error_of_median(values: Sequence[float]) -> float:
    """The standard error of a median, from the quartiles (which a few wild values do not move)."""
    low, high = quartiles(values)
    return 1.2533 * (high - low) / 1.349 / math.sqrt(len(values))
