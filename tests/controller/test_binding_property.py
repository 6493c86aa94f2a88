"""The binder, held equal to a plain reading of the rules, over random signatures, routes and values."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from hypothesis import example, given
from hypothesis import strategies as st
from tornado.web import RequestHandler

from tests.controller.support import request_by_hand, run
from tornado_rails import RailsApplication, URLSpec
from tornado_rails.errors import SignatureError

NAMES = ("id", "name", "page", "tag", "rest")
DEFAULT = "the default"
REQUIRED = inspect.Parameter.empty
P = inspect.Parameter


class Route(NamedTuple):
    """What a path has: groups with names (written as named groups, or as param_keys), or without."""

    names: tuple[str, ...]
    groups: int
    form: str  # "groups", "keys" or "none"
    optional_from: int  # groups from here on are optional

    @property
    def pattern(self) -> str:
        pattern = ""
        for position in reversed(range(self.groups)):
            name = f"?P<{self.names[position]}>" if self.form == "groups" else ""
            pattern = f"/({name}[^/]+){pattern}"
            if position >= self.optional_from:
                pattern = f"(?:{pattern})?"
        return "/x" + pattern

    @property
    def keys(self) -> tuple[str, ...] | None:
        return self.names if self.form == "keys" else None


class Request(NamedTuple):
    """The values that a client sends."""

    path: tuple[str, ...]
    query: dict[str, str]
    body: dict[str, str]


class Refused(Exception):
    """The client's values cannot make the call; the status of the answer."""


class Unsatisfiable(Exception):
    """No request could ever make the call."""


def cast(value: str | None, annotation: Any, status: int) -> Any:
    """A value as the annotation says; the values here are digits or words."""
    if annotation is not int or value is None:
        return value
    if not value.isdigit():
        raise Refused(status)
    return int(value)


def expected_call(parameters: list[P], route: Route, request: Request) -> tuple[list[Any], dict[str, Any]]:
    """The call by the rules of the design, read one by one."""
    path: list[str | None] = [*request.path, *[None] * (route.groups - len(request.path))]
    named: dict[str, str | None] = dict(zip(route.names, path, strict=True)) if route.names else {}
    values: dict[str, str | None] = {}  # what the path has for each parameter
    used: set[int] = set()
    takes_rest = any(each.kind is P.VAR_POSITIONAL for each in parameters)
    matching = [each for each in parameters if each.name in named and each.kind is not P.VAR_KEYWORD]
    if matching:  # names that match path params are passed by name
        for each in matching:
            values[each.name] = named[each.name]
            used.add(route.names.index(each.name))
    else:  # if no name matches, path values go by position
        slots = [each for each in parameters if each.kind in (P.POSITIONAL_ONLY, P.POSITIONAL_OR_KEYWORD)]
        if slots and len(path) > len(slots) and not takes_rest:
            raise Unsatisfiable
        for position, (each, value) in enumerate(zip(slots, path, strict=False)):
            values[each.name] = value
            used.add(position)
    left = [position for position in range(route.groups) if position not in used]
    for each in parameters:  # what the path never has, and the query may not give
        is_positional = each.kind in (P.POSITIONAL_ONLY, P.POSITIONAL_OR_KEYWORD)
        if is_positional and each.name not in values and each.default is REQUIRED:
            raise Unsatisfiable

    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for each in parameters:
        if each.kind is P.VAR_POSITIONAL:
            if each.name in values:  # a glob: its segments
                text = values[each.name]
                args += [cast(segment, each.annotation, 404) for segment in (text or "").split("/") if text]
            else:  # what is left, in order
                args += [cast(path[position], each.annotation, 404) for position in left]
        elif each.kind is P.VAR_KEYWORD:
            if route.names and not takes_rest:
                kwargs.update({route.names[position]: path[position] for position in left})
        elif each.name in values:
            value = values[each.name]
            if value is None and each.default is not REQUIRED:
                taken: Any = each.default
            else:
                taken = cast(value, each.annotation, 404)
            if each.kind is P.KEYWORD_ONLY:
                kwargs[each.name] = taken
            else:
                args.append(taken)
        elif each.kind is P.KEYWORD_ONLY:  # from body or query
            if each.name in request.body:
                kwargs[each.name] = cast(request.body[each.name], each.annotation, 400)
            elif each.name in request.query:
                kwargs[each.name] = cast(request.query[each.name], each.annotation, 400)
            elif each.default is REQUIRED:
                raise Refused(400)
            else:
                kwargs[each.name] = each.default
        else:
            args.append(each.default)
    return args, kwargs


def action_of(parameters: list[P]) -> Any:
    """A method with these parameters, which keeps what it was called with."""

    def act(self: Any, *args: Any, **kwargs: Any) -> None:
        self.called = (list(args), kwargs)

    act.__signature__ = inspect.Signature([P("self", P.POSITIONAL_ONLY), *parameters])  # type: ignore[attr-defined]
    return act


def bound(parameters: list[P], call: tuple[list[Any], dict[str, Any]]) -> dict[str, Any]:
    """A call as the parameters see it: one given by position is as good as one given by name."""
    signature = inspect.Signature(parameters)
    binding = signature.bind(*call[0], **call[1])
    binding.apply_defaults()
    return dict(binding.arguments)


@st.composite
def signatures(draw: st.DrawFn) -> list[P]:
    """Parameters in an order that Python takes."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4))
    kinds = sorted(
        draw(
            st.sampled_from(
                [P.POSITIONAL_ONLY, P.POSITIONAL_OR_KEYWORD, P.VAR_POSITIONAL, P.KEYWORD_ONLY, P.VAR_KEYWORD]
            )
        )
        for _ in names
    )
    parameters: list[P] = []
    must_have_default = False
    for name, kind in zip(names, kinds, strict=True):
        if kind in (P.VAR_POSITIONAL, P.VAR_KEYWORD) and any(each.kind is kind for each in parameters):
            continue
        annotation = draw(st.sampled_from([int, str, REQUIRED]))
        default: Any = REQUIRED
        if kind not in (P.VAR_POSITIONAL, P.VAR_KEYWORD):
            wants_default = draw(st.booleans())
            positional = kind in (P.POSITIONAL_ONLY, P.POSITIONAL_OR_KEYWORD)
            if wants_default or (positional and must_have_default):
                default = DEFAULT
                must_have_default = must_have_default or positional
        parameters.append(P(name, kind, default=default, annotation=annotation))
    return parameters


VALUES = st.sampled_from(["1", "22", "x", "y z", "é"])


@st.composite
def routes(draw: st.DrawFn) -> Route:
    """Paths of up to four values."""
    form = draw(st.sampled_from(["groups", "keys", "none"]))
    names = tuple(draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4)))
    count = len(names)
    return Route(names if form != "none" else (), count, form, draw(st.integers(0, count)))


@st.composite
def requests(draw: st.DrawFn, route: Route) -> Request:
    """Values for a path, and some of the same names elsewhere."""
    taken = draw(st.integers(route.optional_from, route.groups))
    path = tuple(draw(VALUES) for _ in range(taken))
    fields = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)
    return Request(path, draw(fields), draw(fields))


@given(st.data())
def test_binder_makes_the_call_that_the_rules_make(data: st.DataObject) -> None:
    parameters = data.draw(signatures())
    route = data.draw(routes())
    request = data.draw(requests(route))
    check(parameters, route, request)


def check(parameters: list[P], route: Route, request: Request) -> None:
    """The route's own call against the expected one, over a whole request."""
    page = type("Page", (RequestHandler,), {"act": action_of(parameters), "__module__": __name__})
    try:
        spec = URLSpec(route.pattern, page, action="act", param_keys=route.keys)
    except SignatureError:
        try:
            expected_call(parameters, route, request)
        except Unsatisfiable:
            return
        except Refused:
            pass
        raise
    target = "/x" + "".join("/" + quote(value) for value in request.path)
    if request.query:
        target += "?" + urlencode(request.query)
    body = urlencode(request.body).encode()
    made = request_by_hand(target, "POST", body, {"Content-Type": "application/x-www-form-urlencoded"})
    handler = asyncio.run(run(RailsApplication([spec]), made))
    expected, status = None, 200
    try:
        expected = expected_call(parameters, route, request)
    except Refused as refused:
        status = refused.args[0]
    assert handler.get_status() == status, handler.request.connection.body
    if expected is not None:
        assert bound(parameters, handler.called) == bound(parameters, expected)


@given(values=st.lists(VALUES, min_size=2, max_size=2))
@example(values=["1", "x"])
def test_binder_gives_the_design_its_example(values: list[str]) -> None:
    parameters = [P("id", P.POSITIONAL_OR_KEYWORD, annotation=int), P("name", P.POSITIONAL_OR_KEYWORD)]
    check(parameters, Route(("id", "name"), 2, "keys", 2), Request(tuple(values), {}, {}))
