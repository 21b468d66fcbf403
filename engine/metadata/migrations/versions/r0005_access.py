"""Who may do what: policies, users, tokens, keys, and an audit of everything, chained."""

from __future__ import annotations

import json
import time
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_JSON = sa.Text().with_variant(sa.JSON(), "postgresql")


def upgrade() -> None:
    """Add the tables, and give each bucket in writing the rules that it had without."""
    _create_policies()
    _create_identities()
    _extend_audit()
    _count_commits()
    op.create_index("ix_storage_objects_owner", "storage_objects", ["bucket_id", "owner_id", "parent", "leaf"])
    _write_owner_policies()


def _create_policies() -> None:
    op.create_table(
        "storage_policies",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("bucket_id", sa.Text, sa.ForeignKey("storage_buckets.id")),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("permissive", sa.Boolean, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("using_text", sa.Text),
        sa.Column("check_text", sa.Text),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ux_storage_policies_name", "storage_policies", ["table_name", "name"], unique=True)
    op.create_index("ix_storage_policies_bucket_id", "storage_policies", ["bucket_id"])


def _create_identities() -> None:
    op.create_table(
        "storage_users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("claims", _JSON, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("tokens_from", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "storage_tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.create_index("ix_storage_tokens_user_id", "storage_tokens", ["user_id"])
    op.create_table(
        "storage_signing_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("secret_name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("retires_at", sa.BigInteger),
    )


def _extend_audit() -> None:
    for column in (
        sa.Column("user_id", sa.Text),
        sa.Column("role", sa.Text),
        sa.Column("bucket", sa.Text),
        sa.Column("result", sa.Text, nullable=False, server_default="done"),
        sa.Column("request_id", sa.Text),
        sa.Column("remote_address", sa.Text),
        sa.Column("hash", sa.LargeBinary),
    ):
        op.add_column("storage_audit", column)
    _guard_audit()


def _guard_audit() -> None:
    """Let nobody change an entry, or delete one but the job that removes what is old, which says so."""
    refusal = "BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END"
    op.execute(f"CREATE TRIGGER storage_audit_unchanged BEFORE UPDATE ON storage_audit {refusal}")
    unless = "WHEN NOT EXISTS (SELECT 1 FROM storage_settings WHERE name = 'audit_pruning')"
    op.execute(f"CREATE TRIGGER storage_audit_kept BEFORE DELETE ON storage_audit {unless} {refusal}")


def _count_commits() -> None:
    """Let commits be counted, changes apart from what is only written down."""
    counts = op.create_table(
        "storage_commits",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counts, [{"kind": "changes", "count": 0}, {"kind": "quiet", "count": 0}])


def _write_owner_policies() -> None:
    """Until now users read, added, replaced and deleted what was their own, in every bucket."""
    connection = op.get_bind()
    policies = sa.table(
        "storage_policies",
        *(sa.column(name) for name in ("id", "name", "table_name", "bucket_id", "command", "using_text", "check_text")),
        *(sa.column(name) for name in ("permissive", "roles", "enabled", "created_at", "updated_at")),
    )
    now_us = time.time_ns() // 1000
    for bucket_id, name in connection.execute(sa.text("SELECT id, name FROM storage_buckets")).all():
        connection.execute(
            policies.insert().values(
                id=str(uuid.uuid4()),
                name=f"Owners may do everything with their own objects in {name}",
                table_name="objects",
                bucket_id=bucket_id,
                command="ALL",
                permissive=True,
                roles=json.dumps(["authenticated"]),
                using_text="owner_id = (SELECT auth.uid()::text)",
                check_text="owner_id = (SELECT auth.uid()::text)",
                enabled=True,
                created_at=now_us,
                updated_at=now_us,
            )
        )
