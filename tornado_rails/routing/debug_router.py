"""The outermost router of an application in debug: it reloads routes, and has a page that shows the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.log import app_log

from tornado_rails.routing.router import RootRouter

if TYPE_CHECKING:
    from tornado_rails.routing.redrawing import DrawnTable
    from tornado_rails.routing.routes_page import RouteTable

#: Where the page is, if the application has nothing of its own there.
PAGE: Final = "/rails/info/routes"


class DebugRouter(RootRouter):
    """`RootRouter`, for applications with ``debug=True`` alone.

    SECURITY: the page shows what an application is made of. An application without debug never has this router.
    """

    #: What the page has shown last.
    route_table: RouteTable | None = None

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """The delegate for the request; None where it is a plain 404."""
        drawn = getattr(self.application, "_drawn_table", None)
        if drawn is not None and drawn.is_stale():
            self._reload(drawn)
        delegate = super().find_handler(request, **kwargs)
        # NOTE: the application's own table goes first, as it is; the page is there in place of a 404.
        if delegate is None and request.path == PAGE and request.method in ("GET", "HEAD") and self._shows_page():
            from tornado_rails.routing.routes_page import RoutesPageHandler

            return self.application.get_handler_delegate(request, RoutesPageHandler)
        return delegate

    def _reload(self, drawn: DrawnTable) -> None:
        application: Any = self.application
        try:
            application.reload_routes()
        except Exception:
            app_log.error("The routes are not reloaded, and those before go on serving: %s", drawn.error)
        else:
            app_log.info("The routes are reloaded")

    def _shows_page(self) -> bool:
        settings = self.application.settings
        return bool(settings.get("debug") and settings.get("routes_page", True))
