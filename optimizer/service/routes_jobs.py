"""Routes of jobs: submit, list, follow, cancel, delete."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from optimizer.service import actions, contents, events, jobs, quotas
from optimizer.service.access import Planner, Reader
from optimizer.service.changes import IfMatch, Note, NoteChange
from optimizer.service.idempotency import Idempotent
from optimizer.service.kinds import KINDS, Hash, JobId
from optimizer.service.paging import Cursor, Limit, Page, cut
from optimizer.service.problems import IN_PROJECTS, OF_BODIES, Problem, documented
from optimizer.service.records import ENDED, InstanceVersion, Job, JobEvent, JobFile, Project
from optimizer.service.state import state_of

router = APIRouter(prefix="/projects/{project}/jobs", tags=["jobs"], responses=IN_PROJECTS)
_ETAG = {"ETag": {"description": "Of the job as it is now, for `If-Match`.", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "Path of the job.", "schema": {"type": "string"}}}
State = Literal["queued", "running", "finishing", "cancelling", "succeeded", "failed", "cancelled"]


class NewJob(BaseModel):
    """A job to be done: on an instance, by its hash, or on the plan of another job."""

    model_config = ConfigDict(extra="forbid")
    kind: str
    instance: Hash | None = None
    plan: JobId | None = None
    note: Annotated[Note, Field(description="Shown in the list of jobs.")] = ""
    options: Any = None


def _request_of(name: str) -> type[NewJob]:
    """Return the model of requests of a kind."""
    options = KINDS[name].options
    needed = any(field.is_required() for field in options.model_fields.values())
    fields: dict[str, Any] = {"kind": (Literal[name], ...), "options": (options, ... if needed else options())}
    return create_model(f"{name.capitalize()}Job", __base__=NewJob, **fields)


if TYPE_CHECKING:
    AnyJob = NewJob
else:
    AnyJob = reduce(or_, map(_request_of, KINDS))


class JobView(BaseModel):
    """A job: its state, its place in the queue, and how far its search is."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    kind: str
    state: str
    result: str
    note: str
    position: int | None = None
    instance: str | None = Field(validation_alias="instance_hash")
    plan: str | None = Field(validation_alias="plan_job_id")
    options: dict[str, Any]
    limits: dict[str, Any]
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    cancel_requested_at: datetime | None
    phase: str
    incumbent: float | None
    bound: float | None
    gap: float | None
    memory_mb: float | None
    cpu_seconds: float
    losses: int
    crashes: int
    events: int
    error: dict[str, Any] | None
    answer: dict[str, Any] | None = None


class EventView(BaseModel):
    """An event of a job."""

    model_config = ConfigDict(from_attributes=True)
    number: int
    at: datetime
    kind: str
    data: dict[str, Any]


# ---------------------------------------------------------------- routes
@router.post(
    "",
    status_code=202,
    response_model=JobView,
    responses={202: {"headers": _ETAG | _LOCATION}, **OF_BODIES, **documented(409, 429)},
)
def submit(
    request: Request, access: Planner, once: Idempotent, new: Annotated[AnyJob, Body(discriminator="kind")]
) -> Response:
    """Accept a job: once this has answered, the job ends exactly once."""
    state = state_of(request)
    with state.database.writing() as session:
        known = once.replay(session, access.account)
        if known is not None:
            return known
        project = session.get_one(Project, access.in_project.id)
        quotas.check_job(session, project)
        job = Job(project_id=project.id, kind=new.kind, note=new.note, created_by=access.account)
        job.options, job.limits = new.options.model_dump(), _limits(project, new.options)
        job.input_hash = contents.put(session, _input(session, project, new))
        job.instance_hash, job.plan_job_id = new.instance, new.plan
        jobs.submit(session, job)
        actions.record(session, access, "submit job", job.id, kind=job.kind)
        session.refresh(job)
        where = f"{request.url.path}/{job.id}"
        answer = once.keep(session, access.account, _answer(session, job, 202, Location=where))
    state.notify()
    return answer


@router.get("")
def list_jobs(
    request: Request,
    access: Reader,
    state: Annotated[State | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[JobView]:
    """List the jobs of a project, the newest first."""
    where = [Job.project_id == access.in_project.id]
    where += [Job.state == state] if state else []
    where += [Job.id < cursor] if cursor else []
    with state_of(request).database.reading() as session:
        found = session.scalars(select(Job).where(*where).order_by(Job.id.desc()).limit(limit + 1)).all()
        return cut([_view(session, job, short=True) for job in found], limit, "id")


@router.get(
    "/{job}",
    response_model=JobView,
    responses={200: {"headers": _ETAG}, 304: {"headers": _ETAG, "description": "The job is as `If-None-Match` says."}},
)
def get_job(
    request: Request, access: Reader, job: str, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Return a job with its answer."""
    with state_of(request).database.reading() as session:
        found = find(session, access.in_project, job)
        if if_none_match == etag_of(found):
            return Response(status_code=304, headers={"ETag": etag_of(found)})
        return _answer(session, found, 200)


@router.get(
    "/{job}/events",
    response_model=Page[EventView],
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        204: {"description": "The job has ended; nothing is left."},
    },
)
async def get_events(
    request: Request,
    access: Reader,
    job: str,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    last_event_id: Annotated[int, Header(ge=0, le=2**31 - 1)] = 0,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Number of the last event that is known.")] = 0,
    limit: Limit = 100,
) -> Any:
    """Follow the events of a job (``Accept: text/event-stream``), or return a page of them."""
    state = state_of(request)
    after = max(after, last_event_id)

    def look() -> tuple[Job, Page[EventView]]:
        with state.database.reading() as session:
            found = find(session, access.in_project, job)
            page = [EventView.model_validate(one) for one in events.page(session, job, after, limit + 1)]
            return found, cut(page, limit, "number")

    found, page = await run_in_threadpool(look)
    if "text/event-stream" not in accept:
        return page
    if found.state in ENDED and found.events <= after:
        return Response(status_code=204)
    return EventSourceResponse(_stream(state.feed.follow(job, after)), ping=15)


@router.post(
    "/{job}/cancel",
    status_code=202,
    response_model=JobView,
    responses={202: {"headers": _ETAG}, **documented(409, 413)},
)
def cancel(request: Request, access: Planner, once: Idempotent, job: str) -> Response:
    """End a job within two seconds; the plan found so far is kept."""
    with state_of(request).database.writing() as session:
        known = once.replay(session, access.account)
        if known is not None:
            return known
        found = find(session, access.in_project, job)
        if not jobs.cancel(session, found.id):
            raise Problem(409, f"job {job} has ended: {found.state}")
        actions.record(session, access, "cancel job", job)
        session.refresh(found)
        return once.keep(session, access.account, _answer(session, found, 202))


@router.patch(
    "/{job}",
    response_model=JobView,
    responses={200: {"headers": _ETAG}, **OF_BODIES, **documented(412)},
)
def change(request: Request, access: Planner, job: str, body: NoteChange, if_match: IfMatch) -> Response:
    """Change the note of a job."""
    with state_of(request).database.writing() as session:
        found = find(session, access.in_project, job)
        check_match(found, if_match)
        found.note, found.version = body.note.strip(), found.version + 1
        actions.record(session, access, "note job", job, note=found.note)
        session.flush()
        return _answer(session, found, 200)


@router.delete("/{job}", status_code=204, responses=documented(409, 412))
def delete(request: Request, access: Planner, job: str, if_match: Annotated[str | None, Header()] = None) -> Response:
    """Delete a job that has ended, with its events, plan and files."""
    with state_of(request).database.writing() as session:
        found = find(session, access.in_project, job)
        check_match(found, if_match)
        if found.state not in ENDED:
            raise Problem(409, f"job {job} is {found.state}; cancel it first")
        jobs.remove(session, found)
        actions.record(session, access, "delete job", job)
    return Response(status_code=204)


# ---------------------------------------------------------------- parts
def find(session: Session, project: Project, job_id: str) -> Job:
    """Return a job of a project; one of another project does not exist."""
    found = session.get(Job, job_id)
    if found is None or found.project_id != project.id:
        raise Problem(404, f"project {project.name} has no job {job_id!r}")
    return found


def etag_of(job: Job) -> str:
    """Return the entity tag of a job, which changes with its state and its events."""
    return f'"{job.version}.{job.events}"'


def check_match(job: Job, if_match: str | None) -> None:
    """Refuse a change of a job that is not as the caller has seen it."""
    if if_match not in (None, "*", etag_of(job)):
        raise Problem(
            412, f"job {job.id} has changed since; its ETag is {etag_of(job)}", headers={"ETag": etag_of(job)}
        )


def _input(session: Session, project: Project, new: NewJob) -> bytes:
    """Return what a job works on as a zip."""
    given = {name for name in ("instance", "plan") if getattr(new, name) is not None}
    subjects = KINDS[new.kind].subjects
    if len(given) != 1 or not given & {*subjects}:
        raise Problem(422, f"{new.kind} works on {' or '.join(subjects)}: give one")
    kind = KINDS[new.kind]
    folders = {name: _plan_of(session, project, one) for name, one in kind.further(new.options).items()}
    for name in kind.instances:
        if (hash_ := getattr(new.options, name)) is not None:
            folders[name] = _instance_of(session, project, hash_)
    if new.plan is not None:
        return contents.nest({"plan": _plan_of(session, project, new.plan), **folders})
    return contents.nest({"instance": _instance_of(session, project, new.instance or ""), **folders})


def _instance_of(session: Session, project: Project, hash_: str) -> bytes:
    """Return the folder of an instance as a zip."""
    query = select(InstanceVersion.content_hash)
    mine = query.where(InstanceVersion.project_id == project.id, InstanceVersion.hash == hash_)
    name = session.scalars(mine).one_or_none()
    if name is None:
        raise Problem(404, f"project {project.name} has no instance {hash_}")
    return contents.get(session, name)


def _plan_of(session: Session, project: Project, job_id: str) -> bytes:
    """Return the folder of the plan of a job as a zip."""
    find(session, project, job_id)
    file = session.get(JobFile, (job_id, jobs.PLAN))
    if file is None:
        raise Problem(409, f"job {job_id} has no plan yet")
    return contents.get(session, file.content_hash)


def _limits(project: Project, options: Any) -> dict[str, Any]:
    """Return the limits of a job; options beyond those of its project are refused."""
    limits = {"threads": project.max_threads, "time_limit": project.max_seconds, "budget": project.max_seconds}
    for name, most in limits.items():
        value = getattr(options, name, None)
        if value is not None and value > most:
            problem = f"{value} is more than the {most:g} of project {project.name}"
            fault = {"where": f"body.options.{name}", "value": repr(value), "problem": problem}
            raise Problem(422, f"options.{name}: {problem}", faults=[fault])
    return {"memory_mb": project.max_memory_mb, "threads": project.max_threads, "seconds": project.max_seconds}


def position(session: Session, job: Job) -> int | None:
    """Return the place of a job in the queue, from 1; None if it does not wait."""
    if job.state != "queued":
        return None
    earlier = select(func.count()).select_from(Job).where(Job.state == "queued", Job.id < job.id)
    return (session.scalar(earlier) or 0) + 1


def _view(session: Session, job: Job, short: bool = False) -> JobView:
    view = JobView.model_validate(job)
    view.position = position(session, job)
    if short:
        view.answer = None
    return view


def _answer(session: Session, job: Job, status: int, **headers: str) -> JSONResponse:
    content = _view(session, job).model_dump(mode="json")
    return JSONResponse(content, status, {"ETag": etag_of(job), **headers})


async def _stream(found: AsyncIterator[JobEvent]) -> AsyncIterator[dict[str, str]]:
    async for event in found:
        view = EventView.model_validate(event)
        yield {"id": str(event.number), "event": event.kind, "data": json.dumps(view.model_dump(mode="json"))}
