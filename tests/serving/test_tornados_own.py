"""Tornado's own tests of handlers and WebSockets under the adapter; those that cannot pass are listed in the docs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tornado

ROOT = Path(__file__).resolve().parents[2]
#: Name and reason, as the table has them.
LISTED = dict(re.findall(r"^\| `(\w+_test\.[\w.]+)` \| (.+) \|$", (ROOT / "docs/serving.md").read_text(), re.M))


def run(*arguments: str, seconds: float) -> dict[str, Any]:
    """What Tornado's tests make of it, each within so many seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ASYNC_TEST_TIMEOUT": str(seconds)}
    command = [sys.executable, "-m", "tests.serving.tornado_suite", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("module", ["web", "websocket"])
def test_tornados_tests_pass_but_for_those_listed(module: str) -> None:
    result = run(module, *(f"--less={name}" for name in LISTED), seconds=60)
    assert result["not passed"] == {}
    assert result["run"] > {"web": 150, "websocket": 30}[module]


@pytest.mark.skipif(tornado.version_info < (6, 6), reason="which tests there are is Tornado's")
def test_those_listed_do_not_pass() -> None:
    listed = {name for name, reason in LISTED.items() if "before Tornado 6.6" not in reason}
    result = run("web", "websocket", *(f"--only={name}" for name in listed), seconds=0.5)
    assert set(result["not passed"]) == listed
    assert result["run"] == len(listed) > 10
