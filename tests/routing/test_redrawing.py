"""Drawn routes while an application serves: drawn anew by hand, and in debug when their files have changed."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tornado.testing import ExpectLog
from tornado.web import RequestHandler, _ApplicationRouter

from tests.routing.support import Page, chosen, fetch, request_for, route_of
from tornado_rails import Controller, RailsApplication, URLSpec
from tornado_rails.errors import DuplicateNameError, RoutesError, UnknownActionError
from tornado_rails.routing.debug_router import PAGE
from tornado_rails.routing.drawing_errors import DrawFileError, PathSyntaxError, UnknownHelperError
from tornado_rails.routing.files import is_there, noting_files
from tornado_rails.routing.redrawing import error_words
from tornado_rails.routing.routeset import RouteSet


class PostsController(Controller):
    def index(self) -> None:
        self.write("index")

    def show(self, id: int) -> None: ...


class OldHandler(RequestHandler):
    def get(self) -> None:
        self.write("old")


class Folder:
    """A folder with files of routes, each change of which has another time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.time = 1_000_000_000

    def write(self, name: str, *lines: str) -> str:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join(f"    {line}" for line in lines)
        file.write_text(f"def routes(map):\n{text}\n" if lines else "", encoding="utf-8")
        self.touch(name)
        return str(file)

    def touch(self, name: str) -> None:
        self.time += 1
        os.utime(self.path / name, (self.time, self.time))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path)


def application(routes: Any, handlers: Any = (), **settings: Any) -> RailsApplication:
    settings = {"debug": True, "autoreload": False, **settings}
    return RailsApplication([("/old", OldHandler), *handlers], routes=routes, controllers=[PostsController], **settings)


def drawn(app: RailsApplication) -> list[str]:
    """The drawn routes and the places of others, as they are after a request."""
    app.find_handler(request_for("/nothing"))
    return [getattr(rule.matcher, "text", None) or rule.matcher.regex.pattern for rule in app.wildcard_router.rules]  # type: ignore[attr-defined]


CONVENTIONS = ["/posts$", "/posts/index$", "/posts/show/(?P<id>[^/]+)$"]


def test_changed_file_is_drawn_again_at_the_next_request(folder: Folder) -> None:
    file = folder.write("config/routes.py", 'map.get("one", to="posts#index", format=False)')
    app = application(file)
    assert fetch(app, "/one").body == "index"
    folder.write("config/routes.py", 'map.get("two", to="posts#index", format=False)')
    assert fetch(app, "/two").body == "index"
    assert fetch(app, "/one").status == 404
    assert drawn(app) == ["/old$", "/two", *CONVENTIONS]
    assert (app.url_for("two"), app.reverse_url("two"), app.paths.two()) == ("/two", "/two", "/two")
    with pytest.raises(UnknownHelperError):
        app.url_for("one")
    with pytest.raises(KeyError):
        app.reverse_url("one")


def test_unchanged_file_is_not_drawn_again(folder: Folder) -> None:
    file = folder.write("routes.py", 'map.get("one", to="posts#index")')
    app = application(file)
    before = list(app.wildcard_router.rules)
    app.find_handler(request_for("/one"))
    assert all(rule is same for rule, same in zip(app.wildcard_router.rules, before, strict=True))
    folder.touch("routes.py")
    app.find_handler(request_for("/one"))
    assert app.wildcard_router.rules[1] is not before[1]


def test_file_that_a_file_draws_is_watched(folder: Folder) -> None:
    file = folder.write("routes.py", 'map.draw("admin")')
    folder.write("config/routes/admin.py", 'map.get("one", to="posts#index", format=False)')
    app = application(file)
    assert drawn(app)[1] == "/one"
    folder.write("config/routes/admin.py", 'map.get("two", to="posts#index", format=False)')
    assert drawn(app)[1] == "/two"


def test_file_that_a_function_or_a_set_draws_is_watched(folder: Folder) -> None:
    folder.write("config/routes/admin.py", 'map.get("one", to="posts#index", format=False)')
    apps = [application(routes) for routes in (lambda map: map.draw("admin"), RouteSet(lambda map: map.draw("admin")))]
    folder.write("config/routes/admin.py", 'map.get("two", to="posts#index", format=False)')
    assert [drawn(app)[1] for app in apps] == ["/two", "/two"]


def test_file_that_is_missing_is_waited_for(folder: Folder) -> None:
    file = folder.write("routes.py", 'map.get("one", to="posts#index", format=False)')
    app = application(file)
    folder.write("routes.py", 'map.draw("admin")')
    with ExpectLog(
        "tornado.application", r"The routes are not reloaded.*routes.py:2\): there are no routes named 'admin'"
    ):
        assert drawn(app)[1] == "/one"
    assert drawn(app)[1] == "/one"  # and not logged again
    folder.write("config/routes/admin.py", 'map.get("two", to="posts#index", format=False)')
    assert drawn(app)[1] == "/two"
    os.remove(file)
    with ExpectLog("tornado.application", "The routes are not reloaded"):
        assert drawn(app)[1] == "/two"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (['map.get("one", to=)'], r"routes.py:2: SyntaxError: "),
        (['map.get("two", to="posts#index")', 'map.gett("one")'], r"routes.py:3: AttributeError: .*gett"),
        (["import re", 're.compile("(")'], r"routes.py:3: (re\.)?(error|PatternError): missing \)"),
        (['map.match("one", to="posts#index")'], r"routes.py:2\): it does not say which HTTP methods it takes"),
        (['map.get("one", to="posts#shwo")'], r"routes.py:2\): .*no method 'shwo'. Did you mean 'show'\?"),
        (['map.get("one", to="post#show")'], r"routes.py:2\): there is no controller 'post'"),
        (['map.get("old2", to="posts#index", as_="first")'], r"routes.py:2\): has the name 'first', as has"),
        ([], "routes.py': the file has no function routes"),
    ],
)
def test_what_cannot_be_drawn_leaves_the_old_table(folder: Folder, lines: list[str], words: str) -> None:
    file = folder.write("routes.py", 'map.get("one", to="posts#index", format=False)')
    app = application(file, [URLSpec("/first", OldHandler, name="first", methods="GET")])
    before = drawn(app)
    names = dict(app.wildcard_router.named_rules)
    folder.write("routes.py", *lines)
    with ExpectLog("tornado.application", "The routes are not reloaded, and those before go on serving: .*" + words):
        assert fetch(app, "/one").body == "index"
    assert fetch(app, "/one").body == "index"  # the log is said once: another line would fail the test
    assert drawn(app) == before
    assert app.wildcard_router.named_rules == names
    page = fetch(app, PAGE).body
    assert "The routes are not reloaded" in page
    assert re.search(words, re.sub("&#x27;|&#39;", "'", page).replace("&gt;", ">"))
    folder.write("routes.py", 'map.get("two", to="posts#index", format=False)')
    assert fetch(app, "/two").body == "index"
    assert "not reloaded" not in fetch(app, PAGE).body


def test_page_in_a_browser_learns_of_an_error(folder: Folder) -> None:
    app = application(folder.write("routes.py", 'map.get("one", to="posts#index")'))

    def version() -> Any:
        return json.loads(fetch(app, PAGE, headers={"Accept": "application/json"}).body)["version"]

    before = version()
    folder.write("routes.py", "<b>")
    with ExpectLog("tornado.application", "The routes are not reloaded"):
        assert version() != before
    folder.write("routes.py", 'map.get("one", to="posts#index")')
    assert version() == before


def test_production_watches_nothing(folder: Folder) -> None:
    file = folder.write("routes.py", 'map.get("one", to="posts#index", format=False)')
    app = application(file, debug=False)
    folder.write("routes.py", 'map.get("two", to="posts#index", format=False)')
    assert drawn(app)[1] == "/one"
    app.reload_routes()
    assert drawn(app)[1] == "/two"


def test_reload_by_hand_raises_and_leaves_the_old_table() -> None:
    names = ["one"]

    def routes(map: Any) -> None:
        for name in names:
            map.get(name, to="posts#index", format=False)

    app = application(routes, debug=False)
    names.append("two")
    app.reload_routes()
    assert drawn(app)[1:3] == ["/one", "/two"]
    names[:] = ["three", "(four"]
    with pytest.raises(PathSyntaxError):
        app.reload_routes()
    assert drawn(app)[1:3] == ["/one", "/two"]
    assert app.url_for("two") == "/two"


def test_reload_without_routes_does_nothing() -> None:
    app = RailsApplication([("/old", OldHandler)])
    before = list(app.wildcard_router.rules)
    app.reload_routes()
    assert app.wildcard_router.rules == before


def test_reload_keeps_the_options_of_a_set() -> None:
    routes = RouteSet(
        lambda map: map.resources("posts", only="index"), default_url_options={"host": "example.com"}, api_only=True
    )
    app = application(routes)
    app.reload_routes()
    assert app.url_for("posts") == "http://example.com/posts"
    assert app._route_set is not routes


def test_reload_takes_the_functions_of_urls_along() -> None:
    pages = ["http://one.example"]

    def routes(map: Any) -> None:
        map.get("one", to="posts#index")
        page = pages[0]
        map.direct("homepage")(lambda: page)

    app = application(routes)
    assert app.urls.homepage() == "http://one.example"
    pages[0] = "http://two.example"
    app.reload_routes()
    assert app.urls.homepage() == "http://two.example"


def paths_of(*names: str) -> Any:
    return lambda map: [map.get(name, to="posts#index", format=False) for name in names]


class Changing:
    """A function that draws what it is told."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def __call__(self, map: Any) -> None:
        paths_of(*self.names)(map)


@pytest.mark.parametrize(
    ("before", "at", "after", "table"),
    [
        ("ab", 0, "ba", "+o"),  # what is put before the whole table
        ("ab", 1, "bac", "o+bac"),
        ("ab", 2, "abc", "oa+bc"),
        ("ab", 2, "cab", "oca+b"),
        ("ab", 2, "ba", "oba+"),
        ("ab", 2, "cd", "o+cd"),
        ("ab", 3, "abc", "oabc+"),
        ("ab", 3, "", "o+"),
        ("", 1, "ab", "o+ab"),
        ("ab", 9, "bc", "obc"),  # behind the conventions
    ],
)
def test_rule_put_in_by_hand_stays_at_its_place(before: str, at: int, after: str, table: str) -> None:
    routes = Changing(*before)
    app = application(routes)
    by_hand = URLSpec("/hand", Page)
    app.wildcard_router.rules.insert(at, by_hand)
    routes.names = tuple(after)
    app.reload_routes()
    found = "".join({"/hand$": "+", "/old$": "o"}.get(text, text[1:]) for text in drawn(app))
    expected = table if "+" not in table[:1] else "+oba"
    assert found.startswith(expected)
    assert app.wildcard_router.rules.count(by_hand) == 1
    assert chosen(app, "/hand") is Page


def test_routes_that_were_taken_out_stand_before_the_conventions_again() -> None:
    app = application(paths_of("a"))
    app.wildcard_router.rules[:] = [rule for rule in app.wildcard_router.rules if not isinstance(rule.name, str)]
    assert drawn(app) == ["/old$", *CONVENTIONS]
    app.reload_routes()
    assert drawn(app) == ["/old$", "/a", *CONVENTIONS]
    app.wildcard_router.rules.clear()
    app.reload_routes()
    assert drawn(app) == ["/a"]


def test_list_that_was_assigned_stays_the_same_one() -> None:
    app = application(paths_of("a"))
    app.wildcard_router.rules = rules = list(app.wildcard_router.rules)
    app.reload_routes()
    assert app.wildcard_router.rules is rules
    assert route_of(app, "/a") is rules[1]


def test_handlers_of_a_host_stay() -> None:
    app = application(paths_of("a"))
    app.add_handlers("api.example", [("/a", Page)])
    app.reload_routes()
    assert chosen(app, "/a", host="api.example") is Page
    assert chosen(app, "/a") is PostsController


def test_rule_put_in_by_hand_may_shadow_the_drawn_routes() -> None:
    app = application(paths_of("a"))
    app.wildcard_router.rules.insert(0, URLSpec("/.*", Page))
    app.reload_routes()
    assert chosen(app, "/a") is Page


def test_name_that_was_given_by_hand_is_not_taken() -> None:
    routes = Changing("a")
    app = application(routes)
    app.wildcard_router.add_rules([URLSpec("/hand", Page, name="b")])
    routes.names = ("a", "b")
    with pytest.raises(DuplicateNameError, match=r"has the name 'b', as has route '/hand'"):
        app.reload_routes()
    assert drawn(app) == ["/old$", "/a", *CONVENTIONS, "/hand$"]


def test_request_that_is_under_way_keeps_its_route() -> None:
    app = application(paths_of("a"))
    request = request_for("/a")
    app.find_handler(request)
    route: Any = request.route  # type: ignore[attr-defined]
    app.reload_routes()
    assert route.matcher.match(request) is not None
    assert route_of(app, "/a") is not route


def test_router_of_ones_own_is_redrawn() -> None:
    class Own(RailsApplication):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "wildcard_router":
                value = Table(self)
            super().__setattr__(name, value)

    class Table(_ApplicationRouter):
        pass

    app = Own(routes=paths_of("a"), controllers=[PostsController], convention_routes=False)
    assert type(app.wildcard_router) is Table
    app.reload_routes()
    assert [rule.name for rule in app.wildcard_router.rules] == ["a"]


def test_file_without_controllers_finds_them_at_the_top(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.path / "controllers.py").write_text(
        "from tornado_rails import Controller\nclass PostsController(Controller):\n    def index(self): ...\n"
    )
    monkeypatch.syspath_prepend(folder.path)
    monkeypatch.delitem(sys.modules, "controllers", raising=False)
    try:
        app = RailsApplication(routes=folder.write("routes.py", 'map.get("one", to="posts#index")'))
        assert route_of(app, "/one").target.__module__ == "controllers"
    finally:
        sys.modules.pop("controllers", None)


def test_drawn_file_without_a_function_is_an_error_with_its_place(folder: Folder) -> None:
    folder.write("config/routes/admin.py")
    with pytest.raises(
        DrawFileError, match=r"test_redrawing.py:\d+\): the file config/routes/admin.py has no function"
    ):
        RouteSet(lambda map: map.draw("admin"))


def test_main_file_that_is_missing_is_an_error(folder: Folder) -> None:
    folder.write("routes.py", "pass")
    with pytest.raises(RoutesError, match=r"there is no such file. Did you mean 'routes.py'\?"):
        application("rotes.py")


def test_files_are_noted_by_the_nearest_and_all_around(folder: Folder) -> None:
    assert not is_there("nowhere.py")
    with noting_files() as outer:
        with noting_files() as inner:
            assert not is_there("nowhere.py")
        assert inner == outer == {str(folder.path / "nowhere.py"): None}


def test_file_is_found_from_wherever_the_process_has_gone(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("config/routes.py", 'map.get("one", to="posts#index", format=False)')
    app = application("config/routes.py")
    (folder.path / "elsewhere").mkdir()
    monkeypatch.chdir(folder.path / "elsewhere")
    folder.write("config/routes.py", 'map.get("two", to="posts#index", format=False)')
    assert drawn(app)[1] == "/two"


def test_error_of_a_library_has_the_line_of_the_file_that_calls_it(folder: Folder) -> None:
    folder.write("config/routes.py", "pass")
    folder.write("config/routes/more.py", 'map.get("one", to="posts#index")')
    app = application(lambda map: map.draw("more"))
    folder.write("config/routes/more.py", "import re", 're.compile("(")')
    with ExpectLog("tornado.application", r".*: config/routes/more.py:3: (re\.)?(error|PatternError): missing"):
        app.find_handler(request_for("/one"))


def test_error_without_a_place_has_its_words() -> None:
    assert error_words(ValueError("bad"), ()) == "ValueError: bad"
    assert error_words(SyntaxError("bad"), ()) == "SyntaxError: bad"


def test_error_of_a_function_has_the_line_of_what_raised() -> None:
    def routes(map: Any) -> None:
        if app:
            raise LookupError("there is nothing")

    app: list[RailsApplication] = []
    app.append(application(routes))
    with pytest.raises(LookupError):
        app[0].reload_routes()
    error = app[0]._drawn_table.error  # type: ignore[union-attr]
    assert re.fullmatch(r"tests/routing/test_redrawing.py:\d+: LookupError: there is nothing", str(error))


def test_unknown_action_is_raised_by_hand() -> None:
    routes: list[Any] = [paths_of("a")]
    app = application(lambda map: routes[0](map))
    routes[0] = lambda map: map.get("a", to="posts#shwo")
    with pytest.raises(UnknownActionError, match="'shwo'"):
        app.reload_routes()
