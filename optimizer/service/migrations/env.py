"""Run migrations over the connection that :meth:`optimizer.service.database.Database.upgrade` has opened."""

from __future__ import annotations

from alembic import context

from optimizer.service.records import Record

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Record.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
