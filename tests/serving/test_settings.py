"""What the server can be told, and what it says of what it cannot."""

from __future__ import annotations

import json
import logging
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tornado.web
from click.testing import CliRunner

import tornado_rails
from tests.serving import served
from tests.serving.processes import running
from tornado_rails import RailsApplication
from tornado_rails.cli.server import server as command
from tornado_rails.errors import RailsError, SettingError
from tornado_rails.serving import logs, sockets
from tornado_rails.serving.debugging import routes_of
from tornado_rails.serving.errors import ApplicationNotFoundError, UnknownSettingError
from tornado_rails.serving.loading import load
from tornado_rails.serving.settings import HTTP_SERVER, settings_of


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"asgi": "uvicron"}, "setting asgi='uvicron': it is one of 'uvicorn', 'granian', 'hypercorn'. Did you mean "),
        ({"log_format": "xml"}, "setting log_format='xml': it is one of 'human', 'json'."),
        ({"port": 99999}, "setting port=99999: it is a number from 0 to 65535"),
        ({"port": "http"}, "setting port='http': it is a number from 0 to 65535"),
        ({"max_websockets": 0}, "setting max_websockets=0: it is a number, 1 or more"),
        (
            {"address": "unix:/tmp/x"},
            "setting address='unix:/tmp/x': it is a host or an IP address; a path is given as",
        ),
        ({"address": 7}, "setting address=7: it is a host or an IP address"),
        ({"unix_socket": 7}, "setting unix_socket=7: it is a path, as text"),
        ({"unix_socket_mode": "660"}, "setting unix_socket_mode='660': it is a number, as 0o660 (432)"),
        ({"health": "no"}, "setting health='no': it is True or False"),
        ({"xheaders": "False"}, "setting xheaders='False': it is True or False"),
        ({"max_body_size": "abc"}, "setting max_body_size='abc': it is a number of bytes"),
        ({"chunk_size": 0}, "setting chunk_size=0: it is a number of bytes"),
        ({"body_timeout": "3"}, "setting body_timeout='3': it is a number of seconds"),
        ({"shutdown_delay": float("nan")}, "setting shutdown_delay=nan: it is a number of seconds"),
        ({"header_timeout": -1}, "setting idle_connection_timeout=-1: it is a number of seconds"),
        ({"ready_checks": 5}, "setting ready_checks=5: it is a list of functions"),
        ({"ready_checks": ["x"]}, "setting ready_checks=['x']: it is a list of functions"),
        ({"filter_params": "pin"}, "setting filter_params='pin': it is a list of names"),
        ({"filter_params": [5]}, "setting filter_params=[5]: it is a list of names"),
        ({"workers": 0}, "setting workers=0: it is a number, 1 or more"),
        ({"max_active_requests": "5"}, "setting max_active_requests='5': it is a number, 1 or more"),
        ({"shutdown_timeout": -1}, "setting shutdown_timeout=-1: it is a number of seconds"),
        ({"debug": True, "workers": 2}, "setting workers=2: with debug there is one process, that reloads itself"),
        ({"debug": True, "asgi": "uvicorn"}, "setting asgi='uvicorn': debug is for Tornado's own server"),
        (
            {"asgi": "uvicorn", "idle_connection_timeout": 3},
            "setting idle_connection_timeout=3: it is of Tornado's own server; asgi_options are uvicorn's",
        ),
        ({"asgi_options": {"a": 1}}, "setting asgi_options={'a': 1}: no server is named by asgi"),
        ({"asgi": "uvicorn", "asgi_options": 3}, "setting asgi_options=3: it is a dict"),
    ],
)
def test_setting_that_means_nothing_is_an_error(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=re.escape(said)):
        settings_of(given)


def test_unknown_setting_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(UnknownSettingError, match=r"^run\(\) has no setting 'idle_timeout'") as caught:
        tornado_rails.run(served.app, idle_timeout=5)
    assert caught.value.name == "idle_timeout"
    assert isinstance(caught.value, RailsError)


@pytest.mark.parametrize(
    ("asgi", "options", "said"),
    [
        ("uvicorn", {"ws_max_sise": 7}, "run() hands no 'ws_max_sise' on to uvicorn. Did you mean 'ws_max_size'?"),
        ("uvicorn", {"host": "::1"}, "run() hands no 'host' on to uvicorn."),
        ("uvicorn", {"ssl_certfile": "none.pem"}, "uvicorn refuses it: "),
        (
            "hypercorn",
            {"keep_alive": 7},
            "run() hands no 'keep_alive' on to hypercorn. Did you mean 'keep_alive_timeout'?",
        ),
        ("hypercorn", {"certfile": "none.pem", "keyfile": "none.pem"}, "hypercorn refuses it: "),
        (
            "granian",
            {"http1_setings": {}},
            "run() hands no 'http1_setings' on to granian. Did you mean 'http1_settings'?",
        ),
        ("granian", {"http1_settings": {"timeout": 7}}, "granian refuses it: "),
        ("granian", {"ssl_cert": "none.pem", "ssl_key": "none.pem"}, "granian refuses it: "),
    ],
)
def test_option_that_the_asgi_server_does_not_take_is_an_error(asgi: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=r"^setting asgi_options=.*" + re.escape(said)):
        tornado_rails.run(served.app, asgi=asgi, asgi_options=options)


def test_http_servers_settings_are_tornados() -> None:
    switches = ("xheaders", "no_keep_alive", "decompress_request")
    given: dict[str, Any] = {**dict.fromkeys(HTTP_SERVER, 3), **dict.fromkeys(switches, True)}
    assert settings_of(given).http_server == given
    assert {"max_body_size", "body_timeout", "idle_connection_timeout", "xheaders"} <= HTTP_SERVER
    assert settings_of({"header_timeout": 7}).http_server == {"idle_connection_timeout": 7}
    assert settings_of({"asgi": "uvicorn", "max_body_size": 7}).http_server == {"max_body_size": 7}


def test_application_is_loaded_by_its_name_or_made() -> None:
    assert load(served.app) is load("tests.serving.served:app") is served.app
    assert isinstance(load(served.make), tornado.web.Application)
    assert isinstance(load("tests.serving.served:make"), tornado.web.Application)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("app", "no application 'app': it is named as module:application, as in shop.web:app"),
        ("tests.nowhere:app", "no application 'tests.nowhere:app': there is no module 'tests.nowhere'"),
        ("tests.serving.served:neither", "it is 3, which is neither an application nor a function"),
        ("tests.serving.served:nothing", "the function has returned None, which is no application"),
        ("tests.serving.served:app.ap", "the module has no 'app.ap'. Did you mean 'app'?"),
    ],
)
def test_application_that_is_not_there_is_an_error(target: str, said: str) -> None:
    with pytest.raises(ApplicationNotFoundError, match=re.escape(said)) as caught:
        load(target)
    assert caught.value.target == target


def test_error_in_the_application_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imports_nothing.py").write_text("import nothing_of_that_name")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        load("imports_nothing:app")


def test_routes_are_shown_as_the_application_can() -> None:
    class Hello(tornado.web.RequestHandler): ...

    routes: list[Any] = [("/hello", Hello), (tornado.routing.HostMatches("a"), [("/x", Hello)])]
    assert routes_of(tornado.web.Application(routes)).splitlines() == ["/hello Hello", "/x Hello"]
    assert "/hello" in routes_of(RailsApplication([("/hello", Hello)]))
    delegate = tornado.routing.RuleRouter([(tornado.routing.PathMatches("/all"), Hello)])
    assert routes_of(delegate) == "/all Hello"
    assert routes_of(3) == "3"


def test_log_is_set_up_where_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    try:
        handler = logs.set_up("json")
        assert handler is not None
        assert root.handlers == [handler]
        assert root.level == logging.INFO
        assert logs.set_up("json") is None
        logs.take_away(handler)
        assert root.handlers == []
        root.setLevel(logging.ERROR)
        handler = logs.set_up("human")
        assert handler is not None
        assert root.level == logging.ERROR
        logs.take_away(handler)
    finally:
        root.setLevel(level)


def test_json_lines_have_what_went_wrong() -> None:
    try:
        raise RuntimeError("no database")
    except RuntimeError:
        record = logging.makeLogRecord({"name": "x", "msg": "it %s", "args": ("failed",), "exc_info": sys.exc_info()})
    line = json.loads(logs.JSONFormatter().format(record))
    assert line["message"] == "it failed"
    assert line["exception"].endswith("RuntimeError: no database")


def test_sockets_have_names() -> None:
    with socket.create_server(("127.0.0.1", 0)) as four:
        assert sockets.names_of([four]) == [f"http://127.0.0.1:{four.getsockname()[1]}"]
    if socket.has_ipv6:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as six:
            assert sockets.names_of([six]) == [f"http://[::1]:{six.getsockname()[1]}"]


# The command


def test_command_serves(tmp_path: Path) -> None:
    program = "from tornado_rails.cli.server import server; server()"
    arguments = ["tests.serving.served:app", "-p", "0", "--workers", "2", "--set", "max_body_size=10", "--health"]
    with running(command=[sys.executable, "-c", program, *arguments]) as server:
        assert server.ask("/", method="POST", body=b"x" * 11).status == 400
        assert server.ask("/readyz").body == b"ready\n"
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["app", "--set", "wokers=2"], 1, "Error: run() has no setting 'wokers'. Did you mean 'workers'?"),
        (["app", "--set", "workers"], 2, "'workers' is not NAME=VALUE"),
        (["app", "--asgi", "gunicorn"], 2, "'gunicorn' is not one of 'uvicorn', 'granian', 'hypercorn'"),
        (["app", "--workers", "0"], 1, "Error: setting workers=0: it is a number, 1 or more"),
        ([], 2, "Missing argument 'TARGET'"),
        (["--help"], 0, "SIGHUP replaces the workers one by one"),
    ],
)
def test_command_says_what_is_wrong(arguments: list[str], status: int, said: str) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == status, result.output
    assert said in result.output


def test_command_gives_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr("tornado_rails.cli.server.run", lambda *args, **kwargs: given.append((args, kwargs)))
    arguments = ["a:b", "-s", "unix_socket_mode=384", "-s", "protocol=https", "--no-log-requests", "--log-params"]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    (application,), settings = given[0]
    assert application == "a:b"
    assert settings_of(settings).unix_socket_mode == 0o600
    assert settings_of(settings).http_server == {"protocol": "https"}
    assert (settings["log_requests"], settings["log_params"]) == (False, True)


@pytest.mark.parametrize("package", ["uvicorn", "granian", "hypercorn"])
def test_missing_extra_is_named(package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        f"import tornado_rails; tornado_rails.run('tests.serving.served:app', asgi={package!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert f"{package} is not installed: pip install 'tornado-rails[{package}]'" in done.stderr
    assert done.returncode == 1
