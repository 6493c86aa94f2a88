"""Rails' conventions for Tornado applications.

Swap ``tornado.web.Application`` for `RailsApplication`; add ``{"action": "login", "param_keys": ("id", "name")}`` to
a route; run.
"""

import importlib as _importlib
import typing as _typing

from tornado_rails.application import RailsApplication as RailsApplication
from tornado_rails.controller.dispatch import ActionMixin as ActionMixin
from tornado_rails.errors import RailsError as RailsError
from tornado_rails.patching import patch as patch
from tornado_rails.patching import patched as patched
from tornado_rails.patching import unpatch as unpatch
from tornado_rails.routing.actions import get as get
from tornado_rails.routing.actions import methods as methods
from tornado_rails.routing.actions import post as post
from tornado_rails.routing.actions import private as private
from tornado_rails.routing.urlspec import URLSpec as URLSpec

if _typing.TYPE_CHECKING:
    from tornado_rails.controller.base import Controller as Controller
    from tornado_rails.controller.websocket import WebSocketController as WebSocketController
    from tornado_rails.serving.server import run as run

__version__ = "0.1.0"

__all__ = [
    "ActionMixin",
    "Controller",
    "RailsApplication",
    "RailsError",
    "URLSpec",
    "WebSocketController",
    "get",
    "methods",
    "patch",
    "patched",
    "post",
    "private",
    "run",
    "unpatch",
]


# PERF: what has handlers of Tornado alone, or serves in another way, need not import these.
_ON_DEMAND = {
    "Controller": "tornado_rails.controller.base",
    "WebSocketController": "tornado_rails.controller.websocket",
    "run": "tornado_rails.serving.server",
}


def __getattr__(name: str) -> _typing.Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = getattr(_importlib.import_module(_ON_DEMAND[name]), name)
    return globals()[name]
