"""What is nobody's business: which names' values are left out of logs and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

#: What is in a parameter's name whose value is nobody's business.
FILTERED = ("password", "passwd", "secret", "token", "api_key", "apikey", "authorization", "otp", "cvv", "_xsrf")
#: What stands for such a value.
MASK = "[FILTERED]"


class Filter:
    """Leaves values out by their names; ``words`` are names' parts, besides the usual ones."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._find = re.compile("|".join(map(re.escape, (*FILTERED, *words))), re.IGNORECASE).search

    def hides(self, name: object) -> bool:
        """Whether a name says that its value is secret; dashes are as underscores.

        >>> Filter().hides("X-Api-Key"), Filter(["pin"]).hides("user_pin"), Filter().hides("name")
        (True, True, False)
        """
        text = name.decode("latin-1") if isinstance(name, bytes) else str(name)
        return self._find(text) is not None or self._find(text.replace("-", "_")) is not None

    def filtered(self, value: Any) -> Any:
        """The values of dicts and lists, less those whose names say that they are secret.

        >>> Filter().filtered({"name": "Ann", "user": {"password": "x", "tokens": ["y"]}})
        {'name': 'Ann', 'user': {'password': '[FILTERED]', 'tokens': '[FILTERED]'}}
        """
        if isinstance(value, Mapping):
            return {name: MASK if self.hides(name) else self.filtered(each) for name, each in value.items()}
        return [self.filtered(each) for each in value] if isinstance(value, (list, tuple)) else value
