"""What a running server has: its settings and its database."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from fastapi import Request

from optimizer.service.database import Database
from optimizer.service.settings import Settings


@dataclass(frozen=True)
class State:
    """Settings and database of a server, at ``app.state.service``; ``csrf`` is for forms where nobody logs in."""

    settings: Settings
    database: Database
    csrf: str = field(default_factory=secrets.token_urlsafe, repr=False)


def state_of(request: Request) -> State:
    """Return the state of the server that answers a request."""
    state = request.app.state.service
    assert isinstance(state, State)
    return state
