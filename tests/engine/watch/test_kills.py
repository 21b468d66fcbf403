"""A process that dies while it takes a change in leaves each object wholly old or wholly new."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.config import load_settings
from engine.failpoints import Failpoint
from engine.metadata.tables import storage_journal
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import open_workspace
from tests.engine.crash.record import Nursery, nursery_opened
from tests.engine.watch import dying_watcher
from tests.engine.watch.conftest import wait_until

OLD = (Failpoint.COMMIT_BEGIN, Failpoint.COMMIT_WRITTEN)
DURABLE = (Failpoint.FOLDER_SYNC, Failpoint.FOLDER_SYNCED)
"""Before the commit the file and its name are made durable; a deletion has nothing to make so."""

NEW = (Failpoint.SETTLE_BEGIN, Failpoint.PUBLISH, Failpoint.SETTLE_DONE)
STEPS = [
    *((what, point, False) for what in ("edit", "add", "delete") for point in OLD),
    *((what, point, False) for what in ("edit", "add") for point in DURABLE),
    *((what, Failpoint.COMMIT_DONE, True) for what in ("edit", "add", "delete")),
    *((what, point, True) for what in ("edit", "add") for point in NEW),
]
CONTENTS = {"edit": (b"before", b"after"), "add": (None, b"after"), "delete": (b"before", None)}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Start the nursery of processes that watch and die."""
    with nursery_opened(Path(dying_watcher.__file__)) as opened:
        yield opened


@pytest.mark.parametrize(("what", "point", "is_new"), STEPS)
def test_old_or_new(
    nursery: Nursery, begun_dir: Path, service: RlsContext, what: str, point: Failpoint, is_new: bool
) -> None:
    settings = load_settings(begun_dir, environ={})
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        bucket = workspace.storage.create_bucket("photos", service)
        if what != "add":
            workspace.storage.upload("photos", "a.txt", b"before", service)
    file = settings.storage_dir / bucket.id / "a.txt"
    ready = begun_dir / "ready"
    child = nursery.start({"data_dir": str(begun_dir), "point": point.value, "ready": str(ready)})
    wait_until(ready.exists)
    if what == "delete":
        file.unlink()
    else:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"after")
    assert nursery.wait(child) == -signal.SIGKILL
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        storage = workspace.storage
        assert not workspace._core.executor.execute(select(storage_journal.c.id), service)
        assert file.exists() == (what != "delete")
        content = CONTENTS[what][is_new]
        assert storage.exists("photos", "a.txt", service) == (content is not None)
        if content is not None:
            info = storage.info("photos", "a.txt", service)
            assert info.checksum == hashlib.sha256(content).hexdigest()
        if is_new:
            assert storage.check(service).findings == ()
