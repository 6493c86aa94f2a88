"""Every example in a docstring of the package is run."""

import doctest
import importlib
import pkgutil

import pytest

import tornado_rails

MODULES = [name for _, name, _ in pkgutil.walk_packages(tornado_rails.__path__, "tornado_rails.")]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_are_true(name: str) -> None:
    module = importlib.import_module(name)
    # As a user's module, as whose classes are whose matters.
    for case in doctest.DocTestFinder().find(module, globs={**vars(module), "__name__": "example"}):
        results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(case)
        assert results.failed == 0, f"{case.name}: see the output"
