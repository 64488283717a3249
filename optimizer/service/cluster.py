"""The Dask cluster that runs jobs: processes of this machine, or a scheduler elsewhere.

Dask only calls :func:`optimizer.service.runner.run_job` with the identifier of a job: nothing is lost with it. A task
whose worker died is not repeated by Dask; the queue in the database does that, and counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from optimizer.interruption import ctrl_c_blocked
from optimizer.service import forks, jobs, runner
from optimizer.service.database import Database
from optimizer.service.settings import LOOPBACK, Settings

_CONNECT = 10.0  # seconds
_REVIVE = 2.0  # seconds between two looks for workers that are gone for good
_AGAIN = 1.0  # seconds until a worker connects again
CONFIG = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.daemon": False,  # workers start processes of their own
    "distributed.worker.preload": [forks.__name__],
    "distributed.admin.tick.limit": "60s",
    "distributed.comm.timeouts.connect": "10s",
}

log = logging.getLogger("capopt.service")


class Cluster:
    """A connection to the cluster, and the cluster itself where it is of this machine."""

    def __init__(self, settings: Settings, server: str) -> None:
        import dask
        from distributed import Client, LocalCluster

        dask.config.set(CONFIG)
        self.server = server
        self.local: Any = None
        if not settings.cluster:
            environment = {runner.DATABASE: settings.database_url, runner.SERVER: server}
            with ctrl_c_blocked():  # the thread that starts workers, also in place of lost ones, begins here
                self.local = LocalCluster(
                    n_workers=settings.workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=50,
                    host="127.0.0.1",
                    env=environment,
                )
        self.count, self.revived = settings.workers, time.monotonic()
        self.client: Any = None
        try:
            self.client = Client(
                self.local or settings.cluster,
                security=security_of(settings.cluster_tls),
                set_as_default=False,
                timeout=_CONNECT,
            )
        except BaseException:
            self.close()
            raise

    def slots(self) -> int:
        """Return how many jobs can run at once now; start workers of this machine that are gone for good again."""
        found = sum(map(int, self.client.nthreads().values()))
        if self.local is not None and found < self.count and time.monotonic() - self.revived > _REVIVE:
            self.revived = time.monotonic()
            self.local.scale(self.count)  # a worker that is killed while it starts is not replaced
        return found

    def submit(self, job_id: str, lease: float) -> Any:
        """Let a worker run a job; a future of what :func:`optimizer.service.runner.run_job` returns."""
        return self.client.submit(runner.run_job, job_id, lease, pure=False, retries=0)

    def kill(self, worker: str) -> None:
        """End a worker of this machine that no longer answers, so that another one takes its place and its jobs."""
        for nanny in list(self.local.workers.values()) if self.local is not None else []:
            if worker == f"{self.server}/{nanny.pid}":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(nanny.pid, signal.SIGKILL)

    def close(self) -> None:
        """Leave the cluster; end it if it is of this machine."""
        if self.client is not None:
            self.client.close(timeout=2)
        if self.local is not None:
            self.local.close(timeout=20)


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


def work(settings: Settings) -> None:
    """Run jobs for a cluster elsewhere until SIGINT or SIGTERM; those that run then go back into the queue."""
    with ctrl_c_blocked():
        asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    import dask

    dask.config.set(CONFIG)
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    threading.Thread(target=_let_ctrl_c_in, daemon=True).start()
    slots = [asyncio.create_task(_keep_working(settings, number)) for number in range(settings.workers)]
    ended, _ = await asyncio.wait([asyncio.create_task(stopped.wait()), *slots], return_when=asyncio.FIRST_COMPLETED)
    for slot in slots:
        slot.cancel()
    await asyncio.gather(*slots, return_exceptions=True)
    for one in ended:
        one.result()


def _let_ctrl_c_in() -> None:
    """Take Ctrl-C in a thread of its own: the main one has it blocked, so that its processes never see it."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Event().wait()


async def _keep_working(settings: Settings, number: int) -> None:
    """Keep a worker; when the connection to the scheduler is lost, connect again."""
    from distributed import Nanny

    name = f"{socket.gethostname()}-{os.getpid()}-{number}"
    environment = {runner.DATABASE: settings.database_url, runner.SERVER: name}
    while True:
        nanny = Nanny(
            settings.cluster,
            nthreads=1,
            memory_limit=0,
            dashboard=False,
            security=security_of(settings.cluster_tls),
            env=environment,
        )
        try:
            await nanny
            await nanny.finished()
        except (OSError, RuntimeError) as error:  # it could not start, or not connect
            log.warning("the scheduler %s does not answer; it is tried again: %s", settings.cluster, error)
        finally:
            await nanny.close(timeout=5, reason="the worker ends or connects again")
            await asyncio.to_thread(_release, settings, name)
        await asyncio.sleep(_AGAIN)


def _release(settings: Settings, name: str) -> None:
    """Put the job back into the queue that a worker of this name has run, without counting a loss."""
    database = Database(settings.database_url)
    try:
        with database.writing() as session:
            jobs.release(session, f"{name}/")
    except DBAPIError as error:
        log.warning("the database does not answer; running jobs go on when their leases are over: %s", error)
    finally:
        database.close()
