"""The engines that solve compiled programs: HiGHS or SCIP."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.program.arrays import Arrays, Floats
from optimizer.solver.failed_search import SearchFailed
from optimizer.solver.merged_workloads import merge_workloads
from optimizer.solver.solution import Deadline, Options, Report, Solution
from optimizer.versions import version_of


def solve(
    arrays: Arrays,
    options: Options,
    report: Report | None = None,
    *,
    duals: bool = False,
    start: Floats | None = None,
    known_bound: float = -np.inf,
) -> Solution:
    """Solve compiled arrays with the engine of the options; as :func:`optimizer.solver.highs.solve`.

    Workloads that can run in the same pools are merged where that makes the program much smaller. ``start`` is a known
    solution, from which HiGHS's search begins; ``known_bound`` what no solution costs less than.
    """
    deadline = Deadline.after(options.time_limit)
    merged = merge_workloads(arrays)
    if merged is None:
        return _solve(arrays, options, report, duals, start, known_bound, conflict=True)
    start = None if start is None else merged.merged_values(start)
    options = replace(options, time_limit=deadline.left())
    try:
        found = _solve(merged.arrays, options, report, duals, start, known_bound, conflict=False)
    except SearchFailed as failure:
        raise SearchFailed(merged.original_values(failure.values), failure.why) from failure.why
    return merged.solution(found, deadline.to_finish())


def _solve(
    arrays: Arrays,
    options: Options,
    report: Report | None,
    duals: bool,
    start: Floats | None,
    known_bound: float,
    *,
    conflict: bool,
) -> Solution:
    """Solve a program as it is; ``conflict`` is whether HiGHS finds the conflict of an infeasible one."""
    if options.solver == "scip":
        from optimizer.solver import scip

        return scip.solve(arrays, options, report, duals=duals)
    from optimizer.solver import concurrent_mip

    return concurrent_mip.solve(
        arrays, options, report, duals=duals, start=start, known_bound=known_bound, conflict=conflict
    )


def check(options: Options) -> None:
    """Check that the engine is installed, before anything is built for it.

    Raises
    ------
    SolverError
        If PySCIPOpt is needed and not installed.
    """
    if options.solver != "highs":
        from optimizer.solver import scip

        scip.load()


def name(options: Options) -> str:
    """Return the name of the engine in a plan's head."""
    return {"highs": "HiGHS", "scip": "SCIP"}[options.solver]


def versions(options: Options) -> dict[str, str]:
    """Return the versions of the engine's solvers; HiGHS completes and confirms the answers of SCIP too."""
    found = {"highspy": version_of("highspy")}
    if options.solver != "highs":
        from optimizer.solver import scip

        found |= scip.versions()
    return found
