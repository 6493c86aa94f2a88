"""What ``resources`` and ``resource`` draw: a resource's words, its actions and their paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tornado_rails.routing.inflections import pluralize, singularize

PLURAL_ACTIONS: Final = ("index", "create", "new", "show", "update", "destroy", "edit")
SINGULAR_ACTIONS: Final = ("show", "create", "update", "destroy", "new", "edit")
#: Actions whose path is that of their scope, with nothing added to it or to their name.
CANONICAL_ACTIONS: Final = frozenset({"index", "create", "new", "show", "update", "destroy"})
_FORMS: Final = frozenset({"new", "edit"})


def listed(value: object) -> tuple[str, ...]:
    """One name, several, or none, as a tuple.

    >>> listed("index"), listed(["index", "show"]), listed(None)
    (('index',), ('index', 'show'), ())
    """
    if value is None or value is False:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, Iterable) else (str(value),)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a table; ``name`` is what its routes are named by.

    >>> Resource("posts", "posts", "posts", "posts", "id", PLURAL_ACTIONS, False, False).nested_path
    'posts/:post_id'
    """

    entity: str
    name: str
    path: str
    controller: str
    param: str
    actions: tuple[str, ...]
    singular: bool
    shallow: bool

    @property
    def member_name(self) -> str:
        """What a route of one member is named by."""
        return self.name if self.singular else singularize(self.name)

    @property
    def collection_name(self) -> str:
        """What a route of all members is named by."""
        if self.singular or self.member_name != self.name:
            return self.name
        return f"{self.name}_index"

    @property
    def member_path(self) -> str:
        """The path of one member."""
        return self.path if self.singular else f"{self.path}/:{self.param}"

    @property
    def nested_param(self) -> str:
        """The segment that stands for the member in the paths of what is nested in it."""
        return f"{self.member_name}_{self.param}"

    @property
    def nested_path(self) -> str:
        """The path before what is nested in a member."""
        return self.path if self.singular else f"{self.path}/:{self.nested_param}"


def make_resource(
    entity: str,
    singular: bool,
    *,
    as_: object = None,
    path: object = None,
    controller: object = None,
    param: object = None,
    only: object = None,
    except_: object = None,
    shallow: bool = False,
    api_only: bool = False,
) -> Resource:
    """A resource from the options of its call.

    >>> make_resource("profile", True, only="show").controller
    'profiles'
    """
    offered: Iterable[str] = SINGULAR_ACTIONS if singular else PLURAL_ACTIONS
    if only is not None:
        offered = listed(only)
    elif api_only:
        offered = [action for action in offered if action not in _FORMS]
    left_out = listed(except_)
    return Resource(
        entity=entity,
        name=entity if as_ in (None, False) else str(as_),
        path=str(entity if path in (None, False) else path),
        controller=str(controller) if controller else pluralize(entity) if singular else entity,
        param=str(param) if param else "id",
        actions=tuple(action for action in offered if action not in left_out),
        singular=singular,
        shallow=shallow,
    )


def unknown_actions(singular: bool, only: object, except_: object) -> list[str]:
    """The actions named in ``only`` and ``except_`` that such a resource does not have.

    >>> unknown_actions(True, ["index", "show"], None)
    ['index']
    """
    known = SINGULAR_ACTIONS if singular else PLURAL_ACTIONS
    return [action for action in dict.fromkeys((*listed(only), *listed(except_))) if action not in known]
