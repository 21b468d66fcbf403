"""Search: how far the index of names reaches, and what has changed in it since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXED = "OLD.rowid <= (SELECT indexed_to FROM storage_search_state)"
_REMEMBER = (
    "BEGIN INSERT INTO storage_search_stale SELECT OLD.rowid, OLD.leaf"
    " WHERE NOT EXISTS (SELECT 1 FROM storage_search_stale WHERE place = OLD.rowid); END"
)


def upgrade() -> None:
    """Add the tables, and let objects that leave their names be remembered. Adding an object costs nothing."""
    state = op.create_table(
        "storage_search_state",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("indexed_to", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(state, [{"id": 1, "indexed_to": 0}])
    op.create_table(
        "storage_search_stale",
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("leaf", sa.Text, nullable=False),
    )
    op.execute(
        "CREATE TRIGGER storage_search_renamed AFTER UPDATE OF leaf ON storage_objects "
        f"WHEN OLD.leaf <> NEW.leaf AND {_INDEXED} {_REMEMBER}"
    )
    op.execute(f"CREATE TRIGGER storage_search_deleted AFTER DELETE ON storage_objects WHEN {_INDEXED} {_REMEMBER}")
