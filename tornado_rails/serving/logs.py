"""Where the log goes when nobody has said: to the standard error, a line each, as text or as JSON."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

_TEXT = "%(asctime)s %(levelname)s %(process)d %(message)s"


class JSONFormatter(logging.Formatter):
    """A record as one line of JSON; a request's fields among the others.

    >>> line = JSONFormatter().format(logging.makeLogRecord({"name": "a", "msg": "b", "created": 0}))
    >>> json.loads(line)["time"], json.loads(line)["message"]
    ('1970-01-01T00:00:00.000Z', 'b')
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{moment}.{int(record.created % 1 * 1000):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
        }
        request = getattr(record, "request", None)
        if isinstance(request, dict):
            line |= request
        else:
            line["message"] = record.getMessage()
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up(log_format: str) -> logging.Handler | None:
    """Adds a handler to the root logger; where it has one already, the log is left as it is, and None returned."""
    root = logging.getLogger()
    if root.handlers:
        return None
    handler = logging.StreamHandler()
    handler.setFormatter(JSONFormatter() if log_format == "json" else logging.Formatter(_TEXT))
    root.addHandler(handler)
    if root.level == logging.WARNING:  # which is the default
        root.setLevel(logging.INFO)
    return handler


def take_away(handler: logging.Handler) -> None:
    """Undoes `set_up`."""
    logging.getLogger().removeHandler(handler)
    handler.close()
