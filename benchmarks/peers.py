"""The routers of other frameworks and ours, each made of one table and asked in one way.

A router gets the requests as its framework hands them over, made beforehand; what is timed is `Peer.ask`, from such a
request to the route and the values of its path. A parameter takes the text up to the next slash, as all of these do
when nothing else is said; `RouteSet` also ends it at a dot, so no value has one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from tornado.web import Application, RequestHandler

from benchmarks.inprocess import request_for
from benchmarks.tables import Drawn
from tornado_rails import RailsApplication, URLSpec
from tornado_rails.routing.routeset import RouteSet


class Asked(NamedTuple):
    """A request, and what it is to find."""

    method: str
    path: str
    route: Drawn
    values: tuple[str, ...]


#: A method (None of a router that does not look at it), a path as it was drawn, and the values.
Answer = tuple[str | None, str, tuple[str, ...]]


class Peer:
    """A router. `__init__` makes it, or raises the router's own error; asking `first` may finish that."""

    name: str
    with_method = True

    def __init__(self, routes: Sequence[Drawn]) -> None:
        raise NotImplementedError

    def request(self, method: str, path: str) -> Any:
        """What the router is handed: here a method and a path."""
        return method, path

    def ask(self, requests: list[Any]) -> None:
        """Finds all, and drops the answers."""
        raise NotImplementedError

    def answer(self, request: Any) -> Answer:
        raise NotImplementedError


def _paths(routes: Sequence[Drawn]) -> list[Drawn]:
    """One of the routes for each path."""
    return list({route.path: route for route in routes}.values())


class StockTornado(Peer):
    """A handler for each path: its verbs are methods of the handler."""

    name = "stock Tornado, find_handler (path alone)"
    with_method = False

    def __init__(self, routes: Sequence[Drawn]) -> None:
        self.application: Application = self.made(routes)

    def made(self, routes: Sequence[Drawn]) -> Application:
        self._paths = {type("Page", (RequestHandler,), {}): route.path for route in _paths(routes)}
        return Application([(Drawn("", path).regex(), page) for page, path in self._paths.items()])

    def request(self, method: str, path: str) -> Any:
        return request_for(path, method)

    def ask(self, requests: list[Any]) -> None:
        find_handler = self.application.find_handler
        for request in requests:
            find_handler(request)

    def answer(self, request: Any) -> Answer:
        found: Any = self.application.find_handler(request)
        return None, self._paths[found.handler_class], tuple(value.decode() for value in found.path_args)


class OurTuples(StockTornado):
    """A route for each path and method."""

    name = "ours, the tuple table, find_handler"
    with_method = True

    def made(self, routes: Sequence[Drawn]) -> Application:
        self._specs: dict[Any, Drawn] = {
            URLSpec(route.regex(), RequestHandler, name=str(number), methods=route.method): route
            for number, route in enumerate(routes)
        }
        return RailsApplication(list(self._specs))

    def answer(self, request: Any) -> Answer:
        found: Any = self.application.find_handler(request)
        return *self._specs[request.route], tuple(value.decode() for value in found.path_args)


class OurDrawn(StockTornado):
    """The same routes, drawn."""

    name = "ours, drawn routes, find_handler"
    with_method = True

    def made(self, routes: Sequence[Drawn]) -> Application:
        def draw(map_: Any) -> None:
            for route in routes:
                map_.match(route.path, to=(_Pages, "show"), via=route.method.lower(), as_=None, format=False)

        application = RailsApplication(routes=draw)
        self._specs: dict[Any, Drawn] = dict(zip(application.wildcard_router.rules, routes, strict=True))
        return application

    def answer(self, request: Any) -> Answer:
        found: Any = self.application.find_handler(request)
        return *self._specs[request.route], tuple(value.decode() for value in found.path_kwargs.values())


class _Pages(RequestHandler):
    def show(self) -> None: ...


class OurRouteSet(Peer):
    name = "ours, RouteSet.find"

    def __init__(self, routes: Sequence[Drawn]) -> None:
        def draw(map_: Any) -> None:
            for route in routes:
                map_.match(route.path, to="page#show", via=route.method.lower(), as_=None, format=False)

        self.table = RouteSet(draw)
        self._drawn = dict(zip(self.table.routes, routes, strict=True))

    def ask(self, requests: list[Any]) -> None:
        find = self.table.find
        for method, path in requests:
            find(method, path)

    def answer(self, request: Any) -> Answer:
        route, params = self.table.find(*request) or (None, {})
        if route is None:
            raise LookupError(f"find leaves {request} to recognize")
        return *self._drawn[route], tuple(params.values())


class OurRecognition(OurRouteSet):
    name = "ours, RouteSet.recognize"

    def ask(self, requests: list[Any]) -> None:
        recognize = self.table.recognize
        for method, path in requests:
            recognize(method, path)

    def answer(self, request: Any) -> Answer:
        found: Any = self.table.recognize(*request)
        return *self._drawn[found.route], tuple(found.params.values())


class Falcon(Peer):
    """The router that writes its own code; the verb is looked up later, in what it finds."""

    name = "Falcon, compiled (path alone)"
    with_method = False

    def __init__(self, routes: Sequence[Drawn]) -> None:
        from falcon.routing import CompiledRouter

        self._paths = {route.written("{%s}"): route.path for route in _paths(routes)}
        self.router = CompiledRouter()
        for path in self._paths:
            self.router.add_route(path, _Resource())

    def request(self, method: str, path: str) -> Any:
        return path

    def ask(self, requests: list[Any]) -> None:
        find = self.router.find
        for path in requests:
            find(path)

    def answer(self, request: Any) -> Answer:
        _resource, _methods, params, template = self.router.find(request)
        return None, self._paths[template], tuple(params.values())


class _Resource:
    def on_get(self, req: Any, resp: Any, **params: str) -> None: ...


class Sanic(Peer):
    """Its router without the cache that Sanic puts before it: the paths of a server are mostly new."""

    name = "Sanic"

    def __init__(self, routes: Sequence[Drawn]) -> None:
        from sanic_routing import BaseRouter

        class Router(BaseRouter):
            def get(self, path: str, method: str) -> Any:
                return self.resolve(path=path, method=method)

        self.router = Router()
        for route in routes:
            self.router.add(route.written("<%s:str>"), _endpoint(route), methods=[route.method])
        self.router.finalize()

    def ask(self, requests: list[Any]) -> None:
        get = self.router.get
        for method, path in requests:
            get(path, method)

    def answer(self, request: Any) -> Answer:
        method, path = request
        _route, handler, params = self.router.get(path, method)
        return *handler.route, tuple(params.values())


class Werkzeug(Peer):
    name = "werkzeug"

    def __init__(self, routes: Sequence[Drawn]) -> None:
        from werkzeug.routing import Map, Rule

        rules = [Rule(route.written("<%s>"), endpoint=route, methods=[route.method]) for route in routes]
        self.adapter = Map(rules).bind("www.example.com")

    def ask(self, requests: list[Any]) -> None:
        match = self.adapter.match
        for method, path in requests:
            match(path, method)

    def answer(self, request: Any) -> Answer:
        method, path = request
        endpoint, params = self.adapter.match(path, method)
        return *endpoint, tuple(params.values())


class Starlette(Peer):
    """The loop of its `Router.app`, up to the route that is found."""

    name = "Starlette"

    def __init__(self, routes: Sequence[Drawn]) -> None:
        from starlette.routing import Match, Route

        self._full = Match.FULL
        self.routes = [Route(route.written("{%s}"), _endpoint(route), methods=[route.method]) for route in routes]

    def request(self, method: str, path: str) -> Any:
        return {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}

    def _find(self, scope: Any) -> Any:
        for route in self.routes:
            match, child_scope = route.matches(scope)
            if match is self._full:
                return child_scope
        raise LookupError(scope["path"])

    def ask(self, requests: list[Any]) -> None:
        find = self._find
        for scope in requests:
            find(scope)

    def answer(self, request: Any) -> Answer:
        found = self._find(request)
        return *found["endpoint"].route, tuple(found["path_params"].values())


class Aiohttp(Peer):
    name = "aiohttp"

    def __init__(self, routes: Sequence[Drawn]) -> None:
        from aiohttp import web
        from aiohttp.test_utils import make_mocked_request

        self._request = make_mocked_request
        self.router = web.UrlDispatcher()
        for route in routes:
            self.router.add_route(route.method, route.written("{%s}"), _endpoint(route))

    def request(self, method: str, path: str) -> Any:
        return self._request(method, path)

    def _find(self, request: Any) -> Any:
        try:
            self.router.resolve(request).send(None)  # it never waits
        except StopIteration as found:
            return found.value

    def ask(self, requests: list[Any]) -> None:
        find = self._find
        for request in requests:
            find(request)

    def answer(self, request: Any) -> Answer:
        found = self._find(request)
        return *found.handler.route, tuple(found.values())


def _endpoint(route: Drawn) -> Any:
    async def endpoint(*_arguments: Any, **_params: Any) -> Any: ...

    endpoint.__name__ = re.sub(r"\W", "_", f"{route.method}{route.path}")
    endpoint.route = route  # type: ignore[attr-defined]
    return endpoint


PEERS: tuple[type[Peer], ...] = (
    *(StockTornado, Falcon, Sanic, Werkzeug, Starlette, Aiohttp),
    *(OurTuples, OurDrawn, OurRouteSet, OurRecognition),
)
