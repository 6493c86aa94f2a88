"""The settings of views, pages of errors and formats, checked when an application is made."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from tornado_rails.errors import SettingError

_MEDIA_TYPES = "media_types"


def check_view_settings(settings: Mapping[str, Any]) -> None:
    """Raises `SettingError` for an engine that is not there, a folder that is none, or media types that are none."""
    if "template_engine" in settings:
        from tornado_rails.controller.views import engine_of  # PERF: the rest needs nothing of it

        engine_of(settings)
    for name in ("views_path", "error_pages"):
        folder = settings.get(name)
        if folder is not None and not (isinstance(folder, (str, os.PathLike)) and os.path.isdir(folder)):
            raise SettingError(name, folder, "there is no such folder")
    _check_media_types(settings.get(_MEDIA_TYPES))


def _check_media_types(table: Any) -> None:
    if table is None:
        return
    if not isinstance(table, Mapping):
        raise SettingError(_MEDIA_TYPES, table, "it is a dict of formats and their media types: {'vcf': 'text/vcard'}")
    for form, types in table.items():
        if not isinstance(form, str) or not re.fullmatch(r"(?a)\w+", form):
            raise SettingError(_MEDIA_TYPES, table, f"{form!r} is no format: letters, digits and underscores")
        every = [types] if isinstance(types, str) else types
        if not isinstance(every, (list, tuple)) or not every or not all(map(_is_type, every)):
            raise SettingError(_MEDIA_TYPES, table, f"{types!r} is no media type, as 'text/vcard', nor a list of some")


def _is_type(media_type: object) -> bool:
    return isinstance(media_type, str) and re.match(r"[\w.+-]+/[\w.+-]+(;|$)", media_type) is not None
