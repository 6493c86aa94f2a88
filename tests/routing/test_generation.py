"""What is generated is recognised as the same route with the same values, or generating raises."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.routeset import RouteSet

segments = st.sampled_from(
    ["a", ":x", ":y", ":x-:y", ":x.:y", "*g", "(:o)", "v:z", ":id", "é", "p(/:q)", "(/:o/:p)", "*g/b", ":n", "t:n"]
)
tables = st.lists(
    st.tuples(
        st.lists(segments, max_size=3).map("/".join),
        st.sampled_from(["get", "post", "all", ["get", "post"]]),
        st.sampled_from([{}, {}, {"format": False}, {"format": True}, {"format": "json"}, {"defaults": {"o": "1"}}]),
        st.sampled_from([{}, {}, {"n": re.compile(r"\d+")}, {"x": re.compile("[a-z ]+")}, {"o": re.compile("en|de")}]),
    ),
    min_size=1,
    max_size=5,
)
values = st.one_of(st.text("ab1-./ %é?#", max_size=4), st.integers(0, 20), st.sampled_from(["en", "7", None]))
names = ["x", "y", "g", "o", "p", "q", "z", "id", "n", "format", "page"]


@given(table=tables, given_values=st.dictionaries(st.sampled_from(names), values), args=st.lists(values, max_size=3))
def test_a_url_leads_back_to_its_route_and_values(table: Any, given_values: Any, args: Any) -> None:
    def draw_all(draw: Any) -> None:
        for number, (path, via, options, more) in enumerate(table):
            draw.match(path or "/", to="c#a", via=via, as_=f"r{number}", **options, **more)

    routes = RouteSet(draw_all)
    raised: list[tuple[str, str]] = []
    for name, route in routes.named.items():
        try:
            path = getattr(routes.paths, name)(*args, **given_values)
        except errors.UrlGenerationError as error:
            raised.append((str(error), str(route.source)))
            continue
        found = routes.recognize((route.verbs or ("GET",))[0], path)
        if found is None or found.route is not route:  # then by another of its methods
            found = routes.recognize(route.verbs[-1], path)
        assert found is not None
        assert found.route is route
        assert re.fullmatch(r"[!-~]+", path)
        for key, value in given_values.items():
            if key in route.required and value is not None:
                assert str(found.params[key]) == str(value)
    assert all(source in text for text, source in raised)


def test_errors_say_the_route_the_parameter_and_the_help() -> None:
    def routes(draw: Any) -> None:
        draw.resources("posts", id=re.compile(r"\d+"))
        draw.get("(:locale)/about", to="pages#about", as_="about", locale=re.compile("en|de"))

    table = RouteSet(routes)
    for call, words in [
        (lambda: table.paths.post(), r"'post' /posts/:id.*test_generation.py:\d+.*id must be given"),
        (lambda: table.paths.post(idd=1), r"id must be given. Did you mean 'idd'\?"),
        (lambda: table.paths.post("x"), r"id='x' does not match '\\\\d\+'"),
        (lambda: table.paths.about("fr"), r"locale='fr' does not match 'en\|de'"),
        (lambda: table.url_for("posts#shwo", id=1), r"no route leads to posts#shwo. Did you mean 'posts#show'\?"),
        (lambda: table.url_for("posts#show"), r"no route of posts#show takes these values \(nothing\): it needs id"),
        (lambda: table.url_for("pots"), r"no route is named 'pots'. Did you mean 'post"),
        (lambda: table.urls.post(1), "a full URL needs a host"),
    ]:
        with pytest.raises(errors.UrlError, match=words):
            call()  # type: ignore[no-untyped-call]
    with pytest.raises(AttributeError, match=r"no route is named 'pst'. Did you mean 'post'"):
        table.paths.pst  # noqa: B018


def test_object_without_a_text_of_its_own_is_its_id() -> None:
    @dataclass
    class Post:
        id: int | None

    class Tag:
        id = 3

        def __str__(self) -> str:
            return "red"

    table = RouteSet(lambda map: map.resources("posts"))
    assert table.url_for(Post(7)) == table.paths.post(Post(7)) == table.url_for("posts#show", id=Post(7)) == "/posts/7"
    assert table.url_for(Post(None)) == "/posts"
    assert table.paths.post(Tag()) == "/posts/red"
    with pytest.raises(errors.MissingParameterError, match="id must be given"):
        table.paths.post(Post(None))


def test_url_for_takes_many_kinds_of_targets() -> None:
    class PostsController:
        def show(self) -> None: ...

    class Post:
        id = 7

        def to_param(self) -> str:
            return "7-first"

    def routes(draw: Any) -> None:
        draw.resources("posts")
        with draw.namespace("admin"):
            draw.resources("posts")

    table = RouteSet(routes)
    assert table.url_for("posts#show", id=1) == "/posts/1"
    assert table.url_for("post", 1) == "/posts/1"
    assert table.url_for("post", 1, host="example.com") == "http://example.com/posts/1"
    assert table.url_for(PostsController.show, id=1) == "/posts/1"
    assert table.url_for((PostsController, "show"), id=1) == "/posts/1"
    assert table.url_for(Post()) == "/posts/7-first"
    assert table.url_for(["admin", Post()]) == "/admin/posts/7-first"
    assert table.url_for(Post) == "/posts"
    assert table.url_for(Post(), action="edit", page=2) == "/posts/7-first/edit?page=2"
    assert "edit_admin_post" in dir(table.paths)
