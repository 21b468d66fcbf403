"""How looks are laid out: long texts in slices, bytes only where they are seen, sources behind the switch."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.look import Look as Theme
from app.models.preview_table import PreviewTable
from app.previews.shapes import (
    EmptyBody,
    Frame,
    HexBody,
    Inside,
    Picture,
    RichBody,
    TableBody,
    TextBody,
    TextPart,
)
from app.views.preview import text_page
from app.views.preview.area import PreviewArea
from app.views.preview.hex_page import CHUNK_BYTES, HexPage
from app.views.preview.text_page import TextPage
from tests.app.previews.conftest import painted
from tests.app.test_accessibility import unnamed

GIB = 1024**3


@pytest.fixture
def area(qtbot: QtBot, theme: Theme) -> PreviewArea:
    made = PreviewArea(theme, compact=False)
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made


@pytest.fixture
def text(area: PreviewArea) -> TextPage:
    return area.text


def test_a_long_text_is_taken_in_slices_and_comes_whole(qtbot: QtBot, area: PreviewArea, text: TextPage) -> None:
    whole = "\n".join(f"line {number}" for number in range(30_000))
    area.show_inside(Inside(TextBody(TextPart(whole))))
    assert text.blockCount() < 30_000
    qtbot.waitUntil(lambda: text.is_settled)
    assert text.toPlainText() == whole
    assert text.number_of(29_999) == 30_000


def test_the_next_part_is_asked_for_once_at_the_end(qtbot: QtBot, area: PreviewArea, text: TextPage) -> None:
    asked: list[int] = []
    area.more_wanted.connect(asked.append)
    first = "\n".join(str(number) for number in range(2000))
    area.show_inside(Inside(TextBody(TextPart(first, frozenset(), 77))))
    qtbot.waitUntil(lambda: text.is_settled)
    assert asked == []
    bar = text.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert asked == [77]
    area.add_text(TextPart("|the\nend", frozenset({1})))
    qtbot.waitUntil(lambda: text.toPlainText().endswith("1999|the\nend"))
    assert text.number_of(2000) is None  # it goes on with the line above
    area.add_text(TextPart("nobody asked for this"))
    assert text.toPlainText().endswith("end")


def test_lines_and_tabs_come_in_slices_that_are_laid_out_at_once(
    qtbot: QtBot, area: PreviewArea, text: TextPage
) -> None:
    grown: list[int] = []
    text.blockCountChanged.connect(grown.append)
    area.show_inside(Inside(TextBody(TextPart("\n" * 20_000))))
    qtbot.waitUntil(lambda: text.is_settled)
    assert text.blockCount() == 20_001
    assert max(after - before for before, after in itertools.pairwise([1, *grown])) <= 1_024


def test_lines_are_counted_however_many_go_on_with_the_one_above(
    qtbot: QtBot, area: PreviewArea, text: TextPage
) -> None:
    area.show_inside(Inside(TextBody(TextPart("\n".join("abcdef"), frozenset({1, 2, 4})))))
    qtbot.waitUntil(lambda: text.is_settled)
    assert [text.number_of(block) for block in range(6)] == [1, None, None, 2, None, 3]


def test_the_end_of_what_is_shown_of_a_text_says_that_it_is_not_its_end(
    qtbot: QtBot, area: PreviewArea, text: TextPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_page, "_SHOWN_MAX_LINES", 1_000)
    asked: list[int] = []
    area.more_wanted.connect(asked.append)
    area.show_inside(Inside(TextBody(TextPart("line\n" * 2_000, frozenset(), 77))))
    qtbot.waitUntil(lambda: text.is_settled)
    assert area.note.isHidden()
    text.verticalScrollBar().setValue(text.verticalScrollBar().maximum())
    assert asked == []
    assert "not shown" in area.note.text()
    assert area.note.isVisible()
    area.show_inside(Inside(TextBody(TextPart("another"))))
    assert area.note.isHidden()


def test_what_is_said_of_a_text_stays_said_at_the_end_of_what_is_shown(
    qtbot: QtBot, area: PreviewArea, text: TextPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_page, "_SHOWN_MAX_LINES", 1_000)
    area.show_inside(Inside(TextBody(TextPart("line\n" * 2_000, frozenset(), 77)), note="Mind the marks."))
    qtbot.waitUntil(lambda: text.is_settled)
    text.verticalScrollBar().setValue(text.verticalScrollBar().maximum())
    assert area.note.text() == "Mind the marks. The rest is not shown here. Open it to read on."


def test_what_grows_out_of_view_is_not_painted(qtbot: QtBot, area: PreviewArea, text: TextPage) -> None:
    qtbot.waitUntil(area.isVisible)
    with painted(text) as seen:
        area.show_inside(Inside(TextBody(TextPart("\n".join(str(number) for number in range(60_000))))))
        qtbot.waitUntil(lambda: text.is_settled and bool(seen))
    assert len(seen) <= 6


def test_colours_lie_where_they_should(qtbot: QtBot, area: PreviewArea, text: TextPage, theme: Theme) -> None:
    spans = ((0, 3, "keyword"), (6, 8, "string"))
    area.show_inside(Inside(TextBody(TextPart("def x\n'''a\nb'''"), "utf-8", spans)))
    qtbot.waitUntil(lambda: text.is_settled)
    found = [
        (block, made.start, made.length, made.format.foreground().color().name())
        for block in range(3)
        for made in text.document().findBlockByNumber(block).layout().formats()
    ]
    keyword, string = theme.theme.color("code_keyword").name(), theme.theme.color("code_string").name()
    assert found == [(0, 0, 3, keyword), (1, 0, 4, string), (2, 0, 3, string)]


def test_five_gibibytes_open_at_once_and_only_what_is_seen_is_read(qtbot: QtBot, area: PreviewArea) -> None:
    page, wanted = area.bytes, []
    area.range_wanted.connect(lambda offset, count: wanted.append((offset, count)))
    area.show_inside(Inside(HexBody(5 * GIB + 3, bytes(CHUNK_BYTES))))
    qtbot.waitUntil(page.isVisible)
    assert page.row_text(0).startswith("000000000  00 00")
    assert wanted == []
    bar = page.verticalScrollBar()
    bar.setValue(bar.maximum())
    page.viewport().repaint()
    assert {offset for offset, _ in wanted} == {5 * GIB - CHUNK_BYTES, 5 * GIB}
    assert (5 * GIB, 3) in wanted
    area.add_range(5 * GIB, b"abc")
    last = page.row_text(-(-(5 * GIB + 3) // 16) - 1)
    assert last.startswith("140000000  61 62 63 ")
    assert last.endswith("abc")


def test_a_marked_byte_stays_in_view_at_any_width(qtbot: QtBot, theme: Theme) -> None:
    page = HexPage(theme)
    qtbot.addWidget(page)
    page.resize(900, 300)
    page.show()
    page.show_body(HexBody(50_000, bytes(50_000)), 32_000)
    assert page.first_row <= 32_000 // 16 <= page.first_row + 5
    page.resize(250, 300)
    qtbot.waitUntil(lambda: page.first_row * 8 <= 32_000 <= (page.first_row + 10) * 8)


def test_the_switch_shows_the_source_and_back(area: PreviewArea) -> None:
    area.show_inside(Inside(RichBody("# a"), TextBody(TextPart("# a"))))
    assert area.page is area.rich
    area.switch.click()
    assert area.page is area.text
    area.switch.click()
    assert area.page is area.rich
    area.show_inside(Inside(TableBody(("a", "b"), (("1", "2"),)), TextBody(TextPart("a,b"))))
    assert area.page is area.table
    assert unnamed(area) == []
    area.show_inside(Inside(EmptyBody("It holds nothing.")))
    assert not area.switch.isVisible()
    assert area.words.text() == "It holds nothing."


@pytest.mark.parametrize(("width", "height"), [(1_000_000_000, 1_000_000_000), (65_000, 2_000), (3, 900_000)])
def test_the_largest_picture_is_fitted(area: PreviewArea, width: int, height: int) -> None:
    image = QImage(50, 50, QImage.Format.Format_ARGB32_Premultiplied)
    area.show_inside(Inside(Picture((Frame(image),), QSize(width, height), scales=True)))
    page = area.picture
    shown = QSize(round(width * page.zoom), round(height * page.zoom))
    assert shown.width() <= page.width()
    assert shown.height() <= page.height()
    fitted = page.zoom
    page.zoom_out()
    assert page.zoom <= fitted


def test_a_compact_one_is_as_high_as_it_needs(qtbot: QtBot, theme: Theme) -> None:
    area = PreviewArea(theme, compact=True)
    qtbot.addWidget(area)
    area.resize(250, 600)
    image = QImage(500, 100, QImage.Format.Format_ARGB32_Premultiplied)
    area.show_inside(Inside(Picture((Frame(image),), QSize(500, 100))))
    assert area._holder.height() == 50
    area.show_inside(Inside(TextBody(TextPart("one line"))))
    assert area._holder.height() < 60
    area.show_nothing()
    assert area.isHidden()


def test_a_column_is_as_wide_as_its_cells_and_no_cell_is_measured_for_long(
    area: PreviewArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    usual = QFontMetrics.horizontalAdvance

    def horizontal_advance(self: QFontMetrics, text: str) -> int:
        measured.append(text)
        return usual(self, text)

    monkeypatch.setattr(QFontMetrics, "horizontalAdvance", horizontal_advance)
    wide = tuple("x" * 300 for _ in range(50))
    area.show_inside(Inside(TableBody(tuple(f"{number}" for number in range(50)), (wide,) * 1000)))
    assert 0 < len(measured) < 1_000
    assert max(map(len, measured)) < 100
    assert area.table.columnWidth(0) == 360
    area.show_inside(Inside(TableBody(("a", "A title of several words"), (("a longer cell", "1"),))))
    first = area.table.columnWidth(0)
    assert usual(area.table.fontMetrics(), "a longer cell") < first < 200
    assert area.table.columnWidth(1) > usual(area.table.fontMetrics(), "A title of several words")


def test_rows_of_a_table(qtmodeltester: ModelTester) -> None:
    model = PreviewTable()
    model.show_body(TableBody(("a", "b"), (("1", "2"), ("3", "4")), frozenset({1})))
    assert (model.index(1, 1).data(), model.headerData(0, Qt.Orientation.Horizontal)) == ("4", "a")
    qtmodeltester.check(model)
