"""The names of the vast folder that is filtered, in memory, so that a filter finds its first rows wherever they stand.

To read a million names out of the database takes most of a second, and where the first of them that fits comes late in
the order, all of that passes before anything is shown. Whoever counts what fits reads every name anyway: that is when
the text is made, by the database and in parts. What is committed since is read from the record of changes, which is
written with each of them, and looked up name by name; only after very many is the text made anew.

Only for callers whom no row rule holds back: a text says what somebody may see.

Threads: any; who needs a text that is being made waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.types import Text

from engine.files.folder_queries import SHOWN, objects_page
from engine.files.name_text import BETWEEN, NameText, Part
from engine.files.orders import VAST, has_as_many, let_go
from engine.metadata.executor import Transaction
from engine.metadata.patience import held
from engine.metadata.tables import storage_objects
from engine.outbox.rows import bounds, events_after, has_more_than
from engine.outbox.values import RecordedEvent
from engine.search.plans import InOrder
from engine.types import SortColumn

_O: Final = storage_objects.c
_PART: Final = 16_384
"""Names in one part: read and searched in a few milliseconds, between which everybody else gets a turn."""

_LETTERS_MAX: Final = 32 * 1024 * 1024
_OTHERS_MAX: Final = 20_000
"""Names beyond ASCII that are folded one by one, letter by letter typed, in a tenth of a second."""

_NEWS_MAX: Final = 4_000
"""Changes after which a text is made anew: to read of them takes a tenth of a second, to fold their names as well."""


class NameTexts:
    """Remembers the text that was asked for last.

    Args:
        vast: Objects from which on a text is worth it.
        part: Names in one part.
        letters: How long a text may be.
        others: How many names beyond ASCII may be in it.
        news: How many changes may have come since it was made.
    """

    def __init__(
        self,
        vast: int = VAST,
        part: int = _PART,
        *,
        letters: int = _LETTERS_MAX,
        others: int = _OTHERS_MAX,
        news: int = _NEWS_MAX,
    ) -> None:
        self._vast = vast
        self._part = part
        self._letters_max, self._others_max, self._news_max = letters, others, news
        self._lock = Lock()
        self._known: NameText | None = None

    def page(
        self, tx: Transaction, words: tuple[str, ...], *, descending: bool, values: dict[str, object]
    ) -> Sequence[tuple[Any, ...]] | None:
        """Return objects of a folder that have all words, by name, or None where there is no text that tells.

        Args:
            tx: Of the caller.
            words: Of `engine.folding.words_of`.
            descending: Whether from the end.
            values: As for `folder_queries.objects_page`.
        """
        known = self._as_of(tx, _folder(values)) if words and _may_know(tx) else None
        if known is None or not known.parts:
            return None
        skip, count = int(str(values["skip"])), int(str(values["count"]))
        after = None if "leaf" not in values else str(values["leaf"])
        names = known.page(words, descending=descending, after=after, skip=skip, count=count)
        query = _named_page(descending=descending)
        return tx.tuples(query, {**_folder(values), "names": json.dumps(names), "skip": 0, "count": len(names)})

    def count(self, tx: Transaction, words: tuple[str, ...], values: dict[str, object]) -> int | None:
        """Return how many objects of a vast folder have all words; None where that is for others to find out.

        Args:
            tx: Of the caller.
            words: Of `engine.folding.words_of`.
            values: `bucket` and `prefix`.
        """
        text = self._text(tx, _folder(values)) if words else None
        return text.count(words) if text is not None and text.parts else None

    def make_ready(self, tx: Transaction, values: dict[str, object]) -> None:
        """Make the text of a vast folder before anything is looked for in it; arguments as in `count`."""
        self._text(tx, _folder(values))

    def _text(self, tx: Transaction, folder: dict[str, object]) -> NameText | None:
        """Return the text of a folder as a transaction sees it, made if it has to be; None where there is none."""
        if not _may_know(tx) or not has_as_many(tx, folder, self._vast):
            return None
        with held(self._lock, tx.context.cancel):
            text = self._as_of(tx, folder)
            if text is None and not self._is_ahead(tx, folder):
                self._known = None  # before the next one is made: there is room for one
                with tx.seen_through():  # the letter typed next wants it as well
                    text = self._known = self._made(tx, folder)
        return text

    def _as_of(self, tx: Transaction, folder: dict[str, object]) -> NameText | None:
        """Return the text of a folder with all that a transaction sees, or None where that takes reading all names."""
        known = self._known
        if known is None or known.folder != folder:
            return None
        kept = bounds(tx)
        if kept.newest == known.event:
            return known
        # one that is ahead of the transaction is for those who came later
        if kept.newest < known.event or not kept.hold(known.event):
            return None
        text = self._advanced(tx, known, kept.newest)
        if text is not None:
            self._known = text
        return text

    def _is_ahead(self, tx: Transaction, folder: dict[str, object]) -> bool:
        """Return whether there is a text of later than what a transaction sees: it is not thrown away for an older."""
        known = self._known
        return known is not None and known.folder == folder and bounds(tx).newest < known.event

    def _advanced(self, tx: Transaction, known: NameText, newest: int) -> NameText | None:
        """Return a text with what was committed since, or None where that is too much."""
        if has_more_than(tx, self._news_max - len(known.since.touched), known.event):
            return None
        if not known.parts:
            return known  # what would be too large is so for a while, whatever comes and goes
        touched: set[str] = set()
        last = known.event
        while last < newest:
            events, last = events_after(tx, last)
            touched.update(_names_in(events, known.folder))
        found = tx.execute(_THERE, {**known.folder, "names": json.dumps(sorted(touched))}) if touched else ()
        return known.advanced(newest, known.since.and_then(touched, (str(leaf) for (leaf,) in found)))

    def _made(self, tx: Transaction, folder: dict[str, object]) -> NameText:
        """Read a text; one of no parts where it would be too large, so that nobody tries that again and again."""
        parts: list[Part] = []
        after, event = "", bounds(tx).newest
        while names := str(tx.execute(_NAMES, {**folder, "after": after, "count": self._part}).scalar() or ""):
            parts.append(Part.of(names))
            after = parts[-1].last
            if _letters(parts) > self._letters_max or _others(parts) > self._others_max:
                parts.clear()
                break
        let_go(tx)
        return NameText(folder, event, tuple(parts))


def _names_in(events: Sequence[RecordedEvent], folder: dict[str, object]) -> set[str]:
    """Return the names directly in a folder that some changes are about."""
    bucket, prefix = folder["bucket"], str(folder["prefix"])
    now = {event.path for event in events if event.bucket_id == bucket}
    before = {event.old_path or "" for event in events if event.old_bucket_id == bucket}
    names = {path[len(prefix) :] for path in now | before if path.startswith(prefix)}
    return {name for name in names if name and "/" not in name}


def _folder(values: dict[str, object]) -> dict[str, object]:
    return {"bucket": values["bucket"], "prefix": values["prefix"]}


def _may_know(tx: Transaction) -> bool:
    return tx.context.can_bypass_rls and tx.on_sqlite


def _letters(parts: Sequence[Part]) -> int:
    return sum(part.letters for part in parts)


def _others(parts: Sequence[Part]) -> int:
    return sum(len(part.others) for part in parts)


def _names() -> Select[Any]:
    """Return the statement of names as one text. Parameters: `bucket`, `prefix`, `after` and `count`.

    Source: as `engine.files.orders`, of the order in it.
    """
    ordered = select(_O.leaf).where(SHOWN, _O.leaf > bindparam("after")).order_by(_O.leaf).limit(bindparam("count"))
    return select(func.group_concat(ordered.subquery().c.leaf, BETWEEN))


_NAMES: Final = _names()
_GIVEN: Final = func.json_each(bindparam("names", type_=Text)).table_valued("value", name="names")
_THERE: Final = select(_O.leaf).select_from(InOrder(_GIVEN, storage_objects, _GIVEN.c.value == _O.leaf)).where(SHOWN)


@cache
def _named_page(*, descending: bool) -> Select[Any]:
    """Return the statement of objects by their names, looked up one by one. Parameters: as `objects_page`, `names`."""
    joined = InOrder(_GIVEN, storage_objects, _GIVEN.c.value == _O.leaf)
    return objects_page(SortColumn.NAME, descending=descending, resumed=False).select_from(joined)
