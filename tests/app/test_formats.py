"""How things are written for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import Qt, QTextDocument
from PySide6.QtWidgets import QApplication

from app import kinds
from app.delegates.name_editor import stem_length
from app.formats import count_text, exact_size_text, size_text, time_text, tip_text
from app.i18n import translate

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_500, "1.5 kB"), (2_500_000_000, "2.5 GB")],
)
def test_sizes_are_decimal(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


def test_exact_size_shows_every_byte() -> None:
    assert exact_size_text(1_234_567) == "1.2 MB (1,234,567 bytes)"
    assert exact_size_text(1) == "1 byte"


@pytest.mark.parametrize("size_bytes", [2**31 - 1, 2**31, 4_000_000_000, 3_001_000_000, 2**63 - 1])
def test_exact_size_shows_every_byte_of_what_is_larger_than_qt_counts(size_bytes: int) -> None:
    assert exact_size_text(size_bytes).endswith(f" ({size_bytes:,} bytes)")


def test_counts_leave_out_what_there_is_none_of() -> None:
    assert count_text(1) == "1 object"
    assert count_text(1_200, 2) == "2 folders, 1,200 objects"
    assert count_text(0, 1) == "1 folder"
    assert count_text(0) == "0 objects"


@pytest.mark.parametrize(
    ("age", "text"),
    [(timedelta(seconds=20), "Just now"), (timedelta(minutes=5), "5 min ago"), (timedelta(days=400), "2025")],
)
def test_near_times_are_relative_far_ones_are_dates(age: timedelta, text: str) -> None:
    assert text in time_text(NOW - age, NOW)


def test_a_date_follows_the_language_though_it_was_written_before() -> None:
    before, texts = QLocale(), []
    try:
        for language in (QLocale.Language.English, QLocale.Language.German, QLocale.Language.English):
            QLocale.setDefault(QLocale(language))
            texts.append(time_text(NOW - timedelta(days=400), NOW))
    finally:
        QLocale.setDefault(before)
    assert texts[0] == texts[2] != texts[1]


def test_a_clock_ahead_of_ours_is_no_relative_time() -> None:
    assert "ago" not in time_text(NOW + timedelta(minutes=5), NOW)


@pytest.mark.parametrize(
    ("name", "mime_type", "text"),
    [
        ("a.png", "image/png", "PNG image"),
        ("README", "text/plain", "Plain text"),
        ("a.py", "text/x-python", "PY file"),
        ("a.zip", "application/zip", "ZIP file"),
        ("blob", "application/octet-stream", "File"),
    ],
)
def test_type_column(name: str, mime_type: str, text: str) -> None:
    assert kinds.type_text(mime_type, name) == text


def test_content_decides_before_the_name_for_pictures() -> None:
    assert kinds.family("image/png", "a.zip") == kinds.family("image/jpeg", "b.jpg")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.txt", 1),
        ("a.tar.gz", 1),
        ("A.TAR.GZ", 1),
        ("README", 6),
        (".profile", 8),
        ("a.b.c", 3),
        ("x.", 1),
        ("\N{GRINNING FACE}\N{CAT FACE}.txt", 4),
    ],
)
def test_stem_that_renaming_preselects(name: str, stem: int) -> None:
    assert stem_length(name) == stem


@pytest.mark.parametrize(("count", "said"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries")])
def test_words_in_y_have_their_plural(count: int, said: str) -> None:
    assert translate("Test", "%Ln entr(y)", None, count) == said


@pytest.mark.parametrize("name", ['<img src="x">', "<b>all is well</b>", "a < b", "plain & simple", "<script>"])
def test_a_tool_tip_shows_names_letter_by_letter(qapp: QApplication, name: str) -> None:
    document = QTextDocument()
    tip = tip_text(name)
    if Qt.mightBeRichText(tip):
        document.setHtml(tip)
    else:
        document.setPlainText(tip)
    assert document.toPlainText() == name
