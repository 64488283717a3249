"""What a running server has: its settings and its database."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request

from optimizer.service.database import Database
from optimizer.service.feed import Feed
from optimizer.service.settings import Settings


@dataclass(frozen=True)
class State:
    """What a server has, at ``app.state.service``.

    ``notify`` lets the queue be looked at now; ``csrf`` is for forms where nobody logs in.
    """

    settings: Settings
    database: Database
    feed: Feed
    notify: Callable[[], None]
    csrf: str = field(default_factory=secrets.token_urlsafe, repr=False)


def state_of(request: Request) -> State:
    """Return the state of the server that answers a request."""
    state = request.app.state.service
    assert isinstance(state, State)
    return state
