"""The line at the bottom: what the folder holds, what is being done, what the server does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from app.bridge.serving import ServerState
from app.bridge.tasks import Tasks, Ticket
from app.i18n import translate
from app.look import Look, label
from engine.types import Progress

_PATIENCE_MS: Final = 400
_REFRESH_MS: Final = 120


class StatusBar(QStatusBar):
    """Counts at the left; running work, transfers and server at the right.

    Signals:
        server_clicked: The server's state was pressed.
        alarms_clicked: What says that something is wrong was pressed.
    """

    server_clicked = Signal()
    alarms_clicked = Signal()

    def __init__(self, look: Look, tasks: Tasks) -> None:
        """Args: look, and the lanes whose work is shown."""
        super().__init__()
        self._look = look
        self.setSizeGripEnabled(False)
        self.setAccessibleName(translate("StatusBar", "Status"))
        self._counts = QLabel()
        self._counts.setContentsMargins(look.theme.space("s"), 0, 0, 0)
        self.addWidget(self._counts, 1)
        self.addPermanentWidget(ActivityIndicator(look, tasks))
        self._server = QToolButton()
        self._server.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._server.setIconSize(QSize(14, 14))
        self._server.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._server.clicked.connect(self.server_clicked)
        self.addPermanentWidget(self._server)
        self._alarms = QToolButton()
        self._alarms.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._alarms.setIconSize(QSize(14, 14))
        self._alarms.setIcon(look.icons.icon("warning-fill", "warning"))
        self._alarms.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._alarms.clicked.connect(self.alarms_clicked)
        self.insertPermanentWidget(1, self._alarms)
        self.show_alarms(())
        self.show_server(ServerState.OFF, "", local_only=True)

    @property
    def counts(self) -> str:
        """Return what is said about the folder and the selection."""
        return self._counts.text()

    def show_counts(self, text: str) -> None:
        """Say what the folder holds and what is selected."""
        self._counts.setText(text)

    @property
    def alarms(self) -> str:
        """Return what is said to be wrong."""
        return "" if self._alarms.isHidden() else self._alarms.text()

    def show_alarms(self, sentences: Sequence[str]) -> None:
        """Say what is wrong with the store.

        Args:
            sentences: One for each alarm; none hides it.
        """
        text = sentences[0] if len(sentences) == 1 else translate("StatusBar", "{count} alarms")
        self._alarms.setText(text.format(count=len(sentences)))
        self._alarms.setToolTip("\n".join([*sentences, translate("StatusBar", "Click to show the log.")]))
        self._alarms.setAccessibleName("\n".join(sentences))
        self._alarms.setVisible(bool(sentences))

    def add(self, widget: QWidget) -> None:
        """Put a widget left of the server's state."""
        self.insertPermanentWidget(1, widget)

    def show_server(self, state: ServerState, url: str, *, local_only: bool) -> None:
        """Say what the server does.

        Args:
            state: Off, starting, on or stopping.
            url: Its address while it is on.
            local_only: Whether this computer alone can reach it.
        """
        text = {
            ServerState.OFF: translate("StatusBar", "Server off"),
            ServerState.STARTING: translate("StatusBar", "Starting server…"),
            ServerState.ON: url.removeprefix("http://"),
            ServerState.STOPPING: translate("StatusBar", "Stopping server…"),
        }[state]
        on = state is ServerState.ON
        self._server.setText(text)
        self._server.setIcon(
            self._look.icons.icon("broadcast-bold" if on else "broadcast", "success" if on else "faint")
        )
        reach = translate("StatusBar", "this computer only") if local_only else translate("StatusBar", "the network")
        tip = translate("StatusBar", "Serving to {reach}. Click for address, QR code and Stop.").format(reach=reach)
        self._server.setToolTip(
            tip if on else translate("StatusBar", "Signed links need the server. Click to start it.")
        )
        self._server.setAccessibleName(translate("StatusBar", "Server: {state}").format(state=text))


class ActivityIndicator(QWidget):
    """Names what is being done and how far it is; hidden while nothing takes long."""

    def __init__(self, look: Look, tasks: Tasks) -> None:
        """Args: look, and the lanes whose work is shown."""
        super().__init__()
        self._tasks = tasks
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.theme.space("s"))
        self._text = label(size="caption")
        self._bar = QProgressBar()
        self._bar.setFixedWidth(96)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(translate("ActivityIndicator", "Progress"))
        self._cancel = look.tool_button("x", translate("ActivityIndicator", "Cancel"))
        self._cancel.clicked.connect(self._stop)
        for part in (self._text, self._bar, self._cancel):
            row.addWidget(part)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._appear)
        self._refresh = QTimer(self, interval=_REFRESH_MS)
        self._refresh.timeout.connect(self._show)
        tasks.under_way_changed.connect(self._changed)
        self.hide()

    def _first(self) -> Ticket | None:
        return next(iter(self._tasks.under_way), None)

    def _changed(self) -> None:
        if self._first() is None:
            self._patience.stop()
            self._refresh.stop()
            self.hide()
        elif not self.isVisible() and not self._patience.isActive():
            self._patience.start()

    def _appear(self) -> None:
        self._show()
        self.show()
        self._refresh.start()

    def _show(self) -> None:
        ticket = self._first()
        if ticket is None:
            return
        waiting = len(self._tasks.under_way) - 1
        more = translate("ActivityIndicator", " (+{count})").format(count=waiting) if waiting else ""
        self._text.setText(f"{ticket.label}…{more}")
        done, total = _share(ticket.progress)
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def _stop(self) -> None:
        ticket = self._first()
        if ticket is not None:
            ticket.cancel()


def _share(progress: Progress | None) -> tuple[int, int]:
    """Return how far a job is as value and maximum; 0 of 0 is Qt's sign for "no idea"."""
    if progress is None or not progress.total_files:
        return 0, 0
    return progress.done_files, progress.total_files
