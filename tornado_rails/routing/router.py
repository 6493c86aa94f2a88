"""The Tornado router that asks the index, and what is answered where no route takes a request."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import tornado.web
from tornado.escape import url_unescape
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.log import app_log, gen_log
from tornado.routing import AnyMatches, Router, Rule
from tornado.web import ErrorHandler, RequestHandler, StaticFileHandler, _ApplicationRouter

from tornado_rails.errors import DuplicateNameError, RailsError, RequestError
from tornado_rails.routing.checks import check_rules, is_routed
from tornado_rails.routing.entries import DRAWN, NO_GROUPS, POSITIONAL, Entry, entry_of, is_drawn, shapes_of
from tornado_rails.routing.gathering import is_gathering, note
from tornado_rails.routing.index import CandidateIndex
from tornado_rails.routing.refusals import (
    SlashRedirectHandler,
    allowed_methods,
    note_refused,
    other_form,
    refusal_class,
    refused_class,
    stays_on_host,
)
from tornado_rails.routing.rule_list import RuleList
from tornado_rails.routing.source import UNKNOWN, Source
from tornado_rails.routing.urlspec import URLSpec, describe, is_handler, revision

if TYPE_CHECKING:
    from tornado_rails.routing.quick import QuickTable


_FEW = 3  # rules that are asked sooner than an index


class StockRouter(_ApplicationRouter):
    """Tornado's own, for applications of Tornado's own class while `tornado_rails.patch` has replaced that name."""

    def __init__(self, application: tornado.web.Application, rules: Any = None) -> None:
        # NOTE: not by Tornado's __init__, which asserts that the application is one of the class of that name.
        self.application = application
        super(_ApplicationRouter, self).__init__(rules)


def is_stock(router: object) -> TypeGuard[_ApplicationRouter]:
    """Whether a router is one that Tornado's own code has made."""
    return type(router) in (_ApplicationRouter, StockRouter)


class IndexedRouter(_ApplicationRouter):
    """Tornado's application router, asking only the rules that can match.

    The answer is always that of Tornado's own scan, whatever is done to ``rules``: an index is built of them, and
    built anew when they have changed. Tuples become a `URLSpec`, and rules of Tornado's own classes that hold
    routing keys are replaced by one.
    """

    def __init__(self, application: tornado.web.Application, rules: Any = None) -> None:
        self._rules: list[Rule] | None = None
        super().__init__(application, rules)

    @property
    def rules(self) -> list[Rule]:
        """The table: a list to change in place, or to replace."""
        return self._rules  # type: ignore[return-value]

    @rules.setter
    def rules(self, rules: list[Rule]) -> None:
        # NOTE: a list that is assigned stays the very same one, as its owner may go on changing it. It is compared
        # at each request; only the list that the router began with counts its changes itself.
        self._rules = RuleList() if self._rules is None else rules
        self._index = CandidateIndex[Entry]()
        self._has_drawn = False
        self._quick: QuickTable | None = None
        self._few: list[Entry] | None = None
        self._indexed: list[Rule] = []
        self._matchers: list[Any] = []  # their patterns, which may be replaced in place
        self._changes = self._rules_changed = 0
        self._revision = -1

    def add_rules(self, rules: Any) -> None:
        """Appends rules as Tornado does, and checks them: all are added, or an error is raised and none is."""
        table, named = self.rules, dict(self.named_rules)
        since = len(table)
        try:
            if is_gathering():
                self._add_each(rules)
            else:
                super().add_rules(map(rule_of, rules))  # type: ignore[arg-type]
            self._check(since)
        except RailsError:
            del table[since:]
            self.named_rules = named
            raise

    def _add_each(self, rules: Any) -> None:
        for rule in rules:
            try:
                super().add_rules([rule_of(rule)])
            except RailsError as error:
                note(error)

    def _check(self, since: int) -> None:
        strict = bool(self.application.settings.get("strict_routes"))
        if strict or gen_log.isEnabledFor(logging.DEBUG) or any(map(is_routed, self.rules)):
            self.refresh()
            check_rules(self.rules, since, self._candidates, strict)

    def _candidates(self, path: str) -> list[Rule]:
        return [entry.rule for entry in self._index.walk(path)]

    def candidate_rules(self, path: str) -> list[Rule]:
        """The rules that can take a path, in table order."""
        self._refresh_if_changed()
        return [entry.rule for entry in self._few or self._index.candidates(path)]

    def process_rule(self, rule: Rule) -> Rule:
        """Makes a rule ours: nested lists get an index of their own, routing keys a `URLSpec`."""
        rule = self._adopted(rule)
        earlier = self.named_rules.get(rule.name) if rule.name else None
        if earlier is not None and (
            self.application.settings.get("strict_routes") or is_routed(rule) or is_routed(earlier)
        ):
            fact = f"has the name {rule.name!r}, as has"
            raise DuplicateNameError(describe(rule), describe(earlier), fact, "Give each its own.")
        return super().process_rule(rule)

    def _adopted(self, rule: Rule, source: Source | None = None) -> Rule:
        if isinstance(rule.target, (list, tuple)):
            rule.target = IndexedRouter(self.application, rule.target)
        elif is_stock(rule.target):
            rule.target = indexed(rule.target, IndexedRouter)
        if isinstance(rule, URLSpec):
            return rule
        return URLSpec.from_rule(rule, source) or rule

    def refresh(self) -> None:
        """Brings the index up to the rules as they are now."""
        rules = self.rules
        for position in range(len(rules)):
            try:
                adopted = self._adopted(rules[position], UNKNOWN)
            except RailsError as error:
                app_log.error("A rule that was put into a running table is left to Tornado: %s", error)
                continue
            if adopted is not rules[position]:
                rules[position] = adopted
        known = len(self._indexed)
        matchers = [getattr(rule.matcher, "regex", rule.matcher) for rule in rules]
        is_longer = self._indexed == rules[:known] and self._matchers == matchers[:known]
        added = rules[known:]
        if (
            self._rules_changed != revision.rules
            or not is_longer
            or (not self._has_drawn and any(map(is_drawn, added)))
        ):
            added = rules
            self._has_drawn = any(map(is_drawn, rules))
            self._index = _drawn_index() if self._has_drawn else CandidateIndex()
        self._matchers = matchers
        for rule in added:
            add = self._index.add_drawn if is_drawn(rule) else self._index.add  # type: ignore[attr-defined]
            add(entry_of(rule), shapes_of(rule))
        self._few = [entry_of(rule) for rule in rules] if len(rules) <= _FEW else None
        self._quick = _quick_table(self.application, rules) if self._has_drawn else None
        self._indexed = list(rules)
        self._changes = getattr(rules, "changes", 0)
        self._rules_changed = revision.rules
        self._revision = revision.number if type(rules) is RuleList else -1

    def _refresh_if_changed(self) -> None:
        rules = self.rules
        if self._rules_changed == revision.rules:
            if type(rules) is RuleList and rules.changes == self._changes:
                self._revision = revision.number
                return
            if type(rules) is not RuleList and rules == self._indexed:
                return
        self.refresh()

    def note_other_methods(self, request: HTTPServerRequest) -> None:
        """Notes the drawn routes, which are not asked for another method than theirs, that have the request's path."""
        for rule, _regex, groups, _class, _kwargs, accepts in (
            self._index.candidates(request.path) if self._has_drawn else ()
        ):
            if groups == DRAWN and accepts is not None and request.method not in accepts:
                try:
                    matched = rule.matcher.match(request)
                except RequestError:
                    continue
                except Exception:
                    app_log.error("%s cannot be asked", describe(rule), exc_info=True)
                else:
                    if matched is not None:
                        note_refused(request, rule)

    def _refused(self, request: HTTPServerRequest, rule: Any, error: RequestError) -> HTTPMessageDelegate:
        request._refused_by = error  # type: ignore[attr-defined]
        request.route = rule  # type: ignore[attr-defined]
        own = rule.drawn.endpoint is None or is_handler(rule.drawn.endpoint)
        handler = refused_class(rule.target if own else RequestHandler)
        return self.application.get_handler_delegate(request, handler)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """The delegate of the first rule that takes the request, which is then ``request.route``; or None."""
        # PERF: this runs for every request.
        if self._revision != revision.number:
            self._refresh_if_changed()
        if self._quick is not None:
            quick = self._quick.find_handler(request)
            if quick is not None:
                return quick
        path = request.path
        for rule, regex, groups, handler_class, known_kwargs, accepts in self._few or self._index.candidates(path):
            if regex is None:
                if groups == DRAWN:
                    if accepts is not None and request.method not in accepts:
                        continue  # if no rule takes the request, it is asked whether it has the path
                    try:
                        matched = rule.matcher.match(request)
                    except RequestError as error:  # what a route asks may refuse the request
                        return self._refused(request, rule, error)
                    except Exception:  # what a route asks may be the user's own function
                        app_log.error("%s cannot be asked", describe(rule), exc_info=True)
                        return self.application.get_handler_delegate(request, ErrorHandler, {"status_code": 500})
                else:
                    matched = rule.matcher.match(request)
                if matched is None:
                    continue
                target_params: dict[str, Any] = matched
            else:
                # What PathMatches.match answers (a test holds them equal), with fewer steps.
                match = regex.match(path)
                if match is None:
                    continue
                if groups == NO_GROUPS:
                    target_params = {}
                elif groups == POSITIONAL:
                    target_params = {"path_args": [_unquoted(text) for text in match.groups()], "path_kwargs": {}}
                else:
                    named = match.groupdict()
                    target_params = {
                        "path_args": [],
                        "path_kwargs": {name: _unquoted(named[name]) for name in named},
                    }
            if accepts is not None and request.method not in accepts:
                note_refused(request, rule)
                continue
            target_kwargs = rule.target_kwargs if known_kwargs is None else known_kwargs
            if target_kwargs:
                target_params["target_kwargs"] = target_kwargs
            if handler_class is not None:
                request.route = rule  # type: ignore[attr-defined]
                delegate: HTTPMessageDelegate | None = self.application.get_handler_delegate(
                    request, handler_class, **target_params
                )
            else:
                target = rule.target
                delegate = self.get_target_delegate(target, request, **target_params)
                if delegate is not None and not isinstance(target, Router):
                    request.route = rule  # type: ignore[attr-defined]
            if delegate is not None:
                return delegate
        return None


class RootRouter(IndexedRouter):
    """An application's outermost router: it also answers what no rule takes, but a path's routes or slash explain."""

    _only: Rule | None = None

    def refresh(self) -> None:
        """Brings the index up to the rules as they are now."""
        super().refresh()
        only = self.rules[0] if len(self.rules) == 1 else None
        self._only = only if only is not None and type(only.matcher) is AnyMatches else None

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """The delegate for the request; None where it is a plain 404."""
        # PERF: most applications have one rule here, Tornado's own, that takes any request to the wildcard router.
        only = self._only
        if only is not None and self._revision == revision.number and type(only.target) is IndexedRouter:
            delegate = only.target.find_handler(request)
        else:
            delegate = super().find_handler(request, **kwargs)
        if delegate is None:
            delegate = self._other_slash_form(request) or self._refusal(request)
        return delegate

    def _other_slash_form(self, request: HTTPServerRequest) -> HTTPMessageDelegate | None:
        policy = self.application.settings.get("trailing_slash", "strict")
        other = other_form(request.path) if policy != "strict" else None
        if other is None:
            return None
        path, request.path = request.path, other
        try:
            delegate = super().find_handler(request)
        finally:
            request.path = path
        if delegate is None or (policy == "ignore" and not _is_static(delegate)):
            return delegate
        request.__dict__.pop("route", None)
        if _is_static(delegate) or not stays_on_host(other):
            return None
        return self.application.get_handler_delegate(request, SlashRedirectHandler, {"path": other})

    def _refusal(self, request: HTTPServerRequest) -> HTTPMessageDelegate | None:
        table = self.application.wildcard_router
        if isinstance(table, IndexedRouter):
            table.note_other_methods(request)
        refused = request.__dict__.pop("_refused", None)
        if not refused:
            return None
        rule = next((each for each in refused if is_handler(each.target)), refused[0])
        request._allow = allowed_methods(refused)  # type: ignore[attr-defined]
        request.route = rule  # type: ignore[attr-defined]
        if not is_handler(rule.target):
            return self.application.get_handler_delegate(request, refusal_class(RequestHandler))
        arguments = rule.matcher.match(request) or {}
        arguments.setdefault("target_kwargs", rule.target_kwargs)
        return self.application.get_handler_delegate(request, refusal_class(rule.target), **arguments)


def _unquoted(text: str | None) -> bytes | None:
    if text is None or "%" in text:
        return text and url_unescape(text, encoding=None, plus=False)  # type: ignore[return-value]
    return text.encode()


def _is_static(delegate: HTTPMessageDelegate | None) -> bool:
    handler = getattr(delegate, "handler_class", None)
    return is_handler(handler) and issubclass(handler, StaticFileHandler)


def rule_of(rule: Any) -> Rule:
    """A rule as it may stand in a table: a tuple or list with a path pattern becomes a `URLSpec`."""
    if isinstance(rule, (tuple, list)) and 2 <= len(rule) <= 4 and isinstance(rule[0], str):
        return URLSpec.from_tuple(rule)
    made: Rule = rule
    return made


Indexed = TypeVar("Indexed", bound=IndexedRouter)


def indexed(router: _ApplicationRouter, router_class: type[Indexed]) -> Indexed:
    """Our router with the rules and names of one of Tornado's own."""
    ours = router_class(router.application)
    ours.add_rules(router.rules)
    return ours


def _drawn_index() -> CandidateIndex[Entry]:
    from tornado_rails.routing.drawn_index import DrawnIndex  # PERF: most applications draw no routes

    return DrawnIndex()


def _quick_table(application: tornado.web.Application, rules: Iterable[Rule]) -> QuickTable:
    from tornado_rails.routing.quick import QuickTable

    return QuickTable(application, [(rule, shapes_of(rule)) for rule in rules])
