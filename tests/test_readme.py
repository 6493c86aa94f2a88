"""The READMEs, in both languages: all that they show happens, and they say the same."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.documents import ROOT, Table, Trial, blocks_of, is_requests, read, tables_of, trials

READMES = ["README.md", "README.zh-CN.md"]
ALL_TRIALS = [trial for readme in READMES for trial in trials(readme)]


@pytest.mark.parametrize("trial", ALL_TRIALS, ids=[trial.name for trial in ALL_TRIALS])
def test_readme_shows_what_happens(trial: Trial, tmp_path: Path) -> None:
    trial.run(tmp_path)


@pytest.mark.parametrize("readme", READMES)
def test_readme_has_no_block_that_is_not_tried(readme: str) -> None:
    tried = [part for trial in trials(readme) for part in trial.parts]
    assert [block for block in blocks_of(readme) if block not in tried] == []
    assert [table.line for table in tables_of(readme) if is_requests(table) and table not in tried] == []
    assert {trial.name.rpartition("-")[2] for trial in trials(readme)} == {
        *("app", "diff", "error", "life", "output", "program", "routes", "scripts", "sh", "slashes", "swap", "versions")
    }


def test_readmes_have_the_same_blocks() -> None:
    ours, theirs = ([(block.kind, block.text) for block in blocks_of(readme)] for readme in READMES)
    assert ours == theirs


def test_readmes_have_the_same_code_and_numbers_in_their_tables() -> None:
    ours, theirs = (
        [[re.findall(r"`[^`]+`|\d+(?:[.,]\d+)*", " | ".join(row)) for row in table.rows] for table in tables_of(readme)]
        for readme in READMES
    )
    assert ours == theirs


def test_readmes_have_the_same_headings_by_level() -> None:
    ours, theirs = (re.findall(r"^#+(?= )", without_blocks(readme), re.M) for readme in READMES)
    assert ours == theirs


def without_blocks(name: str) -> str:
    return re.sub(r"(?s)```.*?```", "", read(name))


def test_readmes_show_the_benchmark_as_it_was_printed() -> None:
    """Ratios with three decimals, and the very same lines in both."""
    ours, theirs = ([table for table in tables_of(readme) if is_benchmark(table)] for readme in READMES)
    assert len(ours) == 1
    assert ours[0].rows == theirs[0].rows


def is_benchmark(table: Table) -> bool:
    return all(len(row) == 5 and re.fullmatch(r"\d+\.\d{3}", row[2]) is not None for row in table.rows)


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = re.sub(r"`[^`\n]*`", "", without_blocks(name))
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []
    assert name not in READMES or any(other in links for other in READMES if other != name)


def test_contributing_names_scripts_that_are_there() -> None:
    named = re.findall(r"`((?:bin|\.ci)/\w+)", read("CONTRIBUTING.md"))
    assert named
    assert [script for script in named if not os.access(ROOT / script, os.X_OK)] == []
