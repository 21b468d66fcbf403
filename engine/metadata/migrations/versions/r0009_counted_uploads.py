"""Resumable uploads: for whom each counts, as long as it is open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index. What was begun before counts for nobody: where from is not known, and it ends."""
    op.add_column("storage_resumable_uploads", sa.Column("counted_for", sa.Text))
    op.create_index(
        "ix_storage_resumable_uploads_counted",
        "storage_resumable_uploads",
        ["counted_for", "expires_at"],
        sqlite_where=sa.text("counted_for IS NOT NULL"),
    )
