"""Files and data to save or show: ``await self.send_file(name, below=FOLDER)``, ``await self.send_data(...)``.

Both answer Range and conditional requests. A file is read as the client takes it.

SECURITY: what is sent lies in a folder that the caller named, wherever ``..`` and symbolic links lead.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import io
import mimetypes
import os
import stat
from collections.abc import Iterable
from typing import Any, BinaryIO

from tornado.web import RequestHandler

from tornado_rails.controller.connections import flushed, while_connected
from tornado_rails.controller.preconditions import is_fresh, moment_of, parsed_moment
from tornado_rails.controller.ranges import content_disposition, part_of
from tornado_rails.controller.statuses import status_with_body
from tornado_rails.errors import MissingFileError, RangeError

Path = str | os.PathLike[str]

_CHUNK = 64 * 1024
_COMPRESSED = {"gzip": "application/gzip"}


class SendingMixin(RequestHandler):
    """Adds ``send_file`` and ``send_data``."""

    async def send_file(
        self,
        path: Path,
        /,
        *,
        below: Path | Iterable[Path],
        filename: str | None = None,
        type: str | None = None,  # noqa: A002
        disposition: str | None = "attachment",
    ) -> None:
        """Sends a file; a path that is not absolute is one of the folder, or the first of the folders, that has it.

        ``filename`` is what it is saved as: its own name, if left out. The type follows from that. Raises
        `MissingFileError` (404) for a file that is not there, or not below.
        """
        file = opened(path, [below] if isinstance(below, (str, os.PathLike)) else below)
        with file:
            status = os.fstat(file.fileno())
            name = filename or os.path.basename(path)
            _describe(self, name, type, disposition)
            etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
            await _send(self, file, status.st_size, etag, moment_of(status.st_mtime))

    async def send_data(
        self,
        data: bytes | str,
        /,
        *,
        filename: str | None = None,
        type: str | None = None,  # noqa: A002
        disposition: str | None = "attachment",
        status: int | str = 200,
    ) -> None:
        """Sends data as a file."""
        body = data.encode() if isinstance(data, str) else data
        self.set_status(status_with_body(status))
        _describe(self, filename, type, disposition)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        await _send(self, io.BytesIO(body), len(body), etag, None)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Says with a 416 how much there is."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, RangeError):
            self.set_header("Content-Range", f"bytes */{error.size}")
        super().write_error(status_code, **kwargs)


def opened(path: Path, folders: Iterable[Path]) -> BinaryIO:
    """A file below one of the folders; raises `MissingFileError`."""
    for folder in folders:
        with contextlib.suppress(OSError, ValueError):  # as for a name that is too long, or has a zero in it
            root = os.path.realpath(folder)
            full = os.path.realpath(os.path.join(root, path))
            if os.path.commonpath([root, full]) != root:
                continue
            # NOTE: without waiting, as a pipe would; it is no file.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            descriptor = os.open(full, flags)
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return os.fdopen(descriptor, "rb")
            os.close(descriptor)
    raise MissingFileError


def type_of(filename: str) -> str:
    """The media type of a file by its name.

    >>> type_of("a.csv"), type_of("a.tar.gz"), type_of("a")
    ('text/csv', 'application/gzip', 'application/octet-stream')
    """
    found, encoding = mimetypes.guess_type(filename)
    if encoding is not None:
        return _COMPRESSED.get(encoding, "application/octet-stream")
    return found or "application/octet-stream"


def _describe(handler: RequestHandler, name: str | None, media_type: str | None, disposition: str | None) -> None:
    handler.set_header("Content-Type", media_type or type_of(name or ""))
    handler.set_header("X-Content-Type-Options", "nosniff")
    if disposition is not None:
        handler.set_header("Content-Disposition", content_disposition(disposition, name))


async def _send(
    handler: RequestHandler, file: BinaryIO, size: int, etag: str, modified: datetime.datetime | None
) -> None:
    request = handler.request
    handler.set_header("Etag", etag)
    if modified is not None:
        handler.set_header("Last-Modified", modified)
    start, end = 0, size
    if handler.get_status() == 200:
        handler.set_header("Accept-Ranges", "bytes")
        if is_fresh(str(request.method), request.headers, etag, modified):
            handler.set_status(304)
            handler.finish()
            return
        part = part_of(request.headers.get("Range", ""), size) if _wants_part(handler, etag, modified) else None
        if part is not None:
            start, end = part
            handler.set_status(206)
            handler.set_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
            handler._transforms = []  # NOTE: a part of a compressed body is no compressed part
    handler.set_header("Content-Length", end - start)
    file.seek(start)
    await while_connected(handler, lambda: _copy(handler, file, end - start))


def _wants_part(handler: RequestHandler, etag: str, modified: datetime.datetime | None) -> bool:
    """Whether a range is heeded: for GET, where the client's other parts are of this body."""
    headers = handler.request.headers
    condition = headers.get("If-Range")
    if handler.request.method != "GET":
        return False
    return condition is None or condition == etag or (modified is not None and parsed_moment(condition) == modified)


async def _copy(handler: RequestHandler, file: BinaryIO, length: int) -> None:
    while length > 0:
        chunk = file.read(min(_CHUNK, length))
        if not chunk:
            return  # it has become shorter: Tornado closes the connection, as less is sent than was said
        length -= len(chunk)
        handler.write(chunk)
        await flushed(handler)
