"""From an instance with scenarios to a checked plan: one program of all scenarios, and a plan for each of them."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from functools import partial
from typing import Unpack

import numpy as np

from optimizer.auditing import audit
from optimizer.errors import AuditFailed, Fault, SolverError, StoppedWithoutPlan, UnsupportedInstance
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import is_uncertain, scenarios
from optimizer.interruption import Cancel, cancelled_by, interruptible
from optimizer.plan.by_scenario import refuse_uncertain
from optimizer.plan.plan import Plan
from optimizer.program.arrays import Floats
from optimizer.program.build import Program
from optimizer.program.gc_control import collector_paused
from optimizer.solver import engines
from optimizer.solver.solution import Options, Report, SolveOptions, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.solve import solve as solve_one_future
from optimizer.uncertainty.alone import Alone, nothing_alone, solve_alone
from optimizer.uncertainty.base_plan import FixedPlan, fix_base_plan
from optimizer.uncertainty.extract import plan_of_scenarios
from optimizer.uncertainty.incumbent import Incumbent, StochasticSolution
from optimizer.uncertainty.infeasible import no_plan_of_scenarios
from optimizer.uncertainty.information import information_table
from optimizer.uncertainty.programs import ScenarioPrograms, scenario_programs
from optimizer.uncertainty.solve_stochastic import solve_stochastic
from optimizer.uncertainty.start import completed, start_values
from optimizer.uncertainty.stochastic_program import (
    OWN,
    RiskMeasure,
    StochasticProgram,
)
from optimizer.uncertainty.tree import make_tree
from optimizer.workers.make import make_workers
from optimizer.workers.workers import CountedWorkers, Workers

_ALONE = 0.4  # share of the time for the best plans of the scenarios alone, where regret is measured from them
_LEAST = 10.0  # seconds at least for these otherwise, after the search and in no more time than it took


def solve(
    instance: Instance | Program,
    *,
    start: Plan | None = None,
    near: Plan | None = None,
    within: float = 0.005,
    progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    **options: Unpack[SolveOptions],
) -> Plan:
    """Find the plan of least present cost, prove how good it is, and audit it.

    Of an instance with scenarios or risks it is a plan under uncertainty: decisions are the same in scenarios that
    cannot be distinguished when they are taken, everything else differs freely. Its objective is the expected cost, or
    the measure of risk of the instance; its tables have a leading column ``scenario``.

    Parameters
    ----------
    instance, start, near, within, progress, **options
        As for :func:`optimizer.solving.solve.solve`. Of an instance with scenarios ``start`` is a plan of scenarios of
        the same names, whose decisions are the first incumbent if all scenarios allow them; ``near`` is for
        instances of one future.
    cancel : threading.Event or callable, optional
        Ends the search as Ctrl-C does, in any thread, once it is set or returns True: the best plan so far is returned,
        with its gap. It is looked at about ten times a second, from the start of the search on.
    workers : int, optional
        Of an instance with scenarios the number of searches at a time on this machine; by default ``threads``, or else
        that of the processor's cores. The plan does not depend on it, unless the time limit ends the search.
    cluster : str, optional
        Of an instance with scenarios the address of a Dask scheduler, ``tcp://HOST:PORT``, whose workers search.

    Raises
    ------
    CapoptError
        As :func:`optimizer.solving.solve.solve` does, and if the cluster cannot be used. ``StoppedWithoutPlan`` also if
        ``cancel`` came before any plan was found.
    """
    with cancelled_by(cancel):
        return _solve(instance, start, near, within, progress, workers, cluster, options)


def _solve(
    instance: Instance | Program,
    start: Plan | None,
    near: Plan | None,
    within: float,
    progress: OnProgress | None,
    workers: int | None,
    cluster: str | None,
    options: SolveOptions,
) -> Plan:
    """Find the plan of an instance of any kind, as :func:`solve` does."""
    if isinstance(instance, Program) or not is_uncertain(instance):
        for plan in (start, near):
            if plan is not None:
                refuse_uncertain(plan, "a search of one future that begins with a plan")
        return solve_one_future(instance, start=start, near=near, within=within, progress=progress, **options)
    if near is not None:
        problem = "an instance with scenarios has no earlier plan to stay near in this version."
        raise UnsupportedInstance([Fault("scenarios", problem=problem)], f"instance {instance.head.name!r}")
    settings = Options(**options)
    if settings.solver != "highs":
        raise SolverError("plans under uncertainty are searched by HiGHS alone; leave the solver out")
    made = make_workers(workers or settings.threads, cluster)
    try:
        clock = Clock(progress)
        return _solve_scenarios(instance, settings, CountedWorkers(made, clock.note_tasks), clock, start)
    finally:
        made.close()


def _solve_scenarios(instance: Instance, options: Options, workers: Workers, clock: Clock, start: Plan | None) -> Plan:
    """Find the plan of an instance with scenarios, as :func:`solve` does."""
    engines.check(options)
    clock.seconds["read"] = instance.read_seconds
    with collector_paused(), clock.phase("build"):
        tree = make_tree(scenarios(instance), instance.head.months)
        programs = scenario_programs(tree, options.relax)
        values = None if start is None else start_values(programs, start)
    with clock.phase("alone"):
        regret = instance.head.risk_measure == "regret"
        best = _alone(programs, options, workers, _ALONE * options.time_limit) if regret else None
    began = time.perf_counter()
    with clock.phase("solve"):
        left = replace(options, time_limit=max(options.time_limit - clock.seconds["alone"], 0.0))
        report = clock.reporter(
            programs.money, plan_of=partial(_plan_so_far, instance, programs, best, options, workers)
        )
        first = None if values is None else completed(programs, values, left, workers)
        left = replace(left, time_limit=max(left.time_limit - (time.perf_counter() - began), 0.0))
        solution = _searched(instance, programs, best, left, workers, report, first)
    if solution.values is None:
        raise _no_plan(programs, solution, options)
    searched = time.perf_counter() - began
    more = 0.0 if solution.stop is Stop.INTERRUPTED else max(searched, _LEAST)
    if best is None:
        with clock.phase("alone"):
            best = _alone(programs, options, workers, min(options.time_limit - searched, more))
    with clock.phase("base"):
        spent = searched + clock.seconds["alone"]
        left = replace(options, time_limit=max(min(options.time_limit - spent, more), 0.0))
        fixed_plan = fix_base_plan(instance, programs, _risk(instance, best), left, workers)
    plan = plan_of_scenarios(instance, programs, solution, solution.values, (best, fixed_plan), options, clock)
    with clock.phase("information"):
        spent += clock.seconds["base"]
        left = replace(options, time_limit=max(min(options.time_limit - spent, more), 0.0))
        proven = plan.objective, plan.bound
        known = information_table(programs, proven, best, _risk(instance, best), left, workers)
        plan.tables["information"] = known
    return _audited(plan, clock)


def _alone(programs: ScenarioPrograms, options: Options, workers: Workers, seconds: float) -> Alone:
    """Return the best plans of the scenarios alone, as far as they are found in the time; Ctrl-C ends the search.

    Decisions that are closed to a scenario only because others do not allow them are open here.
    """
    own = tuple(np.full(len(one.cost), OWN, dtype=np.int64) for one in programs.alone)
    apart = StochasticProgram(tuple(programs.alone), programs.tree.probabilities, own)
    try:
        with interruptible():
            return solve_alone(Incumbent(apart, RiskMeasure(), replace(options, time_limit=max(seconds, 0.0))), workers)
    except KeyboardInterrupt:
        return nothing_alone(apart)


def _searched(
    instance: Instance,
    programs: ScenarioPrograms,
    best: Alone | None,
    options: Options,
    workers: Workers,
    report: Report | None,
    start: list[Floats] | None,
) -> StochasticSolution:
    """Return the solution of all scenarios together; of ``regret`` over the best plans of the scenarios alone."""
    if best is not None:
        if best.infeasible is not None:
            lost = (best.costs, best.bounds, 0, best.infeasible)
            return StochasticSolution(Stop.INFEASIBLE, None, np.inf, -np.inf, *lost)
        if not np.isfinite(best.bounds).all():
            why = "no bound was proven in time on the cost of some scenarios alone, which the regret is measured from"
            raise StoppedWithoutPlan(f"{why}; give it more time")
    return solve_stochastic(programs.stochastic, _risk(instance, best), options, workers, report, start=start)


def _plan_so_far(
    instance: Instance,
    programs: ScenarioPrograms,
    best: Alone | None,
    options: Options,
    workers: Workers,
    values: Floats,
    bound: float | None,
    rounds: int,
) -> Plan:
    """Return the plan of an incumbent of a search that goes on, without what is compared with it after the search."""
    ends = np.cumsum([len(arrays.cost) for arrays in programs.arrays])[:-1]
    found, best = tuple(np.split(values, ends)), best or nothing_alone(programs.stochastic)
    proven, alone = -np.inf if bound is None else bound, (best.costs, best.bounds)
    solution = StochasticSolution(Stop.INTERRUPTED, found, np.nan, proven, *alone, rounds)
    compared, at_once = (best, FixedPlan(why="the search goes on")), replace(options, time_limit=0.0)
    plan = plan_of_scenarios(instance, programs, solution, found, compared, at_once, Clock())
    plan.head["options"] = asdict(options)
    known = information_table(programs, (plan.objective, plan.bound), best, _risk(instance, best), at_once, workers)
    plan.tables["information"] = known
    return _audited(plan, Clock())


def _audited(plan: Plan, clock: Clock) -> Plan:
    """Return a plan with the verdict of its audit."""
    with clock.phase("audit"):
        verdict = audit(plan)
    plan.head.update(seconds=clock.seconds, memory_mb=clock.memory_mb, audit=verdict.to_dict())
    if not verdict.passed:
        raise AuditFailed(verdict.violations, plan=plan)
    return plan


def _risk(instance: Instance, best: Alone | None) -> RiskMeasure:
    """Return what is minimised; regret is measured from what is proven of the scenarios alone."""
    head = instance.head
    bounds = tuple(best.bounds.tolist()) if best is not None and head.risk_measure == "regret" else ()
    return RiskMeasure(head.risk_measure, head.risk_level, head.risk_weight, bounds)


def _no_plan(programs: ScenarioPrograms, solution: StochasticSolution, options: Options) -> Exception:
    """Why there is no plan: scenarios that have none, all together, or the time."""
    if solution.stop is Stop.INFEASIBLE:
        return no_plan_of_scenarios(programs, options)
    interrupted = solution.stop is Stop.INTERRUPTED
    why = "it was interrupted" if interrupted else "the time limit was reached"
    return StoppedWithoutPlan(f"{why} before any plan was found; give it more time", interrupted)
