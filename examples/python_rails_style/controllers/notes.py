"""The notice board. No routes are written for it: they follow from the class's name, and its methods'.

    index    GET     /notes, /notes/index     its options come from the query: /notes?words=tyres&limit=5
    show     GET     /notes/show/2            a parameter is a part of the path, and is cast: note_id == 2
    new      GET     /notes/new
    create   POST    /notes/create            behind a * stands what comes from the form (or JSON)
    remove   POST    /notes/remove/2          @post says so; without it, GET would do as well

`index`, `show`, `new` and `create` have their methods from Rails' conventions. Another method is answered with 405.
"""

from typing import Annotated

from models import Note
from msgspec import Meta
from tornado.web import HTTPError, authenticated

from controllers.base import PageHandler
from tornado_rails import Controller, post


# The old base class comes first. Errors it does not show as a page are left to Controller, which knows JSON.
class NotesController(PageHandler, Controller):
    """Notes: all may read, who is signed in may write."""

    def index(self, *, words: str = "", limit: Annotated[int, Meta(ge=1, le=100)] = 20) -> None:
        """?limit=many or ?limit=0 is a 400 that names the parameter; the method does not run."""
        self.render("notes/index.html", notes=self.store.find_notes(words)[:limit], words=words)

    def show(self, note_id: int) -> None:
        """/notes/show/abc is a 404, as abc is no int: there can be no such page."""
        self.render("notes/show.html", note=self._note(note_id))

    @authenticated
    def new(self) -> None:
        """Tornado's @authenticated sends others to the login page."""
        self.render("notes/new.html", text="", problem="")

    @authenticated
    def create(self, *, text: Annotated[str, Meta(max_length=280)]) -> None:
        """A form without text is a 400 before this runs; one with blanks only is shown again."""
        text = text.strip()
        if not text:
            self.set_status(400)
            self.render("notes/new.html", text=text, problem="A note needs a word or two.")
            return
        note = self.store.add_note(self.current_user, text)
        # 303: the browser now GETs that page, so that a reload does not post again.
        self.redirect(self.url_for("notes#show", note_id=note.id), status=303)

    @post
    @authenticated
    def remove(self, note_id: int) -> None:
        """Only what one has written oneself."""
        note = self._note(note_id)
        if note.author != self.current_user:
            raise HTTPError(403)
        del self.store.notes[note.id]
        self.redirect(self.url_for("notes#index"), status=303)

    def _note(self, note_id: int) -> Note:
        note = self.store.notes.get(note_id)
        if note is None:
            raise HTTPError(404)
        return note
