"""Strong parameters: a group of a request's params, of which nothing is taken over that the action does not name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tornado.log import gen_log

from tornado_rails.controller.param_settings import on_unpermitted
from tornado_rails.controller.parameter_tools import ParameterTools, is_blank
from tornado_rails.controller.permitting import Filter, let_through, parts_of
from tornado_rails.errors import ParamMissingError, UnfilteredParamsError, UnpermittedParamsError

_NO_SETTINGS: Mapping[str, Any] = {}
_MANY, _LONG = 20, 100  # names that are told, and characters of one
#: What nobody types into a form, and is there all the same.
ALWAYS_THERE = frozenset({"action", "controller", "_method", "_xsrf"})


class Parameters(ParameterTools):
    """A group of params: a dict to read, but not to pass on as a whole until it is permitted.

    >>> post = Parameters({"title": "One", "admin": "1", "author": {"name": "Ann"}})
    >>> post["title"], post.permit("title").to_dict()
    ('One', {'title': 'One'})

    Dicts within are groups too. Until it is permitted, ``keys()``, and thus ``dict(post)``, ``Model(**post)`` and
    ``{**post}``, is an `UnfilteredParamsError`.
    """

    __slots__ = ("_permitted", "_settings")

    _permitted: bool
    _settings: Mapping[str, Any]

    def __init__(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, **named: Any) -> None:
        super().__init__(values, **named)
        for name, value in self.items():
            if type(value) in (dict, list):
                self[name] = _grouped(value)

    # NOTE: a slot that is not set yet means the default, so that a group costs no more than its dict.

    @property
    def permitted(self) -> bool:
        """Whether it may be passed on as a whole."""
        return getattr(self, "_permitted", False)

    def __iter__(self) -> Any:
        # SECURITY: a dict's subclass with an __iter__ of its own is one that CPython asks for its keys(), where it
        # passes on or copies any other dict unasked.
        return dict.__iter__(self)

    def keys(self) -> Any:
        """The names, if it is permitted; ``list(params)`` has them in any case."""
        if not self.permitted:
            raise UnfilteredParamsError
        return dict.keys(self)

    def permit(self, /, *filters: Filter, **nested: Filter) -> Parameters:
        """A permitted group of what is named here, and of nothing else.

        ``params["post"].permit("title", tags=[], author=["name"])`` takes a title that is a single value, tags that
        are a list of single values, and an author that is a group, of which the name.
        """
        chosen: Parameters = let_through(self, [*filters, nested], _report, is_strict=False)
        return chosen

    def require(self, *names: str | Iterable[str]) -> Any:
        """A value that is there and not blank, or a list of several; else a `ParamMissingError` (400).

        ``params.require("post").permit("title")``. False and 0 are values.
        """
        flat = [name for each in names for name in ([each] if isinstance(each, str) else each)]
        values = [self._required(name) for name in flat]
        return values[0] if len(names) == 1 and isinstance(names[0], str) else values

    def _required(self, name: str) -> Any:
        value = self.get(name)
        if is_blank(value):
            raise ParamMissingError(name)
        return value

    def expect(self, /, *filters: Filter, **nested: Filter) -> Any:
        """What is named here, permitted, if it is there and has that very shape; else a `ParamMissingError` (400).

        ``params.expect(post=["title"])`` is the permitted post, a group; ``params.expect(rows=[["title"]])`` a list of
        groups. Of several names it is a list: ``id, post = params.expect("id", post=["title"])``.
        """
        whole = [*filters, nested]
        chosen = let_through(self, whole, _report, is_strict=True)
        values = [chosen._required(name) for name, _within in parts_of(whole)]
        if not values:
            raise TypeError("expect() needs a name")
        return values[0] if len(values) == 1 else values

    def permit_all(self) -> Parameters:
        """Permits it as it is, and all within it: what Rails calls ``permit!``. It returns itself."""
        self._permitted = True
        for value in self.values():
            _permit_within(value)
        return self

    def to_dict(self) -> dict[str, Any]:
        """A plain dict of a permitted group and all within; else it is an `UnfilteredParamsError`."""
        if not self.permitted:
            raise UnfilteredParamsError
        return {name: _plain(value, Parameters.to_dict) for name, value in self.items()}

    def to_unsafe_dict(self) -> dict[str, Any]:
        """A plain dict of all that was sent, permitted or not."""
        return {name: _plain(value, Parameters.to_unsafe_dict) for name, value in self.items()}

    def copy(self) -> Parameters:
        """A group of the same values, as permitted as this one."""
        return self._like(self.items())

    __copy__ = copy

    def _like(self, values: Iterable[tuple[str, Any]]) -> Parameters:
        group = group_of(values, self._config())
        group._permitted = self.permitted
        return group

    def _items_of(self, other: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        # SECURITY: else a permitted group would hand on what is not.
        if self.permitted and isinstance(other, Parameters) and not other.permitted:
            raise UnfilteredParamsError
        return other.items()

    def _as_permitted(self) -> Parameters:
        """Permits it, whose groups are permitted by now."""
        self._permitted = True
        return self

    def _config(self) -> Mapping[str, Any]:
        return getattr(self, "_settings", _NO_SETTINGS)

    def _expected(self) -> Iterable[str]:
        """Names that are there without the client's doing."""
        return ALWAYS_THERE

    def __reduce_ex__(self, _protocol: Any) -> Any:
        # Copied deeply or pickled, it leaves the application's settings behind.
        return _copied, (list(self.items()), self.permitted)


def group_of(values: Any, settings: Mapping[str, Any]) -> Parameters:
    """A group of an application's request; what is within stays as it is."""
    group = Parameters.__new__(Parameters)
    dict.__init__(group, values)
    group._settings = settings
    return group


def _copied(values: Iterable[tuple[str, Any]], permitted: bool) -> Parameters:
    group = group_of(values, _NO_SETTINGS)
    group._permitted = permitted
    return group


def _grouped(value: Any) -> Any:
    if type(value) is dict:
        return Parameters(value)
    return [_grouped(each) for each in value] if type(value) is list else value


def _permit_within(value: Any) -> None:
    if isinstance(value, Parameters):
        value.permit_all()
    elif isinstance(value, list):
        for each in value:
            _permit_within(each)


def _plain(value: Any, of_group: Any) -> Any:
    if isinstance(value, Parameters):
        return of_group(value)
    return [_plain(each, of_group) for each in value] if isinstance(value, list) else value


def _report(group: Parameters, chosen: Parameters) -> None:
    """Says which names were not let through, as the setting ``unpermitted_params`` has it."""
    way = on_unpermitted(group._config())
    if way is None:
        return
    expected = group._expected()
    left = [name for name in group if name not in chosen and name not in expected]
    if not left:
        return
    shown = [name[:_LONG] for name in left[:_MANY]]
    if way == "raise":
        raise UnpermittedParamsError(shown)
    more = f" and {len(left) - _MANY} more" if len(left) > _MANY else ""
    gen_log.warning("Params that are not permitted: %s%s", ", ".join(map(repr, shown)), more)
