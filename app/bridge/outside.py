"""What other programs do in the storage folder: told in a sentence, and what becomes of it chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.bridge.tasks import Tasks
from app.i18n import translate
from engine.config import OutsideChanges
from engine.events import OutsideChange, OutsideKind, StorageEvent
from engine.paths import leaf_of
from engine.storage import FileStorage
from engine.watch.watcher import Watcher

_CALM_MS: Final = 400
_KEPT_MAX: Final = 1_000


class OutsideBridge(QObject):
    """Gathers news for a moment, so that a hundred files are one sentence.

    Signals:
        noticed: Carries the sentence, and whether everything was taken in.
        limited: Carries why not every folder is watched.
    """

    noticed = Signal(str, bool)
    limited = Signal(str)
    _poked = Signal()

    def __init__(self, storage: FileStorage, watcher: Watcher, tasks: Tasks, parent: QObject | None = None) -> None:
        """Args: the engine, what watches, the lanes, Qt's owner."""
        super().__init__(parent)
        self._watcher = watcher
        self._tasks = tasks
        self._lock = Lock()
        self._news: list[OutsideChange] = []
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._tell)
        self._poked.connect(self._calm.start, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = storage.events.subscribe(self._take)

    def close(self) -> None:
        """Stop listening."""
        self._unsubscribe()
        self._calm.stop()

    def ask(self, then: Callable[[OutsideChanges], None]) -> None:
        """Find out what becomes of changes now."""
        self._tasks.read(lambda _: self._watcher.way, then, owner=self)

    def choose(self, way: OutsideChanges, then: Callable[[OutsideChanges], None]) -> None:
        """Let something else become of changes; `then` hears what it is afterwards, whether that worked or not."""

        def failed(error: Exception) -> None:
            self._tasks.fail(error)
            self.ask(then)

        self._tasks.mutate(lambda _: self._watcher.choose(way), lambda _: self.ask(then), failed)

    def _take(self, event: StorageEvent) -> None:
        """Note an event; called in the thread that watches."""
        if isinstance(event, OutsideChange):
            with self._lock:
                is_first = not self._news
                if len(self._news) < _KEPT_MAX:
                    self._news.append(event)
            if is_first:
                self._poked.emit()

    def _tell(self) -> None:
        with self._lock:
            news, self._news = self._news, []
        changes = [one for one in news if one.what is not OutsideKind.UNSEEN]
        if changes:
            self.noticed.emit(sentence_of(changes), all(one.taken_in for one in changes))
        for one in news:
            if one.what is OutsideKind.UNSEEN:
                self.limited.emit(one.reason)


def sentence_of(changes: Sequence[OutsideChange]) -> str:
    """Return what to say of changes, at least one."""
    count = sum(one.count for one in changes)
    if count == 1:
        first = changes[0]
        text = _text(first.what, taken_in=first.taken_in).format(name=leaf_of(first.path))
        return f"{text} ({first.reason})" if first.reason else text
    taken = sum(one.count for one in changes if one.taken_in)
    if taken == count:
        return translate("OutsideBridge", "{count} files were changed outside Holdall: taken in").format(count=count)
    if not taken:
        text = translate("OutsideBridge", "{count} files were changed outside Holdall: reported, not taken in")
        return text.format(count=count)
    text = translate(
        "OutsideBridge", "{count} files were changed outside Holdall: {taken} taken in, the others reported"
    )
    return text.format(count=count, taken=taken)


def _text(what: OutsideKind, *, taken_in: bool) -> str:
    if what is OutsideKind.EDITED:
        if taken_in:
            return translate("OutsideBridge", "“{name}” was changed outside Holdall: taken in as a new version")
        return translate("OutsideBridge", "“{name}” was changed outside Holdall: reported, not taken in")
    if what is OutsideKind.ADDED:
        if taken_in:
            return translate("OutsideBridge", "“{name}” was added outside Holdall: taken in")
        return translate("OutsideBridge", "“{name}” was added outside Holdall: reported, not taken in")
    if taken_in:
        return translate("OutsideBridge", "“{name}” was deleted outside Holdall: deleted here as well")
    return translate("OutsideBridge", "“{name}” was deleted outside Holdall: reported, not deleted here")
