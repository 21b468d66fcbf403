"""Who did what here, and what was denied: entries of the audit, the chosen one in full, export and check."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSplitter, QStackedLayout, QWidget

from app.bridge.auditing import AUDIT_PAGE_ROWS, AuditBasics
from app.bridge.tasks import Ticket
from app.dialogs.audit_filters import AuditFilters
from app.dialogs.base import Dialog
from app.formats import number_text
from app.i18n import translate
from app.look import Look, label
from app.models.audit import AuditColumn, AuditModel, AuditSource
from app.views.audit_detail import AuditDetail
from app.widgets.empty_state import EmptyState
from app.widgets.notice import Notice
from app.widgets.progress_strip import ProgressStrip
from app.widgets.records_table import RecordsTable
from engine.access_types import AuditEntry, AuditFilter, ChainReport

_SIZE: Final = (1160, 700)
_HEIGHTS: Final = (330, 190)
_WIDTHS: Final[dict[int, int]] = {
    AuditColumn.TIME: 174, AuditColumn.WHO: 148, AuditColumn.ROLE: 112, AuditColumn.WHAT: 164, AuditColumn.BUCKET: 110,
    AuditColumn.RESULT: 72, AuditColumn.ADDRESS: 116,
}  # fmt: skip


class AuditDialog(Dialog):
    """Shows entries and asks for the rest; decides nothing.

    Signals:
        read_wanted: The filter is another; carries nothing, see `wanted`.
        export_wanted: Carries `csv` or `jsonl`.
        verify_wanted: Check the chain.
        keep_wanted: Change for how long entries are kept; carries the days now.
    """

    read_wanted = Signal()
    export_wanted = Signal(str)
    verify_wanted = Signal()
    keep_wanted = Signal(int)

    def __init__(self, look: Look, parent: QWidget, source: AuditSource) -> None:
        """Args: look; the window; what entries are read from. Reads nothing until `read`."""
        super().__init__(look, parent, translate("AuditDialog", "Audit"), 900)
        self._days = 0
        self.model = AuditModel(source, AUDIT_PAGE_ROWS, self)
        self.filters = AuditFilters(look)
        self.notice = Notice(look)
        self.strip = ProgressStrip(look)
        self.table = RecordsTable(look, self.model, translate("AuditDialog", "Entries"), _WIDTHS)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.detail = AuditDetail(look)
        self._make_pages()
        self._lay_out()
        self._make_buttons()
        self._connect()
        self.detail.hide()
        self.resize(*_SIZE)

    @property
    def wanted(self) -> AuditFilter:
        """Return which entries are wanted."""
        return self.filters.wanted

    @property
    def entry(self) -> AuditEntry | None:
        """Return the entry that is chosen."""
        row = self.table.chosen_row
        return None if row is None else self.model.entry(row)

    @property
    def page(self) -> QWidget | None:
        """Return what is shown: entries, or why there are none."""
        return self._pages.currentWidget()

    def read(self) -> None:
        """Read what is wanted, from the newest on."""
        self.notice.say("")
        self.model.open(self.wanted)

    def show_basics(self, basics: AuditBasics) -> None:
        """Take in how people and buckets are called, and for how long entries are kept."""
        self._days = basics.retention_days
        self.model.call(basics.names)
        self.filters.offer(basics.names, basics.buckets)
        self.keep.setText(translate("AuditDialog", "Kept for %Ln day(s)…", None, basics.retention_days))
        self.keep.setAccessibleName(self.keep.text())
        self.keep.setEnabled(True)

    def refuse(self, reason: str) -> None:
        """Say what failed; nothing for what was stopped. Work that goes on goes on: see `end_work`."""
        self.notice.say(reason, tone="danger")
        if self.page is self.reading:
            self._pages.setCurrentWidget(self.nothing)

    def begin_work(self, ticket: Ticket, text: str) -> None:
        """Show how far something is that takes its time."""
        self.notice.say("")
        self.strip.follow(ticket, text)
        self._judge()

    def end_work(self) -> None:
        """It is over."""
        self.strip.end()
        self._judge()

    def show_report(self, report: ChainReport) -> None:
        """Say whether the audit is as it was written."""
        self.end_work()
        if report.sound:
            text = translate("AuditDialog", "As it was written: %Ln record(s) looked at, each follows from the one "
                             "before it.", None, report.entries)  # fmt: skip
            self.notice.say(text, tone="success")
            return
        text = translate("AuditDialog", "The audit was changed: entry {number} is not as it was written. {reason}")
        reason = text.format(number=number_text(report.first_wrong or 0), reason=report.reason)
        self.notice.say(reason, tone="danger")

    def done(self, result: int) -> None:
        """Qt's hook: it closes, and what it waits for is not wanted any more."""
        self.model.stop()
        super().done(result)

    def _make_pages(self) -> None:
        holder = QWidget()
        self._pages = QStackedLayout(holder)
        self.reading = EmptyState(self.look, "hourglass", translate("AuditDialog", "Reading…"), "", tone="faint")
        self.nothing = EmptyState(self.look, "clipboard-text", "", "", tone="faint")
        for page in (self.reading, self.table, self.nothing):
            self._pages.addWidget(page)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setHandleWidth(self.look.theme.space("s"))
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(holder)
        self._split.addWidget(self.detail)
        self._split.setSizes(list(_HEIGHTS))
        self._split.setStretchFactor(0, 1)

    def _lay_out(self) -> None:
        self.body.addWidget(self.filters)
        self.body.addWidget(self.notice)
        self.body.addWidget(self._split, 1)
        row = QHBoxLayout()
        self._count = label(size="caption", tone="muted")
        row.addWidget(self._count)
        row.addWidget(self.filters.reset)
        row.addStretch()
        self.body.addLayout(row)
        self.body.addWidget(self.strip)
        self._column.setStretchFactor(self.body, 1)

    def _make_buttons(self) -> None:
        self.keep = self.add_aside(translate("AuditDialog", "Kept for…"))
        self.keep.setEnabled(False)
        self.verify = self.add_aside(translate("AuditDialog", "Verify"), "shield-check")
        self.verify.setToolTip(translate("AuditDialog", "Check that no entry was changed or taken out"))
        self.export = self.add_aside(translate("AuditDialog", "Export"), "export")
        menu = QMenu(self.export)
        self.exports = {
            form: self._export_action(menu, form, text)
            for form, text in (
                ("csv", translate("AuditDialog", "As &CSV, for spreadsheets…")),
                ("jsonl", translate("AuditDialog", "As &JSON lines, for programs…")),
            )
        }
        self.export.setMenu(menu)
        self.again: QPushButton = self.add_button(translate("AuditDialog", "Refresh"), "", "arrows-clockwise")
        self.add_close().setDefault(False)

    def _export_action(self, menu: QMenu, form: str, text: str) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: self.export_wanted.emit(form))
        return action

    def _connect(self) -> None:
        self.filters.changed.connect(self.read_wanted)
        self.again.clicked.connect(self.read_wanted)
        self.model.opened.connect(self._opened)
        self.model.rowsInserted.connect(lambda *_: self._judge())
        self.model.dataChanged.connect(lambda *_: self._show_detail())
        self.table.selectionModel().currentChanged.connect(lambda *_: self._show_detail())
        self.verify.clicked.connect(self.verify_wanted)
        self.keep.clicked.connect(lambda: self.keep_wanted.emit(self._days))
        self.strip.cancel_wanted.connect(self._judge)

    def _opened(self) -> None:
        there = self.model.rowCount() > 0
        if not there:
            title = translate("AuditDialog", "Nothing was written down yet")
            text = translate("AuditDialog", "What is done here from now on is written down, allowed or not.")
            if self.filters.narrows:
                title = translate("AuditDialog", "No entry is like that")
                text = translate("AuditDialog", "Choose a longer period, or leave one of the conditions out.")
            self.nothing.say(title, text)
        is_first = self.page is self.reading
        self._pages.setCurrentWidget(self.table if there else self.nothing)
        self.detail.setVisible(there)
        if is_first:
            self.table.setFocus()
        self.table.choose(0)
        self._show_detail()
        self._judge()

    def _show_detail(self) -> None:
        entry = self.entry
        self.detail.show_entry(entry, self.model.who(entry) if entry is not None else "")

    def _judge(self) -> None:
        """Say how much is shown, and offer what makes sense."""
        rows = self.model.rowCount()
        more = self.model.has_more
        text = translate("AuditDialog", "{count} records read; scroll for older ones") if more else ""
        text = text or translate("AuditDialog", "%Ln record(s)", None, rows)
        self._count.setText(text.format(count=number_text(rows)))
        self.filters.reset.setVisible(self.filters.narrows)
        self.export.setEnabled(rows > 0 and not self.strip.busy)
        self.verify.setEnabled(not self.strip.busy)
