"""A request's body from ASGI's ``receive``, within its limits."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from typing import Any

from tornado.http1connection import _GzipMessageDelegate
from tornado.httputil import HTTPHeaders, HTTPInputError, HTTPMessageDelegate

from tornado_rails.serving.asgi_channel import DISCONNECT
from tornado_rails.serving.asgi_http import HTTPChannel

DISCARD_TIMEOUT = 1.0  # seconds


class BodyTimeoutError(Exception):
    """The body did not come in the time that it had."""


def decompressing(delegate: HTTPMessageDelegate, channel: HTTPChannel) -> HTTPMessageDelegate:
    """The delegate behind Tornado's own that undoes ``Content-Encoding: gzip``."""
    limits = (channel.chunk_size, channel.max_body_size)
    # Since Tornado 6.5.3 it is told the limit of the body too.
    known = len(inspect.signature(_GzipMessageDelegate).parameters) - 1
    return _GzipMessageDelegate(delegate, *limits[:known])


async def discard_rest(channel: HTTPChannel) -> None:
    """Takes what still comes of a body that is no longer wanted, for a moment.

    The response is sent, with ``Connection: close``. Some servers first hand on all that they read, then close.
    """
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_discard(channel), DISCARD_TIMEOUT)


async def _discard(channel: HTTPChannel) -> None:
    while True:
        message = await channel.receive()
        if message["type"] in DISCONNECT or not message.get("more_body"):
            return


class Body:
    """The body of one request."""

    def __init__(self, channel: HTTPChannel, headers: HTTPHeaders) -> None:
        self._channel = channel
        length = headers.get("Content-Length")
        if length is not None and length.isdecimal() and int(length) > channel.max_body_size:
            raise HTTPInputError("Content-Length too long")
        self._size = 0
        timeout = channel.body_timeout
        self._deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout

    async def whole(self) -> bytes | None:
        """All of it; None if the client goes away before."""
        parts: list[bytes] = []
        while True:
            part = await self._next(stops=self._deadline is not None)
            if part is None:
                return None
            chunk, more = part
            parts.append(chunk)
            if not more:
                return parts[0] if len(parts) == 1 else b"".join(parts)

    async def deliver(self, delegate: HTTPMessageDelegate) -> bool:
        """Gives each part to a delegate when it has taken the one before; False if the response is finished first."""
        channel = self._channel
        while not channel.finished:
            part = await self._next(stops=True)
            if part is None:
                return channel.closed
            body, more = part
            for start in range(0, len(body), channel.chunk_size):
                taken = delegate.data_received(body[start : start + channel.chunk_size])
                if taken is not None:
                    await taken
                if channel.finished or channel.closed:
                    return channel.closed or not more
            if not more:
                return True
        return False

    async def _next(self, stops: bool) -> tuple[bytes, bool] | None:
        message = await (self._received() if stops else self._channel.receive())
        if message is None or message["type"] in DISCONNECT:
            if not self._channel.finished:
                # It is the delegate that is told, and it tells the handler.
                self._channel.set_close_callback(None)
                self._channel.disconnected()
            return None
        chunk: bytes = message.get("body", b"")
        self._size += len(chunk)
        if self._size > self._channel.max_body_size:
            raise HTTPInputError("Body too long")
        return chunk, message.get("more_body", False)

    async def _received(self) -> Any:
        """What is received; None if the response is finished before."""
        channel = self._channel
        received = asyncio.ensure_future(channel.receive())
        try:
            while True:
                change = channel.change()
                timeout = None
                if self._deadline is not None:
                    timeout = max(0, self._deadline - asyncio.get_running_loop().time())
                await asyncio.wait((received, change), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                if received.done():
                    return received.result()
                if not change.done():
                    raise BodyTimeoutError
                if channel.finished or channel.closed:
                    return None
        finally:
            received.cancel()
