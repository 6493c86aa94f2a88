"""An uploaded file."""

from __future__ import annotations

from tornado.httputil import HTTPFile

from tornado_rails.controller.uploads import UploadedFile


def test_file_is_what_tornado_has_and_can_be_read() -> None:
    given = HTTPFile(filename="é.txt", content_type="text/plain", body=b"a file")
    file = UploadedFile(given)
    assert (file.filename, file.content_type, file.body, file.size) == ("é.txt", "text/plain", b"a file", 6)
    assert file.file is given
    assert repr(file) == "<UploadedFile 'é.txt' text/plain 6 bytes>"


def test_file_is_read_from_where_the_last_reading_ended() -> None:
    file = UploadedFile(HTTPFile(filename="a", content_type="b", body=b"a file"))
    assert [file.read(2), file.read(), file.read()] == [b"a ", b"file", b""]
    assert file.seek(-4, 2) == 2
    assert file.read() == b"file"
    assert file.open().read() == b"a file"


def test_file_can_be_sought_before_it_is_read() -> None:
    file = UploadedFile(HTTPFile(filename="a", content_type="b", body=b"a file"))
    assert file.seek(2) == 2
    assert file.read() == b"file"
