"""Each case once under Tornado's own server, and once under each other: what is answered and seen is the same."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from tests.serving.conftest import Get
from tests.serving.handlers import SEEN
from tests.serving.support import SERVERS, TIMEOUT, Answer, Client, Server, get

FORM = b"name=Ann&tag=1&tag=2&x=%C3%A9"
MULTIPART = (
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n'
    b'--B\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nfile\r\n--B--\r\n"
)
CHUNKED = b"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n"

CASES: dict[str, bytes] = {
    "plain": get("/inspect"),
    "path argument": get("/inspect/one"),
    "query": get("/inspect?a=1&b=&a=2&c=%2F%20+x"),
    "empty query": get("/inspect/"),
    "escapes": get("/inspect/a%2Fb%20c%C3%A9%25"),
    "named": get("/named/a%2Fb/c"),
    "headers": get("/inspect", "X-Tag: 1", "User-Agent: test", "x-TAG:  2 ", "X-Empty:", "Accept: */*, text/html"),
    "latin header": get("/inspect", "X-Latin: caf\u00e9"),
    "cookies": get("/inspect", "Cookie: a=1; b=two"),
    "repeated cookies": get("/inspect", "Cookie: a=1", "Cookie: b=two"),
    "http/1.0": get("/inspect", version="1.0"),
    "forwarded headers are not trusted": get("/inspect", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"),
    "form": get("/inspect", "Content-Type: application/x-www-form-urlencoded", method="POST", body=FORM),
    "multipart": get("/inspect", "Content-Type: multipart/form-data; boundary=B", method="POST", body=MULTIPART),
    "bad multipart": get("/inspect", "Content-Type: multipart/form-data; boundary=", method="POST", body=b"x"),
    "chunked": get("/inspect", "Transfer-Encoding: chunked", method="POST") + CHUNKED,
    "empty post": get("/inspect", "Content-Length: 0", method="POST"),
    "big body": get("/sync", method="POST", body=b"0123456789" * 100_000),
    "expect": get("/inspect", "Expect: 100-continue", method="PUT", body=b"x" * 2000),
    "put": get("/inspect", method="PUT", body=b"x"),
    "patch": get("/inspect", method="PATCH", body=b"x"),
    "delete": get("/inspect", method="DELETE"),
    "options": get("/inspect", method="OPTIONS"),
    "head": get("/inspect", method="HEAD"),
    "head of parts": get("/respond/flush", method="HEAD"),
    "head of a big one": get("/respond/big", method="HEAD"),
    "a method that is not there": get("/sync", method="DELETE"),
    "not found": get("/nowhere"),
    "a redirect handler": get("/redirect"),
    "sync": get("/sync"),
    "by callback": get("/callback"),
    "prepare answers": get("/prepared"),
    "prepare answers a post": get("/prepared", method="POST", body=b"x" * 1000),
    "default headers": get("/default"),
    "etag": get("/etag"),
    "etag matches": get("/etag", 'If-None-Match: "fixed"'),
    "etag matches weakly": get("/etag", 'If-None-Match: W/"other", W/"fixed"'),
    "head with etag": get("/etag", method="HEAD"),
    "by function": get("/function"),
    "post by function": get("/function", method="POST", body=b"body"),
    "a nested application": get("/nested/x"),
    "a static file": get("/static/handlers.py"),
    "a part of a static file": get("/static/handlers.py", "Range: bytes=3-9"),
    "a static file that is not there": get("/static/nothing"),
    "upload": get("/upload", method="POST", body=b"x" * 300_000),
    "upload chunked": get("/upload", "Transfer-Encoding: chunked", method="POST") + CHUNKED,
    "upload of nothing": get("/upload", "Content-Length: 0", method="PUT"),
    "upload within its own limit": get("/upload", "X-Limit: 5000000", method="POST", body=b"x" * 4_500_000),
}
CASES |= {
    name: get(f"/respond/{name}")
    for name in [
        "headers",
        "json",
        "empty",
        "no_content",
        "not_modified",
        "reason",
        "unknown_status",
        "created",
        "redirect",
        "own_length",
        "flush",
        "flush_at_once",
        "flush_headers",
        "flush_nothing",
        "flush_length",
        "flush_no_content",
        "finish_goes_on",
        "finish_awaited",
        "later",
        "big",
        "error",
        "http_error",
        "finish_exception",
        "error_after_flush",
        "write_after_finish",
        "bad_header",
    ]
}
_numbers = itertools.count()


#: Those that none of the handlers that note things answers.
UNSEEN = ("not found", "a redirect handler", "by function", "post by function", "static")


#: What is seen last, where that comes after the response is finished.
LAST = {"finish_goes_on": "went on", "finish_awaited": "sent"}


def is_over(name: str, seen: list[Any]) -> bool:
    """Whether the handler has seen all that it will."""
    if name in LAST:
        return LAST[name] in seen
    return any(type(each) is tuple and each[0] == "finished" for each in seen)


def outcome(server: Server, name: str) -> tuple[Answer, list[Any]]:
    """The answer, and what the handler saw."""
    case = f"{server.name}-{next(_numbers)}"
    line, rest = CASES[name].split(b"\r\n", 1)
    deadline = time.monotonic() + TIMEOUT
    with Client(server.port) as client:
        client.send(b"%s\r\nX-Case: %s\r\n%s" % (line, case.encode(), rest))
        answer = client.answer(line.split()[0].decode())
        while not any(each in name for each in UNSEEN) and not is_over(name, SEEN[case]):
            assert time.monotonic() < deadline, f"not finished, seen: {SEEN[case]}"
            time.sleep(0.005)
    return answer, SEEN.pop(case, [])


@pytest.fixture(scope="module")
def expected(server_of: Get) -> dict[str, tuple[Answer, list[Any]]]:
    """What Tornado's own server makes of each case."""
    return {name: outcome(server_of("tornado"), name) for name in CASES}


@pytest.mark.parametrize("server", SERVERS[1:])
@pytest.mark.parametrize("case", CASES)
def test_a_case_is_as_under_tornado(
    server_of: Get, expected: dict[str, tuple[Answer, list[Any]]], server: str, case: str
) -> None:
    wanted, wanted_seen = expected[case]
    answer, seen = outcome(server_of(server), case)
    assert answer.status == wanted.status
    assert answer.own_headers == wanted.own_headers
    assert answer.body == wanted.body
    assert seen == wanted_seen
