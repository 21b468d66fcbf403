"""The first tables: buckets, objects, the journal of file work, the workspace's own settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_buckets()
    _create_objects()
    op.create_table(
        "storage_journal",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("staging", sa.Text, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "storage_settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _create_buckets() -> None:
    """Create `storage_buckets`."""
    op.create_table(
        "storage_buckets",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("owner_id", sa.Text),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("file_size_limit", sa.BigInteger),
        sa.Column("allowed_mime_types", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )


def _create_objects() -> None:
    """Create `storage_objects` and its index."""
    op.create_table(
        "storage_objects",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("bucket_id", sa.Text, sa.ForeignKey("storage_buckets.id"), nullable=False),
        sa.Column("parent", sa.Text, nullable=False),
        sa.Column("leaf", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("mime_type", sa.Text, nullable=False),
        sa.Column("checksum", sa.Text, nullable=False),
        sa.Column("cache_control", sa.Text, nullable=False),
        sa.Column("user_metadata", sa.Text().with_variant(sa.JSON(), "postgresql"), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("physical_path", sa.Text, nullable=False),
        sa.Column("journal_id", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("modified_at", sa.BigInteger),
    )
    op.create_index("ux_storage_objects_path", "storage_objects", ["bucket_id", "parent", "leaf"], unique=True)
