"""Finishing a response: at once or, within after and around callbacks, when these have run.

So what an after callback sets (a header, a cookie) is still sent, and a transaction that cannot be committed is an
error of the client's, too. To the action the response is finished nevertheless: what it goes on to write is an error.
What Tornado's own ``finish``, ``redirect`` and ``render`` finish leaves at once, as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.errors import DoubleResponseError


class Holding:
    """What a handler with callbacks knows of a response that is held back."""

    _tornado_rails_holds = False  # whether what finishes a response holds it back
    _tornado_rails_held = False  # whether one is
    _tornado_rails_is_locked = False  # whether Tornado takes that for finished
    _tornado_rails_failed = False  # whether an exception has passed since


def finish(handler: Any, chunk: str | bytes | None = None) -> Awaitable[None]:
    """Finishes the response, or holds it back, as `holding` says; returns what Tornado's ``finish`` does."""
    if not getattr(handler, "_tornado_rails_holds", False):
        finished: Awaitable[None] = handler.finish(chunk)
        return finished
    if chunk is not None:
        handler.write(chunk)
    # SECURITY: what comes behind a redirect to the sign-in, say, is not to be sent, nor done.
    handler._tornado_rails_held = handler._tornado_rails_is_locked = handler._finished = True
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


def unlock(handler: Any) -> None:
    """Lets callbacks write where an action has made its response."""
    if handler._tornado_rails_is_locked:
        handler._tornado_rails_is_locked = handler._finished = False


def note_failure(handler: Any) -> None:
    """Notes that an exception passes a callback, and so that another response may take the place of what is there."""
    unlock(handler)
    handler._tornado_rails_failed = handler._tornado_rails_holds


def make_room(handler: Any, *, is_whole: bool = True) -> None:
    """Raises `DoubleResponseError` if there is a response already or, for a whole one, a part of one.

    What was made before an exception is dropped.
    """
    if getattr(handler, "_tornado_rails_failed", False) and not handler._headers_written:
        handler._tornado_rails_failed = handler._tornado_rails_held = False
        handler.clear()
    is_made = handler._finished or handler._headers_written or getattr(handler, "_tornado_rails_held", False)
    if is_made or (is_whole and handler._write_buffer):
        raise DoubleResponseError(place_of(handler))


def place_of(handler: RequestHandler) -> str:
    """Which method of which handler runs, in an error's words."""
    action = getattr(getattr(handler.request, "route", None), "action", None) or str(handler.request.method).lower()
    return f"{type(handler).__name__}.{action}"


def holding(run: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[None]]:
    """A function that runs an action within its callbacks, and sends the response behind them.

    What is held back when an exception passes is dropped: its own response takes that place.
    """

    async def run_and_finish(handler: Any) -> None:
        handler._tornado_rails_holds = True
        try:
            await run(handler)
        except BaseException:
            handler._tornado_rails_held = False
            raise
        finally:
            unlock(handler)
            handler._tornado_rails_holds = handler._tornado_rails_failed = False
        if handler._tornado_rails_held and not handler._finished:
            if handler._status_code in (204, 304):  # which have no body, whatever a callback has written
                handler._write_buffer = []
            handler.finish()

    return run_and_finish
