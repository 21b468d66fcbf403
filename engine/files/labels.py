"""What is said about objects without their bytes: MIME type, cache rule, the caller's own metadata. All or nothing.

A change of these is no new content: version, checksum and times stay, no old version comes to be, and no file is
touched. Who changes them needs what replacing needs, the right to UPDATE the row as it is and as it will be.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from engine.errors import ObjectChanged, ObjectNotFound, Unauthorized
from engine.files.announce import Announcer
from engine.files.candidates import candidate_of, check_writable, reached_by
from engine.files.mutations import Mutation, Mutations
from engine.files.records import OBJECT_COLUMNS, find_bucket, leaves_by_folder, object_from
from engine.files.rules import check_cache_control, check_mime, check_user_metadata, checked_mime_text
from engine.metadata.tables import storage_objects
from engine.paths import validate_object_path
from engine.permissions.rows import Command
from engine.permissions.rules import WRITE_DENIED
from engine.types import Bucket, LabelChanges, RlsContext, StorageObject, Unchanged

_O: Final = storage_objects.c
_LEAVES_A_QUERY: Final = 500
_AT: Final = select(*OBJECT_COLUMNS).where(
    _O.bucket_id == bindparam("bucket_id"),
    _O.parent == bindparam("parent"),
    _O.leaf.in_(bindparam("leaves", expanding=True)),
)


class Labels:
    """Changes what is said about objects.

    Args:
        mutations: The commit protocol.
        announcer: Told of what was changed.
    """

    def __init__(self, mutations: Mutations, announcer: Announcer) -> None:
        self._mutations = mutations
        self._announcer = announcer

    def change(
        self,
        bucket: str,
        paths: Sequence[str],
        changes: LabelChanges,
        context: RlsContext,
        seen: Sequence[StorageObject] = (),
    ) -> tuple[StorageObject, ...]:
        """Change what is said about objects, of all of them or of none.

        Args:
            bucket: Where they are.
            paths: Theirs.
            changes: What is to be said from now on.
            context: Who asks.
            seen: The objects as the caller saw them: what differs by now is not changed unseen.

        Returns:
            The objects as they are now, in the order of `paths`.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: One of them does not exist, or the caller may not see it.
            Unauthorized: The caller may see one but not change it so.
            ObjectChanged: One is not what the caller saw.
            InvalidRequest: A value cannot be stored.
            UnsupportedMediaType: The bucket does not take the type.
        """
        values = checked_values(changes)
        wanted = list(dict.fromkeys(validate_object_path(path) for path in paths))

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            change.within(found)
            stored = _stored_at(change, found, wanted)
            _check_unchanged(stored, seen, values)
            after = [one._replace(**values) for one in stored]
            _check_may_change(change, found, stored, after)
            for one in after:
                check_mime(found, one.mime_type, one.path)
            if values:
                _write(change, stored, values)
                change.tx.changes.relabelled(found, stored, after)
            change.tx.note_objects([one.path for one in stored] if values else [], changed=sorted(values))
            return after

        changed = self._mutations.run(context, work)
        if values:
            self._announcer.relabelled(changed)
        return tuple(changed)


def checked_values(changes: LabelChanges) -> dict[str, Any]:
    """Return the columns that are to change, checked.

    Args:
        changes: What is to be said from now on.

    Raises:
        InvalidRequest: A value cannot be stored.
    """
    values: dict[str, Any] = {}
    if not isinstance(changes.mime_type, Unchanged):
        values["mime_type"] = checked_mime_text(changes.mime_type)
    if not isinstance(changes.cache_control, Unchanged):
        check_cache_control(changes.cache_control)
        values["cache_control"] = changes.cache_control
    if not isinstance(changes.user_metadata, Unchanged):
        check_user_metadata(changes.user_metadata)
        values["user_metadata"] = dict(changes.user_metadata)
    return values


def _stored_at(change: Mutation, bucket: Bucket, paths: Sequence[str]) -> list[StorageObject]:
    """Return the objects at these paths, in their order.

    Raises:
        ObjectNotFound: The caller sees none at one of them.
    """
    found: dict[str, StorageObject] = {}
    for parent, leaves in leaves_by_folder(paths).items():
        for start in range(0, len(leaves), _LEAVES_A_QUERY):
            part = leaves[start : start + _LEAVES_A_QUERY]
            for row in change.tx.execute(_AT, {"bucket_id": bucket.id, "parent": parent, "leaves": part}):
                stored = object_from(row, bucket.name)
                found[stored.path] = stored
    for path in paths:
        if path not in found:
            raise ObjectNotFound("Object not found", path=path)
    return [found[path] for path in paths]


def _check_unchanged(stored: Sequence[StorageObject], seen: Sequence[StorageObject], values: Mapping[str, Any]) -> None:
    """Refuse to write over what the caller never saw: another content, or what somebody else said meanwhile.

    Raises:
        ObjectChanged: There is such a thing.
    """
    known = {one.path: one for one in seen}
    for one in stored:
        before = known.get(one.path)
        if before is not None and _said(one, values) != _said(before, values):
            raise ObjectChanged("Somebody else changed it meanwhile", path=one.path)


def _said(stored: StorageObject, values: Mapping[str, Any]) -> tuple[object, ...]:
    """Return of an object what counts where some columns are about to change."""
    return stored.id, stored.version, *(_plain(getattr(stored, name)) for name in sorted(values))


def _plain(value: object) -> object:
    """Return a value so that `1`, `1.0` and `true` in metadata are not taken for one another."""
    return json.dumps(dict(value), sort_keys=True) if isinstance(value, Mapping) else value


def _check_may_change(
    change: Mutation, bucket: Bucket, stored: Sequence[StorageObject], after: Sequence[StorageObject]
) -> None:
    """Refuse a caller who may not change one of the objects, or not to what it is to become.

    Raises:
        Unauthorized: There is one.
    """
    if change.tx.context.can_bypass_rls:
        return
    reached = reached_by(change.tx, bucket, Command.UPDATE, [one.id for one in stored])
    for one in stored:
        if one.id not in reached:
            raise Unauthorized(WRITE_DENIED, path=one.path)
    changed = [candidate_of(one) for one in after]
    check_writable(change.tx, bucket, Command.UPDATE, changed, seen=True, is_new=False)


_WRITE: Final = update(storage_objects).where(_O.id == bindparam("row_id"))


def _write(change: Mutation, stored: Sequence[StorageObject], values: Mapping[str, Any]) -> None:
    """Write the columns into the rows."""
    change.system.execute(_WRITE.values(**values), [{"row_id": one.id} for one in stored])
