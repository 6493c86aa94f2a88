"""A table's list of rules, which tells that it has changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tornado.routing import Rule

from tornado_rails.routing.urlspec import revision


def _counted(name: str) -> Any:
    method = getattr(list, name)

    def changes(self: RuleList, *args: Any, **kwargs: Any) -> Any:
        revision.number += 1
        self.changes += 1
        return method(self, *args, **kwargs)

    changes.__name__ = changes.__qualname__ = name
    return changes


class RuleList(list[Rule]):
    """A list of rules that counts its changes, so that the index knows them without looking."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        super().__init__(rules)
        self.changes = 0

    append = _counted("append")
    clear = _counted("clear")
    extend = _counted("extend")
    insert = _counted("insert")
    pop = _counted("pop")
    remove = _counted("remove")
    reverse = _counted("reverse")
    sort = _counted("sort")
    __delitem__ = _counted("__delitem__")
    __iadd__ = _counted("__iadd__")
    __imul__ = _counted("__imul__")
    __setitem__ = _counted("__setitem__")
