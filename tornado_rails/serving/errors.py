"""What the serving of an application can refuse."""

from __future__ import annotations

from collections.abc import Iterable

from tornado_rails.errors import RailsError, did_you_mean


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


class UnknownSettingError(RailsError, TypeError):
    """A setting that the server does not have.

    >>> raise UnknownSettingError("max_body_sice", ["max_body_size", "workers"])
    Traceback (most recent call last):
    tornado_rails.serving.errors.UnknownSettingError: run() has no setting 'max_body_sice'. Did you mean \
'max_body_size'?
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"run() has no setting {name!r}.{did_you_mean(name, known)}")


class ListenError(RailsError, OSError):
    """There is no listening at an address.

    >>> raise ListenError("127.0.0.1:80", "Permission denied")
    Traceback (most recent call last):
    tornado_rails.serving.errors.ListenError: cannot listen at 127.0.0.1:80: Permission denied
    """

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        super().__init__(f"cannot listen at {where}: {why}")


class MissingExtraError(RailsError, ImportError):
    """A package that is needed for what was asked is not installed.

    >>> raise MissingExtraError("granian", "granian")
    Traceback (most recent call last):
    tornado_rails.serving.errors.MissingExtraError: granian is not installed: pip install 'tornado-rails[granian]'
    """

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{package} is not installed: pip install 'tornado-rails[{extra}]'")


class ApplicationNotFoundError(RailsError, LookupError):
    """What was named as ``module:application`` is not there.

    >>> raise ApplicationNotFoundError("shop:ap", "the module has no 'ap'.", ["app", "os"])
    Traceback (most recent call last):
    tornado_rails.serving.errors.ApplicationNotFoundError: no application 'shop:ap': the module has no 'ap'. \
Did you mean 'app'?
    """

    def __init__(self, target: str, fact: str, known: Iterable[str] = ()) -> None:
        self.target = target
        super().__init__(f"no application {target!r}: {fact}{did_you_mean(target.partition(':')[2], known)}")
