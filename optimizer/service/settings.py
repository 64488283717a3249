"""Settings of a server and of its workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Settings:
    """How a server runs.

    Attributes
    ----------
    data : Path
        Folder of the embedded database and of the working folders of jobs.
    database : str
        SQLAlchemy address of the database, such as ``postgresql+psycopg://user@host/name``; by default SQLite in
        ``data``.
    cluster : str
        Address of a Dask scheduler, ``tcp://HOST:PORT`` or ``tls://HOST:PORT``; by default a cluster of processes of
        this machine is started.
    cluster_tls : Path or None
        Folder with ``ca.pem``, ``cert.pem`` and ``key.pem``, with which the cluster is encrypted.
    host, port : str, int
        Address to listen on; port 0 for any free one.
    workers : int
        Jobs that run at once on this machine, where the cluster is started here. 0 for none: other servers run them.
    lease : float
        Seconds without a heartbeat after which a running job counts as lost.
    """

    data: Path
    database: str = ""
    cluster: str = ""
    cluster_tls: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    lease: float = 10.0

    @property
    def database_url(self) -> str:
        """Address of the database."""
        return self.database or f"sqlite:///{self.data.absolute() / 'service.db'}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine is served."""
        return self.host in LOOPBACK
