"""Everything that is counted in a workspace, under the names of the specification.

Source: specification, "Observability", "Metrics".
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.observability.bucket_labels import BucketLabels
from engine.observability.counts import Counter, Latency, LatencyCounts, Status, TransferCounts, Transfers

UPLOADS: Final = "storage_upload_total"
DOWNLOADS: Final = "storage_download_total"
UPLOAD_BYTES: Final = "storage_upload_bytes_total"
DOWNLOAD_BYTES: Final = "storage_download_bytes_total"
ORPHANS: Final = "storage_orphan_files_total"
LATENCY: Final = "storage_backend_latency_seconds"


@dataclass(frozen=True, slots=True)
class Reading:
    """All numbers at one moment.

    Attributes:
        buckets: Labels that are in use, whether or not anything was counted under them.
        uploads: Since the workspace was opened.
        downloads: Likewise.
        orphans: Files that were found to be nobody's.
        latencies: Of the backend, by operation and kind of backend.
    """

    buckets: frozenset[str]
    uploads: TransferCounts
    downloads: TransferCounts
    orphans: int
    latencies: Mapping[tuple[str, str], LatencyCounts]


NOTHING_YET: Final = Reading(frozenset(), TransferCounts({}, {}), TransferCounts({}, {}), 0, {})
"""What is read when a workspace has just been opened."""


class Meters:
    """The numbers of one workspace. Thread-safe.

    Args:
        load_buckets: Reads id and name of the oldest buckets, up to a number.

    Attributes:
        orphans: Files that were found to be nobody's.
    """

    def __init__(self, load_buckets: Callable[[int], Sequence[tuple[str, str]]]) -> None:
        self.orphans = Counter(ORPHANS)
        self._uploads, self._downloads = Transfers(), Transfers()
        self._labels = BucketLabels(load_buckets, self._forget)
        self._lock = threading.Lock()
        self._latencies: dict[tuple[str, str], Latency] = {}

    def uploaded(self, bucket: str, status: Status, count: int = 1, size_bytes: int = 0) -> None:
        """Count uploads that ended.

        Args:
            bucket: Name or id, as the caller called it.
            status: How they ended.
            count: How many.
            size_bytes: What those that succeeded weigh together.
        """
        label = self._labels.label(bucket, exists=status is Status.SUCCESS)
        self._uploads.add(label, status, count, size_bytes)

    def downloaded(self, bucket: str, status: Status, count: int = 1, size_bytes: int = 0) -> None:
        """Count downloads that ended.

        Args:
            bucket: Name or id, as the caller called it.
            status: How they ended.
            count: How many.
            size_bytes: What was sent.
        """
        label = self._labels.label(bucket, exists=status is Status.SUCCESS)
        self._downloads.add(label, status, count, size_bytes)

    def latency(self, operation: str, backend: str) -> Latency:
        """Return the histogram of one operation of a backend, always the same one.

        Args:
            operation: One of few.
            backend: Its kind.
        """
        with self._lock:
            return self._latencies.setdefault((operation, backend), Latency())

    def buckets_changed(self) -> None:
        """Let it be known that a bucket came, went, or was renamed."""
        self._labels.outdated()

    def read(self) -> Reading:
        """Return all numbers as they are now."""
        names = self._labels.names()
        with self._lock:
            latencies = dict(self._latencies)
        return Reading(
            buckets=names,
            uploads=self._uploads.counts(),
            downloads=self._downloads.counts(),
            orphans=self.orphans.value,
            latencies={key: latency.counts() for key, latency in latencies.items()},
        )

    def _forget(self, buckets: Collection[str]) -> None:
        self._uploads.forget(buckets)
        self._downloads.forget(buckets)
