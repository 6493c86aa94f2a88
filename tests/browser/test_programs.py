"""What a machine without a browser is told."""

import pytest

from tests.browser.conftest import program


def test_program_that_is_missing_is_a_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        pytest.fail.Exception, match=r"chromedriver is not there.*apt-get install -y chromium chromium-driver"
    ):
        program("chromedriver", "chromium-driver")
