"""Quotas of projects: 429 with when to try again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from optimizer.format import grouped
from optimizer.service.problems import Problem
from optimizer.service.records import Content, InstanceVersion, Job, JobFile, Project, now

_SOON, _LATER = 10, 3600  # seconds


def check_job(session: Session, project: Project) -> None:
    """Refuse a new job if the queue, the processor time of a day or the storage of a project is used up.

    Raises
    ------
    Problem
        429, with ``Retry-After``.
    """
    own = Job.project_id == project.id
    queued = session.scalar(select(func.count()).select_from(Job).where(own, Job.state == "queued")) or 0
    if queued >= project.max_queued:
        _refuse(f"{queued} jobs of {project.name} wait, and {project.max_queued} may", _SOON)
    day = now() - timedelta(days=1)
    spent = session.scalar(select(func.sum(Job.cpu_seconds)).where(own, Job.created_at > day)) or 0.0
    if spent >= project.cpu_seconds_a_day:
        limit = f"{grouped(project.cpu_seconds_a_day)} s of processor time a day"
        _refuse(f"{project.name} has used its {limit}", _LATER)
    check_storage(session, project, 0)


def check_storage(session: Session, project: Project, more: int) -> None:
    """Refuse to store more bytes than a project may have.

    Raises
    ------
    Problem
        429, with ``Retry-After``.
    """
    used = storage(session, project.id)
    if used + more > project.max_storage:
        megabytes = f"{grouped(used / 2**20)} MB of {grouped(project.max_storage / 2**20)} MB"
        _refuse(f"{project.name} stores {megabytes}; delete jobs or instances", _LATER)


def storage(session: Session, project_id: str) -> int:
    """Return the bytes that a project stores: its instances, and the files of its jobs."""
    names = (
        select(InstanceVersion.content_hash)
        .where(InstanceVersion.project_id == project_id)
        .union(
            select(JobFile.content_hash).join(Job, Job.id == JobFile.job_id).where(Job.project_id == project_id),
            select(Job.input_hash).where(Job.project_id == project_id),
        )
    )
    return session.scalar(select(func.sum(Content.size)).where(Content.hash.in_(names))) or 0


def _refuse(text: str, seconds: int) -> None:
    raise Problem(429, text, headers={"Retry-After": str(seconds)})
