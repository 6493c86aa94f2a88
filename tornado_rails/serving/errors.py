"""What the serving of an application can refuse."""

from __future__ import annotations


class UnsupportedError(NotImplementedError):
    """Something of Tornado's own server was asked for that ASGI does not carry.

    >>> raise UnsupportedError("detach()", "Serve this handler with Tornado's HTTPServer.")
    Traceback (most recent call last):
    tornado_rails.serving.errors.UnsupportedError: detach() is not possible under ASGI. Serve this handler with \
Tornado's HTTPServer.
    """

    def __init__(self, what: str, instead: str) -> None:
        self.what = what
        self.instead = instead
        super().__init__(f"{what} is not possible under ASGI. {instead}")
