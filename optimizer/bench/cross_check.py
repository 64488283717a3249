"""Cross-check a compiled program: HiGHS without presolve, and SCIP where it is installed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from optimizer.program.arrays import Arrays
from optimizer.solver.highs_options import INFEASIBLE_NAMES, STATUS, settings_of
from optimizer.solver.highs_process import run_in_process
from optimizer.solver.interruptible import SearchAbandoned, run_uninterruptible
from optimizer.solver.solution import Options

_FEASIBLE = 1e-9


@dataclass(frozen=True)
class Answer:
    """Answer of a solver.

    Attributes
    ----------
    status : str
        ``optimal`` (within the gap), ``feasible``, ``infeasible`` or ``none`` (stopped before any solution was found).
    objective, bound : float or None
        Of the best solution, and the proven bound.
    """

    status: str
    objective: float | None = None
    bound: float | None = None

    def times(self, factor: float) -> Answer:
        """Convert to another unit of money."""
        amounts = [None if amount is None else amount * factor for amount in (self.objective, self.bound)]
        return Answer(self.status, *amounts)


Solver = Callable[[Arrays, float, float], Answer]


def cross_check_solvers() -> dict[str, Solver]:
    """Return the solvers by name; each takes arrays, a relative gap and a time limit in seconds."""
    found: dict[str, Solver] = {"HiGHS without presolve": without_presolve}
    if find_spec("pyscipopt"):
        found["SCIP"] = scip
    return found


def without_presolve(arrays: Arrays, gap: float, seconds: float) -> Answer:
    """Solve with HiGHS, presolve off, one thread, in a process that Ctrl-C and the time limit end."""
    options = Options(gap=gap, time_limit=seconds, threads=1)
    found = run_in_process(arrays, settings_of(arrays, options, seconds) | {"presolve": "off"}, seconds)
    if found is None:
        return Answer("none")
    if not found["feasible"]:
        return Answer("infeasible" if found["status"] in INFEASIBLE_NAMES else "none")
    done = found["status"] == STATUS.kOptimal.name
    objective = found["objective"]
    bound = found["bound"] if arrays.integer.any() else objective if done else None
    return Answer("optimal" if done else "feasible", objective, bound)


def scip(arrays: Arrays, gap: float, seconds: float) -> Answer:
    """Solve with SCIP, presolve off; Ctrl-C raises."""
    from optimizer.solver.scip import built

    model, _ = built(arrays)
    # Without its presolve, which in SCIP 10.0 can lose the integrality of variables in set packing rows.
    plain = {"presolving/maxrounds": 0, "numerics/feastol": _FEASIBLE}
    model.setParams({"limits/gap": gap, "limits/time": seconds, "misc/catchctrlc": False, **plain})
    try:
        run_uninterruptible(model.optimizeNogil, time.perf_counter() + seconds, model.interruptSolve)
    except SearchAbandoned:
        return Answer("none")
    status = model.getStatus()
    if model.getNSols() == 0:
        return Answer("infeasible" if status in ("infeasible", "inforunbd") else "none")
    return Answer(
        "optimal" if status in ("optimal", "gaplimit") else "feasible", model.getObjVal(), model.getDualbound()
    )
