"""Our routing gives the answers that Rails gave."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"
# The script stands beside this file, which is on no path when pytest imports it.
_spec = importlib.util.spec_from_file_location("rails_cases", DATA.parent / "rails_cases.py")
assert _spec is not None
assert _spec.loader is not None
rails_cases = sys.modules["rails_cases"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(rails_cases)
CASES: list[dict[str, Any]] = [
    case for file in sorted(DATA.glob("cases_*.json")) for case in json.loads(file.read_text(encoding="utf-8"))["cases"]
]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_rails_case_is_answered_as_rails_does(case: dict[str, Any]) -> None:
    report = rails_cases.Report()
    rails_cases.run_case(case, report)
    assert not report.failures, "\n".join(report.failures)
    assert sum(report.total.values()) + sum(report.left_out.values()) > 0


def test_rails_cases_script_prints_and_exits() -> None:
    command = [sys.executable, "tests/routing/rails_cases.py", str(DATA / "cases_newer.json")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert ran.returncode == 0, ran.stderr
    assert "routes     50 of 50" in ran.stdout
