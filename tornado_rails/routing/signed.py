"""Paths with a signature, which nobody can make or change who does not know the application's ``cookie_secret``.

::

    application.signed_path("download", id=7, expires_in=3600)  # "/downloads/7?signature=..."

    map.get("downloads/:id", to="downloads#show", constraints=signed())

The signature covers the path and the query: not the host, the method or the body. Whoever has the path may use it until
it expires; it is not told who that is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

from tornado.web import RequestHandler, create_signed_value, decode_signed_value

from tornado_rails.errors import SettingError, SignedPathError
from tornado_rails.routing.constraints import RouteRequest
from tornado_rails.routing.drawing_errors import UrlArgumentError

#: The query parameter that the signature is in.
PARAMETER: Final = "signature"

# SECURITY: no cookie can have a name with a blank, so no signed cookie of the application's is a path's signature.
_NAME: Final = "signed path"
_NEVER: Final = math.inf  # SECURITY: Tornado's own limit of age is for cookies; a signature holds its end itself
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))

clock = time.time


def sign(settings: Mapping[str, Any], path: str, expires_in: float | timedelta | None = None, prefix: str = "") -> str:
    """A path with its signature in the query.

    >>> sign({"cookie_secret": "a long secret"}, "/downloads/7?page=2", 3600)
    '/downloads/7?page=2&signature=...'

    :arg settings: the application's.
    :arg expires_in: seconds, or a timedelta; never, if left out.
    :arg prefix: what stands before the application's own paths, and which it never sees.

    Raises `SettingError` without a ``cookie_secret``, `UrlArgumentError` for what is no path or no time.
    """
    if not path.startswith("/") or path.startswith("//"):
        raise UrlArgumentError(f"{path!r} is no path; a path of this application is what can be signed")
    prefix = prefix.rstrip("/")
    path, hash_, anchor = path.partition("#")
    path, _, query = quote(path, safe=_ASCII).partition("?")
    pairs = _pairs(query)
    if any(name == PARAMETER for name, _value in pairs):
        raise UrlArgumentError(f"{path!r} has a parameter {PARAMETER!r}, which is what a signature is called")
    secret, version = _signing_secret(settings)
    own = path[len(prefix) :] if path.startswith(prefix + "/") else path
    value = f"{_end(expires_in)}:{_digest(own, pairs)}"
    signed_value = create_signed_value(secret, _NAME, value, clock=clock, key_version=version)
    signature = base64.urlsafe_b64encode(signed_value).rstrip(b"=").decode()
    return f"{path}?{query}{'&' if query else ''}{PARAMETER}={signature}{hash_}{anchor}"


def check(settings: Mapping[str, Any], path: str, query: str) -> None:
    """Raises `SignedPathError` for a path and query, as they were sent, without a signature that holds."""
    pairs = _pairs(query)
    signatures = [value for name, value in pairs if name == PARAMETER]
    secret = secret_of(settings)
    if not signatures:
        raise SignedPathError("missing")
    if len(signatures) > 1:
        raise SignedPathError("altered")
    known = decode_signed_value(secret, _NAME, _unpacked(signatures[0]), _NEVER, clock=clock, min_version=2)
    end, _, digest = (known or b"").partition(b":")
    found = _digest(path, [pair for pair in pairs if pair[0] != PARAMETER])
    # SECURITY: in constant time, as Tornado compares what it has signed.
    if known is None or not hmac.compare_digest(digest, found.encode()):
        raise SignedPathError("altered")
    if end and clock() >= int(end):
        raise SignedPathError("expired")


def verify_signed_path(handler: RequestHandler) -> None:
    """Raises `SignedPathError`, a 403, if the handler's request has not the path that its application has signed.

    ::

        class DownloadHandler(tornado.web.RequestHandler):
            def prepare(self):
                verify_signed_path(self)
    """
    check(handler.settings, handler.request.path, handler.request.query)


@dataclass(frozen=True, slots=True)
class Signed:
    """What `signed` returns."""

    def matches(self, request: RouteRequest) -> bool:
        """True; raises `SignedPathError` for a request without a signature that holds."""
        sent = request.origin
        path, query = (request.path, request.query_string) if sent is None else (sent.path, sent.query)
        check(request.settings, path, query)
        return True


def signed() -> Signed:
    """A constraint for drawn routes: a request whose path is not signed, or not any more, is a 403.

    ::

        map.get("downloads/:id", to="downloads#show", constraints=signed())
    """
    return Signed()


def secret_of(settings: Mapping[str, Any], of: str = "signed paths need") -> Any:
    """The application's secret or its secrets by version; raises `SettingError` where there is none.

    :arg of: what needs it.
    """
    secret = settings.get("cookie_secret")
    if not secret:
        raise SettingError("cookie_secret", secret, f"{of} one. Give RailsApplication(cookie_secret=...)")
    return secret


def _signing_secret(settings: Mapping[str, Any]) -> tuple[Any, int | None]:
    secret = secret_of(settings)
    if not isinstance(secret, dict):
        return secret, None
    version = settings.get("key_version")
    if version not in secret:
        hint = f"it says which of the secrets signs, and is one of {', '.join(map(repr, sorted(secret)))}"
        raise SettingError("key_version", version, hint)
    return secret, version


def _end(expires_in: float | timedelta | None) -> str:
    if expires_in is None:
        return ""
    seconds = expires_in.total_seconds() if isinstance(expires_in, timedelta) else expires_in
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
        raise UrlArgumentError(f"expires_in={expires_in!r}: give seconds, or a timedelta, more than none")
    return str(math.ceil(clock() + seconds))


def _unpacked(signature: str) -> bytes:
    try:
        unpacked = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (binascii.Error, ValueError):
        return b""
    # SECURITY: one signature has one text, so that what has seen a text will know it again.
    return unpacked if base64.urlsafe_b64encode(unpacked).rstrip(b"=").decode() == signature else b""


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, encoding="latin-1")  # as Tornado reads it


def _digest(path: str, pairs: list[tuple[str, str]]) -> str:
    """A hash of a path and a query, the same however either is percent-encoded.

    The order of parameters makes no difference, but among those of one name, where it has a meaning: ``a[]=1&a[]=2``.
    """
    # SECURITY: each segment is encoded anew by itself, so that an encoded slash stays another path than a slash.
    segments = [quote(unquote_to_bytes(part.encode("latin-1", "replace")), safe="") for part in path.split("/")]
    ordered = sorted(pairs, key=lambda pair: pair[0].partition("[")[0])
    text = "/".join(segments) + "?" + urlencode(ordered, encoding="latin-1", errors="replace")
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
