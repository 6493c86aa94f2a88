"""``tornado-rails check``: what is wrong with the table itself."""

from __future__ import annotations

import pytest

from tests.cli.support import Project

HEAD = """\
import re
import tornado.web
from tornado.routing import AnyMatches, Matcher, PathMatches, Rule
from tornado.web import RequestHandler
from tornado_rails import Controller, RailsApplication
from tornado_rails.routing.redirects import redirect

class PostsController(Controller):
    def index(self): ...
    def show(self, id=None): ...

class PageHandler(RequestHandler):
    def get(self, *args): ...

class Own(PathMatches): ...

def yes(request): return True
"""


def checked(project: Project, drawn: str = "", handlers: str = "", after: str = "", status: int = 1) -> list[str]:
    """The findings about a table, without their places."""
    body = "".join(f"    {line}\n" for line in drawn.splitlines() if line.strip()) or "    pass\n"
    made = (
        f"app = RailsApplication([{handlers}], routes=routes, controllers=[PostsController], convention_routes=False)\n"
    )
    project.write(app=f"{HEAD}\ndef routes(map):\n{body}\n{made}{after}")
    return [
        line for line in project.out("check", "app:app", status=status).splitlines() if not line.startswith("app:app:")
    ]


def test_table_with_nothing_wrong(project: Project) -> None:
    drawn = 'map.resources("posts", only=["index", "show"])\nmap.root("posts#index")'
    assert checked(project, drawn, '("/a", PageHandler), ("/b/(.*)", PageHandler)', status=0) == []
    result = project.run("check", "app:app")
    assert (result.stdout, result.stderr) == ("", "app:app: nothing is wrong\n")
    assert project.json("check", "app:app") == []


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (
            'map.get("posts/:id", to="posts#show")\nmap.get("posts/new", to="posts#index")',
            "app.py:21: GET /posts/new(.:format) -> posts#index (app.py:21) is never reached: "
            "it comes after GET /posts/:id(.:format) -> posts#show (app.py:20) [shadowed]",
        ),
        (
            'map.get("a", to="posts#show")\nmap.get("a", to="posts#index", as_="b")',
            "app.py:21: GET /a(.:format) -> posts#index (app.py:21) is a duplicate of "
            "GET /a(.:format) -> posts#show (app.py:20) [duplicate]",
        ),
        ('map.match("a", to="posts#show", via="all")\nmap.get("a", to="posts#index", as_="b")', "[duplicate]"),
        ('map.get("*all", to="posts#show")\nmap.get("a/b", to="posts#index", format=False)', "[shadowed]"),
        (
            'map.get("a", to="posts#show", constraints={"subdomain": "x"})\n'
            'map.get("a", to="posts#index", constraints={"subdomain": "x", "port": 8080}, as_="b")',
            "[duplicate]",
        ),
        ('map.get("a", to=redirect("/b"))\nmap.get("a", to="posts#index", as_="b")', "[duplicate]"),
        (
            'map.get("a", to="posts#show", constraints=yes)\nmap.get("a", to="posts#show", constraints=yes, as_="b")',
            "[dupl",
        ),
        (
            'map.get("x/:id", to="posts#show", id=re.compile("ü"))',
            "matches no path: the constraint 'ü' of :id has what is percent-encoded in a path [never-matches]",
        ),
        (
            'map.get("x/:a/:id", to="posts#show", a=re.compile("b"), id=re.compile("ü"))',
            "the constraint 'ü' of :id has what is",
        ),
        (
            'map.get("x/:id", to="posts#show", constraints={"id": "a?"})',
            "matches no path: the constraint 'a?' of :id has what stands in no path [never-matches]",
        ),
        (
            'map.get("a", to="posts#show", constraints={"request_method": "get"})',
            "the constraint request_method='get' is never true: it is one of 'GET', 'HEAD' [never-true]",
        ),
        ('map.post("a", to="posts#show", constraints={"request_method": "GET"})', "it is one of 'POST' [never-true]"),
        (
            'map.match("a", to="posts#show", via="all", constraints={"method": ["Get"]})',
            "is never true: it is one of 'ACL', ",
        ),
        (
            'map.get("a", to="posts#show", constraints={"protocol": "https"})',
            "is never true: it is one of 'http://', 'https://'",
        ),
        (
            'map.get("a", to="posts#show", constraints={"port": re.compile("x")})',
            "port='x' is never true: it is one of the numbers 1 to 65535",
        ),
        ('map.get("a", to="posts#show", constraints={"host": "http://x.com"})', "it has what stands in no host"),
        ('map.get("a", to="posts#show", constraints={"host": "x.com:80"})', "a host is told without its port"),
        (
            'map.get("a", to="posts#show", constraints={"host": "a.x.com", "subdomain": "b"})',
            "the subdomain of that host is 'a', not 'b'",
        ),
        ('map.get("a", to="posts#show", constraints={"domain": "a.x.com"})', "the domain of 'a.x.com' is 'x.com'"),
        ('map.get("a", to="posts#show", constraints={"subdomain": "a/b"})', "it has what stands in no host"),
        (
            'map.get("a", to="post#index")',
            "app.py:20: route '/a(.:format)' -> post#index (app.py:20): there is no controller 'post'. "
            "Did you mean 'posts'? [missing-controller]",
        ),
        (
            'map.get("a", to="posts#indx")',
            "PostsController has no method 'indx'. Did you mean 'index'? [missing-action]",
        ),
        (
            'map.get("a", to="posts#_x")',
            "PostsController has no method '_x'. Its actions: index, show. [missing-action]",
        ),
        (
            'map.get("a", to="posts#index")\nmap.get("b", to="posts#index", as_="a")',
            "app.py:21: get 'b' (app.py:21): the name 'a' is that of",
        ),
        ('map.match("a", to="posts#index")', "it does not say which HTTP methods it takes"),
        ('map.resources("posts", only=["indx"])\nmap.get("b", to="x#y")', "only= and except_= name 'indx'"),
        ('map.get("c(", to="posts#index")', "[invalid]"),
    ],
)
def test_drawn_table_has_something_wrong(project: Project, drawn: str, words: str) -> None:
    lines = checked(project, drawn)
    assert len(lines) == 1, lines
    assert words in lines[0]


@pytest.mark.parametrize(
    "drawn",
    [
        'map.get("posts/:id", to="posts#show", id=re.compile(r"[0-9]+"))\nmap.get("posts/new", to="posts#index")',
        'map.get("a", to="posts#show")\nmap.post("a", to="posts#index", as_="b")',
        'map.get("a", to="posts#show", constraints={"subdomain": "x"})\nmap.get("a", to="posts#index", as_="b")',
        'map.get("a", to="posts#show", constraints=yes)\nmap.get("a", to="posts#index", as_="b")',
        'map.match("a", to="posts#show", via="all")\nmap.match("a", to="posts#show", via=["head"], as_="b")',
        'map.mount("/a", tornado.web.Application())\nmap.get("a", to="posts#index", as_="b")',
        'map.match("a", to="posts#show", anchor=False, via="get")\nmap.get("a/b", to="posts#index", as_="b")',
        'map.get("a", to="posts#show", constraints={"host": "a.x.com", "subdomain": "a", "port": [80], "xhr?": True})',
        'map.get("a", to="posts#show", constraints={"host": re.compile("x"), "domain": "x.com", "ip": "1.2.3.4"})',
        'map.get("a", to="posts#show", constraints={"request_method": "HEAD"})',
        'map.get("a/:x", to="posts#show", x=re.compile(r"(?=a).*"))\nmap.get("a/b", to="posts#index", as_="b")',
    ],
)
def test_drawn_table_with_nothing_wrong(project: Project, drawn: str) -> None:
    assert checked(project, drawn, status=0) == []


@pytest.mark.parametrize(
    ("handlers", "drawn", "words"),
    [
        (
            '("page", PageHandler)',
            "",
            "GET page -> PageHandler (app.py:22) matches no path: a path begins with a slash [never-matches]",
        ),
        ('("/a b", PageHandler)', "", "matches no path: its text has what is percent-encoded in a path"),
        (
            '("/(a\\\\?b)", PageHandler)',
            "",
            "matches no path: its text has what stands in no path",
        ),
        ('("/a", PageHandler), ("/a", PageHandler)', "", "is a duplicate of GET /a -> PageHandler"),
        (
            '("/(.*)", PageHandler)',
            'map.get("a", to="posts#index")',
            "GET /a(.:format) -> posts#index (app.py:20) is never reached: it comes after GET /*arg1",
        ),
        (
            '("/user/(.*)", PageHandler, {"action": "get"}), ("/user/x", PageHandler)',
            "",
            "route '/user/x' -> PageHandler (app.py:22): is never reached, as all its requests go to",
        ),
        ('("/a", PageHandler, {"action": "nope"})', "", "PageHandler has no method 'nope'."),
        ('("/(", PageHandler)', "", "the pattern is not a regular expression"),
        ('("/a", [("/a", PageHandler), ("/a", PageHandler)])', "", "is a duplicate of"),
    ],
)
def test_table_of_tuples_has_something_wrong(project: Project, handlers: str, drawn: str, words: str) -> None:
    lines = checked(project, drawn, handlers)
    assert len(lines) == 1, lines
    assert words in lines[0]


@pytest.mark.parametrize(
    ("handlers", "drawn"),
    [
        ('("/a", PageHandler)', 'map.get("a", to="posts#index")'),  # which also serves "/a/"
        ('("/%C3%BC/(.*)", PageHandler)', 'map.get("ü/a", to="posts#index")'),
        ('("(.)\\\\1", PageHandler), ("(.)\\\\1/", PageHandler)', ""),
        ('(Own("/a"), PageHandler), ("/a", PageHandler), Rule(Own("/a"), PageHandler)', ""),
        ('("/a", tornado.web.Application()), ("/a", PageHandler)', ""),
        ('("\\\\*", PageHandler)', ""),
        ('("/a", [("/a", PageHandler)]), ("/a", PageHandler)', ""),
        ('("/a", PageHandler, {"action": "get", "methods": "GET"}), ("/a", PageHandler)', ""),
    ],
)
def test_table_of_tuples_with_nothing_wrong(project: Project, handlers: str, drawn: str) -> None:
    assert checked(project, drawn, handlers, status=0) == []


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (
            'Rule(PathMatches("/a/1"), PageHandler)',
            "GET /a/1 -> PageHandler is never reached: it comes after ANY /a/:id(.:format)",
        ),
        (
            'Rule(AnyMatches(), PageHandler), Rule(PathMatches("/z"), PageHandler)',
            "GET /z -> PageHandler is never reached: it comes after GET /* -> PageHandler",
        ),
    ],
)
def test_rule_behind_drawn_routes_is_shadowed(project: Project, added: str, words: str) -> None:
    drawn = 'map.match("a/:id", to="posts#show", via="all")'
    lines = checked(project, drawn, after=f"app.add_handlers('.*', [])\napp.wildcard_router.add_rules([{added}])\n")
    assert len(lines) == 1
    assert words in lines[0]


@pytest.mark.parametrize("pattern", ["/a/1/", "//a", "/(?P<rest>.*)"])
def test_rule_behind_drawn_routes_that_sees_other_paths_is_not(project: Project, pattern: str) -> None:
    drawn = 'map.match("a/:id", to="posts#show", via="all")'
    after = f"app.wildcard_router.add_rules([Rule(PathMatches('{pattern}'), PageHandler)])\n"
    assert checked(project, drawn, after=after, status=0) == []


def test_convention_whose_place_is_taken_is_as_it_should_be(project: Project) -> None:
    app = HEAD + (
        "def routes(map): map.resources('posts', only=['index', 'show'])\n"
        "app = RailsApplication(routes=routes, controllers=[PostsController])\n"
        "def other(): return RailsApplication([('/posts(.*)', PageHandler)], controllers=[PostsController])\n"
    )
    project.write(app=app)
    assert project.json("check", "app:app") == []
    assert {each["check"] for each in project.json("check", "app:other", status=1)} == {"shadowed"}
    assert len(project.json("check", "app:other", status=1)) == 3


def test_everything_that_is_wrong_is_told_at_once(project: Project) -> None:
    drawn = 'map.get("a(", to="x#y")\nmap.get("b", to="x#y")\nmap.get("c", to="posts#z")'
    assert len(checked(project, drawn, '("/q", PageHandler, {"action": "z"}), ("page", PageHandler)')) == 5
    found = project.json("check", "app:app", status=1)
    assert [each["check"] for each in found] == [
        "invalid",
        "missing-controller",
        "missing-action",
        "missing-action",
        "never-matches",
    ]
    assert {each["file"] for each in found} == {"app.py"}
    assert project.run("check", "app:app").stderr == "app:app: 5 things are wrong\n"


def test_application_that_cannot_be_made_is_a_finding(project: Project) -> None:
    project.write(
        app="from tornado_rails import RailsApplication\ndef make(): return RailsApplication(trailing_slash='x')"
    )
    result = project.run("check", "app:make")
    assert result.stdout.startswith("setting trailing_slash='x': it is one of")
    assert result.stdout.endswith(" [invalid]\n")
    assert result.stderr == "app:make: 1 thing is wrong\n"
    assert "Error: there is no module 'ap'" in project.out("check", "ap:make", status=2)


def test_routes_of_a_function_are_checked_alone(project: Project) -> None:
    project.write(app="def routes(map):\n    map.get('a', to='x#y')\n    map.get('a', to='x#z', as_='b')\n")
    assert "[duplicate]" in project.out("check", "app:routes", status=1)


def test_signature_that_does_not_fit_is_found_with_all_others(project: Project) -> None:
    project.write(
        app=HEAD
        + (
            "class BadController(Controller):\n    def show(self, x: 'Nothing'): ...\n"
            "app = RailsApplication([('/a', PageHandler, None, 'x'), ('/b', PageHandler, {'action': 'get'}, 'x')],"
            " controllers=[BadController, PostsController])\n"
        )
    )
    found = project.json("check", "app:app", status=1)
    assert [each["check"] for each in found] == ["invalid", "invalid"]
    assert "an annotation cannot be read: name 'Nothing' is not defined" in found[0]["message"]
    assert "has the name 'x', as has" in found[1]["message"]
