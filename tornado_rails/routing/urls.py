"""URLs of drawn routes: ``url_for``, ``paths.post(1)``, ``urls.post(1, host=...)``.

Values by position fill a route's segments from left to right; those by name are segments, options of the URL
(`RESERVED`), or else its query. Every URL is checked to lead back to its route (see `generation`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tornado_rails.routing import drawing_errors as errors
from tornado_rails.routing.blocks import plain
from tornado_rails.routing.drawing import Direct, call_with
from tornado_rails.routing.generation import checked_path, describe, generate
from tornado_rails.routing.polymorphic import route_of
from tornado_rails.routing.route import Route
from tornado_rails.routing.url_text import full_url, path_text, to_param

#: Options of a URL, which are never a segment's value nor in the query.
RESERVED: Final = frozenset(
    (
        *("host", "protocol", "port", "subdomain", "domain", "tld_length", "script_name", "relative_url_root"),
        *("trailing_slash", "anchor", "params", "only_path"),
    )
)

Values = dict[str, Any]


class UrlTable(Protocol):
    """What URLs are made of: a `RouteSet`, or an application's whole table."""

    @property
    def routes(self) -> Sequence[Route]:
        """All routes, in order."""

    @property
    def named(self) -> Mapping[str, Route]:
        """Those with a name."""

    @property
    def directs(self) -> Mapping[str, Direct]:
        """The URLs that are functions."""

    @property
    def default_url_options(self) -> Mapping[str, Any]:
        """Options that all URLs have."""

    @property
    def relative_url_root(self) -> str:
        """What stands before every path."""

    @property
    def drops_extra(self) -> bool:
        """Whether values by position beyond a route's parameters are dropped, as by Rails, or are an error."""

    def returns(self, route: Route, path: str) -> Mapping[str, str] | None:
        """The values of a path if it leads back to this route, else None."""

    def target_of(self, target: Any) -> str | None:
        """The "controller#action" of a function, or of (class, name); None for anything else."""


@dataclass(frozen=True, slots=True)
class RouteFor:
    """What `route_for` returns."""

    name: str
    args: tuple[Any, ...]
    options: Mapping[str, Any]


def route_for(name: str, *args: Any, **options: Any) -> RouteFor:
    """A named route as the answer of a ``direct`` function.

    >>> route_for("post", 3, anchor="top")
    RouteFor(name='post', args=(3,), options={'anchor': 'top'})
    """
    return RouteFor(name, args, options)


class Helpers:
    """Routes by name: ``paths.post(1)`` is what ``url_for("post", 1)`` is."""

    __slots__ = ("_builder", "_only_path")

    def __init__(self, builder: UrlBuilder, only_path: bool) -> None:
        self._builder = builder
        self._only_path = only_path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not self._builder.has(name):
            # NOTE: obj=None, or Python would guess at a name too.
            raise AttributeError(str(self._builder.unknown(name)), name=name, obj=None)
        return lambda *args, **options: self._builder.named(name, args, options, only_path=self._only_path)

    def __dir__(self) -> Iterator[str]:
        return iter(self._builder.names())


class UrlBuilder:
    """Makes the URLs of a table, in the place that its options say: host, protocol, script_name, ...

    >>> from tornado_rails.routing.routeset import RouteSet
    >>> builder = RouteSet(lambda map: map.resources("posts")).at(host="example.com")
    >>> builder.paths.post(1, page=2), builder.urls.posts()
    ('/posts/1?page=2', 'http://example.com/posts')
    """

    def __init__(self, routes: UrlTable, options: Mapping[str, Any]) -> None:
        self._routes = routes
        self._options = dict(options)
        self.paths = Helpers(self, only_path=True)
        self.urls = Helpers(self, only_path=False)

    def has(self, name: str) -> bool:
        """Whether the table has a route or a direct URL of that name."""
        return name in self._routes.named or name in self._routes.directs

    def names(self) -> list[str]:
        """All names."""
        return sorted({*self._routes.named, *self._routes.directs})

    def unknown(self, name: str, helper: str = "") -> errors.UnknownHelperError:
        """The error of a name that no route has."""
        return errors.UnknownHelperError(name, self.names(), helper)

    def url_for(self, target: Any = None, /, *args: Any, **options: Any) -> str:
        """The URL of a target: "controller#action", a route's name, an action's function, an object, or a list.

        It is a path where no host is known, or with ``only_path=True``. Text that begins with a slash or a scheme is
        returned as it is.
        """
        options = {plain(name): value for name, value in options.items()}
        text = self._routes.target_of(target) if callable(target) or isinstance(target, tuple) else None
        if text is not None:
            target = text
        if isinstance(target, Mapping):
            return self.of_options({**target, **options})
        if target is None:
            return self.of_options(options)
        if isinstance(target, str):
            if "#" in target and target[:1] != "/":
                controller, _, action = target.partition("#")
                values = self._of_action(controller, action, args, options) if args else {}
                return self.of_options({"controller": controller, "action": action, **values, **options})
            if target[:1] in ("/", "") or "://" in target or target.startswith("mailto:"):
                return target
            return self.named(target, args, options, only_path=self._wants_path(options))
        return self.polymorphic(target, options)

    def _of_action(self, controller: str, action: str, args: Sequence[Any], options: Mapping[str, Any]) -> Values:
        """Values by position of the first route of an action that takes so many, less what is given by name."""
        wanted = {"controller": controller, "action": action}
        routes = [route for route in self._routes.routes if wanted.items() <= route.defaults.items()]
        open_parts = [[part for part in route.parts if part not in options] for route in routes]
        for parts in open_parts:
            if len(args) <= len(parts):
                return dict(zip(parts, args, strict=False))
        if routes:
            raise self._too_many(routes[-1], args, open_parts[-1])
        return {}  # the error is that there is no such route

    def _wants_path(self, options: Mapping[str, Any]) -> bool:
        asked = options.get("only_path")
        if asked is not None:
            return bool(asked)
        return not (options.get("host") or self._options.get("host") or self._routes.default_url_options.get("host"))

    def polymorphic(self, target: Any, options: Mapping[str, Any], only_path: bool | None = None) -> str:
        """The URL of an object, a class, or a list of what stands in each other."""
        given = {key: value for key, value in options.items() if key not in ("action", "only_path")}
        parts = list(target) if isinstance(target, (list, tuple)) else [target]
        if parts and isinstance(parts[-1], Mapping):
            given = {**parts.pop(), **given}
        name, args = route_of(parts, options.get("action"))
        as_path = self._wants_path(options) if only_path is None else only_path
        if not self.has(name):
            raise self.unknown(name, f"{name}_{'path' if as_path else 'url'}")
        return self.named(name, args, given, only_path=as_path)

    def named(self, name: str, args: Sequence[Any], options: Mapping[str, Any], only_path: bool) -> str:
        """The path or URL of a route by its name."""
        direct = self._routes.directs.get(name)
        if direct is not None:
            return self._direct(direct, args, options, only_path)
        route = self._routes.named.get(name)
        if route is None:
            raise self.unknown(name)
        return self.of_route(route, args, options, only_path)

    def of_route(self, route: Route, args: Sequence[Any], options: Mapping[str, Any], only_path: bool) -> str:
        """The path or URL of a route, which may have no name."""
        if not options and len(args) == len(route.required) and self._is_plain(route):
            return self._quick(route, args, only_path)
        given: Values = {}
        for key, value in options.items():
            given[key if key in route.parts else plain(key)] = value
        result = {**self._options, **route.defaults, "only_path": only_path}
        return self._write(self._positional(route, args, given, result), route.name or "", route)

    def _is_plain(self, route: Route) -> bool:
        return not route.pattern.requirements and not route.pattern.has_glob and not self._routes.default_url_options

    def _quick(self, route: Route, args: Sequence[Any], only_path: bool) -> str:
        parts: dict[str, str] = {}
        for key, value in zip(route.required, args, strict=True):
            text = to_param(value)
            if not text:
                what = "must be given" if text is None else "must not be empty"
                words = describe(route)
                raise errors.MissingParameterError(f"{words}: {key} {what}", words, (key,))
            parts[key] = text
        path = checked_path(route, parts, self._routes.returns)
        return self._text({**self._options, **route.defaults, "only_path": only_path, "path": path})

    def _positional(self, route: Route, args: Sequence[Any], given: Values, result: Values) -> Values:
        """Values by position, and those by name over them."""
        open_parts = list(route.parts)
        if args:
            size = len(open_parts) - ("format" in open_parts)
            if len(args) < size:
                known = {*self._options, *(result.get("path_params") or {}), *result}
                open_parts = [part for part in open_parts if part not in known]
            open_parts = [part for part in open_parts if part not in given]
            if len(args) > len(open_parts) and not self._routes.drops_extra:
                raise self._too_many(route, args, open_parts)
            result.update(zip(open_parts, args, strict=False))
        result.update(given)
        return result

    @staticmethod
    def _too_many(route: Route, args: Sequence[Any], parts: Sequence[str]) -> errors.ExtraParameterError:
        words = describe(route)
        takes = ", ".join(parts) or "none"
        left = ", ".join(map(repr, args[len(parts) :]))
        hint = "What belongs into the query is given by name."
        return errors.ExtraParameterError(f"{words}: it takes by position {takes}; {left} is left over. {hint}", words)

    def of_options(self, options: Mapping[str, Any]) -> str:
        """The URL of a controller, an action and values."""
        options = dict(options)
        name = options.pop("use_route", None)
        options["only_path"] = self._wants_path(options)
        return self._write({**self._options, **options}, name)

    def _write(self, options: Values, name: str | None, route: Route | None = None) -> str:
        options = {**self._routes.default_url_options, **options}
        reserved = RESERVED | {"user", "password"} if options.get("user") and options.get("password") else RESERVED
        values = {key: value for key, value in options.items() if key not in reserved}
        named = self._routes.named if route is None or name is None else {name: route}
        made = generate(self._routes.routes, named, name, values, self._routes.returns)
        path = made.path
        if options.get("trailing_slash") and not options.get("format") and not path.endswith("/"):
            path += "/"
        params = made.rest
        if "params" in options:
            extra = options["params"]
            params = {**params, **extra} if isinstance(extra, Mapping) else {**params, "params": extra}
        return self._text({**options, "path": path, "params": params})

    def _text(self, options: Values) -> str:
        if options.get("script_name") in (None, ""):
            options["script_name"] = self._routes.relative_url_root
        return path_text(options) if options.get("only_path") else full_url(options)

    def _direct(self, direct: Direct, args: Sequence[Any], options: Mapping[str, Any], only_path: bool) -> str:
        answer = call_with(direct.function, args, {**direct.defaults, **options})
        if isinstance(answer, RouteFor):
            url = self.named(answer.name, answer.args, answer.options, only_path=only_path)
        elif isinstance(answer, Mapping):
            url = self.of_options({**answer, "only_path": only_path})
        elif isinstance(answer, str):
            url = answer
            if only_path:
                begin, slash, rest = url.partition("://")
                url = "/" + (rest.partition("/")[2] if slash else begin.removeprefix("/"))
        else:
            url = self.url_for(answer, only_path=only_path)
        return url
