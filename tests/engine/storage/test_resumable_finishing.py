"""Whole uploads that are set aside: stored by whoever comes to it, in the name of whoever brought the last byte."""

from __future__ import annotations

import contextlib
import hashlib

import pytest

from engine.backends.base import StorageBackend
from engine.errors import DiskFull, ObjectAlreadyExists, ObjectNotFound, RequestFault, UnsupportedMediaType
from engine.files.resumable.finishing import Finishing, read_refusal, written_refusal
from engine.resumable_types import ResumableUpload, UploadBusy, UploadNotFound
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, RlsContext
from engine.workspace import Workspace
from tests.engine.storage.test_resumable import LETTER, begun, reopened, send

in_memory = pytest.mark.parametrize("workspace", ["memory"], indirect=True)


def set_aside(storage: FileStorage, who: RlsContext, begun_bytes: int = 4000, **options: object) -> ResumableUpload:
    """Bring all bytes of an upload, and leave it set aside."""
    upload = begun(storage, who, **options)
    send(storage, upload.id, 0, LETTER[:begun_bytes], who)
    with storage.resumable.resume(upload.id, begun_bytes, who) as session:
        session.write(LETTER[begun_bytes:])
        session.set_aside()
    return upload


def finish(storage: FileStorage, upload_id: str) -> None:
    session = storage.resumable.finish(upload_id)
    assert session is not None
    with session:
        session.commit()


def test_it_is_stored_in_the_name_of_whoever_brought_the_last_byte(
    storage: FileStorage, bucket: Bucket, alice: RlsContext, backend: StorageBackend
) -> None:
    upload = set_aside(storage, alice)
    waiting = storage.resumable.find(upload.id, alice)
    assert (waiting.is_finishing, waiting.is_complete, waiting.offset_bytes) == (True, False, 4000)
    assert storage.resumable.finishing(9) == [upload.id]
    with pytest.raises(ObjectNotFound):
        storage.info("photos", "f/letter.txt", alice)

    finish(storage, upload.id)

    info = storage.info("photos", "f/letter.txt", alice)
    assert (info.owner_id, info.checksum) == (alice.user_id, hashlib.sha256(LETTER).hexdigest())
    done = storage.resumable.find(upload.id, alice)
    assert (done.is_finishing, done.is_complete, done.offset_bytes) == (False, True, len(LETTER))
    assert storage.resumable.finishing(9) == backend.list_parts() == []
    assert storage.resumable.finish(upload.id) is None


@pytest.mark.parametrize("workspace", ["local"], indirect=True)
@pytest.mark.parametrize("begun_bytes", [0, 4000])
def test_another_process_takes_it_up(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, alice: RlsContext, begun_bytes: int
) -> None:
    upload = set_aside(storage, alice, begun_bytes)
    workspace.close()

    with reopened(workspace.settings.data_dir) as again:
        assert again.storage.resumable.finishing(9) == [upload.id]
        finish(again.storage, upload.id)
        info = again.storage.info("photos", "f/letter.txt", alice)
        assert (info.owner_id, info.checksum) == (alice.user_id, hashlib.sha256(LETTER).hexdigest())
        assert again.storage.check(RlsContext.service()).findings == ()


@in_memory
class TestWhatBecomesOfIt:
    def test_one_stores_it_and_others_are_told(self, storage: FileStorage, bucket: Bucket, alice: RlsContext) -> None:
        upload = set_aside(storage, alice)
        session = storage.resumable.finish(upload.id)
        assert session is not None
        with session, pytest.raises(UploadBusy):
            storage.resumable.finish(upload.id)

        assert storage.resumable.finishing(9) == [upload.id]

    def test_a_refusal_is_told_to_whoever_comes_back(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, backend: StorageBackend
    ) -> None:
        upload = set_aside(storage, alice)
        session = storage.resumable.finish(upload.id)
        assert session is not None
        storage.upload("photos", "f/letter.txt", b"first", alice)
        with session, pytest.raises(ObjectAlreadyExists):
            session.commit()

        told = storage.resumable.find(upload.id, alice)
        assert isinstance(told.refusal, ObjectAlreadyExists)
        assert (told.is_finishing, told.is_complete, told.offset_bytes) == (False, False, 4000)
        with pytest.raises(ObjectAlreadyExists):
            storage.resumable.resume(upload.id, 4000, alice)
        assert storage.resumable.finishing(9) == backend.list_parts() == []
        storage.resumable.end(upload.id, alice)
        with pytest.raises(UploadNotFound):
            storage.resumable.find(upload.id, alice)

    def test_what_may_not_be_stored_by_the_time_it_is_taken_up_is_refused(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, service: RlsContext, backend: StorageBackend
    ) -> None:
        upload = set_aside(storage, alice, mime_type="text/plain")
        storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=("image/*",)))

        with pytest.raises(UnsupportedMediaType):
            storage.resumable.finish(upload.id)

        assert isinstance(storage.resumable.find(upload.id, alice).refusal, UnsupportedMediaType)
        assert storage.resumable.finishing(9) == backend.list_parts() == []

    def test_after_a_failure_that_may_pass_the_last_bytes_are_sent_again(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise DiskFull("The disk is full")

        upload = set_aside(storage, alice)
        with monkeypatch.context() as patched:
            patched.setattr("engine.backends.memory.MemoryBackend.flush", fail)
            with pytest.raises(DiskFull):
                finish(storage, upload.id)

        told = storage.resumable.find(upload.id, alice)
        assert (told.is_finishing, told.refusal, told.offset_bytes) == (False, None, 4000)
        send(storage, upload.id, 4000, LETTER[4000:], alice)
        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_who_goes_on_at_the_old_place_begins_the_end_anew(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = set_aside(storage, alice)
        with storage.resumable.resume(upload.id, 4000, alice) as session:
            session.write(LETTER[4000:5000])

        assert storage.resumable.finishing(9) == []
        assert storage.resumable.find(upload.id, alice).offset_bytes == 5000
        send(storage, upload.id, 5000, LETTER[5000:], alice)
        assert storage.info("photos", "f/letter.txt", alice).checksum == hashlib.sha256(LETTER).hexdigest()

    def test_an_upload_whose_bytes_are_gone_waits_no_more(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, backend: StorageBackend
    ) -> None:
        upload = set_aside(storage, alice)
        part = backend.hold_part(upload.id)
        assert part is not None
        with contextlib.closing(part):
            part.cut(len(LETTER) - 1)

        assert storage.resumable.finish(upload.id) is None
        assert storage.resumable.finishing(9) == []
        assert storage.resumable.find(upload.id, alice).offset_bytes == 4000

    def test_a_length_that_was_said_late_is_known(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext
    ) -> None:
        upload = begun(storage, alice, None)
        with storage.resumable.resume(upload.id, 0, alice, size_bytes=len(LETTER)) as session:
            session.write(LETTER)
            session.set_aside()

        finish(storage, upload.id)

        assert storage.info("photos", "f/letter.txt", alice).size_bytes == len(LETTER)


def test_who_brought_it_is_written_whole() -> None:
    caller = RlsContext("u1", "editor", {"team": ["blue", {"a": 1}], "sub": "u1"})
    read = Finishing.read(Finishing(7, caller, 8).written)

    assert read == Finishing(7, caller, 8)
    assert Finishing.read(Finishing(0, RlsContext.service("o"), 8).written).caller.can_bypass_rls


def test_a_refusal_of_no_known_kind_keeps_its_words() -> None:
    class Odd(RequestFault):
        """Of no kind."""

    told = read_refusal(written_refusal(Odd("It is odd")))
    assert (type(told), told.message) == (RequestFault, "It is odd")
    assert type(read_refusal(written_refusal(UnsupportedMediaType("No")))) is UnsupportedMediaType
