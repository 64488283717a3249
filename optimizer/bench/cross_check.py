"""Cross-check a compiled program: HiGHS without presolve, and SCIP where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from optimizer.program.compile import Arrays

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
    """Solve with HiGHS, presolve off, one thread."""
    import highspy

    from optimizer.solver.highs_options import SilentHighs, as_lp, set_options

    highs = SilentHighs()
    highspy.Highs.resetGlobalScheduler(True)  # lets the number of threads differ between solves
    set_options(highs, {"presolve": "off", "threads": 1, "mip_rel_gap": gap, "time_limit": seconds})
    highs.passModel(as_lp(arrays))
    highs.run()
    info, status = highs.getInfo(), highs.getModelStatus()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        infeasible = status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
        return Answer("infeasible" if infeasible else "none")
    done = status == highspy.HighsModelStatus.kOptimal
    objective = float(info.objective_function_value)
    bound = float(info.mip_dual_bound) if arrays.integer.any() else objective if done else None
    return Answer("optimal" if done else "feasible", objective, bound)


def scip(arrays: Arrays, gap: float, seconds: float) -> Answer:
    """Solve with SCIP, presolve off."""
    from optimizer.solver.scip import built

    model, _ = built(arrays)
    # Without its presolve, which in SCIP 10.0 can lose the integrality of variables in set packing rows.
    plain = {"presolving/maxrounds": 0, "numerics/feastol": _FEASIBLE}
    model.setParams({"limits/gap": gap, "limits/time": seconds, **plain})
    model.optimize()
    status = model.getStatus()
    if model.getNSols() == 0:
        return Answer("infeasible" if status in ("infeasible", "inforunbd") else "none")
    return Answer(
        "optimal" if status in ("optimal", "gaplimit") else "feasible", model.getObjVal(), model.getDualbound()
    )
