"""Finds the class of a drawn route's controller, when the table is built: never by what a request says."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import sys
from collections.abc import Sequence
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.errors import UnknownControllerError, did_you_mean
from tornado_rails.routing.conventions import find_controllers
from tornado_rails.routing.route import Route


class ControllerFinder:
    """Finds controllers by their names in routes: "admin/posts" is ``PostsController`` of ``admin/posts.py``.

    :arg controllers: what the application was given: classes, or a package; None for the package "controllers" beside
        the module of the functions that draw.
    :arg draw: those functions.
    """

    def __init__(self, controllers: Any, draw: Sequence[Any] = ()) -> None:
        self._controllers = controllers
        self._draw = draw

    def __call__(self, route: Route) -> type[RequestHandler]:
        """The class whose action the route runs; raises `UnknownControllerError` where there is none."""
        if route.target is not None:
            return self._owner(route)
        found = self._known.get(str(route.controller))
        if found is None:
            raise self._unknown(route, str(route.controller))
        return found

    @functools.cached_property
    def _known(self) -> dict[str, type[RequestHandler]]:
        controllers = self._controllers
        if controllers is None:
            controllers = next((name for name in self._packages if _is_there(name)), None)
        return {} if controllers is None else {entry.name: entry.controller for entry in find_controllers(controllers)}

    @property
    def _packages(self) -> list[str]:
        """Where controllers are looked for that the application was not given."""
        modules = [getattr(each, "__module__", None) or "" for each in self._draw]
        beside = [f"{module.rpartition('.')[0]}.controllers" for module in modules if "." in module]
        return list(dict.fromkeys([*beside, "controllers"]))

    def _owner(self, route: Route) -> type[RequestHandler]:
        owner: Any
        if isinstance(route.target, tuple):
            owner = route.target[0]
        else:
            owner = sys.modules[route.target.__module__]
            for name in route.target.__qualname__.split(".")[:-1]:
                owner = getattr(owner, name, None)
        if not (inspect.isclass(owner) and issubclass(owner, RequestHandler)):
            raise UnknownControllerError(
                _words(route), f"{route.target!r} is no action of a RequestHandler class", 'Give (Class, "action").'
            )
        return owner

    def _unknown(self, route: Route, name: str) -> UnknownControllerError:
        hint = did_you_mean(name, self._known).strip()
        if not hint:
            folder, _, last = name.rpartition("/")
            class_name = "".join(part.capitalize() for part in last.split("_")) + "Controller"
            where = f" of a module in the package's folder {folder!r}" if folder else ""
            hint = f"It is a class {class_name}{where}"
            hint += f"; controllers= has {', '.join(sorted(self._known)) or 'none'}."
            if self._controllers is None:
                hint += f" Give RailsApplication(controllers=...); looked for {' and '.join(self._packages)}."
        return UnknownControllerError(_words(route), f"there is no controller {name!r}", hint)


def _words(route: Route) -> str:
    return f"route {route.path!r} -> {route.leads_to} ({route.source})"


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False
