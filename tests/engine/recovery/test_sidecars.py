"""The sidecars: they follow every change of a bucket, are mended at opening, and go with the bucket."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from engine.backends.local import LocalBackend
from engine.config import load_settings
from engine.errors import DiskFull
from engine.metadata.tables import storage_buckets
from engine.recovery.recovery import Recovery
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, Retention, RlsContext
from engine.workspace import Workspace, open_workspace


def sidecar(data_dir: Path, bucket: Bucket) -> Path:
    return data_dir / "storage" / ".buckets" / f"{bucket.id}.json"


def said(data_dir: Path, bucket: Bucket) -> dict[str, Any]:
    return json.loads(sidecar(data_dir, bucket).read_bytes())["bucket"]


def reopen(workspace: Workspace) -> None:
    workspace.close()
    with open_workspace(load_settings(workspace.settings.data_dir, environ={}), FixedSecrets(bytes(32))):
        pass


def test_it_says_all_that_the_row_says(storage: FileStorage, service: RlsContext, data_dir: Path) -> None:
    made = storage.create_bucket("Größe", service, public=True, file_size_limit_bytes=5, allowed_mime_types=["image/*"])

    row = said(data_dir, made)
    assert (row["id"], row["name"], row["owner_id"]) == (made.id, "Größe", service.user_id)
    assert (row["public"], row["file_size_limit"], row["allowed_mime_types"]) == (True, 5, ["image/*"])
    assert row.keys() == set(storage_buckets.c.keys())


def test_it_follows_changes_and_names(
    storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path
) -> None:
    storage.update_bucket(bucket.name, service, BucketChanges(public=True))
    assert said(data_dir, bucket)["public"] is True

    storage.rename_bucket(bucket.name, "pictures", service)
    assert said(data_dir, bucket)["name"] == "pictures"


def test_it_goes_with_the_bucket(storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path) -> None:
    storage.delete_bucket(bucket.name, service)

    assert not sidecar(data_dir, bucket).exists()


@pytest.mark.parametrize("damage", ["gone", "garbage", "older"])
def test_opening_mends_what_differs(workspace: Workspace, bucket: Bucket, data_dir: Path, damage: str) -> None:
    path = sidecar(data_dir, bucket)
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"\xff{" if damage == "garbage" else whole.replace(b"photos", b"before"))

    reopen(workspace)

    assert path.read_bytes() == whole


def test_opening_leaves_alone_what_is_in_order_and_what_it_does_not_know(
    workspace: Workspace, bucket: Bucket, data_dir: Path
) -> None:
    path = sidecar(data_dir, bucket)
    other = path.with_name("01a21a0f-0000-7000-8000-000000000000.json")
    other.write_bytes(b"{}")
    before = path.stat().st_ino

    reopen(workspace)

    assert path.stat().st_ino == before
    assert other.read_bytes() == b"{}"


def test_a_sidecar_that_cannot_be_written_refuses_no_change(
    workspace: Workspace,
    service: RlsContext,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise DiskFull("The disk is full")

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(LocalBackend, "write", fail)
        made = workspace.storage.create_bucket("photos", service)
    assert not sidecar(data_dir, made).exists()
    assert "could not be written" in caplog.text

    reopen(workspace)
    assert said(data_dir, made)["name"] == "photos"


def test_the_check_takes_sidecars_for_no_orphans(storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
    assert storage.check(service).findings == ()


BAD_VALUES: list[dict[str, Any]] = [
    {"updated_at": "x"},
    {"created_at": -1},
    {"created_at": 2**63},
    {"file_size_limit": {"a": 1}},
    {"file_size_limit": 0},
    {"trash_days": -1},
    {"trash_days": "x"},
    {"keep_versions": True},
    {"keep_days": 1.5},
    {"allowed_mime_types": "image/png"},
    {"allowed_mime_types": None},
    {"allowed_mime_types": ["no type"]},
    {"allowed_mime_types": [5]},
    {"public": "no"},
    {"name": "../../etc"},
    {"name": None},
    {"name": "\ud800"},
    {"owner_id": 7},
]


@pytest.mark.parametrize("values", BAD_VALUES, ids=str)
def test_what_no_bucket_ever_said_is_not_believed_and_stops_no_rebuild(
    storage: FileStorage, workspace: Workspace, service: RlsContext, data_dir: Path, values: dict[str, Any]
) -> None:
    made = storage.create_bucket("photos", service, public=True, retention=Retention(versions=2))
    storage.upload("photos", "cat", b"meow", service)
    storage.create_bucket("sound", service)
    workspace.close()
    document = json.loads(sidecar(data_dir, made).read_bytes())
    document["bucket"] |= values
    sidecar(data_dir, made).write_text(json.dumps(document))

    Recovery(workspace.settings).rebuild(force=True)

    with open_workspace(workspace.settings, FixedSecrets(bytes(32))) as again:
        assert {found.name for found in again.storage.list_buckets(service)} == {f"recovered-{made.id}", "sound"}
        assert again.storage.get_bucket(f"recovered-{made.id}", service).public is False
        with again.storage.open_object(f"recovered-{made.id}", "cat", service, verify=True) as reader:
            assert reader.read() == b"meow"


@pytest.mark.parametrize(("bucket_id", "name"), [("", ".json"), ("x/y", "x/y.json"), ("nobody", "nobody.json")])
def test_a_sidecar_of_what_is_no_bucket_makes_none(
    storage: FileStorage,
    workspace: Workspace,
    bucket: Bucket,
    service: RlsContext,
    data_dir: Path,
    bucket_id: str,
    name: str,
) -> None:
    workspace.close()
    document = json.loads(sidecar(data_dir, bucket).read_bytes())
    document["bucket"] |= {"id": bucket_id, "name": "strange"}
    strange = sidecar(data_dir, bucket).parent / name
    strange.parent.mkdir(exist_ok=True)
    strange.write_text(json.dumps(document))

    Recovery(workspace.settings).rebuild(force=True)

    with open_workspace(workspace.settings, FixedSecrets(bytes(32))) as again:
        assert [found.name for found in again.storage.list_buckets(service)] == [bucket.name]


def test_a_person_whose_id_is_no_text_is_a_new_one(workspace: Workspace, data_dir: Path) -> None:
    workspace.close()
    (data_dir / "storage" / ".buckets" / "workspace.json").write_text(json.dumps({"owner_id": "\ud800"}))

    Recovery(workspace.settings).rebuild(force=True)

    with open_workspace(workspace.settings, FixedSecrets(bytes(32))) as again:
        assert again.owner_id
