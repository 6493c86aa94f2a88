"""A part of a body (RFC 9110, section 14), and the name that it is saved under (RFC 6266)."""

from __future__ import annotations

import re
from urllib.parse import quote

from tornado_rails.errors import RangeError

# PERF: texts, which are compiled when they are first used, as an import is measured too.
_RANGE = r"(?ai)\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*"
_CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"


def part_of(header: str, size: int) -> tuple[int, int] | None:
    """The first byte of a range and the one behind its last; None for what is no single range, and not heeded.

    >>> part_of("bytes=0-9", 100), part_of("bytes=-10", 100), part_of("bytes=90-", 100), part_of("lines=1-2", 100)
    ((0, 10), (90, 100), (90, 100), None)

    Raises `RangeError` for one that lies behind the end.
    """
    found = re.fullmatch(_RANGE, header)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        if length == 0:
            raise RangeError(size)
        return size - length, size
    start = int(found[1])
    end = int(found[2]) + 1 if found[2] else size
    if end <= start and found[2]:
        return None
    if start >= size:
        raise RangeError(size)
    return start, min(end, size)


def content_disposition(disposition: str, filename: str | None) -> str:
    """A ``Content-Disposition``: the name in ASCII, and where that is another, in UTF-8 as well.

    >>> content_disposition("attachment", 'naïve "list".csv')
    'attachment; filename="naive _list_.csv"; filename*=UTF-8\\'\\'na%C3%AFve%20%22list%22.csv'

    SECURITY: control characters are left out, and slashes are none any more.
    """
    if disposition not in ("attachment", "inline"):
        raise ValueError(f"a disposition is 'attachment' or 'inline', not {disposition!r}")
    if filename is None:
        return disposition
    import unicodedata  # only a name needs it

    name = re.sub(r"[/\\]", "_", re.sub(_CONTROL, "", filename))
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'["%]', "_", plain)
    header = f'{disposition}; filename="{plain}"'
    if plain != name:
        encoded = quote(name, safe="!#$&+.^_`|~-", errors="replace")
        header += f"; filename*=UTF-8''{encoded}"
    return header
