"""What the start page shows of a recovery: the choices, the work, the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal, SignalInstance
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.bridge.recovering import RecoveryChoices
from app.formats import count_text, full_time_text, number_text, size_text
from app.i18n import translate
from app.look import Look, centred, label
from app.widgets.glyph import Glyph
from engine.types import Progress

if TYPE_CHECKING:
    from engine.recovery.values import RecoveryReport

TEXT_WIDTH_PX: Final = 560
_PROBLEM_LINES_MAX: Final = 10
_STEPS: Final = 1000


class ChoicesPart(QFrame):
    """The ways back, each a button with a sentence below it. The first is the one to take.

    Signals:
        restore_wanted: Restore the backup.
        rebuild_wanted: Rebuild from the files.
    """

    restore_wanted = Signal()
    rebuild_wanted = Signal()

    def __init__(self, look: Look, choices: RecoveryChoices) -> None:
        """Args: look; what can be done."""
        super().__init__()
        self._look = look
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.theme.space("l"))
        self.buttons: list[QPushButton] = []
        if choices.backup_made_at is not None:
            moment = full_time_text(choices.backup_made_at)
            self._add(
                translate("StartPage", "Restore from backup of {moment}").format(moment=moment),
                "clock-counter-clockwise",
                translate(
                    "StartPage",
                    "Takes the database back to that moment, and takes in the files that were stored after it.",
                ),
                self.restore_wanted,
            )
        self._add(
            translate("StartPage", "Rebuild from the files"),
            "files",
            translate(
                "StartPage",
                "Reads every stored file and makes a new database; details that only the old one knew are lost. Trash"
                " and old versions come back where their bucket keeps them, as far as the names of their files tell.",
            ),
            self.rebuild_wanted,
        )
        width_px = max(button.sizeHint().width() for button in self.buttons)
        for button in self.buttons:
            button.setFixedWidth(width_px)

    def _add(self, text: str, icon: str, explanation: str, wanted: SignalInstance) -> None:
        button = self._look.push_button(text, "" if self.buttons else "primary", icon)
        button.ensurePolished()
        button.setAccessibleDescription(explanation)
        button.clicked.connect(wanted)
        said = label(explanation, tone="muted", wrap=True)
        said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        pair = QVBoxLayout()
        pair.setSpacing(self._look.theme.space("xs"))
        pair.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        pair.addWidget(said)
        self._column.addLayout(pair)
        self.buttons.append(button)


class RunningPart(QWidget):
    """A recovery at work.

    Signals:
        cancel_wanted: Stop it.
    """

    cancel_wanted = Signal()

    def __init__(self, look: Look, *, rebuilds: bool) -> None:
        """Args: look; whether the database is rebuilt, or else restored."""
        super().__init__()
        column = page_column(self, look)
        text = (
            translate("StartPage", "Rebuilding the database…")
            if rebuilds
            else translate("StartPage", "Restoring the database…")
        )
        self.bar = QProgressBar(textVisible=False, minimum=0, maximum=0)
        self.bar.setAccessibleName(text)
        self.said = label(translate("StartPage", "Looking at the stored files…"), tone="muted")
        self.said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.cancel = look.push_button(translate("StartPage", "Cancel"))
        self.cancel.clicked.connect(self._stop)
        column.addWidget(label(text, size="hero"), 0, Qt.AlignmentFlag.AlignHCenter)
        self.bar.setFixedWidth(TEXT_WIDTH_PX)
        column.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.said)
        column.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        QTimer.singleShot(0, self.cancel, self.cancel.setFocus)

    def show_progress(self, progress: Progress) -> None:
        """Show how far it is.

        Args:
            progress: The latest news.
        """
        if progress.total_bytes is None or progress.total_files is None or not self.cancel.isEnabled():
            return
        share = progress.done_bytes / progress.total_bytes if progress.total_bytes else 1.0
        self.bar.setMaximum(_STEPS)
        self.bar.setValue(round(min(share, 1.0) * _STEPS))
        self.said.setText(
            translate("StartPage", "{done} of {total} files, {done_bytes} of {total_bytes}").format(
                done=number_text(progress.done_files),
                total=number_text(progress.total_files),
                done_bytes=size_text(progress.done_bytes),
                total_bytes=size_text(progress.total_bytes),
            )
        )

    def _stop(self) -> None:
        self.cancel.setEnabled(False)
        self.said.setText(translate("StartPage", "Stopping; nothing is changed…"))
        self.cancel_wanted.emit()


class DonePart(QWidget):
    """What came of a recovery.

    Signals:
        open_wanted: Open the workspace.
    """

    open_wanted = Signal()

    def __init__(self, look: Look, report: RecoveryReport) -> None:
        """Args: look; what the engine reports."""
        super().__init__()
        column = page_column(self, look)
        column.addWidget(Glyph(look, "check-circle", "success", 72), 0, Qt.AlignmentFlag.AlignHCenter)
        title = translate("StartPage", "The database is back")
        column.addWidget(label(title, size="hero"), 0, Qt.AlignmentFlag.AlignHCenter)
        said = label(_result(report), wrap=True, selectable=True)
        said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(centred(said, TEXT_WIDTH_PX))
        if report.set_aside is not None:
            kept = translate("StartPage", "The damaged one is kept: {name}").format(name=report.set_aside.name)
            part = label(kept, size="caption", tone="muted", selectable=True)
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        if report.problems:
            title = translate("StartPage", "%Ln thing(s) to look at", None, report.problem_count)
            for widget in (label(title, size="section"), _problems(report)):
                column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        self.open = look.push_button(translate("StartPage", "Open the workspace"), "primary", "folder-open")
        self.open.setDefault(True)
        self.open.clicked.connect(self.open_wanted)
        column.addWidget(self.open, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        QTimer.singleShot(0, self.open, self.open.setFocus)


def page_column(page: QWidget, look: Look) -> QVBoxLayout:
    """Return a page's column, with room above."""
    column = QVBoxLayout(page)
    column.setSpacing(look.theme.space("m"))
    column.addStretch(2)
    return column


def _result(report: RecoveryReport) -> str:
    buckets = translate("StartPage", "%Ln bucket(s)", None, report.buckets)
    known = translate("StartPage", "It knows {buckets} and {objects}, {size}.").format(
        buckets=buckets, objects=count_text(report.objects), size=size_text(report.size_bytes)
    )
    newer = translate("StartPage", "%Ln file(s) newer than the backup were taken in.", None, report.taken_in)
    return f"{known} {newer}" if report.backup and report.taken_in else known


def _problems(report: RecoveryReport) -> QPlainTextEdit:
    """Return the list of what a person should look at."""
    lines = [f"{problem.where}: {problem.detail}" for problem in report.problems]
    more = report.problem_count - len(report.problems)
    if more:
        lines.append(translate("StartPage", "and %Ln more", None, more))
    text = QPlainTextEdit("\n".join(lines))
    text.setReadOnly(True)
    text.setAccessibleName(translate("StartPage", "Things to look at"))
    # most take two lines at that width
    shown = min(2 * len(lines) + 1, _PROBLEM_LINES_MAX)
    text.setFixedSize(TEXT_WIDTH_PX, shown * text.fontMetrics().lineSpacing())
    text.setTabChangesFocus(True)
    return text
