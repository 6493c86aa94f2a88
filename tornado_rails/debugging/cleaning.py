"""Text for a page: bounded, printable, and without what is secret.

Whatever is found under a secret name (a parameter, a header, a setting, a local) is left out there, and wherever else
its text turns up: in a message, in a value of another name, in a line of source.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any

from tornado_rails.filtering import FILTERED, MASK, Filter

_LEAST = 5  # characters; of shorter secrets every other word would be masked
_MOST_SECRETS = 100
_MOST_LOOKS = 20_000  # at values that may be secret
_MOST_ENTRIES = 500  # of one container
LONGEST_SECRET = 16_384
_WIDTH = 2000

_NAMES = "|".join(map(re.escape, (*FILTERED, "cookie")))
#: name=value, 'name': 'value', name: "value", as in the reprs of objects and in query strings.
_NAMED = re.compile(
    rf"""((?:{_NAMES})[\w-]{{0,64}}["']?\s{{0,8}}[=:]\s{{0,8}})(?!\[FILTERED\])(b?'[^'\n]*'?|b?"[^"\n]*"?|[^\s,;&)}}\]'"]+)""",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(://[^\s/:@]{0,256}:)[^\s/@]{1,256}(?=@)")


class Cleaner:
    """Cleans texts; `learn` tells it what is secret."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._filter = Filter((*words, "cookie"))
        self._secrets: set[str] = set()
        self._seen: dict[int, Any] = {}  # NOTE: with the containers, as what is gone leaves its id to others
        self._looks = _MOST_LOOKS

    def hides(self, name: object) -> bool:
        """Whether a name says that its value is secret."""
        return self._filter.hides(name)

    def learn(self, value: Any, depth: int = 4) -> None:
        """Takes the texts of a value, which stood under a secret name."""
        kind = type(value)  # NOTE: isinstance() believes an object's own __class__, which may be code
        if kind in (bytes, bytearray):
            value = bytes(value[:LONGEST_SECRET]).decode("utf-8", "replace")
        if issubclass(type(value), str):
            text = str.strip(value[:LONGEST_SECRET])
            if len(text) >= _LEAST and len(self._secrets) < _MOST_SECRETS:
                self._secrets |= {text, repr(text)[1:-1]}
        else:
            for _name, each in self._entries(value, depth):
                self.learn(each, depth - 1)

    def learn_from(self, values: Any, depth: int = 4) -> None:
        """Takes what stands under secret names in a dict, and in the dicts and lists in it."""
        if id(values) in self._seen:
            return
        for name, value in self._entries(values, depth):
            if self.hides(name):
                self.learn(value)
            else:
                self.learn_from(value, depth - 1)

    def _entries(self, values: Any, depth: int) -> Iterable[tuple[str, Any]]:
        """What is in a container, with its names where it has some."""
        kind = type(values)
        found: list[tuple[Any, Any]] = []
        most = max(0, min(self._looks, _MOST_ENTRIES))
        if depth and issubclass(kind, dict):
            found = list(itertools.islice(dict.items(values), most))
        elif depth and kind in (list, tuple, set, frozenset):
            found = [("", each) for each in itertools.islice(values, most)]
        if found:
            self._seen[id(values)] = values
            self._looks -= len(found)
        return [
            (name if type(name) is str else name.decode("latin-1") if type(name) is bytes else "", each)
            for name, each in found
        ]

    def learn_from_text(self, text: str) -> None:
        """Takes what stands beside secret names in a text: a query, a body, whatever its language."""
        for found in itertools.islice(_NAMED.finditer(text), _MOST_SECRETS):
            self.learn(found[2].strip("'\""))

    def mask(self, text: str) -> str:
        """A text without the secrets that are known."""
        for secret in sorted(self._secrets, key=len, reverse=True):  # as one may be a part of another
            text = text.replace(secret, MASK)
        return text

    def text(self, text: str, width: int = _WIDTH) -> str:
        """A text as it is shown: masked, shortened, and with what cannot be seen as escapes."""
        # SECURITY: it is shortened behind masking, as half a secret is not known.
        return shortened(printable(self.mask(text[: width + LONGEST_SECRET])), width)

    def described(self, text: str, width: int = _WIDTH) -> str:
        """An object's own words, in which names may stand beside their values, likewise."""
        text = _NAMED.sub(rf"\1{MASK}", text[: width + LONGEST_SECRET])
        return self.text(_IN_URL.sub(rf"\1{MASK}", text), width)


def shortened(text: str, width: int) -> str:
    """The beginning of a text that is too long.

    >>> shortened("abcdef", 3)
    'abc… (3 more)'
    """
    return text if len(text) <= width else f"{text[:width]}… ({len(text) - width} more)"


def printable(text: str) -> str:
    r"""A text whose control characters, lone surrogates and marks of direction are escapes.

    >>> printable("a\tb\x00\u202e")
    'a\tb\\x00\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in "\n\t\u3000\xa0" else each.encode("unicode_escape").decode()
        for each in text
    )
