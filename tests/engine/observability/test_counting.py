"""What is counted: the specification's names and labels, and no more labels than are good for anybody."""

from __future__ import annotations

import threading

import pytest

from engine.observability.bucket_labels import OTHER, BucketLabels
from engine.observability.counts import LATENCY_BOUNDS_S, Latency, Status
from engine.observability.exposition import render
from engine.observability.meters import Meters


class Shelf:
    """Buckets that come and go."""

    def __init__(self, *names: str) -> None:
        self.buckets = [(f"id of {name}", name) for name in names]
        self.loads = 0

    def load(self, count: int) -> list[tuple[str, str]]:
        """Return the oldest."""
        self.loads += 1
        return self.buckets[:count]


def labels_of(shelf: Shelf, at_most: int, clock=lambda: 0.0) -> tuple[BucketLabels, list[str]]:
    gone: list[str] = []
    return BucketLabels(shelf.load, gone.extend, at_most, clock), gone


def series(text: bytes) -> dict[str, float]:
    """Return the value of each series of a text."""
    lines = [line.rpartition(" ") for line in text.decode().splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_the_first_buckets_have_labels_and_the_rest_one_together():
    labels, _ = labels_of(Shelf("a", "b", "c"), 2)
    assert [labels.label(name) for name in ("a", "b", "c", "id of a")] == ["a", "b", OTHER, "a"]


def test_who_asks_while_the_buckets_are_read_waits_for_them():
    reading, go_on = threading.Event(), threading.Event()

    def load(_: int) -> list[tuple[str, str]]:
        reading.set()
        assert go_on.wait(60)
        return [("id of a", "a")]

    labels, found = BucketLabels(load, lambda _: None), list[str]()
    first = threading.Thread(target=labels.names)
    first.start()
    assert reading.wait(60)
    second = threading.Thread(target=lambda: found.append(labels.label("a")))
    second.start()
    second.join(0.1)  # where it does not wait, it has its answer by now
    go_on.set()
    first.join()
    second.join()
    assert found == ["a"]


def test_what_changes_while_the_buckets_are_read_is_read_again():
    shelf = Shelf("a")
    labels: BucketLabels

    def load(at_most: int) -> list[tuple[str, str]]:
        found = shelf.load(at_most)
        if len(shelf.buckets) == 1:
            shelf.buckets.append(("id of b", "b"))
            labels.outdated()
        return found

    labels = BucketLabels(load, lambda _: None)
    labels.label("a")
    assert labels.label("b") == "b"


def test_names_that_nobody_has_get_no_label_however_many_are_asked_for():
    shelf = Shelf("a")
    labels, _ = labels_of(shelf, 2)
    assert {labels.label(f"guess {number}") for number in range(1000)} == {OTHER}
    assert shelf.loads == 1


def test_a_bucket_of_another_process_gets_its_label_with_its_first_success():
    time_s = [0.0]
    shelf = Shelf("a")
    labels, _ = labels_of(shelf, 2, lambda: time_s[0])
    labels.label("a")
    shelf.buckets.append(("id of b", "b"))
    time_s[0] = 5.0
    assert labels.label("b") == OTHER
    assert labels.label("b", exists=True) == "b"


def test_a_deleted_bucket_gives_its_label_to_the_next():
    shelf = Shelf("a", "b", "c")
    labels, gone = labels_of(shelf, 2)
    labels.label("a")
    del shelf.buckets[0]
    labels.outdated()
    assert [labels.label(name) for name in ("a", "b", "c")] == [OTHER, "b", "c"]
    assert gone == ["a"]


def test_a_bucket_called_as_the_rest_cannot_be_taken_for_it():
    labels, _ = labels_of(Shelf("other"), 1)
    assert labels.label("other") != labels.label("something else")


def test_series_of_a_deleted_bucket_go_with_it():
    shelf = Shelf("a", "b")
    meters = Meters(shelf.load)
    meters.uploaded("a", Status.SUCCESS, 1, 10)
    meters.downloaded("a", Status.ERROR)
    del shelf.buckets[0]
    meters.buckets_changed()
    assert 'bucket="a"' not in render(meters.read())[1].decode()


def test_the_text_has_the_names_and_labels_of_the_specification():
    meters = Meters(Shelf("photos").load)
    meters.uploaded("photos", Status.SUCCESS, 3, 3000)
    meters.uploaded("photos", Status.REJECTED)
    meters.downloaded("photos", Status.SUCCESS, 1, 500)
    meters.orphans.add(2)
    meters.latency("flush", "local").observe(0.3)
    meters.latency("flush", "local").observe(99)
    content_type, text = render(meters.read())
    found = series(text)
    assert content_type.startswith("text/plain; version=")
    assert found['storage_upload_total{bucket="photos",status="success"}'] == 3
    assert found['storage_upload_total{bucket="photos",status="rejected"}'] == 1
    assert found['storage_upload_total{bucket="photos",status="error"}'] == 0
    assert found['storage_download_total{bucket="photos",status="success"}'] == 1
    assert found['storage_upload_bytes_total{bucket="photos"}'] == 3000
    assert found['storage_download_bytes_total{bucket="photos"}'] == 500
    assert found["storage_orphan_files_total"] == 2
    where = 'backend="local",operation="flush"'
    assert found['storage_backend_latency_seconds_bucket{backend="local",le="0.25",operation="flush"}'] == 0, where
    assert found['storage_backend_latency_seconds_bucket{backend="local",le="0.5",operation="flush"}'] == 1
    assert found['storage_backend_latency_seconds_bucket{backend="local",le="+Inf",operation="flush"}'] == 2
    assert found[f"storage_backend_latency_seconds_count{{{where}}}"] == 2
    assert {name.partition("{")[0] for name in found} == {
        "storage_upload_total",
        "storage_upload_bytes_total",
        "storage_download_total",
        "storage_download_bytes_total",
        "storage_orphan_files_total",
        "storage_backend_latency_seconds_bucket",
        "storage_backend_latency_seconds_count",
        "storage_backend_latency_seconds_sum",
    }


def test_openmetrics_for_who_asks_for_it():
    content_type, text = render(Meters(Shelf().load).read(), "application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "новый", "two words"])
def test_any_name_of_a_bucket_is_a_label(name: str):
    from prometheus_client.parser import text_string_to_metric_families

    meters = Meters(Shelf(name).load)
    meters.uploaded(name, Status.SUCCESS)
    families = text_string_to_metric_families(render(meters.read())[1].decode())
    samples = [sample for family in families if family.name == "storage_upload" for sample in family.samples]
    assert {sample.labels["bucket"] for sample in samples} == {name}


def test_nothing_is_lost_between_threads():
    meters = Meters(Shelf("a").load)

    def work() -> None:
        for _ in range(2000):
            meters.uploaded("a", Status.SUCCESS, 1, 2)
            meters.latency("open", "x").observe(0.002)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reading = meters.read()
    assert reading.uploads.total == {("a", Status.SUCCESS): 8000}
    assert reading.uploads.size_bytes == {"a": 16_000}
    assert sum(reading.latencies["open", "x"].classes) == 8000


def test_a_duration_counts_in_the_class_whose_bound_it_does_not_exceed():
    latency = Latency()
    latency.observe(LATENCY_BOUNDS_S[3])
    latency.observe(LATENCY_BOUNDS_S[3] * 1.01)
    assert latency.counts().classes[3:5] == (1, 1)
