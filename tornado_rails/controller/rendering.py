"""Views: ``views/<controller>/<action>.<format>``, by themselves or by name; layouts, partials, helpers.

    class PostsController(Controller):
        def show(self, id: int):
            self.post = find(id)                         # views/posts/show.html, which sees ``post``

        def edit(self, id: int):
            self.render_view("posts/form", post=find(id), status="ok")

Tornado's ``render`` and ``render_string`` stay as they are: other names, other templates if ``template_path`` says so,
no layout, and no more visible than what they are handed.
"""

from __future__ import annotations

from typing import Any, Final, cast

from tornado.web import RequestHandler

from tornado_rails.controller.finishing import finish
from tornado_rails.controller.markup import Safe
from tornado_rails.controller.negotiation import content_type_of, negotiate
from tornado_rails.controller.page import Page
from tornado_rails.controller.params import path_params
from tornado_rails.controller.responses import DEFAULT_TYPE
from tornado_rails.controller.returning import ReturningMixin
from tornado_rails.controller.statuses import status_code
from tornado_rails.controller.verbs import verb_of
from tornado_rails.controller.views import Views, prefixes_of, views_of
from tornado_rails.errors import ViewMissingError

_HTML = "html"
#: The views of a handler, and its folders in them.
Where = tuple[Views, tuple[str, ...]]


class Auto:
    """The class of `AUTO`."""

    def __repr__(self) -> str:
        return "AUTO"


#: The layout that is found by its name: ``layouts/<controller>``, a parent's, or ``layouts/application``.
AUTO: Final = Auto()


class RenderingMixin(ReturningMixin):
    """Adds ``render_view``, ``view_string`` and ``layout``, and views for actions that write nothing."""

    #: The layout of this class's views: a name ("admin" is ``layouts/admin``), None, or a method that returns one.
    layout: Any = AUTO

    def render_view(
        self,
        name: str | None = None,
        /,
        *,
        status: int | str | None = None,
        layout: Any = AUTO,
        format: str | None = None,
        **values: Any,
    ) -> Any:
        """Finishes the response with a view: ``self.render_view("posts/show", post=post)``.

        A name without a slash is one of this controller, or its parents; no name is the action's. It returns what
        Tornado's ``finish`` does. Raises `ViewMissingError` with all paths that were tried.
        """
        form = format or self._tornado_rails_view_format()
        if status is not None:
            self.set_status(status_code(status))
        return finish(self, self._tornado_rails_page(name or self._tornado_rails_action(), form, layout, values))

    def view_string(
        self, name: str | None = None, /, *, layout: Any = None, format: str | None = None, **values: Any
    ) -> str:
        """A view's output as text, for a mail, say; without a layout, unless one is named."""
        form = format or self._tornado_rails_view_format()
        return str(self._tornado_rails_view(name or self._tornado_rails_action(), form, layout, values))

    def _tornado_rails_action(self) -> str:
        route = getattr(self.request, "route", None)
        return getattr(route, "action", None) or verb_of(self)

    def _tornado_rails_view_format(self) -> str:
        chosen: str | None = getattr(self, "_tornado_rails_format", None)  # of `RespondingMixin`
        return chosen or path_params(self).get("format") or _HTML

    def _tornado_rails_render(self) -> bool:
        views, prefixes, action = views_of(self), prefixes_of(self), self._tornado_rails_action()
        files = views.formats(prefixes, action)
        chosen: str | None = getattr(self, "_tornado_rails_format", None)
        if not files and chosen is None:
            return False
        form = chosen or _only_html(self, files) or negotiate(self, _in_order(files))
        self.write(self._tornado_rails_page(action, form, AUTO, {}, (views, prefixes)))
        return True

    def _tornado_rails_page(
        self, name: str, form: str, layout: Any, values: dict[str, Any], where: Where | None = None
    ) -> str:
        """A view with what else a response needs: its content type, and what its UI modules put into the page."""
        text = self._tornado_rails_view(name, form, layout, values, where)
        if self._headers["Content-Type"] == DEFAULT_TYPE and form != _HTML:
            self.set_header("Content-Type", content_type_of(self, form))
        if getattr(self, "_active_modules", None):
            return cast(str, RequestHandler.render(cast(Any, _Rendered(self, text)), name))
        return text

    def _tornado_rails_view(
        self, name: str, form: str, layout: Any, values: dict[str, Any], where: Where | None = None
    ) -> Safe:
        views, prefixes = where or (views_of(self), prefixes_of(self))
        file = views.find(name, prefixes, form)
        form = file.rpartition(".")[2]
        page = Page(self, views, prefixes, form)
        return page.render(file, values, self._tornado_rails_layout(views, prefixes, form, layout))

    def _tornado_rails_layout(self, views: Views, prefixes: tuple[str, ...], form: str, layout: Any) -> str | None:
        if layout is AUTO:
            layout = self.layout
            if callable(layout):
                layout = layout()
        if layout is AUTO:
            return views.layout(prefixes, form)
        if layout is None or layout is False:
            return None
        name = layout if "/" in layout else f"layouts/{layout}"
        try:
            return views.find(name, (), form)
        except ViewMissingError:
            folder, _, base = name.rpartition("/")
            if form != _HTML and views.formats((folder,), base):
                return None  # it is one of pages, and this is data
            raise


class _Rendered:
    """A handler whose template is rendered already: Tornado puts into it what UI modules ask for."""

    def __init__(self, handler: RequestHandler, text: str) -> None:
        self._handler = handler
        self._text = text
        self._finished = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handler, name)

    def render_string(self, name: str) -> bytes:
        return self._text.encode()

    def finish(self, html: bytes) -> bytes:
        return html


def _only_html(handler: RequestHandler, files: Any) -> str | None:
    """HTML, where there is nothing else, and the client takes it or does not say."""
    if len(files) != 1 or _HTML not in files or path_params(handler).get("format") is not None:
        return None
    accept = handler.request.headers.get("Accept", "")
    return _HTML if accept in ("", "*/*") or accept.startswith("text/html,") else None


def _in_order(files: Any) -> list[str]:
    """The formats that there are; HTML is the first."""
    return sorted(files, key=lambda form: (form != _HTML, form))
