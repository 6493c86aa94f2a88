"""A response that is made while it is sent: ``await self.send_stream(rows(), type="text/csv")``.

A client that stops reading stops the producer: the next chunk is asked for when the last one is on its way. When the
client goes, the producer is cancelled where it waits, and closed.
"""

from __future__ import annotations

from collections.abc import AsyncIterable

from tornado.web import RequestHandler

from tornado_rails.controller.connections import checked_source, flushed, while_connected
from tornado_rails.controller.ranges import content_disposition
from tornado_rails.controller.sending import type_of
from tornado_rails.controller.statuses import set_status_with_body


class StreamingMixin(RequestHandler):
    """Adds ``send_stream``."""

    async def send_stream(
        self,
        chunks: AsyncIterable[str | bytes],
        /,
        *,
        type: str | None = None,  # noqa: A002
        filename: str | None = None,
        disposition: str = "attachment",
        status: int | str | None = None,
    ) -> None:
        """Sends what an async iterator yields, text or bytes, and finishes the response.

        With a file name, the response is one to save. An error of the iterator ends the connection, so that the
        client does not take the part for the whole.
        """
        checked_source(chunks)
        set_status_with_body(self, status)
        if type or filename:
            self.set_header("Content-Type", type or type_of(filename or ""))
        if filename:
            self.set_header("Content-Disposition", content_disposition(disposition, filename))
        if "Cache-Control" not in self._headers:
            self.set_header("Cache-Control", "no-cache")

        async def send() -> None:
            async for chunk in chunks:
                self.write(chunk)
                await flushed(self)

        await while_connected(self, send, chunks)
