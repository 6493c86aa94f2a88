"""``tornado-rails server module:app``: serves an application, as `tornado_rails.run` does."""

from __future__ import annotations

import json
from typing import Any

import click

from tornado_rails.errors import RailsError
from tornado_rails.serving.server import run
from tornado_rails.serving.settings import ASGI_SERVERS, LOG_FORMATS


def _setting(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    """Reads NAME=VALUE; a value is JSON, or else text."""
    settings: dict[str, Any] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise click.BadParameter(f"{each!r} is not NAME=VALUE")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    return settings


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("application", metavar="TARGET")
@click.option("-p", "--port", type=int, default=8888, show_default=True, help="0 takes a free one.")
@click.option("-b", "--address", default="127.0.0.1", show_default=True, help="0.0.0.0 and :: are all there are.")
@click.option("--unix-socket", metavar="PATH", help="Listens there, not at a port.")
@click.option("-w", "--workers", type=int, default=1, show_default=True, help="Processes.")
@click.option("--debug", is_flag=True, help="Reloads on change, shows errors, prints the routes.")
@click.option("--asgi", type=click.Choice(ASGI_SERVERS), help="Serves with that server in place of Tornado's.")
@click.option("--health", is_flag=True, help="Answers /healthz and /readyz.")
@click.option("--shutdown-timeout", type=float, default=30.0, show_default=True, help="Seconds for what runs to end.")
@click.option("--shutdown-delay", type=float, default=0.0, help="Seconds between not being ready and the stop.")
@click.option("--max-active-requests", type=int, help="In a process; above it 503 is answered.")
@click.option("--max-websockets", type=int, help="In a process; above it 503 is answered.")
@click.option("--log-format", type=click.Choice(LOG_FORMATS), default="human", show_default=True)
@click.option("--log-params", is_flag=True, help="Logs a request's params, less passwords and the like.")
@click.option("--log-requests/--no-log-requests", default=True, help="A line for each.")
@click.option("-s", "--set", "more", metavar="NAME=VALUE", multiple=True, callback=_setting, help="Any other setting.")
def server(application: str, more: dict[str, Any], **settings: Any) -> None:
    """Serves TARGET until SIGTERM or SIGINT: module:application, or a function that makes one.

    SIGHUP replaces the workers one by one; they load the application anew.
    """
    try:
        run(application, **{**settings, **more})
    except RailsError as error:
        raise click.ClickException(str(error)) from error
