"""Notes of versions and jobs, and everything of a project as one file."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

from optimizer.service import contents, jobs, routes_instances, routes_jobs
from optimizer.service.changes import NoteChange
from optimizer.service.pages import PagePlanner, PageReader, PageRoute, back
from optimizer.service.records import InstanceVersion, Job, JobFile, Project
from optimizer.service.state import state_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Note = Annotated[str, Form(max_length=500)]
_IN_MEMORY = 16 * 2**20  # bytes of an archive above which it is written to the disk
_PIECE = 2**18


@router.post("/projects/{project}/jobs/{job}/note")
def note_job(request: Request, access: PagePlanner, job: str, note: Note = "") -> Response:
    """Change the note of a job."""
    routes_jobs.change(request, access, job, NoteChange(note=note), "*")
    return back(f"/projects/{access.in_project.name}/jobs/{job}")


@router.post("/projects/{project}/instances/{hash}/note")
def note_version(request: Request, response: Response, access: PagePlanner, hash: str, note: Note = "") -> Response:
    """Change the note of a version."""
    found = routes_instances.change_instance(request, response, access, hash, NoteChange(note=note), "*")
    return back(f"/projects/{access.in_project.name}/instances/{found.hash}")


@router.get("/projects/{project}/everything.zip")
def download_everything(request: Request, access: PageReader) -> Response:
    """Return all versions and plans of a project as folders in one archive."""
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it was sent
    with state_of(request).database.reading() as session, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, data in _folders(session, access.in_project):
            with zipfile.ZipFile(io.BytesIO(data)) as given:
                for name in given.namelist():
                    archive.writestr(f"{folder}/{name}", given.read(name))
    file.seek(0)
    name = f'attachment; filename="{access.in_project.name}.zip"'
    return StreamingResponse(_pieces(file), media_type="application/zip", headers={"Content-Disposition": name})


def _folders(session: Session, project: Project) -> Iterator[tuple[str, bytes]]:
    """Yield the folder of each version and of each plan, and its zip."""
    versions = select(InstanceVersion).where(InstanceVersion.project_id == project.id).order_by(InstanceVersion.number)
    for version in session.scalars(versions):
        yield f"instances/{version.number:04d}", contents.get(session, version.content_hash)
    plans = select(Job, JobFile.content_hash).join(JobFile).where(Job.project_id == project.id)
    for job, content in session.execute(plans.where(JobFile.name == jobs.PLAN).order_by(Job.id)):
        yield f"plans/{job.created_at:%Y-%m-%d-%H%M%S}-{job.kind}-{job.id[-6:]}", contents.get(session, content)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
