"""Views in Jinja's template language: the setting ``template_engine="jinja2"``, the extra ``tornado-rails[jinja2]``.

It is escaped as in Tornado's language, and a name that nobody knows is an error, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, cast

from tornado_rails.controller.escaping import ESCAPES, Escaping
from tornado_rails.controller.markup import Rendered
from tornado_rails.controller.view_errors import say_where
from tornado_rails.controller.views import MISSING, Resolve
from tornado_rails.errors import SettingError

try:
    import jinja2
    from jinja2.filters import do_tojson
    from jinja2.runtime import Context
    from jinja2.utils import missing
    from markupsafe import escape as as_html
except ImportError:
    raise SettingError("template_engine", "jinja2", "install tornado-rails[jinja2]") from None

_RESOLVE = "_tornado_rails_resolve"


class _ViewContext(Context):
    """Asks for names as they are used; those that a template sets itself come first."""

    def resolve_or_missing(self, key: str) -> Any:
        value = super().resolve_or_missing(key)
        if value is missing or (key in self.environment.globals and key not in self.vars):
            resolve = self.parent.get(_RESOLVE)  # NOTE: macros that are imported without context have none
            found = MISSING if resolve is None else resolve(key)
            if found is not MISSING:
                return found
        return value


def _escapes(escaping: Escaping) -> Callable[[Any, Any], Rendered]:
    """What is done to a value in a view that is no page; in ``{% autoescape true %}`` it is escaped as HTML first."""

    @jinja2.pass_eval_context
    def escape(context: Any, value: Any) -> Rendered:
        if isinstance(value, Rendered):
            return value
        text = as_html(value) if context.autoescape or hasattr(value, "__html__") else str(value)
        return Rendered(ESCAPES[escaping](text))

    return escape


@jinja2.pass_eval_context
def _tojson(context: Any, value: Any, indent: int | None = None) -> Rendered:
    return Rendered(do_tojson(context, value, indent))


class JinjaEngine:
    """Renders the templates of a folder."""

    def __init__(self, root: str) -> None:
        self._root = root
        in_html = jinja2.Environment(
            loader=jinja2.FileSystemLoader(root), autoescape=True, undefined=jinja2.StrictUndefined, auto_reload=False
        )
        in_html.context_class = _ViewContext
        self._environments: dict[Escaping, jinja2.Environment] = {"html": in_html}
        for escaping in ESCAPES.keys() - self._environments:
            other = in_html.overlay(autoescape=False, finalize=_escapes(escaping))
            # What macros, blocks (since Jinja 3.1.5) and these filters come to is not escaped again.
            cast(Any, other).concat = lambda parts: Rendered("".join(parts))
            other.filters = {**in_html.filters, "tojson": _tojson, "safe": Rendered}
            self._environments[escaping] = other

    def render(self, name: str, resolve: Resolve, tornados: Callable[[], Mapping[str, Any]], escaping: Escaping) -> str:
        """A template's output."""

        def find(key: str) -> Any:
            value = resolve(key)
            return tornados().get(key, MISSING) if value is MISSING else value

        try:
            return self._environments[escaping].get_template(name).render({_RESOLVE: find})
        except Exception as error:
            say_where(error, self._root, self._template_line)
            raise

    def reset(self) -> None:
        """Forgets the templates."""
        for environment in self._environments.values():
            cast(Any, environment.cache).clear()

    def _template_line(self, trace: TracebackType) -> tuple[str, int] | None:
        # Jinja's tracebacks have the templates' own files and lines.
        # NOTE: code may lie below the folder of views, too.
        file, below = trace.tb_frame.f_code.co_filename, os.path.join(self._root, "")
        is_view = file.startswith(below) and "__jinja_exception__" in trace.tb_frame.f_globals
        return (file.removeprefix(below), trace.tb_lineno) if is_view else None
