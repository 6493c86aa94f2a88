"""The event loop of a serving process."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Coroutine
from typing import Any


def run_loop(main: Coroutine[Any, Any, int], prefers_uvloop: bool) -> int:
    """Runs it as `asyncio.run` does; by uvloop where that is preferred and installed."""
    if prefers_uvloop and importlib.util.find_spec("uvloop") is not None:
        import uvloop

        return uvloop.run(main)
    return asyncio.run(main)
