"""Commits that are interrupted, or come too late."""

from __future__ import annotations

import contextlib
import logging

import pytest

from engine.backends.base import StorageBackend
from engine.errors import DatabaseFault, IoError, StorageError
from engine.metadata.executor import Executor
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace
from tests.engine.journal.helpers import REPLACE, Reopen, content


class TestInterrupts:
    """Control-C, and whatever else is raised in the middle of a commit."""

    @pytest.mark.parametrize("interrupt", [KeyboardInterrupt, MemoryError, IoError])
    @pytest.mark.parametrize("where", ["settle", "_follow", "_commit"])
    def test_an_interrupt_after_the_commit_loses_nothing(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        interrupt: type[BaseException],
        where: str,
        reopened: Reopen,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.CRITICAL)
        storage.upload("photos", "x", b"old", service)
        owner = workspace._core.settler if where == "settle" else workspace._core.mutations
        real = getattr(owner, where)

        def interrupted(*arguments: object, **options: object) -> object:
            if where == "_commit":
                real(*arguments, **options)
            raise interrupt("now")

        with monkeypatch.context() as patched:
            patched.setattr(owner, where, interrupted)
            with contextlib.suppress(interrupt):
                storage.upload("photos", "x", b"new", service, REPLACE)

        assert content(storage, "x", service) == b"new"
        assert content(reopened(), "x", service) == b"new"
        assert storage.check(service).findings == ()

    def test_an_interrupt_before_the_commit_keeps_nothing(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        backend: StorageBackend,
    ) -> None:
        storage.upload("photos", "x", b"old", service)
        discarded: list[str] = []
        discard = backend.discard

        def note(staged_id: str) -> None:
            discarded.append(staged_id)
            discard(staged_id)

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(workspace._core.journal, "add", interrupted)
            patched.setattr(backend, "discard", note)
            with pytest.raises(KeyboardInterrupt):
                storage.upload("photos", "x", b"new", service, REPLACE)

        assert len(discarded) == 1
        assert backend.open_staged(backend.staging, discarded[0]) is None
        assert content(storage, "x", service) == b"old"

    def test_staged_bytes_stay_when_nobody_can_tell_whether_they_are_committed(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        reopened: Reopen,
    ) -> None:
        storage.upload("photos", "x", b"old", service)
        commit, snapshot = workspace._core.mutations._commit, Executor.snapshot

        def committed_and_lost(*arguments: object) -> object:
            commit(*arguments)
            monkeypatch.setattr(Executor, "snapshot", lost)
            raise DatabaseFault("the database is gone")

        def lost(*_: object) -> object:
            raise DatabaseFault("the database is gone")

        monkeypatch.setattr(workspace._core.mutations, "_commit", committed_and_lost)
        with pytest.raises(DatabaseFault):
            storage.upload("photos", "x", b"new", service, REPLACE)
        monkeypatch.setattr(Executor, "snapshot", snapshot)

        assert content(reopened(), "x", service) == b"new"

    def test_a_commit_after_the_end_is_refused(self, workspace: Workspace, bucket: Bucket, service: RlsContext) -> None:
        session = workspace.storage.begin_upload("photos", "late", service)
        session.write(b"bytes")

        workspace.close()

        with pytest.raises(StorageError):
            session.commit()
        with pytest.raises(DatabaseFault):
            workspace.storage.exists("photos", "late", service)
