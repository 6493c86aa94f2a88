"""An action's signature: its parameters, with annotations that are types, and which of them are in the path."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, NamedTuple, Union

import msgspec


class Parameter(NamedTuple):
    """One parameter of an action, ``self`` left out."""

    name: str
    kind: Any  # as in inspect.Parameter
    default: Any  # inspect.Parameter.empty, if it has none
    annotation: Any  # a type; inspect.Parameter.empty, if it has none

    @property
    def is_required(self) -> bool:
        """Whether the action cannot be called without it."""
        return self.default is inspect.Parameter.empty and self.kind not in (
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        )

    @property
    def is_positional(self) -> bool:
        """Whether it takes one positional argument."""
        return self.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@functools.lru_cache(maxsize=256)
def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters of a method, its first (``self``) left out.

    >>> def show(self, id: int, *, page: "int" = 1): ...
    >>> [(parameter.name, parameter.annotation) for parameter in parameters_of(show)]
    [('id', <class 'int'>), ('page', <class 'int'>)]

    Raises what reading its annotations raises: NameError for one that names nothing.
    """
    parameters = list(inspect.signature(function).parameters.values())
    if (
        parameters and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL
    ):  # a wrapper may take it along with the rest
        del parameters[0]
    wrapped = inspect.unwrap(function)
    if any(isinstance(parameter.annotation, str) for parameter in parameters):
        hints = _evaluated(wrapped, {parameter.name for parameter in parameters})
    else:
        hints = {}
    return tuple(
        [Parameter(each.name, each.kind, each.default, hints.get(each.name, each.annotation)) for each in parameters]
    )


def _evaluated(function: Any, names: set[str]) -> dict[str, Any]:
    """Annotations written as text, of these parameters only: a return type may name what is not there."""
    texts = {name: value for name, value in function.__annotations__.items() if name in names}
    holder = types.FunctionType((lambda: None).__code__, function.__globals__)
    holder.__annotations__ = texts
    return typing.get_type_hints(holder, include_extras=True)


def path_parameters(function: Callable[..., Any]) -> list[Parameter]:
    """The parameters that a convention route has in its path: the positional ones, and the glob ``*rest``."""
    return [
        parameter
        for parameter in parameters_of(function)
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL
        or (parameter.is_positional and model_of(parameter.annotation) is None)
    ]


def members_of(annotation: Any) -> tuple[Any, ...]:
    """The types of a union; of another type, itself. ``Annotated`` is looked through.

    >>> members_of(typing.Optional[int])
    (<class 'int'>, <class 'NoneType'>)
    """
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def model_of(annotation: Any) -> Any:
    """The dataclass, Struct or pydantic model among an annotation's types: it takes the whole body. Else None."""
    for member in members_of(annotation):
        if isinstance(member, type) and (
            dataclasses.is_dataclass(member) or issubclass(member, msgspec.Struct) or is_pydantic(member)
        ):
            return member
    return None


def is_pydantic(model: object) -> bool:
    """Whether a class is a pydantic model; pydantic itself need not be there."""
    return hasattr(model, "model_validate_json") and hasattr(model, "__pydantic_validator__")


def is_list(annotation: Any) -> bool:
    """Whether a parameter takes all values of a repeated name.

    >>> is_list(list[int]), is_list(typing.Optional[list[str]]), is_list(str)
    (True, True, False)
    """
    return any(
        (typing.get_origin(member) or member) in (list, set, frozenset, tuple) for member in members_of(annotation)
    )
