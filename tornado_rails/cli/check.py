"""``tornado-rails check``: all that can be proven wrong with a table, and with the URLs that an application asks of it.

It finds duplicates, routes that others shadow, missing controllers, actions and templates, patterns that match no
path, constraints that are never true, and URLs of routes that there are not, or without their parameters. It does not
guess: a name that is computed, or values behind ``*`` and ``**``, are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from tornado_rails.cli.findings import Finding, of_errors
from tornado_rails.cli.sources import source_files
from tornado_rails.cli.table import rows_of
from tornado_rails.cli.target import Target, load
from tornado_rails.cli.templates import template_findings
from tornado_rails.cli.unreachable import matching_nothing, unreachable
from tornado_rails.cli.untrue import never_true
from tornado_rails.cli.verify import Verifier


@click.command()
@click.argument("target")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for tools.")
def check(target: str, as_json: bool) -> None:
    """Proves the routes of TARGET, and the URLs that its code and templates ask for; exits with 1 if any are wrong."""
    found = findings(load(target, gather=True))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    else:
        for each in found:
            click.echo(str(each))
        count = f"{len(found)} thing{'s are' if len(found) > 1 else ' is'} wrong" if found else "nothing is wrong"
        click.echo(f"{target}: {count}", err=True)
    raise SystemExit(1 if found else 0)


def findings(target: Target) -> list[Finding]:
    """All that is wrong with a target, by its place."""
    return sorted(set(_findings(target)))


def _findings(target: Target) -> Iterator[Finding]:
    known = of_errors(target.errors)
    yield from known
    rows = rows_of(target)
    said = {(each.file, each.line) for each in known if each.check in ("duplicate", "shadowed")}
    yield from (each for each in unreachable(rows) if (each.file, each.line) not in said)
    yield from matching_nothing(rows)
    yield from never_true(rows)
    if target.application is None and target.routes is None:
        return  # without a table there is nothing that URLs can be held against
    verifier = Verifier(target)
    files = source_files(target)
    yield from verifier.of_files(files)
    if target.application is not None:
        yield from template_findings(target.application, files, verifier)
