"""The package's names, which are imported when they are wanted."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from engine.permissions import language

_TEXT = Path(language.__file__).read_text(encoding="utf-8")
DECLARED = {
    (node.module.rpartition(".")[2], name.name)
    for node in ast.walk(ast.parse(_TEXT))
    if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith(language.__name__)
    for name in node.names
}
"""Module and name, as type checkers read them."""


def test_there_are_names():
    assert ("expression", "parse") in DECLARED


@pytest.mark.parametrize(("module", "name"), sorted(DECLARED))
def test_a_name_is_that_of_its_module_whatever_was_imported_before(module: str, name: str):
    home = import_module(f"{language.__name__}.{module}")
    assert getattr(language, name) is getattr(home, name)
    assert not isinstance(getattr(language, name), ModuleType)


def test_no_other_name_is_there():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = language.nonsense
