"""The protocol of `engine.backends.base`, word by word, over every backend: staging, sweeping, publishing."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.backends.base import Outcome, StorageBackend
from engine.errors import Cancelled
from tests.engine.backends.contract import (
    BUCKET,
    KEY,
    LARGE,
    OTHER_BUCKET,
    OTHER_KEY,
    STAGERS,
    Stager,
    keys,
    nothing,
    publish,
    stage,
    staged_content,
)


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
