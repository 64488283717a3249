"""What a running server has: its settings and its database."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from optimizer.service.database import Database
from optimizer.service.settings import Settings


@dataclass(frozen=True)
class State:
    """Settings and database of a server, at ``app.state.service``."""

    settings: Settings
    database: Database


def state_of(request: Request) -> State:
    """Return the state of the server that answers a request."""
    state = request.app.state.service
    assert isinstance(state, State)
    return state
