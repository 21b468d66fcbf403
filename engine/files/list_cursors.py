"""Where a page of a listing ended, as text that callers hand back. Pure."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Final

from engine.errors import InvalidRequest
from engine.types import SortColumn

INTEGER_END: Final = 2**63
"""The first number that SQLite cannot hold."""

_NUMBERS: Final = frozenset({SortColumn.SIZE, SortColumn.TIME})


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: in the folders, or in the objects at a sort key.

    Attributes:
        folder: The last folder, or None where the page ended among the objects.
        key: The sorted column's value of the last object, or None where there is none yet.
        leaf: Its name.
    """

    folder: str | None
    key: str | int | None = None
    leaf: str = ""

    def encode(self) -> str:
        """Return opaque text."""
        raw = json.dumps([self.folder, self.key, self.leaf], ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(raw).decode()

    @classmethod
    def decode(cls, text: str, sort: SortColumn) -> Cursor:
        """Return the cursor of `encode`.

        Raises:
            InvalidRequest: The text is no cursor of a listing in that order.
        """
        try:
            parts = json.loads(base64.urlsafe_b64decode(text.encode()))
            cursor = cls(*parts) if _are_cursor_parts(parts, sort) else None
            if cursor is not None and cursor.encode() == text:
                return cursor
        except (ValueError, RecursionError) as error:
            raise InvalidRequest("The listing cursor is not valid") from error
        raise InvalidRequest("The listing cursor is not valid")


def _are_cursor_parts(parts: object, sort: SortColumn) -> bool:
    """Return whether decoded JSON has the form of a cursor's."""
    match parts:
        case [str() | None, None, ""]:
            return True
        case [None, bool(), _]:
            return False
        case [None, int(key), str()]:
            return sort in _NUMBERS and abs(key) < INTEGER_END
        case [None, str(), str()]:
            return sort not in _NUMBERS
        case _:
            return False
