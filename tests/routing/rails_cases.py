"""Holds our routing to the answers that real Rails gave: ``python tests/routing/rails_cases.py FILE [-v]``.

Each case is a route program in a neutral form, played on `RouteSet`, with Rails' table, recognitions, URLs and
inspector texts; where versions differ, the newest counts. All is translated mechanically and compared exactly. What
is left out is counted by its reason, and nothing else is:

1. recall: the check gives the current request's path parameters;
2. dynamic: the program lets requests choose a ``:controller`` or ``:action``, which raises;
3. unreachable: Rails gives a URL that its own table does not take back. Ours raises; the harness recognises Rails' URL
   and counts the check only if the answer is another route, other values, or none.

Besides, the oracle's README says to skip checks that it marks ``ruby_specific``.
"""

from __future__ import annotations

import argparse
import functools
import json
import keyword
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado_rails.errors import MalformedRequestError
from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.mapper import Mapper
from tornado_rails.routing.mapping import Word
from tornado_rails.routing.rails_table import show
from tornado_rails.routing.recognition import Recognized
from tornado_rails.routing.redirects import redirect
from tornado_rails.routing.route import Route
from tornado_rails.routing.routeset import RouteSet
from tornado_rails.routing.urls import UrlBuilder, route_for

SECTIONS = ("routes", "recognize", "generate", "inspect", "errors")
LEFT_OUT = ("recall", "dynamic", "unreachable", "ruby_specific")
HOST = "www.example.com"


class Sym(Word):
    """A Ruby symbol: as the path of a verb it names an action."""


class App:
    """An application that is only recognised."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"app({self.name})"

    def __call__(self, environ: Any, start_response: Any) -> Any:
        raise AssertionError("not called")


class Obj:
    """An object that says how it stands in a URL."""

    def __init__(self, text: str) -> None:
        self.text = text

    def to_param(self) -> str:
        return self.text


class Record:
    """A saved or new record of a model."""

    def __init__(self, name: str, key: Any, to_param: str | None) -> None:
        self.model_name = name
        self.id = key
        self._to_param = to_param

    def to_param(self) -> str:
        return self._to_param if self._to_param is not None else str(self.id)


# From JSON to values


def ruby_regexp(source: str) -> str:
    r"""A regexp's text as Python has it: \h, POSIX classes and \z are the only differences."""
    return source.replace("[[:alnum:]]", "[^\\W_]").replace("\\h", "[0-9a-fA-F]").replace("\\z", "\\Z")


def pattern_of(spec: dict[str, str]) -> re.Pattern[str]:
    flags = 0
    for letter in spec.get("flags", ""):
        flags |= {"i": re.IGNORECASE, "x": re.VERBOSE, "m": re.DOTALL}[letter]
    return re.compile(ruby_regexp(spec["$re"]), flags)


def predicate_of(spec: dict[str, Any]) -> Any:
    attr, op, want = spec["attr"], spec["op"], spec["value"]

    def read(subject: Any) -> Any:
        if spec["on"] == "params":
            return subject.get(attr)
        if attr.startswith("query."):
            return subject.query_parameters.get(attr[6:])
        if attr.startswith("header."):
            return subject.headers.get(attr[7:])
        return getattr(subject, attr)

    tests: dict[str, Callable[[Any], bool]] = {
        "eq": lambda value: value == want,
        "ne": lambda value: value != want,
        "in": lambda value: value in want,
        "present": lambda value: bool(value and str(value).strip()),
        "match": lambda value: value is not None and bool(re.search(want, str(value))),
        "lt": lambda value: _to_i(value) < want,
        "ge": lambda value: _to_i(value) >= want,
    }
    test = tests[op]
    if spec["style"] == "object":
        return Predicate(lambda request: test(read(request.path_parameters if spec["on"] == "params" else request)))
    if spec["on"] == "params":
        return lambda params, request: test(read(params))
    return lambda request: test(read(request))


def _to_i(value: Any) -> int:
    found = re.match(r"\s*[-+]?\d+", str(value or 0))
    return int(found[0]) if found else 0


class Predicate:
    """A predicate as an object."""

    def __init__(self, test: Callable[[Any], bool]) -> None:
        self.test = test

    def matches(self, request: Any) -> bool:
        return self.test(request)


def value_of(value: Any, apps: dict[str, App]) -> Any:
    if isinstance(value, list):
        return [value_of(each, apps) for each in value]
    if not isinstance(value, dict):
        return value
    if "$sym" in value:
        return Sym(value["$sym"])
    if "$re" in value:
        return pattern_of(value)
    if "$app" in value:
        return apps.setdefault(value["$app"], App(value["$app"]))
    if "$redirect" in value:
        given = value["$redirect"]
        return redirect(*given.get("args", []), **python_names(given.get("kwargs", {})))
    if "$pred" in value:
        return predicate_of(value["$pred"])
    if "$obj" in value:
        return Obj(value["$obj"])
    if "$model" in value:
        model = value["$model"]
        if model.get("class"):
            return type(model["name"], (), {"model_name": model["name"]})
        return Record(model["name"], model.get("id"), model.get("to_param"))
    return {name: value_of(each, apps) for name, each in value.items()}


def python_names(options: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in options.items()}


# From a program to a table


def draw(program: dict[str, Any], apps: dict[str, App]) -> RouteSet:
    """Plays a program's calls on a mapper."""
    files = program.get("files", {})

    def run(mapper: Mapper, nodes: list[dict[str, Any]], env: dict[str, Any]) -> None:
        for node in nodes:
            step(mapper, node, env)

    def step(mapper: Mapper, node: dict[str, Any], env: dict[str, Any]) -> None:
        name = node["call"]
        args = [value_of(each, apps) for each in node.get("args", [])]
        options: dict[str, Any] = {}
        for key, value in node.get("kwargs", {}).items():
            options.update(env[value]) if key == "**" else options.__setitem__(key, value_of(value, apps))
        for path, to in node.get("hash", {}).items():
            args.append(path)
            target = value_of(to, apps)
            if isinstance(target, Sym):
                options["action"] = str(target)
            elif isinstance(target, str) and "#" not in target:
                options["controller"] = target
            else:
                options["to"] = target
        if name == "concern":
            wanted = node.get("params", [])

            def draw_concern(**given: Any) -> None:
                run(mapper, node.get("block", []), dict.fromkeys(wanted, given))

            mapper.concern(args[0])(draw_concern)
            return
        if name == "direct":

            def answer(*given: Any, **theirs: Any) -> Any:
                return filled(node["returns"], given, theirs)

            mapper.direct(args[0], **python_names(options))(answer)
            return
        if args and isinstance(args[0], Sym) and name in VERBS and "action" not in options:
            options["action"] = str(args.pop(0))
        block = getattr(mapper, name)(*args, **python_names(options))
        if "block" in node:
            with block:
                run(mapper, node["block"], env)

    def drawing_file(nodes: list[dict[str, Any]]) -> Callable[[Mapper], None]:
        return lambda mapper: run(mapper, nodes, {})

    return RouteSet(
        lambda mapper: run(mapper, program["routes"], {}),
        api_only=program.get("api_only", False),
        default_url_options=program.get("default_url_options"),
        relative_url_root=program.get("relative_url_root", ""),
        files={name: drawing_file(nodes) for name, nodes in files.items()},
    )


VERBS = frozenset({"get", "post", "put", "patch", "delete", "options", "query", "match"})


def filled(template: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The answer of a ``direct``: arguments and options put in their places."""
    if isinstance(template, list):
        return [filled(each, args, options) for each in template]
    if not isinstance(template, dict):
        return template
    if "$arg" in template:
        return args[template["$arg"]] if template["$arg"] < len(args) else None
    if "$sym" in template:
        return Sym(template["$sym"])
    made: dict[str, Any] = {}
    for name, each in template.items():
        made.update(options) if name == "**" else made.__setitem__(name, filled(each, args, options))
    if "helper" in made:
        return route_for(made["helper"], *made.get("args", []), **made.get("kwargs", {}))
    return made


# Checks


@dataclass
class Report:
    """What passed, what failed, and what was left out."""

    passed: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def note(self, section: str, where: str, check: Any, expected: Any, got: Any) -> None:
        self.total[section] += 1
        if exactly(expected, got):
            self.passed[section] += 1
        else:
            asked = json.dumps({k: v for k, v in check.items() if not k.startswith("expect")}, ensure_ascii=False)
            self.failures.append(f"{where} {section} {asked}\n    expected {expected!r}\n    got      {got!r}")


def exactly(one: Any, other: Any) -> bool:
    """Equality that tells 1, True and "1" apart, at any depth."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(exactly(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(exactly, one, other))
    return type(one) is type(other) and bool(one == other)


def expected_of(check: dict[str, Any]) -> Any:
    return check["expect_8_2"] if "expect_8_2" in check else check["expect"]


def run_case(case: dict[str, Any], report: Report) -> None:
    where, program = case["id"], case["program"]
    wanted_error = case.get("draw_error_8_2") or case.get("draw_error")
    rows = case.get("routes_8_2") or case["routes"]
    apps: dict[str, App] = {}
    try:
        routes = draw(program, apps)
    except errors.DrawingError as error:
        if wanted_error:
            placed = bool(re.search(r"\S+:\d+\)", str(error)))
            report.note("errors", where, wanted_error, True, placed)
            return
        if isinstance(error, errors.DynamicSegmentError) and any(
            re.search(r"[:*](controller|action)\b", row["path"]) for row in rows
        ):
            report.left_out["dynamic"] += len(rows) + sum(len(case[section]) for section in SECTIONS[1:4])
            return
        fail_all(case, rows, report, f"{type(error).__name__}: {error}")
        return
    except Exception as error:
        fail_all(case, rows, report, f"{type(error).__name__}: {error}")
        return
    if wanted_error:
        report.note("errors", where, wanted_error, wanted_error["error"], "drawn without an error")
        return
    check_routes(where, rows, routes, report)
    for check in case["recognize"]:
        if check.get("ruby_specific"):
            report.left_out["ruby_specific"] += 1
        else:
            report.note(
                "recognize", where, check, expected_of(check), outcome(functools.partial(recognition, routes, check))
            )
    for check in case["generate"]:
        check_generation(where, check, routes, apps, report)
    for check in case["inspect"]:
        expected = ruby_regexp(expected_of(check)).rstrip()
        report.note("inspect", where, check, expected, outcome(functools.partial(inspection, routes, check)))


def fail_all(case: dict[str, Any], rows: list[Any], report: Report, why: str) -> None:
    for row in rows:
        report.note("routes", case["id"], row, row, why)
    for section in SECTIONS[1:4]:
        for check in case[section]:
            report.note(section, case["id"], check, expected_of(check), why)
    if case.get("draw_error_8_2") or case.get("draw_error"):
        report.note("errors", case["id"], {}, "a DrawingError", why)


def outcome(run: Callable[[], Any]) -> Any:
    """A check's answer; an error that the oracle has no word for is its own failure."""
    try:
        return run()
    except MalformedRequestError:
        return {"error": "BadRequest"}
    except errors.UnknownHTTPMethodError:
        return {"error": "UnknownHttpMethod"}
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def check_routes(where: str, rows: list[dict[str, Any]], routes: RouteSet, report: Report) -> None:
    ours = [row_of(route) for route in routes.routes]
    for position in range(max(len(rows), len(ours))):
        row = rows[position] if position < len(rows) else None
        got = ours[position] if position < len(ours) else None
        report.note("routes", where, {"row": position}, row and normal_row(row), got)


def row_of(route: Route) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": route.name,
        "verb": "|".join(route.verbs),
        "path": route.path,
        "endpoint": route.leads_to,
        "defaults": dict(route.defaults),
        "requirements": explicit(route.requirements),
    }
    if route.constraints:
        row["constraints"] = dict(route.constraints)
    if route.predicates:
        row["predicates"] = len(route.predicates)
    if not route.anchored:
        row["anchored"] = False
    return row


def explicit(requirements: Mapping[str, Any]) -> dict[str, Any]:
    """A row leaves out /.+?/, which globs have of themselves."""
    return {name: each for name, each in requirements.items() if getattr(each, "pattern", each) != ".+?"}


def normal_row(row: dict[str, Any]) -> dict[str, Any]:
    made = {key: value_of(value, {}) for key, value in row.items()}
    return {**made, "requirements": explicit(made["requirements"])}


def recognition(routes: RouteSet, check: dict[str, Any]) -> Any:
    found = routes.recognize(
        check["method"],
        check["path"],
        host=check.get("host", HOST),
        scheme=check.get("scheme", "http"),
        headers=check.get("headers"),
        remote_addr=check.get("remote_addr", "127.0.0.1"),
        script_name=check.get("script_name", ""),
    )
    return told(found)


def told(found: Recognized | None) -> Any:
    if found is None:
        return None
    if found.redirect is not None:
        return {"redirect": {"status": found.redirect.status, "location": found.redirect.location}}
    if found.app is not None:
        return {
            "app": found.app.name,
            "script_name": found.script_name,
            "path_info": found.path_info,
            "params": dict(found.params),
        }
    return {"controller": found.controller, "action": found.action, "params": dict(found.params)}


def inspection(routes: RouteSet, check: dict[str, Any]) -> str:
    chosen = check.get("filter", {})
    text = show(routes.routes, chosen.get("controller"), chosen.get("grep"), expanded=check.get("format") == "expanded")
    return text.rstrip()


def check_generation(where: str, check: dict[str, Any], routes: RouteSet, apps: dict[str, App], report: Report) -> None:
    if check.get("ruby_specific"):
        report.left_out["ruby_specific"] += 1
        return
    if "recall" in check:
        report.left_out["recall"] += 1
        return
    expected = expected_of(check)
    options = {"host": check.get("host", HOST), "protocol": check.get("scheme", "http")}
    if check.get("script_name"):
        options["script_name"] = check["script_name"]
    try:
        got: Any = generation(routes.at(**options), check, apps)
    except errors.UnreachableUrlError as error:
        got = {"error": "UnreachableUrlError", "message": str(error)}
        if isinstance(expected, str):
            found = disagreement(routes, check, apps, expected, error)
            if found:
                report.left_out["unreachable"] += 1
                report.shown.append(f"{where} {json.dumps(check, ensure_ascii=False)}\n    {found}")
                return
    except errors.UrlGenerationError as error:
        got = {"error": "UrlGenerationError", "missing": list(error.missing), "unmatched": list(error.unmatched)}
    except errors.UnknownHelperError as error:
        if isinstance(expected, dict) and expected.get("error") == "ArgumentError" and has_text_part(check):
            got = {"error": "ArgumentError"}  # a symbol is a string here: as a name, it is unknown
        elif isinstance(expected, dict) and expected.get("error") == "NoMethodError":
            got = {"error": "NoMethodError", "name": error.helper}
        else:
            got = {"error": "undefined_helper"}
    except errors.UrlArgumentError:
        got = {"error": "ArgumentError"}
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
    if isinstance(expected, dict):
        wanted = {key: value for key, value in expected.items() if key != "message"}
        if wanted["error"] == "UrlGenerationError":
            for key in ("missing", "unmatched"):
                wanted[key] = sorted(wanted.get(key, []))
                if isinstance(got, dict):
                    got[key] = sorted(got.get(key, []))
        expected = wanted
    report.note("generate", where, check, expected, got)


def has_text_part(check: dict[str, Any]) -> bool:
    parts = check.get("polymorphic", check.get("url_for"))
    return isinstance(parts, list) and any(isinstance(part, str) for part in parts)


def generation(builder: UrlBuilder, check: dict[str, Any], apps: dict[str, App]) -> str:
    kwargs = value_of(check.get("kwargs", {}), apps)
    if "helper" in check:
        name, _, form = check["helper"].rpartition("_")
        args = value_of(check.get("args", []), apps)
        return builder.named(name, args, kwargs, only_path=form == "path")
    if "polymorphic" in check:
        return builder.polymorphic(value_of(check["polymorphic"], apps), kwargs, only_path=True)
    return builder.url_for(value_of(check["url_for"], apps), **kwargs)


def disagreement(
    routes: RouteSet, check: dict[str, Any], apps: dict[str, App], url: str, error: errors.UnreachableUrlError
) -> str:
    """How recognising Rails' URL differs from the route and values that it was made of; nothing if it does not."""
    is_path = check.get("helper", "").endswith("_path") or "polymorphic" in check
    parts = urlsplit(f"http://{HOST}{url}" if is_path else url)
    root = check.get("script_name") or check.get("kwargs", {}).get("script_name") or routes.relative_url_root
    path = parts.path.removeprefix(root or "") or "/"
    host = parts.netloc.rpartition("@")[2] or HOST
    told_of = []
    for route in routes_meant(routes, check, error):
        for method in route.verbs or ("GET",):
            try:
                found = routes.recognize(method, path, host=host, scheme=parts.scheme or "http")
            except MalformedRequestError as problem:
                told_of.append(f"{method} {path}: {problem}")
                continue
            if found is not None and found.route is route:
                differing = differing_values(check, apps, found)
                if not differing:
                    return ""
                told_of.append(f"{method} {path}: values {path_values(found)}, not {differing}")
            else:
                told_of.append(f"{method} {path}: {found and (found.route.leads_to, dict(found.params))}")
    return "; ".join(told_of)


def routes_meant(routes: RouteSet, check: dict[str, Any], error: errors.UnreachableUrlError) -> Iterator[Route]:
    if "helper" in check:
        named = routes.named.get(check["helper"].rpartition("_")[0])
        if named is not None:
            yield named
            return
    yield from (route for route in routes.routes if str(route.source) in error.route and route.path in error.route)


def path_values(found: Recognized) -> dict[str, Any]:
    """The params that are of the path, not only of the route's defaults."""
    return {name: value for name, value in found.params.items() if name in found.route.parts}


def differing_values(check: dict[str, Any], apps: dict[str, App], found: Recognized) -> dict[str, Any]:
    """The values that were asked for by name or position and do not come back."""
    captured = path_values(found)
    asked = value_of({**check.get("kwargs", {})}, apps)
    if isinstance(check.get("url_for"), dict):
        asked.update(value_of(check["url_for"], apps))
    differing = {
        name: text_of(value)
        for name, value in asked.items()
        if name in found.route.parts and value is not None and text_of(captured.get(name, "")) != text_of(value)
    }
    for position, value in enumerate(value_of(check.get("args", []), apps)):
        if value is not None and text_of(value) not in captured.values():
            differing[str(position)] = text_of(value)
    return differing


def text_of(value: Any) -> str:
    if isinstance(value, list):
        return "/".join(map(text_of, value))
    own = getattr(value, "to_param", None)
    return (
        own()
        if own
        else {True: "true", False: "false"}.get(value, str(value))
        if isinstance(value, bool)
        else str(value)
    )


def run_file(file: Path) -> Report:
    report = Report()
    for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
        run_case(case, report)
    return report


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="+")
    parser.add_argument("-v", "--verbose", action="store_true", help="list failures and what was left out")
    options = parser.parse_args(argv)
    failed = False
    for file in options.file:
        report = run_file(file)
        print(file.name)
        for section in SECTIONS:
            print(f"  {section:<10} {report.passed[section]} of {report.total[section]}")
        print("  left out   " + ", ".join(f"{reason} {report.left_out[reason]}" for reason in LEFT_OUT))
        if options.verbose:
            for line in report.failures:
                print("FAILED", line)
            for line in report.shown:
                print("UNREACHABLE", line)
        failed |= bool(report.failures)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
