"""What of a group of params a list of filters lets through: what `Parameters.permit` and ``expect`` do.

======================  =====================================================================================
a filter                lets through
======================  =====================================================================================
``"title"``             text, a number, true or false, null, a file; no list, no group; ``title(1i)`` too
``{"tags": []}``        a list of these
``{"opts": {}}``        a group, whatever is in it
``{"author": [...]}``   a group, or with ``permit`` a list of groups, of each what the filters within let through
``{"rows": [[...]]}``   a list of groups
======================  =====================================================================================

A group whose names are numbers, ``rows[0][x]``, counts as a list of groups; it keeps its names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeAlias

from tornado_rails.controller.nesting import is_position
from tornado_rails.controller.parameter_tools import ParameterTools
from tornado_rails.controller.uploads import UploadedFile

#: A name, names, or names with what is within.
Filter: TypeAlias = "str | Sequence[Filter] | Mapping[str, Filter]"

#: Is told of a group, and of what is let through.
Report = Callable[[Any, Any], None]

_SCALARS = (str, bytes, int, float, Decimal, date, time, UploadedFile, type(None))  # bool is an int
_PART_OF = re.compile(r"(.+)\([0-9]+[if]?\)", re.DOTALL).fullmatch


def is_scalar(value: Any) -> bool:
    """Whether a value is single: no list, no group.

    >>> is_scalar("text"), is_scalar(None), is_scalar(["text"]), is_scalar({})
    (True, True, False, False)
    """
    return isinstance(value, _SCALARS)


def parts_of(filters: Iterable[Filter]) -> Iterator[tuple[str, Filter | None]]:
    """Each name of filters, with the filter of what is within; None for a scalar.

    >>> list(parts_of(["title", {"tags": []}]))
    [('title', None), ('tags', [])]
    """
    for each in filters:
        if isinstance(each, str):
            yield each, None
        elif isinstance(each, Mapping):
            for name, within in each.items():
                if within is None:
                    raise _no_filter(within)
                yield name, within
        elif isinstance(each, (list, tuple)):
            yield from parts_of(each)
        else:
            raise _no_filter(each)


def _no_filter(value: object) -> TypeError:
    return TypeError(f"{value!r} permits nothing; a filter is a name, a list, or a dict of names and filters")


def let_through(group: Any, filters: Iterable[Filter], report: Report, is_strict: bool) -> Any:
    """A permitted group with what the filters let through; ``report`` is told of it and of the whole."""
    chosen = group._like(())
    scalars: set[str] = set()
    for name, within in parts_of(filters):
        if within is None:
            scalars.add(name)
            if name in group and is_scalar(group[name]):
                chosen[name] = group[name]
        elif group.get(name) not in (None, False):
            value = _shaped(group[name], within, report, is_strict)
            if value is not None:
                chosen[name] = value
    for name, value in group.items():  # "date(1i)" goes with "date", as the parts of a date
        part = _PART_OF(name)
        if part and part[1] in scalars and is_scalar(value):
            chosen[name] = value
    report(group, chosen)
    return chosen._as_permitted()


def _shaped(value: Any, within: Filter, report: Report, is_strict: bool) -> Any:
    """A value in the shape of a filter; None, if it has another."""
    if isinstance(within, (list, tuple)) and not within:
        return value if isinstance(value, list) and all(map(is_scalar, value)) else None
    if isinstance(within, Mapping) and not within:
        return _any(value) if isinstance(value, ParameterTools) else None
    is_list = isinstance(within, (list, tuple)) and len(within) == 1 and isinstance(within[0], (list, tuple))

    def of_each(group: Any) -> Any:
        return let_through(group, [within], report, is_strict)

    if isinstance(value, list):
        if is_strict and not is_list:
            return None
        return [of_each(each) for each in value if isinstance(each, ParameterTools)]
    if not isinstance(value, ParameterTools):
        return None
    says_numbers = isinstance(within, Mapping) and any(map(is_position, within))
    if (is_list or not is_strict) and not says_numbers:
        rows = [(name, row) for name, row in value.items() if is_position(name) and isinstance(row, ParameterTools)]
        if rows:
            return value._like((name, of_each(row)) for name, row in rows)._as_permitted()
    return None if is_list else of_each(value)


def _any(group: Any) -> Any:
    """A group with all that is in it, but lists in lists."""
    return group._like((name, _any_value(value)) for name, value in group.items())._as_permitted()


def _any_value(value: Any) -> Any:
    if isinstance(value, ParameterTools):
        return _any(value)
    if isinstance(value, list):
        return [_any_value(each) for each in value if not isinstance(each, list)]
    return value
