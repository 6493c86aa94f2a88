"""The table as data."""

import pytest
from tornado.routing import HostMatches, PathMatches, Rule
from tornado.web import Application, RequestHandler

from tornado_rails import RailsApplication, URLSpec
from tornado_rails.routing.inspector import RouteRow, format_routes, inspect_routes


class UserHandler(RequestHandler):
    def login(self) -> None: ...


class PageController(RequestHandler):
    def show(self, page: int) -> None: ...


def rows_of(application: Application) -> dict[str, RouteRow]:
    return {row.pattern: row for row in inspect_routes(application)}


def test_rows_name_every_kind_of_rule_in_order() -> None:
    application = RailsApplication(
        [
            (r"/user/(\d+)", UserHandler, {"action": "login", "param_keys": ("id",), "methods": "GET"}, "user"),
            (r"/plain", UserHandler),
            (r"/nested/.*", [(r"/nested/one", UserHandler)]),
            (HostMatches("api.example"), [URLSpec("/api", UserHandler)]),
            Rule(PathMatches("/own"), UserHandler),
            (r"/app/.*", Application([("/app/x", UserHandler)])),
        ],
        controllers=[PageController],
    )
    rows = inspect_routes(application)
    shown = [(row.pattern, row.methods, row.target.split(" ")[0], row.params, row.within) for row in rows]
    assert shown == [
        (r"/user/(\d+)", ("GET",), "UserHandler.login", ("id",), ()),
        ("/plain", (), "UserHandler", (), ()),
        ("/nested/one", (), "UserHandler", (), ("/nested/.*",)),
        ("/api", (), "UserHandler", (), ("host api.example",)),
        ("/own", (), "UserHandler", (), ()),
        ("/app/.*", (), "<tornado.web.Application", (), ()),
        ("/page/show/(?P<page>[^/]+)", ("GET",), "PageController.show", ("page",), ()),
    ]
    assert rows[0].name == "user"


def test_rows_know_their_own_lines() -> None:
    table = [
        ("/one", UserHandler),
        ("/two", UserHandler),
    ]
    rows = rows_of(RailsApplication([*table, Rule(PathMatches("/three"), UserHandler)]))
    one, two = rows["/one"].source, rows["/two"].source
    assert one is not None
    assert two is not None
    assert (one.file, two.line - one.line) == (__file__, 1)
    assert rows["/three"].source is None


def test_rows_of_a_stock_application() -> None:
    application = Application([("/x", UserHandler)])
    application.add_handlers("www.example", [("/y", UserHandler)])
    assert [(row.within, row.pattern) for row in inspect_routes(application)] == [
        (("host www.example",), "/y"),
        ((), "/x"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (0, "Name  Methods  Pattern      Target             Source"),
        (1, "in    GET|PUT  /user/login  UserHandler.login"),
        (2, "      *        /plain       UserHandler"),
    ],
)
def test_format_aligns_columns(line: int, expected: str) -> None:
    rows = [
        RouteRow("in", ("GET", "PUT"), "/user/login", "UserHandler.login", (), (), None),
        RouteRow(None, (), "/plain", "UserHandler", (), (), None),
    ]
    assert format_routes(rows).splitlines()[line] == expected
