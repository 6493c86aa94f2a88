"""From ``module:application`` to the application."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import Any

from tornado.httputil import HTTPServerConnectionDelegate

from tornado_rails.serving.errors import ApplicationNotFoundError


def load(target: Any) -> Any:
    """An application as it is; one that is named, ``"shop.web:app"``; or what a function of no arguments makes.

    The working folder can be imported from, as under ``python -m``.
    """
    if isinstance(target, str):
        return _made(_named(target), target)
    return _made(target, repr(target))


def _named(target: str) -> Any:
    module_name, _, path = target.partition(":")
    if not module_name or not path:
        raise ApplicationNotFoundError(target, "it is named as module:application, as in shop.web:app")
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise  # one that it imports itself
        raise ApplicationNotFoundError(target, f"there is no module {error.name!r} (from {os.getcwd()})") from None
    found: Any = module
    for name in path.split("."):
        if not hasattr(found, name):
            public = [each for each in vars(module) if not each.startswith("_")]
            raise ApplicationNotFoundError(target, f"the module has no {path!r}.", public)
        found = getattr(found, name)
    return found


def _made(found: Any, target: str) -> Any:
    if isinstance(found, HTTPServerConnectionDelegate):
        return found
    if not callable(found):
        raise ApplicationNotFoundError(target, f"it is {found!r}, which is neither an application nor a function")
    made = found()
    if not isinstance(made, HTTPServerConnectionDelegate):
        raise ApplicationNotFoundError(target, f"the function has returned {made!r}, which is no application")
    return made
