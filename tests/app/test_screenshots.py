"""The album of `make screenshots` shows every dialog there is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.theme import ThemeMode
from tests.screenshots.scenes import NAMES
from tests.screenshots.stage import play

ROOT = Path(__file__).resolve().parents[2]
BASES = {"Dialog", "QDialog"}
SHOWN_AS_ANOTHER = {"Dialog", "DetailsDialog"}
"""What others are made of."""


def dialogs() -> set[str]:
    """Return the names of all dialogs of the window."""
    trees = (ast.parse(path.read_text()) for path in (ROOT / "app").rglob("*.py"))
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {each.name for each in classes if BASES & {getattr(base, "id", "") for base in each.bases}}
    return found - SHOWN_AS_ANOTHER


def test_every_dialog_has_a_scene() -> None:
    scenes = "\n".join(path.read_text() for path in (ROOT / "tests" / "screenshots").glob("*.py"))
    assert len(dialogs()) > 20
    assert {name for name in dialogs() if name not in scenes} == set()


def test_every_scene_has_a_name_of_its_own() -> None:
    assert len(NAMES) == len(set(NAMES)) > 50


@pytest.mark.parametrize("name", ["trash", "no-data-folder"])
def test_a_scene_leaves_a_picture(qapp: QApplication, tmp_path: Path, name: str) -> None:
    picture = tmp_path / "picture.png"
    assert play(qapp, ThemeMode.DARK, name, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
