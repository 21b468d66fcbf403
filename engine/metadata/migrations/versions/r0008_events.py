"""Events: what each commit changed, for those who listen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. What was changed before has nobody who could have listened: the first row says so."""
    events = op.create_table(
        "storage_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.bulk_insert(events, [{"id": 0, "count": 0, "at": 0, "body": b"[]"}])
