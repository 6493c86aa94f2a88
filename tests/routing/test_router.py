"""The router: the answer is Tornado's own, whatever the table holds and whatever is done to it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tornado.routing
import tornado.web
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from tornado.routing import AnyMatches, HostMatches, PathMatches, Router, Rule, RuleRouter
from tornado.web import _ApplicationRouter

import tornado_rails
from tests.routing.support import (
    OtherPage,
    Page,
    a_share,
    choose,
    chosen,
    request_for,
    route_of,
    scan,
    walk,
)
from tests.routing.tables import (
    HANDLERS,
    HOSTS,
    NAMES,
    Builder,
    FromEnd,
    Row,
    call,
    paths,
    tables,
    texts_of,
)
from tornado_rails import RailsApplication, URLSpec
from tornado_rails.errors import (
    DuplicateNameError,
    DuplicateRouteError,
    PatternError,
    RailsError,
    UnknownActionError,
)
from tornado_rails.routing.router import IndexedRouter, RootRouter, StockRouter, indexed, is_stock, rule_of
from tornado_rails.routing.rule_list import RuleList

A, B, C, D, E, F = HANDLERS


def stock(rules: Any = None, **settings: Any) -> tornado.web.Application:
    return tornado.web.Application(rules, **settings)


def patterns_of(application: Any) -> list[str]:
    """The patterns of all rules, as the tools that trace requests collect them."""
    return [getattr(getattr(each.matcher, "regex", None), "pattern", "") for each in walk(application.default_router)]


def reversed_by(application: Any, name: str, *args: str) -> object:
    try:
        return application.reverse_url(name, *args)
    except (KeyError, ValueError, AssertionError, TypeError) as error:
        return type(error)


@given(
    tables(),
    st.data(),
    st.sampled_from([tornado.routing.URLSpec, URLSpec]),
    st.sampled_from([None, *HOSTS]),
    st.sampled_from([tornado.web.Application, RailsApplication]),
)
def test_router_answers_as_tornado_with_any_table(
    table: list[Row], data: st.DataObject, urlspec: type[tornado.routing.URLSpec], default_host: str | None, inner: Any
) -> None:
    theirs = stock(Builder(tornado.web.Application, tornado.routing.URLSpec).rules(table), default_host=default_host)
    ours = RailsApplication(Builder(inner, urlspec).rules(table), default_host)
    assert patterns_of(ours) == patterns_of(theirs)
    for name in NAMES:
        for args in ((), ("1",), ("1", "é")):
            assert reversed_by(ours, name, *args) == reversed_by(theirs, name, *args)
    for path in data.draw(st.lists(paths([*texts_of(table)]), min_size=3, max_size=8)):
        host, method = data.draw(st.sampled_from(HOSTS)), data.draw(st.sampled_from(["GET", "POST", "ODD"]))
        request = request_for(path, method, host)
        assert choose(ours, request) == choose(theirs, request_for(path, method, host)), path
        assert getattr(request, "route", None) is scan(ours.default_router, request_for(path, method, host))[1]


def of_all_kinds(application: Any) -> list[Any]:
    """A table with a rule of every kind that Tornado takes."""
    return [
        ("/tuple", A),
        ["/list", B],
        ("/dotted", "tornado.web.RedirectHandler", {"url": "/"}),
        tornado.routing.URLSpec("/spec/([0-9]+)", C, {"number": 1}, "spec"),
        Rule(PathMatches(re.compile("/compiled")), D),
        (HostMatches("a.example"), [("/host", E), (AnyMatches(), [("/deep", F)])]),
        ("/nested/.*", [("/nested/(?P<name>[a-z]+)", A), ("/nested/(.*)", B, {}, "deep")]),
        ("/function", call),
        (AnyMatches(), RuleRouter([("/router", call)])),
        ("/none", None),
        (PathMatches("/application/.*"), application([("/application/a", C)])),
    ]


@pytest.mark.parametrize("default_host", [None, "a.example"])
@pytest.mark.parametrize("host", ["127.0.0.1", "a.example"])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/tuple", A),
        ("/list", B),
        ("/dotted", tornado.web.RedirectHandler),
        ("/spec/42", C),
        ("/compiled/and/more", D),
        ("/nested/name", A),
        ("/nested/", B),
        ("/function", call),
        ("/router", call),
        ("/none", tornado.web.ErrorHandler),
        ("/application/a", C),
        ("/application/b", tornado.web.ErrorHandler),
        ("/nowhere", tornado.web.ErrorHandler),
    ],
)
def test_router_takes_every_kind_of_rule(path: str, expected: Any, host: str, default_host: str | None) -> None:
    ours = RailsApplication(of_all_kinds(RailsApplication), default_host)
    theirs = stock(of_all_kinds(stock), default_host=default_host)
    found = choose(ours, request_for(path, host=host))
    assert found.target is expected
    assert found == choose(theirs, request_for(path, host=host))


@pytest.mark.parametrize(("path", "expected"), [("/host", E), ("/deep", F)])
def test_router_keeps_host_rules_to_their_host(path: str, expected: Any) -> None:
    application = RailsApplication(of_all_kinds(RailsApplication))
    assert chosen(application, path, host="a.example") is expected
    assert chosen(application, path) is tornado.web.ErrorHandler


class Told(Router):
    """A router of the user's, which answers what it was told."""

    def find_handler(self, request: Any, **kwargs: Any) -> Any:
        return kwargs


@pytest.mark.parametrize("kwargs", [None, {"number": 1}])
@pytest.mark.parametrize("target", [A, call, Told()])
@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/a", "/a"),
        ("/(.*)", "/a%20b/%FF+"),
        ("/(.*)/(x)?", "/é/"),
        ("/(?P<one>.*)/(?P<two>x)?", "/%41/"),
        ("/(?P<one>.*)", "/"),
        (re.compile("/(a)"), "/ab"),
        ("(?:/)a", "/a"),
    ],
)
def test_target_of_any_kind_is_told_what_tornado_tells_it(pattern: Any, path: str, target: Any, kwargs: Any) -> None:
    for ours in (URLSpec(pattern, target, kwargs), Rule(PathMatches(pattern), target, kwargs)):
        theirs = stock([tornado.routing.URLSpec(pattern, target, kwargs)])
        assert choose(RailsApplication([ours]), request_for(path)) == choose(theirs, request_for(path))


def test_application_that_makes_delegates_itself_is_told_what_tornado_tells_it() -> None:
    told: list[Any] = []

    class Telling:
        def get_handler_delegate(self, *args: Any, **kwargs: Any) -> Any:
            told.append((args[1:], {name: kwargs[name] for name in kwargs if kwargs[name]}))
            return super().get_handler_delegate(*args, **kwargs)  # type: ignore[misc]

    table = [("/(a)", A, {"x": 1}), ("/(?P<b>b)", B), ("/c", C)]
    for application in (tornado.web.Application, RailsApplication):
        made = type("Made", (Telling, application), {})(table)
        for path in ("/a", "/b", "/c", "/d"):
            made.find_handler(request_for(path))
    assert told[:4] == told[4:]
    assert len(told) == 8


def test_router_passes_a_rule_that_declines_and_asks_on() -> None:
    nested = ("/a", [("/b", A)])
    application = RailsApplication([nested, (AnyMatches(), RuleRouter()), ("/a", None), ("/a", B)])
    assert chosen(application, "/a") is B
    assert route_of(application, "/a").target is B


def test_router_of_one_host_alone_keeps_to_it() -> None:
    application = RailsApplication([("/a", A)])
    application.add_handlers("a.example", [("/a", B)])
    assert chosen(application, "/a") is A
    application.default_router.rules.pop()
    assert chosen(application, "/a", host="a.example") is B
    assert chosen(application, "/a") is tornado.web.ErrorHandler
    application.default_router.rules[0].matcher = AnyMatches()
    application.default_router.rules.append(Rule(AnyMatches(), C))
    assert chosen(application, "/a") is B


def test_router_asks_a_matcher_of_the_users_own_for_every_path() -> None:
    class ByHeader(tornado.routing.Matcher):
        def match(self, request: Any) -> dict[str, Any] | None:
            return {"path_args": [b"seen"]} if "X-Mobile" in request.headers else None

    application = RailsApplication([(ByHeader(), A), ("/(.*)", B)])
    assert choose(application, request_for("/x", X_Mobile="1"))[:3] == (A, {}, [b"seen"])
    assert chosen(application, "/x") is B


def test_router_lets_an_applications_own_hook_make_delegates() -> None:
    class Hooked(RailsApplication):
        def get_handler_delegate(self, request: Any, target_class: Any, *args: Any, **kwargs: Any) -> Any:
            return super().get_handler_delegate(request, B if target_class is A else target_class, *args, **kwargs)

    assert chosen(Hooked([("/a", A)]), "/a") is B


def test_router_uses_the_very_handler_class_of_a_route_without_keys() -> None:
    application = RailsApplication([("/a", A), ("/b", Page, {"action": "index"})])
    delegate: Any = application.find_handler(request_for("/a"))
    assert delegate.handler_class is A
    assert type(application.wildcard_router.rules[0]) is URLSpec


# What the request is told.


def test_route_of_a_request_is_the_matched_rule() -> None:
    written = Rule(PathMatches("/stock"), A)
    keyed = URLSpec("/keyed", Page, action="show")
    application = RailsApplication([written, keyed, ("/tuple", B), ("/f", call), (AnyMatches(), [("/nested", C)])])
    rules = application.wildcard_router.rules
    assert route_of(application, "/stock") is written
    assert route_of(application, "/keyed") is keyed
    assert route_of(application, "/tuple") is rules[2]
    assert route_of(application, "/f") is rules[3]
    assert route_of(application, "/nested") is rules[4].target.rules[0]
    assert route_of(application, "/nowhere") is None


def test_route_of_a_stock_rule_with_keys_is_the_spec_in_its_place() -> None:
    application = RailsApplication([Rule(PathMatches("/a/(.*)"), Page, {"action": "show", "x": 1}, "name")])
    spec: Any = application.wildcard_router.rules[0]
    assert route_of(application, "/a/b") is spec
    assert type(spec) is URLSpec
    assert (spec.action, spec.target_kwargs, spec.name) == ("show", {"x": 1}, "name")
    assert application.wildcard_router.named_rules == {"name": spec}


def test_rules_can_be_walked_as_tracing_tools_do() -> None:
    application = RailsApplication(
        [("/a/(.*)", A), (HostMatches("a.example"), [("/b", B)]), ("/c", Page, {"action": "show"})]
    )
    application.add_handlers("b.example", [("/d", C)])
    assert patterns_of(application) == ["/d$", "/a/(.*)$", "/b$", "/c$"]
    assert type(application.default_router) is RootRouter
    assert type(application.wildcard_router) is IndexedRouter
    assert isinstance(application.wildcard_router, _ApplicationRouter)
    assert isinstance(application.wildcard_router.rules, list)
    assert application.default_router.rules[-1].target is application.wildcard_router


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("plain", (), "/plain"),
        ("one", ("é/",), "/one/%C3%A9/"),
        ("keyed", (7,), "/keyed/7"),
        ("nested", ("x",), "/nested/x"),
        ("host", (), "/host"),
        ("unknown", (), KeyError),
        ("one", (), AssertionError if __debug__ else "/one/%s"),
    ],
)
def test_reverse_url_is_tornados(name: str, args: tuple[Any, ...], expected: object) -> None:
    def table(keys: dict[str, Any]) -> list[Any]:
        return [
            ("/plain", A, {}, "plain"),
            ("/one/(.*)", B, None, "one"),
            ("/keyed/(.*)", Page, keys, "keyed"),
            (AnyMatches(), [("/nested/(.*)", C, {}, "nested")]),
        ]

    ours, theirs = RailsApplication(table({"action": "show", "param_keys": "id"})), stock(table({}))
    for application in (ours, theirs):
        application.add_handlers("a.example", [("/host", D, {}, "host")])
        assert reversed_by(application, name, *args) == expected
    assert set(ours.wildcard_router.named_rules) == set(theirs.wildcard_router.named_rules)


# Tables that are refused.


def test_add_rules_adds_all_or_none() -> None:
    application = RailsApplication([("/a", A, {}, "a")])
    before = list(application.wildcard_router.rules)
    with pytest.raises(UnknownActionError, match="has no method 'sho'"):
        application.wildcard_router.add_rules([("/b", B, {}, "b"), ("/c", Page, {"action": "sho"})])
    with pytest.raises(DuplicateRouteError):
        application.wildcard_router.add_rules([("/b", B, {}, "b"), ("/a", Page, {"action": "show"})])
    assert application.wildcard_router.rules == before
    assert set(application.wildcard_router.named_rules) == {"a"}
    assert chosen(application, "/b") is tornado.web.ErrorHandler
    application.wildcard_router.add_rules([("/b", B, {}, "b")])
    assert chosen(application, "/b") is B


def test_add_handlers_checks_routes_with_keys_at_once() -> None:
    application = RailsApplication([("/a", A)], "a.example")
    with pytest.raises(UnknownActionError, match="Did you mean 'show'"):
        application.add_handlers("b.example", [("/b", Page, {"action": "shw"})])
    assert patterns_of(application) == ["/a$"]


@pytest.mark.parametrize("error", [PatternError, re.error])
def test_pattern_that_does_not_compile_is_refused(error: type[Exception]) -> None:
    with pytest.raises(error, match=r"route '/\(a' \(.*test_router.py:\d+\): the pattern is not a regular expression"):
        RailsApplication([("/(a", A)])


@pytest.mark.parametrize("rule", [("/a",), ("/a", A, {}, "name", 5), (A,)])
def test_tuple_of_a_wrong_length_fails_as_in_tornado(rule: Any) -> None:
    errors = []
    for application in (stock, RailsApplication):
        with pytest.raises((AssertionError, TypeError)) as caught:  # an assertion, unless Python leaves those out
            application([rule])
        errors.append((caught.type, str(caught.value)))
    assert errors[0] == errors[1]


def test_rule_of_leaves_what_tornado_makes() -> None:
    made = Rule(PathMatches("/a"), A)
    pair: Any = (PathMatches("/a"), A)
    assert rule_of(made) is made
    assert rule_of(pair) is pair
    spec = rule_of(["/a", A, {"x": 1}, "name"])
    assert (type(spec), spec.target_kwargs, spec.name) == (URLSpec, {"x": 1}, "name")


KEYED = {"action": "show"}


@pytest.mark.parametrize(
    ("first", "second", "settings"),
    [
        (KEYED, {}, {}),
        ({}, KEYED, {}),
        (KEYED, {"action": "index"}, {}),
        ({}, {}, {"strict_routes": True}),
    ],
)
def test_name_of_two_routes_is_refused(first: Any, second: Any, settings: Any, tmp_path: Any) -> None:
    with pytest.raises(DuplicateNameError) as caught:
        RailsApplication([("/a", Page, first, "name"), ("/b", Page, second, "name")], **settings)
    text = str(caught.value)
    assert re.search(r"^route '/b' -> Page\S* \(.*test_router.py:\d+\): has the name 'name', as has route '/a'", text)
    assert text.endswith("Give each its own.")
    assert caught.value.other.startswith("route '/a' -> Page")


def test_name_of_two_routes_without_keys_is_a_warning_as_in_tornado(caplog: pytest.LogCaptureFixture) -> None:
    application = RailsApplication([("/a", A, {}, "name"), ("/b", B, {}, "name")])
    assert [record.getMessage() for record in caplog.records] == [
        "Multiple handlers named name; replacing previous value"
    ]
    assert application.reverse_url("name") == "/b"


# Tables that change.


def test_keyed_rule_that_is_put_into_a_running_table_becomes_a_route() -> None:
    application = RailsApplication([("/a", A)])
    assert chosen(application, "/b") is tornado.web.ErrorHandler
    application.wildcard_router.rules.insert(0, tornado.routing.URLSpec("/b", Page, {"action": "show"}))
    delegate: Any = application.find_handler(request_for("/b"))
    assert (delegate.handler_class.__name__, delegate.handler_kwargs) == ("Page", {})
    assert issubclass(delegate.handler_class, tornado_rails.ActionMixin)
    assert route_of(application, "/b").action == "show"
    assert route_of(application, "/b") is application.wildcard_router.rules[0]


def test_bad_rule_that_is_put_into_a_running_table_is_left_to_tornado(caplog: pytest.LogCaptureFixture) -> None:
    application = RailsApplication([("/a", A)])
    application.wildcard_router.rules.append(Rule(PathMatches("/b"), Page, {"action": "sho"}))
    assert choose(application, request_for("/b"))[:2] == (Page, {"action": "sho"})
    assert chosen(application, "/a") is A
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith(
        "A rule that was put into a running table is left to Tornado: route '/b' -> Page"
    )
    assert "Did you mean 'show'?" in record.getMessage()


def test_stock_router_of_an_application_is_replaced_by_an_indexed_one() -> None:
    class Old(RailsApplication):
        def __init__(self, rules: Any) -> None:
            tornado.web.Application.__init__(self, rules)

    application = Old([("/a", A, {}, "a"), ("/n.*", [("/n/b", Page, {"action": "show"})])])
    assert type(application.wildcard_router) is IndexedRouter
    assert type(application.default_router) is RootRouter
    assert chosen(application, "/a") is A
    assert route_of(application, "/n/b").action == "show"
    assert application.reverse_url("a") == "/a"


def test_router_of_an_applications_own_is_kept() -> None:
    class Mine(_ApplicationRouter):
        pass

    class Own(RailsApplication):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "wildcard_router":
                value = Mine(self, value.rules)
            super().__setattr__(name, value)

    application = Own([("/a", A), ("/b", A, {"action": "is not ours"})])
    assert type(application.wildcard_router) is Mine
    assert chosen(application, "/a") is A


def test_indexed_router_has_the_rules_and_names_of_the_other() -> None:
    application = RailsApplication()
    theirs = _ApplicationRouter(application, [("/a", A, {}, "a")])
    ours = indexed(theirs, IndexedRouter)
    assert ours.rules == theirs.rules
    assert ours.named_rules == theirs.named_rules == {"a": ours.rules[0]}
    assert ours.find_handler(request_for("/a")) is not None


def test_stock_router_needs_no_application_of_the_patched_class() -> None:
    application: Any = tornado.web.Application()
    router = StockRouter(application, [("/a", A, {}, "a")])
    assert router.application is application
    assert choose(router, request_for("/a")) == (A, {}, [], {})
    assert router.reverse_url("a") == "/a"
    assert is_stock(router)
    assert is_stock(_ApplicationRouter(application))
    assert not is_stock(RailsApplication().wildcard_router)
    outer = RailsApplication([(AnyMatches(), router)])
    assert type(outer.wildcard_router.rules[0].target) is IndexedRouter
    assert chosen(outer, "/a") is A


CHANGES: list[tuple[str, Callable[[list[Any]], Any]]] = [
    ("append", lambda rules: rules.append(new())),
    ("clear", lambda rules: rules.clear()),
    ("extend", lambda rules: rules.extend([new(), new("/c")])),
    ("insert", lambda rules: rules.insert(0, new("/(.*)"))),
    ("pop", lambda rules: rules.pop()),
    ("pop at", lambda rules: rules.pop(0)),
    ("remove", lambda rules: rules.remove(rules[0])),
    ("reverse", lambda rules: rules.reverse()),
    ("sort", lambda rules: rules.sort(key=lambda each: each.matcher.regex.pattern, reverse=True)),
    ("delete", lambda rules: rules.__delitem__(0)),
    ("delete slice", lambda rules: rules.__delitem__(slice(1, None))),
    ("add", lambda rules: rules.__iadd__([new()])),
    ("double", lambda rules: [rules.__imul__(2), rules.pop(0)]),
    ("empty", lambda rules: rules.__imul__(0)),
    ("set", lambda rules: rules.__setitem__(0, new("/b"))),
    ("set slice", lambda rules: rules.__setitem__(slice(0, 2), [new("/(.*)")])),
    ("matcher", lambda rules: setattr(rules[0], "matcher", PathMatches("/b"))),
    ("matcher of another kind", lambda rules: setattr(rules[0], "matcher", FromEnd("c/"))),
    ("target", lambda rules: setattr(rules[0], "target", D)),
    ("kwargs", lambda rules: rules[0].target_kwargs.update(x=1)),
    ("other kwargs", lambda rules: setattr(rules[0], "target_kwargs", {"x": 2})),
]


def new(pattern: str = "/b") -> Rule:
    return Rule(PathMatches(pattern), F)


@pytest.mark.parametrize("plain", [False, True], ids=["of the router", "assigned"])
@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[name for name, _ in CHANGES])
def test_change_of_a_list_of_rules_is_noticed(name: str, change: Callable[[list[Any]], Any], plain: bool) -> None:
    answers = []
    for application in (stock(changing()), RailsApplication(changing())):
        if plain:
            application.wildcard_router.rules = list(application.wildcard_router.rules)
        before = [choose(application, request_for(path)) for path in ASKED]
        change(application.wildcard_router.rules)
        answers.append((before, [choose(application, request_for(path)) for path in ASKED]))
    assert answers[0] == answers[1]
    assert answers[1][0] != answers[1][1]


def changing() -> list[Any]:
    return [("/a", A), ("/[ac]", B), ("/a(.*)", C), ("/e/.", E)]


ASKED = ["/", "/a", "/b", "/c", "/a/b", "/e/f"]


def test_rules_method_is_named_as_that_of_a_list() -> None:
    assert RuleList.append.__name__ == RuleList.append.__qualname__ == "append"
    assert RuleList([new()]).changes == 0


def test_rules_that_are_assigned_are_the_very_list() -> None:
    application = RailsApplication([("/a", A)])
    mine = [new("/mine")]
    application.wildcard_router.rules = mine
    assert application.wildcard_router.rules is mine
    assert chosen(application, "/mine") is F
    assert chosen(application, "/a") is tornado.web.ErrorHandler
    mine.append(new("/also"))
    assert chosen(application, "/also") is F
    other = RailsApplication([("/other", B)])
    application.wildcard_router.rules = other.wildcard_router.rules
    assert chosen(application, "/other") is B
    other.wildcard_router.rules.append(new("/late"))
    assert chosen(application, "/late") is chosen(other, "/late") is F


def test_rules_of_a_list_that_counts_are_read_when_it_is_assigned() -> None:
    application = RailsApplication([("/a", A)])
    application.wildcard_router.rules = RuleList([new("/b")])
    assert chosen(application, "/b") is F
    assert chosen(application, "/a") is tornado.web.ErrorHandler


def test_change_in_one_application_leaves_another_alone() -> None:
    one, other = RailsApplication([("/a", A)]), RailsApplication([("/a", B)])
    index = other.wildcard_router._index  # type: ignore[attr-defined]
    one.wildcard_router.rules.insert(0, new("/a"))
    assert (chosen(one, "/a"), chosen(other, "/a")) == (F, B)
    assert other.wildcard_router._index is index  # type: ignore[attr-defined]


@pytest.mark.parametrize("default_host", [None, "a.example"])
def test_add_handlers_serves_hosts_as_tornado(default_host: str | None) -> None:
    ours, theirs = (make([("/a", A)], default_host=default_host) for make in (RailsApplication, stock))
    for application in (ours, theirs):
        choose(application, request_for("/b"))
        application.add_handlers("b.example", [("/b", B, {}, "b"), ("/a", C)])
        application.add_handlers("a.example", [("/a", D), ("/b", E)])
    for host in HOSTS:
        for path in ("/a", "/b", "/c"):
            for headers in ({}, {"X_Real_Ip": "10.0.0.1"}):
                asked = [choose(each, request_for(path, host=host, **headers)) for each in (ours, theirs)]
                assert asked[0] == asked[1]
    assert patterns_of(ours) == patterns_of(theirs)
    assert ours.reverse_url("b") == theirs.reverse_url("b")


def test_add_handlers_makes_tables_that_are_changed_one_by_one() -> None:
    asked = []
    for make in (stock, RailsApplication):
        application = make([("/a", A)], default_host="a.example")
        application.add_handlers("a.example", [("/b", B)])
        application.default_router.rules[0].target.rules.append(new("/late"))
        asked.append([chosen(application, path, host=host) for host in HOSTS for path in ("/b", "/late")])
    assert asked[0] == asked[1]
    assert F in asked[0]


def test_add_handlers_takes_a_table_that_can_be_read_once() -> None:
    application = RailsApplication(default_host="a.example")
    application.add_handlers("b.example", iter([("/b", B)]))
    assert chosen(application, "/b", host="b.example") is B


# The table that every change is tried on, in any order.

SPECIMENS = ["/a", "/b", "/a/b", "/([^/]+)", "/a/(.*)", "/(a|b)?", "/(?P<one>a)/(?P<two>.)", "(?i)/A", ".*/b", "/a/"]
QUESTIONS = ["/", "/a", "/b", "/A", "/a/", "/a/b", "/b/b", "/c", "/a/b/c", "//", ""]


@st.composite
def specimens(draw: st.DrawFn) -> Callable[[bool], Rule]:
    """A rule for each of two applications: with routing keys for ours, without them for Tornado's."""
    pattern, handler = draw(st.sampled_from(SPECIMENS)), draw(st.sampled_from([A, B, C, Page, OtherPage]))
    kind = draw(st.sampled_from(["rule", "spec", "ours", "keyed rule", "keyed spec", "any", "host", "nested"]))
    number = draw(st.sampled_from([None, 1, 2]))

    def make(is_ours: bool) -> Rule:
        kwargs: dict[str, Any] = {} if number is None else {"number": number}
        if kind == "any":
            return Rule(AnyMatches(), RuleRouter([(pattern, call)]))
        if kind in ("host", "nested"):
            router = tornado_rails.RailsApplication if is_ours else tornado.web.Application
            matcher = HostMatches("a.example") if kind == "host" else PathMatches(".*")
            return Rule(matcher, router([(pattern, handler, kwargs)]).wildcard_router)
        if kind.startswith("keyed") and issubclass(handler, Page) and is_ours:
            kwargs["action"] = "show"
        if kind.endswith("rule"):
            return Rule(PathMatches(pattern), handler, kwargs)
        return (URLSpec if is_ours and kind == "ours" else tornado.routing.URLSpec)(pattern, handler, kwargs)

    return make


def tables_of(router: Any) -> Iterator[Any]:
    """A router and all tables within."""
    yield router
    for each in router.rules:
        if isinstance(each.target, _ApplicationRouter):
            yield from tables_of(each.target)


class ChangingTable(RuleBasedStateMachine):
    """Two applications to which the same is done."""

    @initialize(
        default_host=st.sampled_from([None, "a.example"]), table=st.lists(st.sampled_from(SPECIMENS), max_size=8)
    )
    def start(self, default_host: str | None, table: list[str]) -> None:
        rules: list[Any] = [(pattern, HANDLERS[number % 6], {}) for number, pattern in enumerate(table)]
        self.theirs: Any = stock(list(rules), default_host=default_host)
        self.ours: Any = RailsApplication(list(rules), default_host)
        self.held: list[tuple[list[Rule], list[Rule]]] = []

    def pairs(self, of_hosts: bool = False) -> tuple[list[Rule], list[Rule]]:
        """The rules of both applications, as they are now."""
        name = "default_router" if of_hosts else "wildcard_router"
        theirs, ours = getattr(self.theirs, name).rules, getattr(self.ours, name).rules
        assert len(theirs) == len(ours)
        return theirs, ours

    @rule(make=specimens(), at=st.integers(-3, 3), of_hosts=st.booleans())
    def insert(self, make: Callable[[bool], Rule], at: int, of_hosts: bool) -> None:
        for rules, is_ours in zip(self.pairs(of_hosts), (False, True), strict=True):
            rules.insert(at, make(is_ours))

    @rule(make=specimens(), how=st.sampled_from(["append", "extend", "+=", "slice"]))
    def add(self, make: Callable[[bool], Rule], how: str) -> None:
        for application, is_ours in ((self.theirs, False), (self.ours, True)):
            router = application.wildcard_router
            if how == "append":
                router.rules.append(make(is_ours))
            elif how == "extend":
                router.rules.extend(iter([make(is_ours)]))
            elif how == "+=":
                router.rules += [make(is_ours)]
            else:
                router.rules[1:2] = [make(is_ours), make(is_ours)]

    @rule(how=st.sampled_from(["pop", "pop first", "remove", "delete", "delete slice"]), data=st.data())
    def take(self, how: str, data: st.DataObject) -> None:
        theirs, ours = self.pairs()
        if not theirs:
            return
        at = theirs.index(theirs[data.draw(st.integers(0, len(theirs) - 1))])  # as remove() takes the first
        for rules in (theirs, ours):
            if how == "pop":
                rules.pop()
            elif how == "pop first":
                rules.pop(0)
            elif how == "remove":
                rules.remove(rules[at])
            elif how == "delete":
                del rules[at]
            else:
                del rules[at : at + 2]

    @rule(how=st.sampled_from(["reverse", "sort", "clear", "*= 2", "*= 0"]))
    def arrange(self, how: str) -> None:
        is_short = len(self.pairs()[0]) < 6
        for application in (self.theirs, self.ours):
            router = application.wildcard_router
            if how == "reverse":
                router.rules.reverse()
            elif how == "sort":
                router.rules.sort(key=lambda each: str(getattr(each.matcher, "regex", "")))
            elif how == "clear":
                router.rules.clear()
            elif how == "*= 0":
                router.rules *= 0
            elif is_short:
                router.rules *= 2

    @rule(rows=st.lists(specimens(), max_size=3))
    def assign(self, rows: list[Callable[[bool], Rule]]) -> None:
        lists = [make(False) for make in rows], [make(True) for make in rows]
        self.held.append((self.theirs.wildcard_router.rules, self.ours.wildcard_router.rules))
        self.theirs.wildcard_router.rules, self.ours.wildcard_router.rules = lists

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def assign_again(self, data: st.DataObject) -> None:
        lists = data.draw(st.sampled_from(self.held))
        self.held.append((self.theirs.wildcard_router.rules, self.ours.wildcard_router.rules))
        self.theirs.wildcard_router.rules, self.ours.wildcard_router.rules = lists

    @precondition(lambda self: self.held)
    @rule(data=st.data(), make=specimens())
    def change_a_held_list(self, data: st.DataObject, make: Callable[[bool], Rule]) -> None:
        theirs, ours = data.draw(st.sampled_from(self.held))
        theirs.insert(1, make(False))
        ours.insert(1, make(True))

    @rule(rows=st.lists(specimens(), max_size=2), pattern=st.sampled_from(SPECIMENS))
    def add_rules(self, rows: list[Callable[[bool], Rule]], pattern: str) -> None:
        before = list(self.ours.wildcard_router.rules)
        try:
            self.ours.wildcard_router.add_rules([*(make(True) for make in rows), (pattern, D, {}, "name")])
        except RailsError:  # the checks, which Tornado does not have
            assert len(self.ours.wildcard_router.rules) == len(before)
        else:
            self.theirs.wildcard_router.add_rules([*(make(False) for make in rows), (pattern, D, {}, "name")])

    @rule(pattern=st.sampled_from(SPECIMENS), host=st.sampled_from([*HOSTS, ".*"]))
    def add_handlers(self, pattern: str, host: str) -> None:
        for application in (self.theirs, self.ours):
            application.add_handlers(host, [(pattern, E), (pattern, F)])

    @rule(make=specimens(), data=st.data())
    def change_a_nested_table(self, make: Callable[[bool], Rule], data: st.DataObject) -> None:
        theirs, ours = (list(tables_of(each.default_router)) for each in (self.theirs, self.ours))
        assert len(theirs) == len(ours)
        at = data.draw(st.integers(0, len(theirs) - 1))
        theirs[at].rules.insert(0, make(False))
        ours[at].rules.insert(0, make(True))

    @rule(pattern=st.sampled_from(SPECIMENS), data=st.data(), kind=st.sampled_from([PathMatches, PathMatches, FromEnd]))
    def replace_matcher(self, pattern: str, data: st.DataObject, kind: type[PathMatches]) -> None:
        for theirs, ours in self.pick(data):
            if isinstance(ours, URLSpec):  # which notices; a rule of Tornado's own class does not
                ours.matcher, theirs.matcher = kind(pattern), kind(pattern)

    @rule(new_target=st.sampled_from([A, B, call, None]), data=st.data())
    def replace_target(self, new_target: Any, data: st.DataObject) -> None:
        for theirs, ours in self.pick(data):
            theirs.target = ours.target = new_target

    @rule(data=st.data(), in_place=st.booleans())
    def replace_kwargs(self, data: st.DataObject, in_place: bool) -> None:
        for theirs, ours in self.pick(data):
            for one in (theirs, ours):
                if in_place:
                    one.target_kwargs["number"] = 3
                else:
                    one.target_kwargs = {"number": 4}

    def pick(self, data: st.DataObject) -> Iterator[tuple[Rule, Rule]]:
        """A rule of both: in all places that hold it, as ours has a route for each."""
        theirs, ours = self.pairs()
        if theirs:
            picked = data.draw(st.sampled_from(theirs))
            for one, other in zip(theirs, ours, strict=True):
                if one is picked and "action" not in other.target_kwargs:  # put in, and not yet a route
                    yield one, other

    @rule(path=st.sampled_from(QUESTIONS), host=st.sampled_from(HOSTS), method=st.sampled_from(["GET", "POST"]))
    def ask(self, path: str, host: str, method: str) -> None:
        theirs, ours = (choose(each, request_for(path, method, host)) for each in (self.theirs, self.ours))
        assert ours == theirs

    @rule()
    def ask_much(self) -> None:
        for path in QUESTIONS:
            for host in HOSTS[:2]:
                self.ask(path, host, "GET")

    def teardown(self) -> None:
        if hasattr(self, "ours"):
            self.ask_much()


def test_router_answers_as_tornado_after_any_changes() -> None:
    run_state_machine_as_test(ChangingTable, settings=a_share(4))
