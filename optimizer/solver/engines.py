"""The engines that solve compiled programs: HiGHS, SCIP, or both side by side."""

from __future__ import annotations

from optimizer.program.arrays import Arrays, Floats
from optimizer.solver.solution import Options, Report, Solution
from optimizer.versions import version_of


def solve(
    arrays: Arrays,
    options: Options,
    report: Report | None = None,
    *,
    duals: bool = False,
    start: Floats | None = None,
) -> Solution:
    """Solve compiled arrays with the engine that the options ask for; as :func:`optimizer.solver.highs.solve`.

    ``start`` is a solution that is known already, from which HiGHS's search begins.
    """
    if options.solver == "scip":
        from optimizer.solver import scip

        return scip.solve(arrays, options, report, duals=duals)
    if options.solver == "race":
        from optimizer.solver import concurrent_solvers

        return concurrent_solvers.solve(arrays, options, report, duals=duals)
    from optimizer.solver import concurrent_mip

    return concurrent_mip.solve(arrays, options, report, duals=duals, start=start)


def check(options: Options) -> None:
    """See that the engine asked for is there, before anything is built for it.

    Raises
    ------
    SolverError
        If PySCIPOpt is needed and not installed.
    """
    if options.solver != "highs":
        from optimizer.solver import scip

        scip.load()


def name(options: Options) -> str:
    """What a plan's head calls the engine."""
    return {"highs": "HiGHS", "scip": "SCIP", "race": "HiGHS and SCIP"}[options.solver]


def versions(options: Options) -> dict[str, str]:
    """Versions of the solvers that the engine runs; HiGHS completes and confirms the answers of every engine."""
    found = {"highspy": version_of("highspy")}
    if options.solver != "highs":
        from optimizer.solver import scip

        found |= scip.versions()
    return found
