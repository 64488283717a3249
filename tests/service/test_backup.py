"""Backup and restore, as the operator's page describes them: copied while a job runs, all of it is there afterwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from optimizer.service import jobs
from optimizer.service.database import Database
from optimizer.service.settings import Settings
from tests.service import postgres
from tests.service.inputs import DONE, TOKEN, WAITING
from tests.service.postgres import PostgreSQL
from tests.service.server import serving

PLAN, JOB = f"/api/v1/projects/fleet/plans/{DONE}", f"/api/v1/projects/fleet/jobs/{WAITING}"


def copied(first: str, copy: Path) -> None:
    """Write what ``sqlite3 service.db ".backup COPY"`` writes."""
    copy.parent.mkdir()
    with closing(sqlite3.connect(str(make_url(first).database))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def check_restored(url: str, folder: Path) -> None:
    """Check that a server on the copy has the plan, and runs again what ran when it was copied."""
    with serving(Settings(folder, url, workers=1), headers=TOKEN) as client:
        # A block of the lease for two months at 1,000 each, in both plans.
        assert client.get(PLAN).json()["head"]["objective"] == pytest.approx(2000.0)
        with client.stream("GET", f"{JOB}/events", headers={"Accept": "text/event-stream"}) as events:
            assert any("succeeded" in line for line in events.iter_lines())
        assert client.get(JOB).json()["incumbent"] == pytest.approx(2000.0)
        states = [one["data"].get("state") for one in client.get(f"{JOB}/events").json()["items"]]
        assert states.count("running") == 2  # on the server that was copied, and here


def test_a_copy_made_while_a_job_runs_is_restored(
    first_version: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Tests the SQLite backup into another folder, and ``pg_dump`` with ``pg_restore`` into a new server."""
    with serving(Settings(tmp_path / "first", first_version, workers=0), headers=TOKEN) as client:
        database = Database(first_version)
        with database.writing() as session:
            assert jobs.claim(session, WAITING, "a worker", 1.0) is not None
        assert client.get(JOB).json()["state"] == "running"
        if database.is_sqlite:
            copied(first_version, tmp_path / "second" / "service.db")
        else:
            server: PostgreSQL = request.getfixturevalue("postgresql")
            dump = server.dump(str(make_url(first_version).database))
        database.close()
    if database.is_sqlite:
        check_restored("", tmp_path / "second")
        return
    with postgres.running() as other:
        check_restored(other.restore("capopt", dump), tmp_path / "second")
