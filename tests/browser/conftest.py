"""A browser: Debian's chromium, headless, driven by its chromium-driver. Nothing is installed or fetched here."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

SECONDS = 60  # that a page may take on a busy machine

#: Starts to serve an application, and returns its address.
Serve = Callable[[Application], str]


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(
            f"{name} is not there, which the browser tests need: apt-get install -y chromium chromium-driver "
            f'(Debian\'s package {package}), or leave them out by bin/test -m "not browser"',
            pytrace=False,
        )
    return found


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = program("chromium", "chromium")
    profile: Path = tmp_path_factory.mktemp("chromium")
    for argument in (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--disable-dev-shm-usage", "--window-size=1280,800", f"--user-data-dir={profile}"),
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(program("chromedriver", "chromium-driver")))
    driver.set_page_load_timeout(SECONDS)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves applications in a thread of their own, as the browser's driver blocks this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[HTTPServer] = []

    async def start(application: Application) -> int:
        (socket,) = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(application)
        server.add_sockets([socket])
        servers.append(server)
        port: int = socket.getsockname()[1]
        return port

    async def stop() -> None:
        for server in servers:
            server.stop()
            await server.close_all_connections()

    def serve(application: Application) -> str:
        return f"http://127.0.0.1:{asyncio.run_coroutine_threadsafe(start(application), loop).result(SECONDS)}"

    try:
        yield serve
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
