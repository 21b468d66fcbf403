"""Two contents side by side."""

from __future__ import annotations

import itertools

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.compare_dialog import CompareDialog
from app.look import Look as Theme
from app.previews.comparing import Line, compare
from app.previews.decoder.client import Decoder
from app.previews.shapes import Picture
from app.views.preview import diff_page
from app.views.preview.diff_page import DiffPage
from engine.types import Retention
from tests.app.helpers import Desk
from tests.app.previews.conftest import Bytes, painted
from tests.app.previews.files import image
from tests.app.test_accessibility import unnamed


def test_texts_line_by_line_with_what_stands_around(decoder: Decoder) -> None:
    before = "".join(f"{number}\n" for number in range(40))
    after = before.replace("20\n", "twenty\nand more\n")
    found = compare(Bytes(before.encode(), "a.txt"), Bytes(after.encode("utf-16"), "a.txt"), decoder, 100)
    assert found.lines == (
        Line("skipped", "17", "17"),
        *(Line("same", str(number), str(number)) for number in (17, 18, 19)),
        Line("changed", "20", "twenty"),
        Line("added", None, "and more"),
        *(Line("same", str(number), str(number)) for number in (21, 22, 23)),
        Line("skipped", "17", "17"),
    )


def test_the_same_text_is_the_same(decoder: Decoder) -> None:
    found = compare(Bytes(b"a\nb", "a.txt"), Bytes(b"a\nb", "a.txt"), decoder, 100)
    assert found.is_same
    assert found.note == "Both say the same."


def test_whole_lines_are_compared_though_they_are_cut_to_be_laid_out(decoder: Decoder) -> None:
    wide, foreign = "\t".join("x" * 120), "漢字" * 100
    for line in (wide, foreign):
        found = compare(Bytes(line.encode(), "a.tsv"), Bytes(f"{line}\nb".encode(), "a.tsv"), decoder, 100)
        assert found.lines == (Line("same", line, line), Line("added", None, "b"))
    endless = b"x" * 700
    assert not compare(Bytes(endless, "a.txt"), Bytes(endless + b"y", "a.txt"), decoder, 100).lines


def test_texts_that_differ_in_what_is_invisible_are_not_the_same(decoder: Decoder) -> None:
    before, after, named = (f"a{mark}b".encode() for mark in ("\u202e", "\u2066", "<U+202E>"))
    found = compare(Bytes(before, "a.txt"), Bytes(after, "a.txt"), decoder, 100)
    assert found.lines == (Line("changed", "a<U+202E>b", "a<U+2066>b"),)
    assert not found.is_same
    found = compare(Bytes(before, "a.txt"), Bytes(named, "a.txt"), decoder, 100)
    assert (found.is_same, found.first_difference) == (False, 1)
    assert compare(Bytes(before, "a.txt"), Bytes(before, "a.txt"), decoder, 100).is_same


def test_pictures_are_both_shown(decoder: Decoder) -> None:
    found = compare(Bytes(image(9, 9), "a.png"), Bytes(image(5, 5, "blue"), "a.png"), decoder, 100)
    assert isinstance(found.before.body, Picture)
    assert isinstance(found.after.body, Picture)


def test_of_all_else_the_first_difference_is_found(decoder: Decoder) -> None:
    data = bytes(3_000_000)
    other = data[:2_500_000] + b"\x01" + data[2_500_001:]
    found = compare(Bytes(data, "a.bin"), Bytes(other, "a.bin"), decoder, 100)
    assert found.first_difference == 2_500_000
    assert compare(Bytes(data, "a.bin"), Bytes(data[:-1], "a.bin"), decoder, 100).first_difference == 2_999_999
    assert compare(Bytes(data, "a.bin"), Bytes(data, "a.bin"), decoder, 100).is_same


def test_an_old_version_is_compared_with_the_present_one_and_with_another(desk: Desk) -> None:
    desk.bucket("photos", retention=Retention(versions=10))
    for content in (b"one\nsame\n", b"two\nsame\n", b"three\nsame\n"):
        desk.put("a.txt", content)
    desk.session._show_inspector(True)
    desk.select("a.txt")
    listed = desk.views.inspector.versions
    desk.until(lambda: listed.isVisible() and listed.list.count() == 2)
    listed.list.setCurrentRow(1)
    desk.until(listed.compare.isEnabled)
    listed.compare.click()
    dialog = desk.dialog(CompareDialog)
    desk.until(lambda: dialog.lines.before.toPlainText().startswith("~ one\n  same"))
    assert dialog.lines.after.toPlainText().startswith("~ three\n  same")
    grounds = [dialog.lines.after.document().findBlockByNumber(n).blockFormat().background() for n in range(2)]
    assert [ground.style() is Qt.BrushStyle.NoBrush for ground in grounds] == [False, True]
    assert unnamed(dialog) == []
    dialog.before.setCurrentIndex(1)
    desk.until(lambda: dialog.lines.before.toPlainText().startswith("~ two"))


def test_thousands_of_lines_are_taken_in_slice_by_slice(qtbot: QtBot, theme: Theme) -> None:
    page = DiffPage(theme)
    qtbot.addWidget(page)
    grown: list[int] = []
    page.after.blockCountChanged.connect(grown.append)
    page.show_lines([Line("changed", f"{number}", f"-{number}") for number in range(3_000)])
    qtbot.waitUntil(lambda: page.after.blockCount() == 3_000)
    assert max(after - before for before, after in itertools.pairwise([1, *grown])) <= 40
    assert page.after.document().lastBlock().text() == "~ -2999"
    assert page.before.document().lastBlock().text() == "~ 2999"
    page.show_lines([Line("added", None, "one")])
    assert page.after.toPlainText() == "+ one"
    assert page.before.toPlainText() == "  "


def test_lines_that_take_long_to_be_laid_out_stand_in_pieces_beside_each_other(qtbot: QtBot, theme: Theme) -> None:
    page = DiffPage(theme)
    qtbot.addWidget(page)
    mixed, plain = "漢字 ไทย abc " * 20, "x" * 200
    page.show_lines([Line("changed", mixed, "b"), Line("same", plain, plain), Line("removed", mixed, None)])
    before, after = (side.toPlainText().split("\n") for side in (page.before, page.after))
    assert max(map(len, before)) == 202
    assert max(len(line) for line in before if not line.isascii()) <= 77
    assert "".join(line[2:] for line in before) == mixed + plain + mixed
    assert [line.strip() for line in after] == ["~ b", "", "", plain, "", "", ""]
    assert [line[:2] for line in before] == ["~ ", "  ", "  ", "  ", "- ", "  ", "  "]


def test_what_grows_out_of_view_is_not_painted(qtbot: QtBot, theme: Theme) -> None:
    page = DiffPage(theme)
    qtbot.addWidget(page)
    page.resize(900, 400)
    page.show()
    with painted(page.before) as seen:
        page.show_lines([Line("same", f"{number}", f"{number}") for number in range(20_000)])
        qtbot.waitUntil(lambda: page.before.blockCount() == 20_000 and bool(seen))
    assert len(seen) <= 6
    bar = page.before.verticalScrollBar()
    bar.setValue(bar.maximum())
    with painted(page.before) as seen:
        page._insert(page.before, [diff_page._Row("same", ("in view", ""))], 0)
        qtbot.waitUntil(lambda: bool(seen))
