"""Resumable uploads: for whom each counts as long as it is open, who brought its last byte, why it was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and indexes. What was begun before counts for nobody: where from is not known, and it ends."""
    for name in ("counted_for", "finishing", "refusal"):
        op.add_column("storage_resumable_uploads", sa.Column(name, sa.Text))
    op.create_index(
        "ix_storage_resumable_uploads_counted",
        "storage_resumable_uploads",
        ["counted_for", "expires_at"],
        sqlite_where=sa.text("counted_for IS NOT NULL"),
    )
    op.create_index(
        "ix_storage_resumable_uploads_finishing",
        "storage_resumable_uploads",
        ["created_at"],
        sqlite_where=sa.text("finishing IS NOT NULL"),
    )
