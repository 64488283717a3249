"""The work of each kind of job: the library's function on the folder of a job."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

import optimizer
from optimizer import CapoptError, Diagnosis, NoFeasiblePlan, Plan, Progress, Simulation
from optimizer.format import counted
from optimizer.service import kinds
from optimizer.service.kinds import Decision

_UNLIMITED = 1e9  # seconds


@dataclass(frozen=True)
class Job:
    """A job in its folder.

    Attributes
    ----------
    folder : Path
        With ``instance`` or ``plan``, and ``incumbent`` where an earlier run has kept one.
    options : JobOptions
        Validated options.
    progress : callable
        Called as for :func:`optimizer.solve`.
    cancel : threading.Event
        Ends the work with what is known until then.
    note_result : callable
        Called as soon as there is something to keep if the work is cancelled.
    max_threads : int
        Threads of a search at most.
    step : callable
        Called with a line on each search of many.
    """

    folder: Path
    options: Any
    progress: Callable[[Progress], None]
    cancel: threading.Event
    note_result: Callable[[], None]
    max_threads: int = 1024
    step: Callable[[str], None] = lambda _: None

    def instance(self) -> optimizer.Instance:
        """Return the instance."""
        return optimizer.read(self.folder / "instance")

    def plan(self) -> Plan:
        """Return the plan to work on."""
        return optimizer.load_plan(self.folder / "plan")

    def incumbent(self) -> Plan | None:
        """Return the plan that an earlier run has kept."""
        kept = self.folder / "incumbent"
        return optimizer.load_plan(kept) if kept.is_dir() else None

    def further(self, name: str) -> Plan | None:
        """Return the plan of another job that an option names."""
        kept = self.folder / name
        return optimizer.load_plan(kept) if kept.is_dir() else None

    def on_step(self) -> Callable[[str], None]:
        """Return a function to call at each step of several: from the second one on there is something to keep."""
        steps = count()

        def take(text: str) -> None:
            self.step(text)
            if next(steps):
                self.note_result()

        return take

    def given(self, *names: str) -> dict[str, Any]:
        """Return those options that have a value; threads are limited by the project also where none are named."""
        found = {name: getattr(self.options, name) for name in names}
        if "threads" in found and found["threads"] is None and (os.cpu_count() or 1) > self.max_threads:
            found["threads"] = self.max_threads
        return {name: value for name, value in found.items() if value is not None}

    def budget(self) -> float | None:
        """Return the seconds in all; None without a budget."""
        return None if self.options.full else float(self.options.budget)


@dataclass(frozen=True)
class Answer:
    """Answer of a job: the quality of its plan, the answer as JSON, the plan, and alternatives to it."""

    result: str
    answer: dict[str, Any] | None = None
    plan: Plan | None = None
    alternatives: tuple[Plan, ...] = ()


def solve(job: Job) -> Answer:
    """Find the plan of least cost; with ``elastic``, that of the cheapest repair where there is none."""
    instance, given = job.instance(), job.given("gap", "time_limit", "threads", "seed", "relax", "solver")
    start, near = job.incumbent() or job.further("start"), job.further("near")
    more: dict[str, Any] = {} if near is None else {"near": near, "within": job.options.within}
    try:
        plan = optimizer.solve(instance, start=start, progress=job.progress, cancel=job.cancel, **more, **given)
    except NoFeasiblePlan:
        if not job.options.elastic:
            raise
        return _diagnosed(
            optimizer.diagnose(instance, on_step=job.step, progress=job.progress, cancel=job.cancel, **given)
        )
    return Answer(plan.status, None, plan)


def _diagnosed(found: Diagnosis) -> Answer:
    """Return a diagnosis, with the plans that verify its repairs."""
    return Answer("feasible" if found.feasible else "infeasible", found.to_dict(), found.plan, found.plans)


def explain(job: Job) -> Answer:
    """Explain a plan, or why an instance has none."""
    options: kinds.Explain = job.options
    if (job.folder / "instance").is_dir():
        seconds = _UNLIMITED if options.full else options.budget
        search = {"gap": 1e-3, **job.given("gap", "threads", "seed", "relax", "solver")}
        return _diagnosed(
            optimizer.diagnose(
                job.instance(), time_limit=seconds, on_step=job.step, progress=job.progress, cancel=job.cancel, **search
            )
        )
    plan = job.plan()
    explained = optimizer.explain(
        plan,
        quick=options.quick,
        items=options.offer,
        more=options.more,
        tighten=options.tighten,
        budget=job.budget(),
        on_step=job.on_step(),
        progress=job.progress,
        cancel=job.cancel,
        **job.given("gap", "time_limit", "threads", "seed"),
    )
    if explained.plan is not plan:
        explained.plan.save(job.folder / "plan", replace=True)
    explained.save(job.folder / "plan")
    return Answer(explained.plan.status, explained.to_dict(), optimizer.load_plan(job.folder / "plan"))


def whatif(job: Job) -> Answer:
    """Solve again with edits and fixed decisions, and compare."""
    base, options = job.plan(), job.options
    plan = optimizer.what_if(
        base,
        options.set,
        delay=options.delay,
        force=options.force,
        forbid=options.forbid,
        end=options.end,
        progress=job.progress,
        cancel=job.cancel,
        **job.given("gap", "time_limit", "threads"),
    )
    return Answer(plan.status, compare(base, plan, ("plan", "what if")), plan)


def compare(a: Plan, b: Plan, names: tuple[str, str]) -> dict[str, Any]:
    """Return what ``capopt compare --json`` prints of two plans, each of one future or under uncertainty."""
    if any("scenarios" in plan.tables for plan in (a, b)):
        return optimizer.compare_uncertain(a, b, names).to_dict()
    return optimizer.compare(a, b, names).to_dict()


def sweep(job: Job) -> Answer:
    """Solve again for each value of a cell."""
    options: kinds.Sweep = job.options
    table = optimizer.sweep(
        job.plan(),
        options.cell,
        options.values,
        options.set,
        delay=options.delay,
        fixings={name: getattr(options, name) for name in ("force", "forbid", "end")},
        budget=job.budget(),
        on_step=job.on_step(),
        progress=job.progress,
        cancel=job.cancel,
        **job.given("gap", "time_limit", "threads"),
    )
    return Answer("none", {"cell": options.cell, "rows": json.loads(table.to_json(orient="records"))})


def alternatives(job: Job) -> Answer:
    """Explore the plans that cost little more: ranges of decisions, and plans that differ as much as they can."""
    options: kinds.Alternatives = job.options
    found = optimizer.find_alternatives(
        job.plan(),
        options.within,
        options.plans,
        budget=job.budget(),
        on_step=job.on_step(),
        cancel=job.cancel,
        **job.given("time_limit", "threads"),
    )
    return Answer("none", found.to_dict(), alternatives=found.plans)


def simulate(job: Job) -> Answer:
    """Keep what plans decide before anything is known, in many draws of what may come."""
    options: kinds.Simulate = job.options
    loaded = [job.plan(), *(optimizer.load_plan(job.folder / f"others-{at}") for at in range(len(options.others)))]
    names = options.names or ["plan", *options.others]
    if len(set(names)) != len(loaded):
        raise CapoptError(
            f"{counted(len(names), 'name')} for {counted(len(loaded), 'plan')}: each needs one of its own"
        )
    source = None if options.instance is None else job.instance()
    began = time.monotonic()

    def on_draw(found: Simulation) -> None:
        job.note_result()
        done, tasks = len(found.results), len(found.drawn.futures)
        job.progress(Progress("simulate", time.monotonic() - began, done=done, tasks=tasks, workers=1))

    given = job.given("draw", "seed", "gap", "time_limit")
    plans = dict(zip(names, loaded, strict=True))
    found = optimizer.simulate(plans, instance=source, workers=1, cancel=job.cancel, on_draw=on_draw, **given)
    return Answer("none", found.to_dict())


def audit(job: Job) -> Answer:
    """Check and price a plan again, from its tables alone, or somebody's own decisions in its place."""
    plan = job.plan()
    if job.options.decisions is None:
        return Answer(plan.status, optimizer.audit(plan).to_dict(most=None))
    decisions = pd.DataFrame([vars(one) for one in job.options.decisions], columns=[*Decision.model_fields])
    mine = optimizer.check_decisions(plan, decisions, **job.given("gap", "time_limit", "threads"))
    return Answer(mine.status, compare(plan, mine, ("plan", "mine")), mine)


WORK: dict[str, Callable[[Job], Answer]] = {
    "solve": solve,
    "explain": explain,
    "whatif": whatif,
    "sweep": sweep,
    "alternatives": alternatives,
    "simulate": simulate,
    "audit": audit,
}
