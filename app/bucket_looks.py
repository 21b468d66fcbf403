"""How each bucket was looked at last: columns, order, details or icons, and their size. A bounded number of buckets.

Kept in the window's settings as one text; what of it makes no sense is left out.
"""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from app.settings import WindowSettings
from engine.types import SortColumn

BUCKETS_MAX: Final = 100
"""Buckets that are remembered; the one looked at longest ago goes first."""

_COLUMNS_MAX_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class BucketLook:
    """How one bucket is looked at.

    Attributes:
        columns: Widths, order and visibility, as the header keeps them.
        sort: By which column.
        descending: In which direction.
        as_icons: Icons, not details.
        zoom: Which size of icons.
    """

    columns: bytes
    sort: SortColumn
    descending: bool
    as_icons: bool
    zoom: int


class BucketLooks:
    """Remembers them by the bucket's id, so that they follow its name."""

    def __init__(self, settings: WindowSettings) -> None:
        """Args: what the window remembers."""
        self._settings = settings
        self._looks = _read(settings.bucket_looks)

    def of(self, bucket_id: str) -> BucketLook | None:
        """Return how a bucket was looked at, if it ever was."""
        return self._looks.get(bucket_id)

    def keep(self, bucket_id: str, look: BucketLook) -> None:
        """Remember how a bucket is looked at."""
        self._looks[bucket_id] = look
        self._looks.move_to_end(bucket_id)
        while len(self._looks) > BUCKETS_MAX:
            self._looks.popitem(last=False)
        self._settings.bucket_looks = json.dumps({key: _values(one) for key, one in self._looks.items()})


def _values(look: BucketLook) -> list[object]:
    columns = base64.b64encode(look.columns).decode()
    return [columns, look.sort.value, look.descending, look.as_icons, look.zoom]


def _read(text: str) -> OrderedDict[str, BucketLook]:
    """Return what a text remembers."""
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return OrderedDict()
    looks = {key: _look(values) for key, values in kept.items()} if isinstance(kept, dict) else {}
    known = [(key, look) for key, look in looks.items() if look is not None]
    return OrderedDict(known[-BUCKETS_MAX:])


def _look(values: object) -> BucketLook | None:
    match values:
        case [str(columns), str(sort), bool(descending), bool(as_icons), int(zoom)]:
            try:
                kept = base64.b64decode(columns, validate=True)
                return BucketLook(kept[:_COLUMNS_MAX_BYTES], SortColumn(sort), descending, as_icons, zoom)
            except ValueError:
                return None
        case _:
            return None
