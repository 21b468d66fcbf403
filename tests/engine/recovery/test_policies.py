"""Policies survive the database, all together or not at all: a rebuild opens nothing that was closed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.permissions.rows import PolicyTable
from engine.recovery.recovery import Recovery
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace, open_workspace

ANON = RlsContext.anonymous()


@pytest.fixture(autouse=True)
def policies(storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
    """Let everybody read what is not secret, in one bucket by its own policy and everywhere by another."""
    storage.upload("photos", "open", b"x", service)
    storage.upload("photos", "secret", b"x", service)
    storage.policies.create(spec("open", using="bucket_id = 'photos'"), service)
    storage.policies.create(spec("secret", using="name <> 'secret'", permissive=False), service)
    disabled = storage.policies.create(spec("off", using="true"), service)
    storage.policies.set_enabled(disabled.id, False, service)


def spec(name: str, **more: Any) -> PolicySpec:
    return PolicySpec(name, PolicyTable.OBJECTS, PolicyCommand.SELECT, **more)


def document(data_dir: Path) -> Path:
    return data_dir / "storage" / ".buckets" / "policies.json"


def seen_after_rebuild(workspace: Workspace) -> list[str]:
    workspace.close()
    Recovery(workspace.settings).rebuild(force=True)
    with open_workspace(workspace.settings, FixedSecrets()) as again:
        return [stored.path for stored in again.storage.walk("photos", "", ANON)]


def test_a_rebuild_knows_them_all(workspace: Workspace, storage: FileStorage, service: RlsContext) -> None:
    before = storage.policies.list(service)
    assert seen_after_rebuild(workspace) == ["open"]
    with open_workspace(workspace.settings, FixedSecrets()) as again:
        assert again.storage.policies.list(service) == before


def test_without_the_document_nothing_is_open(workspace: Workspace, data_dir: Path) -> None:
    document(data_dir).unlink()
    assert seen_after_rebuild(workspace) == []


@pytest.mark.parametrize(
    "values",
    [
        {"name": 7},
        {"id": "no id"},
        {"table_name": "users"},
        {"command": "TRUNCATE"},
        {"roles": []},
        {"roles": "anon"},
        {"using_text": 1},
        {"permissive": "no"},
        {"enabled": 1},
        {"updated_at": None},
        {"name": "open"},
    ],
    ids=str,
)
def test_one_policy_that_is_not_believed_costs_all_of_them(
    workspace: Workspace, data_dir: Path, values: dict[str, Any]
) -> None:
    content = json.loads(document(data_dir).read_bytes())
    next(row for row in content["policies"] if row["name"] == "secret").update(values)
    document(data_dir).write_text(json.dumps(content))
    assert seen_after_rebuild(workspace) == []


def test_what_holds_back_and_cannot_be_read_holds_all_back(workspace: Workspace, data_dir: Path) -> None:
    content = json.loads(document(data_dir).read_bytes())
    next(row for row in content["policies"] if row["name"] == "secret")["using_text"] = "of another program"
    document(data_dir).write_text(json.dumps(content))
    assert seen_after_rebuild(workspace) == []


def test_a_policy_of_a_bucket_that_is_gone_does_not_come_back(
    workspace: Workspace, storage: FileStorage, service: RlsContext, data_dir: Path
) -> None:
    content = json.loads(document(data_dir).read_bytes())
    row = next(row for row in content["policies"] if row["name"] == "open")
    content["policies"].append(row | {"id": "01a21a0f-0000-7000-8000-000000000000", "name": "x", "bucket_id": "gone"})
    document(data_dir).write_text(json.dumps(content))
    assert seen_after_rebuild(workspace) == ["open"]
    with open_workspace(workspace.settings, FixedSecrets()) as again:
        assert {policy.spec.name for policy in again.storage.policies.list(service)} == {"open", "secret", "off"}


def test_a_restored_backup_has_the_policies_of_today(
    workspace: Workspace, storage: FileStorage, service: RlsContext
) -> None:
    backup = workspace.backups.make()
    for policy in storage.policies.list(service):
        storage.policies.delete(policy.id, service)
    storage.policies.create(spec("today", using="name = 'secret'"), service)
    workspace.close()
    Recovery(workspace.settings).restore(backup.path)
    with open_workspace(workspace.settings, FixedSecrets()) as again:
        assert [policy.spec.name for policy in again.storage.policies.list(service)] == ["today"]
        assert [stored.path for stored in again.storage.walk("photos", "", ANON)] == ["secret"]


def test_opening_mends_the_document(workspace: Workspace, data_dir: Path) -> None:
    whole = document(data_dir).read_bytes()
    workspace.close()
    for damage in (b"", b"{}", whole.replace(b"secret", b"public")):
        document(data_dir).write_bytes(damage)
        with open_workspace(workspace.settings, FixedSecrets()):
            assert document(data_dir).read_bytes() == whole
