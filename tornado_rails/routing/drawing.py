"""What a mapper draws into: the routes so far, their names, and what else a routes function defines."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.route import Route

_NAME = re.compile(r"[_a-z]\w*\Z", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Direct:
    """A URL helper of the application's own: a function that returns what `url_for` takes."""

    name: str
    function: Callable[..., Any]
    defaults: Mapping[str, Any]


@dataclass(slots=True)
class Drawing:
    """A table while it is drawn."""

    api_only: bool = False
    files: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    folders: Sequence[str] = ("config/routes",)
    routes: list[Route] = field(default_factory=list)
    named: dict[str, Route] = field(default_factory=dict)
    concerns: dict[str, Callable[..., object]] = field(default_factory=dict)
    directs: dict[str, Direct] = field(default_factory=dict)
    default_url_options: dict[str, Any] = field(default_factory=dict)

    def add(self, route: Route, call: str) -> None:
        """Appends a route; raises where its name is taken or is none."""
        name = route.name
        if name is not None:
            if not _NAME.match(name):
                raise errors.HelperNameError(call, f"{name!r} is not a name", "Use letters, digits and underscores.")
            other = self.named.get(name)
            if other is not None:
                hint = "Give one of them another as_=."
                raise errors.HelperTakenError(call, f"the name {name!r} is that of {other!r}", hint)
            self.named[name] = route
        self.routes.append(route)

    def forget(self, since: int) -> None:
        """Takes back the routes from a position on."""
        for route in self.routes[since:]:
            if route.name is not None:
                del self.named[route.name]
        del self.routes[since:]


def call_with(function: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Calls a function with what it takes of the arguments and options, as a Ruby block is called.

    >>> call_with(lambda id, page=1: (id, page), [5], {"page": 2, "size": 3})
    (5, 2)
    """
    parameters = inspect.signature(function).parameters.values()
    kinds = {parameter.kind for parameter in parameters}
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        takes = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
        known = {each.name for each in takes}
        missing = [each for each in takes[len(args) :] if each.default is each.empty and each.name not in options]
        args = [*args[: len(takes)], *(None for _ in missing)]
        options = {
            name: value for name, value in options.items() if name not in {each.name for each in takes[: len(args)]}
        }
    else:
        known = set()
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        known |= {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}
        options = {name: value for name, value in options.items() if name in known}
    return function(*args, **options)
