"""One route from what a call of the mapper said and what its scopes say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing import linear
from tornado_rails.routing.constraints import REQUEST_ATTRIBUTES, URL_ATTRIBUTES, is_predicate
from tornado_rails.routing.conventions import controller_name
from tornado_rails.routing.pattern import PathPattern, Requirement, escape_drawn, params, parse
from tornado_rails.routing.route import LAZY, Route
from tornado_rails.routing.scope import Scope, drawn_path
from tornado_rails.routing.source import Source

#: Said of an option that was not given, where None means something.
NOT_GIVEN: Final[Any] = object()

_HAS_FORMAT = re.compile(r"(?:\(\.:format\)+|\.:format|/)\Z")
_CONTROLLER = re.compile(r"[a-z_0-9][a-z_0-9/]*\Z")
_ANCHORS = re.compile(r"\A(?:\\A|\^)|(?:\\Z|\\z|\$)\Z")
_SHORTHAND = re.compile(r"/?[-\w]+/[-\w/]+\Z", re.ASCII)


class Word(str):
    """A path that is a word: it names an action, and ``path_names`` may write it otherwise.

    ``map.get(action="preview")`` says it without this; ``map.get(Word("preview"), action="show")`` runs another.
    """

    __slots__ = ()


@dataclass(slots=True)
class Said:
    """What one call said: the options that are known by name, and all others in ``rest``."""

    verbs: tuple[str, ...] = ()
    to: Any = None
    controller: Any = None
    action: Any = None
    format: Any = None
    anchor: bool = True
    constraints: Any = None
    as_: Any = NOT_GIVEN
    rest: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> Said:
        """Its own copy, to change."""
        return Said(
            self.verbs, self.to, self.controller, self.action, self.format, self.anchor, self.constraints, self.as_,
            dict(self.rest),
        )  # fmt: skip


def with_format(path: str, asked: Any) -> str:
    """A pattern with the format segment that it has unless it is told not to.

    >>> with_format("/posts", None), with_format("/posts", True), with_format("/", None)
    ('/posts(.:format)', '/posts.:format', '/')
    """
    path = drawn_path(path)
    if asked is True:
        return f"{path}.:format"
    return path if asked is False or _HAS_FORMAT.search(path) else f"{path}(.:format)"


def shorthand(path: str) -> str | None:
    """The target that a path of words stands for.

    >>> shorthand("/admin/user-posts/list"), shorthand("about")
    ('admin/user_posts#list', None)
    """
    path = path.removesuffix("(.:format)")
    if not _SHORTHAND.match(path):
        return None
    words = path.removeprefix("/").replace("-", "_")
    return "#".join(words.rpartition("/")[::2])


def is_target_function(value: Any) -> bool:
    """Whether a value is a controller's action given as the function itself: ``PostsController.index``."""
    owner, dot, _name = getattr(value, "__qualname__", "").rpartition(".")
    return inspect.isfunction(value) and bool(dot) and not owner.endswith("<locals>")


def target_text(value: Any) -> str | None:
    """The text of a target that is given as a function, or as (class, name)."""
    if is_target_function(value):
        owner, _, name = value.__qualname__.rpartition(".")
        return f"{controller_name(owner.rpartition('.')[2])}#{name}"
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], type) and isinstance(value[1], str):
        return f"{controller_name(value[0].__name__)}#{value[1]}"
    return None


def is_endpoint(value: Any) -> bool:
    """Whether a target takes requests by itself: a redirect, an application, a router, a WSGI callable."""
    if value is None or isinstance(value, str) or target_text(value) is not None:
        return False
    return callable(value) or hasattr(value, "find_handler") or hasattr(value, "location")


def build(scope: Scope, said: Said, path: str, name: str | None, position: int, call: str, source: Source) -> Route:
    """The route that a call draws in a scope; raises a `DrawingError` that says the call."""
    path = with_format(escape_drawn(path), said.format)
    try:
        found = [param for param, _optional in params(parse(path))]
    except ValueError as error:
        raise errors.PathSyntaxError(call, str(error)) from None
    names = [param.name for param in found]
    for name_ in ("controller", "action"):
        if name_ in names:
            hint = f"Write a route for each {name_}, or use resources(); conventions serve /<controller>/<action>."
            raise errors.DynamicSegmentError(call, f"{path!r} lets the request choose its {name_}", hint)
    lazy = {param.name: LAZY for param in found if param.glob} if said.format is not False else {}
    options: dict[str, Any] = {**lazy, **(scope["options"] or {}), **said.rest}
    target = None
    endpoint = said.to if is_endpoint(said.to) else None
    if endpoint is None:
        options.update(_endpoint(scope, said, call))
        target = said.to if target_text(said.to) else None

    asked = {**(scope["constraints"] or {})}
    asked.update({key: value for key, value in options.items() if isinstance(value, re.Pattern)})
    defaults = dict(scope["defaults"] or {})
    predicates = tuple(scope["blocks"] or ())
    own = {} if said.constraints is None else said.constraints
    if isinstance(own, Mapping):
        defaults = {**place_defaults(own), **defaults}
        asked.update(own)
    else:
        check_predicate(own, call)
        predicates = (own,)
    requirements = {key: value for key, value in asked.items() if key in names}
    for key, requirement in requirements.items():
        _check_requirement(key, requirement, call)
    asked_format, default_format = _format(said.format)
    requirements = {**asked_format, **requirements}
    defaults = {**default_format, **defaults}
    defaults.update({key: value for key, value in options.items() if not isinstance(value, re.Pattern)})
    return Route(
        position=position,
        name=name,
        verbs=said.verbs,
        path=path,
        pattern=_pattern(path, requirements, said.anchor, call),
        controller=defaults.get("controller") if endpoint is None else None,
        action=defaults.get("action") if endpoint is None else None,
        defaults=defaults,
        required_defaults=tuple(
            key for key, value in options.items() if not isinstance(value, re.Pattern) and key not in names
        ),
        requirements={key: value for key, value in requirements.items() if value != LAZY},
        constraints={k: v for k, v in asked.items() if k not in names and k in REQUEST_ATTRIBUTES},
        predicates=predicates,
        scope_options=dict(scope["options"] or {}),
        source=source,
        endpoint=endpoint,
        target=target,
    )


def place_defaults(constraints: Mapping[str, Any]) -> dict[str, Any]:
    """The constraints that are also a part of the route's URL.

    >>> place_defaults({"subdomain": "api", "id": "5", "port": 8080})
    {'subdomain': 'api', 'port': 8080}
    """
    return {
        name: value
        for name, value in constraints.items()
        if name in URL_ATTRIBUTES and isinstance(value, (str, int)) and not isinstance(value, bool)
    }


def check_predicate(value: Any, call: str) -> None:
    """Raises where a constraint is nothing that can be asked."""
    if not is_predicate(value):
        hint = "Give a mapping, a callable of the request, or an object with matches(request)."
        raise errors.PredicateError(call, f"constraints={value!r} cannot be asked", hint)


def _endpoint(scope: Scope, said: Said, call: str) -> dict[str, str]:
    to = target_text(said.to) or said.to
    controller, action = said.controller, said.action
    if to is not None:
        if not isinstance(to, str) or isinstance(to, Word):
            hint = 'Give "controller#action", (Controller, "action"), Controller.action, a redirect or an application.'
            raise errors.TargetError(call, f"to={to!r} is no target", hint)
        if "#" in to:
            controller, _, action = to.partition("#")
        else:
            action = to
    if controller is not None:
        controller = str(controller)
    module = scope["module"]
    if module not in (None, False):
        if controller is not None and controller.startswith("/"):
            controller = controller[1:]
        else:
            controller = module if controller is None else f"{module}/{controller}"
    if controller is None:
        raise errors.MissingControllerError(call, "no controller is known for it", 'Give to="controller#action".')
    if not _CONTROLLER.match(controller):
        hint = 'Write it as its module is named, "admin/storage_files".'
        raise errors.ControllerNameError(call, f"{controller!r} is not a controller's name", hint)
    if not action:
        raise errors.MissingActionError(call, f"no action of {controller!r} is known for it", "Give action=.")
    return {"controller": controller, "action": str(action)}


def _format(asked: Any) -> tuple[dict[str, Requirement], dict[str, Any]]:
    if asked is True:
        return {"format": re.compile(".+")}, {}
    if isinstance(asked, re.Pattern):
        return {"format": asked}, {"format": None}
    if isinstance(asked, str):
        return {"format": re.compile(asked)}, {"format": asked}
    return {}, {}


def _check_requirement(name: str, requirement: Any, call: str) -> None:
    if isinstance(requirement, re.Pattern) and _ANCHORS.search(requirement.pattern):
        fact = f"the constraint {requirement.pattern!r} of :{name} is anchored"
        hint = "Leave the anchor out: the whole segment must match in any case."
        raise errors.AnchoredConstraintError(call, fact, hint)


def _pattern(path: str, requirements: Mapping[str, Any], anchored: bool, call: str) -> PathPattern:
    usable = {
        name: value if isinstance(value, re.Pattern) else str(value)
        for name, value in requirements.items()
        if not is_predicate(value) or isinstance(value, re.Pattern)
    }
    try:
        return PathPattern(path, usable, anchored)
    except linear.UnsafeError as error:
        hint = "Write its constraint so that a text can be read in one way only."
        raise errors.UnsafeConstraintError(call, f"{path!r} cannot be matched safely: {error}", hint) from None
    except re.error as error:
        raise errors.UnsafeConstraintError(call, f"its constraints do not compile: {error}") from None
