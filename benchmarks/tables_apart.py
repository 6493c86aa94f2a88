"""Runs `benchmarks.table_process`, and checks that both applications answered the same."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

#: The tables: what our application holds, where stock Tornado's has a plain route for each.
KINDS = {
    "plain": "plain routes",
    "action": "action routes of one handler",
    "controllers": "action routes of 2,000 controllers",
}


def run_pair(kind: str, count: int, what: str, ours_first: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stock's and our table took, each in a process of its own."""
    names = ("ours", "stock") if ours_first else ("stock", "ours")
    taken = {name: _run(name, kind, str(count), what) for name in names}
    stock, ours = taken["stock"], taken["ours"]
    if [stock["status"], stock["body"]] != [ours["status"], ours["body"]] or stock["status"] != 200:
        raise RuntimeError(f"stock answers {stock!r}, ours {ours!r}")
    return stock, ours


def _run(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.table_process", *arguments]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result
