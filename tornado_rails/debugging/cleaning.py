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

_LEAST = 4  # characters; of shorter secrets every other word would be masked
_MOST_SECRETS = 100  # of one dict, or all
_LONGEST_SECRET = 4096
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

    def hides(self, name: object) -> bool:
        """Whether a name says that its value is secret."""
        return self._filter.hides(name)

    def learn(self, value: Any, depth: int = 4) -> None:
        """Takes the texts of a value, which stood under a secret name."""
        kind = type(value)  # NOTE: isinstance() believes an object's own __class__, which may be code
        if kind in (bytes, bytearray):
            value = bytes(value[:_LONGEST_SECRET]).decode("utf-8", "replace")
        if issubclass(type(value), str):
            text = str.strip(value[:_LONGEST_SECRET])
            if len(text) >= _LEAST and len(self._secrets) < _MOST_SECRETS:
                self._secrets |= {text, repr(text)[1:-1]}
        elif kind in (list, tuple, set, frozenset) and depth:
            for each in list(value)[:_MOST_SECRETS]:
                self.learn(each, depth - 1)
        elif issubclass(kind, dict) and depth:
            for each in list(dict.values(value))[:_MOST_SECRETS]:
                self.learn(each, depth - 1)

    def learn_from(self, values: Any, depth: int = 4) -> None:
        """Takes what stands under secret names in a dict, and in the dicts and lists in it."""
        if type(values) in (list, tuple) and depth:
            for each in values[:_MOST_SECRETS]:
                self.learn_from(each, depth - 1)
        elif issubclass(type(values), dict) and depth:
            for name, value in list(dict.items(values))[:_MOST_SECRETS]:
                if type(name) in (str, bytes) and self.hides(name):
                    self.learn(value)
                else:
                    self.learn_from(value, depth - 1)

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
        return shortened(printable(self.mask(text[: width + 2 * _LONGEST_SECRET])), width)

    def described(self, text: str, width: int = _WIDTH) -> str:
        """An object's own words, in which names may stand beside their values, likewise."""
        text = _NAMED.sub(rf"\1{MASK}", text[: width + 2 * _LONGEST_SECRET])
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
