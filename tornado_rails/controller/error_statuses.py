"""A status by an exception's class, for the whole application: the setting ``error_statuses``.

::

    RailsApplication(..., error_statuses={"sqlalchemy.exc.NoResultFound": 404, NotYours: 403})

The nearest class counts: of an exception's own, then of its parents'. Tornado's ``HTTPError`` has its own status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tornado.log import gen_log
from tornado.web import HTTPError, RequestHandler

from tornado_rails.controller.rescue import names_of
from tornado_rails.errors import SettingError

SETTING = "error_statuses"


def status_of(settings: Mapping[str, Any], error: BaseException | None) -> int | None:
    """The status that an application's table has for an exception; None, if it has none.

    >>> status_of({"error_statuses": {LookupError: 404}}, KeyError())
    404
    """
    table: Mapping[Any, int] | None = settings.get(SETTING)
    if not table or error is None or isinstance(error, HTTPError):
        return None
    for each in type(error).__mro__:
        for name in (each, *names_of(each)):
            if name in table:
                return table[name]
    return None


def check_table(settings: Mapping[str, Any]) -> None:
    """Raises `SettingError` for a table with something else than exceptions' classes and statuses of errors."""
    table = settings.get(SETTING)
    if table is None:
        return
    if not isinstance(table, Mapping):
        raise SettingError(SETTING, table, "it is a dict of exceptions' classes, or their names, and statuses")
    for name, status in table.items():
        if not (isinstance(name, str) or (isinstance(name, type) and issubclass(name, BaseException))):
            raise SettingError(SETTING, table, f"{name!r} is no exception's class, nor the name of one")
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise SettingError(SETTING, table, f"{status!r} is no status of an error: 400 to 599")


class ErrorStatusesMixin(RequestHandler):
    """Answers an exception by the status that the application has for its class."""

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Tornado's, with the status of the exception's class where it would be 500."""
        if status_code == 500:
            status_code = status_of(self.settings, kwargs.get("exc_info", (None, None))[1]) or 500
        super().send_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Logs an exception whose status says that the client is at fault as Tornado logs its ``HTTPError``."""
        status = status_of(self.settings, value)
        if status is None or status >= 500:
            super().log_exception(typ, value, tb)
        else:
            gen_log.warning("%d %s: %r", status, self._request_summary(), value)
