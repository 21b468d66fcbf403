"""A storage folder that is not there must never be made anew under objects that are known."""

import pytest

from engine.config import Settings
from engine.errors import BackendUnreachable
from engine.secrets import FixedSecrets
from engine.workspace import open_workspace


def _stored(data_dir):
    with open_workspace(Settings(data_dir), FixedSecrets()) as workspace:
        workspace.storage.create_bucket("photos", workspace.context)
        workspace.storage.upload("photos", "a.txt", b"kept", workspace.context)


@pytest.mark.parametrize("left_behind", ["nothing", "an empty folder"])
def test_a_missing_disk_is_told_and_nothing_is_made(data_dir, left_behind):
    _stored(data_dir)
    (data_dir / "storage").rename(data_dir / "unplugged")
    if left_behind == "an empty folder":
        (data_dir / "storage").mkdir()
    with pytest.raises(BackendUnreachable, match="storage folder is gone") as caught:
        open_workspace(Settings(data_dir), FixedSecrets())
    assert "Connect the disk" in caught.value.hint
    assert not (data_dir / "storage" / ".staging").exists()


def test_with_the_disk_back_everything_is_there(data_dir):
    _stored(data_dir)
    (data_dir / "storage").rename(data_dir / "unplugged")
    with pytest.raises(BackendUnreachable):
        open_workspace(Settings(data_dir), FixedSecrets())
    (data_dir / "unplugged").rename(data_dir / "storage")
    with (
        open_workspace(Settings(data_dir), FixedSecrets()) as workspace,
        workspace.storage.open_object("photos", "a.txt", workspace.context) as reader,
    ):
        assert reader.read() == b"kept"


def test_a_workspace_without_objects_makes_its_folder(data_dir):
    with open_workspace(Settings(data_dir), FixedSecrets()):
        pass
    (data_dir / "storage" / ".staging").rmdir()
    (data_dir / "storage").rmdir()
    with open_workspace(Settings(data_dir), FixedSecrets()) as workspace:
        workspace.storage.create_bucket("photos", workspace.context)
