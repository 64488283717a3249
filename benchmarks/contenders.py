"""The contenders: each performs a task in its own process, with the given number of threads, and returns a run."""

from __future__ import annotations

import importlib
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Matrix
from benchmarks.trace import Point, Run, cbc_points, highs_points


@dataclass(frozen=True)
class Task:
    """What one process is to do.

    Attributes
    ----------
    contender, instance : str
        Which, on what.
    folder, plain, scratch : Path
        The instance; its plain formulation, as :meth:`Matrix.load` reads it; where files may be put.
    limit : float
        Seconds of the solver.
    threads : int
        Threads of the solver.
    gap : float
        Target relative gap of the solver.
    plain_seconds : float
        What it took to write the plain formulation.
    plain_memory_mb : float
        Peak memory of that.
    """

    contender: str
    instance: str
    folder: Path
    plain: Path
    scratch: Path
    limit: float
    threads: int
    gap: float
    plain_seconds: float = 0.0
    plain_memory_mb: float = 0.0

    @property
    def log(self) -> Path:
        """Log of the solver."""
        return self.scratch / "solver.log"


# ---------------------------------------------------------------- capopt
def capopt(task: Task, run: Run) -> None:
    """The package as a planner calls it."""
    import optimizer

    started: dict[str, float] = {}

    def record(progress: Any) -> None:
        started.setdefault(progress.phase, progress.elapsed)
        point = (progress.elapsed - started.get("solve", 0.0), progress.incumbent, progress.bound)
        if progress.phase == "solve" and (not run.points or run.points[-1][1:] != point[1:]):
            run.points.append(point)

    options: dict[str, Any] = {"gap": task.gap, "time_limit": task.limit, "threads": task.threads}
    plan = optimizer.solve(optimizer.read(task.folder), **options, progress=record)
    seconds = plan.head["seconds"]
    run.solve_seconds = seconds["solve"]
    run.build_seconds = sum(seconds[phase] for phase in ("read", "build", "compile"))
    run.points.append((run.solve_seconds, plan.objective, plan.bound))
    run.size = dict(plan.head["size"])


# ---------------------------------------------------------------- plans under uncertainty
def stochastic(task: Task, run: Run) -> None:
    """The package's search over scenarios, without what is made of the plan afterwards."""
    from optimizer.solver.solution import Options
    from optimizer.uncertainty.solve_stochastic import solve_stochastic
    from optimizer.uncertainty.stochastic_program import RiskMeasure
    from optimizer.workers.workers import LocalWorkers

    began = time.perf_counter()
    program, money = stochastic_program(task)
    workers, since = LocalWorkers(task.threads), time.perf_counter()

    def record(found: float | None, bound: float | None, _rounds: int, *_: object) -> None:
        run.points.append((time.perf_counter() - since, _scaled(found, money), _scaled(bound, money)))

    options = Options(gap=task.gap, time_limit=task.limit, threads=task.threads)
    found = solve_stochastic(program, RiskMeasure(), options, workers, record)
    workers.close()
    run.build_seconds, run.solve_seconds = since - began, time.perf_counter() - since
    run.points.append((run.solve_seconds, _scaled(found.objective, money), _scaled(found.bound, money)))
    run.size = extensive(task).size


def stochastic_program(task: Task) -> tuple[Any, float]:
    """Return the stochastic program of an instance with scenarios, and its unit of money."""
    import optimizer
    from optimizer.uncertainty.programs import scenario_programs
    from optimizer.uncertainty.stochastic_program import StochasticProgram
    from optimizer.uncertainty.tree import make_tree

    instance = optimizer.read(task.folder)
    tree = make_tree(optimizer.scenarios(instance), instance.head.months)
    programs = scenario_programs(tree)
    program = StochasticProgram(tuple(programs.arrays), tree.probabilities, programs.sharing.ids)
    return program, programs.money


def mpi_sppy(task: Task, run: Run) -> None:
    """mpi-sppy on the scenarios' programs."""
    from benchmarks.mpi_sppy import run_cylinders

    _, money = stochastic_program(task)
    points, run.build_seconds, run.solve_seconds = run_cylinders(task.folder, task.scratch, task.gap, task.limit)
    run.points = [(t, _scaled(found, money), _scaled(bound, money)) for t, found, bound in points]


def _scaled(value: float | None, unit: float) -> float | None:
    return None if value is None or not np.isfinite(value) else value * unit


def _unless_infinite(value: float | None) -> float | None:
    """Return a value of SCIP; None for its infinity."""
    return None if value is None or abs(value) >= 1e20 else value


# ---------------------------------------------------------------- programs
def plain(task: Task) -> Matrix:
    """The plain formulation."""
    return Matrix.load(task.plain)


def compiled(task: Task) -> Matrix:
    """What capopt hands to its solver."""
    import optimizer
    from optimizer.program.compile import compile_program

    program = optimizer.build(optimizer.read(task.folder))
    return _matrix(compile_program(program), program.units.money)


def extensive(task: Task) -> Matrix:
    """The extensive form of an instance with scenarios."""
    from optimizer.uncertainty.extensive_form import extensive_form

    program, money = stochastic_program(task)
    return _matrix(extensive_form(program).arrays, money)


def _matrix(arrays: Any, money: float) -> Matrix:
    names = ("cost", "offset", "lower", "upper", "integer", "starts", "indices", "values", "row_lower", "row_upper")
    return Matrix(**{name: getattr(arrays, name) for name in names}, money=money)


# ---------------------------------------------------------------- solvers
def highs(task: Task, matrix: Matrix) -> tuple[list[Point], float]:
    """HiGHS as it comes."""
    model = matrix.to_highs()
    for name, value in _highs_options(task).items():
        model.setOptionValue(name, value)
    began = time.perf_counter()
    model.run()
    return _of_log(task), time.perf_counter() - began


def pyomo(task: Task, matrix: Matrix) -> tuple[list[Point], float]:
    """Pyomo with its own interface to HiGHS, which reads the model and solves it in one call."""
    import pyomo.environ as pyo
    from pyomo.core.expr.numeric_expr import LinearExpression

    m: Any = pyo.ConcreteModel()
    count, by_row = len(matrix.cost), matrix.by_row()
    limits = list(zip(_finite(matrix.lower), _finite(matrix.upper), strict=True))
    m.x = pyo.Var(
        range(count),
        domain=lambda m, j: pyo.Integers if matrix.integer[j] else pyo.Reals,
        bounds=lambda m, j: limits[j],
    )
    columns, starts = [m.x[j] for j in range(count)], by_row.indptr

    def terms(row: int) -> Any:
        part = slice(starts[row], starts[row + 1])
        return LinearExpression(
            linear_coefs=by_row.data[part].tolist(), linear_vars=[columns[j] for j in by_row.indices[part]]
        )

    rows = [row for row in range(by_row.shape[0]) if starts[row] < starts[row + 1]]
    low, high = _finite(matrix.row_lower), _finite(matrix.row_upper)

    def relation(m: Any, row: int) -> Any:
        same = low[row] == high[row]
        return terms(row) == low[row] if same else (low[row], terms(row), high[row])

    m.rows = pyo.Constraint(rows, rule=relation)
    m.cost = pyo.Objective(expr=LinearExpression(constant=matrix.offset, linear_coefs=matrix.cost.tolist(),
                                                 linear_vars=columns))  # fmt: skip
    solver = pyo.SolverFactory("appsi_highs")
    solver.options.update(_highs_options(task))
    solver.config.load_solution = False
    began = time.perf_counter()
    solver.solve(m, load_solutions=False)
    return _of_log(task), time.perf_counter() - began


def linopy(task: Task, matrix: Matrix) -> tuple[list[Point], float]:
    """The model in linopy, rows of about the same length together, solved by its direct way to HiGHS."""
    import linopy as lp
    import pandas as pd

    m: Any = lp.Model()
    integer, labels = matrix.integer, np.empty(len(matrix.cost), dtype=np.int64)
    kinds: dict[str, Any] = {"integer": integer, "rest": ~integer}
    for name, chosen in kinds.items():
        places = np.flatnonzero(chosen)
        if len(places):
            x = m.add_variables(matrix.lower[places], matrix.upper[places], coords=[pd.RangeIndex(len(places))],
                                name=name, integer=name == "integer")  # fmt: skip
            labels[places] = x.labels.values
    by_row = matrix.by_row()
    lengths = np.diff(by_row.indptr)
    for power in np.unique(np.ceil(np.log2(np.maximum(lengths, 1)))[lengths > 0]).astype(int).tolist():
        rows = np.flatnonzero((lengths > 0) & (np.ceil(np.log2(np.maximum(lengths, 1))) == power))
        _add_rows(m, matrix, by_row, rows, labels)
    everything = np.arange(len(matrix.cost))[None, :]
    costs = _expression(m, np.where(everything >= 0, matrix.cost[None, :], 0.0), labels[everything])
    m.add_objective(costs.sum())
    began = time.perf_counter()
    m.solve(solver_name="highs", io_api="direct", **_highs_options(task))
    seconds, off = time.perf_counter() - began, matrix.offset
    return [(t, _plus(found, off), _plus(bound, off)) for t, found, bound in _of_log(task)], seconds


def _expression(m: Any, coefficients: Any, labels: Any) -> Any:
    import linopy as lp
    import xarray as xr

    data: dict[str, Any] = {"coeffs": (("row", "_term"), coefficients), "vars": (("row", "_term"), labels)}
    data["const"] = (("row",), np.zeros(len(coefficients)))
    return lp.LinearExpression(xr.Dataset(data, coords={"row": np.arange(len(coefficients))}), m)


def _add_rows(m: Any, matrix: Matrix, by_row: Any, rows: Any, labels: Any) -> None:
    lengths = np.diff(by_row.indptr)[rows]
    offsets = np.arange(int(lengths.max()))[None, :]
    there = offsets < lengths[:, None]
    cells = np.where(there, by_row.indptr[rows][:, None] + offsets, 0)
    coefficients = np.where(there, by_row.data[cells], np.nan)
    chosen = np.where(there, labels[by_row.indices[cells]], -1)
    low, high = matrix.row_lower[rows], matrix.row_upper[rows]
    for sign, sides, limit in (("=", low == high, low), ("<=", (low != high) & np.isfinite(high), high),
                               (">=", (low != high) & np.isfinite(low), low)):  # fmt: skip
        kept = np.flatnonzero(sides)
        if len(kept):
            m.add_constraints(_expression(m, coefficients[kept], chosen[kept]), sign, limit[kept])


def scip(task: Task, matrix: Matrix) -> tuple[list[Point], float]:
    """SCIP, given a model file."""
    import pyscipopt as ps

    events: Any = ps.scip.PY_SCIP_EVENTTYPE

    points: list[Point] = []
    began = 0.0

    class Watch(ps.Eventhdlr):
        """Notes what changes."""

        caught = events.BESTSOLFOUND | events.NODESOLVED | events.FIRSTLPSOLVED

        def eventinit(self) -> None:
            self.model.catchEvent(self.caught, self)

        def eventexit(self) -> None:
            self.model.dropEvent(self.caught, self)

        def eventexec(self, event: Any) -> None:
            solved = self.model.getNSols() > 0
            pair = (self.model.getPrimalbound() if solved else None, self.model.getDualbound())
            if not points or points[-1][1:] != pair:
                points.append((time.perf_counter() - began, *pair))

    path = task.scratch / "program.mps"
    matrix.write(path)
    model = ps.Model()
    model.hideOutput()
    model.readProblem(str(path))
    model.setParams({"limits/time": task.limit, "limits/gap": task.gap})
    watch = Watch()
    model.includeEventhdlr(watch, "watch", "notes incumbents and bounds")
    began = time.perf_counter()
    model.optimize()
    seconds = time.perf_counter() - began
    points.append((seconds, model.getPrimalbound() if model.getNSols() else None, model.getDualbound()))
    return [(t, _unless_infinite(found), _unless_infinite(bound)) for t, found, bound in points], seconds


def cbc(task: Task, matrix: Matrix) -> tuple[list[Point], float]:
    """CBC, given a model file; its incumbents and bounds are read from its log."""
    from pulp import PULP_CBC_CMD

    path = task.scratch / "program.mps"
    matrix.write(path)
    words = ["-sec", str(task.limit), "-timeMode", "elapsed", "-ratio", str(task.gap), "-threads", str(task.threads)]
    command = [PULP_CBC_CMD().path, str(path), *words, "-logLevel", "1", "-solve", "-quit"]
    began = time.perf_counter()
    with task.log.open("w", encoding="utf-8") as log:
        subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=True)
    return cbc_points(task.log.read_text(encoding="utf-8"), task.gap * (1 - 1e-9)), time.perf_counter() - began


def _highs_options(task: Task) -> dict[str, Any]:
    return {
        "output_flag": True, "log_to_console": False, "log_file": str(task.log), "mip_rel_gap": task.gap,
        "time_limit": task.limit, "threads": task.threads, "mip_min_logging_interval": 0.5,
    }  # fmt: skip


def _of_log(task: Task) -> list[Point]:
    return highs_points(task.log.read_text(encoding="utf-8"))


def _plus(value: float | None, offset: float) -> float | None:
    return None if value is None else value + offset


def _finite(bounds: Any) -> list[float | None]:
    return [bound if np.isfinite(bound) else None for bound in bounds.tolist()]


PROGRAMS: dict[str, Callable[[Task], Matrix]] = {"plain": plain, "compiled": compiled, "extensive": extensive}
SOLVERS: dict[str, Callable[[Task, Matrix], tuple[list[Point], float]]] = {
    "highs": highs, "pyomo": pyomo, "linopy": linopy, "scip": scip, "cbc": cbc,
}  # fmt: skip
NEEDS: dict[str, tuple[str, ...]] = {
    "plain": (), "compiled": ("optimizer", "optimizer.program.compile"),
    "extensive": ("optimizer", "optimizer.uncertainty.solve"), "highs": (), "pyomo": ("pyomo.environ",),
    "linopy": ("linopy", "xarray"), "scip": ("pyscipopt",), "cbc": ("pulp",),
}  # fmt: skip
CONTENDERS = {
    "capopt": "capopt",
    "plain-highs": "plain formulation, HiGHS",
    "plain-pyomo": "plain formulation, Pyomo and HiGHS",
    "plain-linopy": "plain formulation, linopy and HiGHS",
    "plain-scip": "plain formulation, SCIP",
    "plain-cbc": "plain formulation, CBC",
    "compiled-highs": "capopt's program, HiGHS alone",
    "compiled-scip": "capopt's program, SCIP",
    "compiled-cbc": "capopt's program, CBC",
}

OF_SCENARIOS = {
    "stochastic": "capopt",
    "extensive-highs": "extensive form, HiGHS",
    "extensive-scip": "extensive form, SCIP",
    "mpi_sppy": "mpi-sppy, progressive hedging",
}
_PACKAGES: dict[str, Callable[[Task, Run], None]] = {"capopt": capopt, "stochastic": stochastic, "mpi_sppy": mpi_sppy}


def perform(task: Task) -> Run:
    """Do a task in this process."""
    run = Run(task.contender, task.instance)
    if task.contender in _PACKAGES:
        _PACKAGES[task.contender](task, run)
    else:
        formulation, solver = task.contender.split("-")
        for module in (*NEEDS[formulation], *NEEDS[solver]):
            importlib.import_module(module)  # before the clock runs
        began = time.perf_counter()
        matrix = PROGRAMS[formulation](task)
        points, run.solve_seconds = SOLVERS[solver](task, matrix)
        run.build_seconds = time.perf_counter() - began - run.solve_seconds
        run.build_seconds += task.plain_seconds if formulation == "plain" else 0.0
        run.points = [(t, _scaled(found, matrix.money), _scaled(bound, matrix.money)) for t, found, bound in points]
        run.size = matrix.size
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak = max(one.ru_maxrss for one in used) / 1024
    run.processor_seconds = sum(one.ru_utime + one.ru_stime for one in used)
    run.memory_mb = round(max(peak, task.plain_memory_mb) if task.contender.startswith("plain") else peak, 1)
    run.status = "solved" if run.seconds_to(task.gap) is not None else "limit"
    return run
