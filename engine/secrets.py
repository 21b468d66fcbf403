"""The keys of a workspace: in the system's keyring, or in a 0600 file where no keyring answers.

Which of the two is decided once, when the workspace is made, and written down in a marker beside the data together
with the names of the keys that exist. From then on nothing changes silently: when the keyring is locked or gone, or a
key that the marker names is missing, that is an error and never a reason to make a new key, which would end all links
and API keys given out.

Invariants: a key is durable before anybody gets it; of several processes and threads that ask for a new key at once,
all get the same one (an advisory lock). A keyring that hangs is waited for a bounded time.

Source: specification, "Security Architecture"; keyring entries are `Holdall`, `<workspace id>:<name>`, base64.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from engine.cancel import CancelToken
from engine.errors import SecretsUnavailable, StorageError
from engine.locks import FileLock
from engine.os_errors import from_os_error
from engine.secret_vaults import (
    SECRET_BYTES,
    FileVault,
    Keyring,
    KeyringVault,
    Vault,
    damaged,
    decoded_object,
    system_keyring,
)
from engine.small_files import make_private_dir, replace_file

MARKER_NAME: Final = "secrets-place.json"
"""File of the data folder that says where the keys are."""

FILE_NAME: Final = "secrets.json"
"""File of the data folder that holds the keys where no keyring does."""

_LOCK_NAME: Final = "secrets.lock"
_LOCK_POLL_S: Final = 0.02
_IN_KEYRING: Final = "keyring"
_IN_FILE: Final = "file"


class SecretStore(Protocol):
    """Where the keys of one workspace are. Thread-safe."""

    @property
    def where(self) -> str:
        """`keyring`, `file` or `memory`."""

    @property
    def notice(self) -> str | None:
        """A sentence that the person should be told once, or None."""

    def names(self) -> tuple[str, ...]:
        """Return the names of the keys that were made, oldest first, where that is remembered.

        Raises:
            SecretsUnavailable: The record of them is damaged.
        """

    def get_or_create(self, name: str) -> bytes:
        """Return a key, made at random when it is asked for the first time.

        Args:
            name: What the key is for.

        Returns:
            32 bytes, the same whenever the workspace is opened.

        Raises:
            SecretsUnavailable: The key cannot be read, or was lost.
        """


class FixedSecrets:
    """Keys that live in memory, for tests and for programs that keep secrets themselves.

    Args:
        master: What all keys are derived from; random when None.
    """

    where: Final = "memory"
    notice: Final = None

    def __init__(self, master: bytes | None = None) -> None:
        self._master = secrets.token_bytes(SECRET_BYTES) if master is None else master

    def names(self) -> tuple[str, ...]:
        """Return nothing: whatever is asked for, there is a key of that name."""
        return ()

    def get_or_create(self, name: str) -> bytes:
        """Return the key of that name: equal masters give equal keys.

        Args:
            name: What the key is for.
        """
        return hmac.digest(self._master, name.encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a keyring is waited for, in seconds.

    Attributes:
        first_s: When a workspace is made: nobody should wait long for a first window.
        later_s: When the keys are known to be in it: a person may be typing a password.
    """

    first_s: float = 10.0
    later_s: float = 60.0


def open_secret_store(
    data_dir: Path,
    *,
    find_keyring: Callable[[], Keyring] = system_keyring,
    patience: Patience | None = None,
    cancel: CancelToken | None = None,
) -> SecretStore:
    """Open the keys of a workspace, deciding where they live if that is not decided yet.

    Args:
        data_dir: The workspace's folder; created if missing.
        find_keyring: Returns the keyring; may block and raise anything.
        patience: How long to wait for it.
        cancel: Ends all waiting, here and in the store.

    Returns:
        The store.

    Raises:
        Cancelled: `cancel` was cancelled while something was waited for.
        SecretsUnavailable: The marker or the keys cannot be read.
        PermissionDenied: The folder cannot be used.
    """
    place = _Place(data_dir, find_keyring, patience or Patience(), cancel or CancelToken())
    with _translated(data_dir):
        make_private_dir(data_dir)
        marker = _Marker.read(data_dir)
        if marker is not None:
            return _VaultStore(place, marker, is_new=False)
        with place.locked():
            marker = _Marker.read(data_dir)
            return _VaultStore(place, marker or place.choose(), is_new=marker is None)


@dataclass(frozen=True, slots=True)
class _Marker:
    """What is known about a workspace's keys beside the keys themselves."""

    workspace_id: str
    where: str
    names: tuple[str, ...]

    @classmethod
    def read(cls, data_dir: Path) -> _Marker | None:
        path = data_dir / MARKER_NAME
        try:
            content = decoded_object(path.read_bytes(), path)
        except FileNotFoundError:
            return None
        workspace_id, where, names = (content.get(key) for key in ("workspace", "where", "names"))
        if isinstance(workspace_id, str) and where in (_IN_KEYRING, _IN_FILE) and isinstance(names, list):
            return cls(workspace_id, str(where), tuple(map(str, names)))
        raise damaged(str(path))

    def write(self, data_dir: Path) -> None:
        content = {"workspace": self.workspace_id, "where": self.where, "names": list(self.names)}
        replace_file(data_dir / MARKER_NAME, json.dumps(content, indent=1).encode())


@dataclass(frozen=True, slots=True)
class _Place:
    """A data folder and the keyring that may belong to it."""

    data_dir: Path
    find_keyring: Callable[[], Keyring]
    patience: Patience
    cancel: CancelToken

    def choose(self) -> _Marker:
        """Decide where the keys will be, and write it down. Needs the lock."""
        workspace_id = str(uuid.uuid4())
        in_file = FileVault(self.data_dir / FILE_NAME).names()
        keyring = KeyringVault(workspace_id, self.find_keyring, self.patience.first_s, self.cancel)
        where = _IN_FILE if in_file or not keyring.keeps_secrets() else _IN_KEYRING
        marker = _Marker(workspace_id, where, in_file)
        marker.write(self.data_dir)
        return marker

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other thread and process from making keys here."""
        lock, deadline_s = FileLock(self.data_dir / _LOCK_NAME), time.monotonic() + self.patience.later_s
        while not lock.acquire():
            self.cancel.raise_if_cancelled()
            if time.monotonic() > deadline_s:
                raise SecretsUnavailable("Another Holdall is waiting for the keys of this workspace")
            time.sleep(_LOCK_POLL_S)
        try:
            yield
        finally:
            lock.release()


class _VaultStore:
    """Keys in a vault; makes one under the lock, and only if none was made before."""

    def __init__(self, place: _Place, marker: _Marker, *, is_new: bool) -> None:
        self._place = place
        self._workspace_id = marker.workspace_id
        self._is_new = is_new
        self._file = FileVault(place.data_dir / FILE_NAME)
        keyring = KeyringVault(marker.workspace_id, place.find_keyring, place.patience.later_s, place.cancel)
        self._vault: Vault = keyring if marker.where == _IN_KEYRING else self._file
        self._where = marker.where

    @property
    def where(self) -> str:
        return self._where

    @property
    def notice(self) -> str | None:
        path = self._place.data_dir / FILE_NAME
        if self._file.was_exposed:
            return f"Other users could read the keys of this workspace in {path}; now only you can."
        if self._is_new and self._where == _IN_FILE:
            return f"No keyring answers here, so the keys of this workspace are kept in {path}, readable by you alone."
        return None

    def names(self) -> tuple[str, ...]:
        with _translated(self._place.data_dir):
            marker = _Marker.read(self._place.data_dir)
        return () if marker is None else marker.names

    def get_or_create(self, name: str) -> bytes:
        with _translated(self._place.data_dir):
            return self._vault.read(name) or self._create(name)

    def _create(self, name: str) -> bytes:
        with self._place.locked():
            marker = _Marker.read(self._place.data_dir)
            found = self._vault.read(name)
            if found is not None:
                return found
            if marker is None or marker.workspace_id != self._workspace_id or name in marker.names:
                raise self._lost()
            made = self._made(name)
            replace(marker, names=(*marker.names, name)).write(self._place.data_dir)
            return made

    def _made(self, name: str) -> bytes:
        """Make a key and read it back: what counts is what the next start will find."""
        self._vault.write(name, secrets.token_bytes(SECRET_BYTES))
        stored = self._vault.read(name)
        if stored is None:
            raise SecretsUnavailable("The keyring does not keep what it is given")
        return stored

    def _lost(self) -> StorageError:
        return SecretsUnavailable(
            "The keys of this workspace are gone",
            path=str(self._place.data_dir),
            hint=f"Was the folder copied from another computer or account? Bring the keys back, or remove "
            f"{MARKER_NAME} from it to start with new ones: all links and API keys given out end then.",
        )


@contextlib.contextmanager
def _translated(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise from_os_error(error, str(data_dir)) from error
