"""URLs of a whole table: what is generated leads back, or generating raises."""

import re
from typing import Any

import pytest
import tornado.web
from hypothesis import given
from hypothesis import strategies as st
from tornado.routing import PathMatches, Rule
from tornado.web import RequestHandler

from tests.controller.support import request_by_hand
from tests.routing.support import Page, request_for
from tornado_rails import ActionMixin, Controller, RailsApplication, URLSpec
from tornado_rails.errors import UrlTableError
from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.mapper import Mapper
from tornado_rails.routing.urls import route_for

PATTERNS = [r"/a", r"/b\.c", r"/(\d+)", r"/([^/]+)", r"(?:/(\w+))?", r"-([a-c]+)", r"/(.+)", "/?", r"/x(\d*)", r"/(.)/"]
VALUES = st.one_of(st.text("ab1-./ %é?#", max_size=4), st.integers(0, 20), st.sampled_from(["a", "7", None]))


class MainController(ActionMixin, RequestHandler):
    def index(self, id: int, name: str = "") -> None: ...

    def rest(self, *path: str) -> None: ...


@given(
    table=st.lists(
        st.tuples(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4).map("".join), st.booleans()),
        min_size=1,
        max_size=6,
    ),
    args=st.lists(VALUES, max_size=3),
    named=st.dictionaries(st.sampled_from(["arg1", "arg2", "arg3"]), VALUES),
)
def test_url_of_a_tuple_leads_back_or_raises(table: Any, args: Any, named: Any) -> None:
    handlers: list[Any] = [(pattern, Page, {}, f"r{number}") for number, (pattern, _drawn) in enumerate(table)]
    application = RailsApplication(handlers, routes=lambda map: map.get("x:n", to=Page, as_="drawn"))
    for rule in application.wildcard_router.rules:
        try:
            path = application.url_for(rule.name, *args, **named)
        except errors.UrlGenerationError:
            continue
        request = request_for(path)
        delegate: Any = application.find_handler(request)
        assert request.route is rule  # type: ignore[attr-defined]
        taken = [*delegate.path_args, *delegate.path_kwargs.values()]
        for value in args:
            if value is not None and not named:
                assert str(value).encode() in taken or value == "" or f"={value}" in path or "?" not in path


@pytest.fixture
def application() -> RailsApplication:
    return RailsApplication(
        [
            (r"/user/(\d+)/(\w+)", Page, {"action": "show", "param_keys": ("id", "tab")}),
            (r"/named/(?P<year>\d{4})/?", Page, {}, "archive"),
            (r"/old/(\d+)", Page, {}, "old"),
            (r"/odd/\d+/(x)+", Page, {}, "odd"),
            (r"/hidden", tornado.web.RedirectHandler, {"url": "/"}, "hidden"),
            Rule(PathMatches(r"/stock/(\d+)"), Page, {}, "stock"),
        ],
        routes=draw,
        controllers=[MainController],
    )


def draw(map: Mapper) -> None:
    map.get("posts/:id", to=(MainController, "index"), as_="post")
    map.get("old/:number", to=(MainController, "index"), as_="shadowed", number=re.compile(r"\d+"))
    map.default_url_options(host="www.example.com")

    @map.direct("home")
    def home() -> str:
        return "https://home.example"

    @map.direct("first")
    def first() -> object:
        return route_for("post", 1)


@pytest.mark.parametrize(
    ("args", "options", "url"),
    [
        (["page#show"], {"id": 1, "tab": "a"}, "/user/1/a"),
        (["page#show"], {"id": 1, "tab": "a", "q": "b c"}, "/user/1/a?q=b+c"),
        ([Page.show], {"id": 1, "tab": "a"}, "/user/1/a"),
        ([(Page, "show")], {"id": 1, "tab": "a"}, "/user/1/a"),
        (["archive"], {"year": 2024}, "/named/2024"),
        (["archive", 2024], {}, "/named/2024"),
        (["old", 5], {}, "/old/5"),
        (["old"], {"arg1": 5}, "/old/5"),
        (["hidden"], {}, "/hidden"),
        (["main#index"], {"id": 1, "name": "The Viper"}, "/main/index/1/The%20Viper"),
        (["main#rest"], {"path": "a/b"}, "/main/rest/a/b"),
        (["main#rest"], {}, "/main/rest"),
        (["post", 3], {"anchor": "top"}, "/posts/3#top"),
        (["/as/it/is"], {}, "/as/it/is"),
    ],
)
def test_url_for_reaches_the_whole_table(
    application: RailsApplication, args: list[Any], options: dict[str, Any], url: str
) -> None:
    assert application.url_for(*args, **options, only_path=True) == url
    if not url.startswith("/as"):
        assert application.url_for(*args, **options) == "http://www.example.com" + url


def test_helpers_know_all_names(application: RailsApplication) -> None:
    assert application.paths.old(7) == "/old/7"
    assert application.urls.old(7) == "http://www.example.com/old/7"
    assert application.urls.home() == "https://home.example"
    assert application.paths.first() == "/posts/1"
    assert dir(application.paths) == ["archive", "first", "hidden", "home", "old", "post", "shadowed"]


@pytest.mark.parametrize(
    ("args", "options", "error", "text"),
    [
        (["archive"], {}, errors.MissingParameterError, "route 'archive' /named/:year -> Page"),
        (["archive"], {"yaer": 2024}, errors.MissingParameterError, "year must be given. Did you mean 'yaer'?"),
        (["archive", "x"], {}, errors.UnmatchedParameterError, r"year='x' does not match '\\d{4}'"),
        (
            ["post", 1, "json", 3],
            {},
            errors.ExtraParameterError,
            ": it takes by position id, format; 3 is left over. What belongs into the query is given by name.",
        ),
        (["hidden", 1], {}, errors.ExtraParameterError, "it takes by position none; 1 is left over"),
        (["archiv"], {}, errors.UnknownHelperError, "Did you mean 'archive'?"),
        (["odd"], {}, errors.UnknownHelperError, "'odd'"),
        (["shadowed", 5], {}, errors.UnreachableUrlError, "'/old/5' is not this route's"),
        ([Page.create], {}, errors.NoRouteError, "no route leads to page#create"),
        ([(MainController, "show")], {}, errors.NoRouteError, "no route leads to main#show"),
        (["page#shwo"], {}, errors.NoRouteError, "no route leads to page#shwo. Did you mean 'page#show'?"),
    ],
)
def test_url_that_cannot_be_says_why(
    application: RailsApplication, args: list[Any], options: dict[str, Any], error: Any, text: str
) -> None:
    with pytest.raises(error) as caught:
        application.url_for(*args, **options)
    assert text in str(caught.value)


def test_urls_follow_the_table(application: RailsApplication) -> None:
    rules = application.wildcard_router.rules
    rules.append(URLSpec("/late", Page, name="late"))
    assert application.paths.late() == "/late"
    rules.insert(0, URLSpec("/la.*", Page))
    with pytest.raises(errors.UnreachableUrlError):
        application.paths.late()
    application.wildcard_router.rules = [URLSpec("/late/2", Page, name="late")]
    assert application.paths.late() == "/late/2"


def test_method_decides_whose_a_path_is() -> None:
    application = RailsApplication(
        [
            ("/a", Page, {"action": "index", "methods": "GET"}, "reads"),
            ("/a", Page, {"action": "create", "methods": "POST"}, "writes"),
        ]
    )
    assert application.paths.writes() == application.paths.reads() == "/a"


def test_custom_matchers_and_constraints_are_taken_not_to_come_between() -> None:
    class Odd(PathMatches):
        pass

    application = RailsApplication(
        [Rule(Odd("/posts/.*"), Page)],
        routes=lambda map: (
            map.get("posts/:id", to=(MainController, "index"), as_="asks", constraints={"subdomain": "api"}),
            map.get("posts/:id", to=(MainController, "index"), as_="post"),
        ),
    )
    assert application.paths.post(1) == application.paths.asks(1) == "/posts/1"


def test_application_of_tornados_own_class_has_no_urls() -> None:
    handler = MainController(tornado.web.Application(), request_by_hand("/"))
    with pytest.raises(UrlTableError, match="Application has no table of URLs; it is RailsApplication that has"):
        handler.url_for("post")
    assert "url_for" not in handler.get_template_namespace()


def test_convention_index_is_generated_by_its_short_path() -> None:
    class NotesController(Controller):
        def index(self, page: int = 1, *, words: str = "") -> None: ...

    app = RailsApplication(controllers=[NotesController])
    assert app.url_for("notes#index") == "/notes"
    assert app.url_for("notes#index", words="a") == "/notes?words=a"
    assert app.url_for("notes#index", page=2) == "/notes/index/2"


def test_values_by_position_of_an_action() -> None:
    class NotesController(Controller):
        def show(self, id: int) -> None: ...

        def archive(self, year: int, month: int = 1) -> None: ...

    app = RailsApplication(controllers=[NotesController], routes=lambda map: map.resources("notes", only="show"))
    assert app.url_for("notes#show", 1) == app.url_for(NotesController.show, 1) == "/notes/1"
    assert app.url_for((NotesController, "show"), 1, page=2) == "/notes/1?page=2"
    assert app.url_for("notes#archive", 2024) == "/notes/archive/2024"
    assert (
        app.url_for("notes#archive", 2024, 3) == app.url_for("notes#archive", 3, year=2024) == "/notes/archive/2024/3"
    )
    with pytest.raises(errors.ExtraParameterError, match="it takes by position id; 2, 3 is left over"):
        app.url_for("notes#show", 1, 2, 3)
    with pytest.raises(errors.NoRouteError, match="no route leads to notes#nope"):
        app.url_for("notes#nope", 1)


def test_template_sees_what_a_handler_has_of_these_names() -> None:
    class PostsController(Controller):
        def index(self) -> None: ...

    class Own(MainController):
        urls = ("class",)

    application = RailsApplication(controllers=[PostsController])
    handler = Own(application, request_by_hand("/"))
    handler.paths = ["own"]
    namespace = handler.get_template_namespace()
    assert (namespace["paths"], namespace["urls"]) == (["own"], ("class",))
    namespace = MainController(application, request_by_hand("/")).get_template_namespace()
    assert dir(namespace["paths"]) == dir(application.paths)
