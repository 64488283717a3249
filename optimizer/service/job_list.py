"""The list of a project's jobs as its page shows it: filtered, with what waits and what runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from optimizer.service.jobs import PLAN
from optimizer.service.records import ACTIVE, InstanceVersion, Job, JobFile

SHOWN = 50
GROUPS = {
    "": "all jobs",
    "active": "waiting and running",
    "plans": "with a plan",
    "infeasible": "infeasible",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""Groups of jobs that can be chosen, with their names on the page."""
_CHOICE: dict[str, list[ColumnElement[bool]]] = {
    "active": [Job.state.in_(("queued", *ACTIVE))],
    "plans": [Job.result.in_(("optimal", "feasible"))],
    "infeasible": [Job.result == "infeasible"],
    "failed": [Job.state == "failed"],
    "cancelled": [Job.state == "cancelled"],
}


def plans(session: Session, project_id: str) -> Sequence[Job]:
    """Return the newest jobs of a project that have a plan."""
    found = select(Job).join(JobFile).where(Job.project_id == project_id, JobFile.name == PLAN)
    return session.scalars(found.order_by(Job.id.desc()).limit(SHOWN)).all()


@dataclass(frozen=True)
class JobList:
    """Jobs of a project, the newest first.

    Attributes
    ----------
    jobs : sequence of Job
        Those that are shown.
    numbers : dict of str to int
        Numbers of versions by their hashes.
    waiting, running : int
        Jobs of the project that wait or run, filtered or not.
    tag : str
        Changes whenever the list does.
    """

    jobs: Sequence[Job]
    numbers: dict[str, int]
    waiting: int
    running: int
    tag: str


def find(session: Session, project_id: str, text: str = "", group: str = "") -> JobList:
    """Return the jobs of a group whose kind, note or account contains a text."""
    own = Job.project_id == project_id
    where = [own, *_CHOICE.get(group, [])]
    if text.strip():
        columns = (Job.kind, Job.note, Job.created_by)
        where.append(or_(*(column.icontains(text.strip(), autoescape=True) for column in columns)))
    found = session.scalars(select(Job).where(*where).order_by(Job.id.desc()).limit(SHOWN)).all()
    versions = select(InstanceVersion.hash, InstanceVersion.number).where(InstanceVersion.project_id == project_id)
    counted = select(Job.state, func.count()).where(own, Job.state.in_(("queued", *ACTIVE))).group_by(Job.state)
    counts = {row[0]: row[1] for row in session.execute(counted)}
    seen = [(job.id, job.version, job.events) for job in found]
    tag = hashlib.sha256(repr((seen, counts)).encode()).hexdigest()[:16]
    waiting = counts.pop("queued", 0)
    return JobList(
        found, {row.hash: row.number for row in session.execute(versions)}, waiting, sum(counts.values()), tag
    )
