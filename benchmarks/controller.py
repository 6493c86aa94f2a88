"""What a controller's conveniences cost: a returned dict, callbacks, and a view that is rendered by itself."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tornado.web import Application, RequestHandler

from benchmarks.cases import Case
from benchmarks.inprocess import response_of
from benchmarks.measure import compare
from benchmarks.report import Line, seconds
from benchmarks.requests import batch_of
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller import before_action

_BUDGET = 1.05
_BUDGET_OF_CALLBACKS = 1.12
_PATH = "/posts/show"
_POST = {"id": 1, "title": "Hello", "tags": ["a", "b"], "author": {"id": 7, "name": "TheViper"}}
_VIEW = """<html><head><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1>
{% for tag in tags %}<a href="/tags/{{ tag }}">{{ tag }}</a> {% end %}
<p>{{ author["name"] }} on {{ request.path }}</p></body></html>
"""


class DictHandler(RequestHandler):
    def get(self) -> None:
        self.write(_POST)


class DictController(Controller):
    def show(self) -> dict[str, Any]:
        return _POST


class CallbacksController(DictController):
    @before_action
    def authenticate(self) -> None:
        self.user = "TheViper"

    @before_action
    def find(self) -> None:
        self.found = _POST


class ViewHandler(RequestHandler):
    def get(self) -> None:
        self.render("posts/show.html", title=_POST["title"], tags=_POST["tags"], author=_POST["author"])


class PostsController(Controller):
    def show(self) -> None:
        self.title = _POST["title"]
        self.tags = _POST["tags"]
        self.author = _POST["author"]


def lines() -> Iterator[Line]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        with tempfile.TemporaryDirectory() as folder:
            view = Path(folder, "posts", "show.html")
            view.parent.mkdir()
            view.write_text(_VIEW, encoding="utf-8")
            for case in _cases(folder):
                yield _line(loop, case)
    finally:
        loop.close()


def _cases(folder: str) -> list[Case]:
    return [
        Case(
            "action that returns a dict, against write(dict)",
            _BUDGET,
            lambda: Application([(_PATH, DictHandler)]),
            lambda: RailsApplication([(_PATH, DictController, {"action": "show"})]),
            [_PATH],
        ),
        Case(
            "the same with two before callbacks",
            _BUDGET_OF_CALLBACKS,
            lambda: Application([(_PATH, DictHandler)]),
            lambda: RailsApplication([(_PATH, CallbacksController, {"action": "show"})]),
            [_PATH],
        ),
        Case(
            "view rendered by itself, against render()",
            _BUDGET,
            lambda: Application([(_PATH, ViewHandler)], template_path=folder),
            lambda: RailsApplication([(_PATH, PostsController, {"action": "show"})], template_path=folder),
            [_PATH],
        ),
    ]


def _line(loop: asyncio.AbstractEventLoop, case: Case) -> Line:
    stock, ours = case.stock(), case.ours()
    same_content(response_of(loop, stock, _PATH), response_of(loop, ours, _PATH))
    measured = compare(batch_of(loop, stock, case.paths), batch_of(loop, ours, case.paths))
    return Line(
        case.what, measured.ratio, case.budget, measured.spread, seconds(measured.stock), seconds(measured.ours)
    )


def same_content(stock: tuple[int, Any, bytes], ours: tuple[int, Any, bytes]) -> None:
    """Both must answer the same; JSON may be spelled with other spaces, which changes its length and its tag.

    That a view is chosen by ``Accept`` is said by ours alone, and is part of what it costs.
    """
    for status, _headers, _body in (stock, ours):
        if status != 200:
            raise RuntimeError(f"the answer is {status}")
    left_out = ("Content-Length", "Etag", "Vary")
    first, second = ([pair for pair in headers if pair[0] not in left_out] for _, headers, _ in (stock, ours))
    is_json = ("Content-Type", "application/json; charset=UTF-8") in first
    same_body = json.loads(stock[2]) == json.loads(ours[2]) if is_json else stock[2] == ours[2]
    if first != second or not same_body:
        raise RuntimeError(f"stock answers {stock!r}, ours {ours!r}")
