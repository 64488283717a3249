"""Routes of instances: upload, versions, downloads, differences."""

from __future__ import annotations

import base64
import tempfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from optimizer import Instance, differences
from optimizer.service import instances
from optimizer.service.access import Access, Anyone, Planner, Reader
from optimizer.service.actions import record
from optimizer.service.bodies import LIMITS, Body
from optimizer.service.changes import IfMatch, NoteChange
from optimizer.service.idempotency import Idempotent, Once
from optimizer.service.paging import Cursor, Limit, Page, cut
from optimizer.service.problems import IN_PROJECTS, OF_BODIES, OF_CALLERS, Problem, documented
from optimizer.service.reading import Reading, read_upload
from optimizer.service.records import InstanceVersion
from optimizer.service.state import state_of
from optimizer.service.uploads import Refused

router = APIRouter(tags=["instances"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
_LOCATION = {"Location": {"description": "Path of the version.", "schema": {"type": "string"}}}
_ETAG = {"ETag": {"description": "Of the version and its note, for `If-Match`.", "schema": {"type": "string"}}}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_TABLES = {"type": "object", "description": "Settings under `instance`, and a list of rows by table."}
UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "An .xlsx workbook, a zip of the instance's folder, or JSON tables.",
        "content": {XLSX: _BINARY, ZIP: _BINARY, "application/json": {"schema": _TABLES}},
    }
}


class InstanceView(BaseModel):
    """A version of the instance of a project."""

    hash: str
    number: int
    name: str
    title: str
    start: str
    months: int
    currency: str
    source: str
    note: str
    parent_hash: str | None
    created_at: datetime
    created_by: str


class CheckedInstance(InstanceView):
    """A version that was just uploaded, with its warnings; ``is_new`` is false if it was there already."""

    is_new: bool
    warnings: list[dict[str, Any]]


class Validation(BaseModel):
    """Whether an instance is valid: its hash, settings and rows by table, errors and warnings.

    ``marked_workbook`` is a workbook with its errors marked, in base 64.
    """

    valid: bool
    hash: str | None
    name: str | None
    start: str | None
    months: int | None
    currency: str | None
    rows: dict[str, int]
    faults: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    marked_workbook: str | None


class Difference(BaseModel):
    """A cell that differs, or a row (``column`` is empty) that only one instance has."""

    table: str
    row: str
    column: str
    a: str
    b: str
    item: str


def view(version: InstanceVersion) -> InstanceView:
    """Return a version as the API shows it."""
    return InstanceView.model_validate(version, from_attributes=True)


def checked(data: bytes) -> Reading:
    """Read an upload.

    Raises
    ------
    Problem
        If it is refused unread.
    """
    try:
        return read_upload(data, LIMITS)
    except Refused as error:
        raise Problem(error.status, error.why) from None


@router.post("/validate", openapi_extra=UPLOAD, responses=OF_CALLERS | documented(413, 415))
async def validate(caller: Anyone, body: Body) -> Validation:
    """Check an instance without keeping anything."""
    found = await run_in_threadpool(checked, body)
    return Validation(
        valid=not found.faults,
        **{name: found.about.get(name) for name in ("hash", "name", "start", "months", "currency")},
        rows=found.about.get("tables", {}),
        faults=found.faults,
        warnings=found.warnings,
        marked_workbook=base64.b64encode(found.marked).decode() if found.marked else None,
    )


@router.post(
    "/projects/{project}/instances",
    status_code=201,
    response_model=CheckedInstance,
    openapi_extra=UPLOAD,
    responses={
        201: {"headers": _LOCATION},
        200: {"model": CheckedInstance, "headers": _LOCATION, "description": "The same content is there already."},
        **IN_PROJECTS,
        **documented(413, 415, 429),
    },
)
async def add_instance(request: Request, access: Planner, body: Body, once: Idempotent) -> Response:
    """Check an instance and store it; the same content is stored once."""
    return await run_in_threadpool(_add, request, access, body, once)


def _add(request: Request, access: Access, body: bytes, once: Once) -> Response:
    found = checked(body)
    database = state_of(request).database
    if found.faults:
        more: dict[str, Any] = {}
        if found.marked:
            with database.writing() as session:
                kept = instances.keep_marked(session, access, found.marked)
            more["marked_workbook"] = f"{request.url.path.removesuffix('/instances')}/marked/{kept}.xlsx"
        raise Problem(422, found.error, kind="InstanceError", faults=found.faults, **more)
    with database.writing() as session:
        known = once.replay(session, access.account)
        if known is not None:
            return known
        before = instances.count(session, access.in_project.id)
        version = instances.keep(session, access, found)
        is_new = instances.count(session, access.in_project.id) > before
        content = CheckedInstance(**view(version).model_dump(), is_new=is_new, warnings=found.warnings)
        headers = {"Location": f"{request.url.path}/{version.hash}"}
        answer = JSONResponse(content.model_dump(mode="json"), 201 if is_new else 200, headers)
        return once.keep(session, access.account, answer)


@router.get("/projects/{project}/instances", responses=IN_PROJECTS)
def list_instances(request: Request, access: Reader, limit: Limit = 100, cursor: Cursor = "") -> Page[InstanceView]:
    """List the versions of a project, the newest first."""
    query = select(InstanceVersion).where(InstanceVersion.project_id == access.in_project.id)
    query = query.where(InstanceVersion.id < cursor) if cursor else query
    with state_of(request).database.reading() as session:
        found = list(session.scalars(query.order_by(InstanceVersion.id.desc()).limit(limit + 1)))
    page = cut(found, limit, "id")
    return Page(items=[view(version) for version in page.items], next=page.next)


@router.get(
    "/projects/{project}/instances/{hash}.xlsx",
    response_class=Response,
    responses={200: {"content": {XLSX: _BINARY}, "description": "The workbook."}, **IN_PROJECTS},
)
def get_workbook(request: Request, access: Reader, hash: str) -> Response:
    """Return an instance as a workbook."""
    version, instance = instances.load(state_of(request).database, access, hash)
    return workbook(instance, f"{version.name}-{version.number}.xlsx")


def workbook(instance: Instance, name: str) -> Response:
    """Return an instance as a workbook to download."""
    with tempfile.TemporaryDirectory(prefix="capopt-") as work:
        data = instance.save(Path(work) / "instance.xlsx").read_bytes()
    return download(data, XLSX, name)


def download(data: bytes, media_type: str, name: str) -> Response:
    """Return a file to download; its name is reduced to letters that every system takes."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in name)
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{plain}"'})


@router.get("/projects/{project}/instances/{hash}", responses={200: {"headers": _ETAG}, **IN_PROJECTS})
def get_instance(request: Request, response: Response, access: Reader, hash: str) -> InstanceView:
    """Return what is known of an instance; its hash, or the first 8 digits of it, name it."""
    with state_of(request).database.reading() as session:
        version = instances.find(session, access, hash)
    response.headers["ETag"] = etag_of(version)
    return view(version)


def etag_of(version: InstanceVersion) -> str:
    """Return the entity tag of a version, of which only the note changes."""
    return f'"{version.hash[:16]}.{sha256(version.note.encode()).hexdigest()[:16]}"'


@router.patch(
    "/projects/{project}/instances/{hash}",
    responses={200: {"headers": _ETAG}, **IN_PROJECTS, **OF_BODIES, **documented(412)},
)
def change_instance(
    request: Request, response: Response, access: Planner, hash: str, body: NoteChange, if_match: IfMatch
) -> InstanceView:
    """Change the note of a version."""
    with state_of(request).database.writing() as session:
        version = instances.find(session, access, hash)
        if if_match not in ("*", etag_of(version)):
            raise Problem(412, "the note has changed since it was read; read the version again")
        version.note = body.note.strip()
        record(session, access, "note instance", version.hash, note=version.note)
    response.headers["ETag"] = etag_of(version)
    return view(version)


@router.get("/projects/{project}/instances/{hash}/tables", responses=IN_PROJECTS)
def get_tables(request: Request, access: Reader, hash: str) -> dict[str, Any]:
    """Return an instance as JSON tables, as POST takes them."""
    _, instance = instances.load(state_of(request).database, access, hash)
    return tables_of(instance)


def tables_of(instance: Instance) -> dict[str, Any]:
    """Return an instance as JSON tables: blanks are left out."""
    found: dict[str, Any] = {"instance": {key: value for key, value in vars(instance.head).items() if value != ""}}
    for name, rows in instance.rows.items():
        if rows:
            records = instance.frame(name).to_dict("records")
            found[name] = [{key: cell for key, cell in row.items() if _is_given(cell)} for row in records]
    return found


def _is_given(cell: object) -> bool:
    return cell is not None and cell != "" and cell == cell


@router.get("/projects/{project}/instances/{a}/diff/{b}", responses=IN_PROJECTS)
def get_differences(request: Request, access: Reader, a: str, b: str) -> list[Difference]:
    """List the cells that differ between two instances."""
    database = state_of(request).database
    first, second = (instances.load(database, access, name)[1] for name in (a, b))
    columns = [str(name) for name in Difference.model_fields]
    rows = differences(first, second)[columns].itertuples(index=False)
    return [Difference(**dict(zip(columns, row, strict=True))) for row in rows]


@router.get(
    "/projects/{project}/marked/{marked}.xlsx",
    response_class=Response,
    responses={200: {"content": {XLSX: _BINARY}, "description": "The workbook."}, **IN_PROJECTS},
)
def get_marked(request: Request, access: Planner, marked: str) -> Response:
    """Return the copy of an invalid workbook in which its errors are marked; it is kept for a day."""
    with state_of(request).database.reading() as session:
        data = instances.marked(session, access, marked)
    return download(data, XLSX, f"{access.in_project.name}-errors.xlsx")
