"""A request's parameters as one mapping: path over body over query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from tornado.web import HTTPError, RequestHandler

from tornado_rails.errors import MalformedRequestError

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BROKEN_ESCAPE_BYTES = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NONE: dict[str, Any] = {}  # never changed
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"

#: The name under which a JSON body that is no object stands, as in Rails.
JSON_KEY = "_json"


class Params(dict[str, Any]):
    """Parameters by name: those of the path win over those of the body, and those over the query's.

    ``path``, ``query`` and ``body`` are the parts. A name that stands several times has its last value; `get_list`
    has them all. Values are text as the client sent it, but those of a JSON body, which keep their types.
    """

    __slots__ = ("_lists", "body", "path", "query")

    path: dict[str, Any]
    query: dict[str, str]
    body: dict[str, Any]
    _lists: dict[str, list[Any]]

    def __init__(self, path: Mapping[str, Any], query: Mapping[str, list[str]], body: Mapping[str, Any]) -> None:
        if not query and not body:  # PERF: as for most requests
            dict.__init__(self, path)
            self.path = dict(path)
            self.query = {}
            self.body = {}
            self._lists = {}
            return
        self.path = dict(path)
        self.query = {name: values[-1] for name, values in query.items()}
        self.body = {}
        self._lists = dict(query)
        for name, value in body.items():
            is_repeated = isinstance(value, _Values)
            self.body[name] = value[-1] if is_repeated else value
            self._lists[name] = list(value) if is_repeated else value if isinstance(value, list) else [value]
        super().__init__(self.query)
        self.update(self.body)
        for name, value in self.path.items():
            # An optional group that did not take part leaves its name to the others.
            if value is not None or name not in self:
                self[name] = value

    def get_list(self, name: str) -> list[Any]:
        """All values of a name, in order; none, if it is not there.

        >>> Params({}, {"tag": ["a", "b"]}, {}).get_list("tag")
        ['a', 'b']
        """
        if self.path.get(name) is not None:
            return [self.path[name]]
        return list(self._lists.get(name, ()))


class _Values(list[str]):
    """The values of a form field, in order."""


def params_of(handler: RequestHandler) -> Params:
    """A request's parameters, read on first use; a `MalformedRequestError` (400) says what is broken."""
    known: Params | None = getattr(handler, "_tornado_rails_params", None)
    if known is None:
        request = handler.request
        query = _query(handler) if request.query else _NONE
        body = _body(handler) if request.body else _NONE
        known = Params(path_params(handler), query, body)
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


def check_escapes(text: str, place: str) -> None:
    """Raises a `MalformedRequestError` for a percent sign that two hex digits do not follow."""
    if "%" in text and _BROKEN_ESCAPE.search(text):
        raise MalformedRequestError(f"the {place} has a broken percent escape")


def content_type(handler: RequestHandler) -> str:
    """The body's media type, without its parameters, in lower case."""
    return handler.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON.

    >>> is_json("application/json"), is_json("application/vnd.api+json"), is_json("text/html")
    (True, True, False)
    """
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def decode_json(body: bytes, model: Any = Any) -> Any:
    """A JSON body's value. Broken text is a `MalformedRequestError`; a wrong type, msgspec's ValidationError."""
    try:
        return msgspec.json.decode(body, type=model)
    except msgspec.ValidationError as error:
        if model is not Any:
            raise
        raise MalformedRequestError(f"the body is not JSON: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedRequestError(f"the body is not JSON: {error}") from None


def _query(handler: RequestHandler) -> dict[str, list[str]]:
    check_escapes(handler.request.query, "query")
    return _decoded(handler, handler.request.query_arguments)


def _decoded(
    handler: RequestHandler, arguments: Mapping[str, list[bytes]], encoding: str = "latin-1"
) -> dict[str, list[str]]:
    decoded: dict[str, list[str]] = {}
    for name, values in arguments.items():
        known = _text(handler, name.encode(encoding), None)
        decoded[known] = [_text(handler, value, known) for value in values]
    return decoded


def _text(handler: RequestHandler, value: bytes, name: str | None) -> str:
    try:
        return handler.decode_argument(value, name=name)
    except HTTPError as error:
        if error.status_code != 400:  # a handler's own decode_argument may refuse in its own way
            raise
        shown = "a parameter's name" if name is None else f"parameter {name!r}"
        raise MalformedRequestError(f"{shown} is not UTF-8") from None


def _body(handler: RequestHandler) -> dict[str, Any]:
    request = handler.request
    media_type = content_type(handler)
    if is_json(media_type):
        if not request.body.strip():
            return {}
        value = decode_json(request.body)
        return value if isinstance(value, dict) else {JSON_KEY: value}
    if media_type == _FORM and _BROKEN_ESCAPE_BYTES.search(request.body):
        raise MalformedRequestError("the form has a broken percent escape")
    # Tornado reads the names of a multipart body as UTF-8, all others as Latin-1.
    encoding = "utf-8" if media_type == _MULTIPART else "latin-1"
    return {name: _Values(values) for name, values in _decoded(handler, request.body_arguments, encoding).items()}
