"""Where code asks for a URL: ``self.url_for("post", 1)``, ``handler.paths.post(1)``, ``self.reverse_url("post", 1)``.

Only what is surely meant is read: calls on a handler of the table or on its application, and in templates the names
that every template has.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: A value that is not written out.
UNKNOWN: Final = object()

CALLS: Final = ("url_for", "redirect_to", "reverse_url")
HELPERS: Final = ("paths", "urls")
_HOLDERS: Final = ("application", "handler", "app")


@dataclass(frozen=True, slots=True)
class Reference:
    """One call that asks for a URL: ``call`` is its word, ``name`` the route's that follows ``paths`` or ``urls``."""

    call: str
    line: int
    name: str | None = None
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    has_more: bool = False  # there is a * or a ** in it
    target: ast.expr | None = None  # the first argument of a call that is no text

    def __str__(self) -> str:
        shown = "" if self.name is not None or not self.args else _shown(self.args[0])
        return f"{self.call}.{self.name}()" if self.name is not None else f"{self.call}({shown})"


def _shown(value: Any) -> str:
    return "..." if value is UNKNOWN else repr(value)


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose calls count: of the classes by name, and of the names in a module, the words that are the layer's."""

    classes: Mapping[str, Collection[str]]  # "PostsController" -> {"url_for", "paths", ...}
    names: Mapping[str, Collection[str]]  # "app" -> the same; a name that is something else has none
    template: Collection[str] = ()  # in a template, the words that stand by themselves


def references(tree: ast.AST, owners: Owners) -> Iterator[Reference]:
    """The calls in a tree that ask for URLs."""
    yield from _in(tree, owners, "", None)


def _in(node: ast.AST, owners: Owners, place: str, words: Collection[str] | None) -> Iterator[Reference]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            name = f"{place}.{child.name}" if place else child.name
            yield from _in(child, owners, name, owners.classes.get(name))
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = f"{place}.{child.name}.<locals>" if place else f"{child.name}.<locals>"
            yield from _in(child, owners, inner, words)
        else:
            if isinstance(child, ast.Call):
                found = _reference(child, owners, words)
                if found is not None:
                    yield found
            yield from _in(child, owners, place, words)


def _reference(call: ast.Call, owners: Owners, words: Collection[str] | None) -> Reference | None:
    function = call.func
    if isinstance(function, ast.Name):
        is_call = function.id in CALLS and function.id in owners.template
        return _made(call, function.id) if is_call else None
    if not isinstance(function, ast.Attribute):
        return None
    if function.attr in CALLS:
        return _made(call, function.attr) if function.attr in _words(function.value, owners, words) else None
    holder = function.value
    if isinstance(holder, ast.Name) and holder.id in HELPERS:
        return _made(call, holder.id, function.attr) if holder.id in owners.template else None
    if isinstance(holder, ast.Attribute) and holder.attr in HELPERS:
        known = holder.attr in _words(holder.value, owners, words)
        return _made(call, holder.attr, function.attr) if known else None
    return None


def _words(node: ast.expr, owners: Owners, words: Collection[str] | None) -> Collection[str]:
    """The layer's words that an object has."""
    if isinstance(node, ast.Name):
        if node.id == "self":
            return words or ()
        if node.id in owners.names:
            return owners.names[node.id]
        return (*CALLS, *HELPERS) if node.id in _HOLDERS else ()
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return (*CALLS, *HELPERS) if node.attr in _HOLDERS and node.value.id in ("self", *_HOLDERS) else ()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("at", "url_table"):
        return _words(node.func.value, owners, words)
    return ()


def _made(call: ast.Call, word: str, name: str | None = None) -> Reference:
    has_more = any(isinstance(each, ast.Starred) for each in call.args) or any(
        each.arg is None for each in call.keywords
    )
    args = tuple(_value(each) for each in call.args if not isinstance(each, ast.Starred))
    first = call.args[0] if call.args and name is None else None
    return Reference(
        call=word,
        line=call.lineno,
        name=name,
        args=args,
        kwargs={each.arg: _value(each.value) for each in call.keywords if each.arg is not None},
        has_more=has_more,
        target=None if isinstance(first, (ast.Constant, ast.Starred)) else first,
    )


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN
