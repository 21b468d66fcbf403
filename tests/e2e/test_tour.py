"""The tour of browsing, with pictures of each step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.main_job import Witness
from tests.e2e.tour import Tour
from tests.e2e.window import Window


@pytest.mark.timeout(200)
@pytest.mark.xdist_group("desktop")
def test_a_folder_is_browsed_with_mouse_and_keyboard(window: Window, tmp_path: Path):
    """Every step asserts what the window shows; see `Tour`."""
    notes, pictures = tmp_path / "notes", tmp_path / "pictures"
    notes.mkdir()
    pictures.mkdir()
    Tour(window, notes, 40, Witness(print, lambda name: window.desktop.screenshot(pictures / f"{name}.png"))).play()
    taken = sorted(picture.stem for picture in pictures.iterdir())
    assert taken == sorted(
        ["open", "scrolled", "sorted", "filtered", "selected", "icons", "searched", "previewed", "dragged", "dropped",
         "undone"]
    )  # fmt: skip
