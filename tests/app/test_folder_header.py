"""The head of the table: what its columns have room for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtGui import QFontMetrics

from app.formats import time_text
from app.models.folder_model import Column
from tests.app.helpers import Desk


@pytest.mark.parametrize("moment", [datetime(2000, month, 28, 20, 0, tzinfo=UTC) for month in range(1, 13)])
def test_times_of_long_ago_are_shown_whole(desk: Desk, moment: datetime) -> None:
    metrics = QFontMetrics(desk.window._theme.font("body"))
    width_px = desk.table.horizontalHeader().sectionSize(Column.MODIFIED)
    assert width_px - 24 > metrics.horizontalAdvance(time_text(moment, datetime.now(UTC)))


def test_names_keep_room_in_a_narrow_window(desk: Desk) -> None:
    table, header = desk.table, desk.table.horizontalHeader()
    desk.bucket()
    desk.put("note.txt")
    desk.window.shell.show()
    wide = desk.window.shell.width()
    desk.until(lambda: header.sectionSize(Column.NAME) > 200)
    desk.window.shell.resize(desk.window.shell.minimumWidth(), 600)
    desk.until(lambda: header.sectionSize(Column.NAME) == 200)
    desk.until(lambda: table.horizontalScrollBar().maximum() > 0)

    header.setSectionHidden(Column.TYPE, True)
    header.setSectionHidden(Column.OWNER, True)
    desk.until(lambda: header.sectionSize(Column.NAME) > 200)
    desk.until(lambda: table.horizontalScrollBar().maximum() == 0)

    header.setSectionHidden(Column.TYPE, False)
    header.setSectionHidden(Column.OWNER, False)
    desk.until(lambda: header.sectionSize(Column.NAME) == 200)
    desk.window.shell.resize(wide, 600)
    desk.until(lambda: header.sectionSize(Column.NAME) > 200)
    desk.until(lambda: table.horizontalScrollBar().maximum() == 0)
