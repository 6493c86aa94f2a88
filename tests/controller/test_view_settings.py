"""The settings of views, pages of errors and formats: what means nothing is an error at start-up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tornado.web import RequestHandler

from tests.controller.support import request_by_hand
from tornado_rails import RailsApplication
from tornado_rails.controller.negotiation import types_of
from tornado_rails.errors import SettingError

NO_TYPE = "is no media type, as 'text/vcard', nor a list of some"


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("template_engine", "mako", "it is 'tornado' or 'jinja2'"),
        ("views_path", "nowhere", "there is no such folder"),
        ("views_path", "", "there is no such folder"),
        ("views_path", Path("nowhere"), "there is no such folder"),
        ("views_path", 0, "there is no such folder"),
        ("error_pages", __file__, "there is no such folder"),
        ("error_pages", True, "there is no such folder"),
        ("media_types", ["x"], "it is a dict of formats and their media types: {'vcf': 'text/vcard'}"),
        ("media_types", {"v.cf": "text/vcard"}, "'v.cf' is no format: letters, digits and underscores"),
        ("media_types", {7: "text/vcard"}, "7 is no format: letters, digits and underscores"),
        ("media_types", {"vcf": "vcard"}, f"'vcard' {NO_TYPE}"),
        ("media_types", {"vcf": "text/vcard\r\nX: y"}, f"'text/vcard\\r\\nX: y' {NO_TYPE}"),
        ("media_types", {"vcf": []}, f"[] {NO_TYPE}"),
        ("media_types", {"vcf": None}, f"None {NO_TYPE}"),
        ("media_types", {"vcf": ["text/vcard", 7]}, f"['text/vcard', 7] {NO_TYPE}"),
    ],
)
def test_setting_that_means_nothing_is_an_error_at_start(name: str, value: Any, hint: str) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(SettingError) as raised:
        RailsApplication([], **settings)
    assert str(raised.value) == f"setting {name}={value!r}: {hint}"


@pytest.mark.parametrize(
    "settings",
    [
        {"views_path": None, "error_pages": None, "media_types": None, "template_engine": "tornado"},
        {"views_path": str(Path(__file__).parent), "error_pages": Path(__file__).parent},
        {"media_types": {}},
        {"media_types": {"vcf": "text/vcard", "yml": ["application/yaml", "text/yaml"], "own": ("text/x; v=1",)}},
    ],
)
def test_setting_that_means_something_is_taken(settings: dict[str, Any]) -> None:
    application = RailsApplication([], **settings)
    handler = RequestHandler(application, request_by_hand("/"))
    for form, types in (settings.get("media_types") or {"txt": "text/plain"}).items():
        assert types_of(handler, form) == ((types,) if isinstance(types, str) else tuple(types))
