"""What an application does when its server starts and stops, the same under every server.

::

    app = tornado.web.Application(handlers, on_startup=[connect], on_shutdown=disconnect)

    async def main():  # under Tornado's own server; under ASGI the server does it
        async with lifespan(app):
            app.listen(8888)
            await asyncio.Event().wait()

A callable takes the application or nothing, and may be a coroutine function. Those of ``on_startup`` run in order,
those of ``on_shutdown`` in the reverse one, each of them even if another fails.
"""

from __future__ import annotations

import contextlib
import inspect
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar

from tornado import gen
from tornado.log import app_log

Hook = TypeVar("Hook", bound=Callable[..., Any])

STARTUP = "on_startup"
SHUTDOWN = "on_shutdown"
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def hooks(application: Any, name: str) -> list[Callable[..., Any]]:
    """The callables of an application's setting: one, or several.

    >>> from tornado.web import Application
    >>> hooks(Application(on_startup=print), "on_startup")
    [<built-in function print>]
    """
    setting: Callable[..., Any] | Iterable[Callable[..., Any]] | None
    setting = getattr(application, "settings", {}).get(name)
    if setting is None:
        return []
    return [setting] if callable(setting) else list(setting)


def add_hook(application: Any, name: str, hook: Hook) -> Hook:
    """Adds a callable to an application's setting; returns it, so that it makes a decorator.

    >>> from tornado.web import Application
    >>> app = Application()
    >>> add_hook(app, "on_startup", print) is print, app.settings["on_startup"]
    (True, [<built-in function print>])
    """
    application.settings[name] = [*hooks(application, name), hook]
    return hook


async def startup(application: Any) -> None:
    """Runs the callables of ``on_startup``; the first error ends it."""
    for hook in hooks(application, STARTUP):
        await _call(hook, application)


async def shutdown(application: Any) -> bool:
    """Runs the callables of ``on_shutdown``; errors are logged. False if there was one."""
    succeeded = True
    for hook in reversed(hooks(application, SHUTDOWN)):
        try:
            await _call(hook, application)
        except Exception:
            app_log.exception("Error in %s %r", SHUTDOWN, hook)
            succeeded = False
    return succeeded


async def _call(hook: Callable[..., Any], application: Any) -> None:
    result = call_hook(hook, application)
    if result is not None:
        await gen.convert_yielded(result)


def call_hook(hook: Callable[..., Any], application: Any) -> Any:
    """Calls it with the application, or with nothing if it takes nothing."""
    return hook(application) if _takes_one(hook) else hook()


def _takes_one(hook: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(hook).parameters.values()
    except ValueError:  # a built-in that has none
        return False
    return any(each.default is each.empty and each.kind in _POSITIONAL for each in parameters)


@contextlib.asynccontextmanager
async def lifespan(application: Any) -> AsyncIterator[None]:
    """Runs what the application has for its start, and at the end what it has for its stop."""
    await startup(application)
    try:
        yield
    finally:
        await shutdown(application)


async def _unbounded(hooks: Awaitable[bool | None], _name: str) -> bool:
    return await hooks is not False


async def serve_lifespan(
    application: Any,
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
    bounded: Callable[[Awaitable[bool | None], str], Awaitable[bool]] = _unbounded,
) -> None:
    """The lifespan protocol of ASGI.

    :arg bounded: awaits the callables of one kind; False if they failed or were cut.
    """
    await receive()
    try:
        if not await bounded(startup(application), STARTUP):
            await send({"type": "lifespan.startup.failed", "message": f"{STARTUP} was cut"})
            return
    except Exception:
        app_log.exception("Error in %s", STARTUP)
        await send({"type": "lifespan.startup.failed", "message": traceback.format_exc()})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    if await bounded(shutdown(application), SHUTDOWN):
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send({"type": "lifespan.shutdown.failed", "message": f"an error in {SHUTDOWN}, see the log"})
