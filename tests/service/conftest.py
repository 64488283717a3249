"""Shared by the tests of the service: both databases, and a server of each module."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from optimizer.service.database import Database
from tests.service import postgres
from tests.service.postgres import PostgreSQL

DUMPS = Path(__file__).with_name("dumps")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Run a PostgreSQL server."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("database")
        return f"sqlite:///{folder / 'service.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.create(f"test_{uuid4().hex}")


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    """Open an upgraded database, of each kind in turn."""
    found = Database(database_url)
    found.upgrade()
    yield found
    found.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def first_version(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database as the first version has written it: accounts, a project, an instance, two jobs, a plan."""
    dump = DUMPS / f"first_version_{request.param}.sql"
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return server.load(f"first_{uuid4().hex}", dump)
    with sqlite3.connect(tmp_path / "service.db") as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    connection.close()
    return f"sqlite:///{tmp_path / 'service.db'}"
