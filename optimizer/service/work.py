"""The work of each kind of job: the library's function on the folder of a job."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import optimizer
from optimizer import NoFeasiblePlan, Plan, Progress
from optimizer.service import kinds


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
    """

    folder: Path
    options: Any
    progress: Callable[[Progress], None]
    cancel: threading.Event
    note_result: Callable[[], None]
    max_threads: int = 1024

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
        return lambda _: self.note_result() if next(steps) else None

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
        found = optimizer.diagnose(instance, progress=job.progress, cancel=job.cancel, **given)
        return Answer("infeasible", found.to_dict(), found.plan)
    return Answer(plan.status, None, plan)


def explain(job: Job) -> Answer:
    """Explain a plan, or why an instance has none."""
    options: kinds.Explain = job.options
    if (job.folder / "instance").is_dir():
        found = optimizer.diagnose(
            job.instance(),
            time_limit=options.budget,
            progress=job.progress,
            cancel=job.cancel,
            **job.given("gap", "threads"),
        )
        return Answer("feasible" if found.feasible else "infeasible", found.to_dict(), found.plan)
    plan = job.plan()
    explained = optimizer.explain(
        plan,
        quick=options.quick,
        items=options.offer,
        more=options.more,
        budget=job.budget(),
        on_step=job.on_step(),
        progress=job.progress,
        cancel=job.cancel,
        **job.given("gap", "time_limit", "threads"),
    )
    explained.save(job.folder / "plan")
    return Answer(plan.status, explained.to_dict(), optimizer.load_plan(job.folder / "plan"))


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
    plans = {"plan": job.plan()}
    for place, other in enumerate(options.others):
        plans[other] = optimizer.load_plan(job.folder / f"others-{place}")
    limits = job.given("draw", "seed", "gap", "time_limit")
    found = optimizer.simulate(plans, **limits, workers=1, cancel=job.cancel, on_draw=lambda _: job.note_result())
    return Answer("none", found.to_dict())


def audit(job: Job) -> Answer:
    """Check and price a plan again, from its tables alone."""
    plan = job.plan()
    return Answer(plan.status, optimizer.audit(plan).to_dict())


WORK: dict[str, Callable[[Job], Answer]] = {
    "solve": solve,
    "explain": explain,
    "whatif": whatif,
    "sweep": sweep,
    "alternatives": alternatives,
    "simulate": simulate,
    "audit": audit,
}
