"""The row rules: which rows a caller may see or change, as SQL predicates.

The service role bypasses them. A signed-in user reads, replaces and deletes what they own and adds objects as
their own; nobody else sees anything. A bucket's public flag and a signed link open objects for reading beside
these rules (`engine.files.downloads`), and nothing else does. Managing buckets is the service role's.

Source: specification, "Security Architecture" and "Delete Flow" (owner only).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, false

from engine.errors import Unauthorized
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.permissions.rows import Command as Command
from engine.types import RlsContext, Role

_OWNED = (storage_objects, storage_object_versions)
"""Tables whose rows are their owner's; what is known of an object's past is no more open than the object."""


class PermissionChecker:
    """Gives the predicate for a statement and checks rows that are to be written."""

    def predicate(self, table: Table, command: Command, context: RlsContext) -> ColumnElement[bool] | None:
        """Return the condition that rows of `table` must meet, or None where there is none to meet.

        Args:
            table: One of the protected tables.
            command: What the statement does with the rows.
            context: Who asks.
        """
        if context.can_bypass_rls:
            return None
        if table in _OWNED and self._signed_in(context):
            return table.c.owner_id == context.user_id
        return false()

    def check_insert(self, context: RlsContext) -> None:
        """Refuse a caller who may not add objects (as their own).

        Raises:
            Unauthorized: The caller is neither signed in nor the service role.
        """
        if not (context.can_bypass_rls or self._signed_in(context)):
            raise Unauthorized("new row violates row-level security policy")

    def check_update(self, context: RlsContext, owner_id: str | None) -> None:
        """Refuse a caller who may not replace the object of `owner_id`.

        Raises:
            Unauthorized: The object is somebody else's.
        """
        if context.can_bypass_rls or (self._signed_in(context) and owner_id == context.user_id):
            return
        raise Unauthorized("new row violates row-level security policy")

    def check_service(self, context: RlsContext) -> None:
        """Refuse everybody but the service role.

        Raises:
            Unauthorized: The caller has another role.
        """
        if not context.can_bypass_rls:
            raise Unauthorized("new row violates row-level security policy")

    @staticmethod
    def _signed_in(context: RlsContext) -> bool:
        """Return whether the context is that of a known user."""
        return context.role == Role.AUTHENTICATED and context.user_id is not None
