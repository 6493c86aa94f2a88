"""Where views lie: ``<folder of views>/<controller>/<action>.<format>``.

The folder is the setting ``views_path``; else the handler's ``get_template_path()``, which is Tornado's setting
``template_path``; else the nearest folder named ``views`` beside the controller's file, or above it as far as its
package goes: for ``app/controllers/posts.py`` that may be ``app/views``, or ``views`` beside ``app``. What is no
controller of the application's, as the answer to a path without a route, has the folder that they all have.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from tornado.web import Application, RequestHandler

from tornado_rails.controller.escaping import Escaping
from tornado_rails.errors import SettingError, ViewMissingError, ViewNameError
from tornado_rails.routing.conventions import controller_name
from tornado_rails.routing.source import is_framework

FOLDER = "views"

# SECURITY: no dot but that of the format, so no name leads upward, and none is absolute.
_NAME = r"(?a)(?:[\w-]+/)*[\w-]+(?:\.(\w+))?"
_FORMAT = r"(?a)\w+"


class Missing:
    """The class of `MISSING`."""


#: What a name resolves to that nobody knows.
MISSING = Missing()


class Resolve(Protocol):
    """Finds what a name means in a view."""

    def __call__(self, name: str, /) -> Any:
        """The value, or `MISSING`."""


class Engine(Protocol):
    """What renders a file of the folder of views."""

    def render(self, name: str, resolve: Resolve, tornados: Any, escaping: Escaping) -> str:
        """The file's output; ``tornados()`` is the namespace that Tornado gives a template."""

    def reset(self) -> None:
        """Forgets what was compiled."""


class Views:
    """The views of one folder, and where each was found."""

    def __init__(self, root: str, engine: Engine) -> None:
        self.root = root
        self.engine = engine
        self._formats: dict[tuple[Sequence[str], str], Mapping[str, str]] = {}
        self._layouts: dict[tuple[Sequence[str], str], str | None] = {}
        self._found: dict[tuple[Sequence[str], str, str, bool], str] = {}

    def formats(self, prefixes: Sequence[str], name: str) -> Mapping[str, str]:
        """The files of a view by their formats, of the first folder that has any."""
        key = (prefixes, name)
        known = self._formats.get(key)
        if known is None:
            known = self._formats[key] = next(filter(None, (self._files(prefix, name) for prefix in prefixes)), {})
        return known

    def _files(self, prefix: str, name: str) -> Mapping[str, str]:
        try:
            files = sorted(os.listdir(os.path.join(self.root, prefix)))
        except OSError:
            return {}
        found = (re.fullmatch(rf"{re.escape(name)}\.(\w+)", file) for file in files)
        return {each[1]: f"{prefix}/{each[0]}" for each in found if each is not None}

    def find(self, name: str, prefixes: Sequence[str], form: str, is_partial: bool = False) -> str:
        """The file of a view; a name without a slash is looked for in each prefix's folder.

        Raises `ViewMissingError` with all paths that were tried, `ViewNameError` for what is no name.
        """
        key = (prefixes, name, form, is_partial)
        known = self._found.get(key)
        if known is None:
            tried = list(self._candidates(name, prefixes, form, is_partial))
            known = next((file for file in tried if self._has(file)), None)
            if known is None:
                raise ViewMissingError(name, [os.path.join(self.root, file) for file in tried])
            self._found[key] = known
        return known

    def _candidates(self, name: str, prefixes: Sequence[str], form: str, is_partial: bool) -> Iterator[str]:
        found = re.fullmatch(_NAME, name)
        if found is None or not re.fullmatch(_FORMAT, form):
            raise ViewNameError(f"{name!r} is no view's name: as 'posts/show', 'show' or 'show.json'")
        file = name if found[1] else f"{name}.{form}"
        folder, _, base = file.rpartition("/")
        if is_partial:
            base = f"_{base}"
        for prefix in (folder,) if folder else prefixes:
            yield f"{prefix}/{base}"

    def layout(self, prefixes: Sequence[str], form: str) -> str | None:
        """The layout of a controller: that of its own name, its parents', or ``layouts/application``; or None."""
        key = (prefixes, form)
        if key not in self._layouts:
            files = (f"layouts/{name}.{form}" for name in (*prefixes, "application"))
            self._layouts[key] = next((file for file in files if self._has(file)), None)
        return self._layouts[key]

    def _has(self, file: str) -> bool:
        return os.path.isfile(os.path.join(self.root, file))

    def reset(self) -> None:
        """Forgets where views were, and what was compiled."""
        self._formats.clear()
        self._layouts.clear()
        self._found.clear()
        self.engine.reset()


def views_of(handler: RequestHandler) -> Views:
    """The views of a handler's application, kept with it; where templates are not to be cached, looked for anew."""
    application = handler.application
    settings = application.settings
    # PERF: this runs for every view, so the folder is known by what is said of it.
    said = _folder_of(handler)
    known: dict[Any, Views] = application.__dict__.setdefault("_tornado_rails_views", {})
    views = known.get(said)
    if views is None:
        root = os.path.abspath(said)
        views = known[said] = Views(root, _engine(handler, root))
    elif not settings.get("compiled_template_cache", True):
        views.reset()
    return views


def _engine(handler: RequestHandler, root: str) -> Engine:
    make = engine_of(handler.settings)
    return make(root, handler.settings.get("template_whitespace"))


def engine_of(settings: Mapping[str, Any]) -> Callable[[str, str | None], Engine]:
    """What makes the engine that an application names; raises `SettingError`."""
    name = settings.get("template_engine") or "tornado"
    if name == "tornado":
        from tornado_rails.controller.tornado_views import TornadoEngine

        return TornadoEngine
    if name == "jinja2":
        from tornado_rails.controller.jinja_views import JinjaEngine

        return lambda root, _whitespace: JinjaEngine(root)
    raise SettingError("template_engine", name, "it is 'tornado' or 'jinja2'")


def root_of(handler: RequestHandler) -> str:
    """The folder of a handler's views."""
    return os.path.abspath(_folder_of(handler))


def _folder_of(handler: RequestHandler) -> str:
    said: str | None = handler.settings.get("views_path") or handler.get_template_path()
    if said:
        return said
    controller: type = type(handler)
    return _common(handler.application) if is_framework(controller.__module__) else _nearest(controller)


def _common(application: Application) -> str:
    """The folder that an application's controllers have; where that is not one, the working directory's."""
    known: str | None = application.__dict__.get("_tornado_rails_folder")
    if known is None or not application.settings.get("compiled_template_cache", True):
        from tornado_rails.routing.inspector import walk_rules  # PERF: few need it

        targets = [rule.target for rule, _within in walk_rules(application.default_router.rules)]
        controllers = [each for each in targets if hasattr(each, "view_string") and not is_framework(each.__module__)]
        folders = set(filter(os.path.isdir, map(_nearest, controllers)))
        known = folders.pop() if len(folders) == 1 else os.path.abspath(FOLDER)
        application.__dict__["_tornado_rails_folder"] = known
    return known


@functools.lru_cache(maxsize=1024)
def _nearest(controller: type) -> str:
    module = sys.modules.get(controller.__module__)
    folder = os.path.dirname(os.path.abspath(getattr(module, "__file__", None) or "main"))
    depth = controller.__module__.count(".") + hasattr(module, "__path__")
    nearest = os.path.join(folder, FOLDER)
    for _ in range(depth + 1):
        if os.path.isdir(os.path.join(folder, FOLDER)):
            return os.path.join(folder, FOLDER)
        folder = os.path.dirname(folder)
    return nearest


def prefixes_of(handler: RequestHandler) -> tuple[str, ...]:
    """The folders of a handler's views: its controller's, then its parents'.

    A `PostsController` below an `ApplicationController` has ``posts`` and ``application``.
    """
    return _prefixes(cast(Any, type(handler)), getattr(getattr(handler.request, "route", None), "controller", None))


@functools.lru_cache(maxsize=4096)
def _prefixes(controller: type, name: str | None) -> tuple[str, ...]:
    owners = [each for each in controller.__mro__ if issubclass(each, RequestHandler)]
    written = [each for each in owners if not is_framework(each.__module__)] or owners[:1]
    own, *parents = (controller_name(owner.__name__) for owner in written)
    return tuple(dict.fromkeys([name or own, *parents]))
