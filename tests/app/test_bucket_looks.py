"""How each bucket was looked at last, and what of it is remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.actions import ActionId
from app.application import Window
from app.bucket_looks import BUCKETS_MAX, BucketLook, BucketLooks
from app.models.folder_model import Column
from app.settings import WindowSettings
from engine.types import SortColumn
from tests.app.helpers import Desk, leave

LOOK = BucketLook(b"\x00columns", SortColumn.TIME, descending=True, as_icons=True, zoom=4)


def test_is_remembered(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path)
    BucketLooks(settings).keep("one", LOOK)
    settings.close()
    assert BucketLooks(WindowSettings(tmp_path)).of("one") == LOOK


def test_a_bounded_number_of_buckets(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path)
    looks = BucketLooks(settings)
    for number in range(BUCKETS_MAX + 1):
        looks.keep(str(number), LOOK)
    again = BucketLooks(settings)
    assert [again.of(str(number)) for number in (0, 1, BUCKETS_MAX)] == [None, LOOK, LOOK]
    settings.close()


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "[" * 100_000, '{"a": 1}', '{"a": ["x", "name", true, true, 1]}',
        '{"a": ["", "?", true, true, 1]}',
    ],
)  # fmt: skip
def test_nonsense_is_left_out(tmp_path: Path, qapp: QApplication, text: str) -> None:
    settings = WindowSettings(tmp_path)
    settings.bucket_looks = text
    assert BucketLooks(settings).of("a") is None
    settings.close()


def look_of(desk: Desk) -> tuple[object, ...]:
    header = desk.table.horizontalHeader()
    view = desk.model.view
    return (
        desk.views.pane.as_icons, desk.views.pane.icons.zoom, header.isSectionHidden(Column.OWNER),
        header.sectionSize(Column.SIZE), view.sort, view.descending, header.sortIndicatorSection(),
    )  # fmt: skip


def test_each_bucket_looks_as_it_did(desk: Desk, open_window: Callable[[], Window], qtbot: QtBot) -> None:
    desk.bucket("plain")
    desk.bucket("photos")
    desk.go("plain")
    plain = look_of(desk)
    desk.go("photos")
    desk.session.actions[ActionId.ICONS].trigger()
    desk.views.pane.icons.set_zoom(4)
    header = desk.table.horizontalHeader()
    header.setSectionHidden(Column.OWNER, True)
    header.resizeSection(Column.SIZE, 130)
    header.setSortIndicator(Column.SIZE, Qt.SortOrder.DescendingOrder)
    desk.until(lambda: desk.model.view.sort is SortColumn.SIZE)
    photos = look_of(desk)
    assert photos == (True, 4, True, 130, SortColumn.SIZE, True, Column.SIZE)
    desk.go("plain")
    assert look_of(desk) == plain
    desk.go("photos")
    assert look_of(desk) == photos
    leave(desk.window)
    again = Desk(open_window(), qtbot)
    again.until(lambda: again.model.view is not None and again.model.view.location.bucket == "photos")
    assert look_of(again) == photos


def test_coming_to_a_bucket_reads_it_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.bucket("plain")
    desk.bucket("photos")
    desk.table.horizontalHeader().setSortIndicator(Column.SIZE, Qt.SortOrder.DescendingOrder)
    desk.go("plain")
    opened = []
    monkeypatch.setattr(desk.model, "open", lambda view, was=desk.model.open: (opened.append(view.sort), was(view)))
    desk.go("photos")
    assert opened == [SortColumn.SIZE]


def test_a_bucket_that_is_left_for_one_just_made_is_remembered(desk: Desk) -> None:
    """The window goes to a bucket that it makes before it has read which there are."""
    photos = desk.bucket()
    desk.put("a.txt")
    desk.go("photos")
    desk.table.sort_by(Column.SIZE, descending=True)
    desk.until(lambda: desk.model.view.sort is SortColumn.SIZE)
    assert desk.session.controllers.navigator.outlook.order_of("not-read-yet") is None
    look = desk.session._viewing._looks.of(photos.id)
    assert look is not None
    assert (look.sort, look.descending) == (SortColumn.SIZE, True)
