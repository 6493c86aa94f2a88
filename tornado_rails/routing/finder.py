"""The fast way from a method and a path to a drawn route.

Most routes are plain: segments that are text or one parameter each, and nothing asked besides. For each method, the
routes that take it are put in a table of states, in which every path has one way; where the first route that a state
leads to is plain, it is the answer, and no regex is asked. Any other path (with an escape, a dot, a slash too many, or
for a route that asks more) is left to `recognition`, which this is held to by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from tornado_rails.routing.index import Shape, shapes
from tornado_rails.routing.pattern import Group, Param, Parts, PathPattern, Text
from tornado_rails.routing.route import Route
from tornado_rails.routing.states import State, build

#: A route and the params of a path; None where the fast way cannot tell.
Answer = tuple[Route, dict[str, Any]] | None
Find = Callable[[str], Answer]

_FORMAT: Final = Group((Text("."), Param("format")))


def plain_segments(pattern: PathPattern) -> tuple[str | Param, ...] | None:
    """The segments of a pattern that is plain: each a text, or a parameter that takes any text; None if it is not.

    A format that may be left out is not among them: a path with a dot is another matter.

    >>> plain_segments(PathPattern("/posts/:id(.:format)"))
    ('', 'posts', Param(name='id', glob=False))
    """
    parts: Parts = pattern.parts
    if parts and parts[-1] == _FORMAT:
        parts = parts[:-1]
    if not pattern.anchored or pattern.requirements or len(set(pattern.names)) < len(pattern.names):
        return None
    segments: list[str | Param] = [""]
    for part in parts:
        last = segments[-1]
        if isinstance(part, Text):
            first, *others = part.text.split("/")
            if isinstance(last, str):
                segments[-1] = last + first
            elif first:
                return None
            segments += others
        elif isinstance(part, Param) and last == "" and not part.glob:
            segments[-1] = part
        else:
            return None
    return tuple(segments)


def pattern_shapes(pattern: PathPattern) -> tuple[Shape, ...]:
    """The shapes of the paths that a pattern can match, of a plain one without its regex.

    >>> pattern_shapes(PathPattern("/posts(.:format)"))
    (Shape(segments=('', 'posts'), exact=True), Shape(segments=('', None), exact=True))
    """
    segments = plain_segments(pattern)
    if segments is None:
        return shapes(pattern.regex)
    texts = tuple(each if isinstance(each, str) else None for each in segments)
    if pattern.parts[-1:] != (_FORMAT,):
        return (Shape(texts, exact=True),)
    return tuple(dict.fromkeys([Shape(texts, exact=True), Shape((*texts[:-1], None), exact=True)]))


_FEW: Final = 4  # texts that are compared one by one; more are looked up in a dict
_MOST_WRITTEN: Final = 50_000  # states of which a function is written; more are walked as data

Entry = tuple[Route, "tuple[str | Param, ...] | None"]


class Finder:
    """Finds the plain routes of one method; ``source`` is the function that was written for it.

    >>> from tornado_rails.routing.routeset import RouteSet
    >>> routes = RouteSet(lambda map: map.resources("posts")).routes
    >>> finder = Finder(routes, "GET")
    >>> route, params = finder.find("/posts/7/edit")
    >>> route.name, params
    ('edit_post', {'id': '7'})
    >>> finder.find("/posts/7.json") is None  # left to recognition
    True

    ``find`` takes a path without its query.
    """

    def __init__(self, routes: Iterable[Route], method: str, written: bool = True) -> None:
        entries: list[Entry] = []
        entry_shapes: list[tuple[Shape, ...]] = []
        for route in routes:
            if route.verbs and method not in route.verbs:
                continue
            segments = plain_segments(route.pattern)
            if segments is None or route.constraints or route.predicates or route.endpoint is not None:
                entries.append((route, None))
                entry_shapes.append(pattern_shapes(route.pattern))
            elif not any("." in each for each in segments if isinstance(each, str)):
                entries.append((route, segments))
                texts = tuple(each if isinstance(each, str) else None for each in segments)
                entry_shapes.append((Shape(texts, exact=True),))
        start = build(dict(enumerate(entries)), entry_shapes)
        self.source = ""
        # A request by HEAD goes first to the routes that name it, which are rare: recognition does that.
        if start is None or method == "HEAD":
            self.find: Find = _cannot_tell
        elif written and len(_states(start)) <= _MOST_WRITTEN:
            writer = _Writer(start)
            self.source = writer.source
            self.find = writer.function()
        else:
            self.find = _walked(start)


def _states(start: State[Entry]) -> dict[int, State[Entry]]:
    """All states by their id, from the first on."""
    found: dict[int, State[Entry]] = {}
    waiting = [start]
    while waiting:
        state = waiting.pop()
        if id(state) not in found:
            found[id(state)] = state
            waiting += [state.other, *state.literals.values()]
    return found


def _leaf(state: State[Entry]) -> tuple[Route, dict[int, str], dict[str, Any]] | None:
    """What a path that ends in a state leads to: the route, its parameters by place, and its other params."""
    route, segments = state.found[0] if state.found else (None, None)
    if route is None or segments is None:
        return None
    places = {at: each.name for at, each in enumerate(segments) if isinstance(each, Param)}
    extra = {name: value for name, value in route.defaults.items() if name not in ("controller", "action")}
    return route, places, extra


def _walked(start: State[Entry]) -> Find:
    """The look-up over states as data: [get, other, leaf]; one call of ``get`` finds the next."""
    states = _states(start)
    rows: dict[int, list[Any]] = {}
    for key, state in states.items():
        leaf = _leaf(state)
        rows[key] = [None, None, leaf and (leaf[0], _maker(tuple(leaf[1].items())), leaf[2])]
    for key, state in states.items():
        following = {text: rows[id(each)] for text, each in state.literals.items()}
        rows[key][:2] = [following.get, rows[id(state.other)]]
    first = rows[id(start)]

    def find(path: str) -> Answer:
        # PERF: this runs for every request.
        if "." in path or "%" in path:
            return None
        state = first
        segments = path.split("/")
        for segment in segments:
            state = state[0](segment, state[1])
        if state[2] is None:
            return None
        route, make, extra = state[2]
        params = make(segments)
        if params is None:
            return None
        return route, {**extra, **params} if extra else params

    return find


@lru_cache(maxsize=1024)
def _maker(places: tuple[tuple[int, str], ...]) -> Callable[[list[str]], dict[str, Any] | None]:
    """A function that makes a route's params of a path's segments; they are None where one is empty."""
    # SECURITY: only numbers and parameters' names (\\w+) come into the text.
    items = ", ".join(f"{name!r}: segments[{place}]" for place, name in places)
    tests = " and ".join(f"segments[{place}]" for place, _name in places)
    made: Callable[[list[str]], dict[str, Any] | None] = eval(  # noqa: S307
        f"lambda segments: {{{items}}}" + (f" if {tests} else None" if tests else "")
    )
    return made


class _Writer:
    """Writes the function of a table of states: a branch for each number of segments, a comparison for each choice.

    What it has to know beside its text (routes, dicts of texts) is in ``names``. A segment is a variable ``s<place>``.
    """

    def __init__(self, start: State[Entry]) -> None:
        self.names: dict[str, Any] = {}
        self.functions: list[str] = []
        self._tables: list[dict[str, Any]] = []  # of texts and the names of functions, then the functions
        self._ends: dict[tuple[int, int], bool] = {}
        self._needs_nowhere = False  # a function for the texts that lead nowhere, where they are looked up
        depth = self._depth(start)
        lines = ["def find(path):", "    if '.' in path or '%' in path:", "        return None"]
        lines += ["    segments = path.split('/')", "    count = len(segments)"]
        for count in range(1, depth + 1):
            if self._leads(start, count):
                variables = ", ".join(f"s{place}" for place in range(count))
                lines.append(f"    {'if' if len(lines) == 5 else 'elif'} count == {count}:")
                lines.append(f"        {variables}{',' if count == 1 else ''} = segments")
                lines += self._choose(start, 0, count, "        ")
        nowhere = ["def nowhere(*segments):\n    return None\n"] if self._needs_nowhere else []
        self.source = "\n".join([*nowhere, *self.functions, *lines, "    return None", ""])

    def function(self) -> Find:
        """The function itself."""
        # SECURITY: only numbers, names that we give and parameters' names (\\w+) come into the text; the texts of
        # segments are written by repr().
        exec(compile(self.source, "<routes>", "exec"), self.names)  # noqa: S102
        for table in self._tables:
            table.update({text: self.names[name] for text, name in table.items()})
        find: Find = self.names["find"]
        return find

    def _depth(self, start: State[Entry]) -> int:
        known = _states(start).values()
        return max((len(state.found[0][1] or ()) for state in known if state.found), default=0)

    def _leads(self, state: State[Entry], left: int) -> bool:
        """Whether a plain route is found after so many more segments."""
        key = (id(state), left)
        known = self._ends.get(key)
        if known is None:
            self._ends[key] = False
            following = (state.other, *state.literals.values())
            known = _leaf(state) is not None if left == 0 else any(self._leads(each, left - 1) for each in following)
            self._ends[key] = known
        return known

    def _choose(self, state: State[Entry], place: int, count: int, indent: str) -> list[str]:
        """The lines that lead on from a state, at a place of a path with so many segments."""
        if place == count:
            return self._answer(state, indent)
        left = count - place - 1
        # NOTE: a text that only leads nowhere is kept: it may hide what the other segments lead to.
        texts = {text: each for text, each in state.literals.items() if each is not state.other}
        lines: list[str] = []
        if len(texts) > _FEW and left == 0:
            return [*self._looked_up(texts, place, indent), *self._rest(state, place, count, indent)]
        if len(texts) > _FEW:
            table: dict[str, Any] = {text: self._function(each, place + 1, count) for text, each in texts.items()}
            self._tables.append(table)
            lines.append(f"{indent}go = {self._name(table)}.get(s{place})")
            lines.append(f"{indent}if go is not None:")
            lines.append(f"{indent}    return go({', '.join(f's{at}' for at in range(count))})")
            return [*lines, *self._rest(state, place, count, indent)]
        for text, each in texts.items():
            lines.append(f"{indent}if s{place} == {text!r}:")
            nothing = [f"{indent}    return None"]
            lines += self._choose(each, place + 1, count, indent + "    ") if self._leads(each, left) else nothing
        return [*lines, *self._rest(state, place, count, indent)]

    def _rest(self, state: State[Entry], place: int, count: int, indent: str) -> list[str]:
        if not self._leads(state.other, count - place - 1):
            return [f"{indent}return None"]
        return self._choose(state.other, place + 1, count, indent)

    def _function(self, state: State[Entry], place: int, count: int) -> str:
        """The name of a function of its own for what follows a text, where many texts may stand."""
        if not self._leads(state, count - place):
            self._needs_nowhere = True
            return "nowhere"
        name = f"go{len(self.functions)}"
        self.functions.append("")  # its place is kept, as it may have others inside
        head = f"def {name}({', '.join(f's{at}' for at in range(count))}):"
        body = self._choose(state, place, count, "    ")
        self.functions[int(name[2:])] = "\n".join([head, *body, ""])
        return name

    def _looked_up(self, texts: Mapping[str, State[Entry]], place: int, indent: str) -> list[str]:
        """The lines for a last segment of many texts: those whose params are alike share a dict."""
        alike: dict[str, dict[str, Route]] = {}
        nowhere: dict[str, bool] = {}
        for text, state in texts.items():
            leaf = _leaf(state)
            if leaf is None or leaf[2]:
                nowhere[text] = True  # left to recognition
            else:
                alike.setdefault(self._params(leaf[1], {}), {})[text] = leaf[0]
        lines = []
        for params, routes in alike.items():
            lines.append(f"{indent}route = {self._name(routes)}.get(s{place})")
            lines.append(f"{indent}if route is not None:")
            tests = " and ".join(f"s{at}" for at in sorted(_places(params)))
            lines.append(f"{indent}    return (route, {params})" + (f" if {tests} else None" if tests else ""))
        if nowhere:
            lines += [f"{indent}if s{place} in {self._name(nowhere)}:", f"{indent}    return None"]
        return lines

    def _answer(self, state: State[Entry], indent: str) -> list[str]:
        leaf = _leaf(state)
        if leaf is None:
            return [f"{indent}return None"]
        route, places, extra = leaf
        tests = " and ".join(f"s{at}" for at in places)
        answer = f"({self._name(route)}, {self._params(places, extra)})"
        return [f"{indent}return {answer}" + (f" if {tests} else None" if tests else "")]

    def _params(self, places: Mapping[int, str], extra: Mapping[str, Any]) -> str:
        items = [f"**{self._name(dict(extra))}"] if extra else []
        return "{" + ", ".join([*items, *(f"{name!r}: s{at}" for at, name in places.items())]) + "}"

    def _name(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name


def _places(params: str) -> set[int]:
    """The segments that the text of a dict of params names."""
    return {int(part.partition(": s")[2]) for part in params.strip("{}").split(", ") if part}


def _cannot_tell(_path: str) -> Answer:
    return None
