"""Where views lie, and what an error in one says."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.web import RequestHandler

from tests.controller.support import Remembers, expect_500, request_by_hand, run, served
from tests.controller.views_support import ask, both_engines, put
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.view_errors import excerpt, say_where
from tornado_rails.controller.views import prefixes_of, root_of
from tornado_rails.errors import SettingError


class PostsController(Remembers, Controller):
    """Its error, as it was raised, is kept."""

    last: BaseException

    def show(self) -> None:
        self.items = [1, 2, 0]

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        PostsController.last = value
        super().log_exception(typ, value, tb)


def handler_of(controller: type[RequestHandler], **settings: Any) -> Any:
    return controller(RailsApplication(**settings), request_by_hand("/"))


@pytest.fixture
def modules() -> Iterator[dict[str, types.ModuleType]]:
    """The table of modules, which is as it was behind the test."""
    before = dict(sys.modules)
    yield sys.modules
    for name in set(sys.modules) - set(before):
        del sys.modules[name]


def controller_in(modules: dict[str, types.ModuleType], name: str, file: Path | None) -> type[Controller]:
    """A controller of a module by this name, whose file is there."""
    module = types.ModuleType(name)
    if file is not None:
        module.__file__ = str(file)
        if file.name == "__init__.py":
            module.__path__ = [str(file.parent)]
    modules[name] = module
    return type("PostsController", (Controller,), {"__module__": name})


@pytest.mark.parametrize(
    ("module", "file", "there", "root"),
    [
        ("posts", "posts.py", ["views"], "views"),
        ("controllers.posts", "controllers/posts.py", ["views"], "views"),
        ("app.controllers.posts", "app/controllers/posts.py", ["app/views"], "app/views"),
        ("app.controllers.posts", "app/controllers/posts.py", ["app/views", "views"], "app/views"),
        (
            "app.controllers.posts",
            "app/controllers/posts.py",
            ["app/controllers/views", "views"],
            "app/controllers/views",
        ),
        ("app.controllers.posts", "app/controllers/posts.py", ["views"], "views"),
        ("app", "app/__init__.py", ["views"], "views"),
        # It is not looked for above the folder of the package.
        ("posts", "below/posts.py", ["views"], "below/views"),
        ("posts", "posts.py", [], "views"),
    ],
)
def test_folder_of_views_is_the_nearest(
    tmp_path: Path, modules: Any, module: str, file: str, there: list[str], root: str
) -> None:
    for each in there:
        (tmp_path / each).mkdir(parents=True)
    assert root_of(handler_of(controller_in(modules, module, tmp_path / file))) == str(tmp_path / root)


def test_module_without_a_file_has_its_views_in_the_working_directory(
    tmp_path: Path, modules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert root_of(handler_of(controller_in(modules, "posts", None))) == str(tmp_path / "views")


def test_settings_say_where_views_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert root_of(handler_of(PostsController, template_path="templates")) == str(tmp_path / "templates")
    both: Any = {"template_path": "templates", "views_path": tmp_path / "views"}
    (tmp_path / "views").mkdir()
    assert root_of(handler_of(PostsController, **both)) == str(tmp_path / "views")
    own = type("Own", (PostsController,), {"get_template_path": lambda self: "own"})
    assert root_of(handler_of(own)) == str(tmp_path / "own")


@served
async def test_folder_of_a_controller_is_by_the_name_that_its_route_has(io_loop: Any, tmp_path: Path) -> None:
    put(tmp_path, "tornado", {"admin/posts/show.html": "admin", "posts/show.html": "plain"})
    application: Any = RailsApplication([("/show", PostsController, {"action": "show"})], views_path=tmp_path)
    application.wildcard_router.rules[0].controller = "admin/posts"  # as a route of a namespace, or a package's
    handler = await run(application, request_by_hand("/show"))
    assert handler.request.connection.body == b"admin"
    assert prefixes_of(handler) == ("admin/posts", "remembers")


BROKEN = {"posts/show.html": "one\n{% for item in items %}\n{{ 1 // item }}\n{% end %}\nfive\nsix"}


@both_engines
@served
async def test_error_in_a_view_says_its_line(io_loop: Any, tmp_path: Path, engine: str) -> None:
    with expect_500("Uncaught"):
        answer = await ask(PostsController, tmp_path, engine, BROKEN, serve_traceback=True)
    error: Any = PostsController.last
    assert PostsController.last.__class__ is ZeroDivisionError
    first, *lines = error.__notes__[0].splitlines()
    assert first == f"in the view {tmp_path}/posts/show.html, line 3:"
    assert lines[2] == ">    3 | {{ 1 // item }}"
    assert [line[:6] for line in lines] == ["     1", "     2", ">    3", "     4", "     5"]
    page_text = answer.body.decode()
    assert "show.html" in page_text
    assert "{{ 1 // item }}" in page_text or sys.version_info < (3, 11)
    with expect_500("Uncaught"):
        answer = await ask(PostsController, tmp_path, engine, BROKEN)
    assert b"item" not in answer.body


@both_engines
@served
async def test_error_in_a_partial_is_told_of_the_partial_alone(io_loop: Any, tmp_path: Path, engine: str) -> None:
    files = {
        "posts/show.html": "\n\n{{ partial('item', collection=items) }}",
        "posts/_item.html": "\n{{ 1 // item }}",
        "layouts/posts.html": "{{ content_for() }}",
    }
    with expect_500("Uncaught"):
        await ask(PostsController, tmp_path, engine, files)
    error: Any = PostsController.last
    assert len(error.__notes__) == 1
    assert error.__notes__[0].startswith(f"in the view {tmp_path}/posts/_item.html, line 2:")


@both_engines
@served
async def test_error_in_what_is_included_is_told_of_that(io_loop: Any, tmp_path: Path, engine: str) -> None:
    include = "line.html" if engine == "tornado" else "posts/line.html"
    files = {"posts/show.html": f"\n{{% include '{include}' %}}", "posts/line.html": "\n\n{{ 1 // items[2] }}"}
    with expect_500("Uncaught"):
        await ask(PostsController, tmp_path, engine, files)
    error: Any = PostsController.last
    assert error.__notes__[0].startswith(f"in the view {tmp_path}/posts/line.html, line 3:")


@both_engines
@pytest.mark.parametrize(
    "expression", ["nobody", "nobody.name", "items.nobody.name", "broken()", "link_to(broken, '/')"]
)
@served
async def test_error_in_what_a_view_names_says_the_views_line(
    io_loop: Any, tmp_path: Path, engine: str, expression: str
) -> None:
    folder = tmp_path / "app" / "views"
    code = "def broken():\n    return 1 // 0\n"
    names: dict[str, Any] = {}
    exec(compile(code, str(folder / "broken.py"), "exec"), names)  # code may lie among the views

    class Broken:
        def __str__(self) -> str:
            raise ValueError

    def show(self: Any) -> None:
        self.items = [1]
        self.broken = Broken() if expression.startswith("link_to") else names["broken"]

    controller = type("PostsController", (PostsController,), {"show": show, "__module__": __name__})
    with expect_500("Uncaught"):
        await ask(controller, folder, engine, {"posts/show.html": f"one\n{{{{ {expression} }}}}"})
    error: Any = PostsController.last
    assert error.__notes__[0].startswith(f"in the view {folder}/posts/show.html, line 2:")


@both_engines
@served
async def test_template_that_cannot_be_read_says_its_line(io_loop: Any, tmp_path: Path, engine: str) -> None:
    with expect_500("Uncaught"):
        answer = await ask(PostsController, tmp_path, engine, {"posts/show.html": "\n{{ a b"}, serve_traceback=True)
    text = answer.body.decode()
    assert "show.html:2" in text or 'show.html", line 2' in text or "line 2" in text


def test_note_is_made_without_the_file(tmp_path: Path) -> None:
    assert excerpt(str(tmp_path), "posts/gone.html", 3) == f"in the view {tmp_path}/posts/gone.html, line 3"


def test_error_from_nowhere_has_no_note() -> None:
    error = ValueError("a")
    say_where(error, "/", lambda trace: None)
    assert not hasattr(error, "__notes__")


@both_engines
@pytest.mark.parametrize(("cached", "second"), [(False, b"[new]"), (True, b"old")])
@served
async def test_templates_are_read_anew_where_they_are_not_cached(
    io_loop: Any, tmp_path: Path, engine: str, cached: bool, second: bytes
) -> None:
    settings: Any = {"template_engine": engine, "compiled_template_cache": cached, "views_path": tmp_path}
    application = RailsApplication([("/show", PostsController, {"action": "show"})], **settings)
    put(tmp_path, engine, {"posts/show.html": "old"})
    assert (await run(application, request_by_hand("/show"))).request.connection.body == b"old"
    put(tmp_path, engine, {"posts/show.html": "new"})
    if not cached:
        put(tmp_path, engine, {"layouts/application.html": "[{{ content_for() }}]"})
    assert (await run(application, request_by_hand("/show"))).request.connection.body == second


def test_jinja_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.delitem(sys.modules, "tornado_rails.controller.jinja_views", raising=False)
    with pytest.raises(SettingError, match=r"template_engine='jinja2': install tornado-rails\[jinja2\]"):
        importlib.import_module("tornado_rails.controller.jinja_views")
