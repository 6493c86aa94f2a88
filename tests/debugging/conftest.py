"""Nothing here writes into the log unless the test says so."""

import pytest


@pytest.fixture(autouse=True)
def _quiet(quiet_log: None) -> None:
    """As in `tests.conftest.quiet_log`."""
