"""``tornado-rails stubs``: the table's names as types, so that an editor completes ``paths.post`` and its parameters.

    tornado-rails stubs shop.app:application -o shop/url_types.pyi

and where a type checker reads, not at run time::

    if TYPE_CHECKING:
        from shop.url_types import Paths, Urls

    class ApplicationController(Controller):
        paths: Paths
        urls: Urls

It is a picture of the table as it is now: make it anew when routes change.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import click

from tornado_rails.cli.target import Target, TargetError, load
from tornado_rails.routing.route import Route
from tornado_rails.routing.urls import RESERVED

_HEAD: Final = """\
# Made by "tornado-rails stubs {name}": make it anew when routes change.
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol, overload
from uuid import UUID

class _HasParam(Protocol):
    def to_param(self) -> str | None: ...

_Param = str | int | float | Decimal | UUID | date | Enum | _HasParam
_Glob = _Param | list[_Param] | list[str] | list[int] | tuple[_Param, ...]
"""
_PATH_OPTIONS: Final = (
    "anchor: str = ..., trailing_slash: bool = ..., params: dict[str, Any] = ..., script_name: str = ..."
)
_URL_OPTIONS: Final = (
    "host: str = ..., protocol: str = ..., port: int | str = ..., subdomain: str | bool = ..., domain: str = ..., "
    + _PATH_OPTIONS
)


@click.command()
@click.argument("target")
@click.option("-o", "--output", metavar="FILE", help="Writes into a file, NAME.pyi.")
def stubs(target: str, output: str | None) -> None:
    """Prints the names of TARGET's routes, with their parameters, as a stub file for editors and type checkers."""
    text = stub_text(load(target))
    if output is None:
        click.echo(text, nl=False)
        return
    if not output.endswith(".pyi"):
        raise click.UsageError(f"--output {output!r} is no stub file: give NAME.pyi")
    try:
        with open(output, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise TargetError(f"{output} cannot be written: {error.strerror}") from None
    click.echo(f"{output} is written")


def _table(target: Target) -> Any:
    application: Any = target.application
    if hasattr(application, "url_table"):
        return application.url_table().at()._routes
    if application is not None:
        raise TargetError(f"{target.name} is a {type(application).__name__}; it is RailsApplication that has paths")
    return target.routes


def _names(target: Target) -> list[str]:
    table = _table(target)
    return sorted({*table.named, *table.directs})


def stub_text(target: Target) -> str:
    """The stub file of a target."""
    table = _table(target)
    lines = [_HEAD.format(name=target.name)]
    for owner, options in (("Paths", _PATH_OPTIONS), ("Urls", _URL_OPTIONS)):
        lines.append(f"class {owner}:")
        names = [name for name in _names(target) if name.isidentifier() and not keyword.iskeyword(name)]
        for name in names:
            if name in table.directs:
                lines.append(f"    def {name}(self, *args: Any, **options: Any) -> str: ...")
            else:
                lines += _method(name, table.named[name], set(table.default_url_options), options)
        if not names:
            lines.append("    ...")
        lines.append("")
    return "\n".join(lines)


def _method(name: str, route: Route, known: Iterable[str], options: str) -> Iterator[str]:
    """A route's method: one signature, or two where its required values stand behind others."""
    given = {*known, *(key for key, value in route.defaults.items() if value is not None)}
    parts = [part for part in route.parts if _as_name(part).isidentifier() and part not in RESERVED]
    needed = [part for part in route.required if part in parts and part not in given]
    globs = {param for param in route.parts if f"*{param}" in route.path}
    in_order = parts[: len(needed)] == needed
    forms = [_signature(parts, needed, globs)]
    if not in_order:
        last = max(parts.index(part) for part in needed) + 1
        forms = [_signature(parts, parts[:last], globs), _signature(parts, needed, globs, by_name=True)]
    for form in forms:
        if len(forms) > 1:
            yield "    @overload"
        yield f"    def {name}(self, {form}{options}, **query: Any) -> str:"
        yield f'        """{_shown(route)}"""'


def _shown(route: Route) -> str:
    text = f"{'|'.join(route.verbs) or 'ANY'} {route.path} -> {route.leads_to}"
    return text.replace("\\", "\\\\").replace('"', "'")


def _signature(parts: Sequence[str], needed: Sequence[str], globs: Iterable[str], by_name: bool = False) -> str:
    written = ["*"] if by_name else []
    for part in parts:
        kind = "_Glob" if part in globs else "_Param"
        written.append(f"{_as_name(part)}: {kind}" if part in needed else f"{_as_name(part)}: {kind} | None = ...")
    if not by_name:
        written.append("*")
    return ", ".join(written) + ", "


def _as_name(part: str) -> str:
    """A parameter's name as it is written in Python: ``class_``."""
    return f"{part}_" if keyword.iskeyword(part) else part
