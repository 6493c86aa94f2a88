"""The settings of params: how much of them is read, and what becomes of those that are not permitted.

=======================  ========  ==================================================================================
``param_keys_limit``     4096      parameters of a query or form, and names of one object of a JSON body
``param_depth_limit``    32        parts of a nested name, as ``post[author][name]`` has three
``json_depth_limit``     100       objects and lists of a JSON body, one in another
``unpermitted_params``   see text  "log" or "raise" says what is not permitted; False is silent
=======================  ========  ==================================================================================

What is over a limit is a 400. Unpermitted params are logged with ``debug=True``, and else left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tornado_rails.errors import SettingError, did_you_mean

KEYS, DEPTH, JSON_DEPTH = "param_keys_limit", "param_depth_limit", "json_depth_limit"
UNPERMITTED = "unpermitted_params"

_LIMITS = {KEYS: (4096, 10_000_000), DEPTH: (32, 1000), JSON_DEPTH: (100, 500)}  # as they are, and at most


def limit_of(settings: Mapping[str, Any], name: str) -> int:
    """A limit, as it is set or by default.

    >>> limit_of({}, "param_depth_limit")
    32
    """
    value: int = settings.get(name, _LIMITS[name][0])
    return value


def on_unpermitted(settings: Mapping[str, Any]) -> str | None:
    """What to do about params that are not permitted.

    >>> on_unpermitted({}), on_unpermitted({"debug": True}), on_unpermitted({"unpermitted_params": "raise"})
    (None, 'log', 'raise')
    """
    known = settings.get(UNPERMITTED)
    return "log" if known is None and settings.get("debug") else known or None


def check_param_settings(settings: Mapping[str, Any]) -> None:
    """Raises `SettingError` for a limit that is none, or an ``unpermitted_params`` that means nothing."""
    for name, (_default, most) in _LIMITS.items():
        value = settings.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise SettingError(name, value, f"it is a whole number from 1 to {most}")
    value = settings.get(UNPERMITTED)
    if value is not None and value is not False and value not in ("log", "raise"):
        hint = did_you_mean(str(value), ["log", "raise"])
        raise SettingError(UNPERMITTED, value, f"it is one of 'log', 'raise', False.{hint}")
