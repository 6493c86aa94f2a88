"""Runs the groups that are asked for, and prints one table."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Iterator

import msgspec
import tornado

from benchmarks import imports, memory, requests, routing, serving, sockets, startup
from benchmarks.report import HEADER, Line

GROUPS: dict[str, Callable[[], Iterator[Line]]] = {
    "requests": requests.lines,
    "sockets": sockets.lines,
    "routing": routing.lines,
    "startup": startup.lines,
    "memory": memory.lines,
    "imports": imports.lines,
    "serving": serving.lines,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all, if left out")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a line is over its budget")
    options = parser.parse_args()
    unknown = [name for name in options.groups if name not in GROUPS]
    if unknown:
        parser.error(f"no group {unknown[0]!r}; there are {', '.join(GROUPS)}")
    print(f"Python {platform.python_version()}, Tornado {tornado.version}, msgspec {msgspec.__version__}")
    print("ratio: ours / stock, median of CPU time in paired runs; spread: the middle half of the ratios\n")
    print(HEADER)
    over = 0
    for name in options.groups or GROUPS:
        print(f"\n{name}", flush=True)
        for line in GROUPS[name]():
            print(line, flush=True)
            over += line.is_over
    print(f"\n{over or 'no'} line{'s' if over > 1 else ''} over budget")
    return 1 if over and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
