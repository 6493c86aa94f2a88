"""Holds the URLs that code asks for against the table: is there such a route, and are its parameters given?"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from tornado.routing import PathMatches, ReversibleRuleRouter, Rule
from tornado.web import Application, RequestHandler

from tornado_rails.cli.findings import Finding, finding
from tornado_rails.cli.references import CALLS, HELPERS, UNKNOWN, Owners, Reference, references
from tornado_rails.cli.sources import SourceFile
from tornado_rails.cli.target import Target
from tornado_rails.errors import did_you_mean
from tornado_rails.routing.blocks import plain
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.drawing_errors import UrlError
from tornado_rails.routing.mapping import is_target_function
from tornado_rails.routing.route import Route
from tornado_rails.routing.rows import rules_of
from tornado_rails.routing.source import Source, is_framework
from tornado_rails.routing.urls import RESERVED, UrlBuilder, UrlTable
from tornado_rails.routing.urlspec import is_handler

_WORDS = (*CALLS, *HELPERS)
_OF_REDIRECT = frozenset({"status", "permanent", "notice", "alert", "flash", "allow_other_host"})
_OF_URL = RESERVED | {"user", "password", "format", "use_route", "path_params", "controller", "action"}


class Verifier:
    """Knows the table of a target, and whose calls mean it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        application: Any = target.application
        self._table: UrlTable | None = target.routes
        builder: UrlBuilder | None = None
        if hasattr(application, "url_table"):
            builder = application.url_table().at(host="localhost")
            self._table = application.url_table()
        elif application is None and target.routes is not None:
            builder = target.routes.at(host="localhost")
        self._builder = builder
        self._named = dict(_named_rules(application.default_router)) if application is not None else {}
        self._classes = _classes_of(application) if application is not None else {}

    def of_files(self, files: Iterable[SourceFile]) -> Iterator[Finding]:
        """What is wrong in an application's Python."""
        for file in files:
            for reference in references(file.tree, self._owners(file)):
                yield from self.of_reference(reference, file.path, file.module)

    def of_reference(self, reference: Reference, file: str, module: Any = None) -> Iterator[Finding]:
        """What is wrong with one call."""
        found = self._fault(reference, module)
        if found is not None:
            check, message = found
            yield finding(check, f"{reference}: {message}", Source(file, reference.line))

    def _owners(self, file: SourceFile) -> Owners:
        name = file.module.__name__ if file.module is not None else ""
        names: dict[str, Any] = {}
        for each, value in vars(file.module).items() if file.module is not None else ():
            if value is self._target.application or (value is self._target.routes and value is not None):
                names[each] = _WORDS
            elif each in ("application", "app", "handler"):
                names[each] = ()
        classes = {known: _own_words(cls) for (of, known), cls in self._classes.items() if of == name}
        return Owners(classes, names)

    def _fault(self, reference: Reference, module: Any) -> tuple[str, str] | None:
        """The check and the words of what is wrong; None for nothing."""
        if reference.call == "reverse_url":
            return self._reverse_fault(reference)
        if self._builder is None or self._table is None:
            return None
        if reference.name is not None:
            return self._named_fault(reference, reference.name, reference.args)
        if reference.target is not None:
            return self._function_fault(reference, module)
        if not reference.args:
            controller, action = reference.kwargs.get("controller"), reference.kwargs.get("action", "index")
            known = isinstance(controller, str) and isinstance(action, str) and not reference.has_more
            return self._target_fault(reference, f"{controller}#{action}") if known else None
        name = reference.args[0]
        if not isinstance(name, str) or name[:1] in ("/", "") or "://" in name or name.startswith("mailto:"):
            return None
        if reference.call == "redirect_to" and name[0] in "?#":
            return None  # of the path that is asked for
        if "#" in name:
            return self._target_fault(reference, name)
        return self._named_fault(reference, name, reference.args[1:])

    def _function_fault(self, reference: Reference, module: Any) -> tuple[str, str] | None:
        """Of ``url_for(PostsController.show)``, where the name leads to an action's function."""
        names = _dotted(reference.target)
        value = module
        for name in names:
            value = vars(value).get(name) if hasattr(value, "__dict__") else None
        if not names or module is None or not is_target_function(value) or self._table is None:
            return None
        owner = _dotted_value(module, names[:-1])
        if not is_handler(owner):
            return None
        return self._target_fault(reference, str(self._table.target_of(value)))

    def _named_fault(self, reference: Reference, name: str, args: tuple[Any, ...]) -> tuple[str, str] | None:
        builder: Any = self._builder
        table: Any = self._table
        if name in table.directs or name.startswith("__"):
            return None
        route = table.named.get(name)
        if route is None:
            return "unknown-route", f"no route is named {name!r}.{did_you_mean(name, builder.names())}"
        if reference.has_more:
            return None
        given = self._given(reference, route)
        if len(args) > len([part for part in route.parts if part not in given]):
            takes = ", ".join(route.parts) or "none"
            return (
                "extra-parameter",
                f"{len(args)} values are given by position, the route has {takes} ({route.source})",
            )
        result = builder._positional(route, args, given, dict(route.defaults))
        return _missing(route, {**table.default_url_options, **result}) or self._literal_fault(reference, name, args)

    def _given(self, reference: Reference, route: Route) -> dict[str, Any]:
        return {key if key in route.parts else plain(key): value for key, value in self._options(reference).items()}

    def _options(self, reference: Reference) -> dict[str, Any]:
        dropped = _OF_REDIRECT if reference.call == "redirect_to" else frozenset[str]()
        return {name: value for name, value in reference.kwargs.items() if name not in dropped}

    def _target_fault(self, reference: Reference, target: str) -> tuple[str, str] | None:
        table: Any = self._table
        controller, _, action = target.removeprefix("/").partition("#")
        routes = [r for r in table.routes if (r.controller, r.action) == (controller, action or "index")]
        if not routes:
            known = {route.leads_to for route in table.routes if route.endpoint is None}
            return "unknown-route", f"no route leads to {target!r}.{did_you_mean(target, known)}"
        if reference.has_more:
            return None
        faults = []
        for route in routes:
            values = {**table.default_url_options, **route.defaults, **self._given(reference, route)}
            fault = _missing(route, values)
            if fault is None:
                return self._literal_fault(reference, target, ())
            faults.append(fault)
        return min(faults, key=lambda fault: len(fault[1]))

    def _literal_fault(self, reference: Reference, name: str, args: tuple[Any, ...]) -> tuple[str, str] | None:
        """What the generator itself says, where all values are written out."""
        options = self._options(reference)
        if any(value is UNKNOWN for value in (*args, *options.values())) or None in options.values() or None in args:
            return None
        try:
            self._builder.url_for(name if reference.args or reference.name else None, *args, **options)  # type: ignore[union-attr]
        except UrlError as error:
            return "invalid-parameter", str(error)
        except Exception:
            return None  # what an option of the host is at run time cannot be known
        return None

    def _reverse_fault(self, reference: Reference) -> tuple[str, str] | None:
        name = reference.args[0] if reference.args else reference.kwargs.get("name")
        if not isinstance(name, str) or self._target.application is None:
            return None
        rule = self._named.get(name)
        if rule is None:
            return "unknown-route", f"no route is named {name!r}.{did_you_mean(name, self._named)}"
        matcher = rule.matcher
        if reference.has_more or not isinstance(matcher, PathMatches):
            return None
        count = len(reference.args) - 1
        drawn: Route | None = getattr(rule, "drawn", None)
        least = len(drawn.required) if drawn is not None else matcher.regex.groups
        most = len(drawn.parts) if drawn is not None else matcher.regex.groups
        if least <= count <= most:
            return None
        check = "missing-parameter" if count < least else "extra-parameter"
        wanted = str(least) if least == most else f"{least} to {most}"
        return check, f"the route takes {wanted} value{'s' if wanted != '1' else ''}, {count} given"


def _missing(route: Route, values: dict[str, Any]) -> tuple[str, str] | None:
    missing = [name for name in route.required if values.get(name) is None]
    if not missing:
        return None
    others = [name for name in values if name not in route.parts and name not in route.defaults and name not in _OF_URL]
    guess = "".join(did_you_mean(name, others) for name in missing)
    words = f"route {route.name!r} " if route.name else "route "
    return "missing-parameter", f"{', '.join(missing)} must be given ({words}{route.path}, {route.source}).{guess}"


def _named_rules(router: Any) -> Iterator[tuple[str, Rule]]:
    """The rules that ``reverse_url`` knows, as it looks for them."""
    for rule in reversed(router.rules):
        if isinstance(rule.target, ReversibleRuleRouter):
            yield from _named_rules(rule.target)
    yield from router.named_rules.items()


def _classes_of(application: Application) -> dict[tuple[str, str], type]:
    """The user's classes whose methods run with the table: its handlers, its application, and their parents."""
    owners: list[type] = [type(application)]
    owners += [written_class(rule.target) for rule, _within in rules_of(application) if is_handler(rule.target)]
    every = {cls for owner in owners for cls in owner.__mro__ if not is_framework(cls.__module__)}
    return {(cls.__module__, cls.__qualname__): cls for cls in every}


def _own_words(cls: type) -> tuple[str, ...]:
    """The words that a class has from the layer, or will have; not those it defines for itself."""
    taken = {name for owner in cls.__mro__ if not is_framework(owner.__module__) for name in vars(owner)}
    words: Any = (
        _WORDS if not issubclass(cls, (RequestHandler, Application)) or not is_framework(cls.__module__) else ()
    )
    return tuple(word for word in words if word not in taken)


def _dotted(node: ast.expr | None) -> list[str]:
    """The names of ``a.b.c``; none for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) and names else []


def _dotted_value(module: Any, names: list[str]) -> Any:
    for name in names:
        module = vars(module).get(name)
    return module
