"""Why a search ended without a plan: proven infeasible, with a conflict in a planner's terms, or stopped."""

from __future__ import annotations

import time

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program
from optimizer.program.labels import agreed_label, label_of, occupied_labels, sentences, without_definitions
from optimizer.solver.solution import Solution, Stop

_CONFLICT_SECONDS = 30.0  # to narrow a conflict


def no_plan(program: Program, arrays: Arrays, solution: Solution, seconds: float = 0.0) -> Exception:
    """Return the error that says why there is no solution; a conflict is narrowed in the seconds that are left."""
    if solution.stop is Stop.INFEASIBLE:
        return _infeasible(program, arrays, solution, seconds)
    why = {Stop.TIME_LIMIT: "the time limit was reached", Stop.INTERRUPTED: "it was interrupted"}[solution.stop]
    note = f" ({'; '.join(solution.notes)})" if solution.notes else ""
    message = f"{why} before any plan was found{note}; give it more time or ask for a larger gap"
    return StoppedWithoutPlan(message, solution.stop is Stop.INTERRUPTED)


def _infeasible(program: Program, arrays: Arrays, solution: Solution, seconds: float) -> NoFeasiblePlan:
    """The error with an irreducible conflict in a planner's terms; with the solver's where the time is too short.

    Ctrl-C ends the search for the conflict; the verdict stands.
    """
    from optimizer.solver.elastic import make_elastic
    from optimizer.solver.hitting_sets import find_one  # SciPy, which is long to import

    named = bool(solution.conflict or solution.conflict_columns)
    until = time.perf_counter() + min(seconds, _CONFLICT_SECONDS)
    try:
        elastic = make_elastic(program, arrays) if named and seconds > 0 else None
        one = None if elastic is None else find_one(elastic, until - time.perf_counter())
    except KeyboardInterrupt:
        one = None
    rows, columns = (solution.conflict, solution.conflict_columns) if one is None else (one.rows, one.columns)
    labels = [label_of(program, arrays.rows[row]) for row in rows]
    labels += [label_of(program, arrays.columns[column]) for column in columns]
    labels += [agreed_label(program, name) for name in (() if one is None else one.agreed)]
    shown = without_definitions(labels)
    clash = sentences(program, [*occupied_labels(program, shown), *shown])
    return NoFeasiblePlan(clash, irreducible=one is not None and one.irreducible)
