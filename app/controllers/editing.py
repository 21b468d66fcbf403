"""Make, rename and delete buckets, folders and objects."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.bridge.names import bucket_name_problem, name_problem
from app.bridge.operations import BucketDraft, Operations, Removal
from app.bridge.reading import Reader
from app.bridge.trash import Restored, TrashBridge, Trashed
from app.controllers.navigation import Navigator
from app.controllers.targets import Target, Targets
from app.dialogs.bucket_dialog import BucketDialog
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.folder_dialog import FolderDialog
from app.errors import ErrorPresenter
from app.formats import count_text
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.models.rows import Row
from app.views.folder_table import FolderTable
from app.views.folder_tree import FolderTree
from app.widgets.banner import Offer
from app.widgets.toast import Toast
from engine.types import Bucket, TreeSize

_TITLE_NAME_CHARS = 40


class Editing(QObject):
    """Dialogs and inline fields on one side, operations on the other."""

    def __init__(
        self, look: Look, window: QWidget, navigator: Navigator, targets: Targets, reader: Reader,
        operations: Operations, trash: TrashBridge, views: tuple[FolderTable, FolderTree], toast: Toast,
        errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; window; where it is; what is meant; what counts, acts, takes back; the views; what tells."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._navigator = navigator
        self._targets = targets
        self._reader = reader
        self._operations = operations
        self._trash = trash
        self._table, self._tree = views
        self._toast = toast
        self._errors = errors

    def new_bucket(self) -> None:
        """Ask for a bucket and go into it."""
        dialog = BucketDialog(self._look, self._window, bucket_name_problem)

        def made(bucket: Bucket) -> None:
            dialog.accept()
            self._toast.say(translate("Editing", "Bucket “{name}” created").format(name=bucket.name))
            self._navigator.go(Location(bucket.name))

        def submit(draft: BucketDraft) -> None:
            self._operations.create_bucket(draft, made, self._errors.inline(dialog.refuse))

        dialog.submitted.connect(submit)
        dialog.open()

    def bucket_settings(self, bucket: Bucket) -> None:
        """Show and change what a bucket is."""
        dialog = BucketDialog(self._look, self._window, bucket_name_problem, bucket)

        def submit(draft: BucketDraft) -> None:
            self._operations.update_bucket(bucket, draft, lambda _: dialog.accept(), self._errors.inline(dialog.refuse))

        dialog.submitted.connect(submit)
        dialog.open()

    def new_folder(self) -> None:
        """Ask for a folder in the place shown, and select it."""
        here = self._navigator.place
        if here is None:
            return
        dialog = FolderDialog(self._look, self._window, here.text.rstrip("/"), name_problem)

        def made(place: Location) -> None:
            dialog.accept()
            self._navigator.select_when_there(place.prefix)

        def submit(name: str) -> None:
            place = here.child(name)
            self._operations.create_folder(place, lambda _: made(place), self._errors.inline(dialog.refuse))

        dialog.submitted.connect(submit)
        dialog.open()

    def rename(self) -> None:
        """Open the rename field where the keyboard is."""
        if self._tree.focused_place() is not None:
            self._tree.rename_current()
        else:
            self._table.rename_current()

    def rename_row(self, row: Row, name: str) -> None:
        """Give a row of the table another name."""
        here = self._table.shown_place
        if here is not None:
            self._operations.rename(here.bucket, row.path, name, self._navigator.select_when_there)

    def rename_place(self, place: Location, name: str) -> None:
        """Give a node of the tree another name, and stay in it if the window is there."""
        if not place.prefix:
            self._operations.rename_bucket(place.bucket, name, lambda _: None)
            return
        here = self._navigator.place

        def renamed(prefix: str) -> None:
            if here is not None and place.contains(here):
                self._navigator.go(Location(place.bucket, prefix + here.prefix.removeprefix(place.prefix)))

        self._operations.rename(place.bucket, place.prefix, name, renamed)

    def delete(self) -> None:
        """Move what is meant to the trash or, where there is none, ask and delete it."""
        self._targets.resolve(self._trash_or_ask)

    def delete_for_good(self) -> None:
        """Ask, then delete what is meant, past the trash."""
        self._targets.resolve(self._ask_delete)

    def empty_bucket(self, bucket: Bucket) -> None:
        """Ask, then delete every object of a bucket."""
        kept = translate("Editing", "Everything goes to the trash, where it can be taken back for %Ln day(s).", None,
                         bucket.retention.trash_days or 0)  # fmt: skip
        dialog = self._bucket_dialog(
            bucket,
            translate("Editing", "Empty this bucket?"),
            translate("Editing", "Empty bucket"),
            kept if bucket.retention.trash_days is not None else "",
        )
        dialog.confirmed.connect(lambda: self._operations.empty_bucket(bucket.name, dialog.as_of, self._tell_deleted))

    def delete_bucket(self, bucket: Bucket) -> None:
        """Ask, then delete a bucket with everything in it."""
        dialog = self._bucket_dialog(
            bucket,
            translate("Editing", "Delete this bucket?"),
            translate("Editing", "Delete bucket"),
        )
        dialog.confirmed.connect(
            lambda: self._operations.delete_bucket(
                bucket.name, dialog.as_of, lambda removal: self._tell_bucket_deleted(bucket.name, removal)
            )
        )

    def _bucket_dialog(self, bucket: Bucket, title: str, verb: str, warning: str = "") -> DeleteDialog:
        dialog = DeleteDialog(self._look, self._window, title, (bucket.name,), verb, warning)
        self._count_for(dialog, Target(bucket.name, ("",), (bucket.name,)))
        dialog.open()
        return dialog

    def _trash_or_ask(self, target: Target) -> None:
        bucket = self._navigator.bucket_named(target.bucket)
        if bucket is None or bucket.retention.trash_days is None or "" in target.paths:
            self._ask_delete(target)
        else:
            self._operations.trash(target.bucket, target.paths, lambda removal: self._deleted(target, removal))

    def _take_back(self, trashed: Trashed) -> None:
        self._trash.take_back(trashed, lambda restored: tell_restored(self._toast, restored))

    def _ask_delete(self, target: Target) -> None:
        if target.place is not None and not target.place.prefix:
            bucket = self._navigator.bucket_named(target.bucket)
            if bucket is not None:
                self.delete_bucket(bucket)
            return
        title = translate("Editing", "Delete %Ln item(s) for good?", None, len(target.paths))
        if len(target.names) == 1:
            title = translate("Editing", "Delete “{name}” for good?").format(name=_shortened(target.names[0]))
        dialog = DeleteDialog(self._look, self._window, title, target.names, translate("Editing", "Delete for good"))
        self._count_for(dialog, target)
        dialog.confirmed.connect(lambda: self._delete(target, dialog.as_of))
        dialog.open()

    def _count_for(self, dialog: DeleteDialog, target: Target) -> None:
        loose = target.objects_size

        def counted(folders: TreeSize) -> None:
            dialog.show_size(
                TreeSize(loose.objects + folders.objects, loose.size_bytes + folders.size_bytes, folders.as_of)
            )

        def failed(error: Exception) -> None:
            dialog.reject()
            self._errors.present(error)

        ticket = self._reader.measure(target.bucket, target.folders, counted, failed, owner=dialog)
        dialog.finished.connect(lambda _: ticket.cancel())

    def _delete(self, target: Target, as_of: int | None) -> None:
        self._operations.delete(target.bucket, target.paths, as_of, lambda removal: self._deleted(target, removal))

    def _deleted(self, target: Target, removal: Removal) -> None:
        if target.place is None and not removal.kept:
            self._table.go_on_after(frozenset(target.paths))
        for path in target.paths:
            if path.endswith("/") and not removal.kept:
                self._navigator.leave(Location(target.bucket, path))
        self._tell_deleted(removal)

    def _tell_deleted(self, removal: Removal) -> None:
        said = translate("Editing", "{what} deleted")
        if removal.trashed is not None:
            said = translate("Editing", "{what} moved to the trash")
        self._tell(said.format(what=count_text(removal.objects)), removal)

    def _tell_bucket_deleted(self, name: str, removal: Removal) -> None:
        text = translate("Editing", "Bucket “{name}” deleted")
        if removal.kept:
            text = translate("Editing", "Bucket “{name}” is still there")
        self._tell(text.format(name=name), removal)

    def _tell(self, said: str, removal: Removal) -> None:
        """Say what was done and, if so, that what nobody was asked about stayed."""
        trashed = removal.trashed
        undo = Offer(translate("Editing", "Undo"), lambda: self._take_back(trashed)) if trashed is not None else None
        if not removal.kept:
            self._toast.say(said, undo)
            return
        kept = translate("Editing", "{said}; kept what arrived since: {what}")
        self._toast.say(kept.format(said=said, what=count_text(removal.kept)), undo, kind="info")


def tell_restored(toast: Toast, restored: Restored) -> None:
    """Say what came back and, if so, what could not because something else stands there."""
    if not restored.taken:
        toast.say(translate("Editing", "{what} restored").format(what=count_text(restored.objects)))
        return
    taken = translate("Editing", "{what} restored. Still in the trash, because something else is at {path}: {left}")
    text = taken.format(what=count_text(restored.objects), path=restored.taken[0], left=count_text(len(restored.taken)))
    toast.say(text, kind="warning")


def _shortened(name: str) -> str:
    return name if len(name) <= _TITLE_NAME_CHARS else f"{name[: _TITLE_NAME_CHARS - 1]}…"
