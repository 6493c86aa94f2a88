"""Views in Tornado's template language.

A view is handed the names that it uses and no others. Everything is escaped that is not known to be safe: text that is
`Safe`, as the helpers' is, needs no ``{% raw %}``.
"""

from __future__ import annotations

import builtins
import dis
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, TracebackType
from typing import Any

from tornado.escape import utf8, xhtml_escape
from tornado.template import Loader, Template

from tornado_rails.controller.escaping import Escaping, in_json
from tornado_rails.controller.markup import Rendered
from tornado_rails.controller.view_errors import say_where
from tornado_rails.controller.views import MISSING, Resolve

_ESCAPE = "_tornado_rails_escape"
# What a template has anyway.
_OWN = frozenset(
    (*vars(builtins), "escape", "xhtml_escape", "url_escape", "json_encode", "squeeze", "linkify", "datetime")
)
# SECURITY: what it is made of, which no local takes the place of.
_INNER = frozenset(("_tt_utf8", "_tt_string_types", "_tt_execute", "isinstance", "str", _ESCAPE))


_SPECIAL = re.compile(rb"""[&<>"']""").search  # what escaping is about


class _SafeBytes(bytes):
    """Text that is escaped already, encoded."""


def _encoded(value: Any) -> Any:
    # NOTE: a template encodes a value first, and escapes it then. So what is safe is known by the class of the bytes.
    # PERF: this and the next run for every expression.
    kind = type(value)
    if kind is str:
        return value.encode()
    if kind is bytes:
        return value
    return _SafeBytes(utf8(value.__html__())) if hasattr(value, "__html__") else utf8(value)


def _encoded_in_json(value: Any) -> Any:
    # SECURITY: what is safe as HTML is not safe in a string of JSON.
    return _encoded(value) if isinstance(value, Rendered) else bytes(_encoded(value))


def _escaped(value: bytes) -> bytes:
    return value if type(value) is _SafeBytes or _SPECIAL(value) is None else utf8(xhtml_escape(value))


def _in_json(value: bytes) -> bytes:
    return value if type(value) is _SafeBytes else in_json(value.decode()).encode()


_ESCAPES: Mapping[Escaping, Callable[[bytes], bytes]] = {"html": _escaped, "json": _in_json, "text": bytes}
_NAMESPACES = {
    escaping: {"_tt_utf8": _encoded_in_json if escaping == "json" else _encoded, _ESCAPE: escape}
    for escaping, escape in _ESCAPES.items()
}


class TornadoEngine:
    """Renders the templates of a folder."""

    def __init__(self, root: str, whitespace: str | None = None) -> None:
        self._loader = Loader(root, autoescape=_ESCAPE, whitespace=whitespace)
        self._known: dict[str, tuple[Template, tuple[str, ...]]] = {}  # with the names that each reads

    def render(self, name: str, resolve: Resolve, tornados: Callable[[], Mapping[str, Any]], escaping: Escaping) -> str:
        """A template's output."""
        known = self._known.get(name)
        if known is None:
            template = self._loader.load(name)
            known = self._known[name] = template, tuple(sorted({*_globals(template.compiled)} - _INNER))
        template, names = known
        namespace: dict[str, Any] = {}
        others = []
        for each in names:
            value = resolve(each)
            if value is not MISSING:
                namespace[each] = value
            elif each not in _OWN:
                others.append(each)
        if others:  # PERF: Tornado's names cost a look for the user and the language
            theirs = tornados()
            namespace.update((each, theirs[each]) for each in others if each in theirs)
        namespace.update(_NAMESPACES[escaping])
        try:
            return template.generate(**namespace).decode()
        except Exception as error:
            say_where(error, self._loader.root, _template_line)
            raise

    def reset(self) -> None:
        """Forgets the templates."""
        self._loader.reset()
        self._known.clear()


def _globals(code: CodeType) -> Iterator[str]:
    """The global names that code reads, in all its functions."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)


def _template_line(trace: TracebackType) -> tuple[str, int] | None:
    """The template and its line that a traceback's entry is of: generated code has them as comments."""
    if not trace.tb_frame.f_code.co_filename.endswith(".generated.py"):
        return None
    loader = trace.tb_frame.f_globals.get("__loader__")
    lines = loader.get_source("").splitlines() if loader is not None else []
    line = lines[trace.tb_lineno - 1] if trace.tb_lineno <= len(lines) else ""
    found = re.search(r"# ([^#]+?):(\d+)(?: \(via .*\))?$", line)
    return (sys.intern(found[1]), int(found[2])) if found is not None else None
