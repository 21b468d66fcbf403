"""Keeps objects open for the next request, for as long as nothing at all has changed in the workspace.

Looking up a row and opening its file costs many times what sending a small object does. So what was opened for a
caller stays open for the same caller for a moment, and counts only while the database's version is the one
that was read before it was opened: any commit, of this or another process, by whomever, makes everything be looked up
anew. Several requests for one object that is not open yet wait for one opening.

Loop's thread only; the opening itself runs in a worker.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from engine.context import Operation, Origin
from engine.errors import StorageError
from engine.files.downloads import ObjectReader
from engine.server import bounds
from engine.server.openings import Openings
from engine.storage import FileStorage
from engine.types import RlsContext

_KEEPS: Final = os.name != "nt"
"""Windows neither renames nor removes files that are open, so nothing is kept open there."""

_Key = tuple[int, Operation, str, str]


class Door(Enum):
    """Ways to an object that are nobody's own."""

    PUBLIC = auto()
    """The bucket is public."""
    GRANTED = auto()
    """A signed link was verified."""


Caller = RlsContext | Door
"""By whose right an object is opened."""


@dataclass(slots=True)
class OpenObject:
    """An object that is open, or being opened, for one caller.

    Attributes:
        caller: By whose right it is opened; held so that its identity stays its own.
        version: The database's version before the opening began.
        until_s: When it is to be opened anew in any case, on the monotonic clock.
        context: The caller in the act, for the audit.
        opening: The reader, or the promise of it.
        users: Requests that are using it.
        retired: Whether it is out of the table, to be closed by its last user.
    """

    caller: Caller
    version: int
    until_s: float
    context: RlsContext
    opening: asyncio.Future[ObjectReader]
    users: int = 0
    retired: bool = False

    @property
    def is_open(self) -> bool:
        """Return whether the reader is there."""
        return self.opening.done() and not self.opening.cancelled() and self.opening.exception() is None

    @property
    def reader(self) -> ObjectReader:
        """Return the reader, for `read_at` and `fileno` alone: it is shared."""
        return self.opening.result()


class OpenObjects:
    """Opens objects, or finds them open.

    Args:
        storage: The engine.
        openings: Where opening runs.
    """

    def __init__(self, storage: FileStorage, openings: Openings) -> None:
        self._storage = storage
        self._openings = openings
        self._table: dict[_Key, OpenObject] = {}
        self._version: int | None = None

    async def borrow(
        self, bucket: str, path: str, caller: Caller, operation: Operation, origin: Callable[[], Origin]
    ) -> OpenObject:
        """Open an object that the caller may read; to be given back.

        Args:
            bucket: Name or id.
            path: The object.
            caller: By whose right; the very same object for the very same caller.
            operation: What it is read for; row rules may tell one from another.
            origin: Says where the request came from.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is no such object that the caller may see.
            EnvironmentFault: The bytes cannot be opened.
        """
        key = (id(caller), operation, bucket, path)
        version = self._version_now()
        found = self._table.get(key)
        if found is None or found.version != version or found.until_s < time.monotonic():
            found = self._open(key, version, caller, origin())
            found.users += 1
            await self._opened(found)
            return found
        found.users += 1
        # The engine has noted whom the object was opened for; these read what is open.
        try:
            if not found.is_open:
                await self._opened(found)
        except StorageError as error:
            self._storage.note(found.context, error, origin())
            raise
        self._storage.note(found.context, None, origin())
        return found

    def give_back(self, used: OpenObject) -> None:
        """End one use.

        Args:
            used: What `borrow` returned.
        """
        used.users -= 1
        _close_if_unused(used)

    def tidy(self) -> None:
        """Close what is no longer fresh. To be called regularly."""
        now_s = time.monotonic()
        for key in [key for key, entry in self._table.items() if entry.until_s < now_s]:
            self._retire(key)

    def close(self) -> None:
        """Close everything that nobody uses; the rest follows when given back."""
        for key in list(self._table):
            self._retire(key)

    def _version_now(self) -> int:
        """Return the database's version, read at most once in a turn of the loop.

        A request is answered in a later turn than the one that received it, so whatever was committed before the
        client sent it is in a version read in this turn.
        """
        if self._version is None:
            self._version = self._storage.data_version()
            asyncio.get_running_loop().call_soon(self._forget_version)
        return self._version

    def _forget_version(self) -> None:
        self._version = None

    def _open(self, key: _Key, version: int, caller: Caller, origin: Origin) -> OpenObject:
        self._retire(key)
        _, operation, bucket, path = key
        somebody = RlsContext.anonymous() if isinstance(caller, Door) else caller
        context = somebody.doing(operation, bucket, path)
        opening = asyncio.ensure_future(
            self._openings.run(self._open_now, bucket, path, caller, context.coming_from(origin))
        )
        entry = OpenObject(caller, version, time.monotonic() + bounds.OPEN_OBJECT_LIFE_S, context, opening)
        opening.add_done_callback(lambda _: self._settled(key, entry))
        self._table[key] = entry
        if len(self._table) > bounds.OPEN_OBJECTS_MAX:
            self._retire(next(iter(self._table)))
        return entry

    def _open_now(self, bucket: str, path: str, caller: Caller, context: RlsContext) -> ObjectReader:
        reader = self._reader(bucket, path, caller, context)
        reader.on_close = None  # each request tells for itself
        return reader

    def _reader(self, bucket: str, path: str, caller: Caller, context: RlsContext) -> ObjectReader:
        if caller is Door.PUBLIC:
            return self._storage.open_public(bucket, path, context)
        if caller is Door.GRANTED:
            return self._storage.open_granted(bucket, path, context)
        return self._storage.open_object(bucket, path, context)

    async def _opened(self, entry: OpenObject) -> None:
        """Wait for an opening that others may be waiting for as well."""
        try:
            await asyncio.shield(entry.opening)
        except BaseException:
            self.give_back(entry)
            raise

    def _settled(self, key: _Key, entry: OpenObject) -> None:
        """Forget an opening that failed or is not to be kept."""
        if not (_KEEPS and entry.is_open):
            self._retire(key, entry)
        _close_if_unused(entry)

    def _retire(self, key: _Key, only: OpenObject | None = None) -> None:
        entry = self._table.get(key)
        if entry is None or only not in (None, entry):
            return
        del self._table[key]
        entry.retired = True
        _close_if_unused(entry)


def _close_if_unused(entry: OpenObject) -> None:
    if entry.retired and not entry.users and entry.is_open:
        entry.reader.close()
