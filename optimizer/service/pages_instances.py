"""Pages of an instance: what it is, what changed since another version, its warnings, and what to do with it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from optimizer import Instance, differences, scenarios
from optimizer.service import answers, instances, job_list
from optimizer.service.pages import PageCaller, PageReader, PageRoute, render
from optimizer.service.problems import Problem
from optimizer.service.records import Job
from optimizer.service.state import state_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_SHOWN = 500


@router.get("/projects/{project}/instances/{hash}")
def show_instance(
    request: Request,
    access: PageReader,
    caller: PageCaller,
    hash: str,
    since: str = "",
) -> Response:
    """Show a version of the instance, with what changed since its parent or another version."""
    database = state_of(request).database
    version, instance = instances.load(database, access, hash)
    before = since or version.parent_hash
    with database.reading() as session:
        known = instances.find_or_none(session, access.in_project.id, before) if before else None
        others = [one for one in instances.newest(session, access.in_project.id, _SHOWN) if one.hash != version.hash]
        plans = job_list.plans(session, access.in_project.id)
        jobs = session.scalars(
            select(Job)
            .where(Job.project_id == access.in_project.id, Job.instance_hash == version.hash)
            .order_by(Job.id.desc())
            .limit(_SHOWN)
        ).all()
    changes = None if known is None else differences(instances.load(database, access, known.hash)[1], instance)
    return render(
        request,
        "instance.html.j2",
        caller,
        access=access,
        version=version,
        instance=instance,
        known=known,
        others=others,
        jobs=jobs,
        plans=plans,
        numbers={version.hash: version.number},
        changes=None if changes is None else changes.head(_SHOWN).to_dict("records"),
        change_count=0 if changes is None else len(changes),
        scenarios=_scenarios(instance),
    )


@router.get("/projects/{project}/instances/{hash}/tables/{name}")
def show_table(request: Request, access: PageReader, caller: PageCaller, hash: str, name: str) -> Response:
    """Show the rows of a table of a version."""
    version, instance = instances.load(state_of(request).database, access, hash)
    if not instance.rows.get(name):
        raise Problem(404, f"version {version.number} has no rows in a table {name[:100]!r}")
    grid = answers.grid(name, instance.frame(name).to_dict("records"))
    return render(request, "instance_table.html.j2", caller, access=access, version=version, grid=grid)


def _scenarios(instance: Instance) -> list[dict[str, object]]:
    """Return the scenarios of an instance under uncertainty, with what they change."""
    if not (instance.rows["scenarios"] or instance.rows["risks"]):
        return []
    return [{"name": one.name, "probability": one.probability, "title": one.title} for one in scenarios(instance)]
