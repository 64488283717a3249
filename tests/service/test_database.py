"""The database, of both kinds: migrations, times, transactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from optimizer.service.database import Database
from optimizer.service.records import Action, Member, Project, Record, new_id


def test_migrations_make_the_tables_of_the_records(database: Database) -> None:
    """Tests that the migrations of the package lead to exactly the declared tables, and can run again."""
    database.upgrade()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Record.metadata) == []
    database.check()


def test_times_are_in_utc(database: Database) -> None:
    """Tests that a time of another zone is read back as the same moment in UTC, and one without zone refused."""
    at = datetime(2027, 3, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
    one = Action(id=new_id(), at=at, account="a", action="test", object="x")
    with database.writing() as session:
        session.add(one)
    with database.reading() as session:
        found = session.scalars(select(Action.at).where(Action.id == one.id)).one()
    assert (found, found.tzinfo) == (datetime(2027, 3, 1, 12, 30, tzinfo=UTC), UTC)
    with pytest.raises(Exception, match="no time zone"), database.writing() as session:
        session.add(Action(at=datetime(2027, 3, 1), account="a", action="test", object="x"))


def test_an_exception_rolls_back(database: Database) -> None:
    """Tests that a transaction is kept as a unit, or not at all: the second member has no project."""

    def write() -> None:
        with database.writing() as session:
            session.add(Project(name="lost", created_by="a"))
            session.flush()
            session.add(Member(project_id="none", account_id="none", role="reader"))

    with pytest.raises(IntegrityError):
        write()
    with database.reading() as session:
        assert session.scalars(select(Project).where(Project.name == "lost")).all() == []


def test_references_are_enforced(database: Database) -> None:
    """Tests that SQLite, too, refuses a member of a project that does not exist."""
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Member(project_id="none", account_id="none", role="reader"))


def test_identifiers_sort_by_time() -> None:
    """Tests that identifiers have 32 digits, are different, and sort as they were made."""
    found = [new_id() for _ in range(1000)]
    assert {len(one) for one in found} == {32}
    assert len({*found}) == 1000
    assert [one[:16] for one in found] == sorted(one[:16] for one in found)
