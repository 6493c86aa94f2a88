"""What views call by name: ``link_to``, ``form_with``, ``partial``, ``content_for``, and your own by `helper`.

    class PostsController(Controller):
        @helper
        def shout(self, text: str) -> str:
            return text.upper()                     # in the view: {{ shout(post.title) }}

What a helper returns is escaped like anything else; HTML is returned as ``Safe(...)``
(`tornado_rails.controller.markup`).
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tornado.web import RequestHandler

from tornado_rails.controller.escaping import Escaping
from tornado_rails.controller.markup import Safe, escaped, tag
from tornado_rails.controller.redirecting import is_local, url_of
from tornado_rails.errors import DeclarationError, UnsafeLinkError
from tornado_rails.routing.actions import private
from tornado_rails.routing.source import of_function

Function = TypeVar("Function", bound=Callable[..., Any])

_HELPER = "_tornado_rails_helper"
_SCHEME = r"[^/?#]*?:"
_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms", "ftp"})


def helper(function: Function) -> Function:
    """Makes a controller's method a name in its views. It is no action.

    Raises `DeclarationError` for one that is async: a view would show the coroutine.
    """
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise DeclarationError(
            f"helper {function.__name__!r} ({of_function(function)})",
            "it is async, and no view waits for it",
            "Await in the action, and assign what the view shows.",
        )
    setattr(function, _HELPER, True)
    return private(function)


@functools.lru_cache(maxsize=1024)
def helpers_of(controller: type[RequestHandler]) -> frozenset[str]:
    """The names of a class's helpers, its parents' with them."""
    names = {name for owner in controller.__mro__ for name, value in vars(owner).items() if hasattr(value, _HELPER)}
    return frozenset(name for name in names if hasattr(getattr(controller, name), _HELPER))


class Block(Safe):
    """HTML that takes a block: ``{% apply form_with("posts#create") %}...{% end %}``."""

    __slots__ = ("_wrap",)

    _wrap: Callable[[bytes | str], Safe]

    def __new__(cls, text: str, wrap: Callable[[bytes | str], Safe]) -> Block:
        """The text is what stands where no block is given."""
        block = super().__new__(cls, text)
        block._wrap = wrap
        return block

    def __call__(self, block: bytes | str) -> Safe:
        """The HTML around a block that a template has rendered, or text, which is escaped."""
        return self._wrap(block)


def rendered(block: bytes | str, escaping: Escaping = "html") -> Safe:
    """What a template has rendered, as Tornado hands it on (bytes), or Jinja (HTML)."""
    return Safe(block.decode()) if isinstance(block, bytes) else escaped(block, escaping)


def link_to(handler: RequestHandler, text: Any, target: Any, /, *args: Any, **attributes: Any) -> Safe:
    """A link to what ``url_for`` takes; names are attributes: ``link_to("Show", "post", 1, class_="button")``.

    SECURITY: raises `UnsafeLinkError` for a URL that is none of a page, as ``javascript:``.
    """
    url = checked_url(url_of(handler, target, *args))
    return Safe(f"{tag('a', {'href': url, **attributes})}{escaped(text)}</a>")


def form_with(
    handler: RequestHandler,
    target: Any,
    /,
    *args: Any,
    method: str = "post",
    caller: Callable[[], Any] | None = None,
    **attributes: Any,
) -> Safe:
    """A form that is sent to what ``url_for`` takes, with the XSRF field where the application checks that.

    It takes the form's fields as a block; without one it is the opening tag.
    """
    verb = method.lower()
    if verb not in ("get", "post"):
        raise ValueError(f"a form is sent by get or post, not by {method!r}")
    url = checked_url(url_of(handler, target, *args))
    opening: str = tag("form", {"action": url, "method": verb, **attributes})
    # SECURITY: the token is for this host alone.
    if verb == "post" and handler.settings.get("xsrf_cookies") and is_local(url, handler.request):
        opening += handler.xsrf_form_html()
    block = Block(opening, lambda fields: Safe(f"{opening}{rendered(fields)}</form>"))
    return block if caller is None else block(caller())


def checked_url(url: str) -> str:
    """A URL that a link may have.

    >>> checked_url("/posts?page=2"), checked_url("mailto:ada@example.com")
    ('/posts?page=2', 'mailto:ada@example.com')
    """
    # As browsers read it: spaces and control characters in front and line breaks anywhere do not count.
    bare = re.sub(r"[\t\r\n]", "", url).lstrip("".join(map(chr, range(0x21))))
    scheme = re.match(_SCHEME, bare)
    if scheme is not None and scheme[0][:-1].lower() not in _SAFE_SCHEMES:
        raise UnsafeLinkError(f"a link to {scheme[0].lower()!r} is refused: it would run, and lead to no page")
    return url


#: Helpers that a handler alone is enough for.
HANDLER_HELPERS: Mapping[str, Callable[..., Any]] = {"link_to": link_to, "form_with": form_with}
