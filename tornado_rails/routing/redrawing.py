"""The drawn routes of an application's table, drawn anew while it serves.

A new table is built and checked beside the one that serves, and takes its place in one step; what cannot be built
leaves everything as it was. Routes that were added by hand stay where they are.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import Any

import tornado.web
from tornado.routing import ReversibleRuleRouter, Rule

from tornado_rails.errors import DuplicateNameError, RailsError
from tornado_rails.routing.controllers import ControllerFinder
from tornado_rails.routing.drawn import DrawnRoute, drawn_routes
from tornado_rails.routing.files import Stamp, noting_files, stamp_of
from tornado_rails.routing.router import IndexedRouter
from tornado_rails.routing.routeset import RouteSet
from tornado_rails.routing.source import Source, is_framework
from tornado_rails.routing.sources import route_set
from tornado_rails.routing.urlspec import describe


class DrawnTable:
    """What ``routes=`` of an application stands for, and the rules that it is in its router.

    :arg routes: as `RailsApplication` takes them.
    :arg controllers: as `RailsApplication` takes them.
    """

    def __init__(self, application: tornado.web.Application, routes: Any, controllers: Any) -> None:
        self._application = application
        self._controllers = controllers
        self.route_set, self._functions = route_set(routes)
        self._files: dict[str, Stamp] = dict(self.route_set.files)
        self._specs = self._specs_of(self.route_set)
        self._before = list(application.wildcard_router.rules)
        self._after: list[Rule] = []
        #: Why the routes could not be drawn anew, the last time that was tried; None, if they were.
        self.error: str | None = None
        application.wildcard_router.add_rules(list(self._specs))

    def settle(self) -> None:
        """Takes what was added since for what stands behind the drawn routes."""
        self._after = self._application.wildcard_router.rules[len(self._before) + len(self._specs) :]

    def is_stale(self) -> bool:
        """Whether a file that draws has changed since it was tried last."""
        return any(stamp_of(path) != known for path, known in self._files.items())

    def redraw(self) -> None:
        """Draws the routes again and puts them in the place of those before; what raises changes nothing."""
        with noting_files() as files:
            try:
                routes = self.route_set.redraw()
                specs = self._specs_of(routes)
                self._check(specs)
            except Exception as error:
                # What was read before may be what has to be mended.
                self._files = {**{path: stamp_of(path) for path in self._files}, **files}
                self.error = error_words(error, self._files)
                raise
        self._files = dict(files)
        self._swap(specs)
        self.route_set = routes
        self.error = None

    def _specs_of(self, routes: RouteSet) -> list[DrawnRoute]:
        return list(
            drawn_routes(routes, ControllerFinder(self._controllers, self._functions), self._application.settings)
        )

    def _check(self, specs: Sequence[DrawnRoute]) -> None:
        """Raises what a start with these routes would raise, and for a name that has been given by hand since."""
        IndexedRouter(self._application).add_rules([*self._before, *specs, *self._after])
        others = self._other_names()
        for spec in specs:
            if spec.name in others:
                fact = f"has the name {spec.name!r}, as has"
                raise DuplicateNameError(describe(spec), describe(others[spec.name]), fact, "Give each its own.")

    def _other_names(self) -> dict[str, Rule]:
        router: ReversibleRuleRouter = self._application.wildcard_router
        own = set(map(id, self._specs))
        return {name: rule for name, rule in router.named_rules.items() if id(rule) not in own}

    def _swap(self, specs: list[DrawnRoute]) -> None:
        router = self._application.wildcard_router
        rules = router.rules
        names = {**self._other_names(), **{spec.name: spec for spec in specs if spec.name}}
        rules[:] = merged(rules, self._specs, specs, self._after)
        router.named_rules = names
        self._specs = specs
        if isinstance(router, IndexedRouter):  # a subclass may set one of its own
            router.refresh()


def merged(
    table: Sequence[Rule], old: Sequence[DrawnRoute], new: Sequence[DrawnRoute], after: Sequence[Rule]
) -> list[Rule]:
    """A table with new drawn routes in the place of the old.

    A rule that stood between drawn routes stays behind the one that was before it, if that is drawn still; where none
    of the old is in the table, the new stand before what comes ``after`` them.
    """
    own, behind_them = set(map(id, old)), set(map(id, after))
    places = {_key(spec): place for place, spec in enumerate(new, 1)}
    left = sum(id(rule) in own for rule in table)
    has_own = left > 0
    result: list[Rule] = []
    done = due = 0  # of the new ones: those that stand in the result, and those that stand before the next rule
    for rule in table:
        if id(rule) in own:
            left -= 1
            due = max(due, places.get(_key(rule), 0)) if left else len(new)
            continue
        if not has_own and id(rule) in behind_them:
            due = len(new)
        result += new[done:due]
        done = due
        result.append(rule)
    return result + list(new[done:])


def _key(rule: Any) -> tuple[Any, ...]:
    return rule.drawn.verbs, rule.drawn.path


def error_words(error: Exception, files: Collection[str]) -> str:
    """An error with its place: an error of ours has one, of another it is the line of the file that draws."""
    if isinstance(error, RailsError):
        return str(error)
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{Source(error.filename, error.lineno or 0)}: {type(error).__name__}: {error.msg}"
    known: Source | None = None
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        place = Source(os.path.abspath(frame.f_code.co_filename), trace.tb_lineno)
        is_ours = is_framework(frame.f_globals.get("__name__") or "")
        if place.file in files or not (is_ours or (known and known.file in files)):
            known = place
        trace = trace.tb_next
    return f"{known}: {text}" if known else text
