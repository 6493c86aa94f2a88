"""A route: what its keys mean, whose they are, and what is refused when it is made."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tornado.routing
from tornado.routing import AnyMatches, HostMatches, PathMatches, Rule
from tornado.web import RedirectHandler, RequestHandler
from tornado.websocket import WebSocketHandler

from tests.routing.support import Page, choose, request_for
from tests.routing.tables import OddLength, call
from tornado_rails import ActionMixin, RailsApplication, URLSpec
from tornado_rails.errors import (
    MethodsError,
    MixedGroupsError,
    ParamKeysError,
    PatternError,
    RailsError,
    RefusedActionError,
    RouteError,
    SignatureError,
    UnknownActionError,
)
from tornado_rails.routing.source import Source, TableSource
from tornado_rails.routing.urlspec import (
    describe,
    group_count,
    group_names,
    is_handler,
    pattern_of,
    split_kwargs,
    target_name,
)

ALL = frozenset(RequestHandler.SUPPORTED_METHODS)


class UserHandler(RequestHandler):
    def login(self) -> None: ...

    def logout(self) -> None: ...

    def show(self, id: int) -> None: ...

    def by_name(self, *, name: str = "") -> None: ...

    def all(self, *rest: str) -> None: ...

    def get(self) -> None: ...


class TakesAction(RequestHandler):
    """Has an ``action`` of its own, from before the layer."""

    def initialize(self, action: str) -> None:
        self.action = action

    def show(self) -> None: ...


class TakesMethods(RequestHandler):
    def __init__(self, application: Any, request: Any, methods: Any = None, **kwargs: Any) -> None:
        super().__init__(application, request, **kwargs)

    def show(self) -> None: ...


class TakesAny(RequestHandler):
    def initialize(self, **kwargs: Any) -> None: ...

    def show(self) -> None: ...


class TakesUnknown(RequestHandler):
    """Its ``initialize`` tells nobody what it takes."""

    initialize = dict.update

    def show(self) -> None: ...


# What a route is made of.


def test_spec_is_tornados_and_holds_the_keys() -> None:
    spec = URLSpec(r"/user/(\d+)", UserHandler, {"x": 1}, "name", action="show", param_keys=["id"], methods="get")
    assert isinstance(spec, tornado.routing.URLSpec)
    assert (spec.action, spec.param_keys, spec.methods) == ("show", ("id",), ("GET",))
    assert (spec.name, spec.kwargs, spec.target_kwargs) == ("name", {"x": 1}, {"x": 1})
    assert spec.regex is spec.matcher.regex  # type: ignore[attr-defined]
    assert spec.handler_class is UserHandler
    assert issubclass(spec.target, ActionMixin)
    assert spec.target.__mro__.count(UserHandler) == 1
    assert spec.controller is None


def test_spec_without_keys_is_as_tornados() -> None:
    spec = URLSpec("/a", UserHandler)
    theirs = tornado.routing.URLSpec("/a", UserHandler)
    assert (spec.action, spec.param_keys, spec.methods, spec._accepts) == (None, None, None, None)
    assert spec.target is UserHandler
    assert spec.target_kwargs == theirs.target_kwargs == {}
    assert spec.kwargs is theirs.kwargs is None
    assert set(vars(spec)) - set(vars(theirs)) == {"source"}


def test_spec_of_a_class_with_the_mixin_uses_that_class() -> None:
    class Mixed(ActionMixin, UserHandler): ...

    assert URLSpec("/a", Mixed, action="login").target is Mixed


def test_spec_takes_the_name_of_a_handler_in_a_module() -> None:
    spec = URLSpec("/a", "tornado.web.RedirectHandler", {"url": "/", "methods": ["GET"]})
    assert issubclass(spec.target, RedirectHandler)
    assert (spec.methods, spec.target_kwargs) == (("GET",), {"url": "/"})


def test_spec_leaves_the_kwargs_that_it_was_given_alone() -> None:
    kwargs = {"action": "login", "x": 1}
    spec = URLSpec("/a", UserHandler, kwargs)
    assert kwargs == {"action": "login", "x": 1}
    assert spec.target_kwargs == {"x": 1}


def test_spec_prefers_its_own_arguments_to_those_in_kwargs() -> None:
    spec = URLSpec("/a", UserHandler, {"action": "login", "methods": "GET"}, action="logout")
    assert (spec.action, spec.methods) == ("logout", ("GET",))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: URLSpec("/a", UserHandler), "URLSpec('/a$', UserHandler)"),
        (
            lambda: URLSpec("/(.*)", UserHandler, {"x": 1}, "n", action="login", param_keys="id", methods="GET"),
            "URLSpec('/(.*)$', UserHandler, action='login', param_keys=('id',), methods=('GET',), name='n', "
            "kwargs={'x': 1})",
        ),
        (lambda: URLSpec(re.compile("/a"), call), "URLSpec('/a', call)"),
        (lambda: URLSpec.from_rule(Rule(AnyMatches(), Page, {"methods": "GET"})), None),
    ],
)
def test_repr_of_a_spec_shows_what_it_has(make: Any, text: str | None) -> None:
    assert repr(make()) == (text or "URLSpec('AnyMatches', Page, methods=('GET',))")


@pytest.mark.parametrize(
    ("given", "expected", "accepts"),
    [
        ("GET", ("GET",), {"GET", "HEAD"}),
        ("post", ("POST",), {"POST"}),
        (["get", "Post", "GET"], ("GET", "POST"), {"GET", "HEAD", "POST"}),
        (iter(["HEAD"]), ("HEAD",), {"HEAD"}),
        (None, None, None),
    ],
)
def test_methods_are_names_in_any_case(given: Any, expected: Any, accepts: set[str] | None) -> None:
    spec = URLSpec("/a", UserHandler, methods=given)
    assert spec.methods == expected
    assert spec._accepts == accepts


def test_methods_of_a_route_with_an_action_are_all_unless_given() -> None:
    assert URLSpec("/a", UserHandler, action="login")._accepts == ALL
    assert URLSpec("/a", UserHandler, action="login", methods="PUT")._accepts == frozenset({"PUT"})


@pytest.mark.parametrize(
    ("pattern", "keys", "expected"),
    [
        ("/a", (), ()),
        ("/(.*)", "id", ("id",)),
        ("/(.*)/(.*)", iter(["id", "name"]), ("id", "name")),
        ("/(?P<id>.*)", ("id",), ("id",)),
        ("/(?P<b>.)(?P<a>.)", ("b", "a"), ("b", "a")),
        ("/(?:.)(.)?", ["x"], ("x",)),
        ("/(.*)", None, None),
    ],
)
def test_param_keys_name_the_groups(pattern: str, keys: Any, expected: Any) -> None:
    assert URLSpec(pattern, UserHandler, param_keys=keys).param_keys == expected


def test_param_keys_of_a_matcher_of_the_users_own_are_any() -> None:
    spec: Any = URLSpec.from_rule(Rule(OddLength(), Page, {"param_keys": ("a", "b")}))
    assert spec.param_keys == ("a", "b")
    assert spec.regex is None


# What is refused.


@pytest.mark.parametrize(
    ("pattern", "keys", "error", "text"),
    [
        ("/a", {"action": "logn"}, UnknownActionError, "UserHandler has no method 'logn'. Did you mean 'login'?"),
        (
            "/a",
            {"action": "xyz"},
            UnknownActionError,
            "UserHandler has no method 'xyz'. Its actions: login, logout, show, by_name, all.",
        ),
        ("/a", {"action": 5}, UnknownActionError, "action=5 is no method's name. Give a str."),
        ("/a", {"action": "finish"}, RefusedActionError, "'finish' may not be an action: "),
        (
            "/(.*)",
            {"param_keys": ("a", "b")},
            ParamKeysError,
            "param_keys=('a', 'b') has 2 names, the pattern has 1 capturing groups. "
            "Give one name for each group, in order; a group that only holds together is (?:...).",
        ),
        ("/(.*)", {"param_keys": ()}, ParamKeysError, "param_keys=() has 0 names, the pattern has 1 capturing groups."),
        ("/(.)(.)", {"param_keys": ("a", "a")}, ParamKeysError, "param_keys=('a', 'a') has a name twice"),
        ("/(.)", {"param_keys": (1,)}, ParamKeysError, "param_keys hold 1. A param key is a name: a str."),
        ("/(.)", {"param_keys": ("",)}, ParamKeysError, "param_keys hold ''. A param key is a name: a str."),
        (
            "/(?P<id>.)",
            {"param_keys": ("name",)},
            ParamKeysError,
            "param_keys=('name',), but the groups are named ('id',). Leave param_keys out.",
        ),
        (
            "/a",
            {"methods": "GTE"},
            MethodsError,
            "methods hold 'GTE', which the handler does not support (GET, HEAD, POST, DELETE, PATCH, PUT, OPTIONS). "
            "Did you mean 'GET'?",
        ),
        ("/a", {"methods": ["GET", 5]}, MethodsError, "methods hold 5, which the handler does not support ("),
        ("/a", {"methods": ()}, MethodsError, "methods are empty. Leave methods out to take them all."),
        ("/a", {"action": "show"}, SignatureError, "show(id) needs 'id', which the path does not have"),
        ("/(.)/(.)", {"action": "show"}, SignatureError, "show(id) takes 1 values by position, the path has 2"),
    ],
)
def test_keys_that_could_never_work_are_refused(
    pattern: str, keys: dict[str, Any], error: type[RouteError], text: str
) -> None:
    with pytest.raises(error) as caught:
        URLSpec(pattern, UserHandler, keys)
    start = rf"^route {re.escape(repr(pattern))} -> UserHandler\S* \(\S*test_urlspec.py:\d+\): {re.escape(text)}"
    assert re.match(start, str(caught.value))
    assert isinstance(caught.value, RailsError)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == f"{caught.value.route}: {caught.value.fact}" + (
        f". {caught.value.hint}" if caught.value.hint else ""
    )


@pytest.mark.parametrize("target", [call, AnyMatches(), [("/a", Page)]])
def test_action_of_a_target_that_is_no_handler_is_refused(target: Any) -> None:
    with pytest.raises(
        RefusedActionError, match=r"action='show', but the target is no RequestHandler class\. Only tho"
    ):
        URLSpec("/a", target, action="show")


def test_action_of_a_websocket_is_refused() -> None:
    class Echo(WebSocketHandler):
        def show(self) -> None: ...

    with pytest.raises(RefusedActionError, match=r"a WebSocket's handler has no actions\. Leave the action out"):
        URLSpec("/a", Echo, action="show")
    assert URLSpec("/a", Echo, methods="GET").methods == ("GET",)


@pytest.mark.parametrize("pattern", ["/(a)(?P<b>b)", re.compile("/(a)(?P<b>b)")])
def test_groups_of_both_kinds_are_refused(pattern: Any) -> None:
    shown = repr(pattern) if __debug__ else r"/(a)(?P<b>b)"  # where Tornado's assertion is left out, ours sees it later
    text = (
        rf"^route .*{re.escape(shown)}.* \(\S*test_urlspec.py:\d+\): named and positional groups are mixed\. "
        r"Name all groups, \(\?P<id>\.\.\.\), or none; a group that only holds together is \(\?:\.\.\.\)\.$"
    )
    with pytest.raises(MixedGroupsError, match=text):
        URLSpec(pattern, UserHandler, action="login")


@pytest.mark.skipif(not __debug__, reason="Tornado says it by an assertion")
def test_groups_of_both_kinds_are_refused_by_tornado_without_keys() -> None:
    with pytest.raises(AssertionError, match="groups in url regexes must either be all named or all positional"):
        URLSpec("/(a)(?P<b>b)", UserHandler)


def test_groups_of_both_kinds_are_refused_where_tornado_does_not_look() -> None:
    matcher = PathMatches("/a")
    matcher.regex = re.compile("/(a)(?P<b>b)$")
    with pytest.raises(MixedGroupsError, match=r"route '/\(a\)\(\?P<b>b\)\$' \("):
        URLSpec.from_rule(Rule(matcher, UserHandler, {"action": "login"}))


@pytest.mark.parametrize("keys", [{}, {"action": "login"}])
def test_pattern_that_does_not_compile_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(PatternError) as caught:
        URLSpec("/(a", UserHandler, keys)
    assert re.match(
        r"route '/\(a' \(\S*test_urlspec.py:\d+\): the pattern is not a regular expression: missing \), unterminated "
        r"subpattern at position 1$",
        str(caught.value),
    )
    error = caught.value
    assert isinstance(error, re.error)
    assert (error.pattern, error.pos, error.lineno, error.colno) == ("/(a$", 1, 1, 2)
    assert error.msg.startswith("missing )")


# Whose keys they are.


@pytest.mark.parametrize(
    ("handler", "kwargs", "keys", "rest"),
    [
        (UserHandler, {"action": "login", "x": 1}, {"action": "login"}, {"x": 1}),
        (UserHandler, {"action": None, "methods": None}, {}, {}),
        (UserHandler, {"param_keys": "a", "methods": "GET"}, {"param_keys": "a", "methods": "GET"}, {}),
        (TakesAction, {"action": "any", "methods": "GET"}, {"methods": "GET"}, {"action": "any"}),
        (TakesMethods, {"action": "show", "methods": "any"}, {"action": "show"}, {"methods": "any"}),
        (TakesAny, {"action": "show", "methods": "GET"}, {"action": "show", "methods": "GET"}, {}),
        (TakesAny, {"action": "any", "methods": "GET"}, {}, {"action": "any", "methods": "GET"}),
        (TakesAny, {"action": 5}, {}, {"action": 5}),
        (TakesAny, {"methods": "GET"}, {}, {"methods": "GET"}),
        (TakesAny, {"param_keys": ("a", "b")}, {}, {"param_keys": ("a", "b")}),
        (TakesUnknown, {"action": "show"}, {"action": "show"}, {}),
        (call, {"action": "login"}, {}, {"action": "login"}),
        (AnyMatches(), {"action": "login"}, {}, {"action": "login"}),
    ],
)
def test_split_kwargs_leaves_a_handler_what_its_initialize_names(
    handler: Any, kwargs: dict[str, Any], keys: dict[str, Any], rest: dict[str, Any]
) -> None:
    before = dict(kwargs)
    assert split_kwargs(handler, kwargs) == (keys, rest)
    assert kwargs == before


def test_spec_routes_by_an_argument_also_where_the_key_is_the_handlers() -> None:
    spec = URLSpec("/a", TakesAction, {"action": "theirs"}, action="show")
    assert spec.action == "show"
    assert spec.target_kwargs == {"action": "theirs"}


@pytest.mark.parametrize("form", ["tuple", "list", "spec", "rule", "stock spec", "pair"])
@pytest.mark.parametrize(
    ("handler", "action", "routes"), [(UserHandler, "login", True), (TakesAction, "x", False), (TakesAny, "x", False)]
)
def test_keys_are_taken_from_every_form_of_a_rule(form: str, handler: Any, action: str, routes: bool) -> None:
    parts: Any = ("/a", handler, {"action": action, "number": 1}, "name")
    forms: dict[str, Callable[[], Any]] = {
        "tuple": lambda: parts,
        "list": lambda: list(parts),
        "spec": lambda: URLSpec(*parts),
        "rule": lambda: Rule(PathMatches("/a"), *parts[1:]),
        "stock spec": lambda: tornado.routing.URLSpec(*parts),
        "pair": lambda: (PathMatches("/a"), *parts[1:]),
    }
    application = RailsApplication([forms[form]()])
    (made,) = application.wildcard_router.rules
    assert made.name == "name"
    assert getattr(made, "action", None) == (action if routes else None)
    assert made.target_kwargs == {"number": 1} | ({} if routes else {"action": action})
    assert choose(application, request_for("/a"))[:2] == (handler, made.target_kwargs)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(PathMatches("/a"), UserHandler),
        Rule(PathMatches("/a"), UserHandler, {"x": 1}),
        Rule(PathMatches("/a"), TakesAction, {"action": "theirs"}),
        Rule(PathMatches("/a"), call, {"action": "theirs"}),
    ],
)
def test_from_rule_of_a_rule_without_keys_is_none(rule: Rule) -> None:
    assert URLSpec.from_rule(rule) is None


def test_from_rule_keeps_what_else_the_rule_has() -> None:
    class Mine(tornado.routing.URLSpec):
        label = "mine"

    rule = Mine("/(.*)", UserHandler, {"action": "all", "x": 1}, "name")
    rule.label = "changed"
    spec: Any = URLSpec.from_rule(rule)
    assert (spec.matcher, spec.regex, spec.name) == (rule.matcher, rule.regex, "name")
    assert (spec.action, spec.kwargs, spec.target_kwargs) == ("all", {"x": 1}, {"x": 1})
    assert spec.label == "changed"
    assert rule.target_kwargs == {"action": "all", "x": 1}
    assert spec.handler_class is UserHandler


def test_subclass_of_a_spec_keeps_its_own_attributes() -> None:
    class Mine(URLSpec):
        def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
            self.label = label
            super().__init__(*args, **kwargs)

    spec = Mine("/a", UserHandler, label="x", action="login")
    assert (spec.label, spec.action, repr(spec)) == ("x", "login", "Mine('/a$', UserHandler, action='login')")


# The words for a route.


@pytest.mark.parametrize(
    ("matcher", "text"),
    [
        (PathMatches("/a"), "/a$"),
        (AnyMatches(), "AnyMatches"),
        (HostMatches("a"), "HostMatches"),
        (OddLength(), "OddLength"),
    ],
)
def test_pattern_of_a_matcher(matcher: Any, text: str) -> None:
    assert pattern_of(matcher) == text


@pytest.mark.parametrize(
    ("target", "text"), [(UserHandler, "UserHandler"), (call, "call"), (5, "5"), (None, "None"), ([], "[]")]
)
def test_target_name_of_any_target(target: object, text: str) -> None:
    assert target_name(target) == text


@pytest.mark.parametrize(("target", "expected"), [(UserHandler, True), (call, False), (str, False), (None, False)])
def test_is_handler_of_a_class_alone(target: object, expected: bool) -> None:
    assert is_handler(target) is expected


@pytest.mark.parametrize(
    ("matcher", "count"),
    [
        (PathMatches("/a"), 0),
        (PathMatches("/(.)(?:.)(.)"), 2),
        (AnyMatches(), 0),
        (HostMatches("(a)"), 0),
        (OddLength(), None),
    ],
)
def test_group_count_of_a_matcher(matcher: Any, count: int | None) -> None:
    assert group_count(matcher) == count


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        (URLSpec("/a", UserHandler), ()),
        (URLSpec("/(.)", UserHandler), None),
        (URLSpec("/(.)", UserHandler, param_keys="x"), ("x",)),
        (URLSpec("/(?P<b>.)(?P<a>.)", UserHandler), ("b", "a")),
        (Rule(AnyMatches(), UserHandler), ()),
        (Rule(OddLength(), UserHandler), None),
        (URLSpec.from_rule(Rule(OddLength(), UserHandler, {"param_keys": "x"})), ("x",)),
    ],
)
def test_group_names_of_a_rule(rule: Any, names: Any) -> None:
    assert group_names(rule) == names


def test_describe_says_as_much_as_is_known(tmp_path: Path) -> None:
    spec = URLSpec("/a", UserHandler, action="login")
    spec.source = Source("/app.py", 3)
    assert describe(spec) == describe(spec, 1, 2) == "route '/a' -> UserHandler.login (/app.py:3)"
    file = tmp_path / "app.py"
    file.write_text('ROUTES = [\n    ("/a", 1),\n    ("/a", 2),\n]')
    spec.source = TableSource(str(file), 9)
    assert describe(spec) == f"route '/a' -> UserHandler.login ({file}:2)"
    assert describe(spec, 1, 2) == f"route '/a' -> UserHandler.login ({file}:3)"
    here = r"\(tests/routing/test_urlspec.py:\d+\)"
    assert re.fullmatch(f"route '/a' -> call {here}", describe(Rule(PathMatches("/a"), call)))
    assert re.fullmatch(f"route 'AnyMatches' -> 5 {here}", describe(Rule(AnyMatches(), 5)))
    assert describe(Rule(PathMatches("/a"), call), count=0) == "route '/a' -> call"


def test_lines_of_rules_are_their_own(tmp_path: Path) -> None:
    (tmp_path / "two_tables.py").write_text(TWO_TABLES)
    done = subprocess.run([sys.executable, "two_tables.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "route '/login' -> B (two_tables.py:12): B has no method 'sing'. Did you mean 'sign'?",
        "route '/url' -> A.login (two_tables.py:19): is a duplicate of route '/url' -> A.login (two_tables.py:18). "
        "Remove one, or give them other methods.",
        "route '/rule' -> A.login (two_tables.py:23): is a duplicate of route '/rule' -> A.login (two_tables.py:22). "
        "Remove one, or give them other methods.",
        "route '/stock' -> A (two_tables.py:27): is a duplicate of route '/stock' -> A (two_tables.py:26). "
        "Remove one, or give them other methods.",
    ], done.stderr


TWO_TABLES = """\
from tornado.routing import PathMatches, Rule
from tornado.web import RequestHandler, url
from tornado_rails import RailsApplication
class A(RequestHandler):
    def login(self): ...
class B(RequestHandler):
    def sign(self): ...
one = [
    ("/login", A, {"action": "login"}),
]
two = [
    ("/login", B, {"action": "sing"}),
    ("/other", A),
    ("/third", A),
]
LOGIN = {"action": "login"}
urls = [
    url("/url", A, LOGIN),
    url("/url", A, LOGIN),
]
rules = [
    Rule(PathMatches("/rule"), A, LOGIN),
    Rule(PathMatches("/rule"), A, LOGIN),
]
stock = [
    Rule(PathMatches("/stock"), A),
    Rule(PathMatches("/stock"), A),
]
RailsApplication(one)
for table in (two, urls, rules, stock):
    try:
        RailsApplication(table, strict_routes=True)
    except ValueError as error:
        print(error)
"""


def test_source_of_a_spec_is_the_line_of_its_call() -> None:
    spec = URLSpec("/a", UserHandler)
    assert spec.source == Source(__file__, test_source_of_a_spec_is_the_line_of_its_call.__code__.co_firstlineno + 1)
