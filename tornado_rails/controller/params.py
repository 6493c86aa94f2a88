"""A request's parameters as one mapping: path over body over query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.controller.param_reading import (
    JSON_KEY,
    Part,
    body_part,
    check_escapes,
    content_type,
    decode_json,
    is_json,
    query_part,
    settings_of,
)
from tornado_rails.controller.parameters import Parameters, group_of

__all__ = [
    "JSON_KEY",
    "Params",
    "check_escapes",
    "content_type",
    "decode_json",
    "is_json",
    "params_of",
    "path_params",
]


class Params(Parameters):
    """Parameters by name: those of the path win over those of the body, and those over the query's.

    ``path``, ``query`` and ``body`` are the parts. A name that stands several times has its last value; `get_list`
    has them all. Values are text as the client sent it, files, and those of a JSON body, which keep their types; nested
    names are groups and lists.
    """

    __slots__ = ("_body", "_body_part", "_query", "_query_part", "path")

    path: dict[str, Any]
    _query_part: Part | None
    _body_part: Part | None

    def __init__(
        self, path: Mapping[str, Any], query: Part | None = None, body: Part | None = None, settings: Any = None
    ) -> None:
        self.path = dict(path)
        self._query_part = query
        self._body_part = body
        if settings:
            self._settings = settings
        if query is None and body is None:  # PERF: as for most requests
            dict.__init__(self, path)
            return
        dict.__init__(self, query[0] if query else ())
        if body is not None:
            self.update(body[0])
        for name, value in path.items():
            # An optional group that did not take part leaves its name to the others.
            if value is not None or name not in self:
                self[name] = value

    @property
    def query(self) -> Parameters:
        """What the query says."""
        if not hasattr(self, "_query"):
            self._query = self._group_of(self._query_part)
        return self._query

    @property
    def body(self) -> Parameters:
        """What the body says."""
        if not hasattr(self, "_body"):
            self._body = self._group_of(self._body_part)
        return self._body

    def _group_of(self, part: Part | None) -> Parameters:
        return group_of(part[0] if part else (), self._config())

    def get_list(self, name: str) -> list[Any]:
        """All values of a name, in order; none, if it is not there.

        For ``?tag=a&tag=b``, ``params["tag"]`` is "b", and ``params.get_list("tag")`` is ``["a", "b"]``.
        """
        if self.path.get(name) is not None:
            return [self.path[name]]
        for part in (self._body_part, self._query_part):
            if part is not None and name in part[0]:
                values, lists = part
                value = values[name]
                return list(lists.get(name) or (value if isinstance(value, list) else [value]))
        return []

    def _expected(self) -> Iterable[str]:
        return {*super()._expected(), *self.path}


def params_of(handler: RequestHandler) -> Params:
    """A request's parameters, read on first use; a `MalformedRequestError` (400) says what is broken."""
    known: Params | None = getattr(handler, "_tornado_rails_params", None)
    if known is None:
        request = handler.request
        settings = settings_of(handler)
        query = query_part(handler, settings) if request.query else None
        body = body_part(handler, settings) if request.body else None
        known = Params(path_params(handler), query, body, settings)
        handler._tornado_rails_params = known  # type: ignore[attr-defined]
    return known


def path_params(handler: RequestHandler) -> dict[str, Any]:
    """The values that the route took from the path, by name; those without a name are not among them."""
    # PERF: most actions read them.
    route: Any = getattr(handler.request, "route", None)
    keys = getattr(route, "param_keys", None)
    if keys is None:
        return dict(handler.path_kwargs)
    if handler.path_args and not handler.path_kwargs:
        return dict(zip(keys, handler.path_args))  # noqa: B905
    if getattr(route, "drawn", None) is not None:
        return {**route.path_defaults, **handler.path_kwargs}
    return dict(handler.path_kwargs)
