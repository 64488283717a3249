"""A plan with a smaller gap: its own search continued from its decisions and its bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Unpack

from optimizer.analysis.budget import Budget
from optimizer.analysis.tight_gap_search import with_bound
from optimizer.errors import StoppedWithoutPlan
from optimizer.interruption import interruptible
from optimizer.plan.plan import Plan
from optimizer.program.added_head import program_of
from optimizer.program.compile import compile_program
from optimizer.program.fixings import apply_fixings, fixings_of
from optimizer.solver.solution import Options, SolutionStatus, SolveOptions, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.search import search
from optimizer.solving.solve import finish

PART = 0.1
"""Share of its gap that a plan is tightened to."""
SHARE = 0.5
"""Share of a budget for it."""
_ALONE = 600.0  # seconds without a budget


def tighten(
    plan: Plan, progress: OnProgress | None = None, budget: Budget | None = None, **options: Unpack[SolveOptions]
) -> Plan:
    """Search on from a plan, for a tenth of its gap; return what was found, with the better bound.

    A cheaper plan has no tables that explain it. The given plan keeps its tables, which stay valid, with its bound.

    Parameters
    ----------
    plan : Plan
        The plan. Its fixed decisions and its added constraints stay.
    progress : callable, optional
        As for :func:`optimizer.solve`.
    budget : Budget, optional
        Half of what is left of it is the time limit; 600 s by default.
    **options
        ``threads`` and ``seed``.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C.
    """
    if not plan.gap:
        return plan
    options = {**options, "gap": PART * plan.gap, "time_limit": _seconds(budget), "relax": bool(plan.head["relaxed"])}
    settings, clock, program = Options(**options), Clock(progress), program_of(plan)
    arrays = apply_fixings(program, compile_program(program, relax=settings.relax), fixings_of(plan))
    with interruptible():
        solution = search(program, arrays, settings, clock, plan)
        if solution.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        try:
            found = finish(program, arrays, solution, settings, clock)
        except StoppedWithoutPlan:
            return plan
    return _judged(with_bound(_better(plan, found), found.bound), plan)


def _seconds(budget: Budget | None) -> float:
    """Return the time limit of the search."""
    if budget is None or budget.left == float("inf"):
        return _ALONE
    return SHARE * budget.left


def _better(plan: Plan, found: Plan) -> Plan:
    """Return the cheaper one of a plan and what was found from it, with the options of the plan."""
    if found.objective >= plan.objective:
        return plan
    kept: dict[str, Any] = {name: plan.head[name] for name in ("options", "held") if name in plan.head}
    return with_bound(replace(found, head={**found.head, **kept}), plan.bound)


def _judged(found: Plan, plan: Plan) -> Plan:
    """Return the plan with the status that its gap gives it."""
    target = float(plan.head.get("options", {}).get("gap", 0.0))
    is_optimal = found.gap is not None and found.gap <= target
    status = SolutionStatus.OPTIMAL.value if is_optimal else found.head["status"]
    return replace(found, head={**found.head, "status": status})
