"""Old versions and trash: what stood at a path before, and how long a bucket keeps it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, the buckets' settings, and since when each object stands where it does."""
    for name in ("keep_versions", "keep_days", "trash_days"):
        op.add_column("storage_buckets", sa.Column(name, sa.Integer))
    op.add_column("storage_objects", sa.Column("valid_from", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE storage_objects SET valid_from = updated_at")
    _create_versions()


def _create_versions() -> None:
    """Create `storage_object_versions` and its indexes."""
    op.create_table(
        "storage_object_versions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("object_id", sa.Text, nullable=False),
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
        sa.Column("physical_path", sa.Text),
        sa.Column("journal_id", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("modified_at", sa.BigInteger),
        sa.Column("valid_from", sa.BigInteger, nullable=False),
        sa.Column("valid_to", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("in_trash", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    columns = {
        "path": ["bucket_id", "parent", "leaf", "valid_to"],
        "age": ["bucket_id", "valid_to"],
        "version": ["version"],
    }
    for name, indexed in columns.items():
        op.create_index(f"ix_storage_object_versions_{name}", "storage_object_versions", indexed)
