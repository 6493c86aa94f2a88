"""A failed request as data: what was asked, which route it took, what ran, and what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tornado.web import RequestHandler

from tornado_rails.debugging.cleaning import Cleaner
from tornado_rails.debugging.frames import Failure, failures
from tornado_rails.debugging.values import Shown, Values
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.rows import row_of
from tornado_rails.routing.source import UNKNOWN, of_function

_READ = 10_000  # bytes of a body


@dataclass(slots=True)
class Report:
    """What the page of an exception shows."""

    title: str
    request: str
    facts: list[tuple[str, str]]  # the route, where it was written, the action
    callbacks: list[str]
    params: list[Shown]
    headers: list[Shown]
    failures: list[Failure]

    def text(self) -> str:
        """All but the values, as text."""
        lines = [f"{self.title}: {self.request}", *(f"{name}: {value}" for name, value in self.facts)]
        lines += [f"Callback: {label}" for label in self.callbacks]
        return "\n".join(lines) + "\n" + self.traceback()

    def traceback(self) -> str:
        """The exceptions as text, each with its frames, the innermost last."""
        lines = []
        for failure in self.failures:
            lines += ["", f"{failure.relation}:"] if failure.relation else [""]
            for frame in failure.frames:
                lines += [f"  ({frame.left_out} frames)"] if frame.left_out else []
                lines += [f"  {frame.source}, in {frame.function}", *([f"    {frame.code}"] if frame.code else [])]
            lines += [failure.summary, *failure.notes]
        return "\n".join(lines[1:]) + "\n"

    def markdown(self) -> str:
        """All but the values, as Markdown."""
        text = self.text()
        # SECURITY: a fence that nothing in the text ends.
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        return f"# {self.title}\n\n{fence}text\n{text}{fence}\n"

    def members(self) -> dict[str, Any]:
        """What a problem's JSON has besides."""
        return {"exception": self.failures[0].summary, "traceback": self.traceback().splitlines()}


def report_of(handler: RequestHandler, status: int, error: BaseException) -> Report:
    """The report of a request that an exception ended."""
    cleaner = cleaner_for(handler)
    values = Values(cleaner)
    chain = failures(error, values, cleaner)
    request = handler.request
    report = Report(
        title=title_of(handler, status, cleaner),
        request=cleaner.described(f"{request.method} {request.uri}"),
        facts=[(name, cleaner.text(text)) for name, text in _facts(handler)],
        callbacks=[cleaner.text(str(label)) for label in getattr(handler, "_tornado_rails_ran", ())],
        params=values.add(_params(handler)),
        headers=values.add(dict(request.headers.get_all())),
        failures=chain,
    )
    values.describe()
    return report


def title_of(handler: RequestHandler, status: int, cleaner: Cleaner) -> str:
    """An answer's status and reason."""
    return cleaner.text(f"{status} {handler._reason}")


def cleaner_for(handler: RequestHandler) -> Cleaner:
    """What knows the secrets of a request and of its application's settings."""
    cleaner = Cleaner(handler.settings.get("filter_params", ()))
    request = handler.request
    cleaner.learn_from(dict(handler.settings))
    cleaner.learn_from(_params(handler))
    cleaner.learn_from({**request.query_arguments, **request.body_arguments})
    cleaner.learn_from_text(request.body[:_READ].decode("utf-8", "replace"))
    for name, value in request.headers.get_all():
        if cleaner.hides(name):
            cleaner.learn(value)
            for part in re.split(r"[;\s]+", value)[:100]:  # Bearer xyz; a=1; b=2
                cleaner.learn(part)
                cleaner.learn(part.partition("=")[2])
    return cleaner


def _params(handler: Any) -> dict[Any, Any]:
    try:
        params: Mapping[Any, Any] = handler.params
        return dict(params.items()) if isinstance(params, Mapping) else {}
    except Exception:  # there may be none that can be read
        return {}


def _facts(handler: RequestHandler) -> Sequence[tuple[str, str]]:
    """What is known of the route that a request took, and of what answers for it."""
    owner = written_class(type(handler))
    route: Any = getattr(handler.request, "route", None)
    action = getattr(route, "action", None) or str(handler.request.method).lower()
    facts = []
    if route is not None:
        row = row_of(route)
        facts.append(("Route", f"{row.methods} {row.path} -> {row.target}" + (f" ({row.name})" if row.name else "")))
        facts += [("Written at", str(row.source))] if row.source else []
    function: Callable[..., Any] | None = getattr(owner, action, None)
    source = of_function(function) if callable(function) else UNKNOWN
    is_known = source is not UNKNOWN and action in dir(owner)
    facts.append(("Action", f"{owner.__name__}.{action}" + (f" ({source})" if is_known else "")))
    return facts
