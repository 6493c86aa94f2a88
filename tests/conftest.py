"""What every test shares: the profiles of hypothesis.

    HYPOTHESIS_PROFILE=nightly bin/test tests/routing

The default is the same in every run, so that a change is what breaks it; the nightly one looks for what is new.
"""

import asyncio
import logging
import os
import re
from collections.abc import Iterator
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

settings.register_profile(
    "default",
    max_examples=500,
    derandomize=True,
    deadline=None,
    print_blob=True,
    # A busy machine draws slowly, and some strategies filter much; neither is a reason to fail.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("quick", settings.get_profile("default"), max_examples=50)
settings.register_profile("nightly", settings.get_profile("default"), max_examples=20_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# NOTE: pytest-tornado asks for the current event loop first. Where none was ever set, asyncio makes one for that
# question (until Python 3.14), which nobody closes: a ResourceWarning in whichever test it is that it is freed in.
asyncio.set_event_loop(None)


class Fetch(Protocol):
    """Sends one request to the application of the ``app`` fixture."""

    async def __call__(
        self, path: str, method: str = "GET", body: str | bytes | None = None, **headers: str
    ) -> HTTPResponse:
        """The answer, whatever its status; header names are written with ``_`` for ``-``."""


@pytest.fixture
def fetch(http_client: AsyncHTTPClient, base_url: str) -> Fetch:
    """pytest-tornado's client and server, as one function."""

    async def fetch(path: str, method: str = "GET", body: str | bytes | None = None, **headers: str) -> HTTPResponse:
        return await http_client.fetch(
            base_url + path,
            method=method,
            body=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            allow_nonstandard_methods=True,
            follow_redirects=False,
            raise_error=False,
        )

    return fetch


class _Unexpected(logging.Handler):
    """Keeps what a test let slip into the log; what an answer's status says as well is no news."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.name}: {self.format(record)}"
        if not re.match(r"tornado\.(access|general): 4\d\d \S+[ :]", line):
            self.lines.append(line)


@pytest.fixture
def quiet_log() -> Iterator[None]:
    """Fails a test for a log line of WARNING or above that no ``tornado.testing.ExpectLog`` took."""
    handler = _Unexpected()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    assert not handler.lines
