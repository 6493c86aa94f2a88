"""Files and data to save or show: ``await self.send_file(name, below=FOLDER)``, ``await self.send_data(...)``.

Both answer Range and conditional requests. A file is read as the client takes it; or the server in front sends
it, where the setting ``x_sendfile_header`` names the header by which that is asked: "X-Accel-Redirect" (nginx) or
"X-Sendfile" (Apache).

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
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO
from urllib.parse import quote

from tornado.web import RequestHandler

from tornado_rails.controller.connections import flushed, while_connected
from tornado_rails.controller.preconditions import is_fresh, moment_of, parsed_moment
from tornado_rails.controller.ranges import content_disposition, part_of
from tornado_rails.controller.statuses import set_status_with_body
from tornado_rails.errors import MissingFileError, RangeError, SettingError

Path = str | os.PathLike[str]

X_SENDFILE = "x_sendfile_header"

_HEADERS = ("X-Accel-Redirect", "X-Sendfile")
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
        status: int | str | None = None,
    ) -> None:
        """Sends a file; a path that is not absolute is one of the folder, or the first of the folders, that has it.

        ``filename`` is what it is saved as: its own name, if left out. The type follows from that. Raises
        `MissingFileError` (404) for a file that is not there, or not below.
        """
        file = opened(path, [below] if isinstance(below, (str, os.PathLike)) else below)
        with file:
            set_status_with_body(self, status)
            found = os.fstat(file.fileno())
            _describe(self, filename or os.path.basename(path), type, disposition)
            etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
            await _send(self, file, found.st_size, etag, moment_of(found.st_mtime), file.name)

    async def send_data(
        self,
        data: bytes | str,
        /,
        *,
        filename: str | None = None,
        type: str | None = None,  # noqa: A002
        disposition: str | None = "attachment",
        status: int | str | None = None,
    ) -> None:
        """Sends data as a file."""
        body = data.encode() if isinstance(data, str) else data
        set_status_with_body(self, status)
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
    """A file below one of the folders, whose ``name`` is its real path; raises `MissingFileError`."""
    if os.path.basename(path) in ("", "."):  # of a folder, if of anything; the real path of a file would do without
        raise MissingFileError
    for folder in folders:
        with contextlib.suppress(OSError, ValueError):  # as for a name that is too long, or has a zero in it
            root = os.path.realpath(folder)
            full = os.path.realpath(os.path.join(root, path))
            if os.path.commonpath([root, full]) != root:
                continue
            file = open(full, "rb", opener=_at_once)  # noqa: SIM115 - it is the caller's
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file
            file.close()
    raise MissingFileError


def _at_once(path: str, flags: int) -> int:
    # NOTE: a pipe, which is no file, would wait for its other end.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


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


def check_sendfile(settings: Mapping[str, Any]) -> None:
    """Raises `SettingError` for an ``x_sendfile_header`` that no server knows."""
    name = settings[X_SENDFILE]
    if name not in _HEADERS:
        raise SettingError(X_SENDFILE, name, f"it is {' or '.join(map(repr, _HEADERS))}")


async def _send(
    handler: RequestHandler,
    file: BinaryIO,
    size: int,
    etag: str,
    modified: datetime.datetime | None,
    path: str | None = None,
) -> None:
    request = handler.request
    handler.set_header("Etag", etag)
    if modified is not None:
        handler.set_header("Last-Modified", modified)
    start, end = 0, size
    if handler.get_status() == 200:
        if is_fresh(str(request.method), request.headers, etag, modified):
            handler.set_status(304)
            handler.finish()
            return
        by_server = handler.settings.get(X_SENDFILE)
        if by_server and path is not None:
            handler.set_header(by_server, quote(os.fsencode(path)))
            handler.finish()
            return
        handler.set_header("Accept-Ranges", "bytes")
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
