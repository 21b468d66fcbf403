"""The values of the engine as JSON documents: the field names programs rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.check_types import Finding
from engine.cli.formatting import utc_time_text
from engine.types import Bucket, Folder, StorageObject
from engine.version_types import ObjectVersion

if TYPE_CHECKING:
    # not at run time: it brings the database's library, which help and wrong usage do without
    from engine.access_types import Explanation, KeyInfo, Policy, TokenInfo, User


def bucket_document(bucket: Bucket) -> dict[str, Any]:
    """Return a bucket for programs.

    Args:
        bucket: Any.
    """
    return {
        "kind": "bucket",
        "name": bucket.name,
        "id": bucket.id,
        "public": bucket.public,
        "file_size_limit_bytes": bucket.file_size_limit_bytes,
        "allowed_mime_types": list(bucket.allowed_mime_types),
        "keep_versions": bucket.retention.versions,
        "keep_days": bucket.retention.days,
        "trash_days": bucket.retention.trash_days,
        "created_at": utc_time_text(bucket.created_at),
        "updated_at": utc_time_text(bucket.updated_at),
    }


def folder_document(folder: Folder) -> dict[str, Any]:
    """Return a folder of a listing for programs.

    Args:
        folder: Any.
    """
    return {"kind": "folder", "name": folder.name, "path": folder.path}


def object_document(stored: StorageObject) -> dict[str, Any]:
    """Return an object for programs.

    Args:
        stored: Any.
    """
    return {
        "kind": "object",
        "name": stored.name,
        "path": stored.path,
        "id": stored.id,
        "size_bytes": stored.size_bytes,
        "mime_type": stored.mime_type,
        "checksum": stored.checksum,
        "created_at": utc_time_text(stored.created_at),
        "updated_at": utc_time_text(stored.updated_at),
        "modified_at": utc_time_text(stored.modified_at) if stored.modified_at else None,
        "problem": stored.problem,
    }


def version_document(version: ObjectVersion) -> dict[str, Any]:
    """Return a version of an object, old or present, for programs.

    Args:
        version: Any.
    """
    return {
        "kind": "version",
        "version": version.id,
        "path": version.info.path,
        "size_bytes": version.info.size_bytes,
        "mime_type": version.info.mime_type,
        "checksum": version.info.checksum,
        "since": utc_time_text(version.since),
        "until": None if version.until is None else utc_time_text(version.until),
        "ending": None if version.ending is None else str(version.ending),
        "in_trash": version.in_trash,
        "problem": version.info.problem,
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return one finding of the check for programs.

    Args:
        finding: Any.
    """
    return {
        "kind": str(finding.kind),
        "where": finding.where,
        "detail": finding.detail,
        "repaired": finding.repaired,
    }


def user_document(user: User) -> dict[str, Any]:
    """Return a user for programs.

    Args:
        user: Any.
    """
    return {
        "kind": "user",
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "claims": dict(user.claims),
        "has_password": user.has_password,
        "created_at": utc_time_text(user.created_at),
    }


def token_document(info: TokenInfo) -> dict[str, Any]:
    """Return what is known of a token for programs.

    Args:
        info: Any.
    """
    return {
        "kind": "token",
        "id": info.id,
        "user_id": info.user_id,
        "role": info.role,
        "created_at": utc_time_text(info.created_at),
        "expires_at": None if info.expires_at is None else utc_time_text(info.expires_at),
        "revoked_at": None if info.revoked_at is None else utc_time_text(info.revoked_at),
    }


def policy_document(policy: Policy) -> dict[str, Any]:
    """Return a policy for programs.

    Args:
        policy: Any.
    """
    spec = policy.spec
    return {
        "kind": "policy",
        "id": policy.id,
        "name": spec.name,
        "table": spec.table.value,
        "bucket": policy.bucket,
        "command": spec.command.value,
        "roles": list(spec.roles),
        "permissive": spec.permissive,
        "using": spec.using,
        "check": spec.check,
        "enabled": policy.enabled,
        "created_at": utc_time_text(policy.created_at),
        "updated_at": utc_time_text(policy.updated_at),
    }


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation for programs.

    Args:
        explanation: Any.
    """
    return {
        "allowed": explanation.allowed,
        "reason": explanation.reason,
        "command": explanation.command.value,
        "policies": [
            {
                "policy": policy_document(verdict.policy),
                "clause": verdict.clause,
                "applies": verdict.applies,
                "at_target": verdict.at_target,
                "result": verdict.result,
                "decided": [
                    {"text": culprit.text, "start": culprit.start, "length": culprit.length, "value": culprit.value}
                    for culprit in verdict.culprits
                ],
            }
            for verdict in explanation.verdicts
        ],
    }


def key_document(key: KeyInfo) -> dict[str, Any]:
    """Return what is known of a key that counts, for programs.

    Args:
        key: Any.
    """
    return {
        "signs": "links" if key.signs_links else "tokens",
        "algorithm": key.algorithm or None,
        "kid": key.key_id,
        "since": None if key.since is None else utc_time_text(key.since),
        "until": None if key.until is None else utc_time_text(key.until),
        "source": key.source or None,
    }
