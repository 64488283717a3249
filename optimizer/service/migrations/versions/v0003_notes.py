"""Notes of versions and jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add their columns; what is there already has none."""
    for table in ("instances", "jobs"):
        op.add_column(table, sa.Column("note", sa.Text(), nullable=False, server_default=""))
