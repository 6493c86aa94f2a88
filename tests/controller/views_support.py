"""Views for tests: written once, in Tornado's language, and put down in the one that a test is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.controller.support import request_by_hand, run
from tornado_rails import RailsApplication

ENGINES = ["tornado", "jinja2"]

both_engines = pytest.mark.parametrize("engine", ENGINES)


def in_jinja(text: str) -> str:
    """A template of Tornado's in Jinja's language.

    >>> in_jinja("{% apply a(1) %}{% if b %}c{% end %}{% end %}")
    '{% call a(1) %}{% if b %}c{% endif %}{% endcall %}'
    """
    opened: list[str] = []

    def translate(found: re.Match[str]) -> str:
        word, rest = found[1], found[2]
        word = {"apply": "call"}.get(word, word)
        if word in ("call", "if", "for", "block"):
            opened.append(word)
        elif word == "end":
            word = f"end{opened.pop()}"
        return f"{{% {word}{rest} %}}"

    return re.sub(r"\{% (\w+)(.*?) %\}", translate, text)


def put(folder: Path, engine: str, files: Mapping[str, str]) -> Path:
    """Writes views into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(in_jinja(text) if engine == "jinja2" else text, encoding="utf-8")
    return folder


async def ask(
    handler: Any,
    folder: Path,
    engine: str,
    files: Mapping[str, str],
    target: str = "/show",
    method: str = "GET",
    headers: dict[str, str] | None = None,
    **settings: Any,
) -> Any:
    """The answer of a controller's action ("/show" runs ``show``), with views of its own."""
    put(folder, engine, files)
    table = [(r"/(?P<id>\d+)?show(?:\.(?P<format>\w+))?", handler, {"action": "show"}, "show")]
    application = RailsApplication(table, views_path=folder, template_engine=engine, **settings)
    answered = await run(application, request_by_hand(target, method, headers=headers))
    return answered.request.connection


async def page(*arguments: Any, **options: Any) -> str:
    """The text of a page that is expected to be there."""
    answer = await ask(*arguments, **options)
    assert answer.status == 200, answer.body
    return str(answer.body.decode())
