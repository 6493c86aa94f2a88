"""What is escaped in views of text, JSON and other formats; and that nothing of it gets into a page as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup, escape

from tests.controller.support import Remembers, expect_500, served
from tests.controller.views_support import ask, both_engines, page
from tornado_rails import Controller
from tornado_rails.controller.escaping import ESCAPES, Escaping, escaping_of, in_json
from tornado_rails.controller.helpers import helper
from tornado_rails.controller.markup import Safe

EVIL = "<script>alert('\\1')</script>&\"\n"
TYPES: Any = {"vcf": "text/vcard", "frag": "text/vnd.fragment+html", "txtish": "text/vnd.own"}


def rendering(name: str | None = None, **options: Any) -> Any:
    """A controller whose action renders a view that gets hostile text."""

    def show(self: Any) -> None:
        self.set_evil = EVIL
        if "content_type" in options:
            self.set_header("Content-Type", options["content_type"])
        self.render_view(name, evil=EVIL, layout=options.get("layout"))

    return type("PostsController", (Remembers, Controller), {"show": show, "__module__": __name__})


async def shown(*arguments: Any, **options: Any) -> str:
    return await page(*arguments, media_types=TYPES, **options)


@both_engines
@pytest.mark.parametrize("form", ["txt", "text", "csv", "ics", "yaml", "vcf"])
@served
async def test_text_is_as_it_is(io_loop: Any, tmp_path: Path, engine: str, form: str) -> None:
    files = {
        f"posts/show.{form}": "{{ evil }}{{ set_evil }}{{ 7 }}{{ '&' }}{{ partial('part', evil=evil) }}",
        f"posts/_part.{form}": "[{{ evil }}]",
    }
    assert await shown(rendering(f"show.{form}"), tmp_path, engine, files) == f"{EVIL}{EVIL}7&[{EVIL}]"


@both_engines
@pytest.mark.parametrize("form", ["html", "xml", "svg", "atom", "rss", "md", "js", "css", "frag", "txtish"])
@served
async def test_what_is_not_known_to_be_text_is_escaped_as_html(
    io_loop: Any, tmp_path: Path, engine: str, form: str
) -> None:
    files = {f"posts/show.{form}": "{{ evil }}{{ partial('part', evil=evil) }}", f"posts/_part.{form}": "{{ evil }}"}
    text = await shown(rendering(f"show.{form}"), tmp_path, engine, files)
    assert text.count("&lt;script&gt;") == 2
    assert not set(text) & set("<>\"'")


@both_engines
@served
async def test_json_has_text_as_the_inside_of_its_strings(io_loop: Any, tmp_path: Path, engine: str) -> None:
    whole = "{{ evil|tojson }}" if engine == "jinja2" else "{% raw json_encode(evil) %}"
    files = {
        "posts/show.json": f'{{"inside": "{{{{ evil }}}}", "n": {{{{ 7 }}}}, "whole": {whole}, '
        '"part": {{ partial("part", evil=evil) }}, "page": "{{ partial("part.html", evil=evil) }}"}',
        "posts/_part.json": '{"inside": "{{ evil }}"}',
        "posts/_part.html": '<p title="a">{{ evil }}</p>{{ partial("inner", evil=evil) }}',
        "posts/_inner.html": "{{ evil }}",
        "posts/_inner.json": "no",
    }
    answer = await ask(rendering("show.json"), tmp_path, engine, files)
    assert b"</" not in answer.body
    data = json.loads(answer.body)
    html = data.pop("page")
    assert data == {"inside": EVIL, "n": 7, "whole": EVIL, "part": {"inside": EVIL}}
    assert html.startswith('<p title="a">&lt;script&gt;')
    assert html.count("&lt;script&gt;") == 2


@both_engines
@served
async def test_page_within_text_is_escaped(io_loop: Any, tmp_path: Path, engine: str) -> None:
    files = {
        "posts/show.txt": "{{ evil }}|{{ partial('card.html', collection=[evil], spacer='line') }}",
        "posts/_card.html": "<p>{{ card }}{{ partial('inner.txt', evil=card) }}{{ content_for('a') }}</p>",
        "posts/_inner.txt": "{{ evil }}",
        "posts/_line.html": "<hr>",
    }
    text, html = (await page(rendering("show.txt"), tmp_path, engine, files)).split("|")
    assert text == EVIL
    assert html.count("&lt;script&gt;") == 2
    assert "<script>" not in html


@both_engines
@pytest.mark.parametrize(
    ("view", "layout", "content_type"),
    [
        ("show", None, None),
        ("show.txt", "page.html", None),
        ("show.txt", None, "text/html"),
        ("show.txt", None, "application/xhtml+xml"),
        ("show.txt", "page.html", "text/plain"),
        ("show.json", "page.html", None),
        ("show.json", None, "text/plain"),
    ],
)
@served
async def test_text_in_a_page_is_escaped(
    io_loop: Any, tmp_path: Path, engine: str, view: str, layout: Any, content_type: Any
) -> None:
    files = {
        "posts/show.html": "{{ partial('part.txt', evil=evil) }}{{ content_for('head', evil) }}",
        "posts/show.txt": "{{ evil }}{{ content_for('head', evil) }}",
        "posts/show.json": "{{ evil }}{{ content_for('head', evil) }}",
        "posts/_part.txt": "{{ evil }}",
        "layouts/page.html": "<main>{{ content_for() }}{{ content_for('head') }}{{ evil }}</main>",
    }
    options = {"layout": layout} if content_type is None else {"layout": layout, "content_type": content_type}
    text = await page(rendering(view, **options), tmp_path, engine, files)
    assert "&lt;script&gt;" in text
    assert "<script" not in text


@both_engines
@served
async def test_layout_of_text_has_what_views_say_as_it_is(io_loop: Any, tmp_path: Path, engine: str) -> None:
    files = {
        "posts/show.txt": "{{ content_for('head', evil) }}{% apply content_for('foot') %}{{ evil }}{% end %}view",
        "layouts/posts.txt": "{{ content_for('head') }}|{{ content_for() }}|{{ content_for('foot') }}",
    }
    assert await page(rendering("show.txt", layout="posts"), tmp_path, engine, files) == f"{EVIL}|view|{EVIL}"


@both_engines
@served
async def test_text_that_only_the_request_chose_is_escaped_where_it_may_be_written_into_a_page(
    io_loop: Any, tmp_path: Path, engine: str
) -> None:
    def show(self: Any) -> Any:
        if self.get_argument("typed", ""):
            self.respond_to("txt")
        self.write(self.view_string(evil=EVIL))

    controller = type("PostsController", (Remembers, Controller), {"show": show, "__module__": __name__})
    files = {"posts/show.txt": "{{ evil }}"}
    assert "<script" not in await page(controller, tmp_path, engine, files, "/show.txt")
    answer = await ask(controller, tmp_path, engine, files, "/show.txt?typed=1")
    assert (answer.body.decode(), answer.headers["Content-Type"]) == (EVIL, "text/plain; charset=UTF-8")

    def cleared(self: Any) -> Any:
        self.clear_header("Content-Type")
        self.render_view("show.txt", evil=EVIL)

    controller = type("PostsController", (Remembers, Controller), {"show": cleared, "__module__": __name__})
    assert "<script" not in await page(controller, tmp_path, engine, files)


@both_engines
@pytest.mark.parametrize(
    ("name", "options", "sent", "escaping"),
    [
        ("show.csv", {}, "text/csv; charset=UTF-8", "text"),
        ("show", {"format": "csv"}, "text/csv; charset=UTF-8", "text"),
        ("show.json", {}, "application/json; charset=UTF-8", "json"),
        ("show.frag", {}, "text/vnd.fragment+html; charset=UTF-8", "html"),
        ("show.html", {}, "text/html; charset=UTF-8", "html"),
        ("show.own", {}, "text/html; charset=UTF-8", "html"),
        ("show", {}, "text/html; charset=UTF-8", "html"),  # it is the request that says which
    ],
)
@served
async def test_view_string_that_is_returned_is_sent_as_what_it_is(
    io_loop: Any, tmp_path: Path, engine: str, name: str, options: Any, sent: str, escaping: Escaping
) -> None:
    def show(self: Any) -> Any:
        return self.view_string(name, evil="<\\>", **options)

    async def later(self: Any) -> Any:
        self.set_header("Content-Type", "text/x-own")
        return show(self)

    files = {f"posts/show.{form}": "{{ evil }}" for form in ("html", "csv", "json", "frag", "own", "txt")}
    target = "/show" if "." in name or options else "/show.txt"
    for action, content_type in ((show, sent), (later, "text/x-own")):
        controller = type("PostsController", (Remembers, Controller), {"show": action, "__module__": __name__})
        answer = await ask(controller, tmp_path, engine, files, target, media_types=TYPES)
        assert answer.headers["Content-Type"] == content_type
        assert answer.body.decode() == ESCAPES[escaping]("<\\>")


@both_engines
@served
async def test_view_string_of_an_unknown_format_is_escaped(io_loop: Any, tmp_path: Path, engine: str) -> None:
    def show(self: Any) -> Any:
        return {"text": self.view_string("show.own", evil=EVIL)}

    controller = type("PostsController", (Remembers, Controller), {"show": show, "__module__": __name__})
    assert (
        "<script" not in json.loads(await page(controller, tmp_path, engine, {"posts/show.own": "{{ evil }}"}))["text"]
    )
    with expect_500("Uncaught"):  # as a response it has no content type
        await ask(rendering("show.own"), tmp_path, engine, {})
    assert Remembers.logged.startswith("UnknownFormatError: no format is named 'own'.")


class SafesController(Remembers, Controller):
    """Has HTML that is safe, of every kind."""

    def show(self) -> Any:
        self.safe = SAFE
        self.markup = Markup(SAFE)
        self.evil = EVIL
        return self.render_view(f"show.{self.get_argument('as', 'json')}")

    @helper
    def shouted(self, text: str) -> Safe:
        return Safe(f"<b>{text}</b>")


SAFE = Safe('<b title="a">\\</b>')


@both_engines
@served
async def test_safe_text_is_as_it_is_in_text_and_pages(io_loop: Any, tmp_path: Path, engine: str) -> None:
    files = {f"safes/show.{form}": "{{ safe }}{{ markup }}" for form in ("html", "txt")}
    for form in ("html", "txt"):
        answer = await ask(SafesController, tmp_path, engine, files, f"/show?as={form}")
        assert answer.body.decode() == SAFE * 2


@both_engines
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("safe", SAFE),
        ("markup", SAFE),
        ("shouted(evil)", f"<b>{EVIL}</b>"),
        ("link_to(markup, '/', title=markup)", f'<a href="/" title="{SAFE}">{SAFE}</a>'),
        ("form_with('/', id='a')", '<form action="/" method="post" id="a">'),
        ("content_for('a', safe)", SAFE),
        ("content_for('a')(safe)", SAFE),
        ("content_for('a')(evil)", EVIL),
        ("content_for('a', link_to('b', '/'))", '<a href="/">b</a>'),
        ("partial('safe', safe=safe)", SAFE),
        ("partial('page.html', safe=safe)", f"<p>{SAFE}"),
    ],
)
@served
async def test_safe_html_is_the_inside_of_a_string_in_json(
    io_loop: Any, tmp_path: Path, engine: str, expression: str, value: str
) -> None:
    files = {
        "safes/show.json": f'"{{{{ {expression} }}}}"',
        "safes/_safe.json": "{{ safe }}",
        "safes/_page.html": "<p>{{ safe }}",
        "layouts/safes.json": "[{{ content_for() }}, \"{{ content_for('a') }}\"]",
    }
    answer = await ask(SafesController, tmp_path, engine, files)
    assert "".join(json.loads(answer.body)) == value


@both_engines
@served
async def test_what_a_page_has_rendered_as_json_is_as_it_is(io_loop: Any, tmp_path: Path, engine: str) -> None:
    files = {
        "safes/show.json": "{% apply content_for('head') %}\"{{ evil }}\"{% end %}"
        "{{ content_for('foot', partial('one', n=1)) }}"
        "[{{ partial('one', collection=[1, 2], as_='n', spacer='comma', layout='box') }}, "
        "{{ partial('one', n=evil) }}]",
        "safes/_one.json": '"{{ n }}"',
        "safes/_box.json": "[{{ content_for() }}]",
        "safes/_comma.json": ",",
        "layouts/safes.json": "[{{ content_for() }}, {{ content_for('head') }}, {{ content_for('foot') }}]",
    }
    answer = await ask(SafesController, tmp_path, engine, files)
    assert json.loads(answer.body) == [[["1"], ["2"], EVIL], EVIL, "1"]


@served
async def test_raw_is_as_it_is_in_json(io_loop: Any, tmp_path: Path) -> None:
    view = "[{% raw json_encode(safe) %}, {% raw partial('two') %}, {% raw Safe('2') %}]"
    files = {"safes/show.json": "{% from tornado_rails.controller.markup import Safe %}" + view, "safes/_two.json": "1"}
    assert json.loads(await page(SafesController, tmp_path, "tornado", files)) == [SAFE, 1, 2]


@pytest.mark.parametrize(
    ("view", "value"),
    [
        ("{{ safe|tojson }}", SAFE),
        ("{{ [safe]|tojson(indent=1) }}", [SAFE]),
        ('"{{ safe|e }}"', SAFE),
        ('"{{ evil|e }}"', str(escape(EVIL))),
        ("{{ '[7]'|safe }}", [7]),
        ('{% set a %}{{ safe }}{% endset %}"{{ a }}"', SAFE),
        ('{% macro m(a) %}{{ a }}{% endmacro %}"{{ m(safe) }}"', SAFE),
        ('{% block a %}"{{ safe }}"{% endblock %}', SAFE),
        ('[{% block a %}"{{ safe }}"{% endblock %}, {{ self.a() }}]', [SAFE, SAFE]),
        ("\"{{ 'a' ~ safe }}\"", f"a{SAFE}"),
        ('"{% autoescape true %}{{ evil }}{{ safe }}{% endautoescape %}"', f"{escape(EVIL)}{SAFE}"),
        ('"{% autoescape false %}{{ evil }}{{ safe }}{% endautoescape %}"', f"{EVIL}{SAFE}"),
    ],
)
@served
async def test_safe_html_in_jinjas_json(io_loop: Any, tmp_path: Path, view: str, value: Any) -> None:
    answer = await ask(SafesController, tmp_path, "jinja2", {"safes/show.json": view})
    assert json.loads(answer.body) == value


@pytest.mark.parametrize(
    ("view", "text"),
    [
        ("{% autoescape true %}{{ evil }}{{ safe }}{% endautoescape %}{{ evil }}", f"{escape(EVIL)}{SAFE}{EVIL}"),
        ("{% autoescape evil != '' %}{{ evil }}{% endautoescape %}", str(escape(EVIL))),
        ("{% autoescape false %}{{ evil }}{% endautoescape %}", EVIL),
        ("{{ evil|e }}{{ evil ~ safe }}", f"{escape(EVIL)}{EVIL}{SAFE}"),
        ("{% call form_with('/') %}{{ evil }}{% endcall %}", f'<form action="/" method="post">{EVIL}</form>'),
    ],
)
@served
async def test_text_is_escaped_as_html_where_jinja_is_told_to(
    io_loop: Any, tmp_path: Path, view: str, text: str
) -> None:
    answer = await ask(SafesController, tmp_path, "jinja2", {"safes/show.txt": view}, "/show?as=txt")
    assert answer.body.decode() == text


@served
async def test_jinjas_macros_are_escaped_once_in_every_format(io_loop: Any, tmp_path: Path) -> None:
    view = "{% macro twice(a) %}{{ a }}{{ caller() }}{% endmacro %}{% call twice(evil) %}{{ evil }}{% endcall %}"
    assert await page(rendering("show.txt"), tmp_path, "jinja2", {"posts/show.txt": view}) == EVIL * 2
    text = await page(rendering("show.json"), tmp_path, "jinja2", {"posts/show.json": f'"{view}"'})
    assert json.loads(text) == EVIL * 2
    with expect_500("Uncaught"):
        await ask(rendering("show.txt"), tmp_path, "jinja2", {"posts/show.txt": "{{ nobody }}"})
    assert "'nobody' is undefined" in Remembers.logged


@pytest.mark.parametrize(
    ("media_types", "escaping"),
    [
        (["text/plain"], "text"),
        (["TEXT/Plain ; charset=utf-8"], "text"),
        (["text/plain", "text/csv"], "text"),
        (["application/json"], "json"),
        (["application/problem+json"], "json"),
        (["application/x-ndjson"], "json"),
        (["application/json", "text/plain"], "html"),
        (["text/plain", "text/html"], "html"),
        (["text/plain", ""], "html"),
        ([], "html"),
    ],
)
def test_escaping_by_media_types(media_types: list[str], escaping: str) -> None:
    assert escaping_of(*media_types) == escaping


@pytest.mark.parametrize("text", [EVIL, "", "é\u2028\x00\x7f\ud83d\ude00", "</script>", "\\"])
def test_inside_of_a_string_of_json(text: str) -> None:
    assert json.loads(f'"{in_json(text)}"') == text
    assert not set(in_json(text)) & set("<>&\u2028\n")
