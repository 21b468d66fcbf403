"""Make, rename and delete buckets, folders and objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.bridge.names import bucket_name_problem, name_problem
from app.bridge.operations import BucketDraft, Operations, Removal
from app.bridge.reading import BucketSize, Reader
from app.bridge.reversals import BucketName, FolderGone, Moving
from app.controllers.navigation import Navigator
from app.controllers.removals import RemovalTeller
from app.controllers.scattered import ScatteredRemoval
from app.controllers.targets import Target, Targets
from app.controllers.undo import Undo
from app.errors import ErrorPresenter
from app.formats import count_text, exact_size_text
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.models.rows import Row
from app.views.folder_table import FolderTable
from app.views.folder_tree import FolderTree
from app.widgets.toast import Toast
from engine.errors import WouldBeLost
from engine.move_types import Move
from engine.types import NOTHING_KEPT, Bucket, TreeSize

if TYPE_CHECKING:
    from app.dialogs.bucket_dialog import BucketDialog
    from app.dialogs.delete_dialog import DeleteDialog

_TITLE_NAME_CHARS = 40


class Editing(QObject):
    """Dialogs and inline fields on one side, operations on the other."""

    def __init__(
        self, look: Look, window: QWidget, navigator: Navigator, targets: Targets, reader: Reader,
        operations: Operations, undo: Undo, views: tuple[FolderTable, FolderTree], toast: Toast,
        errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; window; where it is; what is meant; what counts, acts; what is undone; the views; what tells."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._navigator = navigator
        self._targets = targets
        self._reader = reader
        self._operations = operations
        self._undo = undo
        self._table, self._tree = views
        self._toast = toast
        self._errors = errors
        self._teller = RemovalTeller(toast, undo, errors)
        self._scattered = ScatteredRemoval(
            look, window, navigator, reader, operations, undo, self._table, self._teller, errors
        )

    def new_bucket(self) -> None:
        """Ask for a bucket and go into it."""
        from app.dialogs.bucket_dialog import BucketDialog  # when it is wanted: no start waits for a dialog

        dialog = BucketDialog(self._look, self._window, bucket_name_problem, templates=self._operations.templates)

        def made(bucket: Bucket) -> None:
            dialog.finish()
            self._toast.say(translate("Editing", "Bucket “{name}” created").format(name=bucket.name))
            self._navigator.go(Location(bucket.name))

        def submit(draft: BucketDraft) -> None:
            self._operations.create_bucket(draft, made, self._errors.in_dialog(dialog))

        dialog.submitted.connect(submit)
        dialog.open()

    def bucket_settings(self, bucket: Bucket) -> None:
        """Show and change what a bucket is; asks before anything is forgotten that it keeps."""
        from app.dialogs.bucket_dialog import BucketDialog  # when it is wanted: no start waits for a dialog

        dialog = BucketDialog(self._look, self._window, bucket_name_problem, bucket)
        failed = self._errors.in_dialog(dialog)

        def save(draft: BucketDraft) -> None:
            self._operations.update_bucket(bucket, draft, lambda _: dialog.finish(), failed)

        def submit(draft: BucketDraft) -> None:
            ticket = self._reader.measure_condemned(
                bucket, draft.retention, lambda size: self._ask_forget(dialog, bucket, size, lambda: save(draft)),
                failed, owner=dialog,
            )  # fmt: skip
            dialog.finished.connect(lambda _: ticket.cancel())

        dialog.submitted.connect(lambda draft: save(draft) if draft.retention == bucket.retention else submit(draft))
        dialog.open()

    def _ask_forget(self, dialog: BucketDialog, bucket: Bucket, size: TreeSize, save: Callable[[], None]) -> None:
        """Save, after asking if the bucket would forget something then; else let the person go on with the form."""
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        if not size.objects:
            save()
            return
        warning = translate("Editing", "With these settings the bucket no longer keeps these old versions and deleted "
                            "objects. They will soon be gone for good.")  # fmt: skip
        title, verb = translate("Editing", "Keep less than before?"), translate("Editing", "Save and forget them")
        asked = DeleteDialog(self._look, dialog, title, (bucket.name,), verb, warning)
        asked.show_size(size)
        asked.confirmed.connect(save)
        asked.rejected.connect(lambda: dialog.refuse(""))
        asked.open()

    def new_folder(self) -> None:
        """Ask for a folder in the place shown, and select it."""
        from app.dialogs.folder_dialog import FolderDialog  # when it is wanted: no start waits for a dialog

        here = self._navigator.place
        if here is None:
            return
        dialog = FolderDialog(self._look, self._window, here.text.rstrip("/"), name_problem)

        def made(place: Location, era: int) -> None:
            dialog.finish()
            name = translate("Editing", "new folder “{name}”").format(name=_shortened(place.name))
            self._undo.remember(name, FolderGone(place.bucket, place.prefix), era)
            self._navigator.select_when_there(place.prefix, bucket=place.bucket)

        def submit(name: str) -> None:
            place, era = here.child(name), self._undo.era
            self._operations.create_folder(place, lambda _: made(place, era), self._errors.in_dialog(dialog))

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
            bucket = row.bucket or here.bucket
            self._operations.rename(bucket, row.path, name, partial(self._renamed, bucket, self._undo.era))

    def rename_place(self, place: Location, name: str) -> None:
        """Give a node of the tree another name, and stay in it if the window is there."""
        era = self._undo.era
        if not place.prefix:

            def keep(bucket: Bucket) -> None:
                # by its id: the tree does not know the new name yet, and by then it may be another's
                back = BucketName(bucket.id, place.bucket, name)
                self._undo.remember(self._renaming(place.bucket), back, era)

            self._operations.rename_bucket(place.bucket, name, keep)
            return

        def renamed(back: Move) -> None:
            self._remember(place.bucket, back, era)
            self._navigator.follow_place(place, Location(place.bucket, back.source))

        self._operations.rename(place.bucket, place.prefix, name, renamed)

    def _renamed(self, bucket: str, era: int, back: Move) -> None:
        self._remember(bucket, back, era)
        if back.source.endswith("/"):
            self._navigator.follow_place(Location(bucket, back.target), Location(bucket, back.source))
        self._navigator.select_when_there(back.source, bucket=bucket)

    def _remember(self, bucket: str, back: Move, era: int) -> None:
        """Remember a rename by what undoes it."""
        self._undo.remember(self._renaming(back.target.rstrip("/").rpartition("/")[2]), Moving(bucket, (back,)), era)

    def _renaming(self, name: str) -> str:
        return translate("Editing", "rename of “{name}”").format(name=_shortened(name))

    def delete(self) -> None:
        """Move what is meant to the trash or, where there is none, ask and delete it."""
        self._targets.resolve_each(self._trash_or_ask_all)

    def delete_for_good(self) -> None:
        """Ask, then delete what is meant, past the trash."""
        self._targets.resolve_each(self._ask_delete_all)

    def empty_bucket(self, bucket: Bucket) -> None:
        """Ask, then delete every object of a bucket."""
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        kept = translate("Editing", "Everything goes to the trash, where it can be taken back for %Ln day(s).", None,
                         bucket.retention.trash_days or 0)  # fmt: skip
        title, verb = translate("Editing", "Empty this bucket?"), translate("Editing", "Empty bucket")
        warning = kept if bucket.retention.trash_days is not None else ""
        dialog = DeleteDialog(self._look, self._window, title, (bucket.name,), verb, warning, grave=not warning)
        self._count_for(dialog, bucket.id, ("",))
        dialog.open()

        def emptied(era: int, removal: Removal) -> None:
            self._teller.tell([removal], era)
            if isinstance(removal.ended, WouldBeLost) and self._undo.era == era:
                self.empty_bucket(replace(bucket, retention=NOTHING_KEPT))

        dialog.confirmed.connect(
            lambda: self._operations.empty_bucket(
                bucket, dialog.as_of, partial(emptied, self._undo.era), for_good=not warning
            )
        )

    def delete_bucket(self, bucket: Bucket) -> None:
        """Ask, then delete a bucket with everything in it, its trash and its old versions."""
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        title, verb = translate("Editing", "Delete this bucket?"), translate("Editing", "Delete bucket")
        dialog = DeleteDialog(self._look, self._window, title, (bucket.name,), verb)
        self._count_bucket_for(dialog, bucket)
        dialog.open()
        dialog.confirmed.connect(
            lambda: self._operations.delete_bucket(
                bucket, dialog.as_of, partial(self._tell_bucket_deleted, bucket.name, self._undo.era)
            )
        )

    def _trash_or_ask_all(self, targets: list[Target]) -> None:
        if len(targets) > 1:
            self._scattered.trash(targets)
        for target in targets[: len(targets) == 1]:
            self._trash_or_ask(target)

    def _ask_delete_all(self, targets: list[Target]) -> None:
        if len(targets) > 1:
            self._scattered.ask(targets)
        for target in targets[: len(targets) == 1]:
            self._ask_delete(target)

    def _trash_or_ask(self, target: Target) -> None:
        bucket = self._navigator.bucket_named(target.bucket)
        if bucket is None or bucket.retention.trash_days is None or "" in target.paths:
            self._ask_delete(target)
        else:
            self._operations.trash(target.bucket, target.paths, partial(self._trashed, target, self._undo.era))

    def _trashed(self, target: Target, era: int, removal: Removal) -> None:
        """Tell what is in the trash; where there is none any more, ask about the rest whoever wanted it so."""
        self._deleted(target, era, removal)
        if isinstance(removal.ended, WouldBeLost) and self._undo.era == era:
            self._ask_delete(target)

    def _ask_delete(self, target: Target) -> None:
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        if target.place is not None and not target.place.prefix:
            bucket = self._navigator.bucket_named(target.bucket)
            if bucket is not None:
                self.delete_bucket(bucket)
            return
        title = translate("Editing", "Delete %Ln item(s) for good?", None, len(target.paths))
        if len(target.names) == 1:
            title = translate("Editing", "Delete “{name}” for good?").format(name=_shortened(target.names[0]))
        dialog = DeleteDialog(self._look, self._window, title, target.names, translate("Editing", "Delete for good"))
        bucket_id = self._navigator.bucket_id(target.bucket)  # its name may be another's once the question is answered
        self._count_for(dialog, bucket_id, target.paths)
        dialog.confirmed.connect(lambda: self._delete(bucket_id, target, dialog.as_of))
        dialog.open()

    def _count_for(self, dialog: DeleteDialog, bucket_id: str, paths: Sequence[str]) -> None:
        def counted(size: TreeSize) -> None:
            dialog.show_size(size)

        ticket = self._reader.measure(bucket_id, paths, counted, self._uncounted(dialog), owner=dialog)
        dialog.finished.connect(lambda _: ticket.cancel())

    def _count_bucket_for(self, dialog: DeleteDialog, bucket: Bucket) -> None:
        def counted(size: BucketSize) -> None:
            dialog.show_size(size.objects, _kept_lines(size))

        ticket = self._reader.measure_bucket(bucket.id, counted, self._uncounted(dialog), owner=dialog)
        dialog.finished.connect(lambda _: ticket.cancel())

    def _uncounted(self, dialog: DeleteDialog) -> Callable[[Exception], None]:
        """Return what closes a question whose objects could not be counted."""

        def failed(error: Exception) -> None:
            dialog.reject()
            self._errors.present(error)

        return failed

    def _delete(self, bucket_id: str, target: Target, as_of: int | None) -> None:
        self._operations.delete(bucket_id, target.paths, as_of, partial(self._deleted, target, self._undo.era))

    def _deleted(self, target: Target, era: int, removal: Removal) -> None:
        stayed = removal.kept or removal.refused
        if target.place is None and not stayed:
            self._table.go_on_after(target.keys)
        for path in target.paths:
            if path.endswith("/") and not stayed and not removal.ended:
                self._navigator.leave(Location(target.bucket, path))
        self._teller.tell([removal], era)

    def _tell_bucket_deleted(self, name: str, era: int, removal: Removal) -> None:
        text = translate("Editing", "Bucket “{name}” deleted")
        if removal.kept:
            text = translate("Editing", "Bucket “{name}” is still there")
        if removal.ended:
            text = translate("Editing", "Stopped: {what} deleted for good. Bucket “{name}” is still there")
        self._teller.say(text.format(name=name, what=count_text(removal.objects)), [removal], era)


def _kept_lines(size: BucketSize) -> tuple[str, ...]:
    """Return what a bucket keeps of the past and loses when it is deleted, a line each."""
    lines = []
    if size.trash.objects:
        text = translate("Editing", "In the trash, and gone with it: {what}, {size}")
        lines.append(text.format(what=count_text(size.trash.objects), size=exact_size_text(size.trash.size_bytes)))
    if size.versions.objects:
        text = translate("Editing", "Old versions, and gone with it: %Ln, {size}", None, size.versions.objects)
        lines.append(text.format(size=exact_size_text(size.versions.size_bytes)))
    return tuple(lines)


def _shortened(name: str) -> str:
    return name if len(name) <= _TITLE_NAME_CHARS else f"{name[: _TITLE_NAME_CHARS - 1]}…"
