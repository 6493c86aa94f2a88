"""Runs the tests of Tornado and of Flower twice, stock and swapped by `tornado_rails.patch()`, and compares the two.

    python swap.py tornado
    python swap.py flower
    python swap.py all

Any interpreter which has the package can run it. Fails for any test whose outcome is not the same, for a suite without
tests, and for a swapped run in which no request went through our router, since that would prove nothing.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import flower_env
from compare import Round, Run, settled

RECORD = Path(__file__).with_name("record.py")
MODES = ["stock", "swapped"]
ROUNDS = 3
TIMEOUT = 1200
# Tornado's own CI has it: the default of 5 seconds is short for a busy machine.
ENVIRONMENT = {"ASYNC_TEST_TIMEOUT": "25"}


def run(suite: str, mode: str, python: str, folder: Path) -> Run:
    """One run in a process of its own, in `folder`. What it prints is kept for the case that it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        report, output = Path(scratch, "report.json"), Path(scratch, "output")
        with output.open("wb") as file:
            command = [python, str(RECORD), suite, mode, str(report)]
            environment = {**ENVIRONMENT, **os.environ}
            try:
                status: int | str = subprocess.run(
                    command, cwd=folder, env=environment, stdout=file, stderr=file, timeout=TIMEOUT, check=False
                ).returncode
            except subprocess.TimeoutExpired:
                status = f"none after {TIMEOUT} seconds"
        text = output.read_text(errors="replace")[-8000:]
        if status != 0 or not report.exists():
            sys.exit(f"{text}\nswap {suite}: the {mode} run broke (exit status {status})")
        return Run(mode=mode, output=text, **json.loads(report.read_text()))


def run_round(suite: str) -> Round:
    """Both modes, in the folder and with the interpreter which the suite needs."""
    if suite == "flower":
        python, folder = flower_env.prepare()
        return Round(*(run(suite, mode, python, folder) for mode in MODES))
    with tempfile.TemporaryDirectory() as folder_name:
        return Round(*(run(suite, mode, sys.executable, Path(folder_name)) for mode in MODES))


def run_rounds(suite: str) -> list[Round]:
    """One round if the two runs are equal; else up to three, to tell a difference from a flaky test."""
    rounds: list[Round] = []
    while len(rounds) < ROUNDS:
        rounds.append(run_round(suite))
        show(rounds[-1])
        certain, suspects = settled(rounds)
        if not suspects:
            break
        if len(rounds) < ROUNDS:
            print(f"  {len(certain | suspects)} outcomes differ; running both again", flush=True)
    return rounds


def show(each: Round) -> None:
    """The totals of a round."""
    left_out = each.swapped.left_out
    print(each.swapped.versions + (f" (without {', '.join(left_out)})" if left_out else ""))
    for one in (each.stock, each.swapped):
        print(f"  {one.mode:8}{one.totals}; {one.routed} requests through tornado_rails", flush=True)


def show_differences(rounds: list[Round]) -> None:
    """Every difference with its traceback, and the flaky tests by name."""
    certain, flaky = settled(rounds)
    for name in sorted(certain):
        print(next(each for each in rounds if name in each.differing).explain(name))
    for name in sorted(flaky):
        print(f"  flaky: {name} differed in one round of {len(rounds)}")
    if certain and all(name.startswith("exit status") for name in certain):
        # Something was logged, or written to stderr, by no test in particular.
        print(f"  the swapped run printed:\n{rounds[-1].swapped.output}")


def problems(rounds: list[Round]) -> list[str]:
    """Why the proof does not hold; empty if it does."""
    stock, swapped = rounds[-1].stock, rounds[-1].swapped
    certain, _ = settled(rounds)
    checks = [
        (bool(certain), f"{len(certain)} outcomes differ"),
        (swapped.tests == 0, "no test was run"),
        (swapped.routed == 0, "no request went through our router in the swapped run"),
        (stock.imported or stock.routed > 0, "the stock run is not stock: tornado_rails was imported"),
        (not swapped.imported, "the swapped run is not swapped"),
    ]
    return [text for wrong, text in checks if wrong]


def prove(suite: str) -> bool:
    """Runs and reports one suite; whether it is equal."""
    rounds = run_rounds(suite)
    show_differences(rounds)
    found = problems(rounds)
    last = rounds[-1].swapped
    verdict = f"FAILED: {', '.join(found)}" if found else "equal"
    print(f"swap {suite}: {last.tests} tests, {verdict}; {last.routed} requests through tornado_rails", flush=True)
    return not found


def main() -> None:
    """Exit status 1 if any suite is not equal, 2 for a wrong argument."""
    suites = {"all": ["tornado", "flower"], "tornado": ["tornado"], "flower": ["flower"]}
    wanted = sys.argv[1] if len(sys.argv) > 1 else "all"
    if wanted not in suites or len(sys.argv) > 2:
        print(f"usage: swap.py [{'|'.join(suites)}]", file=sys.stderr)
        sys.exit(2)
    equal = [prove(suite) for suite in suites[wanted]]
    sys.exit(0 if all(equal) else 1)


if __name__ == "__main__":
    main()
