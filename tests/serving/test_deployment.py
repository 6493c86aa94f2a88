"""The files of docs/deployment.md, as far as this machine can try them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.serving.processes import running
from tests.serving.support import get
from tornado_rails.cli.server import server as command

TEXT = (Path(__file__).resolve().parents[2] / "docs/deployment.md").read_text()
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


def test_headers_of_the_proxy_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "shop.sock"
    before = (
        "import tests.serving.served as s\n"
        "s.Pid.get = lambda self: self.write(self.request.full_url() + self.request.remote_ip)"
    )
    (nginx,) = (text for kind, text in BLOCKS if kind == "nginx")
    names = set(re.findall(r"proxy_set_header (X-\S+)", nginx))
    values = {"X-Real-IP": "1.2.3.4", "X-Scheme": "https", "X-Request-ID": "abc"}
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
