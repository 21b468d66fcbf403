"""Moments that the model remembers, and how a bucket is shown as it was then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from engine.errors import ObjectNotFound
from engine.storage import FileStorage
from engine.times import to_datetime
from engine.types import FolderCount, ListRequest
from tests.engine.model.bench import Calendar
from tests.engine.model.folders import shown
from tests.engine.model.operation import SERVICE
from tests.engine.model.plans import PATHS
from tests.engine.model.world import Stored, World, checksum_of


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and what stood then in each bucket."""

    at: datetime
    stood: dict[int, dict[str, Stored]]

    @classmethod
    def now(cls, calendar: Calendar, world: World) -> Moment:
        """Return this moment."""
        stood = {shelf.number: dict(shelf.objects) for shelf in world.shelves.values()}
        return cls(to_datetime(calendar()), stood)

    def hold_against(self, storage: FileStorage, world: World) -> None:
        """See that what is still known of the moment is shown and read as it was, and nothing else."""
        for name, shelf in world.shelves.items():
            known = world.stood(shelf, self.stood.get(shelf.number, {}))
            self._compare_folder(storage, name, "", known)
            for path, data in known.items():
                with storage.past.open(name, path, self.at, SERVICE, verify=True) as reader:
                    assert reader.read() == data
            for path in set(PATHS[:3]) - known.keys():
                with pytest.raises(ObjectNotFound):
                    storage.past.open(name, path, self.at, SERVICE)

    def _compare_folder(self, storage: FileStorage, bucket: str, prefix: str, known: dict[str, bytes]) -> None:
        """Compare a folder, and those in it."""
        folders, paths = shown([path for path in known if path.startswith(prefix)], prefix)
        assert storage.count_folder(bucket, prefix, SERVICE, self.at) == FolderCount(len(folders), len(paths))
        request = ListRequest(prefix, limit=2, moment=self.at)
        pages = [storage.list(bucket, request, SERVICE)]
        while pages[-1].next_cursor is not None:
            request = replace(request, cursor=pages[-1].next_cursor)
            pages.append(storage.list(bucket, request, SERVICE))
        assert [folder.path for page in pages for folder in page.folders] == folders
        objects = [(stored.path, stored.checksum) for page in pages for stored in page.objects]
        assert objects == [(path, checksum_of(known[path])) for path in paths]
        for folder in folders:
            self._compare_folder(storage, bucket, folder, known)
