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

import inspect
from typing import Any, Final, NamedTuple, cast

from tornado.web import RequestHandler

from tornado_rails.controller.declarations import place_of_class
from tornado_rails.controller.escaping import Escaping, escaping_of, media_type_of
from tornado_rails.controller.finishing import finish
from tornado_rails.controller.markup import Safe
from tornado_rails.controller.negotiation import content_type_of, negotiate
from tornado_rails.controller.page import Page
from tornado_rails.controller.params import path_params
from tornado_rails.controller.problems import accept_of, vary
from tornado_rails.controller.responses import DEFAULT_TYPE, TypedText
from tornado_rails.controller.returning import ReturningMixin
from tornado_rails.controller.statuses import set_status_with_body
from tornado_rails.controller.verbs import verb_of
from tornado_rails.controller.views import Views, prefixes_of, views_of
from tornado_rails.errors import DeclarationError, ViewMissingError

_HTML = "html"


class Found(NamedTuple):
    """A view that is there: the views of its handler, the handler's folders in them, and the file."""

    views: Views
    prefixes: tuple[str, ...]
    file: str
    format: str


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

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if inspect.iscoroutinefunction(cls.layout):
            place = f"{place_of_class(cls)}: layout"
            raise DeclarationError(place, "it is async, and no view waits for it", "Await in a before callback.")

    def render_view(
        self,
        name: str | None = None,
        /,
        *,
        status: int | str | None = None,
        layout: Any = AUTO,
        format: str | None = None,
        content_type: str | None = None,
        **values: Any,
    ) -> Any:
        """Finishes the response with a view: ``self.render_view("posts/show", post=post)``.

        A name without a slash is one of this controller, or its parents; no name is the action's. The content type is
        that of the format, unless one is given. It returns what Tornado's ``finish`` does. Raises `ViewMissingError`
        with all paths that were tried.
        """
        set_status_with_body(self, status)
        found = self._tornado_rails_find(name or self._tornado_rails_action(), format)
        return finish(self, self._tornado_rails_page(found, layout, values, content_type))

    def view_string(
        self, name: str | None = None, /, *, layout: Any = None, format: str | None = None, **values: Any
    ) -> str:
        """A view's output as text, for a mail, say; without a layout, unless one is named.

        An action that returns it has the content type of the format that is named here. SECURITY: what is handed to
        ``write`` or ``finish`` has not, and is sent as a page, unless ``set_header`` has said another before.
        """
        found = self._tornado_rails_find(name or self._tornado_rails_action(), format)
        # SECURITY: where it was the request that chose the format, it may yet be written as what the response is.
        is_named = format is not None or (name is not None and "." in name)
        text = str(self._tornado_rails_view(found, layout, values, is_response=not is_named))
        if not is_named or found.format == _HTML or not media_type_of(self, found.format):
            return text
        return TypedText(text, content_type_of(self, found.format))

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
        found = Found(views, prefixes, views.find(action, prefixes, form), form)
        self.write(self._tornado_rails_page(found, AUTO, {}))
        return True

    def _tornado_rails_find(self, name: str, form: str | None) -> Found:
        views, prefixes = views_of(self), prefixes_of(self)
        file = views.find(name, prefixes, form or self._tornado_rails_view_format())
        return Found(views, prefixes, file, file.rpartition(".")[2])

    def _tornado_rails_page(
        self, found: Found, layout: Any, values: dict[str, Any], content_type: str | None = None
    ) -> str:
        """A view with what else a response needs: its content type, and what its UI modules put into the page."""
        if content_type is not None:
            self.set_header("Content-Type", content_type)
        elif found.format != _HTML and self._headers.get("Content-Type") == DEFAULT_TYPE:
            self.set_header("Content-Type", content_type_of(self, found.format))
        text = self._tornado_rails_view(found, layout, values)
        if getattr(self, "_active_modules", None):
            return cast(str, RequestHandler.render(cast(Any, _Rendered(self, text)), found.file))
        return text

    def _tornado_rails_view(self, found: Found, layout: Any, values: dict[str, Any], is_response: bool = True) -> Safe:
        views, prefixes, file, form = found
        around = self._tornado_rails_layout(views, prefixes, form, layout)
        escaping: Escaping = "html"
        if form != _HTML:  # PERF: most are
            types = [media_type_of(self, each.rpartition(".")[2]) for each in (file, around) if each is not None]
            escaping = escaping_of(*types, *([self._headers.get("Content-Type", "")] if is_response else []))
        return Page(self, views, prefixes, form, escaping).render(file, values, around)

    def _tornado_rails_layout(self, views: Views, prefixes: tuple[str, ...], form: str, layout: Any) -> str | None:
        if layout is AUTO or layout is True:
            layout = self.layout
            if callable(layout):
                layout = layout()
        if layout is AUTO or layout is True:
            return views.layout(prefixes, form)
        if layout is None or layout is False:
            return None
        name = layout if str(layout).startswith("layouts/") else f"layouts/{layout}"
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
    accept = accept_of(handler)
    if accept not in ("", "*/*") and not accept.startswith("text/html,"):
        return None
    vary(handler, "Accept")  # as another client is told 406, which caches are not to take this for, nor this for that
    return _HTML


def _in_order(files: Any) -> list[str]:
    """The formats that there are; HTML is the first."""
    return sorted(files, key=lambda form: (form != _HTML, form))
