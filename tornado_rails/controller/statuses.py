"""A status by its name, and a response that is nothing else: ``self.send_head("no_content")``."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.controller.finishing import finish, make_room
from tornado_rails.errors import StatusError, did_you_mean

#: Status codes by name: "not_found" is 404. Those that RFC 9110 has renamed have both names, on every Python.
STATUSES = {
    **dict.fromkeys(("content_too_large", "payload_too_large", "request_entity_too_large"), 413),
    **dict.fromkeys(("uri_too_long", "request_uri_too_long"), 414),
    **dict.fromkeys(("range_not_satisfiable", "requested_range_not_satisfiable"), 416),
    **dict.fromkeys(("unprocessable_content", "unprocessable_entity"), 422),
    **{status.name.lower(): status.value for status in HTTPStatus},
}


def status_code(status: int | str) -> int:
    """The number of a status.

    >>> status_code("see_other"), status_code("Not Found"), status_code("404"), status_code(404)
    (303, 404, 404, 404)
    """
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if isinstance(status, str):
        name = re.sub(r"[ -]", "_", status).lower()
        if name in STATUSES:
            return STATUSES[name]
        raise StatusError(f"no status is named {status!r}.{did_you_mean(name, STATUSES)}")
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 999:
        raise StatusError(f"{status!r} is no status of a response: 200 to 999, or a name")
    return int(status)


def status_with_body(status: int | str) -> int:
    """The number of a status whose responses have a body; raises `StatusError` for another.

    >>> status_with_body("created")
    201
    """
    code = status_code(status)
    if code in (204, 304):
        raise StatusError(f"a response of the status {status!r} has no body. Send it by send_head.")
    return code


def set_status_with_body(handler: RequestHandler, status: int | str | None) -> None:
    """Sets the status of a response that has a body, and is the only one; None leaves the status that is set."""
    make_room(handler)
    if status is not None:
        handler.set_status(status_with_body(status))
    else:
        status_with_body(handler.get_status())


class HeadMixin(RequestHandler):
    """Adds ``send_head``."""

    def send_head(self, status: int | str, /, **headers: Any) -> Any:
        """Finishes the response with a status and headers, and no body; ``location=`` is ``Location:``.

        ::

            self.send_head("created", location=self.url_for("post", 1))

        ``head`` itself is the HTTP method. It returns what Tornado's ``finish`` does.
        """
        make_room(self, is_whole=False)
        self.set_status(status_code(status))
        self._write_buffer = []
        self.clear_header("Content-Type")
        for name, value in headers.items():
            self.set_header(name.strip("_").replace("_", "-").title(), value)
        return finish(self)
