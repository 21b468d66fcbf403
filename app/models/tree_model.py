"""The tree at the left: buckets, and in them folders alone, loaded level by level when opened.

Nodes are known to Qt by number, never by pointer, so an index that outlives its node is merely invalid. A level that
is read again changes by exact insertions and removals: what is open stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from functools import partial
from itertools import count
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.formats import tip_text
from app.location import Location
from app.models.pages import Removal, edits
from app.models.sources import Branch, Root, Standing, TreeSource
from app.models.tree_node import TreeNode
from engine.types import Bucket

AnyIndex = QModelIndex | QPersistentModelIndex

LOCATION_ROLE: Final = Qt.ItemDataRole.UserRole
"""`data` role that gives the `Location` of a node."""

BUCKET_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""`data` role that gives the `Bucket` of a top-level node, None of a folder."""

STANDING_ROLE: Final = Qt.ItemDataRole.UserRole + 2
"""`data` role that gives the `Standing` of a top-level node, None of a folder."""


class TreeModel(QAbstractItemModel):
    """See the module.

    Attributes:
        loaded: The list of buckets is known.
        asked: How often it was asked for.
        answered: Which of these readings is shown, counted from 1; 0 before the first.

    Signals:
        buckets_changed: The list of buckets was read, for the first time or again.
        failed: A level could not be read; carries the exception.
        rename_wanted: A person gave a node another name; carries location and name.
    """

    buckets_changed = Signal()
    failed = Signal(object)
    rename_wanted = Signal(object, str)

    def __init__(self, source: TreeSource, parent: QObject | None = None) -> None:
        """Show nothing until `reload_buckets`.

        Args:
            source: Loads levels.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._source = source
        self._numbers = count(1)
        self._nodes: dict[int, TreeNode] = {}
        self._top: list[TreeNode] = []
        self._waiting: dict[int, list[Callable[[], None]]] = {}
        self._waiting_for_roots: list[Callable[[], None]] = []
        self._readings = 0
        self._roots: tuple[Root, ...] = ()
        self._pinned = ""
        self._shows_hidden = False
        self.loaded = False
        self.asked = self.answered = 0

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """Return the buckets shown, in their order."""
        return tuple(node.bucket for node in self._top if node.bucket is not None)

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket of that name, if it is shown."""
        return next((bucket for bucket in self.buckets if bucket.name == name), None)

    def knows(self, name: str) -> bool:
        """Return whether there is a bucket of that name, shown or hidden."""
        return any(root.bucket.name == name for root in self._roots)

    @property
    def names(self) -> dict[str, str]:
        """Return the names of all buckets, shown or hidden, by their ids."""
        return {root.bucket.id: root.bucket.name for root in self._roots}

    @property
    def hidden_count(self) -> int:
        """Return how many buckets whoever looks sees neither themselves nor anything in."""
        return sum(root.standing is Standing.HIDDEN for root in self._roots)

    @property
    def listed_count(self) -> int:
        """Return how many buckets whoever looks sees among the buckets."""
        return sum(root.standing is Standing.LISTED for root in self._roots)

    @property
    def is_reaching(self) -> bool:
        """Return whether levels are being loaded for somebody who wants to `reach` a place."""
        return bool(self._waiting or self._waiting_for_roots)

    @property
    def shows_hidden(self) -> bool:
        """Return whether these are shown all the same."""
        return self._shows_hidden

    def show_hidden(self, *, shown: bool) -> None:
        """Show hidden buckets too, or only the pinned one."""
        self._shows_hidden = shown
        self._show_roots()

    def pin(self, name: str) -> None:
        """Keep a bucket in the tree, hidden or not: the one that the window is in."""
        if name != self._pinned:
            self._pinned = name
            self._show_roots()

    def clear(self) -> None:
        """Show nothing: whoever looks now may not see what was shown."""
        self._roots, self._pinned, self._shows_hidden, self.loaded = (), "", False, False
        self._waiting_for_roots = []
        self._show_roots()

    def reload_buckets(self) -> None:
        """Read the list of buckets and change what changed."""
        self.asked += 1
        self._source.buckets(partial(self._take_buckets, self.asked), self._buckets_failed)

    def reload(self, places: Iterable[Location]) -> None:
        """Read levels again, those that were loaded before; others are not shown and stay so."""
        for place in places:
            node = self._find(place)
            if node is not None and (node.children is not None or node.loading or not node.has_folders):
                self._load(node)

    def reload_all(self) -> None:
        """Read everything again that is loaded."""
        self.reload_buckets()
        self.reload([node.location for node in self._nodes.values() if node.children is not None])

    def reach(self, place: Location, then: Callable[[], None]) -> None:
        """Load the levels that lead to a place, then call back; at once where they are loaded.

        A level that knows no such place may be older than it: then it is read once more.

        Args:
            place: Where to; if it does not exist, nobody is called.
            then: `index_of(place)` is valid when it is called.
        """
        self._reach_bucket(place, then, self.asked)

    def index_of(self, place: Location) -> QModelIndex:
        """Return the index of a place, invalid where it is not loaded."""
        node = self._find(place)
        return self._index(node) if node else QModelIndex()

    def place_within(self, number: int, opened: Container[int]) -> Location | None:
        """Return the place of a node, by the `internalId` of its indexes; None if it is gone or in a closed one."""
        node = found = self._nodes.get(number)
        while node is not None and (node := node.parent) is not None:
            if node.number not in opened:
                return None
        return found.location if found is not None else None

    def index(self, row: int, column: int, parent: AnyIndex = QModelIndex()) -> QModelIndex:
        """Qt's hook: the node at a place below its parent."""
        children = self._children(parent)
        if column != 0 or not 0 <= row < len(children):
            return QModelIndex()
        return self.createIndex(row, 0, children[row].number)

    def parent(self, index: AnyIndex) -> QModelIndex:  # type: ignore[override] # QObject.parent() is another method of that name
        """Qt's hook: the node above."""
        node = self._node(index)
        return self._index(node.parent) if node and node.parent else QModelIndex()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: children that are loaded."""
        return 0 if parent.column() > 0 else len(self._children(parent))

    def columnCount(self, _parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: one column of names."""
        return 1

    def hasChildren(self, parent: AnyIndex = QModelIndex()) -> bool:
        """Qt's hook: whether an arrow is shown, before anything below is loaded."""
        node = self._node(parent)
        if node is None:
            return not parent.isValid() and bool(self._top)
        return node.has_folders if node.children is None else bool(node.children)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Qt's hook: whether opening this node should load it."""
        node = self._node(parent)
        return node is not None and node.children is None and not node.loading and node.has_folders

    def fetchMore(self, parent: AnyIndex) -> None:
        """Qt's hook: load the folders in this node."""
        node = self._node(parent)
        if node is not None:
            self._load(node)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: the name, the place and the bucket."""
        node = self._node(index)
        if node is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return node.location.name
        if role == LOCATION_ROLE:
            return node.location
        if role == BUCKET_ROLE:
            return node.bucket
        if role == STANDING_ROLE:
            return node.standing
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(node.description)
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return node.description
        return None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Qt's hook: a new name is passed on; the node changes when the engine has done it."""
        node = self._node(index)
        if node is None or role != Qt.ItemDataRole.EditRole:
            return False
        if value and value != node.location.name:
            self.rename_wanted.emit(node.location, str(value))
        return True

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Qt's hook: nodes are selected, renamed and dropped upon."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        usual = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        return usual | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled

    def _children(self, parent: AnyIndex) -> list[TreeNode]:
        if not parent.isValid():
            return self._top
        node = self._node(parent)
        return node.children or [] if node else []

    def _node(self, index: AnyIndex) -> TreeNode | None:
        return self._nodes.get(index.internalId()) if index.isValid() else None

    def _index(self, node: TreeNode) -> QModelIndex:
        siblings = node.parent.children or [] if node.parent else self._top
        return self.createIndex(siblings.index(node), 0, node.number)

    def _find(self, place: Location) -> TreeNode | None:
        level = self._top
        found: TreeNode | None = None
        for step in place.trail:
            found = next((node for node in level if node.location == step), None)
            if found is None:
                return None
            level = found.children or []
        return found

    def _reach_bucket(self, place: Location, then: Callable[[], None], asked: int) -> None:
        """Go down from a bucket; one that no list knows is awaited in the next that is asked for after `asked`."""
        if self._find(place.trail[0]) is not None:
            self._reach(place.trail, then, self._readings)
        elif self.answered <= asked and not self.knows(place.bucket):
            self._waiting_for_roots.append(partial(self._reach_bucket, place, then, asked))
            if self.asked == self.answered:
                self.reload_buckets()

    def _reach(self, trail: Sequence[Location], then: Callable[[], None], since: int) -> None:
        """Go down a trail; a level without the next step is read again, unless it was since that reading."""
        node = self._find(trail[0])
        if node is None:
            return
        if len(trail) == 1:
            then()
        elif self._find(trail[1]) is not None:
            self._reach(trail[1:], then, since)
        elif node.loading or node.reading <= since:
            self._load(node, partial(self._reach, trail, then, since))

    def _load(self, node: TreeNode, then: Callable[[], None] | None = None) -> None:
        if then is not None:
            self._waiting.setdefault(node.number, []).append(then)
        if node.loading:
            node.stale = node.stale or then is None
            return
        node.loading = True
        self._readings += 1
        node.reading = self._readings
        number = node.number
        self._source.branches(
            node.location,
            lambda branches: self._take_branches(number, branches),
            lambda error: self._load_failed(number, error),
        )

    def _load_failed(self, number: int, error: Exception) -> None:
        self._waiting.pop(number, None)
        node = self._nodes.get(number)
        if node is not None:
            node.loading = node.stale = False
            self.failed.emit(error)

    def _take_branches(self, number: int, branches: tuple[Branch, ...]) -> None:
        node = self._nodes.get(number)
        if node is None:
            return
        node.loading = False
        names = {branch.name: branch for branch in branches}
        had = self.hasChildren(self._index(node))
        if node.children is None:
            node.children = []
        fresh = [
            TreeNode(next(self._numbers), node, node.location.child(name), None, branch.has_folders)
            for name, branch in names.items()
        ]
        self._merge(node, node.children, fresh)
        node.has_folders = bool(node.children)
        if had != node.has_folders:
            self.dataChanged.emit(self._index(node), self._index(node))
        stale, node.stale = node.stale, False
        for then in self._waiting.pop(number, []):
            then()
        if stale and not node.loading:
            self._load(node)

    def _take_buckets(self, number: int, roots: tuple[Root, ...]) -> None:
        if number < self.answered:  # readings overtake each other, and an older one knows less
            return
        self.answered, self._roots = number, roots
        self._show_roots()
        self.loaded = True
        waiting, self._waiting_for_roots = self._waiting_for_roots, []
        for then in waiting:
            then()
        self.buckets_changed.emit()

    def _buckets_failed(self, error: Exception) -> None:
        self._waiting_for_roots = []
        self.failed.emit(error)

    def _show_roots(self) -> None:
        """Show the buckets that are to be seen of those there are."""
        fresh = [
            TreeNode(
                next(self._numbers), None, Location(root.bucket.name), root.bucket, root.has_folders, root.standing
            )
            for root in self._roots
            if self._shows_hidden or root.standing is not Standing.HIDDEN or root.bucket.name == self._pinned
        ]
        self._merge(None, self._top, fresh)

    def _merge(self, parent: TreeNode | None, shown: list[TreeNode], fresh: list[TreeNode]) -> None:
        """Turn the nodes shown on one level into the fresh ones, keeping those that stay."""
        above = self._index(parent) if parent else QModelIndex()
        for step in edits([node.key for node in shown], [node.key for node in fresh]):
            if isinstance(step, Removal):
                self.beginRemoveRows(above, step.first, step.last)
                for node in shown[step.first : step.last + 1]:
                    self._forget(node)
                del shown[step.first : step.last + 1]
                self.endRemoveRows()
            else:
                self.beginInsertRows(above, step.first, step.last)
                added = fresh[step.first : step.last + 1]
                shown[step.first : step.first] = added
                self._nodes.update((node.number, node) for node in added)
                self.endInsertRows()
        for node, new in zip(shown, fresh, strict=True):
            self._update(node, new)

    def _update(self, node: TreeNode, new: TreeNode) -> None:
        changed = (node.bucket, node.location, node.standing) != (new.bucket, new.location, new.standing)
        if node.children is None and node is not new:
            changed = changed or node.has_folders != new.has_folders
            node.has_folders = new.has_folders
        if node.location != new.location:
            node.relocate(new.location)
        node.bucket, node.standing = new.bucket, new.standing
        if changed:
            self.dataChanged.emit(self._index(node), self._index(node))

    def _forget(self, node: TreeNode) -> None:
        self._nodes.pop(node.number, None)
        self._waiting.pop(node.number, None)
        for child in node.children or []:
            self._forget(child)
