"""What can be asked of a group of params, and made of it, in Rails' words. A group made of it is as permitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tornado_rails.errors import ParamMissingError

_MISSING: Any = object()


def is_blank(value: Any) -> bool:
    """Whether there is nothing in a value: null, nothing but spaces, an empty list or group; False is something.

    >>> is_blank(None), is_blank(" "), is_blank([]), is_blank(False), is_blank(0)
    (True, True, True, False, False)
    """
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


class ParameterTools(dict[str, Any]):
    """A dict with Rails' words for params."""

    __slots__ = ()

    def _like(self, values: Iterable[tuple[str, Any]]) -> Any:
        """A group of other values, as permitted as this one."""
        raise NotImplementedError

    def _items_of(self, other: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        """Another's items, which a permitted group takes of permitted ones alone."""
        raise NotImplementedError

    def fetch(self, name: str, default: Any = _MISSING) -> Any:
        """A value that has to be there, if no default is given: else a `ParamMissingError` (400).

        ``params.fetch("page", "1")`` is "1" where no page was sent.
        """
        if name in self:
            return self[name]
        if default is _MISSING:
            raise ParamMissingError(name)
        return default

    def fetch_values(self, *names: str) -> list[Any]:
        """The values of several names, each as by `fetch`."""
        return [self.fetch(name) for name in names]

    def values_at(self, *names: str) -> list[Any]:
        """The values of several names; None for those that are not there."""
        return [self.get(name) for name in names]

    def dig(self, *path: str | int) -> Any:
        """A value within groups and lists; None, if the way to it is not there.

        ``params.dig("post", "tags", 0)`` is the first tag of the post, if it has any.
        """
        found: Any = self
        for step in path:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and -len(found) <= step < len(found):
                found = found[step]
            else:
                return None
        return found

    def extract_value(self, name: str, delimiter: str = "_") -> list[str] | None:
        """The parts of a composite key: for ``id=1_2``, ``params.extract_value("id")`` is ``["1", "2"]``."""
        value = self.get(name)
        return value.split(delimiter) if isinstance(value, str) and value else None

    def slice(self, *names: str) -> Any:
        """These names alone, as far as they are there."""
        return self._like((name, self[name]) for name in names if name in self)

    def without(self, *names: str) -> Any:
        """All but these names."""
        return self.reject(lambda name, _value: name in names)

    def extract(self, *names: str) -> Any:
        """Takes these names out, and returns them."""
        return self._like([(name, self.pop(name)) for name in names if name in self])

    def select(self, test: Callable[[str, Any], Any]) -> Any:
        """Those of which a function of name and value is true."""
        return self._like((name, value) for name, value in self.items() if test(name, value))

    def reject(self, test: Callable[[str, Any], Any]) -> Any:
        """Those of which a function of name and value is not true."""
        return self._like((name, value) for name, value in self.items() if not test(name, value))

    def compact(self) -> Any:
        """Those that are not null."""
        return self.reject(lambda _name, value: value is None)

    def compact_blank(self) -> Any:
        """Those that are not blank: null, spaces, or an empty list or group."""
        return self.reject(lambda _name, value: is_blank(value))

    def transform_values(self, change: Callable[[Any], Any]) -> Any:
        """Each value as a function makes it."""
        return self._like((name, change(value)) for name, value in self.items())

    def transform_keys(self, change: Callable[[str], str]) -> Any:
        """Each name as a function makes it; those of groups within stay."""
        return self._like((change(name), value) for name, value in self.items())

    def deep_transform_keys(self, change: Callable[[str], str]) -> Any:
        """Each name as a function makes it, also in the groups within."""
        return self._like((change(name), _with_keys(value, change)) for name, value in self.items())

    def deep_transform_values(self, change: Callable[[Any], Any]) -> Any:
        """Each value as a function makes it, also in the groups and lists within."""
        return self._like((name, _with_values(value, change)) for name, value in self.items())

    def merge(self, other: Mapping[str, Any] = {}, /, **more: Any) -> Any:
        """These with others, which win: ``params.permit("title").merge(user_id=7)``."""
        return self._like([*self.items(), *self._items_of(other), *more.items()])

    def reverse_merge(self, other: Mapping[str, Any] = {}, /, **more: Any) -> Any:
        """Others for what is not there: ``params.reverse_merge(page="1")``."""
        return self._like([*self._items_of(other), *more.items(), *self.items()])

    def deep_merge(self, other: Mapping[str, Any]) -> Any:
        """These with others, which win; groups of one name are merged too."""
        merged = self._like(self.items())
        for name, value in self._items_of(other):
            known = merged.get(name)
            is_both = isinstance(known, ParameterTools) and isinstance(value, Mapping)
            merged[name] = known.deep_merge(value) if is_both else value
        return merged

    def __or__(self, other: Any) -> Any:
        return self.merge(other) if isinstance(other, Mapping) else NotImplemented


def _with_keys(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, ParameterTools):
        return value.deep_transform_keys(change)
    return [_with_keys(each, change) for each in value] if isinstance(value, list) else value


def _with_values(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, ParameterTools):
        return value.deep_transform_values(change)
    return [_with_values(each, change) for each in value] if isinstance(value, list) else change(value)
