"""Files and data: whole or in part, under a safe name, and from the folders that were named alone."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.web import Application, RequestHandler

from tests.conftest import Fetch
from tests.controller.support import Remembers, aborted, expect_500, request_by_hand, run, served, text
from tornado_rails import Controller, RailsApplication
from tornado_rails.controller import sending
from tornado_rails.controller.ranges import content_disposition, part_of
from tornado_rails.controller.sending import SendingMixin, opened, type_of
from tornado_rails.errors import MissingFileError, RangeError, SettingError
from tornado_rails.routing.actions import action_names

BODY = b"0123456789"
LARGE = os.urandom(300_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    (files / "below").mkdir(parents=True)
    (tmp_path / "files-other").mkdir()
    (tmp_path / "files-other" / "a.txt").write_text("another folder's")
    (tmp_path / "secret.txt").write_text("secret")
    (files / "a.txt").write_bytes(BODY)
    (files / "below" / "large.bin").write_bytes(LARGE)
    (files / "empty.txt").touch()
    (files / "naïve.txt").write_text("name")
    (files / "text.txt").write_text("text " * 1000)
    (files / "out.txt").symlink_to(tmp_path / "secret.txt")
    (files / "out").symlink_to(tmp_path)
    (files / "in.txt").symlink_to(files / "a.txt")
    os.mkfifo(files / "pipe.txt")
    return files


class FilesController(Remembers, Controller):
    async def show(self) -> None:
        await self.send_file(self.get_argument("path", strip=False), below=self.settings["folder"])

    def inline(self) -> Any:
        return self.send_file("a.txt", below=[self.settings["folder"]], disposition="inline", type="text/x-a")

    def named(self) -> Any:
        return self.send_file("a.txt", below=self.settings["folder"], filename=self.get_argument("name", strip=False))

    def bare(self) -> Any:
        return self.send_file("a.txt", below=self.settings["folder"], disposition=None)

    def with_status(self) -> Any:
        return self.send_file("a.txt", below=self.settings["folder"], status=self.get_argument("status"))

    def status_before(self) -> Any:
        self.set_status(404)
        return self.send_file("a.txt", below=self.settings["folder"])

    def data_status_before(self) -> Any:
        self.set_status(203)
        return self.send_data(BODY)

    def empty_before(self) -> Any:
        self.set_status(204)
        return self.send_data(BODY)

    async def data(self) -> None:
        await self.send_data("a,b\n1,2", filename="list.csv")

    def octets(self) -> Any:
        return self.send_data(BODY, status="created")

    def attached(self) -> Any:
        return self.send_data(BODY, disposition="attached")


@pytest.fixture
def app(folder: Path, request: pytest.FixtureRequest) -> RailsApplication:
    table: Any = [(f"/{name}", FilesController, {"action": name}) for name in action_names(FilesController)]
    return RailsApplication(table, folder=folder, **getattr(request, "param", {}))


@served
async def test_file_is_sent_whole(fetch: Fetch) -> None:
    answer = await fetch("/show?path=a.txt")
    assert (answer.code, answer.body) == (200, BODY)
    headers = {
        "Content-Type": "text/plain",
        "Content-Length": "10",
        "Content-Disposition": 'attachment; filename="a.txt"',
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    assert {name: answer.headers[name] for name in headers} == headers
    large = await fetch("/show?path=below/large.bin")
    assert (large.body == LARGE, large.headers["Content-Type"]) == (True, "application/octet-stream")
    assert (await fetch("/show?path=empty.txt")).headers["Content-Length"] == "0"
    head = await fetch("/show?path=below/large.bin", "HEAD", Range="bytes=0-1")
    assert (head.code, head.headers["Content-Length"], head.body) == (200, str(len(LARGE)), b"")


@pytest.mark.parametrize(
    ("header", "status", "body", "content_range"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 206, BODY, "bytes 0-9/10"),
        ("bytes=9-99", 206, b"9", "bytes 9-9/10"),
        ("BYTES = 1 - 1", 206, b"1", "bytes 1-1/10"),
        ("bytes=0-1,4-5", 200, BODY, None),
        ("bytes=3-1", 200, BODY, None),
        ("bytes=-", 200, BODY, None),
        ("bytes=a-b", 200, BODY, None),
        ("lines=0-1", 200, BODY, None),
        ("bytes=0-99999999999999999999999999", 200, BODY, None),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
    ],
)
@served
async def test_part_of_a_file(
    fetch: Fetch, header: str, status: int, body: bytes | None, content_range: str | None
) -> None:
    answer = await fetch("/show?path=a.txt", Range=header)
    assert (answer.code, answer.headers.get("Content-Range")) == (status, content_range)
    if body is not None:
        assert answer.body == body
        assert answer.headers["Content-Length"] == str(len(body))
    else:
        assert "there is no such part of 10 bytes" in text(answer)


@served
async def test_part_from_the_middle_of_a_large_file(fetch: Fetch) -> None:
    answer = await fetch("/show?path=below/large.bin", Range="bytes=100000-250000")
    assert (answer.code, answer.body == LARGE[100000:250001]) == (206, True)


@pytest.mark.parametrize(("size", "header"), [(0, "bytes=0-"), (0, "bytes=-5"), (10, "bytes=10-11")])
def test_range_behind_the_end(size: int, header: str) -> None:
    with pytest.raises(RangeError) as raised:
        part_of(header, size)
    assert raised.value.size == size


@given(st.integers(0, 20), st.integers(0, 25), st.integers(0, 25))
def test_part_is_what_slices_have(size: int, first: int, last: int) -> None:
    body = bytes(range(size))
    for header, expected in ((f"bytes={first}-{last}", body[first : last + 1]), (f"bytes=-{last}", body[-last:])):
        try:
            part = part_of(header, size)
        except RangeError:
            assert not expected or header == "bytes=-0"
        else:
            assert part is None or body[part[0] : part[1]] == expected


@served
async def test_part_is_sent_only_of_the_file_that_the_client_knows(fetch: Fetch) -> None:
    whole = await fetch("/show?path=a.txt")
    etag, modified = whole.headers["Etag"], whole.headers["Last-Modified"]
    for condition, status in (
        (etag, 206),
        (modified, 206),
        ('"other"', 200),
        (f"W/{etag}", 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("nonsense", 200),
    ):
        assert (await fetch("/show?path=a.txt", Range="bytes=0-1", If_Range=condition)).code == status
    assert (await fetch("/show?path=a.txt", "POST", Range="bytes=0-1")).code == 200
    assert (await fetch("/data", Range="bytes=0-1", If_Range=modified)).code == 200


@served
async def test_file_that_the_client_has_is_a_304(fetch: Fetch) -> None:
    for path in ("/show?path=a.txt", "/data"):
        whole = await fetch(path)
        again = await fetch(path, If_None_Match=whole.headers["Etag"], Range="bytes=0-1")
        assert (again.code, again.body, again.headers["Etag"]) == (304, b"", whole.headers["Etag"])
    since = (await fetch("/show?path=a.txt")).headers["Last-Modified"]
    assert (await fetch("/show?path=a.txt", If_Modified_Since=since)).code == 304
    assert (await fetch("/show?path=a.txt", If_Match='"other"')).code == 412


@pytest.mark.parametrize("app", [{"compress_response": True}], indirect=True)
@served
async def test_part_of_a_file_is_not_compressed(app: RailsApplication, fetch: Fetch) -> None:
    path = "/show?path=text.txt"
    whole = await fetch(path, Accept_Encoding="gzip")
    assert "gzip" in whole.headers.get("Content-Encoding", "") + whole.headers.get("X-Consumed-Content-Encoding", "")
    body = gzip.decompress(whole.body) if whole.body[:2] == b"\x1f\x8b" else whole.body
    assert body == b"text " * 1000
    part = await fetch(path, Accept_Encoding="gzip", Range="bytes=0-2000")
    assert (part.code, part.body) == (206, body[:2001])
    assert "Content-Encoding" not in part.headers


@pytest.mark.parametrize(
    ("path", "status", "headers"),
    [
        ("/inline", 200, {"Content-Disposition": 'inline; filename="a.txt"', "Content-Type": "text/x-a"}),
        ("/bare", 200, {"Content-Disposition": None, "Content-Type": "text/plain"}),
        ("/data", 200, {"Content-Disposition": 'attachment; filename="list.csv"', "Content-Type": "text/csv"}),
        ("/octets", 201, {"Content-Disposition": "attachment", "Content-Type": "application/octet-stream"}),
    ],
)
@served
async def test_what_is_said_of_a_file(fetch: Fetch, path: str, status: int, headers: dict[str, str | None]) -> None:
    answer = await fetch(path, Range="bytes=0-0") if status == 201 else await fetch(path)
    assert answer.code == status
    assert {name: answer.headers.get(name) for name in headers} == headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/with_status?status=not_found", 404),
        ("/with_status?status=200", 200),
        ("/status_before", 404),
        ("/data_status_before", 203),
    ],
)
@served
async def test_file_has_a_status(fetch: Fetch, path: str, status: int) -> None:
    answer = await fetch(path)
    assert (answer.code, answer.body, answer.headers["Content-Length"]) == (status, BODY, "10")
    known = await fetch(path, If_None_Match=answer.headers["Etag"], Range="bytes=0-1")
    assert known.code == (304 if status == 200 else status)


@pytest.mark.parametrize("path", ["/with_status?status=204", "/with_status?status=304", "/empty_before"])
@served
async def test_status_without_a_body_is_an_error(fetch: Fetch, path: str) -> None:
    with expect_500("Uncaught"):
        assert (await fetch(path)).code == 500
    assert "has no body. Send it by send_head." in Remembers.logged


@pytest.mark.parametrize(
    "app", [{"x_sendfile_header": "X-Accel-Redirect"}, {"x_sendfile_header": "X-Sendfile"}], indirect=True
)
@served
async def test_file_is_left_to_the_server_in_front(app: RailsApplication, fetch: Fetch, folder: Path) -> None:
    name = app.settings["x_sendfile_header"]
    for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-1"})):
        answer = await fetch("/show?path=a.txt", method, **headers)
        assert (answer.code, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")
        assert answer.headers[name] == os.path.realpath(folder / "a.txt")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a.txt"'
        assert answer.headers["Content-Type"] == "text/plain"
        assert not {"Accept-Ranges", "Content-Range"} & set(answer.headers)
    again = await fetch("/show?path=a.txt", If_None_Match=answer.headers["Etag"])
    assert (again.code, name in again.headers) == (304, False)
    assert (await fetch("/show?path=na%C3%AFve.txt")).headers[name].endswith("/na%C3%AFve.txt")
    assert (await fetch("/show?path=in.txt")).headers[name] == os.path.realpath(folder / "a.txt")


@pytest.mark.parametrize("app", [{"x_sendfile_header": "X-Sendfile"}], indirect=True)
@pytest.mark.parametrize(
    ("path", "status", "body"),
    [("/show?path=../secret.txt", 404, None), ("/show?path=out.txt", 404, None), ("/data", 200, b"a,b\n1,2")]
    + [("/with_status?status=404", 404, BODY)],
)
@served
async def test_other_answers_are_not_left_to_the_server_in_front(
    app: RailsApplication, fetch: Fetch, path: str, status: int, body: bytes | None
) -> None:
    answer = await fetch(path)
    assert (answer.code, "X-Sendfile" in answer.headers) == (status, False)
    assert body is None or answer.body == body


@pytest.mark.parametrize("name", ["X-Send-File", "x-sendfile", True])
def test_header_for_files_that_no_server_knows_is_refused_at_start_up(name: Any) -> None:
    with pytest.raises(SettingError) as raised:
        RailsApplication(x_sendfile_header=name)
    assert str(raised.value) == f"setting x_sendfile_header={name!r}: it is 'X-Accel-Redirect' or 'X-Sendfile'"
    for none in (None, ""):
        assert RailsApplication(x_sendfile_header=none).settings["x_sendfile_header"] == none


@served
async def test_name_to_save_as_may_be_anything(fetch: Fetch) -> None:
    answer = await fetch("/named?name=%22%0d%0aSet-Cookie:%20a=b;%20%22../%C3%A9")
    header = answer.headers["Content-Disposition"]
    assert header.startswith("attachment; filename=\"_Set-Cookie: a=b; _.._e\"; filename*=UTF-8''%22Set-Cookie")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("name", "header"),
    [
        (None, "inline"),
        ("a.txt", 'inline; filename="a.txt"'),
        ("a b;c.txt", 'inline; filename="a b;c.txt"'),
        ("naïve.txt", "inline; filename=\"naive.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
        ("日本.txt", "inline; filename=\".txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt"),
        ('a"b', "inline; filename=\"a_b\"; filename*=UTF-8''a%22b"),
        ("100%41", "inline; filename=\"100_41\"; filename*=UTF-8''100%2541"),
        ("../a\\b/c", 'inline; filename=".._a_b_c"'),
        ("a\r\nb\0c\x7f\x85d", 'inline; filename="abcd"'),
        ("gpj\u202e.exe", 'inline; filename="gpj.exe"'),
        ("\udcff", "inline; filename=\"\"; filename*=UTF-8''%3F"),
        ("it's*", 'inline; filename="it\'s*"'),
    ],
)
def test_disposition(name: str | None, header: str) -> None:
    assert content_disposition("inline", name) == header


@given(st.text())
def test_disposition_is_one_header_with_one_name(name: str) -> None:
    header = content_disposition("attachment", name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


@served
async def test_disposition_is_one_of_two(fetch: Fetch) -> None:
    with expect_500("Uncaught"):
        await fetch("/attached")
    assert Remembers.logged == "ValueError: a disposition is 'attachment' or 'inline', not 'attached'"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.html", "text/html"), ("a.txt.gz", "application/gzip"), ("a.txt.Z", "application/octet-stream"), ("", None)],
)
def test_type_of_a_name(name: str, media_type: str | None) -> None:
    assert type_of(name) == (media_type or "application/octet-stream")


@pytest.mark.parametrize(
    "path",
    [
        *("../secret.txt", "../../etc/passwd", "/etc/passwd", "below/../../secret.txt", "below/..", ".", "", "/"),
        *("../files-other/a.txt", "out.txt", "out/secret.txt", "pipe.txt", "below", "none.txt", "a.txt/", "a.txt/b"),
        *("a.txt/.", "a.txt//", "a.txt/./", "in.txt/", "pipe.txt/"),
        *("a.txt%00", "%00", "a.txt%00.png", "..%5csecret.txt", "%2e%2e/secret.txt", "....//secret.txt", "~root"),
        *("a.txt%0a", "file:///etc/passwd", "x" * 300, "x/" * 3000),
    ],
)
@served
async def test_what_is_not_a_file_of_the_folder_is_404(fetch: Fetch, path: str) -> None:
    answer = await fetch(f"/show?path={path}")
    assert (answer.code, "there is no such file" in text(answer)) == (404, True)
    assert "secret" not in text(answer)


@served
async def test_links_within_the_folder_are_followed(fetch: Fetch) -> None:
    assert (await fetch("/show?path=in.txt")).body == BODY


def test_file_is_of_the_first_folder_that_has_it(folder: Path) -> None:
    other = folder.parent / "files-other"
    for path, folders, body in (
        ("a.txt", [folder, other], BODY),
        ("a.txt", [other, folder], b"another folder's"),
        ("empty.txt", [other, folder], b""),
        (folder / "a.txt", [other, folder], BODY),
        ("secret.txt", [folder.parent], b"secret"),
        (str(folder / "a.txt"), ["/"], BODY),
    ):
        with opened(path, folders) as file:
            assert file.read() == body
    for path, folders in (("a.txt", []), (folder / "a.txt", [other]), ("a.txt", [folder / "none"])):
        with pytest.raises(MissingFileError):
            opened(path, folders)


@served
async def test_client_that_goes_ends_the_sending(http_server: Any, http_port: int, folder: Path, app: Any) -> None:
    (folder / "huge.bin").write_bytes(b"x" * 20_000_000)
    ended = asyncio.get_running_loop().create_future()

    class Watched(FilesController):
        async def show(self) -> None:
            await super().show()
            ended.set_result(self._finished)

    app.add_handlers(".*", [("/watched", Watched, {"action": "show"})])
    reader, writer = await asyncio.open_connection("127.0.0.1", http_port)
    writer.write(b"GET /watched?path=huge.bin HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    await aborted(writer)
    assert await ended


@served
async def test_file_that_becomes_shorter_is_not_padded(io_loop: Any) -> None:
    handler = Alone(Application(), request_by_hand("/"))
    handler._transforms = []
    await sending._copy(handler, io.BytesIO(b"short"), 100)
    assert handler.request.connection.body == b"short"  # type: ignore[union-attr]


class Alone(SendingMixin, RequestHandler):
    async def get(self) -> None:
        await self.send_data("alone", type="text/plain")


@served
async def test_mixin_works_in_a_tornado_application(io_loop: Any) -> None:
    handler = await run(Application([("/", Alone)]), request_by_hand("/"))
    assert handler.request.connection.body == b"alone"
    behind = await run(Application([("/", Alone)]), request_by_hand("/", headers={"Range": "bytes=9-"}))
    assert behind.request.connection.headers["Content-Range"] == "bytes */5"
