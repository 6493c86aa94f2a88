"""What all pages share, as in any Tornado application: a base class."""

from datetime import datetime

from models import Person, Store
from tornado.web import ErrorHandler

from tornado_rails import Controller
from tornado_rails.controller.helpers import helper


# It is Tornado's RequestHandler: get_current_user, HTTPError, cookies, XSRF are as ever. An error is a page of
# views/errors for browsers, and JSON for who asks for that.
class ApplicationController(Controller):
    """Knows who is signed in."""

    @property
    def store(self) -> Store:
        """The application's store."""
        store: Store = self.settings["store"]
        return store

    def get_current_user(self) -> Person | None:
        """Tornado calls this for `current_user`, which the views have too."""
        # The cookie is signed, so its text is one that login() wrote. (From Tornado 6.3 on: get_signed_cookie.)
        person_id = self.get_secure_cookie("person")
        return self.store.people.get(person_id.decode()) if person_id else None

    @helper
    def as_date(self, moment: datetime) -> str:
        """Views call it by its name. It is no action."""
        return moment.strftime("%d %B %Y, %H:%M UTC")


class NotFoundHandler(ApplicationController, ErrorHandler):
    """Answers where no route matches (the setting `default_handler_class`)."""
