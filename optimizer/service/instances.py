"""Instances of a project: stored once by their content, numbered as versions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from optimizer import Instance, read
from optimizer.service import contents, quotas
from optimizer.service.access import Access
from optimizer.service.actions import record
from optimizer.service.database import Database
from optimizer.service.problems import Problem
from optimizer.service.reading import Reading
from optimizer.service.records import InstanceVersion, MarkedWorkbook, Project, now

_MARKED_FOR = timedelta(days=1)


def keep(
    session: Session, access: Access, found: Reading, source: str = "upload", parent: str | None = None
) -> InstanceVersion:
    """Store a valid instance as the next version of a project, unless the same content is there already.

    Parameters
    ----------
    session : Session
        A transaction that writes.
    access : Access
        Who stores it, and in which project.
    found : Reading
        The instance.
    source : {"upload", "example", "repair", "roll"}
        Where it comes from.
    parent : str, optional
        Hash of the version that it was made of; by default the newest one.

    Raises
    ------
    Problem
        429 if the project has no storage left for it.
    """
    project = session.get_one(Project, access.in_project.id, with_for_update=True)  # one number after the other
    same = find_or_none(session, project.id, found.about["hash"])
    if same is not None:
        return same
    quotas.check_storage(session, project, len(found.folder))
    newest = session.scalars(
        select(InstanceVersion)
        .where(InstanceVersion.project_id == project.id)
        .order_by(InstanceVersion.number.desc())
        .limit(1)
    ).one_or_none()
    version = InstanceVersion(
        project_id=project.id,
        number=1 + (newest.number if newest else 0),
        source=source,
        parent_hash=parent or (newest.hash if newest else None),
        content_hash=contents.put(session, found.folder),
        created_by=access.account,
        **{name: found.about[name] for name in ("hash", "name", "title", "start", "months", "currency")},
    )
    session.add(version)
    session.flush()
    record(session, access, "add instance", version.hash, name=version.name, source=source)
    return version


def find_or_none(session: Session, project_id: str, name: str) -> InstanceVersion | None:
    """Return an instance of a project by its hash; None if there is none."""
    query = select(InstanceVersion).where(InstanceVersion.project_id == project_id, InstanceVersion.hash == name)
    return session.scalars(query).one_or_none()


def find(session: Session, access: Access, name: str) -> InstanceVersion:
    """Return an instance of a project by its hash, or by the beginning of it (at least 8 digits).

    Raises
    ------
    Problem
        404 if there is none.
    """
    project = access.in_project
    found = find_or_none(session, project.id, name)
    if found is None and len(name) >= 8:
        begins = InstanceVersion.hash.startswith(name, autoescape=True)
        several = list(session.scalars(select(InstanceVersion).where(InstanceVersion.project_id == project.id, begins)))
        found = several[0] if len(several) == 1 else None
    if found is None:
        raise Problem(404, f"project {project.name} has no instance {name[:70]!r}")
    return found


def newest(session: Session, project_id: str, most: int) -> Sequence[InstanceVersion]:
    """Return the newest versions of a project, the newest first."""
    found = select(InstanceVersion).where(InstanceVersion.project_id == project_id)
    return session.scalars(found.order_by(InstanceVersion.number.desc()).limit(most)).all()


def count(session: Session, project_id: str) -> int:
    """Return the number of versions of a project."""
    query = select(func.count()).select_from(InstanceVersion).where(InstanceVersion.project_id == project_id)
    return session.scalar(query) or 0


def keep_marked(session: Session, access: Access, data: bytes) -> str:
    """Store the marked copy of an invalid workbook for a day; return its identifier."""
    old = MarkedWorkbook.created_at < now() - _MARKED_FOR
    expired = list(session.scalars(select(MarkedWorkbook.content_hash).where(old)))
    session.execute(delete(MarkedWorkbook).where(old))
    contents.forget(session, expired)
    one = MarkedWorkbook(
        project_id=access.in_project.id, content_hash=contents.put(session, data), created_by=access.account
    )
    session.add(one)
    session.flush()
    return one.id


def marked(session: Session, access: Access, name: str) -> bytes:
    """Return the marked copy of an invalid workbook.

    Raises
    ------
    Problem
        404 if there is none in the project.
    """
    found = session.get(MarkedWorkbook, name)
    if found is None or found.project_id != access.in_project.id:
        raise Problem(404, f"project {access.in_project.name} has no marked workbook {name[:70]!r}; they last a day")
    return contents.get(session, found.content_hash)


@contextmanager
def unpacked(data: bytes) -> Iterator[Path]:
    """Unpack the zip of a folder for a block."""
    with tempfile.TemporaryDirectory(prefix="capopt-") as work:
        yield contents.unpack(data, Path(work) / "instance")


def load(database: Database, access: Access, name: str) -> tuple[InstanceVersion, Instance]:
    """Return an instance of a project, and what it contains.

    Raises
    ------
    Problem
        404 if there is none.
    """
    with database.reading() as session:
        version = find(session, access, name)
        data = contents.get(session, version.content_hash)
    with unpacked(data) as folder:
        return version, read(folder)
