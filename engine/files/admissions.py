"""What is asked of an upload before its first byte, in the specification's order and fail fast.

Source: specification, "Upload Flow".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.errors import ObjectAlreadyExists, Unauthorized
from engine.files.candidates import admitted, check_may_insert
from engine.files.records import find_bucket, find_record
from engine.files.rules import check_mime, check_size, check_user_metadata
from engine.metadata.executor import Executor
from engine.paths import validate_object_path
from engine.permissions.rules import WRITE_DENIED
from engine.scanning.inspection import Inspector
from engine.types import Bucket, RlsContext, UploadOptions

_SYSTEM: Final = RlsContext.service()


@dataclass(frozen=True, slots=True)
class Admission:
    """What was found good before the first byte."""

    bucket: Bucket
    path: str
    context: RlsContext
    options: UploadOptions


class Admissions:
    """Decides whether uploads may begin.

    Args:
        executor: For look-ups.
        inspector: Will look at everything before it is committed, or None.
    """

    def __init__(self, executor: Executor, inspector: Inspector | None = None) -> None:
        self._executor = executor
        self._inspector = inspector

    def limit_bytes(self, bucket: Bucket | None = None) -> int | None:
        """Return how large an object may be, or None for no bound.

        Args:
            bucket: Where to; None for anywhere.
        """
        bounds = (
            None if bucket is None else bucket.file_size_limit_bytes,
            None if self._inspector is None else self._inspector.limit_bytes,
        )
        return min((bound for bound in bounds if bound is not None), default=None)

    def admit(
        self, bucket: str, path: str, context: RlsContext, options: UploadOptions, size_hint: int | None = None
    ) -> Admission:
        """Check everything that can be checked before the first byte.

        Args:
            bucket: Name or id.
            path: Where the object will be.
            context: Who asks.
            options: What is known of it.
            size_hint: How large it will be, where that is known.

        Raises:
            BucketNotFound: There is no such bucket.
            Unauthorized: The caller may not add objects.
            InvalidKey: The path breaks the rules.
            UnsupportedMediaType: The bucket does not take the type given.
            PayloadTooLarge: The bucket does not take this size.
            TooLargeToScan: It is larger than what is scanned for viruses, and nothing else is let in.
            ObjectAlreadyExists: The path is taken and replacing was not asked for.
        """
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            check_may_insert(tx, found)
            validate_object_path(path)
            check_user_metadata(options.user_metadata)
            (allowed,) = admitted(tx, found, [path], options, size_hint)
            if allowed is False:
                raise Unauthorized(WRITE_DENIED, path=path)
            if options.mime_type is not None:
                check_mime(found, options.mime_type, path)
            check_size(found, size_hint or 0, path)
            if self._inspector is not None:
                self._inspector.check_size(size_hint or 0, path)
            # Where it is not known yet whether the caller may, nothing is told of what stands there.
            if allowed and not options.replace and find_record(tx.as_caller(_SYSTEM), found, path) is not None:
                raise ObjectAlreadyExists("The resource already exists", path=path)
        return Admission(found, path, context, options)
