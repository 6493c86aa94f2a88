"""How values are escaped in a view: as HTML, as the inside of JSON's strings, or, in text, not at all.

The media type of the view's format says which. SECURITY: what is not known to be text or JSON is HTML, and so is what
is of two kinds, as a view of text in a layout of HTML.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Literal

from tornado.escape import xhtml_escape
from tornado.web import RequestHandler

from tornado_rails.controller.negotiation import types_of
from tornado_rails.controller.params import is_json
from tornado_rails.errors import UnknownFormatError

Escaping = Literal["html", "json", "text"]

# NOTE: Markdown is none of them, as it may hold HTML.
_TEXTS = frozenset(
    {
        *("text/plain", "text/csv", "text/tab-separated-values", "text/calendar", "text/vcard"),
        *("text/yaml", "application/yaml"),
    }
)
_IN_SCRIPTS = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def in_json(text: str) -> str:
    """Text as the inside of a string of JSON, which may stand in a page's script.

    >>> print(in_json('"Fish" <b>'))
    \\"Fish\\" \\u003cb\\u003e
    """
    return json.dumps(text, ensure_ascii=False)[1:-1].translate(_IN_SCRIPTS)


def as_it_is(text: str) -> str:
    """Text, as text."""
    return text


#: What escapes text, by the kind of escaping.
ESCAPES: Mapping[Escaping, Callable[[str], str]] = {"html": xhtml_escape, "json": in_json, "text": as_it_is}


def escaping_of(*media_types: str) -> Escaping:
    """The escaping that media types ask for; where they are not of one mind, that of HTML.

    >>> escaping_of("text/csv"), escaping_of("application/json; charset=UTF-8"), escaping_of("text/csv", "text/html")
    ('text', 'json', 'html')
    """
    kinds = set(map(_kind, media_types))
    return kinds.pop() if len(kinds) == 1 else "html"


def _kind(media_type: str) -> Escaping:
    bare = media_type.partition(";")[0].strip().lower()
    if bare in _TEXTS:
        return "text"
    return "json" if is_json(bare) or bare == "application/x-ndjson" else "html"


def media_type_of(handler: RequestHandler, form: str) -> str:
    """The media type of a format; of one that has none, nothing."""
    try:
        return types_of(handler, form)[0]
    except UnknownFormatError:
        return ""
