"""Who may do what with an object: visitors and the users who are known here, as policies are now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from app.bridge.tasks import Fail, Tasks, Ticket
from engine.context import RlsContext, Role
from engine.errors import PolicyFailed
from engine.move_types import Move
from engine.permissions.refused import Wish
from engine.permissions.rows import Command
from engine.types import StorageObject
from engine.workspace import Workspace

if TYPE_CHECKING:
    from app.policies import Allowances

_PEOPLE_MAX: Final = 20
_ASKED: Final = (Command.SELECT, Command.UPDATE, Command.DELETE)


class AllowanceBridge:
    """See the module. Asks as the owner of the workspace, whoever is acted as."""

    def __init__(self, workspace: Workspace, tasks: Tasks) -> None:
        """Args: the workspace, and the lanes."""
        self._workspace = workspace
        self._tasks = tasks

    def read(
        self, item: StorageObject, then: Callable[[Allowances], None], otherwise: Fail, *, owner: QObject
    ) -> Ticket:
        """Find out who may do what with an object."""
        return self._tasks.read(lambda ticket: self._read(item, ticket), then, otherwise, owner=owner)

    def _read(self, item: StorageObject, ticket: Ticket) -> Allowances:
        from app.policies import Allowance, Allowances, role_text  # with the first policy that is looked at

        users = self._workspace.users.list(self._workspace.context)
        people = [(role_text(Role.ANON), RlsContext.anonymous())]
        people += [(user.name, self._workspace.users.context_of(user)) for user in users[:_PEOPLE_MAX]]
        alike: dict[tuple[Command, ...], list[str]] = {}
        for name, who in people:
            ticket.token.raise_if_cancelled()
            alike.setdefault(self._commands_of(who, item), []).append(name)
        groups = sorted(alike.items(), key=lambda group: -len(group[0]))
        return Allowances(
            tuple(Allowance(tuple(names), commands) for commands, names in groups), max(len(users) - _PEOPLE_MAX, 0)
        )

    def _commands_of(self, who: RlsContext, item: StorageObject) -> tuple[Command, ...]:
        return tuple(command for command in _ASKED if self._may(who, command, item))

    def _may(self, who: RlsContext, command: Command, item: StorageObject) -> bool:
        wish = Wish(command, item.bucket_id, (Move(item.path, "", item.id),))
        try:
            found = self._workspace.storage.policies.refusals(who, wish, self._workspace.context)
        except PolicyFailed:
            return False
        return found.asked > 0 and not found.refused
