"""The tree drawn in `engine.errors` is the tree."""

from __future__ import annotations

import re

import pytest

from engine import errors


def subclasses(parent: type[errors.StorageError]) -> list[type[errors.StorageError]]:
    """Return all descendants of an error that `engine.errors` defines."""
    children = [child for child in parent.__subclasses__() if child.__module__.startswith(f"{errors.__name__}.")]
    return [found for child in children for found in [child, *subclasses(child)]]


ALL = [errors.StorageError, *subclasses(errors.StorageError)]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_error_stands_in_the_drawn_tree(error: type[errors.StorageError]) -> None:
    assert re.search(rf"\b{error.__name__}\b", errors.__doc__ or "")


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_error_has_a_code_and_says_what_it_means(error: type[errors.StorageError]) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z]+", error.code)
    assert error.__doc__


def test_the_drawn_tree_names_nothing_that_does_not_exist() -> None:
    tree = (errors.__doc__ or "").split("\n\n")[1]
    drawn = {name for line in tree.splitlines() for name in re.findall(r"\b(?:[A-Z][a-z]+){1,3}\b", line)}
    assert {name for name in drawn if not hasattr(errors, name)} == set()
