"""Makes counts and lines of the log out of acts that have ended.

Each act is told of once (`engine.acts`), by whichever of window, command and server it was asked for. Uploads and
downloads are counted; what they have in common with everything else is their line in the log.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from time import perf_counter, time
from typing import Final

from engine.acts import Course
from engine.context import Act, Operation, RlsContext
from engine.errors import Cancelled, RequestFault, SourceFault, TargetExists
from engine.observability.counts import Status
from engine.observability.log_book import LogBook
from engine.observability.log_lines import Line, LogLevel
from engine.observability.meters import Meters

_logger = logging.getLogger(__name__)

SERVICE: Final = "file_storage"
"""What the specification calls the engine in its log."""

UPLOADS: Final = frozenset(
    {
        Operation.OBJECT_UPLOAD,
        Operation.OBJECT_UPDATE,
        Operation.OBJECT_UPLOAD_MANY,
        Operation.OBJECT_UPLOAD_SIGNED,
        "storage.tus.upload.create",
        "storage.tus.upload.part",
    }
)
"""What stores bytes that come from outside, perhaps at the end of several; a copy moves what is here already."""

DOWNLOADS: Final = frozenset(
    {
        Operation.OBJECT_GET,
        Operation.OBJECT_GET_PUBLIC,
        Operation.OBJECT_GET_SIGNED,
        Operation.OBJECT_DOWNLOAD_MANY,
    }
)
"""What takes bytes out."""

_LOOKS: Final = frozenset(
    {
        Operation.BUCKET_GET,
        Operation.BUCKET_LIST,
        Operation.OBJECT_INFO,
        Operation.OBJECT_INFO_PUBLIC,
        Operation.OBJECT_LIST,
        Operation.OBJECT_LIST_V2,
        Operation.VERSION_LIST,
        Operation.PAST_LIST,
        Operation.TRASH_LIST,
    }
)
"""What only looks: every folder that somebody opens in the window is some of these."""

_NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(UPLOADS, "upload"),
    **dict.fromkeys(DOWNLOADS, "download"),
}
"""What the specification calls them in its log."""

_LEVELS: Final = {Status.SUCCESS: LogLevel.INFO, Status.ERROR: LogLevel.ERROR}


class Observer:
    """Hears of acts. Thread-safe.

    Args:
        meters: Where they are counted.
        log: Where they are written down.
    """

    def __init__(self, meters: Meters, log: LogBook) -> None:
        self._meters = meters
        self._log = log

    def ended(self, context: RlsContext, course: Course, error: Exception | None) -> None:
        """Count an act that has ended, and write it down. What goes wrong with that is not the caller's concern.

        Args:
            context: The caller, in the act.
            course: What came of it.
            error: Why it was not done, or None if it was.
        """
        try:
            self._note(context, course, error)
        except Exception:
            _logger.exception("an act was not counted")

    def _note(self, context: RlsContext, course: Course, error: Exception | None) -> None:
        act = context.act
        if act is None:
            return
        status = status_of(error)
        if act.operation in DOWNLOADS:
            if error is None and not course.count and not course.failures:
                return  # opened: what is read of it is told when that is known
            self._count(context, course, status)
        elif act.operation in UPLOADS:
            self._count(context, course, status)
        level = LogLevel.DEBUG if error is None and act.operation in _LOOKS else _LEVELS.get(status, LogLevel.WARNING)
        if level >= self._log.level:
            self._log.add(_line_of(context, course, level, error))

    def sent(self, bucket: str, size_bytes: int, error: Exception | None) -> None:
        """Count an object that the server sent, and logs by itself.

        Args:
            bucket: Where it lies, as the caller named it.
            size_bytes: How much was sent.
            error: Why that was not all, or None if it was.
        """
        self._meters.downloaded(bucket, status_of(error), 1, size_bytes)

    def _count(self, context: RlsContext, course: Course, status: Status) -> None:
        """Count what an act did, and what it could not do; what it did before it failed was done all the same."""
        act = context.act
        if act is None:
            return
        uploads = act.operation in UPLOADS
        meter, done = (self._meters.uploaded, course.stored) if uploads else (self._meters.downloaded, course.count)
        if done:
            meter(act.bucket, Status.SUCCESS, done, course.size_bytes)
        if status is not Status.SUCCESS:
            meter(act.bucket, status)
        if course.failures:
            for failed, count in Counter(status_of(failure.error) for failure in course.failures).items():
                meter(act.bucket, failed, count)


def status_of(error: Exception | None) -> Status:
    """Return how something ended.

    Args:
        error: Why it was not done, or None if it was.
    """
    if error is None:
        return Status.SUCCESS
    if isinstance(error, Cancelled):
        return Status.CANCELLED
    return Status.REJECTED if isinstance(error, RequestFault | SourceFault | TargetExists) else Status.ERROR


def _line_of(context: RlsContext, course: Course, level: LogLevel, error: Exception | None) -> Line:
    act, origin = context.act or Act(""), context.origin
    return Line(
        time_s=time(),
        level=level,
        service=SERVICE,
        operation=_NAMES.get(act.operation) or act.operation.removeprefix("storage."),
        bucket=act.bucket,
        path=act.path,
        size_bytes=course.size_bytes if course.size_bytes or course.stored or act.operation in DOWNLOADS else None,
        user_id=context.user_id,
        duration_s=perf_counter() - act.began_s,
        request_id=None if origin is None else origin.request_id,
        more=_more(course, error) if error is not None or course.count > 1 or course.failures else None,
    )


def _more(course: Course, error: Exception | None) -> Mapping[str, object]:
    """Return what only some lines say."""
    more: dict[str, object] = {}
    if course.count > 1:
        more["count"] = course.count
    if course.failures:
        more["failed"] = len(course.failures)
    if error is not None:
        more["error"] = getattr(error, "code", type(error).__name__)
        if status_of(error) is Status.ERROR:
            more["message"] = str(error)
    return more
