"""Uploads that come in parts: over connections, restarts and crashes, for whoever began them and nobody else."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.backends import local_parts
from engine.backends.base import StorageBackend
from engine.config import load_settings
from engine.context import Operation
from engine.errors import (
    BucketNotFound,
    DiskFull,
    InvalidRequest,
    IoError,
    ObjectAlreadyExists,
    ObjectNotFound,
    PayloadTooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from engine.events import EventType, StorageEvent
from engine.files.resumable.abandoned import AbandonedUploads
from engine.files.resumable.hashes import RunningHashes
from engine.limits import RESUMABLE_LIFE_S
from engine.resumable_types import OffsetConflict, ResumableUpload, UploadBusy, UploadNotFound
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.times import now_us
from engine.types import Bucket, BucketChanges, RlsContext, UploadOptions
from engine.workspace import Workspace, open_workspace

LETTER = b"Dear all, " * 1000
DAY_US = 24 * 3600 * 1_000_000

on_disk = pytest.mark.parametrize("workspace", ["local"], indirect=True)
in_memory = pytest.mark.parametrize("workspace", ["memory"], indirect=True)


def begun(
    storage: FileStorage, who: RlsContext, size_bytes: int | None = len(LETTER), **options: object
) -> ResumableUpload:
    return storage.resumable.begin("photos", "f/letter.txt", who, UploadOptions(**options), size_bytes=size_bytes)


def send(storage: FileStorage, upload_id: str, offset: int, data: bytes, who: RlsContext, **said: int) -> int:
    """Add bytes, store the object if those were the last, and return where it stands."""
    with storage.resumable.resume(upload_id, offset, who, **said) as session:
        session.write(data)
        if session.is_complete:
            session.commit()
    return session.offset_bytes


def sweep(workspace: Workspace, later_us: int = 0) -> int:
    premises = workspace.housekeeping.premises
    return AbandonedUploads(premises.executor, premises.backend, lambda: now_us() + later_us).sweep()


def reopened(data_dir: Path) -> Workspace:
    return open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32)))


def test_an_object_comes_with_its_last_byte(
    storage: FileStorage, bucket: Bucket, alice: RlsContext, backend: StorageBackend
) -> None:
    upload = begun(storage, alice, cache_control="max-age=60", user_metadata={"who": "Ada"})

    assert send(storage, upload.id, 0, LETTER[:4000], alice) == 4000
    assert send(storage, upload.id, 4000, LETTER[4000:9000], alice) == 9000
    assert storage.resumable.find(upload.id, alice).offset_bytes == 9000
    with pytest.raises(ObjectNotFound):
        storage.info("photos", "f/letter.txt", alice)
    send(storage, upload.id, 9000, LETTER[9000:], alice)

    info = storage.info("photos", "f/letter.txt", alice)
    assert (info.size_bytes, info.checksum) == (len(LETTER), hashlib.sha256(LETTER).hexdigest())
    assert (info.mime_type, info.cache_control, dict(info.user_metadata)) == (
        "text/plain",
        "max-age=60",
        {"who": "Ada"},
    )
    assert info.owner_id == alice.user_id
    with storage.open_object("photos", "f/letter.txt", alice, verify=True) as reader:
        assert reader.read() == LETTER
    done = storage.resumable.find(upload.id, alice)
    assert (done.is_complete, done.object_id, done.offset_bytes) == (True, info.id, len(LETTER))
    assert backend.list_parts() == []


@on_disk
def test_an_upload_goes_on_after_a_restart(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, alice: RlsContext, data_dir: Path
) -> None:
    upload = begun(storage, alice)
    send(storage, upload.id, 0, LETTER[:5000], alice)
    workspace.close()

    with reopened(data_dir) as again:
        assert again.storage.resumable.find(upload.id, alice) == replace(
            upload, offset_bytes=5000, expires_at=(again.storage.resumable.find(upload.id, alice).expires_at)
        )
        send(again.storage, upload.id, 5000, LETTER[5000:], alice)
        assert again.storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()
        assert again.storage.check(RlsContext.service()).findings == ()


@on_disk
def test_what_was_written_but_not_acknowledged_is_cut_off(
    storage: FileStorage, bucket: Bucket, alice: RlsContext, data_dir: Path
) -> None:
    upload = begun(storage, alice)
    send(storage, upload.id, 0, LETTER[:5000], alice)
    with (data_dir / "storage" / ".parts" / upload.id).open("ab") as file:
        file.write(b"what a process left that died")

    assert storage.resumable.find(upload.id, alice).offset_bytes == 5000
    send(storage, upload.id, 5000, LETTER[5000:], alice)

    assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()


@on_disk
def test_an_upload_whose_bytes_are_gone_is_gone(
    storage: FileStorage, bucket: Bucket, alice: RlsContext, data_dir: Path
) -> None:
    upload = begun(storage, alice)
    send(storage, upload.id, 0, LETTER[:5000], alice)
    (data_dir / "storage" / ".parts" / upload.id).write_bytes(b"short")

    with pytest.raises(UploadNotFound):
        storage.resumable.resume(upload.id, 5000, alice)
    with pytest.raises(UploadNotFound):
        storage.resumable.find(upload.id, alice)


@in_memory
class TestGoingOn:
    @pytest.mark.parametrize("offset", [0, 4999, 5001, len(LETTER)])
    def test_anywhere_but_at_the_end_is_refused(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, offset: int
    ) -> None:
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER[:5000], alice)

        with pytest.raises(OffsetConflict):
            storage.resumable.resume(upload.id, offset, alice)

        assert storage.resumable.find(upload.id, alice).offset_bytes == 5000

    def test_one_at_a_time(self, storage: FileStorage, bucket: Bucket, alice: RlsContext) -> None:
        upload = begun(storage, alice)
        with storage.resumable.resume(upload.id, 0, alice) as session:
            session.write(LETTER[:5000])
            with pytest.raises(UploadBusy):
                storage.resumable.resume(upload.id, 0, alice)
            with pytest.raises(UploadBusy):
                storage.resumable.end(upload.id, alice)
            assert storage.resumable.find(upload.id, alice).offset_bytes == 0

        assert send(storage, upload.id, 5000, LETTER[5000:], alice) == len(LETTER)

    def test_a_complete_upload_takes_nothing_more(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER, alice)

        with pytest.raises(OffsetConflict):
            storage.resumable.resume(upload.id, len(LETTER), alice)

    def test_more_than_was_said_is_refused_and_nothing_of_it_is_taken(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice, 10)
        with storage.resumable.resume(upload.id, 0, alice) as session:
            session.write(b"12345")
            with pytest.raises(PayloadTooLarge):
                session.write(b"678901")

        assert storage.resumable.find(upload.id, alice).offset_bytes == 5

    def test_the_length_can_be_said_later_but_once(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice, None)
        send(storage, upload.id, 0, LETTER[:100], alice)
        assert storage.resumable.find(upload.id, alice).size_bytes is None
        send(storage, upload.id, 100, LETTER[100:200], alice, size_bytes=300)
        assert storage.resumable.find(upload.id, alice).size_bytes == 300
        for wrong in (299, 301, 199):
            with pytest.raises(InvalidRequest):
                storage.resumable.resume(upload.id, 200, alice, size_bytes=wrong)

        send(storage, upload.id, 200, LETTER[200:300], alice, size_bytes=300)

        assert storage.info("photos", "f/letter.txt", alice).size_bytes == 300

    def test_the_length_can_be_said_when_all_is_there(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice, None)
        send(storage, upload.id, 0, LETTER, alice)

        send(storage, upload.id, len(LETTER), b"", alice, size_bytes=len(LETTER))

        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_what_counts_as_a_whole_can_be_taken_back(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("engine.limits.RESUMABLE_FLUSH_BYTES", 10)
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER[:5000], alice)
        with storage.resumable.resume(upload.id, 5000, alice, whole=True) as session:
            session.write(b"wrong " * 100)
            assert storage.resumable.find(upload.id, alice).offset_bytes == 5000
            session.undo()
            assert session.offset_bytes == 5000

        send(storage, upload.id, 5000, LETTER[5000:], alice)

        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_a_long_session_says_on_its_way_what_is_durable(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("engine.limits.RESUMABLE_FLUSH_BYTES", 4000)
        upload = begun(storage, alice)
        seen = []
        with storage.resumable.resume(upload.id, 0, alice) as session:
            for start in range(0, 9000, 3000):
                session.write(LETTER[start : start + 3000])
                seen.append(storage.resumable.find(upload.id, alice).offset_bytes)

        assert seen == [0, 6000, 6000]
        assert storage.resumable.find(upload.id, alice).offset_bytes == 9000

    def test_progress_is_no_change_that_anybody_has_to_look_up(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice)
        before = storage.data_version()

        send(storage, upload.id, 0, LETTER[:5000], alice)

        assert storage.data_version() == before

    def test_a_checksum_that_was_forgotten_is_made_again(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(RunningHashes, "keep", lambda *_: None)
        upload = begun(storage, alice)
        for start in range(0, len(LETTER), 2500):
            send(storage, upload.id, start, LETTER[start : start + 2500], alice)

        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_many_go_on_side_by_side(self, storage: FileStorage, bucket: Bucket, alice: RlsContext) -> None:
        uploads = [storage.resumable.begin("photos", f"n/{n}", alice, size_bytes=300) for n in range(5)]
        for start in range(0, 300, 100):
            for n, upload in enumerate(uploads):
                send(storage, upload.id, start, bytes([n]) * 100, alice)

        for n in range(5):
            with storage.open_object("photos", f"n/{n}", alice, verify=True) as reader:
                assert reader.read() == bytes([n]) * 300


def test_no_bytes_at_all_are_stored_at_once(
    storage: FileStorage, bucket: Bucket, alice: RlsContext, staged: Callable[[], list[str]]
) -> None:
    upload = begun(storage, alice, 0)

    assert upload.is_complete
    assert storage.resumable.find(upload.id, alice) == upload
    assert storage.info("photos", "f/letter.txt", alice).size_bytes == 0
    assert staged() == []


@in_memory
class TestWhose:
    @pytest.fixture(params=["bob", "anon", "editor", "service", "bob's service"])
    def other(self, request: pytest.FixtureRequest, alice: RlsContext, bob: RlsContext) -> RlsContext:
        return {
            "bob": bob,
            "anon": RlsContext.anonymous(),
            "editor": replace(alice, role="editor"),
            "service": RlsContext.service(),
            "bob's service": RlsContext.service(bob.user_id),
        }[request.param]

    def test_for_nobody_else_it_is_there(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, other: RlsContext
    ) -> None:
        upload = begun(storage, alice)
        for call in (
            lambda: storage.resumable.find(upload.id, other),
            lambda: storage.resumable.resume(upload.id, 0, other),
            lambda: storage.resumable.end(upload.id, other),
        ):
            with pytest.raises(UploadNotFound):
                call()

        assert send(storage, upload.id, 0, LETTER, alice) == len(LETTER)

    def test_ids_cannot_be_guessed(self, storage: FileStorage, bucket: Bucket, alice: RlsContext) -> None:
        ids = {begun(storage, alice).id for _ in range(20)}

        assert len({one[:6] for one in ids}) == 20
        assert all(len(one) == 32 for one in ids)


@in_memory
class TestWhatIsTaken:
    def test_policies_are_asked_when_it_begins(self, storage: FileStorage, bucket: Bucket) -> None:
        with pytest.raises(Unauthorized):
            begun(storage, RlsContext.anonymous())
        with pytest.raises(BucketNotFound):
            storage.resumable.begin("nowhere", "a", RlsContext.service(), size_bytes=1)

    def test_a_taken_path_is_told_when_it_begins_and_when_it_ends(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        early = begun(storage, alice)
        session = storage.resumable.resume(early.id, 0, alice)
        session.write(LETTER)
        storage.upload("photos", "f/letter.txt", b"first", alice)

        with pytest.raises(ObjectAlreadyExists):
            begun(storage, alice)
        with pytest.raises(ObjectAlreadyExists):
            session.commit()

        with pytest.raises(UploadNotFound):
            storage.resumable.find(early.id, alice)
        with storage.open_object("photos", "f/letter.txt", alice) as reader:
            assert reader.read() == b"first"

    def test_who_may_replace_does(self, storage: FileStorage, bucket: Bucket, alice: RlsContext) -> None:
        before = storage.upload("photos", "f/letter.txt", b"first", alice)
        upload = begun(storage, alice, replace=True)
        send(storage, upload.id, 0, LETTER, alice)

        info = storage.info("photos", "f/letter.txt", alice)
        assert (info.id, info.size_bytes) == (before.id, len(LETTER))

    def test_rights_that_were_lost_meanwhile_count(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, service: RlsContext, backend: StorageBackend
    ) -> None:
        upload, other = begun(storage, alice), begun(storage, alice)
        session = storage.resumable.resume(upload.id, 0, alice)
        session.write(LETTER)
        for policy in storage.policies.list(service):
            storage.policies.delete(policy.id, service)

        with pytest.raises(Unauthorized):
            session.commit()
        with pytest.raises(Unauthorized):
            storage.resumable.resume(other.id, 0, alice)

        assert not storage.exists("photos", "f/letter.txt", service)
        assert backend.list_parts() == []

    def test_policies_see_what_is_done(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, service: RlsContext
    ) -> None:
        (owners,) = storage.policies.list(service)
        storage.policies.delete(owners.id, service)
        storage.policies.apply(
            "CREATE POLICY tus ON storage.objects FOR INSERT TO authenticated WITH CHECK "
            "(storage.allow_any_operation(ARRAY['storage.tus.upload.create', 'storage.tus.upload.part']))",
            service,
        )

        with pytest.raises(Unauthorized):
            storage.upload("photos", "plain", b"x", alice)
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER, alice)

        assert storage.exists("photos", "f/letter.txt", service)

    def test_limits_of_the_bucket(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, service: RlsContext
    ) -> None:
        storage.update_bucket("photos", service, BucketChanges(file_size_limit_bytes=6000))
        with pytest.raises(PayloadTooLarge):
            begun(storage, alice)
        upload = begun(storage, alice, None)
        with storage.resumable.resume(upload.id, 0, alice) as session:
            session.write(LETTER[:6000])
            with pytest.raises(PayloadTooLarge):
                session.write(b"!")
        storage.update_bucket("photos", service, BucketChanges(file_size_limit_bytes=5000))

        with pytest.raises(PayloadTooLarge):
            storage.resumable.resume(upload.id, 6000, alice, size_bytes=6001)

    def test_types_of_the_bucket(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, service: RlsContext
    ) -> None:
        storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=("image/*",)))
        with pytest.raises(UnsupportedMediaType):
            begun(storage, alice, mime_type="text/plain")
        early, late = begun(storage, alice), begun(storage, alice, 3)
        with storage.resumable.resume(early.id, 0, alice) as session, pytest.raises(UnsupportedMediaType):
            session.write(LETTER)
        with storage.resumable.resume(late.id, 0, alice) as session:
            session.write(b"abc")
            with pytest.raises(UnsupportedMediaType):
                session.commit()

        assert storage.resumable.find(early.id, alice).offset_bytes == 0
        with pytest.raises(UploadNotFound):
            storage.resumable.find(late.id, alice)

    @pytest.mark.parametrize("size_bytes", [-1, -(2**63)])
    def test_sizes_that_make_no_sense(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, size_bytes: int
    ) -> None:
        with pytest.raises(InvalidRequest):
            begun(storage, alice, size_bytes)


class TestTheEnd:
    def test_an_ended_upload_is_gone_and_its_bytes(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, backend: StorageBackend
    ) -> None:
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER[:5000], alice)

        storage.resumable.end(upload.id, alice)

        assert backend.list_parts() == []
        with pytest.raises(UploadNotFound):
            storage.resumable.end(upload.id, alice)

    def test_ending_a_complete_upload_leaves_its_object(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER, alice)

        storage.resumable.end(upload.id, alice)

        assert storage.exists("photos", "f/letter.txt", alice)

    def test_a_sweep_takes_what_is_over_and_no_more(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, alice: RlsContext, backend: StorageBackend
    ) -> None:
        upload, done = begun(storage, alice), begun(storage, alice, replace=True)
        send(storage, upload.id, 0, LETTER[:5000], alice)
        send(storage, done.id, 0, LETTER, alice)

        assert sweep(workspace) == 0
        assert sweep(workspace, DAY_US - 60_000_000) == 0
        assert storage.resumable.find(upload.id, alice).offset_bytes == 5000
        assert sweep(workspace, DAY_US + 1) == 1

        for one in (upload, done):
            with pytest.raises(UploadNotFound):
                storage.resumable.find(one.id, alice)
        assert backend.list_parts() == []
        assert storage.exists("photos", "f/letter.txt", alice)

    def test_every_byte_gives_it_another_day(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER[:5000], alice)

        later = storage.resumable.find(upload.id, alice)

        assert later.expires_at > upload.expires_at
        assert RESUMABLE_LIFE_S == 24 * 3600

    def test_an_upload_is_over_before_it_is_swept(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice)
        with contextlib.closing(sqlite3.connect(workspace.settings.database_path)) as connection:
            connection.execute("UPDATE storage_resumable_uploads SET expires_at = 1")
            connection.commit()

        with pytest.raises(UploadNotFound):
            storage.resumable.find(upload.id, alice)

    def test_cleanup_sweeps_too_and_tells_the_audit(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, backend: StorageBackend
    ) -> None:
        part = backend.hold_part("nobodys")
        assert part is not None
        part.write(b"bytes")
        assert workspace.housekeeping.cleanup.run(service).staged == 0
        part.close()

        assert workspace.housekeeping.cleanup.run(service).staged == 1
        assert backend.list_parts() == []

    def test_an_upload_that_is_going_on_is_not_swept(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, alice: RlsContext, backend: StorageBackend
    ) -> None:
        upload = begun(storage, alice)
        with storage.resumable.resume(upload.id, 0, alice) as session:
            session.write(LETTER[:10])
            assert sweep(workspace, DAY_US + 1) == 0
            assert backend.list_parts() == [upload.id]
            with contextlib.suppress(UploadNotFound):
                session.close()

        assert sweep(workspace) == 1

    def test_uploads_go_with_their_bucket(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, backend: StorageBackend
    ) -> None:
        upload = begun(storage, service)
        send(storage, upload.id, 0, LETTER[:10], service)

        storage.delete_bucket("photos", service)

        with pytest.raises(UploadNotFound):
            storage.resumable.find(upload.id, service)
        assert sweep(workspace) == 1
        assert backend.list_parts() == []


@on_disk
class TestOnDisk:
    def test_a_start_beside_a_running_process_sweeps_nothing_of_it(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, data_dir: Path, service: RlsContext
    ) -> None:
        waiting, going_on = begun(storage, alice), begun(storage, alice, replace=True)
        send(storage, waiting.id, 0, LETTER[:5000], alice)
        with storage.resumable.resume(going_on.id, 0, alice) as session:
            session.write(LETTER[:5000])
            with reopened(data_dir) as other:
                other.housekeeping.cleanup.run(service)
                with pytest.raises(UploadBusy):
                    other.storage.resumable.resume(going_on.id, 0, alice)
                send(other.storage, waiting.id, 5000, LETTER[5000:], alice)
            session.write(LETTER[5000:])
            session.commit()

        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_another_process_goes_on_where_this_one_stopped(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, data_dir: Path
    ) -> None:
        upload = begun(storage, alice)
        with reopened(data_dir) as other:
            for number, start in enumerate(range(0, len(LETTER), 1000)):
                where = other.storage if number % 2 else storage
                send(where, upload.id, start, LETTER[start : start + 1000], alice)

        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_a_full_disk_takes_nothing_back(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = begun(storage, alice)
        whole = local_parts.write_all

        def fill(fd: int, data: bytes) -> None:
            whole(fd, data[:10])
            raise OSError(28, "No space left on device")

        with storage.resumable.resume(upload.id, 0, alice) as session:
            session.write(LETTER[:5000])
            with monkeypatch.context() as patched:
                patched.setattr(local_parts, "write_all", fill)
                with pytest.raises(DiskFull):
                    session.write(LETTER[5000:6000])

        assert storage.resumable.find(upload.id, alice).offset_bytes == 5000
        send(storage, upload.id, 5000, LETTER[5000:], alice)
        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_nothing_is_acknowledged_that_could_not_be_made_durable(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise DiskFull("The disk is full")

        upload = begun(storage, alice)
        session = storage.resumable.resume(upload.id, 0, alice)
        session.write(LETTER[:5000])
        with monkeypatch.context() as patched:
            patched.setattr(local_parts.LocalPart, "flush", fail)
            with pytest.raises(DiskFull):
                session.close()

        assert storage.resumable.find(upload.id, alice).offset_bytes == 0
        assert send(storage, upload.id, 0, LETTER, alice) == len(LETTER)

    def test_a_flush_that_failed_is_not_tried_again(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flush, failures = local_parts.LocalPart.flush, [IoError("The disk lost it")]

        def fail_once(part: local_parts.LocalPart) -> None:
            if failures:
                raise failures.pop()
            flush(part)  # as Linux does: who asks again is told that all is well

        monkeypatch.setattr("engine.limits.RESUMABLE_FLUSH_BYTES", 1)
        upload = begun(storage, alice)
        with monkeypatch.context() as patched:
            patched.setattr(local_parts.LocalPart, "flush", fail_once)
            with storage.resumable.resume(upload.id, 0, alice) as session, pytest.raises(IoError):
                session.write(LETTER[:5000])
        assert failures == []
        assert storage.resumable.find(upload.id, alice).offset_bytes == 0
        assert send(storage, upload.id, 0, LETTER, alice) == len(LETTER)
        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_a_commit_that_fails_can_be_made_again(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, monkeypatch: pytest.MonkeyPatch, data_dir: Path
    ) -> None:
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER[:5000], alice)
        session = storage.resumable.resume(upload.id, 5000, alice)
        session.write(LETTER[5000:])

        def fail(*_: object) -> None:
            raise DiskFull("The disk is full")

        with monkeypatch.context() as patched:
            patched.setattr("engine.backends.local.LocalBackend.flush", fail)
            with pytest.raises(DiskFull):
                session.commit()

        assert storage.resumable.find(upload.id, alice).offset_bytes == 5000
        assert [path.name for path in (data_dir / "storage" / ".staging").glob("*/*")] == [".lock"]
        send(storage, upload.id, 5000, LETTER[5000:], alice)
        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_the_bytes_become_the_objects_without_a_copy(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, data_dir: Path
    ) -> None:
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER[:5000], alice)
        part = (data_dir / "storage" / ".parts" / upload.id).stat()
        send(storage, upload.id, 5000, LETTER[5000:], alice)

        stored = (data_dir / "storage" / bucket.id / "f" / "letter.txt").stat()
        assert (stored.st_ino, stored.st_nlink) == (part.st_ino, 1)


@in_memory
class TestTold:
    def test_the_audit_has_beginning_end_and_refusals(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice)
        for start in range(0, 3000, 1000):
            send(storage, upload.id, start, LETTER[start : start + 1000], alice)
        send(storage, upload.id, 3000, LETTER[3000:], alice)
        with pytest.raises(ObjectAlreadyExists):
            begun(storage, alice)
        gone = begun(storage, alice, replace=True)
        storage.resumable.end(gone.id, alice)
        with pytest.raises(UploadNotFound):
            storage.resumable.end(gone.id, alice)
        workspace.audit.flush()

        told = [entry for entry in reversed(workspace.audit.newest(100)) if entry.operation.startswith("storage.tus")]
        where = ("photos", "f/letter.txt")
        # Refusals are written once a second: where among the others, only a slow machine would tell.
        assert Counter((entry.operation, entry.result, entry.bucket, entry.path) for entry in told) == Counter(
            [
                (Operation.TUS_CREATE, "done", *where),
                (Operation.TUS_PART, "done", *where),
                (Operation.TUS_CREATE, "done", *where),
                (Operation.TUS_DELETE, "done", *where),
                (Operation.TUS_CREATE, "failed", *where),
                (Operation.TUS_DELETE, "failed", None, ""),
            ]
        )
        assert {entry.user_id for entry in told} == {alice.user_id}

    def test_listeners_hear_of_the_object_once(self, storage: FileStorage, bucket: Bucket, alice: RlsContext) -> None:
        heard: list[StorageEvent] = []
        storage.events.subscribe(heard.append)
        upload = begun(storage, alice)
        send(storage, upload.id, 0, LETTER[:5000], alice)
        assert heard == []
        send(storage, upload.id, 5000, LETTER[5000:], alice)

        assert [event.type for event in heard] == [EventType.OBJECT_CREATED]
