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
from tornado_rails.controller.parameters import Parameters

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

    __slots__ = ("_body", "_query", "path")

    path: dict[str, Any]
    _query: Part
    _body: Part

    def __init__(
        self, path: Mapping[str, Any], query: Part | None = None, body: Part | None = None, settings: Any = None
    ) -> None:
        dict.__init__(self, path)
        self.path = dict(path)
        if settings is not None:
            self._settings = settings
        if query is not None or body is not None:  # PERF: most requests have neither
            self._lay_over(query, body)

    def _lay_over(self, query: Part | None, body: Part | None) -> None:
        self.clear()
        if query is not None:
            self._query = query
            dict.update(self, query[0].items())
        if body is not None:
            self._body = body
            dict.update(self, body[0].items())
        for name, value in self.path.items():
            # An optional group that did not take part leaves its name to the others.
            if value is not None or name not in self:
                self[name] = value

    # NOTE: slots that are not set mean the default here too.

    @property
    def query(self) -> Parameters:
        """What the query says."""
        part: Part | None = getattr(self, "_query", None)
        return Parameters() if part is None else part[0]

    @property
    def body(self) -> Parameters:
        """What the body says."""
        part: Part | None = getattr(self, "_body", None)
        return Parameters() if part is None else part[0]

    def get_list(self, name: str) -> list[Any]:
        """All values of a name, in order; none, if it is not there.

        For ``?tag=a&tag=b``, ``params["tag"]`` is "b", and ``params.get_list("tag")`` is ``["a", "b"]``.
        """
        if self.path.get(name) is not None:
            return [self.path[name]]
        for part in (getattr(self, "_body", None), getattr(self, "_query", None)):
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
        query = query_part(handler) if request.query else None
        body = body_part(handler) if request.body else None
        known = Params(path_params(handler), query, body, settings_of(handler))
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
