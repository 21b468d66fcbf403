"""What readers see of the backend in memory while others change it: they wait for nobody."""

from __future__ import annotations

from engine.backends.memory import MemoryBackend


def test_published_bytes_are_in_one_of_their_places_at_every_moment():
    backend = MemoryBackend()
    backend.write("b/a", b"old")
    staged = backend.stage_bytes("new", b"new")
    seen: list[bool] = []

    class Watched(dict[str, bytes]):
        def __setitem__(self, key: str, value: bytes) -> None:
            seen.append(backend.open_staged(backend.staging, "new") is not None)
            super().__setitem__(key, value)

    backend._stored = Watched(backend._stored)
    with backend.changes() as changes:
        changes.publish(backend.staging, staged.staged_id, "b/a", replace=True)

    assert seen == [True]
    assert backend.read("b/a") == b"new"
    assert backend.open_staged(backend.staging, "new") is None
