"""A table of drawn routes: usable alone, with no controllers, application or server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tornado_rails.errors import RailsError
from tornado_rails.routing.constraints import RouteRequest
from tornado_rails.routing.drawing import Direct, Drawing
from tornado_rails.routing.files import noting_files
from tornado_rails.routing.finder import Answer, Find, Finder, pattern_shapes
from tornado_rails.routing.gathering import note
from tornado_rails.routing.generation import leads_back
from tornado_rails.routing.index import CandidateIndex
from tornado_rails.routing.mapper import Mapper
from tornado_rails.routing.mapping import target_text
from tornado_rails.routing.pattern import normalize_path
from tornado_rails.routing.recognition import HTTP_METHODS, Recognized, normalized, recognize, takes
from tornado_rails.routing.route import Route
from tornado_rails.routing.urls import Helpers, UrlBuilder

Draw = Callable[[Mapper], object]


class RouteSet:
    """The routes that functions draw, from requests to actions and from names to URLs.

    >>> routes = RouteSet(lambda map: map.resources("posts"))
    >>> found = routes.recognize("GET", "/posts/7")
    >>> found.controller, found.action, found.params
    ('posts', 'show', {'id': '7'})
    >>> routes.paths.edit_post(7), routes.url_for("posts#index", page=2)
    ('/posts/7/edit', '/posts?page=2')

    :arg draw: the functions that draw, each with one argument, the `Mapper`.
    :arg api_only: resources have no "new" and "edit" unless ``only`` names them.
    :arg relative_url_root: stands before every path that is generated.
    :arg files: what ``map.draw(name)`` finds, besides files ``<name>.py`` in ``folders``.
    """

    def __init__(
        self,
        *draw: Draw,
        api_only: bool = False,
        default_url_options: Mapping[str, Any] | None = None,
        relative_url_root: str = "",
        files: Mapping[str, Draw] | None = None,
        folders: Sequence[str] = ("config/routes",),
    ) -> None:
        self._options: dict[str, Any] = {
            "api_only": api_only,
            "default_url_options": dict(default_url_options or {}),
            "relative_url_root": relative_url_root,
            "files": files,
            "folders": folders,
        }
        drawing = Drawing(api_only=api_only, files=files or {}, folders=folders)
        drawing.default_url_options.update(default_url_options or {})
        mapper = Mapper(drawing)
        #: The files that were looked for to draw the routes, with their stamps.
        with noting_files() as self.files:
            for each in draw:
                try:
                    each(mapper)
                except RailsError as error:
                    note(error)
        self.draw: tuple[Draw, ...] = draw
        self.routes: tuple[Route, ...] = tuple(drawing.routes)
        self.named: Mapping[str, Route] = drawing.named
        self.directs: Mapping[str, Direct] = drawing.directs
        self.default_url_options: Mapping[str, Any] = drawing.default_url_options
        self.relative_url_root = relative_url_root
        #: Values by position that are too many are dropped, as by Rails; an application's URLs raise.
        self.drops_extra = True
        self._index = CandidateIndex[Route]()
        for route in self.routes:
            self._index.add(route, pattern_shapes(route.pattern))
        self._finds: dict[str, Find] = {}
        self.returns = leads_back(self.candidates)
        #: Whether a route names HEAD, which then goes to that first.
        self.names_head = any("HEAD" in route.verbs for route in self.routes)
        self._builder = UrlBuilder(self, {})

    def __repr__(self) -> str:
        return f"<RouteSet of {len(self.routes)} routes>"

    def redraw(self) -> RouteSet:
        """A set that the same functions draw now, with the same options; files are read again."""
        return type(self)(*self.draw, **self._options)

    def candidates(self, path: str) -> tuple[Route, ...]:
        """The routes that can match a normalised path, in order."""
        return self._index.candidates(path)

    def find(self, method: str, path: str) -> Answer:
        """The route and the params of a path without its query, the fast way; None where only `recognize` can tell.

        >>> route, params = RouteSet(lambda map: map.resources("posts")).find("PATCH", "/posts/7")
        >>> route.action, params
        ('update', {'id': '7'})
        """
        # PERF: this runs for every request.
        find = self._finds.get(method)
        if find is None:
            if method not in HTTP_METHODS:
                return None  # and nothing is kept for what a client makes up
            find = self._finds[method] = Finder(self.routes, method).find
        return find(path)

    def recognize(
        self,
        method: str,
        path: str,
        *,
        host: str = "www.example.com",
        scheme: str = "http",
        headers: Mapping[str, str] | None = None,
        remote_addr: str = "127.0.0.1",
        script_name: str = "",
    ) -> Recognized | None:
        """The route that a request takes; None where there is none.

        Raises a `RequestError` for a path that is not UTF-8 (400) and a method that HTTP does not know (405).
        """
        return self.recognize_request(
            RouteRequest(
                method,
                path,
                host=host,
                scheme=scheme,
                headers=headers,
                remote_addr=remote_addr,
                script_name=script_name,
            )
        )

    def recognize_request(self, request: RouteRequest) -> Recognized | None:
        """The same, of a request."""
        if not request.script_name:
            quick = self.find(request.request_method, request.path)
            if quick is not None:
                route, params = quick
                return Recognized(route, route.controller, route.action, params)
        return recognize(self.candidates, normalized(request))

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods that routes of a path take, for the ``Allow`` of a 405; none where no route has the path.

        >>> RouteSet(lambda map: map.resources("posts")).allowed("/posts")
        ('GET', 'HEAD', 'POST')
        """
        path = normalize_path(path.partition("?")[0])
        found = [route for route in self.candidates(path) if route.pattern.find(path)]
        allowed = [verb for verb in HTTP_METHODS if any(takes(route, verb) for route in found)]
        return tuple(sorted({*allowed, *(["HEAD"] if "GET" in allowed else [])}))

    def target_of(self, target: Any) -> str | None:
        """The "controller#action" that a function, or a (class, name), stands for; None for anything else."""
        return target_text(target)

    def at(self, **options: Any) -> UrlBuilder:
        """The URLs of the table with options that they all have: ``host``, ``protocol``, ``script_name``, ..."""
        return UrlBuilder(self, options)

    @property
    def paths(self) -> Helpers:
        """Paths by name: ``routes.paths.post(1)``."""
        return self._builder.paths

    @property
    def urls(self) -> Helpers:
        """URLs by name: ``routes.urls.post(1, host="example.com")``."""
        return self._builder.urls

    def url_for(self, target: Any = None, /, *args: Any, **options: Any) -> str:
        """The URL of a target; see `UrlBuilder.url_for`."""
        return self._builder.url_for(target, *args, **options)
