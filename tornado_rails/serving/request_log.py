"""One line for each request, with an id that the client is told too.

::

    200 GET /posts/1 3.20ms PostsController#show /posts/([^/]+) 4f1c...
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.log import access_log
from tornado.web import OutputTransform, RequestHandler

from tornado_rails.filtering import Filter

REQUEST_ID = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._~+/=:@-]{1,128}").fullmatch
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


def request_id(request: HTTPServerRequest) -> str:
    """The id that came with the request if it is well-formed, else one that is made for it."""
    known: str | None = getattr(request, "request_id", None)
    if known is None:
        sent = request.headers.get(REQUEST_ID, "")
        known = request.request_id = sent if _WELL_FORMED(sent) else uuid.uuid4().hex  # type: ignore[attr-defined]
    return known


class RequestIdTransform(OutputTransform):
    """Sends the id back, whatever the handler does with its headers."""

    def __init__(self, request: HTTPServerRequest) -> None:
        self._request_id = request_id(request)

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Adds the header."""
        headers[REQUEST_ID] = self._request_id
        return status_code, headers, chunk


def action_of(handler: RequestHandler) -> str:
    """Class and method, as ``PostsController#show``."""
    name = getattr(handler, "action_name", None)
    method = handler.request.method or ""
    return f"{type(handler).__name__}#{name if isinstance(name, str) else method.lower()}"


def route_of(handler: RequestHandler) -> str | None:
    """The pattern that was matched, as it was written; Tornado's own application does not say it."""
    matcher = getattr(getattr(handler.request, "route", None), "matcher", None)
    text: str | None = getattr(matcher, "text", None)  # of a drawn route: "/posts/:id(.:format)"
    if text is not None:
        return text
    regex = getattr(matcher, "regex", None)
    return None if regex is None else str(regex.pattern).removesuffix("$")


def what_ran(handler: RequestHandler) -> str:
    """A request by its route, which others of the same route have too."""
    request = handler.request
    return f"{request.method} {route_of(handler) or _printable(request.path)} ({action_of(handler)})"


def no_log(handler: RequestHandler) -> None:
    """Logs nothing."""


class RequestLog:
    """What an application has as ``log_function``."""

    def __init__(self, log_format: str = "human", params: bool = False, filtered: Iterable[str] = ()) -> None:
        self._is_json = log_format == "json"
        self._params = params
        #: The values, less those whose names say that they are secret.
        self.filtered = Filter(filtered).filtered

    def __call__(self, handler: RequestHandler) -> None:
        """Logs a request that is finished."""
        self._write(handler.request, handler.get_status(), route_of(handler), action_of(handler), handler)

    def refused(self, request: HTTPServerRequest, status: int) -> None:
        """Logs a request that no handler has had."""
        self._write(request, status, None, "refused")

    def _write(
        self,
        request: HTTPServerRequest,
        status: int,
        route: str | None,
        action: str,
        handler: RequestHandler | None = None,
    ) -> None:
        log = access_log.info if status < 400 else access_log.warning if status < 500 else access_log.error
        fields: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "route": route,
            "action": action,
            "status": status,
            "ms": round(1000 * request.request_time(), 2),
            "request_id": request_id(request),
            "remote_ip": request.remote_ip,
        }
        if self._params and handler is not None:
            fields["params"] = self.filtered(_params_of(handler))
        log("%s", json.dumps(fields, default=str) if self._is_json else _as_text(fields), extra={"request": fields})


def _params_of(handler: RequestHandler) -> Mapping[str, Any]:
    try:
        params = getattr(handler, "params", None)  # of ours
    except Exception:  # the request has none that can be read
        return {}
    if isinstance(params, Mapping):
        return params
    texts = {
        name: [value.decode("utf-8", "replace") for value in values]
        for name, values in handler.request.arguments.items()
    }
    return {name: values[0] if len(values) == 1 else values for name, values in texts.items()} | handler.path_kwargs


def _printable(text: str | None) -> str:
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text or "")


def _as_text(fields: Mapping[str, Any]) -> str:
    words = [fields["status"], fields["method"], _printable(fields["path"]), f"{fields['ms']:.2f}ms", fields["action"]]
    words += [fields["route"] or "-", fields["request_id"]]
    if "params" in fields:
        words.append(json.dumps(fields["params"], default=str))
    return " ".join(map(str, words))


def install(application: Any, log_function: Callable[[RequestHandler], None]) -> None:
    """Gives an application the log and the id; a ``log_function`` of its own stays."""
    settings = getattr(application, "settings", None)
    if settings is None or not hasattr(application, "transforms"):
        return  # a router or a delegate, that has neither
    settings.setdefault("log_function", log_function)
    if RequestIdTransform not in application.transforms:
        application.add_transform(RequestIdTransform)
