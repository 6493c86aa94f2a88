"""``python -m tornado_rails``: runs an application with the layer, its source unedited."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

from tornado_rails.patching import patch


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command line: ``run path/to/app.py [arguments]`` or ``run -m module [arguments]``."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m tornado_rails", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a Tornado application as it is, with the layer put in")
    run.add_argument("-m", dest="module", action="store_true", help="it is a module's name, not a file's")
    run.add_argument("application", help="the file (path/to/app.py) or module that starts the application")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what follows is the application's")
    options = parser.parse_args(given)
    if not options.module and not os.path.exists(options.application):
        parser.error(f"no file {options.application!r}; for a module: run -m NAME")
    _run(options.application, options.module, options.arguments, given)


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
