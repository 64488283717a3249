"""The Dask cluster that runs jobs: processes of this machine, or a scheduler elsewhere.

Dask only calls :func:`optimizer.service.runner.run_job` with the identifier of a job: nothing is lost with it. A task
whose worker died is not repeated by Dask; the queue in the database does that, and counts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from optimizer.service import runner
from optimizer.service.settings import LOOPBACK, Settings

_CONNECT = 10.0  # seconds
CONFIG = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.daemon": False,  # workers start processes of their own
    "distributed.admin.tick.limit": "60s",
    "distributed.comm.timeouts.connect": "10s",
}


class Cluster:
    """A connection to the cluster, and the cluster itself where it is of this machine."""

    def __init__(self, settings: Settings, server: str) -> None:
        import dask
        from distributed import Client, LocalCluster

        dask.config.set(CONFIG)
        self.local: Any = None
        if not settings.cluster:
            environment = {runner.DATABASE: settings.database_url, runner.SERVER: server}
            self.local = LocalCluster(
                n_workers=settings.workers,
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address="127.0.0.1:0",
                silence_logs=50,
                host="127.0.0.1",
                env=environment,
            )
        self.client = Client(
            self.local or settings.cluster,
            security=security_of(settings.cluster_tls),
            set_as_default=False,
            timeout=_CONNECT,
        )
        self.client.run(runner.warm_up)

    def slots(self) -> int:
        """Return how many jobs can run at once now."""
        return sum(self.client.nthreads().values())

    def submit(self, job_id: str, lease: float) -> Any:
        """Let a worker run a job; a future of what :func:`optimizer.service.runner.run_job` returns."""
        return self.client.submit(runner.run_job, job_id, lease, pure=False, retries=0)

    def close(self) -> None:
        """Leave the cluster; end it if it is of this machine."""
        self.client.close(timeout=2)
        if self.local is not None:
            self.local.close(timeout=5)


def security_of(folder: Path | None) -> Any:
    """Return what Dask needs to encrypt connections with the certificates of a folder."""
    if folder is None:
        return None
    from distributed.security import Security

    ca, cert, key = (str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    roles = {
        f"tls_{role}_{part}": path
        for role in ("client", "worker", "scheduler")
        for part, path in (("cert", cert), ("key", key))
    }
    return Security(tls_ca_file=ca, require_encryption=True, **roles)


def refuse_open_cluster(settings: Settings) -> str:
    """Return why a cluster may not be used, ``""`` if it may: a cluster runs the code that it is sent."""
    host = settings.cluster.partition("://")[2].rpartition(":")[0].strip("[]")
    if not settings.cluster or host in LOOPBACK or (settings.cluster_tls and settings.cluster.startswith("tls://")):
        return ""
    return (
        f"the cluster {settings.cluster} is on another machine, not encrypted, and runs the code that it is sent: "
        "give it certificates, name it tls://HOST:PORT, and give their folder (--cluster-tls DIR)"
    )


def worker_command(settings: Settings) -> list[str]:
    """Return the command of the processes that work for a cluster elsewhere."""
    options = ["--nworkers", str(settings.workers), "--nthreads", "1", "--memory-limit", "0", "--no-dashboard"]
    if settings.cluster_tls:
        folder = settings.cluster_tls
        for option, name in (("--tls-ca-file", "ca.pem"), ("--tls-cert", "cert.pem"), ("--tls-key", "key.pem")):
            options += [option, str(folder / name)]
    return [sys.executable, "-m", "distributed.cli.dask_worker", settings.cluster, *options]


def worker_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of these processes."""
    return {**os.environ, runner.DATABASE: settings.database_url, "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
