"""What fails while it is painted: the painter ends with it, or Qt ends the program at the next painting."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.look import Look
from app.widgets.drop_overlay import DropOverlay
from app.widgets.glyph import Glyph


@pytest.fixture
def painters(look: Look, monkeypatch: pytest.MonkeyPatch) -> list[QPainter]:
    """Let every drawing of a glyph fail, and gather the painters that were to draw it."""
    begun: list[QPainter] = []

    def fail(painter: QPainter, *_: object) -> None:
        begun.append(painter)
        raise ZeroDivisionError

    monkeypatch.setattr(look.icons, "paint", fail)
    return begun


def test_a_glyph_that_fails_is_over(qtbot: QtBot, look: Look, painters: list[QPainter]) -> None:
    glyph = Glyph(look, "bucket", "muted", 24)
    qtbot.addWidget(glyph)
    with pytest.raises(ZeroDivisionError):
        glyph.grab()
    assert [painter.isActive() for painter in painters] == [False]


def test_a_drop_overlay_that_fails_is_over(
    qtbot: QtBot, look: Look, painters: list[QPainter], monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    overlay = DropOverlay(look, ground)
    monkeypatch.setattr(overlay, "_paint_label", look.icons.paint)
    with pytest.raises(ZeroDivisionError):
        overlay.grab()
    assert [painter.isActive() for painter in painters] == [False]


def test_an_icon_that_fails_is_over(look: Look, painters: list[QPainter]) -> None:
    with pytest.raises(ZeroDivisionError):
        look.icons.pixmap("trash", "muted", 16)
    assert [painter.isActive() for painter in painters] == [False]
