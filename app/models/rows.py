"""One row of a folder with everything that is painted ready made, so that a repaint computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app import kinds, problems
from app.formats import exact_size_text, full_time_text, size_text, time_text
from app.i18n import translate
from engine.files.quarantine import Problem
from engine.types import Folder, ListPage, StorageObject

_ID_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A folder or an object as the table shows it.

    Attributes:
        path: Full path in the bucket; a folder's ends with `/`.
        name: Last segment of the path.
        icon: Glyph name.
        tone: Colour token of the glyph.
        size, type, owner: Texts of their columns, empty where there is nothing to say.
        size_bytes: For sums; 0 for a folder.
        object: The object's row, or None for a folder.
        folder: Where a search found it, below the place that was searched; with a trailing `/`, or empty.
        bucket: The bucket where a search found it that looked in all of them, else empty.
    """

    path: str
    name: str
    icon: str
    tone: str
    size: str = ""
    type: str = ""
    owner: str = ""
    size_bytes: int = 0
    object: StorageObject | None = None
    folder: str = ""
    bucket: str = ""

    @property
    def key(self) -> str:
        """Return the row's identity among those shown with it."""
        return f"{self.bucket}/{self.path}" if self.bucket else self.path

    @property
    def label(self) -> str:
        """Return what the Name column says."""
        return self.folder + self.name

    def time(self, now: datetime) -> str:
        """Return the text of the Modified column.

        Args:
            now: Aware; what it is relative to.
        """
        return time_text(self.object.updated_at, now) if self.object else ""

    def tips(self) -> tuple[str, ...]:
        """Return the tool tips, in the order of the columns. Made when asked for: few are ever seen."""
        item = self.object
        if item is None:
            return (self.path, "", "", "", "")
        owner = item.owner_id or translate("Rows", "Nobody in particular")
        path = item.path if self.problem is None else f"{item.path}\n{problems.tip(self.problem)}"
        return (path, exact_size_text(item.size_bytes), item.mime_type, _times(item), owner)

    @property
    def problem(self) -> Problem | None:
        """Return what is wrong with the object's bytes, as far as that is known."""
        return problems.problem_of(self.object)

    @property
    def spoken_name(self) -> str:
        """Return the name for who cannot see the mark of a problem."""
        return self.name if self.problem is None else f"{self.name}, {problems.word(self.problem)}"

    @property
    def is_folder(self) -> bool:
        """Return whether the row opens as a place of its own."""
        return self.object is None


def _nobody(_owner_id: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Turns listing pages into rows.

    Attributes:
        name_of: How owners are called; nothing for those who are not known. Called in any thread.
    """

    name_of: Callable[[str], str] = _nobody

    def rows(self, page: ListPage) -> tuple[Row, ...]:
        """Return the rows of a page, folders first."""
        folders = [self._folder(folder) for folder in page.folders]
        return (*folders, *(self._object(item) for item in page.objects))

    def found(self, objects: Sequence[StorageObject], prefix: str) -> tuple[Row, ...]:
        """Return the rows of what a search found below a prefix."""
        return tuple(
            replace(self._object(item), folder=item.path.removeprefix(prefix).removesuffix(item.name))
            for item in objects
        )

    def found_anywhere(self, objects: Sequence[StorageObject]) -> tuple[Row, ...]:
        """Return the rows of what a search found in any bucket."""
        return tuple(
            replace(self._object(item), folder=f"{item.bucket}/{item.path.removesuffix(item.name)}", bucket=item.bucket)
            for item in objects
        )

    def owner_text(self, owner_id: str | None) -> str:
        """Return how an owner is called in the window."""
        if owner_id is None:
            return "—"
        return self.name_of(owner_id) or owner_id[:_ID_SHOWN]

    def _folder(self, folder: Folder) -> Row:
        look = kinds.FOLDER
        return Row(
            path=folder.path,
            name=folder.name or translate("Rows", "(no name)"),
            icon=look.icon,
            tone=look.tone,
            type=translate("Rows", "Folder"),
        )

    def _object(self, item: StorageObject) -> Row:
        look = kinds.family(item.mime_type, item.name)
        return Row(
            path=item.path,
            name=item.name,
            icon=look.icon,
            tone=look.tone,
            size=size_text(item.size_bytes),
            type=kinds.type_text(item.mime_type, item.name),
            owner=self.owner_text(item.owner_id),
            size_bytes=item.size_bytes,
            object=item,
        )


def _times(item: StorageObject) -> str:
    stored = translate("Rows", "Stored {time}").format(time=full_time_text(item.updated_at))
    if item.modified_at is None:
        return stored
    source = translate("Rows", "File last changed {time}").format(time=full_time_text(item.modified_at))
    return f"{stored}\n{source}"
