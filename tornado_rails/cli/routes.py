"""``tornado-rails routes``: the table in Rails' columns, and which route a request takes.

Routes that a function draws are printed letter for letter as Rails prints them. An application's table, which is
written in several places and forms, has one column more: where each route stands. ``--source`` and ``--no-source``
say otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import click
from tornado.routing import HostMatches

from tornado_rails.cli.match import explain
from tornado_rails.cli.table import chosen, rows_of
from tornado_rails.cli.target import Target, TargetError, load
from tornado_rails.routing.controllers import ControllerFinder
from tornado_rails.routing.drawn import drawn_routes
from tornado_rails.routing.gathering import gathering
from tornado_rails.routing.rails_table import expanded_text, nothing_found, plain_text
from tornado_rails.routing.rows import Row, row_of_route


@click.command()
@click.argument("target")
@click.option("-c", "--controller", metavar="NAME", help="Those of a controller: posts, admin/posts, PostsController.")
@click.option(
    "-g", "--grep", metavar="REGEX", help="Those whose name, verb, path or target it finds, or that serve it."
)
@click.option("-E", "--expanded", is_flag=True, help="A block for each route.")
@click.option("-u", "--unused", is_flag=True, help="Those whose controller or action is missing; exits with 1 if any.")
@click.option("--source/--no-source", default=None, help="Where each is written; by default for an application.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for tools.")
@click.option("-m", "--match", metavar="REQUEST", help='Which route a request takes, and why: "POST /user/login".')
def routes(
    target: str,
    controller: str | None,
    grep: str | None,
    expanded: bool,
    unused: bool,
    source: bool | None,
    as_json: bool,
    match: str | None,
) -> None:
    """Prints the routes of TARGET in the order in which they are asked."""
    found = load(target, gather=unused)
    _check_regex("--grep", grep)
    _check_regex("--controller", controller)
    if match is not None:
        told = explain(found, match)
        click.echo(json.dumps(told.as_json(), indent=2, default=str) if as_json else told.text())
        raise SystemExit(0 if told.is_served else 1)
    rows = chosen(_unused(found) if unused else rows_of(found), controller, grep)
    if as_json:
        click.echo(json.dumps([row_as_json(row) for row in rows], indent=2, default=str))
    else:
        with_source = found.application is not None if source is None else source
        click.echo(_text(rows, expanded, unused, with_source, controller, grep))
    if unused and rows:
        raise SystemExit(1)


def _check_regex(option: str, text: str | None) -> None:
    if text is not None:
        try:
            re.compile(text)
        except re.error as error:
            raise click.UsageError(f"{option} {text!r} is not a regular expression: {error}") from None


def _text(
    rows: Sequence[Row], expanded: bool, unused: bool, source: bool, controller: str | None, grep: str | None
) -> str:
    if not rows:
        if not unused:
            return nothing_found(controller, grep)
        where = " for this controller" if controller else " for this grep pattern" if grep else ""
        return f"No unused routes found{where}."
    lines = [row.line for row in rows]
    text = expanded_text(lines, source) if expanded else plain_text(lines, source)
    return f"Found {len(rows)} unused route{'s' if len(rows) > 1 else ''}:\n\n{text}" if unused else text


def _unused(target: Target) -> list[Row]:
    """The drawn routes that no action is there for."""
    if target.routes is None:
        if target.application is None:
            raise TargetError(f"{target.name} does not start: {target.errors[0]}")
        return []
    if target.application is not None:
        made = {id(row.route) for row in rows_of(target)}
    else:
        with gathering():
            finder = ControllerFinder(None, target.routes.draw)
            made = {id(rule.drawn) for rule in drawn_routes(target.routes, finder)}
    return [row_of_route(route) for route in target.routes.routes if id(route) not in made]


def row_as_json(row: Row) -> dict[str, Any]:
    """A row for tools."""
    route = row.route
    hosts = [each.host_pattern.pattern for each in row.within if isinstance(each, HostMatches)]
    return {
        "name": row.name or None,
        "verbs": list(row.verbs),
        "path": row.path,
        "controller": row.controller,
        "action": row.action,
        "target": row.target,
        "requirements": {name: getattr(asked, "pattern", asked) for name, asked in row.asked.items()},
        "defaults": dict(route.defaults) if route is not None else {},
        "constraints": {name: _plain(each) for name, each in route.constraints.items()} if route is not None else {},
        "hosts": hosts,
        "kind": _kind(row),
        "file": row.source.file if row.source else None,
        "line": row.source.line if row.source else None,
    }


def _plain(value: Any) -> Any:
    return value.pattern if isinstance(value, re.Pattern) else value


def _kind(row: Row) -> str:
    if row.route is not None:
        return "drawn"
    return "convention" if getattr(row.rule, "controller", None) else "rule"
