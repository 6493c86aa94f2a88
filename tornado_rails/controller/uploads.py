"""An uploaded file, as params have it."""

from __future__ import annotations

import io

from tornado.httputil import HTTPFile


class UploadedFile:
    """A file of a multipart form: ``filename``, ``content_type``, ``body``, ``size`` and ``read()``.

    >>> file = UploadedFile(HTTPFile(filename="a.txt", content_type="text/plain", body=b"text"))
    >>> file.filename, file.size, file.read(2), file.read()
    ('a.txt', 4, b'te', b'xt')

    ``file`` is Tornado's own `HTTPFile`, the one that ``request.files`` has.

    SECURITY: the name and the type are the client's words: ``../../etc/passwd`` is a name too.
    """

    __slots__ = ("_reader", "file")

    def __init__(self, file: HTTPFile) -> None:
        self.file = file
        self._reader: io.BytesIO | None = None

    @property
    def filename(self) -> str:
        """The name that the client has given it."""
        name: str = self.file["filename"]
        return name

    @property
    def content_type(self) -> str:
        """The media type that the client has given it."""
        media_type: str = self.file["content_type"]
        return media_type

    @property
    def body(self) -> bytes:
        """All of it."""
        content: bytes = self.file["body"]
        return content

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.body)

    def open(self) -> io.BytesIO:
        """The file as Python's libraries take one, at its beginning: ``Image.open(photo.open())``."""
        return io.BytesIO(self.body)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, or all that are left."""
        if self._reader is None:
            self._reader = self.open()
        return self._reader.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Goes to a place, from which `read` goes on: ``photo.seek(0)``."""
        if self._reader is None:
            self._reader = self.open()
        return self._reader.seek(offset, whence)

    def __repr__(self) -> str:
        return f"<UploadedFile {self.filename!r} {self.content_type} {self.size} bytes>"
