"""The conflict dialog: safe by default, closable at any time, one at a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.bridge.transfers import TransferBridge
from app.look import Look
from app.views.conflict_dialog import ConflictDialog
from app.views.conflict_prompter import ConflictPrompter
from engine.transfers import ConflictAction, ConflictQuestion, ConflictSide, Decision, JobKind, JobState
from tests.app.transfers.kit import StubQueue, job

_LEFT = Qt.MouseButton.LeftButton
_OLDER = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
_NEWER = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)


def question(number: int = 1, job_id: int = 7, left: int = 0, *, newer: bool = True) -> ConflictQuestion:
    times = (_NEWER, _OLDER) if newer else (_OLDER, _NEWER)
    return ConflictQuestion(
        id=number,
        job_id=job_id,
        kind=JobKind.UPLOAD,
        name="report.pdf",
        arriving=ConflictSide("/home/ada/report.pdf", 2_345_678, times[0]),
        existing=ConflictSide("photos/report.pdf", 1000, times[1]),
        suggested_name="report (2).pdf",
        left=left,
    )


@pytest.fixture
def dialog(look: Look, qtbot: QtBot) -> ConflictDialog:
    dialog = ConflictDialog(question(left=12), look)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return dialog


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def prompter(bridge: TransferBridge, look: Look, window: QWidget) -> ConflictPrompter:
    return ConflictPrompter(bridge, look, window)


def test_return_keeps_both_because_that_destroys_nothing(dialog: ConflictDialog, qtbot: QtBot) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.decision() == Decision(ConflictAction.KEEP_BOTH)


@pytest.mark.parametrize("how", ["escape", "close", "button"])
def test_closing_in_any_way_skips_that_one_alone(dialog: ConflictDialog, qtbot: QtBot, how: str) -> None:
    dialog.for_all.setChecked(True)
    dialog.choose(ConflictAction.REPLACE)
    if how == "escape":
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    elif how == "close":
        dialog.close()
    else:
        qtbot.mouseClick(dialog.skip, _LEFT)
    assert dialog.decision() == Decision(ConflictAction.SKIP)


@pytest.mark.parametrize("action", [a for a in ConflictAction if a is not ConflictAction.RENAME])
def test_each_answer_can_be_given_for_all(dialog: ConflictDialog, qtbot: QtBot, action: ConflictAction) -> None:
    dialog.choose(action)
    dialog.for_all.setChecked(True)
    qtbot.mouseClick(dialog.go_on, _LEFT)
    assert dialog.decision() == Decision(action, apply_to_all=True)


def test_typing_a_name_chooses_renaming_and_only_a_name_will_do(dialog: ConflictDialog, qtbot: QtBot) -> None:
    dialog.new_name.clear()
    qtbot.keyClicks(dialog.new_name, "final.pdf")
    assert not dialog.for_all.isEnabled()
    assert dialog.go_on.text() == "Rename"
    for wrong in ("", " ", "a/b", "..", "report.pdf"):
        dialog.new_name.setText(wrong)
        assert not dialog.go_on.isEnabled()
    dialog.new_name.setText("final.pdf")
    dialog.for_all.setChecked(True)
    qtbot.mouseClick(dialog.go_on, _LEFT)
    assert dialog.decision() == Decision(ConflictAction.RENAME, new_name="final.pdf")


def test_both_sides_show_size_date_and_which_is_newer(dialog: ConflictDialog, look: Look, qtbot: QtBot) -> None:
    texts = [part.text() for part in dialog.findChildren(QLabel)]
    assert "2.3 MB (2,345,678 bytes)" in texts
    assert "1.0 kB (1,000 bytes)" in texts
    assert texts.count("Newer") == 1
    assert "It is newer, so it replaces what is there" in texts
    other = ConflictDialog(question(newer=False), look)
    qtbot.addWidget(other)
    assert "It is not newer, so it is skipped" in [part.text() for part in other.findChildren(QLabel)]


def test_what_is_not_known_is_said(look: Look, qtbot: QtBot) -> None:
    unknown = ConflictSide("photos/x", None, None)
    dialog = ConflictDialog(ConflictQuestion(1, 1, JobKind.DOWNLOAD, "x", unknown, unknown, "x (2)", 0), look)
    qtbot.addWidget(dialog)
    texts = [part.text() for part in dialog.findChildren(QLabel)]
    assert texts.count("Size unknown") == texts.count("Time unknown") == 2
    assert "left" not in dialog.for_all.text()


def test_how_many_are_left_is_said_and_kept_up_to_date(dialog: ConflictDialog) -> None:
    assert dialog.for_all.text().endswith("(12 left)")
    dialog.set_left(3)
    assert dialog.for_all.text().endswith("(3 left)")


def test_questions_are_put_one_after_another_without_blocking_the_window(
    prompter: ConflictPrompter, bridge: TransferBridge, stub: StubQueue, window: QWidget, qtbot: QtBot
) -> None:
    bridge.conflict_asked.emit(question(1, job_id=7))
    bridge.conflict_asked.emit(question(2, job_id=8))
    first = prompter.dialog
    assert first
    assert first.question.id == 1
    assert first.windowModality() is Qt.WindowModality.NonModal
    assert len([dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]) == 1
    first.accept()
    second = prompter.dialog
    assert second
    assert second.question.id == 2
    second.reject()
    assert prompter.dialog is None
    assert stub.calls == [
        ("answer", 1, Decision(ConflictAction.KEEP_BOTH)),
        ("answer", 2, Decision(ConflictAction.SKIP)),
    ]


def test_a_question_is_withdrawn_when_its_job_ends(
    prompter: ConflictPrompter, bridge: TransferBridge, stub: StubQueue
) -> None:
    bridge.conflict_asked.emit(question(1, job_id=7))
    bridge.conflict_asked.emit(question(2, job_id=7))
    bridge.conflict_asked.emit(question(3, job_id=8))
    bridge.job_changed.emit(job(7, JobState.CANCELLED))
    assert prompter.dialog
    assert prompter.dialog.question.id == 3


def test_the_number_left_follows_the_job(prompter: ConflictPrompter, bridge: TransferBridge) -> None:
    bridge.conflict_asked.emit(question(1, job_id=7))
    bridge.job_changed.emit(job(7, JobState.RUNNING, questions=5))
    assert prompter.dialog
    assert prompter.dialog.for_all.text().endswith("(4 left)")
