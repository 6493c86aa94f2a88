"""Names of routes from objects: ``url_for(post)``, ``url_for(["admin", post])``, ``url_for(Post)``.

An object's route is named by its class: a saved ``BlogPost`` is ``blog_post``, a new one or the class itself is
``blog_posts``. An object is saved unless its ``persisted`` says no, or its ``id`` is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tornado_rails.routing.drawing_errors import UrlArgumentError
from tornado_rails.routing.inflections import pluralize, singularize, underscore


@dataclass(frozen=True, slots=True)
class Keys:
    """What routes of a class's objects are named by: of one, and of all.

    >>> Keys.of("BlogPost"), Keys.of("Sheep")
    (Keys(one='blog_post', all='blog_posts'), Keys(one='sheep', all='sheep_index'))
    """

    one: str
    all: str

    @classmethod
    def of(cls, class_name: str) -> Keys:
        """The keys of a class by its name."""
        singular = underscore(class_name).replace("/", "_")
        plural = pluralize(singular)
        return cls(singularize(plural), plural if plural != singular else f"{plural}_index")


def class_name(value: Any) -> str:
    """The name that a class gives its routes: its ``model_name`` or its own name."""
    owner = value if isinstance(value, type) else type(value)
    given = getattr(value, "model_name", None)
    return given if isinstance(given, str) else owner.__name__


def is_saved(model: Any) -> bool:
    """Whether an object has a URL of its own."""
    persisted = getattr(model, "persisted", None)
    if persisted is not None:
        return bool(persisted() if callable(persisted) else persisted)
    return getattr(model, "id", "") is not None


def route_of(parts: Sequence[Any], action: str | None = None) -> tuple[str, list[Any]]:
    """The name of the route of objects that stand in each other, and its arguments.

    >>> route_of(["admin", "reports"], action="new")
    ('new_admin_reports', [])
    """
    given = [part for part in parts if part is not None]
    if not given:
        raise UrlArgumentError("there is nothing to make a URL of: all parts are None")
    args: list[Any] = []
    names = [action] if action else []
    for part in given[:-1]:
        if isinstance(part, str):
            names.append(part)
        else:
            args.append(part)
            names.append(Keys.of(class_name(part)).one)
    last = given[-1]
    if isinstance(last, str):
        names.append(last)
    elif not isinstance(last, type) and is_saved(last):
        args.append(last)
        names.append(Keys.of(class_name(last)).one)
    else:
        keys = Keys.of(class_name(last))
        names.append(keys.one if action == "new" else keys.all)
    return "_".join(names), args
