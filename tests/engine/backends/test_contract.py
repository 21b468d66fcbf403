"""The protocol of `engine.backends.base`, word by word, over every backend."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.backends.base import Outcome, StorageBackend, StoredEntry
from engine.errors import BytesMissing, Cancelled
from engine.ids import new_id
from engine.limits import MIB

BUCKET = "0b5e7a3c-0000-4000-8000-00000000000b"
OTHER_BUCKET = "0b5e7a3c-0000-4000-8000-00000000000c"
KEY = f"{BUCKET}/letters/a.txt"
OTHER_KEY = f"{BUCKET}/letters/b.txt"
LARGE = bytes(range(256)) * (5 * MIB // 256) + b"end"

Stager = Callable[[StorageBackend, str, bytes, Path], object]


def nothing(_: int) -> None:
    """Take note of nothing."""


def stage_by_writer(backend: StorageBackend, staged_id: str, data: bytes, _: Path) -> object:
    writer = backend.stage(staged_id)
    for start in range(0, len(data), 100_000):
        writer.write(data[start : start + 100_000])
    return writer.finish()


def stage_whole(backend: StorageBackend, staged_id: str, data: bytes, _: Path) -> object:
    staged = backend.stage_bytes(staged_id, data)
    backend.flush([staged_id])
    return staged


def stage_by_ingest(backend: StorageBackend, staged_id: str, data: bytes, folder: Path) -> object:
    source = folder / "source"
    source.write_bytes(data)
    with source.open("rb", buffering=0) as file:
        staged = backend.ingest(staged_id, file, len(data), nothing)
    backend.flush([staged_id])
    return staged


def stage_by_copy(backend: StorageBackend, staged_id: str, data: bytes, _: Path) -> object:
    backend.write(f"{OTHER_BUCKET}/source", data)
    reader = backend.open(f"{OTHER_BUCKET}/source")
    assert reader is not None
    staged = backend.copy(reader, staged_id, nothing)
    reader.close()
    backend.flush([staged_id])
    backend.delete(f"{OTHER_BUCKET}/source")
    return staged


STAGERS = [stage_by_writer, stage_whole, stage_by_ingest, stage_by_copy]


def staged_content(backend: StorageBackend, staged_id: str) -> bytes | None:
    reader = backend.open_staged(backend.staging, staged_id)
    if reader is None:
        return None
    try:
        return reader.read_at(0, reader.size_bytes)
    finally:
        reader.close()


def stage(backend: StorageBackend, data: bytes) -> str:
    staged_id = new_id()
    stage_whole(backend, staged_id, data, Path())
    return staged_id


def publish(backend: StorageBackend, staged_id: str, key: str, *, replace: bool = False) -> Outcome:
    with backend.changes() as changes:
        outcome = changes.publish(backend.staging, staged_id, key, replace=replace)
        changes.sync()
    return outcome


def relocate(backend: StorageBackend, key: str, target_key: str) -> Outcome:
    with backend.changes() as changes:
        outcome = changes.relocate(key, target_key)
        changes.sync()
    return outcome


def remove(backend: StorageBackend, key: str) -> Outcome:
    with backend.changes() as changes:
        outcome = changes.remove(key)
        changes.sync()
    return outcome


def keys(backend: StorageBackend, bucket_id: str = "") -> list[str]:
    return [entry.key for entry in backend.list(bucket_id)]


class TestStaging:
    @pytest.mark.parametrize("stager", STAGERS)
    @pytest.mark.parametrize("data", [b"", b"x", LARGE], ids=["empty", "one byte", "large"])
    def test_staging_tells_size_and_checksum_of_what_it_keeps(
        self, backend: StorageBackend, tmp_path: Path, stager: Stager, data: bytes
    ) -> None:
        staged = stager(backend, "v1", data, tmp_path)

        assert staged.staged_id == "v1"
        assert staged.size_bytes == len(data)
        assert staged.checksum == hashlib.sha256(data).hexdigest()
        assert staged_content(backend, "v1") == data

    @pytest.mark.parametrize("stager", STAGERS)
    def test_nothing_staged_is_visible_under_a_key(
        self, backend: StorageBackend, tmp_path: Path, stager: Stager
    ) -> None:
        stager(backend, "v1", b"bytes", tmp_path)

        assert keys(backend) == []
        assert backend.list_buckets() in ([], [OTHER_BUCKET])  # copying left the folder of its source
        assert not backend.exists(KEY)
        assert backend.open(KEY) is None
        assert not backend.exists(f"{BUCKET}/v1")

    def test_bytes_that_nobody_staged_cannot_be_opened(self, backend: StorageBackend) -> None:
        backend.stage_bytes("v1", b"bytes")

        assert backend.open_staged(backend.staging, "v2") is None
        assert backend.open_staged("another-process", "v1") is None

    def test_a_discarded_content_is_gone_and_discarding_again_does_nothing(self, backend: StorageBackend) -> None:
        staged_id = stage(backend, b"bytes")
        kept_id = stage(backend, b"kept")

        backend.discard(staged_id)
        backend.discard(staged_id)

        assert staged_content(backend, staged_id) is None
        assert staged_content(backend, kept_id) == b"kept"
        assert publish(backend, staged_id, KEY) is Outcome.GONE

    def test_discarding_what_is_published_touches_no_key(self, backend: StorageBackend) -> None:
        staged_id = stage(backend, b"bytes")
        publish(backend, staged_id, KEY)

        backend.discard(staged_id)

        assert backend.read(KEY) == b"bytes"

    @pytest.mark.parametrize("data", [b"", b"some", LARGE], ids=["nothing", "a little", "much"])
    def test_an_aborted_writer_leaves_nothing(self, backend: StorageBackend, data: bytes) -> None:
        writer = backend.stage("v1")
        writer.write(data)

        writer.abort()
        writer.abort()

        assert staged_content(backend, "v1") is None

    def test_ingest_takes_the_first_bytes_of_a_source(self, backend: StorageBackend, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"0123456789")
        with source.open("rb", buffering=0) as file:
            staged = backend.ingest("v1", file, 4, nothing)

        assert staged.size_bytes == 4
        assert staged.checksum == hashlib.sha256(b"0123").hexdigest()
        assert staged_content(backend, "v1") == b"0123"

    def test_ingest_of_a_source_that_is_shorter_gives_a_shorter_result(
        self, backend: StorageBackend, tmp_path: Path
    ) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"0123")
        with source.open("rb", buffering=0) as file:
            staged = backend.ingest("v1", file, 10, nothing)

        assert staged.size_bytes == 4
        assert staged.checksum == hashlib.sha256(b"0123").hexdigest()

    def test_the_monitor_hears_of_growing_counts_up_to_the_whole(self, backend: StorageBackend, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(LARGE)
        heard: list[int] = []
        with source.open("rb", buffering=0) as file:
            backend.ingest("v1", file, len(LARGE), heard.append)

        assert heard == sorted(heard)
        assert heard[-1] == len(LARGE)

    def test_a_monitor_that_raises_stops_the_work(self, backend: StorageBackend, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(LARGE)
        backend.write(KEY, LARGE)
        reader = backend.open(KEY)

        def cancel(_: int) -> None:
            raise Cancelled("enough")

        with source.open("rb", buffering=0) as file, pytest.raises(Cancelled):
            backend.ingest("v1", file, len(LARGE), cancel)
        with pytest.raises(Cancelled):
            backend.copy(reader, "v2", cancel)
        reader.close()
        backend.discard("v1")
        backend.discard("v2")

        assert staged_content(backend, "v1") is None
        assert staged_content(backend, "v2") is None
        assert backend.read(KEY) == LARGE

    @pytest.mark.parametrize("count", [1, 8, 9, 40])
    def test_any_number_of_contents_is_flushed_at_once(self, backend: StorageBackend, count: int) -> None:
        for number in range(count):
            backend.stage_bytes(f"v{number}", b"%d" % number)

        backend.flush([f"v{number}" for number in range(count)])

        assert [staged_content(backend, f"v{number}") for number in range(count)] == [b"%d" % n for n in range(count)]

    def test_threads_stage_and_read_side_by_side(self, backend: StorageBackend, tmp_path: Path) -> None:
        def work(number: int) -> bytes:
            data = bytes([number]) * 50_000
            folder = tmp_path / str(number)
            folder.mkdir()
            STAGERS[number % 3](backend, f"v{number}", data, folder)
            found = staged_content(backend, f"v{number}")
            assert found is not None
            return found

        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(work, range(24)))

        assert results == [bytes([number]) * 50_000 for number in range(24)]


class TestPublishing:
    def test_published_bytes_are_under_their_key_and_staged_no_more(self, backend: StorageBackend) -> None:
        staged_id = stage(backend, b"bytes")

        assert publish(backend, staged_id, KEY) is Outcome.DONE

        assert backend.read(KEY) == b"bytes"
        assert staged_content(backend, staged_id) is None

    def test_publishing_again_answers_gone_and_changes_nothing(self, backend: StorageBackend) -> None:
        staged_id = stage(backend, b"bytes")
        publish(backend, staged_id, KEY)

        assert publish(backend, staged_id, KEY) is Outcome.GONE
        assert publish(backend, staged_id, KEY, replace=True) is Outcome.GONE
        assert publish(backend, staged_id, OTHER_KEY) is Outcome.GONE

        assert keys(backend) == [KEY]
        assert backend.read(KEY) == b"bytes"

    def test_another_process_staging_that_is_gone_answers_gone(self, backend: StorageBackend) -> None:
        with backend.changes() as changes:
            assert changes.publish("a-dead-process", "v1", KEY, replace=False) is Outcome.GONE

        assert not backend.exists(KEY)

    def test_a_key_with_other_bytes_is_taken_and_both_contents_stay(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"old")
        staged_id = stage(backend, b"new")

        assert publish(backend, staged_id, KEY) is Outcome.TAKEN

        assert backend.read(KEY) == b"old"
        assert staged_content(backend, staged_id) == b"new"

    def test_replacing_gives_the_key_the_new_bytes(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"old and longer")
        staged_id = stage(backend, b"new")

        assert publish(backend, staged_id, KEY, replace=True) is Outcome.DONE

        assert backend.read(KEY) == b"new"
        assert keys(backend) == [KEY]

    def test_replacing_what_is_not_there_publishes(self, backend: StorageBackend) -> None:
        assert publish(backend, stage(backend, b"new"), KEY, replace=True) is Outcome.DONE

        assert backend.read(KEY) == b"new"

    def test_many_changes_of_many_folders_in_one_block(self, backend: StorageBackend) -> None:
        staged = {f"{BUCKET}/d{number % 20}/sub/{number}": stage(backend, b"%d" % number) for number in range(60)}

        with backend.changes() as changes:
            for key, staged_id in staged.items():
                assert changes.publish(backend.staging, staged_id, key, replace=False) is Outcome.DONE
            for number in range(0, 60, 3):
                assert changes.remove(f"{BUCKET}/d{number % 20}/sub/{number}") is Outcome.DONE
            for number in range(1, 60, 3):
                source = f"{BUCKET}/d{number % 20}/sub/{number}"
                assert changes.relocate(source, f"{BUCKET}/moved/{number}") is Outcome.DONE
            changes.sync()

        kept = {f"{BUCKET}/d{number % 20}/sub/{number}": b"%d" % number for number in range(2, 60, 3)}
        moved = {f"{BUCKET}/moved/{number}": b"%d" % number for number in range(1, 60, 3)}
        assert {key: backend.read(key) for key in keys(backend)} == kept | moved


class TestRelocating:
    def test_bytes_get_another_key_also_in_another_bucket(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")
        target = f"{OTHER_BUCKET}/new/folder/c.txt"

        assert relocate(backend, KEY, target) is Outcome.DONE

        assert keys(backend) == [target]
        assert backend.read(target) == b"bytes"

    def test_relocating_again_answers_gone_and_changes_nothing(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")
        relocate(backend, KEY, OTHER_KEY)

        assert relocate(backend, KEY, OTHER_KEY) is Outcome.GONE

        assert backend.read(OTHER_KEY) == b"bytes"
        assert keys(backend) == [OTHER_KEY]

    def test_bytes_never_go_over_other_bytes(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"one")
        backend.write(OTHER_KEY, b"other")

        assert relocate(backend, KEY, OTHER_KEY) is Outcome.TAKEN

        assert backend.read(KEY) == b"one"
        assert backend.read(OTHER_KEY) == b"other"

    def test_bytes_never_go_over_themselves(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"one")

        assert relocate(backend, KEY, KEY) is Outcome.TAKEN

        assert backend.read(KEY) == b"one"

    def test_what_never_was_there_is_gone(self, backend: StorageBackend) -> None:
        assert relocate(backend, f"{BUCKET}/no/such/file", KEY) is Outcome.GONE

        assert keys(backend) == []


class TestRemoving:
    def test_a_removed_key_is_gone_and_removing_again_answers_so(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")
        backend.write(OTHER_KEY, b"other")

        assert remove(backend, KEY) is Outcome.DONE
        assert remove(backend, KEY) is Outcome.GONE

        assert keys(backend) == [OTHER_KEY]

    def test_what_never_was_there_is_gone(self, backend: StorageBackend) -> None:
        assert remove(backend, f"{BUCKET}/no/such/file") is Outcome.GONE

    def test_a_key_can_be_used_again_after_its_folder_went_with_it(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"old")
        staged_id = stage(backend, b"new")

        with backend.changes() as changes:
            assert changes.remove(KEY) is Outcome.DONE
            assert changes.publish(backend.staging, staged_id, KEY, replace=False) is Outcome.DONE
            changes.sync()

        assert backend.read(KEY) == b"new"


class TestReading:
    def test_a_reader_reads_parts(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"0123456789")
        reader = backend.open(KEY)

        assert reader.size_bytes == 10
        assert reader.read_at(0, 10) == b"0123456789"
        assert reader.read_at(3, 4) == b"3456"
        assert reader.read_at(8, 100) == b"89"
        assert reader.read_at(10, 5) == b""
        assert reader.read_at(1000, 5) == b""
        assert reader.read_at(0, 0) == b""
        reader.close()

    def test_a_reader_fills_a_buffer(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"0123456789")
        reader = backend.open(KEY)
        buffer = bytearray(4)

        assert reader.readinto_at(8, memoryview(buffer)) == 2
        assert buffer[:2] == b"89"
        assert reader.readinto_at(2, memoryview(buffer)) == 4
        assert buffer == b"2345"
        assert reader.readinto_at(10, memoryview(buffer)) == 0
        reader.close()

    def test_a_descriptor_holds_exactly_these_bytes(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"old")
        reader = backend.open(KEY)
        backend.write(KEY, b"new and longer")

        fd = reader.fileno()
        assert fd is None or os.read(fd, 100) == b"old"
        reader.close()

    def test_closing_again_is_harmless(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")
        reader = backend.open(KEY)

        reader.close()
        reader.close()

        assert backend.read(KEY) == b"bytes"

    @pytest.mark.parametrize("change", ["replaced", "removed", "relocated", "set aside", "deleted"])
    def test_a_reader_keeps_the_bytes_it_opened(self, backend: StorageBackend, change: str) -> None:
        backend.write(KEY, LARGE)
        reader = backend.open(KEY)
        assert reader.read_at(0, 10) == LARGE[:10]

        if change == "replaced":
            publish(backend, stage(backend, b"new"), KEY, replace=True)
        elif change == "removed":
            remove(backend, KEY)
        elif change == "relocated":
            relocate(backend, KEY, OTHER_KEY)
        elif change == "set aside":
            backend.set_aside(KEY, "now")
        else:
            backend.delete(KEY)

        assert reader.size_bytes == len(LARGE)
        assert reader.read_at(0, len(LARGE)) == LARGE
        reader.close()

    def test_a_reader_of_staged_bytes_keeps_them_when_they_are_published_and_replaced(
        self, backend: StorageBackend
    ) -> None:
        staged_id = stage(backend, b"old")
        reader = backend.open_staged(backend.staging, staged_id)
        publish(backend, staged_id, KEY)
        publish(backend, stage(backend, b"new"), KEY, replace=True)

        assert reader.read_at(0, 100) == b"old"
        reader.close()

    def test_threads_read_one_reader_at_different_offsets(self, backend: StorageBackend) -> None:
        backend.write(KEY, LARGE)
        reader = backend.open(KEY)
        with ThreadPoolExecutor(4) as pool:
            parts = list(pool.map(lambda start: reader.read_at(start, 1000), range(0, len(LARGE), 1000)))
        reader.close()

        assert b"".join(parts) == LARGE


class TestVerbs:
    def test_write_read_size_exists_delete(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")

        assert backend.exists(KEY)
        assert backend.size(KEY) == 5
        assert backend.read(KEY) == b"bytes"

        backend.delete(KEY)

        assert not backend.exists(KEY)
        assert backend.open(KEY) is None

    def test_write_replaces(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"a long first content")
        backend.write(KEY, b"")

        assert backend.read(KEY) == b""
        assert backend.size(KEY) == 0
        assert backend.exists(KEY)

    def test_what_is_missing_is_said_to_be_missing(self, backend: StorageBackend) -> None:
        with pytest.raises(BytesMissing) as read:
            backend.read(KEY)
        with pytest.raises(BytesMissing):
            backend.size(KEY)

        assert read.value.path == KEY

    def test_deleting_what_is_not_there_does_nothing(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")

        backend.delete(OTHER_KEY)
        backend.delete(f"{OTHER_BUCKET}/x")

        assert keys(backend) == [KEY]

    def test_a_folder_of_keys_is_no_key(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")

        assert not backend.exists(f"{BUCKET}/letters")
        assert backend.open(f"{BUCKET}/letters") is None
        assert relocate(backend, f"{BUCKET}/letters", OTHER_KEY) is Outcome.GONE
        assert remove(backend, f"{BUCKET}/letters") is Outcome.GONE
        assert backend.read(KEY) == b"bytes"

    def test_what_lies_below_a_key_is_no_key(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")

        assert not backend.exists(f"{KEY}/below")
        assert backend.open(f"{KEY}/below") is None
        assert remove(backend, f"{KEY}/below") is Outcome.GONE


class TestListing:
    def test_every_key_of_all_buckets_or_of_one(self, backend: StorageBackend) -> None:
        stored = {KEY: b"1", OTHER_KEY: b"22", f"{BUCKET}/z": b"", f"{OTHER_BUCKET}/deep/er/x": b"4444"}
        for key, data in stored.items():
            backend.write(key, data)
        stage(backend, b"staged")

        expected = {StoredEntry(key, len(data)) for key, data in stored.items()}
        assert set(backend.list()) == expected
        assert set(backend.list(BUCKET)) == {entry for entry in expected if entry.key.startswith(BUCKET)}
        assert list(backend.list("no-such-bucket")) == []
        assert sorted(backend.list_buckets()) == [BUCKET, OTHER_BUCKET]

    def test_threads_that_list_see_all_each(self, backend: StorageBackend) -> None:
        expected = [f"bucket-{number:03}/x" for number in range(120)]
        with backend.changes() as changes:
            for key in expected:
                backend.stage_bytes(key[:10], b"x")
                changes.publish(backend.staging, key[:10], key, replace=False)

        with ThreadPoolExecutor(4) as pool:
            seen = list(pool.map(lambda _: keys(backend), range(12)))

        assert seen == [expected] * 12

    def test_a_bucket_with_keys_is_not_removed_and_an_empty_one_is(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")
        backend.remove_bucket(BUCKET)
        assert backend.read(KEY) == b"bytes"

        backend.delete(KEY)
        backend.remove_bucket(BUCKET)
        backend.remove_bucket(BUCKET)
        assert backend.list_buckets() == []

    def test_what_is_set_aside_is_no_key_any_more(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")
        backend.write(OTHER_KEY, b"other")

        where = backend.set_aside(KEY, "2026-01-01T00-00-00Z")

        assert "2026-01-01T00-00-00Z" in where
        assert keys(backend) == [OTHER_KEY]
        assert backend.list_buckets() == [BUCKET]
        with pytest.raises(BytesMissing):
            backend.set_aside(KEY, "2026-01-01T00-00-00Z")


class TestSweeping:
    def test_a_sweep_never_touches_what_this_process_staged(self, backend: StorageBackend) -> None:
        staged_id = stage(backend, b"bytes")
        asked: list[str] = []

        def before(staging: str) -> bool:
            asked.append(staging)
            return True

        assert backend.sweep(before) == 0
        assert backend.staging not in asked
        assert staged_content(backend, staged_id) == b"bytes"


class TestPaths:
    PATHS = (
        "a",
        "a/b",
        "a/b/",
        "a//b",
        "a/",
        "A",
        "%",
        "%41",
        "a%2Fb",
        "%conflict/x",
        ".hidden",
        "...",
        "con",
        "CON.txt",
        "nul",
        "dot.",
        "blank ",
        "colon:name",
        "back\\slash",
        'quo"te*?<>|',
        "caf\u00e9",
        "cafe\u0301",
        "x" * 255,
        "x" * 201,
        "\u00e9" * 127,
        "/".join("d" * 512),
        "n" * 1024,
    )

    def test_different_paths_have_different_physical_paths(self, backend: StorageBackend) -> None:
        physical = [backend.natural_path(path) for path in self.PATHS]

        assert len(set(physical)) == len(self.PATHS)

    def test_spare_paths_are_nobody_elses(self, backend: StorageBackend) -> None:
        natural = {backend.natural_path(path) for path in self.PATHS}
        spare = {backend.spare_path(path, version) for path in self.PATHS for version in ("v1", "v2")}

        assert not natural & spare
        assert len({backend.spare_path(path, new_id()) for path in self.PATHS}) == len(self.PATHS)
        assert backend.spare_path("a", "v1") != backend.spare_path("a", "v2")

    @pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
    def test_each_physical_path_can_be_published_listed_moved_and_removed(
        self, backend: StorageBackend, path: str
    ) -> None:
        for physical in (backend.natural_path(path), backend.spare_path(path, new_id())):
            key, moved = f"{BUCKET}/{physical}", f"{OTHER_BUCKET}/{physical}"
            backend.stage_bytes("v1", b"bytes")

            assert publish(backend, "v1", key) is Outcome.DONE
            assert list(backend.list()) == [StoredEntry(key, 5)]
            assert relocate(backend, key, moved) is Outcome.DONE
            assert backend.read(moved) == b"bytes"
            assert remove(backend, moved) is Outcome.DONE
            assert keys(backend) == []
