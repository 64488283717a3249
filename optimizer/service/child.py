"""The process of one job: does what it is requested to do, and sends events as JSON.

It has no access to the database. It ends when the connection to its worker closes: a killed worker leaves nothing
running. The message ``cancel`` is the library's ``cancel``: the search ends, and its plan is kept.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import threading
import time
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from optimizer import CapoptError, NoFeasiblePlan, Plan, Progress, StoppedWithoutPlan
from optimizer.service import contents
from optimizer.service.kinds import KINDS
from optimizer.service.work import WORK, Job

PLAN_FILE, INCUMBENT_FILE = "plan.zip", "incumbent.zip"
CANCEL = b"cancel"
_BETWEEN_REPORTS = 1.0  # seconds between two reports of the same phase
_BETWEEN_INCUMBENTS = 2.0  # seconds between two incumbents that are kept
_SHARE = 10  # keeping incumbents takes at most one part in so many of the time


def alternative_file(number: int) -> str:
    """Return the name of the file of an alternative plan, numbered from 1."""
    return f"alternative-{number}.zip"


class Reporter:
    """Sends events, each a JSON object, from any thread."""

    def __init__(self, link: Connection) -> None:
        self.link, self.lock = link, threading.Lock()
        self.last, self.phase = 0.0, ""
        self.has_result = False

    def send(self, kind: str, **data: object) -> None:
        """Send an event."""
        with self.lock:
            self.link.send_bytes(json.dumps({"kind": kind, **data}, default=str, allow_nan=False).encode())

    def note_result(self) -> None:
        """Report once that there is something to keep if the job is cancelled."""
        if not self.has_result:
            self.has_result = True
            self.send("result")

    def step(self, text: str) -> None:
        """Report on which question work of many searches is."""
        self.send("step", text=text)

    def progress(self, event: Progress) -> None:
        """Report progress, now and then, and the first incumbent at once."""
        if event.incumbent is not None:
            self.note_result()
        now = time.monotonic()
        if event.phase == self.phase and now - self.last < _BETWEEN_REPORTS:
            return
        self.last, self.phase = now, event.phase
        names = ("phase", "elapsed", "incumbent", "bound", "gap", "nodes", "source", "done", "tasks", "workers")
        self.send("progress", **{name: getattr(event, name) for name in names})


class IncumbentKeeper:
    """Writes the plans of incumbents into the folder of a job, in a thread, as they come and not too often."""

    def __init__(self, folder: Path, reporter: Reporter) -> None:
        self.folder, self.reporter = folder, reporter
        self.change, self.event = threading.Condition(), Progress("", 0.0)
        self.kept = float("inf")
        threading.Thread(target=self._loop, daemon=True).start()

    def see(self, event: Progress) -> None:
        """Note the incumbent of a report, if it has a plan."""
        if event.plan is not None and event.incumbent is not None and event.incumbent < self.kept:
            with self.change:
                self.event = event
                self.change.notify()

    def _loop(self) -> None:
        while True:
            with self.change:
                self.change.wait_for(lambda: self.event.plan is not None)
                event, self.event = self.event, Progress("", 0.0)
            began = time.monotonic()
            self._keep(event)
            time.sleep(max(_BETWEEN_INCUMBENTS, _SHARE * (time.monotonic() - began)))

    def _keep(self, event: Progress) -> None:
        assert event.plan is not None
        assert event.incumbent is not None
        if event.incumbent >= self.kept:
            return
        try:
            plan = event.plan()
        except CapoptError as error:
            self.reporter.send("log", text=f"an incumbent could not be kept: {error}")
            return
        assert isinstance(plan, Plan)
        write_plan(plan, self.folder, INCUMBENT_FILE)
        self.kept = event.incumbent
        self.reporter.send("incumbent", objective=plan.objective, bound=plan.bound, gap=plan.gap)


def write_plan(plan: Plan, folder: Path, name: str) -> None:
    """Write a plan's folder as a zip, at once."""
    written = plan.save(folder / f"{name}.folder", replace=True)
    draft = folder / f"{name}.draft"
    draft.write_bytes(contents.pack(written))
    os.replace(draft, folder / name)


def run(request: dict[str, Any], reporter: Reporter, cancel: threading.Event) -> dict[str, Any]:
    """Do the work of a request, until its end or until it is cancelled; return how it ended."""
    folder, kind = Path(request["folder"]), request["job_kind"]
    keeper = IncumbentKeeper(folder, reporter)

    def progress(event: Progress) -> None:
        reporter.progress(event)
        keeper.see(event)

    options = KINDS[kind].options(**request["options"])
    try:
        found = WORK[kind](
            Job(folder, options, progress, cancel, reporter.note_result, request["threads"], reporter.step)
        )
        reporter.note_result()
        if found.plan is not None:
            write_plan(found.plan, folder, PLAN_FILE)
        for number, other in enumerate(found.alternatives, start=1):
            write_plan(other, folder, alternative_file(number))
    except NoFeasiblePlan as error:
        return {"state": "succeeded", "result": "infeasible", "error": error.to_dict()}
    except StoppedWithoutPlan as error:
        return {"state": "succeeded", "result": "none", "error": error.to_dict()}
    except CapoptError as error:
        return {"state": "failed", "error": error.to_dict()}
    except MemoryError:
        return {"state": "failed", "error": {"error": "there is not enough memory", "kind": "MemoryError"}}
    figures = {} if found.plan is None else {name: getattr(found.plan, name) for name in ("objective", "bound", "gap")}
    return {"state": "succeeded", "result": found.result, "answer": found.answer, **figures}


def main(link: Connection, request: dict[str, Any], log: Path) -> None:
    """Do what is requested, and report over the connection; standard output and error go to a file."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    warnings.simplefilter("ignore")
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):  # solvers may print
        os.dup2(written, stream)
    reporter, cancel = Reporter(link), threading.Event()
    threading.Thread(target=_listen, args=(link, cancel), daemon=True).start()
    ended = run(request, reporter, cancel)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    reporter.send("end", cpu_seconds=cpu, memory_mb=max(one.ru_maxrss for one in used) / 1024, **ended)
    os._exit(0)


def _listen(link: Connection, cancel: threading.Event) -> None:
    """End the search when the worker says so, and the process with its own ones when the worker is gone."""
    try:
        while True:
            if link.recv_bytes() == CANCEL:
                cancel.set()
    except (EOFError, OSError):
        os.killpg(0, signal.SIGKILL)
