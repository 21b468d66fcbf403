"""What the store needs somebody for, in sentences; and where its log is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.i18n import QT_TRANSLATE_NOOP, translate
from engine.events import AlarmChanged, StorageEvent
from engine.observability.alert_rules import ORPHAN_FILES, SLOW_BACKEND, UPLOAD_ERRORS
from engine.workspace import Workspace

_SENTENCES: Final = {
    ORPHAN_FILES.name: QT_TRANSLATE_NOOP("Alarms", "Very many stored files belong to no object"),
    UPLOAD_ERRORS.name: QT_TRANSLATE_NOOP("Alarms", "Many uploads fail, and not for what is wrong with them"),
    SLOW_BACKEND.name: QT_TRANSLATE_NOOP("Alarms", "The disk that holds the objects is very slow"),
}


class AlarmBridge(QObject):
    """Tells of alarms in the main thread.

    Signals:
        changed: Carries the sentence of an alarm, and whether it was raised; else it has ended.
    """

    changed = Signal(str, bool)
    _told = Signal(str, bool)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        """Args: the workspace; Qt's owner."""
        super().__init__(parent)
        self._workspace = workspace
        self._told.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = workspace.storage.events.subscribe(self._take)

    @property
    def logs_dir(self) -> Path:
        """Return the folder that holds the log."""
        return self._workspace.settings.logs_dir

    def raised(self) -> list[str]:
        """Return the sentences of all alarms that are raised."""
        return [_sentence_of(alarm.rule.name) for alarm in self._workspace.alarms.raised()]

    def close(self) -> None:
        """Stop listening."""
        self._unsubscribe()

    def _take(self, event: StorageEvent) -> None:
        """Note an event; called in the thread that looks at the numbers."""
        if isinstance(event, AlarmChanged):
            self._told.emit(event.name, event.is_raised)

    @Slot(str, bool)
    def _pass_on(self, name: str, raised: bool) -> None:
        self.changed.emit(_sentence_of(name), raised)


def _sentence_of(name: str) -> str:
    return translate("Alarms", _SENTENCES[name])
