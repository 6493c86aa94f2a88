"""The directory. Its routes are in app.py and routes.py; what they take from the path is in `self.params`."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from models import NotThereError

from controllers.base import ApplicationController
from tornado_rails.controller import before_action
from tornado_rails.controller.events import Event


class MainHandler(ApplicationController):
    """Actions for /, /main/index/<id>/<name>, /people/<id> and /clock."""

    @before_action(only=["index", "find"])
    def find_person(self) -> None:
        """Runs before these two, and is no action itself. Who is not there is a 404: see error_statuses in app.py."""
        self.person = self.store.person(self.params["id"])

    # What an action sets on self, its view sees: views/main/home.html. It is rendered when the action has ended.
    def home(self) -> None:
        """The path holds nothing, so there are no params but those of a query."""
        self.people = self.store.people.values()

    def index(self) -> None:
        """/main/index/1/TheViper has `params == {"id": "1", "name": "TheViper"}`: text, as it stands in the path."""
        if self.person.name != self.params["name"]:
            raise NotThereError(f"person {self.params['name']}")
        self.notes = self.store.find_notes(author=self.person)
        self.shown = {"route": self.route, "params": self.params}

    def find(self) -> None:
        """/people/1 is short for the address above. `paths` has the URLs of all routes by name."""
        self.redirect_to(self.paths.person(self.person.id, self.person.name))

    async def clock(self) -> None:
        """Events, one each second. When the client goes, the generator ends."""
        await self.send_events(self._ticks())

    # A name that begins with an underscore is never an action, whatever a route says.
    async def _ticks(self) -> AsyncIterator[Event]:
        while True:
            yield Event(datetime.now().strftime("%H:%M:%S"), event="tick")
            await asyncio.sleep(1)
