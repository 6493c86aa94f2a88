"""A route: Tornado's rule that also holds action, param_keys and methods."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeGuard

import tornado.routing
from tornado.routing import Matcher, PathMatches, Rule
from tornado.util import import_object
from tornado.web import RequestHandler

from tornado_rails.errors import MethodsError, MixedGroupsError, ParamKeysError, PatternError, did_you_mean
from tornado_rails.routing.actions import DECLARES, WRAPS, check_action
from tornado_rails.routing.source import UNKNOWN, Source, TableSource, caller, locate

if TYPE_CHECKING:
    from tornado_rails.routing.route import Route

ROUTING_KEYS = ("action", "param_keys", "methods")

_KEYS = frozenset(ROUTING_KEYS)
_WATCHED = frozenset({"matcher", "target", "target_kwargs"})


class Dispatcher(Protocol):
    """What routing asks of the controllers' side, which it never imports."""

    def bind(self, spec: URLSpec) -> None:
        """Sets ``spec.target`` to a class that runs the route's action, or raises a `RouteError`."""


class _Revision:
    """Counts changes to tables, so that a router knows by one comparison whether to look at its own."""

    __slots__ = ("number", "rules")

    def __init__(self) -> None:
        self.number = 0  # of all changes
        self.rules = 0  # of those that no list of rules can see: a route was given another matcher or target


revision = _Revision()


class URLSpec(tornado.routing.URLSpec):
    r"""A Tornado ``URLSpec`` that also holds an action, names for its groups, and methods.

    >>> from tornado.web import RequestHandler
    >>> class UserHandler(RequestHandler):
    ...     def login(self): ...
    >>> URLSpec(r"/user/(\d+)", UserHandler, {"action": "login", "param_keys": ("id",)})
    URLSpec('/user/(\\d+)$', UserHandler, action='login', param_keys=('id',))

    The three may also stand in ``kwargs``; what else is there goes to the handler's ``initialize``. A key that
    ``initialize`` itself names stays there and does not route.

    :arg action: the handler's method that runs, in place of the HTTP verb's.
    :arg param_keys: one name for each capturing group, in order.
    :arg methods: the HTTP methods that the route takes; GET takes HEAD along. All, if left out.

    Raises a `tornado_rails.errors.RouteError` for what could never work: an unknown or refused action, a wrong
    number of param_keys, a signature that the route cannot satisfy.
    """

    dispatcher: ClassVar[Dispatcher]

    # A route without routing keys carries none of these itself.
    action: str | None = None
    param_keys: tuple[str, ...] | None = None
    methods: tuple[str, ...] | None = None
    #: The controller's name ("user", "admin/posts") where the route was drawn, or made by convention.
    controller: str | None = None
    #: The `Route` of the routing language, where one was drawn.
    drawn: Route | None = None
    #: Where the route was written; a route that is made knows it.
    source: Source = None  # type: ignore[assignment]  # PERF: asking __dict__ would make one for each route
    # NOTE: few public names, as applications have subclasses of URLSpec with attributes of their own.
    _accepts: frozenset[str] | None = None  # the methods, HEAD included; None where the handler decides
    _invoke: Callable[[Any], Any] | None = None  # runs the action on a handler; set by the dispatcher

    def __init__(
        self,
        pattern: str | re.Pattern[str],
        handler: Any,
        kwargs: dict[str, Any] | None = None,
        name: str | None = None,
        *,
        action: str | None = None,
        param_keys: Iterable[str] | None = None,
        methods: str | Iterable[str] | None = None,
    ) -> None:
        if self.source is None:
            self.source = caller()
        given = {"action": action, "param_keys": param_keys, "methods": methods}
        keys = {key: value for key, value in given.items() if value is not None}
        if kwargs and not _KEYS.isdisjoint(kwargs):
            if isinstance(handler, str):
                handler = import_object(handler)
            theirs, kwargs = split_kwargs(handler, kwargs)
            keys = {**theirs, **keys}
        try:
            super().__init__(pattern, handler, kwargs, name)
        except re.error as error:
            raise PatternError(f"route {pattern!r} ({self._place(pattern)})", error) from None
        except AssertionError:
            if keys:
                raise self._mixed_groups(pattern) from None
            raise
        if keys:
            self._route_by(**keys)
        elif getattr(self.target, WRAPS, False) or hasattr(self.target, DECLARES):
            self.dispatcher.bind(self)

    @classmethod
    def from_tuple(cls, arguments: Sequence[Any]) -> URLSpec:
        """The route that stands as a tuple or list in a table."""
        spec = cls.__new__(cls)
        spec.source = caller(in_table=True)
        spec.__init__(*arguments)  # type: ignore[misc]
        return spec

    @classmethod
    def from_rule(cls, rule: Rule, source: Source | None = None) -> URLSpec | None:
        """The route that a rule of Tornado's own class stands for, if its kwargs hold routing keys.

        ``source`` is the call that was handed the table, where that is not the caller.
        """
        kwargs = rule.target_kwargs
        if not kwargs or _KEYS.isdisjoint(kwargs):
            return None
        keys, kwargs = split_kwargs(rule.target, kwargs)
        if not keys:
            return None
        spec = cls.__new__(cls)
        spec.__dict__.update(rule.__dict__, target_kwargs=kwargs, source=source or caller(in_table=True))
        spec.regex = getattr(rule.matcher, "regex", None)  # type: ignore[assignment]
        spec.handler_class = rule.target
        spec.kwargs = kwargs
        spec._route_by(**keys)
        return spec

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _WATCHED and hasattr(self, name):
            revision.number += 1
            revision.rules += 1
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        shown = [f"{key}={getattr(self, key)!r}" for key in (*ROUTING_KEYS, "name") if getattr(self, key)]
        if self.target_kwargs:
            shown.append(f"kwargs={self.target_kwargs!r}")
        pattern = pattern_of(self.matcher)
        return f"{type(self).__name__}({', '.join([repr(pattern), target_name(self.target), *shown])})"

    def _route_by(self, action: Any = None, param_keys: Any = None, methods: Any = None) -> None:
        if action is not None:
            check_action(self.target, action, lambda: describe(self))
            self.action = action
        regex = getattr(self.matcher, "regex", None)
        if regex is not None and 0 < len(regex.groupindex) < regex.groups:
            raise self._mixed_groups(regex.pattern)
        if param_keys is not None:
            self.param_keys = self._checked_keys(param_keys)
        self._take_methods(methods)
        if is_handler(self.target):
            self.dispatcher.bind(self)

    def _take_methods(self, methods: Any) -> None:
        if methods is not None:
            self.methods = self._checked_methods(methods)
            self._accepts = _accepted(self.methods, "HEAD" in known_methods(self.target))
        elif self.action is not None:
            self._accepts = _accepted(tuple(self.target.SUPPORTED_METHODS), False)

    def _place(self, pattern: object) -> Source:
        return locate(self.source, str(pattern), "") if isinstance(self.source, TableSource) else self.source

    def _mixed_groups(self, pattern: object) -> MixedGroupsError:
        return MixedGroupsError(
            f"route {pattern!r} ({self._place(pattern)})",
            "named and positional groups are mixed",
            "Name all groups, (?P<id>...), or none; a group that only holds together is (?:...).",
        )

    def _checked_keys(self, keys: Any) -> tuple[str, ...]:
        names = (keys,) if isinstance(keys, str) else tuple(keys)
        for name in names:
            if not isinstance(name, str) or not name:
                raise ParamKeysError(describe(self), f"param_keys hold {name!r}", "A param key is a name: a str.")
        if len(set(names)) < len(names):
            raise ParamKeysError(describe(self), f"param_keys={names!r} has a name twice")
        groups = group_count(self.matcher)
        if groups is not None and len(names) != groups:
            raise ParamKeysError(
                describe(self),
                f"param_keys={names!r} has {len(names)} names, the pattern has {groups} capturing groups",
                "Give one name for each group, in order; a group that only holds together is (?:...).",
            )
        own = group_names(self) if groups else None
        if own and own != names:
            raise ParamKeysError(
                describe(self), f"param_keys={names!r}, but the groups are named {own!r}", "Leave param_keys out."
            )
        return names

    def _checked_methods(self, methods: Any) -> tuple[str, ...]:
        listed = (methods,) if isinstance(methods, str) else tuple(methods)
        known = known_methods(self.target)
        for method in listed:
            if not isinstance(method, str) or method.upper() not in known:
                guess = did_you_mean(method.upper(), known).strip() if isinstance(method, str) else ""
                raise MethodsError(
                    describe(self),
                    f"methods hold {method!r}, which the handler does not support ({', '.join(known)})",
                    guess,
                )
        if not listed:
            raise MethodsError(describe(self), "methods are empty", "Leave methods out to take them all.")
        return tuple(dict.fromkeys(method.upper() for method in listed))


def split_kwargs(handler: Any, kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parts a route's kwargs into our routing keys and what is the handler's.

    A key is the handler's where its own ``initialize`` (or ``__init__``) names it; so is every key of a target
    that is no handler class. An ``initialize(self, **kwargs)`` could have taken any key before the layer came:
    there, all are left to it unless ``action`` is a method of the handler.
    """
    rest = dict(kwargs)
    if not is_handler(handler):
        return {}, rest
    named, any_name = _initialize_names(handler)
    keys = {key: rest.pop(key) for key in ROUTING_KEYS if key in rest and key not in named}
    action = keys.get("action")
    if any_name and not (isinstance(action, str) and callable(getattr(handler, action, None))):
        return {}, dict(kwargs)
    # PERF: a copy, as a dict that keys were taken out of keeps their room.
    return {key: value for key, value in keys.items() if value is not None}, dict(rest)


def _initialize_names(handler: type[RequestHandler]) -> tuple[set[str], bool]:
    """The parameters that a handler's ``initialize`` and ``__init__`` name, and whether ``initialize`` takes any."""
    names: set[str] = set()
    any_name = False
    for function in (handler.initialize, handler.__init__):
        if function is RequestHandler.initialize or function is RequestHandler.__init__:
            continue
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            continue
        names.update(parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD)
        if function is handler.initialize:
            any_name = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    return names, any_name


@functools.lru_cache(maxsize=256)
def _accepted(methods: tuple[str, ...], has_head: bool) -> frozenset[str]:
    """The methods that a route takes: with GET, HEAD, if the handler has that."""
    return frozenset((*methods, "HEAD") if has_head and "GET" in methods else methods)


def known_methods(target: object) -> tuple[str, ...]:
    """The HTTP methods that a target may serve: a handler's own list, or Tornado's."""
    return getattr(target, "SUPPORTED_METHODS", RequestHandler.SUPPORTED_METHODS)


def is_handler(target: object) -> TypeGuard[type[RequestHandler]]:
    """Whether a route's target is a handler class, and not a router, an application or a callable."""
    return isinstance(target, type) and issubclass(target, RequestHandler)


def pattern_of(matcher: Matcher) -> str:
    """The text of a path pattern; for a matcher of another kind, its class's name."""
    text: str | None = getattr(matcher, "text", None)  # of a drawn route, as it was drawn
    if text is not None:
        return text
    regex = getattr(matcher, "regex", None)
    return regex.pattern if regex is not None else type(matcher).__name__


def target_name(target: object) -> str:
    """The name of what a route leads to.

    >>> target_name(RequestHandler)
    'RequestHandler'
    """
    return getattr(target, "__name__", None) or repr(target)


def group_count(matcher: Matcher) -> int | None:
    """How many values a matcher takes from the path; None for a matcher that is not one of Tornado's."""
    if isinstance(matcher, PathMatches) and type(matcher).match is PathMatches.match:
        return matcher.regex.groups
    return 0 if type(matcher).__module__ == tornado.routing.__name__ else None


def group_names(rule: Rule) -> tuple[str, ...] | None:
    r"""The names of the path's values in order; None where positional groups have no names.

    >>> group_names(URLSpec(r"/(?P<year>\d+)/(?P<month>\d+)", RequestHandler))
    ('year', 'month')
    """
    drawn: Route | None = getattr(rule, "drawn", None)
    if drawn is not None:
        return drawn.parts
    named = getattr(getattr(rule.matcher, "regex", None), "groupindex", None)
    if named:
        return tuple(sorted(named, key=named.__getitem__))
    return () if group_count(rule.matcher) == 0 else getattr(rule, "param_keys", None)


def place_of(rule: Rule, nth: int = 0, count: int = 1) -> Source | None:
    """Where a route was written: for a tuple its own line, for which sources are read. None, if it does not know."""
    source: Source | None = getattr(rule, "source", None)
    return _located(rule, source, nth, count)


def _located(rule: Rule, source: Source | None, nth: int, count: int) -> Source | None:
    if not isinstance(source, TableSource):
        return source
    target = getattr(rule, "handler_class", rule.target)  # as it was written
    return locate(source, pattern_of(rule.matcher), target_name(target), nth, count)


def describe(rule: Rule, nth: int = 0, count: int = 1) -> str:
    """A route in an error's words: pattern, where it leads, and where it was written, as far as it knows.

    ``nth`` of ``count`` tells routes of one pattern in one table apart; with a count of 0 their lines are not sought.
    """
    pattern = pattern_of(rule.matcher)
    action = getattr(rule, "action", None)
    source: Source | None = getattr(rule, "source", None)
    if count:  # an error is about to say it: a rule of Tornado's own class stands in the table that is being added
        source = _located(rule, source or caller(in_table=True), nth, count)
    where = f" ({source})" if source and source != UNKNOWN else ""
    return f"route {pattern.removesuffix('$')!r} -> {target_name(rule.target)}{'.' + action if action else ''}{where}"
