"""The layer for applications whose source is not edited: `patch` puts our classes in the place of Tornado's.

    import tornado_rails
    tornado_rails.patch()      # before or after the application's modules are imported, but before it is made
    import app

Every module that holds ``tornado.web.Application`` or ``URLSpec`` under any name then holds ours, and every subclass
of them derives from ours. `unpatch` puts the very same objects back.
"""

from __future__ import annotations

import sys
import types
from typing import Any, NamedTuple

import tornado.routing
import tornado.web

from tornado_rails.application import RailsApplication
from tornado_rails.errors import PatchError
from tornado_rails.routing.router import StockRouter
from tornado_rails.routing.source import is_framework
from tornado_rails.routing.urlspec import URLSpec

_REPLACEMENTS: dict[type, type] = {
    tornado.web.Application: RailsApplication,
    tornado.routing.URLSpec: URLSpec,
    tornado.web._ApplicationRouter: StockRouter,
}


class _Name(NamedTuple):
    """A name in a module that held one of Tornado's classes."""

    module: types.ModuleType
    name: str
    original: type


class _Subclass(NamedTuple):
    """A class that derived from one of Tornado's."""

    subclass: type
    bases: tuple[type, ...]


class _Patch:
    """What has been replaced; nothing, while the layer is out."""

    def __init__(self) -> None:
        self.is_in = False
        self.names: list[_Name] = []
        self.subclasses: list[_Subclass] = []


_patch = _Patch()


def patch() -> None:
    """Replaces ``tornado.web.Application`` and ``URLSpec`` by the layer's, everywhere; a second call does nothing.

    Raises `PatchError`, with everything as it was, for a subclass that Python cannot move to another base.
    """
    if _patch.is_in:
        return
    _patch.is_in = True
    try:
        for original in (tornado.web.Application, tornado.routing.URLSpec):
            _rebase_subclasses(original, _REPLACEMENTS[original])
        _replace_names()
    except BaseException:
        unpatch()
        raise


def unpatch() -> None:
    """Puts back what `patch` replaced; a second call, or one without `patch`, does nothing."""
    for name in _patch.names:
        if vars(name.module).get(name.name) is _REPLACEMENTS[name.original]:
            setattr(name.module, name.name, name.original)
    for subclass, bases in reversed(_patch.subclasses):
        subclass.__bases__ = bases
    _patch.__init__()  # type: ignore[misc]


class patched:  # noqa: N801  (it is used as a function is)
    """The layer for a ``with`` block; as a truth value, whether it is in.

    >>> with patched():
    ...     tornado.web.Application.__name__
    'RailsApplication'
    >>> tornado.web.Application.__name__, bool(patched())
    ('Application', False)

    Where the layer is in already, the block leaves it in.
    """

    def __init__(self) -> None:
        self._was_in = _patch.is_in

    def __bool__(self) -> bool:
        return _patch.is_in

    def __enter__(self) -> None:
        self._was_in = _patch.is_in
        patch()

    def __exit__(self, *error: object) -> None:
        if not self._was_in:
            unpatch()


def _replace_names() -> None:
    for module in list(sys.modules.values()):
        # Some put other things into sys.modules, which may answer to any name.
        if not isinstance(module, types.ModuleType) or _is_ours(module):
            continue
        for name, value in list(vars(module).items()):
            for original, replacement in _REPLACEMENTS.items():
                if value is original:
                    _patch.names.append(_Name(module, name, original))
                    setattr(module, name, replacement)


def _is_ours(module: types.ModuleType) -> bool:
    name = str(vars(module).get("__name__"))
    return is_framework(name) and not name.startswith("tornado.") and name != "tornado"


def _rebase_subclasses(original: type, replacement: type) -> None:
    for subclass in original.__subclasses__():
        if issubclass(subclass, replacement) or is_framework(subclass.__module__):
            continue
        bases: Any = tuple(replacement if base is original else base for base in subclass.__bases__)
        known = _Subclass(subclass, subclass.__bases__)
        try:
            subclass.__bases__ = bases
        except TypeError as error:
            raise PatchError(
                f"{subclass.__module__}.{subclass.__qualname__} cannot derive from the layer: {error}"
            ) from None
        _patch.subclasses.append(known)
