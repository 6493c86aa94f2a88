"""What Tornado works out for each response, answered at once where nothing can come of it."""

from __future__ import annotations

import functools
import logging
import sys
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.log import access_log
from tornado.web import Application, RequestHandler

from tornado_rails.serving.asgi_request import names_etag


def tornados(owner: type, name: str) -> Any:
    """A method of Tornado's, as it is without what others may have put in its place; nothing else is equal to it."""
    method = vars(owner).get(name)
    is_own = getattr(method, "__globals__", None) is vars(sys.modules[owner.__module__])
    return method if is_own else object()


_LOG = tornados(RequestHandler, "_log")
_LOG_REQUEST = tornados(Application, "log_request")
_CHECK_ETAG_HEADER = tornados(RequestHandler, "check_etag_header")


def put_answers(handler: RequestHandler, application: Application, request: HTTPServerRequest) -> None:
    """Has a handler that is being made answer at once, as far as its methods are Tornado's own."""
    # PERF: the line that is not logged and the search for Etags are an eighth of what a small response takes.
    handler_class = type(handler)
    if handler_class.check_etag_header is _CHECK_ETAG_HEADER and not names_etag(request.headers):
        request.connection.handler = handler  # type: ignore[union-attr]
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
    # The handler has set the header itself. A reference to it here would leave it to the collector.
    handler = request.connection.handler  # type: ignore[union-attr]
    return handler is not None and bool(_CHECK_ETAG_HEADER(handler))


def _log(handler: RequestHandler) -> None:
    """Logs nothing where a response without an error is not logged."""
    del handler._log  # or the handler, that refers to itself by it, is left to the collector
    if handler.get_status() >= 400 or access_log.isEnabledFor(logging.INFO):
        handler._log()
