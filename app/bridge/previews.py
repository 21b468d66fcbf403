"""A look into an object: a small picture or the beginning of a text. Read off the main thread, bounded, never run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from app.bridge.acting import ActingTasks
from app.bridge.tasks import Fail, Ticket
from engine.storage import FileStorage
from engine.types import RlsContext, StorageObject

_IMAGE_MAX_BYTES: Final = 32 * 1024 * 1024
_TEXT_BYTES: Final = 16 * 1024
_DECODED_MAX_MB: Final = 128
_EDGE_PX: Final = 480
_TEXT_TYPES: Final = (
    "application/json",
    "application/xml",
    "application/javascript",
    "application/toml",
    "application/x-sh",
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What can be shown of an object; both empty when there is nothing to show.

    Attributes:
        image: Scaled to a few hundred pixels.
        image_size: Its true width and height.
        text: The beginning of the text.
    """

    image: QImage | None = None
    image_size: QSize | None = None
    text: str = ""


class Previewer:
    """Makes previews."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks) -> None:
        """Args: the engine, and the lanes of whoever looks."""
        self._storage = storage
        self._tasks = tasks

    def preview(self, item: StorageObject, then: Callable[[Preview], None], otherwise: Fail | None = None) -> Ticket:
        """Make the preview of an object.

        Args:
            item: As listed.
            then: Gets it.
            otherwise: Gets the failure to read the object; an undecodable one is an empty preview.
        """
        return self._tasks.read(lambda _, me: self._make(item, me), then, otherwise)

    def _make(self, item: StorageObject, me: RlsContext) -> Preview:
        if item.mime_type.startswith("image/") and item.size_bytes <= _IMAGE_MAX_BYTES:
            return _picture(self._head(item, item.size_bytes, me))
        if item.mime_type.startswith("text/") or item.mime_type in _TEXT_TYPES:
            return Preview(text=_decoded(self._head(item, _TEXT_BYTES, me)))
        return Preview()

    def _head(self, item: StorageObject, size_bytes: int, me: RlsContext) -> bytes:
        with self._storage.open_object(item.bucket, item.path, me) as reader:
            return reader.read_at(0, min(size_bytes, item.size_bytes))


def _picture(data: bytes) -> Preview:
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    QImageReader.setAllocationLimit(_DECODED_MAX_MB)
    full = reader.size()
    if full.isValid() and max(full.width(), full.height()) > _EDGE_PX:
        reader.setScaledSize(full.scaled(_EDGE_PX, _EDGE_PX, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return Preview() if image.isNull() else Preview(image=image, image_size=full if full.isValid() else image.size())


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            # A cut in the middle of a character at the end is no reason to doubt the encoding.
            if error.start >= len(data) - 3:
                return data[: error.start].decode(encoding)
    return data.decode("latin-1")
