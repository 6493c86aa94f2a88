"""What the tests of the debug pages share: what a browser takes out of a page, and applications that fail."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from tests.controller.support import expect_500
from tests.routing.support import Response, fetch
from tornado_rails import RailsApplication

XSS = "</pre></td><script>alert('1')</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Tags with their attributes, and the page's text."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._is_hidden = False
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._is_hidden = False

    def handle_data(self, data: str) -> None:
        if not self._is_hidden:
            self.text += data

    def count(self, tag: str) -> int:
        return sum(each == tag for each, _attributes in self.tags)

    def check(self) -> None:
        """Nothing on it is of others' making: one script, one style, no image, nothing that acts."""
        assert (self.count("script"), self.count("style"), self.count("img"), self.count("title")) == (1, 1, 0, 1)
        names = {name for _tag, attributes in self.tags for name in attributes}
        assert not [name for name in names if name.startswith("on")]
        assert not names & {"style", "src", "srcset"}


def debugged(*controllers: Any, **settings: Any) -> RailsApplication:
    """An application in debug."""
    return RailsApplication(controllers=controllers, debug=True, autoreload=False, **settings)


def ask(application: RailsApplication, path: str, accept: str = "text/html", **options: Any) -> Response:
    """A request that asks for a page."""
    headers = {"Accept": accept, **options.pop("headers", {})}
    return fetch(application, path, headers=headers, **options)


def failed(application: RailsApplication, path: str, accept: str = "text/html", **options: Any) -> Response:
    """A request that fails with a 500, which is logged."""
    with expect_500("Uncaught exception"):
        response = ask(application, path, accept, **options)
    assert response.status == 500
    return response


def page_of(application: RailsApplication, path: str, **options: Any) -> Page:
    """The page of a request that fails."""
    page = Page(failed(application, path, **options).body)
    page.check()
    return page
