"""Jobs of every kind that are cancelled, before and while they work: they end, and keep what they have found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy.orm import Session

import optimizer
from optimizer.generator import random_instance
from optimizer.service import jobs, runner
from optimizer.service.database import Database
from optimizer.service.jobs import Lease
from optimizer.service.kinds import KINDS
from optimizer.service.records import Job
from tests.service.inputs import long_instance, packed, submit, tiny_instance, uncertain_instance, worker_database
from tests.service.test_runner import is_job, of, started

MANY: dict[str, Any] = {"cell": "contracts.lease.price", "values": [500.0 + place for place in range(1000)]}


def is_searching(job: Job) -> bool:
    """Whether its process has reported a search."""
    return job.phase not in ("", "start", "read", "build", "compile")


def job_processes() -> list[psutil.Process]:
    """The processes of jobs that are there."""
    return [one for one in psutil.Process().children(recursive=True) if is_job(one)]


def cancelled(database: Database, job_id: str, until: Callable[[Job], bool]) -> Job:
    """Run a job until it has come so far, and cancel it; nothing of it is left."""
    thread = started(database, job_id, until)
    with database.writing() as session:
        jobs.cancel(session, job_id)
    thread.join(60)
    assert not job_processes()
    job = of(database, job_id)
    assert job.state == "cancelled"
    return job


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """SQLite: the states of jobs are tested with both databases."""
    with worker_database(tmp_path_factory.mktemp("database")) as found:
        yield found


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Plans to work on: one of two months, one under uncertainty, and one of which explaining takes long."""
    found = {
        "tiny": optimizer.solve(tiny_instance(), gap=0.0, threads=1),
        "uncertain": optimizer.solve(uncertain_instance(), gap=0.0, threads=1, workers=1),
        "long": optimizer.solve(random_instance(3, "S"), gap=0.1, threads=1),
    }
    return {name: packed(tmp_path_factory.mktemp(name), plan=plan) for name, plan in found.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_that_has_just_begun(
    database: Database, plans: dict[str, bytes], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that a job of each kind that is cancelled as soon as it is claimed ends without an error of its own."""
    claim = jobs.claim

    def claim_and_cancel(session: Session, job_id: str, *more: Any) -> Lease | None:
        lease = claim(session, job_id, *more)
        assert jobs.cancel(session, job_id)
        return lease

    monkeypatch.setattr(jobs, "claim", claim_and_cancel)
    given = packed(tmp_path, instance=long_instance()) if kind == "solve" else plans["long"]
    given = plans["uncertain"] if kind == "simulate" else given
    job_id = submit(database, kind, given, **(MANY if kind == "sweep" else {}))
    assert runner.run_job(job_id, 60.0) == "ended"
    job = of(database, job_id)
    assert job.state == "cancelled"
    assert job.error is None or job.error["kind"] in ("StoppedWithoutPlan", "EditError")
    assert not job_processes()


@pytest.mark.parametrize(
    ("kind", "given", "options", "check"),
    [
        # Of 1,000 prices those that were not reached have no cost: two months of the lease are twice the price.
        (
            "sweep",
            "tiny",
            MANY,
            lambda answer: (
                {row["objective"] for row in answer["rows"][:1]} <= {1000.0, None}
                and any(row["objective"] is None for row in answer["rows"])
            ),
        ),
        ("explain", "long", {"budget": 600.0}, lambda answer: answer.keys() >= {"values", "offers"}),
    ],
)
def test_a_job_that_answers_questions(
    database: Database,
    plans: dict[str, bytes],
    kind: str,
    given: str,
    options: dict[str, Any],
    check: Callable[[Any], Any],
) -> None:
    """Tests that what is answered until then is kept."""
    job = cancelled(database, submit(database, kind, plans[given], threads=1, **options), is_searching)
    assert job.answer is not None
    assert check(job.answer), job.answer


def test_a_what_if_that_is_searched(database: Database, plans: dict[str, bytes]) -> None:
    """Tests that the plan with the decisions of the base is kept at least."""
    name = random_instance(3, "S").rows["contracts"][0].contract
    options: dict[str, Any] = {"set": [f"contracts.{name}.price*=1.5"], "gap": 0.0, "time_limit": 600.0}
    job = cancelled(database, submit(database, "whatif", plans["long"], threads=1, **options), is_searching)
    assert job.result in ("feasible", "optimal")


def test_a_job_that_waits(database: Database, plans: dict[str, bytes]) -> None:
    """Tests that a job in the queue ends at once."""
    job_id = submit(database, "audit", plans["tiny"])
    with database.writing() as session:
        assert jobs.cancel(session, job_id)
    assert of(database, job_id).state == "cancelled"
