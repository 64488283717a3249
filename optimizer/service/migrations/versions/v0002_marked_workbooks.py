"""Copies of invalid workbooks with their errors marked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from optimizer.service.records import UtcTime

revision = "0002"
down_revision = "0001"
_TABLE = "marked_workbooks"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["content_hash"], ["contents.hash"], name=op.f("fk_marked_workbooks_content_hash")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_marked_workbooks_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marked_workbooks")),
    )
    for column in ("content_hash", "created_at", "project_id"):
        op.create_index(op.f(f"ix_marked_workbooks_{column}"), _TABLE, [column], unique=False)
