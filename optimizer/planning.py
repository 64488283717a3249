"""From an instance to a checked plan: build, compile, solve, extract, audit."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from optimizer.clock import Clock, Tell
from optimizer.errors import AuditFailed, NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.instance import Instance
from optimizer.plan.audit import audit
from optimizer.plan.extract import extract
from optimizer.plan.headline import headline
from optimizer.plan.plan import Plan, check_writable
from optimizer.program.build import Program, build, collector_paused
from optimizer.program.compile import Arrays, compile_program
from optimizer.program.labels import label_of, telling, told
from optimizer.solver import highs
from optimizer.solver.solution import Options, Solution, Stop

_PENNY = 1e-9  # of all money that moves
_PRECISION = 1e-6  # relative: figures agree no closer, whatever gap is asked for
_VERSIONS = ("capopt", "pyomo", "highspy", "numpy", "pandas")


def solve(
    instance: Instance | Program,
    *,
    gap: float = 1e-3,
    time_limit: float = 600.0,
    threads: int | None = None,
    seed: int = 0,
    relax: bool = False,
    progress: Tell | None = None,
) -> Plan:
    """Find the plan of least present cost, prove how good it is, and audit it.

    Parameters
    ----------
    instance : Instance or Program
        As returned by :func:`optimizer.read`; or a program from :func:`optimizer.build`, with constraints added.
    gap : float
        Relative gap to prove between the plan's cost and the bound; 0.001 is 0.1 %.
    time_limit : float
        Seconds for the solver. The best plan so far is returned, with its gap.
    threads : int, optional
        Threads of the solver; by default it chooses.
    seed : int
        Random seed of the solver.
    relax : bool
        Solve the linear relaxation: whole blocks and lots are not demanded.
    progress : callable, optional
        Called with :class:`optimizer.solver.solution.Progress` as the work goes on.

    Returns
    -------
    Plan
        Audited.

    Raises
    ------
    UnsupportedInstance
        If the instance uses tables that this version does not cover.
    NoFeasiblePlan
        If it is proven that no plan meets all rules.
    StoppedWithoutPlan
        If the time limit or Ctrl-C came before any plan was found.
    AuditFailed
        If the plan fails its audit; ``error.plan`` holds it.
    """
    options = Options(gap=gap, time_limit=time_limit, threads=threads, seed=seed, relax=relax)
    clock = Clock(progress)
    with collector_paused():  # until the end: what it would do then is to walk the program, while the solver waits
        program = instance if isinstance(instance, Program) else _built(instance, clock)
        with clock.phase("compile"):
            arrays = compile_program(program, relax=relax)
        with clock.phase("solve"):
            rules = bool(program.instance.rows["rules"])
            solution = highs.solve(arrays, options, clock.reporter(program.units.money), duals=rules)
        return finish(program, arrays, solution, options, clock)


def finish(program: Program, arrays: Arrays, solution: Solution, options: Options, clock: Clock) -> Plan:
    """Plan of a solution: extracted, audited, with its head.

    Raises
    ------
    NoFeasiblePlan, StoppedWithoutPlan, AuditFailed
        As :func:`solve` does.
    """
    with collector_paused():
        plan = _extracted(program, arrays, solution, options, clock)
        with clock.phase("audit"):
            verdict = audit(plan)
    plan.head.update(seconds=clock.seconds, memory_mb=clock.memory_mb, audit=verdict.to_dict())
    if not verdict.passed:
        raise AuditFailed(verdict.violations, plan=plan)
    return plan


def _built(instance: Instance, clock: Clock) -> Program:
    """Program of an instance, timed."""
    clock.seconds["read"] = instance.read_seconds
    with clock.phase("build"):
        return build(instance)


def _extracted(program: Program, arrays: Arrays, solution: Solution, options: Options, clock: Clock) -> Plan:
    """Plan of a solution, not audited yet; or why there is none."""
    if solution.values is None:
        raise _no_plan(program, arrays, solution)
    with clock.phase("extract"):
        tables = extract(program, solution.values[: len(program.columns)], _rule_prices(program, arrays, solution))
    present = tables["cash"]["present_value"]
    head = _head(program, arrays, solution, options, float(present.sum()), float(present.abs().sum()))
    head["headline"] = headline(tables, program.instance, head["bound"])
    return Plan(head=head, tables=tables, instance=program.instance)


def solve_to_folder(instance: Instance, out: str | Path, *, tables: str = "csv", **options: Any) -> Plan:
    """Solve as :func:`solve` does and write the plan folder.

    A plan that fails its audit is not written as a plan: it is kept aside, in a folder beside, with the reason.

    Parameters
    ----------
    instance : Instance
        What to plan.
    out : str or Path
        Plan folder. An earlier plan there is replaced when the new one is complete.
    tables : {"csv", "parquet"}
        Format of the tables.
    **options
        As for :func:`solve`.

    Raises
    ------
    PlanFileError
        If ``out`` cannot take a plan; told before anything is solved.
    """
    target = Path(out)
    check_writable(target)
    try:
        plan = solve(instance, **options)
    except AuditFailed as failure:
        aside = target.with_name(f"{target.name}.failed-audit")
        failure.plan.save(aside, tables)
        raise AuditFailed(failure.violations, kept=str(aside)) from None
    plan.save(target, tables)
    return plan


def _rule_prices(program: Program, arrays: Arrays, solution: Solution) -> dict[tuple[str, int], float]:
    """Shadow prices of the planner's own rules, in money per unit of the right-hand side."""
    if solution.row_duals is None:
        return {}
    number = {id(row): place for place, row in enumerate(arrays.rows)}
    duals, scale, money = solution.row_duals, program.model.rule_scale, program.units.money
    rows = program.model.own_rule.items()
    return {key: float(duals[number[id(row)]]) * money / scale[key] + 0.0 for key, row in rows if id(row) in number}


def _no_plan(program: Program, arrays: Arrays, solution: Solution) -> Exception:
    """Why nothing is held."""
    if solution.stop is Stop.INFEASIBLE:
        labels = [label_of(program, arrays.rows[row]) for row in solution.conflict]
        labels += [label_of(program, arrays.columns[column]) for column in solution.conflict_columns]
        return NoFeasiblePlan(told(program, telling(labels)))
    why = {Stop.TIME_LIMIT: "the time limit was reached", Stop.INTERRUPTED: "it was interrupted"}[solution.stop]
    note = f" ({'; '.join(solution.notes)})" if solution.notes else ""
    message = f"{why} before any plan was found{note}; give it more time or ask for a larger gap"
    return StoppedWithoutPlan(message, solution.stop is Stop.INTERRUPTED)


def _head(
    program: Program, arrays: Arrays, solution: Solution, options: Options, objective: float, turnover: float
) -> dict[str, Any]:
    """What plan.json tells, but for seconds and audit."""
    head = program.instance.head
    bound = min(solution.bound * program.units.money, objective)
    known = bound > -float("inf")
    money_gap = objective - bound
    gap = (0.0 if money_gap == 0 else money_gap / abs(objective) if objective else None) if known else None
    within = known and money_gap <= max(options.gap, _PRECISION) * abs(objective) + _PENNY * turnover
    return {
        "format": 1,
        "instance": {"name": head.name, "title": head.title, "hash": program.instance.hash, "currency": head.currency},
        "start": head.start,
        "months": head.months,
        "status": "optimal" if within else "feasible",
        "stopped": solution.stop.value,
        "objective": objective,
        "bound": bound if known else None,
        "gap": gap,
        "relaxed": options.relax,
        "options": asdict(options),
        "seconds": {},
        "memory_mb": {},
        "size": arrays.size,
        "solver": {"name": "HiGHS", "nodes": solution.nodes, "iterations": solution.iterations},
        "versions": {**{name: version(name) for name in _VERSIONS}, "python": platform.python_version()},
        "warnings": [*(str(warning) for warning in program.instance.warnings), *solution.notes],
        "headline": {},
        "audit": {},
    }
