"""The states of jobs and every change of them.

::

    queued ──claim──▶ running ──▶ finishing ──▶ succeeded | failed
       │                 │  └──cancel──▶ cancelling ──▶ cancelled
       └──cancel──▶ cancelled            (lease over, or the process died: back to queued, the third time failed)

A change is one conditional UPDATE, so that of two that compete one happens. What a worker writes needs the fencing
token of its lease: a worker that was given up cannot write any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from optimizer.service import contents, events
from optimizer.service.records import ACTIVE, ENDED, Job, JobFile, Project, now

PLAN, INCUMBENT = "plan.zip", "incumbent.zip"
MAX_LOSSES = 3


@dataclass(frozen=True)
class Lease:
    """The right to write the results of a job."""

    job_id: str
    token: int


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes
    ----------
    state : {"succeeded", "failed"}
        ``cancelled`` takes its place where a cancel was requested.
    result : {"optimal", "feasible", "infeasible", "none"}
        Quality of the plan.
    answer, error : dict or None
        Answer as JSON, and the error if there was one.
    files : mapping of str to bytes
        Files to keep by their names.
    """

    state: str
    result: str = "none"
    answer: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


def submit(session: Session, job: Job) -> Job:
    """Write a new job: from now on it ends exactly once."""
    job.state = "queued"
    session.add(job)
    session.flush()
    _report_state(session, job.id, "queued")
    return job


def claim(session: Session, job_id: str, owner: str, seconds: float) -> Lease | None:
    """Take a queued job for a worker; None if another one has it, or it has ended."""
    values = {
        "state": "running",
        "lease_token": Job.lease_token + 1,
        "lease_owner": owner,
        "lease_until": now() + timedelta(seconds=seconds),
        "started_at": now(),
        "phase": "start",
    }
    token = _change(session, job_id, ("queued",), values)
    if token is None:
        return None
    _report_state(session, job_id, "running")
    return Lease(job_id, token)


def heartbeat(session: Session, lease: Lease, seconds: float, **measured: object) -> str | None:
    """Extend a lease, and write what was measured; return the state, None if the lease is lost."""
    values = {"lease_until": now() + timedelta(seconds=seconds), **measured}
    changed = update(Job).where(*_under(lease)).values(values).returning(Job.state)
    return session.execute(changed, execution_options=_DIRECT).scalar_one_or_none()


def state_of(session: Session, lease: Lease) -> str | None:
    """Return the state of a job, None if its lease is lost."""
    return session.scalars(select(Job.state).where(*_under(lease))).one_or_none()


def keep_file(session: Session, lease: Lease, name: str, data: bytes) -> bool:
    """Keep a file of a running job, in place of an earlier one; False if the lease is lost."""
    if _locked(session, *_under(lease)) is None:
        return False
    _put_file(session, lease.job_id, name, contents.put(session, data))
    return True


def finishing(session: Session, lease: Lease) -> None:
    """Mark that the work is done, and its results are being written."""
    if _change(session, lease.job_id, ("running",), {"state": "finishing"}, lease) is not None:
        _report_state(session, lease.job_id, "finishing")


def finish(session: Session, lease: Lease, outcome: Outcome) -> bool:
    """End a job with its results; False if the lease is lost, and nothing is written."""
    job = _locked(session, *_under(lease))
    if job is None:
        return False
    for name, data in outcome.files.items():
        _put_file(session, job.id, name, contents.put(session, data))
    state = "cancelled" if job.state == "cancelling" else outcome.state
    _end(session, job, state, outcome)
    return True


def give_back(session: Session, lease: Lease) -> bool:
    """Put a job back into the queue, because its worker is stopped in good order."""
    return _requeue(session, lease, {})


def crash(session: Session, lease: Lease, error: dict[str, Any]) -> bool:
    """Put a job back into the queue because a signal ended its process; the third time it fails with the error."""
    return _lose(session, lease, "crashes", error)


def expire(session: Session) -> list[str]:
    """Take back the jobs whose leases are over, and return the names of the workers that had them."""
    found = session.execute(select(Job.id, Job.lease_token, Job.lease_owner).where(*late())).all()
    return [
        owner
        for job_id, token, owner in found
        if lose(session, Lease(job_id, token), f"worker {owner} no longer answers")
    ]


def late() -> tuple[Any, ...]:
    """Return the conditions of jobs whose leases are over."""
    return Job.state.in_(ACTIVE), Job.lease_until < now()


def lose(session: Session, lease: Lease, why: str) -> bool:
    """Put a job back into the queue because its worker is lost; the third time it fails."""
    return _lose(session, lease, "losses", {"error": why, "kind": "WorkerLost"})


def release(session: Session, owner: str) -> None:
    """Put the running jobs of workers whose names begin so back into the queue: none of them is alive."""
    owned = Job.lease_owner.startswith(owner, autoescape=True)
    for job_id, token in session.execute(select(Job.id, Job.lease_token).where(Job.state.in_(ACTIVE), owned)).all():
        give_back(session, Lease(job_id, token))


def cancel(session: Session, job_id: str) -> bool:
    """Cancel a job: at once if it waits, otherwise its worker keeps the plan so far; False if it has ended."""
    job = _locked(session, Job.id == job_id)
    if job is None or job.state in ENDED:
        return False
    waits, job.cancel_requested_at = job.state == "queued", job.cancel_requested_at or now()
    if waits:
        _end(session, job, "cancelled", Outcome("cancelled"))
    elif job.state != "cancelling":
        job.state, job.version = "cancelling", job.version + 1
        session.flush()
        _report_state(session, job_id, "cancelling")
    return True


def remove(session: Session, job: Job) -> None:
    """Delete a job that has ended with its events, files and contents."""
    names = [job.input_hash, *session.scalars(select(JobFile.content_hash).where(JobFile.job_id == job.id))]
    session.delete(job)
    session.flush()
    contents.forget(session, names)


# ---------------------------------------------------------------- one change
_DIRECT = {"synchronize_session": False}


def _under(lease: Lease) -> tuple[Any, ...]:
    """Return the conditions under which the holder of a lease may write."""
    return Job.id == lease.job_id, Job.lease_token == lease.token, Job.state.in_(ACTIVE)


def _locked(session: Session, *where: Any) -> Job | None:
    """Return a job, locked until the end of the transaction; None if the conditions are not met."""
    found = select(Job).where(*where).with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).one_or_none()


def _change(
    session: Session, job_id: str, states: tuple[str, ...], values: dict[str, Any], lease: Lease | None = None
) -> int | None:
    """Change a job that is in one of the states; return its fencing token, None if it is in another one."""
    where = (Job.id == job_id, Job.state.in_(states), *(_under(lease) if lease else ()))
    changed = update(Job).where(*where).values({**values, "version": Job.version + 1}).returning(Job.lease_token)
    return session.execute(changed, execution_options=_DIRECT).scalar_one_or_none()


def _report_state(session: Session, job_id: str, state: str, **more: object) -> None:
    events.append(session, job_id, "state", {"state": state, **more})


def _put_file(session: Session, job_id: str, name: str, content_hash: str) -> None:
    """Let a file of a job have a content; the former one is deleted if nothing else has it."""
    former = session.get(JobFile, (job_id, name))
    if former is None:
        session.add(JobFile(job_id=job_id, name=name, content_hash=content_hash))
        return
    before, former.content_hash, former.created_at = former.content_hash, content_hash, now()
    session.flush()
    if before != content_hash:
        contents.forget(session, [before])


def _end(session: Session, job: Job, state: str, outcome: Outcome) -> None:
    """Write the end of a job; where there is no better plan, its last incumbent is the plan."""
    result = outcome.result
    incumbent = session.get(JobFile, (job.id, INCUMBENT))
    if incumbent is not None and state != "failed":
        if session.get(JobFile, (job.id, PLAN)) is None:
            _put_file(session, job.id, PLAN, incumbent.content_hash)
            result = "feasible"
        session.delete(incumbent)
        session.flush()
        contents.forget(session, [incumbent.content_hash])
    days = session.scalars(select(Project.retention_days).where(Project.id == job.project_id)).one()
    job.state, job.result, job.answer, job.error = state, result, outcome.answer, outcome.error
    job.finished_at, job.expires_at, job.lease_until = now(), now() + timedelta(days=days), None
    job.phase, job.version = "", job.version + 1
    session.flush()
    _report_state(session, job.id, state, result=result, error=outcome.error)


def _lose(session: Session, lease: Lease, counter: str, error: dict[str, Any]) -> bool:
    """Count a loss of the platform or a crash; end the job if it is cancelled or it is the last one."""
    job = _locked(session, *_under(lease))
    if job is None:
        return False
    count = getattr(job, counter) + 1
    setattr(job, counter, count)
    session.flush()
    if job.state == "cancelling":
        _end(session, job, "cancelled", Outcome("cancelled"))
    elif count >= MAX_LOSSES:
        times = f"{error['error']}; this was the {count}rd time, and the job is not tried again"
        _end(session, job, "failed", Outcome("failed", error={**error, "error": times}))
    else:
        _requeue(session, lease, error)
    return True


def _requeue(session: Session, lease: Lease, why: dict[str, Any]) -> bool:
    """Put a job back into the queue; one that is being cancelled ends."""
    if (
        _change(session, lease.job_id, ("running", "finishing"), {"state": "queued", "lease_until": None}, lease)
        is None
    ):
        job = _locked(session, *_under(lease))
        if job is not None:
            _end(session, job, "cancelled", Outcome("cancelled"))
        return job is not None
    _report_state(session, lease.job_id, "queued", **({"why": why} if why else {}))
    return True
