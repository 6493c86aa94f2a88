"""The layer put in and taken out again: every name, every class, every object as it was."""

from __future__ import annotations

import asyncio
import gc
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
import tornado.routing
import tornado.web
from tornado.web import RequestHandler

from tests.controller.support import request_by_hand, run
from tests.routing.support import fetch
from tornado_rails import RailsApplication, URLSpec, patch, patched, unpatch
from tornado_rails.errors import PatchError, UnknownActionError
from tornado_rails.routing.router import IndexedRouter, RootRouter

pytestmark = pytest.mark.usefixtures("quiet_log", "unchanged")


class Stock:
    """Tornado's classes, where `patch` does not find them: it looks at the names in modules."""

    application: Any = tornado.web.Application
    spec: Any = tornado.routing.URLSpec


NAMES = [
    (tornado.web, "Application"),
    (tornado.web, "URLSpec"),
    (tornado.web, "url"),
    (tornado.routing, "URLSpec"),
]


def names_held() -> dict[tuple[str, str], int]:
    """Where Tornado's and our classes are held, in every module there is."""
    classes = {id(each) for each in (Stock.application, Stock.spec, RailsApplication, URLSpec)}
    return {
        (key, name): id(value)
        for key, module in list(sys.modules.items())
        if isinstance(module, types.ModuleType)
        for name, value in list(vars(module).items())
        if id(value) in classes
    }


@pytest.fixture
def unchanged() -> Iterator[None]:
    """Fails a test that leaves anything of the layer behind."""
    assert not patched()
    before, bases = names_held(), [each.__bases__ for each in (RailsApplication, URLSpec)]
    yield
    unpatch()
    assert names_held() == before
    assert [each.__bases__ for each in (RailsApplication, URLSpec)] == bases
    gc.collect()  # the classes of the test that has run


@pytest.fixture
def module() -> Iterator[Any]:
    """A module of an application, imported earlier, with Tornado's classes under names of its own."""
    module: Any = types.ModuleType("some_old_app")
    module.web = tornado.web
    module.Application = module.App = Stock.application
    module.URLSpec = module.route = Stock.spec
    module.unrelated = object
    sys.modules["some_old_app"] = module
    yield module
    del sys.modules["some_old_app"]


class Page(RequestHandler):
    def get(self) -> None:
        self.write("get")

    def show(self, id: int = 0) -> None:
        self.write(f"show {id}")


ROUTES: list[Any] = [("/", Page), (r"/show/(\d+)", Page, {"action": "show"})]


def test_every_name_is_replaced_and_restored(module: Any) -> None:
    patch()
    for place, name in NAMES:
        assert getattr(place, name) is (RailsApplication if name == "Application" else URLSpec)
    assert (module.Application, module.App) == (RailsApplication, RailsApplication)
    assert (module.URLSpec, module.route) == (URLSpec, URLSpec)
    assert module.unrelated is object
    unpatch()
    for place, name in NAMES:
        assert getattr(place, name) is (Stock.application if name == "Application" else Stock.spec)
    assert (module.Application, module.App) == (Stock.application, Stock.application)
    assert (module.URLSpec, module.route) == (Stock.spec, Stock.spec)


def test_layer_itself_keeps_tornados_classes() -> None:
    patch()
    assert RailsApplication.__mro__[1] is Stock.application
    assert URLSpec.__mro__[1] is Stock.spec
    assert asyncio.run(run(RailsApplication(ROUTES), request_by_hand("/show/7"))).get_status() == 200


def test_name_that_was_rebound_meanwhile_is_left_alone(module: Any) -> None:
    patch()
    module.Application = dict
    del module.App
    unpatch()
    assert module.Application is dict
    assert not hasattr(module, "App")


def test_application_by_its_old_name_has_the_layer(module: Any) -> None:
    patch()
    application = module.web.Application([module.route("/show/(.*)", Page, {"action": "show"}, name="show")])
    assert type(application) is RailsApplication
    assert application.reverse_url("show", 7) == "/show/7"
    assert fetch(application, "/show/7").body == "show 7"
    with pytest.raises(UnknownActionError):
        module.App([("/", Page, {"action": "nothing"})])


class Mixin:
    """A mixin of the user's."""


def old_classes() -> dict[str, Any]:
    """Subclasses as an application defines them, before the layer comes."""

    class Old(tornado.web.Application):
        def __init__(self, handlers: Any, **settings: Any) -> None:
            super().__init__(handlers, **settings)
            self.db = "db"

    class ByName(tornado.web.Application):
        def __init__(self, handlers: Any) -> None:
            tornado.web.Application.__init__(self, handlers, debug=False)

    class Below(Old):
        """Derives from the layer only through its parent."""

    class Mixed(Mixin, tornado.web.Application):
        """Has another base first."""

    class Spec(tornado.routing.URLSpec):
        """A route of the user's own."""

    return {each.__name__: each for each in (Old, ByName, Below, Mixed, Spec)}


@pytest.mark.parametrize("name", ["Old", "ByName", "Below", "Mixed"])
def test_subclass_defined_earlier_has_the_layer(name: str) -> None:
    classes = old_classes()
    bases = {each: each.__bases__ for each in classes.values()}
    old = classes[name]
    patch()
    assert RailsApplication in old.__mro__
    application = old(ROUTES)
    assert isinstance(application, tornado.web.Application)
    assert type(application.wildcard_router) is IndexedRouter
    assert type(application.default_router) is RootRouter
    assert fetch(application, "/show/7").body == "show 7"
    with pytest.raises(UnknownActionError):
        old([("/", Page, {"action": "nothing"})])
    unpatch()
    for each, known in bases.items():
        assert each.__bases__ == known
        assert all(base is other for base, other in zip(each.__bases__, known, strict=True))
    assert RailsApplication not in old.__mro__


def test_route_class_defined_earlier_has_the_layer() -> None:
    spec_class = old_classes()["Spec"]
    patch()
    spec = spec_class("/show/(.*)", Page, {"action": "show"}, "show")
    assert isinstance(spec, URLSpec)
    assert (spec.action, spec.name) == ("show", "show")
    unpatch()
    assert spec_class.__bases__ == (Stock.spec,)
    plain = spec_class("/show/(.*)", Page, {"action": "show"})
    assert plain.kwargs == {"action": "show"}


def test_application_made_before_serves_while_the_layer_is_in_and_after() -> None:
    classes = old_classes()
    applications = [Stock.application([("/", Page)]), classes["Old"]([("/", Page)]), classes["Below"]([("/", Page)])]
    for layer in (patch, unpatch, patch, unpatch):
        layer()
        for application in applications:
            assert fetch(application, "/").body == "get"
            assert fetch(application, "/nowhere").status == 404


def test_application_made_before_takes_more_handlers_while_the_layer_is_in() -> None:
    application = old_classes()["Old"]([("/", Page)])
    patch()
    application.add_handlers(".*", [("/show/(.*)", Page, {"action": "show"})])
    application.wildcard_router.add_rules([("/more", Page)])
    assert fetch(application, "/show/7").body == "show 7"
    assert fetch(application, "/more").body == "get"
    assert fetch(application, "/").body == "get"
    unpatch()
    assert fetch(application, "/show/7").body == "show 7"


def test_application_made_with_the_layer_keeps_it_when_the_layer_is_out() -> None:
    old = old_classes()["Old"]
    with patched():
        applications = [tornado.web.Application(ROUTES), old(ROUTES)]
    for application in applications:
        assert fetch(application, "/show/7").body == "show 7"
        assert fetch(application, "/").body == "get"


def test_class_defined_with_the_layer_keeps_it_when_the_layer_is_out() -> None:
    with patched():

        class New(tornado.web.Application):
            """Is ours, as its author wrote it there."""

    assert New.__bases__ == (RailsApplication,)
    assert fetch(New(ROUTES), "/show/7").body == "show 7"


def state() -> list[Any]:
    """Whether the layer is in, and whether Tornado's names say so."""
    return [bool(patched()), *(getattr(place, name) in (RailsApplication, URLSpec) for place, name in NAMES)]


@pytest.mark.parametrize(
    ("calls", "is_in"),
    [
        ([patch], True),
        ([patch, patch], True),
        ([unpatch], False),
        ([unpatch, unpatch], False),
        ([patch, unpatch], False),
        ([unpatch, patch], True),
        ([patch, patch, unpatch], False),
        ([patch, unpatch, unpatch], False),
        ([patch, unpatch, patch], True),
        ([patch, unpatch, patch, unpatch, unpatch, patch, patch], True),
    ],
)
def test_calls_in_any_order_leave_the_layer_in_or_out(calls: list[Any], is_in: bool) -> None:
    old = old_classes()["Old"]
    for call in calls:
        assert call() is None
    assert state() == [is_in] * (1 + len(NAMES))
    assert (RailsApplication in old.__mro__) is is_in
    unpatch()
    assert state() == [False] * (1 + len(NAMES))
    assert old.__bases__ == (Stock.application,)


def test_block_has_the_layer_and_no_longer() -> None:
    assert not patched()
    with patched() as nothing:
        assert nothing is None
        assert patched()
        assert all(state())
    assert not any(state())


def test_block_in_a_block_and_block_in_a_patch_leave_the_layer_in() -> None:
    with patched():
        with patched():
            assert all(state())
        assert all(state())
    assert not any(state())
    patch()
    layer = patched()
    with layer:
        assert all(state())
    assert all(state())
    unpatch()
    with layer:
        assert all(state())
    assert not any(state())


def test_block_that_raises_takes_the_layer_out() -> None:
    with pytest.raises(ZeroDivisionError), patched():
        raise ZeroDivisionError
    assert not any(state())


def test_block_may_be_written_before_it_is_entered() -> None:
    layer = patched()
    patch()
    with layer:
        pass
    assert all(state())


def test_class_that_cannot_be_moved_leaves_everything_as_it_was(module: Any) -> None:
    class First(tornado.web.Application):
        """Can be moved, and is put back."""

    class Base(tornado.web.Application):
        """Derives from the layer already, below; so it cannot itself."""

    class Already(RailsApplication, Base):
        """Half moved by hand."""

    with pytest.raises(PatchError) as raised:
        patch()
    assert str(raised.value).startswith(
        "tests.test_patching.test_class_that_cannot_be_moved_leaves_everything_as_it_was.<locals>.Base "
        "cannot derive from the layer: "
    )
    assert raised.value.__cause__ is None
    assert not any(state())
    assert (First.__bases__, Base.__bases__) == ((Stock.application,), (Stock.application,))
    assert Already.__bases__ == (RailsApplication, Base)
    assert module.Application is Stock.application
    with pytest.raises(PatchError), patched():
        raise AssertionError("never entered")
    assert not any(state())
    # Once it is out of the way, the layer goes in.
    Already.__bases__ = (RailsApplication,)
    patch()
    assert all(state())


def test_class_that_has_the_layer_and_names_tornados_too_stays_as_it_is() -> None:
    class Both(RailsApplication, Mixin, tornado.web.Application):
        """Swapped by hand, an old base left in."""

    try:
        patch()
        assert Both.__mro__[1] is RailsApplication
        assert fetch(Both(ROUTES), "/show/7").body == "show 7"
        unpatch()
        assert Both.__bases__ == (RailsApplication, Mixin, Stock.application)
    finally:
        Both.__bases__ = (RailsApplication,)  # should it fail, the tests after it do not


class Unhashable(type):
    """A metaclass whose classes are compared by value, as some ORMs' are."""

    def __eq__(cls, other: object) -> bool:
        raise TypeError("cannot be compared")

    __hash__ = None  # type: ignore[assignment]


class Strange(types.ModuleType):
    """A module that is made by hand."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("nobody may ask")


class NoModule:
    """Stands in sys.modules, and is none."""

    def __getattr__(self, name: str) -> Any:
        return Stock.application


def nameless() -> types.ModuleType:
    """A module without a name."""
    module = types.ModuleType("nameless")
    del module.__name__
    return module


@pytest.mark.parametrize(
    "value",
    [
        Strange("strange"),
        NoModule(),
        None,
        7,
        nameless(),
        type("Holder", (types.ModuleType,), {"Application": Stock.application})("holder"),
    ],
)
def test_what_stands_in_sys_modules_may_be_anything(value: Any) -> None:
    sys.modules["some_strange_thing"] = value
    try:
        patch()
        assert all(state())
        unpatch()
        assert not any(state())
    finally:
        del sys.modules["some_strange_thing"]


def test_classes_in_modules_are_compared_by_identity(module: Any) -> None:
    module.Strange = Unhashable("Strange", (), {})
    patch()
    assert module.App is RailsApplication


def test_swap_is_counted_by_the_router() -> None:
    """Under the layer, requests really go through our router."""
    with patched():
        application = tornado.web.Application(ROUTES)
    assert isinstance(application.wildcard_router, IndexedRouter)
    request = request_by_hand("/show/7")
    application.find_handler(request)
    assert request.route is application.wildcard_router.rules[1]  # type: ignore[attr-defined]
