"""The large preview in the real window: opened, walked through, closed by keys."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from app.actions import ActionId
from app.application import Window
from app.bridge.acting import Identity
from app.models.rows import Row
from app.previews import pictures, registry
from app.previews.content import Content
from app.previews.decoder.client import Decoder
from app.previews.shapes import Inside, Picture
from app.views.preview.large import LargePreview
from engine.types import RlsContext
from tests.app.helpers import Desk, leave
from tests.app.previews.files import gif, image, mp4, pdf


@pytest.fixture
def album(desk: Desk) -> Desk:
    """Return a window on a folder of a picture, a text and a folder."""
    desk.bucket()
    desk.put("b.png", image(400, 200))
    desk.put("c.txt", b"a letter")
    desk.put("folder/x", b"x")
    desk.until(lambda: desk.names == ["folder", "b.png", "c.txt"])
    return desk


def opened(desk: Desk, name: str) -> LargePreview:
    desk.select(name)
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Space)
    desk.until(lambda: desk.session.large.dialog is not None)
    dialog = desk.session.large.dialog
    assert dialog is not None
    return dialog


def current(desk: Desk) -> str:
    row = desk.table.current_row()
    assert isinstance(row, Row)
    return row.name


def test_pages_of_a_document_are_turned(desk: Desk) -> None:
    desk.bucket()
    desk.put("a.pdf", pdf("#ff0000", "#00ff00", "#0000ff"))
    desk.put("b.txt", b"a letter")
    dialog = opened(desk, "a.pdf")
    page = dialog.area.picture
    desk.until(lambda: page.picture is not None and page.picture.pages == 3)
    assert (dialog._page.text(), dialog.page_back.isEnabled()) == ("Page 1 of 3", False)

    def colour() -> str:
        shown = page.picture.frames[0].image
        return shown.pixelColor(shown.width() // 2, shown.height() // 2).name()

    assert colour() == "#ff0000"
    desk.qtbot.keyClick(dialog, Qt.Key.Key_PageDown)
    desk.until(lambda: dialog._page.text() == "Page 2 of 3")
    assert colour() == "#00ff00"
    dialog.page_on.click()
    desk.until(lambda: dialog._page.text() == "Page 3 of 3" and not dialog.page_on.isEnabled())
    assert colour() == "#0000ff"
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Right)
    desk.until(lambda: dialog.area.page is dialog.area.text)
    assert not dialog._page.isVisible()


def test_space_opens_it_and_closes_it(album: Desk) -> None:
    dialog = opened(album, "b.png")
    album.until(lambda: dialog.area.page is dialog.area.picture)
    assert dialog.windowTitle() == "b.png"
    assert not dialog.isModal()
    # the neighbour that the next key shows was looked into already
    album.until(lambda: [key[0] for key in album.session.large._known] == ["b.png", "c.txt"])
    album.qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert album.session.large.dialog is None
    assert dialog.area.picture.picture is None


def test_arrows_walk_through_the_folder_and_the_selection_goes_along(album: Desk) -> None:
    dialog = opened(album, "b.png")
    album.until(lambda: dialog.area.page is dialog.area.picture)
    album.qtbot.keyClick(dialog, Qt.Key.Key_Right)
    album.until(lambda: dialog.area.page is dialog.area.text and dialog.area.text.toPlainText() == "a letter")
    assert current(album) == "c.txt"
    assert album.table.selected_count == 1
    assert not dialog.next.isEnabled()
    album.qtbot.keyClick(dialog, Qt.Key.Key_Right)
    assert current(album) == "c.txt"
    for _ in range(2):
        album.qtbot.keyClick(dialog, Qt.Key.Key_Up)
    album.until(lambda: dialog.windowTitle() == "folder")
    assert not dialog.area.isVisible()
    assert not dialog.previous.isEnabled()
    album.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert album.session.large.dialog is None


def test_what_is_known_of_a_film_stands_where_it_can_not_be_seen(album: Desk) -> None:
    album.put("a.mp4", mp4())
    album.put("d.pdf", b"%PDF-1.4 and nothing else")
    dialog = opened(album, "a.mp4")
    album.until(dialog.emblem.isVisible)
    assert not dialog.area.isVisible()
    assert dialog.emblem.facts.told["Duration"] == "1:15"
    assert dialog.emblem.words.isHidden()
    album.qtbot.keyClick(dialog, Qt.Key.Key_Right)
    album.until(lambda: dialog.area.isVisible() and dialog.area.page is dialog.area.picture)
    assert not dialog.emblem.isVisible()
    album.select("d.pdf")
    album.until(dialog.emblem.isVisible)
    assert "Open it to read it" in dialog.emblem.words.text()
    assert "Duration" not in dialog.emblem.facts.told


def test_a_space_closes_it_also_where_there_is_nothing_to_look_into(album: Desk) -> None:
    dialog = opened(album, "b.png")
    album.until(lambda: dialog.area.hasFocus())
    album.qtbot.keyClick(dialog, Qt.Key.Key_Left)
    album.until(lambda: dialog.windowTitle() == "folder" and dialog.emblem.isVisible())
    assert not isinstance(QApplication.focusWidget(), QAbstractButton)
    album.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    album.until(lambda: dialog.area.isVisible())
    assert dialog.area.hasFocus()
    album.qtbot.keyClick(dialog, Qt.Key.Key_Left)
    album.until(lambda: dialog.emblem.isVisible())
    album.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert album.session.large.dialog is None


def test_what_was_seen_with_other_eyes_is_forgotten(album: Desk) -> None:
    dialog = opened(album, "b.png")
    album.until(lambda: dialog.area.page is dialog.area.picture)
    album.session._side.acting.begin(Identity("nobody", RlsContext.anonymous()))
    assert album.session.large._known == {}
    album.until(lambda: dialog.area.picture.picture is None)


def test_pictures_are_made_larger_and_smaller(album: Desk) -> None:
    dialog = opened(album, "b.png")
    picture = dialog.area.picture
    album.until(lambda: picture.picture is not None)
    assert picture.is_fitted
    assert picture.zoom == 1.0
    album.qtbot.keyClick(dialog, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert picture.zoom == pytest.approx(1.25)
    album.qtbot.keyClick(dialog, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert picture.is_fitted
    at = QPointF(picture.rect().center())
    event = QWheelEvent(
        at, at, QPointF(0, 0).toPoint(), QPointF(0, -120).toPoint(), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(picture, event)
    assert picture.zoom == pytest.approx(0.8)
    # a larger one is read again where one comes near
    album.put("d.png", image(3000, 30))
    album.select("d.png")
    album.until(lambda: picture.picture is not None and picture.picture.size == QSize(3000, 30))
    assert picture.picture is not None
    assert picture.picture.frames[0].image.width() < 3000
    picture.show_actual()
    album.until(lambda: picture.picture.frames[0].image.size() == QSize(3000, 30))
    assert picture.zoom == 1.0


def test_what_moves_stands_still_where_nobody_sees_it(album: Desk) -> None:
    album.put("e.gif", gif((255, 0, 0), (0, 255, 0)))
    dialog = opened(album, "e.gif")
    picture = dialog.area.picture
    album.until(lambda: picture.frame == 1)
    album.until(lambda: picture.frame == 0)
    dialog.area.hide()
    assert not picture.is_moving
    dialog.area.show()
    assert picture.is_moving
    dialog.close()
    album.tree.setFocus()  # where Space is a space
    album.until(lambda: album.tree.hasFocus())
    album.qtbot.keyClick(album.tree, Qt.Key.Key_Space)
    assert album.session.large.dialog is None


def test_the_frames_of_a_picture_come_after_it_is_seen_and_are_kept(
    album: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    usual = pictures.moving_picture

    def moving_picture(content: Content, decoder: Decoder, edge_px: int) -> Picture:
        goes_on.wait(30)
        return usual(content, decoder, edge_px)

    monkeypatch.setattr(pictures, "moving_picture", moving_picture)
    album.put("e.gif", gif((255, 0, 0), (0, 255, 0)))
    dialog = opened(album, "e.gif")
    page = dialog.area.picture
    album.until(lambda: page.picture is not None)
    assert len(page.picture.frames) == 1
    page.zoom_in()
    zoom = page.zoom
    goes_on.set()
    album.until(lambda: len(page.picture.frames) == 2 and page.is_moving)
    assert page.zoom == zoom
    monkeypatch.setattr(pictures, "moving_picture", None)
    album.qtbot.keyClick(dialog, Qt.Key.Key_Left)
    album.until(lambda: dialog.area.page is dialog.area.text)
    album.qtbot.keyClick(dialog, Qt.Key.Key_Right)
    album.until(lambda: page.picture is not None and len(page.picture.frames) == 2 and page.is_moving)


def test_inspector_and_preview_are_as_they_were(open_window: Callable[[], Window], qtbot: QtBot) -> None:
    first = Desk(open_window(), qtbot)
    first.bucket()
    first.put("b.png", image(9, 9))
    first.session.actions[ActionId.INSPECTOR].trigger()
    dialog = opened(first, "b.png")
    dialog.resize(610, 430)
    dialog.close()
    leave(first.window)
    again = Desk(open_window(), qtbot)
    again.until(lambda: again.names == ["b.png"])
    assert again.session.actions[ActionId.INSPECTOR].isChecked()
    again.until(again.views.inspector.isVisible)
    assert opened(again, "b.png").size() == QSize(610, 430)


def test_a_space_on_a_button_presses_it_and_what_changes_is_shown_anew(album: Desk) -> None:
    dialog = opened(album, "b.png")
    album.until(lambda: dialog.area.page is dialog.area.picture)
    dialog.next.setFocus()
    album.until(lambda: QApplication.focusWidget() is dialog.next)
    album.qtbot.keyClick(dialog.next, Qt.Key.Key_Space)
    album.until(lambda: current(album) == "c.txt")
    assert album.session.large.dialog is dialog
    album.until(lambda: dialog.area.text.toPlainText() == "a letter")
    album.put("c.txt", b"another letter")
    album.until(lambda: dialog.area.text.toPlainText() == "another letter")


def test_files_are_seen_while_a_key_is_held_and_each_under_its_own_name(desk: Desk) -> None:
    desk.bucket()
    for number in range(12):
        desk.storage.upload("photos", f"{number:02}.txt", f"{number:02}.txt".encode(), desk.me)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: len(desk.names) == 12)
    dialog = opened(desk, "00.txt")
    desk.until(lambda: dialog.area.text.toPlainText() == "00.txt")
    seen: set[tuple[str, str]] = set()
    dialog.area.changed.connect(
        lambda: dialog.area.inside and seen.add((dialog.windowTitle(), dialog.area.text.toPlainText()))
    )
    ways = [1]

    def step() -> None:
        if current(desk) in ("00.txt", "11.txt"):
            ways[0] = 1 if current(desk) == "00.txt" else -1
        dialog.step_wanted.emit(ways[0])

    held = QTimer(dialog, interval=5)
    held.timeout.connect(step)
    held.start()
    desk.until(lambda: len(seen) >= 4)
    held.stop()
    assert all(title == text for title, text in seen)
    desk.until(lambda: dialog.windowTitle() == current(desk) == dialog.area.text.toPlainText())


def test_a_neighbour_that_is_looked_into_already_is_waited_for(album: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    goes_on = threading.Event()
    usual = registry.look_inside

    def look_inside(content: Content, decoder: Decoder, edge_px: int) -> Inside:
        looked.append(content.name)
        if content.name == "c.txt":
            goes_on.wait(30)
        return usual(content, decoder, edge_px)

    monkeypatch.setattr(registry, "look_inside", look_inside)
    dialog = opened(album, "b.png")
    album.until(lambda: "c.txt" in looked)
    album.qtbot.keyClick(dialog, Qt.Key.Key_Right)
    album.until(lambda: dialog.windowTitle() == "c.txt")
    goes_on.set()
    album.until(lambda: dialog.area.text.toPlainText() == "a letter")
    assert looked.count("c.txt") == 1
