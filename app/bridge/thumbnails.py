"""Small pictures of objects: made in a lane of their own, one at a time, kept on disk within a bound.

A picture is known by its object's id and version, so that it is never that of other bytes. Whoever looks must be able
to see the object at the moment of asking, also where the picture has been made before for somebody else. Files are
named so that a folder of them tells nothing; those not used for longest go first, and after a month in any case. Where
the window deletes something of a bucket for good, all of that bucket go with it; what others delete is told by
`aftermath`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtGui import QImage

from app.bridge.acting import ActingTasks
from app.bridge.previews import PDF
from app.bridge.tasks import Fail, Ticket
from app.imaging import LIMITS, decode, is_picture_type
from engine.cancel import CancelToken
from engine.errors import ObjectChanged, ObjectNotFound, StorageError
from engine.storage import FileStorage
from engine.types import RlsContext, StorageObject

EDGE_PX: Final = 256
"""Side of the square that every thumbnail fits: that of the largest icons."""

Draw = Callable[[bytes, str, CancelToken, int], QImage | None]
"""Draws content of a MIME type so that it fits a square, or returns None where that cannot be."""

_KEPT_BYTES: Final = 64 * 1024 * 1024
_KEPT_S: Final = 30 * 24 * 3600
_SWEEP_EVERY: Final = 500
_QUALITY: Final = 85
_KNOWN_UNTIL: Final = "known-until"
_CLOCK_STEP_S: Final = 2
"""So coarse some file systems' times are."""


class Thumbnails:
    """Makes them, and remembers them."""

    def __init__(
        self, storage: FileStorage, tasks: ActingTasks, draw: Draw, folder: Path, kept_bytes: int = _KEPT_BYTES
    ) -> None:
        """Args: the engine; the lanes of whoever looks; what draws; where they are kept; how much of them."""
        self._storage = storage
        self._draw = draw
        self._tasks = tasks
        self._folder = folder
        self._kept_bytes = kept_bytes
        self._until_sweep = 0
        self._since_s = time.time() - _CLOCK_STEP_S

    @staticmethod
    def may_have(item: StorageObject | None) -> bool:
        """Return whether a thumbnail is worth asking for."""
        if item is None or not 0 < item.size_bytes <= LIMITS.file_bytes:
            return False
        return is_picture_type(item.mime_type) or item.mime_type == PDF

    def make(self, item: StorageObject, then: Callable[[QImage | None], None], otherwise: Fail) -> Ticket:
        """Find or make one.

        Args:
            item: As listed.
            then: Gets it, or None where these bytes have none: no picture, or too much of one.
            otherwise: Gets why there is none this time, such as that it is not there for whoever looks.
        """
        return self._tasks.illustrate(lambda ticket, me: self._find(item, ticket.token, me), then, otherwise)

    def forget(self, bucket: str) -> None:
        """Keep none of a bucket, in which something was deleted for good; none at all where it is gone itself.

        To be called in a worker.

        Args:
            bucket: Its name or id.
        """
        try:
            folder = self._folder / _hidden(self._storage.get_bucket(bucket, RlsContext.service()).id)
        except StorageError:
            folder = self._folder
        shutil.rmtree(folder, ignore_errors=True)

    def forget_object(self, bucket_id: str, object_id: str, version: str) -> None:
        """Keep none of a content that is gone, whoever deleted it; to be called in a worker."""
        with contextlib.suppress(OSError):
            self._path_of(bucket_id, object_id, version).unlink(missing_ok=True)

    def forget_bucket(self, bucket_id: str) -> None:
        """Keep none of a bucket that is gone; to be called in a worker."""
        shutil.rmtree(self._folder / _hidden(bucket_id), ignore_errors=True)

    def known_until(self) -> int | None:
        """Return the number of the last event up to which what is gone is forgotten, or None if nobody knows."""
        try:
            return int((self._folder / _KNOWN_UNTIL).read_text())
        except (OSError, ValueError):
            return None

    def know_until(self, event_id: int) -> None:
        """Remember it; where the disk does not, all are forgotten the next time."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / _KNOWN_UNTIL).write_text(str(event_id))

    def begin_anew(self, event_id: int) -> None:
        """Keep only what was seen in this session: nobody knows what else was deleted up to an event."""
        _sweep(self._folder, self._kept_bytes, self._since_s)
        self.know_until(event_id)

    def _find(self, item: StorageObject, token: CancelToken, me: RlsContext) -> QImage | None:
        """Return a thumbnail; in the worker.

        Raises:
            StorageError: The object can't be read, or holds something else by now.
        """
        try:
            now = self._storage.info(item.bucket, item.path, me)
        except ObjectNotFound:
            self._path(item).unlink(missing_ok=True)
            raise
        if (now.id, now.version) != (item.id, item.version):
            raise ObjectChanged("There is something else by now", path=item.path)
        return self._kept(item) or self._made(item, token, me)

    def _kept(self, item: StorageObject) -> QImage | None:
        path = self._path(item)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return _decoded(data)

    def _made(self, item: StorageObject, token: CancelToken, me: RlsContext) -> QImage | None:
        with self._storage.open_object(item.bucket, item.path, me) as reader:
            if reader.info.version != item.version:
                # replaced in this very moment: never the picture of other bytes
                raise ObjectChanged("There is something else by now", path=item.path)
            data = reader.read_at(0, item.size_bytes)
        image = self._draw(data, item.mime_type, token, EDGE_PX)
        if image is not None:
            self._keep(item, image)
        return image

    def _keep(self, item: StorageObject, image: QImage) -> None:
        """Write one; where the disk takes none, it is made again the next time."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path(item).parent.mkdir(mode=0o700, exist_ok=True)
            if self._until_sweep == 0:
                _sweep(self._folder, self._kept_bytes, time.time() - _KEPT_S)
            self._until_sweep = (self._until_sweep + 1) % _SWEEP_EVERY
            part = self._path(item).with_suffix(".part")
            form, quality = ("PNG", -1) if image.hasAlphaChannel() else ("JPEG", _QUALITY)
            if image.save(str(part), form, quality):  # type: ignore[call-overload] # PySide takes text alone
                part.replace(self._path(item))

    def _path(self, item: StorageObject) -> Path:
        return self._path_of(item.bucket_id, item.id, item.version)

    def _path_of(self, bucket_id: str, object_id: str, version: str) -> Path:
        return self._folder / _hidden(bucket_id) / f"{_hidden(f'{object_id}/{version}')}.thumb"


def _hidden(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _decoded(data: bytes) -> QImage | None:
    picture = decode(data, EDGE_PX)
    return None if picture is None else picture.image


def _sweep(folder: Path, kept_bytes: int, not_before_s: float) -> None:
    """Remove what was not used since a moment, and beyond the bound what was not used for longest."""
    files = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            state = path.stat()
            if stat.S_ISREG(state.st_mode) and path.name != _KNOWN_UNTIL:
                files.append((state.st_mtime, state.st_size, path))
    total = 0
    for used_s, size_bytes, path in sorted(files, reverse=True):
        total += size_bytes
        if total > kept_bytes or used_s < not_before_s:
            path.unlink(missing_ok=True)
