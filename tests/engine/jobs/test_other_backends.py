"""Cleanup and scrub know nothing of files: they work over any backend."""

from __future__ import annotations

from pathlib import Path

from engine.backends.memory import MemoryBackend
from engine.cleanup_types import CleanupAction
from engine.config import Settings
from engine.files.throttle import ProgressMeter
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import open_workspace


def test_over_memory(data_dir: Path, service: RlsContext) -> None:
    backend = MemoryBackend()
    settings = Settings(data_dir, orphan_grace_s=0, missing_grace_s=0)
    with open_workspace(settings, FixedSecrets(bytes(32)), backend) as workspace:
        bucket = workspace.storage.create_bucket("photos", service)
        for name in ("lost", "kept", "rotten"):
            workspace.storage.upload("photos", name, name.encode(), service)
        backend.delete(f"{bucket.id}/lost")
        backend.write(f"{bucket.id}/rotten", b"r0tten")
        backend.write(f"{bucket.id}/stray", b"whose")
        house = workspace.housekeeping

        report = house.cleanup.run(service)
        state = house.scrub.run(service, ProgressMeter(None, None))

        assert [item.action for item in report.items] == [CleanupAction.SET_ASIDE, CleanupAction.REMOVED]
        assert [entry.key for entry in backend.list()] == [f"{bucket.id}/kept", f"{bucket.id}/rotten"]
        assert (state.contents, state.problems) == (2, 1)
        assert [entry.where for entry in house.quarantine.list()] == ["photos/rotten"]
