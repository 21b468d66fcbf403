"""`KeyRing`: which keys count now, our own and others': what lets somebody in, for people to see. Threads: any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.access_types import KeyInfo
from engine.identities.signing_keys import SigningKeys
from engine.types import RlsContext

if TYPE_CHECKING:
    from engine.identities.key_files import KeyFile


class KeyRing:
    """Tells of keys.

    Args:
        own: Of the workspace.
        files: Others' keys.
    """

    def __init__(self, own: SigningKeys, files: Sequence[KeyFile]) -> None:
        self._own = own
        self._files = tuple(files)

    def list(self, context: RlsContext) -> tuple[KeyInfo, ...]:
        """Return the keys that count now: our own, the current ones first, then others'.

        Raises:
            Unauthorized: The caller is not the service role.
        """
        return (*self._own.list(context), *(info for file in self._files for info in _told(file)))


def _told(file: KeyFile) -> Sequence[KeyInfo]:
    """Return the keys of a file, or that there is none in it."""
    file.version()  # looks whether it is another by now
    source = str(file.path)
    found = [KeyInfo(False, key.reader.algorithm, key.key_id, source=source) for key in file.token_keys()]
    return found or [KeyInfo(False, "", source=source)]
