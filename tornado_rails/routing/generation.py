"""From a route and values to a URL, checked: what is made would be recognised as the same route with those values.

A route is chosen as Rails chooses: by its name; else, of those whose required defaults are all among the values, the
one that takes the most of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.pattern import normalize_path, write, written_names
from tornado_rails.routing.recognition import matching, unescape
from tornado_rails.routing.route import Route
from tornado_rails.routing.url_text import to_param

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Generated:
    """A route's path, and the values that are not in it: its query."""

    route: Route
    path: str
    rest: Values


def generate(
    routes: Sequence[Route], named: Mapping[str, Route], name: str | None, options: Values, returns: Returns
) -> Generated:
    """The path of the route that the options ask for; raises an `UrlGenerationError` that says why there is none."""
    given = dict(options)
    path_params = dict(given.pop("path_params", None) or {})
    values = {**path_params, **given}
    if values.get("controller"):
        values["controller"] = str(values["controller"]).removeprefix("/")
        if not values.get("action"):
            values["action"] = "index"
    if "action" in values:
        values["action"] = str(values["action"] or "index")
    missing: list[str] = []
    tried: Route | None = None
    chosen = [named[name]] if name is not None and name in named else scored(routes, values)
    for route in chosen:
        parts = _path_values(route, values)
        if name is None and route.endpoint is not None:
            continue
        tried = route
        missing = missing_values(route, parts)
        if missing:
            continue
        rest = {
            key: value
            for key, value in values.items()
            if key not in parts and key not in route.defaults and not (key in path_params and key not in given)
        }
        _drop_defaults(route, parts)
        return Generated(route, checked_path(route, parts, returns), rest)
    raise _no_url(routes, tried, values, missing, name)


Returns = Callable[[Route, str], "Mapping[str, str] | None"]


def _path_values(route: Route, values: Values) -> dict[str, str]:
    """The values for a route's segments as text: the required ones, and the others up to the last one given."""
    parts = list(route.parts)
    while parts and not (
        (parts[-1] in values or parts[-1] in route.scope_options) and values.get(parts[-1]) is not None
    ):
        parts.pop()
    keep = {*parts, *route.required}
    texts = {key: to_param(value) for key, value in values.items() if key in keep}
    return {key: text for key, text in texts.items() if text is not None}


def missing_values(route: Route, parts: Mapping[str, str]) -> list[str]:
    """The required segments that have no value, or one that is not what their constraint asks for."""
    missing = []
    for key in route.required:
        asked = route.pattern.requirements.get(key)
        value = parts.get(key)
        if value is None or (asked is not None and not _fits(asked, value)):
            missing.append(key)
    return missing


def _fits(asked: str | re.Pattern[str], value: str) -> bool:
    # NOTE: a constraint given as text is read as a regex here, and as text when recognising: as in Rails.
    return (asked if isinstance(asked, re.Pattern) else re.compile(asked)).fullmatch(value) is not None


def _drop_defaults(route: Route, parts: dict[str, str]) -> None:
    """Leaves out the last segments where their values are the defaults."""
    for key in reversed(route.parts):
        default, value = to_param(route.defaults.get(key)), parts.get(key)
        if route.defaults.get(key) is None and value is not None and value.strip():
            return
        if (value or "") != (default or ""):
            continue
        if key in route.required:
            return
        parts.pop(key, None)


def scored(routes: Iterable[Route], values: Values) -> list[Route]:
    """The routes that values without a name can mean, the best first."""
    keys = set(values)
    scores: list[tuple[int, int, Route]] = []
    for route in routes:
        if not all(key in values and same(values[key], value) for key, value in required_of(route)):
            continue
        if not keys.issuperset(route.required):
            continue
        score = len(keys.intersection(route.parts)) + 2 * len(required_of(route))
        scores.append((-score, route.position, route))
    scores.sort(key=lambda each: each[:2])
    return [route for _score, _position, route in scores]


def required_of(route: Route) -> list[tuple[str, Any]]:
    """The defaults of a route that must be asked for to mean it."""
    return [(key, route.defaults[key]) for key in route.required_defaults if key in route.defaults]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of one type: 1 is not "1", nor True."""
    return type(one) is type(other) and bool(one == other)


def checked_path(route: Route, parts: Mapping[str, str], returns: Returns) -> str:
    """The path of a route with its values, after it has been seen to lead back to them."""
    path = write(route.pattern.parts, parts)
    found = returns(route, path)
    wanted = {key: parts[key] for key in written_names(route.pattern.parts, parts)}
    if found is None or dict(found) != wanted:
        raise unreachable(route, path, wanted, found)
    return path


def unreachable(
    route: Route, path: str, wanted: Mapping[str, str], found: Mapping[str, str] | None
) -> errors.UnreachableUrlError:
    """The error of a URL that would not lead back."""
    words = describe(route)
    for key in wanted:
        asked = route.pattern.requirements.get(key)
        if asked is not None and not _fits(asked, wanted[key]):
            text = asked.pattern if isinstance(asked, re.Pattern) else asked
            fact = f"{words}: {key}={wanted[key]!r} does not match {text!r}; {path!r} would not lead back"
            return errors.UnreachableUrlError(fact, words, path)
    for key, value in wanted.items():
        if not value:
            return errors.UnreachableUrlError(f"{words}: {key} is empty; {path!r} would not lead back", words, path)
    what = "is not this route's" if found is None else f"would be read as {dict(found)!r}, not {dict(wanted)!r}"
    return errors.UnreachableUrlError(f"{words}: {path!r} {what}", words, path)


def describe(route: Route) -> str:
    """A route in an error's words."""
    name = f" {route.name!r}" if route.name else ""
    return f"route{name} {route.path} -> {route.leads_to} ({route.source})"


def leads_back(candidates: Callable[[str], Sequence[Route]]) -> Returns:
    """How a path is seen to lead back to its route: by recognising it, with any method that the route takes.

    What a route asks of the request beside its path cannot be known here: of the route itself it is taken as given,
    and an earlier route that asks something is taken not to come in between.
    """

    def returns(route: Route, path: str) -> Mapping[str, str] | None:
        path = normalize_path(path)
        for method in route.verbs or ("GET",):
            fits = partial(_is_it_or_plain, route)
            for other, found in matching(candidates(path), path, method, fits):
                if other is route:
                    return {key: unescape(value) for key, value in route.pattern.captures(found).items()}
                break
        return None

    return returns


def _is_it_or_plain(wanted: Route, route: Route, _method: str) -> bool:
    return route is wanted or not (route.constraints or route.predicates)


def _no_url(
    routes: Sequence[Route], route: Route | None, values: Values, missing: list[str], name: str | None
) -> errors.UrlGenerationError:
    unmatched = [key for key in missing if key in values]
    missing = [key for key in missing if key not in values]
    if route is None or not (missing or unmatched):
        return no_route(routes, values)
    words = describe(route)
    facts = []
    if missing:
        facts.append(f"{', '.join(missing)} must be given")
        others = set(values).difference(route.defaults)
        facts += [errors.did_you_mean(key, others).strip() for key in missing]
    for key in unmatched:
        asked = route.pattern.requirements.get(key)
        text = asked.pattern if isinstance(asked, re.Pattern) else asked
        facts.append(
            f"{key}={values[key]!r} does not match {text!r}" if asked is not None else f"{key} is {values[key]!r}"
        )
    kind = errors.MissingParameterError if missing else errors.UnmatchedParameterError
    fact = f"{words}: {'. '.join(part for part in facts if part)}"
    return kind(fact, words, missing if name else (), unmatched if name else ())


def no_route(routes: Sequence[Route], values: Values) -> errors.NoRouteError:
    """The error where no route is meant: it names the nearest that there is."""
    asked = f"{values.get('controller')}#{values.get('action')}"
    targets = {route.leads_to for route in routes if route.endpoint is None}
    if asked in targets:
        near = [route for route in routes if route.leads_to == asked]
        needs = " or ".join(dict.fromkeys(", ".join([*route.required, *map(str, _extra(route))]) for route in near))
        others = ", ".join(key for key in values if key not in ("controller", "action")) or "nothing"
        return errors.NoRouteError(f"no route of {asked} takes these values ({others}): it needs {needs}")
    return errors.NoRouteError(f"no route leads to {asked}.{errors.did_you_mean(asked, targets)}")


def _extra(route: Route) -> list[str]:
    return [f"{key}={value!r}" for key, value in required_of(route) if key not in ("controller", "action")]
