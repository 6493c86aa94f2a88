"""The settings of params: what they are by default, and what they may be."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_rails import RailsApplication
from tornado_rails.controller.param_settings import limit_of, on_unpermitted
from tornado_rails.errors import SettingError


@pytest.mark.parametrize(
    ("name", "default"), [("param_keys_limit", 4096), ("param_depth_limit", 32), ("json_depth_limit", 100)]
)
def test_limits_have_defaults(name: str, default: int) -> None:
    assert limit_of({}, name) == default
    assert limit_of({name: 7}, name) == 7


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"debug": False}, None),
        ({"debug": True}, "log"),
        ({"debug": True, "unpermitted_params": False}, None),
        ({"debug": True, "unpermitted_params": "raise"}, "raise"),
        ({"unpermitted_params": None}, None),
        ({"unpermitted_params": "log"}, "log"),
    ],
)
def test_unpermitted_params_are_logged_in_debug_or_as_it_is_set(settings: dict[str, Any], expected: str | None) -> None:
    RailsApplication([], **{"autoreload": False, **settings})
    assert on_unpermitted(settings) == expected


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("param_keys_limit", 0, "it is a whole number from 1 to 10000000"),
        ("param_keys_limit", None, "it is a whole number from 1 to 10000000"),
        ("param_depth_limit", True, "it is a whole number from 1 to 1000"),
        ("param_depth_limit", "32", "it is a whole number from 1 to 1000"),
        ("param_depth_limit", 1001, "it is a whole number from 1 to 1000"),
        ("json_depth_limit", 1.5, "it is a whole number from 1 to 500"),
        ("unpermitted_params", "rise", "it is one of 'log', 'raise', False. Did you mean 'raise'?"),
        ("unpermitted_params", 0, "it is one of 'log', 'raise', False."),
        ("unpermitted_params", True, "it is one of 'log', 'raise', False."),
        ("unpermitted_params", [], "it is one of 'log', 'raise', False."),
    ],
)
def test_setting_that_means_nothing_is_an_error_at_start(name: str, value: Any, hint: str) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(SettingError) as raised:
        RailsApplication([], **settings)
    assert str(raised.value) == f"setting {name}={value!r}: {hint}"
