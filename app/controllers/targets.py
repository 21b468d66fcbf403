"""What an action is about: the node of the tree that has the keyboard, or the rows selected in the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.bridge.reading import Reader
from app.location import Location
from app.models.folder_model import FolderModel
from app.models.rows import Row
from app.views.folder_table import FolderTable
from app.views.folder_tree import FolderTree
from engine.types import StorageObject


@dataclass(frozen=True, slots=True)
class Target:
    """Things in one bucket.

    Attributes:
        bucket: The bucket's name.
        paths: Objects, and folders with a trailing `/`; `""` is the whole bucket.
        names: How they are called, in the same order.
        objects: Those of them that are objects.
        place: The place itself when it is a node of the tree.
    """

    bucket: str
    paths: tuple[str, ...]
    names: tuple[str, ...]
    objects: tuple[StorageObject, ...] = ()
    place: Location | None = None


class Targets:
    """Finds out what is meant; for rows that are not in memory it has to read."""

    def __init__(self, reader: Reader, model: FolderModel, table: FolderTable, tree: FolderTree) -> None:
        """Args: what reads rows; what is shown; the views."""
        self._reader = reader
        self._model = model
        self._table = table
        self._tree = tree

    def resolve(self, then: Callable[[Target], None]) -> None:
        """Call back with what is meant; at once where everything is known, never when nothing is.

        Args:
            then: Gets the target.
        """
        place = self._tree.focused_place()
        if place is not None:
            then(Target(place.bucket, (place.prefix,), (place.name,), place=place))
            return
        view, ranges = self._model.view, self._table.ranges
        if view is None or not ranges:
            return
        bucket = view.location.bucket
        known = self._model.rows(ranges)
        if known is not None:
            then(_target(bucket, known))
        else:
            self._reader.rows(view, self._model.rowCount(), ranges, lambda rows: then(_target(bucket, rows)))

    def one_path_in(self, bucket: str) -> str:
        """Return the path of the one row that is selected, if it is in that bucket and known; else nothing."""
        view, rows = self._model.view, self._model.rows(self._table.ranges) or []
        there = view is not None and view.location.bucket == bucket
        return rows[0].path if there and len(rows) == 1 else ""


def _target(bucket: str, rows: list[Row]) -> Target:
    return Target(
        bucket=bucket,
        paths=tuple(row.path for row in rows),
        names=tuple(row.name for row in rows),
        objects=tuple(row.object for row in rows if row.object is not None),
    )
