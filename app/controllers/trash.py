"""The trash of a bucket: looking into it, taking back, deleting for good."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.bridge.events import EventRelay
from app.bridge.trash import Restored, TrashBridge, TrashView
from app.controllers.telling import tell_restored
from app.errors import ErrorPresenter
from app.formats import count_text
from app.i18n import translate
from app.look import Look
from app.widgets.toast import Toast
from engine.types import Bucket, TreeSize
from engine.version_types import ObjectVersion

if TYPE_CHECKING:
    from app.dialogs.trash_dialog import TrashDialog


class TrashControl(QObject):
    """See the module."""

    _news = Signal()

    def __init__(self, look: Look, window: QWidget, trash: TrashBridge, toast: Toast, errors: ErrorPresenter) -> None:
        """Args: look; the window; what reads and acts; what tells; where failures go."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._trash = trash
        self._toast = toast
        self._errors = errors

    def follow(self, relay: EventRelay) -> None:
        """Keep an open trash in step with what others delete and restore."""
        for signal in (relay.folders_changed, relay.buckets_changed, relay.everything_changed):
            signal.connect(lambda *_: self._news.emit())

    def open(self, bucket: Bucket) -> None:
        """Show what was deleted from a bucket."""
        from app.dialogs.trash_dialog import TrashDialog  # when it is wanted: no start waits for a dialog

        dialog = TrashDialog(self._look, self._window, bucket)
        dialog.page_wanted.connect(lambda cursor: self._load(dialog, bucket, cursor))
        dialog.restore_wanted.connect(lambda rows: self._restore(dialog, bucket, rows))
        dialog.restore_to_wanted.connect(lambda row: self._ask_path(dialog, bucket, row))
        dialog.delete_wanted.connect(lambda rows: self._ask_delete(dialog, bucket, rows))
        dialog.empty_wanted.connect(lambda: self._ask_empty(dialog, bucket))
        again = partial(self._again, dialog, bucket)
        self._news.connect(again)
        dialog.finished.connect(lambda _: self._news.disconnect(again))
        self._load(dialog, bucket, None)
        dialog.open()

    def _load(self, dialog: TrashDialog, bucket: Bucket, cursor: int | None) -> None:
        ticket = self._trash.page(bucket.id, cursor, dialog.show_page, self._errors.in_dialog(dialog))
        dialog.finished.connect(lambda _: ticket.cancel())

    def _again(self, dialog: TrashDialog, bucket: Bucket) -> None:
        """Read the page again, if the dialog is still there."""
        if dialog.is_open:
            self._load(dialog, bucket, dialog.page_cursor)

    def _restore(self, dialog: TrashDialog, bucket: Bucket, rows: list[ObjectVersion]) -> None:
        dialog.restore.setEnabled(False)
        dialog.notice.say("")

        def done(restored: Restored) -> None:
            if restored.taken and dialog.is_open:
                dialog.refuse(_taken_text(restored))
            if restored.objects or not dialog.is_open:
                tell_restored(self._toast, restored)
                self._again(dialog, bucket)

        self._trash.restore(bucket.id, _ids(rows), done, self._errors.in_dialog(dialog))

    def _ask_path(self, dialog: TrashDialog, bucket: Bucket, row: ObjectVersion) -> None:
        from app.dialogs.path_dialog import PathDialog  # when it is wanted: no start waits for a dialog

        asked = PathDialog(self._look, dialog, bucket.name, row.info.path)

        def done(restored: Restored) -> None:
            asked.finish()
            self._toast.say(translate("TrashControl", "Restored to {path}").format(path=restored.paths[0]))
            self._again(dialog, bucket)

        def submit(path: str) -> None:
            self._trash.restore_to(bucket.id, _ids([row])[0], path, done, self._errors.in_dialog(asked))

        asked.submitted.connect(submit)
        asked.open()

    def _ask_delete(self, dialog: TrashDialog, bucket: Bucket, rows: list[ObjectVersion]) -> None:
        title = translate("TrashControl", "Delete %Ln object(s) for good?", None, len(rows))
        size = TreeSize(len(rows), sum(row.info.size_bytes for row in rows))
        names = tuple(row.info.path for row in rows)
        self._ask(dialog, title, names, size, lambda: self._empty(dialog, bucket, _ids(rows), None))

    def _ask_empty(self, dialog: TrashDialog, bucket: Bucket) -> None:
        title = translate("TrashControl", "Empty the trash?")
        dialog.empty.setEnabled(False)

        def measured(view: TrashView) -> None:
            dialog.empty.setEnabled(True)
            size = TreeSize(view.size.objects, view.size.size_bytes)
            self._ask(dialog, title, (bucket.name,), size, lambda: self._empty(dialog, bucket, None, view.size.until))

        ticket = self._trash.page(bucket.id, None, measured, self._errors.in_dialog(dialog))
        dialog.finished.connect(lambda _: ticket.cancel())

    def _ask(
        self, dialog: TrashDialog, title: str, names: tuple[str, ...], size: TreeSize, act: Callable[[], None]
    ) -> None:
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        asked = DeleteDialog(self._look, dialog, title, names, translate("TrashControl", "Delete for good"))
        asked.show_size(size)
        asked.confirmed.connect(act)
        asked.open()

    def _empty(self, dialog: TrashDialog, bucket: Bucket, ids: list[int] | None, until: int | None) -> None:
        def done(count: int) -> None:
            said = translate("TrashControl", "{what} deleted for good").format(what=count_text(count))
            self._toast.say(said)
            self._again(dialog, bucket)

        self._trash.empty(bucket.id, ids, until, done, self._errors.in_dialog(dialog))


def _ids(rows: list[ObjectVersion]) -> list[int]:
    return [row.id for row in rows if row.id is not None]


def _taken_text(restored: Restored) -> str:
    if len(restored.taken) == 1:
        text = translate("TrashControl", "Something else is at “{path}” now. What was deleted stays in the trash.")
        return text.format(path=restored.taken[0])
    text = translate("TrashControl", "At the paths of %Ln object(s) stands something else now.", None,
                     len(restored.taken))  # fmt: skip
    return f"{text} {translate('TrashControl', 'They stay in the trash.')}"
