"""What `tornado_rails.run` can be told, in one place: ours here, and those of Tornado's HTTPServer as they are."""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import ssl_options_to_context

from tornado_rails.errors import SettingError, did_you_mean
from tornado_rails.serving.errors import UnknownSettingError

ASGI_SERVERS = ("uvicorn", "granian", "hypercorn")
LOG_FORMATS = ("human", "json")

#: What Tornado's HTTPServer takes.
HTTP_SERVER = frozenset(inspect.signature(HTTPServer.initialize).parameters) - {"self", "request_callback"}


@dataclasses.dataclass(frozen=True)
class Settings:
    """All that a server is told; `settings_of` makes and checks it."""

    port: int = 8888
    address: str | None = "127.0.0.1"
    workers: int = 1
    unix_socket: str | None = None
    unix_socket_mode: int = 0o660
    backlog: int = 1024
    shutdown_timeout: float = 30.0
    shutdown_delay: float = 0.0
    debug: bool = False
    asgi: str | None = None
    asgi_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    health: bool = False
    ready_checks: Sequence[Callable[..., Any]] = ()
    max_active_requests: int | None = None
    max_websockets: int | None = None
    retry_after: int = 1
    log_requests: bool = True
    log_format: str = "human"
    log_params: bool = False
    filter_params: Sequence[str] = ()
    http_server: dict[str, Any] = dataclasses.field(default_factory=dict)


_OURS = {field.name: field for field in dataclasses.fields(Settings) if field.name != "http_server"}
#: Of Tornado's `ssl_options_to_context`, which asserts that there are no others.
_TLS = ("certfile", "keyfile", "ca_certs", "cert_reqs", "ciphers", "ssl_version")
_NUMBERS = ("workers", "backlog", "max_active_requests", "max_websockets", "retry_after")
_SWITCHES = ("debug", "health", "log_requests", "log_params")
#: Of HTTPServer's, which takes a wrong one and stumbles over it at each request.
_SIZES = ("max_body_size", "max_header_size", "max_buffer_size", "chunk_size")
_SECONDS = ("idle_connection_timeout", "body_timeout")
_HTTP_SWITCHES = ("xheaders", "no_keep_alive", "decompress_request")


def settings_of(given: dict[str, Any]) -> Settings:
    """The settings by name, checked.

    >>> settings_of({"port": 80, "idle_connection_timeout": 60}).http_server
    {'idle_connection_timeout': 60}
    >>> settings_of({"wokers": 2})
    Traceback (most recent call last):
    tornado_rails.serving.errors.UnknownSettingError: run() has no setting 'wokers'. Did you mean 'workers'?
    """
    ours: dict[str, Any] = {}
    http_server: dict[str, Any] = {}
    for name, value in given.items():
        if name in _OURS:
            ours[name] = value
        elif name == "header_timeout":  # which Tornado has under another name
            http_server.setdefault("idle_connection_timeout", value)
        elif name in HTTP_SERVER:
            http_server[name] = value
        else:
            raise UnknownSettingError(name, [*_OURS, *HTTP_SERVER, "header_timeout"])
    settings = Settings(**ours, http_server=http_server)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    for name, choices in (("asgi", (None, *ASGI_SERVERS)), ("log_format", LOG_FORMATS)):
        value = getattr(settings, name)
        if value not in choices:
            known = [choice for choice in choices if choice is not None]
            raise SettingError(
                name, value, f"it is one of {', '.join(map(repr, known))}.{did_you_mean(str(value), known)}"
            )
    for name in _NUMBERS:
        value = getattr(settings, name)
        if value is not None and (type(value) is not int or value < 1):
            raise SettingError(name, value, "it is a number, 1 or more")
    for name in ("shutdown_timeout", "shutdown_delay"):
        _check_seconds(name, getattr(settings, name))
    for name in _SWITCHES:
        _check_switch(name, getattr(settings, name))
    _check_where(settings)
    _check_lists(settings)
    _check_http_server(settings.http_server)
    if settings.debug and settings.workers > 1:
        raise SettingError("workers", settings.workers, "with debug there is one process, that reloads itself")
    if settings.debug and settings.asgi:
        raise SettingError("asgi", settings.asgi, "debug is for Tornado's own server")
    if not isinstance(settings.asgi_options, dict):
        raise SettingError("asgi_options", settings.asgi_options, "it is a dict")
    if settings.asgi_options and not settings.asgi:
        raise SettingError("asgi_options", settings.asgi_options, "no server is named by asgi")
    if settings.asgi and settings.http_server:
        allowed = {"xheaders", "trusted_downstream", "protocol", "max_body_size", "body_timeout", "chunk_size"}
        for name, value in settings.http_server.items():
            if name not in allowed | {"decompress_request"}:
                raise SettingError(name, value, f"it is of Tornado's own server; asgi_options are {settings.asgi}'s")
    if isinstance(options := settings.http_server.get("ssl_options"), dict):
        _check_tls(options)
    if settings.unix_socket is not None and not hasattr(os, "fork"):  # pragma: no cover (Windows)
        raise SettingError("unix_socket", settings.unix_socket, "this system has none")


def _check_where(settings: Settings) -> None:
    if type(settings.port) is not int or not 0 <= settings.port <= 65535:
        raise SettingError("port", settings.port, "it is a number from 0 to 65535")
    address, path = settings.address, settings.unix_socket
    if address is not None and (not isinstance(address, str) or "/" in address):
        raise SettingError("address", address, "it is a host or an IP address; a path is given as unix_socket")
    if path is not None and not isinstance(path, str):
        raise SettingError("unix_socket", path, "it is a path, as text")
    if type(settings.unix_socket_mode) is not int:
        raise SettingError("unix_socket_mode", settings.unix_socket_mode, "it is a number, as 0o660 (432)")


def _check_lists(settings: Settings) -> None:
    checks, names = settings.ready_checks, settings.filter_params
    if not isinstance(checks, Collection) or not all(map(callable, checks)):
        raise SettingError("ready_checks", checks, "it is a list of functions")
    if isinstance(names, str) or not isinstance(names, Collection) or not all(isinstance(each, str) for each in names):
        raise SettingError("filter_params", names, "it is a list of names")


def _check_http_server(given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name in _SIZES and value is not None and (type(value) is not int or value < 1):
            raise SettingError(name, value, "it is a number of bytes")
        if name in _SECONDS and value is not None:
            _check_seconds(name, value)
        if name in _HTTP_SWITCHES:
            _check_switch(name, value)


def _check_seconds(name: str, value: object) -> None:
    if type(value) not in (int, float) or not value >= 0:  # type: ignore[operator]
        raise SettingError(name, value, "it is a number of seconds")


def _check_switch(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise SettingError(name, value, "it is True or False")


def _check_tls(options: dict[str, Any]) -> None:
    for name in options:
        if name not in _TLS:
            raise SettingError("ssl_options", options, f"there is no {name!r}.{did_you_mean(name, _TLS)}")
    if "certfile" not in options:
        raise SettingError("ssl_options", options, "it has no 'certfile'")
    try:
        # Each worker makes its own later, so that SIGHUP brings a new certificate.
        ssl_options_to_context(options, server_side=True)
    except (OSError, TypeError, ValueError) as error:
        raise SettingError("ssl_options", options, f"with it there is no TLS: {error}") from error
