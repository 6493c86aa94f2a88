"""Error pages: of the application, in the form that the client asks for, and whatever happens in them."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from tornado.testing import ExpectLog
from tornado.web import Application, ErrorHandler, HTTPError, RequestHandler

from tests.controller.support import expect_500, request_by_hand
from tests.controller.views_support import both_engines, put
from tests.routing.support import Response, fetch
from tornado_rails import RailsApplication
from tornado_rails.controller import Controller
from tornado_rails.controller.error_pages import ErrorPagesMixin, NotFoundHandler, asked_for

XSS = "<script>alert(1)</script>"


class Failing(Controller):
    def gone(self) -> None:
        raise HTTPError(410, "only for the log: secret")

    def broken(self) -> None:
        self.write("half")
        raise ZeroDivisionError("secret")

    def number(self, *, number: int) -> None: ...

    def teapot(self) -> None:
        raise HTTPError(418)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Folders with pages: views of 404, 410 and 400, a file of 500; the view of 418 cannot be rendered."""
    (tmp_path / "views" / "errors").mkdir(parents=True)
    (tmp_path / "public").mkdir()
    for status in (400, 404, 410):
        page = "<h1>{{ status }} {{ reason }}</h1><p>{{ detail }}</p>"
        (tmp_path / "views" / "errors" / f"{status}.html").write_text(page)
    (tmp_path / "views" / "errors" / "418.html").write_text("half {{ 1 / 0 }}")
    (tmp_path / "public" / "500.html").write_text("<h1>Sorry: {{ not a template }}</h1>")
    return {"template_path": str(tmp_path / "views"), "error_pages": str(tmp_path / "public")}


def ask(settings: dict[str, Any], path: str, accept: str = "text/html", **headers: str) -> Response:
    application = RailsApplication(controllers=[Failing], **settings)
    return fetch(application, path, headers={"Accept": accept, **headers})


def test_page_is_the_view_of_its_status(settings: dict[str, Any]) -> None:
    answer = ask(settings, "/failing/gone")
    assert (answer.status, answer.body) == (410, "<h1>410 Gone</h1><p></p>")
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    del settings["template_path"]
    assert ask(settings, "/failing/gone").body == "<html><title>410: Gone</title><body>410: Gone</body></html>"


def test_page_may_be_a_file_as_it_is(settings: dict[str, Any]) -> None:
    with expect_500("Uncaught exception"):
        answer = ask(settings, "/failing/broken")
    assert (answer.status, answer.body) == (500, "<h1>Sorry: {{ not a template }}</h1>")


def test_path_that_no_route_has_has_the_page_too(settings: dict[str, Any]) -> None:
    answer = ask(settings, f"/nowhere/{XSS}")
    assert (answer.status, answer.body) == (404, "<h1>404 Not Found</h1><p></p>")
    problem = ask(settings, "/nowhere", "application/json")
    assert (problem.status, json.loads(problem.body)["title"]) == (404, "Not Found")


def test_application_of_handlers_alone_has_tornados(tmp_path: Path) -> None:
    plain = fetch(RailsApplication([("/", RequestHandler)]), "/nowhere", headers={"Accept": "application/json"})
    assert plain.body == "<html><title>404: Not Found</title><body>404: Not Found</body></html>"
    assert RailsApplication([]).settings.get("default_handler_class") is None
    assert RailsApplication(error_pages=tmp_path).settings["default_handler_class"] is NotFoundHandler

    class Own(ErrorHandler): ...

    application = RailsApplication(controllers=[Failing], default_handler_class=Own)
    assert application.settings["default_handler_class"] is Own
    assert "default_handler_args" not in application.settings


def test_detail_of_a_refused_request_is_escaped(settings: dict[str, Any]) -> None:
    class Strict(Controller):
        def go(self, *, script: str = "") -> None:
            self.params  # noqa: B018

    application = RailsApplication(controllers=[Strict], **settings)
    for accept in ("text/html", "text/markdown", "text/plain"):
        answer = fetch(application, "/strict/go?<script>=%ff", headers={"Accept": accept})
        assert answer.status == 400
        if accept == "text/plain":
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        else:
            assert "<script>" not in answer.body


@pytest.mark.parametrize(
    ("accept", "media_type", "body"),
    [
        ("text/markdown", "text/markdown; charset=UTF-8", "# 400 Bad Request\n\nparameter 'number': is required\n"),
        ("text/plain", "text/plain; charset=UTF-8", "400 Bad Request\n\nparameter 'number': is required\n"),
        ("text/html, text/plain;q=0.5", "text/html; charset=UTF-8", None),
        ("*/*", "text/html; charset=UTF-8", None),
        ("application/json", "application/problem+json", None),
    ],
)
def test_form_that_is_asked_for(settings: dict[str, Any], accept: str, media_type: str, body: str | None) -> None:
    answer = ask(settings, "/failing/number", accept)
    assert (answer.status, answer.headers["Content-Type"]) == (400, media_type)
    if body is not None:
        assert answer.body == body
    elif "json" in accept:
        assert json.loads(answer.body)["detail"] == "parameter 'number': is required"
    else:
        assert answer.body == "<h1>400 Bad Request</h1><p>parameter &#x27;number&#x27;: is required</p>".replace(
            "&#x27;", "&#39;" if "&#39;" in answer.body else "&#x27;"
        )
    if accept in ("text/plain", "text/markdown"):
        title = ask(settings, "/failing/gone", accept).body
        assert title == ("# " if accept == "text/markdown" else "") + "410 Gone\n"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "html"),
        ("text/html", "html"),
        ("application/xhtml+xml", "html"),
        ("text/plain", "text"),
        ("text/markdown", "markdown"),
        ("text/plain;q=0.5, text/markdown", "markdown"),
        ("text/plain;q=0", "html"),
        ("text/plain, text/html;q=0.9", "text"),
        ("image/png", "html"),
        ("application/json", "json"),
    ],
)
@pytest.mark.parametrize("suffix", [None, "json", "md", "txt", "html", "exe", b"json"])
def test_form_by_the_paths_suffix_or_by_accept(accept: str, form: str, suffix: Any) -> None:
    application = RailsApplication()
    handler = RequestHandler(application, request_by_hand("/", headers={"Accept": accept}))
    handler.path_kwargs = {"format": suffix} if suffix else {}
    by_suffix = {"json": "json", "md": "markdown", "txt": "text", "html": "html"}
    assert asked_for(handler) == by_suffix.get(suffix, form)


def test_page_that_cannot_be_rendered_is_a_500_still(settings: dict[str, Any]) -> None:
    with (
        ExpectLog("tornado.application", "The page of status 418 cannot be rendered in its layout"),
        ExpectLog("tornado.application", "The page of status 418 cannot be rendered$"),
        ExpectLog("tornado.access", "500 GET"),
    ):
        answer = ask(settings, "/failing/teapot")
    assert answer.status == 500
    assert answer.body == (
        "<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>"
    )


def test_view_is_rendered_by_the_controllers_own_way(settings: dict[str, Any]) -> None:
    class Viewing(Failing):
        def view_string(self, name: str | None = None, /, **values: Any) -> str:
            return f"{name} {sorted(values)}"

    application = RailsApplication(controllers=[Viewing], views_path=settings["template_path"])
    answer = fetch(application, "/viewing/gone", headers={"Accept": "text/html"})
    assert answer.body == "errors/410 ['detail', 'format', 'layout', 'reason', 'status']"


def test_view_stands_in_the_layout(settings: dict[str, Any]) -> None:
    layouts = Path(settings["template_path"]) / "layouts"
    layouts.mkdir()
    (layouts / "application.html").write_text("<main>{{ content_for() }}</main>", encoding="utf-8")
    assert ask(settings, "/failing/gone").body.startswith("<main>")
    # A path that no route has has no controller, whose layout it were.
    assert ask(settings, "/nowhere").body == "<h1>404 Not Found</h1><p></p>"


@both_engines
def test_page_whose_layout_fails_is_shown_without_it(settings: dict[str, Any], engine: str) -> None:
    put(Path(settings["template_path"]), engine, {"layouts/application.html": "<main>{{ post }}{{ content_for() }}"})
    with ExpectLog("tornado.application", "The page of status 410 cannot be rendered in its layout"):
        answer = ask({**settings, "template_engine": engine}, "/failing/gone")
    assert (answer.status, answer.body) == (410, "<h1>410 Gone</h1><p></p>")


def test_page_that_cannot_be_rendered_is_that_of_its_file(settings: dict[str, Any]) -> None:
    (Path(settings["error_pages"]) / "418.html").write_text("teapot")
    with ExpectLog("tornado.application", "The page of status 418 cannot be rendered"):
        answer = ask(settings, "/failing/teapot")
    assert (answer.status, answer.body) == (418, "teapot")


def test_file_that_cannot_be_read_is_a_500(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with expect_500("Uncaught"), ExpectLog("tornado.application", "The page of status 500 cannot be rendered from"):
        answer = ask(settings, "/failing/broken")
    assert (
        answer.body == "<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>"
    )


def test_error_of_a_class_of_ours_has_its_page_too(settings: dict[str, Any]) -> None:
    application = RailsApplication([("/it", Controller)], **settings)
    (Path(settings["template_path"]) / "errors" / "405.html").write_text("<h1>{{ status }}</h1>")
    assert fetch(application, "/it", headers={"Accept": "text/html"}).body == "<h1>405</h1>"


def test_secrets_of_an_exception_are_on_no_page(settings: dict[str, Any]) -> None:
    for accept in ("text/html", "application/json", "text/plain", "text/markdown"):
        assert "secret" not in ask(settings, "/failing/gone", accept).body
        with expect_500("Uncaught exception"):
            assert "secret" not in ask(settings, "/failing/broken", accept).body


@pytest.mark.parametrize("accept", ["*/*", "", "text/plain", "image/png", "text/html;q=0"])
def test_traceback_stays_tornados_for_who_asks_for_no_page(settings: dict[str, Any], accept: str) -> None:
    answer = ask({**settings, "serve_traceback": True}, "/failing/gone", accept)
    assert (answer.status, answer.headers["Content-Type"]) == (410, "text/plain")
    assert "Traceback" in answer.body


def test_head_has_no_body(settings: dict[str, Any]) -> None:
    application = RailsApplication(controllers=[Failing], **settings)
    answer = fetch(application, "/failing/gone", "HEAD", headers={"Accept": "text/html"})
    assert (answer.status, answer.body) == (410, "")


@both_engines
def test_page_of_a_path_that_no_route_has_is_of_the_views_folder(tmp_path: Path, engine: str) -> None:
    (tmp_path / "errors").mkdir()
    page = "MINE {{ status|upper }}" if engine == "jinja2" else "MINE {{ status }}"
    (tmp_path / "errors" / "404.html").write_text(page)
    application = RailsApplication(controllers=[Failing], views_path=tmp_path, template_engine=engine)
    answer = fetch(application, "/nowhere", headers={"Accept": "text/html"})
    assert (answer.status, answer.body) == (404, "MINE 404")


def controller_of(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> type[Controller]:
    """A controller whose action is gone, of a module whose file is in a folder."""
    folder.mkdir(exist_ok=True)
    module = types.ModuleType(name)
    module.__file__ = str(folder / f"{name}.py")
    monkeypatch.setitem(sys.modules, name, module)

    def gone(self: Any) -> None:
        raise HTTPError(410)

    return type(f"{name.title()}Controller", (Controller,), {"gone": gone, "__module__": name})


@both_engines
def test_pages_are_of_the_folder_beside_the_controllers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.chdir(tmp_path)
    posts, tags = (controller_of(tmp_path / "app", name, monkeypatch) for name in ("posts", "tags"))
    put(tmp_path / "app/views", engine, {f"errors/{status}.html": "MINE {{ status }}" for status in (404, 410)})
    # A folder of views that is of no controller is none of the application's.
    put(tmp_path / "handlers/views", engine, {"errors/404.html": "theirs"})
    plain = type("Plain", (RequestHandler,), {"__module__": "plain"})
    module = types.ModuleType("plain")
    module.__file__ = str(tmp_path / "handlers/plain.py")
    monkeypatch.setitem(sys.modules, "plain", module)
    application = RailsApplication([("/plain", plain)], controllers=[posts, tags], template_engine=engine)
    html = {"Accept": "text/html"}
    assert fetch(application, "/posts/gone", headers=html).body == "MINE 410"
    for _ in range(2):
        assert fetch(application, "/nowhere", headers=html).body == "MINE 404"


@pytest.mark.parametrize("cached", [True, False])
def test_controllers_that_do_not_share_a_folder_leave_that_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    controllers = [controller_of(tmp_path / name, name, monkeypatch) for name in ("posts", "tags")]
    for name in ("posts", "tags"):
        put(tmp_path / name / "views", "tornado", {"errors/404.html": name, "errors/410.html": name})
    application = RailsApplication(controllers=controllers, compiled_template_cache=cached)
    html = {"Accept": "text/html"}
    assert fetch(application, "/tags/gone", headers=html).body == "tags"
    assert fetch(application, "/nowhere", headers=html).body == (
        "<html><title>404: Not Found</title><body>404: Not Found</body></html>"
    )
    put(tmp_path / "views", "tornado", {"errors/404.html": "here"})
    assert (fetch(application, "/nowhere", headers=html).body == "here") != cached


@both_engines
def test_mixin_alone_has_the_views_too(tmp_path: Path, engine: str) -> None:
    class Alone(ErrorPagesMixin, RequestHandler):
        def get(self) -> None:
            raise HTTPError(410)

    put(tmp_path, engine, {"errors/410.html": "{{ status }} {{ reason }}", "layouts/application.html": "no"})
    application = Application([("/", Alone)], views_path=tmp_path, template_engine=engine)
    assert fetch(application, "/", headers={"Accept": "text/html"}).body == "410 Gone"


def test_layout_of_pages_is_none_of_data(tmp_path: Path) -> None:
    class Laid(Controller):
        layout = "admin"

        def show(self) -> None: ...

    for name, text in {
        "layouts/admin.html": "<main>{{ content_for() }}</main>",
        "laid/show.html": "page",
        "laid/show.json": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    application = RailsApplication([("/it", Laid, {"action": "show"})], views_path=tmp_path)
    assert fetch(application, "/it", headers={"Accept": "text/html"}).body == "<main>page</main>"
    assert fetch(application, "/it", headers={"Accept": "application/json"}).body == "{}"


@pytest.mark.parametrize("path", ["/gone", "/nowhere"])
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/markdown"])
def test_error_says_that_accept_decided_its_form(path: str, accept: str, tmp_path: Path) -> None:
    class GoneController(Controller):
        def gone(self) -> None:
            self.send_error(410)

    application = RailsApplication([("/gone", GoneController, {"action": "gone"})], controllers=[GoneController])
    with ExpectLog("tornado.access", "4.*"):
        assert fetch(application, path, headers={"Accept": accept}).headers["Vary"] == "Accept"
