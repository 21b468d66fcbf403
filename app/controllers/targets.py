"""What an action is about: the node of the tree that has the keyboard, or the rows selected in the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.bridge.reading import Reader
from app.i18n import translate
from app.location import Location
from app.models.folder_model import FolderModel
from app.models.rows import Row
from app.models.sources import View
from app.views.folder_table import FolderTable
from app.views.folder_tree import FolderTree
from app.widgets.toast import Toast
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
        keys: Which rows of the table they are.
    """

    bucket: str
    paths: tuple[str, ...]
    names: tuple[str, ...]
    objects: tuple[StorageObject, ...] = ()
    place: Location | None = None
    keys: frozenset[str] = frozenset()


class Targets:
    """Finds out what is meant; for rows that are not in memory it has to read."""

    def __init__(self, reader: Reader, model: FolderModel, table: FolderTable, tree: FolderTree, toast: Toast) -> None:
        """Args: what reads rows; what is shown; the views; what says why nothing is meant."""
        self._reader = reader
        self._toast = toast
        self._model = model
        self._table = table
        self._tree = tree

    def resolve(self, then: Callable[[Target], None]) -> None:
        """Call back with what is meant; at once where everything is known, never when nothing is.

        What lies in several buckets can't be meant at once, and a person is told so.

        Args:
            then: Gets the target.
        """

        def one(targets: list[Target]) -> None:
            if len(targets) > 1:
                self._tell_scattered()
            for target in targets[: len(targets) == 1]:
                then(target)

        self.resolve_each(one)

    def resolve_each(self, then: Callable[[list[Target]], None]) -> None:
        """Call back likewise, with a target for each bucket.

        Args:
            then: Gets the targets.
        """
        place = self._tree.focused_place()
        if place is not None:
            then([Target(place.bucket, (place.prefix,), (place.name,), place=place)])
            return
        view, ranges = self._model.view, self._table.ranges
        if view is None or not ranges:
            return
        known = self._model.rows(ranges)
        if known is not None:
            then(_targets(view, known))
        else:
            self._reader.rows(view, self._model.rowCount(), ranges, lambda rows: then(_targets(view, rows)))

    @property
    def bucket(self) -> str:
        """Return the name of the bucket that the selected rows are in; nothing where there is none, or not just one."""
        view, rows = self._model.view, self._model.rows(self._table.ranges) or []
        buckets = {view.bucket_of(row) for row in rows} if view is not None else set()
        return buckets.pop() if len(buckets) == 1 else ""

    def _tell_scattered(self) -> None:
        self._toast.say(
            translate("Targets", "What is selected lies in several buckets: select in one of them"), kind="info"
        )

    def one_path_in(self, bucket: str) -> str:
        """Return the path of the one row that is selected, if it is in that bucket and known; else nothing."""
        view, rows = self._model.view, self._model.rows(self._table.ranges) or []
        there = view is not None and len(rows) == 1 and view.bucket_of(rows[0]) == bucket
        return rows[0].path if there else ""


def _targets(view: View, rows: list[Row]) -> list[Target]:
    buckets: dict[str, list[Row]] = {}
    for row in rows:
        buckets.setdefault(view.bucket_of(row), []).append(row)
    return [_target(bucket, some) for bucket, some in buckets.items()]


def _target(bucket: str, rows: list[Row]) -> Target:
    return Target(
        bucket=bucket,
        paths=tuple(row.path for row in rows),
        names=tuple(row.name for row in rows),
        objects=tuple(row.object for row in rows if row.object is not None),
        keys=frozenset(row.key for row in rows),
    )
