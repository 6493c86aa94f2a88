"""What an action returns is the response: text, bytes, or what is written as JSON; None is the view, or 204.

    class PostsController(Controller):
        def index(self):
            return [{"id": 1}, {"id": 2}]       # JSON, as are dataclasses, msgspec Structs and pydantic models

        def show(self, id: int):
            self.post = find(id)                # returns None: renders views/posts/show.html

        def destroy(self, id: int):
            delete(id)                          # returns None, and there is no such view: 204

An action that has finished or flushed its response, and returns nothing, or that has detached its connection, is left
alone. A handler without the mixin is left to Tornado altogether: what it writes is the response, if that is nothing, an
empty 200. A verb's method on a route without an action may return its response too; where it answers nothing, that is
Tornado's empty 200.
"""

from __future__ import annotations

from typing import Any

from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.finishing import make_room, place_of
from tornado_rails.controller.responses import DEFAULT_TYPE, JSON, TypedText, encoded
from tornado_rails.errors import ReturnedValueError


class ReturningMixin(ActionMixin):
    """Makes what an action returns the response."""

    _tornado_rails_wraps = True
    _tornado_rails_is_empty = False  # whether the action has answered nothing

    def _tornado_rails_respond(self, value: Any, empty: int = 204) -> None:
        # PERF: this runs for every action.
        if value is None:
            if self._finished or self._headers_written or self._write_buffer or not self._auto_finish:
                return
            if self._status_code == 204 or 300 <= self._status_code <= 399:
                return
            if not self._tornado_rails_render() and self._status_code == 200:
                self.set_status(empty)
                self._tornado_rails_is_empty = True
            return
        if not self._auto_finish or self._status_code == 304:  # by fresh_when, which needs no body
            return
        make_room(self)
        kind = type(value)  # PERF: which for a plain text is all
        if kind is str or (kind is not TypedText and isinstance(value, (str, bytes))):
            self.write(value)
            return
        body, content_type = (value, value.content_type) if kind is TypedText else (encoded(value), JSON)
        if body is None:
            raise ReturnedValueError(place_of(self), value)
        if self._headers.get("Content-Type") == DEFAULT_TYPE:
            self._headers["Content-Type"] = content_type
        self.write(body)

    def _tornado_rails_render(self) -> bool:
        """Writes the action's view; False if there is none. See `rendering`."""
        return False
