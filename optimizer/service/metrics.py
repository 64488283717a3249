"""Metrics for Prometheus, counted in the database when they are read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from optimizer.service.health import OPEN
from optimizer.service.problems import documented
from optimizer.service.records import STATES, Content, Job, now
from optimizer.service.state import state_of

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=Response,
    openapi_extra=OPEN,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented(503)},
)
def metrics(request: Request) -> Response:
    """Return the metrics of this service."""
    with state_of(request).database.reading() as session:
        return Response(generate_latest(_collect(session)), media_type=CONTENT_TYPE_LATEST)


def _collect(session: Session) -> CollectorRegistry:
    registry = CollectorRegistry()
    states = Gauge("capopt_jobs", "Jobs by state.", ["state"], registry=registry)
    rows = session.execute(select(Job.state, func.count()).group_by(Job.state)).all()
    counts = {row[0]: row[1] for row in rows}
    for state in STATES:
        states.labels(state).set(counts.get(state, 0))
    oldest = session.scalar(select(func.min(Job.created_at)).where(Job.state == "queued"))
    losses, crashes, seconds = session.execute(
        select(func.sum(Job.losses), func.sum(Job.crashes), func.sum(Job.cpu_seconds))
    ).one()
    figures = {
        "queue_age_seconds": ("Age of the oldest queued job.", (now() - oldest).total_seconds() if oldest else 0),
        "lost_workers": ("Workers lost with a job, over all jobs that are kept.", losses or 0),
        "crashed_processes": ("Processes of jobs that a signal ended, over all jobs that are kept.", crashes or 0),
        "job_cpu_seconds": ("Processor time of all jobs that are kept.", seconds or 0),
        "stored_bytes": ("Bytes of instances and plans.", session.scalar(select(func.sum(Content.size))) or 0),
    }
    for name, (text, value) in figures.items():
        Gauge(f"capopt_{name}", text, registry=registry).set(value)
    return registry
