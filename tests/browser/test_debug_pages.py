"""The pages of errors, as a browser shows them."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from tornado.testing import ExpectLog

from tests.browser.conftest import Serve
from tests.browser.test_routes_page import HOSTILE, INJECTED, note, type_in, until, visible
from tornado_rails import Controller, RailsApplication

pytestmark = pytest.mark.browser


class PostsController(Controller):
    def index(self) -> None:
        text = HOSTILE
        raise ValueError(text)

    def show(self, id: int) -> None: ...


def application() -> RailsApplication:
    def draw(map: Any) -> None:
        map.resources("posts", only=["index", "show"])

    return RailsApplication(
        routes=draw, controllers=[PostsController], convention_routes=False, debug=True, autoreload=False
    )


def frames(browser: Chrome) -> list[str]:
    found = browser.find_elements(By.CSS_SELECTOR, ".frame")
    return [str(each.get_attribute("class")).split()[1] for each in found if each.is_displayed()]


def test_box_filters_the_routes_of_a_path_that_is_not_there(browser: Chrome, serve: Serve) -> None:
    browser.get(serve(application()) + "/post/7")
    assert visible(browser) == ["/posts(.:format)", "/posts/:id(.:format)"]
    type_in(browser, "SHOW post")
    until(browser, lambda: visible(browser) == ["/posts/:id(.:format)"])
    assert note(browser) == "1 of 2 routes"
    type_in(browser, "GET /posts/7" + Keys.ENTER)
    until(browser, lambda: browser.title == "Routes")
    assert note(browser) == "1 of 2 routes; GET /posts/7 is taken by posts#show"
    log = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert [entry for entry in log if "404" not in entry["message"]] == []


def test_page_of_an_exception_is_used_by_keys(browser: Chrome, serve: Serve) -> None:
    with ExpectLog("tornado.application", "Uncaught exception"), ExpectLog("tornado.access", "500 "):
        browser.get(serve(application()) + "/posts")
    assert browser.title == "500 Internal Server Error"
    assert browser.find_element(By.CSS_SELECTOR, ".message").text == HOSTILE
    assert frames(browser) == ["application"]
    browser.find_element(By.ID, "application").send_keys(Keys.ARROW_RIGHT)
    until(browser, lambda: "framework" in frames(browser) and "application" not in frames(browser))
    browser.find_element(By.ID, "framework").send_keys(Keys.ARROW_RIGHT)
    until(browser, lambda: {"application", "framework"} == set(frames(browser)))
    browser.find_element(By.ID, "copy").send_keys(Keys.ENTER)
    until(browser, lambda: browser.find_element(By.ID, "copy").text == "Copied")
    browser.execute_script(INJECTED)
    assert browser.title == "500 Internal Server Error"
    log = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert [entry["source"] for entry in log] == ["network", "security"]
