"""The two runs of a suite, side by side."""

from collections import Counter
from dataclasses import dataclass

# A start without an outcome is a test whose subtests failed: unittest then reports the subtests only.
KINDS = ["passed", "failed", "error", "skipped", "expected failure", "unexpected success"]
SUBTEST_KINDS = ["passed subtest", "failed subtest", "error in subtest"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run as `record.py` wrote it, and the end of what it printed."""

    mode: str
    versions: str
    outcomes: dict[str, list[str]]
    details: dict[str, str]
    left_out: list[str]
    routed: int
    imported: bool
    output: str

    @property
    def totals(self) -> str:
        """`1100 passed, 0 failed, 0 error, 58 skipped`: the kinds that occurred, and always the first four."""
        counts = Counter(outcome for outcomes in self.outcomes.values() for outcome in outcomes)
        shown = [kind for kind in KINDS + SUBTEST_KINDS if counts[kind] or kind in KINDS[:4]]
        return ", ".join(f"{counts[kind]} {kind}" for kind in shown)

    @property
    def tests(self) -> int:
        """How many results there are, subtests aside: a test, or a class which was skipped as a whole."""
        counts = Counter(outcome for outcomes in self.outcomes.values() for outcome in outcomes)
        return sum(counts[kind] for kind in KINDS) + sum(not outcomes for outcomes in self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Round:
    """The suite run stock and then swapped."""

    stock: Run
    swapped: Run

    @property
    def differing(self) -> set[str]:
        """The ids whose outcomes are not the same, those which only one run has included."""
        ids = self.stock.outcomes.keys() | self.swapped.outcomes.keys()
        return {name for name in ids if self.stock.outcomes.get(name) != self.swapped.outcomes.get(name)}

    def explain(self, name: str) -> str:
        """Both outcomes of a test, with the traceback of the swapped run, or of the stock one if only that failed."""
        detail = self.swapped.details.get(name) or self.stock.details.get(name, "")
        lines = [f"  {name}", *(f"    {run.mode:8}{_outcome(run, name)}" for run in (self.stock, self.swapped))]
        return "\n".join(lines + [f"    | {line}" for line in detail.splitlines()])


def _outcome(run: Run, name: str) -> str:
    if name not in run.outcomes:
        return "(not run)"
    return ", ".join(run.outcomes[name]) or "(its subtests failed)"


def settled(rounds: list[Round]) -> tuple[set[str], set[str]]:
    """The ids that differ in two rounds, and those that differ in one.

    A real difference comes back. Whole suites are run again rather than the one test, since what a test left behind
    may be what breaks a later one.
    """
    seen = Counter(name for each in rounds for name in each.differing)
    return {name for name in seen if seen[name] > 1}, {name for name in seen if seen[name] == 1}
