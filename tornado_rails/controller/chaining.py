"""Which callbacks an action has: what its class and its parents have declared, checked when the route is made."""

from __future__ import annotations

import operator
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Any, ClassVar, Protocol
from weakref import WeakSet

from tornado_rails.controller.chain import Call, Step, compose
from tornado_rails.controller.declarations import declared_by, place_of_class
from tornado_rails.controller.finishing import holding
from tornado_rails.controller.methods import arguments_taken, check_exists, refuse_generator
from tornado_rails.errors import CallbackActionError, UnknownCallbackError, did_you_mean
from tornado_rails.routing.actions import EVENTS, action_names, is_action
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.source import Source

#: The name of a method or an attribute, or a function of the handler; async, if need be.
Condition = str | Callable[[Any], Any]


_KNOWN_TO = ("CallbacksMixin", "_tornado_rails_callbacks")


@dataclass(frozen=True, slots=True)
class Where:
    """The actions and conditions under which something holds."""

    only: tuple[str, ...] | None = None
    except_: tuple[str, ...] = ()
    if_: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()

    def takes(self, action: str) -> bool:
        """Whether an action is one of these.

        >>> Where(only=("show",)).takes("show"), Where(except_=("show",)).takes("show")
        (True, False)
        """
        return (self.only is None or action in self.only) and action not in self.except_

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that are named."""
        return (*(self.only or ()), *self.except_)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What is asked of the handler."""
        return (*self.if_, *self.unless)


@dataclass(frozen=True, slots=True)
class Skip:
    """What takes an inherited callback back."""

    known_to: ClassVar = _KNOWN_TO
    kind: str
    name: str
    where: Where
    must_exist: bool
    source: Source
    owner: type = object

    @property
    def label(self) -> str:
        """Which line it is, in an error's words."""
        return f"skip_{self.kind}_action({self.name!r}) ({self.source})"


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback as it was declared: ``what`` is a method's name, a function, or an object with such a method."""

    known_to: ClassVar = _KNOWN_TO
    kind: str
    what: Any
    where: Where
    prepend: bool
    source: Source
    owner: type = object
    skips: tuple[Skip, ...] = ()

    @property
    def label(self) -> str:
        """Which callback it is, in an error's words."""
        name = self.what if isinstance(self.what, str) else getattr(self.what, "__name__", type(self.what).__name__)
        return f"{self.kind}_action {name!r} ({self.source})"

    def is_same(self, other: Callback) -> bool:
        """Whether it takes the other's place."""
        is_named = isinstance(self.what, str) and isinstance(other.what, str) and self.what == other.what
        return self.kind == other.kind and (is_named or self.what is other.what)


_DECLARED: tuple[type[Callback | Skip], ...] = (Callback, Skip)


def callbacks_of(controller: type) -> tuple[Callback, ...]:
    """The callbacks of a class in their order; raises `UnknownCallbackError` for a skip of one that is not there."""
    found: list[Callback] = []
    for owner, name, declared in declared_by(controller, _DECLARED):
        if isinstance(declared, Skip):
            found = list(_skipped(found, replace(declared, owner=owner)))
            continue
        callback = replace(declared, owner=owner, what=name or _named(owner, declared.what))
        found = [each for each in found if not each.is_same(callback)]
        found.insert(0 if callback.prepend else len(found), callback)
    return tuple(found)


def methods_named_by(controller: type) -> Iterator[str]:
    """The methods that a class's callbacks and their conditions go by, also those which it skips."""
    for owner, name, declared in declared_by(controller, _DECLARED):
        what = (name or _named(owner, declared.what)) if isinstance(declared, Callback) else declared.name
        yield from (each for each in (what, *declared.where.conditions) if isinstance(each, str))


def _named(owner: type, what: Any) -> Any:
    """A function that stands in the class itself is known by its name there."""
    return next((name for name, value in vars(owner).items() if value is what), what)


def _skipped(callbacks: list[Callback], skip: Skip) -> Iterator[Callback]:
    is_everywhere = skip.where == Where()
    named = [each for each in callbacks if each.kind == skip.kind and each.what == skip.name]
    if not named and skip.must_exist:
        names = [each.what for each in callbacks if each.kind == skip.kind and isinstance(each.what, str)]
        raise UnknownCallbackError(
            f"{place_of_class(skip.owner)}: {skip.label}",
            f"there is no {skip.kind} callback of that name",
            did_you_mean(skip.name, names).strip() or f"There are: {', '.join(names) or 'none'}.",
        )
    for callback in callbacks:
        if callback not in named:
            yield callback
        elif not is_everywhere:
            yield replace(callback, skips=(*callback.skips, skip))


_checked: WeakSet[type] = WeakSet()  # the controllers whose declarations are known to be good


class Bound(Protocol):
    """What a chain is made for: a route, or whatever else runs a method of a controller."""

    @property
    def target(self) -> Any:
        """The controller."""

    @property
    def action(self) -> str | None:
        """The method's name."""


def with_callbacks(spec: Bound, invoke: Call, *, only_named: bool = False, flag: str = "_finished") -> Call:
    """A function that runs a route's action within its callbacks; ``invoke`` itself, if the action has none.

    With ``only_named``, its callbacks are those whose ``only`` names it. ``flag`` is the handler's attribute that
    says that a callback has halted.

    Raises `CallbackActionError` for a callback whose ``only`` or ``except_`` names no action, and
    `UnknownCallbackError` for one whose method the controller does not have.
    """
    controller = spec.target
    callbacks: tuple[Callback, ...] = getattr(controller, "_tornado_rails_callbacks", ())
    action = str(spec.action)
    if controller not in _checked:
        for callback in callbacks:
            _check(controller, callback)
        _checked.add(controller)
    steps = []
    for callback in callbacks:
        step = _step(callback, action)
        if step is not None and not (only_named and callback.where.only is None):
            steps.append(step)
    run = compose(steps, invoke, flag)
    return run if only_named or all(step.kind == "before" for step in steps) else holding(run)


def _check(controller: Any, callback: Callback) -> None:
    place = place_of_class(written_class(controller))
    declarations: tuple[Callback | Skip, ...] = (callback, *callback.skips)
    for declared in declarations:
        for name in declared.where.actions:
            if not (_has_action(controller, name) or _has_heirs_with(declared.owner, name, controller)):
                actions = [*getattr(controller, EVENTS, ()), *action_names(controller)]
                raise CallbackActionError(
                    f"{place}: {declared.label}",
                    f"it names the action {name!r}, which the controller does not have",
                    did_you_mean(name, actions).strip() or f"Its actions: {', '.join(actions) or 'none'}.",
                )
        for condition in declared.where.conditions:
            _check_condition(controller, condition, f"{place}: {declared.label}")
    place = f"{place}: {callback.label}"
    method = callback.what if isinstance(callback.what, str) else getattr(callback.what, callback.kind, callback.what)
    arguments_taken(controller, method, 0, place, "A callback takes nothing but the controller.")
    if callback.kind != "around":
        function = getattr(controller, method) if isinstance(method, str) else method
        refuse_generator(function, place, "Take the yield out, or declare it by around_action.")


def _check_condition(controller: Any, condition: Condition, place: str) -> None:
    value = condition
    if isinstance(condition, str):
        check_exists(controller, condition, place)
        value = getattr(controller, condition)
    if callable(value):  # else it is an attribute, which is asked itself
        arguments_taken(controller, condition, 0, place, "A condition takes nothing but the controller.")
        refuse_generator(value, place, "Return whether it holds.")  # SECURITY: a generator is always true


def _has_heirs_with(owner: type, action: str, controller: type) -> bool:
    """Whether a callback that a class has from its parent names an action that the parent or another heir has."""
    if owner is controller or owner is written_class(controller):
        return False
    return any(_has_action(each, action) for each in _heirs(owner))


def _has_action(controller: Any, name: str) -> bool:
    return is_action(controller, name) or name in getattr(controller, EVENTS, ())


def _heirs(owner: type) -> Iterator[Any]:
    yield owner
    for heir in owner.__subclasses__():
        yield from _heirs(heir)


def _step(callback: Callback, action: str) -> Step | None:
    """The callback as it runs for an action; None where it does not."""
    if not callback.where.takes(action):
        return None
    skips = [skip.where for skip in callback.skips if skip.where.takes(action)]
    if any(not skip.conditions for skip in skips):
        return None
    where = callback.where
    holds = _all_hold(where, skips) if skips or where.conditions else None
    return Step(callback.kind, callback.label, _caller(callback), holds)


def _caller(callback: Callback) -> Call:
    what = callback.what
    if isinstance(what, str):
        return operator.methodcaller(what)
    call: Call = getattr(what, callback.kind, what)
    return call


def _all_hold(where: Where, skips: list[Where]) -> Callable[[Any], Awaitable[bool]]:
    async def holds(handler: Any) -> bool:
        if not await _meets(handler, where):
            return False
        for skip in skips:
            if await _meets(handler, skip):
                return False
        return True

    return holds


async def _meets(handler: Any, where: Where) -> bool:
    for conditions, expected in ((where.if_, True), (where.unless, False)):
        for condition in conditions:
            value = _ask(handler, condition)
            # SECURITY: a coroutine is always true.
            if isawaitable(value):
                value = await value
            if bool(value) is not expected:
                return False
    return True


def _ask(handler: Any, condition: Condition) -> Any:
    if not isinstance(condition, str):
        return condition(handler)
    value = getattr(handler, condition)
    return value() if callable(value) else value
