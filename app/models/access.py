"""Users and tokens as tables: what their columns say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Final

from PySide6.QtCore import QObject

from app.claims import claims_text
from app.formats import full_time_text, minute_time_text
from app.i18n import translate
from app.models.records import Cell, RecordModel
from engine.access_types import KeyInfo, TokenInfo, User

_NOTHING: Final = "—"


class UserColumn(IntEnum):
    """The columns of users, in their order."""

    NAME = 0
    ROLE = 1
    CLAIMS = 2
    PASSWORD = 3
    CREATED = 4
    ID = 5


class TokenColumn(IntEnum):
    """The columns of tokens, in their order."""

    HOLDER = 0
    ROLE = 1
    STATE = 2
    EXPIRES = 3
    CREATED = 4
    ID = 5


class KeyColumn(IntEnum):
    """The columns of keys, in their order."""

    USE = 0
    ALGORITHM = 1
    UNTIL = 2
    SINCE = 3
    SOURCE = 4
    ID = 5


def key_model(parent: QObject | None = None) -> RecordModel[KeyInfo]:
    """Return the model of the keys that count."""
    titles = (
        translate("KeyModel", "Signs"),
        translate("KeyModel", "How"),
        translate("KeyModel", "Valid until"),
        translate("KeyModel", "Made"),
        translate("KeyModel", "From"),
        translate("KeyModel", "ID"),
    )
    return RecordModel(titles, _key_cells, parent)


def user_model(parent: QObject | None = None) -> RecordModel[User]:
    """Return the model of users."""
    titles = (
        translate("UserModel", "Name"),
        translate("UserModel", "Role"),
        translate("UserModel", "Claims"),
        translate("UserModel", "Password"),
        translate("UserModel", "Known since"),
        translate("UserModel", "ID"),
    )
    return RecordModel(titles, _user_cells, parent)


def token_model(names: Callable[[], Mapping[str, str]], now: Callable[[], datetime]) -> RecordModel[TokenInfo]:
    """Return the model of tokens.

    Args:
        names: How users are called, by their id.
        now: The present, aware.
    """
    titles = (
        translate("TokenModel", "For"),
        translate("TokenModel", "Role"),
        translate("TokenModel", "State"),
        translate("TokenModel", "Works until"),
        translate("TokenModel", "Made"),
        translate("TokenModel", "ID"),
    )
    return RecordModel(titles, lambda token: _token_cells(token, names(), now()))


def is_valid(token: TokenInfo, now: datetime) -> bool:
    """Return whether a token still lets its holder in."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def _user_cells(user: User) -> tuple[Cell, ...]:
    claims = json.dumps(dict(user.claims), ensure_ascii=False) if user.claims else _NOTHING
    return (
        Cell(user.name),
        Cell(user.role),
        Cell(claims, claims_text(user.claims) or _NOTHING, None if user.claims else "faint"),
        Cell(translate("UserModel", "Set")) if user.has_password else Cell(_NOTHING, tone="faint"),
        Cell(minute_time_text(user.created_at), full_time_text(user.created_at), "muted"),
        Cell(user.id, tone="muted"),
    )


def _token_cells(token: TokenInfo, names: Mapping[str, str], now: datetime) -> tuple[Cell, ...]:
    nobody = translate("TokenModel", "Nobody in particular")
    ends = translate("TokenModel", "Until revoked")
    return (
        Cell(names.get(token.user_id, token.user_id) if token.user_id else nobody, token.user_id or nobody),
        Cell(token.role),
        _state(token, now),
        Cell(minute_time_text(token.expires_at) if token.expires_at else ends),
        Cell(minute_time_text(token.created_at), full_time_text(token.created_at), "muted"),
        Cell(token.id, tone="muted"),
    )


def _key_cells(key: KeyInfo) -> tuple[Cell, ...]:
    signs = translate("KeyModel", "Links") if key.signs_links else translate("KeyModel", "Tokens")
    replaced = translate("KeyModel", "Until replaced") if not key.source else translate("KeyModel", "As long as given")
    until = Cell(replaced) if key.until is None else Cell(minute_time_text(key.until), tone="warning")
    how = (
        Cell(key.algorithm) if key.algorithm else Cell(translate("KeyModel", "No key that can be used"), tone="danger")
    )
    since = Cell(_NOTHING, tone="faint")
    if key.since is not None:
        since = Cell(minute_time_text(key.since), full_time_text(key.since), "muted")
    source = Cell(key.source or translate("KeyModel", "This workspace"), tone="muted")
    return Cell(signs), how, until, since, source, Cell(key.key_id or _NOTHING, tone="muted")


def _state(token: TokenInfo, now: datetime) -> Cell:
    if token.revoked_at is not None:
        since = translate("TokenModel", "Revoked on {time}").format(time=full_time_text(token.revoked_at))
        return Cell(translate("TokenModel", "Revoked"), since, "danger")
    if not is_valid(token, now):
        return Cell(translate("TokenModel", "Expired"), tone="faint")
    return Cell(translate("TokenModel", "Valid"), tone="success")
