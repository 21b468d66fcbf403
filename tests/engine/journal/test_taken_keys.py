"""Something stands where an object's file should be: no reader ever takes it for the object."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import pytest
from sqlalchemy import update

from engine.backends.base import Outcome, StorageBackend
from engine.backends.local_changes import LocalChanges
from engine.backends.memory import MemoryBackend, MemoryChanges
from engine.config import load_settings
from engine.errors import BytesMissing, IoError
from engine.files.journal import Journal
from engine.files.settle import Settler
from engine.metadata.tables import storage_objects
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace, open_workspace
from tests.engine.journal.helpers import Crash, Reopen, content


class TestTakenKeys:
    """Somebody else's file stands where the object's should be."""

    @pytest.fixture
    def stray(self, storage: FileStorage, bucket: Bucket, backend: StorageBackend) -> bytes:
        """Put bytes under a key that no object claims."""
        backend.write(f"{bucket.id}/x", b"stray")
        return b"stray"

    @pytest.mark.parametrize("moment", ["add", "finish", "is_newest"])
    @pytest.mark.parametrize("before", [False, True])
    def test_a_reader_never_sees_the_other_file_whenever_the_process_dies(
        self,
        storage: FileStorage,
        service: RlsContext,
        stray: bytes,
        crash: Crash,
        moment: str,
        before: bool,
        reopened: Reopen,
    ) -> None:
        with contextlib.suppress(IoError), crash(Journal, moment, before=before):
            storage.upload("photos", "x", b"own bytes", service)

        for opened in (storage, reopened(), storage):
            if storage.exists("photos", "x", service):
                assert content(opened, "x", service) == b"own bytes"

    def test_between_every_two_steps_a_reader_sees_the_objects_own_bytes(
        self,
        workspace: Workspace,
        storage: FileStorage,
        service: RlsContext,
        stray: bytes,
        monkeypatch: pytest.MonkeyPatch,
        backend: StorageBackend,
    ) -> None:
        changes = MemoryChanges if isinstance(backend, MemoryBackend) else LocalChanges
        publish, seen = changes.publish, []

        def publish_and_read(self: object, *arguments: object, **options: object) -> Outcome:
            outcome = publish(self, *arguments, **options)
            with contextlib.suppress(BytesMissing):
                seen.append(content(storage, "x", service))
            return outcome

        monkeypatch.setattr("engine.files.downloads._ATTEMPTS", 3)
        monkeypatch.setattr(changes, "publish", publish_and_read)
        storage.upload("photos", "x", b"own bytes", service)

        assert set(seen) == {b"own bytes"}
        assert content(storage, "x", service) == b"own bytes"

    def test_an_object_that_moves_there_goes_elsewhere_and_back(
        self, storage: FileStorage, service: RlsContext, stray: bytes, bucket: Bucket, backend: StorageBackend
    ) -> None:
        storage.upload("photos", "y", b"own bytes", service)
        storage.move("photos", "y", "x", service)
        assert content(storage, "x", service) == b"own bytes"
        storage.move("photos", "x", "y", service)

        assert content(storage, "y", service) == b"own bytes"
        assert {entry.key for entry in backend.list()} == {f"{bucket.id}/x", f"{bucket.id}/y"}

    def test_an_object_whose_every_new_place_is_taken_stays_where_it_was(
        self, storage: FileStorage, service: RlsContext, stray: bytes, bucket: Bucket, backend: StorageBackend
    ) -> None:
        stored = storage.upload("photos", "y", b"own bytes", service)
        backend.write(f"{bucket.id}/{backend.spare_path('x', stored.version)}", b"stray, too")

        storage.move("photos", "y", "x", service)

        assert content(storage, "x", service) == b"own bytes"
        assert backend.read(f"{bucket.id}/y") == b"own bytes"

    def test_an_object_that_moves_to_where_its_file_is_already_moves_nothing(
        self, workspace: Workspace, storage: FileStorage, service: RlsContext, bucket: Bucket, backend: StorageBackend
    ) -> None:
        """As after a repair that found the bytes of an object under another name."""
        stored = storage.upload("photos", "y", b"own bytes", service)
        backend.delete(f"{bucket.id}/y")
        backend.write(f"{bucket.id}/z", b"own bytes")
        statement = update(storage_objects).where(storage_objects.c.id == stored.id)
        workspace._core.executor.execute(statement.values(physical_path=f"{bucket.id}/z"), RlsContext.service())

        storage.move("photos", "y", "z", service)

        assert content(storage, "z", service) == b"own bytes"
        assert storage.check(service).findings == ()

    def test_the_other_file_stays_and_is_reported(
        self, storage: FileStorage, service: RlsContext, stray: bytes, bucket: Bucket, backend: StorageBackend
    ) -> None:
        storage.upload("photos", "x", b"own bytes", service)

        assert backend.read(f"{bucket.id}/x") == stray
        assert [finding.where for finding in storage.check(service).findings] == [f"{bucket.id}/x"]

    def test_a_process_that_did_half_of_it_and_one_that_knows_nothing_agree(
        self,
        workspace: Workspace,
        storage: FileStorage,
        service: RlsContext,
        stray: bytes,
        bucket: Bucket,
        backend: StorageBackend,
        monkeypatch: pytest.MonkeyPatch,
        reopened: Reopen,
    ) -> None:
        """This process is about to publish when another one finds the key taken; then the key becomes free."""
        attempt = Settler._attempt

        def overtaken(self: Settler, *arguments: object, **options: object) -> object:
            monkeypatch.setattr(Settler, "_attempt", attempt)
            reopened()
            backend.delete(f"{bucket.id}/x")
            return attempt(self, *arguments, **options)

        monkeypatch.setattr(Settler, "_attempt", overtaken)
        storage.upload("photos", "x", b"own bytes", service)

        assert content(storage, "x", service) == b"own bytes"
        assert storage.check(service).findings == ()

    def test_bytes_whose_every_place_is_barred_stay_staged_and_readable(
        self,
        workspace: Workspace,
        service: RlsContext,
        bucket: Bucket,
        data_dir: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.CRITICAL)
        storage, folder = workspace.storage, data_dir / "storage" / bucket.id
        if isinstance(workspace._core.backend, MemoryBackend):
            pytest.skip("nothing bars a key in memory")
        folder.mkdir()
        (folder / "x").mkdir()
        (folder / "%conflict").write_bytes(b"in the way")

        storage.upload("photos", "x", b"own bytes", service)
        storage.upload("photos", "y", b"others", service)

        assert content(storage, "x", service) == b"own bytes"
        assert content(storage, "y", service) == b"others"
        workspace.close()
        settings = load_settings(data_dir, environ={})
        with open_workspace(settings, FixedSecrets(bytes(32))) as again:
            assert content(again.storage, "x", service) == b"own bytes"
            (folder / "%conflict").unlink()
        with open_workspace(settings, FixedSecrets(bytes(32))) as again:
            assert content(again.storage, "x", service) == b"own bytes"
            assert again.storage.check(service).findings == ()
            assert list((folder / "%conflict").iterdir()) != []
