"""All views of an application in one short text: where one of them has changed, responses have other entity tags.

It is of the whole folder, as what a view extends, includes and renders in parts is known only when it is rendered.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Collection

from tornado.web import RequestHandler

from tornado_rails.controller.negotiation import MEDIA_TYPES
from tornado_rails.controller.views import root_of


def view_digest(handler: RequestHandler) -> str:
    """The digest of a handler's folder of views, kept with the application as long as the compiled views are."""
    root = root_of(handler)
    known: dict[str, str] = handler.application.__dict__.setdefault("_tornado_rails_view_digests", {})
    if root not in known or not handler.settings.get("compiled_template_cache", True):
        known[root] = _digest(root, {*MEDIA_TYPES, *(handler.settings.get("media_types") or ())})
    return known[root]


def _digest(root: str, formats: Collection[str]) -> str:
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            if name.rpartition(".")[2] not in formats:
                continue  # no view: a folder of templates may hold anything
            file = os.path.join(folder, name)
            with contextlib.suppress(OSError), open(file, "rb") as opened:
                content = opened.read()
                digest.update(b"%s\0%d\0%s" % (os.fsencode(os.path.relpath(file, root)), len(content), content))
    return digest.hexdigest()[:32]
