"""Runs what docs/debugging.md shows, as the READMEs are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_readme import Trial, blocks_of, trials

DOCS = "docs/debugging.md"
TRIALS = list(trials(DOCS))


@pytest.mark.parametrize("trial", TRIALS, ids=[trial.name for trial in TRIALS])
def test_docs_show_what_happens(trial: Trial, tmp_path: Path) -> None:
    trial.run(tmp_path)


def test_docs_have_no_block_that_is_not_tried() -> None:
    tried = [part for trial in TRIALS for part in trial.parts]
    assert [block for block in blocks_of(DOCS) if block not in tried] == []
