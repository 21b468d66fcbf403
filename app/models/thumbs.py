"""The thumbnails that are on the screen, or were a moment ago: asked for when a view has come to rest."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.models.sources import Cancellable, Failed
from engine.types import StorageObject

_CALM_MS: Final = 60
_HELD_BYTES: Final = 32 * 1024 * 1024
_WITHOUT_MAX: Final = 10_000
_ATTEMPTS: Final = 3
"""Of one that fails for a reason that may pass."""


class ThumbSource(Protocol):
    """What makes them."""

    def may_have(self, item: StorageObject | None) -> bool:
        """Return whether one is worth asking for."""
        ...

    def make(self, item: StorageObject, then: Callable[[QImage | None], None], otherwise: Failed) -> Cancellable:
        """Make one; `then` gets None where there can be none, `otherwise` why there is none this time."""
        ...


class Thumbs(QObject):
    """Holds a bounded number of images by version.

    Signals:
        come: One has come; carries its version.
    """

    come = Signal(str)

    def __init__(self, source: ThumbSource, parent: QObject | None = None) -> None:
        """Args: what makes them; Qt's owner."""
        super().__init__(parent)
        self._source = source
        self._held: OrderedDict[str, QImage] = OrderedDict()
        self._held_bytes = 0
        self._without: set[str] = set()
        self._failures: Counter[str] = Counter()
        self._loading: dict[str, Cancellable] = {}
        self._wanted: tuple[StorageObject, ...] = ()
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._load)

    def image(self, version: str) -> QImage | None:
        """Return one that is there."""
        image = self._held.get(version)
        if image is not None:
            self._held.move_to_end(version)
        return image

    def want(self, items: Sequence[StorageObject | None]) -> None:
        """Say what is on the screen, the first to be made first. What is not among them is no longer made."""
        self._wanted = tuple(item for item in items if item is not None and self._source.may_have(item))
        self._calm.start()

    def clear(self) -> None:
        """Forget everything: somebody else looks."""
        self.want(())
        self._load()
        self._held.clear()
        self._without.clear()
        self._failures.clear()
        self._held_bytes = 0

    def _load(self) -> None:
        versions = {item.version for item in self._wanted}
        for version in [one for one in self._loading if one not in versions]:
            self._loading.pop(version).cancel()
        for item in self._wanted:
            version = item.version
            if version not in self._loading and version not in self._held and version not in self._without:
                self._loading[version] = self._source.make(
                    item, partial(self._take, version), partial(self._fail, version)
                )

    def _fail(self, version: str, _error: Exception) -> None:
        """Have it asked for again when a view next comes to rest, but not for ever."""
        self._failures[version] += 1
        if self._failures[version] >= _ATTEMPTS:
            self._take(version, None)
        else:
            self._loading.pop(version, None)

    def _take(self, version: str, image: QImage | None) -> None:
        self._loading.pop(version, None)
        if image is None:
            if len(self._without) >= _WITHOUT_MAX:
                self._without.clear()
                self._failures.clear()
            self._without.add(version)
            return
        self._held[version] = image
        self._held_bytes += image.sizeInBytes()
        while self._held_bytes > _HELD_BYTES:
            self._held_bytes -= self._held.popitem(last=False)[1].sizeInBytes()
        self.come.emit(version)
