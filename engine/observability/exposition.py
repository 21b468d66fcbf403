"""The numbers as Prometheus reads them. The library is loaded when somebody asks for the first time.

Source: Prometheus, "Exposition formats"; OpenMetrics 1.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.observability import meters
from engine.observability.counts import LATENCY_BOUNDS_S, LatencyCounts, Status, TransferCounts
from engine.observability.meters import Reading

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric


def render(reading: Reading, accept: str = "") -> tuple[str, bytes]:
    """Write the numbers down.

    Args:
        reading: All of them.
        accept: The forms that the reader takes, as in HTTP's field of that name.

    Returns:
        The type of content, and the text.
    """
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(reading))
    encode, content_type = choose_encoder(accept)
    return content_type, encode(registry)


class _Collector:
    """Gives the library what it asks for.

    Args:
        reading: The numbers.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        reading = self._reading
        yield _totals(meters.UPLOADS, "Uploads that ended, by how", reading, reading.uploads)
        yield _sizes(meters.UPLOAD_BYTES, "Bytes of uploads that succeeded", reading, reading.uploads)
        yield _totals(meters.DOWNLOADS, "Downloads that ended, by how", reading, reading.downloads)
        yield _sizes(meters.DOWNLOAD_BYTES, "Bytes that were sent", reading, reading.downloads)
        orphans = _counter(meters.ORPHANS, "Stored files that were found to be nobody's", ())
        orphans.add_metric([], reading.orphans)
        yield orphans
        yield _latencies(reading)


def _counter(name: str, documentation: str, labels: tuple[str, ...]) -> CounterMetricFamily:
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(name, documentation, labels=labels)


def _totals(name: str, documentation: str, reading: Reading, counts: TransferCounts) -> Metric:
    """Return how many transfers there were; also those that never were, or the first could not be seen as a rise."""
    family = _counter(name, documentation, ("bucket", "status"))
    for bucket in sorted(reading.buckets | {bucket for bucket, _ in counts.total}):
        for status in Status:
            family.add_metric([bucket, status.value], counts.total.get((bucket, status), 0))
    return family


def _sizes(name: str, documentation: str, reading: Reading, counts: TransferCounts) -> Metric:
    family = _counter(name, documentation, ("bucket",))
    for bucket in sorted(reading.buckets | counts.size_bytes.keys()):
        family.add_metric([bucket], counts.size_bytes.get(bucket, 0))
    return family


def _latencies(reading: Reading) -> HistogramMetricFamily:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(
        meters.LATENCY, "How long the backend took, by what it did", labels=("operation", "backend")
    )
    for (operation, backend), counts in sorted(reading.latencies.items()):
        family.add_metric([operation, backend], _cumulative(counts), counts.sum_s)
    return family


def _cumulative(counts: LatencyCounts) -> list[tuple[str, float]]:
    """Return the classes as Prometheus counts them: each with all that are below it."""
    sums, sum_so_far = [], 0
    for bound, count in zip([*map(str, LATENCY_BOUNDS_S), "+Inf"], counts.classes, strict=True):
        sum_so_far += count
        sums.append((bound, float(sum_so_far)))
    return sums
