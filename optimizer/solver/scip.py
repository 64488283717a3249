"""SCIP, a second engine, through PySCIPOpt: its answers are completed and confirmed by HiGHS."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np

from optimizer.errors import SolverError
from optimizer.interruption import interruptible
from optimizer.program.arrays import Arrays, Floats
from optimizer.solver import highs
from optimizer.solver.failed_search import incumbent_kept
from optimizer.solver.interruptible import SearchAbandoned, run_interruptibly
from optimizer.solver.solution import Deadline, Options, Report, Solution, SolutionStatus, Stop
from optimizer.versions import version_of

NAME = "SCIP"
INSTALL = "pip install 'capopt[scip]'"
_STOPS = {
    "optimal": Stop.GAP_REACHED,
    "gaplimit": Stop.GAP_REACHED,
    "timelimit": Stop.TIME_LIMIT,
    "userinterrupt": Stop.INTERRUPTED,
    "infeasible": Stop.INFEASIBLE,
    "inforunbd": Stop.INFEASIBLE,
}
_SETTINGS: dict[str, Any] = {
    "misc/catchctrlc": False,
    "limits/absgap": 1e-9,
    "constraints/setppc/maxprerounds": 0,  # it loses the integrality of variables at times (seen in 10.0.2)
    "propagating/probing/maxprerounds": 0,  # of large programs it takes most of the first minute, and fixes little
}
_PATIENCE = 3.0  # seconds that SCIP gets to stop
_TOLERANCE = 1e-5  # absolute for integers, relative to its terms for a row, within which a solution of SCIP is accepted


def load() -> Any:
    """Import PySCIPOpt.

    Raises
    ------
    SolverError
        If it is not installed, or cannot be loaded.
    """
    try:
        import pyscipopt
    except ImportError as error:
        raise SolverError(f"the solver SCIP needs PySCIPOpt ({error}); install it with {INSTALL}") from None
    return pyscipopt


def versions() -> dict[str, str]:
    """Versions of PySCIPOpt and of the SCIP in it."""
    model = load().Model()
    return {"pyscipopt": version_of("pyscipopt"), "scip": ".".join(str(part) for part in _scip_version(model))}


def _scip_version(model: Any) -> tuple[int, int, int]:
    return model.getMajorVersion(), model.getMinorVersion(), model.getTechVersion()


class Model:
    """Program loaded into SCIP, to be solved once.

    Parameters
    ----------
    arrays : Arrays
        The program.

    Raises
    ------
    SolverError
        If PySCIPOpt is not installed.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self._best: Floats | None = None  # as SCIP found it
        self.stop = threading.Event()
        self.incumbent: float | None = None
        self.bound: float | None = None
        self.nodes = 0
        self.failure: Exception | None = None
        self._model, self._columns = built(arrays)
        _listen(self)

    def note(self) -> None:
        """Record progress, and stop the search if requested; called by SCIP."""
        model = self._model
        incumbent, bound, infinity = model.getPrimalbound(), model.getDualbound(), model.infinity()
        self.incumbent = incumbent if abs(incumbent) < infinity else None
        self.bound = bound if abs(bound) < infinity else None
        self.nodes = int(model.getNTotalNodes())
        if self.stop.is_set():
            model.interruptSolve()

    def found(self) -> None:
        """Store an improving solution; called by SCIP."""
        self.note()
        self._best = self._values()

    def incumbents(self) -> list[Floats]:
        """Return the best solution so far, if there is one."""
        return [] if self._best is None else [self._best]

    def _values(self) -> Floats:
        best = self._model.getBestSol()
        return np.array([best[variable] for variable in self._columns], dtype=float)

    def _checked(self, values: Floats) -> Floats:
        """Return the values if they are feasible: an error of SCIP must not become a plan, nor its bound be used."""
        broken = np.abs(values - np.round(values))[self.arrays.integer].max(initial=0.0)
        if max(broken, self.arrays.worst_violation(values)) > _TOLERANCE:
            raise SolverError("the solution of SCIP violates the program; solve it with HiGHS")
        return values

    def solve(self, options: Options, report: Report | None = None) -> Solution:
        """Solve the program in one thread; infeasibility and values are as SCIP returns them, unconfirmed."""
        self._model.setParams(_settings(options))

        def send_report() -> None:
            assert report is not None
            report(self.incumbent, self.bound, self.nodes, NAME)

        until, press = time.perf_counter() + options.time_limit, self._model.interruptSolve
        try:
            run_interruptibly(
                self._model.optimizeNogil,
                self.stop,
                send_report if report else None,
                press,
                until=until,
                patience=_PATIENCE,
            )
        except SearchAbandoned:
            return self._abandoned_solution(until)
        if self.failure is not None:
            raise self.failure
        return self._solution(options)

    def _abandoned_solution(self, until: float) -> Solution:
        """Return incumbent and bound of a search that did not stop."""
        stop = Stop.INTERRUPTED if time.perf_counter() < until else Stop.TIME_LIMIT
        bound, values = -np.inf if self.bound is None else self.bound, self._best
        status = SolutionStatus.NOTHING if values is None else SolutionStatus.FEASIBLE
        if values is not None:
            self._checked(values)
        return Solution(stop=stop, status=status, values=values, bound=bound, nodes=self.nodes)

    def _solution(self, options: Options) -> Solution:
        """Read stop reason, solution status, values and bound from SCIP."""
        model, status = self._model, self._model.getStatus()
        stop = _STOPS.get(status)
        if stop is None:
            raise SolverError(f"SCIP ended with status {status!r}")
        nodes, iterations = int(model.getNTotalNodes()), int(model.getNLPIterations())
        bound = float(model.getDualbound())
        bound = bound if abs(bound) < model.infinity() else -np.inf
        if stop is Stop.INFEASIBLE or model.getNSols() == 0:
            return Solution(stop=stop, status=SolutionStatus.NOTHING, bound=bound, nodes=nodes, iterations=iterations)
        values = self._checked(self._values())
        cost = float(self.arrays.cost @ values) + self.arrays.offset
        within = stop is Stop.GAP_REACHED or cost - bound <= options.gap * abs(cost)
        status = SolutionStatus.OPTIMAL if within else SolutionStatus.FEASIBLE
        return Solution(stop=stop, status=status, values=values, bound=bound, nodes=nodes, iterations=iterations)


def _listen(search: Model) -> None:
    """Add an event handler that calls the search at presolve rounds, linear programs, nodes and improving solutions."""
    from pyscipopt import Eventhdlr
    from pyscipopt.scip import PY_SCIP_EVENTTYPE as EVENT

    class Listener(Eventhdlr):
        def eventinit(self) -> None:
            for kind in (EVENT.PRESOLVEROUND, EVENT.LPEVENT, EVENT.NODEEVENT, EVENT.BESTSOLFOUND):
                self.model.catchEvent(kind, self)

        def eventexec(self, event: Any) -> None:
            """Call the search; an error, which SCIP would only print, stops it, and it raises the error."""
            try:
                search.found() if event.getType() == EVENT.BESTSOLFOUND else search.note()
            except Exception as error:  # noqa: BLE001 - raised by the search
                search.failure = error
                search.stop.set()

    search._model.includeEventhdlr(Listener(), "capopt", "reports progress")


def built(arrays: Arrays) -> tuple[Any, list[Any]]:
    """The program as a model of SCIP, and its variables in the order of the columns.

    Coefficients are put in one by one, which is as quick as reading a file and loses no digits.
    """
    library = load()
    model = library.Model()
    model.hideOutput()
    unbounded = model.infinity()
    bounds = [np.clip(limit, -unbounded, unbounded).tolist() for limit in (arrays.lower, arrays.upper)]
    kinds = ["I" if integer else "C" for integer in arrays.integer.tolist()]
    columns = [
        model.addVar(lb=low, ub=high, vtype=kind, obj=cost)
        for low, high, kind, cost in zip(*bounds, kinds, arrays.cost.tolist(), strict=True)
    ]
    model.addObjoffset(arrays.offset)
    limits = [np.clip(limit, -unbounded, unbounded).tolist() for limit in (arrays.row_lower, arrays.row_upper)]
    empty = library.Expr()
    rows = [model.addCons(library.scip.ExprCons(empty, lhs=low, rhs=high)) for low, high in zip(*limits, strict=True)]
    column_of = arrays.term_columns.tolist()
    for row, column, value in zip(arrays.indices.tolist(), column_of, arrays.values.tolist(), strict=True):
        model.addCoefLinear(rows[row], columns[column], value)
    return model, columns


def _settings(options: Options) -> dict[str, Any]:
    limits = {"limits/time": min(max(options.time_limit, 0.0), 1e20), "limits/gap": options.gap}
    return {**_SETTINGS, **limits, "randomization/randomseedshift": options.seed}


def solve(arrays: Arrays, options: Options, report: Report | None = None, *, duals: bool = False) -> Solution:
    """Solve compiled arrays by SCIP, in one thread; parameters and errors as of :func:`optimizer.solver.highs.solve`.

    HiGHS confirms infeasibility and finds the IIS. With integers fixed, HiGHS solves the rest to its own tolerances,
    with the duals.
    """
    deadline = Deadline.after(options.time_limit)
    with interruptible():
        search = Model(arrays)
        with incumbent_kept(search.incumbents, arrays):
            found = search.solve(replace(options, time_limit=deadline.left()), report)
            if found.stop is Stop.INFEASIBLE:
                return confirmed(arrays, options, report, deadline.left())
            return highs.completed(arrays, found, options, duals=duals, seconds=deadline.to_finish())


def confirmed(arrays: Arrays, options: Options, report: Report | None, left: float) -> Solution:
    """Solve with HiGHS what SCIP calls infeasible."""
    solution = highs.solve(arrays, replace(options, time_limit=left), report)
    if solution.stop is Stop.INFEASIBLE:
        return solution
    note = "SCIP called the program infeasible, which HiGHS did not confirm"
    return replace(solution, notes=(*solution.notes, note))
