"""Users, their tokens and the keys of the workspace, as the person at this computer keeps them.

All of it is done in their own name, whoever the window acts as: the commands that lead here are off meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject

from app.bridge.tasks import Fail, Tasks, Ticket
from app.i18n import translate
from engine.access_types import IssuedToken, KeyInfo, TokenInfo, User
from engine.context import NO_CLAIMS, RlsContext
from engine.errors import InvalidRequest
from engine.types import UNCHANGED, Role, Unchanged
from engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class UserDraft:
    """A user as a form describes them.

    Attributes:
        name: Wanted name.
        role: Of their tokens.
        claims: What their tokens say beside that.
        password: A new one, None for none, or unchanged.
        user_id: The UUID that they have elsewhere, or None; of a new user alone.
    """

    name: str
    role: str = Role.AUTHENTICATED
    claims: Mapping[str, Any] = field(default_factory=lambda: NO_CLAIMS)
    password: str | Unchanged | None = field(default=UNCHANGED, repr=False)
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class TokenDraft:
    """A token as a form describes it.

    Attributes:
        user: Whom it is for, or None for what the other fields say.
        sub: The holder's id, or None for nobody in particular.
        role: Their role.
        claims: What else it says.
        expires_in_s: Its life in seconds, or None for until it is revoked.
    """

    user: User | None
    expires_in_s: int | None
    sub: str | None = None
    role: str = Role.AUTHENTICATED
    claims: Mapping[str, Any] = field(default_factory=lambda: NO_CLAIMS)


@dataclass(frozen=True, slots=True)
class Known:
    """Everybody who is known here, and what was minted.

    Attributes:
        users: By name.
        tokens: The newest first.
        anon_key: The key that may be public.
        service_key: The key to keep.
        keys: What tokens and links may be signed with now.
    """

    users: tuple[User, ...]
    tokens: tuple[TokenInfo, ...]
    anon_key: str = field(repr=False)
    service_key: str = field(repr=False)
    keys: tuple[KeyInfo, ...] = ()


class AccessBridge:
    """See the module."""

    def __init__(self, workspace: Workspace, tasks: Tasks) -> None:
        """Args: the workspace, and the lanes."""
        self._workspace = workspace
        self._own = workspace.context
        self._tasks = tasks

    def users(
        self, then: Callable[[tuple[User, ...]], None], otherwise: Fail | None = None, *, owner: QObject | None = None
    ) -> Ticket:
        """Read who is known here; the answer is dropped once `owner` is deleted."""
        return self._tasks.read(lambda _: self._workspace.users.list(self._own), then, otherwise, owner=owner)

    def everything(self, then: Callable[[Known], None], otherwise: Fail | None, *, owner: QObject) -> Ticket:
        """Read users, tokens and keys; the answer is dropped once `owner` is deleted."""
        return self._tasks.read(lambda _: self._everything(), then, otherwise, owner=owner)

    def context_of(self, user: User) -> RlsContext:
        """Return who a user is to the engine; at once."""
        return self._workspace.users.context_of(user)

    def add(self, draft: UserDraft, then: Callable[[User], None], otherwise: Fail | None = None) -> Ticket:
        """Let somebody be known here."""
        return self._tasks.mutate(lambda _: self._add(draft), then, otherwise)

    def change(
        self, user: User, draft: UserDraft, then: Callable[[User], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Change what the draft says otherwise than the user that the form was filled from, if they are still so."""
        return self._tasks.mutate(lambda _: self._change(user, draft), then, otherwise)

    def remove(self, user: User, then: Callable[[None], None], otherwise: Fail | None = None) -> Ticket:
        """Forget a user and end their tokens."""
        return self._tasks.mutate(lambda _: self._workspace.users.remove(user.id, self._own), then, otherwise)

    def mint(self, draft: TokenDraft, then: Callable[[IssuedToken], None], otherwise: Fail | None = None) -> Ticket:
        """Make a token."""
        return self._tasks.mutate(lambda _: self._mint(draft), then, otherwise)

    def revoke(self, token: TokenInfo, then: Callable[[None], None], otherwise: Fail | None = None) -> Ticket:
        """End a token."""
        return self._tasks.mutate(lambda _: self._workspace.tokens.revoke(token.id, self._own), then, otherwise)

    def revoke_all(self, user_id: str, then: Callable[[int], None], otherwise: Fail | None = None) -> Ticket:
        """End all tokens of a user; calls back with how many that were."""
        return self._tasks.mutate(lambda _: self._workspace.tokens.revoke_all(user_id, self._own), then, otherwise)

    def replace_keys(self, overlap_s: int, then: Callable[[datetime], None], otherwise: Fail | None = None) -> Ticket:
        """Replace the keys that sign tokens and links; calls back with until when the old ones count."""
        keys = self._workspace.signing_keys
        return self._tasks.mutate(lambda _: keys.rotate(self._own, overlap_s), then, otherwise)

    def _everything(self) -> Known:
        workspace, own = self._workspace, self._own
        keys = workspace.keys
        users, tokens, ring = workspace.users.list(own), workspace.tokens.list(own), workspace.key_ring.list(own)
        return Known(users, tokens, keys.anon, keys.service_role, ring)

    def _add(self, draft: UserDraft) -> User:
        return self._workspace.users.add(
            draft.name,
            self._own,
            role=draft.role,
            claims=draft.claims,
            password=None if isinstance(draft.password, Unchanged) else draft.password,
            user_id=draft.user_id,
        )

    def _change(self, user: User, draft: UserDraft) -> User:
        """Send what the person changed alone: another role, other claims or another password end all tokens."""
        return self._workspace.users.change(
            user.id,
            self._own,
            name=UNCHANGED if draft.name == user.name else draft.name,
            role=UNCHANGED if draft.role == user.role else draft.role,
            claims=UNCHANGED if _text(draft.claims) == _text(user.claims) else draft.claims,
            password=draft.password,
            seen=user,
        )

    def _mint(self, draft: TokenDraft) -> IssuedToken:
        tokens, life = self._workspace.tokens, draft.expires_in_s
        if draft.user is not None:
            now = self._workspace.users.get(draft.user.id, self._own)
            if (now.role, _text(now.claims)) != (draft.user.role, _text(draft.user.claims)):
                text = translate("AccessBridge", "{who} has been changed meanwhile. Look at them again first.")
                raise InvalidRequest(text.format(who=now.name))
            return tokens.mint_for(now, self._own, life)
        return tokens.mint(self._own, sub=draft.sub, role=draft.role, claims=draft.claims, expires_in_s=life)


def _text(claims: Mapping[str, Any]) -> str:
    """Return claims so that `1`, `1.0` and `true` in them are not taken for one another."""
    return json.dumps(dict(claims), sort_keys=True)
