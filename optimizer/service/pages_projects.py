"""Pages of projects: the list, and a project with its instances and jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from sqlalchemy import select

from optimizer import find_example, read
from optimizer.service import instances, job_list, routes_projects
from optimizer.service.access import LOCAL
from optimizer.service.bodies import LIMITS
from optimizer.service.idempotency import NO_KEY
from optimizer.service.pages import PageAdmin, PageCaller, PagePlanner, PageReader, PageRoute, back, render
from optimizer.service.problems import Problem
from optimizer.service.reading import read_upload, reading_of
from optimizer.service.records import Account, Action, Member
from optimizer.service.state import state_of
from optimizer.service.uploads import Refused

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 50
EXAMPLES = ("first-steps", "bridge-lease", "landlord", "colocation", "two-stage", "bridge-lease-risks")


@router.get("/")
def list_projects(request: Request, caller: PageCaller) -> Response:
    """Show the projects."""
    found = routes_projects.list_projects(request, caller, limit=1000)
    return render(request, "projects.html.j2", caller, projects=found.items)


@router.post("/projects")
def create_project(
    request: Request, caller: PageCaller, name: Annotated[str, Form()], title: Annotated[str, Form()] = ""
) -> Response:
    """Create a project."""
    plain = name.strip().lower().replace(" ", "-")
    body = routes_projects.NewProject(name=plain, title=title.strip())
    routes_projects.create_project(request, caller, NO_KEY, body)
    return back(f"/projects/{plain}")


@router.get("/projects/{project}")
def show_project(request: Request, access: PageReader, caller: PageCaller, text: str = "", group: str = "") -> Response:
    """Show a project: upload, versions, and its jobs, those of a group or with a text in their notes."""
    own = access.in_project.id
    with state_of(request).database.reading() as session:
        versions = instances.newest(session, own, SHOWN)
        plans = job_list.plans(session, own)
        found = job_list.find(session, own, text, group)
    return render(
        request,
        "project.html.j2",
        caller,
        access=access,
        versions=versions,
        plans=plans,
        found=found,
        text=text,
        group=group,
        groups=job_list.GROUPS,
        examples=EXAMPLES,
    )


@router.get("/projects/{project}/jobs-table")
def jobs_table(
    request: Request, access: PageReader, caller: PageCaller, text: str = "", group: str = "", seen: str = ""
) -> Response:
    """Show the jobs of a project, as a part of its page; nothing if they are as they were `seen`."""
    with state_of(request).database.reading() as session:
        found = job_list.find(session, access.in_project.id, text, group)
    if found.tag == seen:
        return Response(status_code=204)
    return render(request, "jobs_list.html.j2", caller, access=access, found=found, text=text, group=group)


@router.post("/projects/{project}/upload")
def upload(request: Request, access: PagePlanner, caller: PageCaller, file: Annotated[UploadFile, File()]) -> Response:
    """Check an instance and store it; one with errors is answered by all of them."""
    try:
        found = read_upload(file.file.read(LIMITS.size + 1), LIMITS)
    except Refused as error:
        raise Problem(error.status, error.why) from None
    database = state_of(request).database
    if found.faults:
        marked = None
        if found.marked:
            with database.writing() as session:
                marked = instances.keep_marked(session, access, found.marked)
        return render(
            request,
            "faults.html.j2",
            caller,
            422,
            access=access,
            name=file.filename,
            faults=found.faults,
            marked=marked,
        )
    with database.writing() as session:
        version = instances.keep(session, access, found)
    return back(f"/projects/{access.in_project.name}/instances/{version.hash}")


@router.post("/projects/{project}/example")
def add_example(request: Request, access: PagePlanner, caller: PageCaller, name: Annotated[str, Form()]) -> Response:
    """Store a shipped example."""
    found = reading_of(read(find_example(name)))
    with state_of(request).database.writing() as session:
        version = instances.keep(session, access, found, "example")
    return back(f"/projects/{access.in_project.name}/instances/{version.hash}")


@router.post("/projects/{project}/members")
def set_member(
    request: Request,
    access: PageAdmin,
    account: Annotated[str, Form()],
    role: Annotated[Literal["reader", "planner", "admin", ""], Form()] = "",
) -> Response:
    """Give an account a role in a project, or take it away."""
    if role:
        routes_projects.put_member(request, access, account.strip(), routes_projects.MemberRole(role=role))
    else:
        routes_projects.delete_member(request, access, account.strip())
    return back(f"/projects/{access.in_project.name}/people")


@router.get("/projects/{project}/people")
def people(request: Request, access: PageReader, caller: PageCaller) -> Response:
    """Show the members of a project, its quotas and limits, and for admins who did what."""
    project = access.in_project
    with state_of(request).database.reading() as session:
        members = session.execute(
            select(Account.name, Member.role)
            .join(Member, Member.account_id == Account.id)
            .where(Member.project_id == project.id)
            .order_by(Account.name)
        ).all()
        acts = session.scalars(
            select(Action).where(Action.project_id == project.id).order_by(Action.id.desc()).limit(SHOWN)
        ).all()
    actions = acts if access.role == "admin" else []
    limits = routes_projects.ProjectLimits.model_validate(project).model_dump()
    return render(
        request, "people.html.j2", caller, access=access, members=members, actions=actions, limits=limits, local=LOCAL
    )
