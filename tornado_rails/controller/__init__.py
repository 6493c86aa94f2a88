"""From a route to a response."""

import importlib as _importlib
import typing as _typing

if _typing.TYPE_CHECKING:
    from tornado_rails.controller.base import Controller as Controller
    from tornado_rails.controller.callbacks import after_action as after_action
    from tornado_rails.controller.callbacks import around_action as around_action
    from tornado_rails.controller.callbacks import before_action as before_action
    from tornado_rails.controller.callbacks import skip_after_action as skip_after_action
    from tornado_rails.controller.callbacks import skip_around_action as skip_around_action
    from tornado_rails.controller.callbacks import skip_before_action as skip_before_action
    from tornado_rails.controller.rescue import rescue_from as rescue_from
    from tornado_rails.controller.websocket import WebSocketController as WebSocketController

# PERF: routing needs a part of this package alone.
_ON_DEMAND = {
    "Controller": "base",
    "WebSocketController": "websocket",
    "after_action": "callbacks",
    "around_action": "callbacks",
    "before_action": "callbacks",
    "rescue_from": "rescue",
    "skip_after_action": "callbacks",
    "skip_around_action": "callbacks",
    "skip_before_action": "callbacks",
}

__all__ = list(_ON_DEMAND)


def __getattr__(name: str) -> _typing.Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = getattr(_importlib.import_module(f"{__name__}.{_ON_DEMAND[name]}"), name)
    return globals()[name]
