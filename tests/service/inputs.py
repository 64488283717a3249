"""Projects, instances and plans of the tests of the service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optimizer
from optimizer.generator import random_instance
from optimizer.service import contents, jobs, runner
from optimizer.service.database import Database
from optimizer.service.records import Job, Project, new_id
from tests.program.tiny import frames

LIMITS = {"memory_mb": 4000, "threads": 1, "seconds": 60.0}
# In the dumps of the first version: a token, a job that has ended with a plan, and one that waits.
TOKEN = {"Authorization": "Bearer capopt_of-the-first-version"}
DONE, WAITING = "18ecf1a3d21ba27a000000000000000a", "18ecf1a3d21ba27a000000000000000b"
LEASE = {"price": 1000, "term_months": 2, "max_blocks": 2}


def tiny_instance() -> optimizer.Instance:
    """An instance of two months: a block of the lease costs 2 x 1000; on demand it is 2 x 100 hours x 2 x 10 = 4000."""
    on_demand = [{"price": 2, "max_accelerators": 50}]
    return optimizer.read(frames(2, {"jobs": [10, 10]}, contracts=[LEASE], on_demand=on_demand))


def uncertain_instance() -> optimizer.Instance:
    """The tiny instance with two scenarios, in one of which on demand costs more than in the other."""
    given = {"contracts": [LEASE], "on_demand": [{"price": 2, "max_accelerators": 50}]}
    scenarios = [{"scenario": name, "probability": 0.5} for name in ("calm", "storm")]
    changes = [
        {"scenario": "storm", "table": "on_demand", "key": "hourly", "column": "price", "how": "multiply", "value": 2}
    ]
    return optimizer.read(frames(2, {"jobs": [10, 10]}, scenarios=scenarios, changes=changes, **given))


def infeasible_instance() -> optimizer.Instance:
    """An instance that must serve 50, where two blocks have 20."""
    jobs = [{"workload": "jobs", "min_service": 1.0}]
    demand = [{"workload": "jobs", "month": 0, "amount": 50}]
    return optimizer.read(frames(2, demand, workloads=jobs, contracts=[LEASE]))


def long_instance() -> optimizer.Instance:
    """An instance whose search takes longer than any test."""
    return random_instance(3, "M")


def packed(tmp: Path, **folders: optimizer.Instance | optimizer.Plan) -> bytes:
    """What a job works on, as it is stored."""
    home = tmp / new_id()
    for name, thing in folders.items():
        thing.save(home / name)
    return contents.pack(home)


def project(database: Database, **settings: Any) -> str:
    """Create a project; its identifier."""
    with database.writing() as session:
        found = Project(name=f"p-{new_id()}", created_by="test", **settings)
        session.add(found)
        session.flush()
        return found.id


def submit(database: Database, kind: str, given: bytes, limits: dict[str, Any] | None = None, **options: Any) -> str:
    """Submit a job in a project of its own; its identifier."""
    home = project(database)
    with database.writing() as session:
        job = Job(
            project_id=home,
            kind=kind,
            input_hash=contents.put(session, given),
            options=options,
            limits=LIMITS | (limits or {}),
            created_by="test",
        )
        return jobs.submit(session, job).id


def kept_plan(database: Database, job_id: str, tmp: Path, name: str = jobs.PLAN) -> optimizer.Plan:
    """The plan that is kept of a job."""
    from optimizer.service.records import JobFile

    with database.reading() as session:
        found = session.get_one(JobFile, (job_id, name))
        return optimizer.load_plan(contents.unpack(contents.get(session, found.content_hash), tmp / new_id()))


@contextmanager
def worker_database(folder: Path) -> Iterator[Database]:
    """SQLite in a folder, for jobs that run in this process."""
    url = f"sqlite:///{folder / 'service.db'}"
    found = Database(url)
    found.upgrade()
    os.environ[runner.DATABASE] = url
    yield found
    del os.environ[runner.DATABASE]
    found.close()


def children() -> list[int]:
    """Processes that this one has started and that still run."""
    import psutil

    return [one.pid for one in psutil.Process(os.getpid()).children(recursive=True)]
