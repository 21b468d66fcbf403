"""Keeps the actions, the status bar and the inspector in step with what is shown and selected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QClipboard

from app.action_set import Actions
from app.bridge.acting import Acting
from app.bridge.allowances import AllowanceBridge
from app.bridge.previews import Previewer, Source
from app.bridge.reading import Reader
from app.bridge.tasks import Ticket
from app.bridge.versions import VersionsBridge
from app.controllers.navigation import Navigator
from app.controllers.previewing import PreviewFeed
from app.controllers.undo import Undo
from app.formats import count_text, number_text, size_text
from app.i18n import translate
from app.location import Location
from app.models.folder_model import FolderModel
from app.models.rows import Row, RowMaker
from app.models.sources import Cancellable
from app.models.tree_model import BUCKET_ROLE
from app.previews.shapes import Inside
from app.situation import Going, Situation
from app.views.browser import BrowserPane
from app.views.drops import carries_files
from app.views.folder_tree import FolderTree
from app.views.hold import Hold
from app.views.inspector import Inspector
from app.views.status_bar import StatusBar
from engine.types import Bucket, StorageObject
from engine.version_types import ObjectVersion

if TYPE_CHECKING:
    from app.policies import Allowances

_CALM_MS = 60
_EDGE_PX = 480


class Tracker(QObject):
    """Looks at everything once after a burst of changes."""

    def __init__(
        self, navigator: Navigator, model: FolderModel, pane: BrowserPane, tree: FolderTree, actions: Actions,
        status: StatusBar, clipboard: QClipboard, acting: Acting, hold: Hold, undo: Undo, going: Callable[[], Going],
    ) -> None:  # fmt: skip
        """Args: place; what is shown; views; what is enabled; counts; clipboard; who acts; in hand; undo; ways."""
        super().__init__(pane)
        self._navigator = navigator
        self._model = model
        self._table = pane.table
        self._tree = tree
        self._actions = actions
        self._status = status
        self._clipboard = clipboard
        self._acting = acting
        self._hold = hold
        self._undo = undo
        self._going = going
        self._can_paste = False
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.update)
        for signal in (
            navigator.moved, model.opened, model.refreshed, model.dataChanged,
            pane.table.selection_changed, tree.focus_changed, acting.changed, undo.changed,
        ):  # fmt: skip
            signal.connect(lambda *_: self.update_soon())
        clipboard.dataChanged.connect(self._look_at_clipboard)
        self._look_at_clipboard()

    def situation(self) -> Situation:
        """Return what the window is in the middle of."""
        rows = self._model.rows(self._table.ranges) or []
        in_tree = self._tree.focused_place()
        view = self._model.view
        return Situation(
            place=self._navigator.place,
            bucket=self._navigator.bucket,
            selected_bucket=self._bucket_of(rows),
            selected=self._table.selected_count,
            selected_objects=sum(1 for row in rows if row.object is not None),
            in_tree=in_tree,
            tree_bucket=self._tree.currentIndex().data(BUCKET_ROLE) if self._tree.hasFocus() else None,
            node_bucket=None if in_tree is None else self._navigator.bucket_named(in_tree.bucket),
            can_back=self._navigator.history.can_go_back,
            can_forward=self._navigator.history.can_go_forward,
            can_paste=self._can_paste,
            can_undo=bool(self._undo.undo_name),
            can_redo=bool(self._undo.redo_name),
            moment=self._navigator.moment,
            has_trash=self._has_trash(in_tree, rows),
            in_search=view is not None and view.is_search,
            as_icons=self._table.front is not self._table,
            acting=self._acting.identity is not None,
            going=self._going(),
        )

    def _bucket_of(self, rows: list[Row]) -> Bucket | None:
        """Return the bucket that the selection is in, where that is another than the one shown, else this."""
        names = {row.bucket for row in rows}
        name = names.pop() if len(names) == 1 else ""
        return self._navigator.bucket_named(name) if name else self._navigator.bucket

    def _has_trash(self, in_tree: Location | None, rows: list[Row]) -> bool:
        """Return whether all that Del is about goes to a trash; a bucket never does, its trash goes with it."""
        names = {row.bucket for row in rows if row.bucket}
        buckets = [self._navigator.bucket_named(name) for name in names] or [self._navigator.bucket]
        if in_tree is not None:
            buckets = [self._navigator.bucket_named(in_tree.bucket) if in_tree.prefix else None]
        return all(bucket is not None and bucket.retention.trash_days is not None for bucket in buckets)

    def update_soon(self) -> None:
        """Look once the burst of changes is over."""
        self._soon.start()

    def update(self) -> None:
        """Look now."""
        self._actions.update(self.situation())
        self._status.show_counts(self._counts())

    def _look_at_clipboard(self) -> None:
        data: QMimeData | None = self._clipboard.mimeData()
        self._can_paste = self._hold.is_ours(data) or carries_files(data) or (data is not None and data.hasImage())
        self._soon.start()

    def _counts(self) -> str:
        if self._model.view is None:
            return ""
        count, selected = self._model.count, self._table.selected_count
        whole = count_text(count.objects, count.folders)
        if self._model.view.is_narrow:
            found = translate("Tracker", "{what} found") if count.total else translate("Tracker", "Nothing found")
            whole = found.format(what=whole)
        if not self._model.is_counted:
            whole = translate("Tracker", "Counting…")
        if not selected:
            return whole
        rows = self._model.rows(self._table.ranges)
        size = f", {size_text(sum(row.size_bytes for row in rows))}" if rows and any(row.object for row in rows) else ""
        chosen = translate("Tracker", "{count} selected{size}").format(count=number_text(selected), size=size)
        return f"{chosen}  ·  {whole}"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the inspector shows depends on; as long as it is the same there is nothing to show anew."""

    row: Row
    bucket: Bucket | None
    moment: datetime | None

    def is_same_as(self, other: _Seen) -> bool:
        """Return whether the same is selected, whatever became of its bucket's settings."""
        return (self.row, self.moment) == (other.row, other.moment)


class InspectorFeed(QObject):
    """Shows the selection in the inspector, a moment after it has come to rest, and only while it is visible."""

    def __init__(
        self, inspector: Inspector, pane: BrowserPane, model: FolderModel, reader: Reader, previewer: Previewer,
        versions: VersionsBridge, navigator: Navigator, rows: RowMaker, acting: Acting, allowances: AllowanceBridge,
    ) -> None:  # fmt: skip
        """Make it.

        Args:
            inspector: The panel.
            pane: What is selected.
            model: What is shown.
            reader: Reads sizes.
            previewer: Reads previews.
            versions: Reads versions.
            navigator: Knows the bucket.
            rows: Knows how owners are called.
            acting: In whose name: others are not told who may do what.
            allowances: Read who may do what.
        """
        super().__init__(inspector)
        self._inspector = inspector
        self._table = pane.table
        self._model = model
        self._reader = reader
        self._previewer = previewer
        self._looks = PreviewFeed(inspector.preview, previewer)
        self._looks.found.connect(inspector.show_preview)
        self._versions = versions
        self._navigator = navigator
        self._rows = rows
        self._acting = acting
        self._allowances = allowances
        self._loads: list[Cancellable] = []
        self._shown: _Seen | None = None
        self._is_stale = False
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._show)
        for signal in (pane.table.selection_changed, model.opened, model.refreshed, navigator.moved):
            signal.connect(self.wake)
        navigator.read_again.connect(self.look_again)
        inspector.editing_ended.connect(self.wake)

    def wake(self) -> None:
        """Look at the selection soon."""
        if self._inspector.isVisible():
            self._calm.start()

    def forget(self) -> None:
        """Show nothing of what was seen with other eyes, whatever is selected or being typed, and look anew."""
        for load in self._loads:
            load.cancel()
        self._loads, self._shown = [], None
        self._looks.clear()
        self._inspector.show_nothing()
        self.wake()

    def look_again(self) -> None:
        """Look at the selection anew, though it is the same: what is known about it may have changed."""
        self._is_stale = True
        self.wake()

    def _show(self) -> None:
        rows = self._model.rows(self._table.ranges) or []
        row = rows[0] if len(rows) == 1 else None
        view = self._model.view
        places = frozenset((view.bucket_of(row), row.path) for row in rows) if view is not None else frozenset()
        if self._inspector.is_being_edited(places):
            return  # what is being typed stays; the engine says if it is about what is there no more
        seen = None if row is None else _Seen(row, self._navigator.bucket, self._navigator.moment)
        if seen is not None and seen == self._shown and not self._is_stale:
            return
        is_same = seen is not None and self._shown is not None and seen.is_same_as(self._shown)
        self._shown, self._is_stale = seen, False
        for load in self._loads:
            load.cancel()  # what was asked before a change may be answered after what was asked after it
        self._loads = []
        if is_same and row is not None and row.object is not None:
            self._load_around(row.object)  # and nothing else: a preview is of this object's bytes, which are the same
            return
        before = self._looks.known
        self._looks.clear()
        if row is None:
            self._show_number(self._table.selected_count, rows)
        elif row.object is None:
            self._show_folder(row)
        else:
            self._show_object(row, row.object, before)
            self._load_around(row.object)

    def _show_object(self, row: Row, item: StorageObject, before: tuple[Source, Inside] | None) -> None:
        """Show an object; a content that is shown already is not looked into again."""
        moment, owner = self._navigator.moment, self._rows.owner_text(item.owner_id)
        self._inspector.show_object(row, item, owner, editable=moment is None)
        source = self._previewer.of_object(item, moment)
        if before is not None and before[0].is_same_as(source):
            self._looks.show_known(source, before[1])
        else:
            self._looks.show(source, round(_EDGE_PX * self._inspector.devicePixelRatioF()))

    def _load_around(self, item: StorageObject) -> None:
        """Read what is known of an object beside its row: what was there before, and who may do what with it."""
        if self._navigator.moment is not None:
            return
        self._load_versions(item)
        if self._acting.identity is None:
            self._load_access(item)

    def _load_access(self, item: StorageObject) -> None:
        from app.policies import allowances_text  # with the first policy that is looked at

        bucket = self._navigator.bucket_named(item.bucket)
        public = bucket is not None and bucket.public

        def show(allowances: Allowances) -> None:
            self._inspector.show_access(allowances_text(allowances, public=public))

        self._load(self._allowances.read(item, show, lambda _: None, owner=self))

    def _load_versions(self, item: StorageObject) -> None:
        bucket = self._navigator.bucket_named(item.bucket)
        kept = bucket is not None and bucket.retention.keeps_versions

        def show(versions: tuple[ObjectVersion, ...]) -> None:
            self._inspector.show_versions(versions, kept=kept)

        self._load(self._versions.read(item, show, lambda _: None))

    def _show_number(self, count: int, rows: list[Row]) -> None:
        if count:
            self._inspector.show_many(count, rows if self._navigator.moment is None else ())
        else:
            self._inspector.show_nothing()

    def _show_folder(self, row: Row) -> None:
        view = self._model.view
        self._inspector.show_folder(row)
        if view is not None:
            self._load(self._reader.measure(view.bucket_of(row), [row.path], self._inspector.show_size))

    def _load(self, ticket: Ticket) -> None:
        self._loads.append(ticket)
