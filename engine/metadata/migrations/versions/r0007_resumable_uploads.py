"""Resumable uploads: what is known of each, and how many of its bytes are durable."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. Uploads go with their bucket."""
    bucket = sa.ForeignKey("storage_buckets.id", name="fk_storage_resumable_uploads_bucket_id", ondelete="CASCADE")
    op.create_table(
        "storage_resumable_uploads",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("bucket_id", sa.Text, bucket, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("offset_bytes", sa.BigInteger, nullable=False),
        sa.Column("mime_type", sa.Text),
        sa.Column("cache_control", sa.Text, nullable=False),
        sa.Column("user_metadata", sa.Text, nullable=False),
        sa.Column("modified_at", sa.BigInteger),
        sa.Column("replaces", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_storage_resumable_uploads_age", "storage_resumable_uploads", ["expires_at"])
