"""Serves an application: one process or several, until it is told to stop, without losing a request.

::

    tornado_rails.run(app, port=8888, workers=4, health=True)

What it can be told is listed in docs/serving.md, and how to deploy it in docs/deployment.md.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import os
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

from tornado.log import gen_log

from tornado_rails.serving import logs, notify, sockets
from tornado_rails.serving.asgi_options import check_options
from tornado_rails.serving.control import Control
from tornado_rails.serving.debugging import begin as begin_debugging
from tornado_rails.serving.errors import ListenError
from tornado_rails.serving.loading import load
from tornado_rails.serving.process import FAILED, Serve, serve_process, serve_tornado
from tornado_rails.serving.settings import Settings, settings_of

#: What the ASGI servers call it.
_CERTIFICATES = {"ssl_certfile", "ssl_cert", "certfile"}


def run(
    application: Any, port: int = 8888, address: str | None = "127.0.0.1", workers: int = 1, **settings: Any
) -> None:
    """Serves an application until SIGTERM or SIGINT, and then what is still running.

    Exits with status 1 if anything had to be cut, 3 if the application did not start.

    :arg application: a `tornado.web.Application` or anything else that Tornado's HTTPServer takes as a delegate; a
        function that makes one; or the name of either, as ``"shop.web:app"``. What is named or made is loaded by each
        worker for itself, so that SIGHUP brings new code.
    :arg settings: those of `tornado_rails.serving.settings.Settings`, and those of Tornado's HTTPServer
        (``max_body_size``, ``idle_connection_timeout``, ``body_timeout``, ``xheaders``, ...).
    """
    status = serve(application, settings_of({"port": port, "address": address, "workers": workers, **settings}))
    if status:
        sys.exit(status)


def serve(application: Any, settings: Settings) -> int:
    """What `run` does; the exit status."""
    _refuse_within_a_loop()
    server = serve_tornado if settings.asgi is None else _asgi_server(settings.asgi, settings.asgi_options)
    added = logs.set_up(settings.log_format)
    try:
        return _serve(application, settings, server)
    except ListenError as error:
        gen_log.critical("%s", error)
        return FAILED
    finally:
        if added is not None:
            logs.take_away(added)


def _serve(application: Any, settings: Settings, server: Serve) -> int:
    listening = sockets.listen(settings)
    ours = sockets.identity(settings)
    try:
        # Asked now, as some servers take the sockets away.
        names = sockets.names_of(listening, "https" if _has_tls(settings) else "http")
        told = functools.partial(_log_where, names, settings)
        loading = functools.partial(load, application)
        # As process 1 there are children of others to be reaped.
        if settings.workers > 1 or (os.getpid() == 1 and not settings.debug):
            return _supervise(loading, server, listening, settings, told)
        if settings.debug:
            loading = functools.partial(begin_debugging, loading)
        return serve_process(loading, server, listening, settings, lambda: _alone(told))
    finally:
        _close(listening)
        sockets.remove_file(settings, ours)


def _alone(told: Callable[[], None]) -> Control:
    def ready() -> None:
        told()
        notify.notify("READY=1")

    control = Control()
    control.tell(ready, functools.partial(notify.notify, "STOPPING=1"))
    return control


def _has_tls(settings: Settings) -> bool:
    return bool(settings.http_server.get("ssl_options") or _CERTIFICATES & settings.asgi_options.keys())


def _log_where(names: Sequence[str], settings: Settings) -> None:
    for name in names:
        gen_log.info("Serves %s with %s, process %d", name, settings.asgi or "Tornado", os.getpid())


def _supervise(
    loading: Callable[[], Any],
    server: Serve,
    listening: Sequence[socket.socket],
    settings: Settings,
    told: Callable[[], None],
) -> int:
    from tornado_rails.serving.supervisor import Supervisor  # not on Windows

    def work(ready_fd: int, parent_fd: int) -> int:
        return serve_process(loading, server, listening, settings, lambda: Control(ready_fd, parent_fd))

    seconds = settings.shutdown_timeout + settings.shutdown_delay
    return Supervisor(work, settings.workers, functools.partial(_close, listening), seconds, told).run()


def _close(listening: Sequence[socket.socket]) -> None:
    for each in listening:
        each.close()


def _asgi_server(name: str, options: dict[str, Any]) -> Serve:
    module = importlib.import_module(f"tornado_rails.serving.asgi_{name}")
    check_options(name, options, module.OPTIONS, module.configured)
    serve: Serve = module.serve
    return serve


def _refuse_within_a_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("run() has an event loop of its own; call it outside of a coroutine, as the last thing")
