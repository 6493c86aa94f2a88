"""Servers that the tests of this folder share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.serving.handlers import make_application
from tests.serving.support import Server, serving

Get = Callable[[str], Server]


@pytest.fixture(scope="session")
def server_of() -> Iterator[Get]:
    """The server of a name, with the application of the contract."""
    with contextlib.ExitStack() as stack:
        running: dict[Any, Server] = {}

        def of(name: str) -> Server:
            if name not in running:
                running[name] = stack.enter_context(
                    serving(name, make_application(websocket_max_message_size=300_000), max_body_size=4_000_000)
                )
            return running[name]

        yield of
