"""Which of several formats a client gets: by the path's suffix, or by ``Accept`` (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.controller.params import path_params
from tornado_rails.controller.problems import accept_of, accepted, vary
from tornado_rails.errors import NotAcceptableError, UnknownFormatError, did_you_mean

#: The media types of formats; the first is what a response has. The setting ``media_types`` adds to them.
MEDIA_TYPES: dict[str, tuple[str, ...]] = {
    "html": ("text/html", "application/xhtml+xml"),
    "json": ("application/json", "text/json"),
    "text": ("text/plain",),
    "txt": ("text/plain",),
    "xml": ("application/xml", "text/xml"),
    "csv": ("text/csv",),
    "md": ("text/markdown",),
    "js": ("text/javascript", "application/javascript"),
    "css": ("text/css",),
    "ics": ("text/calendar",),
    "atom": ("application/atom+xml",),
    "rss": ("application/rss+xml",),
    "pdf": ("application/pdf",),
    "svg": ("image/svg+xml",),
    "yaml": ("application/yaml", "text/yaml"),
    "ndjson": ("application/x-ndjson",),
    "events": ("text/event-stream",),
}

# PERF: a text, which is compiled when it is first used, as an import is measured too.
_IN_TEXT = r"text/(?!event-stream)|application/(json|xml|javascript)$|.*\+(json|xml)$"


def types_of(handler: RequestHandler, name: str) -> tuple[str, ...]:
    """The media types of a format; raises `UnknownFormatError`."""
    extra: Mapping[str, Any] = handler.settings.get("media_types") or {}
    if name in extra:
        return (extra[name],) if isinstance(extra[name], str) else tuple(extra[name])
    if name not in MEDIA_TYPES:
        known = {**MEDIA_TYPES, **extra}
        raise UnknownFormatError(
            f"no format is named {name!r}.{did_you_mean(name, known)} The setting media_types adds formats."
        )
    return MEDIA_TYPES[name]


def content_type_of(handler: RequestHandler, name: str) -> str:
    """The Content-Type of a format's response, with a charset where it is text."""
    media_type = types_of(handler, name)[0]
    return f"{media_type}; charset=UTF-8" if re.match(_IN_TEXT, media_type) and ";" not in media_type else media_type


def negotiate(handler: RequestHandler, offered: Sequence[str]) -> str:
    """The format, of those that there are, that a request asks for.

    The path's suffix (its param ``format``) decides alone; else ``Accept`` does, which `Vary` then says. Raises
    `NotAcceptableError` (406) with the list of what there is.
    """
    suffix = path_params(handler).get("format")
    if suffix is not None:
        if suffix in offered:
            return str(suffix)
        raise _not_acceptable(handler, offered)
    types = {name: types_of(handler, name) for name in offered}
    vary(handler, "Accept")
    chosen = best(accept_of(handler), types)
    if chosen is None:
        raise _not_acceptable(handler, offered)
    return chosen


def _not_acceptable(handler: RequestHandler, offered: Sequence[str]) -> NotAcceptableError:
    return NotAcceptableError({name: types_of(handler, name)[0] for name in offered})


def best(accept: str, offered: Mapping[str, Sequence[str]]) -> str | None:
    """The offered name whose media type an Accept header likes best; None, if it likes none.

    Of a type's ranges the narrowest counts. Of types that are liked alike, the header's first is taken; where one
    range means them all, the first that is offered.

    >>> offered = {"html": ["text/html"], "json": ["application/json"]}
    >>> [best(accept, offered) for accept in ("", "*/*", "application/json, */*;q=0.1", "image/png")]
    ['html', 'html', 'json', None]
    """
    ranges = list(accepted(accept))
    if not ranges:
        return next(iter(offered), None)
    choice: tuple[float, int] | None = None
    chosen = None
    for name, media_types in offered.items():
        for nth, media_type in enumerate(media_types):
            # A range of many types means a format's own, not what else it goes by.
            liking = _liking(media_type, ranges if nth == 0 else [each for each in ranges if each[0][-1] != "*"])
            if liking is not None and (choice is None or liking > choice):
                choice, chosen = liking, name
    return chosen


def _liking(media_type: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int] | None:
    """How much a type is liked: by quality, then by its place in the header; None for not at all."""
    widths = {"*/*": 0, f"{media_type.partition('/')[0]}/*": 1, media_type: 2}
    found: tuple[int, float, int] | None = None
    for position, (each, quality) in enumerate(ranges):
        if each in widths and (found is None or (widths[each], quality) > found[:2]):
            found = (widths[each], quality, -position)
    return None if found is None or found[1] == 0 else found[1:]
