"""Redirects to routes: ``self.redirect_to("post", 1)``, ``self.redirect_back(fallback="/")``.

SECURITY: a redirect leads to the host that was asked, or to one of the setting ``allowed_redirect_hosts``, unless
``allow_other_host=True``. What another reader of URLs might take for another host (``//host``, ``/\\host``,
``https:host``, ``https:///host``, userinfo) is no path of ours. Text of a client goes through ``url_from``, as it may
name a route too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, cast
from urllib.parse import quote

from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.finishing import finish, make_room
from tornado_rails.controller.statuses import status_code
from tornado_rails.errors import SettingError, StatusError, UnsafeRedirectError

HOSTS = "allowed_redirect_hosts"

_STATUSES = (300, 301, 302, 303, 307, 308)
_UNSAFE = r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]"  # PERF: compiled when it is first used
_ASCII = "".join(map(chr, range(0x21, 0x7F)))  # what stands in a URL as it is, well-formed or not
_HOST = r"(?a)(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?!80$|443$)\d+)?"


class RedirectingMixin(ActionMixin):
    """Adds ``redirect_to``, ``redirect_back`` and ``url_from``; Tornado's ``redirect`` stays as it is."""

    def redirect_to(
        self,
        target: Any,
        /,
        *args: Any,
        status: int | str | None = None,
        allow_other_host: bool = False,
        **options: Any,
    ) -> None:
        """Redirects to what ``url_for`` takes: a path or URL, a route's name, "posts#show", an action, an object.

        "?page=2" and "#top" are of the path that was asked for. The status is 302 for GET and HEAD, else 303, which
        makes the client GET the target. The response is finished. Raises `UnsafeRedirectError` (400) for another host,
        unless ``allow_other_host``.
        """
        is_unsafe = isinstance(target, str) and re.search(_UNSAFE, target)
        url = target if is_unsafe else url_of(self, target, *args, **options)
        if re.search(_UNSAFE, url) or not url:
            raise UnsafeRedirectError(url, "it is empty or has spaces or control characters")
        if not allow_other_host and not _is_allowed(self, url):
            raise UnsafeRedirectError(url, "it leads to another host")
        code = (302 if self.request.method in ("GET", "HEAD") else 303) if status is None else status_code(status)
        if code not in _STATUSES:
            raise StatusError(f"{status!r} is no status of a redirect: {', '.join(map(str, _STATUSES))}")
        make_room(self, is_whole=False)
        self.set_status(code)
        self.set_header("Location", quote(url, safe=_ASCII))
        finish(self)

    def redirect_back(self, *, fallback: Any, allow_other_host: bool = False, status: int | str | None = None) -> None:
        """Redirects to the page that the request came from, by ``Referer``; to ``fallback`` if that is unknown.

        A page of another host counts as unknown, unless ``allow_other_host``.
        """
        referer = self.request.headers.get("Referer", "")
        is_page = referer.startswith(("http://", "https://")) and not re.search(_UNSAFE, referer)
        if is_page and (allow_other_host or _is_allowed(self, referer)):
            self.redirect_to(referer, status=status, allow_other_host=allow_other_host)
        else:
            self.redirect_to(fallback, status=status, allow_other_host=allow_other_host)

    def url_from(self, text: object, /) -> str | None:
        """A client's text, if it is a path or URL that `redirect_to` takes; else None.

        ::

            self.redirect_to(self.url_from(self.params.get("to")) or "/")
        """
        if not isinstance(text, str) or text.startswith("#"):  # which would lead here again, for ever
            return None
        return text if _is_allowed(self, text) else None


def url_of(handler: RequestHandler, target: Any, /, *args: Any, **options: Any) -> str:
    """The URL of what ``url_for`` takes: a path or URL is one itself."""
    if isinstance(target, bytes) or (target is None and not options):
        raise TypeError(f"{target!r} leads nowhere: name a path or URL, a route, 'posts#show', an action or an object")
    is_url = isinstance(target, str) and (
        target[:1] in ("/", "?", "#", "\\", "") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", target)
    )
    if not is_url:
        return str(cast(Any, handler).url_for(target, *args, **options))
    if args or options:
        left = ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in options.items())])
        raise TypeError(f"{target!r} is a URL already, and takes nothing else: {left} is left over")
    return str(target)


def check_hosts(settings: Mapping[str, Any]) -> None:
    """Raises `SettingError` for ``allowed_redirect_hosts`` that are none."""
    hosts = settings[HOSTS]
    if isinstance(hosts, str) or not isinstance(hosts, Collection):
        raise SettingError(HOSTS, hosts, "it is a list of hosts, as ['example.com', 'example.com:8443']")
    for host in hosts:
        if not isinstance(host, str) or not re.fullmatch(_HOST, host):
            hint = "as 'example.com' or 'example.com:8443', in lower case, without the ports 80 and 443"
            raise SettingError(HOSTS, hosts, f"{host!r} is no host: {hint}")


def _is_allowed(handler: RequestHandler, url: str) -> bool:
    return is_local(url, handler.request, handler.settings.get(HOSTS) or ())


def is_local(url: str, request: HTTPServerRequest, others: Collection[str] = ()) -> bool:
    """Whether a URL is a path, or one of the host that the request was sent to (or of the others), however it is read.

    >>> from types import SimpleNamespace
    >>> request = SimpleNamespace(protocol="http", host="example.com")
    >>> [is_local(url, request) for url in ("/a", "?a", "http://example.com/a", "//other.org", "https:other.org", "a")]
    [True, True, True, False, False, False]
    """
    if re.search(_UNSAFE, url) or "\\" in re.split("[?#]", url, maxsplit=1)[0]:
        return False
    if url[:1] in ("/", "?", "#"):
        return not url.startswith("//")
    whole = re.match(r"(https?)://([^/?#@]+)(?=[/?#]|$)", url, re.IGNORECASE)
    if whole is None:
        return False
    host = _host(whole[1].lower(), whole[2])
    return host == _host(request.protocol, request.host) or host in others


def _host(protocol: str, host: str) -> str:
    """A host in lower case, without the port that its protocol has anyway."""
    return host.lower().removesuffix(":443" if protocol == "https" else ":80")
