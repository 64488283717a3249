"""The search for the best plan: from a start, with minimal service where the time ends before there is a plan."""

from __future__ import annotations

import time
from dataclasses import replace as changed

import numpy as np

from optimizer.plan.plan import Plan
from optimizer.plan.roll import bound_of
from optimizer.plan.unfinished import not_completed
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program
from optimizer.solver import engines
from optimizer.solver.failed_search import SearchFailed
from optimizer.solver.minimal_service import MinimalService
from optimizer.solver.solution import Options, Solution
from optimizer.solving.clock import Clock, PlanOf

NO_START = "the decisions of the plan to start from do not fit this instance; the search began without them"


def search(
    program: Program,
    arrays: Arrays,
    options: Options,
    clock: Clock,
    start: Plan | Floats | None = None,
    plan_of: PlanOf | None = None,
) -> Solution:
    """Return the solution of a search, or one of minimal service.

    ``start`` as for :func:`solve_from`; ``plan_of`` returns the plan of an incumbent, for reports of progress.
    """
    rules = bool(program.instance.rows["rules"])
    report = clock.reporter(program.units.money, plan_of=plan_of)
    try:
        with clock.phase("solve"), MinimalService(arrays, options) as fallback:
            values, left, notes = _start_of(program, arrays, options, start)
            bound = _known_bound(program, arrays, options, start)
            watching = fallback.watching(report)
            found = engines.solve(arrays, left, watching, duals=rules, start=values, known_bound=bound)
            return fallback.solution(changed(found, notes=(*found.notes, *notes)))
    except SearchFailed as failure:
        raise not_completed(program.instance, arrays, failure.values, failure.why) from failure.why


def _known_bound(program: Program, arrays: Arrays, options: Options, start: Plan | Floats | None) -> float:
    """Return what no plan costs less than, in the program's money, by the bound of the plan to start from."""
    if not isinstance(start, Plan) or options.relax or not arrays.integer.any():
        return -np.inf
    return bound_of(start, program.instance) / program.units.money


def _start_of(
    program: Program, arrays: Arrays, options: Options, start: Plan | Floats | None
) -> tuple[Floats | None, Options, tuple[str, ...]]:
    """Return the solution that a search begins with, the options with the time left, and what is to be noted."""
    if not isinstance(start, Plan) or not arrays.integer.any() or options.solver != "highs":
        return None if isinstance(start, Plan) else start, options, ()
    from optimizer.solver.mip_start import completed_start

    began = time.perf_counter()
    values = completed_start(program, arrays, start, options)
    left = max(options.time_limit - (time.perf_counter() - began), 0.0)
    notes = () if values is not None else (NO_START,)
    return values, changed(options, time_limit=left), notes
