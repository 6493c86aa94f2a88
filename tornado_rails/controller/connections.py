"""What is sent while the client takes it: its pace is the producer's, and its end too.

NOTE: who awaits Tornado's ``flush`` when the client goes may wait for ever, as its future is dropped. So what sends
is a task, which is cancelled when the connection closes.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler


class ClientGone(Exception):  # noqa: N818
    """Ends what sends."""


async def flushed(handler: RequestHandler) -> None:
    """Waits until what was written is on its way; raises `ClientGone`."""
    try:
        await handler.flush()
    except StreamClosedError:  # NOTE: not to be taken for one of the producer's own connections
        raise ClientGone from None


def checked_source(source: Any) -> AsyncIterable[Any]:
    """An async iterator; raises `TypeError` for anything else, before it is too late to answer with an error."""
    if isinstance(source, AsyncIterable):
        return source
    if asyncio.iscoroutine(source):
        source.close()  # or it would be complained of that nobody awaits it
    raise TypeError(
        f"a {type(source).__name__} is no async iterator. An async function with a `yield` in it returns one."
    )


async def while_connected(handler: Any, send: Callable[[], Awaitable[None]], source: Any = None) -> None:
    """Runs what sends a body until it is done or the client goes, closes the source, and finishes the response.

    For HEAD nothing is run. An error behind the headers breaks the connection off.
    """
    is_head = handler.request.method == "HEAD"
    try:
        await _cancelled_on_close(handler, functools.partial(flushed, handler) if is_head else send)
    except Exception:
        if handler._headers_written:
            _break_off(handler)
        raise
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()
    if not handler._finished:
        handler.finish()


async def _cancelled_on_close(handler: Any, send: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.ensure_future(send())
    is_gone = False

    def gone() -> None:
        nonlocal is_gone
        is_gone = True
        task.cancel()
        handler.on_connection_close()

    connection = handler.request.connection
    connection.set_close_callback(gone)
    try:
        await task
    except ClientGone:
        pass
    except asyncio.CancelledError:
        if not is_gone:
            raise
    finally:
        connection.set_close_callback(None if is_gone else handler.on_connection_close)


def _break_off(handler: Any) -> None:
    connection = handler.request.connection
    if hasattr(connection, "scope"):  # under ASGI, where the stream is the server's
        connection.close()
        return
    stream = getattr(connection, "stream", None)  # of Tornado's server
    if stream is not None:
        stream.close()
