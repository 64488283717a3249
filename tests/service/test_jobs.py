"""The states of jobs, on both databases: every job ends once, whatever happens to its workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from optimizer.service import contents, events, jobs, retention
from optimizer.service.database import Database
from optimizer.service.jobs import INCUMBENT, PLAN, Lease, Outcome
from optimizer.service.records import Content, Job, JobFile, Project, new_id, now


@pytest.fixture
def job_id(database: Database) -> str:
    """A queued job in a project of its own."""
    with database.writing() as session:
        project = Project(name=new_id(), created_by="a")
        session.add(project)
        session.flush()
        name = contents.put(session, b"instance")
        job = Job(project_id=project.id, kind="solve", input_hash=name, options={}, limits={}, created_by="a")
        return jobs.submit(session, job).id


def claimed(database: Database, job_id: str, seconds: float = 60.0) -> Lease:
    with database.writing() as session:
        lease = jobs.claim(session, job_id, "worker", seconds)
    assert lease is not None
    return lease


def change(database: Database, act: Any, *arguments: Any) -> Any:
    """Change a job in a transaction of its own."""
    with database.writing() as session:
        return act(session, *arguments)


def of(database: Database, job_id: str) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def files(database: Database, job_id: str) -> dict[str, bytes]:
    with database.reading() as session:
        found = session.scalars(select(JobFile).where(JobFile.job_id == job_id)).all()
        return {one.name: contents.get(session, one.content_hash) for one in found}


def states(database: Database, job_id: str) -> list[str]:
    with database.reading() as session:
        return [one.data["state"] for one in events.page(session, job_id, 0, 100) if one.kind == "state"]


def test_a_job_runs_and_succeeds(database: Database, job_id: str) -> None:
    """Tests the way of a job, its events in order, and that its plan takes the place of its incumbent."""
    lease = claimed(database, job_id)
    assert change(database, jobs.heartbeat, lease, 60.0) == "running"
    assert change(database, jobs.keep_file, lease, INCUMBENT, b"first")
    change(database, jobs.finishing, lease)
    assert change(database, jobs.finish, lease, Outcome("succeeded", "optimal", {"a": 1}, files={PLAN: b"best"}))
    job = of(database, job_id)
    assert (job.state, job.result, job.answer, job.error) == ("succeeded", "optimal", {"a": 1}, None)
    assert job.expires_at is not None
    assert files(database, job_id) == {PLAN: b"best"}
    assert states(database, job_id) == ["queued", "running", "finishing", "succeeded"]
    assert job.events == 4


def test_one_worker_gets_a_job(database: Database, job_id: str) -> None:
    """Tests that a job that is running is not claimed a second time."""
    claimed(database, job_id)
    assert change(database, jobs.claim, job_id, "other", 60.0) is None


def test_a_worker_that_was_given_up_cannot_write(database: Database, job_id: str) -> None:
    """Tests that the fencing token of the second lease shuts the first out of every write."""
    first = claimed(database, job_id, seconds=-1.0)
    assert "worker" in change(database, jobs.expire)
    second = claimed(database, job_id)
    assert second.token == first.token + 1
    assert change(database, jobs.heartbeat, first, 60.0) is None
    assert not change(database, jobs.keep_file, first, INCUMBENT, b"old")
    assert not change(database, jobs.finish, first, Outcome("succeeded", files={PLAN: b"old"}))
    assert not change(database, jobs.lose, first, "late")
    assert change(database, jobs.finish, second, Outcome("succeeded", files={PLAN: b"new"}))
    assert files(database, job_id) == {PLAN: b"new"}
    assert not change(database, jobs.finish, second, Outcome("failed"))
    assert of(database, job_id).losses == 1


@pytest.mark.parametrize("counter", ["losses", "crashes"])
def test_the_third_loss_is_the_last(database: Database, job_id: str, counter: str) -> None:
    """Tests that a job is tried again twice with its incumbent kept, and then fails with what is known."""
    for place in range(3):
        lease = claimed(database, job_id)
        change(database, jobs.keep_file, lease, INCUMBENT, b"kept")
        if counter == "losses":
            change(database, jobs.lose, lease, "no heartbeat")
        else:
            change(database, jobs.crash, lease, {"error": "signal 9", "memory_mb": 7})
        assert of(database, job_id).state == ("failed" if place == 2 else "queued")
    job = of(database, job_id)
    assert (getattr(job, counter), job.losses + job.crashes) == (3, 3)
    assert job.error is not None
    assert "not tried again" in job.error["error"]
    assert job.error.get("memory_mb") == (7 if counter == "crashes" else None)
    assert files(database, job_id) == {INCUMBENT: b"kept"}


def test_a_worker_in_good_order_is_no_loss(database: Database, job_id: str) -> None:
    """Tests that a job given back waits again and counts no loss, however often."""
    for _ in range(5):
        assert change(database, jobs.give_back, claimed(database, job_id))
    assert (of(database, job_id).state, of(database, job_id).losses) == ("queued", 0)


def test_cancel_while_it_waits(database: Database, job_id: str) -> None:
    """Tests that a waiting job is cancelled at once, and is never claimed."""
    assert change(database, jobs.cancel, job_id)
    assert of(database, job_id).state == "cancelled"
    assert change(database, jobs.claim, job_id, "worker", 60.0) is None
    assert not change(database, jobs.cancel, job_id)


@pytest.mark.parametrize("end", ["finish", "lose", "crash", "give_back"])
def test_cancel_while_it_runs(database: Database, job_id: str, end: str) -> None:
    """Tests that a running job is cancelled however its worker ends, and its incumbent is the plan."""
    lease = claimed(database, job_id)
    change(database, jobs.keep_file, lease, INCUMBENT, b"kept")
    assert change(database, jobs.cancel, job_id)
    assert change(database, jobs.cancel, job_id)
    assert change(database, jobs.heartbeat, lease, 60.0) == "cancelling"
    last = {"finish": (Outcome("succeeded"),), "lose": ("gone",), "crash": ({"error": "signal 9"},), "give_back": ()}
    assert change(database, getattr(jobs, end), lease, *last[end])
    assert (of(database, job_id).state, of(database, job_id).result) == ("cancelled", "feasible")
    assert files(database, job_id) == {PLAN: b"kept"}
    assert states(database, job_id) == ["queued", "running", "cancelling", "cancelled"]


def test_a_search_that_ends_without_a_plan_has_its_incumbent(database: Database, job_id: str) -> None:
    """Tests a run that was taken up again and stopped before it had a plan of its own."""
    lease = claimed(database, job_id)
    change(database, jobs.keep_file, lease, INCUMBENT, b"kept")
    change(database, jobs.finish, lease, Outcome("succeeded", "none", error={"error": "no time"}))
    assert (of(database, job_id).result, files(database, job_id)) == ("feasible", {PLAN: b"kept"})


def test_removing_a_job_deletes_what_only_it_has(database: Database, job_id: str) -> None:
    """Tests that the contents of a deleted job are gone, but those that another record shares."""
    lease = claimed(database, job_id)
    own, shared = new_id().encode(), b"instance"
    change(database, jobs.finish, lease, Outcome("succeeded", files={PLAN: own, "input.zip": shared}))
    with database.writing() as session:
        other = session.get_one(Job, job_id)
        copy = Job(project_id=other.project_id, kind="solve", input_hash=other.input_hash, created_by="a")
        copy.options, copy.limits = {}, {}
        jobs.submit(session, copy)
        jobs.remove(session, other)
    with database.reading() as session:
        assert session.get(Job, job_id) is None
        left = session.scalars(select(Content.data)).all()
    assert own not in left
    assert shared in left


def test_what_has_expired_is_deleted(database: Database, job_id: str) -> None:
    """Tests that a job is deleted with its plan when its days are over, and not before."""
    own = new_id().encode()
    change(database, jobs.finish, claimed(database, job_id), Outcome("succeeded", files={PLAN: own}))
    assert change(database, retention.sweep) == 0
    with database.writing() as session:
        session.get_one(Job, job_id).expires_at = now() - timedelta(seconds=1)
    assert change(database, retention.sweep) == 1
    with database.reading() as session:
        assert session.get(Job, job_id) is None
        assert own not in session.scalars(select(Content.data)).all()


def test_folders_as_zips_depend_on_their_files_alone(tmp_path: Any) -> None:
    """Tests that the same files give the same bytes, and come back as they were."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, names in ((one, "ab"), (other, "ba")):
        for name in names:
            (folder / "sub").mkdir(parents=True, exist_ok=True)
            (folder / "sub" / name).write_text(name)
    assert contents.pack(one) == contents.pack(other)
    back = contents.unpack(contents.pack(one), tmp_path / "back")
    assert {path.name: path.read_text() for path in (back / "sub").iterdir()} == {"a": "a", "b": "b"}
