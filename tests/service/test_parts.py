"""The parts of a service are killed while jobs run: by the benchmark, in small."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar, cast

import psutil
import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from benchmarks import service, service_long
from optimizer.service import forks, jobs
from optimizer.service.cluster import Cluster
from optimizer.service.database import Database
from optimizer.service.dispatch import Dispatcher, name_of
from optimizer.service.feed import Feed
from optimizer.service.records import Job
from optimizer.service.settings import Settings
from tests.service.inputs import submit
from tests.service.postgres import PostgreSQL

Found = TypeVar("Found")


def apart(act: Callable[[], Found]) -> Found:
    """What a function returns in a thread of its own: a browser of other tests has a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def test_jobs_end_once_while_parts_are_killed() -> None:
    """Tests a few jobs of PostgreSQL, a scheduler with TLS and capopt worker, each of which may be killed."""
    words = "kills --jobs 6 --clients 3 --kills 3 --instances 2 --workers 1 --database postgresql --scheduler"
    done = CliRunner().invoke(service.main, words.split())
    assert done.exit_code == 0, done.output
    assert re.search(
        "^6 jobs accepted, [1-3] kills: ", done.output, re.MULTILINE
    )  # the last jobs may end before a kill
    assert "every job has ended once with the plan of capopt solve, and no process is left" in done.output


def test_a_long_job_outlives_its_scheduler_and_database() -> None:
    """Tests that a job goes on after each of both was killed, and that its plan is no worse than the one before.

    The scheduler's end is the end of the worker, which gives the job back; that of the database interrupts nothing.
    """
    done = CliRunner().invoke(service.main, ["restarts", "--parts", "scheduler,database", "--seconds", "0"])
    assert done.exit_code == 0, done.output
    scheduler, database = done.output.splitlines()
    assert scheduler.endswith("; queued running queued running cancelling cancelled")
    assert database.endswith("; queued running cancelling cancelled")


def test_readers_wait_for_the_database(postgresql: PostgreSQL) -> None:
    """Tests that readers of live events notice nothing of a database that was killed, and that each gets all events."""
    database = Database(postgresql.create("readers"))
    database.upgrade()
    job_id = submit(database, "solve", b"nothing")

    def restart_and_cancel() -> None:
        postgresql.kill()
        time.sleep(1.0)
        postgresql.start()
        database.wait(30.0)
        with database.writing() as session:
            jobs.cancel(session, job_id)

    async def read(feed: Feed) -> list[int]:
        return [event.number async for event in feed.follow(job_id, 0)]

    async def read_all() -> list[list[int]]:
        feed = Feed(database)
        readers = [asyncio.create_task(read(feed)) for _ in range(20)]
        await asyncio.to_thread(restart_and_cancel)
        feed.wake()
        return await asyncio.gather(*readers)

    assert apart(lambda: asyncio.run(read_all())) == [[1, 2]] * 20  # queued, cancelled
    database.close()


def test_many_readers_follow_a_running_job() -> None:
    """Tests that every reader gets every event once, by HTTP, while others are answered."""
    events, missing, answers = apart(lambda: service_long.measure_readers(count=30, jobs=1, seconds=2.0, workers=1))
    assert events >= 30 * 4  # queued, running, finishing, succeeded
    assert missing == 0
    assert answers


def test_a_database_that_never_answers_is_an_error(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """Tests that waiting for a database has an end."""
    database = Database(f"postgresql+psycopg://capopt@/none?host={tmp_path}")
    with pytest.raises(OperationalError):
        database.wait(0.5)
    database.close()


def test_leases_count_only_while_the_database_answers(tmp_path: Path) -> None:
    """Tests that jobs are not taken back right after a time in which workers could not extend their leases."""
    database = Database(f"sqlite:///{tmp_path / 'service.db'}")
    database.upgrade()
    job_id = submit(database, "solve", b"nothing")
    with database.writing() as session:
        jobs.claim(session, job_id, "worker", -1.0)
    dispatcher = Dispatcher(Settings(tmp_path), database, lambda: None)
    dispatcher._expire()  # the first look, after a long time without any
    assert of(database, job_id).losses == 0
    dispatcher.since -= 11.0  # a lease has 10 seconds, and all looks since then were answered
    dispatcher._expire()
    assert (of(database, job_id).losses, of(database, job_id).state) == (1, "queued")
    database.close()


def test_a_server_takes_up_the_jobs_of_its_folder_alone(tmp_path: Path) -> None:
    """Tests that a job of a worker of this folder waits again without a loss, and that of another one runs on."""
    database = Database(f"sqlite:///{tmp_path / 'service.db'}")
    database.upgrade()
    mine, other = (submit(database, "solve", b"nothing") for _ in range(2))
    with database.writing() as session:
        jobs.claim(session, mine, f"{name_of(tmp_path)}/12", 60.0)
        jobs.claim(session, other, "elsewhere-1/12", 60.0)
    Dispatcher(Settings(tmp_path), database, lambda: None)._release()
    assert (of(database, mine).state, of(database, mine).losses) == ("queued", 0)
    assert of(database, other).state == "running"
    assert name_of(tmp_path) == name_of(tmp_path)
    database.close()


def test_a_cluster_that_cannot_be_closed_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Tests that what Dask raises at its end is in the log, and that the queue goes on without this cluster."""
    dispatcher = Dispatcher(Settings(tmp_path), Database(f"sqlite:///{tmp_path / 'service.db'}"), lambda: None)

    def fail() -> None:
        raise OSError("the connection is broken")

    dispatcher.cluster = cast(Cluster, SimpleNamespace(close=fail))
    dispatcher._disconnect()
    assert vars(dispatcher)["cluster"] is None
    assert "the cluster could not be closed" in caplog.text
    assert "the connection is broken" in caplog.text


def test_processes_are_forked_after_the_death_of_the_first() -> None:
    """Tests that the process from which others are forked is started again when it was killed."""
    forks.warm_up()
    (first,) = fork_servers()
    os.kill(first, signal.SIGKILL)
    forks.warm_up()
    assert first not in fork_servers()


def fork_servers() -> list[int]:
    """The processes of this one from which others are forked."""
    below = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    return [one.pid for one in below if "multiprocessing.forkserver" in " ".join(one.cmdline())]


def of(database: Database, job_id: str) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)
