"""Deletion of what has expired; what is deleted is gone."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from optimizer.service import jobs
from optimizer.service.records import ENDED, IdempotencyKey, Job, now
from optimizer.service.records import Session as BrowserSession

_KEYS = timedelta(days=1)
_AT_ONCE = 100  # jobs of one transaction


def sweep(session: Session) -> int:
    """Delete expired jobs with their files, old idempotency keys and sessions; return how many jobs are gone."""
    late = select(Job).where(Job.expires_at < now(), Job.state.in_(ENDED)).limit(_AT_ONCE)
    expired = session.scalars(late).all()
    for job in expired:
        jobs.remove(session, job)
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - _KEYS))
    session.execute(delete(BrowserSession).where(BrowserSession.expires_at < now()))
    return len(expired)
