"""The table that is printed: one line a measurement."""

from __future__ import annotations

from dataclasses import dataclass

HEADER = f"{'':58} {'ratio':>7}  {'spread':13}  {'budget':>6}        {'stock':>10} {'ours':>10}"


@dataclass(frozen=True)
class Line:
    """One measured ratio; None, and why, where there is nothing to measure.

    >>> print(Line("plain route", 0.9961, 1.0, (0.99, 1.012), "88.1 us", "87.6 us").text.split())
    ['plain', 'route', '0.996', '0.990-1.012', '1.00', 'ok', '88.1', 'us', '87.6', 'us']
    """

    what: str
    ratio: float | None
    budget: float | None = None  # of the ratio; None where there is none
    spread: tuple[float, float] | None = None  # the quartiles of the ratios
    stock: str = ""
    ours: str = ""
    why: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the ratio is over its budget, to the two decimals that a budget has."""
        return self.budget is not None and self.ratio is not None and round(self.ratio, 2) > self.budget

    @property
    def text(self) -> str:
        if self.ratio is None:
            return f"  {self.what:56}       -  {self.why}"
        spread = "{:.3f}-{:.3f}".format(*self.spread) if self.spread else ""
        budget = f"{self.budget:.2f}" if self.budget is not None else ""
        verdict = "" if self.budget is None else "over" if self.is_over else "ok"
        ratio = f"{self.ratio:7.3f}  {spread:13}  {budget:>6}  {verdict:4}"
        return f"  {self.what:56} {ratio}  {self.stock:>10} {self.ours:>10}"

    def __str__(self) -> str:
        return self.text.rstrip()


def seconds(value: float) -> str:
    """A time, in the unit that suits it.

    >>> seconds(0.0000021), seconds(0.021), seconds(2.1)
    ('2.10 us', '21.0 ms', '2.10 s')
    """
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        scaled = value * factor
        if scaled >= 1 or unit == "us":
            break
    return f"{scaled:.{2 if scaled < 10 else 1}f} {unit}"
