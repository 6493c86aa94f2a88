"""The application to swap in: Tornado's, with our router and our settings."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import tornado.web
from tornado.routing import AnyMatches, Rule
from tornado.web import _ApplicationRouter

from tornado_rails.controller.dispatch import Default  # which tells routing how an action runs
from tornado_rails.controller.param_settings import check_param_settings
from tornado_rails.errors import SettingError, did_you_mean
from tornado_rails.routing.conventions import convention_routes
from tornado_rails.routing.router import IndexedRouter, RootRouter, indexed, is_stock

if TYPE_CHECKING:
    from tornado_rails.routing.redrawing import DrawnTable
    from tornado_rails.routing.routeset import RouteSet
    from tornado_rails.routing.table_urls import TableUrls
    from tornado_rails.serving.asgi import ASGIApplication

Hook = TypeVar("Hook", bound=Callable[..., Any])

TRAILING_SLASH = ("strict", "redirect", "ignore")
_OF_VIEWS = frozenset({"template_engine", "views_path", "error_pages", "media_types"})


class RailsApplication(tornado.web.Application):
    """A `tornado.web.Application` that finds routes by an index, runs actions, and makes routes by convention.

    ::

        RailsApplication([
            (r"/user/login", UserHandler, {"action": "login"}),
            (r"/main/index/(\\d+)/(\\w+)", MainHandler, {"action": "index", "param_keys": ("id", "name")}),
        ], controllers="app.controllers")

    :arg handlers: as Tornado takes them; they come first.
    :arg routes: a function that draws routes in Rails' language, several, a `RouteSet`, or the path of a file that has
        such a function, ``routes(map)``; they come second.
    :arg controllers: handler classes, or the name of a package whose handler classes are taken. Each public method
        of their own is an action with a route, ``/<controller>/<action>/<path params>``; these come last. The drawn
        routes find their controllers here by name.
    :arg settings: Tornado's, and ``trailing_slash`` ("strict", "redirect" or "ignore"), ``strict_routes`` (the
        start-up checks are errors for routes without routing keys too), ``convention_routes`` (if False, the
        controllers are there for ``routes`` alone), ``error_statuses`` (a dict: the status of an exception's class) and
        ``error_pages`` (a folder of pages such as ``404.html``), ``allowed_redirect_hosts`` (where ``redirect_to``
        leads besides the own host), ``x_sendfile_header`` (by which the server in front is asked to send files),
        ``filter_params`` (parts of names whose values the pages of ``debug=True`` leave out, besides the usual ones),
        ``routes_page`` (if False, there is no page ``/rails/info/routes`` with ``debug=True``).
    """

    _route_set: RouteSet | None = None
    _drawn_table: DrawnTable | None = None
    _table_urls: TableUrls | None = None

    def __init__(
        self,
        handlers: Any = None,
        default_host: str | None = None,
        transforms: list[type[tornado.web.OutputTransform]] | None = None,
        *,
        routes: Any = None,
        controllers: str | types.ModuleType | Iterable[Any] | None = None,
        **settings: Any,
    ) -> None:
        # NOTE: the handlers are added to our router, not to the one that Tornado makes, so that an error is ours.
        super().__init__(None, default_host, transforms, **settings)
        if handlers:
            self.wildcard_router.add_rules(handlers)
        if isinstance(controllers, Iterable) and not isinstance(controllers, (str, type)):
            controllers = list(controllers)
        if routes is not None:
            self._draw(routes, controllers)
        if controllers is not None and settings.get("convention_routes", True):
            self.wildcard_router.add_rules(convention_routes(controllers))
        if self._drawn_table is not None:
            self._drawn_table.settle()
        # NOTE: an application of handlers alone has Tornado's page, as before.
        has_pages = routes is not None or controllers is not None or settings.get("error_pages") is not None
        if has_pages and settings.get("default_handler_class") is None:
            from tornado_rails.controller.error_pages import NotFoundHandler  # PERF: others need not import it

            self.settings.update(default_handler_class=NotFoundHandler, default_handler_args={"status_code": 404})
        if isinstance(self.wildcard_router, IndexedRouter):  # a subclass may set one of its own
            self.wildcard_router.refresh()

    def _draw(self, routes: Any, controllers: Any) -> None:
        # PERF: the routing language is imported by those alone who draw.
        from tornado_rails.routing.redrawing import DrawnTable

        self._drawn_table = DrawnTable(self, routes, controllers)
        self._route_set = self._drawn_table.route_set

    def reload_routes(self) -> None:
        """Draws the application's ``routes`` again, reading their files, and puts them in the place of those before.

        With ``debug=True`` this is done by itself when such a file has changed. The other rules stay as they are. What
        cannot be drawn, or leads nowhere, raises as it would at start; then the routes before go on serving.
        """
        if self._drawn_table is not None:
            self._drawn_table.redraw()
            self._route_set = self._drawn_table.route_set
            self._table_urls = None

    def url_table(self) -> TableUrls:
        """The table as URLs are made of it: ``url_table().at(host="example.com").urls.posts()``."""
        if self._table_urls is None:
            from tornado_rails.routing.table_urls import TableUrls

            self._table_urls = TableUrls(cast(IndexedRouter, self.wildcard_router), self._route_set)
        return self._table_urls

    def url_for(self, target: Any = None, /, *args: Any, **options: Any) -> str:
        """The URL of a route, by its name, "controller#action", the action's function, or an object.

        ::

            application.url_for("posts#show", id=1)    # "/posts/1"
            application.url_for("post", 1, page=2)     # "/posts/1?page=2"

        It is a path, or with ``host=`` a whole URL. Raises an `UrlGenerationError` for what the table would not take
        back.
        """
        return self.url_table().at().url_for(target, *args, **options)

    def signed_path(
        self, target: Any = None, /, *args: Any, expires_in: float | timedelta | None = None, **options: Any
    ) -> str:
        """The path of a route, as by `url_for`, with a signature, which `routing.signed` checks on the way in.

        ::

            application.signed_path("download", id=7, expires_in=3600)  # "/downloads/7?signature=..."

        :arg expires_in: seconds, or a timedelta; never, if left out.

        It is signed as Tornado signs cookies, with the application's ``cookie_secret`` and ``key_version``.
        """
        from tornado_rails.routing.signed import sign

        table = self.url_table()
        path = table.at().url_for(target, *args, **{**options, "only_path": True})
        return sign(self.settings, path, expires_in, options.get("script_name") or table.relative_url_root)

    #: Paths by the names of routes: ``application.paths.post(1)``.
    paths = Default(lambda application: application.url_table().at().paths)
    #: URLs by the names of routes: ``application.urls.post(1, host="example.com")``.
    urls = Default(lambda application: application.url_table().at().urls)

    def __setattr__(self, name: str, value: Any) -> None:
        # NOTE: Tornado makes its own routers, also where a subclass calls tornado.web.Application.__init__ by name.
        if name == "wildcard_router":
            _check_settings(self.settings)
        if is_stock(value):
            if name == "wildcard_router":
                value = indexed(value, IndexedRouter)
            elif name == "default_router":
                value = indexed(value, self._root_router())
        object.__setattr__(self, name, value)

    def _root_router(self) -> type[RootRouter]:
        if not self.settings.get("debug"):
            return RootRouter
        # PERF: what is there in debug alone is imported and asked there alone.
        from tornado_rails.routing.debug_router import DebugRouter

        return DebugRouter

    @functools.cached_property
    def asgi(self) -> ASGIApplication:
        """The application for an ASGI server: ``uvicorn myapp:app.asgi``."""
        from tornado_rails.serving.asgi import ASGIApplication  # PERF: most programs serve without it

        return ASGIApplication(self)

    def _routes_as_text(self) -> str:
        from tornado_rails.routing.inspector import format_routes, inspect_routes

        return format_routes(inspect_routes(self))

    def on_startup(self, hook: Hook) -> Hook:
        """Adds, as a decorator, a callable that runs before the first request."""
        from tornado_rails.serving.lifespan import STARTUP, add_hook

        return add_hook(self, STARTUP, hook)

    def on_shutdown(self, hook: Hook) -> Hook:
        """Adds, as a decorator, a callable that runs after the last request."""
        from tornado_rails.serving.lifespan import SHUTDOWN, add_hook

        return add_hook(self, SHUTDOWN, hook)

    def add_handlers(self, host_pattern: str, host_handlers: Any) -> None:
        """Adds handlers for a host, as Tornado does; routes with routing keys are checked at once."""
        handlers = list(host_handlers)
        router = IndexedRouter(self, handlers)
        super().add_handlers(host_pattern, [Rule(AnyMatches(), router)])
        # What Tornado has made around our router, our router takes the place of. With a default_host that is done
        # twice: then, as in Tornado, the two are tables of their own.
        for rule in _leading_to(router, self.default_router.rules):
            rule.target = router
        for rule in _leading_to(router, self.wildcard_router.rules):
            rule.target = IndexedRouter(self, handlers)


def _leading_to(router: IndexedRouter, rules: Iterable[Rule]) -> list[Rule]:
    """The rules behind which there is this router, and nothing else."""
    return [
        rule
        for rule in rules
        if isinstance(rule.target, _ApplicationRouter) and [each.target for each in rule.target.rules] == [router]
    ]


def _check_settings(settings: Mapping[str, Any]) -> None:
    policy = settings.get("trailing_slash", "strict")
    if policy not in TRAILING_SLASH:
        hint = f"it is one of {', '.join(map(repr, TRAILING_SLASH))}.{did_you_mean(str(policy), TRAILING_SLASH)}"
        raise SettingError("trailing_slash", policy, hint)
    if settings.get("error_statuses") is not None:
        from tornado_rails.controller.error_statuses import check_table  # PERF: as above

        check_table(settings)
    if not _OF_VIEWS.isdisjoint(settings):
        from tornado_rails.controller.view_settings import check_view_settings  # PERF: as above

        check_view_settings(settings)
    if settings.get("allowed_redirect_hosts") is not None:
        from tornado_rails.controller.redirecting import check_hosts  # PERF: as above

        check_hosts(settings)
    if settings.get("x_sendfile_header"):
        from tornado_rails.controller.sending import check_sendfile  # PERF: as above

        check_sendfile(settings)
    check_param_settings(settings)
