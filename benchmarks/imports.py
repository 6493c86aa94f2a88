"""`import tornado_rails` against `import tornado.web`, each in new processes; the interpreter's own start left out.

Both from compiled files, as they are where a package was installed; these are kept in a folder of their own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from benchmarks.measure import quartiles
from benchmarks.report import Line, seconds

_PAIRS = 31
_PROGRAM = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


def lines() -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as compiled:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = compiled
        yield _line(environment)


def _line(environment: dict[str, str]) -> Line:
    modules = ["tornado.web", "tornado_rails"]
    for module in modules:
        _seconds_to_import(module, environment)  # compiles
    pairs = []
    for nth in range(_PAIRS):
        order = modules if nth % 2 else modules[::-1]
        taken = {module: _seconds_to_import(module, environment) for module in order}
        pairs.append((taken["tornado.web"], taken["tornado_rails"]))
    ratios = [ours / stock for stock, ours in pairs]
    return Line(
        "import tornado_rails / import tornado.web",
        statistics.median(ratios),
        1.3,
        quartiles(ratios),
        seconds(statistics.median(stock for stock, _ours in pairs)),
        seconds(statistics.median(ours for _stock, ours in pairs)),
    )


def _seconds_to_import(module: str, environment: dict[str, str]) -> float:
    command = [sys.executable, "-c", _PROGRAM.format(module)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
