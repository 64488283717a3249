"""Liveness and readiness."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy.exc import DBAPIError

from optimizer.service.problems import Problem, documented
from optimizer.service.state import state_of

OPEN: dict[str, list[object]] = {"security": []}
"""Of routes that need no token."""
router = APIRouter(tags=["health"])


@router.get("/healthz", openapi_extra=OPEN)
def healthz() -> dict[str, str]:
    """Return whether the process answers."""
    return {"status": "alive"}


@router.get("/readyz", openapi_extra=OPEN, responses=documented(503))
def readyz(request: Request) -> dict[str, str]:
    """Return whether jobs can be accepted: the database answers, with the tables of this version."""
    try:
        state_of(request).database.check()
    except (DBAPIError, RuntimeError):
        detail = "the database does not answer, or its tables are missing; see the log of the server"
        raise Problem(503, detail, headers={"Retry-After": "2"}) from None
    return {"status": "ready"}
