"""For work on an application: it reloads itself when a file changes, shows its errors, and prints its routes."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from tornado import autoreload
from tornado.log import app_log
from tornado.routing import Router, RuleRouter

from tornado_rails.serving.lifespan import STARTUP, add_hook

#: What Tornado's own ``debug`` stands for, but for reloading.
_SETTINGS = {"compiled_template_cache": False, "static_hash_cache": False, "serve_traceback": True}


def begin(load: Callable[[], Any]) -> Any:
    """Loads an application for work on it. One that cannot be loaded is tried again when a file has changed."""
    try:
        application = load()
    except Exception as error:
        app_log.exception("The application cannot be loaded; waiting for a change")
        asyncio.run(_wait_for_a_change(error))
        raise  # pragma: no cover (what is waited for starts another program)
    print(routes_of(application), flush=True)
    if hasattr(application, "settings"):
        for name, value in _SETTINGS.items():
            application.settings.setdefault(name, value)
        add_hook(application, STARTUP, _reload_on_change)
    return application


def _reload_on_change() -> None:
    autoreload.start()


def routes_of(application: Any) -> str:
    """The routes as text: an application of ours knows how to show them; of others, the patterns.

    >>> from tornado.web import Application, RequestHandler
    >>> print(routes_of(Application([("/a", RequestHandler)])))
    /a RequestHandler
    """
    describe = getattr(application, "_routes_as_text", None)
    if describe is not None:
        return str(describe())
    router = getattr(application, "wildcard_router", application)
    return "\n".join(_lines(router)) if isinstance(router, Router) else repr(application)


def _lines(router: Router) -> Iterator[str]:
    for rule in getattr(router, "rules", ()):
        if isinstance(rule.target, RuleRouter):
            yield from _lines(rule.target)
            continue
        regex = getattr(rule.matcher, "regex", None)
        pattern = rule.matcher if regex is None else regex.pattern.removesuffix("$")
        yield f"{pattern} {getattr(rule.target, '__name__', rule.target)}"


async def _wait_for_a_change(error: BaseException) -> None:
    autoreload.start()
    for place in traceback.walk_tb(error.__traceback__):
        autoreload.watch(place[0].f_code.co_filename)
    if isinstance(error, SyntaxError) and error.filename:
        autoreload.watch(error.filename)
    await asyncio.Event().wait()
