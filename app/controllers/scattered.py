"""Deleting what lies in several buckets at once: one question with one number, one sentence, one undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.bridge.operations import Operations, Removal
from app.bridge.reading import Reader
from app.controllers.navigation import Navigator
from app.controllers.removals import RemovalTeller
from app.controllers.targets import Target
from app.controllers.undo import Undo
from app.errors import ErrorPresenter
from app.i18n import translate
from app.look import Look
from app.views.folder_table import FolderTable
from engine.errors import WouldBeLost
from engine.types import TreeSize

Then = Callable[[Removal], None]
Fail = Callable[[Exception], None]


class ScatteredRemoval(QObject):
    """See the module."""

    def __init__(
        self, look: Look, window: QWidget, navigator: Navigator, reader: Reader, operations: Operations, undo: Undo,
        table: FolderTable, teller: RemovalTeller, errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; window; what knows buckets; what counts, acts; what is undone; the rows; what tells; failures."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._navigator = navigator
        self._reader = reader
        self._operations = operations
        self._undo = undo
        self._table = table
        self._teller = teller
        self._errors = errors

    def trash(self, targets: Sequence[Target]) -> None:
        """Move to the trash what lies in buckets that have one, and ask about the rest.

        Args:
            targets: One for each bucket.
        """
        kept = [target for target in targets if self._has_trash(target)]
        lost = [target for target in targets if target not in kept]
        self._all(kept, lambda target, then, failed: self._operations.trash(target.bucket, target.paths, then, failed))
        if lost:
            self.ask(lost)

    def ask(self, targets: Sequence[Target]) -> None:
        """Ask, then delete for good.

        Args:
            targets: One for each bucket; what they hold is counted together.
        """
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        # their names may be others' once the question is answered
        ids = {target.bucket: self._navigator.bucket_id(target.bucket) for target in targets}
        sizes: dict[str, TreeSize] = {}
        title = translate("Editing", "Delete %Ln item(s) for good?", None, sum(len(one.paths) for one in targets))
        names = [f"{target.bucket}/{path}" for target in targets for path in target.paths]
        dialog = DeleteDialog(self._look, self._window, title, names, translate("Editing", "Delete for good"))

        def counted(bucket: str, size: TreeSize) -> None:
            sizes[bucket] = size
            if len(sizes) == len(targets):
                both = sizes.values()
                dialog.show_size(TreeSize(sum(one.objects for one in both), sum(one.size_bytes for one in both)))

        def failed(error: Exception) -> None:
            if dialog.is_open:
                dialog.reject()
                self._errors.present(error)

        def delete(target: Target, then: Then, otherwise: Fail) -> None:
            mark = sizes[target.bucket].as_of
            self._operations.delete(ids[target.bucket], target.paths, mark, then, otherwise)

        for target in targets:
            take = partial(counted, target.bucket)
            ticket = self._reader.measure(ids[target.bucket], target.paths, take, failed, owner=dialog)
            dialog.finished.connect(lambda _, ticket=ticket: ticket.cancel())
        dialog.confirmed.connect(lambda: self._all(targets, delete))
        dialog.open()

    def _has_trash(self, target: Target) -> bool:
        bucket = self._navigator.bucket_named(target.bucket)
        return bucket is not None and bucket.retention.trash_days is not None

    def _all(self, targets: Sequence[Target], act: Callable[[Target, Then, Fail], object]) -> None:
        """Do something in each bucket and tell of all together, once the last is done."""
        era = self._undo.era
        done: list[tuple[Target, Removal | None]] = []

        def took(target: Target, removal: Removal | None) -> None:
            done.append((target, removal))
            if len(done) == len(targets):
                self._tell(done, era)

        def failed(target: Target, error: Exception) -> None:
            self._errors.present(error)
            took(target, None)

        for target in targets:
            act(target, partial(took, target), partial(failed, target))

    def _tell(self, done: Sequence[tuple[Target, Removal | None]], era: int) -> None:
        """Say what became of it; where there is no trash any more, ask about the rest whoever wanted it so."""
        removals = [removal for _, removal in done if removal is not None]
        gone = [target for target, removal in done if removal is not None and not removal.kept and not removal.refused]
        self._table.go_on_after(frozenset().union(*(target.keys for target in gone)))
        if removals:
            self._teller.tell(removals, era)
        late = [target for target, removal in done if removal is not None and isinstance(removal.ended, WouldBeLost)]
        if late and self._undo.era == era:
            self.ask(late)
