"""Where `tornado_rails.run` listens, and how: TLS, IPv6, sockets that systemd hands over."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tornado.httpclient
import tornado.websocket
from click.testing import CliRunner

from tests.serving.processes import TIMEOUT, Running, closed_by_server, refuses, running, wait_until
from tests.serving.support import Answer, Client, get
from tornado_rails.cli.server import server as command
from tornado_rails.errors import SettingError
from tornado_rails.serving.http_server import _has_sent
from tornado_rails.serving.settings import settings_of

SHOP = "tests.serving.shop:app"


# TLS

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")


def certify(folder: Path) -> dict[str, str]:
    """A new certificate for this machine, as ``ssl_options``."""
    options = {"certfile": str(folder / "cert.pem"), "keyfile": str(folder / "key.pem")}
    order = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"]
    files = ["-out", options["certfile"], "-keyout", options["keyfile"]]
    subprocess.run([*order.split(), *names, *files], check=True, capture_output=True)
    return options


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return certify(tmp_path_factory.mktemp("tls"))


@contextlib.contextmanager
def tls_client(server: Running, options: dict[str, str]) -> Iterator[Client]:
    with server.client() as client:
        context = ssl.create_default_context(cafile=options["certfile"])
        client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
        yield client


def ask(server: Running, options: dict[str, str], path: str) -> Answer:
    with tls_client(server, options) as client:
        client.send(get(path))
        return client.answer()


@needs_openssl
@pytest.mark.parametrize(
    ("asgi", "names"),
    [
        ("uvicorn", ("ssl_certfile", "ssl_keyfile")),
        ("hypercorn", ("certfile", "keyfile")),
        ("granian", ("ssl_cert", "ssl_key")),
    ],
)
def test_tls_of_an_asgi_server_is_by_its_options(tls: dict[str, str], asgi: str, names: tuple[str, str]) -> None:
    options = dict(zip(names, (tls["certfile"], tls["keyfile"]), strict=True))
    with running(application=SHOP, asgi=asgi, asgi_options=options) as server:
        server.logged(rf"Serves https://127\.0\.0\.1:\d+ with {asgi}")
        assert ask(server, tls, "/whence").body == b"https://example.test/whence 127.0.0.1"
        assert server.stop() == 0


@needs_openssl
@pytest.mark.parametrize("workers", [1, 2])
def test_tls(tls: dict[str, str], workers: int) -> None:
    with running(application=SHOP, ssl_options=tls, workers=workers) as server:
        server.logged(r"Serves https://127\.0\.0\.1:\d+ with Tornado")
        assert ask(server, tls, "/whence").body == b"https://example.test/whence 127.0.0.1"
        with tls_client(server, tls) as slow, server.client() as silent, server.client() as plain:
            plain.send(get("/whence"))
            assert closed_by_server(plain)
            slow.send(get("/slow/0.5"))
            ask(server, tls, "/whence")
            server.send_signal(signal.SIGTERM)
            answer = slow.answer()
            assert (answer.body, answer.header("connection")) == (b"done", ["close"])
            assert closed_by_server(silent)  # which has not begun its handshake
        assert server.status() == 0
        assert refuses(server.port)


@needs_openssl
def test_websocket_by_tls_is_closed_with_1001(tls: dict[str, str]) -> None:
    async def talks(server: Running) -> int | None:
        url = f"wss://127.0.0.1:{server.port}/ws"
        request = tornado.httpclient.HTTPRequest(url, ca_certs=tls["certfile"])
        client = await tornado.websocket.websocket_connect(request)
        await client.write_message("hello")
        assert await client.read_message() == "'hello' 127.0.0.1"
        server.send_signal(signal.SIGTERM)
        assert await client.read_message() is None
        client.close()
        return client.close_code

    with running(application=SHOP, ssl_options=tls) as server:
        assert asyncio.run(asyncio.wait_for(talks(server), TIMEOUT)) == 1001
        assert server.status() == 0


@needs_openssl
def test_sighup_brings_a_new_certificate(tmp_path: Path) -> None:
    old = certify(tmp_path)

    def shown() -> str:
        return ssl.get_server_certificate(("127.0.0.1", server.port), timeout=TIMEOUT)

    with running(application=SHOP, ssl_options=old, workers=2) as server:
        first = shown()
        certify(tmp_path)
        server.send_signal(signal.SIGHUP)
        wait_until(lambda: all(shown() != first for _ in range(5)))
        assert server.stop() == 0


@needs_openssl
def test_what_has_come_by_tls_is_seen(tls: dict[str, str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls["certfile"], tls["keyfile"])
    one, other = socket.socketpair()
    with other, context.wrap_socket(one, server_side=True, do_handshake_on_connect=False) as wrapped:
        wrapped.setblocking(False)
        stream = types.SimpleNamespace(socket=wrapped)
        assert not _has_sent(stream)
        other.send(b"x")
        assert _has_sent(stream)


@needs_openssl
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"certfile": "/nowhere/cert.pem"}, "with it there is no TLS: [Errno 2] No such file or directory"),
        ({"certfile": __file__}, "with it there is no TLS: [SSL"),
        ({"keyfiel": "x"}, "there is no 'keyfiel'. Did you mean 'keyfile'?"),
        ({"certfile": None}, "it has no 'certfile'"),
    ],
)
def test_tls_that_cannot_be_is_an_error(tls: dict[str, str], change: dict[str, Any], said: str) -> None:
    options = {name: value for name, value in {**tls, **change}.items() if value}
    with pytest.raises(SettingError, match=re.escape(said)):
        settings_of({"ssl_options": options})


def test_command_says_what_is_wrong_with_tls() -> None:
    result = CliRunner().invoke(command, [SHOP, "--set", 'ssl_options={"keyfile": "key.pem"}'])
    assert (result.exit_code, "it has no 'certfile'" in result.output) == (1, True)


# IPv6

HAS_IPV6 = True
try:
    socket.create_server(("::1", 0), family=socket.AF_INET6).close()
except OSError:
    HAS_IPV6 = False
needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="needs IPv6")


@needs_ipv6
@pytest.mark.parametrize("asgi", [None, "uvicorn", "hypercorn", "granian"])
def test_ipv6(asgi: str | None) -> None:
    with running(application=SHOP, address="::1", asgi=asgi) as server:
        port = int(server.logged(r"Serves http://\[::1\]:(\d+) ")[1])
        with socket.create_connection(("::1", port), TIMEOUT) as client:
            client.sendall(get("/whence", "Connection: close"))
            came = b""
            while part := client.recv(4096):
                came += part
        assert came.endswith(b"http://example.test/whence ::1")
        assert server.stop() == 0


@needs_ipv6
def test_all_addresses() -> None:
    with running(application=SHOP, address=None) as server:
        port = server.port
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, port), TIMEOUT) as client:
                client.sendall(get("/whence", "Connection: close"))
                assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert server.stop() == 0


# systemd


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="needs systemd-socket-activate")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_socket_of_systemds_own_tool_is_taken(tmp_path: Path, workers: str) -> None:
    path = tmp_path / "shop.sock"
    order = [sys.executable, "-m", "tornado_rails", "server", SHOP, "--workers", workers]
    variables = [part for name in ("PYTHONPATH", "PYTHONUNBUFFERED") for part in ("-E", name)]
    with running(command=["systemd-socket-activate", "-l", str(path), *variables, *order]) as server:
        server.logged("Listening on ")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(TIMEOUT)
            client.connect(str(path))  # which starts it
            client.sendall(get("/whence", "Connection: close"))
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        server.logged(f"Serves unix:{path} ")
        assert server.stop() == 0
    assert path.exists()  # it is systemd's
