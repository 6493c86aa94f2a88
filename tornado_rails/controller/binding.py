"""How an action's signature takes params, and casts them: decided once for each route.

Names that match path params are passed by name; if no name matches, path values go by position, as in Tornado. An
action that takes nothing gets nothing (it has ``params``). ``*args`` takes what is left, in order. Keyword-only
parameters come from the body or the query. A dataclass, Struct or pydantic model is read from the body.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec
from tornado.escape import url_unescape

from tornado_rails.controller.casting import cast_to
from tornado_rails.controller.models import body_reader
from tornado_rails.controller.params import params_of, path_params
from tornado_rails.errors import ParamError, PathParamError, SignatureError
from tornado_rails.routing.signature import Parameter, is_list, model_of, parameters_of
from tornado_rails.routing.urlspec import URLSpec, describe, group_count, group_names

if TYPE_CHECKING:
    from tornado_rails.routing.route import Route

#: Takes something for the action from a handler: an argument, or a list or dict of them.
Taker = Callable[[Any], Any]
Cast = Callable[[Any], Any]

_EMPTY = inspect.Parameter.empty


def bind_action(spec: URLSpec, action: str) -> Callable[[Any], Any]:
    """A function that calls an action on a route's handler with the arguments that its signature asks for.

    Raises `SignatureError` for a signature that the route can never satisfy.
    """
    function = getattr(spec.handler_class, action)
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        hint = "Hand what it yields to send_stream or send_events, or decorate it with tornado.gen.coroutine."
        raise SignatureError(describe(spec), f"{action} is a generator, which is no response", hint)
    try:
        parameters = parameters_of(function)
    except Exception as error:  # annotations are the user's code
        hint = "Import its name." if isinstance(error, NameError) else ""
        raise SignatureError(describe(spec), f"an annotation cannot be read: {error}", hint) from None
    if spec.drawn is not None:
        return _bind_drawn(spec, action, parameters, spec.drawn)
    count = group_count(spec.matcher)
    if count is None:
        return _bind_late(spec, action, parameters)
    return _bind_shared(spec, action, parameters, count)


# PERF: routes that call one action with the same values share the call, which takes more memory than a route.
_shared: WeakKeyDictionary[Any, dict[Any, Callable[[Any], Any]]] = WeakKeyDictionary()


def _bind_shared(spec: URLSpec, action: str, parameters: Sequence[Parameter], count: int) -> Callable[[Any], Any]:
    names = group_names(spec)
    calls = _shared.setdefault(getattr(spec.handler_class, action), {})
    named = getattr(getattr(spec.matcher, "regex", None), "groupindex", None)
    has_glob = any(each.name in (names or ()) for each in parameters if each.kind is each.kind.VAR_POSITIONAL)
    key = (action, names, count, bool(named), spec.matcher if has_glob else None)  # a glob is cut out by its pattern
    if key not in calls:
        _check_self(spec, action)
        calls[key] = _Binder(spec, action, parameters, names, count).call()
    return calls[key]


def _check_self(spec: URLSpec, action: str) -> None:
    if not inspect.signature(getattr(spec.handler_class, action)).parameters:
        raise SignatureError(describe(spec), f"{action} takes no self", "An action is a method.")


def _bind_drawn(spec: URLSpec, action: str, parameters: Sequence[Parameter], route: Route) -> Callable[[Any], Any]:
    """For a drawn route, whose parts may be left out, and whose defaults are params like any other."""
    _check_self(spec, action)
    defaults: dict[str, Any] = spec.path_defaults  # type: ignore[attr-defined]
    names = dict.fromkeys([*route.parts, *defaults])
    binder = _Binder(spec, action, parameters, tuple(names), len(names), by_keyword=True, defaults=defaults)
    return binder.call()


def _bind_late(spec: URLSpec, action: str, parameters: Sequence[Parameter]) -> Callable[[Any], Any]:
    """For a matcher of the user's own, which tells what it takes from a path only when it has."""
    calls: dict[tuple[tuple[str, ...], int], Callable[[Any], Any]] = {}

    def call(handler: Any) -> Any:
        names, count = tuple(path_params(handler)), len(handler.path_args)
        known = calls.get((names, count))
        if known is None:
            by_keyword = bool(handler.path_kwargs)
            known = _Binder(spec, action, parameters, names or None, len(names) or count, by_keyword).call()
            calls[names, count] = known
        return known(handler)

    return call


class _Binder:
    """Decides for each parameter of an action where its argument comes from."""

    def __init__(
        self,
        spec: URLSpec,
        action: str,
        parameters: Sequence[Parameter],
        names: Sequence[str] | None,
        count: int,
        by_keyword: bool | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        self.spec = spec
        self.action = action
        self.parameters = parameters
        self.names = tuple(names) if names else tuple(range(count))  # type: tuple[Any, ...]
        regex = getattr(spec.matcher, "regex", None)
        self.by_keyword = bool(regex is not None and regex.groupindex) if by_keyword is None else by_keyword
        self.defaults = defaults  # of a drawn route
        # By position come the values of the path that a drawn route always has, or that is not its format.
        self.in_order = (
            self.names
            if defaults is None
            else tuple(name for name in self.names if name not in defaults and name != "format")
        )
        kinds = [parameter.kind for parameter in parameters]
        self.takes_rest = inspect.Parameter.VAR_POSITIONAL in kinds
        self.takes_any = inspect.Parameter.VAR_KEYWORD in kinds
        self.assigned = self._assign()
        self.left = [name for name in self.names if name not in self.assigned.values()]

    def _assign(self) -> dict[str, Any]:
        """Parameter names to path values: by name if any matches, else by position."""
        by_name = {each.name: each.name for each in self.parameters if each.name in self.names and not _is_any(each)}
        if by_name:
            return by_name
        positional = [each for each in self.parameters if each.is_positional and model_of(each.annotation) is None]
        if not positional:
            return {}
        if len(self.in_order) > len(positional) and not self.takes_rest:
            raise self._error(
                f"{self._action} takes {len(positional)} values by position, the path has {len(self.in_order)}",
                "Name its parameters as the path params are named, or take *args.",
            )
        return {each.name: name for each, name in zip(positional, self.in_order, strict=False)}

    @property
    def _action(self) -> str:
        shown: list[str] = []
        for each in self.parameters:
            if each.kind is each.kind.KEYWORD_ONLY and not any(text.startswith("*") for text in shown):
                shown.append("*")
            shown.append(_shown(each))
        return f"{self.action}({', '.join(shown)})"

    def _error(self, fact: str, hint: str) -> SignatureError:
        return SignatureError(describe(self.spec), fact, hint)

    def call(self) -> Callable[[Any], Any]:
        """The function that calls the action on a handler."""
        action = self.action
        positional, rest, keyword, any_keyword = self._takers()
        if not (positional or rest or keyword or any_keyword):
            return operator.methodcaller(action)

        def call(handler: Any) -> Any:
            arguments = [take(handler) for take in positional]
            if rest is not None:
                arguments += rest(handler)
            named = {name: take(handler) for name, take in keyword}
            if any_keyword is not None:
                named.update(any_keyword(handler))
            return getattr(handler, action)(*arguments, **named)

        def call_by_position(handler: Any) -> Any:
            return getattr(handler, action)(*[take(handler) for take in positional])

        return call if rest or keyword or any_keyword else call_by_position

    def _takers(self) -> tuple[list[Taker], Taker | None, list[tuple[str, Taker]], Taker | None]:
        positional: list[Taker] = []
        keyword: list[tuple[str, Taker]] = []
        rest: Taker | None = None
        any_keyword: Taker | None = None
        for parameter in self.parameters:
            if parameter.kind is parameter.kind.VAR_POSITIONAL:
                rest = self._rest(parameter)
            elif parameter.kind is parameter.kind.VAR_KEYWORD:
                any_keyword = self._any_keyword()
            elif parameter.is_positional:
                positional.append(self._taker(parameter))
            else:
                keyword.append((parameter.name, self._taker(parameter)))
        return positional, rest, keyword, any_keyword

    def _taker(self, parameter: Parameter) -> Taker:
        if parameter.name in self.assigned:
            return self._from_path(parameter)
        model = model_of(parameter.annotation)
        if model is not None:
            return self._from_body(parameter, model)
        if not parameter.is_positional:
            return self._from_input(parameter)
        if parameter.is_required:
            names = [repr(name) for name in self.names if isinstance(name, str)]
            has = (
                f"Its path params: {', '.join(names) or 'none'}"
                if names or not self.names
                else "Its values have no names"
            )
            raise self._error(
                f"{self._action} needs {parameter.name!r}, which the path does not have",
                f"{has}. A parameter behind a lone * comes from the query or the body.",
            )
        return _constant(parameter.default)

    def _path_value(self, name: Any) -> Taker:
        if self.defaults is not None:
            default = self.defaults.get(name)
            return lambda handler: handler.path_kwargs.get(name, default)
        if self.by_keyword:
            return lambda handler: handler.path_kwargs[name]
        position = self.names.index(name)
        return lambda handler: handler.path_args[position]

    def _from_path(self, parameter: Parameter) -> Taker:
        value_of = self._path_value(self.assigned[parameter.name])
        cast = self._cast(parameter)
        default = None if parameter.default is _EMPTY else parameter.default
        in_list = is_list(parameter.annotation)
        name = parameter.name
        if cast is None and default is None:
            return value_of

        def take(handler: Any) -> Any:
            value = value_of(handler)
            if value is None:
                return default
            if cast is None or not isinstance(value, str):  # a drawn route's default has its type
                return value
            try:
                return cast([value] if in_list else value)
            except (ValueError, ArithmeticError) as error:
                raise PathParamError(name, _reason(error), "path") from None

        return take

    def _rest(self, parameter: Parameter) -> Taker:
        cast = self._cast(parameter)
        name = parameter.name

        def cast_all(values: list[Any]) -> list[Any]:
            try:
                return values if cast is None else [value if value is None else cast(value) for value in values]
            except (ValueError, ArithmeticError) as error:
                raise PathParamError(name, _reason(error), "path") from None

        if name in self.names:
            if self.defaults is not None:
                captured = self.spec.matcher.captured  # type: ignore[attr-defined]
                return lambda handler: cast_all(_segments(handler, captured(handler.request).get(name)))
            regex = self.spec.matcher.regex  # type: ignore[attr-defined]
            group = name if self.by_keyword else self.names.index(name) + 1
            return lambda handler: cast_all(_glob(handler, regex, group))
        takers = [self._path_value(left) for left in self.left if left in self.in_order]
        return lambda handler: cast_all([take(handler) for take in takers])

    def _any_keyword(self) -> Taker | None:
        named = [name for name in self.left if isinstance(name, str)]
        if self.takes_rest or not named:
            return None
        defaults = self.defaults
        if defaults is not None:
            return lambda handler: {
                name: handler.path_kwargs.get(name, defaults.get(name))
                for name in named
                if name in handler.path_kwargs or name in defaults
            }
        takers = [(name, self._path_value(name)) for name in named]
        return lambda handler: {name: take(handler) for name, take in takers}

    def _from_body(self, parameter: Parameter, model: Any) -> Taker:
        try:
            read = body_reader(model)
        except (TypeError, NameError) as error:
            raise self._error(f"{parameter.name!r} cannot be read from a body: {error}", "") from None
        if parameter.is_required:
            return read
        default = parameter.default
        return lambda handler: read(handler) if handler.request.body else default

    def _from_input(self, parameter: Parameter) -> Taker:
        cast = self._cast(parameter)
        name, default, in_list = parameter.name, parameter.default, is_list(parameter.annotation)

        is_single = not in_list and name.isascii()
        is_text = parameter.annotation is str

        def take(handler: Any) -> Any:
            request = handler.request
            if is_single and not request.body and "%" not in request.query and request.query.isascii():
                # PERF: one value of a plain query, without reading the others. An empty query has none of them.
                place, value = "query", request.query_arguments.get(name)
                if value is not None:
                    value = handler.decode_argument(value[-1], name=name)
                    try:
                        return value if cast is None else cast(value)
                    except (ValueError, ArithmeticError) as error:
                        raise ParamError(name, _reason(error), place) from None
            params = params_of(handler)
            if name in params.body:
                place, value = "body", params.body[name]
            elif name in params.query:
                place, value = "query", params.query[name]
            elif default is not _EMPTY:
                return default
            else:
                raise ParamError(name, "is required", "query" if handler.request.method in ("GET", "HEAD") else "body")
            if in_list and not isinstance(value, list):
                value = params.get_list(name)
            try:
                if cast is None:
                    # A JSON body has values of other types too.
                    return value if not is_text or isinstance(value, str) else msgspec.convert(value, str)
                return cast(value)
            except (ValueError, ArithmeticError) as error:
                raise ParamError(name, _reason(error), place) from None

        return take

    def _cast(self, parameter: Parameter) -> Cast | None:
        try:
            return cast_to(parameter.annotation)
        except TypeError as error:
            annotation = parameter.annotation
            shown = annotation.__name__ if isinstance(annotation, type) else repr(annotation)
            raise self._error(
                f"{parameter.name!r} of {self.action} cannot be cast to {shown}: {' '.join(str(error).split())}",
                "int, float, bool, str, UUID, date, datetime, Decimal, Enum, Literal, Optional and list[...] can.",
            ) from None


def _is_any(parameter: Parameter) -> bool:
    return parameter.kind is inspect.Parameter.VAR_KEYWORD


def _constant(value: Any) -> Taker:
    return lambda handler: value


def _shown(parameter: Parameter) -> str:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    default = "" if parameter.default is _EMPTY else f"={parameter.default!r}"
    return stars.get(parameter.kind, "") + parameter.name + default


def _glob(handler: Any, regex: Any, group: str | int) -> list[str]:
    """The segments of a glob, each decoded by itself: an escaped slash parts none."""
    match = regex.match(handler.request.path)
    return _segments(handler, match and match[group])


def _segments(handler: Any, text: str | None) -> list[str]:
    if not text:
        return []
    return [handler.decode_argument(url_unescape(segment, encoding=None, plus=False)) for segment in text.split("/")]


def _reason(error: Exception) -> str:
    """What is wrong with a value, without the words that only concern Python.

    >>> _reason(ValueError("Expected `int`, got `str`"))
    'Expected `int`'
    """
    return str(error).partition(" - at `$")[0].removesuffix(", got `str`") or "cannot be read"
