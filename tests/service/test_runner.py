"""A job in a worker, with its process: every kind, cancelling, crashes and limits."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import optimizer
from optimizer.service import contents, events, jobs, runner, work
from optimizer.service.database import Database
from optimizer.service.kinds import KINDS
from optimizer.service.records import Job
from tests.service.inputs import (
    infeasible_instance,
    kept_plan,
    long_instance,
    packed,
    submit,
    tiny_instance,
    uncertain_instance,
    worker_database,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """SQLite: the states of jobs are tested with both databases."""
    with worker_database(tmp_path_factory.mktemp("database")) as found:
        yield found


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A plan as a job works on it."""
    plan = optimizer.solve(tiny_instance(), gap=0.0, threads=1)
    return packed(tmp_path_factory.mktemp("plan"), plan=plan)


def is_job(process: psutil.Process) -> bool:
    """Whether a process was forked for a job: it leads a group of its own."""
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        return "multiprocessing.forkserver" in " ".join(process.cmdline()) and os.getpgid(process.pid) == process.pid
    return False


def of(database: Database, job_id: str) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def started(database: Database, job_id: str, until: Callable[[Job], bool]) -> threading.Thread:
    """Run a job in a thread, and return when it has come so far."""
    thread = threading.Thread(target=runner.run_job, args=(job_id, 60.0))
    thread.start()
    end = time.monotonic() + 60
    while not until(of(database, job_id)):
        assert time.monotonic() < end
        assert thread.is_alive()
        time.sleep(0.05)
    return thread


def has_incumbent(database: Database) -> Callable[[Job], bool]:
    """Whether an incumbent of a job is kept."""

    def look(job: Job) -> bool:
        with database.reading() as session:
            return any(event.kind == "incumbent" for event in events.page(session, job.id, 0, 1000))

    return look


def test_a_solve_gives_the_plan_of_the_library(database: Database, tmp_path: Path) -> None:
    """Tests that the plan that is kept is the one of optimizer.solve, with its cost: two months of the lease."""
    job_id = submit(database, "solve", packed(tmp_path, instance=tiny_instance()), gap=0.0, threads=1)
    assert runner.run_job(job_id, 60.0) == "ended"
    job, plan = of(database, job_id), kept_plan(database, job_id, tmp_path)
    assert (job.state, job.result, job.incumbent, job.gap) == ("succeeded", "optimal", 2000.0, 0.0)
    direct = optimizer.solve(tiny_instance(), gap=0.0, threads=1)
    assert plan.objective == direct.objective == 2000.0
    assert {name: table.to_csv() for name, table in plan.tables.items()} == {
        name: table.to_csv() for name, table in direct.tables.items()
    }
    assert job.memory_mb is not None
    assert job.memory_mb > 10
    assert job.cpu_seconds > 0
    assert runner.run_job(job_id, 60.0) == "taken"


def test_no_plan_is_an_answer(database: Database, tmp_path: Path) -> None:
    """Tests that a proof of infeasibility is a success with its conflict."""
    given = packed(tmp_path, instance=infeasible_instance())
    job_id = submit(database, "solve", given, threads=1)
    runner.run_job(job_id, 60.0)
    job = of(database, job_id)
    assert (job.state, job.result) == ("succeeded", "infeasible")
    assert job.error is not None
    assert job.error["kind"] == "NoFeasiblePlan"
    assert job.error["conflict"]


@pytest.mark.parametrize(
    ("kind", "options", "result", "check"),
    [
        ("audit", {}, "optimal", lambda answer: answer["passed"]),
        ("whatif", {"set": ["contracts.lease.price=5000"]}, "optimal", lambda answer: answer["difference"] == 2000.0),
        (
            "sweep",
            {"cell": "contracts.lease.price", "values": [500, 1000]},
            "none",
            lambda answer: [row["objective"] for row in answer["rows"]] == [1000.0, 2000.0],
        ),
        ("explain", {"quick": True}, "optimal", lambda answer: answer["deadlines"]),
        # A second block of the lease costs 2,000 more, of which 50 % are 1,000: no plan signs it.
        (
            "alternatives",
            {"within": 0.5, "plans": 0},
            "none",
            lambda answer: [row["most"] for row in answer["first"]] == [1.0],
        ),
    ],
)
def test_other_kinds(
    database: Database, solved: bytes, kind: str, options: dict[str, Any], result: str, check: Callable[[Any], Any]
) -> None:
    """Tests the answer of each kind of job on a plan."""
    job_id = submit(database, kind, solved, **options)
    runner.run_job(job_id, 60.0)
    job = of(database, job_id)
    assert (job.state, job.result, job.error) == ("succeeded", result, None)
    assert check(job.answer), job.answer


def test_a_search_begins_with_a_plan_and_stays_near_one(database: Database, tmp_path: Path) -> None:
    """Tests that the plans of other jobs are used: nothing need change of the optimal plan, which costs 2,000."""
    instance = tiny_instance()
    plan = optimizer.solve(instance, gap=0.0, threads=1)
    given = packed(tmp_path, instance=instance, start=plan, near=plan)
    job_id = submit(database, "solve", given, start="0" * 32, near="0" * 32, threads=1)
    runner.run_job(job_id, 60.0)
    job = of(database, job_id)
    assert (job.state, job.error, job.incumbent) == ("succeeded", None, 2000.0)
    assert kept_plan(database, job_id, tmp_path).head["near"]["distance"] == 0.0


def test_what_ifs_of_plans_under_uncertainty(database: Database, tmp_path: Path) -> None:
    """Tests that the base data are edited: a lease of 1,500 a month costs 3,000 in both scenarios, 1,000 more."""
    plan = optimizer.solve(uncertain_instance(), gap=0.0, threads=1, workers=1)
    given = packed(tmp_path, plan=plan)
    job_id = submit(database, "whatif", given, set=["contracts.lease.price=1500"], threads=1)
    swept = submit(database, "sweep", given, cell="contracts.lease.price", values=[1500, 500], threads=1)
    for one in (job_id, swept):
        runner.run_job(one, 60.0)
        assert (of(database, one).state, of(database, one).error) == ("succeeded", None)
    answers = [of(database, one).answer for one in (job_id, swept)]
    assert answers[0] is not None
    assert answers[1] is not None
    assert answers[0]["difference"] == pytest.approx(1000.0)
    assert [row["objective"] for row in answers[1]["rows"]] == pytest.approx([3000.0, 1000.0])


def test_alternatives_are_kept_as_plans(database: Database, solved: bytes, tmp_path: Path) -> None:
    """Tests that a plan with other decisions is kept, for 4,000 at most: two blocks of the lease, or none of them."""
    job_id = submit(database, "alternatives", solved, within=1.0, plans=1, threads=1)
    runner.run_job(job_id, 60.0)
    other = kept_plan(database, job_id, tmp_path, "alternative-1.zip")
    answer = of(database, job_id).answer
    assert answer is not None
    assert answer["plans"] == [{"objective": other.objective, "decisions": len(other.decisions)}]
    assert other.objective <= 4000.0 + 1e-3
    assert optimizer.audit(other).passed


def test_threads_are_limited_where_none_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests that a search gets the threads of its project at most, and those that the solver chooses below that."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    options = KINDS["solve"].options
    assert work.Job(tmp_path, options(), print, threading.Event(), print, 2).given("threads") == {"threads": 2}
    assert work.Job(tmp_path, options.model_validate({"threads": 1}), print, threading.Event(), print, 2).given(
        "threads"
    ) == {"threads": 1}
    assert work.Job(tmp_path, options(), print, threading.Event(), print, 8).given("threads") == {}


def test_a_simulation(database: Database, tmp_path: Path) -> None:
    """Tests draws of two scenarios with the data of the instance: the plan costs two months of the lease in each."""
    instance = uncertain_instance()
    plan = optimizer.solve(instance, gap=0.0, threads=1, workers=1)
    job_id = submit(database, "simulate", packed(tmp_path, plan=plan), gap=0.0)
    runner.run_job(job_id, 60.0)
    job = of(database, job_id)
    assert (job.state, job.error) == ("succeeded", None)
    assert job.answer is not None
    assert {row["cost"] for row in job.answer["draws"]} == {2000.0}


def test_an_error_of_the_library_fails_the_job(database: Database, solved: bytes) -> None:
    """Tests that an edit of a row that does not exist fails the job with the library's message."""
    job_id = submit(database, "whatif", solved, set=["contracts.laese.price=1"])
    runner.run_job(job_id, 60.0)
    job = of(database, job_id)
    assert (job.state, job.result) == ("failed", "none")
    assert job.error is not None
    assert job.error["kind"] == "EditError"
    assert "lease" in job.error["error"]


def test_cancel_keeps_the_plan_within_two_seconds(database: Database, tmp_path: Path) -> None:
    """Tests that a running search ends soon after it is cancelled, with an audited plan and without processes."""
    job_id = submit(database, "solve", packed(tmp_path, instance=long_instance()), gap=0.0, threads=1)
    thread = started(database, job_id, has_incumbent(database))
    with database.writing() as session:
        jobs.cancel(session, job_id)
    thread.join(60)
    job = of(database, job_id)
    assert (job.state, job.result) == ("cancelled", "feasible")
    assert optimizer.audit(kept_plan(database, job_id, tmp_path)).passed


def test_a_process_that_is_killed_goes_on_from_its_incumbent(database: Database, tmp_path: Path) -> None:
    """Tests that a killed process is counted, and that the next run is no worse than the incumbent that was kept."""
    job_id = submit(database, "solve", packed(tmp_path, instance=long_instance()), gap=0.0, threads=1)
    thread = started(database, job_id, has_incumbent(database))
    (own,) = [one for one in psutil.Process().children(recursive=True) if is_job(one)]
    own.kill()
    thread.join(60)
    job = of(database, job_id)
    assert (job.state, job.crashes, job.losses) == ("queued", 1, 0)
    before = kept_plan(database, job_id, tmp_path, jobs.INCUMBENT).objective
    with database.writing() as session:
        session.get_one(Job, job_id).options = {**job.options, "time_limit": 1.0}
    assert runner.run_job(job_id, 60.0) == "ended"
    job = of(database, job_id)
    assert job.state == "succeeded"
    assert kept_plan(database, job_id, tmp_path).objective <= before * (1 + 1e-9)


def test_a_job_under_uncertainty_goes_on_from_its_incumbent(database: Database, tmp_path: Path) -> None:
    """Tests that a job whose worker was lost takes the plan that was kept, and ends no worse: two months, 2,000."""
    given = packed(tmp_path, instance=uncertain_instance())
    job_id = submit(database, "solve", given, gap=0.0, threads=1)
    plan = optimizer.solve(uncertain_instance(), gap=0.0, threads=1, workers=1)
    data = contents.pack(plan.save(tmp_path / "kept"))
    with database.writing() as session:
        lease = jobs.claim(session, job_id, "worker", 60.0)
        assert lease is not None
        jobs.keep_file(session, lease, jobs.INCUMBENT, data)
        jobs.give_back(session, lease)
    assert runner.run_job(job_id, 60.0) == "ended"
    job = of(database, job_id)
    assert (job.state, job.result, job.error) == ("succeeded", "optimal", None)
    assert job.incumbent == pytest.approx(2000.0)
    assert kept_plan(database, job_id, tmp_path).objective <= plan.objective * (1 + 1e-9)


def test_a_job_that_needs_too_much_memory_fails(database: Database, tmp_path: Path) -> None:
    """Tests that a job is ended over the memory limit of its project, once, with what it used."""
    given = packed(tmp_path, instance=long_instance())
    job_id = submit(database, "solve", given, {"memory_mb": 20})
    runner.run_job(job_id, 60.0)
    job = of(database, job_id)
    assert (job.state, job.crashes) == ("failed", 0)
    assert job.error is not None
    assert job.error["kind"] == "MemoryLimit"
