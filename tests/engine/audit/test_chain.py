"""The chain: whoever changes, takes away, adds or exchanges entries is found out."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import limits
from engine.access_types import AuditEntry, ChainReport
from engine.audit.chain import HEAD_SETTING
from engine.audit.entries import Operation as JobOperation
from engine.cancel import CancelToken
from engine.config import load_settings
from engine.context import Operation
from engine.errors import Cancelled, InvalidRequest, Unauthorized
from engine.housekeeping import Housekeeping
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace
from tests.engine.audit.conftest import EVERYTHING, tamper

SERVICE = RlsContext.service("me")
KEYS = b"\x05" * 32
Entries = Callable[[], list[AuditEntry]]


def opened(data_dir: Path, master: bytes = KEYS) -> Workspace:
    return open_workspace(load_settings(data_dir, environ={}), FixedSecrets(master))


@pytest.fixture
def written(data_dir: Path) -> Path:
    """Write some entries, close the workspace, and return where it is."""
    with opened(data_dir) as workspace:
        workspace.storage.create_bucket("photos", SERVICE)
        for name in ("a", "b", "c", "d"):
            workspace.storage.upload("photos", name, b"x", SERVICE)
    return data_dir


def verified(data_dir: Path) -> ChainReport:
    with opened(data_dir) as workspace:
        return workspace.audit.verify(SERVICE)


def test_what_was_written_holds(written: Path) -> None:
    assert verified(written) == ChainReport(5, sound=True)


@pytest.mark.parametrize(
    ("change", "first_wrong", "reason"),
    [
        ("UPDATE storage_audit SET actor = 'somebody else' WHERE id = 3", 3, "changed"),
        ("UPDATE storage_audit SET detail = '{}' WHERE id = 2", 2, "changed"),
        ("UPDATE storage_audit SET at = at + 1 WHERE id = 1", 1, "changed"),
        ("UPDATE storage_audit SET hash = NULL WHERE id = 4", 4, "changed"),
        ("UPDATE storage_audit SET result = 'denied' WHERE id = 5", 5, "changed"),
        ("DELETE FROM storage_audit WHERE id = 3", 4, "missing before it: 3 to 3"),
        ("DELETE FROM storage_audit WHERE id < 3", 3, "missing before it: 1 to 2"),
        ("DELETE FROM storage_audit WHERE id > 3", 4, "missing at the end: 4 to 5"),
        ("DELETE FROM storage_audit", 1, "missing at the end: 1 to 5"),
        ("UPDATE storage_audit SET id = -3 WHERE id = 2", -3, "before the beginning"),
        ("INSERT INTO storage_audit (id, at, actor, operation, path, detail, hash) "
         "SELECT 6, at, actor, operation, path, detail, hash FROM storage_audit WHERE id = 5", 6, "changed"),
        ("INSERT INTO storage_audit (at, actor, operation, path, detail) VALUES (1, 'x', 'y', '', '{}')", 6, "changed"),
        (f"DELETE FROM storage_settings WHERE name = '{HEAD_SETTING}'", None, "record"),
        (f"UPDATE storage_settings SET value = '[]' WHERE name = '{HEAD_SETTING}'", None, "record"),
    ],
)  # fmt: skip
def test_tampering_is_found(written: Path, change: str, first_wrong: int | None, reason: str) -> None:
    tamper(written, change)
    report = verified(written)
    assert not report.sound
    assert reason in report.reason
    assert report.first_wrong == first_wrong


def test_the_first_wrong_entry_is_told(written: Path) -> None:
    tamper(written, "UPDATE storage_audit SET path = 'z' WHERE id >= 3")
    report = verified(written)
    assert (report.entries, report.first_wrong) == (3, 3)


def test_exchanged_entries_are_found(written: Path) -> None:
    for step in ("= 20 WHERE id = 2", "= 2 WHERE id = 3", "= 3 WHERE id = 20"):
        tamper(written, f"UPDATE storage_audit SET id {step}")
    assert verified(written).first_wrong == 2


def test_an_end_that_was_cut_off_stays_found_when_more_is_written(written: Path) -> None:
    """Also where the record of the end was made to fit: it needs the key."""
    with contextlib.closing(sqlite3.connect(written / "holdall.db")) as connection:
        (value,) = connection.execute("SELECT hex(hash) FROM storage_audit WHERE id = 3").fetchone()
        (head,) = connection.execute("SELECT value FROM storage_settings WHERE name = ?", (HEAD_SETTING,)).fetchone()
    begin, _, code = json.loads(head)
    forged = json.dumps([begin, [3, value.lower()], code])
    tamper(written, "DELETE FROM storage_audit WHERE id > 3")
    tamper(written, "UPDATE storage_settings SET value = ? WHERE name = 'audit_chain'", parameters=(forged,))

    with opened(written) as workspace:
        assert not workspace.audit.verify(SERVICE).sound
        workspace.storage.upload("photos", "later", b"x", SERVICE)
        report = workspace.audit.verify(SERVICE)
    assert not report.sound
    assert report.first_wrong == 6


def test_without_the_key_nobody_writes_an_entry_that_holds(written: Path) -> None:
    with opened(written, master=b"\x06" * 32) as workspace:
        workspace.storage.upload("photos", "forged", b"x", SERVICE)
    assert not verified(written).sound


def test_the_database_lets_nobody_change_or_delete_an_entry(written: Path) -> None:
    with contextlib.closing(sqlite3.connect(written / "holdall.db")) as connection:
        for statement in ("UPDATE storage_audit SET actor = 'x'", "DELETE FROM storage_audit"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
                connection.execute(statement)


def test_entries_from_before_there_was_a_chain_stand_at_its_beginning(written: Path) -> None:
    older = "INSERT INTO storage_audit (id, at, actor, operation, path, detail) VALUES (1, 1, 'cleanup', 'x', '', '{}')"
    tamper(written, "DELETE FROM storage_audit", "DELETE FROM storage_settings WHERE name = 'audit_chain'")
    tamper(written, older)
    with opened(written) as workspace:
        assert workspace.audit.verify(SERVICE) == ChainReport(1, sound=True)
        workspace.storage.upload("photos", "e", b"x", SERVICE)
        assert workspace.audit.verify(SERVICE) == ChainReport(2, sound=True)


def test_the_chain_of_a_backup_is_sound_by_itself(written: Path, data_dir: Path) -> None:
    with opened(data_dir) as workspace:
        backup = workspace.backups.make()
        workspace.storage.upload("photos", "later", b"x", SERVICE)
    for end in ("", "-wal", "-shm"):
        (data_dir / f"holdall.db{end}").unlink(missing_ok=True)
    (data_dir / "holdall.db").write_bytes(backup.path.read_bytes())
    assert verified(data_dir) == ChainReport(5, sound=True)


def test_two_processes_write_one_chain(written: Path) -> None:
    with opened(written) as one, opened(written) as two:
        for n in range(3):
            one.storage.upload("photos", f"one {n}", b"x", SERVICE)
            two.storage.info("photos", f"one {n}", SERVICE)
            two.audit.flush()
            two.storage.upload("photos", f"two {n}", b"x", SERVICE)
        assert one.audit.verify(SERVICE) == ChainReport(14, sound=True)


def test_verifying_can_be_cancelled_and_is_for_the_service_role(written: Path, alice: RlsContext) -> None:
    token = CancelToken()
    token.cancel()
    with opened(written) as workspace:
        with pytest.raises(Cancelled):
            workspace.audit.verify(SERVICE, cancel=token)
        for call in (
            lambda: workspace.audit.verify(alice),
            lambda: workspace.audit.page(EVERYTHING, alice),
            lambda: workspace.audit.export(EVERYTHING, written / "file", "csv", alice),
            lambda: workspace.audit.retention_days(alice),
            lambda: workspace.audit.set_retention_days(3, alice),
        ):
            with pytest.raises(Unauthorized):
                call()


class TestRetention:
    @pytest.fixture
    def workspace(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
        monkeypatch.setattr(limits, "AUDIT_KEPT_MIN", 2)
        monkeypatch.setattr(limits, "AUDIT_BATCH", 2)
        with opened(data_dir) as workspace:
            workspace.storage.create_bucket("photos", SERVICE)
            for name in ("a", "b", "c", "d"):
                workspace.storage.upload("photos", name, b"x", SERVICE)
            yield workspace

    def later(self, workspace: Workspace, days: float) -> Housekeeping:
        """Return the housekeeping of so many days from now."""
        then_us = workspace.audit._now() + int(days * 24 * 3600 * 1_000_000)
        return Housekeeping(workspace.settings, workspace.housekeeping.premises, lambda: then_us)

    def test_what_is_old_goes_from_the_beginning_and_the_chain_holds(self, workspace: Workspace) -> None:
        assert self.later(workspace, 300).audit.prune(CancelToken()) == 0
        assert self.later(workspace, 366).audit.prune(CancelToken()) == 3

        entries = workspace.audit.newest(10)
        assert [entry.path for entry in entries if entry.operation == Operation.OBJECT_UPLOAD] == ["d", "c"]
        removals = [entry for entry in entries if entry.operation == JobOperation.AUDIT_PRUNED]
        assert sum(entry.detail["entries"] for entry in removals) == 3
        assert workspace.audit.verify(SERVICE).sound

    def test_days_are_remembered_and_told(self, workspace: Workspace) -> None:
        assert workspace.audit.retention_days(SERVICE) == 365
        workspace.audit.set_retention_days(30, SERVICE)
        assert workspace.audit.retention_days(SERVICE) == 30
        entry = workspace.audit.newest(1)[0]
        assert (entry.operation, entry.actor) == (JobOperation.AUDIT_RETENTION, "me")
        assert entry.detail == {"days": 30, "before": 365}
        assert self.later(workspace, 31).audit.prune(CancelToken()) == 4
        with pytest.raises(InvalidRequest):
            workspace.audit.set_retention_days(0, SERVICE)

    def test_what_was_removed_by_somebody_else_is_missed(self, workspace: Workspace, data_dir: Path) -> None:
        self.later(workspace, 366).audit.prune(CancelToken())
        workspace.close()
        tamper(data_dir, "DELETE FROM storage_audit WHERE id = 4")
        assert "missing before it: 4 to 4" in verified(data_dir).reason

    def test_an_entry_of_a_time_to_come_holds_nothing_back(self, workspace: Workspace) -> None:
        ahead = self.later(workspace, 10_000).audit
        with workspace._core.executor.transaction(SERVICE) as tx:
            ahead.record(tx, "job", JobOperation.SET_ASIDE, None, "ahead", {})
        for name in ("e", "f", "g"):
            workspace.storage.upload("photos", name, b"x", SERVICE)
        assert self.later(workspace, 366).audit.prune(CancelToken()) == 7
        assert workspace.audit.verify(SERVICE).sound


WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import open_workspace
workspace = open_workspace(load_settings(Path(sys.argv[2]), environ={}), FixedSecrets(bytes([5]) * 32))
workspace.storage.upload("photos", "acknowledged", b"x", RlsContext.service("me"))
print("done", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_entry_of_a_change_that_was_acknowledged_outlives_the_process(written: Path) -> None:
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", WRITE_AND_DIE, root, str(written)], stdout=subprocess.PIPE, check=False
    )
    assert (done.stdout, done.returncode) == (b"done\n", -signal.SIGKILL)
    with opened(written) as workspace:
        assert workspace.audit.newest(1)[0].path == "acknowledged"
        assert workspace.audit.verify(SERVICE).sound
