"""The fast way from a request to a drawn route in a table: most requests are told by their method and segments.

What it cannot tell (see `finder`), and what a rule that is not drawn might take first, is left to the router's own way,
which this is held to by the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Rule
from tornado.web import Application

from tornado_rails.routing.drawn import DrawnRoute
from tornado_rails.routing.finder import Find, Finder
from tornado_rails.routing.index import CandidateIndex, Shape
from tornado_rails.routing.recognition import HTTP_METHODS
from tornado_rails.routing.route import Route


class QuickTable:
    """Finds the drawn routes of a table, as it is now.

    :arg rules: the table, each rule with the shapes of the paths that it can match.
    """

    def __init__(self, application: Application, rules: Sequence[tuple[Rule, Sequence[Shape]]]) -> None:
        self._application = application
        self._specs: dict[Route, DrawnRoute] = {}
        self._finders: dict[str, Find] = {}
        self._before = CandidateIndex[Rule]()  # the other rules that stand before a drawn one
        last = max(place for place, (rule, _shapes) in enumerate(rules) if isinstance(rule, DrawnRoute))
        for rule, shapes in rules[:last]:
            if not isinstance(rule, DrawnRoute):
                self._before.add(rule, shapes)
        for rule, _shapes in rules[: last + 1]:
            if isinstance(rule, DrawnRoute):
                self._specs.setdefault(rule.drawn, rule)
        self._is_first = not len(self._before)

    def find_handler(self, request: HTTPServerRequest) -> HTTPMessageDelegate | None:
        """The delegate for a request, whose ``route`` is set; None where this way cannot tell."""
        # PERF: this runs for every request.
        method: Any = request.method
        find = self._finders.get(method)
        if find is None:
            if method not in HTTP_METHODS:
                return None  # and nothing is kept for what a client makes up
            find = self._finders[method] = Finder(self._specs, method).find
        path = request.path
        found = find(path)
        if found is None or not (self._is_first or not self._before.candidates(path)):
            return None
        spec = self._specs[found[0]]
        accepts = spec._accepts
        if spec.path_defaults or (accepts is not None and method not in accepts):
            return None
        request.route = spec  # type: ignore[attr-defined]
        values = found[1]
        return self._application.get_handler_delegate(
            request, spec.target, spec.target_kwargs, [], {name: values[name].encode() for name in values}
        )
