"""Whether this process lives, and whether it can serve: ``/healthz`` and ``/readyz``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tornado.log import app_log

from tornado_rails.serving.lifespan import call_hook

ALIVE = "/healthz"
READY = "/readyz"
PATHS = frozenset((ALIVE, READY))
HEADERS = (("Content-Type", "text/plain; charset=UTF-8"), ("Cache-Control", "no-store"))


class Health:
    """What the two paths answer.

    A check takes the application or nothing, and may be a coroutine function. It fails by returning False or raising.
    """

    def __init__(self, application: Any, checks: Sequence[Callable[..., Any]] = ()) -> None:
        self.ready = False
        self._application = application
        self._checks = tuple(checks)

    async def answer(self, path: str) -> tuple[int, bytes]:
        """The status and the body."""
        if path == ALIVE:
            return 200, b"ok\n"
        if not self.ready:
            return 503, b"stopping\n"
        failed = [name for check in self._checks if (name := await self._failure(check))]
        return (503, f"not ready: {', '.join(failed)}\n".encode()) if failed else (200, b"ready\n")

    async def _failure(self, check: Callable[..., Any]) -> str | None:
        name = getattr(check, "__name__", repr(check))
        try:
            result = call_hook(check, self._application)
            if hasattr(result, "__await__"):
                result = await result
        except Exception:
            # What went wrong is for the log, not for whoever asks.
            app_log.warning("The check %s of %s fails", name, READY, exc_info=True)
            return name
        return name if result is False else None
