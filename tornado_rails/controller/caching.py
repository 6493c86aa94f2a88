"""Conditional GET and ``Cache-Control``.

    def show(self, id: int):
        self.post = find(id)
        if self.stale(etag=self.post, last_modified=self.post.updated_at):
            self.post.comments = comments_of(self.post)     # only where the client has no good copy

Responses that say nothing of this have Tornado's own ETag, of their bodies.
"""

from __future__ import annotations

import datetime
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.controller.finishing import finish
from tornado_rails.controller.preconditions import etag_of, is_fresh, moment_of

_FOREVER = 100 * 365 * 86400


class CachingMixin(RequestHandler):
    """Adds ``stale``, ``fresh_when``, ``expires_in``, ``http_cache_forever`` and ``no_store``."""

    def stale(
        self,
        *,
        etag: Any = None,
        strong_etag: Any = None,
        last_modified: datetime.datetime | datetime.date | float | None = None,
        public: bool = False,
    ) -> bool:
        """Whether the client needs the response; if not, it is finished with 304.

        ``etag`` is any value that the response depends on, or a tag as it is sent: ``"v1"`` in its quotes. Changes
        that a client makes by If-Match or If-Unmodified-Since are refused with 412 if it has not seen the last one.
        """
        tag = None
        if strong_etag is not None:
            tag = etag_of(strong_etag, strong=True)
        elif etag is not None:
            tag = etag_of(etag)
        moment = None if last_modified is None else moment_of(last_modified)
        if tag is not None:
            self.set_header("Etag", tag)
        if moment is not None:
            self.set_header("Last-Modified", moment)
        if "Cache-Control" not in self._headers:
            self.set_header("Cache-Control", "public" if public else "max-age=0, private, must-revalidate")
        if not is_fresh(str(self.request.method), self.request.headers, tag, moment):
            return True
        self._write_buffer = []
        self.set_status(304)
        finish(self)
        return False

    def fresh_when(self, **validators: Any) -> None:
        """As `stale`, where what follows is the action's view."""
        self.stale(**validators)

    def expires_in(
        self,
        age: datetime.timedelta | float,
        /,
        *,
        public: bool = False,
        must_revalidate: bool = False,
        immutable: bool = False,
        stale_while_revalidate: datetime.timedelta | float | None = None,
        stale_if_error: datetime.timedelta | float | None = None,
    ) -> None:
        """The response is good for so many seconds: in the client's cache, and if it is public, in any."""
        parts = [f"max-age={_seconds(age)}", "public" if public else "private"]
        parts += ["must-revalidate"] * must_revalidate + ["immutable"] * immutable
        if stale_while_revalidate is not None:
            parts.append(f"stale-while-revalidate={_seconds(stale_while_revalidate)}")
        if stale_if_error is not None:
            parts.append(f"stale-if-error={_seconds(stale_if_error)}")
        self.set_header("Cache-Control", ", ".join(parts))

    def http_cache_forever(self, *, public: bool = False) -> bool:
        """The response never changes: it is good for a hundred years. As `stale`, it says whether it is needed."""
        self.expires_in(_FOREVER, public=public, immutable=True)
        return self.stale(etag=self.request.uri, last_modified=datetime.date(2011, 1, 1))

    def no_store(self) -> None:
        """No cache keeps the response, the client's neither."""
        self.set_header("Cache-Control", "no-store")


def _seconds(age: datetime.timedelta | float) -> int:
    seconds = int(age.total_seconds() if isinstance(age, datetime.timedelta) else age)
    if seconds < 0:
        raise ValueError(f"a response cannot be good for {seconds} seconds")
    return seconds
