"""HTML that is known to be safe, and the escaping of all that is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tornado.escape import to_unicode

from tornado_rails.controller.escaping import ESCAPES, Escaping


class Safe(str):
    """Text that is HTML already, and is not escaped again; what has ``__html__`` elsewhere is taken for it too.

    >>> escaped(Safe("<b>")), escaped("<b>")
    ('<b>', '&lt;b&gt;')
    """

    __slots__ = ()

    def __html__(self) -> str:
        return self


class Rendered(Safe):
    """What a page has rendered as it is escaped: in one of JSON it is JSON, which other HTML is not."""

    __slots__ = ()


def escaped(value: Any, escaping: Escaping = "html") -> Safe:
    """A value as HTML, or in a view of text or JSON: None is nothing, `Safe` text is as it is.

    SECURITY: but in JSON only what is `Rendered` is; HTML has a backslash as it is.

    >>> print(escaped(Safe("<b>"), "text"), escaped(Safe('<b id="1">'), "json"))
    <b> \\u003cb id=\\"1\\"\\u003e
    """
    if value is None:
        return Safe()
    html = getattr(value, "__html__", None)
    if html is not None:
        return Safe(html() if escaping != "json" or isinstance(value, Rendered) else ESCAPES["json"](html()))
    return Safe(ESCAPES[escaping](to_unicode(value) if isinstance(value, bytes) else str(value)))


def tag(name: str, attributes: Mapping[str, Any]) -> Safe:
    """An opening tag. A trailing underscore is left out of a name, any other is a dash; True is a bare attribute.

    >>> tag("a", {"href": "/?a=1&b=2", "class_": "x", "data_id": 7, "hidden": True, "title": None})
    '<a href="/?a=1&amp;b=2" class="x" data-id="7" hidden>'

    SECURITY: a name that could end the attribute raises ValueError.
    """
    parts = [name]
    for key, value in attributes.items():
        attribute = key.rstrip("_").replace("_", "-")
        if not attribute.replace("-", "").replace(":", "").isalnum():
            raise ValueError(f"{key!r} is no name of an attribute")
        if value is True:
            parts.append(attribute)
        elif value is not None and value is not False:
            parts.append(f'{attribute}="{escaped(value)}"')
    return Safe(f"<{' '.join(parts)}>")
