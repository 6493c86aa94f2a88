"""What the application knows: people, and the notes they write. It is kept in memory, and gone at a restart."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any


class NotThereError(LookupError):
    """There is no such thing. The application answers it with 404: see `error_statuses` in app.py."""


class NotYoursError(Exception):
    """Someone wants to remove another's note."""

    def __init__(self, note: "Note") -> None:
        super().__init__(f"note {note.id}")
        self.note = note


@dataclass(frozen=True)
class Person:
    """Someone in the directory; who has a password can sign in."""

    id: str
    name: str
    role: str
    about: str
    password: bytes | None = field(default=None, repr=False)  # never the password itself: see hash_password


@dataclass(frozen=True)
class Note:
    """A note on the board."""

    id: int
    author: Person
    text: str
    written: datetime

    @staticmethod
    def problems(text: str) -> list[str]:
        """Why a text makes no note."""
        if not text.strip():
            return ["A note needs a word or two."]
        return [f"A note has 280 characters at most; this has {len(text)}."] if len(text) > 280 else []

    def as_json(self) -> dict[str, Any]:
        """What the world may see. A note itself could be returned from an action too, but with all of its author."""
        return {"id": self.id, "author": self.author.name, "text": self.text, "written": self.written}


def hash_password(password: str, salt: bytes | None = None) -> bytes:
    """Salt and hash, one after the other. Scrypt is slow on purpose: a stolen hash is dear to guess."""
    salt = salt or os.urandom(16)
    return salt + hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


#: Checked where there is no such person, so that the time of an answer does not tell which names exist.
_NOBODY = hash_password("nobody")
_DEMO_PASSWORD = hash_password("top-gun")


class Store:
    """People and notes. An application has one of its own, in its settings."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.notes: dict[int, Note] = {}
        self._last_note = 0

    @classmethod
    def demo(cls) -> "Store":
        """A store to begin with. Its password is no secret: the login page shows it."""
        store = cls()
        for person in (
            Person("1", "TheViper", "Squadron leader", "Reads every note, answers the short ones.", _DEMO_PASSWORD),
            Person("2", "Kestrel", "Navigation", "Knows the way, and two others in case of rain."),
            Person("3", "Marigold", "Ground crew", "Nothing takes off before she nods."),
        ):
            store.people[person.id] = person
        store.add_note(store.people["3"], "New tyres on number four. Please land gently for a day or two.")
        store.add_note(store.people["2"], "Thursday's briefing is at 09:30, in the small room.")
        return store

    def add_note(self, author: Person, text: str) -> Note:
        """Puts a note on the board."""
        self._last_note += 1
        note = self.notes[self._last_note] = Note(self._last_note, author, text, datetime.now(timezone.utc))
        return note

    def person(self, person_id: str) -> Person:
        """A person by the id."""
        if person_id not in self.people:
            raise NotThereError(f"person {person_id}")
        return self.people[person_id]

    def note(self, note_id: int) -> Note:
        """A note by its id."""
        if note_id not in self.notes:
            raise NotThereError(f"note {note_id}")
        return self.notes[note_id]

    def remove_note(self, note_id: int, by: Person) -> None:
        """Takes a note from the board, if it is one's own."""
        note = self.note(note_id)
        if note.author != by:
            raise NotYoursError(note)
        del self.notes[note_id]

    def find_notes(self, words: str = "", author: Person | None = None) -> list[Note]:
        """Notes with these words in them, and by this author if one is given; the newest first."""
        found = (note for note in self.notes.values() if words.casefold() in note.text.casefold())
        return [note for note in reversed(list(found)) if author in (None, note.author)]

    def check_password(self, name: str, password: str) -> Person | None:
        """The person of that name, if that is the password. It takes its time: call it in a thread."""
        person = next((person for person in self.people.values() if person.name == name and person.password), None)
        known = (person and person.password) or _NOBODY
        is_right = hmac.compare_digest(known, hash_password(password, salt=known[:16]))
        return person if is_right else None
