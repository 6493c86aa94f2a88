"""The class that a controller is written from."""

from __future__ import annotations

from typing import Any

from tornado.web import RequestHandler

from tornado_rails.controller.callbacks import CallbacksMixin
from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.error_statuses import ErrorStatusesMixin
from tornado_rails.controller.problems import request_error, wants_json, write_problem
from tornado_rails.controller.rescue import RescueMixin


class Controller(CallbacksMixin, RescueMixin, ErrorStatusesMixin, ActionMixin, RequestHandler):
    """A `tornado.web.RequestHandler` whose public methods are actions.

    ::

        class MainController(Controller):
            def index(self, id: int, name: str):
                self.write(f"{name} is number {id}")

        RailsApplication(controllers=[MainController])  # /main/index/1/TheViper -> "TheViper is number 1"

    Everything of Tornado keeps its meaning. Errors are answered as JSON where the client asks for JSON.
    """

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Writes an error as JSON where that is asked for, else as Tornado's page."""
        if request_error(self, status_code, kwargs) is None and wants_json(self):
            write_problem(self, status_code)
        else:
            super().write_error(status_code, **kwargs)
