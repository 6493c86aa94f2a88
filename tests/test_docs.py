"""The chapters in docs/: every Python block runs, and does what stands behind it; every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documents import ROOT, Trial, blocks_of, read, trials

CHAPTERS = [f"docs/{file.name}" for file in sorted((ROOT / "docs").glob("*.md"))]
RUN_HERE = [
    chapter for chapter in CHAPTERS if chapter != "docs/cli.md"
]  # a project of several files: tests/cli/test_docs.py
ALL_TRIALS = [trial for chapter in RUN_HERE for trial in trials(chapter) if trial.parts[0] in blocks_of(chapter)]


@pytest.mark.parametrize("trial", ALL_TRIALS, ids=[trial.name for trial in ALL_TRIALS])
def test_chapter_shows_what_happens(trial: Trial, tmp_path: Path) -> None:
    trial.run(tmp_path)


@pytest.mark.parametrize("chapter", RUN_HERE)
def test_chapter_has_no_python_that_is_not_tried(chapter: str) -> None:
    tried = [part for trial in ALL_TRIALS for part in trial.parts]
    shown = [block for block in blocks_of(chapter) if block.kind in ("python", "pycon")]
    assert [block.line for block in shown if block not in tried] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_links_of_chapter_lead_somewhere(chapter: str) -> None:
    text = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", read(chapter))
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if not ((ROOT / chapter).parent / link).exists()] == []
