"""What buckets that keep the past must hold: a small model of them, which counts steps instead of time.

Places are `KIND:PATH`, contents are checksums, each of which comes into being once. An operation is a JSON list, its
name and what it is about; it consists of commits, each of which happens as a whole or not at all.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from engine.types import Retention

DAYS = 7
TRASH_DAYS = 30
KINDS = {
    "keep": Retention(versions=4, days=DAYS, trash_days=TRASH_DAYS),
    "trash": Retention(trash_days=TRASH_DAYS),
    "old": Retention(days=DAYS),
    "plain": Retention(),
}
"""The buckets, and what each keeps at first."""

NEVER = -1
ALWAYS = 2**62
"""Steps before and after all others."""

Operation = list[Any]
Commit = Callable[["PastState"], None]


class Stood(NamedTuple):
    """What stands at a place.

    Attributes:
        version: Names these bytes: a content that is copied or restored stands there anew.
    """

    content: str
    since: int
    version: int


class Kept(NamedTuple):
    """What stood at a place.

    Attributes:
        has_bytes: Whether it has them itself; else they stand somewhere, or another row of the version has them.
    """

    place: str
    content: str
    since: int
    until: int
    ending: str
    in_trash: bool
    version: int
    has_bytes: bool


class Shape(NamedTuple):
    """All of it that can be seen, for comparison.

    Attributes:
        history: By place, the newest first: content, ending, whether it is in the trash.
        lost: Contents without bytes.
        strays: Files of nobody's, by name.
        aside: Contents of the files in `.lost+found`.
    """

    buckets: dict[str, Retention]
    live: dict[str, str]
    history: dict[str, list[tuple[str, str, bool]]]
    trash: list[tuple[str, str]]
    lost: set[str]
    strays: dict[str, str]
    aside: list[str]


def kind_of(place: str) -> str:
    """Return the bucket of a place."""
    return place.partition(":")[0]


@dataclass(slots=True)
class PastState:
    """What is stored and kept.

    Attributes:
        step: The operation that is under way, or was last.
        versions: How many there were.
        rows: What is kept, in the order of its coming.
    """

    step: int = 0
    versions: int = 0
    buckets: dict[str, Retention] = field(default_factory=dict)
    live: dict[str, Stood] = field(default_factory=dict)
    rows: list[Kept] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    strays: dict[str, str] = field(default_factory=dict)
    aside: list[str] = field(default_factory=list)

    def after(self, commits: Iterable[Commit]) -> PastState:
        """Return what it becomes by some commits of the next operation."""
        state = copy.deepcopy(self)
        state.step += 1
        for commit in commits:
            commit(state)
        return state

    def shape(self) -> Shape:
        """Return all that can be seen of it."""
        history: dict[str, list[tuple[str, str, bool]]] = {}
        for row in sorted(self.rows, key=lambda row: -row.until):
            history.setdefault(row.place, []).append((row.content, row.ending, row.in_trash))
        return Shape(
            self.buckets,
            {place: stood.content for place, stood in self.live.items()},
            history,
            sorted((row.place, row.content) for row in self.rows if row.in_trash),
            self.lost & self._meant(),
            self.strays,
            sorted(self.aside),
        )

    def at(self, step: int) -> dict[str, str]:
        """Return what stood where after a step, as far as that is kept; folder markers are not shown."""
        then = {row.place: row.content for row in self.rows if row.since <= step < row.until}
        now = {place: stood.content for place, stood in self.live.items() if stood.since <= step}
        return {place: content for place, content in (then | now).items() if not place.endswith("/")}

    def _meant(self) -> set[str]:
        return {stood.content for stood in self.live.values()} | {row.content for row in self.rows}

    def _keep(self, place: str, ending: str, *, in_trash: bool = False) -> None:
        stood = self.live[place]
        has_bytes = ending != "moved"
        self.rows.append(Kept(place, stood.content, stood.since, self.step, ending, in_trash, stood.version, has_bytes))

    def _inherit(self, versions: Iterable[int]) -> None:
        """Give the bytes of versions whose holders are gone to the first rows that mean them."""
        for version in versions:
            heir = next((at for at, row in enumerate(self.rows) if row.version == version), None)
            if heir is not None:
                self.rows[heir] = self.rows[heir]._replace(has_bytes=True)

    def _leave_only(self, rows: list[Kept]) -> None:
        """Remove the other rows."""
        left = {(row.place, row.since) for row in rows}
        gone = [row for row in self.rows if (row.place, row.since) not in left]
        self.rows = rows
        self._inherit(row.version for row in gone if row.has_bytes)

    def _stand(self, place: str, content: str) -> None:
        self.versions += 1
        self.live[place] = Stood(content, self.step, self.versions)

    def retain(self, kind: str, numbers: list[int | None]) -> None:
        self.buckets[kind] = Retention(*numbers)

    def drop(self, kind: str) -> None:
        del self.buckets[kind]
        self._leave_only([row for row in self.rows if kind_of(row.place) != kind])

    def store(self, items: list[list[str]]) -> None:
        for place, content in items:
            if place in self.live and self.buckets[kind_of(place)].keeps_versions:
                self._keep(place, "replaced")
            elif place in self.live:
                self._inherit([self.live[place].version])
            self._stand(place, content)

    def restore(self, place: str, content: str) -> None:
        """Store what stood somewhere; what that replaces goes to the trash where only that keeps it."""
        retention = self.buckets[kind_of(place)]
        if place in self.live and retention.trash_days is not None and not retention.keeps_versions:
            self._keep(place, "replaced", in_trash=True)
            self._stand(place, content)
        else:
            self.store([[place, content]])

    def delete(self, places: list[str], for_good: bool) -> None:
        for place in places:
            retention = self.buckets[kind_of(place)]
            has_trash = retention.trash_days is not None
            if (has_trash or retention.keeps_versions) and not for_good:
                self._keep(place, "deleted", in_trash=has_trash)
            else:
                self._inherit([self.live[place].version])
            del self.live[place]

    def move(self, pairs: list[list[str]]) -> None:
        for source, target in pairs:
            if self.buckets[kind_of(source)].keeps_versions:
                self._keep(source, "moved")
            self.live[target] = self.live.pop(source)._replace(since=self.step)

    def untrash(self, items: list[list[Any]]) -> None:
        for place, since, target in items:
            at = next(at for at, row in enumerate(self.rows) if (row.place, row.since) == (place, since))
            row = self.rows.pop(at)
            self.live[target] = Stood(row.content, self.step, row.version)
            if self.buckets[kind_of(place)].keeps_versions:
                self.rows.insert(at, row._replace(in_trash=False, has_bytes=False))

    def forget(self, items: list[list[Any]]) -> None:
        gone = {(place, since) for place, since in items}
        self._leave_only([row for row in self.rows if (row.place, row.since) not in gone])

    def leave_trash(self, kind: str, trash_until: int) -> None:
        """Let out of one bucket's trash what came there by a step: a version like others, or nothing."""
        if kind not in self.buckets:
            return
        retention = self.buckets[kind]
        until = ALWAYS if retention.trash_days is None else trash_until
        over = [row for row in self.rows if kind_of(row.place) == kind and row.in_trash and row.until <= until]
        if retention.keeps_versions:
            self.rows = [row._replace(in_trash=False) if row in over else row for row in self.rows]
        else:
            self._leave_only([row for row in self.rows if row not in over])

    def expire(self, kind: str, versions_until: int) -> None:
        """Forget old versions of one bucket that are too many, or ended by a step."""
        if kind not in self.buckets:
            return
        retention = self.buckets[kind]
        mine = [row for row in self.rows if kind_of(row.place) == kind and not row.in_trash]
        over = [
            row for row in mine if not retention.keeps_versions or self._is_over(row, mine, retention, versions_until)
        ]
        self._leave_only([row for row in self.rows if row not in over])

    @staticmethod
    def _is_over(row: Kept, rows: list[Kept], retention: Retention, versions_until: int) -> bool:
        if retention.days is not None and row.until <= versions_until:
            return True
        alike = [one for one in rows if (one.place, one.has_bytes) == (row.place, row.has_bytes)]
        newer = [one for one in alike if one.until > row.until]
        return retention.versions is not None and len(newer) >= retention.versions

    def stray(self, name: str, content: str) -> None:
        self.strays[name] = content

    def lose(self, content: str) -> None:
        self.lost.add(content)

    def put_aside(self, name: str) -> None:
        self.aside.append(self.strays.pop(name))

    def remove_lost(self, content: str) -> None:
        self.rows = [row for row in self.rows if row.content != content]
        self.live = {place: stood for place, stood in self.live.items() if stood.content != content}


def commits_of(operation: Operation) -> list[Commit]:
    """Return what an operation commits, in order."""
    name, *about = operation
    match name:
        case "delete":
            groups, for_good = about
            return [_commit(PastState.delete, places, for_good) for places in groups]
        case "expire":
            versions_until, trash_until = about
            return [
                commit
                for kind in KINDS
                for commit in (
                    _commit(PastState.leave_trash, kind, trash_until),
                    _commit(PastState.expire, kind, versions_until),
                )
            ]
        case "cleanup":
            strays, lost = about
            put_aside = [_commit(PastState.put_aside, stray) for stray in strays]
            return put_aside + [_commit(PastState.remove_lost, content) for content in lost]
        case "scrub":
            return []
        case _:
            return [_commit(getattr(PastState, name), *about)]


def _commit(change: Callable[..., None], *about: Any) -> Commit:
    return partial(_change, change, about)


def _change(change: Callable[..., None], about: tuple[Any, ...], state: PastState) -> None:
    change(state, *about)
