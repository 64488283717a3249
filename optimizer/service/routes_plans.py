"""Routes of plans: the plan of a job, or its incumbent while it runs, in every format that capopt writes."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import optimizer
from optimizer import Plan
from optimizer.format import guarded_table
from optimizer.service import contents, jobs, work
from optimizer.service.access import Access, Reader
from optimizer.service.browser import REPORT_POLICY
from optimizer.service.child import alternative_file
from optimizer.service.problems import IN_PROJECTS, Problem
from optimizer.service.records import Job, JobFile
from optimizer.service.routes_jobs import find
from optimizer.service.state import State, state_of

router = APIRouter(prefix="/projects/{project}/plans/{job}", tags=["plans"], responses=IN_PROJECTS)
CSV, JSON, PARQUET, ZIP = "text/csv", "application/json", "application/vnd.apache.parquet", "application/zip"
HTML, XLSX = "text/html", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORMATS = {
    CSV: {"schema": {"type": "string"}},
    JSON: {"schema": {"type": "array", "items": {"type": "object"}}},
    PARQUET: _BINARY,
}
Scenario = Annotated[str | None, Query(max_length=1000, description="Of a plan under uncertainty: the only one.")]


class PlanView(BaseModel):
    """A plan: its head as in ``plan.json``, the names of its tables, and when it will be deleted.

    ``is_incumbent`` says that it is the best one so far of a search that goes on.
    """

    job: str
    state: str
    is_incumbent: bool
    tables: list[str]
    expires_at: datetime | None
    head: dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """The plan that is kept of a job: its zip, and whether it is the incumbent of a search that goes on."""

    job: Job
    data: bytes
    is_incumbent: bool

    @property
    def plan(self) -> Plan:
        """The plan."""
        return _loaded(self.data)


def kept(state: State, access: Access, job_id: str) -> Kept:
    """Return the plan of a job of a project.

    Raises
    ------
    Problem
        404 if there is no such job, or no plan of it yet.
    """
    with state.database.reading() as session:
        job = find(session, access.in_project, job_id)
        for name in (jobs.PLAN, jobs.INCUMBENT):
            file = session.get(JobFile, (job.id, name))
            if file is not None:
                return Kept(job, contents.get(session, file.content_hash), name == jobs.INCUMBENT)
    raise Problem(404, f"job {job_id} has no plan, it is {job.state}")


@lru_cache(maxsize=8)
def _loaded(data: bytes) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        return optimizer.load_plan(contents.unpack(data, Path(folder)))


# ---------------------------------------------------------------- routes
@router.get("")
def get_plan(request: Request, access: Reader, job: str) -> PlanView:
    """Return the head of a plan: objective, bound, effective options, figures, phase times, and when it expires."""
    found = kept(state_of(request), access, job)
    return PlanView(
        job=job,
        state=found.job.state,
        is_incumbent=found.is_incumbent,
        tables=[*found.plan.tables, *found.plan.explained],
        expires_at=found.job.expires_at,
        head=found.plan.head,
    )


@router.get("/tables/{name}", responses={200: {"content": _FORMATS}})
def get_table(
    request: Request, access: Reader, job: str, name: str, accept: Annotated[str, Header(include_in_schema=False)] = CSV
) -> Response:
    """Return a table of a plan as CSV, JSON or Parquet, by ``Accept``.

    In CSV, texts that a spreadsheet would take for a formula begin with an apostrophe.
    """
    plan = kept(state_of(request), access, job).plan
    tables = {**plan.tables, **plan.explained}
    if name not in tables:
        raise Problem(404, f"the plan has no table {name!r}; it has {', '.join(tables)}")
    table = tables[name]
    if PARQUET in accept:
        return _file(_parquet(table), PARQUET, f"{name}.parquet")
    if JSON in accept and CSV not in accept:
        return JSONResponse(json.loads(table.to_json(orient="records")))
    return _file(_csv(table), CSV, f"{name}.csv")


@router.get(
    "/report.html", response_class=Response, responses={200: {"content": {HTML: {"schema": {"type": "string"}}}}}
)
def get_report(request: Request, access: Reader, job: str, scenario: Scenario = None) -> Response:
    """Return the report of a plan as one page."""

    def write(plan: Plan, folder: Path) -> Path:
        return optimizer.write_report(plan, folder / "a.html", scenario=scenario)

    data = _written(state_of(request), access, job, write)
    return Response(data, media_type=HTML, headers={"Content-Security-Policy": REPORT_POLICY})


@router.get("/plan.xlsx", response_class=Response, responses={200: {"content": {XLSX: _BINARY}}})
def get_workbook(request: Request, access: Reader, job: str, scenario: Scenario = None) -> Response:
    """Return a plan as a workbook."""

    def write(plan: Plan, folder: Path) -> Path:
        return optimizer.write_report(plan, folder / "a.xlsx", scenario=scenario)

    return _file(_written(state_of(request), access, job, write), XLSX, "plan.xlsx")


@router.get("/plan.zip", response_class=Response, responses={200: {"content": {ZIP: _BINARY}}})
def get_folder(request: Request, access: Reader, job: str) -> Response:
    """Return the plan folder that ``capopt solve`` writes."""
    return _file(kept(state_of(request), access, job).data, ZIP, "plan.zip")


@router.get("/alternatives/{number}.zip", response_class=Response, responses={200: {"content": {ZIP: _BINARY}}})
def get_alternative(
    request: Request, access: Reader, job: str, number: Annotated[int, PathParameter(ge=1, le=999)]
) -> Response:
    """Return a further plan of a job as its folder, numbered from 1.

    Of a job of the kind ``alternatives`` a distinct plan, of the kind ``explain`` the plan that verifies a repair.
    """
    with state_of(request).database.reading() as session:
        file = session.get(JobFile, (find(session, access.in_project, job).id, alternative_file(number)))
        if file is None:
            raise Problem(404, f"job {job} has no alternative plan {number}")
        return _file(contents.get(session, file.content_hash), ZIP, f"alternative-{number}.zip")


@router.get("/focus.zip", response_class=Response, responses={200: {"content": {ZIP: _BINARY}}})
def get_focus(request: Request, access: Reader, job: str) -> Response:
    """Return the contracts and costs of a plan as FOCUS datasets."""

    def write(plan: Plan, folder: Path) -> Path:
        optimizer.write_focus(plan, folder / "focus")
        (folder / "focus.zip").write_bytes(contents.pack(folder / "focus"))
        return folder / "focus.zip"

    return _file(_written(state_of(request), access, job, write), ZIP, "focus.zip")


@router.get("/compare/{other}")
def compare(request: Request, access: Reader, job: str, other: str) -> dict[str, Any]:
    """Return the differences between two plans, as ``capopt compare`` does."""
    state = state_of(request)
    first, second = (kept(state, access, one).plan for one in (job, other))
    return work.compare(first, second, (job, other))


# ---------------------------------------------------------------- parts
def _written(state: State, access: Access, job_id: str, write: Callable[[Plan, Path], Path]) -> bytes:
    """Return the bytes of the file that a function writes of a plan."""
    plan = kept(state, access, job_id).plan
    with tempfile.TemporaryDirectory() as folder:
        return write(plan, Path(folder)).read_bytes()


def _file(data: bytes, media: str, name: str) -> Response:
    return Response(data, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV in which no text is a formula."""
    return guarded_table(table).to_csv(index=False, lineterminator="\n").encode()


def _parquet(table: pd.DataFrame) -> bytes:
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    return content.getvalue()
