"""Routes from class names and signatures: ``/user/login`` runs ``UserController.login``."""

from __future__ import annotations

import importlib
import re
import types
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from tornado.web import RequestHandler

from tornado_rails.errors import ControllersError, RailsError, SignatureError
from tornado_rails.routing.actions import EVENTS, action_names, is_websocket, methods_of, own_verbs
from tornado_rails.routing.gathering import note
from tornado_rails.routing.signature import path_parameters
from tornado_rails.routing.source import is_framework, of_function
from tornado_rails.routing.urlspec import URLSpec

# Rails' conventions for the actions of a resource; any other action takes GET and POST.
_METHODS = {
    "index": ("GET",),
    "show": ("GET",),
    "new": ("GET",),
    "edit": ("GET",),
    "create": ("POST",),
    "update": ("PUT", "PATCH"),
    "destroy": ("DELETE",),
}
_SUFFIX = re.compile(r"(?<=.)(Controller|Handler)$")
_BASES = frozenset({"application", "base"})  # ApplicationController, BaseHandler: others' parents, by name


class ControllerEntry(NamedTuple):
    """A controller's name, as it stands in URLs, and its class."""

    name: str
    controller: type[RequestHandler]


def controller_name(class_name: str) -> str:
    """The name of a controller by that of its class.

    >>> [controller_name(name) for name in ("UserController", "BlogPostsHandler", "User", "HTMLPageController")]
    ['user', 'blog_posts', 'user', 'html_page']
    """
    bare = _SUFFIX.sub("", class_name)
    words = re.sub(r"([A-Z\d]+)([A-Z][a-z])", r"\1_\2", bare)
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", words).lower()


def find_controllers(controllers: object) -> list[ControllerEntry]:
    """The controllers that ``controllers=`` means: classes, or packages (or their names) to walk.

    Raises `ControllersError` for anything else, for a package without controllers, and for two of one name.
    """
    given = [controllers] if isinstance(controllers, (str, type, types.ModuleType)) else controllers
    if not isinstance(given, Iterable):
        raise _not_controllers(controllers)
    entries: list[ControllerEntry] = []
    for each in given:
        if isinstance(each, (str, types.ModuleType)):
            entries.extend(_walk(each))
        elif isinstance(each, type) and issubclass(each, RequestHandler):
            if not _serves(each):
                raise ControllersError(f"controllers: {_place(each)} has no actions: no public methods of its own")
            entries.append(ControllerEntry(controller_name(each.__name__), each))
        else:
            raise _not_controllers(each)
    by_name: dict[str, type[RequestHandler]] = {}
    for entry in entries:
        other = by_name.setdefault(entry.name, entry.controller)
        if other is not entry.controller:
            raise ControllersError(
                f"two controllers are named {entry.name!r}: {_place(other)} and {_place(entry.controller)}. "
                "Rename one, or move it to a module of another folder."
            )
    return [ControllerEntry(name, controller) for name, controller in by_name.items()]


def _not_controllers(value: object) -> ControllersError:
    return ControllersError(
        f"controllers={value!r}: give RequestHandler classes in a list, or the name of a package to walk"
    )


def _place(controller: type) -> str:
    return f"{controller.__module__}.{controller.__qualname__}"


def _walk(package: str | types.ModuleType) -> Iterator[ControllerEntry]:
    import pkgutil  # only a package to walk needs it

    root = importlib.import_module(package) if isinstance(package, str) else package
    modules = [root]
    for found in pkgutil.walk_packages(getattr(root, "__path__", []), root.__name__ + "."):
        if not any(part.startswith("_") for part in found.name.removeprefix(root.__name__).split(".")):
            modules.append(importlib.import_module(found.name))
    entries = [entry for module in modules for entry in _controllers_in(module, root.__name__)]
    if not entries:
        raise ControllersError(f"controllers={root.__name__!r}: the package has no RequestHandler class with actions")
    yield from entries


def _controllers_in(module: types.ModuleType, root: str) -> Iterator[ControllerEntry]:
    folder = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    prefix = folder[len(root) + 1 :].replace(".", "/")
    for value in list(vars(module).values()):
        if not (isinstance(value, type) and issubclass(value, RequestHandler) and value.__module__ == module.__name__):
            continue
        name = controller_name(value.__name__)
        if not value.__name__.startswith("_") and name not in _BASES and _serves(value):
            yield ControllerEntry(f"{prefix}/{name}" if prefix else name, value)


def _serves(controller: type[RequestHandler]) -> bool:
    return bool(action_names(controller) or _verb_actions(controller) or is_websocket(controller))


def convention_routes(controllers: object) -> list[URLSpec]:
    """The routes of every action of the controllers, in the order in which they are written.

    >>> class MainController(RequestHandler):
    ...     def index(self, id: int, name: str): ...
    >>> convention_routes([MainController])[0].matcher.regex.pattern
    '/main/index/(?P<id>[^/]+)/(?P<name>[^/]+)$'
    """
    return [route for entry in find_controllers(controllers) for route in _sound_routes(entry)]


def _sound_routes(entry: ControllerEntry) -> Iterator[URLSpec]:
    try:
        yield from _routes(entry)
    except RailsError as error:
        note(error)


def _routes(entry: ControllerEntry) -> Iterator[URLSpec]:
    base = "/" + re.escape(quote(entry.name))
    if is_websocket(entry.controller):
        path = _path_pattern(entry, "open") if not is_framework(_owner(entry.controller, "open").__module__) else ""
        yield ConventionRoute(entry, base + path, None, None)
        return
    for action in action_names(entry.controller):
        path = _path_pattern(entry, action)
        methods = methods_of(getattr(entry.controller, action))
        if methods is None:
            methods = _METHODS.get(action, ("GET", "POST"))
        if action == "index" and (not path or path.startswith("(?:")):
            yield ConventionRoute(entry, base, action, methods)  # first, as that is its URL
        yield ConventionRoute(entry, f"{base}/{re.escape(quote(action))}{path}", action, methods)
    for verb in _verb_actions(entry.controller):
        yield ConventionRoute(entry, base + _path_pattern(entry, verb), verb, (verb.upper(),))


def _verb_actions(controller: type[RequestHandler]) -> list[str]:
    """The HTTP verbs that the user's own classes define; not those which only go along with another."""
    verbs = [verb.lower() for verb in own_verbs(controller) if verb not in ("HEAD", "OPTIONS")]
    return [verb for verb in verbs if not is_framework(_owner(controller, verb).__module__)]


def _owner(controller: type, name: str) -> type:
    return next(owner for owner in controller.__mro__ if name in vars(owner))


class ConventionRoute(URLSpec):
    """A route that was not written, but follows from a class and a signature; its place is that of the action."""

    def __init__(
        self, entry: ControllerEntry, pattern: str, action: str | None, methods: tuple[str, ...] | None
    ) -> None:
        self.source = of_function(getattr(entry.controller, action or "open"))
        self.controller = entry.name
        super().__init__(pattern, entry.controller, action=action, methods=methods)


def _is_plain_websocket(controller: type[RequestHandler]) -> bool:
    return is_websocket(controller) and not hasattr(controller, EVENTS)


def _path_pattern(entry: ControllerEntry, action: str) -> str:
    """The part of a pattern that an action's parameters make.

    ``(self, year, month=None, *rest)`` is a segment, an optional one, and any number more.
    """
    function = getattr(entry.controller, action)
    try:
        parameters = path_parameters(function)
    except Exception as error:
        place = f"{_place(entry.controller)}.{action} ({of_function(function)})"
        hint = "Import the name it uses." if isinstance(error, NameError) else ""
        raise SignatureError(place, f"an annotation cannot be read: {error}", hint) from None
    pattern = ""
    for parameter in reversed(parameters):
        if parameter.kind is parameter.kind.VAR_POSITIONAL and _is_plain_websocket(entry.controller):
            place = f"{_place(entry.controller)}.{action} ({of_function(function)})"
            raise SignatureError(place, f"a WebSocket's open() takes its path params by name, not as *{parameter.name}")
        if parameter.kind is parameter.kind.VAR_POSITIONAL:
            pattern = f"(?:/(?P<{parameter.name}>.+))?"
        elif parameter.is_required:
            pattern = f"/(?P<{parameter.name}>[^/]+){pattern}"
        else:
            pattern = f"(?:/(?P<{parameter.name}>[^/]+){pattern})?"
    return pattern
