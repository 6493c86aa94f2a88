"""The notice board. No routes are written for it: they follow from the class's name, and its methods'.

    index    GET     /notes, /notes/index     its options come from the query: /notes?words=tyres&limit=5
    show     GET     /notes/show/2            a parameter is a part of the path, and is cast: note_id == 2
    new      GET     /notes/new
    create   POST    /notes/create            behind a * stands what comes from the form (or JSON)
    remove   POST    /notes/remove/2          @post says so; without it, GET would do as well

`index`, `show`, `new` and `create` have their methods from Rails' conventions. Another method is answered with 405.
"""

from typing import Annotated, Any
from urllib.parse import urlencode

from models import Note, NotYoursError
from msgspec import Meta
from tornado.web import HTTPError

from controllers.base import ApplicationController
from tornado_rails import post
from tornado_rails.controller import before_action, rescue_from


class NotesController(ApplicationController):
    """Notes: all may read, who is signed in may write."""

    @before_action(except_=["index", "show"])
    def sign_in_first(self) -> None:
        """A redirect is a response, so nothing else of this request runs."""
        if self.current_user:
            return
        if self.request.method != "GET":
            raise HTTPError(403)
        self.redirect_to(self.get_login_url() + "?" + urlencode({"next": self.request.uri or ""}))

    @rescue_from(NotYoursError)
    def refuse(self, error: NotYoursError) -> None:
        """Answers for this exception, wherever it comes from in here."""
        self.send_error(403, reason=f"Only {error.note.author.name} may do that")

    def index(self, *, words: str = "", limit: Annotated[int, Meta(ge=1, le=100)] = 20) -> Any:
        """?limit=many or ?limit=0 is a 400 that names the parameter; the method does not run."""
        self.words = words
        self.notes = self.store.find_notes(words)[:limit]
        # A browser gets the view, views/notes/index.html; who asks for JSON, what the function returns.
        return self.respond_to(html=None, json=lambda: [note.as_json() for note in self.notes])

    def show(self, note_id: int) -> Any:
        """/notes/show/abc is a 404, as abc is no int: there can be no such page."""
        self.note = self.store.note(note_id)
        return self.respond_to(html=None, json=self.note.as_json)

    def new(self) -> None:
        """The form, empty."""
        self.text, self.problems = "", []

    def create(self, *, text: str = "") -> Any:
        """What does not make a note is shown again, with what is wrong with it."""
        self.text, self.problems = text.strip(), Note.problems(text)
        if self.problems:
            self.set_status(422)
            return self.respond_to(html=lambda: self.view_string("new"), json={"problems": self.problems})
        note = self.store.add_note(self.current_user, self.text)
        # It is a 303 behind a POST: the browser now GETs that page, so that a reload does not post again.
        return self.redirect_to(self.url_for("notes#show", note.id))

    @post
    def remove(self, note_id: int) -> None:
        """Only what one has written oneself."""
        self.store.remove_note(note_id, by=self.current_user)
        self.redirect_to(self.url_for("notes#index"))
