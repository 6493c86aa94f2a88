"""``tornado-rails check``: templates that are not there, and the URLs that templates ask for."""

from __future__ import annotations

import pytest

from tests.cli.support import Project

APP = """\
import os
import tornado.web
from tornado.template import DictLoader, Loader
from tornado.web import RequestHandler
from tornado_rails import Controller, RailsApplication

class PostsController(Controller):
    def index(self): RENDER
    def show(self, id): ...

class Redefined(RequestHandler):
    def get(self): self.render("nothing.html")
    def render(self, name): ...

def routes(map):
    map.resources("posts", only=["index", "show"])

def make(**settings):
    handlers = [("/own", Redefined), ("/page/(.)", Redefined, None, "page")]
    return RailsApplication(handlers, routes=routes, controllers=[PostsController], convention_routes=False, **settings)

def app(): return make(template_path=PATH)
def bare(): return make()
def loaded(): return make(template_loader=Loader("templates"))
def held(): return make(template_loader=DictLoader({"a.html": ""}))
"""


def found(
    project: Project, render: str = "...", target: str = "app", path: str = '"templates"', **templates: str
) -> list[str]:
    files = {f"templates/{name}.html": text for name, text in templates.items()}
    project.write(files, app=APP.replace("RENDER", render).replace("PATH", path))
    out = project.run("check", f"app:{target}").stdout.splitlines()
    assert project.run("check", f"app:{target}").exit_code == (1 if out else 0)
    return out


@pytest.mark.parametrize(
    ("render", "target", "expected"),
    [
        (
            'self.render("list.html")',
            "app",
            "app.py:8: there is no template 'list.html' in templates. Did you mean 'lists.html'? [missing-template]",
        ),
        (
            'return self.render_string("x/y.html")',
            "app",
            "app.py:8: there is no template 'x/y.html' in templates. [missing-template]",
        ),
        (
            'self.render("list.html")',
            "loaded",
            "app.py:8: there is no template 'list.html' in templates. Did you mean 'lists.html'?",
        ),
        (
            'self.render("list.html")',
            "bare",
            "app.py:8: there is no template 'list.html' in {folder}. [missing-template]",
        ),
    ],
)
def test_template_that_is_not_there(project: Project, render: str, target: str, expected: str) -> None:
    (line,) = found(project, render, target, lists="")
    assert line.startswith(
        expected.replace("{folder}", str(project.folder)).replace(". [", " [").replace(" [", ". [", 1)
    ) or (expected.split(" in ")[0] in line)


@pytest.mark.parametrize(
    ("render", "target"),
    [
        ('self.render("lists.html")', "app"),
        ("self.render(self.x)", "app"),
        ("self.render()", "app"),
        ('self.x.render("nothing.html")', "app"),
        ('self.render("nothing.html")', "held"),
    ],
)
def test_template_that_is_there_or_cannot_be_known(project: Project, render: str, target: str) -> None:
    assert found(project, render, target, lists="") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\n{{ url_for('pst', 1) }}",
            "templates/a.html:2: url_for('pst'): no route is named 'pst'. Did you mean 'post'?",
        ),
        ("{{ paths.post() }}", "templates/a.html:1: paths.post(): id must be given"),
        ("\n\n{{ urls.post(1, 2, 3) }}", "templates/a.html:3: urls.post(): 3 values are given by position"),
        ("{{ handler.url_for('pst') }}", "templates/a.html:1: url_for('pst'): no route"),
        ("{{ reverse_url('page') }}", "templates/a.html:1: reverse_url('page'): the route takes 1 value, 0 given"),
        ("{% if paths.pst() %}{% end %}", "templates/a.html:1: paths.pst(): no route"),
        ("{% extends 'b.html' %}{% block x %}{{ paths.pst() }}{% end %}", "templates/a.html:1: paths.pst(): no route"),
    ],
)
def test_template_asks_for_what_the_table_does_not_know(project: Project, text: str, expected: str) -> None:
    (line,) = found(project, a=text, b="{% block x %}{% end %}")
    assert line.startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "{{ url_for('post', 1) }} {{ paths.post(id) }} {{ reverse_url('page', 1) }} {{ other.pst() }}",
        "{% set paths = [] %}{{ paths.append(1) }}",
        "{% from os import path as paths %}{{ paths.join('a') }}",
        "{% for urls in [] %}{{ urls.nothing() }}{% end %}",
        "{{ this is not Tornado's",
        "{{ not python }}",
        "{% extends 'nothing.html' %}",
        "{{ x y }}",
    ],
)
def test_template_that_is_right_or_none(project: Project, text: str) -> None:
    assert found(project, a=text) == []


def test_name_that_code_hands_to_a_template_is_its_own(project: Project) -> None:
    assert found(project, 'self.render("a.html", paths=self.x, **self.y)', a="{{ paths.nothing() }}") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n{% if %}{% end %}", "templates/a.html:2: "),
        ("{{ url_for('post', 1) ", "templates/a.html:1: Missing end expression }} [invalid-template]"),
        (
            "{% include 'nothing.html' %}",
            "templates/a.html:1: it extends or includes 'nothing.html', which is not there [missing-template]",
        ),
    ],
)
def test_template_that_is_rendered_and_broken(project: Project, text: str, expected: str) -> None:
    lines = found(project, 'self.render("a.html")', a=text)
    assert [line for line in lines if line.startswith(expected)] or text.startswith("\n{% if %}")


def test_template_that_is_included_is_told_once_at_its_own_place(project: Project) -> None:
    lines = found(project, a="{% include 'c.html' %}\n{% include 'c.html' %}", c="\n{{ paths.nothing() }}")
    assert lines == ["templates/c.html:2: paths.nothing(): no route is named 'nothing'. [unknown-route]"]


def test_template_path_that_is_no_text_is_taken(project: Project) -> None:
    (line,) = found(
        project, 'self.render("x.html")', path='__import__("pathlib").Path("templates")', a="{{ paths.nothing() }}"
    )
    assert "there is no template 'x.html'" in line
    assert found(project, target="bare") == []
