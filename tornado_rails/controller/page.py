"""One rendering: a view, the partials in it, what it says for its layout, and what names mean there."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from tornado_rails.controller.escaping import Escaping, escaping_of, media_type_of
from tornado_rails.controller.helpers import HANDLER_HELPERS, Block, helpers_of, rendered
from tornado_rails.controller.markup import Rendered, Safe, escaped
from tornado_rails.controller.views import MISSING, Views
from tornado_rails.errors import ViewNameError

_LAYOUT = "layout"
# What Tornado sets on every handler, and what else of a handler is nobody's to show.
_HANDLERS = frozenset({"application", "path_args", "path_kwargs", "request", "ui"})


@dataclass(frozen=True, slots=True)
class Iteration:
    """Where in a collection a partial is.

    >>> Iteration(0, 2).first, Iteration(0, 2).last, Iteration(1, 2)
    (True, False, Iteration(index=1, size=2))
    """

    index: int
    size: int

    @property
    def first(self) -> bool:
        """Whether nothing comes before."""
        return self.index == 0

    @property
    def last(self) -> bool:
        """Whether nothing follows."""
        return self.index == self.size - 1


class _Place(Block, Rendered):
    """What is said for a place of the layout; with a block, that is added."""

    __slots__ = ()


class Page:
    """Renders the files that make one response."""

    def __init__(
        self, handler: Any, views: Views, prefixes: tuple[str, ...], form: str, escaping: Escaping = "html"
    ) -> None:
        self._handler = handler
        self._helpers = helpers_of(cast(Any, type(handler)))
        self._views = views
        self._prefixes = prefixes
        self._format = form
        self._escaping = escaping
        self._slots: dict[str, str] = {}
        self._namespace: Mapping[str, Any] | None = None

    def render(self, file: str, values: Mapping[str, Any], layout: str | None) -> Safe:
        """The output of a view, or of a part, within a layout."""
        text = self._file(file, values)
        if layout is None:
            return text
        before = self._slots.get(_LAYOUT, "")
        self._slots[_LAYOUT] = text
        try:
            return self._file(layout, values)
        finally:
            self._slots[_LAYOUT] = before

    def _file(self, file: str, values: Mapping[str, Any]) -> Safe:
        resolve = functools.partial(self._resolve, values)
        return Rendered(self._views.engine.render(file, resolve, self._tornados, self._escaping))

    def _resolve(self, values: Mapping[str, Any], name: str) -> Any:
        """What a name means: a local, what the controller has set, its helpers, ours; else it is Tornado's."""
        if name in values:
            return values[name]
        handler = self._handler
        if name[0] != "_":
            if name in handler.__dict__ and name not in _HANDLERS:
                return handler.__dict__[name]
            if name in self._helpers:
                return getattr(handler, name)
            if name in _OURS:
                return _OURS[name].__get__(self)
            if name in HANDLER_HELPERS:
                return functools.partial(HANDLER_HELPERS[name], handler)
            if name in _OF_HANDLER:
                return getattr(handler, name, MISSING)
        return MISSING

    def _tornados(self) -> Mapping[str, Any]:
        if self._namespace is None:
            self._namespace = {
                **self._handler.get_template_namespace(),
                "xsrf_form_html": lambda: Safe(self._handler.xsrf_form_html()),
            }
        return self._namespace

    def partial(
        self,
        name: str,
        /,
        *,
        collection: Any = MISSING,
        as_: str | None = None,
        spacer: str | None = None,
        layout: str | None = None,
        **values: Any,
    ) -> str:
        """A view of a part: ``partial("comment", comment=...)`` renders ``_comment.html``.

        With a collection, it is rendered for each item (for None, never), which it sees by its own name (or ``as_``),
        its place from 0 as ``comment_counter``, and `Iteration` as ``comment_iteration``; between two stands the
        partial that is the spacer. Around each stands the partial that is the layout, where ``content_for()`` is it.
        """
        file = self._views.find(name, self._prefixes, self._format, is_partial=True)
        page = self._page_of(file)
        around = None if layout is None else page._layout_of_part(layout)
        if collection is MISSING:
            text: str = page.render(file, values, around)
        else:
            items: list[Any] = [] if collection is None else list(collection)
            own = as_ or name.rpartition("/")[2].partition(".")[0]
            between = "" if spacer is None else page.partial(spacer)
            turns = [Iteration(nth, len(items)) for nth in range(len(items))]
            text = between.join(
                page.render(file, {**values, own: item, f"{own}_counter": turn.index, f"{own}_iteration": turn}, around)
                for item, turn in zip(items, turns, strict=True)
            )
        return Rendered(text) if page is self else str(text)

    def _layout_of_part(self, name: str) -> str:
        file = self._views.find(name, self._prefixes, self._format, is_partial=True)
        if not file.endswith(f".{self._format}"):  # SECURITY: it would be escaped as this page is
            raise ViewNameError(f"{name!r} is no layout of a part here: its format is another than {self._format!r}")
        return file

    def _page_of(self, file: str) -> Page:
        """This page; for a file of another format, where this is text or JSON, one of its own, which is text here."""
        form = file.rpartition(".")[2]
        if form == self._format or self._escaping == "html":
            return self
        escaping = escaping_of(media_type_of(self._handler, form))
        return Page(self._handler, self._views, self._prefixes, form, escaping)

    def content_for(self, name: str = _LAYOUT, value: Any = None, *, caller: Any = None) -> Safe:
        """What a view says for a place in its layout: with a value or a block it is added, without it is told.

        ``content_for()`` in a layout is the view itself.
        """
        if caller is not None:
            return self._add(name, rendered(caller(), self._escaping))
        if value is not None:
            return self._add(name, escaped(value, self._escaping))
        return _Place(self._slots.get(name, ""), lambda block: self._add(name, rendered(block, self._escaping)))

    def _add(self, name: str, text: Safe) -> Safe:
        self._slots[name] = self._slots.get(name, "") + text
        return Safe()


_OURS: Mapping[str, Any] = {"partial": Page.partial, "content_for": Page.content_for}
# NOTE: as they are asked for, since each costs something.
_OF_HANDLER = frozenset({"params", "request", "url_for", "paths", "urls"})
