"""A drawn route: what the mapper makes, and recognition, generation and the inspector read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tornado_rails.routing.pattern import PathPattern, Requirement
from tornado_rails.routing.source import Source

Predicate = Callable[..., Any]

# What a glob takes where nothing else is asked of it: as little as will do, so that a format is split off.
LAZY = re.compile(".+?", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One line of the table.

    ``verbs`` is empty where the route takes them all. ``requirements`` are the constraints of segments as they were
    written, ``constraints`` those of the request, ``predicates`` the callables that must agree. ``endpoint`` is a
    redirect or an application; where it is None a controller's action runs, and ``target`` is the function or the
    (class, name) if one was given in place of a text.
    """

    position: int
    name: str | None
    verbs: tuple[str, ...]
    path: str
    pattern: PathPattern
    controller: str | None
    action: str | None
    defaults: Mapping[str, Any]
    required_defaults: tuple[str, ...]
    requirements: Mapping[str, Requirement]
    constraints: Mapping[str, Any]
    predicates: tuple[Predicate, ...]
    scope_options: Mapping[str, Any]
    source: Source
    endpoint: Any = None
    target: Any = None
    parts: tuple[str, ...] = field(init=False)
    required: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(dict.fromkeys(self.pattern.names)))
        object.__setattr__(self, "required", self.pattern.required)

    @property
    def anchored(self) -> bool:
        """Whether the whole path must match; if not, the rest of it is the endpoint's."""
        return self.pattern.anchored

    @property
    def leads_to(self) -> str:
        """The route's target in a word: "posts#index", "redirect(301, /x)", an application's name or repr."""
        if self.endpoint is None:
            return f"{self.controller}#{self.action}"
        return getattr(self.endpoint, "__name__", None) or repr(self.endpoint)

    def __repr__(self) -> str:
        verb = "|".join(self.verbs) or "ANY"
        name = f" {self.name!r}" if self.name else ""
        return f"<Route{name} {verb} {self.path} -> {self.leads_to} ({self.source})>"
