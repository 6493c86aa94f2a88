"""Rails' routing language: what a routes function calls to draw its table.

::

    def routes(map):
        map.root("main#index")
        with map.resources("posts", only=["index", "show"]):
            map.get("preview", on="member")

Words, options, order, names and URLs are Rails'. An option that is a Python keyword has an underscore (``as_``). A
path is text; where Rails has a symbol for a path, ``action=`` is given and no path.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.blocks import Block, word
from tornado_rails.routing.drawing import Direct
from tornado_rails.routing.files import is_there, routes_function
from tornado_rails.routing.gathering import note
from tornado_rails.routing.mapping import NOT_GIVEN, Said, Word, is_endpoint, shorthand
from tornado_rails.routing.resource import listed
from tornado_rails.routing.scope import MERGES
from tornado_rails.routing.scoping import Scoping

_ON: Final = ("member", "collection", "new")
Function = TypeVar("Function", bound=Callable[..., Any])


class Mapper(Scoping):
    """Draws routes; the argument of a routes function."""

    # Single routes

    @word
    def get(self, *path: str, **options: Any) -> None:
        """Draws a route for GET: ``map.get("login", to="user#login", as_="login")``."""
        self._match(path, {**options, "via": "get"})

    @word
    def post(self, *path: str, **options: Any) -> None:
        """Draws a route for POST."""
        self._match(path, {**options, "via": "post"})

    @word
    def put(self, *path: str, **options: Any) -> None:
        """Draws a route for PUT."""
        self._match(path, {**options, "via": "put"})

    @word
    def patch(self, *path: str, **options: Any) -> None:
        """Draws a route for PATCH."""
        self._match(path, {**options, "via": "patch"})

    @word
    def delete(self, *path: str, **options: Any) -> None:
        """Draws a route for DELETE."""
        self._match(path, {**options, "via": "delete"})

    @word
    def query(self, *path: str, **options: Any) -> None:
        """Draws a route for QUERY: a GET with a body."""
        self._match(path, {**options, "via": "query"})

    @word
    def options(self, *path: str, **options: Any) -> None:
        """Draws a route for OPTIONS: of the path and all below it, without a format, as Rails does."""
        self._match(path, {"anchor": False, "format": False, **options, "via": "options"})

    @word
    def connect(self, *path: str, **options: Any) -> None:
        """Draws a route for CONNECT and GET, which open a WebSocket."""
        self._match(path, {"anchor": False, "format": False, **options, "via": ["get", "connect"]})

    @word
    def match(self, *path: str, **options: Any) -> None:
        """Draws a route for the methods in ``via``: ``map.match("photos", to="photos#show", via=["get", "post"])``."""
        self._match(path, options)

    @word
    def root(self, to: Any = None, **options: Any) -> None:
        """Draws the route of "/" in this scope: ``map.root("main#index")``."""
        if to is not None:
            options["to"] = to
        options = {"as": "root", "via": "get", **options}
        resource = self._scope.resource
        if self._scope.level == "resources" and resource is not None:
            with self._level("root"), self._path(resource.path):
                self._match(("/",), options)
        else:
            self._match(("/",), options)

    @word
    def mount(self, app: Any = None, *rest: Any, at: str | None = None, **options: Any) -> None:
        """Hands all below a path to an application: ``map.mount("/metrics", app)``, or ``map.mount(app, at=...)``."""
        if isinstance(app, str) and rest:
            app, at = rest[0], app
        if app is None or not is_endpoint(app):
            hint = "Give a tornado.web.Application, a Tornado router or a WSGI callable."
            raise errors.MountError(str(self._place), f"{app!r} is no application", hint)
        if at is None:
            raise errors.MountError(str(self._place), "it has no place", 'Give at="/path".')
        self._match((at,), {"as": None, "anchor": False, "format": False, "via": "all", **options, "to": app})

    # Resources

    @word
    def resources(self, *names: str, **options: Any) -> Block:
        """Draws the seven routes of each resource; inside of its block stand the routes of its members."""
        return Block(self, [self._opener(name, False, options) for name in names])

    @word
    def resource(self, *names: str, **options: Any) -> Block:
        """Draws the six routes of a resource that there is one of, without an id."""
        return Block(self, [self._opener(name, True, options) for name in names])

    def _opener(self, name: str, singular: bool, options: dict[str, Any]) -> Callable[[], AbstractContextManager[None]]:
        return lambda: self._resources(name, singular, options)

    @word
    def member(self) -> Block:
        """Draws inside of it the routes of one member of the resource: "/posts/:id/...."""
        return Block(self, [self._member])

    @word
    def collection(self) -> Block:
        """Draws inside of it the routes of all members together: "/posts/...."""
        return Block(self, [self._collection])

    @word
    def new(self) -> Block:
        """Draws inside of it the routes of a member yet to be made: "/posts/new/...."""
        return Block(self, [self._new])

    @word
    def nested(self) -> Block:
        """Draws inside of it what belongs to a member: "/posts/:post_id/...."""
        return Block(self, [self._nested])

    @word
    def shallow(self) -> Block:
        """Draws nested resources inside of it with short paths for their members."""
        return Block(self, [lambda: self._with(shallow=True)])

    @word
    def resources_path_names(self, **names: str) -> None:
        """Says what "new" and "edit" are in the paths of what follows."""
        self._scope["path_names"].update(names)

    # Scopes

    @word
    def scope(self, *path: str, **options: Any) -> Block:
        """Draws inside of it with these options: path, module, as_, controller, constraints, defaults, ..."""
        if path:
            options["path"] = "/".join(path)
        return Block(self, [lambda: self._scoped(options)])

    @word
    def namespace(self, name: str, **options: Any) -> Block:
        """Draws inside of it with a path, a module and a name's prefix of this name."""
        return Block(self, [lambda: self._namespaced(name, options)])

    @word
    def controller(self, name: str, **options: Any) -> Block:
        """Draws inside of it routes whose targets are this controller's actions."""
        return Block(self, [lambda: self._scoped({**options, "controller": name})])

    @word
    def constraints(self, predicate: Any = None, **constraints: Any) -> Block:
        """Draws inside of it routes with these constraints, or with a callable that must agree."""
        return Block(self, [lambda: self._scoped({"constraints": constraints if predicate is None else predicate})])

    @word
    def defaults(self, **defaults: Any) -> Block:
        """Draws inside of it routes with these defaults."""
        return Block(self, [lambda: self._with(defaults=MERGES["defaults"](self._scope["defaults"], defaults))])

    # What routes functions define besides routes

    @word
    def concern(self, name: str, function: Callable[..., object] | None = None) -> Any:
        """Names routes to use at several places: ``@map.concern("commentable")`` over a function that draws them."""

        def define(function: Function) -> Function:
            self._drawing.concerns[name] = function
            return function

        return define if function is None else define(function)

    @word
    def concerns(self, *names: Any, **options: Any) -> None:
        """Draws the routes of concerns here."""
        flat = [each for name in names for each in listed(name)]
        self._use_concerns(tuple(flat), options)

    @word
    def direct(self, name: str, **defaults: Any) -> Callable[[Function], Function]:
        """Names a URL of one's own: ``@map.direct("homepage")`` over a function that returns what url_for takes."""
        if not self._scope.is_root:
            raise errors.DirectInScopeError(str(self._place), "it stands in a scope", "Draw it at the top.")

        def define(function: Function) -> Function:
            self._drawing.directs[name] = Direct(name, function, defaults)
            return function

        return define

    @word
    def default_url_options(self, **options: Any) -> None:
        """Says options that all URLs of the table have."""
        self._drawing.default_url_options.update(options)

    @word
    def draw(self, name: str | Callable[[Mapper], object]) -> None:
        """Draws more routes here: those of a function, or of the function ``routes`` in a file of that name."""
        if callable(name):
            name(self)
            return
        known = self._drawing.files.get(name)
        if known is not None:
            known(self)
            return
        for folder in self._drawing.folders:
            file = os.path.join(folder, f"{name}.py")
            if is_there(file):
                function = routes_function(file)
                if function is None:
                    raise errors.DrawFileError(str(self._place), f"the file {file} has no function routes(map)")
                function(self)
                return
        where = ", ".join(os.path.join(folder, f"{name}.py") for folder in self._drawing.folders)
        raise errors.DrawFileError(str(self._place), f"there are no routes named {name!r}", f"Looked for {where}.")

    # One call, one route

    def _match(self, paths: tuple[str, ...], options: dict[str, Any]) -> None:
        try:
            self._draw_match(paths, options)
        except errors.DrawingError as error:
            note(error)

    def _draw_match(self, paths: tuple[str, ...], options: dict[str, Any]) -> None:
        call = str(self._place)
        options = dict(options)
        if len(paths) > 1:
            raise errors.SeveralPathsError(call, f"it takes one path and was given {len(paths)}")
        on = options.pop("on", None)
        if on is not None and on not in _ON:
            raise errors.OnOptionError(call, f"on={on!r} is no place", f"It is one of {', '.join(map(repr, _ON))}.")
        to = options.pop("to", None) or self._scope["to"]
        if to is None and self._scope["controller"] and self._scope["action"]:
            to = f"{self._scope['controller']}#{self._scope['action']}"
        via = options.pop("via", None)
        verbs = listed(via if via is not None else self._scope["via"])
        if not verbs:
            hint = 'Give via="get", via=["get", "post"] or via="all"; or draw it with get().'
            raise errors.MissingViaError(call, "it does not say which HTTP methods it takes", hint)
        asked_format = options.pop("format", None)
        anchor = options.pop("anchor", None)
        action = options.pop("action", None)
        said = Said(
            verbs=() if "all" in verbs else tuple(verb.upper().replace("_", "-") for verb in verbs),
            to=to,
            controller=options.pop("controller", None),
            action=action,
            format=self._scope["format"] if asked_format is None else asked_format,
            anchor=True if anchor is None else bool(anchor),
            constraints=options.pop("constraints", None),
            as_=options.pop("as", NOT_GIVEN),
        )
        path = options.pop("path", None)
        defaults = options.pop("defaults", None)
        said.rest = options
        if paths and isinstance(paths[0], Word):
            word_ = str(paths[0])
        elif paths:
            if path is not None:
                raise errors.AmbiguousPathError(call, f"it has the path {paths[0]!r} and path={path!r}")
            word_ = path = paths[0]
            if said.to is None and said.action is None:
                said.to = shorthand(path)
        else:
            if action is None:
                raise errors.MissingPathError(call, "it has no path", "Give a path, or action= to name one.")
            word_, said.action = action, None
        if defaults:
            with self._with(defaults=MERGES["defaults"](self._scope["defaults"], defaults)):
                self._place_route(word_, path, said, on)
        else:
            self._place_route(word_, path, said, on)

    def _place_route(self, word_: str, path: str | None, said: Said, on: str | None) -> None:
        level = self._scope.level
        if on is not None:
            ways = {"member": self._member, "collection": self._collection, "new": self._new}
            with ways[on]():
                self._place_route(word_, path, said, None)
        elif level == "resources":
            with self._nested():
                self._add(word_, path, said)
        elif level == "resource":
            with self._member():
                self._add(word_, path, said)
        else:
            self._add(word_, path, said)
