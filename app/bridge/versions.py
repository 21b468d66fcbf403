"""Old versions of objects: reading which there are, taking their bytes out, restoring and deleting them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from app.bridge.acting import ActingTasks, Attempt, Deed
from app.bridge.exporting import Exporter
from app.bridge.tasks import Fail, Ticket
from app.i18n import translate
from engine.files.downloads import ObjectReader
from engine.files.local_names import local_name
from engine.files.trees import deliver
from engine.storage import FileStorage
from engine.transfers.naming import free_name, tagged_name
from engine.types import RlsContext, StorageObject
from engine.version_types import Ending, ObjectVersion, Replaced


class VersionsBridge:
    """See the module."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks, exporter: Exporter) -> None:
        """Args: the engine, the lanes of whoever acts, and what makes files for other programs."""
        self._storage = storage
        self._tasks = tasks
        self._exporter = exporter

    def read(
        self, item: StorageObject, then: Callable[[tuple[ObjectVersion, ...]], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Read what stands and stood at an object's path, newest first."""
        return self._tasks.read(
            lambda _, me: self._storage.versions.list(item.bucket_id, item.path, me), then, otherwise
        )

    def open(self, version: ObjectVersion, then: Callable[[list[Path]], None], otherwise: Fail | None = None) -> Ticket:
        """Write a read-only copy into the folder of files for other programs."""
        name = local_name(version.info.name)
        return self._exporter.export_content(lambda me: self._open(version, me), name, then, otherwise)

    def download(
        self, version: ObjectVersion, folder: Path, then: Callable[[Path], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Write a version into a folder, under a name that says when it is from and that nothing has there."""
        label = translate("VersionsBridge", "Downloading {name}").format(name=version.info.name)
        return self._tasks.download(
            lambda ticket, me: self._download(version, folder, ticket, me),
            then,
            otherwise,
            label=label,
            attempt=Attempt(Deed.READ, version.info.bucket, version.info.path),
        )

    def restore(
        self,
        version: ObjectVersion,
        then: Callable[[ObjectVersion | None], None],
        otherwise: Fail | None = None,
        *,
        replaced: Replaced = Replaced.NEVER_LOST,
    ) -> Ticket:
        """Make an old content the present one.

        Args:
            version: Which.
            then: Gets what it replaced, to be restored in its turn, or None if there was nothing or it is gone.
            otherwise: Gets the failure; `WouldBeLost` where what it replaces would be, and must not (`replaced`).
            replaced: What becomes of the present content.
        """
        label = translate("VersionsBridge", "Restoring {name}").format(name=version.info.name)
        attempt = Attempt(Deed.RESTORE, version.info.bucket, version.info.path)
        return self._tasks.mutate(
            lambda ticket, me: self._restore(version, replaced, ticket, me),
            then,
            otherwise,
            label=label,
            attempt=attempt,
        )

    def delete(self, version: ObjectVersion, then: Callable[[int], None], otherwise: Fail | None = None) -> Ticket:
        """Forget one old version."""
        return self._tasks.mutate(
            lambda _, me: self._storage.versions.delete(version.info.bucket_id, [version.id or 0], me),
            then,
            otherwise,
            attempt=Attempt(Deed.DELETE, version.info.bucket, version.info.path),
        )

    def _restore(
        self, version: ObjectVersion, replaced: Replaced, ticket: Ticket, me: RlsContext
    ) -> ObjectVersion | None:
        bucket, versions = version.info.bucket_id, self._storage.versions
        stored = versions.restore(
            bucket, version.id or 0, me, replaced=replaced, progress=ticket.report, cancel=ticket.token
        )
        since_us = stored.updated_us
        past = versions.list(bucket, stored.path, me)
        return next((one for one in past if one.ending is Ending.REPLACED and one.until_us == since_us), None)

    def _download(self, version: ObjectVersion, folder: Path, ticket: Ticket, me: RlsContext) -> Path:
        name = tagged_name(local_name(version.info.name), f"{version.since.astimezone():%Y-%m-%d %H.%M.%S}")
        if os.path.lexists(folder / name):
            name = free_name(name, lambda form: os.path.lexists(folder / form))
        with self._open(version, me) as reader:
            deliver(
                reader, folder / name, replace=False, verify=True, monitor=lambda _: ticket.token.raise_if_cancelled()
            )
        return folder / name

    def _open(self, version: ObjectVersion, me: RlsContext) -> ObjectReader:
        return self._storage.versions.open(version.info.bucket_id, version.id or 0, me)
