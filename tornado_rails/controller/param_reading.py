"""Reads a request's query and body: what is nested gets its groups, files are values, broken text is a 400."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from tornado.httputil import parse_body_arguments
from tornado.web import HTTPError, RequestHandler

from tornado_rails.controller.nesting import is_nested, nest
from tornado_rails.controller.param_settings import DEPTH, JSON_DEPTH, KEYS, limit_of
from tornado_rails.controller.parameters import Parameters, group_of
from tornado_rails.controller.uploads import UploadedFile
from tornado_rails.errors import MalformedRequestError

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BROKEN_ESCAPE_BYTES = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"

#: The name under which a JSON body that is no object stands, as in Rails.
JSON_KEY = "_json"

#: A part's values by name, and all values of the names that stand several times.
Part = tuple[dict[str, Any], Mapping[str, list[Any]]]


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


def settings_of(handler: RequestHandler) -> Mapping[str, Any]:
    """Its application's settings; none, where it only tries what a request would do."""
    return getattr(handler.application, "settings", None) or {}


def query_part(handler: RequestHandler, settings: Mapping[str, Any]) -> Part:
    """The query's parameters."""
    request = handler.request
    query = request.query
    check_escapes(query, "query")
    if "&" in query and query.count("&") >= limit_of(settings, KEYS):
        raise _too_many("query", settings)
    values = _decoded(handler, request.query_arguments)
    # PERF: a query without a bracket is not asked for nested names.
    if "[" not in query and "%5" not in query:
        return _last(values), values
    return _part(handler, settings, values, lambda: _names_of(query))


def body_part(handler: RequestHandler, settings: Mapping[str, Any]) -> Part | None:
    """The body's parameters; None, if it is of a type that has none."""
    request = handler.request
    media_type = content_type(handler)
    if is_json(media_type):
        return (_from_json(request.body, settings), {}) if request.body.strip() else None
    if media_type.startswith(_FORM):  # as Tornado asks for it
        if _BROKEN_ESCAPE_BYTES.search(request.body):
            raise MalformedRequestError("the form has a broken percent escape")
        if request.body.count(b"&") >= limit_of(settings, KEYS):
            raise _too_many("form", settings)
        values = _decoded(handler, request.body_arguments)
        return _part(handler, settings, values, lambda: _names_of(request.body.decode("latin-1")))
    if not media_type.startswith(_MULTIPART):  # there are arguments only if the application has put them there
        return _part(handler, settings, _decoded(handler, request.body_arguments), list)
    parts: list[list[Any]] = [*request.body_arguments.values(), *request.files.values()]
    if sum(map(len, parts)) > limit_of(settings, KEYS):
        raise _too_many("form", settings)
    # Tornado reads the names of a multipart body as UTF-8, all others as Latin-1.
    values = _decoded(handler, request.body_arguments, "utf-8")
    for name, files in request.files.items():
        known = _text(handler, name.encode(), None)
        values[known] = [*values.get(known, ()), *map(UploadedFile, files)]
    return _part(handler, settings, values, lambda: _names_of_multipart(handler), is_dear=True)


def _too_many(place: str, settings: Mapping[str, Any]) -> MalformedRequestError:
    return MalformedRequestError(f"the {place} has more than {limit_of(settings, KEYS)} parameters")


def _last(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    return {name: each[-1] for name, each in values.items()}


def _part(
    handler: RequestHandler,
    settings: Mapping[str, Any],
    values: Mapping[str, list[Any]],
    names: Callable[[], Iterable[str]],
    is_dear: bool = False,
) -> Part:
    """A part of these values. Tornado has them by name; ``names`` has each name as often as it is there, in order."""
    if not any(map(is_nested, values)):
        return _last(values), values
    pairs: list[tuple[str, Any]]
    # In a list of groups, one begins where a name comes again.
    if not is_dear or any("[][" in name for name in values):
        left = {name: deque(each) for name, each in values.items()}
        decoded = (_text(handler, name.encode("latin-1"), None) for name in names())
        pairs = [(name, left[name].popleft()) for name in decoded if left.get(name)]
        pairs += [(name, value) for name, each in left.items() for value in each]  # what is not in the text
    else:
        pairs = [(name, value) for name, each in values.items() for value in each]

    def make() -> Parameters:
        return group_of((), settings)

    return nest(pairs, limit_of(settings, DEPTH), make), {
        name: each for name, each in values.items() if not is_nested(name)
    }


def _names_of(text: str) -> Iterator[str]:
    """The names of a query, in order, as Tornado reads them: as Latin-1."""
    return (name for name, _value in parse_qsl(text, keep_blank_values=True, encoding="latin-1"))


class _Names(dict[str, Any]):
    """Takes the place of a dict of lists, and notes the names that get a value, in order."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names

    def setdefault(self, name: str, _values: Any = None) -> Any:
        self._names.append(name.encode().decode("latin-1"))
        return []


def _names_of_multipart(handler: RequestHandler) -> Iterable[str]:
    """The names of a multipart body, in order, as if they were read as Latin-1."""
    request = handler.request
    names: list[str] = []
    parse_body_arguments(request.headers["Content-Type"], request.body, _Names(names), _Names(names))
    return names


def _decoded(
    handler: RequestHandler, arguments: Mapping[str, list[bytes]], encoding: str = "latin-1"
) -> dict[str, list[Any]]:
    decoded: dict[str, list[Any]] = {}
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


def _from_json(body: bytes, settings: Mapping[str, Any]) -> dict[str, Any]:
    value = decode_json(body)
    if not isinstance(value, dict):
        value = {JSON_KEY: value}
    _group_within(value, settings, limit_of(settings, JSON_DEPTH))
    return value


def _group_within(value: Any, settings: Mapping[str, Any], depth: int) -> None:
    """Makes groups of the objects within a JSON value, in their places."""
    if depth == 0:
        raise MalformedRequestError(f"the body is nested more than {limit_of(settings, JSON_DEPTH)} deep")
    if type(value) is dict and len(value) > limit_of(settings, KEYS):
        raise MalformedRequestError(f"the body has an object of more than {limit_of(settings, KEYS)} names")
    for place, each in value.items() if type(value) is dict else enumerate(value):
        if type(each) is list:
            _group_within(each, settings, depth - 1)
        elif type(each) is dict:
            _group_within(each, settings, depth - 1)
            value[place] = group_of(each, settings)
