"""`NameIndex`: keeps the index of names in step with the objects, behind everybody's back.

Uploads do not know of it. It reaches to a rowid of `storage_objects` (`storage_search_state`): what came later is not
in it yet. Objects it knows that are renamed or deleted are remembered by triggers, with the name they had
(`storage_search_stale`). Whoever searches looks at both parts by reading names: an object is found as soon as its
upload is acknowledged, indexed or not.

In every transaction each rowid up to `indexed_to` is in the index with the name of its object, or stale with the name
that is in the index, or nobody's. SQLite gives rowids of the last objects again once those are deleted, so the index
never reaches beyond the last object. The index is made from nothing else than the rows: what is damaged is made anew.

Threads: any; each step is one short transaction that nobody waits for on disk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from engine.cancel import CancelToken
from engine.errors import DatabaseFault, DatabaseLocked
from engine.metadata.executor import Executor, Transaction
from engine.search import trigrams
from engine.types import RlsContext

_logger = logging.getLogger(__name__)
_SYSTEM: Final = RlsContext.service()
_BATCH: Final = 500
"""Names in one transaction: some ten milliseconds, in which nobody else can write."""

_SAMPLE: Final = 16
"""Names that are looked up to see whether the index is that of these objects."""

_REACH_NOW: Final = "SELECT indexed_to FROM storage_search_state"
_LAST: Final = "SELECT coalesce(max(rowid), 0) FROM storage_objects"
_FRESH: Final = "SELECT rowid, leaf FROM storage_objects WHERE rowid > ? ORDER BY rowid LIMIT ?"
_STALE: Final = "SELECT place, leaf FROM storage_search_stale LIMIT ?"
_NAMED_NOW: Final = "SELECT rowid, leaf FROM storage_objects WHERE rowid = ?"
_FORGET_STALE: Final = "DELETE FROM storage_search_stale WHERE place = ?"
_FORGET_ALL_STALE: Final = "DELETE FROM storage_search_stale"
_REACH: Final = "UPDATE storage_search_state SET indexed_to = ?"
_SAMPLED: Final = (
    "SELECT rowid, leaf FROM storage_objects WHERE rowid >= ? AND rowid <= ?"
    " AND rowid NOT IN (SELECT place FROM storage_search_stale) ORDER BY rowid LIMIT 1"
)


class NameIndex:
    """Keeps the index in step.

    Args:
        executor: For rows.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._seen_version: int | None = None
        self._is_sound = False
        self._is_damaged = False
        self._is_possible = True

    def follow(self, cancel: CancelToken) -> None:
        """Bring the index up to date, as long as nobody changes anything: then the rest comes at the next turns.

        Args:
            cancel: Looked at between transactions.

        Raises:
            Cancelled: The caller cancelled; what is done stays.
            DatabaseFault: The database failed.
        """
        version = self._executor.data_version()
        if version == self._seen_version:
            self._catch_up(cancel, lambda: self._executor.data_version() == version)
        self._seen_version = version

    def catch_up(self, cancel: CancelToken) -> None:
        """Bring the index up to date, anew where it is not that of these objects. Where SQLite can't, nothing happens.

        Args:
            cancel: As for `follow`.

        Raises:
            Cancelled: Likewise.
            DatabaseFault: Likewise.
        """
        self._catch_up(cancel, lambda: True)

    def distrust(self) -> None:
        """Have the index made anew at the next turn: whoever used it found it damaged."""
        self._is_damaged, self._is_sound = True, False

    def _catch_up(self, cancel: CancelToken, goes_on: Callable[[], bool]) -> None:
        """Bring the index up to date, or at least one step nearer to that."""
        if not self._is_sound and self._is_possible:
            self._begin()
        try:
            while self._has_work():
                cancel.raise_if_cancelled()
                self._step()
                if not goes_on():
                    return
        except DatabaseLocked:
            raise
        except DatabaseFault:
            _logger.warning("the index of names cannot be written, and is made anew", exc_info=True)
            self.distrust()

    def _begin(self) -> None:
        """See whether the index is that of these objects, once in a process, and begin anew if it is not."""
        try:
            with self._executor.snapshot(_SYSTEM) as tx:
                sound = not self._is_damaged and all(trigrams.has(tx, place, leaf) for place, leaf in _sample(tx))
        except DatabaseLocked:
            raise
        except DatabaseFault:
            sound = False
        if not sound:
            self._begin_anew()
        self._is_damaged, self._is_sound = False, True

    def _begin_anew(self) -> None:
        """Have an index of nothing, if SQLite can hold one at all."""
        with self._executor.transaction(_SYSTEM, quiet=True) as tx:
            tx.run_text(_REACH, (0,))
            tx.run_text(_FORGET_ALL_STALE)
        try:
            with self._executor.transaction(_SYSTEM, quiet=True) as tx:
                trigrams.drop(tx)
                trigrams.create(tx)
                # once more: another process may have filled the old one meanwhile
                tx.run_text(_REACH, (0,))
                tx.run_text(_FORGET_ALL_STALE)
        except DatabaseLocked:
            raise
        except DatabaseFault:
            _logger.info("there is no index of names: searches read them all", exc_info=True)
            self._is_possible = False

    def _has_work(self) -> bool:
        """Return whether there is anything to do; everybody else may go on meanwhile."""
        if not self._is_possible:
            return False
        with self._executor.snapshot(_SYSTEM) as tx:
            return _number(tx, _REACH_NOW) != _number(tx, _LAST) or has_stale(tx)

    def _step(self) -> None:
        """Do a little of what is to be done: what is stale first, so that no name is ever in the index twice."""
        with self._executor.transaction(_SYSTEM, quiet=True) as tx:
            trigrams.create(tx)
            reach, last = _number(tx, _REACH_NOW), _number(tx, _LAST)
            if stale := _pairs(tx, _STALE, (_BATCH,)):
                _renew(tx, stale, reach=min(reach, last))
            elif fresh := _pairs(tx, _FRESH, (reach, _BATCH)):
                trigrams.add(tx, fresh)
                reach = fresh[-1][0]
            tx.run_text(_REACH, (min(reach, last),))


def reach_of(tx: Transaction) -> int:
    """Return the rowid up to which objects are indexed; 0 where none are."""
    return _number(tx, _REACH_NOW)


def places_of(tx: Transaction, words: Sequence[str], most: int) -> list[int] | None:
    """Return rowids among which all objects are whose names have some words.

    Args:
        tx: Where.
        words: Folded.
        most: How many are few.

    Returns:
        None where they are not few, or where nothing is indexed.
    """
    reach = reach_of(tx)
    if not reach:
        return None
    groups = trigrams.groups_of(words) or trigrams.rare_groups_of(tx, words, most)
    if groups is None or not trigrams.are_few(tx, groups, most):
        return None
    fresh = tx.run_text(_FRESH, (reach, most + 1))
    stale = tx.run_text(_STALE, (most + 1,))
    places = {row[0] for rows in (trigrams.places(tx, groups), fresh, stale) for row in rows}
    return sorted(places) if len(fresh) <= most and len(stale) <= most else None


def last_of(tx: Transaction) -> int:
    """Return the rowid of the last object; 0 where there is none."""
    return _number(tx, _LAST)


def has_stale(tx: Transaction) -> bool:
    """Return whether objects lost the names by which they are indexed."""
    return bool(tx.run_text(_STALE, (1,)))


def _number(tx: Transaction, statement: str) -> int:
    return int(tx.run_text(statement)[0][0])


def _pairs(tx: Transaction, statement: str, values: tuple[int, ...]) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in tx.run_text(statement, values)]


def _renew(tx: Transaction, stale: Sequence[tuple[int, str]], reach: int) -> None:
    """Replace names that are not right any more; what lies beyond the index's reach is added when it is reached."""
    trigrams.forget(tx, stale)
    tx.run_text(_FORGET_STALE, [(place,) for place, _ in stale])
    trigrams.add(tx, [pair for place, _ in stale if place <= reach for pair in _pairs(tx, _NAMED_NOW, (place,))])


def _sample(tx: Transaction) -> list[tuple[int, str]]:
    """Return some objects that should be in the index, evenly spread; the last one among them."""
    reach = _number(tx, _REACH_NOW)
    places = {1 + (reach - 1) * number // (_SAMPLE - 1) for number in range(_SAMPLE)} if reach else set()
    return [pair for place in sorted(places) for pair in _pairs(tx, _SAMPLED, (place, reach))]
