"""Conditional GET and ``Cache-Control``.

    def show(self, id: int):
        self.post = find(id)
        if self.stale(self.post):                           # or etag=self.post, last_modified=self.post.updated_at
            self.post.comments = comments_of(self.post)     # only where the client has no good copy

Responses that say nothing of this have Tornado's own ETag, of their bodies.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.controller.finishing import finish
from tornado_rails.controller.params import path_params
from tornado_rails.controller.preconditions import etag_of, is_fresh, last_change, moment_of
from tornado_rails.controller.problems import accept_of, accepted, vary
from tornado_rails.controller.view_digest import view_digest

Moment = datetime.datetime | datetime.date | float
Age = datetime.timedelta | float

_FOREVER = 100 * 365 * 86400
_LONG_AGO = datetime.date(2011, 1, 1)
_NOW_AND_AGAIN = "max-age=0, private, must-revalidate"


class CachingMixin(RequestHandler):
    """Adds ``stale``, ``fresh_when``, ``expires_in``, ``http_cache_forever`` and what else caches are told."""

    def stale(
        self,
        record: Any = None,
        /,
        *,
        etag: Any = None,
        strong_etag: Any = None,
        last_modified: Moment | None = None,
        public: bool = False,
        cache_control: Mapping[str, Any] | None = None,
    ) -> bool:
        """Whether the client needs the response; if not, it is finished with 304.

        ``etag`` is any value that the response depends on. Its tag is another for another format, and when a view has
        changed. A tag as it is sent, ``"v1"`` in its quotes, stays as it is, and so does what ``strong_etag`` makes.
        A ``record``, or a list of them, stands for ``etag=record, last_modified=record.updated_at``.

        Changes that a client makes by If-Match or If-Unmodified-Since are refused with 412 if it has not seen the last
        one; If-Match needs ``strong_etag``, or a tag without ``W/``. A response of another status than 2xx has no
        validators, and is always needed.
        """
        if not 200 <= self.get_status() <= 299:
            return True
        if record is not None:
            if strong_etag is None and etag is None:
                etag = record
            if last_modified is None:
                last_modified = last_change(record)
        form = _format(self)
        tag = None
        if strong_etag is not None:
            tag = etag_of(strong_etag, strong=True)
        elif etag is not None:
            tag = etag_of(etag)
            if tag is not etag:
                tag = etag_of([tag, form, view_digest(self)])
        moment = None if last_modified is None else moment_of(last_modified)
        if tag is not None:
            self.set_header("Etag", tag)
        if moment is not None:
            self.set_header("Last-Modified", moment)
        changes = {**({"public": True} if public else {}), **(cache_control or {})}
        if changes:
            _tell(self, changes)
        elif "Cache-Control" not in self._headers:
            self.set_header("Cache-Control", _NOW_AND_AGAIN)
        if not is_fresh(str(self.request.method), self.request.headers, tag, moment):
            return True
        self._write_buffer = []
        self.set_status(304)
        finish(self)
        return False

    def fresh_when(self, record: Any = None, /, **validators: Any) -> None:
        """As `stale`, where what follows is the action's view."""
        self.stale(record, **validators)

    def expires_in(
        self,
        age: Age,
        /,
        *,
        public: bool = False,
        must_revalidate: bool = False,
        immutable: bool = False,
        stale_while_revalidate: Age | None = None,
        stale_if_error: Age | None = None,
    ) -> None:
        """The response is good for so many seconds: in the client's cache, and if it is public, in any."""
        directives = {
            "max_age": age,
            "public" if public else "private": True,
            "must_revalidate": must_revalidate,
            "immutable": immutable,
            "stale_while_revalidate": stale_while_revalidate,
            "stale_if_error": stale_if_error,
        }
        self.set_header("Cache-Control", with_directives("", directives))

    def expires_now(self) -> None:
        """The response may be kept, but is asked for again each time."""
        self.set_header("Cache-Control", "no-cache")

    def http_cache_forever(self, *, public: bool = False, etag: Any = None, last_modified: Moment = _LONG_AGO) -> bool:
        """The response never changes: it is good for a hundred years. As `stale`, it says whether it is needed.

        Its tag is made of the path and query, if there is no other.
        """
        self.expires_in(_FOREVER, public=public, immutable=True)
        return self.stale(etag=self.request.uri if etag is None else etag, last_modified=last_modified)

    def must_understand(self) -> None:
        """Only a cache that knows what the response's status means keeps it, whatever else was said until here."""
        _tell(self, {"must_understand": True, "no_store": True})

    def no_store(self) -> None:
        """No cache keeps the response, the client's neither."""
        self.set_header("Cache-Control", "no-store")


def _tell(handler: RequestHandler, changes: Mapping[str, Any]) -> None:
    control = handler._headers.get("Cache-Control", "private")
    handler.set_header("Cache-Control", with_directives(control, changes))


def with_directives(control: str, changes: Mapping[str, Any]) -> str:
    """A ``Cache-Control`` with directives added and replaced, or by None and False taken away.

    >>> with_directives("max-age=60, private", {"public": True, "s_maxage": datetime.timedelta(minutes=2)})
    'max-age=60, public, s-maxage=120'
    """
    found = re.findall(r'([^\s,=]+)(?:=("[^"]*"|[^\s,]*))?', control)
    directives: dict[str, str] = {name.lower(): value for name, value in found}
    for name, value in changes.items():
        directive = name.replace("_", "-")
        if value is None or value is False:
            directives.pop(directive, None)
            continue
        if directive in ("public", "private"):
            directives.pop("private" if directive == "public" else "public", None)
        directives[directive] = "" if value is True else value if isinstance(value, str) else str(_seconds(value))
    return ", ".join(f"{name}={value}" if value else name for name, value in directives.items())


def _seconds(age: Age) -> int:
    seconds = int(age.total_seconds() if isinstance(age, datetime.timedelta) else age)
    if seconds < 0:
        raise ValueError(f"a response cannot be good for {seconds} seconds")
    return seconds


def _format(handler: RequestHandler) -> Any:
    """The response's format, where that is known; else what a client accepts decides it, as ``Vary`` then says."""
    form = getattr(handler, "_tornado_rails_format", None) or path_params(handler).get("format")
    if form is not None:
        return form
    vary(handler, "Accept")
    return list(accepted(accept_of(handler)))
