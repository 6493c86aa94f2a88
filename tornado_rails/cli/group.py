"""The group of commands, each of which is imported when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

from tornado_rails.cli import COMMANDS
from tornado_rails.errors import did_you_mean


class LazyGroup(click.Group):
    """Finds commands by the table of their names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None if there is none."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """The command that the arguments begin with."""
        if args and args[0] not in COMMANDS and args[0][:1] != "-":
            known = [*COMMANDS, "run"]
            guess = did_you_mean(args[0], known)
            ctx.fail(f"{args[0]!r} is no command; there are: {', '.join(sorted(known))}.{guess}")
        return super().resolve_command(ctx, args)


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`run path/to/app.py` or `run -m module` runs a Tornado application with the layer, its source unedited.",
)
@click.version_option(package_name="tornado-rails", prog_name="tornado-rails")
def group() -> None:
    """Shows and proves the routes of a Tornado application.

    TARGET is MODULE:NAME, as in shop.app:application: an application, a function that makes one, or a function that
    draws routes. Modules are found from the working directory.
    """
