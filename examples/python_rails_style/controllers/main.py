"""The directory. Its routes are in app.py and routes.py; what they take from the path is in `self.params`."""

from models import Person
from tornado.web import HTTPError

from controllers.base import PageHandler


class MainHandler(PageHandler):
    """Actions for /, /main/index/<id>/<name> and /people/<id>."""

    def home(self) -> None:
        """The path holds nothing, so there are no params but those of a query."""
        self.render("main/home.html", people=self.store.people.values())

    def index(self) -> None:
        """/main/index/1/TheViper has `params == {"id": "1", "name": "TheViper"}`: text, as it stands in the path."""
        person = self._person()
        if person.name != self.params["name"]:
            raise HTTPError(404)
        notes = self.store.find_notes(author=person)
        self.render("main/index.html", person=person, notes=notes, route=self.route, params=self.params)

    def find(self) -> None:
        """/people/1 is short for the address above. `paths` has the URLs of all routes by name."""
        person = self._person()
        self.redirect(self.paths.person(person.id, person.name))

    # A name that begins with an underscore is never an action, whatever a route says.
    def _person(self) -> Person:
        person = self.store.people.get(self.params["id"])
        if person is None:
            raise HTTPError(404)
        return person
