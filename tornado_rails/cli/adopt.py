"""``tornado-rails adopt``: an application's table as a routes function, to be run and then written on by hand.

Each rule becomes a line that takes the same paths to the same target. What the routing language cannot say is a
comment with the reason; such rules stay in ``handlers``. Drawn routes also take a path with a slash at its end, or
doubled ones, which tuples do not: that is the language's own rule.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import click
from tornado.routing import DefaultHostMatches, HostMatches, PathMatches, Rule
from tornado.web import Application

from tornado_rails.cli.target import TargetError, load
from tornado_rails.routing.actions import is_websocket
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.linear import UnsafeError
from tornado_rails.routing.mapping import place_defaults
from tornado_rails.routing.pattern import PathPattern
from tornado_rails.routing.redirects import PathRedirect
from tornado_rails.routing.route import Route
from tornado_rails.routing.rows import Row, row_of, rules_of, value_names
from tornado_rails.routing.signature import parameters_of
from tornado_rails.routing.translation import UntranslatableError, translate
from tornado_rails.routing.urlspec import is_handler

_VERBS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_FLAGS: Final = ((re.IGNORECASE, "re.IGNORECASE"), (re.DOTALL, "re.DOTALL"), (re.VERBOSE, "re.VERBOSE"))
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)


class UndrawableError(ValueError):
    """A rule that the routing language cannot say; its text is the reason."""


@click.command()
@click.argument("target")
def adopt(target: str) -> None:
    """Prints the table of TARGET in the routing language."""
    found = load(target)
    if found.application is None:
        raise TargetError(f"{target} draws its routes already: adopt takes an application")
    click.echo(adopted(found.application, target), nl=False)


@dataclass(slots=True)
class _Needs:
    """What the lines import."""

    classes: dict[tuple[str, str], None] = field(default_factory=dict)
    has_regex: bool = False
    has_redirect: bool = False

    def text(self) -> Iterator[str]:
        if self.has_regex:
            yield "import re"
            yield ""
        for module, name in sorted(self.classes):
            yield f"from {module} import {name}"
        if self.has_redirect:
            yield "from tornado_rails.routing.redirects import redirect"


def adopted(application: Application, name: str) -> str:
    """The routes function of an application's table."""
    needs = _Needs()
    names: set[str] = set()
    lines = []
    for rule, within in rules_of(application):
        row = row_of(rule, within)
        try:
            line = _line(row, names, needs)
        except UndrawableError as error:
            lines.append(f"    # {row}: {error}")
        else:
            lines.append(f"    {line}")
            names.add(row.name)
    if not any(line.lstrip()[:1] != "#" for line in lines):
        lines.append("    pass")
    imports = list(needs.text())
    head = [f'"""The routes of {name}."""', "", *imports, *([""] if imports else []), "", "def routes(map):"]
    return "\n".join([*head, *lines]) + "\n"


def _line(row: Row, names: set[str], needs: _Needs) -> str:
    """One call of the mapper; raises `UndrawableError`."""
    if row.route is not None:
        path, asked, options = row.route.path, dict(row.route.requirements), _of_route(row.route, needs)
    else:
        path, asked, options = _of_rule(row, needs)
    constraints = {**asked, **_hosts(row)}
    if row.route is not None:
        constraints.update(row.route.constraints)
    if constraints:
        options["constraints"] = _text(constraints, needs)
    verbs = row.verbs
    word = verbs[0].lower() if len(verbs) == 1 and verbs[0] in _VERBS else "match"
    if word == "match":
        options["via"] = _text([verb.lower() for verb in verbs], needs) if verbs else '"all"'
    if row.name and row.name not in names and _NAME.match(row.name):
        options["as_"] = _quoted(row.name)
    else:
        options["as_"] = "None"
    note = f"  # it is named {row.name!r}" if row.name and options["as_"] == "None" else ""
    return f"map.{word}({_quoted(path)}, {', '.join(f'{key}={value}' for key, value in options.items())}){note}"


def _of_route(route: Route, needs: _Needs) -> dict[str, str]:
    """The options of a route that is drawn already."""
    if route.predicates:
        raise UndrawableError("its constraint is a function")
    options: dict[str, str] = {}
    if route.endpoint is None:
        options["to"] = _quoted(route.leads_to) if route.target is None else _class_target(route, needs)
    elif isinstance(route.endpoint, PathRedirect) and isinstance(route.endpoint.to, str):
        needs.has_redirect = True
        options["to"] = f"redirect({_quoted(route.endpoint.to)}, status={route.endpoint.status})"
    elif is_handler(route.endpoint):
        options["to"] = _class(route.endpoint, needs)
    else:
        raise UndrawableError(f"it leads to {route.endpoint!r}")
    if not route.anchored:
        options["anchor"] = "False"
    if not route.path.endswith("(.:format)"):
        options["format"] = "False"
    given = {*place_defaults(route.constraints), "controller", "action"}
    rest = {name: value for name, value in route.defaults.items() if name not in given}
    if rest:
        options["defaults"] = _text(rest, needs)
    return options


def _class_target(route: Route, needs: _Needs) -> str:
    target: Any = route.target
    if isinstance(target, tuple):
        return f"({_class(target[0], needs)}, {_quoted(target[1])})"
    owner, _, action = target.__qualname__.rpartition(".")
    needs.classes[target.__module__, owner.partition(".")[0]] = None
    return f"{owner}.{action}"


def _of_rule(row: Row, needs: _Needs) -> tuple[str, dict[str, Any], dict[str, str]]:
    """The path, its constraints, and the options of a rule that is a tuple's or a convention's."""
    rule: Any = row.rule
    if type(rule.matcher) is not PathMatches:
        raise UndrawableError(f"{type(rule.matcher).__name__} asks something of its own")
    if not is_handler(rule.target):
        raise UndrawableError("an application or a router gets the whole path here, and the rest of it from mount()")
    if rule.target_kwargs:
        raise UndrawableError(f"its handler is given {', '.join(map(repr, rule.target_kwargs))}")
    owner = written_class(rule.target)
    pattern = rule.matcher.regex
    if pattern.flags & ~re.UNICODE:
        raise UndrawableError("its pattern has flags")
    try:
        translation = translate(pattern.pattern, _names(rule, owner))
        asked = {name: re.compile(text) for name, text in translation.requirements.items()}
        path = translation.path
        PathPattern(path, asked)
    except (UntranslatableError, UnsafeError, ValueError, re.error) as error:
        raise UndrawableError(str(error)) from None
    if not path.startswith("/"):
        raise UndrawableError("a path begins with a slash")
    for name in translation.requirements:
        if re.search(r"\A(?:\\A|\^)|(?:\\Z|\$)\Z", translation.requirements[name]):
            raise UndrawableError(f"the constraint of {name} is anchored")
    text = _class(owner, needs)
    if row.action:
        text = f"({text}, {_quoted(row.action)})"
    return path, asked, {"to": text, "format": "False"}


def _names(rule: Rule, owner: Any) -> list[str]:
    """The names of a path's values: of groups without one, those of the parameters that take them."""
    names = value_names(rule)
    if getattr(rule, "param_keys", None) or getattr(rule.matcher, "regex", re.compile("")).groupindex or not names:
        return names
    action: str | None = getattr(rule, "action", None)
    if action:
        found = {_positional(getattr(owner, action), len(names))}
    else:
        verbs = ["open"] if is_websocket(owner) else [verb.lower() for verb in row_of(rule).verbs]
        found = {_positional(getattr(owner, verb), len(names)) for verb in verbs}
    if found == {None} and action:
        return names  # which an action takes by position
    agreed = found.pop() if len(found) == 1 else None
    if agreed is None:
        raise UndrawableError("its groups have no names, and its methods do not agree on any")
    return list(agreed)


def _positional(function: Any, count: int) -> tuple[str, ...] | None:
    """The names of the first positional parameters of a method."""
    try:
        parameters = [each for each in parameters_of(function) if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    except Exception:
        return None  # annotations are the user's code
    return tuple(each.name for each in parameters[:count]) if len(parameters) >= count else None


def _hosts(row: Row) -> dict[str, Any]:
    """What the rules around a rule ask, as constraints of the request."""
    if not row.within:
        return {}
    matcher = row.within[0]
    if len(row.within) > 1 or not isinstance(matcher, HostMatches):
        what = "the default host" if isinstance(matcher, DefaultHostMatches) else "a rule around it"
        raise UndrawableError(f"{what} asks more than a host")
    return {"host": re.compile(rf"\A(?:{matcher.host_pattern.pattern.removesuffix('$')})\Z")}


def _class(owner: Any, needs: _Needs) -> str:
    if "<locals>" in owner.__qualname__:
        raise UndrawableError(f"{owner.__name__} is defined in a function")
    needs.classes[owner.__module__, owner.__qualname__.partition(".")[0]] = None
    return str(owner.__qualname__)


def _quoted(text: str) -> str:
    r"""A text as it is written in Python.

    >>> print(_quoted("/a"), _quoted(r"\d+"))
    "/a" r"\d+"
    """
    is_raw = "\\" in text and text.isprintable() and not text.endswith("\\")
    if '"' in text or ("\\" in text and not is_raw) or not text.isprintable():
        return repr(text)
    return f'r"{text}"' if is_raw else f'"{text}"'


def _text(value: Any, needs: _Needs) -> str:
    """A value as Python; raises for what has no such text."""
    if isinstance(value, re.Pattern):
        needs.has_regex = True
        flags = " | ".join(name for flag, name in _FLAGS if value.flags & flag)
        return f"re.compile({_quoted(value.pattern)}{', ' + flags if flags else ''})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(str(key))}: {_text(each, needs)}" for key, each in value.items()) + "}"
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_text(each, needs) for each in value) + "]"
    raise UndrawableError(f"{value!r} has no text in Python")
