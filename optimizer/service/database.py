"""The connection to the database: SQLite in one file, or PostgreSQL."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

_MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY = 30.0  # seconds that SQLite waits for another writer
_UPGRADE_LOCK = 7_346_190  # of PostgreSQL, so that servers that start at once upgrade one after the other
_WRITES = "capopt_writes"
_RETRY = 1.0  # seconds until the database is tried again

log = logging.getLogger("capopt.service")


class Database:
    """A database of the service; transactions either read or write.

    Parameters
    ----------
    url : str
        SQLAlchemy address, ``sqlite:///FILE`` or ``postgresql+psycopg://...``.
    """

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = {"connect_args": {"timeout": _BUSY}} if self.is_sqlite else {"pool_pre_ping": True}
        self.engine: Engine = create_engine(url, pool_size=20, max_overflow=20, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writer = self.engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that is committed at the end of the block, and rolled back by an exception."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def upgrade(self) -> None:
        """Bring the tables up to date by migrations; other servers that start meanwhile wait."""
        from alembic import command

        with self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            command.upgrade(migration_config(connection), "head")

    def wait(self, seconds: float) -> None:
        """Wait until the database answers; raise as it fails if it does not answer for so long."""
        end = time.monotonic() + seconds
        while True:
            try:
                with self.engine.connect():
                    return
            except OperationalError as error:
                if time.monotonic() > end:
                    raise
                log.warning("the database does not answer; it is tried again: %s", error.orig)
                time.sleep(_RETRY)

    def check(self) -> None:
        """Raise if the database does not answer, or its tables are missing."""
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("jobs"):
                raise RuntimeError("the tables of the service are missing in the database")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def migration_config(connection: Connection) -> Any:
    """Return Alembic's configuration of the migrations in this package, over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _set_up_sqlite(connection: Any, _: object) -> None:
    """Let transactions begin where SQLAlchemy says so, and commits be on the disk when they return."""
    connection.isolation_level = None
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once where a transaction writes: waiting for it later can be refused."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
