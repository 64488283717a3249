"""Simulation: what the decisions that plans take before anything is known cost in many draws of what may come."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import numpy as np

from optimizer.errors import CapoptError, InstanceError, StoppedWithoutPlan
from optimizer.instance.instance import Instance
from optimizer.instance.scenario import Outcome
from optimizer.instance.scenarios import is_uncertain, scenario_instance, unchecked_instance, with_data
from optimizer.interruption import Cancel, StopFlag, cancelled_by, interruptible
from optimizer.plan.plan import Plan
from optimizer.program import added_head
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program, build_together
from optimizer.program.compile import compile_program
from optimizer.program.fixings import first_decisions, no_such_item
from optimizer.schema import load_schema
from optimizer.uncertainty.decided_now import NotAllowed, decided_before, first_branching_of, fix_before
from optimizer.uncertainty.draws import Draws, make_draws
from optimizer.uncertainty.simulation import INFEASIBLE, NO_PLAN, OPTIMAL, WIDE, Result, Simulation
from optimizer.uncertainty.subproblems import FIXED, Subproblem, solve_subproblem
from optimizer.uncertainty.tree import Decision
from optimizer.workers.make import make_workers
from optimizer.workers.workers import Workers

GAP, TIME_LIMIT = 0.01, 60.0
_WORTH = 20.0  # seconds of all draws from which on processes of their own are worth starting
_TOGETHER, _BATCHES = 5, 4  # draws of a batch at most, and batches of a worker at least
_PENNY = 1e-9  # of all money that moves
OnDraw = Callable[[Simulation], None]


@dataclass(frozen=True)
class _Task:
    """A draw, and what the plans have decided before; it is sent to workers."""

    name: str
    outcomes: tuple[Outcome, ...]
    instance: Instance
    decided: tuple[Mapping[Decision, float], ...]
    until: int
    relax: bool
    gap: float
    time_limit: float

    def __str__(self) -> str:
        return f"draw {self.name}"


@dataclass(frozen=True)
class _Batch:
    """Draws that are sent to a worker together, so that little of the time goes into sending."""

    tasks: tuple[_Task, ...]

    def __str__(self) -> str:
        first, last = self.tasks[0], self.tasks[-1]
        return str(first) if first is last else f"{first} to {last}"


def simulate(
    plans: Plan | Sequence[Plan] | Mapping[str, Plan],
    draw: int | None = None,
    seed: int | None = None,
    *,
    instance: Instance | None = None,
    gap: float = GAP,
    time_limit: float = TIME_LIMIT,
    workers: int | None = None,
    cluster: str | None = None,
    on_draw: OnDraw | None = None,
    cancel: Cancel | None = None,
) -> Simulation:
    """Keep what plans decide before anything is known, and plan the rest again in many draws of what may come.

    All plans are examined in the same draws, so that their differences are much less random than their costs. In each
    draw the rest is planned as if the draw were known from the month on in which something is known first. What becomes
    known later than that is thus known too early: the costs are no more than those of planning month by month.

    Parameters
    ----------
    plans : Plan, sequence of Plan or mapping of str to Plan
        Under uncertainty or of one future, with the same first month, months and currency; by name, or else they are
        called by the numbers from 1.
    draw : int, optional
        Number of random draws; equal ones are solved once. By default all scenarios of the instance; 1,000 draws where
        the combinations of its risks are more than its ``max_scenarios``.
    seed : int, optional
        Seed of the draws; by default one more than that of the instance.
    instance : Instance, optional
        Whose scenarios or risks come; by default that of the first plan that has some.
    gap : float
        Relative gap at which the search in a draw ends.
    time_limit : float
        Seconds of each search.
    workers : int, optional
        Number of searches at a time on this machine; by default that of its processor's cores.
    cluster : str, optional
        Address of a Dask scheduler, ``tcp://HOST:PORT``, whose workers search instead.
    on_draw : callable, optional
        Called with the :class:`Simulation` so far after each different draw.
    cancel : threading.Event or callable, optional
        Ends the work as Ctrl-C does; as for :func:`optimizer.solve`.

    Returns
    -------
    Simulation
        Ctrl-C and ``cancel`` end it with the draws that are examined until then.

    Raises
    ------
    CapoptError
        If the plans cannot be compared, or nothing is decided before something is known.
    InstanceError
        If the data of a draw are invalid; it names the draw.
    StoppedWithoutPlan
        If Ctrl-C or ``cancel`` came before the first draw was examined.
    SolverError
        If no cluster answers.
    """
    named = _named(plans)
    source = _source(named, instance)
    _check_comparable(named, source)
    draws = make_draws(source, draw, seed)
    until = min(draws.until, *map(first_branching_of, named.values()))
    if until == 0:
        raise CapoptError(
            f"outcomes are known from {source.head.start} on, the first month: no decision is taken before, and there "
            "is nothing to keep. Let `known` begin a month later, or plan each scenario by itself"
        )
    decided = tuple(_decided(plan, name, source, until) for name, plan in named.items())
    relax = any(plan.head.get("relaxed", False) for plan in named.values())
    tasks = [
        _Task(future.name, future.outcomes, own, decided, until, relax, gap, time_limit)
        for future, own in zip(draws.futures, _small_instances(draws), strict=True)
    ]
    found = Simulation(tuple(named), draws, until, gap, _notes(named, source, until))
    with cancelled_by(cancel):
        return _examined(found, tasks, workers, cluster, on_draw)


def _examined(
    found: Simulation, tasks: Sequence[_Task], count: int | None, cluster: str | None, on_draw: OnDraw | None
) -> Simulation:
    """Examine the draws; Ctrl-C ends it."""

    def note(results: tuple[Result, ...]) -> None:
        found.results.append(results)
        if on_draw is not None:
            on_draw(found)

    try:
        with interruptible():
            if cluster is not None:
                _map(make_workers(cluster=cluster), found.drawn, tasks, note)
                return found
            began = time.perf_counter()
            _map(make_workers(count), found.drawn, tasks[:1], note)  # which shows how long the others take
            seconds = (time.perf_counter() - began) * (len(tasks) - 1)
            _map(make_workers(count, processes=seconds > _WORTH), found.drawn, tasks[1:], note)
    except KeyboardInterrupt:
        found.stopped = True
    if not found.results:
        raise StoppedWithoutPlan("it was interrupted before the first draw was examined", interrupted=True)
    return found


def _map(workers: Workers, draws: Draws, tasks: Sequence[_Task], note: Callable[[tuple[Result, ...]], None]) -> None:
    """Check the data of draws, examine them, and end the workers; results come in the order of the draws."""

    def refuse(_: _Batch, names: list[str]) -> None:
        if names:
            with_data(draws.instance, [future for future in draws.futures if future.name in names])

    def note_all(_: _Batch, found: list[tuple[Result, ...]]) -> None:
        for results in found:
            note(results)

    try:
        size = max(1, min(_TOGETHER, len(tasks) // (_BATCHES * max(workers.size, 1))))
        batches = [_Batch(tuple(tasks[at : at + size])) for at in range(0, len(tasks), size)]
        workers.map(_invalid_draws, batches, refuse)
        workers.map(_solve_draws, batches, note_all)
    finally:
        workers.close()


def _small_instances(draws: Draws) -> Iterator[Instance]:
    """Yield for each different draw the instance with the changes of its outcomes alone, which is sent to a worker."""
    instance = draws.instance
    changes: dict[tuple[str, str], list[tuple[int, Any]]] = defaultdict(list)
    for place, row in enumerate(instance.rows["changes"]):
        changes[row.risk or "", row.outcome or row.scenario].append((place, row))
    for future in draws.futures:
        come = sorted(
            (pair for one in future.outcomes for pair in changes.get((one.risk, one.name), ())), key=itemgetter(0)
        )
        rows = dict(instance.rows, scenarios=(), risks=(), changes=tuple(row for _, row in come))
        yield replace(instance, rows=MappingProxyType(rows), warnings=(), places={}, notes={})


# ---------------------------------------------------------------- a draw
def _invalid_draws(batch: _Batch, stop: StopFlag) -> list[str]:
    """Return the names of the draws whose data are invalid; an error with their places is made where the draws are."""
    found = []
    for task in batch.tasks:
        try:
            if not stop.is_set():
                scenario_instance(task.instance, task.outcomes)
        except InstanceError:
            found.append(task.name)
    return found


def _solve_draws(batch: _Batch, stop: StopFlag) -> list[tuple[Result, ...]]:
    """Return what each plan costs in each draw; the last ones are missing if the results are no longer needed."""
    return [_solve_draw(task, stop) for task in batch.tasks if not stop.is_set()]


def _solve_draw(task: _Task, stop: StopFlag) -> tuple[Result, ...]:
    """Return what each plan costs in a draw."""
    (program,) = build_together([unchecked_instance(task.instance, task.outcomes)])
    arrays = compile_program(program, relax=task.relax)
    return tuple(_solve_rest(task, program, arrays, decided, stop) for decided in task.decided)


def _solve_rest(
    task: _Task, program: Program, arrays: Arrays, decided: Mapping[Decision, float], stop: StopFlag
) -> Result:
    """Return what it costs to plan the rest with the decisions of a plan fixed."""
    try:
        arrays = fix_before(program, arrays, decided, task.until)
    except NotAllowed as error:
        return Result(INFEASIBLE, why=f"{error} is not possible")
    found = solve_subproblem(Subproblem(FIXED, 0, arrays, task.gap, time.time() + task.time_limit), stop)
    money = program.units.money
    bound = found.bound * money if np.isfinite(found.bound) else np.nan
    if found.infeasible:
        return Result(INFEASIBLE, why="the rules cannot be met with these decisions")
    if found.values is None:
        return Result(NO_PLAN, bound=bound, why="no plan was found in time")
    cost = (float(arrays.cost @ found.values) + arrays.offset) * money
    bound = min(bound, cost)  # by rounding
    status = (
        OPTIMAL if cost - bound <= task.gap * abs(cost) + _PENNY * _turnover(arrays, found.values) * money else WIDE
    )
    return Result(status, cost, bound, _unserved_share(program, found.values))


def _turnover(arrays: Arrays, values: Floats) -> float:
    """Return all money that moves."""
    return float(np.abs(arrays.cost * values).sum())


def _unserved_share(program: Program, values: Floats) -> float:
    """Return the share of the work that is not served."""
    keys = program.parts.col["unserved"]
    if not keys:
        return 0.0
    wanted = np.array([program.index.demand[workload][t] for workload, t in keys], dtype=float)
    unserved = np.clip(values[program.parts.stretch("unserved")] * program.units.accelerators, 0.0, wanted)
    return float(unserved.sum() / wanted.sum())


# ---------------------------------------------------------------- what is compared
def _named(plans: Plan | Sequence[Plan] | Mapping[str, Plan]) -> dict[str, Plan]:
    """Return the plans by name."""
    if isinstance(plans, Mapping):
        return dict(plans)
    listed = [plans] if isinstance(plans, Plan) else plans
    return {str(number): plan for number, plan in enumerate(listed, start=1)}


def _source(plans: Mapping[str, Plan], instance: Instance | None) -> Instance:
    """Return the instance whose scenarios or risks come."""
    if instance is None:
        instance = next((plan.instance for plan in plans.values() if is_uncertain(plan.instance)), None)
    if instance is None:
        raise CapoptError(
            "no plan was made of an instance with scenarios or risks; give the instance that has them (--instance)"
        )
    if not is_uncertain(instance):
        raise CapoptError(f"{instance.head.name} has no scenarios: its tables scenarios and risks have no rows")
    return instance


def _check_comparable(plans: Mapping[str, Plan], source: Instance) -> None:
    """Refuse plans that cannot be examined in the same draws."""
    for name, plan in plans.items():
        for key, what in (("start", "first month"), ("months", "number of months"), ("currency", "currency")):
            mine, expected = getattr(plan.instance.head, key), getattr(source.head, key)
            if mine != expected:
                raise CapoptError(
                    f"plan {name}: its {what} is {mine}; expected {expected}, as in {source.head.name}, whose risks "
                    "are drawn. Solve an instance with the same one"
                )
        if plan.head.get(added_head.KEY):
            raise CapoptError(
                f"plan {name} was made with constraints that were added to its program, which draws do not have; "
                "make a plan without them"
            )


def _decided(plan: Plan, name: str, source: Instance, until: int) -> dict[Decision, float]:
    """Return what a plan decides before a month, on items that the instance has."""
    found, items = decided_before(plan, until), first_decisions(source)
    for decision in found:
        item = str(decision.item[0])
        if item not in items:
            raise CapoptError(f"plan {name} decides on {item!r} before anything is known: {no_such_item(source, item)}")
    return found


def _notes(plans: Mapping[str, Plan], source: Instance, until: int) -> tuple[str, ...]:
    """Return what makes the plans hard to compare."""
    base, found = _base_rows(source), []
    for name, plan in plans.items():
        if _base_rows(plan.instance) != base:
            found.append(f"plan {name} was made with other data; its decisions are kept in those of {source.head.name}")
        if plan.head.get("held"):
            found.append(f"plan {name} was made with forced decisions, which bind before {source.label(until)} only")
        if plan.head.get("relaxed"):
            found.append(f"plan {name} is relaxed: blocks and lots are fractional in all draws")
    return tuple(found)


def _base_rows(instance: Instance) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of the base data."""
    names = load_schema().names(lambda table: not table.uncovered)
    return {name: [tuple(row) for row in instance.rows[name]] for name in names}
