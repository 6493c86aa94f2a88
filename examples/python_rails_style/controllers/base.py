"""What all pages share, as in any Tornado application: a base class."""

from http.client import responses
from typing import Any

from models import Person, Store
from tornado.web import ErrorHandler, RequestHandler

from tornado_rails import ActionMixin
from tornado_rails.errors import RequestError


# A route with an action puts ActionMixin in by itself. Written out, the page of an error has `paths` too, and editors
# and mypy know it.
class PageHandler(ActionMixin, RequestHandler):
    """Knows who is signed in, and shows errors to people as a page."""

    @property
    def store(self) -> Store:
        """The application's store."""
        store: Store = self.settings["store"]
        return store

    def get_current_user(self) -> Person | None:
        """Tornado calls this for `current_user`, which the templates have too."""
        # The cookie is signed, so its text is one that login() wrote. (From Tornado 6.3 on: get_signed_cookie.)
        person_id = self.get_secure_cookie("person")
        return self.store.people.get(person_id.decode()) if person_id else None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A page for browsers. Others get what the classes behind this one say: Tornado's text, or JSON."""
        if "text/html" not in self.request.headers.get("Accept", "") or self.settings.get("serve_traceback"):
            super().write_error(status_code, **kwargs)
            return
        error = kwargs.get("exc_info", (None, None))[1]
        # The layer's own errors say what was wrong with the request, in words meant for the client.
        detail = error.detail if isinstance(error, RequestError) else ""
        self.render("error.html", status=status_code, title=responses.get(status_code, "Error"), detail=detail)


class NotFoundHandler(PageHandler, ErrorHandler):
    """Answers where no route matches (the setting `default_handler_class`)."""
