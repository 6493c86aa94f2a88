"""Pairs of applications that do the same work: stock Tornado's, and ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tornado.web import Application, RequestHandler

from benchmarks import tables
from tornado_rails import RailsApplication

_TWO_NUMBERS = r"/users/(\d+)/posts/(\d+)"
_ID_AND_NAME = r"/main/index/(\d+)/(\w+)"


class Page(RequestHandler):
    """Both applications hold this very class where a route has no routing keys."""

    def get(self, *values: str) -> None:
        self.write("page " + " ".join(values))


class Verb(RequestHandler):
    def get(self) -> None:
        self.write("welcome back")


class VerbWithValue(RequestHandler):
    def get(self, number: str) -> None:
        self.write("user " + number)


class VerbWithNumbers(RequestHandler):
    def get(self, user: str, post: str) -> None:
        self.write(f"post {int(post) + 1} of user {int(user) + 1}")


class VerbWithNames(RequestHandler):
    def get(self, number: str, name: str) -> None:
        self.write(f"{name} is number {number}")


class VerbWithKeywords(RequestHandler):
    def get(self, number: str, name: str) -> None:
        self.write(f"{name} is number {int(number)}")


class VerbWithQuery(RequestHandler):
    def get(self) -> None:
        self.write(f"page {int(self.get_query_argument('page'))}")


class UserController(RequestHandler):
    """The same methods as actions."""

    params: Any

    def login(self) -> None:
        self.write("welcome back")

    def show(self, number: str) -> None:
        self.write("user " + number)

    def post(self, user: int, post: int) -> None:
        self.write(f"post {post + 1} of user {user + 1}")

    def page(self, *values: str) -> None:
        self.write("page " + " ".join(values))

    def list(self, *, page: int) -> None:
        self.write(f"page {page}")


class MainController(RequestHandler):
    params: Any

    def index(self, number: int, name: str) -> None:
        self.write(f"{name} is number {number}")

    def named(self, number: str, name: str) -> None:
        self.write(f"{name} is number {number}")

    def params_read(self) -> None:
        self.write(f"{self.params['name']} is number {self.params['number']}")


@dataclass(frozen=True)
class Case:
    """Two applications, the paths that both are asked for, and the budget of their ratio."""

    what: str
    budget: float | None
    stock: Callable[[], Application]
    ours: Callable[[], Application]
    paths: list[str]


def _plain(what: str, patterns: list[str], count: int) -> Case:
    table: list[Any] = [(pattern, Page) for pattern in patterns]
    return Case(
        f"plain route, application of {what}",
        1.0,
        lambda: Application(table),
        lambda: RailsApplication(table),
        tables.shuffled_paths(patterns, count),
    )


def _action(
    what: str, pattern: str, verb: type[RequestHandler], target: type[RequestHandler], kwargs: dict[str, Any], path: str
) -> Case:
    return Case(
        f"action route, {what}",
        1.03,
        lambda: Application([(pattern, verb)]),
        lambda: RailsApplication([(pattern, target, kwargs)]),
        [path],
    )


def cases() -> list[Case]:
    """All pairs; the first is stock Tornado against itself, and shows what the method is worth."""
    stock: list[Any] = [(pattern, Page) for pattern in tables.TYPICAL]
    actions: list[Any] = [(pattern, UserController, {"action": "page"}) for pattern in tables.TYPICAL]
    typical = tables.shuffled_paths(tables.TYPICAL, 1000)
    keys = ("number", "name")
    return [
        Case("stock against stock (10 routes)", None, lambda: Application(stock), lambda: Application(stock), typical),
        _plain("1 route", [r"/user/login"], 1),
        _plain("10 routes", tables.TYPICAL, 1000),
        _plain("203 routes", [endpoint.pattern for endpoint in tables.github()], 1000),
        _action(
            "nothing taken from the path", r"/user/login", Verb, UserController, {"action": "login"}, "/user/login"
        ),
        _action("one value", r"/users/(\d+)", VerbWithValue, UserController, {"action": "show"}, "/users/42"),
        _action(
            "two values cast to int",
            _TWO_NUMBERS,
            VerbWithNumbers,
            UserController,
            {"action": "post"},
            "/users/42/posts/1729",
        ),
        _action(
            "param_keys, passed by name",
            _ID_AND_NAME,
            VerbWithNames,
            MainController,
            {"action": "named", "param_keys": keys},
            "/main/index/1/TheViper",
        ),
        _action(
            "param_keys, read from params",
            _ID_AND_NAME,
            VerbWithNames,
            MainController,
            {"action": "params_read", "param_keys": keys},
            "/main/index/1/TheViper",
        ),
        _action("a query value", r"/users", VerbWithQuery, UserController, {"action": "list"}, "/users?page=3"),
        Case(
            "action route, application of 10 routes",
            1.03,
            lambda: Application(stock),
            lambda: RailsApplication(actions),
            typical,
        ),
        Case(
            "convention route, a value cast to int and one of text",
            1.03,
            lambda: Application([(r"/main/index/(?P<number>[^/]+)/(?P<name>[^/]+)", VerbWithKeywords)]),
            lambda: RailsApplication(controllers=[MainController]),
            ["/main/index/1/TheViper"],
        ),
    ]
