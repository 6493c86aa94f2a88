"""What Tornado works out for each response, answered at once where nothing can come of it."""

from __future__ import annotations

import functools
import logging
import weakref
from collections.abc import Callable
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.log import access_log
from tornado.web import Application, RequestHandler

_LOG = RequestHandler._log
_LOG_REQUEST = Application.log_request
_CHECK_ETAG_HEADER = RequestHandler.check_etag_header


class _Answers:
    """Is asked in place of two methods of a handler, and asks Tornado's own where there is something to do."""

    __slots__ = ("_handler",)

    def __init__(self, handler: RequestHandler) -> None:
        # NOTE: the handler has this among its attributes; a plain reference would leave each handler to the collector.
        self._handler: Callable[[], Any] = weakref.ref(handler)

    def log(self) -> None:
        """Logs nothing where a response without an error is not logged."""
        handler = self._handler()
        if handler.get_status() >= 400 or access_log.isEnabledFor(logging.INFO):
            _LOG(handler)

    def check_etag_header(self) -> bool:
        """Finds no match where the client has named no Etag."""
        handler = self._handler()
        return "If-None-Match" in handler.request.headers and _CHECK_ETAG_HEADER(handler)


def put_answers(handler: RequestHandler, application: Application) -> None:
    """Has a handler that is being made answer at once, as far as its methods are Tornado's own."""
    # PERF: the line that is not logged and the search for Etags are an eighth of what a small response takes.
    handler_class = type(handler)
    answers = _Answers(handler)
    if handler_class.check_etag_header is _CHECK_ETAG_HEADER:
        handler.check_etag_header = answers.check_etag_header  # type: ignore[method-assign]
    if (
        handler_class._log is _LOG
        and getattr(application.log_request, "__func__", None) is _LOG_REQUEST
        and "log_function" not in application.settings
    ):
        handler._log = answers.log  # type: ignore[method-assign]


def spare_parsing(request: HTTPServerRequest) -> None:
    """Has a request without a body not be searched for a form when Tornado first asks for that."""
    # PERF: most requests have none.
    request._parse_body = functools.partial(_parse_if_any, request)  # type: ignore[method-assign]


def _parse_if_any(request: HTTPServerRequest) -> None:
    del request._parse_body
    if request.body or request.body_arguments or "Content-Type" in request.headers:
        request._parse_body()
