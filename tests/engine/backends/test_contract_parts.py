"""The protocol of `engine.backends.base`, word by word, over every backend: parts that grow over days."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backends.base import Outcome, Part, StorageBackend
from engine.backends.folders import PosixFolder
from engine.backends.local import LocalBackend
from tests.engine.backends.contract import KEY, LARGE, keys, publish, staged_content


def held(backend: StorageBackend, part_id: str, size_bytes: int = 0) -> Part:
    part = backend.hold_part(part_id)
    assert part is not None
    assert part.size_bytes == size_bytes
    return part


def grown(backend: StorageBackend, part_id: str, *pieces: bytes) -> None:
    """Write a part, each piece under a hold of its own."""
    done = 0
    for piece in pieces:
        part = held(backend, part_id, done)
        part.write(piece)
        part.flush()
        done += len(piece)
        assert part.size_bytes == done
        part.close()


def test_a_part_grows_under_one_hold_after_another_and_is_staged_whole(backend: StorageBackend) -> None:
    grown(backend, "p1", b"one, ", b"two, ", LARGE)

    part = held(backend, "p1", 10 + len(LARGE))
    part.stage("v1")
    backend.flush(["v1"])
    assert publish(backend, "v1", KEY) is Outcome.DONE
    part.remove()

    assert backend.read(KEY) == b"one, two, " + LARGE
    assert staged_content(backend, "v1") is None
    assert backend.list_parts() == []


def test_a_part_is_no_key_and_nothing_staged(backend: StorageBackend) -> None:
    grown(backend, "p1", b"bytes")

    assert keys(backend) == []
    assert backend.list_buckets() == []
    assert backend.open_staged(backend.staging, "p1") is None
    assert backend.sweep(lambda _: True) == 0
    assert backend.list_parts() == ["p1"]


def test_what_was_written_beyond_is_forgotten(backend: StorageBackend) -> None:
    grown(backend, "p1", b"known", b" and more")

    part = held(backend, "p1", 14)
    part.cut(5)
    assert part.size_bytes == 5
    part.write(b"!?")
    part.cut(6)
    part.write(b".")
    part.stage("v1")
    part.close()

    assert staged_content(backend, "v1") == b"known!."


def test_one_holds_a_part_at_a_time(backend: StorageBackend) -> None:
    first, other = held(backend, "p1"), held(backend, "p2")
    first.write(b"first")

    assert backend.hold_part("p1") is None
    assert not backend.remove_part("p1")
    first.close()
    first.close()

    again = held(backend, "p1", 5)
    again.close()
    other.close()


def test_a_part_is_removed_once_and_for_all(backend: StorageBackend) -> None:
    grown(backend, "p1", b"bytes")

    assert backend.remove_part("p1")
    assert backend.remove_part("p1")

    assert backend.list_parts() == []
    held(backend, "p1", 0).close()


def test_what_was_staged_of_a_part_stays_when_it_goes_and_the_other_way_round(backend: StorageBackend) -> None:
    grown(backend, "p1", b"bytes")
    part = held(backend, "p1", 5)
    part.stage("v1")
    part.stage("v2")
    backend.discard("v1")
    part.remove()

    assert staged_content(backend, "v1") is None
    assert staged_content(backend, "v2") == b"bytes"


def test_a_part_goes_on_beside_what_a_dead_process_published_of_it(backend: StorageBackend) -> None:
    grown(backend, "p1", b"bytes")
    part = held(backend, "p1", 5)
    part.stage("v1")
    part.close()
    publish(backend, "v1", KEY)

    part = held(backend, "p1", 5)
    part.cut(3)
    part.write(b"changed")
    part.stage("v2")
    part.remove()

    assert backend.read(KEY) == b"bytes"
    assert staged_content(backend, "v2") == b"bytchanged"
    assert backend.list_parts() == []


def test_another_process_sees_the_hold(root: Path, local_backend: LocalBackend) -> None:
    other = LocalBackend(root)
    part = held(local_backend, "p1")

    assert other.hold_part("p1") is None
    assert not other.remove_part("p1")
    part.write(b"bytes")
    part.close()
    taken = held(other, "p1", 5)
    assert local_backend.hold_part("p1") is None
    taken.close()
    other.close()


def test_nothing_but_its_bytes_is_left_of_a_part(root: Path, local_backend: LocalBackend) -> None:
    grown(local_backend, "p1", b"bytes")

    assert [path.name for path in (root / ".parts").iterdir()] == ["p1"]
    assert (root / ".parts" / "p1").stat().st_mode & 0o777 == 0o644


def test_a_lock_that_a_dead_process_left_is_no_hold_and_is_swept(root: Path, local_backend: LocalBackend) -> None:
    grown(local_backend, "p1", b"bytes")
    (root / ".parts" / "p1.lock").touch()
    (root / ".parts" / "p2.lock").touch()

    assert local_backend.list_parts() == ["p1", "p2"]
    assert local_backend.remove_part("p2")
    assert local_backend.list_parts() == ["p1"]
    held(local_backend, "p1", 5).close()


def test_where_a_file_has_one_name_only_a_part_is_copied(
    local_backend: LocalBackend, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(PosixFolder, "link", refuse)
    grown(local_backend, "p1", b"bytes")
    part = held(local_backend, "p1", 5)
    part.stage("v1")
    part.write(b" more")
    part.flush()

    assert staged_content(local_backend, "v1") == b"bytes"
    assert (root / ".parts" / "p1").read_bytes() == b"bytes more"
    part.remove()


def test_staging_a_part_copies_nothing(local_backend: LocalBackend, root: Path) -> None:
    grown(local_backend, "p1", b"bytes")
    part = held(local_backend, "p1", 5)
    part.stage("v1")

    staged = root / ".staging" / local_backend.staging / "v1"
    assert staged.samefile(root / ".parts" / "p1")
    part.remove()


def test_a_link_in_a_parts_place_is_never_followed(local_backend: LocalBackend, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    grown(local_backend, "p1", b"bytes")
    (root / ".parts" / "p1").unlink()
    (root / ".parts" / "p1").symlink_to(secret)

    with pytest.raises(Exception, match=r"symbolic|link"):
        local_backend.hold_part("p1")

    assert secret.read_bytes() == b"secret"
