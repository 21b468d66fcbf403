"""`Users`: people who are known here, to mint tokens for. Threads: any.

What a user's tokens say, they say until their end; so a change of role, claims or password ends them all, as removing
the user does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, case, delete, insert, or_, select, update

from engine.access_types import User
from engine.acts import act
from engine.context import Operation
from engine.errors import ObjectChanged, UserAlreadyExists, UserNotFound, WrongPassword
from engine.identities.passwords import hash_password, is_password
from engine.identities.rules import checked_claims, checked_role, checked_user_id, checked_user_name
from engine.identities.tokens import end_tokens_of
from engine.ids import new_id
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_users
from engine.permissions.generation import raise_generation
from engine.permissions.rules import PermissionChecker
from engine.times import now_us, to_datetime
from engine.types import UNCHANGED, RlsContext, Role, Unchanged

_SYSTEM: Final = RlsContext.service()
_U: Final = storage_users.c


class Users:
    """Adds, changes and removes users. Only the service role may.

    Args:
        executor: For rows.
        permissions: Who may.
        now: The present moment, microseconds since 1970.
    """

    def __init__(self, executor: Executor, permissions: PermissionChecker, now: Callable[[], int] = now_us) -> None:
        self._executor = executor
        self._permissions = permissions
        self._now = now

    def list(self, context: RlsContext) -> tuple[User, ...]:
        """Return all users, by name.

        Raises:
            Unauthorized: The caller is not the service role.
        """
        self._permissions.check_service(context)
        rows = self._executor.execute(select(storage_users).order_by(_U.name), context)
        return tuple(_user_from(row) for row in rows)

    def get(self, name_or_id: str, context: RlsContext) -> User:
        """Return one user.

        Raises:
            Unauthorized: The caller is not the service role.
            UserNotFound: There is none.
        """
        self._permissions.check_service(context)
        with self._executor.snapshot(context) as tx:
            return _found(tx, name_or_id)

    @act(Operation.USER_CHANGE, None, path="name")
    def add(
        self,
        name: str,
        context: RlsContext,
        *,
        role: str = Role.AUTHENTICATED,
        claims: Mapping[str, Any] | None = None,
        password: str | None = None,
        user_id: str | None = None,
    ) -> User:
        """Let somebody be known here.

        Args:
            name: As people call them.
            context: Who asks.
            role: Of their tokens; a new one exists from now on.
            claims: What their tokens say beside that.
            password: To be told by, or None.
            user_id: A UUID, such as that of the same person elsewhere; a new one by default.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidRequest: One of these cannot be.
            UserAlreadyExists: The name or the id is taken.
        """
        self._permissions.check_service(context)
        now = self._now()
        values = {
            "id": new_id() if user_id is None else checked_user_id(user_id),
            "name": checked_user_name(name),
            "role": str(checked_role(role)),
            "claims": checked_claims(claims),
            "password_hash": None if password is None else hash_password(password),
            "tokens_from": 0,
            "created_at": now,
            "updated_at": now,
        }
        with self._executor.transaction(context) as tx:
            _refuse_taken(tx, _U.name == name, name, about="name")
            _refuse_taken(tx, _U.id == values["id"], str(values["id"]), about="user_id")
            tx.execute(insert(storage_users).values(values))
            raise_generation(tx)
            return _found(tx, str(values["id"]))

    @act(Operation.USER_CHANGE, None, path="user_id")
    def change(
        self,
        user_id: str,
        context: RlsContext,
        *,
        name: str | Unchanged = UNCHANGED,
        role: str | Unchanged = UNCHANGED,
        claims: Mapping[str, Any] | Unchanged | None = UNCHANGED,
        password: str | Unchanged | None = UNCHANGED,
        seen: User | None = None,
    ) -> User:
        """Change what is known of a user; another role, other claims or another password end all their tokens.

        Args:
            user_id: Id or name.
            context: Who asks.
            name: Another name.
            role: Another role.
            claims: Other claims, or None for none.
            password: Another password, or None for none.
            seen: Who they were when it was decided so, or None for whoever they are.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidRequest: One of these cannot be.
            UserNotFound: There is no such user.
            UserAlreadyExists: The name is taken.
            ObjectChanged: They are another than `seen` by now; they stay so.
        """
        self._permissions.check_service(context)
        values: dict[str, Any] = {}
        if not isinstance(role, Unchanged):
            values["role"] = str(checked_role(role))
        if not isinstance(claims, Unchanged):
            values["claims"] = checked_claims(claims)
        if not isinstance(password, Unchanged):
            values["password_hash"] = None if password is None else hash_password(password)
        ends_tokens = bool(values)
        if not isinstance(name, Unchanged):
            values["name"] = checked_user_name(name)
        return self._write(user_id, context, values, seen, ends_tokens=ends_tokens)

    @act(Operation.USER_CHANGE, None, path="user_id")
    def remove(self, user_id: str, context: RlsContext) -> None:
        """Forget a user and end all their tokens; what they own stays.

        Args:
            user_id: Id or name.
            context: Who asks.

        Raises:
            Unauthorized: The caller is not the service role.
            UserNotFound: There is no such user.
        """
        self._permissions.check_service(context)
        with self._executor.transaction(context) as tx:
            user = _found(tx, user_id)
            end_tokens_of(tx, user.id, self._now())
            tx.execute(delete(storage_users).where(_U.id == user.id))
            tx.changes.access_of(user.id)
            raise_generation(tx)

    def verify_password(self, name: str, password: str) -> User:
        """Return the user whom a name and a password belong to; takes as long where there is no such user.

        Raises:
            WrongPassword: They belong to nobody.
        """
        rows = self._executor.execute(select(storage_users).where(_U.name == name), _SYSTEM)
        if not is_password(password, rows[0].password_hash if rows else None):
            raise WrongPassword("The name or the password is wrong")
        return _user_from(rows[0])

    def context_of(self, user: User) -> RlsContext:
        """Return the context that a token of a user gives, without what only a token has.

        Args:
            user: Who.
        """
        return RlsContext(
            user_id=user.id,
            role=user.role,
            claims=MappingProxyType({**user.claims, "sub": user.id, "role": user.role}),
            can_bypass_rls=user.role == Role.SERVICE,
        )

    def _write(
        self, user_id: str, context: RlsContext, values: dict[str, Any], seen: User | None, *, ends_tokens: bool
    ) -> User:
        with self._executor.transaction(context) as tx:
            user = _found(tx, user_id)
            if seen is not None and user != seen:
                raise ObjectChanged("The user has been changed meanwhile", path=user.name)
            name = values.get("name", user.name)
            if name != user.name:
                _refuse_taken(tx, _U.name == name, name, about="name")
            now = self._now()
            known = {"name": user.name, "role": user.role, "claims": user.claims}
            changed = {one: value for one, value in values.items() if one not in known or _differ(value, known[one])}
            if changed:
                # Later than before whatever the clock says: by this alone it is seen that a password is another.
                later = case((_U.updated_at >= now, _U.updated_at + 1), else_=now)
                tx.execute(update(storage_users).where(_U.id == user.id).values(**changed, updated_at=later))
            if not changed.keys().isdisjoint(("role", "claims")):
                # Who comes back as they are now knows what they saw before.
                tx.changes.access_of(user.id)
            if ends_tokens:
                end_tokens_of(tx, user.id, now)
            raise_generation(tx)
            return _found(tx, user.id)


def _found(tx: Transaction, name_or_id: str) -> User:
    """Return a user.

    Raises:
        UserNotFound: There is none.
    """
    query = select(storage_users).where(or_(_U.id == name_or_id.lower(), _U.name == name_or_id))
    row = tx.execute(query).first()
    if row is None:
        raise UserNotFound("There is no such user", path=name_or_id)
    return _user_from(row)


def _differ(one: object, other: object) -> bool:
    """Return whether policies could tell two values apart; Python takes `1`, `1.0` and `true` for one another."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return json.dumps(dict(one), sort_keys=True) != json.dumps(dict(other), sort_keys=True)
    return one != other


def _refuse_taken(tx: Transaction, condition: ColumnElement[bool], value: str, about: str) -> None:
    if tx.execute(select(_U.id).where(condition)).first() is not None:
        raise UserAlreadyExists("There is a user of this name or id", path=value, about=about)


def _user_from(row: AnyRow) -> User:
    return User(
        id=row.id,
        name=row.name,
        role=row.role,
        has_password=row.password_hash is not None,
        created_at=to_datetime(row.created_at),
        claims=MappingProxyType(row.claims),
        changed_at=to_datetime(row.updated_at),
    )
