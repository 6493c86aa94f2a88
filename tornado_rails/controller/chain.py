"""Runs an action within its callbacks: a chain that is made once for each action, when its route is.

Between two around callbacks all is flat: the before callbacks in a loop, what is inside, the after callbacks in a
loop. So a callback costs one call.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from inspect import isawaitable
from typing import Any, NamedTuple

from tornado_rails.controller.finishing import note_failure, unlock
from tornado_rails.errors import AroundError

#: Calls something on a handler; what it gives back may have to be awaited.
Call = Callable[[Any], Any]
_Run = Callable[[Any], Awaitable[bool]]  # tells whether it came to its end, or was halted
_Holds = Callable[[Any], Awaitable[bool]]


class Step(NamedTuple):
    """A callback as it runs: what is called, and the conditions that must hold."""

    kind: str  # "before", "after" or "around"
    label: str  # for errors and the debug page
    call: Call
    holds: _Holds | None = None


def compose(steps: Sequence[Step], invoke: Call, flag: str = "_finished") -> Call:
    """A function that runs an action within its callbacks; ``invoke`` itself, if there are none.

    A before callback that finishes the response halts: what is inside does not run, nor does any after callback, and
    around callbacks that have begun come to their end. ``flag`` is the handler's attribute that says so.
    """
    if not steps:
        return invoke
    inner: _Run | None = None
    befores: list[Step] = []
    afters: list[Step] = []
    for step in reversed(steps):
        if step.kind == "around":
            inner = _around(step, _flat(befores, afters, inner, invoke, flag), flag)
            befores, afters = [], []
        elif step.kind == "before":
            befores.insert(0, step)
        else:
            afters.append(step)
    return _flat(befores, afters, inner, invoke, flag)


def _flat(befores: Sequence[Step], afters: Sequence[Step], inner: _Run | None, invoke: Call, flag: str) -> _Run:
    if inner is not None and not befores and not afters:
        return inner
    before_calls = [_plain(step) for step in befores]
    after_calls = [_plain(step) for step in afters]

    async def run(handler: Any) -> bool:
        # PERF: this runs for every request of an action with callbacks.
        calls = before_calls
        call: Call | None = None
        try:
            for call in before_calls:
                result = call(handler)
                if result is not None and isawaitable(result):
                    await result
                if getattr(handler, flag):
                    unlock(handler)
                    return False
            call = None
            if inner is not None:
                if not await inner(handler):
                    return False
            else:
                result = invoke(handler)
                if result is not None:
                    await result
            unlock(handler)
            calls = after_calls
            for call in after_calls:
                result = call(handler)
                if result is not None and isawaitable(result):
                    await result
                unlock(handler)
            if after_calls:
                _answer_with_what_is_written(handler)
        except BaseException:
            ran = [step.label for step in befores] + [step.label for step in afters]
            reached = (calls.index(call) + 1 if call else len(calls)) + (len(befores) if calls is after_calls else 0)
            note_ran(handler, *ran[:reached])
            note_failure(handler)
            raise
        return True

    return run


def _answer_with_what_is_written(handler: Any) -> None:
    """Takes back the 204 of an action that answered nothing, where a callback has written behind it."""
    if handler._status_code == 204 and handler._write_buffer and getattr(handler, "_tornado_rails_is_empty", False):
        handler.set_status(200)


def note_ran(handler: Any, *labels: str) -> None:
    """Keeps which callbacks had begun when an exception passed, for the debug page; the outer ones come last."""
    handler._tornado_rails_ran = (*labels, *getattr(handler, "_tornado_rails_ran", ()))


def _plain(step: Step) -> Call:
    call, holds = step.call, step.holds
    if holds is None:
        return call

    async def conditional(handler: Any) -> None:
        if await holds(handler):
            result = call(handler)
            if result is not None and isawaitable(result):
                await result

    return conditional


def _around(step: Step, inner: _Run, flag: str) -> _Run:
    call, holds = step.call, step.holds

    async def run(handler: Any) -> bool:
        if holds is not None and not await holds(handler):
            return await inner(handler)
        manager = _manager(call(handler), step.label)
        done = True  # also if the callback swallows an exception
        try:
            async with manager:
                done = not getattr(handler, flag) and not _is_over(manager) and await inner(handler)
                unlock(handler)
            unlock(handler)
            _answer_with_what_is_written(handler)
        except BaseException:
            note_ran(handler, step.label)
            note_failure(handler)
            raise
        return done

    return run


def _is_over(manager: object) -> bool:
    return isinstance(manager, (_AsyncGenerated, _Generated)) and manager.is_over


def _manager(around: object, label: str) -> AbstractAsyncContextManager[Any]:
    if isinstance(around, AsyncGenerator):
        return _AsyncGenerated(around)
    if isinstance(around, Generator):
        return _Generated(around)
    if isinstance(around, AbstractAsyncContextManager):
        return around
    if isinstance(around, AbstractContextManager):
        return _Entered(around)
    if isawaitable(around) and hasattr(around, "close"):
        around.close()  # or Python says that it was never awaited
    raise AroundError(
        label,
        f"an around callback gave {type(around).__name__}",
        "It is a generator that yields once, or returns a context manager.",
    )


class _AsyncGenerated(AbstractAsyncContextManager["None"]):
    """An async generator as a context manager; one that never yields is over at once."""

    def __init__(self, generator: AsyncGenerator[Any, None]) -> None:
        self.generator = generator
        self.is_over = False

    async def __aenter__(self) -> None:
        try:
            await anext(self.generator)
        except StopAsyncIteration:
            self.is_over = True

    async def __aexit__(self, *error: Any) -> bool | None:
        # The standard library knows how an exception goes into a generator and comes out of it.
        manager = asynccontextmanager(lambda: self.generator)()
        return False if self.is_over else await manager.__aexit__(*error)


class _Generated(AbstractAsyncContextManager["None"]):
    """A generator that is not async, likewise."""

    def __init__(self, generator: Generator[Any, Any, Any]) -> None:
        self.generator = generator
        self.is_over = False

    async def __aenter__(self) -> None:
        try:
            next(self.generator)
        except StopIteration:
            self.is_over = True

    async def __aexit__(self, *error: Any) -> bool | None:
        manager = contextmanager(lambda: self.generator)()
        return False if self.is_over else manager.__exit__(*error)


class _Entered(AbstractAsyncContextManager["None"]):
    """A context manager that is not async."""

    def __init__(self, manager: AbstractContextManager[Any]) -> None:
        self.manager = manager

    async def __aenter__(self) -> None:
        self.manager.__enter__()

    async def __aexit__(self, *error: Any) -> bool | None:
        return self.manager.__exit__(*error)
