"""Views: found by themselves or by name, in both template languages alike."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import tornado.web
from tornado.web import RequestHandler, UIModule

from tests.controller.support import Remembers, expect_500, request_by_hand, run, served
from tests.controller.views_support import ask, both_engines, page, put
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller.helpers import helper
from tornado_rails.controller.markup import Safe
from tornado_rails.controller.rendering import AUTO, RenderingMixin
from tornado_rails.controller.responses import TypedText
from tornado_rails.errors import DeclarationError, RefusedActionError, ViewMissingError, ViewNameError

EVIL = "<script>alert('1')</script>&\""
TAME = ("&lt;script&gt;alert(&#39;1", "&lt;script&gt;alert(&#x27;1")  # as Python, Tornado and Jinja write an apostrophe


class ApplicationController(Remembers, Controller):
    """What the tests' controllers have in common."""


class PostsController(ApplicationController):
    def show(self) -> Any:
        self.post = "Hello"  # type: ignore[assignment]  # Tornado has a method of that name
        self._secret = "secret"


def acting(action: Any, **names: Any) -> Any:
    """A posts controller with another action."""
    return type("PostsController", (ApplicationController,), {"show": action, "__module__": __name__, **names})


@both_engines
@served
async def test_action_that_writes_nothing_has_its_view(io_loop: Any, tmp_path: Path, engine: str) -> None:
    files = {"posts/show.html": "{{ post }} from {{ request.path }}"}
    answer = await ask(PostsController, tmp_path, engine, files)
    assert (answer.status, answer.body) == (200, b"Hello from /show")
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert answer.headers["Vary"] == "Accept"
    head = await ask(PostsController, tmp_path, engine, files, method="HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", answer.headers["Content-Length"])


async def _later(self: Any) -> None:
    await asyncio.sleep(0)
    self.post = "later"


def _created(self: Any) -> None:
    self.set_status(201)
    self.post = "created"


def _bare(self: Any) -> None:
    self.set_status(304)


def _written(self: Any) -> None:
    self.write("written")


@both_engines
@pytest.mark.parametrize(
    ("action", "status", "body"),
    [(_later, 200, b"later"), (_created, 201, b"created"), (_bare, 304, b""), (_written, 200, b"written")],
)
@served
async def test_view_goes_with_what_the_action_has_done(
    io_loop: Any, tmp_path: Path, engine: str, action: Any, status: int, body: bytes
) -> None:
    answer = await ask(acting(action), tmp_path, engine, {"posts/show.html": "{{ post }}"})
    assert (answer.status, answer.body) == (status, body)


@both_engines
@served
async def test_action_without_a_view_is_204(io_loop: Any, tmp_path: Path, engine: str) -> None:
    answer = await ask(PostsController, tmp_path, engine, {"posts/show.html~": "", "posts/shower.html": ""})
    assert (answer.status, answer.body) == (204, b"")


@both_engines
@served
async def test_view_of_a_parent_is_found(io_loop: Any, tmp_path: Path, engine: str) -> None:
    assert await page(PostsController, tmp_path, engine, {"application/show.html": "{{ post }}"}) == "Hello"


@both_engines
@pytest.mark.parametrize("name", ["_secret", "application", "path_args", "path_kwargs", "ui", "_headers", "nobody"])
@served
async def test_what_the_controller_did_not_set_for_the_view_is_not_there(
    io_loop: Any, tmp_path: Path, engine: str, name: str
) -> None:
    with expect_500("Uncaught exception"):
        answer = await ask(PostsController, tmp_path, engine, {"posts/show.html": f"{{{{ {name} }}}}"})
    assert answer.status == 500
    assert Remembers.logged.split(": ")[1] in (f"name '{name}' is not defined", f"'{name}' is undefined")


class Unsafe(ApplicationController):
    """Hands text of the request to its view, by every way there is."""

    def show(self) -> None:
        self.assigned = self.get_argument("q")
        self.render_view("posts/show", local=self.get_argument("q"), octets=self.get_argument("q").encode())

    @helper
    def shout(self, text: str) -> str:
        return f"{text}!"


@both_engines
@pytest.mark.parametrize(
    "expression",
    [
        *("assigned", "local", "params['q']", "params.get('q')", "request.query_arguments", "[local]", "shout(local)"),
        *("link_to(local, '/')", "link_to('a', '/', title=local)", "link_to('a', '/' + local)"),
        *("form_with('/', id=local)", "partial('posts/part', local=local)", "content_for('a', local)"),
    ],
)
@served
async def test_everything_is_escaped(io_loop: Any, tmp_path: Path, engine: str, expression: str) -> None:
    files = {
        "posts/show.html": f"{{{{ {expression} }}}}",
        "posts/_part.html": "{{ local }}",
        "layouts/application.html": "{{ content_for() }}{{ content_for('a') }}",
    }
    target = "/show?q=%3Cscript%3Ealert('1')%3C/script%3E%26%22"
    shown = await page(Unsafe, tmp_path, engine, files, target)
    assert "&lt;script&gt;alert(" in shown
    assert "<script" not in shown
    assert '"">' not in shown


@served
async def test_bytes_are_escaped_in_tornados_language(io_loop: Any, tmp_path: Path) -> None:
    shown = await page(Unsafe, tmp_path, "tornado", {"posts/show.html": "{{ octets }}"}, "/show?q=%3Cscript%3E")
    assert shown == "&lt;script&gt;"


@both_engines
@served
async def test_escaping_stays_on_whatever_a_local_is_called(io_loop: Any, tmp_path: Path, engine: str) -> None:
    def action(self: Any) -> None:
        names = [
            "xhtml_escape",
            "escape",
            "_tt_utf8",
            "_tt_string_types",
            "isinstance",
            "str",
            "_tornado_rails_escape",
            "_tornado_rails_resolve",
        ]
        self.render_view("posts/show", evil=EVIL, **dict.fromkeys(names, str))

    shown = await page(acting(action), tmp_path, engine, {"posts/show.html": "{{ evil }}"}, autoescape=None)
    assert shown.startswith(TAME)


@both_engines
@served
async def test_safe_text_is_not_escaped_again(io_loop: Any, tmp_path: Path, engine: str) -> None:
    class Own:
        def __html__(self) -> str:
            return "<i>own</i>"

        def __str__(self) -> str:
            return "<own>"

    def action(self: Any) -> None:
        self.safe = Safe("<b>é</b>")
        self.own = Own()

    shown = await page(acting(action), tmp_path, engine, {"posts/show.html": "{{ safe }}{{ own }}"})
    # Tornado makes text of a value before it is escaped: an object that is no text does not keep its HTML.
    assert shown == f"<b>é</b>{'<i>own</i>' if engine == 'jinja2' else '&lt;own&gt;'}"


@both_engines
@served
async def test_names_come_from_locals_then_the_controller_then_helpers(
    io_loop: Any, tmp_path: Path, engine: str
) -> None:
    def action(self: Any) -> None:
        self.one = self.two = "set"
        self.range = "range"
        self.render_view("posts/show", one="local")

    def named(self: Any) -> Any:
        return {**RequestHandler.get_template_namespace(self), "site": "Site", "two": "theirs"}

    controller = acting(action, get_template_namespace=named, get_current_user=lambda self: "ada")
    files = {"posts/show.html": "{{ one }} {{ two }} {{ range }} {{ site }} {{ current_user }} {{ _('text') }}"}
    assert await page(controller, tmp_path, engine, files) == "local set range Site ada text"


@both_engines
@served
async def test_view_is_rendered_by_name(io_loop: Any, tmp_path: Path, engine: str) -> None:
    def action(self: Any) -> Any:
        return self.render_view(self.get_argument("name"), status="created", n=7)

    files = {
        "posts/edit.html": "edit {{ n }}",
        "posts/show.html": "show",
        "other/page.html": "page {{ n }}",
        "other/page.txt": "text <{{ n }}>",
        "application/edit.html": "parent's",
        "application/only.html": "only {{ n }}",
    }
    for name, body in {
        "edit": "edit 7",
        "other/page": "page 7",
        "other/page.html": "page 7",
        "other/page.txt": "text <7>",
        "only": "only 7",
    }.items():
        answer = await ask(acting(action), tmp_path, engine, files, f"/show?name={name}")
        assert (answer.status, answer.body.decode()) == (201, body)
        assert answer.headers["Content-Type"] == f"text/{'plain' if '.txt' in name else 'html'}; charset=UTF-8"


@both_engines
@served
async def test_view_without_a_name_is_the_actions(io_loop: Any, tmp_path: Path, engine: str) -> None:
    def action(self: Any) -> None:
        self.render_view(n=1, layout=None)

    files = {"posts/show.html": "show {{ n }}", "posts/show.json": '{"n": {{ n }}}', "layouts/application.html": "no"}
    assert await page(acting(action), tmp_path, engine, files) == "show 1"
    answer = await ask(acting(action), tmp_path, engine, files, "/show.json")
    assert (answer.body, answer.headers["Content-Type"]) == (b'{"n": 1}', "application/json; charset=UTF-8")


@both_engines
@served
async def test_view_string_is_text_without_a_layout(io_loop: Any, tmp_path: Path, engine: str) -> None:
    def action(self: Any) -> Any:
        plain = self.view_string("posts/mail", name="<Ada>", format="txt")
        assert (type(plain), plain, plain.content_type) == (TypedText, "Dear <Ada>", "text/plain; charset=UTF-8")
        assert type(self.view_string()) is type(self.view_string("show.html")) is str
        return [plain, self.view_string(), self.view_string("show", layout="application")]

    files = {
        "posts/mail.txt": "Dear {{ name }}",
        "posts/show.html": "show",
        "layouts/application.html": "[{{ content_for() }}]",
    }
    answer = await ask(acting(action), tmp_path, engine, files)
    assert answer.body == b'["Dear <Ada>","show","[show]"]'


@both_engines
@served
async def test_tornados_own_render_stays_as_it_is(io_loop: Any, tmp_path: Path, engine: str) -> None:
    def action(self: Any) -> None:
        self.hidden = "hidden"
        text = self.render_string("old.html", n=1)
        assert text == b"old 1 <False>"
        self.render("old.html", n=2)

    folder = put(tmp_path / "templates", "tornado", {"old.html": "old {{ n }} <{{ 'hidden' in globals() }}>"})
    files = {"layouts/application.html": "no"}
    shown = await page(acting(action), tmp_path, engine, files, template_path=folder)
    assert shown == "old 2 <False>"


LAYOUTS = {
    "posts/show.html": "view",
    "layouts/application.html": "app({{ content_for() }})",
    "layouts/posts.html": "posts({{ content_for() }})",
    "layouts/admin.html": "admin({{ content_for() }})",
    "layouts/admin/frame.html": "frame({{ content_for() }})",
    "admin/frame.html": "no layout",
}


@both_engines
@pytest.mark.parametrize(
    ("without", "layout", "shown"),
    [
        ([], AUTO, "posts(view)"),
        (["layouts/posts.html"], AUTO, "app(view)"),
        (["layouts/posts.html", "layouts/application.html"], AUTO, "view"),
        ([], None, "view"),
        ([], False, "view"),
        ([], "admin", "admin(view)"),
        ([], True, "posts(view)"),
        ([], "admin/frame", "frame(view)"),
        ([], "layouts/admin/frame", "frame(view)"),
        ([], "layouts/admin", "admin(view)"),
        ([], lambda self: "admin" if self.get_argument("admin", "") else None, "view"),
        ([], lambda self: AUTO, "posts(view)"),
    ],
)
@served
async def test_layout_is_found_or_chosen(
    io_loop: Any, tmp_path: Path, engine: str, without: list[str], layout: Any, shown: str
) -> None:
    files = {name: text for name, text in LAYOUTS.items() if name not in without}
    controller = acting(lambda self: None, layout=layout)
    assert await page(controller, tmp_path, engine, files) == shown
    by_name = acting(lambda self: self.render_view("posts/show"), layout=layout)
    assert await page(by_name, tmp_path, engine, files) == shown
    if callable(layout) and shown == "view":
        assert await page(controller, tmp_path, engine, files, "/show?admin=1") == "admin(view)"
    here = acting(lambda self: self.render_view(layout="admin"), layout=layout)
    assert await page(here, tmp_path, engine, files) == "admin(view)"
    default = acting(lambda self: self.finish(self.view_string("show", layout=True)), layout=layout)
    assert await page(default, tmp_path, engine, files) == shown
    assert await page(acting(lambda self: self.render_view(layout=None)), tmp_path, engine, files) == "view"


@both_engines
@served
async def test_layout_may_stand_in_another(io_loop: Any, tmp_path: Path, engine: str) -> None:
    base = "application.html" if engine == "tornado" else "layouts/application.html"
    files = {
        "posts/show.html": "{{ content_for('title', post) }}view",
        "layouts/application.html": "<{{ content_for('title') }}>{% block body %}{{ content_for() }}{% end %}",
        "layouts/admin.html": f"{{% extends '{base}' %}}{{% block body %}}admin({{{{ content_for() }}}}){{% end %}}",
    }
    assert await page(acting(PostsController.show, layout="admin"), tmp_path, engine, files) == "<Hello>admin(view)"
    assert await page(PostsController, tmp_path, engine, files) == "<Hello>view"


@both_engines
@pytest.mark.parametrize(
    ("view", "content_type", "shown"),
    [
        ("show", "application/xhtml+xml", "&lt;"),
        ("show.txt", "text/html; charset=UTF-8", "&lt;"),
        ("show.txt", "text/csv", "<"),
        ("show.own", "text/html", "&lt;"),
    ],
)
@served
async def test_content_type_of_a_view_may_be_given(
    io_loop: Any, tmp_path: Path, engine: str, view: str, content_type: str, shown: str
) -> None:
    files = {f"posts/show.{form}": "{{ text }}" for form in ("html", "txt", "own")}
    controller = acting(lambda self: self.render_view(view, content_type=content_type, text="<"))
    answer = await ask(controller, tmp_path, engine, files)
    assert (answer.headers["Content-Type"], answer.body.decode()) == (content_type, shown)


@both_engines
@served
async def test_layout_is_of_the_views_format(io_loop: Any, tmp_path: Path, engine: str) -> None:
    files = {"posts/show.txt": "text", "layouts/application.html": "no"}
    assert await page(PostsController, tmp_path, engine, files) == "text"


@both_engines
@served
async def test_layout_that_is_named_must_be_there(io_loop: Any, tmp_path: Path, engine: str) -> None:
    with expect_500("Uncaught"):
        await ask(acting(lambda self: None, layout="none"), tmp_path, engine, LAYOUTS)
    path = tmp_path / "layouts" / "none.html"
    assert Remembers.logged == f"ViewMissingError: no view 'layouts/none'; tried {path}"


@both_engines
@pytest.mark.parametrize("layout", [7, "admin.", "/admin", "frame"])
@served
async def test_layout_that_is_none_is_refused(io_loop: Any, tmp_path: Path, engine: str, layout: Any) -> None:
    with expect_500("Uncaught"):
        await ask(acting(lambda self: None, layout=layout), tmp_path, engine, LAYOUTS)
    assert f"view 'layouts/{layout}'" in Remembers.logged or f"'layouts/{layout}' is no view's" in Remembers.logged


class Choosing:
    async def layout(self) -> str:
        return "admin"


@pytest.mark.parametrize(
    ("bases", "names"), [((Controller,), {"layout": Choosing.layout}), ((Choosing, Controller), {})]
)
def test_layout_that_is_async_is_refused_where_the_class_is_made(bases: Any, names: Any) -> None:
    with pytest.raises(DeclarationError) as raised:
        type("PostsController", bases, {**names, "__module__": __name__})
    assert str(raised.value).startswith("PostsController")
    assert str(raised.value).endswith(": layout: it is async, and no view waits for it. Await in a before callback.")


def test_layouts_default_says_what_it_is() -> None:
    assert repr(RenderingMixin.layout) == "AUTO"


@both_engines
@served
async def test_missing_view_names_every_path_that_was_tried(io_loop: Any, tmp_path: Path, engine: str) -> None:
    def action(self: Any) -> None:
        with pytest.raises(ViewMissingError) as raised:
            self.render_view("edit")
        assert raised.value.name == "edit"
        folders = ("posts", "application", "remembers")  # a parent of the tests'
        assert raised.value.tried == tuple(str(tmp_path / folder / "edit.html") for folder in folders)
        self.render_view("other/page.csv")

    with expect_500("Uncaught"):
        await ask(acting(action), tmp_path, engine, {})
    assert Remembers.logged == f"ViewMissingError: no view 'other/page.csv'; tried {tmp_path / 'other/page.csv'}"


TRAVERSALS = [
    *("../secret", "..", "posts/../../secret", "/etc/passwd", "posts//show", "posts/", "/", "\\..\\secret", "a\\b"),
    *("posts/..%2fsecret", "posts/show.html/../x", "posts/sh\0w", "posts/show.html.bak.", "./show", "C:secret", " "),
    *("posts/.hidden", "posts/show\n", "pôsts/show"),
]


@both_engines
@pytest.mark.parametrize("name", TRAVERSALS)
@served
async def test_view_outside_the_folder_is_no_view(io_loop: Any, tmp_path: Path, engine: str, name: str) -> None:
    def action(self: Any) -> None:
        for ask_for in (self.render_view, self.view_string):
            with pytest.raises(ViewNameError, match=r"is no view.s name"):
                ask_for(name)
        with pytest.raises(ViewNameError):
            self.render_view("show", layout=name if "/" in name else f"../{name}")
        with pytest.raises(ViewNameError):
            self.render_view("show", format=f"html/../{name}")
        self.finish("refused")

    files = {"posts/show.html": "", "secret.html": "secret", "posts/.hidden.html": ""}
    put(tmp_path, engine, {"secret.html": "secret"})
    assert await page(acting(action), tmp_path / "views", engine, files) == "refused"


@both_engines
@served
async def test_suffix_that_is_a_path_is_no_format(io_loop: Any, tmp_path: Path, engine: str) -> None:
    table = [(r"/show(?:\.(?P<format>.*))?", PostsController, {"action": "show"})]
    application = RailsApplication(
        table, views_path=put(tmp_path, engine, {"posts/show.html": "", "posts/x.html": ""}), template_engine=engine
    )
    handler = await run(application, request_by_hand("/show.html/../x.html"))
    assert handler.get_status() == 406


class Box(UIModule):
    def render(self, text: str) -> str:
        return f"<box>{text}</box>"

    def embedded_javascript(self) -> str:
        return "box()"

    def css_files(self) -> str:
        return "box.css"


@served
async def test_ui_modules_of_tornado_find_their_place_in_the_page(io_loop: Any, tmp_path: Path) -> None:
    files = {
        "posts/show.html": "{% module Box(post) %}",
        "layouts/application.html": "<html><head></head><body>{{ content_for() }}</body></html>",
    }
    (tmp_path / "box.css").touch()
    settings: Any = {"ui_modules": {"Box": Box}, "static_path": str(tmp_path)}
    for controller in (PostsController, acting(lambda self: self.render_view(post="Hello"))):
        shown = await page(controller, tmp_path, "tornado", files, **settings)
        assert "<box>Hello</box>" in shown
        assert shown.index("box.css") < shown.index("</head>") < shown.index("box()") < shown.index("</body>")


@both_engines
@served
async def test_templates_own_includes_and_inheritance_work(io_loop: Any, tmp_path: Path, engine: str) -> None:
    relative = "../" if engine == "tornado" else ""
    files = {
        "base.html": "<{% block body %}{% end %}>",
        "posts/show.html": f"{{% extends '{relative}base.html' %}}{{% block body %}}"
        f"{{% include '{relative}line.html' %}}{{% end %}}",
        "line.html": "{{ post }} {{ url_for('show') }}",
    }
    assert await page(PostsController, tmp_path, engine, files) == "<Hello /show>"


@served
async def test_jinjas_macros_and_own_variables_keep_their_names(io_loop: Any, tmp_path: Path) -> None:
    files = {
        "posts/show.html": "{% import 'm.html' as m %}{% set post = 's' %}{{ m.twice('a') }} "
        "{{ post }} {{ range(2) }}{% include 'i.html' %}",
        "i.html": " {{ post }}",
        "m.html": "{% macro twice(a) %}{{ a }}{{ a }}{{ range(1) }}{{ nobody is defined }}{% endmacro %}",
    }
    assert await page(PostsController, tmp_path, "jinja2", files) == "aarange(0, 1)False s range(0, 2) s"


class Alone(RenderingMixin, RequestHandler):
    """The one feature, in an application that is Tornado's own."""

    def get(self) -> None:
        self.name = "alone"
        self.render_view()


@both_engines
@served
async def test_mixin_renders_in_a_tornado_application(io_loop: Any, tmp_path: Path, engine: str) -> None:
    files = {"alone/get.html": "{{ name }} {{ link_to('a', '/a') }}", "layouts/alone.html": "<{{ content_for() }}>"}
    application = tornado.web.Application(
        [("/", Alone)], template_path=put(tmp_path, engine, files), template_engine=engine
    )
    handler = await run(application, request_by_hand("/"))
    assert handler.request.connection.body == b'<alone <a href="/a">a</a>>'


class Answering(PostsController):
    def show(self) -> Any:
        super().show()
        return self.respond_to(html=None, json=None, csv=lambda: "a,b")


FORMATS = {"posts/show.html": "{{ post }}", "posts/show.json": '{"post": "{{ post }}"}'}


@both_engines
@pytest.mark.parametrize(
    ("controller", "target", "accept", "status", "body", "vary"),
    [
        (PostsController, "/show", "", 200, "Hello", "Accept"),
        (PostsController, "/show", "application/json", 200, '{"post": "Hello"}', "Accept"),
        (PostsController, "/show", "text/html,*/*;q=0.8", 200, "Hello", "Accept"),
        (PostsController, "/show", "image/png", 406, None, None),
        (PostsController, "/show.json", "text/html", 200, '{"post": "Hello"}', None),
        (PostsController, "/show.xml", "", 406, None, None),
        (Answering, "/show", "", 200, "Hello", "Accept"),
        (Answering, "/show.json", "", 200, '{"post": "Hello"}', None),
        (Answering, "/show", "text/csv", 200, "a,b", "Accept"),
        (Answering, "/show", "text/plain", 406, None, "Accept"),
    ],
)
@served
async def test_view_of_the_format_that_is_asked_for(
    io_loop: Any,
    tmp_path: Path,
    engine: str,
    controller: Any,
    target: str,
    accept: str,
    status: int,
    body: str | None,
    vary: str | None,
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = await ask(controller, tmp_path, engine, FORMATS, target, headers=headers)
    assert answer.status == status
    if body is not None:
        assert answer.body.decode() == body
        assert answer.headers.get("Vary") == vary


@both_engines
@pytest.mark.parametrize(
    ("accept", "status"),
    [("", 200), ("*/*", 200), ("text/html,*/*;q=0.8", 200), ("text/html", 200), ("application/json", 406)],
)
@served
async def test_caches_can_tell_a_page_from_its_406(
    io_loop: Any, tmp_path: Path, engine: str, accept: str, status: int
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = await ask(PostsController, tmp_path, engine, {"posts/show.html": "{{ post }}"}, headers=headers)
    assert (answer.status, answer.headers["Vary"]) == (status, "Accept")
    by_name = await ask(acting(lambda self: self.render_view(post=1)), tmp_path, engine, {}, headers=headers)
    assert (by_name.status, by_name.body, by_name.headers.get("Vary")) == (200, b"1", None)


@both_engines
@served
async def test_format_that_was_chosen_must_have_its_view(io_loop: Any, tmp_path: Path, engine: str) -> None:
    with expect_500("Uncaught"):
        await ask(Answering, tmp_path, engine, {})
    assert Remembers.logged.startswith("ViewMissingError: no view 'show'; tried ")


def test_helper_is_no_action() -> None:
    with pytest.raises(RefusedActionError):
        RailsApplication([("/a", Unsafe, {"action": "shout"})])
