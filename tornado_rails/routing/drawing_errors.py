"""The errors of drawing routes, and of asking for a URL that the table does not have.

Drawing errors say the call with its file:line; URL errors say the route, its parameter and the nearest name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tornado_rails.errors import RailsError, RequestError, RouteError
from tornado_rails.errors import did_you_mean as did_you_mean


class DrawingError(RouteError):
    """A call of the mapper that cannot be drawn; ``route`` is the call with its place."""


class PathSyntaxError(DrawingError):
    """A path's brackets do not pair, or a name is missing after ``:`` or ``*``."""


class MissingPathError(DrawingError):
    """A route was drawn with neither a path nor an action to name it."""


class SeveralPathsError(DrawingError):
    """A verb was given several paths; it takes one."""


class AmbiguousPathError(DrawingError):
    """A route has a path as its argument and another as ``path=``."""


class MissingViaError(DrawingError):
    """``match`` was not told which HTTP methods it takes."""


class MissingControllerError(DrawingError):
    """No controller is given, and none follows from the path or the scope."""


class MissingActionError(DrawingError):
    """No action is given, and none follows from the path or the scope."""


class ControllerNameError(DrawingError):
    """A controller's name is not lower case with underscores and slashes."""


class TargetError(DrawingError):
    """``to=`` is nothing that a request can be handed to."""


class DynamicSegmentError(DrawingError):
    """A path has a ``:controller`` or ``:action`` segment: a request may not choose what runs."""


class HelperNameError(DrawingError):
    """A route's name is not a name in Python."""


class HelperTakenError(DrawingError):
    """A route's name was given to an earlier route."""


class AnchoredConstraintError(DrawingError):
    """A segment's constraint begins or ends with an anchor; it is always held against the whole segment."""


class UnsafeConstraintError(DrawingError):
    """A segment's constraint cannot be matched in linear time."""


class PredicateError(DrawingError):
    """A constraint is neither a mapping, nor a callable, nor an object with ``matches``."""


class OutsideResourcesError(DrawingError):
    """``member``, ``collection``, ``new`` or ``nested`` was used outside of resources."""


class OnOptionError(DrawingError):
    """``on=`` is neither member, collection nor new."""


class OnlyExceptError(DrawingError):
    """``only=`` or ``except_=`` has an action that such a resource does not have."""


class ParamNameError(DrawingError):
    """``param=`` has a colon."""


class UnknownConcernError(DrawingError):
    """No concern of that name was defined before."""


class ScopeOptionError(DrawingError):
    """A scope was given an option that only a route takes."""


class DirectInScopeError(DrawingError):
    """``direct`` was used inside of a scope."""


class MountError(DrawingError):
    """``mount`` was given no application or no place."""


class DrawFileError(DrawingError):
    """``draw`` found no such routes."""


class BlockError(DrawingError):
    """A block was opened later than where it was drawn."""


class RedirectTargetError(DrawingError):
    """``redirect`` was not told where to."""


class UnknownHTTPMethodError(RequestError):
    """The request's method is none that HTTP knows (405)."""

    status = 405


class RedirectValueError(RailsError, KeyError):
    """A redirect's text names a parameter that its route does not have."""

    def __init__(self, text: str, name: str, known: Iterable[str]) -> None:
        known = list(known)
        super().__init__(f"redirect({text!r}) names {name!r}; the route has {known!r}.{did_you_mean(name, known)}")
        self.name = name

    def __str__(self) -> str:
        return str(self.args[0])


class UrlError(RailsError, ValueError):
    """A URL that cannot be made."""


class UrlArgumentError(UrlError):
    """An argument or option that means nothing: an unknown protocol, no host, a str among models."""


class UnknownHelperError(UrlError):
    """The table has no route of that name."""

    def __init__(self, name: str, known: Iterable[str], helper: str = "") -> None:
        super().__init__(f"no route is named {name!r}.{did_you_mean(name, known)}")
        self.name = name
        self.helper = helper or name


class UrlGenerationError(UrlError):
    """A route's URL cannot be made of the values given.

    ``route`` is the route in words, ``missing`` its parameters without a value, ``unmatched`` those whose value is
    not what their constraint asks for.
    """

    def __init__(self, fact: str, route: str = "", missing: Sequence[str] = (), unmatched: Sequence[str] = ()) -> None:
        super().__init__(fact)
        self.route = route
        self.missing = tuple(missing)
        self.unmatched = tuple(unmatched)


class NoRouteError(UrlGenerationError):
    """No route leads to that controller and action with those values."""


class MissingParameterError(UrlGenerationError):
    """A route's parameter has no value."""


class ExtraParameterError(UrlGenerationError):
    """More values were given by position than the route has parameters."""


class UnmatchedParameterError(UrlGenerationError):
    """A parameter's value does not match its constraint."""


class UnreachableUrlError(UrlGenerationError):
    """The URL would not lead back to its route with its values; ``url`` is what it would have been."""

    def __init__(self, fact: str, route: str, url: str) -> None:
        super().__init__(fact, route)
        self.url = url
