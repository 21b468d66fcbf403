"""Renaming many things: what a recipe comes to, looked up beside the person's typing, and doing it all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.bridge.acting import ActingTasks, Attempt, Deed
from app.bridge.names import name_problem
from app.bridge.reversals import Moving
from app.bridge.tasks import Fail, Ticket
from app.bridge.twins import last_name, taken_names
from app.i18n import translate
from app.location import Location
from engine.errors import ObjectAlreadyExists
from engine.move_types import Move
from engine.paths import parent_of
from engine.storage import FileStorage
from engine.types import RlsContext

if TYPE_CHECKING:
    from app.renames import Item, Recipe


@dataclass(frozen=True, slots=True)
class Renaming:
    """One line of a preview.

    Attributes:
        item: What.
        name: What it would be called.
        problem: Why it can't be, for people, or nothing.
    """

    item: Item
    name: str
    problem: str = ""

    @property
    def changes(self) -> bool:
        """Return whether the name is another one."""
        return self.name != self.item.name


@dataclass(frozen=True, slots=True)
class Renamed:
    """What became of it.

    Attributes:
        count: How many have another name.
        reversal: What takes that back.
        moves: What has which name now.
    """

    count: int
    reversal: Moving
    moves: tuple[Move, ...] = ()


class Renamer:
    """See the module."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks) -> None:
        """Args: the engine, and the lanes of whoever acts."""
        self._storage = storage
        self._tasks = tasks

    def preview(
        self,
        bucket: str,
        items: Sequence[Item],
        recipe: Recipe,
        then: Callable[[tuple[Renaming, ...]], None],
        otherwise: Fail,
    ) -> Ticket:
        """Find out what a recipe comes to; changes nothing.

        Args:
            bucket: Where the items are.
            items: What.
            recipe: How.
            then: Gets a line for each item.
            otherwise: Gets the failure; `BadRecipe` where there are no names.
        """
        return self._tasks.read(lambda _, me: self._preview(bucket, items, recipe, me), then, otherwise)

    def rename(
        self, bucket: str, lines: Sequence[Renaming], then: Callable[[Renamed], None], otherwise: Fail
    ) -> Ticket:
        """Give all of them their names, or none; names may be swapped."""
        moves = [Move(one.item.path, one.item.renamed(one.name), one.item.id) for one in lines if one.changes]
        label = translate("Renamer", "Renaming %Ln item(s)", None, len(moves))

        def work(ticket: Ticket, me: RlsContext) -> Renamed:
            try:
                moved = self._storage.move_many(bucket, moves, me, progress=ticket.report, cancel=ticket.token)
            except ObjectAlreadyExists as error:
                text = translate("Renamer", "“{path}” already exists by now. Nothing was renamed: choose other names.")
                raise ObjectAlreadyExists(text.format(path=error.path), path=error.path) from error
            # a folder's old name comes back to all that is in it, as for one that is renamed alone
            back = tuple(one.whole for one in moved.back)
            return Renamed(len(moves), Moving(bucket, back, marks=moved.marks), tuple(moves))

        attempt = Attempt.of_moves(Deed.RENAME, bucket, moves)
        return self._tasks.mutate(work, then, otherwise, label=label, attempt=attempt)

    def _preview(self, bucket: str, items: Sequence[Item], recipe: Recipe, me: RlsContext) -> tuple[Renaming, ...]:
        from app.renames import new_names  # with the first batch that is renamed

        names = new_names(items, recipe)
        paths = [item.renamed(name) for item, name in zip(items, names, strict=True)]
        wanted = Counter(path.rstrip("/") for path in paths)
        going = {item.path.rstrip("/") for item in items}
        coming = [path for path in wanted if path not in going and name_problem(last_name(path)) is None]
        taken = self._taken(bucket, coming, me)
        lines = []
        for item, name, path in zip(items, names, paths, strict=True):
            problem = ""
            if path != item.path:
                problem = name_problem(name) or ""
                if not problem and wanted[path.rstrip("/")] > 1:
                    problem = translate("Renamer", "Another one would have this name.")
                elif not problem and path.rstrip("/") in taken:
                    problem = translate("Renamer", "This name is taken.")
            lines.append(Renaming(item, name, problem))
        return tuple(lines)

    def _taken(self, bucket: str, paths: Sequence[str], me: RlsContext) -> set[str]:
        """Return those of some paths where something is: an object, or a folder."""
        names: dict[str, list[str]] = {}
        for path in paths:
            names.setdefault(parent_of(path), []).append(last_name(path))
        return {
            folder + name
            for folder, some in names.items()
            for name in taken_names(self._storage, Location(bucket, folder), some, me)
        }
