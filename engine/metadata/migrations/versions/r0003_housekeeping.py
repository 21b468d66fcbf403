"""What keeps house remembers: bytes that are nobody's, contents without sound bytes, and what was removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "storage_orphans",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "storage_quarantine",
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    _create_audit()


def _create_audit() -> None:
    """Create `storage_audit` and its index."""
    op.create_table(
        "storage_audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("bucket_id", sa.Text),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("detail", sa.Text().with_variant(sa.JSON(), "postgresql"), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_storage_audit_at", "storage_audit", ["at"])
