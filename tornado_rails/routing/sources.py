"""What ``routes=`` may be, as one `RouteSet`: functions that draw, a set that is drawn, files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from tornado_rails.errors import RoutesError, did_you_mean
from tornado_rails.routing.files import is_there, routes_function
from tornado_rails.routing.mapper import Mapper
from tornado_rails.routing.routeset import Draw, RouteSet


def route_set(routes: Any) -> tuple[RouteSet, list[Any]]:
    """The set that ``routes=`` means, and the functions that drew it.

    >>> route_set(lambda map: map.resources("posts"))[0]
    <RouteSet of 8 routes>

    Raises `RoutesError` for what cannot draw.
    """
    if isinstance(routes, RouteSet):
        return routes, list(routes.draw)
    if isinstance(routes, Iterable) and not isinstance(routes, (str, os.PathLike)):
        functions = [draw_function(each) for each in routes]
    else:
        functions = [draw_function(routes)]
    return RouteSet(*functions), functions


def draw_function(value: Any) -> Draw:
    """A function that draws: itself, or the function ``routes`` of a file."""
    if isinstance(value, (str, os.PathLike)):
        return _of_file(os.fspath(value))
    if not callable(value):
        raise RoutesError(f"routes={value!r}: give a function of one argument, a RouteSet, or the path of a file")
    draw: Draw = value
    return draw


def _of_file(path: str) -> Draw:
    if not is_there(path):
        folder = os.path.dirname(path) or "."
        beside = os.listdir(folder) if os.path.isdir(folder) else []
        guess = did_you_mean(os.path.basename(path), beside)
        raise RoutesError(f"routes={path!r}: there is no such file.{guess}")

    file = os.path.abspath(path)  # as it will be read again, from wherever the process has gone

    def draw(mapper: Mapper) -> None:
        is_there(file)
        function = routes_function(file)
        if function is None:
            raise RoutesError(f"routes={path!r}: the file has no function routes(map)")
        function(mapper)

    draw.__module__ = ""  # NOTE: the file is no module, and no controllers stand beside it
    return draw
