"""The files of docs/deployment.md, as far as this machine can try them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import tornado.httpclient
import tornado.websocket
from click.testing import CliRunner

from tests.serving.processes import TIMEOUT, Running, running, wait_until
from tests.serving.support import Client, get
from tornado_rails.cli.server import server as command

TEXT = (Path(__file__).resolve().parents[2] / "docs/deployment.md").read_text()
TOOK = "tests.serving.shop:app"  # in the place of shop.web:app
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    service, listener = (text for kind, text in BLOCKS if kind == "ini")
    service = service.replace("/srv/shop/.venv/bin/tornado-rails", sys.executable).replace("/srv/shop", str(tmp_path))
    (tmp_path / "shop.service").write_text(service)
    (tmp_path / "shop.socket").write_text(listener)
    done = subprocess.run(
        ["systemd-analyze", "verify", "./shop.service", "./shop.socket"],
        cwd=tmp_path,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if "shop" in line]
    assert (done.returncode, about_ours) == (0, [])


def test_commands_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr("tornado_rails.cli.server.run", lambda application, **_settings: given.append(application))
    lines = re.findall(r"tornado-rails server ([^`\n]+)", TEXT)
    lines += [" ".join(re.findall(r'"([^"]+)"', line)[2:]) for line in TEXT.splitlines() if line.startswith("CMD [")]
    assert len(lines) == 3
    for line in lines:
        result = CliRunner().invoke(command, line.split())
        assert result.exit_code == 0, result.output
    assert given == ["shop.web:app"] * 3


# Process 1

UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc"]
needs_namespaces = pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode != 0,
    reason="needs the right to make a PID namespace",
)


def children_of(pid: int) -> dict[int, str]:
    """Processes with their states, by the system."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid:
                found[int(stat.parent.name)] = state
    return found


def cmd() -> list[str]:
    """That of the Dockerfile."""
    (line,) = (line for line in TEXT.splitlines() if line.startswith("CMD ["))
    name, *order = json.loads(line.removeprefix("CMD "))
    assert (name, order[:2]) == ("tornado-rails", ["server", "shop.web:app"])
    return [str(each) for each in order[2:]]


@needs_namespaces
@pytest.mark.parametrize("workers", ["1", "2"])
def test_process_1_serves_reaps_and_stops(tmp_path: Path, workers: str) -> None:
    program = (
        "import os, subprocess, sys\n"
        "assert os.getpid() == 1\n"
        "subprocess.Popen(['sh', '-c', 'sleep 0.5 &']).wait()\n"  # which is left to process 1
        "sys.argv[0] = 'tornado-rails'\n"
        "from tornado_rails.cli import main\n"
        "main()"
    )
    order = [TOOK, *cmd(), "--port", "0", "--shutdown-delay", "0.2", "--workers", workers]
    with running(command=[*UNSHARE, sys.executable, "-c", program, "server", *order]) as server:
        assert (server.ask("/whence").status, server.ask("/readyz").status) == (200, 200)
        (first,) = children_of(server.process.pid)
        wait_until(lambda: len(children_of(first)) == int(workers), lambda: str(children_of(first)))
        assert "Z" not in children_of(first).values()
        with server.client() as client:
            client.send(get("/slow/0.5"))
            server.ask("/whence")
            os.kill(first, signal.SIGTERM)
            assert client.answer().body == b"done"
        assert server.status() == 0


# nginx

needs_nginx = pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx")


def nginx_text() -> str:
    (text,) = (str(text) for kind, text in BLOCKS if kind == "nginx")
    return text


def nginx_command() -> list[str]:
    """The server's command, as the docs have it behind nginx."""
    (line,) = re.findall(r"`tornado-rails (server [^`\n]+--unix-socket[^`\n]+)`", TEXT)
    return [sys.executable, "-m", "tornado_rails", *str(line).replace("shop.web:app", TOOK).split()]


@contextlib.contextmanager
def nginx(folder: Path, site: str) -> Iterator[int]:
    """An nginx of its own in the folder; the port that it listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert "listen 80;" in site
        (folder / "site.conf").write_text(site.replace("listen 80;", f"listen 127.0.0.1:{port};"))
        temporary = "".join(
            f"    {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            # The socket's mode is 660, and a master of root would run its workers as another.
            f"{'user root root;' if os.getuid() == 0 else ''}\ndaemon off;\npid {folder}/nginx.pid;\n"
            f"error_log {folder}/error.log;\nworker_processes 1;\nevents {{}}\nhttp {{\n    access_log off;\n"
            f"{temporary}    include {folder}/site.conf;\n}}\n"
        )
        process = subprocess.Popen(
            ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
            # It takes over the socket, so that the port is the kernel's choice.
            env={**os.environ, "NGINX": f"{listening.fileno()};"},
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    try:
        yield port
        assert process.poll() is None, (folder / "error.log").read_text()
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(TIMEOUT)


class Site:
    """nginx, and the server behind it."""

    def __init__(self, port: int, server: Running) -> None:
        self.port = port
        self.server = server

    def client(self) -> Client:
        client = Client(self.port)
        client.socket.settimeout(TIMEOUT)
        return client

    def ask(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
        with self.client() as client:
            client.send(get(path, *headers, method=method, body=body))
            answer = client.answer(method)
            return answer.status, answer.body


@contextlib.contextmanager
def site(folder: Path, *more: str, without: str = "") -> Iterator[Site]:
    """The documented nginx before the documented server."""
    path = str(folder / "shop.sock")
    text = re.sub(without, "", nginx_text(), flags=re.MULTILINE) if without else nginx_text()
    order = [path if each == "/run/shop/shop.sock" else each for each in nginx_command()]
    assert path in order
    with running(command=[*order, *more]) as server:
        server.logged("Serves unix:")
        wait_until(lambda: os.path.exists(path))
        with nginx(folder, text.replace("unix:/run/shop/shop.sock", f"unix:{path}")) as port:
            yield Site(port, server)


def servers() -> Sequence[Sequence[str]]:
    return [(), ("--asgi", "uvicorn"), ("--asgi", "hypercorn"), ("--asgi", "granian")]


every_server = pytest.mark.parametrize("more", servers(), ids=lambda more: more[1] if more else "tornado")


@needs_nginx
@every_server
def test_nginx_tells_of_the_client(tmp_path: Path, more: Sequence[str]) -> None:
    claims = [f"{name}: {value}" for name in ("X-Real-IP", "X-Forwarded-For") for value in ("6.6.6.6",)]
    with site(tmp_path, *more) as shop:
        assert shop.ask("/whence?a=%2F") == (200, b"http://example.test/whence?a=%2F 127.0.0.1")
        assert shop.ask("/whence", *claims, "X-Forwarded-Proto: https")[1] == b"http://example.test/whence 127.0.0.1"


@needs_nginx
def test_nginx_tells_of_the_client_by_forwarded_for(tmp_path: Path) -> None:
    with site(tmp_path, without=r"^.*X-Real-IP.*$") as shop:
        assert shop.ask("/whence", "X-Forwarded-For: 6.6.6.6")[1] == b"http://example.test/whence 127.0.0.1"


@needs_nginx
@every_server
def test_nginx_passes_websockets(tmp_path: Path, more: Sequence[str]) -> None:
    async def talks(shop: Site) -> int | None:
        # As a page that nginx serves does; check_origin compares it with the host, port included.
        headers = {"Origin": f"http://127.0.0.1:{shop.port}"}
        request = tornado.httpclient.HTTPRequest(f"ws://127.0.0.1:{shop.port}/ws", headers=headers)
        client = await tornado.websocket.websocket_connect(request)
        await client.write_message("hello")
        assert await client.read_message() == "'hello' 127.0.0.1"
        shop.server.send_signal(signal.SIGTERM)
        assert await client.read_message() is None
        client.close()
        return client.close_code

    with site(tmp_path, *more) as shop:
        code = asyncio.run(asyncio.wait_for(talks(shop), TIMEOUT))
        assert (code, shop.server.status()) == (1001, 0)


@needs_nginx
@every_server
def test_nginx_passes_events_as_they_come(tmp_path: Path, more: Sequence[str]) -> None:
    with site(tmp_path, *more) as shop, shop.client() as client:
        client.send(get("/clock"))
        came = b""
        while b"data: 1" not in came:
            part = client.socket.recv(4096)
            assert part
            came += part
        assert b"data: 2" not in came
        assert shop.ask("/seen", method="POST")[0] == 200
        while b"data: 2" not in came:
            part = client.socket.recv(4096)
            assert part
            came += part


@needs_nginx
def test_nginx_limits_uploads(tmp_path: Path) -> None:
    with site(tmp_path) as shop:
        length = 3_000_000  # above what nginx takes by default
        assert shop.ask("/length", method="POST", body=b"x" * length) == (200, str(length).encode())
        with shop.client() as client:
            client.send(get("/length", f"Content-Length: {101 * 1024 * 1024}", method="POST"))
            assert client.answer().status == 413


@needs_nginx
def test_nginx_goes_on_when_the_server_stops(tmp_path: Path) -> None:
    with site(tmp_path) as shop, shop.client() as client:
        client.send(get("/slow/0.5"))
        wait_until(lambda: shop.ask("/whence")[0] == 200)
        shop.server.send_signal(signal.SIGTERM)
        assert client.answer().body == b"done"
        assert shop.server.status() == 0
        assert shop.ask("/whence")[0] == 502


def test_headers_of_the_proxy_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "shop.sock"
    before = (
        "import tests.serving.served as s\n"
        "s.Pid.get = lambda self: self.write(self.request.full_url() + self.request.remote_ip)"
    )
    names = set(re.findall(r"proxy_set_header (X-\S+)", nginx_text()))
    values = {"X-Real-IP": "1.2.3.4", "X-Forwarded-For": "5.6.7.8", "X-Scheme": "https", "X-Request-ID": "abc"}
    assert names == set(values)
    with running(unix_socket=str(path), xheaders=True, before=before) as server:
        server.logged("Serves unix:")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(get("/", "Connection: close", *(f"{name}: {value}" for name, value in values.items())))
            answer = b""
            while part := client.recv(4096):
                answer += part
        assert answer.endswith(b"https://example.test/1.2.3.4")
        assert b"X-Request-Id: abc" in answer
        assert server.stop() == 0
