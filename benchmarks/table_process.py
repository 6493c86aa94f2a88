"""One table in a process of its own, for `benchmarks.startup` and `benchmarks.memory`; prints what it took.

python -m benchmarks.table_process stock|ours plain|action COUNT time|memory
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
from tornado_rails import RailsApplication


class Page(RequestHandler):
    def get(self, *values: str) -> None:
        self.write("page " + " ".join(values))

    def show(self, *values: str) -> None:
        self.write("page " + " ".join(values))


def main() -> None:
    application_name, kind, count, what = sys.argv[1:]
    application_class = {"stock": Application, "ours": RailsApplication}[application_name]
    patterns = tables.made(int(count))
    is_action = kind == "action" and application_name == "ours"
    table: list[Any] = [(pattern, Page, {"action": "show"}) if is_action else (pattern, Page) for pattern in patterns]
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
