"""The two places that keys are kept in: the system's keyring, and a file for its owner's eyes alone.

A vault reads and writes; whether a key may be made is decided above it (`engine.secrets`). Keyrings are called on a
thread of their own and waited for a bounded time, because a locked one asks the person at the screen, who may not be
there. Thread-safe, except that writing the file needs the caller's lock.
"""

from __future__ import annotations

import binascii
import json
import os
import secrets
import stat
import sys
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from engine.cancel import CancelToken
from engine.errors import SecretsUnavailable
from engine.small_files import replace_file

SECRET_BYTES: Final = 32
"""Length of every key; anything else was cut off or is none."""

SERVICE: Final = "Holdall"
"""What the keyring calls the program."""

_PROBE: Final = "probe"
_LEAST_PRIORITY: Final = 1
"""keyring's own bound of recommended backends; below are those that store in plain files or nowhere."""

_POLL_S: Final = 0.05
"""Time between two looks at whether anybody still waits for the keyring."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

_Result = TypeVar("_Result")


class Keyring(Protocol):
    """What is used of a backend of the `keyring` package."""

    @property
    def priority(self) -> float:
        """How well it keeps secrets; less than 1 is not well enough."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry, or None."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store an entry."""

    def delete_password(self, service: str, username: str) -> None:
        """Remove an entry."""


class Vault(Protocol):
    """Where keys are kept."""

    def read(self, name: str) -> bytes | None:
        """Return a key, or None if there is none of that name.

        Raises:
            SecretsUnavailable: The vault cannot be read.
        """

    def write(self, name: str, secret: bytes) -> None:
        """Keep a key durably.

        Raises:
            SecretsUnavailable: The vault cannot be written.
        """


class KeyringVault:
    """Keys in the system's keyring, one entry each, as base64.

    Args:
        workspace_id: Tells the keys of one workspace from another's.
        find_keyring: Returns the keyring; may block and raise anything.
        timeout_s: How long one call may take, in seconds.
        cancel: Ends the waiting for a call with `Cancelled`.
    """

    def __init__(
        self, workspace_id: str, find_keyring: Callable[[], Keyring], timeout_s: float, cancel: CancelToken
    ) -> None:
        self._workspace_id = workspace_id
        self._find_keyring = find_keyring
        self._timeout_s = timeout_s
        self._cancel = cancel

    def keeps_secrets(self) -> bool:
        """Return whether there is a keyring worth the name that returns what it is given."""
        try:
            return self._answer_of(self._probe)
        except SecretsUnavailable:
            return False

    def read(self, name: str) -> bytes | None:
        """Return a key, or None if the keyring has no such entry.

        Args:
            name: What the key is for.

        Raises:
            SecretsUnavailable: The keyring does not answer, refuses, or holds something else there.
        """
        entry = self._entry(name)
        text = self._answer_of(lambda: self._find_keyring().get_password(SERVICE, entry))
        return None if text is None else _decoded(text, f"keyring entry {entry}")

    def write(self, name: str, secret: bytes) -> None:
        """Keep a key.

        Args:
            name: What the key is for.
            secret: The key.

        Raises:
            SecretsUnavailable: The keyring does not answer or refuses.
        """
        entry, text = self._entry(name), b64encode(secret).decode("ascii")
        self._answer_of(lambda: self._find_keyring().set_password(SERVICE, entry, text))

    def _answer_of(self, call: Callable[[], _Result]) -> _Result:
        return _answer_of(call, self._timeout_s, self._cancel)

    def _entry(self, name: str) -> str:
        return f"{self._workspace_id}:{name}"

    def _probe(self) -> bool:
        keyring, entry, text = self._find_keyring(), self._entry(_PROBE), secrets.token_hex()
        if keyring.priority < _LEAST_PRIORITY:
            return False
        keyring.set_password(SERVICE, entry, text)
        kept = keyring.get_password(SERVICE, entry) == text
        keyring.delete_password(SERVICE, entry)
        return kept


class FileVault:
    """Keys in a JSON file that nobody but its owner can read.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.was_exposed = False

    def names(self) -> tuple[str, ...]:
        """Return the names of the keys that are kept.

        Raises:
            SecretsUnavailable: The file is damaged or open to others.
        """
        return tuple(self._content())

    def read(self, name: str) -> bytes | None:
        """Return a key, or None if the file or the entry is missing.

        Args:
            name: What the key is for.

        Raises:
            SecretsUnavailable: The file is damaged or open to others.
        """
        text = self._content().get(name)
        return None if text is None else _decoded(text, str(self._path))

    def write(self, name: str, secret: bytes) -> None:
        """Keep a key beside the others.

        Args:
            name: What the key is for.
            secret: The key.

        Raises:
            SecretsUnavailable: The file is damaged, or open to others on this file system.
            OSError: It cannot be written.
        """
        content = self._content() | {name: b64encode(secret).decode("ascii")}
        replace_file(self._path, json.dumps(content, indent=1).encode())

    def _content(self) -> dict[str, Any]:
        try:
            with self._path.open("rb") as file:
                self._keep_private(file.fileno())
                return decoded_object(file.read(), self._path)
        except FileNotFoundError:
            return {}

    def _keep_private(self, fd: int) -> None:
        if sys.platform == "win32" or not os.fstat(fd).st_mode & _OTHERS:
            return  # On Windows the user profile's access list protects the file, and modes say nothing.
        try:
            os.fchmod(fd, stat.S_IRUSR | stat.S_IWUSR)
        except OSError as error:
            raise self._exposed() from error
        if os.fstat(fd).st_mode & _OTHERS:
            raise self._exposed()
        self.was_exposed = True

    def _exposed(self) -> SecretsUnavailable:
        return SecretsUnavailable(
            "Other users of this computer can read the keys of this workspace, and that cannot be changed",
            path=str(self._path),
            hint="Move the data folder to a file system that keeps files private, owned by you.",
        )


def decoded_object(content: bytes, path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        content: The file's content.
        path: The file, for the message.

    Returns:
        The object.

    Raises:
        SecretsUnavailable: It is none.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise damaged(str(path)) from error
    if not isinstance(value, dict):
        raise damaged(str(path))
    return value


def damaged(where: str) -> SecretsUnavailable:
    """Return the error that says so.

    Args:
        where: What is damaged: a file or a keyring entry.
    """
    return SecretsUnavailable(
        "The record of this workspace's keys is damaged",
        path=where,
        hint="Bring it back from a backup. Nothing was changed.",
    )


def system_keyring() -> Keyring:
    """Return the keyring that the `keyring` package finds best here; may block, and raise what its backends raise."""
    # Imported late: it takes a tenth of a second, which workspaces with a key file need not spend.
    import keyring

    return keyring.get_keyring()


def _decoded(text: object, where: str) -> bytes:
    try:
        secret = b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise damaged(where) from error
    if len(secret) != SECRET_BYTES:
        raise damaged(where)
    return secret


def _answer_of(call: Callable[[], _Result], timeout_s: float, cancel: CancelToken) -> _Result:
    """Run a call of a keyring on a thread that may be left behind."""
    answer: Future[_Result] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except Exception as error:  # noqa: BLE001 - each platform's keyring raises errors of its own
            answer.set_exception(error)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    deadline_s = time.monotonic() + timeout_s
    while not wait([answer], _POLL_S).done:
        cancel.raise_if_cancelled()
        if time.monotonic() > deadline_s:
            raise SecretsUnavailable("The keyring does not answer")
    try:
        return answer.result()
    except TimeoutError as error:
        raise SecretsUnavailable("The keyring does not answer") from error
    except Exception as error:
        raise SecretsUnavailable(
            "The keyring refuses access", hint=f"{SecretsUnavailable.default_hint} It says: {error}"
        ) from error
