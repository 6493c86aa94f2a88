"""The text of a URL from its parts: host, protocol, port, query, anchor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from tornado_rails.routing.constraints import split_host
from tornado_rails.routing.drawing_errors import UrlArgumentError
from tornado_rails.routing.pattern import escape_fragment

_HOST = re.compile(r"(?P<protocol>[^:]+://)?(?P<host>\[[^\]]*\]|[^:]+)(?::(?P<port>\d+)\Z)?")
_PROTOCOL = re.compile(r"(?P<name>[^:]+):?(?://)?\Z")
_PORTS = {"http://": 80, "https://": 443}


def escape_form(text: str) -> str:
    """Text as a form's value.

    >>> escape_form("a b*~")
    'a+b*%7E'
    """
    return quote_plus(text, safe="*").replace("~", "%7E")


def to_param(value: Any) -> str | None:
    """A value as it stands in a URL: an object's own ``to_param()``, lists joined by slashes, booleans as words.

    An object without it, and without a text of its own, is its ``id``.

    >>> to_param(7), to_param(True), to_param(["a", 1]), to_param(None)
    ('7', 'true', 'a/1', None)
    """
    own = getattr(value, "to_param", None)
    if callable(own):
        value = own()
    if value is None or isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "/".join("" if part is None else part for part in map(to_param, value))
    if isinstance(value, Mapping):
        return query_text(value)
    owner: Any = type(value)
    if owner.__str__ is object.__str__ and owner is not type and hasattr(value, "id"):
        return to_param(value.id)  # whose text would be its repr
    return str(value)


def query_text(params: Mapping[Any, Any], inside: str = "") -> str:
    """Values as a query, sorted by name; nested ones in brackets, empty ones left out.

    >>> query_text({"b": [1, 2], "a": {"x": "y z"}})
    'a%5Bx%5D=y+z&b%5B%5D=1&b%5B%5D=2'
    """
    pairs = [
        _pair(f"{inside}[{name}]" if inside else str(name), value)
        for name, value in params.items()
        if not (isinstance(value, (Mapping, list, tuple)) and not value)
    ]
    if "[]" not in inside:
        pairs.sort()
    return "&".join(pairs)


def _pair(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return query_text(value, name)
    if isinstance(value, (list, tuple)):
        # A list in a list that is empty still says its name.
        return "&".join(_pair(f"{name}[]", each) for each in value) if value else quote_plus(f"{name}[]")
    text = to_param(value)
    return quote_plus(name) if text is None else f"{quote_plus(name)}={quote_plus(text)}"


def path_text(options: Mapping[str, Any]) -> str:
    """The path of a URL with its query and anchor."""
    path = str(options.get("script_name") or "").removesuffix("/") + (options.get("path") or "")
    params = options.get("params")
    if params is not None:
        given = params if isinstance(params, Mapping) else {"params": params}
        query = query_text({name: value for name, value in given.items() if to_param(value) is not None})
        if query:
            path += "?" + query
    anchor = options.get("anchor")
    if anchor not in (None, False):
        path += "#" + escape_fragment(to_param(anchor) or "")
    return path


def full_url(options: Mapping[str, Any]) -> str:
    """A URL of its parts.

    >>> full_url({"host": "www.example.com", "path": "/posts", "protocol": "https", "port": 8443})
    'https://www.example.com:8443/posts'
    """
    given = options.get("host")
    if not given:
        raise UrlArgumentError("a full URL needs a host: give host=, or set it in default_url_options")
    protocol, port = options.get("protocol"), options.get("port")
    found = _HOST.match(str(given))
    host = str(given)
    if found is not None:
        if protocol is None:
            protocol = found["protocol"]
        host = found["host"]
        if "port" not in options:
            port = found["port"]
    begin = _protocol(protocol)
    user, password = options.get("user"), options.get("password")
    login = f"{escape_form(str(user))}:{escape_form(str(password))}@" if user and password else ""
    place = login + _host(host, options)
    if (
        port is not None
        and port is not False
        and port != ""
        and int(port) != _PORTS.get(begin, 0 if begin == "//" else 80)
    ):
        place += f":{port}"
    return begin + place + path_text(options)


def _protocol(protocol: Any) -> str:
    if protocol is None:
        return "http://"
    if protocol is False or protocol == "//":
        return "//"
    found = _PROTOCOL.match(str(protocol))
    if found is None:
        raise UrlArgumentError(f"protocol={protocol!r} is none: give 'https', 'https://', or '//'")
    return f"{found['name']}://"


def _host(host: str, options: Mapping[str, Any]) -> str:
    own_subdomain, own_domain = split_host(host, int(options.get("tld_length") or 1))
    if not own_domain:
        return host
    subdomain, domain = options.get("subdomain", True), options.get("domain")
    if subdomain is True:
        if domain is None:
            return host
        subdomain = own_subdomain
    first = to_param(subdomain) if subdomain not in (None, False) else ""
    return ".".join(part for part in (first, domain or own_domain) if part)
