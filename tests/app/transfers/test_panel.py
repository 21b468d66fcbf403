"""The panel, by pointer and by keyboard; the list of failures; the status bar."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bridge.transfers import TransferBridge
from app.look import Look
from app.models.transfer_rows import RowAction, row_of
from app.views.transfer_notes import NotesDialog
from app.views.transfers_panel import TransfersPanel
from app.widgets.transfer_status import TransferStatus
from engine.transfers import JobSnapshot, JobState, QueueSummary
from tests.app.transfers.kit import MB, StubQueue, download, job

_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(bridge: TransferBridge, look: Look, qtbot: QtBot) -> TransfersPanel:
    panel = TransfersPanel(bridge, look)
    qtbot.addWidget(panel)
    panel.resize(900, 400)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def tell(bridge: TransferBridge, *snapshots: JobSnapshot) -> None:
    for snapshot in snapshots:
        bridge.job_changed.emit(snapshot)


def button(panel: TransfersPanel, number: int, action: RowAction) -> QPoint:
    """Return the middle of a painted button."""
    view = panel.view
    index = view.model().index_of(number)
    rect = view.visualRect(index)
    found = [
        QPoint(x, rect.center().y())
        for x in range(rect.left(), rect.right())
        if view.itemDelegate().action_at(index, rect, QPoint(x, rect.center().y())) is action
    ]
    return found[len(found) // 2]


@pytest.mark.parametrize(
    ("snapshot", "action", "call"),
    [
        (job(1, JobState.RUNNING), RowAction.CANCEL, ("cancel", 1)),
        (job(1, JobState.CANCELLED), RowAction.RETRY, ("retry", 1)),
        (job(1, JobState.DONE), RowAction.REMOVE, ("remove", 1)),
    ],
)
def test_each_painted_button_does_its_work(
    panel: TransfersPanel,
    bridge: TransferBridge,
    stub: StubQueue,
    qtbot: QtBot,
    snapshot: JobSnapshot,
    action: RowAction,
    call: tuple[object, ...],
) -> None:
    tell(bridge, snapshot, job(2, JobState.QUEUED))
    qtbot.mouseClick(panel.view.viewport(), _LEFT, pos=button(panel, 1, action))
    assert stub.calls == [call]


def test_a_press_that_is_released_elsewhere_does_nothing(
    panel: TransfersPanel, bridge: TransferBridge, stub: StubQueue, qtbot: QtBot
) -> None:
    tell(bridge, job(1, JobState.RUNNING))
    place = button(panel, 1, RowAction.CANCEL)
    qtbot.mousePress(panel.view.viewport(), _LEFT, pos=place)
    qtbot.mouseRelease(panel.view.viewport(), _LEFT, pos=place - QPoint(300, 0))
    assert stub.calls == []


@pytest.mark.parametrize(
    ("snapshot", "key", "calls"),
    [
        (job(1, JobState.RUNNING), Qt.Key.Key_Delete, [("cancel", 1)]),
        (job(1, JobState.DONE), Qt.Key.Key_Delete, [("remove", 1)]),
        (job(1, JobState.CANCELLED), Qt.Key.Key_R, [("retry", 1)]),
        (job(1, JobState.RUNNING), Qt.Key.Key_R, []),
        (job(1, JobState.RUNNING), Qt.Key.Key_Return, []),
    ],
)
def test_the_keyboard_does_all_of_it(
    panel: TransfersPanel,
    bridge: TransferBridge,
    stub: StubQueue,
    qtbot: QtBot,
    snapshot: JobSnapshot,
    key: Qt.Key,
    calls: list[tuple[object, ...]],
) -> None:
    tell(bridge, snapshot)
    panel.view.setCurrentIndex(panel.view.model().index(0, 0))
    qtbot.keyClick(panel.view, key)
    assert stub.calls == calls


def test_the_context_menu_holds_every_button_of_the_row(
    panel: TransfersPanel, bridge: TransferBridge, stub: StubQueue, qtbot: QtBot
) -> None:
    tell(bridge, job(1, JobState.DONE_WITH_FAILURES, failed=1, done_files=1))
    panel.view.setCurrentIndex(panel.view.model().index(0, 0))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    QApplication.sendEvent(panel.view.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert menu
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Show what was not transferred", "Retry", "Show the folder", "Remove from the list"]
    menu.actions()[1].trigger()
    menu.close()
    assert stub.calls == [("retry", 1)]


def test_an_upload_shows_its_place_in_the_window_and_a_download_in_the_system(
    panel: TransfersPanel, bridge: TransferBridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    done = job(1, JobState.DONE)
    tell(bridge, done, download(2, JobState.DONE))
    with qtbot.waitSignal(panel.place_wanted) as wanted:
        panel.view.setCurrentIndex(panel.view.model().index(1, 0))
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert wanted.args == [done]
    qtbot.mouseDClick(panel.view.viewport(), _LEFT, pos=panel.view.visualRect(panel.view.model().index(0, 0)).center())
    assert opened == ["/home/ada/Downloads"]


def test_the_header_sums_up_and_offers_what_makes_sense(
    panel: TransfersPanel, bridge: TransferBridge, stub: StubQueue, qtbot: QtBot
) -> None:
    bridge.summary_changed.emit(QueueSummary(running=2, done_bytes=MB, total_bytes=4 * MB, fraction=0.25))
    assert panel.summary.text() == "2 transfers · 1.0 MB of 4.0 MB"
    assert panel.bar.isVisible()
    assert panel.bar.value() == panel.bar.maximum() // 4
    qtbot.mouseClick(panel.cancel_all, _LEFT)
    bridge.summary_changed.emit(QueueSummary(ended=3, failed=1))
    assert not panel.bar.isVisible()
    qtbot.mouseClick(panel.retry_failed, _LEFT)
    qtbot.mouseClick(panel.clear, _LEFT)
    assert stub.calls == [("cancel_all",), ("retry_failed",), ("remove_finished",)]
    bridge.summary_changed.emit(QueueSummary())
    assert not any(part.isVisible() for part in (panel.cancel_all, panel.retry_failed, panel.clear))
    with qtbot.waitSignal(panel.collapse_wanted):
        qtbot.mouseClick(panel.collapse, _LEFT)


def test_every_row_of_every_state_can_be_painted_and_pointed_at(
    panel: TransfersPanel, bridge: TransferBridge, qtbot: QtBot
) -> None:
    states = list(JobState)
    tell(bridge, *(job(number, state, fraction=0.5, failed=1) for number, state in enumerate(states, start=1)))
    panel.resize(900, 700)
    for width in (900, 200):
        panel.resize(width, 700)
        image = panel.grab().toImage()
        assert not image.isNull()
    panel.resize(900, 700)
    qtbot.mouseMove(panel.view.viewport(), button(panel, 9, RowAction.REMOVE))
    hot = panel.view.itemDelegate().hot
    assert hot
    assert (hot.job_id, hot.action) == (9, RowAction.REMOVE)


def test_the_panel_without_jobs_says_what_to_do(panel: TransfersPanel, bridge: TransferBridge, qtbot: QtBot) -> None:
    assert not panel.view.isVisible()
    tell(bridge, job(1, JobState.RUNNING))
    assert panel.view.isVisible()
    bridge.job_removed.emit(1)
    assert not panel.view.isVisible()


def test_what_failed_is_listed_copied_and_tried_again(
    panel: TransfersPanel, bridge: TransferBridge, stub: StubQueue, look: Look, qtbot: QtBot
) -> None:
    tell(bridge, job(4, JobState.DONE_WITH_FAILURES, failed=2, left_out=1, done_files=1))
    panel.view.setCurrentIndex(panel.view.model().index(0, 0))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    [dialog] = panel.findChildren(NotesDialog)
    shown = [dialog.model.index(row, 0).data() for row in range(dialog.model.rowCount())]
    assert shown == ["2024/a.exe", "2024/b.exe"]
    assert dialog.model.index(0, 1).data() == "This bucket does not take programs. Ask its owner."
    qtbot.mouseClick(dialog.copy, _LEFT)
    assert QGuiApplication.clipboard().text().splitlines()[1] == "2024/b.exe\tAccess was denied"
    dialog.filters.buttons()[1].click()
    assert [dialog.model.index(row, 0).data() for row in range(dialog.model.rowCount())] == ["2024/pipe"]
    qtbot.mouseClick(dialog.retry, _LEFT)
    assert stub.calls == [("retry", 4)]
    assert not dialog.isVisible()


def test_a_list_of_what_was_merely_skipped_offers_no_retry(bridge: TransferBridge, look: Look, qtbot: QtBot) -> None:
    dialog = NotesDialog(bridge, row_of(job(1, JobState.DONE, left_out=1)), look)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.retry.isVisible()
    assert not dialog.why.isVisible()


def test_the_status_bar_tells_and_is_silent_when_there_is_nothing_to_tell(
    bridge: TransferBridge, look: Look, qtbot: QtBot
) -> None:
    status = TransferStatus(bridge, look)
    qtbot.addWidget(status)
    assert status.isHidden()
    bridge.summary_changed.emit(QueueSummary(running=1, total_bytes=MB, fraction=0.42))
    assert not status.isHidden()
    assert status.accessibleName() == "1 transfer · 0 bytes of 1.0 MB, 42 percent"
    assert not status.grab().isNull()
    bridge.summary_changed.emit(QueueSummary(ended=1, failed=1))
    assert status.accessibleName() == "1 transfer failed"
    bridge.summary_changed.emit(QueueSummary(ended=1, cancelled=1))
    assert status.accessibleName() == "1 transfer cancelled"
    assert not status.grab().isNull()
    bridge.summary_changed.emit(QueueSummary())
    assert status.isHidden()
