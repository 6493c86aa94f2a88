"""The mapper's scopes as context managers: what a block changes while it is open, and what it draws when it closes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.blocks import NOWHERE, Place, Tape
from tornado_rails.routing.drawing import Drawing, call_with
from tornado_rails.routing.gathering import note
from tornado_rails.routing.mapping import NOT_GIVEN, Said, build, check_predicate, place_defaults
from tornado_rails.routing.resource import (
    CANONICAL_ACTIONS,
    PLURAL_ACTIONS,
    SINGULAR_ACTIONS,
    Resource,
    listed,
    make_resource,
    unknown_actions,
)
from tornado_rails.routing.scope import MERGES, RESOURCE_METHOD_LEVELS, Scope, drawn_path
from tornado_rails.routing.source import Source

_RESOURCE_OPTIONS: Final = frozenset({"as", "controller", "path", "only", "except", "param", "concerns"})
_WORDS: Final = re.compile(r"^[\w\-/]+$", re.ASCII | re.MULTILINE)
_NAME_BEGINS: Final = re.compile("[_a-zA-Z]")

Options = dict[str, Any]


class Scoping:
    """The scope that a mapper is in, and the ways into others."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._scope = Scope({"path_names": {"new": "new", "edit": "edit"}}, None, None)
        self._place: Place = NOWHERE
        self._depth = 0
        self._tape: Tape | None = None
        self._replayed: Source | None = None

    @contextmanager
    def _inside(self, scope: Scope) -> Iterator[None]:
        outer, self._scope = self._scope, scope
        try:
            yield
        finally:
            self._scope = outer

    @contextmanager
    def _with(self, **frame: Any) -> Iterator[None]:
        with self._inside(self._scope.inner(**frame)):
            yield

    @contextmanager
    def _level(self, level: str) -> Iterator[None]:
        with self._inside(self._scope.at_level(level)):
            yield

    @contextmanager
    def _path(self, path: Any) -> Iterator[None]:
        with self._with(path=MERGES["path"](self._scope["path"], path)):
            yield

    def _resource_here(self, word: str) -> Resource:
        resource = self._scope.resource
        if not self._scope.in_resources or resource is None:
            hint = "Draw it in the block of resources() or resource()."
            raise errors.OutsideResourcesError(str(self._place), f"{word} stands outside of resources", hint)
        return resource

    @contextmanager
    def _member(self) -> Iterator[None]:
        resource = self._resource_here("member")
        with self._level("member"), self._shallow_or_not(self._is_shallow(resource)), self._path(resource.member_path):
            yield

    @contextmanager
    def _collection(self) -> Iterator[None]:
        resource = self._resource_here("collection")
        with self._level("collection"), self._path(resource.path):
            yield

    @contextmanager
    def _new(self) -> Iterator[None]:
        resource = self._resource_here("new")
        with self._level("new"), self._path(f"{resource.path}/{self._action_path('new')}"):
            yield

    @contextmanager
    def _nested(self) -> Iterator[None]:
        resource = self._resource_here("nested")
        with self._level("nested"):
            shallow = self._is_shallow(resource) and self._scope.shallow_depth >= 1
            options: Options = {"as": resource.member_name}
            constraint = (self._scope["constraints"] or {}).get(resource.param)
            if isinstance(constraint, re.Pattern):
                options["constraints"] = {resource.nested_param: constraint}
            with self._shallow_or_not(shallow), self._path(resource.nested_path), self._scoped(options):
                yield

    def _is_shallow(self, resource: Resource) -> bool:
        return not resource.singular and bool(self._scope["shallow"])

    @contextmanager
    def _shallow_or_not(self, shallow: bool) -> Iterator[None]:
        if not shallow:
            yield
            return
        with self._with(**{"as": self._scope["shallow_prefix"], "path": self._scope["shallow_path"]}):
            yield

    @contextmanager
    def _scoped(self, options: Options) -> Iterator[None]:
        """The block of ``scope``: known options are merged with the outer ones, others are each route's."""
        options = dict(options)
        frame: Options = {}
        if self._scope.level != "nested":
            if "path" in options and options.get("shallow_path") in (None, False):
                options["shallow_path"] = options["path"]
            if "as" in options and options.get("shallow_prefix") in (None, False):
                options["shallow_prefix"] = options["as"]
        constraints = options.get("constraints")
        block = None
        if constraints is None or isinstance(constraints, Mapping):
            options["constraints"] = constraints or {}
            options["defaults"] = {**place_defaults(options["constraints"]), **(options.get("defaults") or {})}
        else:
            check_predicate(constraints, str(self._place))
            block, options["constraints"] = constraints, {}
        only, without = options.pop("only", None), options.pop("except", None)
        if only is not None or without is not None:
            frame["actions"] = {"only": only, "except": without}
        if "anchor" in options:
            raise errors.ScopeOptionError(str(self._place), "anchor= is an option of a route, not of a scope")
        frame["blocks"] = [*(self._scope["blocks"] or []), *([block] if block is not None else [])]
        # NOTE: ``to`` also becomes a default of each route, as it does in Rails.
        rest = {name: value for name, value in options.items() if name not in MERGES or name == "to"}
        frame["options"] = {**(self._scope["options"] or {}), **rest}
        for name, merge in MERGES.items():
            if name in options:
                frame[name] = merge(self._scope[name], options[name])
        with self._with(**frame):
            yield

    @contextmanager
    def _namespaced(self, name: str, options: Options) -> Iterator[None]:
        if self._scope.in_resources:
            with self._nested(), self._namespaced(name, options):
                yield
            return
        path = options.get("path", name)
        rest = {key: value for key, value in options.items() if key != "path"}
        if rest.get("module") in (None, False):
            rest["module"] = name
        rest.setdefault("as", name)
        rest.setdefault("shallow_path", path)
        rest.setdefault("shallow_prefix", rest["as"])
        with self._path(path), self._scoped(rest):
            yield

    @contextmanager
    def _resources(self, entity: str, singular: bool, options: Options) -> Iterator[None]:
        """The block of ``resources`` or ``resource``; its own routes are drawn when it closes."""
        options = dict(options)
        around: Any = None
        if options.get("shallow") not in (None, False):
            del options["shallow"]
            around = self._with(shallow=True)
        elif self._scope.in_resources:
            around = self._nested()
        else:
            regexps = {name: value for name, value in options.items() if isinstance(value, re.Pattern)}
            if regexps:
                options["constraints"] = {**(options.get("constraints") or {}), **regexps}
            scope_options = {
                name: value for name, value in options.items() if name not in _RESOURCE_OPTIONS and name not in regexps
            }
            options = {name: value for name, value in options.items() if name in _RESOURCE_OPTIONS}
            if scope_options:
                around = self._scoped(scope_options)
        if around is not None:
            with around, self._resources(entity, singular, options):
                yield
            return
        with self._level("resource" if singular else "resources"):
            resource = self._make_resource(entity, singular, options)
            with self._with(resource=resource), self._with(controller=resource.controller):
                yield
                self._use_concerns(listed(options.get("concerns")), {})
                self._draw_actions(resource)

    def _make_resource(self, entity: str, singular: bool, options: Options) -> Resource:
        only, without = options.get("only"), options.get("except")
        call = str(self._place)
        if only is None and without is None:
            inherited = self._scope["actions"] or {}
            known: tuple[str, ...] = SINGULAR_ACTIONS if singular else PLURAL_ACTIONS
            if self._drawing.api_only:
                known = tuple(action for action in known if action not in ("new", "edit"))
            only, without = (
                [action for action in listed(inherited[name]) if action in known]
                if inherited.get(name) is not None
                else None
                for name in ("only", "except")
            )
        unknown = unknown_actions(singular, only, without)
        if unknown:
            known = SINGULAR_ACTIONS if singular else PLURAL_ACTIONS
            hint = f"It has {', '.join(known)}."
            raise errors.OnlyExceptError(call, f"only= and except_= name {', '.join(map(repr, unknown))}", hint)
        param = options.get("param")
        if ":" in str(param or ""):
            raise errors.ParamNameError(call, f"param={param!r} has a colon", f"Write {str(param).strip(':')!r}.")
        return make_resource(
            entity,
            singular,
            as_=options.get("as"),
            path=options.get("path"),
            controller=options.get("controller"),
            param=param,
            only=only,
            except_=without,
            shallow=bool(self._scope["shallow"]),
            api_only=self._drawing.api_only,
        )

    def _draw_actions(self, resource: Resource) -> None:
        """The resource's own routes, in Rails' order."""
        has = frozenset(resource.actions)
        if not resource.singular:
            with self._collection():
                for action, verb in (("index", "GET"), ("create", "POST")):
                    if action in has:
                        self._match((), {"action": action, "via": verb})
        if "new" in has:
            with self._new():
                self._match((), {"action": "new", "via": "GET"})
        with self._member():
            for action, verb in (
                ("edit", "GET"),
                ("show", "GET"),
                ("update", "PATCH"),
                ("update", "PUT"),
                ("destroy", "DELETE"),
            ):
                if action in has:
                    self._match((), {"action": action, "via": verb})
        if resource.singular and "create" in has:
            with self._collection():
                self._match((), {"action": "create", "via": "POST"})

    def _match(self, paths: tuple[str, ...], options: Options) -> None:
        """Draws what one call of a verb says; the mapper's."""
        raise NotImplementedError

    def _use_concerns(self, names: tuple[str, ...], options: Options) -> None:
        for name in names:
            concern = self._drawing.concerns.get(name)
            if concern is None:
                hint = errors.did_you_mean(name, self._drawing.concerns).strip()
                raise errors.UnknownConcernError(str(self._place), f"no concern is named {name!r}", hint)
            self._depth += 1
            try:
                call_with(concern, _mapper_first(concern, self), options)
            finally:
                self._depth -= 1

    def _action_path(self, action: str) -> str:
        return str((self._scope["path_names"] or {}).get(action) or action)

    def _is_canonical(self, action: str) -> bool:
        return self._scope.level in RESOURCE_METHOD_LEVELS and action in CANONICAL_ACTIONS

    def _route_name(self, as_: Any, action: str | None) -> str | None:
        """A route's name: as asked for, else made of its words if it is fit and free."""
        if as_ is None or as_ is False:
            return None
        given = as_ is not NOT_GIVEN
        prefix: str | None = str(as_) if given else action
        if not given and prefix is not None and self._is_canonical(prefix):
            prefix = None
        if prefix in (None, "", "/"):
            prefix = None
        elif prefix is not None:
            prefix = drawn_path(prefix.replace("-", "_"))[1:].replace("/", "_")
        resource = self._scope.resource
        if resource is not None and not given and action is None:
            return None
        member = resource.member_name if resource else None
        collection = resource.collection_name if resource else None
        parts = self._scope.name_parts(prefix, collection, member)
        name = "_".join(part for part in parts if part and part.strip())
        if not name or given:
            return name or None
        return name if _NAME_BEGINS.match(name) and name not in self._drawing.named else None

    def _add(self, word: str, path: str | None, said: Said) -> None:
        """Draws one route in the scope as it is: ``word`` is its action, or the path that it was written with."""
        outer = self._scope["path"] or ""
        if path is not None:
            full = f"{outer}/{path}"
        elif self._is_canonical(word):
            full = str(outer)
        else:
            full = f"{outer}/{self._action_path(word)}"
        call = str(self._place)
        if not full.strip():
            raise errors.MissingPathError(call, "it has no path", "Give a path, or action= to name one.")
        action = said.action if said.action is not None else self._scope["action"]
        words: str | None = word
        if _WORDS.search(word):
            if action is None and "/" not in word:
                action = word.replace("-", "_")
        else:
            words = None
        said = said.copy()
        said.action = action
        if said.controller is None:
            said.controller = self._scope["controller"]
        name = self._route_name(said.as_, words)
        try:
            route = build(self._scope, said, full, name, len(self._drawing.routes), call, self._place.source)
            self._drawing.add(route, call)
        except errors.DrawingError as error:
            note(error)


def _mapper_first(function: Any, mapper: object) -> list[object]:
    """The mapper, for a concern whose first parameter is for it: ``def commentable(map, **options)``."""
    names = list(inspect.signature(function).parameters)
    return [mapper] if names and names[0] in ("map", "mapper") else []
