"""Routes of projects, their members, tokens and the record of actions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select

from optimizer.service import contents, tokens
from optimizer.service.access import Access, Admin, Anyone, Reader, everywhere, role_in
from optimizer.service.actions import record
from optimizer.service.changes import IfMatch
from optimizer.service.idempotency import Idempotent
from optimizer.service.paging import Cursor, Limit, Page, cut
from optimizer.service.problems import IN_PROJECTS, OF_BODIES, OF_CALLERS, Problem, documented
from optimizer.service.problems import answer as problem_answer
from optimizer.service.records import Account, Action, InstanceVersion, Job, JobFile, Member, Project, Token
from optimizer.service.state import state_of

router = APIRouter(tags=["projects"])
_ETAG = {"ETag": {"description": "Of the project as it is now, for `If-Match`.", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "Path of the project.", "schema": {"type": "string"}}}
Role = Literal["reader", "planner", "admin"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?$", examples=["fleet-2027"])]
AccountName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\s\x00-\x1f\x7f/][^\x00-\x1f\x7f/]*$")]
Title = Annotated[str, Field(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ProjectLimits(BaseModel):
    """Quotas of a project, and the limits of each of its jobs.

    Attributes
    ----------
    max_queued, max_running : int
        Jobs that wait, and that run, at most.
    cpu_seconds_a_day : float
        Processor seconds of jobs in 24 hours.
    max_storage : int
        Bytes of instances and plans.
    max_memory_mb, max_threads, max_seconds : int, int, float
        Memory in MiB, threads and seconds of a job at most.
    retention_days : int
        Days after which an ended job is deleted with its plan.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    max_queued: Annotated[int, Field(ge=0, le=1_000_000)] = 2000
    max_running: Annotated[int, Field(ge=0, le=10_000)] = 16
    cpu_seconds_a_day: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] = 1e6
    max_storage: Annotated[int, Field(ge=0, le=2**50)] = 20 * 2**30
    max_memory_mb: Annotated[int, Field(ge=256, le=2**24)] = 8192
    max_threads: Annotated[int, Field(ge=1, le=1024)] = 8
    max_seconds: Annotated[float, Field(gt=0, le=1e7, allow_inf_nan=False)] = 6 * 3600.0
    retention_days: Annotated[int, Field(ge=1, le=36_500)] = 365


class NewProject(ProjectLimits):
    """A project to create."""

    name: Name
    title: Title = ""


class ProjectChange(BaseModel):
    """What changes of a project; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    title: Title | None = None
    limits: ProjectLimits | None = None


class ProjectView(BaseModel):
    """A project."""

    name: str
    title: str
    role: str
    created_at: datetime
    created_by: str
    limits: ProjectLimits


class MemberRole(BaseModel):
    """The role to give to a member."""

    model_config = ConfigDict(extra="forbid")
    role: Role


class MemberView(BaseModel):
    """A member of a project."""

    account: str
    role: str


class TokenRequest(BaseModel):
    """A token to create, for an account that is created with it if it does not exist."""

    model_config = ConfigDict(extra="forbid")
    account: AccountName
    role: Annotated[Role | None, Field(description="Role of the account in all projects; none by default.")] = None
    days: Annotated[float | None, Field(gt=0, le=36_500, allow_inf_nan=False, description="Days until it expires.")] = (
        None
    )


class TokenView(BaseModel):
    """A token, without its secret."""

    id: str
    account: str
    role: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class CreatedToken(BaseModel):
    """A new token: ``secret`` is shown this once."""

    id: str
    account: str
    role: str | None
    secret: str
    expires_at: datetime | None


class ActionView(BaseModel):
    """What somebody did."""

    id: str
    at: datetime
    account: str
    action: str
    object: str
    detail: dict[str, Any]


def view(project: Project, role: str) -> ProjectView:
    """Return a project as the API shows it."""
    return ProjectView(
        name=project.name,
        title=project.title,
        role=role,
        created_at=project.created_at,
        created_by=project.created_by,
        limits=ProjectLimits.model_validate(project),
    )


def _etag(project: Project) -> str:
    return f'"{project.id}.{project.version}"'


@router.post(
    "/projects",
    status_code=201,
    response_model=ProjectView,
    responses={201: {"headers": _ETAG | _LOCATION}, **OF_CALLERS, **OF_BODIES, **documented(409)},
)
def create_project(request: Request, caller: Anyone, once: Idempotent, body: NewProject) -> Response:
    """Create a project; its creator is an admin of it."""
    if caller.role not in ("planner", "admin"):
        raise Problem(403, f"this needs the role planner or admin in all projects, and {caller.account} has not")
    with state_of(request).database.writing() as session:
        known = once.replay(session, caller.account)
        if known is not None:
            return known
        if session.scalars(select(Project.id).where(Project.name == body.name)).first() is not None:
            raise Problem(409, f"there is a project {body.name!r} already")
        project = Project(**body.model_dump(), created_by=caller.account)
        session.add(project)
        session.flush()
        if caller.account_id is not None:
            session.add(Member(project_id=project.id, account_id=caller.account_id, role="admin"))
        record(session, Access(caller.account, "admin", project), "create project", project.name)
        headers = {"Location": f"{request.url.path}/{project.name}", "ETag": _etag(project)}
        answer = JSONResponse(view(project, "admin").model_dump(mode="json"), 201, headers)
        return once.keep(session, caller.account, answer)


@router.get("/projects", responses=OF_CALLERS)
def list_projects(request: Request, caller: Anyone, limit: Limit = 100, cursor: Cursor = "") -> Page[ProjectView]:
    """List the projects in which the caller has a role, in the order of their creation."""
    with state_of(request).database.reading() as session:
        query = select(Project).where(Project.id > cursor).order_by(Project.id)
        if caller.role is None:
            query = query.join(Member).where(Member.account_id == caller.account_id)
        found = list(session.scalars(query.limit(limit + 1)))
        page = cut(found, limit, "id")
        views = [view(project, role_in(session, caller, project) or "reader") for project in page.items]
    return Page(items=views, next=page.next)


@router.get("/projects/{project}", responses={200: {"headers": _ETAG}, **IN_PROJECTS})
def get_project(response: Response, access: Reader) -> ProjectView:
    """Return a project."""
    response.headers["ETag"] = _etag(access.in_project)
    return view(access.in_project, access.role)


@router.patch("/projects/{project}", responses={200: {"headers": _ETAG}, **IN_PROJECTS, **OF_BODIES, **documented(412)})
def change_project(
    request: Request, response: Response, access: Admin, body: ProjectChange, if_match: IfMatch
) -> ProjectView:
    """Change the title, the quotas or the limits of a project, unless somebody else has changed it meanwhile."""
    changes = {} if body.limits is None else body.limits.model_dump()
    changes |= {} if body.title is None else {"title": body.title}
    with state_of(request).database.writing() as session:
        project = session.get(Project, access.in_project.id, with_for_update=True)
        if project is None:
            raise Problem(404, f"there is no project {access.in_project.name!r}")
        if if_match not in ("*", _etag(project)):
            raise Problem(412, "the project has changed since it was read; read it again")
        for name, value in changes.items():
            setattr(project, name, value)
        project.version += 1
        record(session, access, "change project", project.name, **changes)
    response.headers["ETag"] = _etag(project)
    return view(project, access.role)


@router.delete("/projects/{project}", status_code=204, responses=IN_PROJECTS | documented(409))
def delete_project(request: Request, access: Admin) -> None:
    """Delete a project with its instances, jobs and plans; jobs that run have to be cancelled before."""
    project = access.in_project
    with state_of(request).database.writing() as session:
        active = ("running", "finishing", "cancelling")
        if session.scalars(select(Job.id).where(Job.project_id == project.id, Job.state.in_(active))).first():
            raise Problem(409, f"jobs of {project.name} are running; cancel them first")
        jobs = select(Job.id).where(Job.project_id == project.id)
        stored = {
            *session.scalars(select(InstanceVersion.content_hash).where(InstanceVersion.project_id == project.id)),
            *session.scalars(select(Job.input_hash).where(Job.project_id == project.id)),
            *session.scalars(select(JobFile.content_hash).where(JobFile.job_id.in_(jobs))),
        }
        session.execute(delete(Project).where(Project.id == project.id))
        contents.forget(session, stored)
        record(session, Access(access.account, access.role), "delete project", project.name)


@router.get("/projects/{project}/members", responses=IN_PROJECTS)
def list_members(request: Request, access: Reader) -> list[MemberView]:
    """List the members of a project; accounts with a role in all projects are not among them."""
    query = select(Account.name, Member.role).join(Member, Member.account_id == Account.id)
    with state_of(request).database.reading() as session:
        rows = session.execute(query.where(Member.project_id == access.in_project.id).order_by(Account.name)).all()
    return [MemberView(account=name, role=role) for name, role in rows]


@router.put("/projects/{project}/members/{account}", responses=IN_PROJECTS | OF_BODIES)
def put_member(request: Request, access: Admin, account: str, body: MemberRole) -> MemberView:
    """Give an account a role in a project."""
    with state_of(request).database.writing() as session:
        found = _account(session.scalars(select(Account).where(Account.name == account)).one_or_none(), account)
        session.merge(Member(project_id=access.in_project.id, account_id=found.id, role=body.role))
        record(session, access, "set member", account, role=body.role)
    return MemberView(account=account, role=body.role)


@router.delete("/projects/{project}/members/{account}", status_code=204, responses=IN_PROJECTS)
def delete_member(request: Request, access: Admin, account: str) -> None:
    """Take an account's role in a project away."""
    with state_of(request).database.writing() as session:
        found = _account(session.scalars(select(Account).where(Account.name == account)).one_or_none(), account)
        member = session.get(Member, (access.in_project.id, found.id))
        if member is None:
            raise Problem(404, f"{account!r} is not a member of {access.in_project.name}")
        session.delete(member)
        record(session, access, "remove member", account)


def _account(found: Account | None, name: str) -> Account:
    if found is None:
        raise Problem(404, f"there is no account {name!r}; a token creates it")
    return found


@router.get("/projects/{project}/actions", responses=IN_PROJECTS)
def list_actions(request: Request, access: Admin, limit: Limit = 100, cursor: Cursor = "") -> Page[ActionView]:
    """List who did what in a project and when, from the first on."""
    query = select(Action).where(Action.project_id == access.in_project.id, Action.id > cursor).order_by(Action.id)
    with state_of(request).database.reading() as session:
        page = cut(list(session.scalars(query.limit(limit + 1))), limit, "id")
    return Page(items=[_action(row) for row in page.items], next=page.next)


@router.get("/actions", responses=OF_CALLERS)
def list_all_actions(request: Request, caller: Anyone, limit: Limit = 100, cursor: Cursor = "") -> Page[ActionView]:
    """List who did what in all projects and when, from the first on."""
    everywhere(caller)
    with state_of(request).database.reading() as session:
        query = select(Action).where(Action.id > cursor).order_by(Action.id)
        page = cut(list(session.scalars(query.limit(limit + 1))), limit, "id")
    return Page(items=[_action(row) for row in page.items], next=page.next)


def _action(row: Action) -> ActionView:
    return ActionView(
        id=row.id, at=row.at, account=row.account, action=row.action, object=row.object, detail=row.detail
    )


@router.post(
    "/tokens", status_code=201, response_model=CreatedToken, responses=OF_CALLERS | OF_BODIES | documented(409)
)
def create_token(request: Request, caller: Anyone, once: Idempotent, body: TokenRequest) -> Any:
    """Create a token; its secret is in this answer alone, so that a repeated request is answered by 409."""
    access = everywhere(caller)
    with state_of(request).database.writing() as session:
        known = once.replay(session, caller.account)
        if known is not None:
            return known
        made = tokens.create(session, body.account, body.role, body.days)
        record(session, access, "create token", made.id, account=made.account, role=made.role)
        again = f"token {made.id} was made, and its secret was in that answer alone: revoke it and make another one"
        once.keep(session, caller.account, problem_answer(Problem(409, again)))
    return CreatedToken.model_validate(vars(made))


@router.get("/tokens", responses=OF_CALLERS)
def list_tokens(request: Request, caller: Anyone, limit: Limit = 100, cursor: Cursor = "") -> Page[TokenView]:
    """List all tokens, without their secrets."""
    everywhere(caller)
    query = select(Token, Account).join(Account, Token.account_id == Account.id)
    with state_of(request).database.reading() as session:
        rows = session.execute(query.where(Token.id > cursor).order_by(Token.id).limit(limit + 1)).all()
    views = [
        TokenView(account=account.name, role=account.role, **{name: getattr(token, name) for name in _TOKEN})
        for token, account in rows
    ]
    return cut(views, limit, "id")


_TOKEN = ("id", "created_at", "expires_at", "revoked_at", "last_used_at")


@router.delete("/tokens/{token}", status_code=204, responses=IN_PROJECTS)
def revoke_token(request: Request, caller: Anyone, token: str) -> None:
    """Revoke a token: it is refused from now on, and browsers that logged in with it have to log in again."""
    access = everywhere(caller)
    with state_of(request).database.writing() as session:
        account = tokens.revoke(session, token)
        record(session, access, "revoke token", token, account=account.name)
