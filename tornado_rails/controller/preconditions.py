"""What a request's ``If-...`` headers say of a representation (RFC 9110, section 13)."""

from __future__ import annotations

import datetime
import email.utils
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tornado_rails.errors import PreconditionFailedError

# PERF: texts, which are compiled when they are first used, as an import is measured too.
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = rf"(?:{_TAG}|[,\s])*"


def etag_of(value: Any, strong: bool = False) -> str:
    """An entity tag for a value: text, bytes, numbers, times, models, lists, sets and dicts of them.

    >>> etag_of("v1")
    'W/"161078e42e8fef3ba4b9c984035baa2e"'
    >>> etag_of('"as-it-is"')
    '"as-it-is"'
    """
    if isinstance(value, str) and re.fullmatch(_TAG, value):
        return value
    digest = hashlib.sha256(value if isinstance(value, bytes) else _encoded(value))
    return f'{"" if strong else "W/"}"{digest.hexdigest()[:32]}"'


def _encoded(value: Any) -> bytes:
    # NOTE: sets have another order in each process, and all processes shall make the same tag.
    try:
        return msgspec.json.encode(value, enc_hook=_named, order="deterministic")
    except TypeError:  # for keys that are no text, and sets of what has no order
        return msgspec.json.encode(_sorted(value), enc_hook=_named)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sorted(each) for each in value]
    return sorted(map(_encoded, value)) if isinstance(value, (set, frozenset)) else value


def _named(value: Any) -> Any:
    """What an object says that its cached form depends on; a pydantic model; else which record it is, and of when."""
    for name in ("cache_key", "model_dump"):
        found = getattr(value, name, None)
        if found is not None:
            return found() if callable(found) else found
    if getattr(value, "updated_at", None) is not None:
        return [type(value).__name__, getattr(value, "id", None), value.updated_at]
    raise NotImplementedError(
        f"an ETag cannot be made of {type(value).__name__}: give it a cache_key() method, or updated_at"
    )


def last_change(record: Any) -> datetime.datetime | None:
    """The ``updated_at`` of a record, or the latest of a list of them; None, if there is none."""
    records = record if isinstance(record, (list, tuple)) else [record]
    moments = [getattr(each, "updated_at", None) for each in records]
    return max((moment_of(moment) for moment in moments if moment is not None), default=None)


def moment_of(value: datetime.datetime | datetime.date | float) -> datetime.datetime:
    """A time as HTTP has it: in UTC, to the second. A time without a zone is UTC, a number is seconds since 1970.

    >>> moment_of(0)
    datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if isinstance(value, (int, float)):
        value = datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    elif not isinstance(value, datetime.date):
        raise TypeError(f"{value!r} is no time: a datetime, a date, or seconds since 1970")
    elif not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.timezone.utc)
    return value.astimezone(datetime.timezone.utc).replace(microsecond=0)


def parsed_moment(text: str) -> datetime.datetime | None:
    """An HTTP date; None for what is none, which says nothing."""
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.timezone.utc)


def matches(header: str, etag: str | None, strong: bool) -> bool:
    """Whether one of the listed tags is this one, by strong or weak comparison.

    >>> matches('"a", W/"b"', 'W/"b"', strong=False), matches('"a", W/"b"', 'W/"b"', strong=True)
    (True, False)
    """
    if etag is None or re.fullmatch(_LIST, header) is None:
        return False
    if strong:
        return not etag.startswith("W/") and etag in re.findall(_TAG, header)
    return etag.removeprefix("W/") in (each.removeprefix("W/") for each in re.findall(_TAG, header))


def is_fresh(
    method: str, headers: Mapping[str, str], etag: str | None, last_modified: datetime.datetime | None
) -> bool:
    """Whether the client's copy is still good, and 304 the answer.

    Raises `PreconditionFailedError` (412) where the client asks not to go on.
    """
    exists = etag is not None or last_modified is not None
    # In the order of section 13.2.2.
    if_match = headers.get("If-Match")
    if if_match is not None:
        if not (if_match.strip() == "*" and exists) and not matches(if_match, etag, strong=True):
            raise PreconditionFailedError("If-Match")
    elif last_modified is not None:
        unmodified_since = parsed_moment(headers.get("If-Unmodified-Since", ""))
        if unmodified_since is not None and last_modified > unmodified_since:
            raise PreconditionFailedError("If-Unmodified-Since")
    reads = method in ("GET", "HEAD")
    if_none_match = headers.get("If-None-Match")
    if if_none_match is not None:
        is_known = (if_none_match.strip() == "*" and exists) or matches(if_none_match, etag, strong=False)
        if is_known and not reads:
            raise PreconditionFailedError("If-None-Match")
        return is_known
    if not reads or last_modified is None:
        return False
    modified_since = parsed_moment(headers.get("If-Modified-Since", ""))
    return modified_since is not None and last_modified <= modified_since
