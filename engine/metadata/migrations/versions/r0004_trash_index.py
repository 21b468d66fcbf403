"""The trash is found without reading all of a bucket's past."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index of what is in the trash, and of nothing else."""
    op.create_index(
        "ix_storage_object_versions_trash",
        "storage_object_versions",
        ["bucket_id", "id"],
        sqlite_where=sa.text("in_trash = 1"),
        postgresql_where=sa.text("in_trash"),
    )
