"""The start-up checks: what is proven is true, and both parties are named with their own lines."""

from __future__ import annotations

import logging
import re
import runpy
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tornado.routing import AnyMatches, HostMatches, PathMatches, Rule, RuleRouter
from tornado.web import RequestHandler

from tests.routing.support import OtherPage, Page, chosen, request_for
from tests.routing.tables import NEW_REGEX, USUAL, FromEnd, OddLength, Pattern, call, paths, patterns
from tornado_rails import RailsApplication, RailsError, URLSpec
from tornado_rails.errors import DuplicateNameError, DuplicateRouteError, ShadowedRouteError
from tornado_rails.routing.checks import find_unreachable, is_routed
from tornado_rails.routing.router import IndexedRouter, rule_of

DUPLICATE, SHADOWED = DuplicateRouteError, ShadowedRouteError
INDEX, SHOW, CREATE = {"action": "index"}, {"action": "show"}, {"action": "create"}


class Dav(RequestHandler):
    SUPPORTED_METHODS = (*RequestHandler.SUPPORTED_METHODS, "PROPFIND")

    def show(self) -> None: ...


def unreachable(rules: Iterable[Any], since: int = 0) -> list[tuple[int, int, bool]]:
    """The findings of a table that is not refused: the position of the route, that of the earlier, if a duplicate."""
    router = RailsApplication().wildcard_router
    assert isinstance(router, IndexedRouter)
    table = router.rules
    table.extend(rule_of(rule) for rule in rules)
    router.refresh()
    return [
        (len(table) - 1 - table[::-1].index(route), table.index(earlier), duplicate)
        for route, earlier, duplicate in find_unreachable(table, since, router._candidates)
    ]


def outcome(rules: list[Any], **settings: Any) -> type[RailsError] | None:
    try:
        RailsApplication(rules, **settings)
    except RailsError as error:
        return type(error)
    return None


COVERED: list[tuple[str, str, type[RailsError]]] = [
    ("/a", "/a", DUPLICATE),
    ("/a", "/a$", DUPLICATE),
    ("/a", "/(?:a)", DUPLICATE),
    ("/(.*)", "/(.*)", DUPLICATE),
    (r"/(\d+)", r"/(?P<id>\d+)", DUPLICATE),
    (r"/(\d+)/(\w)", r"/(?P<id>\d+)/(?P<tab>\w)", DUPLICATE),
    (r"/(?P<id>\d+)", r"/(?P<number>\d+)", DUPLICATE),
    (r"(?i)/a", r"(?i)/a", DUPLICATE),
    (r"/a(b)?", r"/ab?", DUPLICATE),
    (r"/(.*)", "/a", SHADOWED),
    (r"/([^/]+)", "/a", SHADOWED),
    (r"/user/(.*)", "/user/login", SHADOWED),
    (r"/user/(\w+)", "/user/login", SHADOWED),
    (r"/user/log(in|out)", "/user/login", SHADOWED),
    (r"/user/log(in|out)", "/user/log(?:in|out)", DUPLICATE),
    (r"/user/?", "/user/", SHADOWED),
    (r"/user/\w+", "/user/(login|logout)", SHADOWED),
    (r"(?i)/USER", "/user", SHADOWED),
    (r"/user/([^/]+)", r"/user/(\w+)", SHADOWED),
    (r"/user/([^/]*)", r"/user/(\w+)", SHADOWED),
    (r"/user/([^/]+)", r"/user/id-(\d{3})", SHADOWED),
    (r"/user/([^/]+)/edit", r"/user/(\d+)/edit", SHADOWED),
    (r"/([^/]+)/([^/]+)", r"/(\w+)/(\d+)", SHADOWED),
    (r"/([^/]+)/(\d+)", r"/([a-z]+)/(?P<id>\d+)".replace("?P<id>", ""), SHADOWED),
    (r"/user/(.*)", r"/user/(\d+)", SHADOWED),
    (r"/user/(.+)", r"/user/(\d+)", SHADOWED),
    (r"/user/(.+)", r"/user/(\d*)/edit", SHADOWED),
    (r"/user/(.*)", r"/user/(\d*)", SHADOWED),
    (r"/(.*)", r"/user/(\d+)(?:/(\w+))?", SHADOWED),
    (r"^/user/([^/]+)", r"/user/(\d+)", SHADOWED),
    (r"/user/([^/]+)", r"^/user/(\d+)", SHADOWED),
]
if NEW_REGEX:
    COVERED += [(r"/(\d++)", r"/(?P<id>\d++)", DUPLICATE), (r"/([^/]+)", r"/(\d++)", SHADOWED)]


@pytest.mark.parametrize(("first", "second", "expected"), COVERED)
def test_route_behind_one_that_takes_its_paths_is_found(first: str, second: str, expected: type[RailsError]) -> None:
    found = [(1, 0, expected is DUPLICATE)]
    assert unreachable([(first, Page), (second, Page)]) == found
    assert unreachable([("/other", Page), (first, Page), ("x", Page), (second, Page)], 1) == [
        (3, 1, expected is DUPLICATE)
    ]
    assert outcome([(first, Page, SHOW), (second, Page, INDEX)]) is expected
    assert outcome([(first, Page), (second, Page, INDEX)]) is expected
    assert outcome([(first, Page, SHOW), (second, Page)]) is expected
    assert outcome([(first, Page), (second, Page)]) is None
    assert outcome([(first, Page), (second, Page)], strict_routes=True) is expected


FREE: list[tuple[str, str]] = [
    ("/a", "/b"),
    ("/a", "/a/"),
    ("/user/login", "/user/(.*)"),
    (r"/user/(\d+)", "/user/login"),
    (r"/user/(\w+)", "/user/(login|log-out)"),
    (r"/user/(\w+)", "/user/([^/]+)"),
    (r"/user/([^/]+)", "/user/([^/]*)"),
    (r"/user/([^/]+)", "/user/(.*)"),
    (r"/user/([^/]+)", r"/user/(\d*)"),
    (r"/user/([^/]+)", r"/user/(\D+)"),
    (r"/user/([^/]+)", r"/user/(a/?)"),
    (r"/user/([^/]+)", r"/user/(\d+)/edit"),
    (r"/user/([^/]+)/edit", r"/user/(\d+)"),
    (r"/user/([^/]+?)x", r"/user/(\d+)"),
    (r"/user/([^/]{2,})", r"/user/(\d+)"),
    (r"/user/([^/]{1,9})", r"/user/(\d+)"),
    (r"/user/(.+)", r"/user/(\d*)"),
    (r"/user/(.*)", r"/user(?:/(\d+))?"),
    (r"/user/(.*)", r"/(\w+)/(.*)"),
    (r"/user/(.*)x", r"/user/(\d+)"),
    (r"/user/(.*)", r"(?i)/user/(\d+)"),
    (r"(?x)/user/(.*)", r"/user/(\d+)"),
    (r"/([^/]+)", r"/\b(?=a)(\w+)(?<!x)"),
    (r"(?i)/a", "/[aA]"),
    ("/a", "(?i)/a"),
    (r"/(a)\1", r"/(?P<x>a)(?P=x)"),
    (r"/([ab])[ab](?:x\1|y)", r"/[ab]([ab])(?:x\1|y)"),
    (r"/([ab])[ab](?=x\1|y)..", r"/[ab]([ab])(?=x\1|y).."),
    (r"/([ab])?c(?i:x\1|y)", r"/([ab])c(?i:x\1|y)"),
    (r".*^/([^/]+)", r".*/([^/]+)"),
    (r"/(\D)", r"/(\D)/(b)"),
    (r"/(\d)x", r"(?i)/(\d)x"),
    (r"", "/"),
]


@pytest.mark.parametrize(("first", "second"), FREE)
def test_route_behind_one_that_leaves_it_something_is_not_found(first: str, second: str) -> None:
    assert unreachable([(first, Page), (second, Page)]) == []
    assert outcome([(first, Page, SHOW), (second, Page, INDEX)], strict_routes=True) is None


@pytest.mark.parametrize("first", [r"/user/(.*)", re.compile(r"/user/"), re.compile(r"/user/(\w+)", re.IGNORECASE)])
def test_route_of_literal_text_is_found_behind_a_compiled_pattern(first: Any) -> None:
    assert unreachable([URLSpec(first, Page), ("/user/login", Page)]) == [(1, 0, False)]


def test_pattern_without_an_end_covers_by_no_segment() -> None:
    assert unreachable([URLSpec(re.compile("/user/([^/]+)"), Page), (r"/user/(\d+)", Page)]) == []
    assert unreachable([(r"/user/([^/]+)", Page), URLSpec(re.compile(r"/user/(\d+)"), Page)]) == []


def test_pattern_of_another_dialect_is_equal_to_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(regex: object) -> object:
        raise ValueError

    monkeypatch.setattr("tornado_rails.routing.checks.parse", refuse)
    dialect = [r"/xyz(?:\d+)/1", r"/xyz(?:\d+)/2", r"/xyz(?:\d+)/1"]
    assert unreachable([(pattern, Page) for pattern in dialect]) == [(2, 0, True)]


# Targets, matchers and methods.


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([(AnyMatches(), Page), ("/a", Page)], [(1, 0, False)]),
        ([(AnyMatches(), Page), (OddLength(), Page)], [(1, 0, False)]),
        ([(AnyMatches(), Page), (HostMatches("a"), Page)], [(1, 0, False)]),
        ([(AnyMatches(), [("/a", Page)]), ("/a", Page)], []),
        ([(AnyMatches(), RuleRouter()), ("/a", Page)], []),
        ([("/a", call), ("/a", Page)], []),
        ([("/a", [("/a", Page)]), ("/a", Page)], []),
        ([("/a", None), ("/a", Page)], []),
        ([("/a", Page), ("/a", call)], [(1, 0, True)]),
        ([("/(.*)", Page), ("/a", [("/a", Page)])], [(1, 0, False)]),
        ([(HostMatches("a"), Page), ("/a", Page)], []),
        ([(OddLength(), Page), ("/a", Page)], []),
        ([(OddLength(), Page), (OddLength(), Page)], []),
        ([(FromEnd("/a"), Page), ("/a", Page)], []),
        ([("/a", Page), (FromEnd("/a"), Page)], []),
        ([("/(.*)", Page), (AnyMatches(), Page)], []),
    ],
)
def test_finding_needs_a_matcher_and_a_target_that_are_understood(
    rules: list[Any], expected: list[tuple[int, int, bool]]
) -> None:
    rules = [rule if isinstance(rule[0], str) else Rule(*rule) for rule in rules]
    assert unreachable(rules) == expected


def test_rule_that_stands_twice_is_a_duplicate_of_itself() -> None:
    rule = Rule(PathMatches("/a"), Page)
    assert unreachable([rule, rule]) == [(1, 0, True)]
    spec = URLSpec("/a", Page, SHOW)
    with pytest.raises(DuplicateRouteError) as caught:
        RailsApplication([spec, spec])
    assert caught.value.route == caught.value.other


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"methods": "GET"}, {"methods": "POST"}, None),
        ({"methods": "GET"}, {"methods": "GET"}, DUPLICATE),
        ({"methods": "GET"}, {"methods": "HEAD"}, DUPLICATE),
        ({"methods": "HEAD"}, {"methods": "GET"}, None),
        ({"methods": ("GET", "POST")}, {"methods": "POST"}, DUPLICATE),
        ({"methods": "POST"}, {"methods": ("GET", "POST")}, None),
        ({"methods": "GET"}, {}, None),
        ({"methods": "GET"}, {"action": "show"}, None),
        ({}, {"methods": "GET"}, DUPLICATE),
        ({"action": "show"}, {}, DUPLICATE),
        ({"action": "show"}, {"methods": "DELETE"}, DUPLICATE),
    ],
)
def test_finding_needs_all_methods_of_the_later_route(first: Any, second: Any, expected: Any) -> None:
    assert outcome([("/a", Page, first), ("/a", OtherPage, second)]) is expected
    assert outcome([("/(.*)", Page, first), ("/a", OtherPage, second)]) is (SHADOWED if expected else None)


@pytest.mark.parametrize("target", [Dav, call, [("/a", Page)]])
def test_finding_needs_methods_that_are_known(target: Any) -> None:
    assert outcome([("/a", Page, SHOW), ("/a", target)]) is None
    assert outcome([("/a", Page), ("/a", target, {})], strict_routes=True) is DUPLICATE


def test_earlier_route_that_leaves_a_method_is_passed_for_the_one_behind_it() -> None:
    rules = [("/a", Page, {**SHOW, "methods": "GET"}), ("/a", Page, CREATE), ("/a", Page, INDEX)]
    assert unreachable(rules) == [(2, 1, True)]


def test_is_routed_if_it_has_any_of_the_keys() -> None:
    assert not is_routed(rule_of(("/a", Page)))
    assert not is_routed(Rule(PathMatches("/a"), Page))
    for keys in (SHOW, {"methods": "GET"}, {"param_keys": ()}):
        assert is_routed(rule_of(("/a", Page, keys))), keys


# Conventions.


class MainController(RequestHandler):
    def index(self) -> None: ...

    def show(self, id: int) -> None: ...


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (("/main/index", MainController, INDEX), None),  # by hand, in the place of the convention's
        (("/main/index", MainController, SHOW | {"action": "index", "methods": ["GET", "POST"]}), None),
        (("/main/index", MainController), SHADOWED),
        (("/main/index", Page, SHOW), SHADOWED),
        (("/main/(.*)", Page, SHOW), SHADOWED),
        (("/(.*)", Page), SHADOWED),
        (("/main/show/([^/]+)", MainController, {"action": "show"}), None),
        ((r"/main/show/(\d+)", Page, SHOW), None),
        (("/main/index", Page, CREATE | {"methods": "POST"}), None),
    ],
)
def test_convention_route_gives_way_to_the_same_action_alone(rule: Any, expected: Any) -> None:
    def attempt() -> Any:
        return RailsApplication([rule], controllers=[MainController])

    if expected is None:
        attempt()
    else:
        with pytest.raises((DuplicateRouteError, ShadowedRouteError), match=r"MainController\.index .*Page|MainCont"):
            attempt()


def test_catch_all_before_convention_routes_is_named_with_the_action() -> None:
    with pytest.raises(ShadowedRouteError) as caught:
        RailsApplication([("/(.*)", Page)], controllers=[MainController])
    first = MainController.index.__code__.co_firstlineno
    here = str(caught.value)
    assert f"route '/main' -> MainController.index (tests/routing/test_checks.py:{first})" in here
    assert "is never reached, as all its requests go to route '/(.*)' -> Page (" in here
    assert here.endswith("Put it first.")


def test_catch_all_behind_convention_routes_is_fine() -> None:
    application = RailsApplication(controllers=[MainController])
    application.wildcard_router.add_rules([("/(.*)", Page)])
    assert chosen(application, "/nowhere") is Page
    assert chosen(application, "/main/index") is MainController


# What is said.

MODULE = """
from tornado.web import RequestHandler
from tornado_rails import RailsApplication, URLSpec
class Page(RequestHandler):
    def index(self): ...
    def show(self): ...

OTHER = RailsApplication([("/a", Page, {"action": "index"})])
""".lstrip()


def error_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> RailsError:
    """The error of a module; its text begins on line 9, or a line before that with an empty one."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "routes.py"
    file.write_text(MODULE + text)
    with pytest.raises(RailsError) as caught:
        runpy.run_path(str(file))
    return caught.value


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (  # a list in the call
            """
RailsApplication([
    ("/b", Page),
    ("/a", Page, {"action": "index"}),
    ("/c", Page),
    ("/a", Page, {"action": "show"}),
])""",
            (11, 13),
        ),
        (  # a list of its own, before the call and behind another with the same pattern
            """
OLD = [("/a", Page)]
ROUTES = [
    ("/a", Page, {"action": "index"}),

    ["/a", Page, {"action": "show"}],
]
def main():
    return RailsApplication(ROUTES)
main()""",
            (11, 13),
        ),
        (  # written with their ends, one of them
            """
RailsApplication([
    ("/a$", Page, {"action": "index"}),
    ("/a$", Page, {"action": "show"}),
])""",
            (10, 11),
        ),
        (
            """
RailsApplication([
    ("/a", Page, {"action": "index"}),
    ("/a$", Page, {"action": "show"}),
])""",
            (10, 11),
        ),
        (  # specs know their lines
            """
ROUTES = [
    URLSpec("/a", Page, action="index"),
    URLSpec("/a",
        Page, action="show"),
]
RailsApplication(ROUTES)""",
            (10, 11),
        ),
        (  # more than two
            """
RailsApplication([
    ("/a", Page, {"action": "index", "methods": "GET"}),
    ("/a", Page, {"action": "index", "methods": "PUT"}),
    ("/a", Page, {"action": "show", "methods": "PUT"}),
])""",
            (11, 12),
        ),
        (  # no literal text: the line of the call
            """
a = "/a"
RailsApplication([
    (a, Page, {"action": "index"}),
    (a, Page, {"action": "show"}),
])""",
            (10, 10),
        ),
    ],
    ids=["in the call", "before the call", "with ends", "one with an end", "specs", "more than two", "computed"],
)
def test_duplicate_names_both_with_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, lines: tuple[int, int]
) -> None:
    error = error_of(tmp_path, monkeypatch, text)
    assert isinstance(error, DuplicateRouteError)
    assert f"(routes.py:{lines[0]})" in error.other
    assert f"(routes.py:{lines[1]})" in error.route
    assert str(error) == f"{error.route}: is a duplicate of {error.other}. Remove one, or give them other methods."
    assert error.route.startswith("route '/a' -> Page.show (")
    assert error.other.startswith("route '/a' -> Page.index (")


def test_shadowed_names_both_with_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
RailsApplication([
    ("/user/(.*)", Page),
    ("/b", Page),
    ("/user/login", Page, {"action": "show"}),
])"""
    assert str(error_of(tmp_path, monkeypatch, text)) == (
        "route '/user/login' -> Page.show (routes.py:12): is never reached, as all its requests go to "
        "route '/user/(.*)' -> Page (routes.py:10). Put it first."
    )


def test_duplicate_of_another_call_names_both_with_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
application = RailsApplication([
    ("/a", Page, {"action": "index"}),
    ("/b", Page, {"action": "index"}),
])
application.wildcard_router.add_rules([
    ("/c", Page),
    ("/a", Page),
])"""
    error = error_of(tmp_path, monkeypatch, text)
    assert "(routes.py:10)" in str(error)
    assert "(routes.py:15)" in str(error)


def test_duplicate_name_names_both_with_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
RailsApplication([
    ("/one", Page, {"action": "index"}, "name"),
    ("/two", Page, {"action": "show"}, "name"),
])"""
    error = error_of(tmp_path, monkeypatch, text)
    assert isinstance(error, DuplicateNameError)
    assert str(error) == (
        "route '/two' -> Page.show (routes.py:11): has the name 'name', as has "
        "route '/one' -> Page.index (routes.py:10). Give each its own."
    )


def test_finding_of_an_old_table_is_a_line_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tornado.general")
    RailsApplication([("/a", Page), ("/a", Page), ("/b", Page), ("/(.*)", Page), ("/c", Page)])
    lines = [record.getMessage() for record in caplog.records]
    assert [record.levelno for record in caplog.records] == [logging.DEBUG] * 2
    assert re.fullmatch(
        r"route '/a' -> Page \(\S+\): is a duplicate of route '/a' -> Page \(\S+\)\. Remove .*", lines[0]
    )
    assert re.fullmatch(
        r"route '/c' -> Page \(\S+\): is never reached, .* route '/\(\.\*\)' -> Page \(\S+\)\..*", lines[1]
    )


def test_finding_of_an_old_table_is_not_looked_for_in_vain(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> object:
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr("tornado_rails.routing.router.check_rules", refuse)
    caplog.set_level(logging.INFO, "tornado.general")
    RailsApplication([("/a", Page), ("/a", Page)])
    with pytest.raises(AssertionError, match="nobody asked"):
        RailsApplication([("/a", Page), ("/a", Page)], strict_routes=True)
    assert caplog.records == []


def test_finding_of_an_old_table_beside_keyed_routes_is_a_line_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tornado.general")
    RailsApplication([("/a", Page), ("/a", Page), ("/keyed", Page, SHOW)])
    assert len(caplog.records) == 1


def test_routes_of_a_nested_table_are_checked() -> None:
    with pytest.raises(DuplicateRouteError):
        RailsApplication([(AnyMatches(), [("/a", Page, SHOW), ("/a", Page, INDEX)])])
    with pytest.raises(DuplicateRouteError):
        RailsApplication().add_handlers("a.example", [("/a", Page, SHOW), ("/a", Page, INDEX)])


# What is found is true.


def also_written(text: str) -> list[str]:
    """Other ways to write nearly the same pattern."""
    return [
        text,
        re.sub(r"\(\?P<\w+>", "(", text),
        re.sub(r"\(\?P<\w+>|\((?!\?)", "(?:", text),
        "^" + text,
        text.removesuffix("$") + "$",
        text.replace(r"\d", "[^/]"),
        re.sub(r"\[\^/\]|\\w", r"\\d", text),
        text.replace("(.*)", "[^/]+"),
        re.sub(r"\\d|\\w|\[\^/\]", ".", text),
        re.sub(r"\(\[\^/\][+*]\)$", "(.*)", text),
    ]


METHODS = [None, None, None, ("GET",), ("GET", "POST"), ("HEAD",), ("POST", "PUT")]


@st.composite
def written(draw: st.DrawFn, some: st.SearchStrategy[Pattern]) -> list[tuple[Pattern, tuple[str, ...] | None]]:
    """Patterns and methods; many of the patterns alike."""
    table = []
    for pattern in draw(st.lists(some, min_size=1, max_size=4)):
        text = pattern.given if isinstance(pattern.given, str) else pattern.given.pattern
        for other in [text, *draw(st.lists(st.sampled_from(also_written(text)), max_size=2))]:
            try:
                PathMatches(other)
            except (re.error, AssertionError, Warning):  # what Python 3.10 only warns of, too
                continue
            table.append((Pattern(other, pattern.texts), draw(st.sampled_from(METHODS))))
        table.append((pattern, None))
    return list(draw(st.permutations(table)))


@given(written(st.one_of(st.sampled_from(USUAL), patterns())), st.data())
@example([(USUAL[1], None), (USUAL[1], None)], None)
def test_route_that_is_found_is_never_reached(
    table: list[tuple[Pattern, tuple[str, ...] | None]], data: st.DataObject | None
) -> None:
    router = RailsApplication().wildcard_router
    assert isinstance(router, IndexedRouter)
    router.rules.extend(URLSpec(pattern.given, Page, methods=methods) for pattern, methods in table)
    router.refresh()
    found = list(find_unreachable(router.rules, 0, router._candidates))
    assert data or found
    if not data or not found:
        return
    texts = [text for pattern, _ in table for text in pattern.texts]
    for path in data.draw(st.lists(paths(texts), min_size=5, max_size=20)):
        if "\n" in path:  # "$" matches before one at the end; no request has one
            continue
        for method in ("GET", "HEAD", "POST", "DELETE"):
            reached = first(router.rules, path, method)
            assert reached not in [finding.route for finding in found], (path, method)


def first(rules: Sequence[Rule], path: str, method: str) -> Rule | None:
    """The rule that a plain scan ends at."""
    request: Any = request_for(path, method)
    for rule in rules:
        accepts = getattr(rule, "_accepts", None)
        if rule.matcher.match(request) is not None and (accepts is None or method in accepts):
            return rule
    return None


@given(written(st.sampled_from(USUAL)))
def test_route_that_is_written_twice_is_always_found(table: list[tuple[Pattern, tuple[str, ...] | None]]) -> None:
    rules = [URLSpec(pattern.given, Page, methods=methods) for pattern, methods in table]
    again = [URLSpec(pattern.given, Page, methods=methods) for pattern, methods in table]
    found = {route for route, _, _ in unreachable([*rules, *again])}
    assert found >= set(range(len(rules), 2 * len(rules)))
