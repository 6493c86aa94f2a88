"""WebSocket actions: a controller whose route opens a WebSocket has params, callbacks and rescue as any other.

::

    class ChatController(WebSocketController):
        @before_action  # before the handshake: a finished response (a 401, a redirect) refuses the connection
        def authenticate(self):
            if not self.current_user:
                self.send_head("unauthorized")

        @before_action(only="on_message")  # before each message: one that closes the connection keeps it away
        def slow_down(self): ...  # the message is self.message

        async def open(self, room: int, *, since: int = 0):  # cast as any action's; what cannot be is a 400
            await self.write_message({"room": room})

        def on_message(self, message):
            return {"echo": message}  # what is returned is sent

        @rescue_from(ValueError)
        def told(self, error):
            return {"error": str(error)}  # and the connection stays open

Callbacks are for the connection as a whole: before callbacks run before the handshake, around callbacks enclose its
whole life, after callbacks run when it is over. Those that name ``on_message`` or ``on_close`` in ``only`` are for
these, each time. Exceptions of all of them are rescued where a method of `rescue_from` fits; else Tornado logs them,
and drops the connection. Everything else is `tornado.websocket.WebSocketHandler`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import tornado
from tornado.web import RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from tornado_rails.controller.binding import bind_action
from tornado_rails.controller.callbacks import CallbacksMixin
from tornado_rails.controller.chaining import with_callbacks
from tornado_rails.controller.declarations import place_of_class
from tornado_rails.controller.dispatch import ActionMixin, Default
from tornado_rails.controller.error_pages import ErrorPagesMixin
from tornado_rails.controller.error_statuses import ErrorStatusesMixin
from tornado_rails.controller.methods import refuse_generator
from tornado_rails.controller.redirecting import RedirectingMixin
from tornado_rails.controller.rendering import RenderingMixin
from tornado_rails.controller.rescue import RescueMixin, answers_of, find
from tornado_rails.controller.responses import encoded, settled
from tornado_rails.controller.statuses import HeadMixin
from tornado_rails.controller.verbs import Moment, wrapped
from tornado_rails.errors import ReturnedValueError
from tornado_rails.routing.derived import written_class
from tornado_rails.routing.source import is_framework
from tornado_rails.routing.urlspec import URLSpec

_OPEN = "open"
#: What happens later, for which callbacks are that name it; each with the handler's attribute that halts it.
_LATER = {"on_message": "_tornado_rails_closing", "on_close": "_tornado_rails_never"}

_SWITCHED = 101

Invoke = Callable[[Any], Any]


class WebSocketController(
    CallbacksMixin,
    RescueMixin,
    ErrorStatusesMixin,
    ErrorPagesMixin,
    RenderingMixin,
    RedirectingMixin,
    HeadMixin,
    ActionMixin,
    WebSocketHandler,
):
    """A `tornado.websocket.WebSocketHandler` with params, callbacks and rescue.

    ::

        class EchoController(WebSocketController):
            def on_message(self, message):
                return message

        RailsApplication(controllers=[EchoController])  # ws://localhost:8888/echo
    """

    #: What ``only`` and ``except_`` of its callbacks may name.
    _tornado_rails_events = (_OPEN, *_LATER)

    action_name = Default(lambda handler: _OPEN)
    current_action = Default(lambda handler: _OPEN)
    #: What ``on_message`` is called with, for its callbacks.
    message: str | bytes = ""

    _tornado_rails_never = False
    _tornado_rails_was_asked = False  # whether ``get`` was, which shakes hands

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Tornado's; before the handshake, where there is nothing to close yet, it refuses the connection (403)."""
        if self.ws_connection is None and not self._finished:
            self.set_status(403)
            self.finish()
        else:
            super().close(code, reason)

    @property
    def _tornado_rails_closing(self) -> bool:
        connection = self.ws_connection
        return connection is None or connection.is_closing()


def bind_connection(controller: Any, spec: URLSpec | None = None) -> Invoke:
    """A function that opens a WebSocket on a controller; with a route, ``open`` gets the values that it asks for.

    Raises `SignatureError` as for an action.
    """
    owner = next(owner for owner in controller.__mro__ if _OPEN in vars(owner))
    is_bound = spec is not None and not is_framework(owner.__module__)
    arguments = _arguments_of(bind_action(spec, _OPEN)) if spec is not None and is_bound else None
    opened, received, closed = (_event(controller, name) for name in (_OPEN, *_LATER))

    async def connect(handler: Any) -> None:
        given = None if arguments is None else arguments(handler)
        on_open, on_message, on_close = handler.open, handler.on_message, handler.on_close

        def open_(*args: Any, **kwargs: Any) -> Any:
            own_args, own_kwargs = (args, kwargs) if given is None else given
            return opened(handler, lambda: on_open(*own_args, **own_kwargs))

        def receive(message: str | bytes) -> Any:
            handler.message = message
            awaitable = received(handler, lambda: on_message(message))
            return awaitable if awaitable is None or _TELLS else _dropping(handler, awaitable)

        def close() -> None:
            del handler.open, handler.on_message, handler.on_close  # what refers to itself is in memory for longer
            awaitable = closed(handler, on_close)
            if awaitable is not None:  # Tornado does not wait for it
                closing.append(asyncio.ensure_future(_logged(handler, awaitable)))

        closing: list[asyncio.Future[bool]] = []
        handler.open, handler.on_message, handler.on_close = open_, receive, close
        handler._tornado_rails_was_asked = True
        await handler.get(*handler.path_args, **handler.path_kwargs)
        if handler.get_status() == _SWITCHED:
            handler.on_connection_close()  # which is yet to come, where ``open`` has failed
        for task in closing:
            await task

    run = wrapped(Moment(controller, _OPEN), connect)

    async def shake_hands(handler: Any) -> None:
        await run(handler)
        if not handler._tornado_rails_was_asked and handler.get_status() == 200 and not handler._finished:
            handler.set_status(403)  # something has kept ``get`` from being asked

    def invoke(handler: Any) -> Any:
        verb = handler.request.method.lower()
        return (
            shake_hands(handler) if verb == "get" else getattr(handler, verb)(*handler.path_args, **handler.path_kwargs)
        )

    return invoke


def _arguments_of(invoke: Invoke) -> Callable[[Any], tuple[tuple[Any, ...], dict[str, Any]]]:
    """A function that tells what an action is called with, so that a request can be refused before the handshake."""

    def arguments(handler: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        called: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        handler.open = lambda *args, **kwargs: called.append((args, kwargs))
        try:
            invoke(handler)
        finally:
            del handler.open
        return called[0]

    return arguments


def _event(controller: Any, name: str) -> Callable[[Any, Callable[[], Any]], Awaitable[None] | None]:
    """A function that runs a method within its callbacks and rescue, and sends what it returns."""
    place = f"{place_of_class(written_class(controller))}.{name}"
    refuse_generator(getattr(controller, name), place, "Send messages by write_message, or return one.")
    answers = answers_of(controller)
    current = f"_tornado_rails_{name}"

    async def call_current(handler: Any) -> None:
        await _send(handler, name, getattr(handler, current)())

    chain: Invoke = call_current
    if name in _LATER:
        chain = with_callbacks(Moment(controller, name), call_current, only_named=True, flag=_LATER[name])
    is_plain = chain is call_current and not answers

    def run(handler: Any, call: Callable[[], Any]) -> Awaitable[None] | None:
        if is_plain:
            value = call()
            return None if value is None else _send(handler, name, value)
        setattr(handler, current, call)
        return run_within(handler)

    async def run_within(handler: Any) -> None:
        try:
            await chain(handler)
        except Exception as error:
            found = find(answers, error)
            if found is None:
                raise
            answer, cause = found
            await _send(handler, name, answer(handler, cause))
        finally:
            delattr(handler, current)

    return run


async def _send(handler: Any, name: str, value: Any) -> None:
    """Sends what a method returned; when the client has gone by then, it reaches nobody."""
    value = await settled(value)
    if value is None:
        return
    is_binary = isinstance(value, bytes)
    message = value if is_binary or isinstance(value, str) else encoded(value)
    if message is None:
        raise ReturnedValueError(f"{type(handler).__name__}.{name}", value)
    with contextlib.suppress(WebSocketClosedError):
        await handler.write_message(message, binary=is_binary)


# Until Tornado 6.5 a connection outlived an exception of an async on_message.
_TELLS = tornado.version_info >= (6, 6)


async def _dropping(handler: RequestHandler, awaitable: Awaitable[None]) -> None:
    """Logs an exception and drops the connection, as newer Tornados do."""
    if not await _logged(handler, awaitable):
        handler.on_connection_close()


async def _logged(handler: RequestHandler, awaitable: Awaitable[None]) -> bool:
    """Whether it came to its end without an exception; if not, that is logged."""
    try:
        await awaitable
    except Exception as error:
        handler.log_exception(type(error), error, error.__traceback__)
        return False
    return True
