"""Runs what a document shows. How a block is tried follows from what stands behind it:

    python, then console            each ``$ curl`` is sent to the block's ``app``, and the answers are compared
    python, then sh, then console   the same, with ``app.py`` started as a process by the command that is shown
    python, then text output        ``app.py`` is run, and prints that
    python, then pytb               ``app.py`` is run, and fails with that last line
    python, then pycon              the sessions behind it are held as doctests, with the names of the block
    diff, then console              both sides are tried; what the old side answers at all, the new one answers alike
    sh                              each command's script is there and can be executed

Tables whose first cells are requests, routes or scripts are tried too. A document is named by its path from the
project's folder: ``README.md``, ``docs/routing.md``.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import doctest
import importlib.util
import inspect
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

import tornado_rails
from tests.ports import kept_port
from tornado_rails import Controller, RailsApplication

ROOT = Path(__file__).resolve().parents[1]
HOST = "localhost:8888"  # as it stands in the documents; a free port takes its place
SECONDS_TO_START = 60

Ask = Callable[[str], Coroutine[Any, Any, HTTPResponse]]


@dataclass(frozen=True)
class Block:
    """A fenced block: what stands behind its fence, and its text."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Table:
    """A table's cells, without its head."""

    rows: list[list[str]]
    line: int

    @property
    def firsts(self) -> list[str]:
        return [row[0].strip("`") for row in self.rows]


Part = Block | Table


@dataclass(frozen=True)
class Trial:
    """Some blocks or a table, and how they are tried."""

    name: str
    parts: Sequence[Part]
    run: Callable[[Path], None]


# Reading


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parse(name: str) -> list[Part]:
    """The blocks and tables of a document in order."""
    found: list[Part] = []
    lines = iter(enumerate(read(name).splitlines(), 1))
    for number, line in lines:
        if line.startswith("```"):
            text: list[str] = []
            for _number, inner in lines:
                if inner == "```":
                    break
                text.append(inner)
            found.append(Block(line[3:].strip(), "\n".join(text) + "\n", number))
        elif re.fullmatch(r"[|:\- ]+", line) and "|" in line:
            rows: list[list[str]] = []
            for _number, row in lines:
                if not row.startswith("|"):
                    break
                rows.append([cell.strip() for cell in row.strip("|").split("|")])
            found.append(Table(rows, number))
    return found


def blocks_of(name: str) -> list[Block]:
    return only_blocks(parse(name))


def tables_of(name: str) -> list[Table]:
    return [part for part in parse(name) if isinstance(part, Table)]


def trials(name: str) -> Iterator[Trial]:
    """All that is tried of a document."""
    parts = parse(name)
    for position, part in enumerate(parts):
        trial = (
            table_trial(part) if isinstance(part, Table) else block_trial(part, parts[:position], parts[position + 1 :])
        )
        if trial is not None:
            yield Trial(f"{name}:{part.line}-{trial.name}", trial.parts, trial.run)


def block_trial(block: Block, before: Sequence[Part], rest: Sequence[Part]) -> Trial | None:
    if block.kind == "python":
        return python_trial(block, rest)
    if block.kind == "diff":
        (console,) = behind(rest, "console")
        return Trial("diff", [block, console], partial(try_diff, block, console))
    if block.kind == "sh" and not any(is_program(last) for last in only_blocks(before)[-1:]):
        return Trial("sh", [block], partial(try_scripts, block.text.splitlines()))
    if block.kind == "text life-of-a-request":
        return Trial("life", [block], partial(try_life, block))
    if block.kind == "text bin/swap":
        return Trial("swap", [block], partial(try_swap, block))
    return None


def python_trial(block: Block, rest: Sequence[Part]) -> Trial | None:
    if is_program(block):
        shell, console = behind(rest, "sh", "console")
        return Trial("program", [block, shell, console], partial(try_program, block, shell, console))
    shown = next(iter(only_blocks(rest)), Block("", "", 0))
    if shown.kind == "console":
        tables = [part for part in rest[: rest.index(shown) + 2] if isinstance(part, Table) and is_requests(part)]
        return Trial("app", [block, shown, *tables], partial(try_app, block, shown, tables))
    if shown.kind == "text output":
        return Trial("output", [block, shown], partial(try_output, block, shown))
    if shown.kind == "pycon":
        sessions = list(takewhile(lambda other: other.kind == "pycon", only_blocks(rest)))
        return Trial("session", [block, *sessions], partial(try_sessions, block, sessions))
    if shown.kind == "pytb":
        return Trial("error", [block, shown], partial(try_error, block, shown))
    return None


def table_trial(table: Table) -> Trial | None:
    if all(first.startswith("bin/") for first in table.firsts):
        return Trial("scripts", [table], partial(try_script_table, table))
    if all(first.startswith("/") for first in table.firsts) and len(table.rows[0]) == 5:
        return Trial("routes", [table], partial(try_routes, table))
    if '"strict"' in table.firsts:
        return Trial("slashes", [table], partial(try_slashes, table))
    if table.firsts[0].startswith("3.10"):
        return Trial("versions", [table], partial(try_versions, table))
    return None


def only_blocks(parts: Sequence[Part]) -> list[Block]:
    return [part for part in parts if isinstance(part, Block)]


def behind(parts: Sequence[Part], *kinds: str) -> list[Block]:
    """The blocks right behind a block, which are of these kinds."""
    found = only_blocks(parts)[: len(kinds)]
    assert [block.kind for block in found] == list(kinds)
    return found


def is_program(block: Block) -> bool:
    return block.kind == "python" and "__main__" in block.text


def is_requests(table: Table) -> bool:
    return all(first.startswith("curl ") for first in table.firsts)


# Asking


def curl(command: str) -> tuple[str, dict[str, Any]]:
    """A curl command's URL, and what Tornado's client needs to send the same request."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("-X", dest="method")
    parser.add_argument("-I", dest="head", action="store_true")
    parser.add_argument("-d", dest="data")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("url")
    name, *arguments = shlex.split(command)
    assert name == "curl", command
    given = parser.parse_args(arguments)
    assert given.url.startswith(HOST), command
    headers = {"Accept": "*/*"}
    if given.data is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    headers.update(header.split(": ", 1) for header in given.headers)
    method = given.method or ("HEAD" if given.head else "GET" if given.data is None else "POST")
    return given.url[len(HOST) :], {"method": method, "headers": headers, "body": given.data}


async def ask_port(port: int, command: str) -> HTTPResponse:
    path, request = curl(command)
    client = AsyncHTTPClient(force_instance=True)
    try:
        return await client.fetch(
            f"http://127.0.0.1:{port}{path}",
            allow_nonstandard_methods=True,
            follow_redirects=False,
            raise_error=False,
            connect_timeout=SECONDS_TO_START,
            request_timeout=SECONDS_TO_START,  # what listens may not serve yet
            **request,
        )
    finally:
        client.close()


def serve(application: Application, use: Callable[[Ask], Coroutine[Any, Any, None]]) -> None:
    """Serves an application on a real socket while it is used."""

    async def run() -> None:
        server = HTTPServer(application)
        sockets = bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        port = sockets[0].getsockname()[1]
        try:
            await use(lambda command: ask_port(port, command))
        finally:
            server.stop()
            await server.close_all_connections()

    asyncio.run(run())


def asked(console: Block) -> list[tuple[str, str]]:
    """The commands of a console block, each with the answer that stands below it."""
    parts = re.split(r"^\$ (.+)\n", console.text, flags=re.MULTILINE)
    assert parts[0] == "", f"line {console.line}: it does not begin with a command"
    pairs = list(zip(parts[1::2], parts[2::2], strict=True))
    assert pairs, f"line {console.line}: no command"
    return pairs


async def compare(ask: Ask, console: Block) -> None:
    for command, expected in asked(console):
        response = await ask(command)
        assert response.body.decode() == expected.rstrip("\n"), command


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Works in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def module_of(source: str, folder: Path) -> Iterator[ModuleType]:
    """A block as the module of an ``app.py``, which others can import inside."""
    file = folder / "app.py"
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("app_of_document", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # as dataclasses need it
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[spec.name]


def application_of(source: str, folder: Path) -> Application:
    """The ``app`` of a block."""
    with module_of(source, folder) as module:
        application = module.app
    assert isinstance(application, Application)
    return application


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS_TO_START,
    )


def environment() -> dict[str, str]:
    """That of a process which has the package that is tested, wherever it lies."""
    package = Path(tornado_rails.__file__).parent.parent
    return {**os.environ, "PYTHONPATH": str(package), "PYTHONIOENCODING": "utf-8"}


# Trying


def try_app(block: Block, console: Block, tables: Sequence[Table], folder: Path) -> None:
    async def use(ask: Ask) -> None:
        await compare(ask, console)
        for table in tables:
            for request, answer, *_why in table.rows:
                response = await ask(request.strip("`"))
                status, *headers = re.findall(r"`([^`]+)`", answer)
                assert response.code == int(status), request
                for header in headers:
                    name, value = header.split(": ", 1)
                    assert response.headers.get(name) == value, request

    serve(application_of(block.text, folder), use)


def try_diff(block: Block, console: Block, folder: Path) -> None:
    lines = block.text.splitlines()
    old, new = ("\n".join(line[1:] for line in lines if line[:1] in (sign, " ", "")) for sign in "-+")
    same: list[str] = []

    async def use_new(ask: Ask) -> None:
        await compare(ask, console)

    async def use_old(ask: Ask) -> None:
        for command, expected in asked(console):
            response = await ask(command)
            if response.code != 404:
                assert response.body.decode() == expected.rstrip("\n"), command
                same.append(command)

    before, after = application_of(old, folder), application_of(new, folder)
    assert not isinstance(before, RailsApplication)
    assert isinstance(after, RailsApplication)
    serve(after, use_new)
    serve(before, use_old)
    assert same


def try_program(block: Block, shell: Block, console: Block, folder: Path) -> None:
    (command,) = shell.text.splitlines()
    name, *arguments = shlex.split(command)
    assert name == "python"
    with kept_port() as port, (folder / "log").open("wb") as log:
        (folder / "app.py").write_text(block.text.replace("8888", str(port)), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=environment(), stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for(port, process, folder / "log")
            asyncio.run(compare(lambda each: ask_port(port, each), console))
            process.terminate()
            process.wait(SECONDS_TO_START)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its workers too
            process.wait()
    assert [line for line in (folder / "log").read_text().splitlines() if " INFO " not in line] == []


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"the program does not listen:\n{log.read_text()}")


def try_output(block: Block, shown: Block, folder: Path) -> None:
    (folder / "app.py").write_text(block.text, encoding="utf-8")
    done = python(folder, "app.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, shown.text, "")


def try_sessions(block: Block, sessions: Sequence[Block], folder: Path) -> None:
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    with inside(folder), module_of(block.text, folder) as module:  # so that places are told as "app.py:7"
        for session in sessions:
            test = doctest.DocTestParser().get_doctest(session.text, vars(module), "session", None, session.line)
            assert test.examples, f"line {session.line}: no example"
            runner.run(test, out=told.append, clear_globs=False)
    assert not told, "".join(told)


def try_error(block: Block, shown: Block, folder: Path) -> None:
    (folder / "app.py").write_text(block.text, encoding="utf-8")
    done = python(folder, "app.py")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == shown.text.rstrip("\n")


def try_scripts(commands: Sequence[str], _folder: Path) -> None:
    for command in commands:
        name, *arguments = shlex.split(command, comments=True)
        if name == "python":
            assert arguments == ["-m", "pip", "install", "."]
            assert (ROOT / "pyproject.toml").exists()
            continue
        assert name.startswith("bin/"), command
        script = ROOT / name
        assert os.access(script, os.X_OK), command
        assert all(argument in script.read_text() for argument in arguments), command


def try_script_table(table: Table, folder: Path) -> None:
    commands = [re.findall(r"`([^`]+)`", row[0])[0] for row in table.rows]
    try_scripts(commands, folder)
    in_folder = {f"bin/{script.name}" for script in (ROOT / "bin").iterdir() if os.access(script, os.X_OK)}
    assert {command.split()[0] for command in commands} == in_folder


def try_routes(table: Table, _folder: Path) -> None:
    for url, route, method, call, params in table.rows:
        try_route(*(cell.strip("`") for cell in (url, route, method, call, params)))


def try_route(url: str, route: str, method: str, call: str, params: str) -> None:
    """One line of the table of URL, route, call and params."""
    class_name, action, signature = re.fullmatch(r"(\w+)\.(\w+)(\(.+\))", method).groups()  # type: ignore[union-attr]
    seen: list[dict[str, Any]] = []
    names: dict[str, Any] = {"RequestHandler": RequestHandler, "seen": seen, "__name__": "app"}
    exec(f"class {class_name}(RequestHandler):\n    def {action}{signature}: seen.append(dict(locals()))\n", names)
    handler = names[class_name]
    by_convention = not route.startswith("(")
    routes: dict[str, Any] = {"controllers": [handler]} if by_convention else {"handlers": [eval(route, names)]}

    async def use(ask: Ask) -> None:
        assert (await ask(f"curl '{HOST}{url}'")).code == 200, url

    serve(RailsApplication(**routes), use)

    def given(*args: Any, **kwargs: Any) -> dict[str, Any]:
        bound = inspect.signature(getattr(handler, action)).bind(None, *args, **kwargs)
        bound.apply_defaults()
        return {name: value for name, value in bound.arguments.items() if name != "self"}

    (got,) = seen
    its_params = got.pop("self").params
    assert got == eval(call, {action: given}), url
    assert its_params == ast.literal_eval(params), url


def try_slashes(table: Table, _folder: Path) -> None:
    class Page(RequestHandler):
        def show(self) -> None:
            self.write("page")

    statuses = {}
    for policy, status, _what in table.rows:
        name = ast.literal_eval(policy.strip("`"))
        statuses[name] = int(status.strip("`"))
        application = RailsApplication(
            [("/users", Page, {"action": "show"}), ("/posts/", Page, {"action": "show"})], trailing_slash=name
        )

        async def use(ask: Ask, name: str = name) -> None:
            for path, other in {"/users/?page=2": "/users?page=2", "/posts?page=2": "/posts/?page=2"}.items():
                response = await ask(f"curl '{HOST}{path}'")
                assert response.code == statuses[name], name
                assert response.headers.get("Location") == (other if name == "redirect" else None), name
                response = await ask(f"curl -X POST '{HOST}{path}'")
                assert response.code == (308 if name == "redirect" else statuses[name]), name

        serve(application, use)
    assert list(statuses) == ["strict", "redirect", "ignore"]


def try_versions(table: Table, _folder: Path) -> None:
    """They are those of bin/matrix, whose last case is that of all newer Pythons."""
    script = (ROOT / "bin/matrix").read_text()
    cases = [" | ".join(re.findall(r"[0-9.]+", row[0])) for row in table.rows]
    for case, row in zip([*cases[:-1], "*"], table.rows, strict=True):
        assert f"  {case}) echo {re.findall(r'[0-9.]+', row[1])[0]} ;;" in script, row


def try_life(block: Block, _folder: Path) -> None:
    """The steps happen, in this order."""
    method, path = block.text.splitlines()[0].split()
    steps = re.findall(r"^ +\d\. (\w+(?:\(.*\))?)", block.text, flags=re.MULTILINE)
    events: list[str] = []

    class Recorded(RailsApplication):
        def find_handler(self, request: Any, **kwargs: Any) -> Any:
            events.append("find_handler")
            return super().find_handler(request, **kwargs)

    class MainController(Controller):
        def initialize(self) -> None:
            events.append("initialize")

        def check_xsrf_cookie(self) -> None:
            events.append("check_xsrf_cookie")

        def prepare(self) -> None:
            events.append("prepare")

        def greet(self, id: int, name: str) -> None:
            events.append(f"greet({id!r}, {json.dumps(name)})")
            self.write("hello")

        def finish(self, chunk: Any = None) -> Any:
            events.append("finish")
            return super().finish(chunk)

        def on_finish(self) -> None:
            events.append("on_finish")

    async def use(ask: Ask) -> None:
        response = await ask(f"curl -X {method} {HOST}{path}")
        assert response.body == b"hello"

    serve(Recorded(controllers=[MainController], xsrf_cookies=True), use)
    assert events == steps


def try_swap(block: Block, _folder: Path) -> None:
    """It is what bin/swap prints where the two runs are equal; running it takes minutes, and is CI's."""
    runs = re.findall(
        r"^  (stock|swapped) +(\d+ passed, 0 failed.*); (\d+) requests through tornado_rails$", block.text, re.M
    )
    for (stock, totals, none), (swapped, same_totals, requests) in zip(runs[::2], runs[1::2], strict=True):
        assert (stock, none, swapped, totals) == ("stock", "0", "swapped", same_totals)
        assert f"equal; {requests} requests through tornado_rails\n" in block.text
    assert re.findall(r"^swap (\w+): \d+ tests, equal; \d+ requests", block.text, re.M) == ["tornado", "flower"]
