"""What the verifier of tokens asks: which keys count, which roles there are, which tokens have ended.

What was read is kept until the generation of access state is raised. Threads: any.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from engine.access_types import EVERYONE
from engine.auth import TokenKey
from engine.identities.generation import AccessGeneration
from engine.identities.signing_keys import SigningKeys
from engine.identities.tokens_from import tokens_from
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_policies, storage_tokens, storage_users
from engine.types import RlsContext, Role

if TYPE_CHECKING:
    from engine.identities.key_files import KeyFile

_SYSTEM: Final = RlsContext.service()
_ALWAYS: Final = frozenset(role.value for role in Role)


class KnownIdentities:
    """The `Trust` of a workspace.

    Args:
        executor: For rows.
        generation: Tells when to read them again.
        signing_keys: The workspace's own keys.
        key_files: Those of others.
    """

    def __init__(
        self,
        executor: Executor,
        generation: AccessGeneration,
        signing_keys: SigningKeys,
        key_files: Sequence[KeyFile] = (),
    ) -> None:
        self._executor = executor
        self._generation = generation
        self._signing_keys = signing_keys
        self._key_files = tuple(key_files)
        self._roles: tuple[int, frozenset[str]] | None = None

    def stamp(self) -> Hashable:
        """Return a value that differs once rows or files may have changed."""
        generation = self._generation.current()
        return (generation, *(file.version() for file in self._key_files)) if self._key_files else generation

    def token_keys(self) -> Sequence[TokenKey]:
        """Return the keys that tokens may be signed with."""
        external = [key for file in self._key_files for key in file.token_keys()]
        return [*self._signing_keys.token_keys(), *external]

    def knows_role(self, role: str) -> bool:
        """Return whether it is one of Supabase's, a user's, or one that a policy names.

        Args:
            role: Any text.
        """
        return role in _ALWAYS or role in self.roles()

    def roles(self) -> frozenset[str]:
        """Return every role that is known."""
        generation, known = self._generation.current(), self._roles
        if known is None or known[0] != generation:
            known = (generation, self._read_roles())
            self._roles = known
        return known[1]

    def has_ended(self, token_id: str) -> bool:
        """Return whether a token that was minted here was revoked, or is not remembered.

        Args:
            token_id: Its `jti`.
        """
        table = storage_tokens
        query = select(table.c.revoked_at).where(table.c.id == token_id)
        rows = self._executor.execute(query, _SYSTEM)
        return not rows or rows[0][0] is not None

    def tokens_from_unix_s(self, user_id: str) -> int:
        """Return from when on a subject's tokens count that were made elsewhere; 0 where they never ended.

        Args:
            user_id: `sub` of a token.
        """
        with self._executor.snapshot(_SYSTEM) as tx:
            return tokens_from(tx, user_id)

    def _read_roles(self) -> frozenset[str]:
        with self._executor.snapshot(_SYSTEM) as tx:
            users = {str(row[0]) for row in tx.execute(select(storage_users.c.role).distinct())}
            policies = tx.execute(select(storage_policies.c.roles).distinct()).all()
        named = {str(role) for row in policies for role in _listed(row[0])}
        return frozenset(_ALWAYS | users | (named - {EVERYONE}))


def _listed(roles: object) -> list[object]:
    """Return the roles of a policy's row."""
    found = json.loads(roles) if isinstance(roles, str) else roles
    return found if isinstance(found, list) else []
