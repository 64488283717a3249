"""Who calls, and what the caller may do in a project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import select

from optimizer.service.problems import Problem
from optimizer.service.records import ROLES, Project
from optimizer.service.state import state_of

LOCAL = "local"
"""Account of whoever calls a server without accounts from the same machine."""


@dataclass(frozen=True)
class Access:
    """A caller in a project.

    Attributes
    ----------
    account : str
        Name of the account.
    role : str
        Role in the project, or in all of them.
    project : Project or None
        The project of the path.
    """

    account: str
    role: str
    project: Project | None = None

    @property
    def in_project(self) -> Project:
        """The project of the path."""
        assert self.project is not None
        return self.project


def require(role: str) -> Callable[[Request, str], Access]:
    """Return a dependency: the caller with at least this role in the project of the path.

    A project that does not exist, and one in which the caller has no role, are both answered by 404.
    """

    def access(request: Request, project: str) -> Access:
        with state_of(request).database.reading() as session:
            found = session.scalars(select(Project).where(Project.name == project)).one_or_none()
        if found is None:
            raise Problem(404, f"there is no project {project!r}")
        caller = Access(LOCAL, "admin", found)
        if ROLES.index(caller.role) < ROLES.index(role):
            raise Problem(
                403, f"this needs the role {role} in project {project}, and {caller.account} is {caller.role}"
            )
        return caller

    return access


Reader = Annotated[Access, Depends(require("reader"))]
Planner = Annotated[Access, Depends(require("planner"))]
Admin = Annotated[Access, Depends(require("admin"))]
