"""Errors as the client asks for them: ``application/problem+json`` (RFC 9457), or Tornado's own page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from tornado.escape import xhtml_escape
from tornado.web import HTTPError, MissingArgumentError, RequestHandler

from tornado_rails.controller.params import content_type, is_json
from tornado_rails.errors import MalformedRequestError, ParamError, RequestError

_HTML = ("text/html", "application/xhtml+xml")
# PERF: texts, which are compiled when they are first used, as an import is measured too.
_MEDIA_TYPE = r"(?a)[!#$%&'*+.^_`|~\w-]+/[!#$%&'*+.^_`|~\w-]+"
_QUALITY = r"(?a)0?\.\d+|0\.?|1(?:\.0*)?"  # as ".2", which Java sends


def wants_json(handler: RequestHandler) -> bool:
    """Whether the client asks for JSON: by ``Accept``; where that says neither JSON nor HTML, by sending JSON."""
    json = html = 0.0
    for media_type, quality in accepted(accept_of(handler)):
        if is_json(media_type):
            json = max(json, quality)
        elif media_type in _HTML:
            html = max(html, quality)
    if json == html == 0.0:
        return is_json(content_type(handler))
    return json >= html


def accept_of(handler: RequestHandler) -> str:
    """The request's ``Accept``, all of it."""
    return ", ".join(handler.request.headers.get_list("Accept"))  # PERF: to get what is not there costs an exception


def accepted(header: str) -> Iterator[tuple[str, float]]:
    """The media types of an ``Accept`` header with their qualities, in order. What is malformed is left out.

    >>> list(accepted("text/html, */*;q=0.1, image/png;q=high, png"))
    [('text/html', 1.0), ('*/*', 0.1)]
    """
    for part in header.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        quality = "1"
        for name, _, value in (parameter.partition("=") for parameter in parameters):
            if name.strip() == "q":
                quality = value.strip()
                break
        if re.fullmatch(_MEDIA_TYPE, media_type) and re.fullmatch(_QUALITY, quality):
            yield media_type, float(quality)


def vary(handler: RequestHandler, name: str) -> None:
    """Adds a name to the response's ``Vary``."""
    known = ", ".join(handler._headers.get_list("Vary"))  # PERF: as above
    if not known:
        handler._headers["Vary"] = name
    elif name.lower() not in (each.strip().lower() for each in known.split(",")):
        handler._headers["Vary"] = f"{known}, {name}"


def request_error(handler: RequestHandler, status: int, arguments: Mapping[str, Any]) -> RequestError | None:
    """The reason of a refused request among ``write_error``'s arguments, or None for an error of another kind."""
    error = arguments.get("exc_info", (None, None))[1]
    if isinstance(error, HTTPError) and status == 400 and getattr(handler, "path_kwargs", None) is None:
        # Tornado refused it before anything of the handler ran (until 6.5 the class says None).
        is_path = str(error.log_message or "").startswith("Invalid unicode")
        return MalformedRequestError("the path is not UTF-8" if is_path else "the body is malformed")
    if isinstance(error, MissingArgumentError) and status == 400:
        return ParamError(error.arg_name, "is required", "query" if handler.request.method == "GET" else "body")
    return error if isinstance(error, RequestError) else None


def write_problem(handler: RequestHandler, status: int, **members: Any) -> None:
    """Finishes a response as a problem: ``type``, ``title`` and ``status``, and the members given."""
    handler.set_header("Content-Type", "application/problem+json")
    problem = {"type": "about:blank", "title": handler._reason, "status": status, **members}
    handler.finish(msgspec.json.encode(problem))


def write_request_error(handler: RequestHandler, status: int, error: RequestError, as_json: bool | None = None) -> bool:
    """Finishes a response with the reason of a refused request; False where Tornado's traceback page should say it."""
    if as_json is None:
        vary(handler, "Accept")
    if wants_json(handler) if as_json is None else as_json:
        errors = {"errors": error.errors} if error.errors else {}
        write_problem(handler, status, detail=error.detail, **errors)
        return True
    if handler.settings.get("serve_traceback"):
        return False
    handler.finish(bare_page(status, handler._reason, error.detail))
    return True


def bare_page(status: int, reason: str, detail: str = "") -> str:
    """The page of an error as Tornado's is, with what a refused request is told.

    >>> bare_page(404, "Not Found", "no <b>")
    '<html><title>404: Not Found</title><body>404: Not Found<p>no &lt;b&gt;</p></body></html>'
    """
    title = f"{status}: {xhtml_escape(reason)}"
    told = f"<p>{xhtml_escape(detail)}</p>" if detail else ""
    return f"<html><title>{title}</title><body>{title}{told}</body></html>"
