"""Pages of jobs: submit, follow and stop them, and what to do with their plans."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy import select

from optimizer import Instance, Plan, compare, compare_uncertain, roll
from optimizer.service import answers, curve, instances, job_list, jobs, pages_scenarios, routes_jobs
from optimizer.service.access import Access
from optimizer.service.idempotency import NO_KEY
from optimizer.service.kinds import KINDS
from optimizer.service.pages import PageCaller, PagePlanner, PageReader, PageRoute, back, render
from optimizer.service.pages_notes import Note
from optimizer.service.problems import Problem
from optimizer.service.reading import reading_of
from optimizer.service.records import ENDED, Job, JobEvent, JobFile
from optimizer.service.routes_plans import kept
from optimizer.service.state import state_of

_COMPARED = {
    "figures": "Figures",
    "decisions": "Decisions",
    "scenarios": "Cost by scenario",
    "terms": "Money by cash term",
    "parties": "Money by party",
    "inputs": "Inputs",
    "service": "Service",
}
"""Tables of comparisons, of plans of one future or under uncertainty, with their titles."""
router = APIRouter(route_class=PageRoute, include_in_schema=False)
_SIDE_BY_SIDE = 12  # plans
_ONE_SEARCH = ("solve", "whatif")  # kinds of jobs whose progress is that of a single search
_CELLS = 5000  # cells that the form of what-ifs completes


def _submit(
    request: Request, access: Access, kind: str, options: dict[str, Any], note: str = "", **subject: str
) -> Response:
    """Submit a job as the API does, and go to its page."""
    try:
        given = KINDS[kind].options.model_validate(options)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise Problem(422, "; ".join(faults)) from None
    body = routes_jobs.NewJob(kind=kind, note=note, options=given, **subject)
    found = json.loads(bytes(routes_jobs.submit(request, access, NO_KEY, body).body))
    return back(f"/projects/{access.in_project.name}/jobs/{found['id']}")


@router.post("/projects/{project}/solve")
def solve(
    request: Request,
    access: PagePlanner,
    instance: Annotated[str, Form()],
    gap: Annotated[float, Form(ge=0, le=100)] = 0.1,
    time_limit: Annotated[float, Form(ge=0)] = 600.0,
    start: Annotated[str, Form(max_length=32)] = "",
    near: Annotated[bool, Form()] = False,
    elastic: Annotated[bool, Form()] = False,
    note: Note = "",
) -> Response:
    """Submit a solve job; the gap is in percent, and `near` is about the plan that the search begins with."""
    if near and not start:
        raise Problem(422, "choose the plan that is to change as little as possible")
    options = {"gap": gap / 100, "time_limit": time_limit, "elastic": elastic, "start": start or None}
    return _submit(request, access, "solve", options | ({"near": start} if near else {}), note, instance=instance)


@router.post("/projects/{project}/jobs/{job}/explain")
def explain(
    request: Request,
    access: PagePlanner,
    job: str,
    budget: Annotated[float, Form(ge=0)] = 60.0,
    tighten: Annotated[bool, Form()] = False,
) -> Response:
    """Submit a job that explains a plan, or an instance without one."""
    found = _find(request, access, job)
    subject = {"instance": found.instance_hash or ""} if found.result == "infeasible" else {"plan": job}
    return _submit(request, access, "explain", {"budget": budget, "tighten": tighten}, **subject)


@router.post("/projects/{project}/jobs/{job}/simulate")
def simulate(
    request: Request,
    access: PagePlanner,
    job: str,
    draw: Annotated[int, Form(ge=1, le=100_000)] = 100,
    instance: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Submit a simulation: the decisions of now in many draws of the risks, of the plan's instance or another one."""
    return _submit(request, access, "simulate", {"draw": draw, "instance": instance or None}, plan=job)


@router.post("/projects/{project}/jobs/{job}/alternatives")
def alternatives(request: Request, access: PagePlanner, job: str) -> Response:
    """Submit a job that explores the plans that cost little more."""
    return _submit(request, access, "alternatives", {}, plan=job)


@router.post("/projects/{project}/jobs/{job}/whatif")
async def whatif(request: Request, access: PagePlanner, job: str) -> Response:
    """Submit a what-if: each row of the form is an edit."""
    form = await request.form()
    rows = zip(form.getlist("cell"), form.getlist("sign"), form.getlist("value"), strict=True)
    edits = [f"{cell}{sign}{value}" for cell, sign, value in rows if str(cell).strip()]
    if not edits:
        raise Problem(422, "a what-if needs at least one edit, such as contracts.lease.price *= 1.1")
    return _submit(request, access, "whatif", {"set": edits}, plan=job)


@router.post("/projects/{project}/jobs/{job}/sweep")
def sweep(
    request: Request,
    access: PagePlanner,
    job: str,
    cell: Annotated[str, Form(max_length=1000)],
    values: Annotated[str, Form(max_length=10_000)],
) -> Response:
    """Submit a sweep: a cell, and the values that it has in turn."""
    try:
        numbers = [float(value) for value in values.replace(";", " ").replace(",", " ").split()]
    except ValueError:
        raise Problem(
            422, f"the values {values[:100]!r} are not numbers with spaces between, such as 90 100 110"
        ) from None
    if not numbers:
        raise Problem(422, "a sweep needs values of the cell, such as 90 100 110")
    return _submit(request, access, "sweep", {"cell": cell, "values": numbers}, plan=job)


@router.post("/projects/{project}/jobs/{job}/cancel")
def cancel(request: Request, access: PagePlanner, job: str) -> Response:
    """Stop a job; the plan found so far is kept."""
    routes_jobs.cancel(request, access, NO_KEY, job)
    return back(f"/projects/{access.in_project.name}/jobs/{job}")


@router.post("/projects/{project}/jobs/{job}/delete")
def delete(request: Request, access: PagePlanner, job: str) -> Response:
    """Delete a job with its plan."""
    routes_jobs.delete(request, access, job)
    return back(f"/projects/{access.in_project.name}")


@router.get("/projects/{project}/jobs/{job}")
def show_job(request: Request, access: PageReader, caller: PageCaller, job: str) -> Response:
    """Show a job, its progress and its plan."""
    about = _about(request, access, job)
    plan = _plan(request, access, job) if about["has_plan"] else None
    nodes = [] if plan is None else pages_scenarios.nodes(plan)
    answer = {} if plan or about["job"].result == "infeasible" else about["job"].answer or {}
    return render(
        request,
        "job.html.j2",
        caller,
        **about,
        is_part=False,
        nodes=nodes,
        facts=answers.facts(answer),
        grids=answers.grids(answer),
    )


@router.get("/projects/{project}/jobs/{job}/progress")
def show_progress(request: Request, access: PageReader, caller: PageCaller, job: str) -> Response:
    """Show the progress of a job, as a part of its page, which is loaded again when the job has ended."""
    about = _about(request, access, job)
    answer = render(request, "job_progress.html.j2", caller, **about, is_part=True)
    if about["ended"]:
        answer.headers["HX-Trigger"] = "job-ended"
    return answer


@router.get("/projects/{project}/jobs/{job}/cells")
def list_cells(request: Request, access: PageReader, caller: PageCaller, job: str) -> Response:
    """List the cells that a what-if can change, to complete them in the form."""
    cells = list(_cells(_plan(request, access, job).instance))[:_CELLS]
    return render(request, "cells.html.j2", caller, cells=cells)


def _cells(instance: Instance) -> Iterator[str]:
    for table, rows in instance.named.items():
        columns = list(instance.frame(table).columns)[1:] if rows else []
        yield from (f"{table}.{name}.{column}" for name in rows for column in columns)


@router.get("/projects/{project}/compare")
def show_comparison(request: Request, access: PageReader, caller: PageCaller, a: str, b: str) -> Response:
    """Show the differences between the plans of two jobs."""
    plans = _plan(request, access, a), _plan(request, access, b)
    uncertain = any(map(pages_scenarios.is_uncertain, plans))
    found = (compare_uncertain if uncertain else compare)(*plans)
    grids = [
        answers.grid(title, getattr(found, name).rename(columns=_in_words).to_dict("records"))
        for name, title in _COMPARED.items()
        if hasattr(found, name)
    ]
    first, second = (_find(request, access, job) for job in (a, b))
    return render(request, "compare.html.j2", caller, access=access, a=first, b=second, notes=found.notes, grids=grids)


@router.get("/projects/{project}/side-by-side")
def show_side_by_side(
    request: Request,
    access: PageReader,
    caller: PageCaller,
    job: Annotated[list[str], Query(max_length=_SIDE_BY_SIDE)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Show the headline figures of several plans next to each other, the oldest first."""
    if len(job) < 2:
        raise Problem(422, "tick at least two plans in the list of jobs to see them side by side")
    ticked = sorted(set(job))  # identifiers begin with their time
    found = [(_find(request, access, one), _plan(request, access, one)) for one in ticked]
    rows = answers.side_by_side([plan for _, plan in found])
    return render(request, "side_by_side.html.j2", caller, access=access, jobs=[one for one, _ in found], rows=rows)


def _in_words(column: str) -> str:
    """Return the name of a column of a comparison, in which ``a`` is the first plan and ``b`` the second."""
    words = {"a": "first", "b": "second"}
    return "_".join(words.get(part, part) for part in column.split("_"))


@router.post("/projects/{project}/jobs/{job}/repair")
def apply_repair(request: Request, access: PagePlanner, job: str) -> Response:
    """Store the repaired instance of an explanation as the next version."""
    plan = _plan(request, access, job)
    return _keep(request, access, plan.instance, "repair", _find(request, access, job).instance_hash)


@router.post("/projects/{project}/jobs/{job}/roll")
def roll_forward(
    request: Request,
    access: PagePlanner,
    job: str,
    months: Annotated[int, Form(ge=1, le=600)] = 1,
    node: Annotated[str, Form()] = "",
) -> Response:
    """Store the instance of some months later, with what the plan has decided until then, as the next version.

    Of a plan under uncertainty, `node` is the one that came.
    """
    found = roll(_plan(request, access, job), months, node=node or None)
    return _keep(request, access, found.instance, "roll", _find(request, access, job).instance_hash)


def _keep(request: Request, access: Access, instance: Instance, source: str, parent: str | None) -> Response:
    found = reading_of(instance)
    with state_of(request).database.writing() as session:
        version = instances.keep(session, access, found, source, parent)
    return back(f"/projects/{access.in_project.name}/instances/{version.hash}")


def _find(request: Request, access: Access, job: str) -> Job:
    with state_of(request).database.reading() as session:
        return routes_jobs.find(session, access.in_project, job)


def _plan(request: Request, access: Access, job: str) -> Plan:
    """Return the plan of a job, or that of its last incumbent."""
    return kept(state_of(request), access, job).plan


def _about(request: Request, access: Access, job_id: str) -> dict[str, Any]:
    """Return what the page of a job shows."""
    with state_of(request).database.reading() as session:
        job = routes_jobs.find(session, access.in_project, job_id)
        files = set(session.scalars(select(JobFile.name).where(JobFile.job_id == job.id)))
        events = session.scalars(
            select(JobEvent)
            .where(JobEvent.job_id == job.id, JobEvent.kind.in_(("progress", "log")))
            .order_by(JobEvent.number)
        ).all()
        position = routes_jobs.position(session, job)
        version = None
        if job.instance_hash:
            version = instances.find_or_none(session, access.in_project.id, job.instance_hash)
        others = [one for one in job_list.plans(session, access.in_project.id) if one.id != job.id]
        versions = instances.newest(session, access.in_project.id, job_list.SHOWN)
    return {
        "access": access,
        "job": job,
        "version": version,
        "others": others,
        "versions": [one for one in versions if one.hash != job.instance_hash],
        "ended": job.state in ENDED,
        "position": position,
        "has_plan": jobs.PLAN in files,
        "has_incumbent": jobs.INCUMBENT in files,
        "curve": curve.draw([one.data for one in events if one.kind == "progress" and job.kind in _ONE_SEARCH]),
        "logs": [one.data.get("text", "") for one in events if one.kind == "log"],
    }
