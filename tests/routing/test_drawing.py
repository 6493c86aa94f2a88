"""The mapper's blocks, targets and errors that Rails' cases do not reach."""

import re
from typing import Any

import pytest
import tornado.web

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.redirects import redirect
from tornado_rails.routing.routeset import RouteSet


class PostsController:
    def index(self) -> None: ...


def lines(table: RouteSet) -> list[str]:
    return [f"{'|'.join(route.verbs)} {route.path} {route.leads_to} {route.name}" for route in table.routes]


def test_block_of_several_resources_is_drawn_for_each() -> None:
    def routes(draw: Any) -> None:
        with draw.resources("posts", "photos", only=[]):
            draw.get("preview", on="member")
            with draw.resources("notes", "tags", only="index"), draw.collection():
                draw.get("top")

    got = lines(RouteSet(routes))
    for parent in ("post", "photo"):
        assert f"GET /{parent}s/:id/preview(.:format) {parent}s#preview preview_{parent}" in got
        for child in ("notes", "tags"):
            assert f"GET /{parent}s/:{parent}_id/{child}/top(.:format) {child}#top top_{parent}_{child}" in got
            assert f"GET /{parent}s/:{parent}_id/{child}(.:format) {child}#index {parent}_{child}" in got
    assert len(got) == 10


def test_targets_are_texts_functions_classes_and_applications() -> None:
    app = tornado.web.Application()

    def wsgi(environ: Any, start_response: Any) -> Any: ...

    def routes(draw: Any) -> None:
        draw.get("a", to=PostsController.index)
        draw.get("b", to=(PostsController, "index"))
        draw.mount("/c", app)
        draw.mount(wsgi, at="/d", as_="d")
        draw.get("e", to=redirect("/a"))

    table = RouteSet(routes)
    assert [route.leads_to for route in table.routes[:2]] == ["posts#index"] * 2
    assert table.routes[0].target is PostsController.index
    found = table.recognize("GET", "/c/x?y=1")
    assert found is not None
    assert (found.app, found.script_name, found.path_info) == (app, "/c", "/x")
    found = table.recognize("GET", "/e?y=1", host="h.test:81")
    assert found is not None
    assert found.redirect is not None
    assert found.redirect.location == "http://h.test:81/a"


def late_block(draw: Any) -> None:
    block = draw.resources("posts")
    draw.get("a", to="x#y")
    with block:
        pass


@pytest.mark.parametrize(
    ("draw_it", "kind", "words"),
    [
        (lambda draw: draw.get("a", "b", to="x#y"), errors.SeveralPathsError, "takes one path and was given 2"),
        (lambda draw: draw.get("a(", to="x#y"), errors.PathSyntaxError, "is not closed"),
        (lambda draw: draw.get("a)", to="x#y"), errors.PathSyntaxError, "closes nothing"),
        (lambda draw: draw.get(), errors.MissingPathError, "no path"),
        (lambda draw: draw.get("a", path="b", to="x#y"), errors.AmbiguousPathError, "'a' and path='b'"),
        (lambda draw: draw.match("a", to="x#y"), errors.MissingViaError, "which HTTP methods"),
        (lambda draw: draw.get("a"), errors.MissingControllerError, "no controller"),
        (lambda draw: draw.get("a", to="x#"), errors.MissingActionError, "no action of 'x'"),
        (lambda draw: draw.get("a", to="X#y"), errors.ControllerNameError, "'X' is not a controller's name"),
        (lambda draw: draw.get("a", to=5), errors.TargetError, "to=5 is no target"),
        (lambda draw: draw.get(":controller/:action"), errors.DynamicSegmentError, "lets the request choose"),
        (lambda draw: draw.get("a", to="x#y", as_="a b"), errors.HelperNameError, "'a b' is not a name"),
        (lambda draw: [draw.root("x#y") for _ in "12"], errors.HelperTakenError, "'root' is that of <Route 'root'"),
        (lambda draw: draw.get(":i", to="x#y", i=re.compile("^a")), errors.AnchoredConstraintError, "anchored"),
        (lambda draw: draw.get(":i", to="x#y", i=re.compile("(a+)+")), errors.UnsafeConstraintError, "exponentially"),
        (lambda draw: draw.get("a", to="x#y", constraints=5), errors.PredicateError, "constraints=5"),
        (lambda draw: draw.member(), errors.OutsideResourcesError, "member stands outside"),
        (lambda draw: draw.get("a", to="x#y", on="top"), errors.OnOptionError, "on='top'"),
        (lambda draw: draw.resources("a", only="shwo"), errors.OnlyExceptError, "name 'shwo'"),
        (lambda draw: draw.resources("a", param=":id"), errors.ParamNameError, "Write 'id'"),
        (lambda draw: draw.concerns("x"), errors.UnknownConcernError, "no concern is named 'x'"),
        (lambda draw: draw.scope("a", anchor=False), errors.ScopeOptionError, "anchor="),
        (lambda draw: draw.mount("x"), errors.MountError, "no application"),
        (lambda draw: draw.mount(print), errors.MountError, "no place"),
        (lambda draw: draw.draw("nowhere"), errors.DrawFileError, r"config/routes/nowhere.py"),
        (late_block, errors.BlockError, "after other routes were drawn"),
        (lambda draw: redirect(), errors.RedirectTargetError, "leads nowhere"),
    ],
)
def test_drawing_errors_say_fact_place_and_help(draw_it: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        RouteSet(draw_it)
    assert re.search(r"\(tests/routing/test_drawing.py:\d+\)", str(caught.value))


def test_direct_in_a_scope_is_an_error() -> None:
    def routes(draw: Any) -> None:
        with draw.namespace("admin"):
            draw.direct("home")

    with pytest.raises(errors.DirectInScopeError, match="stands in a scope"):
        RouteSet(routes)


def test_concerns_take_options_and_the_mapper() -> None:
    def routes(draw: Any) -> None:
        @draw.concern("noted")  # type: ignore[misc,unused-ignore]
        def noted(**options: Any) -> None:
            draw.resources("notes", **options)

        @draw.concern("feed")  # type: ignore[misc,unused-ignore]
        def feed(mapper: Any) -> None:
            mapper.get("feed", to="feeds#show")

        with draw.resources("posts", only=[], concerns="feed"):
            draw.concerns("noted", "feed", only="index")

    assert [line.split()[1] for line in lines(RouteSet(routes))] == [
        "/posts/:post_id/notes(.:format)",
        "/posts/:post_id/feed(.:format)",
        "/posts/:post_id/feed(.:format)",
    ]


def test_allowed_lists_the_methods_of_a_path() -> None:
    table = RouteSet(lambda draw: draw.resources("posts"))
    assert table.allowed("/posts/1") == ("DELETE", "GET", "HEAD", "PATCH", "PUT")
    assert table.allowed("/nothing") == ()


def test_long_paths_are_answered_in_time() -> None:
    def routes(draw: Any) -> None:
        draw.get(":a-:b-:c-:d", to="x#y")
        draw.get("*a/x/*b/y/*c", to="x#y")
        draw.get("posts/:slug", to="x#y", slug=re.compile("[a-z]+(?:-[a-z]+)*"))

    table = RouteSet(routes)
    for path in ("-" * 8000, "x/y/" * 2000, "a-" * 4000, "posts/" + "a-" * 4000):
        table.recognize("GET", "/" + path)  # it would be hours, were it not in linear time
    found = table.recognize("GET", "/" + "-".join(["a" * 500] * 5))
    assert found is not None
    assert found.params["a"] == "-".join(["a" * 500] * 2)
