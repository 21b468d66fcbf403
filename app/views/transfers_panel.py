"""The transfers panel: all jobs as one in the header, one row a job below it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.bridge.transfers import TransferBridge
from app.i18n import translate
from app.look import Look, label
from app.models.transfer_rows import RowAction, TransferRow, summary_text
from app.models.transfers import TransfersModel
from app.views.transfers_view import TransfersView
from app.widgets.glyph import Glyph
from engine.transfers import JobKind, QueueSummary

_BAR_WIDTH_PX: Final = 160
_STEPS: Final = 1000


class TransfersPanel(QWidget):
    """See the module.

    Args:
        bridge: Tells of the jobs and takes what a person wants.
        look: Theme and icons.
        parent: Qt's owner.

    Signals:
        collapse_wanted: A person puts the panel away; the status bar goes on telling.
        place_wanted: A person wants to see where an upload went; carries the `JobSnapshot`.
    """

    collapse_wanted = Signal()
    place_wanted = Signal(object)

    def __init__(self, bridge: TransferBridge, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._look = look
        self.setProperty("place", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(translate("TransfersPanel", "Transfers"))
        self._model = TransfersModel(bridge, self)
        self.view = TransfersView(self._model, look, self)
        self.view.wanted.connect(self._do)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._header())
        rule = QFrame()
        rule.setProperty("place", "rule")
        column.addWidget(rule)
        column.addWidget(self._stack, 1)
        self._model.rowsInserted.connect(self._show_list)
        self._model.rowsRemoved.connect(self._show_list)
        bridge.summary_changed.connect(self._sum_up)
        self._show_list()
        self._sum_up(bridge.summary)

    def _header(self) -> QHBoxLayout:
        space = self._look.theme.space
        row = QHBoxLayout()
        row.setContentsMargins(space("l"), space("xs"), space("s"), space("xs"))
        row.setSpacing(space("m"))
        self.summary = label(tone="muted", size="caption")
        self.bar = QProgressBar(textVisible=False, minimum=0, maximum=_STEPS)
        self.bar.setFixedWidth(_BAR_WIDTH_PX)
        self.bar.setAccessibleName(translate("TransfersPanel", "Progress of all transfers"))
        self.retry_failed = self._button("arrow-clockwise", translate("TransfersPanel", "Retry failed"))
        self.retry_failed.clicked.connect(self._bridge.retry_failed)
        self.cancel_all = self._button("x", translate("TransfersPanel", "Cancel all"))
        self.cancel_all.clicked.connect(self._bridge.cancel_all)
        self.clear = self._button("check", translate("TransfersPanel", "Clear finished"))
        self.clear.clicked.connect(self._bridge.clear_finished)
        self.collapse = self._look.tool_button("caret-down", translate("TransfersPanel", "Hide transfers"))
        self.collapse.clicked.connect(self.collapse_wanted)
        row.addWidget(label(translate("TransfersPanel", "Transfers"), size="section"))
        row.addWidget(self.bar)
        row.addWidget(self.summary, 1)
        for part in (self.retry_failed, self.cancel_all, self.clear, self.collapse):
            row.addWidget(part)
        return row

    def _button(self, icon: str, text: str) -> QPushButton:
        button = self._look.push_button(text, "link")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.setToolTip(text)
        return button

    def _empty(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setSpacing(self._look.theme.space("m"))
        row.addStretch()
        row.addWidget(Glyph(self._look, "arrows-down-up", "faint", 28))
        text = translate(
            "TransfersPanel", "Nothing is being transferred. Drop files and folders on a bucket to upload them."
        )
        row.addWidget(label(text, tone="muted"))
        row.addStretch()
        return page

    def _show_list(self) -> None:
        self._stack.setCurrentIndex(1 if self._model.rowCount() else 0)

    def _sum_up(self, summary: QueueSummary) -> None:
        moving = summary.running + summary.queued > 0
        self.bar.setVisible(moving)
        self.bar.setValue(int(summary.fraction * _STEPS))
        self.summary.setText(summary_text(summary))
        self.retry_failed.setVisible(summary.failed > 0)
        self.cancel_all.setVisible(summary.active > 1)
        self.clear.setVisible(summary.ended > summary.failed)

    def _do(self, action: RowAction, row: TransferRow) -> None:
        match action:
            case RowAction.CANCEL:
                self._bridge.cancel(row.id)
            case RowAction.RETRY:
                self._bridge.retry(row.id)
            case RowAction.REMOVE:
                self._bridge.remove(row.id)
            case RowAction.NOTES:
                self._show_notes(row)
            case RowAction.SHOW:
                self._show_place(row)

    def _show_notes(self, row: TransferRow) -> None:
        from app.views.transfer_notes import NotesDialog  # when it is wanted: no start waits for a dialog

        dialog = NotesDialog(self._bridge, row, self._look, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _show_place(self, row: TransferRow) -> None:
        if row.job.kind is JobKind.DOWNLOAD:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(row.job.target_dir)))
        else:
            self.place_wanted.emit(row.job)
