"""``python -m tornado_rails``: runs an application with the layer, its source unedited; or another command."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

from tornado_rails.cli import COMMANDS
from tornado_rails.cli import main as run_command
from tornado_rails.patching import patch

_USAGE = """python -m tornado_rails run path/to/app.py [arguments]
       python -m tornado_rails run -m module [arguments]
       python -m tornado_rails COMMAND --help"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command line: ``run path/to/app.py [arguments]`` or ``run -m module [arguments]``."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        run_command(given, "python -m tornado_rails")
        return
    parser = argparse.ArgumentParser(prog="python -m tornado_rails", usage=_USAGE, description=__doc__)
    if given[:1] in (["-h"], ["--help"]) or given[1:] in (["-h"], ["--help"]):
        parser.print_help()
        return
    if given[:1] != ["run"]:
        known = ", ".join(["run", *sorted(COMMANDS)])
        parser.error(f"{given[0]!r} is no command; there is: {known}" if given else f"a command is needed: {known}")
    # NOTE: not by argparse, which would take "--" and options out of what is the application's.
    is_module = given[1:2] == ["-m"]
    application, *rest = given[2 if is_module else 1 :] or parser.error("the application to run is needed")
    if not is_module and not os.path.exists(application):
        parser.error(f"no file {application!r}; for a module: run -m NAME")
    _run(application, is_module, rest, given)


def _run(application: str, is_module: bool, arguments: Sequence[str], command_line: Sequence[str]) -> None:
    patch()
    _reload_with_layer(command_line)
    if is_module:
        sys.argv = [application, *arguments]
        sys.path[0] = os.getcwd()
        runpy.run_module(application, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [application, *arguments]
        if not os.path.isdir(application):  # as Python does; for a folder or zip file runpy does it
            sys.path[0] = os.path.dirname(os.path.abspath(application))
        runpy.run_path(application, run_name="__main__")


def _reload_with_layer(command_line: Sequence[str]) -> None:
    """Has ``autoreload`` start this command again, not the application without the layer."""
    from tornado import autoreload

    spec = sys.modules["__main__"].__spec__

    def restore() -> None:
        sys.modules["__main__"].__spec__ = spec
        sys.argv = [sys.argv[0], *command_line]

    autoreload.add_reload_hook(restore)


if __name__ == "__main__":
    main()
