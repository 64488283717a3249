"""The append-only record of who did what."""

from __future__ import annotations

from sqlalchemy.orm import Session

from optimizer.service.access import Access
from optimizer.service.records import Action


def record(session: Session, access: Access, action: str, thing: str, **detail: object) -> None:
    """Record an action in the transaction that does it.

    Parameters
    ----------
    session : Session
        The transaction.
    access : Access
        Who does it, and in which project.
    action : str
        Verb and noun, such as ``cancel job``.
    thing : str
        Identifier of what it is done to.
    **detail
        What else is worth knowing; no secrets.
    """
    project = access.project.id if access.project else None
    row = Action(account=access.account, project_id=project, action=action, object=thing, detail=detail)
    session.add(row)
