"""The outermost router of an application in debug: it also has a page that shows the table, `/rails/info/routes`."""

from __future__ import annotations

from typing import Any, Final

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest

from tornado_rails.routing.router import RootRouter

#: Where the page is, if the application has nothing of its own there.
PAGE: Final = "/rails/info/routes"


class DebugRouter(RootRouter):
    """`RootRouter`, for applications with ``debug=True`` alone.

    SECURITY: the page shows what an application is made of. An application without debug never has this router.
    """

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """The delegate for the request; None where it is a plain 404."""
        delegate = super().find_handler(request, **kwargs)
        # NOTE: the application's own table goes first, as it is; the page is there in place of a 404.
        if delegate is None and request.path == PAGE and request.method in ("GET", "HEAD") and self._shows_page():
            from tornado_rails.routing.routes_page import RoutesPageHandler

            return self.application.get_handler_delegate(request, RoutesPageHandler)
        return delegate

    def _shows_page(self) -> bool:
        settings = self.application.settings
        return bool(settings.get("debug") and settings.get("routes_page", True))
