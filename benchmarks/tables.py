r"""Route tables, and paths that match them.

A table is a list of patterns; `path_for` makes a path for a pattern, with other values for each ``seed``:

>>> path_for(r"/users/(\d+)/keys/([^/]+)", 7) != path_for(r"/users/(\d+)/keys/([^/]+)", 8)
True
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

_GITHUB = Path(__file__).parent / "data" / "github_api_routes.txt"
_WORDS = ("octocat", "hello-world", "v2.1.0", "a1b2c3d4e5f6", "linguist", "Spoon-Knife", "torvalds", "main", "42")
_VALUES: dict[str, Callable[[random.Random], str]] = {
    r"(\d+)": lambda any_: str(any_.randrange(1, 10**6)),
    "([^/]+)": lambda any_: any_.choice(_WORDS),
}
_KINDS = ("users", "orders", "articles", "events", "projects", "tickets", "invoices", "devices", "messages", "teams")

#: Ten routes, as a small application has them.
TYPICAL = [
    r"/",
    r"/about",
    r"/user/login",
    r"/user/logout",
    r"/users",
    r"/users/(\d+)",
    r"/users/(\d+)/edit",
    r"/posts",
    r"/posts/(\d+)",
    r"/posts/(\d+)/comments/(\d+)",
]


class Drawn(NamedTuple):
    """A route, its parameters as ``:name``."""

    method: str
    path: str

    def written(self, form: str) -> str:
        """The path with its parameters in another form.

        >>> Drawn("GET", "/users/:id").written("{%s}")
        '/users/{id}'
        """
        return re.sub(r":(\w+)", lambda found: form % found[1], self.path)

    def regex(self) -> str:
        return re.sub(r":\w+", "([^/]+)", self.path)

    def filled(self, values: Iterable[str]) -> str:
        """A path of the route.

        >>> Drawn("GET", "/users/:id").filled(["7"])
        '/users/7'
        """
        left = iter(values)
        return re.sub(r":\w+", lambda _name: next(left), self.path)


class Endpoint(NamedTuple):
    """A line of the GitHub API's table."""

    method: str
    pattern: str


def github() -> list[Endpoint]:
    """The GitHub API, its ``:name`` segments as Tornado's ``([^/]+)``."""
    return [Endpoint(route.method, route.regex()) for route in github_drawn()]


def github_drawn() -> list[Drawn]:
    """The GitHub API as it is written."""
    return [Drawn(*line.split()) for line in _GITHUB.read_text(encoding="ascii").splitlines()]


EACH = 5  # routes of a made resource


def made(count: int) -> list[str]:
    """Routes of REST resources, `EACH` of them; alike in depth and groups at every count."""
    patterns = []
    for nth in range(-(-count // EACH)):
        base = f"/api/{_KINDS[nth % len(_KINDS)]}-{nth}"
        patterns += [
            base,
            rf"{base}/(\d+)",
            rf"{base}/(\d+)/edit",
            rf"{base}/(\d+)/comments",
            rf"{base}/(\d+)/comments/([^/]+)",
        ]
    return patterns[:count]


def made_drawn(count: int) -> list[Drawn]:
    """The same routes, their parameters of any text, all for GET."""
    names = {r"(\d+)": ":id", "([^/]+)": ":name"}
    drawn = []
    for pattern in made(count):
        for group, name in names.items():
            pattern = pattern.replace(group, name)
        drawn.append(Drawn("GET", pattern))
    return drawn


def path_for(pattern: str, seed: int) -> str:
    """A path that the pattern matches."""
    any_ = random.Random(f"{pattern} {seed}")
    for group, value in _VALUES.items():
        while group in pattern:
            pattern = pattern.replace(group, value(any_), 1)
    return pattern


def shuffled_paths(patterns: list[str], at_least: int) -> list[str]:
    """Paths that hit all patterns evenly, in an order that is always the same."""
    rounds = -(-at_least // len(patterns))
    paths = [path_for(pattern, nth) for nth in range(rounds) for pattern in patterns]
    random.Random(1).shuffle(paths)
    return paths
