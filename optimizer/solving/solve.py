"""From an instance to a checked plan: build, compile, solve, extract, audit."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from dataclasses import replace as changed
from functools import partial
from pathlib import Path
from typing import Any, Unpack, cast

import numpy as np

from optimizer.auditing import Violation, audit
from optimizer.errors import AuditFailed, BoundContradicted, PlanNotCompleted
from optimizer.folders import Placed
from optimizer.instance.instance import Instance
from optimizer.interruption import interruptible, interruptible_from_search_on
from optimizer.plan import obligations
from optimizer.plan.check_added import check_added, columns_in_added
from optimizer.plan.extract import tables_of
from optimizer.plan.folder import Place, keep_failed, prepare, write_plan
from optimizer.plan.headline import headline
from optimizer.plan.plan import Plan
from optimizer.plan.settle import settle
from optimizer.plan.unfinished import keep_solution, solution_kept
from optimizer.program.added_head import KEY, to_head
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.program.gc_control import collector_paused, freeze_program
from optimizer.solver import engines
from optimizer.solver.bound import PRECISION, bound_below, is_below
from optimizer.solver.rule_prices import rule_prices
from optimizer.solver.solution import Options, Solution, SolutionStatus, SolveOptions, Stop, grace
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.no_plan import no_plan
from optimizer.solving.search import search
from optimizer.versions import version_of

_PENNY = 1e-9  # of all money that moves
SEARCHES = ("solve", "trade", "near", "cheapest")
"""Phases that share the time limit: for the best plan, for the nearest to an earlier one, for the cheapest of these."""
_VERSIONS = ("capopt", "pyomo", "numpy", "pandas")


def solve(
    instance: Instance | Program,
    *,
    start: Plan | None = None,
    near: Plan | None = None,
    within: float = 0.005,
    progress: OnProgress | None = None,
    **options: Unpack[SolveOptions],
) -> Plan:
    """Find the plan of least present cost, prove how good it is, and audit it.

    With an earlier plan to stay near, find the one that changes least of its decisions among those that cost little
    more than the best.

    Parameters
    ----------
    instance : Instance or Program
        As returned by :func:`optimizer.read`; or a program from :func:`optimizer.build`, with constraints added, which
        hold in the plan and in all that is made of it.
    start : Plan, optional
        Another plan whose decisions HiGHS's search begins with, as far as they are possible here: of the same instance,
        an edited one, or one that was rolled forward since. The other engines ignore it. By default that of ``near``.
    near : Plan, optional
        An earlier plan, also one that starts earlier. Changes are measured in money bound; the head's ``near`` has the
        distance, with its bound, and what staying near costs. Objective, bound and gap are those of the cost.
    within : float
        With ``near``: share of the cost of the best plan found that the plan may cost more; 0.005 is 0.5 %.
    progress : callable, optional
        Called with :class:`optimizer.solver.solution.Progress` as the work goes on.
    **options
        ``gap``: relative gap to prove between the plan's cost and the bound, 0.001 by default (0.1 %). ``time_limit``:
        seconds for the solver, 600 by default; the best plan so far is returned, with its gap. ``threads``: threads of
        the solver; by default it chooses. ``seed``: its random seed, 0 by default. ``relax``: whether to solve the
        linear relaxation, in which blocks and lots may be fractional. ``solver``: ``highs``, or ``scip`` in one thread,
        which needs PySCIPOpt: ``pip install 'capopt[scip]'``.

    Returns
    -------
    Plan
        Audited. With ``near`` it is optimal if cost and distance are proven within the gap.

    Raises
    ------
    UnsupportedInstance
        If the instance uses tables that this version does not cover.
    AdditionError
        If something added to the program, or changed in its Pyomo model, cannot be obeyed.
    NoFeasiblePlan
        If it is proven that no plan meets all rules.
    StoppedWithoutPlan
        If the time limit or Ctrl-C came before any plan was found.
    AuditFailed
        If the plan fails its audit; ``error.plan`` holds it.
    PlanNotCompleted
        If an unexpected error occurs after the search; it has the solution.
    SolverError
        If the solver fails, or PySCIPOpt is needed and not installed.
    BoundContradicted
        If the plan found costs less than the bound that is proven: the plan or the proof is wrong.
    """
    settings = Options(**options)
    if near is None:
        return solve_from(instance, settings, progress, start)
    from optimizer.solving.near import solve_near  # which builds on this module

    return solve_near(instance, near, within, settings, progress, start)


def solve_from(
    instance: Instance | Program,
    options: Options,
    progress: OnProgress | None = None,
    start: Plan | Floats | None = None,
) -> Plan:
    """Find a plan as :func:`solve` does, where one is known already.

    Parameters
    ----------
    instance : Instance or Program
        As for :func:`solve`.
    options : Options
        How to search.
    progress : callable, optional
        As for :func:`solve`.
    start : Plan or ndarray, optional
        A plan, as for :func:`solve`, or a solution by its values of the program's columns. HiGHS's search begins with
        it; the other engines find their own.

    Raises
    ------
    CapoptError
        As :func:`solve` does.
    """
    clock = Clock(progress)
    program, arrays = prepare_program(instance, options, clock)
    with interruptible():  # Ctrl-C ends the search, not what follows
        plan_of = partial(_plan_so_far, program, arrays, options)
        return finish(program, arrays, search(program, arrays, options, clock, start, plan_of), options, clock)


def _plan_so_far(
    program: Program, arrays: Arrays, options: Options, values: Floats, bound: float | None, nodes: int
) -> Plan:
    """Return the plan of an incumbent of a search that goes on; prices of own rules as far as they come at once."""
    proven = -np.inf if bound is None else bound
    solution = Solution(Stop.INTERRUPTED, SolutionStatus.FEASIBLE, values, proven, nodes)
    plan = finish(program, arrays, solution, changed(options, time_limit=0.0), Clock())
    plan.head["options"] = asdict(options)
    return plan


def prepare_program(instance: Instance | Program, options: Options, clock: Clock) -> tuple[Program, Arrays]:
    """Build and compile the program of an instance, once the engine of the options is there.

    Raises
    ------
    UnsupportedInstance, AdditionError, SolverError
        As :func:`solve` does.
    """
    engines.check(options)
    _versions(options)  # looked up now, so that nothing is missing when the plan is there
    with collector_paused():
        program = instance if isinstance(instance, Program) else _built(instance, clock)
        with clock.phase("compile"):
            arrays = compile_program(program, relax=options.relax)
            freeze_program(len(arrays.columns))
    return program, arrays


def finish(
    program: Program,
    arrays: Arrays,
    solution: Solution,
    options: Options,
    clock: Clock,
    more: Callable[[Plan], dict[str, Any]] | None = None,
) -> Plan:
    """Return the plan of a solution: extracted, audited, with its head.

    ``more`` returns further keys of the head for the plan, before it is audited.

    Raises
    ------
    NoFeasiblePlan, StoppedWithoutPlan, AuditFailed, BoundContradicted, PlanNotCompleted
        As :func:`solve` does.
    """
    with solution_kept(program.instance, arrays, solution.values):
        return _finished(program, arrays, solution, options, clock, more)


def _finished(
    program: Program,
    arrays: Arrays,
    solution: Solution,
    options: Options,
    clock: Clock,
    more: Callable[[Plan], dict[str, Any]] | None,
) -> Plan:
    """Return the plan of a solution, as :func:`finish` does."""
    with collector_paused():
        plan, broken = extract_plan(program, arrays, solution, options, clock)
        plan.head.update(more(plan) if more else {})
        with clock.phase("audit"):
            verdict = audit(plan).with_violations(broken)
    plan.head.update(seconds=clock.seconds, memory_mb=clock.memory_mb, audit=verdict.to_dict())
    if not verdict.passed:
        raise AuditFailed(verdict.violations, plan=plan)
    if plan.bound is None and np.isfinite(solution.bound):
        proven = solution.bound * program.units.money
        raise BoundContradicted(plan.objective, proven, program.instance.head.currency, plan=plan)
    return plan


@dataclass(frozen=True)
class Cost:
    """What a plan costs.

    Attributes
    ----------
    objective, bound : float
        Net present cost, and what no plan can be below; in the instance's currency.
    gap : float or None
        Relative gap between them; None if nothing is proven.
    interrupted : bool
        Whether Ctrl-C ended the search.
    """

    objective: float
    bound: float | None
    gap: float | None
    interrupted: bool = False


def cost_of(program: Program, arrays: Arrays, solution: Solution) -> Cost:
    """Cost of a solution, in money.

    Raises
    ------
    NoFeasiblePlan, StoppedWithoutPlan, BoundContradicted
        As :func:`solve` does.
    """
    if solution.values is None:
        raise no_plan(program, arrays, solution)
    money = program.units.money
    terms = arrays.cost * solution.values[: len(arrays.cost)]
    objective, turnover = (float(terms.sum()) + arrays.offset) * money, float(np.abs(terms).sum()) * money
    bound = bound_below(objective, solution.bound * money, turnover, program.instance.head.currency)
    return changed(cost_with_gap(objective, bound), interrupted=solution.stop is Stop.INTERRUPTED)


def cost_with_gap(objective: float, bound: float) -> Cost:
    """Return a cost with the gap between objective and bound."""
    if bound == -float("inf"):
        return Cost(objective, None, None)
    money_gap = objective - bound
    return Cost(objective, bound, 0.0 if money_gap == 0 else money_gap / abs(objective) if objective else None)


def _built(instance: Instance, clock: Clock) -> Program:
    """Program of an instance, timed."""
    clock.seconds["read"] = instance.read_seconds
    with clock.phase("build"):
        return build(instance)


def _rest(options: Options, clock: Clock) -> float:
    """Return the seconds that the search has left to what follows it."""
    searched = sum(clock.seconds.get(phase, 0.0) for phase in SEARCHES)
    return max(options.time_limit + grace(options.time_limit) - searched, 0.0)


def extract_plan(
    program: Program, arrays: Arrays, solution: Solution, options: Options, clock: Clock
) -> tuple[Plan, tuple[Violation, ...]]:
    """Return the plan of a solution, not audited yet, and the added constraints that it breaks; or raise the reason."""
    if solution.values is None:
        raise no_plan(program, arrays, solution, _rest(options, clock))
    added, (own, rest) = program.added, np.split(solution.values, [len(program.columns)])
    with clock.phase("extract"):
        settled = settle(program, own, columns_in_added(program.parts, added))
        seconds = max(_rest(options, clock), grace(options.time_limit))
        tables = tables_of(program, settled, rule_prices(program, arrays, solution, seconds))
        found = check_added(program.parts, added, settled.values, rest[: len(added.variables)])
    present = tables["cash"]["present_value"].to_numpy()
    head = _head(program, arrays, solution, options, float(present.sum()), float(np.abs(present).sum()))
    head["headline"] = headline(tables, program.instance, head["bound"])
    head["warnings"] += obligations.notes(program.instance, tables["obligations"])
    if added:
        head[KEY] = to_head(found.added, found.values, program.instance)
        head["warnings"] += [f"constraint {one.name} was added to the program" for one in added.constraints]
    return Plan(head=head, tables=tables, instance=program.instance), found.violations


def solve_to_folder(
    instance: Instance, out: str | Path, *, tables: str = "csv", replace: bool = False, **options: Any
) -> Plan:
    """Solve as :func:`solve` does and write the plan folder.

    A plan that fails its audit is not written as a plan: it is kept in a folder of its own, with the reason.

    Parameters
    ----------
    instance : Instance
        What to plan.
    out : str or Path
        Plan folder. An earlier plan of the instance there is replaced at once, when the new one is complete.
    tables : {"csv", "parquet"}
        Format of the tables.
    replace : bool
        Whether the plan of another instance, or of another run in the meantime, may be replaced.
    **options
        As for :func:`solve`.

    Raises
    ------
    PlanFileError
        If ``out`` cannot take a plan; raised before anything is solved.
    PlanNotSaved
        If it can no longer when the plan is found; it says where the plan is kept.
    PlanNotCompleted
        If an unexpected error occurs after the search; it says where the solution is kept.
    """
    return solve_to_place(instance, prepare(Path(out), instance, tables, replace), tables, **options)[0]


def solve_to_place(
    instance: Instance, place: Place, tables: str = "csv", find: Callable[..., Plan] | None = None, **options: Any
) -> tuple[Plan, Placed]:
    """Solve as :func:`solve_to_folder` does, to a place that was looked at before; the plan, and where it is.

    ``find`` solves in place of :func:`solve`.
    """
    with interruptible_from_search_on():
        try:
            plan = (find or solve)(instance, **options)
        except AuditFailed as failure:
            kept = keep_failed(cast(Plan, failure.plan), place.folder, tables, "failed-audit")
            raise AuditFailed(failure.violations, kept=kept) from None
        except BoundContradicted as failure:
            kept = keep_failed(cast(Plan, failure.plan), place.folder, tables, "contradicted")
            raise BoundContradicted(failure.objective, failure.bound, failure.currency, kept) from None
        except PlanNotCompleted as failure:
            raise keep_solution(failure, place.folder) from failure.__cause__
        return plan, write_plan(plan, place, tables)


def _versions(options: Options) -> dict[str, str]:
    """Versions of what a plan was found with."""
    own = {name: version_of(name) for name in _VERSIONS}
    return {**own, **engines.versions(options), "python": platform.python_version()}


def _head(
    program: Program, arrays: Arrays, solution: Solution, options: Options, objective: float, turnover: float
) -> dict[str, Any]:
    """Return the content of plan.json, without seconds and audit."""
    head = program.instance.head
    bound = solution.bound * program.units.money
    sound = not is_below(objective, bound, turnover)
    cost = cost_with_gap(objective, min(bound, objective) if sound else -np.inf)
    allowed = max(options.gap, PRECISION) * abs(objective) + _PENNY * turnover
    within = cost.bound is not None and objective - cost.bound <= allowed
    return {
        "format": 1,
        "instance": {"name": head.name, "title": head.title, "hash": program.instance.hash, "currency": head.currency},
        "start": head.start,
        "months": head.months,
        "status": "optimal" if within else "feasible",
        "stopped": solution.stop.value,
        "objective": objective,
        "bound": cost.bound,
        "gap": cost.gap,
        "relaxed": options.relax,
        "options": asdict(options),
        "seconds": {},
        "memory_mb": {},
        "size": arrays.size,
        "solver": {"name": engines.name(options), "nodes": solution.nodes, "iterations": solution.iterations},
        "versions": _versions(options),
        "warnings": [*(str(warning) for warning in program.instance.warnings), *solution.notes],
        "headline": {},
        "audit": {},
    }
