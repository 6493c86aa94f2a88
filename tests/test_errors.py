"""Every error: its class, its text, its attributes."""

from __future__ import annotations

import re
import traceback
from typing import Any

import pytest
from tornado.web import HTTPError

import tornado_rails
from tornado_rails import errors
from tornado_rails.errors import (
    AroundError,
    BodyError,
    CallbackActionError,
    ControllersError,
    DeclarationError,
    DoubleResponseError,
    DuplicateNameError,
    DuplicateRouteError,
    EventError,
    MalformedRequestError,
    MediaTypeError,
    MethodNotAllowedError,
    MethodsError,
    MissingFileError,
    MixedGroupsError,
    NotAcceptableError,
    ParamError,
    ParamKeysError,
    ParamMissingError,
    PatchError,
    PathParamError,
    PatternError,
    PreconditionFailedError,
    RailsError,
    RangeError,
    RefusedActionError,
    RequestError,
    ReturnedValueError,
    RouteError,
    RoutesError,
    SettingError,
    ShadowedRouteError,
    SignatureError,
    SignedPathError,
    StatusError,
    UnfilteredParamsError,
    UnknownActionError,
    UnknownCallbackError,
    UnknownControllerError,
    UnknownFormatError,
    UnpermittedParamsError,
    UnsafeLinkError,
    UnsafeRedirectError,
    UrlTableError,
    ViewMissingError,
    ViewNameError,
    did_you_mean,
)

ROUTE, OTHER = "route '/a' -> Page.show (app.py:7)", "route '/a' -> Page.index (app.py:5)"

ROUTE_ERRORS = [
    MethodsError,
    MixedGroupsError,
    ParamKeysError,
    RefusedActionError,
    SignatureError,
    UnknownActionError,
    UnknownControllerError,
]
DECLARATION_ERRORS = [AroundError, CallbackActionError, DeclarationError, UnknownCallbackError]
TWO_ROUTES_ERRORS = [DuplicateNameError, DuplicateRouteError, ShadowedRouteError]

REQUEST_ERRORS: list[tuple[RequestError, int, str, list[dict[str, Any]]]] = [
    (
        PathParamError("id", "Expected `int`", "path"),
        404,
        "parameter 'id': Expected `int`",
        [{"parameter": "id", "in": "path", "detail": "Expected `int`"}],
    ),
    (
        ParamError("page", "is required", "query"),
        400,
        "parameter 'page': is required",
        [{"parameter": "page", "in": "query", "detail": "is required"}],
    ),
    (
        ParamMissingError("post"),
        400,
        "parameter 'post': is missing, empty or not as expected",
        [{"parameter": "post", "in": "params", "detail": "is missing, empty or not as expected"}],
    ),
    (
        UnpermittedParamsError(["admin", "role"]),
        400,
        "not permitted: 'admin', 'role'",
        [{"parameter": name, "in": "params", "detail": "is not permitted"} for name in ("admin", "role")],
    ),
    (BodyError("the body is wrong", [{"parameter": "a"}]), 422, "the body is wrong", [{"parameter": "a"}]),
    (BodyError("the body is wrong"), 422, "the body is wrong", []),
    (MediaTypeError("the body is text/plain"), 415, "the body is text/plain", []),
    (MalformedRequestError("the path is not UTF-8"), 400, "the path is not UTF-8", []),
    (
        MethodNotAllowedError("PUT", ["GET", "HEAD"]),
        405,
        "PUT is not allowed here; allowed: GET, HEAD",
        [],
    ),
    (UnsafeRedirectError("//host", "it leads away"), 400, "refused to redirect: it leads away", []),
    (
        NotAcceptableError({"html": "text/html", "json": "application/json"}),
        406,
        "there is no such format here; there is html (text/html), json (application/json)",
        [],
    ),
    (PreconditionFailedError("If-Match"), 412, "If-Match does not hold", []),
    (MissingFileError(), 404, "there is no such file", []),
    (RangeError(7), 416, "there is no such part of 7 bytes", []),
    (SignedPathError("missing"), 403, "the path needs a signature, and has none", []),
    (SignedPathError("altered"), 403, "the signature is not the one of this path", []),
    (SignedPathError("expired"), 403, "the signature of this path has expired", []),
    (RequestError("100% wrong: %s %d {}"), 400, "100% wrong: %s %d {}", []),
]

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, RailsError)]


def test_every_error_is_listed() -> None:
    public = {error.__name__ for error in ALL if not error.__name__.startswith("_")}
    assert public == set(errors.__all__)
    assert errors.__all__ == sorted(errors.__all__)


def test_every_error_has_one_base_and_says_what_it_is() -> None:
    for error in ALL:
        assert issubclass(error, tornado_rails.RailsError)
        assert error.__doc__, error


def test_every_class_is_tried_here() -> None:
    tried = {*ROUTE_ERRORS, *DECLARATION_ERRORS, *TWO_ROUTES_ERRORS, *(type(error) for error, *_ in REQUEST_ERRORS)}
    tried |= {
        RailsError,
        SettingError,
        ControllersError,
        PatchError,
        RouteError,
        PatternError,
        RoutesError,
        UrlTableError,
        # Their texts are read in tests/controller, where a response is what it is about.
        *(DoubleResponseError, ReturnedValueError, StatusError, UnknownFormatError),
        *(EventError, UnfilteredParamsError, UnsafeLinkError, ViewMissingError, ViewNameError),
    }
    assert tried == {error for error in ALL if not error.__name__.startswith("_")}


@pytest.mark.parametrize("error", DECLARATION_ERRORS)
def test_declaration_error_says_the_place_the_fact_and_the_help(error: type[DeclarationError]) -> None:
    raised = error("before_action 'x' (app.py:7)", "there is no such thing", "Write one.")
    assert str(raised) == "before_action 'x' (app.py:7): there is no such thing. Write one."
    assert (raised.place, raised.fact, raised.hint) == (
        "before_action 'x' (app.py:7)",
        "there is no such thing",
        "Write one.",
    )
    assert str(error("a", "b")) == "a: b"


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (SettingError, ValueError),
        (ControllersError, ValueError),
        (PatchError, TypeError),
        (RouteError, ValueError),
        (PatternError, re.error),
        (DoubleResponseError, RuntimeError),
        (ReturnedValueError, TypeError),
        (StatusError, ValueError),
        (RequestError, HTTPError),
        (UnfilteredParamsError, TypeError),
    ],
)
def test_error_is_also_what_python_or_tornado_calls_it(error: type[Exception], base: type[Exception]) -> None:
    assert issubclass(error, base)


def test_setting_error_has_the_setting() -> None:
    error = SettingError("trailing_slash", "never", "it is one of 'strict'.")
    assert str(error) == "setting trailing_slash='never': it is one of 'strict'."
    assert (error.name, error.value) == ("trailing_slash", "never")


@pytest.mark.parametrize("error_class", ROUTE_ERRORS)
def test_route_error_says_fact_place_and_help(error_class: type[RouteError]) -> None:
    error = error_class(ROUTE, "Page has no method 'show'", "Did you mean 'shown'?")
    assert str(error) == f"{ROUTE}: Page has no method 'show'. Did you mean 'shown'?"
    assert (error.route, error.fact, error.hint) == (ROUTE, "Page has no method 'show'", "Did you mean 'shown'?")
    assert str(error_class(ROUTE, "is wrong")) == f"{ROUTE}: is wrong"


@pytest.mark.parametrize("error_class", TWO_ROUTES_ERRORS)
def test_error_of_two_routes_names_both(error_class: type[Any]) -> None:
    error = error_class(ROUTE, OTHER, "is a duplicate of", "Remove one.")
    assert str(error) == f"{ROUTE}: is a duplicate of {OTHER}. Remove one."
    assert (error.route, error.other, error.hint) == (ROUTE, OTHER, "Remove one.")
    assert str(error_class(ROUTE, OTHER, "is a duplicate of")) == f"{ROUTE}: is a duplicate of {OTHER}"


def test_pattern_error_is_pythons_too() -> None:
    with pytest.raises(re.error) as pythons:
        re.compile("/a(b")
    error = PatternError(ROUTE, pythons.value)
    assert str(error) == f"{ROUTE}: the pattern is not a regular expression: {pythons.value}"
    for name in ("msg", "pattern", "pos", "lineno", "colno"):
        assert getattr(error, name) == getattr(pythons.value, name)
    with pytest.raises(re.error) as raised:
        tornado_rails.URLSpec("/a(b", "anything")
    assert isinstance(raised.value, PatternError)
    assert "route '/a(b' (tests/test_errors.py:" in str(raised.value)
    assert "PatternError" in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(("error", "status", "detail", "parts"), REQUEST_ERRORS)
def test_request_error_becomes_an_http_status(
    error: RequestError, status: int, detail: str, parts: list[dict[str, Any]]
) -> None:
    assert (error.status_code, error.status, error.detail, error.errors) == (status, status, detail, parts)
    assert error.get_message() == detail if hasattr(error, "get_message") else True
    assert str(error).startswith(f"HTTP {status}: ")
    assert str(error).endswith(f" ({detail})")


def test_request_error_has_its_parts() -> None:
    error = ParamError("page", "is required", "query")
    assert (error.parameter, error.reason_text) == ("page", "is required")
    refused = MethodNotAllowedError("PUT", ["GET", "HEAD"])
    assert refused.allow == ("GET", "HEAD")


@pytest.mark.parametrize(
    ("word", "known", "sentence"),
    [
        ("usr", ["user", "post"], " Did you mean 'user'?"),
        ("logn", ["login", "logout"], " Did you mean 'login'?"),
        ("zzz", ["login", "logout"], ""),
        ("login", [], ""),
        ("", ["login"], ""),
        ("gett", {"get", "post"}, " Did you mean 'get'?"),
    ],
)
def test_nearest_word_is_guessed(word: str, known: Any, sentence: str) -> None:
    assert did_you_mean(word, known) == sentence
