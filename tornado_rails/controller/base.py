"""The class that a controller is written from."""

from __future__ import annotations

from tornado.web import RequestHandler

from tornado_rails.controller.caching import CachingMixin
from tornado_rails.controller.callbacks import CallbacksMixin
from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.error_pages import ErrorPagesMixin
from tornado_rails.controller.error_statuses import ErrorStatusesMixin
from tornado_rails.controller.events import EventsMixin
from tornado_rails.controller.redirecting import RedirectingMixin
from tornado_rails.controller.rendering import RenderingMixin
from tornado_rails.controller.rescue import RescueMixin
from tornado_rails.controller.responding import RespondingMixin
from tornado_rails.controller.sending import SendingMixin
from tornado_rails.controller.statuses import HeadMixin
from tornado_rails.controller.streaming import StreamingMixin


class Controller(
    CallbacksMixin,
    RescueMixin,
    ErrorStatusesMixin,
    RespondingMixin,  # before the pages of errors, to which it adds a header
    ErrorPagesMixin,
    RenderingMixin,
    RedirectingMixin,
    HeadMixin,
    CachingMixin,
    SendingMixin,
    StreamingMixin,
    EventsMixin,
    ActionMixin,
    RequestHandler,
):
    """A `tornado.web.RequestHandler` whose public methods are actions.

    ::

        class MainController(Controller):
            def index(self, id: int, name: str):
                self.write(f"{name} is number {id}")

        RailsApplication(controllers=[MainController])  # /main/index/1/TheViper -> "TheViper is number 1"

    Everything of Tornado keeps its meaning. Errors are answered in the form that the client asks for.
    """
