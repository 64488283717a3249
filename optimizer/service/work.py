"""The work of each kind of job: the library's function on the folder of a job."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
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
    """

    folder: Path
    options: Any
    progress: Callable[[Progress], None]

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

    def given(self, *names: str) -> dict[str, Any]:
        """Return those options that have a value."""
        found = {name: getattr(self.options, name) for name in names}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Answer:
    """Answer of a job: the quality of its plan, the answer as JSON, and the plan."""

    result: str
    answer: dict[str, Any] | None = None
    plan: Plan | None = None


def solve(job: Job) -> Answer:
    """Find the plan of least cost; with ``elastic``, that of the cheapest repair where there is none."""
    instance, given = job.instance(), job.given("gap", "time_limit", "threads", "seed", "relax", "solver")
    try:
        plan = optimizer.solve(instance, start=job.incumbent(), progress=job.progress, **given)
    except NoFeasiblePlan:
        if not job.options.elastic:
            raise
        found = optimizer.diagnose(instance, progress=job.progress, **given)
        return Answer("infeasible", found.to_dict(), found.plan)
    return Answer(plan.status, None, plan)


def explain(job: Job) -> Answer:
    """Explain a plan, or why an instance has none."""
    options: kinds.Explain = job.options
    if (job.folder / "instance").is_dir():
        found = optimizer.diagnose(
            job.instance(), time_limit=options.budget, progress=job.progress, **job.given("gap", "threads")
        )
        return Answer("feasible" if found.feasible else "infeasible", found.to_dict(), found.plan)
    plan = job.plan()
    explained = optimizer.explain(
        plan,
        quick=options.quick,
        items=options.offer,
        budget=options.budget,
        progress=job.progress,
        **job.given("gap", "threads"),
    )
    explained.save(job.folder / "plan")
    return Answer(plan.status, explained.to_dict(), optimizer.load_plan(job.folder / "plan"))


def whatif(job: Job) -> Answer:
    """Solve again with edits and fixed decisions, and compare."""
    options: kinds.WhatIf = job.options
    base = job.plan()
    ask = optimizer.WhatIf(base, **{"gap": _gap_of(base), **job.given("gap", "time_limit", "threads")})
    plan = ask(
        options.set,
        delay=options.delay,
        force=options.force,
        forbid=options.forbid,
        end=options.end,
        progress=job.progress,
    )
    comparison = optimizer.compare(base, plan, ("plan", "what if"))
    return Answer(plan.status, comparison.to_dict(), plan)


def sweep(job: Job) -> Answer:
    """Solve again for each value of a cell."""
    options: kinds.Sweep = job.options
    base = job.plan()
    ask = optimizer.WhatIf(base, **{"gap": _gap_of(base), **job.given("gap", "time_limit", "threads")})
    table = ask.sweep(options.cell, options.values, progress=job.progress)
    return Answer("none", {"cell": options.cell, "rows": json.loads(table.to_json(orient="records"))})


def simulate(job: Job) -> Answer:
    """Keep what a plan decides before anything is known, in many draws of what may come."""
    found = optimizer.simulate(job.plan(), **job.given("draw", "seed", "gap", "time_limit"), workers=1)
    return Answer("none", found.to_dict())


def audit(job: Job) -> Answer:
    """Check and price a plan again, from its tables alone."""
    plan = job.plan()
    return Answer(plan.status, optimizer.audit(plan).to_dict())


def _gap_of(plan: Plan) -> float:
    """Return the target gap of a plan's own search."""
    return float(plan.head.get("options", {}).get("gap", 1e-3))


WORK: dict[str, Callable[[Job], Answer]] = {
    "solve": solve,
    "explain": explain,
    "whatif": whatif,
    "sweep": sweep,
    "simulate": simulate,
    "audit": audit,
}
