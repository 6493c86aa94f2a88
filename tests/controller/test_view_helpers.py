"""What views are made of: partials, content_for, links, forms, helpers of your own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.controller.support import Remembers, expect_500, served
from tests.controller.views_support import ask, both_engines, page
from tornado_rails import Controller
from tornado_rails.controller.helpers import checked_url, helper, helpers_of
from tornado_rails.controller.markup import Safe, escaped, tag
from tornado_rails.errors import DeclarationError, UnsafeLinkError


class PostsController(Remembers, Controller):
    def show(self) -> None:
        self.items = ["a", "<b>"]


def acting(action: Any, **names: Any) -> Any:
    """A posts controller with another action."""
    return type("PostsController", (Remembers, Controller), {"show": action, "__module__": __name__, **names})


PARTIALS = {
    "posts/_item.html": "{{ item_counter }}:{{ item }}",
    "posts/_line.html": "{{ row }}{{ end_ }}",
    "posts/_rule.html": "-",
    "shared/_item.html": "shared {{ text }}",
    "shared/_outer.html": "({{ partial('shared/item', text=text) }})",
    "posts/_sees.html": "{{ items[0] }}",
    "posts/_unseen.html": "{{ local }}",
    "posts/_turn.html": "{{ turn_iteration.index }}/{{ turn_iteration.size }} {{ turn_iteration.first }} "
    "{{ turn_iteration.last }};",
    "posts/_seven.html": "7",
    "posts/_box.html": "{{ '{' }}{{ title }}:{{ content_for() }}{{ '}' }}",
    "posts/_nested.html": "({{ partial('seven', layout='box', title='a') }})",
    "shared/_frame.html": "({{ content_for() }})",
    "posts/_box.txt": "{{ content_for() }}",
}


@both_engines
@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("partial('item', collection=items)", "0:a1:&lt;b&gt;"),
        ("partial('item', collection=items, spacer='rule')", "0:a-1:&lt;b&gt;"),
        ("partial('item', collection=[])", ""),
        ("partial('item', collection=None)", ""),
        ("partial('item', item='x', item_counter=7)", "7:x"),
        ("partial('line', collection=items, as_='row', end_=';')", "a;&lt;b&gt;;"),
        ("partial('shared/item', text='x')", "shared x"),
        ("partial('shared/item.html', text='x')", "shared x"),
        ("partial('shared/outer', text='<x>')", "(shared &lt;x&gt;)"),
        ("partial('sees')", "a"),
        ("partial('turn', collection=items)", "0/2 True False;1/2 False True;"),
        ("partial('turn', collection=items[:1])", "0/1 True True;"),
        ("partial('seven', layout='box', title='<t>')", "{&lt;t&gt;:7}"),
        ("partial('item', collection=items, layout='box', title='t', spacer='rule')", "{t:0:a}-{t:1:&lt;b&gt;}"),
        ("partial('nested', layout='shared/frame')", "(({a:7}))"),
    ],
)
@served
async def test_partial(io_loop: Any, tmp_path: Path, engine: str, expression: str, shown: str) -> None:
    files = {**PARTIALS, "posts/show.html": f"{{{{ {expression} }}}}", "layouts/posts.html": "[{{ content_for() }}]"}
    assert await page(PostsController, tmp_path, engine, files) == f"[{shown}]"


@both_engines
@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("partial('none')", "ViewMissingError: no view 'none'; tried {folder}/posts/_none.html, {folder}/"),
        ("partial('../posts/item')", "ViewNameError: '../posts/item' is no view's name"),
        ("partial('unseen')", "'local' is "),
        (
            "partial('seven', layout='none')",
            "ViewMissingError: no view 'none'; tried {folder}/posts/_none.html, {folder}/",
        ),
        (
            "partial('seven', layout='box.txt')",
            "'box.txt' is no layout of a part here: its format is another than 'html'",
        ),
        ("nobody('a')", "'nobody' is "),
    ],
)
@served
async def test_partial_that_cannot_be(io_loop: Any, tmp_path: Path, engine: str, expression: str, words: str) -> None:
    def action(self: Any) -> None:
        self.render_view(local="not the partial's")

    with expect_500("Uncaught"):
        await ask(acting(action), tmp_path, engine, {**PARTIALS, "posts/show.html": f"{{{{ {expression} }}}}"})
    assert words.format(folder=tmp_path) in Remembers.logged


@both_engines
@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("{% apply content_for('head') %}<b>{{ items[1] }}</b>{% end %}view", "<b>&lt;b&gt;</b>|view|"),
        ("{{ content_for('head', items[1]) }}view", "&lt;b&gt;|view|"),
        ("{{ content_for('head', 1) }}{{ content_for('head', 2) }}view", "12|view|"),
        ("view", "|view|"),
        ("{{ partial('adds') }}view", "part|view|"),
        ("{% if content_for('head') %}yes{% end %}no", "|no|"),
    ],
)
@served
async def test_content_for_a_place_of_the_layout(
    io_loop: Any, tmp_path: Path, engine: str, view: str, shown: str
) -> None:
    files = {
        "posts/show.html": view,
        "posts/_adds.html": "{{ content_for('head', 'part') }}",
        "layouts/posts.html": "{{ content_for('head') }}|{{ content_for() }}|{{ content_for('foot') }}",
    }
    assert await page(PostsController, tmp_path, engine, files) == shown


class Post:
    def to_param(self) -> str:
        return "7"


@both_engines
@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("link_to('Show', 'show', 7)", '<a href="/7show">Show</a>'),
        ("link_to('A & B', '/a?b=1&c=2')", '<a href="/a?b=1&amp;c=2">A &amp; B</a>'),
        ("link_to(link_to('x', '/x'), 'https://example.org/')", None),
        (
            "link_to('x', '/x', class_='a b', data_turbo_method='delete', hidden=True, title=None, id=False)",
            '<a href="/x" class="a b" data-turbo-method="delete" hidden>x</a>',
        ),
        ("url_for('show', id=7)", "/7show"),
        ("paths.show(7)", "/7show"),
        ("urls.show(7)", "http://127.0.0.1/7show"),
        ("params['q']", "&lt;q&gt;"),
        ("form_with('/x')", '<form action="/x" method="post">'),
        ("form_with('/x', method='GET', class_='f')", '<form action="/x" method="get" class="f">'),
        ("bold('a&b')", "<b>a&amp;b</b>"),
        ("inherited('<')", "&lt;"),
        ("xsrf_form_html()[:6]", "&lt;input"),
    ],
)
@served
async def test_helper(io_loop: Any, tmp_path: Path, engine: str, expression: str, shown: str | None) -> None:
    class Base(Remembers, Controller):
        @helper
        def inherited(self, text: str) -> str:
            return text

        @helper
        def overridden(self) -> str:
            return "parent's"

    class PostsController(Base):
        def show(self) -> None: ...

        @helper
        def bold(self, text: str) -> str:
            return Safe(f"<b>{escaped(text)}</b>")

        def overridden(self) -> str:
            """It is no helper now."""
            return ""

    assert helpers_of(PostsController) == {"inherited", "bold"}
    files = {"posts/show.html": f"{{{{ {expression} }}}}"}
    answer = await page(PostsController, tmp_path, engine, files, "/show?q=%3Cq%3E")
    if shown is None:
        shown = '<a href="https://example.org/"><a href="/x">x</a></a>'
    assert answer[: len(shown)] == shown


async def later(self: Any) -> str:
    return "later"


async def pieces(self: Any) -> Any:
    yield "piece"


@pytest.mark.parametrize("function", [later, pieces])
def test_helper_that_is_async_is_refused(function: Any) -> None:
    line = function.__code__.co_firstlineno
    with pytest.raises(DeclarationError) as raised:
        helper(function)
    assert re.fullmatch(
        rf"helper '{function.__name__}' \(.*test_view_helpers\.py:{line}\): it is async, and no view waits for it\. "
        r"Await in the action, and assign what the view shows\.",
        str(raised.value),
    )


@both_engines
@pytest.mark.parametrize(
    ("target", "method", "has_token"),
    [("/x", "post", True), ("/x", "get", False), ("https://example.org/", "post", False), ("//host/", "post", False)],
)
@served
async def test_form_has_the_token_for_this_host_alone(
    io_loop: Any, tmp_path: Path, engine: str, target: str, method: str, has_token: bool
) -> None:
    view = f"{{% apply form_with('{target}', method='{method}') %}}<input name='a'>{{{{ items[1] }}}}{{% end %}}"
    shown = await page(PostsController, tmp_path, engine, {"posts/show.html": view}, xsrf_cookies=True)
    assert shown.startswith(f'<form action="{target}" method="{method}">')
    assert shown.endswith("<input name='a'>&lt;b&gt;</form>")
    assert ('<input type="hidden" name="_xsrf" value="' in shown) == has_token
    without = await page(PostsController, tmp_path, engine, {"posts/show.html": view})
    assert "_xsrf" not in without


@both_engines
@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("link_to('x', 'javascript:alert(1)')", "a link to 'javascript:' is refused: it would run"),
        ("form_with('javascript:alert(1)')", "a link to 'javascript:' is refused"),
        ("form_with('/', method='put')", "a form is sent by get or post, not by 'put'"),
        ("link_to('x', '/', **{'on click': 'x'})", "'on click' is no name of an attribute"),
        ("link_to('x', '/', **{'a=b><script>': 'x'})", "is no name of an attribute"),
        ("link_to('x', 'nowhere')", "nowhere"),
    ],
)
@served
async def test_helper_refuses(io_loop: Any, tmp_path: Path, engine: str, expression: str, words: str) -> None:
    with expect_500("Uncaught"):
        await ask(PostsController, tmp_path, engine, {"posts/show.html": f"{{{{ {expression} }}}}"})
    assert words in Remembers.logged


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "\x01javascript:alert(1)"),
        *("java\nscript:alert(1)", "java\tscript:alert(1)", "javascript\r:alert(1)", "javascript://x/%0aalert(1)"),
        *("data:text/html,x", "vbscript:x", "blob:x", "\u00a0javascript:x", "view-source:x"),
    ],
)
def test_link_that_would_run_is_refused(url: str) -> None:
    with pytest.raises(UnsafeLinkError):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["/", "/a:b", "?a=javascript:x", "#a:b", "https://example.org", "mailto:a@b.c", "tel:1", "a/b:c", ""]
)
def test_link_to_a_page_is_left_as_it_is(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(
    ("value", "html"),
    [(None, ""), (7, "7"), (b"<", "&lt;"), ("<'\">&", "&lt;&#x27;&quot;&gt;&amp;"), (Safe("<b>"), "<b>")],
)
def test_value_as_html(value: Any, html: str) -> None:
    assert str(escaped(value)).replace("&#39;", "&#x27;") == html


def test_tag_escapes_its_attributes() -> None:
    assert tag("a", {"xml:lang": '<">'}) == '<a xml:lang="&lt;&quot;&gt;">'
