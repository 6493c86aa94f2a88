"""What runs on a route that names no action: an HTTP verb's method, within what its controller puts around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from tornado.web import RequestHandler

from tornado_rails.controller.binding import bind_action
from tornado_rails.controller.responses import with_response
from tornado_rails.routing.actions import EVENTS, WRAPS, is_websocket, own_verbs
from tornado_rails.routing.source import is_framework
from tornado_rails.routing.urlspec import URLSpec

if TYPE_CHECKING:
    from tornado_rails.controller.chaining import Bound

_VERBS = "_tornado_rails_verbs"

Invoke = Callable[[Any], Any]


def wrapped(spec: Bound, invoke: Invoke, empty: int = 204) -> Invoke:
    """What a route runs, with all that a controller's features put around it; the very same, if that is nothing.

    ``empty`` is the status of an action that answers nothing.
    """
    if not getattr(spec.target, WRAPS, False):
        return invoke
    invoke = with_response(spec, invoke, empty)
    # PERF: an application of handlers alone need not import these.
    from tornado_rails.controller.chaining import with_callbacks
    from tornado_rails.controller.rescue import with_rescue

    return with_rescue(spec, with_callbacks(spec, invoke))


class Moment(NamedTuple):
    """Something that runs of a controller, as a route would name an action."""

    target: type[RequestHandler]
    action: str


class VerbRoute:
    """What runs in the place of a verb's method, on a route that names no action."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke


def verb_route(handler: type[RequestHandler], verb: str) -> VerbRoute | None:
    """Runs a verb's method as Tornado does, with what is around it; None if nothing is, or it has no such method."""
    if _VERBS not in vars(handler):
        setattr(handler, _VERBS, {})
    known: dict[str, VerbRoute | None] = vars(handler)[_VERBS]
    if verb not in known:
        invoke = _bound(handler, verb)
        known[verb] = VerbRoute(invoke) if invoke is not None else None
    return known[verb]


def _bound(handler: type[RequestHandler], verb: str) -> Invoke | None:
    if hasattr(handler, EVENTS):
        from tornado_rails.controller.websocket import bind_connection  # PERF: others need not import it

        return bind_connection(handler) if verb == "get" else None
    if verb.upper() not in own_verbs(handler):
        return None
    invoke = wrapped(Moment(handler, verb), _serve_head_by_get, empty=200)  # as in Tornado
    return None if invoke is _serve_head_by_get else invoke


def bind_verbs(spec: URLSpec) -> Invoke | None:
    """What a route without an action runs; None where Tornado's own way does."""
    handler = spec.target
    if hasattr(handler, EVENTS):
        from tornado_rails.controller.websocket import bind_connection  # PERF: as above

        return bind_connection(handler, spec)
    is_controller = getattr(handler, WRAPS, False)
    if is_controller:
        for method in own_verbs(handler):
            verb_route(handler, method.lower())  # whose errors are wanted now
    if spec.param_keys and spec.drawn is None and not is_websocket(handler):
        return _by_signature(spec)
    if spec.methods and "GET" in spec.methods and "HEAD" not in spec.methods:
        return _serve_controllers_verb if is_controller else _serve_head_by_get
    return None


def _serve_head_by_get(handler: RequestHandler) -> Any:
    """Runs the verb's own method; for HEAD, where the handler has no ``head``, ``get``."""
    return getattr(handler, verb_of(handler))(*handler.path_args, **handler.path_kwargs)


def _serve_controllers_verb(handler: RequestHandler) -> Any:
    route = verb_route(type(handler), verb_of(handler))
    return (route._invoke if route is not None else _serve_head_by_get)(handler)


def verb_of(handler: RequestHandler) -> str:
    """The method that runs for a request without an action: ``get`` for HEAD, where there is no ``head``."""
    name = str(handler.request.method).lower()
    return "get" if name == "head" and "HEAD" not in own_verbs(type(handler)) else name


def _by_signature(spec: URLSpec) -> Invoke:
    """Runs the verb's own method as an action is run: with the path's values, of those that it takes."""
    calls: dict[str, Invoke] = {}
    for verb in own_verbs(spec.handler_class):
        owner = next(owner for owner in spec.handler_class.__mro__ if verb.lower() in vars(owner))
        if is_framework(owner.__module__) or (spec._accepts is not None and verb not in spec._accepts):
            continue
        calls[verb] = wrapped(Moment(spec.target, verb.lower()), bind_action(spec, verb.lower()), 200)
    by_head = calls.get("HEAD", calls.get("GET"))
    if by_head is not None:
        calls["HEAD"] = by_head

    def invoke(handler: RequestHandler) -> Any:
        call = calls.get(str(handler.request.method))
        return _serve_head_by_get(handler) if call is None else call(handler)

    return invoke
