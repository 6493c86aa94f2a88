"""The page that shows the table, as a browser shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from tornado.testing import ExpectLog

from tests.browser.conftest import SECONDS, Serve
from tornado_rails import Controller, RailsApplication
from tornado_rails.routing.debug_router import PAGE

pytestmark = pytest.mark.browser

HOSTILE = "</td></tr></table><script>document.title = 'broken'</script><img src=x onerror=alert(1)>"

INJECTED = "const s = document.createElement('script'); s.textContent = 'document.title = 1'; document.body.append(s)"


class PostsController(Controller):
    def index(self) -> None: ...

    def show(self, id: int) -> None: ...


def application(**settings: Any) -> RailsApplication:
    def draw(map: Any) -> None:
        map.resources("posts", only=["index", "show"])

    return RailsApplication(
        [("/old", PostsController, None, HOSTILE)],
        routes=draw,
        controllers=[PostsController],
        convention_routes=False,
        debug=True,
        autoreload=False,
        **settings,
    )


def until(browser: Chrome, holds: Callable[[], bool]) -> None:
    WebDriverWait(browser, SECONDS, poll_frequency=0.05).until(lambda _: holds())


def visible(browser: Chrome) -> list[str]:
    rows = browser.find_elements(By.CSS_SELECTOR, "tbody tr")
    return [row.find_elements(By.TAG_NAME, "td")[2].text for row in rows if row.is_displayed()]


def type_in(browser: Chrome, text: str) -> None:
    box = browser.find_element(By.NAME, "q")
    box.clear()
    box.send_keys(text)


def note(browser: Chrome) -> str:
    return browser.find_element(By.ID, "note").text


def test_box_filters_the_table(browser: Chrome, serve: Serve) -> None:
    browser.get(serve(application()) + PAGE)
    assert visible(browser) == ["/old", "/posts(.:format)", "/posts/:id(.:format)"]
    type_in(browser, "posts#show")
    until(browser, lambda: visible(browser) == ["/posts/:id(.:format)"])
    type_in(browser, "GET /posts/7")
    until(browser, lambda: note(browser) == "1 of 3 routes; GET /posts/7 is taken by posts#show")
    (taken,) = browser.find_elements(By.CSS_SELECTOR, "tr.taken")
    assert taken.text.split()[:4] == ["post", "GET", "/posts/:id(.:format)", "posts#show"]
    assert browser.current_url.endswith("?q=GET+%2Fposts%2F7")
    browser.refresh()
    assert visible(browser) == ["/posts/:id(.:format)"]
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_hostile_text_stays_text(browser: Chrome, serve: Serve) -> None:
    browser.get(serve(application()) + PAGE)
    row = browser.find_element(By.CSS_SELECTOR, "tbody tr")
    assert row.find_element(By.TAG_NAME, "td").text == HOSTILE
    type_in(browser, HOSTILE[:30])
    until(browser, lambda: note(browser) == "1 of 3 routes")
    assert browser.title == "Routes"
    browser.execute_script(INJECTED)
    assert browser.title == "Routes"
    log = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert len(log) == 1
    assert "Content Security Policy" in log[0]["message"]


def test_error_of_a_reload_is_shown(browser: Chrome, serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "routes.py"
    file.write_text("def routes(map):\n    map.get('one', to='posts#index')\n")
    app = RailsApplication(
        routes=file, controllers=[PostsController], convention_routes=False, debug=True, autoreload=False
    )
    browser.get(serve(app) + PAGE)
    assert visible(browser) == ["/one(.:format)"]
    with ExpectLog("tornado.application", "The routes are not reloaded"):
        file.write_text("def routes(map):\n    map.get('two', to='<b>posts#index')\n")
        type_in(browser, "o")
        until(browser, lambda: len(browser.find_elements(By.ID, "error")) == 1)
    banner = browser.find_element(By.ID, "error").text
    assert "The routes are not reloaded" in banner
    assert "routes.py:2): '<b>posts' is not a controller's name" in banner
    assert visible(browser) == ["/one(.:format)"]
    file.write_text("def routes(map):\n    map.get('another-one', to='posts#index')\n")
    browser.refresh()
    assert visible(browser) == ["/another-one(.:format)"]
    assert browser.find_elements(By.ID, "error") == []
