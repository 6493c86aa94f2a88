"""One process that serves: start, ready, stop, and the status that it exits with."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.log import app_log, gen_log

from tornado_rails.serving import notify
from tornado_rails.serving.control import Control
from tornado_rails.serving.errors import ApplicationNotFoundError
from tornado_rails.serving.health import Health
from tornado_rails.serving.http_server import Server
from tornado_rails.serving.lifespan import SHUTDOWN, STARTUP, shutdown, startup
from tornado_rails.serving.loops import run_loop
from tornado_rails.serving.request_log import RequestLog, install, no_log
from tornado_rails.serving.settings import Settings

#: Something was cut, or an ``on_shutdown`` failed.
CUT = 1
#: It did not start.
FAILED = 3
#: Seconds that an ``on_shutdown`` has where requests have taken all the time, and where the stop is to be at once.
LEAST, AT_ONCE = 3.0, 1.0

Serve = Callable[[Any, Sequence[socket.socket], Settings, Control], Coroutine[Any, Any, int]]


def serve_process(
    load: Callable[[], Any],
    serve: Serve,
    sockets: Sequence[socket.socket],
    settings: Settings,
    control: Callable[[], Control],
) -> int:
    """Serves until it is told to stop; the exit status."""
    try:
        application = load()
    except ApplicationNotFoundError as error:
        app_log.critical("%s", error)
        return FAILED
    except Exception:
        app_log.critical("The application cannot be loaded", exc_info=True)
        return FAILED
    prepare(application, settings)

    async def main() -> int:
        orders = control()
        orders.attend()
        return await serve(application, sockets, settings, orders)

    return run_loop(main(), prefers_uvloop=settings.asgi is not None)


def prepare(application: Any, settings: Settings) -> None:
    """Gives an application what run() adds to it."""
    install(application, request_log(settings) if settings.log_requests else no_log)


def request_log(settings: Settings) -> RequestLog:
    """The log of the settings."""
    return RequestLog(settings.log_format, settings.log_params, settings.filter_params)


def log_of_refusals(settings: Settings) -> Callable[[HTTPServerRequest, int], None] | None:
    """What logs a request that is answered before the application has it, if it is to be logged."""
    return request_log(settings).refused if settings.log_requests else None


async def serve_tornado(
    application: Any, sockets: Sequence[socket.socket], settings: Settings, control: Control
) -> int:
    """Serves with Tornado's own server."""
    try:
        if not await bounded(startup(application), STARTUP, settings, control):
            return FAILED
    except Exception:
        app_log.critical("Error in on_startup", exc_info=True)
        return FAILED
    health = Health(application, settings.ready_checks)
    server = Server(
        application,
        health=health if settings.health else None,
        max_active_requests=settings.max_active_requests,
        max_websockets=settings.max_websockets,
        retry_after=settings.retry_after,
        log_refusal=log_of_refusals(settings),
        **settings.http_server,
    )
    server.add_sockets(sockets)
    health.ready = True
    control.ready()
    async with watchdog():
        await control.stopping.wait()
        health.ready = False
        await waited(control.at_once, settings.shutdown_delay)
        server.stop_accepting()
        cut = await server.drain(settings.shutdown_timeout, control.at_once)
    report(cut, settings, control)
    succeeded = await bounded(shutdown(application), SHUTDOWN, settings, control)
    return CUT if cut or not succeeded else 0


async def bounded(hooks: Awaitable[bool | None], name: str, settings: Settings, control: Control) -> bool:
    """Awaits ``on_startup`` or ``on_shutdown``, as long as the stop may take; False if they were cut or failed."""
    running = asyncio.ensure_future(hooks)
    limit = asyncio.ensure_future(_limit(settings, control))
    try:
        await asyncio.wait((running, limit), return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
        if not running.done():
            running.cancel()
            report({name: 1}, settings, control)
    return running.done() and running.result() is not False


async def _limit(settings: Settings, control: Control) -> None:
    await control.stopping.wait()
    if control.at_once.is_set():
        await asyncio.sleep(AT_ONCE)
        return
    left = control.stopped_at + settings.shutdown_delay + settings.shutdown_timeout - time.monotonic()
    await waited(control.at_once, max(LEAST, left))


def report(cut: Mapping[str, int], settings: Settings, control: Control) -> None:
    """Logs what was cut, by route."""
    for what, count in Counter(cut).most_common():
        when = "at once" if control.at_once.is_set() else f"after {settings.shutdown_timeout:g} s"
        gen_log.error("Cut %s: %d x %s", when, count, what)


async def waited(event: asyncio.Event, seconds: float) -> None:
    """Waits for an event, not longer than that."""
    if seconds:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)


@contextlib.asynccontextmanager
async def watchdog() -> AsyncIterator[None]:
    """Tells systemd's watchdog that the event loop turns, where it asks for it."""
    interval = notify.watchdog_interval()

    async def tell() -> None:
        while interval is not None:
            notify.notify(notify.SIGN_OF_LIFE)
            await asyncio.sleep(interval)

    task = asyncio.ensure_future(tell())
    try:
        yield
    finally:
        task.cancel()
