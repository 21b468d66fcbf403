"""Keys of a workspace: made once, kept in one place, never replaced behind anybody's back."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import keyring.backend
import keyring.core
import keyring.errors
import pytest

from engine import secret_vaults
from engine.cancel import CancelToken
from engine.errors import Cancelled, IoError, PermissionDenied, SecretsUnavailable
from engine.locks import FileLock
from engine.secrets import FixedSecrets, Patience, SecretStore, open_secret_store

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows protects files by access lists, not by modes")


def make_read_only(folder: Path) -> None:
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("the superuser may write everywhere")


class MemoryKeyring:
    """A keyring as the `keyring` package's backends are, with what can go wrong."""

    def __init__(self, priority: float = 5) -> None:
        self.priority = priority
        self.entries: dict[tuple[str, str], str] = {}
        self.fault: Exception | None = None
        self.keeps = True
        self.lock = threading.Lock()

    def __call__(self) -> MemoryKeyring:
        return self

    def get_password(self, service: str, username: str) -> str | None:
        with self.lock:
            self._maybe_fail()
            return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        with self.lock:
            self._maybe_fail()
            if self.keeps:
                self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        with self.lock:
            if self.entries.pop((service, username), None) is None:
                raise keyring.errors.PasswordDeleteError

    def _maybe_fail(self) -> None:
        if self.fault is not None:
            raise self.fault


def no_keyring() -> MemoryKeyring:
    raise keyring.errors.NoKeyringError("No recommended backend was available")


def with_keyring(data_dir: Path, ring: Callable[[], MemoryKeyring]) -> SecretStore:
    return open_secret_store(data_dir, find_keyring=ring)


def without_keyring(data_dir: Path) -> SecretStore:
    return open_secret_store(data_dir, find_keyring=no_keyring)


def test_a_keyring_holds_the_keys_and_the_folder_none(data_dir: Path) -> None:
    ring = MemoryKeyring()
    store = with_keyring(data_dir, ring)

    key = store.get_or_create("links")

    assert (store.where, store.notice) == ("keyring", None)
    assert len(key) == 32
    [((service, entry), text)] = ring.entries.items()
    assert service == "Holdall"
    assert entry.endswith(":links")
    assert b64decode(text) == key
    assert not (data_dir / "secrets.json").exists()
    assert all(text.encode() not in path.read_bytes() for path in data_dir.iterdir())


def test_keys_are_the_same_at_the_next_start_and_differ_by_name_and_workspace(tmp_path: Path) -> None:
    ring = MemoryKeyring()
    first = with_keyring(tmp_path / "one", ring)
    keys = first.get_or_create("links"), first.get_or_create("jwt")
    again = with_keyring(tmp_path / "one", ring)
    other = with_keyring(tmp_path / "two", ring)

    assert (again.get_or_create("links"), again.get_or_create("jwt")) == keys
    assert len({*keys, other.get_or_create("links"), other.get_or_create("jwt")}) == 4


def test_without_a_keyring_a_private_file_is_used_and_said_once(data_dir: Path) -> None:
    store = without_keyring(data_dir)
    key = store.get_or_create("links")
    again = without_keyring(data_dir)

    assert store.where == again.where == "file"
    assert str(data_dir / "secrets.json") in str(store.notice)
    assert again.notice is None
    assert again.get_or_create("links") == key
    assert again.get_or_create("jwt") != key
    assert store.get_or_create("jwt") == again.get_or_create("jwt")


@posix
def test_the_file_is_for_its_owner_alone(data_dir: Path) -> None:
    without_keyring(data_dir).get_or_create("links")

    assert stat.S_IMODE((data_dir / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


def test_the_keyring_packages_own_failing_backend_means_the_file(data_dir: Path) -> None:
    assert os.environ["PYTHON_KEYRING_BACKEND"] == "keyring.backends.fail.Keyring"

    assert open_secret_store(data_dir).where == "file"


def test_the_keyring_package_itself_is_asked_through_its_own_interface(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Backend(keyring.backend.KeyringBackend):
        priority = 5
        entries: ClassVar[dict[tuple[str, str], str]] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.entries.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.entries[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.entries[service, username]

    monkeypatch.setattr(keyring.core, "_keyring_backend", Backend())
    store = open_secret_store(data_dir)

    assert store.where == "keyring"
    assert store.get_or_create("links") == open_secret_store(data_dir).get_or_create("links")
    assert len(Backend.entries) == 1


@pytest.mark.parametrize("priority", [-1, 0, 0.5])
def test_keyrings_that_keep_no_secrets_are_not_used(priority: float, data_dir: Path) -> None:
    ring = MemoryKeyring(priority)

    assert with_keyring(data_dir, ring).where == "file"
    assert ring.entries == {}


def test_a_keyring_that_forgets_is_not_used(data_dir: Path) -> None:
    ring = MemoryKeyring()
    ring.keeps = False

    assert with_keyring(data_dir, ring).where == "file"


@pytest.mark.parametrize(
    "fault", [keyring.errors.KeyringLocked("dismissed"), RuntimeError("D-Bus is gone"), OSError(5, "x")]
)
def test_a_keyring_that_refuses_a_new_workspace_means_the_file(fault: Exception, data_dir: Path) -> None:
    ring = MemoryKeyring()
    ring.fault = fault
    store = with_keyring(data_dir, ring)
    key = store.get_or_create("links")
    ring.fault = None

    assert with_keyring(data_dir, ring).where == "file"
    assert with_keyring(data_dir, ring).get_or_create("links") == key


@pytest.mark.parametrize("fault", [keyring.errors.KeyringLocked("dismissed"), RuntimeError("D-Bus is gone")])
def test_a_keyring_that_locks_itself_later_is_an_error_and_makes_no_file(fault: Exception, data_dir: Path) -> None:
    ring = MemoryKeyring()
    key = with_keyring(data_dir, ring).get_or_create("links")
    ring.fault = fault

    for _ in range(2):
        with pytest.raises(SecretsUnavailable) as raised:
            with_keyring(data_dir, ring).get_or_create("links")
        assert "Unlock the keyring" in str(raised.value.hint)
        assert str(fault) in str(raised.value.hint)
    assert not (data_dir / "secrets.json").exists()
    ring.fault = None
    assert with_keyring(data_dir, ring).get_or_create("links") == key


def test_a_keyring_that_is_gone_is_an_error_and_makes_no_file(data_dir: Path) -> None:
    with_keyring(data_dir, MemoryKeyring()).get_or_create("links")

    with pytest.raises(SecretsUnavailable):
        without_keyring(data_dir).get_or_create("links")
    with pytest.raises(SecretsUnavailable):
        without_keyring(data_dir).get_or_create("a new one")
    assert not (data_dir / "secrets.json").exists()


def test_a_folder_on_another_computer_gets_no_new_key(data_dir: Path) -> None:
    with_keyring(data_dir, MemoryKeyring()).get_or_create("links")
    elsewhere = MemoryKeyring()

    with pytest.raises(SecretsUnavailable) as raised:
        with_keyring(data_dir, elsewhere).get_or_create("links")

    assert elsewhere.entries == {}
    assert "secrets-place.json" in str(raised.value.hint)
    (data_dir / "secrets-place.json").unlink()
    assert len(with_keyring(data_dir, elsewhere).get_or_create("links")) == 32


def test_a_lost_file_gets_no_new_key(data_dir: Path) -> None:
    without_keyring(data_dir).get_or_create("links")
    (data_dir / "secrets.json").rename(data_dir / "moved away")

    with pytest.raises(SecretsUnavailable, match="gone"):
        without_keyring(data_dir).get_or_create("links")
    assert not (data_dir / "secrets.json").exists()


def test_a_lost_marker_does_not_lose_the_file(data_dir: Path) -> None:
    key = without_keyring(data_dir).get_or_create("links")
    (data_dir / "secrets-place.json").unlink()
    store = with_keyring(data_dir, MemoryKeyring())

    assert store.where == "file"
    assert store.get_or_create("links") == key


def test_a_marker_taken_away_while_the_program_runs_stops_new_keys(data_dir: Path) -> None:
    store = without_keyring(data_dir)
    key = store.get_or_create("links")
    (data_dir / "secrets-place.json").unlink()

    with pytest.raises(SecretsUnavailable):
        store.get_or_create("jwt")
    assert store.get_or_create("links") == key


def test_a_keyring_that_drops_a_new_key_is_an_error(data_dir: Path) -> None:
    ring = MemoryKeyring()
    store = with_keyring(data_dir, ring)
    ring.keeps = False

    with pytest.raises(SecretsUnavailable, match="does not keep"):
        store.get_or_create("links")
    ring.keeps = True
    assert store.get_or_create("links") == with_keyring(data_dir, ring).get_or_create("links")


class HangingKeyring(MemoryKeyring):
    """A keyring that asks somebody who is not there."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def _maybe_fail(self) -> None:
        self.answered.wait(30)


def test_a_keyring_that_hangs_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    patience = Patience(first_s=0.05, later_s=0.05)
    hanging, ring = HangingKeyring(), MemoryKeyring()
    with_keyring(tmp_path / "old", ring).get_or_create("links")
    try:
        new = open_secret_store(tmp_path / "new", find_keyring=hanging, patience=patience)
        old = open_secret_store(tmp_path / "old", find_keyring=hanging, patience=patience)
        assert new.where == "file"
        assert len(new.get_or_create("links")) == 32
        with pytest.raises(SecretsUnavailable, match="does not answer"):
            old.get_or_create("links")
    finally:
        hanging.answered.set()


@pytest.mark.parametrize("known", [True, False])
def test_whoever_no_longer_wants_the_keys_does_not_wait_for_a_keyring_that_hangs(tmp_path: Path, known: bool) -> None:
    hanging, cancel = HangingKeyring(), CancelToken()
    if known:
        with_keyring(tmp_path, MemoryKeyring()).get_or_create("links")
    threading.Timer(0.2, cancel.cancel).start()
    began_s = time.monotonic()
    try:
        with pytest.raises(Cancelled):
            open_secret_store(tmp_path, find_keyring=hanging, cancel=cancel).get_or_create("links")
    finally:
        hanging.answered.set()
    assert time.monotonic() - began_s < 5
    assert with_keyring(tmp_path, MemoryKeyring()).where == "keyring"


def test_whoever_no_longer_wants_the_keys_does_not_wait_for_another_process(data_dir: Path) -> None:
    cancel = CancelToken()
    store = open_secret_store(data_dir, find_keyring=no_keyring, cancel=cancel)
    lock = FileLock(data_dir / "secrets.lock")
    assert lock.acquire()
    cancel.cancel()
    try:
        with pytest.raises(Cancelled):
            store.get_or_create("links")
    finally:
        lock.release()


def test_who_waits_for_another_process_gives_up_in_the_end(data_dir: Path) -> None:
    store = open_secret_store(data_dir, find_keyring=no_keyring, patience=Patience(later_s=0.05))
    lock = FileLock(data_dir / "secrets.lock")
    assert lock.acquire()
    try:
        with pytest.raises(SecretsUnavailable, match="Another Holdall"):
            store.get_or_create("links")
    finally:
        lock.release()
    assert len(store.get_or_create("links")) == 32


@posix
def test_a_file_that_others_can_read_is_closed_and_this_is_said(data_dir: Path) -> None:
    key = without_keyring(data_dir).get_or_create("links")
    (data_dir / "secrets.json").chmod(0o644)
    store = without_keyring(data_dir)

    assert store.get_or_create("links") == key
    assert "Other users could read" in str(store.notice)
    assert stat.S_IMODE((data_dir / "secrets.json").stat().st_mode) == 0o600
    assert without_keyring(data_dir).notice is None


@posix
@pytest.mark.parametrize("refuses", [True, False])
def test_a_file_that_stays_open_to_others_is_refused(
    refuses: bool, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_keyring(data_dir).get_or_create("links")
    (data_dir / "secrets.json").chmod(0o640)

    def change_nothing(_fd: int, _mode: int) -> None:
        if refuses:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(secret_vaults.os, "fchmod", change_nothing)
    with pytest.raises(SecretsUnavailable, match="Other users"):
        without_keyring(data_dir).get_or_create("links")


@pytest.mark.parametrize("name", ["secrets.json", "secrets-place.json"])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"links": "no base64!"}', b'{"links": ""}', b'{"links": 5}', b"[" * 9999],
)
def test_damaged_records_are_errors_and_stay_as_they_are(name: str, content: bytes, data_dir: Path) -> None:
    without_keyring(data_dir).get_or_create("links")
    (data_dir / name).write_bytes(content)

    with pytest.raises(SecretsUnavailable, match="damaged"):
        without_keyring(data_dir).get_or_create("links")
    assert (data_dir / name).read_bytes() == content


@pytest.mark.parametrize(
    "change", [{"where": "nowhere"}, {"where": ["file"]}, {"workspace": 5}, {"names": "links"}, {"names": None}]
)
def test_a_marker_with_wrong_content_is_damaged(change: dict[str, object], data_dir: Path) -> None:
    without_keyring(data_dir)
    path = data_dir / "secrets-place.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(SecretsUnavailable, match="damaged"):
        without_keyring(data_dir)


def test_a_damaged_keyring_entry_is_an_error(data_dir: Path) -> None:
    ring = MemoryKeyring()
    with_keyring(data_dir, ring).get_or_create("links")
    ring.entries = dict.fromkeys(ring.entries, "not base64!")

    with pytest.raises(SecretsUnavailable, match="damaged"):
        with_keyring(data_dir, ring).get_or_create("links")


def test_a_file_in_the_folders_place_is_an_io_error(data_dir: Path) -> None:
    data_dir.write_bytes(b"")

    with pytest.raises(IoError):
        without_keyring(data_dir)


@posix
def test_a_folder_without_write_permission_says_so(data_dir: Path) -> None:
    data_dir.mkdir()
    make_read_only(data_dir)

    with pytest.raises(PermissionDenied) as raised:
        without_keyring(data_dir)
    assert str(data_dir) in str(raised.value)


@posix
def test_known_keys_are_read_from_a_read_only_folder(data_dir: Path) -> None:
    key = without_keyring(data_dir).get_or_create("links")
    make_read_only(data_dir)

    assert without_keyring(data_dir).get_or_create("links") == key
    with pytest.raises(PermissionDenied):
        without_keyring(data_dir).get_or_create("jwt")
    data_dir.chmod(0o700)


def test_a_full_disk_gives_no_key_that_the_next_start_would_not_find(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = without_keyring(data_dir)

    def fail(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(secret_vaults, "replace_file", fail)
        with pytest.raises(IoError, match="full"):
            store.get_or_create("links")
    assert store.get_or_create("links") == without_keyring(data_dir).get_or_create("links")


@pytest.mark.parametrize("ring", [MemoryKeyring(), no_keyring], ids=["keyring", "file"])
def test_threads_that_race_for_a_new_key_get_the_same_one(ring: Callable[[], MemoryKeyring], data_dir: Path) -> None:
    start = threading.Barrier(8)

    def race(_number: int) -> bytes:
        start.wait()
        return with_keyring(data_dir, ring).get_or_create("links")

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(race, range(8)))

    assert len(keys) == 1
    shutil.rmtree(data_dir)


def test_processes_that_race_for_a_new_workspace_get_the_same_key(data_dir: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from engine.secrets import open_secret_store\n"
        "sys.stdin.read(1); print(open_secret_store(Path(sys.argv[1])).get_or_create('links').hex())"
    )
    root = Path(secret_vaults.__file__).parent.parent
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(data_dir)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("!")
        racer.stdin.flush()
    keys = {racer.communicate(timeout=60)[0] for racer in racers}

    assert len(keys) == 1
    assert len(keys.pop().strip()) == 64


def test_fixed_secrets_depend_on_their_master_and_the_name_alone() -> None:
    store = FixedSecrets(b"master")

    assert store.get_or_create("links") == FixedSecrets(b"master").get_or_create("links")
    assert len(store.get_or_create("links")) == 32
    assert (
        len({store.get_or_create("links"), store.get_or_create("jwt"), FixedSecrets(b"x").get_or_create("links")}) == 3
    )
    assert (store.where, store.notice) == ("memory", None)


def test_fixed_secrets_without_a_master_are_nobodys() -> None:
    store = FixedSecrets()

    assert store.get_or_create("links") == store.get_or_create("links")
    assert store.get_or_create("links") != FixedSecrets().get_or_create("links")
