"""Ready-made policies for a bucket, each of which can be changed afterwards like any other.

The conditions say the bucket, as Supabase's do: the texts are what one would write there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from engine.access_types import EVERYONE, PolicyCommand, PolicySpec, PolicyTemplate
from engine.context import Role
from engine.errors import InvalidRequest
from engine.permissions.rows import PolicyTable

TEMPLATES: Final[tuple[PolicyTemplate, ...]] = (
    PolicyTemplate(
        "public-read",
        "Public read",
        "Anyone may read the objects, signed in or not; nobody may change them",
    ),
    PolicyTemplate(
        "signed-in-read",
        "Signed-in read",
        "Signed-in users may read the objects; nobody may change them",
    ),
    PolicyTemplate(
        "own-folder",
        "Own folder",
        "Signed-in users may read, add, change and delete objects in the folder that is named like their user id",
    ),
    PolicyTemplate(
        "owner-only",
        "Owner only",
        "Signed-in users may add objects, and read, change and delete those that they own",
    ),
    PolicyTemplate(
        "file-types",
        "File types",
        "Signed-in users may add objects, but only of some file types; signed-in users may read all",
        "file types",
    ),
    PolicyTemplate(
        "role-from-claim",
        "Role from a claim",
        "Users whose token has a certain claim may read, add, change and delete all objects",
        "claim and value",
    ),
)
"""All templates, in the order of a menu."""

_OWN_FOLDER: Final = "(storage.foldername(name))[1] = (select auth.uid()::text)"
_OWNED: Final = "owner_id = (select auth.uid()::text)"
_EXTENSION: Final = re.compile(r"[a-z0-9]{1,20}", re.ASCII)
_CLAIM: Final = re.compile(r"\s*([\w-]+(?:\.[\w-]+)*)\s*(?:=\s*|\s)(\S(?:.*\S)?)\s*", re.DOTALL)
_ALL_COMMANDS: Final = (PolicyCommand.SELECT, PolicyCommand.INSERT, PolicyCommand.UPDATE, PolicyCommand.DELETE)
_VERBS: Final = {
    PolicyCommand.SELECT: "read",
    PolicyCommand.INSERT: "add",
    PolicyCommand.UPDATE: "change",
    PolicyCommand.DELETE: "delete",
}


def specs_of(template_id: str, bucket: str, value: str = "") -> tuple[PolicySpec, ...]:
    """Return the policies of a template for a bucket; their names are unique by bucket and template.

    Args:
        template_id: One of `TEMPLATES`.
        bucket: Name of the bucket.
        value: What the template needs: file extensions (`jpg, png`), or a claim and its value
            (`app_metadata.role = admin`).

    Raises:
        InvalidRequest: There is no such template, or the value does not say what is needed.
    """
    if template_id not in _MAKERS:
        raise InvalidRequest(f"There is no template {template_id}")
    return _MAKERS[template_id](bucket, value)


def _public_read(bucket: str, _value: str) -> tuple[PolicySpec, ...]:
    return (_spec("Anyone may read", bucket, PolicyCommand.SELECT, "", EVERYONE),)


def _signed_in_read(bucket: str, _value: str) -> tuple[PolicySpec, ...]:
    return (_spec("Signed-in users may read", bucket, PolicyCommand.SELECT, ""),)


def _own_folder(bucket: str, _value: str) -> tuple[PolicySpec, ...]:
    return tuple(
        _spec(f"Users may {_VERBS[command]} in their folder", bucket, command, _OWN_FOLDER) for command in _ALL_COMMANDS
    )


def _owner_only(bucket: str, _value: str) -> tuple[PolicySpec, ...]:
    return tuple(
        _spec(f"Users may {_VERBS[command]} their own objects", bucket, command, _OWNED) for command in _ALL_COMMANDS
    )


def _file_types(bucket: str, value: str) -> tuple[PolicySpec, ...]:
    from engine.permissions.language.printer import quoted  # see there: many a start sees no policy

    extensions = [part.strip().lower().lstrip(".") for part in value.split(",") if part.strip()]
    if not extensions or not all(map(_EXTENSION.fullmatch, extensions)):
        raise InvalidRequest("File types are written as jpg, png")
    listed = ", ".join(map(quoted, dict.fromkeys(extensions)))
    condition = f"lower(storage.extension(name)) in ({listed})"
    return (
        _spec("Signed-in users may read all file types", bucket, PolicyCommand.SELECT, ""),
        _spec("Signed-in users may add certain file types", bucket, PolicyCommand.INSERT, condition),
    )


def _role_from_claim(bucket: str, value: str) -> tuple[PolicySpec, ...]:
    from engine.permissions.language.printer import quoted  # see there: many a start sees no policy

    match = _CLAIM.fullmatch(value)
    if match is None:
        raise InvalidRequest("A claim and its value are written as app_metadata.role = admin")
    *above, last = match[1].split(".")
    steps = "".join(f" -> {quoted(name)}" for name in above)
    condition = f"(select auth.jwt(){steps} ->> {quoted(last)}) = {quoted(match[2])}"
    who = f"Users with {match[1]} {match[2]}"
    return tuple(_spec(f"{who} may {_VERBS[command]}", bucket, command, condition) for command in _ALL_COMMANDS)


def _spec(
    title: str, bucket: str, command: PolicyCommand, condition: str, role: str = Role.AUTHENTICATED.value
) -> PolicySpec:
    """Return a policy for a bucket.

    Args:
        title: What its name begins with.
        bucket: Name of the bucket.
        command: What it is for.
        condition: Beside the one on the bucket; empty for none.
        role: Whom it concerns.
    """
    from engine.permissions.language.printer import quoted  # see there: many a start sees no policy

    whole = f"bucket_id = {quoted(bucket)}" + (f" and {condition}" if condition else "")
    using = None if command is PolicyCommand.INSERT else whole
    check = whole if command in (PolicyCommand.INSERT, PolicyCommand.UPDATE) else None
    return PolicySpec(f"{title}: {bucket}", PolicyTable.OBJECTS, command, (role,), using, check)


_MAKERS: Final[dict[str, Callable[[str, str], tuple[PolicySpec, ...]]]] = {
    "public-read": _public_read,
    "signed-in-read": _signed_in_read,
    "own-folder": _own_folder,
    "owner-only": _owner_only,
    "file-types": _file_types,
    "role-from-claim": _role_from_claim,
}
