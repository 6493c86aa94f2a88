"""What a command looks at: an application, or drawn routes alone, by the name of its module and its own.

shop.app:application    a tornado.web.Application
shop.app:make_app       a function without arguments that makes one
shop.routes:routes      a function of one argument that draws, or a RouteSet
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import click
from tornado.web import Application

from tornado_rails.errors import RailsError, did_you_mean
from tornado_rails.routing.gathering import gathering
from tornado_rails.routing.routeset import RouteSet
from tornado_rails.routing.source import Source, is_framework


class TargetError(click.ClickException):
    """There is nothing to look at."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Target:
    """What was found, and where: an application with the routes that it draws, or routes alone."""

    name: str
    module: ModuleType
    application: Application | None
    routes: RouteSet | None
    errors: tuple[RailsError, ...] = ()

    @property
    def root(self) -> str:
        """The folder that the application's files lie in: of its package, or of its module."""
        package = self.module.__name__.partition(".")[0]
        file = getattr(sys.modules.get(package, self.module), "__file__", None) or "."
        return os.path.dirname(os.path.abspath(file))


def load(name: str, gather: bool = False) -> Target:
    """The target of a command; with ``gather``, its errors are in the target, and all else is there.

    Raises `TargetError`.
    """
    module_name, colon, attribute = name.partition(":")
    if not (module_name and colon and attribute) or not all(part.isidentifier() for part in module_name.split(".")):
        raise TargetError(f"{name!r} names no object: write MODULE:NAME, as in shop.app:application")
    if sys.path[:1] != [os.getcwd()]:
        sys.path.insert(0, os.getcwd())
    errors: list[RailsError] = []
    with ExitStack() as stack:
        if gather:
            errors = stack.enter_context(gathering())
        module = _module(module_name)
        value = _attribute(module, attribute)
        try:
            application, routes = _made(name, value)
        except RailsError as error:
            if not gather:
                raise TargetError(f"{name} does not start: {error}") from None
            application, routes = None, None
            errors.append(error)
    return Target(name, module, application, routes, tuple(errors))


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            parent, _, missing = error.name.rpartition(".")
            guess = did_you_mean(missing, _modules_beside(parent))
            raise TargetError(f"there is no module {error.name!r}; it is looked for in {os.getcwd()}.{guess}") from None
        raise _import_error(name, error) from None
    except (Exception, SystemExit) as error:
        raise _import_error(name, error) from None


def _modules_beside(package: str) -> list[str]:
    parent = sys.modules.get(package)
    folders = list(getattr(parent, "__path__", [])) if package else [os.getcwd()]
    return [found.name for found in pkgutil.iter_modules(folders)]


def _import_error(name: str, error: BaseException) -> TargetError:
    place = f" ({found})" if (found := _place_of(error)) else ""
    if isinstance(error, RailsError):
        return TargetError(f"{name} does not start: {error}{place}")
    what = f"it exits with {error.code!r}" if isinstance(error, SystemExit) else f"{type(error).__name__}: {error}"
    return TargetError(f"{name} cannot be imported: {what}{place}")


def _place_of(error: BaseException) -> Source | None:
    """The innermost line of the user's own that an error came from."""
    if isinstance(error, SyntaxError) and error.filename:
        return Source(error.filename, error.lineno or 0)
    own = [
        Source(frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not is_framework(frame.f_globals.get("__name__") or "") and _is_users(frame.f_code.co_filename)
    ]
    return own[-1] if own else None


def _is_users(file: str) -> bool:
    return os.path.isfile(file) and not file.startswith(os.path.dirname(os.__file__))


def _attribute(module: ModuleType, names: str) -> Any:
    value: Any = module
    for name in names.split("."):
        if not hasattr(value, name):
            known = [each for each in vars(value) if not each.startswith("_")] if hasattr(value, "__dict__") else []
            there = ", ".join(_candidates(module))
            hint = did_you_mean(name, known) or (f" There is {there}." if there else "")
            raise TargetError(f"{module.__name__} has no {names!r}.{hint}")
        value = getattr(value, name)
    return value


def _candidates(module: ModuleType) -> Iterator[str]:
    """The names of a module that could be meant."""
    for name, value in vars(module).items():
        if isinstance(value, (Application, RouteSet)) or name in ("routes", "make_app", "create_app"):
            yield name


def _made(name: str, value: Any) -> tuple[Application | None, RouteSet | None]:
    """The application and the routes that an object is, makes or draws."""
    if inspect.isfunction(value) or inspect.ismethod(value):
        required = [
            each
            for each in inspect.signature(value).parameters.values()
            if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        ]
        if len(required) == 1:
            return None, _called(name, lambda: RouteSet(value))
        if not required:
            value = _called(name, value)
            if inspect.iscoroutine(value):
                value.close()
                raise TargetError(f"{name} is a coroutine function: give a plain one that makes the application")
    if isinstance(value, RouteSet):
        return None, value
    if isinstance(value, Application):
        return value, getattr(value, "_route_set", None)
    hint = "give an application, a function that makes one, or a function of one argument that draws routes"
    raise TargetError(f"{name} is {_article(value)}: {hint}")


def _article(value: Any) -> str:
    kind = "class" if inspect.isclass(value) else type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _called(name: str, function: Any) -> Any:
    try:
        return function()
    except (RailsError, click.ClickException):
        raise
    except (Exception, SystemExit) as error:
        place = f" ({found})" if (found := _place_of(error)) else ""
        raise TargetError(f"{name} cannot be made: {type(error).__name__}: {error}{place}") from None
