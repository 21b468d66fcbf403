"""What is held in the hand inside one window: dragged, cut or copied things, for everything that shows or takes them.

Table, icons, tree, tabs and breadcrumb ask here whether a drag is one of ours, what a drop would do at a place, and
which rows are cut. A drag or clipboard carries no more than a mark; what it stands for never leaves this process.
"""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import uuid4

from PySide6.QtCore import QByteArray, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDropEvent

from app.cargo import Cargo, Load, Motion
from app.i18n import translate
from app.location import Location
from app.views.drops import CARGO_TYPE, MADE_TYPE


class Hold(QObject):
    """See the module.

    Signals:
        cut_changed: Other things are cut: paint them anew.
        said: What a drop would do here, for a person; empty where it would do nothing.
        dropped: Carries the `Load`, the `Location` and the `Motion`.
    """

    cut_changed = Signal()
    said = Signal(str)
    dropped = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Args: Qt's owner."""
        super().__init__(parent)
        self.mark: Final = QByteArray(uuid4().hex.encode())
        self._dragged: tuple[Load, Location | None] | None = None
        self._kept: tuple[Load, Motion] | None = None
        self._cut: frozenset[tuple[str, str]] = frozenset()

    @property
    def kept(self) -> tuple[Load, Motion] | None:
        """Return what was cut or copied, and which of both."""
        return self._kept

    @property
    def dragged(self) -> Load | None:
        """Return what is being dragged."""
        return self._dragged[0] if self._dragged is not None else None

    def keep(self, load: Load, motion: Motion) -> None:
        """Hold what was cut or copied, instead of what was before."""
        self._kept = (load, motion)
        self._cut = frozenset()
        if motion is Motion.MOVE:
            load.whenever(partial(self._dim, load))
        self.cut_changed.emit()

    def let_go(self) -> None:
        """Hold nothing that was cut or copied any more."""
        if self._kept is not None:
            self._kept, self._cut = None, frozenset()
            self.cut_changed.emit()

    def is_cut(self, bucket: str, path: str) -> bool:
        """Return whether something waits to be pasted elsewhere: it is painted paler."""
        return (bucket, path) in self._cut

    def take(self, load: Load, place: Location | None) -> None:
        """Hold what a drag is about.

        Args:
            load: It.
            place: The one folder that all of it is in, if there is one.
        """
        self._dragged = (load, place)

    def put_down(self) -> None:
        """The drag is over."""
        self._dragged = None
        self.said.emit("")

    def is_ours(self, data: QMimeData | None) -> bool:
        """Return whether drag or clipboard data stands for things of this window."""
        return data is not None and data.hasFormat(CARGO_TYPE) and data.data(CARGO_TYPE) == self.mark

    def has_made(self, data: QMimeData | None) -> bool:
        """Return whether clipboard data is from this window: things of it, or files alone that were made of such."""
        is_made = data is not None and data.hasFormat(MADE_TYPE) and data.data(MADE_TYPE) == self.mark
        return is_made or self.is_ours(data)

    def carries(self, data: QMimeData) -> bool:
        """Return whether a drag is one of ours that is going on."""
        return self._dragged is not None and self.is_ours(data)

    def motion_at(self, place: Location | None, modifiers: Qt.KeyboardModifier) -> Motion | None:
        """Return what a drop at a place would do, or None where it would do nothing.

        Things move within their bucket and are copied to another one, from several in any case; Ctrl copies always,
        Shift moves.
        """
        if self._dragged is None or place is None:
            return None
        load, source = self._dragged
        if not load.has_source:
            return None  # until it is known where it comes from, nobody can say what a drop does
        motion = Motion.MOVE if load.bucket == place.bucket else Motion.COPY
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            motion = Motion.COPY
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            motion = Motion.MOVE
        stays = source == place or load.is_from(place)
        if (stays and motion is Motion.MOVE) or load.goes_into(place):
            return None
        return motion

    def hang(self, event: QDropEvent, place: Location | None) -> bool:
        """Answer a drag of ours that hangs over a place: says what a drop would do, by words and by the cursor.

        Args:
            event: A drag's enter or move event.
            place: What is below the pointer.

        Returns:
            Whether a drop would do anything.
        """
        motion = self.motion_at(place, event.modifiers())
        if motion is None or place is None or self._dragged is None:
            event.ignore()
            self.said.emit("")
            return False
        event.setDropAction(Qt.DropAction.MoveAction if motion is Motion.MOVE else Qt.DropAction.CopyAction)
        event.accept()
        self.said.emit(announcement(self._dragged[0].count, place, motion))
        return True

    def leave(self) -> None:
        """Answer a drag that went elsewhere."""
        self.said.emit("")

    def drop(self, event: QDropEvent, place: Location | None) -> bool:
        """Answer a drop of ours, and return whether anything comes of it."""
        motion = self.motion_at(place, event.modifiers())
        load = self.dragged
        self.said.emit("")
        if motion is None or load is None:
            event.ignore()
            return False
        event.setDropAction(Qt.DropAction.MoveAction if motion is Motion.MOVE else Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(load, place, motion)
        return True

    def _dim(self, load: Load, cargos: tuple[Cargo, ...]) -> None:
        if self._kept == (load, Motion.MOVE):
            self._cut = frozenset((cargo.bucket, path) for cargo in cargos for path in cargo.paths)
            self.cut_changed.emit()


def announcement(count: int, place: Location, motion: Motion) -> str:
    """Return what a drop would do: "Move 3 items to photos/2024"."""
    if motion is Motion.MOVE:
        text = translate("Hold", "Move %Ln item(s) to {place}", None, count)
    else:
        text = translate("Hold", "Copy %Ln item(s) to {place}", None, count)
    return text.format(place=place.text.rstrip("/"))
