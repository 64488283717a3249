"""Run one job in a worker: claim it, start its process, keep what comes of it, and end it once.

All that is written needs the lease. While the database does not answer, the process goes on, and writing is tried
until it answers again.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from optimizer.format import grouped
from optimizer.service import contents, events, jobs
from optimizer.service.child import INCUMBENT_FILE
from optimizer.service.database import Database
from optimizer.service.jobs import INCUMBENT, Lease, Outcome
from optimizer.service.process import JobProcess
from optimizer.service.records import Job, JobFile, Project

DATABASE, SERVER = "CAPOPT_DATABASE", "CAPOPT_SERVER"
"""Environment variables of a worker: the address of the database, and the server that started it, if one did."""
_TICK = 0.1  # seconds to wait for events of the process
_MEASURE = 0.2  # seconds between two looks at its memory
_BEAT = 0.4  # seconds between two heartbeats
_LOOK = 0.2  # seconds until the next look at the state, whether it was cancelled
_CANCEL = 1.4  # seconds that a cancelled process has to complete its plan or answer,
_KEEP = 30.0  # or so many where there is one, and nothing of it is kept yet
_RETRY = 0.5  # seconds until the database is tried again
_MORE = 60.0  # seconds beyond the limit of a project that a job has for what is not search
_FIGURES = ("incumbent", "bound", "gap", "phase")

Found = TypeVar("Found")


@cache
def database_of(url: str) -> Database:
    """Return the database of this process."""
    return Database(url)


def worker_name() -> str:
    """Return the name of this worker, which begins with that of its server, if one has started it."""
    return f"{os.environ.get(SERVER, socket.gethostname())}/{os.getpid()}"


def run_job(job_id: str, lease_seconds: float) -> str:
    """Run a job if it waits; it depends on the database alone, and may be called more than once.

    Returns
    -------
    str
        ``ended``, ``lost`` if another worker has it by now, or ``taken`` if it did not wait.
    """
    database = database_of(os.environ[DATABASE])
    lease = write(database, lambda session: jobs.claim(session, job_id, worker_name(), lease_seconds))
    if lease is None:
        return "taken"
    with tempfile.TemporaryDirectory(prefix="capopt-job-") as folder:
        return "ended" if _Run(database, lease, lease_seconds, Path(folder)).run() else "lost"


class _Run:
    """A job while it runs."""

    def __init__(self, database: Database, lease: Lease, seconds: float, folder: Path) -> None:
        self.database, self.lease, self.seconds, self.folder = database, lease, seconds, folder
        self.process: JobProcess
        self.figures: dict[str, Any] = {}
        self.pending: list[dict[str, Any]] = []
        self.ended: dict[str, Any] | None = None
        self.limits: dict[str, Any] = {}
        self.has_result = self.is_kept = False

    def run(self) -> bool:
        """Run the job to its end; False if its lease is lost."""
        self.process = JobProcess(self.folder, self._write(self._start))
        try:
            return self._follow()
        finally:
            self.process.end()
            self.process.close()

    def _follow(self) -> bool:
        """Follow the process to its end, and end the job; False if the lease is lost."""
        began = beat = looked = measured = time.monotonic()
        cancelled: float | None = None
        while self.ended is None and self.process.is_running():
            self.process.wait(_TICK)
            self._take_events()
            now = time.monotonic()
            if now - measured >= _MEASURE:
                measured = now
                if (reason := self._over_limits(now - began)) is not None:
                    return self._finish(Outcome("failed", error=reason))
            if now - looked >= _LOOK:
                is_due = now - beat >= _BEAT
                looked, beat, state = now, now if is_due else beat, self._beat() if is_due else self._look()
                if state is None:
                    return False
                if state == "cancelling" and cancelled is None:
                    cancelled = now
                    self.process.cancel()
            if cancelled is not None and now - cancelled > self._patience():
                return self._finish(Outcome("cancelled"))
        return self._conclude()

    def _patience(self) -> float:
        """Return the seconds that the process has after it was cancelled."""
        return _KEEP if self.has_result and not self.is_kept else _CANCEL

    def _start(self, session: Session) -> dict[str, Any]:
        """Unpack what the job works on, with the incumbent of an earlier run; return the request."""
        job = session.get_one(Job, self.lease.job_id)
        kept = session.get(JobFile, (job.id, INCUMBENT))
        contents.unpack(contents.get(session, job.input_hash), self.folder)
        if kept is not None:
            contents.unpack(contents.get(session, kept.content_hash), self.folder / "incumbent")
            self.is_kept = True
        self.limits = job.limits
        # Jobs that version 1 of the database has accepted have no limit of their own.
        threads = self.limits.get("threads") or session.get_one(Project, job.project_id).max_threads
        about = {"job_kind": job.kind, "options": job.options, "threads": threads}
        return {"folder": str(self.folder), **about}

    # ------------------------------------------------------------------ while it runs
    def _take_events(self) -> None:
        for event in self.process.drain():
            kind = event.pop("kind")
            if kind == "end":
                self.ended = event
            elif kind == "result":
                self.has_result = True
            else:
                self.is_kept |= kind == "incumbent"
                self.pending.append({"kind": kind, "data": event})
                if kind == "progress":
                    names = _FIGURES if event["phase"] != "near" else ("phase",)  # there they are distances
                    known = {name: event[name] for name in names if event[name] is not None}
                    self.figures |= known

    def _over_limits(self, seconds: float) -> dict[str, Any] | None:
        """Return why the job must end, None if it may go on."""
        memory, most = self.process.measure(), self.limits["memory_mb"]
        if memory > most:
            text = f"the job used {grouped(memory)} MB of memory, more than the {grouped(most)} MB of its project"
            return {"error": f"{text}. Plan fewer months or items, or raise the limit.", "kind": "MemoryLimit"}
        if seconds > self.limits["seconds"] + _MORE:
            text = f"the job took longer than the {grouped(self.limits['seconds'])} s of its project"
            return {"error": f"{text}. Give it a shorter time limit, or raise that one.", "kind": "TimeLimit"}
        return None

    def _beat(self) -> str | None:
        """Extend the lease, and write what has come; return the state, None if the lease is lost."""
        measured = {"memory_mb": self.process.peak_mb, **self.figures}
        pending, self.pending = self.pending, []

        def beat(session: Session) -> str | None:
            state = jobs.heartbeat(session, self.lease, self.seconds, **measured)
            if state is not None:
                self._append(session, pending)
            return state

        return self._write(beat)

    def _look(self) -> str | None:
        """Return the state, None if the lease is lost; unchanged while the database does not answer."""
        try:
            with self.database.reading() as session:
                return jobs.state_of(session, self.lease)
        except DBAPIError:
            return ""  # the next heartbeat waits for it

    def _append(self, session: Session, pending: list[dict[str, Any]]) -> None:
        for event in pending:
            events.append(session, self.lease.job_id, **event)
        if any(event["kind"] == "incumbent" for event in pending):
            jobs.keep_file(session, self.lease, INCUMBENT, (self.folder / INCUMBENT_FILE).read_bytes())

    # ------------------------------------------------------------------ at its end
    def _conclude(self) -> bool:
        """End the job as its process did."""
        self._take_events()
        if self.ended is None:
            self.process.end()
            self._take_events()
        if self.ended is None:
            return self._crashed()
        end = self.ended
        self._write(lambda session: jobs.finishing(session, self.lease))
        self.figures |= {name: end[key] for key, name in _HEAD.items() if end.get(key) is not None}
        files = {path.name: path.read_bytes() for path in self.folder.glob("*.zip") if path.name != INCUMBENT_FILE}
        found = Outcome(end["state"], end.get("result", "none"), end.get("answer"), end.get("error"), files)
        self.process.cpu_seconds, self.process.peak_mb = end["cpu_seconds"], max(self.process.peak_mb, end["memory_mb"])
        return self._finish(found)

    def _crashed(self) -> bool:
        """Give the job back, or end it, because its process ended without an answer."""
        how = self.process.ended_by()
        text = f"the process of the job ended by {how}, having used {grouped(self.process.peak_mb)} MB of memory"
        more = {"signal": how, "memory_mb": round(self.process.peak_mb), "log": self.process.log()}
        error = {"error": text, "kind": "ProcessEnded", **more}
        return self._write(lambda session: self._with_last(session, lambda: jobs.crash(session, self.lease, error)))

    def _finish(self, outcome: Outcome) -> bool:
        self.process.end()
        self._take_events()
        return self._write(lambda session: self._with_last(session, lambda: jobs.finish(session, self.lease, outcome)))

    def _with_last(self, session: Session, act: Callable[[], bool]) -> bool:
        """Write the last events and figures, and then the end."""
        measured = {"memory_mb": self.process.peak_mb, **self.figures}
        spent = Job.cpu_seconds + self.process.cpu_seconds
        if jobs.heartbeat(session, self.lease, self.seconds, cpu_seconds=spent, **measured) is None:
            return False
        self._append(session, self.pending)
        return act()

    def _write(self, act: Callable[[Session], Found]) -> Found:
        return write(self.database, act)


def write(database: Database, act: Callable[[Session], Found]) -> Found:
    """Write in a transaction; while the database does not answer, try again."""
    while True:
        try:
            with database.writing() as session:
                return act(session)
        except DBAPIError as error:
            if not error.connection_invalidated and not _is_down(error):
                raise
            time.sleep(_RETRY)


_HEAD = {"objective": "incumbent", "bound": "bound", "gap": "gap"}


def _is_down(error: DBAPIError) -> bool:
    """Return whether the database did not answer, or was busy."""
    return isinstance(error, OperationalError | InterfaceError)
