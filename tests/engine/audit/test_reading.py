"""Reading the audit: filters, pages, files; and reads that are gathered make nobody look up anything."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import limits
from engine.access_types import AuditEntry, AuditFilter, AuditResult
from engine.audit.entries import Operation as JobOperation
from engine.audit.gathering import Gathering, Told
from engine.cancel import CancelToken
from engine.config import load_settings
from engine.context import Operation, Origin
from engine.errors import Cancelled, DatabaseLocked, InvalidRequest, ObjectNotFound, Unauthorized
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Progress, RlsContext
from engine.workspace import Workspace, open_workspace
from tests.engine.audit.conftest import EVERYTHING

Entries = Callable[[], list[AuditEntry]]


@pytest.fixture
def filled(storage: FileStorage, service: RlsContext, alice: RlsContext, entries: Entries) -> list[AuditEntry]:
    """Do this and that, and return the entries of it."""
    storage.create_bucket("photos", service)
    storage.create_bucket("Akten", service)
    storage.upload("photos", "a/one", b"x", service)
    storage.upload("Akten", "zwei", b"x", service)
    storage.delete_many("photos", ["a/one", "b"], service)
    with pytest.raises(ObjectNotFound):
        storage.info("photos", "=cmd()", alice)
    return entries()


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (AuditFilter(), [6, 5, 4, 3, 2, 1]),
        (AuditFilter(bucket="Akten"), [4, 2]),
        (AuditFilter(operations=("storage.object.upload",)), [4, 3]),
        (AuditFilter(operations=("storage.bucket.", "storage.object.delete_many")), [5, 2, 1]),
        (AuditFilter(user="a11ce"), [6]),
        (AuditFilter(result=AuditResult.FAILED), [6]),
        (AuditFilter(path="one"), [5, 3]),
        (AuditFilter(path="zwei", bucket="photos"), []),
    ],
)
def test_filters(wanted: AuditFilter, numbers: list[int], filled: object, workspace: Workspace) -> None:
    found = workspace.audit.page(wanted, RlsContext.service()).entries
    assert [entry.id for entry in found] == numbers


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (AuditFilter(role="authenticated"), [1]),
        (AuditFilter(role=""), [4]),
        (AuditFilter(role="service_role", address="10.0"), [3, 2]),
        (AuditFilter(address="10.0.0.8"), [3]),
        (AuditFilter(request="req-1"), [2]),
        (AuditFilter(request="req-3"), [2]),  # the last of three equal ones
        (AuditFilter(request="last_request_id"), []),
    ],
)
def test_filters_by_role_request_and_address(
    wanted: AuditFilter, numbers: list[int], storage: FileStorage, service: RlsContext, alice: RlsContext,
    workspace: Workspace, entries: Entries,
) -> None:  # fmt: skip
    storage.list_buckets(alice)
    entries()
    for number in (1, 2, 3):
        storage.list_buckets(service.coming_from(Origin(f"req-{number}", "10.0.0.7")))
    storage.list_buckets(service.coming_from(Origin("other", "10.0.0.8")))
    entries()
    workspace.audit.set_retention_days(9, service)
    found = workspace.audit.page(wanted, RlsContext.service()).entries
    assert [entry.id for entry in found] == numbers


class TestWhoActed:
    """Of what somebody did while they tried out another identity."""

    @pytest.fixture
    def tried(self, storage: FileStorage, filled: object, alice: RlsContext, entries: Entries) -> list[AuditEntry]:
        """Look and be refused, as alice by herself and as alice by somebody who tries her out."""
        for who in (alice, alice.tried_by('owner "1"')):
            storage.exists("photos", "a/two", who)
            with pytest.raises(Unauthorized):
                storage.upload("photos", "acted_by", b"x", who)
        return entries()[6:]

    def test_stands_beside_the_identity(self, tried: list[AuditEntry], alice: RlsContext) -> None:
        told = {(entry.operation, entry.actor, entry.acted_by) for entry in tried}
        looked, denied = Operation.OBJECT_INFO, Operation.OBJECT_UPLOAD
        people = (None, 'owner "1"')
        assert told == {(act, alice.user_id, person) for act in (looked, denied) for person in people}

    def test_is_found_by_name_among_their_own_acts(self, tried: list[AuditEntry], workspace: Workspace) -> None:
        found = workspace.audit.page(AuditFilter(user='owner "'), RlsContext.service()).entries
        assert {entry.acted_by for entry in found} == {'owner "1"'}
        assert len(found) == 2

    def test_stands_in_files_in_a_column_of_its_own(
        self, tried: list[AuditEntry], workspace: Workspace, tmp_path: Path
    ) -> None:
        target = tmp_path / "audit.csv"
        workspace.audit.export(AuditFilter(user="owner"), target, "csv", RlsContext.service())
        rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"), newline="")))
        assert [row["acted_by"] for row in rows] == ['owner "1"'] * 2

    def test_is_chained_as_all_the_rest(self, tried: list[AuditEntry], workspace: Workspace) -> None:
        assert workspace.audit.verify(RlsContext.service()).sound


def test_a_span_of_time(filled: list[AuditEntry], workspace: Workspace) -> None:
    wanted = AuditFilter(since=filled[1].at, until=filled[3].at)
    found = workspace.audit.page(wanted, RlsContext.service()).entries
    assert [entry.id for entry in found] == [3, 2]
    later = AuditFilter(since=filled[-1].at + timedelta(seconds=1))
    assert workspace.audit.page(later, RlsContext.service()).entries == ()


def test_pages(filled: list[AuditEntry], workspace: Workspace) -> None:
    service, found, cursor = RlsContext.service(), [], None
    while True:
        page = workspace.audit.page(EVERYTHING, service, cursor, 4)
        found += page.entries
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == list(reversed(filled))
    with pytest.raises(InvalidRequest):
        workspace.audit.page(EVERYTHING, service, limit=0)


class TestExport:
    def test_csv(self, filled: list[AuditEntry], workspace: Workspace, tmp_path: Path) -> None:
        target = tmp_path / "audit.csv"
        heard: list[Progress] = []
        assert workspace.audit.export(EVERYTHING, target, "csv", RlsContext.service(), heard.append) == 6

        rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"), newline="")))
        assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
        assert rows[-1]["path"] == "'=cmd()"
        assert json.loads(rows[4]["detail"])["paths"] == ["a/one"]
        assert (heard[-1].done_files, heard[-1].total_files) == (6, 6)
        assert target.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.glob(".*part")) == []

    def test_json_lines(self, filled: list[AuditEntry], workspace: Workspace, tmp_path: Path) -> None:
        target = tmp_path / "audit.jsonl"
        wanted = AuditFilter(bucket="Akten")
        assert workspace.audit.export(wanted, target, "jsonl", RlsContext.service("me")) == 2
        lines = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
        assert [line["path"] for line in lines] == ["", "zwei"]
        assert lines[0]["at"] == filled[1].at.isoformat()
        assert workspace.audit.newest(1)[0].operation == JobOperation.AUDIT_EXPORTED

    def test_cancelling_leaves_what_was_there(
        self, filled: list[AuditEntry], workspace: Workspace, tmp_path: Path
    ) -> None:
        target = tmp_path / "audit.csv"
        target.write_text("before")
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            workspace.audit.export(EVERYTHING, target, "csv", RlsContext.service(), cancel=token)
        assert target.read_text() == "before"
        assert {path.name for path in tmp_path.iterdir()} == {"audit.csv", "data"}


class TestGathering:
    def test_equal_reads_become_one_entry_with_a_count(
        self, storage: FileStorage, service: RlsContext, filled: object, entries: Entries
    ) -> None:
        for number in range(5):
            storage.info("Akten", "zwei", service.coming_from(Origin(f"request-{number}", "10.0.0.7")))
        entry = entries()[-1]
        assert (entry.operation, entry.detail["times"]) == (Operation.OBJECT_INFO, 5)
        assert (entry.request_id, entry.detail["last_request_id"]) == ("request-0", "request-4")

    def test_reads_are_written_soon_and_at_the_end(
        self, data_dir: Path, storage: FileStorage, workspace: Workspace, service: RlsContext, filled: object
    ) -> None:
        storage.info("Akten", "zwei", service)
        deadline = time.monotonic() + 30
        while workspace.audit.newest(1)[0].operation != Operation.OBJECT_INFO:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        storage.exists("Akten", "drei", service)
        workspace.close()
        with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as again:
            assert again.audit.newest(1)[0].path == "drei"

    def test_reading_makes_nobody_look_up_anything(
        self, data_dir: Path, storage: FileStorage, workspace: Workspace, service: RlsContext, filled: object
    ) -> None:
        with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as other:
            versions = storage.data_version(), other.storage.data_version()
            for number in range(3):
                storage.exists("photos", f"nothing {number}", service)
                workspace.audit.flush()
                assert (storage.data_version(), other.storage.data_version()) == versions
            storage.upload("photos", "change", b"x", service)
            storage.exists("photos", "change", service)
            workspace.audit.flush()
            assert storage.data_version() != versions[0]
            assert other.storage.data_version() != versions[1]

    def test_what_cannot_be_written_waits_and_beyond_a_bound_is_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "AUDIT_GATHER_MAX", 2)
        written: list[tuple[list[str], int]] = []
        locked = True

        def write(waiting: Any, omitted: int, _: float | None) -> None:
            if locked:
                raise DatabaseLocked("not now")
            written.append(([_path(told) for told in waiting], omitted))

        gathering = Gathering(write, lambda: 1)
        for path in ("a", "b", "c", "a"):
            gathering.add(RlsContext.service().doing(Operation.OBJECT_GET, "photos", path), None)
        with pytest.raises(DatabaseLocked):
            gathering.flush()
        locked = False
        gathering.close()
        assert written == [(["a", "b"], 1)]

    def test_what_the_database_refuses_has_another_turn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "AUDIT_GATHER_S", 0.01)
        tries: list[int] = []
        done = threading.Event()

        def write(waiting: Any, *_: Any) -> None:
            tries.append(len(waiting))
            if len(tries) == 1:
                raise DatabaseLocked("held by another program")
            done.set()

        gathering = Gathering(write, lambda: 1)
        gathering.add(RlsContext.service().doing(Operation.OBJECT_GET, "photos", "a"), None)
        assert done.wait(30)
        gathering.close()
        assert tries == [1, 1]

    def test_many_are_written_at_once_without_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "AUDIT_GATHER_WAKE", 3)
        monkeypatch.setattr(limits, "AUDIT_GATHER_S", 600.0)
        done = threading.Event()
        gathering = Gathering(lambda *_: done.set(), lambda: 1)
        context = RlsContext.service()
        for path in ("a", "b", "c"):
            gathering.add(context.doing(Operation.OBJECT_GET, "photos", path), None)
        assert done.wait(30)
        gathering.close()


def _path(told: Told) -> str:
    assert told.context.act is not None
    return told.context.act.path


def test_times_of_day_are_those_of_the_acts_and_not_of_the_writing(
    storage: FileStorage, service: RlsContext, filled: list[AuditEntry], entries: Entries
) -> None:
    storage.exists("photos", "x", service)
    time.sleep(0.02)
    storage.upload("photos", "y", b"", service)
    read, upload = entries()[-2:]
    assert (read.path, upload.path) == ("x", "y")
    assert read.id > upload.id
