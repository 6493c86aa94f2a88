"""What `run` passes on to an ASGI server: ``run(app, asgi="uvicorn", asgi_options={"ws_ping_interval": 5})``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from tornado_rails.errors import SettingError, did_you_mean


def check_options(
    server: str, given: dict[str, Any], known: Collection[str], configured: Callable[[Any, dict[str, Any]], object]
) -> None:
    """Refuses what the server does not take, or what `run` sets itself.

    :arg configured: what the server makes of options for an application.

    >>> check_options("uvicorn", {"port": 7}, ["ws_max_size"], print)
    Traceback (most recent call last):
    tornado_rails.errors.SettingError: setting asgi_options={'port': 7}: run() hands no 'port' on to uvicorn.
    """
    for name in given:
        if name not in known:
            hint = f"run() hands no {name!r} on to {server}.{did_you_mean(str(name), known)}"
            raise SettingError("asgi_options", given, hint)
    if not given:
        return
    try:
        configured(_nothing, given)
    except Exception as error:
        raise SettingError("asgi_options", given, f"{server} refuses it: {error}") from error


async def _nothing(_scope: Any, _receive: Any, _send: Any) -> None: ...
