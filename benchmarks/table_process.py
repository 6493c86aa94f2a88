"""One table in a process of its own, for `benchmarks.startup` and `benchmarks.memory`; prints what it took.

python -m benchmarks.table_process stock|ours plain|action|controllers COUNT time|memory
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
import tracemalloc
from typing import Any

from tornado.web import Application, RequestHandler

from benchmarks import tables
from benchmarks.inprocess import answer, request_for
from tornado_rails import Controller, RailsApplication


class Page(RequestHandler):
    def get(self, *values: str) -> None:
        self.write("page " + " ".join(values))

    def show(self, *values: str) -> None:
        self.write("page " + " ".join(values))


def table_of(kind: str, patterns: list[str], with_actions: bool) -> list[Any]:
    """A table of plain routes, or of routes with the same patterns and actions."""
    if kind == "plain" or (kind == "action" and not with_actions):
        return [(pattern, Page) for pattern in patterns]
    if kind == "action":
        return [(pattern, Page, {"action": "show"}) for pattern in patterns]
    actions = ["index", "show", "edit", "comments", "comment"]
    controllers = [_controller() for _ in patterns[:: len(actions)]]
    return [
        (
            pattern,
            controllers[nth // len(actions)],
            *([{"action": actions[nth % len(actions)]}] if with_actions else []),
        )
        for nth, pattern in enumerate(patterns)
    ]


def _controller() -> type[Controller]:
    class PostsController(Controller):
        def get(self, *values: str) -> None:
            self.write("page " + " ".join(values))

        def index(self) -> None:
            self.write("page ")

        def show(self, number: int) -> None:
            self.write(f"page {number}")

        def edit(self, number: int) -> None:
            self.write(f"page {number}")

        def comments(self, number: int) -> None:
            self.write(f"page {number}")

        def comment(self, number: int, name: str) -> None:
            self.write(f"page {number} {name}")

    return PostsController


def main() -> None:
    application_name, kind, count, what = sys.argv[1:]
    application_class = {"stock": Application, "ours": RailsApplication}[application_name]
    patterns = tables.made(int(count))
    table = table_of(kind, patterns, with_actions=application_name == "ours")
    request = request_for(tables.path_for(patterns[-1], 1))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    gc.collect()
    if what == "memory":
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
    start = time.process_time()
    application = application_class(table)
    constructed = time.process_time() - start
    loop.run_until_complete(answer(application, [request]))
    answered = time.process_time() - start
    status, _headers, body = request.connection.response  # type: ignore[union-attr]
    taken: dict[str, Any] = {"status": status, "body": body.decode(), "constructed": constructed, "answered": answered}
    if what == "memory":
        del table
        gc.collect()
        taken["bytes"] = tracemalloc.get_traced_memory()[0] - before
    print(json.dumps(taken))
    loop.close()


if __name__ == "__main__":
    main()
