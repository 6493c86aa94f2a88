"""What Tornado works out for each response, answered at once where nothing can come of it."""

from __future__ import annotations

import functools
import logging

from tornado.httputil import HTTPServerRequest
from tornado.log import access_log
from tornado.web import Application, RequestHandler

from tornado_rails.serving.asgi_request import names_etag

_LOG = RequestHandler._log
_LOG_REQUEST = Application.log_request
_CHECK_ETAG_HEADER = RequestHandler.check_etag_header


def put_answers(handler: RequestHandler, application: Application, request: HTTPServerRequest) -> None:
    """Has a handler that is being made answer at once, as far as its methods are Tornado's own."""
    # PERF: the line that is not logged and the search for Etags are an eighth of what a small response takes.
    handler_class = type(handler)
    if handler_class.check_etag_header is _CHECK_ETAG_HEADER and not names_etag(request.headers):
        handler.check_etag_header = functools.partial(_check_etag_header, request)  # type: ignore[method-assign]
    if (
        handler_class._log is _LOG
        and getattr(application.log_request, "__func__", None) is _LOG_REQUEST
        and "log_function" not in application.settings
    ):
        handler._log = functools.partial(_log, handler)  # type: ignore[method-assign]


def _check_etag_header(request: HTTPServerRequest) -> bool:
    """Finds no match where the client has named no Etag."""
    if not names_etag(request.headers):
        return False
    # The handler has set the header itself, and is told of a disconnect. A reference to it would leave it to the
    # collector.
    callback = request.connection._close_callback  # type: ignore[union-attr]
    return callback is not None and _CHECK_ETAG_HEADER(callback.__self__)


def _log(handler: RequestHandler) -> None:
    """Logs nothing where a response without an error is not logged."""
    del handler._log  # or the handler, that refers to itself by it, is left to the collector
    if handler.get_status() >= 400 or access_log.isEnabledFor(logging.INFO):
        handler._log()
