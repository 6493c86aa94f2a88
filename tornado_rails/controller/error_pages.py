"""An error's page, in the form that is asked for: JSON, Markdown, plain text, or HTML of the application's own.

A page is the view ``errors/404.html`` of the controller's folder of views, which gets ``status``, ``reason`` and
``detail``, and stands in the controller's layout; or the file ``404.html`` in the folder of the setting
``error_pages``, as it is. Where there is neither it is Tornado's. A path that no route has has no controller, and so
its page no layout: give one by ``default_handler_class``. Its views are those of `views`.

The pages say nothing of the exception: ``detail`` is what a refused request is told, and empty for any other. Where
``serve_traceback`` is set (as ``debug`` does), they are left aside: there a browser gets the page of the exception, or
of the routes, by `tornado_rails.debugging`, and who does not ask for HTML gets Tornado's traceback.

A page that cannot be rendered is logged, and the next is tried: the view without its layout, then the file. Where none
is left, the answer is Tornado's page of a 500.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tornado.log import app_log
from tornado.web import ErrorHandler, RequestHandler

from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.page import Page
from tornado_rails.controller.problems import (
    accept_of,
    accepted,
    bare_page,
    request_error,
    vary,
    wants_json,
    write_problem,
    write_request_error,
)
from tornado_rails.controller.rendering import AUTO, RenderingMixin
from tornado_rails.controller.views import prefixes_of, views_of
from tornado_rails.errors import MethodNotAllowedError, RequestError
from tornado_rails.routing.actions import own_verbs

_HTML = ("text/html", "application/xhtml+xml")
_SUFFIXES = {"json": "json", "md": "markdown", "txt": "text", "text": "text", "html": "html"}
_TEXTS = {"text/markdown": "markdown", "text/plain": "text"}


def asked_for(handler: RequestHandler) -> str:
    """What an error is answered in: "json", "markdown", "text" or "html"; by the path's suffix, else by ``Accept``."""
    suffix = _suffix(handler)
    if isinstance(suffix, str) and suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    vary(handler, "Accept")
    if wants_json(handler):
        return "json"
    found = {"html": 0.0}
    for media_type, quality in accepted(accept_of(handler)):
        form = _TEXTS.get(media_type, "html" if media_type in _HTML else "")
        found[form] = max(found.get(form, 0.0), quality)
    best = max((form for form in found if form), key=lambda form: found[form])
    return best if found[best] > 0 else "html"


def _suffix(handler: RequestHandler) -> Any:
    return (getattr(handler, "path_kwargs", None) or {}).get("format")


def _is_for_people(handler: RequestHandler, form: str) -> bool:
    """Whether an answer in HTML was asked for by name, and not by a script."""
    headers = handler.request.headers
    if form != "html" or _suffix(handler) == "html":
        return True
    found = dict(accepted(accept_of(handler)))
    is_script = headers.get("X-Requested-With", "").lower() == "xmlhttprequest"
    return not is_script and any(found.get(media_type, 0) > 0 for media_type in _HTML)


def _verbs(handler: Any, status: int) -> Sequence[str]:
    """The verbs that a handler has, where it was asked for one that it does not have."""
    is_action = getattr(getattr(handler.request, "route", None), "action", None) is not None
    verbs = own_verbs(type(handler)) if status == 405 and not is_action else ()
    return () if handler.request.method in verbs else verbs


class ErrorPagesMixin(ActionMixin):
    """Answers errors by the pages of the application."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Writes an error in the form that is asked for; in HTML, as the application's page, else as Tornado's."""
        form = asked_for(self)
        if self.settings.get("serve_traceback") and self._tornado_rails_debug_page(form, status_code, kwargs):
            return
        error = request_error(self, status_code, kwargs)
        if form == "json" and error is not None:
            write_request_error(self, status_code, error, as_json=True)
            return
        if form == "json":
            write_problem(self, status_code)
            return
        if self.settings.get("serve_traceback"):
            super().write_error(status_code, **kwargs)
            return
        detail = error.detail if error is not None else ""
        if form in ("markdown", "text"):
            self._tornado_rails_error_text(form, status_code, detail)
            return
        page = self._tornado_rails_error_page(status_code, detail)
        if page is None:
            super().write_error(status_code, **kwargs)
        else:
            self.finish(page)

    def _tornado_rails_debug_page(self, form: str, status: int, arguments: Mapping[str, Any]) -> bool:
        """Finishes with what is shown while an application is worked on; False where that is Tornado's traceback."""
        error = arguments.get("exc_info", (None, None))[1]
        is_refused = isinstance(error, RequestError)
        if error is None or form == "text" or (form == "json" and is_refused) or not _is_for_people(self, form):
            return False
        allowed = error.allow if isinstance(error, MethodNotAllowedError) else _verbs(self, status)
        is_missing = bool(allowed) or (isinstance(self, NotFoundHandler) and status == 404)
        if is_missing and not self.settings.get("routes_page", True):
            return False
        try:
            # PERF: it is imported where such a page is made.
            from tornado_rails.debugging.answers import exception_answer, not_found_answer

            if is_missing:
                page = not_found_answer(self, status, allowed, form)
            else:
                page = exception_answer(self, status, error, form)
        except Exception:
            app_log.error("The debug page of status %d cannot be made", status, exc_info=True)
            return False
        if form == "json":
            write_problem(self, status, **page)
        else:
            self.finish(page)
        return True

    def _tornado_rails_error_text(self, form: str, status: int, detail: str) -> None:
        # SECURITY: what a request was refused for may be its own words, which no browser shall take for a page.
        self.set_header("Content-Type", f"text/{'markdown' if form == 'markdown' else 'plain'}; charset=UTF-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        if form == "markdown":
            detail = "".join("\\" + character if character in _MARKS else character for character in detail)
        title = f"{'# ' if form == 'markdown' else ''}{status} {self._reason}\n"
        self.finish(f"{title}\n{detail}\n" if detail else title)

    def _tornado_rails_error_page(self, status: int, detail: str) -> str | bytes | None:
        has_failed = False
        for where, make in _PAGES.items():
            try:
                page = make(self, status, detail)
            except Exception:
                app_log.error("The page of status %d cannot be rendered%s", status, where, exc_info=True)
                has_failed = True
            else:
                if page is not None:
                    return page
        if not has_failed:
            return None
        self.clear()
        self.set_status(500)
        return bare_page(500, self._reason)


_MARKS = frozenset("\\`*_{}[]()<>#+-.!|&")


def _view(handler: Any, status: int, detail: str, layout: Any = None) -> str | None:
    views = views_of(handler)
    file = views.formats(("errors",), str(status)).get("html")
    if file is None:
        return None
    values = {"status": status, "reason": handler._reason, "detail": detail}
    if hasattr(handler, "view_string"):
        page: str = handler.view_string(f"errors/{status}", format="html", layout=layout, **values)
        return page
    return Page(handler, views, prefixes_of(handler), "html").render(file, values, None)


def _file(handler: Any, status: int, _detail: str) -> bytes | None:
    folder = handler.settings.get("error_pages")
    file = Path(folder, f"{status}.html") if folder is not None else None
    return file.read_bytes() if file is not None and file.is_file() else None


#: What is tried in turn, with the words of the log.
_PAGES: Mapping[str, Callable[[Any, int, str], str | bytes | None]] = {
    " in its layout": functools.partial(_view, layout=AUTO),
    "": _view,
    " from its file": _file,
}


class NotFoundHandler(ErrorPagesMixin, RenderingMixin, ErrorHandler):
    """Answers a path that no route has, by the application's pages."""

    layout = None
