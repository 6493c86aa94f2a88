"""The command ``tornado-rails``; ``python -m tornado_rails`` is the same.

Each command is a file of this folder, imported when it is asked for. All but ``run`` need click, the extra ``cli``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

#: The commands, and where each is: a module and the click command in it.
COMMANDS: Final = {
    "adopt": "tornado_rails.cli.adopt:adopt",
    "check": "tornado_rails.cli.check:check",
    "routes": "tornado_rails.cli.routes:routes",
    "server": "tornado_rails.cli.server:server",
    "stubs": "tornado_rails.cli.stubs:stubs",
}


def main(arguments: Sequence[str] | None = None, prog_name: str = "tornado-rails") -> None:
    """Runs a command line, and exits with its status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["run"]:
        from tornado_rails.__main__ import main as run

        run(given)
        return
    try:
        import click  # noqa: F401
    except ImportError:
        print(f"{prog_name} needs click: pip install 'tornado-rails[cli]'", file=sys.stderr)
        sys.exit(2)
    from tornado_rails.cli.group import group

    group.main(given, prog_name=prog_name)
