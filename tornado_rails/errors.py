"""Every error of the package: one class a cause, its parts as attributes, all under `RailsError`.

An error says the fact, the place and the help. Those a developer causes (`RouteError` and the like) come at
start-up; those a client causes (`RequestError`) are also a `tornado.web.HTTPError` and become its status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tornado.web import HTTPError

__all__ = [
    "AroundError",
    "BodyError",
    "CallbackActionError",
    "ControllersError",
    "DeclarationError",
    "DoubleResponseError",
    "DuplicateNameError",
    "DuplicateRouteError",
    "EventError",
    "MalformedRequestError",
    "MediaTypeError",
    "MethodNotAllowedError",
    "MethodsError",
    "MissingFileError",
    "MixedGroupsError",
    "NotAcceptableError",
    "ParamError",
    "ParamKeysError",
    "ParamMissingError",
    "PatchError",
    "PathParamError",
    "PatternError",
    "PreconditionFailedError",
    "RailsError",
    "RangeError",
    "RefusedActionError",
    "RequestError",
    "ReturnedValueError",
    "RouteError",
    "RoutesError",
    "SettingError",
    "ShadowedRouteError",
    "SignatureError",
    "SignedPathError",
    "StatusError",
    "UnfilteredParamsError",
    "UnknownActionError",
    "UnknownCallbackError",
    "UnknownControllerError",
    "UnknownFormatError",
    "UnpermittedParamsError",
    "UnsafeLinkError",
    "UnsafeRedirectError",
    "UrlTableError",
    "ViewMissingError",
    "ViewNameError",
]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words as a sentence, or nothing.

    >>> did_you_mean("logn", ["login", "logout"])
    " Did you mean 'login'?"
    """
    import difflib  # only an error needs it

    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


_SIGNED_PATH = {
    "missing": "the path needs a signature, and has none",
    "altered": "the signature is not the one of this path",
    "expired": "the signature of this path has expired",
}


class RailsError(Exception):
    """The base of every error that tornado-rails raises."""


class SettingError(RailsError, ValueError):
    """An application setting has a value that means nothing."""

    def __init__(self, name: str, value: object, hint: str) -> None:
        super().__init__(f"setting {name}={value!r}: {hint}")
        self.name = name
        self.value = value


class RoutesError(RailsError, ValueError):
    """What was given as ``routes=`` cannot draw."""


class ControllersError(RailsError, ValueError):
    """What was given as ``controllers=`` has no controllers, or two of the same name."""


class UrlTableError(RailsError, LookupError):
    """URLs were asked of an application that does not know its routes by name."""


class PatchError(RailsError, TypeError):
    """A class cannot be moved onto the layer by `tornado_rails.patch`."""


class StatusError(RailsError, ValueError):
    """A status that HTTP does not have, or that does not suit."""


class UnknownFormatError(RailsError, LookupError):
    """A format that has no media type."""


class ViewNameError(RailsError, ValueError):
    """A view's name that is none: it may not lead out of the folder of views."""


class ViewMissingError(RailsError, LookupError):
    """There is no such view; ``tried`` are the paths where it was looked for."""

    def __init__(self, name: str, tried: Sequence[str], hint: str = "") -> None:
        super().__init__(f"no view {name!r}; tried {', '.join(tried) or 'nothing'}" + (f". {hint}" if hint else ""))
        self.name = name
        self.tried = tuple(tried)


class UnsafeLinkError(RailsError, ValueError):
    """A link to something that is no page, as ``javascript:``."""


class EventError(RailsError, ValueError):
    """An event has a field that the format of event streams cannot hold."""


class ReturnedValueError(RailsError, TypeError):
    """An action returned something that is no response; ``action`` is its name, with its class's."""

    def __init__(self, action: str, value: object) -> None:
        hint = (
            "An iterator is sent by send_stream or send_events."
            if hasattr(value, "__next__") or hasattr(value, "__anext__")
            else "Return text, bytes, a dict, list, dataclass, Struct or pydantic model, or nothing."
        )
        super().__init__(f"{action} returned a {type(value).__name__}, which is no response. {hint}")
        self.action = action


class UnfilteredParamsError(RailsError, TypeError):
    """Params that nobody has permitted were to be passed on as a whole: as a dict, or as keyword arguments."""

    def __init__(self) -> None:
        super().__init__(
            "params that are not permitted were passed on as a whole. Name what may come in with permit(...) or "
            "expect(...), or take all that was sent with to_unsafe_dict()."
        )


class DoubleResponseError(RailsError, RuntimeError):
    """An action made two responses: it wrote, rendered or redirected, and did so again, or returned another."""

    def __init__(self, action: str) -> None:
        super().__init__(f"{action} has made a response already, and makes another. Do one or the other.")
        self.action = action


class DeclarationError(RailsError, ValueError):
    """What a controller's body declares means nothing; ``place`` says where it stands (file:line)."""

    def __init__(self, place: str, fact: str, hint: str = "") -> None:
        super().__init__(f"{place}: {fact}" + (f". {hint}" if hint else ""))
        self.place = place
        self.fact = fact
        self.hint = hint


class AroundError(DeclarationError):
    """An around callback is neither a generator nor a context manager."""


class CallbackActionError(DeclarationError):
    """A callback's ``only`` or ``except_`` names an action that is not there."""


class UnknownCallbackError(DeclarationError):
    """There is no such callback to skip, or the controller has no method of a callback's name."""


class RouteError(RailsError, ValueError):
    """A route that cannot work; ``route`` says which, with its place (file:line)."""

    def __init__(self, route: str, fact: str, hint: str = "") -> None:
        super().__init__(f"{route}: {fact}" + (f". {hint}" if hint else ""))
        self.route = route
        self.fact = fact
        self.hint = hint


class PatternError(RouteError, re.error):
    """The route's regular expression does not compile (as Python says, it is a `re.error` too)."""

    def __init__(self, route: str, error: re.error) -> None:
        RouteError.__init__(self, route, f"the pattern is not a regular expression: {error}")
        self.msg = error.msg
        self.pattern = error.pattern
        self.pos = error.pos
        self.lineno = error.lineno
        self.colno = error.colno


class MixedGroupsError(RouteError):
    """The pattern has named and positional groups; Tornado takes one kind or the other."""


class ParamKeysError(RouteError):
    """``param_keys`` do not name the pattern's groups one for one."""


class MethodsError(RouteError):
    """``methods`` holds something that is no HTTP method of the handler."""


class UnknownControllerError(RouteError):
    """A drawn route's controller is no class that the application has."""


class UnknownActionError(RouteError):
    """The handler has no such method."""


class RefusedActionError(RouteError):
    """The handler has such a name, but it may not be an action."""


class SignatureError(RouteError):
    """The action's signature can never be satisfied by its route."""


class _TwoRoutesError(RouteError):
    """Two routes that cannot both stand; ``route`` is the later, ``other`` the earlier."""

    def __init__(self, route: str, other: str, fact: str, hint: str = "") -> None:
        super().__init__(route, f"{fact} {other}", hint)
        self.other = other


class DuplicateRouteError(_TwoRoutesError):
    """An earlier route has the same pattern and takes the same methods."""


class ShadowedRouteError(_TwoRoutesError):
    """An earlier route takes every request that this one could."""


class DuplicateNameError(_TwoRoutesError):
    """Two routes of one table have the same name."""


class RequestError(RailsError, HTTPError):
    """A request that is answered with 4xx: ``detail`` is for the client, ``errors`` lists its parts.

    Each part of ``errors`` is ``{"parameter": name, "in": "path" | "query" | "body", "detail": reason}``;
    for what an action asks of its params, ``in`` is "params".
    """

    status = 400

    def __init__(self, detail: str, errors: Sequence[dict[str, Any]] = ()) -> None:
        HTTPError.__init__(self, self.status, "%s", detail)
        self.detail = detail
        self.errors = list(errors)


class _ParameterError(RequestError):
    """One named parameter is the cause."""

    def __init__(self, parameter: str, reason: str, place: str) -> None:
        super().__init__(
            f"parameter {parameter!r}: {reason}", [{"parameter": parameter, "in": place, "detail": reason}]
        )
        self.parameter = parameter
        self.reason_text = reason


class PathParamError(_ParameterError):
    """A path value does not cast to the type its parameter has: there is no such page (404)."""

    status = 404


class ParamError(_ParameterError):
    """A query or form value is missing or does not cast (400)."""


class ParamMissingError(ParamError):
    """A parameter that an action requires is not there, is empty, or has not the shape that it expects (400)."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter, "is missing, empty or not as expected", "params")


class UnpermittedParamsError(RequestError):
    """There are params that are not permitted, and the setting ``unpermitted_params`` is "raise" (400)."""

    def __init__(self, parameters: Sequence[str]) -> None:
        reason = "is not permitted"
        super().__init__(
            f"not permitted: {', '.join(map(repr, parameters))}",
            [{"parameter": name, "in": "params", "detail": reason} for name in parameters],
        )
        self.parameters = tuple(parameters)


class BodyError(RequestError):
    """The body was read, but is not what the action's model asks for (422)."""

    status = 422


class MediaTypeError(RequestError):
    """The body's content type is one that the action's model cannot be read from (415)."""

    status = 415


class MalformedRequestError(RequestError):
    """The request's text is broken: JSON, UTF-8 or a percent escape (400)."""


class SignedPathError(RequestError):
    """The path should be signed (403); ``fault`` is "missing", "altered" or "expired"."""

    status = 403

    def __init__(self, reason: str) -> None:
        super().__init__(_SIGNED_PATH[reason])
        self.fault = reason


class MethodNotAllowedError(RequestError):
    """The path is right, the method is not (405); ``allow`` lists those that are."""

    status = 405

    def __init__(self, method: str, allow: Sequence[str]) -> None:
        super().__init__(f"{method} is not allowed here; allowed: {', '.join(allow)}")
        self.allow = tuple(allow)


class UnsafeRedirectError(RequestError):
    """A redirect that would lead to another host, or whose URL is none (400); ``url`` is where to."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"refused to redirect: {reason}")
        self.url = url


class NotAcceptableError(RequestError):
    """The client likes no format that there is (406); ``formats`` are those, with their media types."""

    status = 406

    def __init__(self, formats: Mapping[str, str]) -> None:
        shown = ", ".join(f"{name} ({media_type})" for name, media_type in formats.items())
        super().__init__(f"there is no such format here; there is {shown}")
        self.formats = dict(formats)


class PreconditionFailedError(RequestError):
    """The client asked to go on only if what it has is the last, or is none (412); ``header`` is how."""

    status = 412

    def __init__(self, header: str) -> None:
        super().__init__(f"{header} does not hold")
        self.header = header


class MissingFileError(RequestError):
    """The file to send is not there, cannot be read, or is in none of the folders that were named (404)."""

    status = 404

    def __init__(self) -> None:
        super().__init__("there is no such file")


class RangeError(RequestError):
    """The client asked for a part that lies behind the end (416); ``size`` is where that is."""

    status = 416

    def __init__(self, size: int) -> None:
        super().__init__(f"there is no such part of {size} bytes")
        self.size = size
