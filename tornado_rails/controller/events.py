r"""Server-sent events: ``await self.send_events(ticks())``.

    class ClockController(Controller):
        async def index(self):
            await self.send_events(self._ticks, retry=3000)

        async def _ticks(self, last_id):          # what the browser saw last, if it comes back; a client's text
            seen = int(last_id) if re.fullmatch(r"\d{1,9}", last_id or "") else 0
            for number in itertools.count(seen + 1):
                yield Event({"time": time.time()}, id=number, event="tick")
                await asyncio.sleep(1)

It ends when the iterator does, or when the client goes; then the iterator is closed. The headers are sent at once, so
that the browser knows that it is connected: what an error page shall answer for is done before.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterable, Callable
from typing import Any, NamedTuple

from tornado.web import RequestHandler

from tornado_rails.controller.connections import ClientGone, checked_source, flushed, while_connected
from tornado_rails.controller.responses import to_json
from tornado_rails.controller.statuses import set_status_with_body
from tornado_rails.errors import EventError

Source = AsyncIterable[Any] | Callable[[str | None], AsyncIterable[Any]]

_HEARTBEAT = b":\n\n"


class Event(NamedTuple):
    """An event: its data, as text (or its bytes) or what is JSON; its name, its id, the milliseconds to come back in.

    >>> print(Event({"n": 1}, event="tick", id=7).text, end="")
    event: tick
    id: 7
    data: {"n":1}
    <BLANKLINE>
    """

    data: Any = None
    event: str | None = None
    id: str | int | None = None
    retry: int | None = None

    @property
    def text(self) -> str:
        """The event as it is sent."""
        lines = []
        for name in ("event", "id", "retry"):
            value = getattr(self, name)
            if value is not None:
                lines.append(f"{name}: {_line(name, value)}")
        if self.data is not None:
            body = self.data if isinstance(self.data, (str, bytes)) else to_json(self.data)
            data = body.decode() if isinstance(body, bytes) else body
            # SECURITY: every kind of line end, as a browser would begin a field behind it.
            lines += [f"data: {line}" for line in re.split(r"\r\n|\r|\n", data)]
        return "\n".join(lines) + "\n\n"


def _line(name: str, value: object) -> str:
    text = str(value)
    if re.search(r"[\r\n\0]", text) or (name == "retry" and not (text.isascii() and text.isdigit())):
        raise EventError(f"an event's {name} cannot be {text!r}")
    return text


class EventsMixin(RequestHandler):
    """Adds ``send_events``."""

    async def send_events(self, source: Source, /, *, retry: int | None = None, heartbeat: float = 15) -> None:
        """Sends what an async iterator yields as events: each an `Event`, or its data.

        A function instead is called with the id that the client saw last (``Last-Event-ID``, any text), or None.
        ``retry`` is the milliseconds in which the client comes back, ``heartbeat`` the seconds between comments that
        keep the connection open, 0 for none. The headers are sent at once, so an error of the iterator ends the
        connection, even before its first event.
        """
        events = checked_source(source(self.request.headers.get("Last-Event-ID")) if callable(source) else source)
        set_status_with_body(self, None)
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Accel-Buffering", "no")  # nginx would keep events back
        if retry is not None:
            self.write(Event(retry=retry).text)
        writing = asyncio.Lock()  # NOTE: of two that flush at once, Tornado tells the last alone

        async def write(chunk: str | bytes) -> None:
            async with writing:
                self.write(chunk)
                await flushed(self)

        async def beat() -> None:
            with contextlib.suppress(ClientGone):
                while True:
                    await asyncio.sleep(heartbeat)
                    await write(_HEARTBEAT)

        async def send() -> None:
            await flushed(self)  # the headers, so that the client knows that it is connected
            beating = asyncio.ensure_future(beat()) if heartbeat else None
            try:
                async for each in events:
                    event = each if isinstance(each, Event) else Event(each)
                    await write(event.text)
            finally:
                if beating is not None:
                    beating.cancel()

        await while_connected(self, send, events)
