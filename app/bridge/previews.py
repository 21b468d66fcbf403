"""A look into objects, and into what they were before: read by range in the name of whoever acts, never by path.

Each call opens the object anew, so that a right that is gone ends a look at once. Ranges are only read of the very
content that the look began with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtGui import QImage

from app.bridge.acting import ActingTasks, Attempt, Deed
from app.bridge.tasks import Fail, Ticket
from app.previews.decoder.client import CantShow, Decoder
from app.previews.shapes import Inside, Picture, TextPart
from engine.cancel import CancelToken
from engine.errors import ObjectChanged
from engine.files.downloads import ObjectReader
from engine.storage import FileStorage
from engine.types import RlsContext, StorageObject
from engine.version_types import ObjectVersion

if TYPE_CHECKING:
    from app.previews.comparing import Comparison

PDF: Final = "application/pdf"

_T = TypeVar("_T")
Opener = Callable[[RlsContext], ObjectReader]


@dataclass(frozen=True, slots=True)
class Source:
    """One content that can be looked at.

    Attributes:
        info: The object, or what it was.
        open: Opens it for somebody.
    """

    info: StorageObject
    open: Opener

    def is_same_as(self, other: Source) -> bool:
        """Return whether it is the same content under the same name."""
        return (self.info.version, self.info.path) == (other.info.version, other.info.path)


class Opened:
    """A content that is open, as `previews.content.Content`."""

    def __init__(self, reader: ObjectReader, token: CancelToken) -> None:
        """Args: what reads it; what says that nobody waits any more."""
        self._reader = reader
        self.token = token

    @property
    def name(self) -> str:
        """Return the last segment of its path."""
        return self._reader.info.name

    @property
    def size_bytes(self) -> int:
        """Return how long it is."""
        return self._reader.size

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`."""
        self.token.raise_if_cancelled()
        return self._reader.read_at(offset, count)


class Previewer:
    """Looks inside objects."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks) -> None:
        """Args: the engine, and the lanes of whoever looks."""
        self._storage = storage
        self._tasks = tasks
        self._decoder = Decoder()
        self._small = Decoder()  # a look need not wait for a folder full of thumbnails, nor for a film of frames

    def thumbnail(self, data: bytes, mime_type: str, token: CancelToken, edge_px: int) -> QImage | None:
        """Draw a picture, or the first page of a PDF, in a worker; None where that cannot be.

        Raises:
            CantShow: It took too long, perhaps because everything does just now.
        """
        from app.previews.pdfs import drawn_page  # a look brings the readers of all kinds of files
        from app.previews.pictures import still_picture

        try:
            if mime_type == PDF:
                return drawn_page(data, self._small, token, edge_px).frames[0].image
            return still_picture(data, self._small, token, edge_px)
        except CantShow as error:
            if error.too_long:
                raise
            return None

    def of_object(self, item: StorageObject, moment: datetime | None = None) -> Source:
        """Return an object as something to look at, as it was at a moment if one is given."""
        if moment is not None:
            return Source(item, lambda me: self._storage.past.open(item.bucket, item.path, moment, me))
        return Source(item, lambda me: self._storage.open_object(item.bucket, item.path, me))

    def of_version(self, version: ObjectVersion) -> Source:
        """Return one of an object's contents as something to look at."""
        info, number = version.info, version.id
        if number is None:
            return self.of_object(info)
        return Source(info, lambda me: self._storage.versions.open(info.bucket_id, number, me))

    def preview(
        self, source: Source, edge_px: int, then: Callable[[Inside], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Look inside.

        Args:
            source: What.
            edge_px: Longest side of a picture that is wanted.
            then: Gets what can be shown; what cannot be decoded shows its bytes.
            otherwise: Gets the failure to read the object.
        """

        def work(ticket: Ticket, me: RlsContext) -> Inside:
            from app.previews.registry import look_inside  # a look brings the readers of all kinds of files

            with source.open(me) as reader:
                return look_inside(Opened(reader, ticket.token), self._decoder, edge_px)

        return self._look(source, work, then, otherwise)

    def page(
        self, source: Source, number: int, edge_px: int, then: Callable[[Picture], None], otherwise: Fail
    ) -> Ticket:
        """Draw one page of a PDF; arguments as in `pdfs.page_of`."""

        def work(ticket: Ticket, me: RlsContext) -> Picture:
            from app.previews.pdfs import page_of  # a look brings the readers of all kinds of files

            with self._same(source, me) as reader:
                return page_of(Opened(reader, ticket.token), self._decoder, edge_px, number)

        return self._look(source, work, then, otherwise)

    def moving(self, source: Source, edge_px: int, then: Callable[[Picture], None], otherwise: Fail) -> Ticket:
        """Decode the frames of a picture that moves, beside other looks; arguments as in `preview`."""

        def work(ticket: Ticket, me: RlsContext) -> Picture:
            from app.previews.pictures import moving_picture  # a look brings the readers of all kinds of files

            with self._same(source, me) as reader:
                return moving_picture(Opened(reader, ticket.token), self._small, edge_px)

        return self._look(source, work, then, otherwise)

    def more(
        self, source: Source, offset: int, codec: str, then: Callable[[TextPart], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Read the next part of a text; arguments as in `texts.more_of`."""

        def work(ticket: Ticket, me: RlsContext) -> TextPart:
            from app.previews.texts import more_of  # a look brings the readers of all kinds of files

            with self._same(source, me) as reader:
                return more_of(Opened(reader, ticket.token), offset, codec)

        return self._look(source, work, then, otherwise)

    def bytes_at(
        self, source: Source, offset: int, count: int, then: Callable[[bytes], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Read a range of bytes."""

        def work(_: Ticket, me: RlsContext) -> bytes:
            with self._same(source, me) as reader:
                return reader.read_at(offset, count)

        return self._look(source, work, then, otherwise)

    def compare(
        self, before: Source, after: Source, edge_px: int, then: Callable[[Comparison], None], otherwise: Fail
    ) -> Ticket:
        """Compare two contents; arguments as in `preview`."""

        def work(ticket: Ticket, me: RlsContext) -> Comparison:
            from app.previews.comparing import compare  # a look brings the readers of all kinds of files

            with before.open(me) as old, after.open(me) as new:
                return compare(Opened(old, ticket.token), Opened(new, ticket.token), self._decoder, edge_px)

        return self._look(after, work, then, otherwise)

    def close(self) -> None:
        """Decode nothing any more; waits for what decodes. Off the main thread."""
        self._decoder.close()
        self._small.close()

    def _look(
        self,
        source: Source,
        work: Callable[[Ticket, RlsContext], _T],
        then: Callable[[_T], None],
        otherwise: Fail | None,
    ) -> Ticket:
        attempt = Attempt(Deed.READ, source.info.bucket, source.info.path)
        return self._tasks.look(work, then, otherwise, attempt=attempt)

    def _same(self, source: Source, me: RlsContext) -> ObjectReader:
        """Open the very content that the look began with.

        Raises:
            ObjectChanged: There is another one by now.
        """
        reader = source.open(me)
        if reader.info.version != source.info.version:
            reader.close()
            raise ObjectChanged("Somebody else changed it meanwhile", path=source.info.path)
        return reader
