"""How the owners of objects are called: the names of the users who are known here, kept at hand for what makes rows.

Who acts as somebody sees what they could know: their own name, and of nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.bridge.acting import Acting
from app.bridge.events import EventRelay
from app.bridge.tasks import Tasks, Ticket
from app.i18n import translate
from engine.access_types import User
from engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Users:
    """All users, as they were at a generation of what decides about access, or later."""

    generation: int
    users: tuple[User, ...]


class Owners(QObject):
    """See the module. `name_of` may be called in any thread.

    Signals:
        changed: Somebody is called otherwise than before, is known from now on, or no more.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace, acting: Acting, tasks: Tasks, relay: EventRelay, parent: QObject) -> None:
        """Read the names, and again whenever something changes that is in no folder.

        Args:
            workspace: Whose users.
            acting: In whose name rows are read.
            tasks: For reading.
            relay: The news.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._workspace = workspace
        self._acting = acting
        self._tasks = tasks
        self._names: Mapping[str, str] = {}
        self._generation: int | None = None
        self._asked = self._taken = 0
        relay.everything_changed.connect(self._look)
        self._look()

    def name_of(self, owner_id: str) -> str:
        """Return how somebody is called; nothing where whoever looks does not know them."""
        identity = self._acting.identity
        if identity is not None:
            return identity.name if owner_id == identity.context.user_id != identity.name else ""
        if owner_id == self._workspace.owner_id:
            return translate("Owners", "You")
        return self._names.get(owner_id, "")

    def _look(self) -> None:
        self._asked += 1
        read, take = partial(self._read, self._generation), partial(self._take, self._asked)
        self._tasks.read(read, take, _keep_what_is_known, owner=self)

    def _read(self, known: int | None, _ticket: Ticket) -> _Users | None:
        """Return all users, or None where nothing about them has changed since; in a worker."""
        generation = self._workspace.access_generation.current()
        if generation == known:
            return None
        return _Users(generation, self._workspace.users.list(self._workspace.context))

    def _take(self, number: int, read: _Users | None) -> None:
        """Take an answer, unless a later question was answered before."""
        if read is None or number < self._taken:
            return
        self._taken, self._generation = number, read.generation
        names = {user.id: user.name for user in read.users}
        if names != self._names:
            self._names = names
            self.changed.emit()


def _keep_what_is_known(_error: Exception) -> None:
    """Leave it to what the person does next to show a database fault."""
