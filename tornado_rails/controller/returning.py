"""What an action returns is the response: text, bytes, or what is written as JSON; None is the view, or 204.

    class PostsController(Controller):
        def index(self):
            return [{"id": 1}, {"id": 2}]       # JSON, as are dataclasses, msgspec Structs and pydantic models

        def show(self, id: int):
            self.post = find(id)                # returns None: renders views/posts/show.html

        def destroy(self, id: int):
            delete(id)                          # returns None, and there is no such view: 204

An action that has finished or flushed its response, or detached its connection, is left alone. A handler without the
mixin is left to Tornado altogether: what it writes is the response, if that is nothing, an empty 200. A verb's method
on a route without an action may return its response too; where it answers nothing, that is Tornado's empty 200.
"""

from __future__ import annotations

from typing import Any

from tornado.web import RequestHandler

from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.responses import DEFAULT_TYPE, JSON, encoded
from tornado_rails.errors import DoubleResponseError, ReturnedValueError


class ReturningMixin(ActionMixin):
    """Makes what an action returns the response."""

    _tornado_rails_wraps = True

    def _tornado_rails_respond(self, value: Any, empty: int = 204) -> None:
        # PERF: this runs for every action.
        if self._finished or self._headers_written or not self._auto_finish:
            return
        if value is None:
            if self._write_buffer or self._status_code == 204 or 300 <= self._status_code <= 399:
                return
            if not self._tornado_rails_render() and self._status_code == 200:
                self.set_status(empty)
            return
        if self._write_buffer:
            raise DoubleResponseError(_place(self))
        if isinstance(value, (str, bytes)):
            self.write(value)
            return
        body = encoded(value)
        if body is None:
            raise ReturnedValueError(_place(self), value)
        if self._headers["Content-Type"] == DEFAULT_TYPE:
            self._headers["Content-Type"] = JSON
        self.write(body)

    def _tornado_rails_render(self) -> bool:
        """Writes the action's view; False if there is none. See `rendering`."""
        return False


def _place(handler: RequestHandler) -> str:
    action = getattr(getattr(handler.request, "route", None), "action", None) or str(handler.request.method).lower()
    return f"{type(handler).__name__}.{action}"
