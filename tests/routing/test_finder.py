"""The fast way finds what the plain one recognises."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_rails.routing.constraints import RouteRequest
from tornado_rails.routing.finder import Finder
from tornado_rails.routing.recognition import normalized, recognize
from tornado_rails.routing.routeset import RouteSet

segments = st.sampled_from(
    ["a", "b", "c", "d", "e", "f", ":x", ":y", ":x-:y", "a.b", "*g", "(:o)", "v:z", "new", ":id", "é", "a(b)", "p(/:q)"]
)
verbs = st.sampled_from(["get", "post", "all", ["get", "head"], "head"])
tables = st.lists(
    st.tuples(
        st.lists(segments, max_size=4).map("/".join),
        verbs,
        st.sampled_from([{}, {}, {"format": False}, {"format": True}, {"defaults": {"kind": 1}}, {"anchor": False}]),
        st.sampled_from([{}, {}, {}, {"constraints": {"subdomain": "api"}}, {"x": "z"}]),
    ),
    min_size=1,
    max_size=8,
)
paths = st.one_of(
    st.lists(st.sampled_from([*"abcdef", "new", "v1", "7", "a-b", "a.b", "", "%41", "ab"]), max_size=5).map(
        lambda parts: "/" + "/".join(parts)
    ),
    st.text("/ab.4", max_size=6).map(lambda text: "/" + text),
)


def drawn(table: Any) -> RouteSet:
    def routes(draw: Any) -> None:
        for path, via, options, more in table:
            draw.match(path or "/", to="c#a", via=via, as_=None, **options, **more)

    return RouteSet(routes)


@given(table=tables, asked=st.lists(paths, min_size=1, max_size=6), written=st.booleans())
def test_finder_finds_what_recognition_does(table: Any, asked: Any, written: Any) -> None:
    routes = drawn(table)
    for method in ("GET", "POST", "HEAD"):
        finder = Finder(routes.routes, method, written=written)
        for path in asked:
            plain = recognize(lambda _path: routes.routes, normalized(RouteRequest(method, path)))
            found = finder.find(path)
            if found is not None:
                assert plain is not None
                assert (found[0], found[1]) == (plain.route, plain.params)
            through = routes.recognize(method, path)
            assert (through and (through.route, through.params)) == (plain and (plain.route, plain.params))


def test_finder_answers_most_paths_of_resources() -> None:
    routes = RouteSet(lambda draw: draw.resources("posts", "comments", "users", "tags", "images", "files"))
    for method, path in (("GET", "/posts"), ("GET", "/tags/new"), ("PATCH", "/files/7"), ("GET", "/users/7/edit")):
        found = routes.find(method, path)
        assert found is not None
        plain = recognize(lambda _path: routes.routes, RouteRequest(method, path))
        assert plain is not None
        assert found == (plain.route, plain.params)


def test_finder_shows_what_was_written() -> None:
    routes = RouteSet(lambda draw: draw.get("posts/:id", to="posts#show"))
    assert Finder(routes.routes, "GET").source == (
        "def find(path):\n"
        "    if '.' in path or '%' in path:\n"
        "        return None\n"
        "    segments = path.split('/')\n"
        "    count = len(segments)\n"
        "    if count == 3:\n"
        "        s0, s1, s2 = segments\n"
        "        if s0 == '':\n"
        "            if s1 == 'posts':\n"
        "                return (k0, {'id': s2}) if s2 else None\n"
        "            return None\n"
        "        return None\n"
        "    return None\n"
    )


def test_texts_that_lead_nowhere_share_a_function() -> None:
    def draw(map: Any) -> None:
        for name in "abcdef":
            map.get(f"{name}/x/y", to="a#b")
        map.get("a/:id", to="a#c")
        for name in "ghij":
            map.get(f"{name}/:id", to="a#d")

    routes = RouteSet(draw)
    source = Finder(routes.routes, "GET").source
    assert source.startswith("def nowhere(*segments):\n    return None\n\ndef go0(")
    assert [routes.find("GET", path) for path in ("/b/x", "/c/7")] == [None, None]
    assert routes.find("GET", "/a/7") == (routes.routes[6], {"id": "7"})


@pytest.mark.parametrize("method", ["HEAD", "NONSENSE"])
def test_finder_leaves_methods_that_it_cannot_tell(method: str) -> None:
    assert RouteSet(lambda draw: draw.resources("posts")).find(method, "/posts") is None
