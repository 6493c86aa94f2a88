"""Finishing a response: at once or, within after and around callbacks, when these have run.

So what an after callback sets (a header, a cookie) is still sent, and a transaction that cannot be committed is an
error of the client's, too. What Tornado's own ``finish``, ``redirect`` and ``render`` finish leaves at once, as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.errors import DoubleResponseError

#: The attribute of a handler that says that its response is made, and held back.
HELD = "_tornado_rails_held"


def finish(handler: Any, chunk: str | bytes | None = None) -> Awaitable[None]:
    """Finishes the response, or holds it back, as `holding` says; returns what Tornado's ``finish`` does.

    Raises `DoubleResponseError` if there is a response already.
    """
    refuse_second(handler, chunk)
    if not getattr(handler, "_tornado_rails_holds", False):
        finished: Awaitable[None] = handler.finish(chunk)
        return finished
    if chunk is not None:
        handler.write(chunk)
    handler._tornado_rails_held = True
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


def refuse_second(handler: Any, chunk: object = None) -> None:
    """Raises `DoubleResponseError` if there is a response already, or a part of one beside ``chunk``."""
    is_made = handler._finished or handler._headers_written or getattr(handler, HELD, False)
    if is_made or (chunk is not None and handler._write_buffer):
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
            handler._tornado_rails_holds = False
        if handler._tornado_rails_held and not handler._finished:
            handler.finish()

    return run_and_finish
