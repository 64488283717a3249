"""Events of jobs: appended by whoever changes a job, read by any number of readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from optimizer.service.records import Job, JobEvent


def append(session: Session, job_id: str, kind: str, data: dict[str, Any]) -> int:
    """Append an event to a job and return its number; numbers have no gaps, and are seen in their order."""
    counted = update(Job).where(Job.id == job_id).values(events=Job.events + 1).returning(Job.events)
    number = session.execute(counted, execution_options={"synchronize_session": False}).scalar_one()
    session.add(JobEvent(job_id=job_id, number=number, kind=kind, data=data))
    return number


def page(session: Session, job_id: str, after: int, limit: int) -> Sequence[JobEvent]:
    """Return the events of a job after a number."""
    found = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.number > after)
    return session.scalars(found.order_by(JobEvent.number).limit(limit)).all()
