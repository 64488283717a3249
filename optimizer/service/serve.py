"""Run a server until it is stopped."""

from __future__ import annotations

import errno
import fcntl
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from sqlalchemy.exc import DBAPIError

from optimizer import CapoptError
from optimizer.service import tokens
from optimizer.service.app import create_app
from optimizer.service.cluster import refuse_open_cluster
from optimizer.service.database import Database
from optimizer.service.settings import Settings

_PATIENCE = 60.0  # seconds that the database has to answer when the server starts
_STOP = 5  # seconds that open requests have to end when the server is stopped


def serve(settings: Settings, on_start: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : Settings
        How.
    on_start : callable
        Called with the address when the socket is open.

    Raises
    ------
    OSError
        If the system refuses the address.
    CapoptError
        If other machines are to be served although no account exists; if the cluster is open to others; if another
        server uses the folder, or another program the port; or if the database does not answer.
    """
    if refused := refuse_open_cluster(settings):
        raise CapoptError(refused)
    with _alone(settings):
        _open(settings)
        with _listening(settings) as listener:
            host, port = listener.getsockname()[:2]
            on_start(f"http://{f'[{host}]' if ':' in host else host}:{port}")
            config = uvicorn.Config(
                create_app(settings), log_level="warning", timeout_graceful_shutdown=_STOP, server_header=False
            )
            uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Let one server at a time use a folder: it takes up the jobs that the former one has left."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "server.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            other = "stop it first, or give this one another folder (--data DIR)"
            raise CapoptError(f"another server uses {settings.data}: {other}") from None
        yield


def _open(settings: Settings) -> None:
    """Wait for the database and bring it up to date; refuse to serve other machines without accounts."""
    database = Database(settings.database_url)
    try:
        database.wait(0.0 if database.is_sqlite else _PATIENCE)
        database.upgrade()
        with database.reading() as session:
            if not settings.is_loopback and not tokens.any_accounts(session):
                create = "create a token first: capopt token create NAME --role admin"
                raise CapoptError(f"{settings.host} is not this machine alone, and no account exists; {create}")
    except DBAPIError as error:
        address = database.engine.url.render_as_string()
        raise CapoptError(
            f"the database {address} cannot be used: {error.orig}; start it, or correct --database"
        ) from None
    finally:
        database.close()


def _listening(settings: Settings) -> socket.socket:
    """Return the open socket of a server."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            other = f"stop it, or serve on another port (--port {settings.port + 1}, or 0 for a free one)"
            raise CapoptError(f"another program uses port {settings.port} of {settings.host}: {other}") from None
        raise OSError(error.errno, error.strerror, f"{settings.host}:{settings.port}") from None
    return listener
