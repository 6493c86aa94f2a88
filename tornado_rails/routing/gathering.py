"""A table's errors, all of them rather than the first: for tools that look at an application which does not start.

    with gathering() as errors:
        RailsApplication(routes=routes, controllers=controllers)  # builds what can be built

Without it, as in an application that serves, each error is raised where it is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tornado_rails.errors import RailsError

_gathered: ContextVar[list[RailsError] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[list[RailsError]]:
    """Has the errors of tables that are built inside of it put into a list, and what they are of left out."""
    found: list[RailsError] = []
    token = _gathered.set(found)
    try:
        yield found
    finally:
        _gathered.reset(token)


def is_gathering() -> bool:
    """Whether errors are gathered."""
    return _gathered.get() is not None


def note(error: RailsError) -> None:
    """Raises an error, or gathers it; what a block draws twice is an error once."""
    found = _gathered.get()
    if found is None:
        raise error
    if str(error) not in map(str, found):
        found.append(error)
