"""The protocol of `engine.backends.base`, word by word, over every backend: keys, their bytes and their names."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.backends.base import Outcome, StorageBackend, StoredEntry
from engine.errors import BytesMissing
from engine.ids import new_id
from tests.engine.backends.contract import (
    BUCKET,
    KEY,
    LARGE,
    OTHER_BUCKET,
    OTHER_KEY,
    keys,
    publish,
    relocate,
    remove,
    stage,
)


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

    def test_adopting_changes_nothing(self, backend: StorageBackend) -> None:
        backend.write(KEY, b"bytes")
        with backend.changes() as changes:
            assert changes.adopt(KEY) is Outcome.DONE
            assert changes.adopt(OTHER_KEY) is Outcome.GONE
            changes.sync()
        assert keys(backend) == [KEY]
        assert backend.read(KEY) == b"bytes"

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

    def test_keys_that_begin_with_a_dot_belong_to_no_bucket(self, backend: StorageBackend) -> None:
        backend.write(f"{BUCKET}/a", b"1")
        backend.write(".notes/b", b"22")

        assert list(backend.list()) == [StoredEntry(f"{BUCKET}/a", 1)]
        assert backend.list_buckets() == [BUCKET]
        assert list(backend.list(".notes")) == [StoredEntry(".notes/b", 2)]

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

    def test_what_is_set_aside_can_be_taken_back(self, backend: StorageBackend) -> None:
        assert list(backend.list_aside()) == []
        backend.write(KEY, b"bytes")
        backend.write(OTHER_KEY, b"others")
        backend.set_aside(KEY, "1")
        backend.set_aside(OTHER_KEY, "2")
        first, second = backend.list_aside()
        assert [first.size_bytes, second.size_bytes] == [5, 6]
        reader = backend.open(first.key)
        assert reader is not None
        assert reader.read_at(0, 5) == b"bytes"
        reader.close()

        backend.write(KEY, b"newer")
        with backend.changes() as changes:
            assert changes.relocate(first.key, KEY) is Outcome.TAKEN
            assert changes.relocate(second.key, OTHER_KEY) is Outcome.DONE
            assert changes.relocate(second.key, OTHER_KEY) is Outcome.GONE
            changes.sync()
        assert backend.read(KEY) == b"newer"
        assert backend.read(OTHER_KEY) == b"others"
        assert list(backend.list_aside()) == [first]


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
