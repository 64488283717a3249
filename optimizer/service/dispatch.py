"""From the queue in the database to the cluster, in a thread of the server.

The thread may end at any moment: what it knows of the cluster is only used to spare submissions. A job that was
submitted twice runs once, because it is claimed.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from optimizer.service import jobs, retention
from optimizer.service.cluster import Cluster
from optimizer.service.database import Database
from optimizer.service.jobs import Lease
from optimizer.service.records import ACTIVE, Job, Project
from optimizer.service.settings import Settings

_TICK = 0.2  # seconds between two looks at the queue, unless a job comes
_SWEEP = 600.0  # seconds between two deletions of what has expired
_RETRY = 1.0  # seconds until a cluster or database that does not answer is tried again
_AHEAD = 1  # jobs per slot that wait at the cluster, so that no worker waits for the next look

_LOOKED_AT = 1000  # queued jobs

log = logging.getLogger("capopt.service")


class Dispatcher:
    """Submits queued jobs to the cluster, oldest first, and takes back those that were lost."""

    def __init__(self, settings: Settings, database: Database, on_end: Callable[[], None]) -> None:
        self.settings, self.database, self.on_end = settings, database, on_end
        self.server = name_of(settings.data)
        self.wake, self.stopping = threading.Event(), threading.Event()
        self.cluster: Cluster | None = None
        self.futures: dict[str, Any] = {}
        self.swept = -_SWEEP
        self.looked = self.since = 0.0
        self.thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Start the thread; jobs that a former server of this folder has left running are taken up again."""
        self._release()
        self.thread.start()

    def notify(self) -> None:
        """Look at the queue now."""
        self.wake.set()

    def stop(self) -> None:
        """End the thread and the cluster of this machine, and put the jobs that it ran back into the queue."""
        self.stopping.set()
        self.wake.set()
        if self.thread.is_alive():
            self.thread.join(30.0)
        with contextlib.suppress(DBAPIError):
            self._release()

    def _release(self) -> None:
        """Put the jobs back into the queue that the cluster of this machine has run."""
        if not self.settings.cluster:
            with self.database.writing() as session:
                jobs.release(session, f"{self.server}/")

    # ------------------------------------------------------------------ in the thread
    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                if self.cluster is None:
                    self.cluster = Cluster(self.settings, self.server)
                self._look()
                self.wake.wait(_TICK)
                self.wake.clear()
            except DBAPIError as error:
                log.warning("the database does not answer; it is tried again: %s", error)
                self.stopping.wait(_RETRY)
            except Exception:  # whatever fails is tried again: jobs wait in the database
                log.exception("the queue could not be worked on; it is tried again")
                self._disconnect()
                self.stopping.wait(_RETRY)
        self._disconnect()

    def _disconnect(self) -> None:
        cluster, self.cluster = self.cluster, None
        self.futures.clear()
        if cluster is not None:
            try:
                cluster.close()
            except Exception:  # Dask raises whatever its connections do; jobs wait in the database
                log.exception("the cluster could not be closed in good order; its processes end with this one")

    def _look(self) -> None:
        """Take back what was lost, and submit what can run."""
        assert self.cluster is not None
        self._collect()
        for worker in self._expire():
            self.cluster.kill(worker)
        if time.monotonic() - self.swept > _SWEEP:
            self.swept = time.monotonic()
            with self.database.writing() as session:
                retention.sweep(session)
        free = (1 + _AHEAD) * self.cluster.slots() - len(self.futures)
        for job_id in self._next(free) if free > 0 else []:
            self.futures[job_id] = self.cluster.submit(job_id, self.settings.lease)
            self.futures[job_id].add_done_callback(self._on_done)

    def _on_done(self, _: Any) -> None:
        self.on_end()
        self.wake.set()

    def _expire(self) -> list[str]:
        """Take back jobs whose leases are over, unless the database has not answered for that long; their workers."""
        with self.database.reading() as session:
            is_late = bool(session.scalar(select(func.count()).select_from(Job).where(*jobs.late())))
        now = time.monotonic()
        if now - self.looked > self.settings.lease / 2:
            self.since = now
        self.looked = now
        if is_late and now - self.since > self.settings.lease:
            with self.database.writing() as session:
                return jobs.expire(session)
        return []

    def _collect(self) -> None:
        """Release the futures that are done; a job whose worker died with it is taken back at once."""
        for job_id, future in list(self.futures.items()):
            if future.done():
                if future.status != "finished":
                    self._lose(job_id)
                del self.futures[job_id]
                future.release()

    def _lose(self, job_id: str) -> None:
        with self.database.writing() as session:
            job = session.get(Job, job_id)
            if job is not None and job.lease_owner.startswith(f"{self.server}/"):
                jobs.lose(session, Lease(job_id, job.lease_token), f"worker {job.lease_owner} has died")

    def _next(self, count: int) -> list[str]:
        """Return queued jobs, oldest first, of projects that may run more."""
        with self.database.reading() as session:
            running = dict(
                session.execute(
                    select(Job.project_id, func.count()).where(Job.state.in_(ACTIVE)).group_by(Job.project_id)
                ).all()
            )
            queued = (
                select(Job.id, Job.project_id, Project.max_running)
                .join(Project, Project.id == Job.project_id)
                .where(Job.state == "queued", Job.id.not_in(list(self.futures)))
                .order_by(Job.id)
                .limit(_LOOKED_AT)
            )
            chosen: list[str] = []
            for job_id, project_id, most in session.execute(queued):
                if running.get(project_id, 0) < most and len(chosen) < count:
                    running[project_id] = running.get(project_id, 0) + 1
                    chosen.append(job_id)
            return chosen


def name_of(data: Path) -> str:
    """Return the name of the server of a folder, which it keeps when it starts again."""
    file = data / "name"
    if not file.exists():
        draft = file.with_suffix(".draft")
        draft.write_text(f"{socket.gethostname()}-{secrets.token_hex(4)}", encoding="utf-8")
        draft.replace(file)
    return file.read_text(encoding="utf-8")
