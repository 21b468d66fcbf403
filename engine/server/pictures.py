"""Drawn pictures: each is drawn once while it is remembered, however many ask for it at the same time.

The key is the content's checksum and what is wanted of it, so nothing that is remembered can ever be out of date.
Loop's thread only; drawing itself runs in a pool of its own, in child processes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

from engine.files.downloads import ObjectReader
from engine.images import NotDrawn, Painter, Transform
from engine.server import bounds
from engine.server.errors import NotRendered, Overloaded
from engine.server.workers import Workers


class PaintingWorkers(Workers):
    """The pool in which painting is waited for; closing it ends the children first.

    Args:
        painter: Draws.
    """

    def __init__(self, painter: Painter) -> None:
        super().__init__(bounds.PAINTERS)
        self.painter = painter

    def close(self, timeout_s: float) -> bool:
        """End the children, and the pool.

        Args:
            timeout_s: How long to wait for those who ask them.

        Returns:
            Whether all have ended.
        """
        self.painter.close()
        return super().close(timeout_s)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture.

    Attributes:
        mime_type: Of its bytes.
        data: The file.
    """

    mime_type: str
    data: bytes


_Key = tuple[str, str, bool]


class Pictures:
    """Draws pictures or remembers them.

    Args:
        workers: Where drawing runs.
    """

    def __init__(self, workers: PaintingWorkers) -> None:
        self._workers = workers
        self._drawn: OrderedDict[_Key, Picture] = OrderedDict()
        self._drawn_bytes = 0
        self._waiting: dict[_Key, asyncio.Future[Picture]] = {}

    async def picture(self, reader: ObjectReader, transform: Transform, accepted: Collection[str]) -> Picture:
        """Return the picture that is wanted of an object.

        Args:
            reader: The object, authorised.
            transform: What is wanted.
            accepted: MIME types that the client named; the only one that counts is WebP.

        Raises:
            NotRendered: No picture can be made of it.
            Overloaded: Too many are waiting.
            EnvironmentFault: The bytes cannot be read.
        """
        takes_webp = "image/webp" in accepted
        key = (reader.info.checksum, transform.text(), takes_webp)
        found = self._drawn.get(key)
        if found is not None:
            self._drawn.move_to_end(key)
            return found
        drawing = self._waiting.get(key)
        if drawing is None:
            drawing = self._begin(key, reader, transform, ("image/webp",) if takes_webp else ())
        return await asyncio.shield(drawing)

    def forget(self) -> None:
        """Forget all pictures that are remembered."""
        self._drawn.clear()
        self._drawn_bytes = 0

    def _begin(
        self, key: _Key, reader: ObjectReader, transform: Transform, accepted: tuple[str, ...]
    ) -> asyncio.Future[Picture]:
        if len(self._waiting) >= bounds.PICTURES_WAITING_MAX:
            raise Overloaded("Too many pictures are waiting to be drawn")
        if reader.size > bounds.PICTURE_MAX_BYTES:
            raise NotRendered("The object is too large to make a picture of")
        drawing = asyncio.ensure_future(self._workers.run(_drawn, self._workers.painter, reader, transform, accepted))
        self._waiting[key] = drawing
        drawing.add_done_callback(lambda _: self._settled(key, drawing))
        return drawing

    def _settled(self, key: _Key, drawing: asyncio.Future[Picture]) -> None:
        del self._waiting[key]
        if drawing.cancelled() or drawing.exception() is not None:
            return
        self._drawn[key] = drawing.result()
        self._drawn_bytes += len(drawing.result().data)
        while self._drawn_bytes > bounds.PICTURE_CACHE_BYTES:
            self._drawn_bytes -= len(self._drawn.popitem(last=False)[1].data)


def _drawn(painter: Painter, reader: ObjectReader, transform: Transform, accepted: tuple[str, ...]) -> Picture:
    """Read the object and have it drawn. Blocks."""
    data = reader.read_at(0, reader.size)
    try:
        return Picture(*painter.paint(data, transform, accepted))
    except NotDrawn as error:
        raise NotRendered(f"The object cannot be shown as a picture: {error}") from error
