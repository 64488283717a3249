"""What planning with the base data alone costs: its decisions of now fixed, the rest planned under uncertainty."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import scenario_instance
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program, build_together
from optimizer.program.compile import compile_program
from optimizer.solver import engines
from optimizer.solver.solution import Options, Stop
from optimizer.uncertainty.decided_now import NotAllowed, columns_before, fix_before
from optimizer.uncertainty.programs import ScenarioPrograms
from optimizer.uncertainty.solve_stochastic import solve_stochastic
from optimizer.uncertainty.stochastic_program import RiskMeasure, StochasticProgram
from optimizer.uncertainty.tree import Decision
from optimizer.workers.workers import Workers

_SHARE = 0.5  # of the time for the plan of the base data
_NO_PLAN = {
    Stop.INFEASIBLE: "there is no plan",
    Stop.INTERRUPTED: "no plan was found before the search was interrupted",
}
_LATE = "no plan was found in time"


@dataclass(frozen=True)
class FixedPlan:
    """Plan under uncertainty that takes the decisions of now from the base data.

    Attributes
    ----------
    cost : float or None
        Its measure of risk, in money; None where no plan is known.
    bound : float or None
        What no such plan can be below; None where nothing is proven.
    why : str
        Why there is no cost.
    """

    cost: float | None = None
    bound: float | None = None
    why: str = ""


def fix_base_plan(
    instance: Instance, programs: ScenarioPrograms, risk: RiskMeasure, options: Options, workers: Workers
) -> FixedPlan:
    """Plan with the base data alone, fix what it decides before anything is known, and plan the rest.

    Parameters
    ----------
    instance : Instance
        With scenarios.
    programs : ScenarioPrograms
        Their programs.
    risk : RiskMeasure
        What is minimised.
    options : Options
        Gap of both searches, and the time for them together.
    workers : Workers
        They solve the subproblems.
    """
    (base,) = build_together([scenario_instance(instance, ())])
    arrays, until = compile_program(base, relax=options.relax), time.monotonic() + options.time_limit
    first = engines.solve(arrays, replace(options, time_limit=_SHARE * options.time_limit))
    if first.values is None:
        return FixedPlan(why=f"of the base data alone {_NO_PLAN.get(first.stop, _LATE)}")
    try:
        programs_fixed = _fix(programs, _decided(programs, base, arrays, first.values))
    except NotAllowed as error:
        return FixedPlan(why=str(error))
    program = StochasticProgram(programs_fixed, programs.tree.probabilities, programs.sharing.ids)
    left = replace(options, time_limit=max(until - time.monotonic(), 0.0))
    found = solve_stochastic(program, risk, left, workers)
    if found.stop is Stop.INFEASIBLE:
        return FixedPlan(why=f"with the decisions of the base data {_NO_PLAN[found.stop]}")
    bound = found.bound * programs.money if np.isfinite(found.bound) else None
    if found.values is None:
        return FixedPlan(None, bound, f"with the decisions of the base data {_NO_PLAN.get(found.stop, _LATE)}")
    return FixedPlan(found.objective * programs.money, bound)


def _decided(programs: ScenarioPrograms, base: Program, arrays: Arrays, values: Any) -> dict[Decision, float]:
    """Return what a plan of the base data decides before anything is known."""
    rounded = np.where(arrays.integer, np.round(values), values)
    until = programs.tree.first_branching
    return {decision: float(rounded[column]) for decision, column in columns_before(base, until).items()}


def _fix(programs: ScenarioPrograms, decided: Mapping[Decision, float]) -> tuple[Arrays, ...]:
    """Return the programs of the scenarios with what is decided fixed, and nothing else decided at that time."""
    programs_fixed, until = [], programs.tree.first_branching
    for scenario, program, arrays in zip(programs.tree.scenarios, programs.programs, programs.arrays, strict=True):
        try:
            programs_fixed.append(fix_before(program, arrays, decided, until))
        except NotAllowed as error:
            raise NotAllowed(f"scenario {scenario.name} does not allow what the base data decide: {error}") from None
    return tuple(programs_fixed)


def value_of_planning(fixed_plan: FixedPlan, objective: float, bound: float | None) -> dict[str, float | str | None]:
    """Return between what the value of the stochastic solution is proven to be; None where nothing is.

    It is the cost of planning with the base data alone less the plan's, both in the measure of risk.

    Parameters
    ----------
    fixed_plan : FixedPlan
        Plan that takes the decisions of the base data.
    objective, bound : float
        Of the plan under uncertainty.
    """
    proven = fixed_plan.bound
    if proven is not None and bound is not None:
        proven = max(proven, bound)  # with fewer decisions free, no plan costs less
    least = None if proven is None else proven - objective
    most = None if fixed_plan.cost is None or bound is None else fixed_plan.cost - bound
    return {
        "at_least": least,
        "at_most": most,
        "cost": fixed_plan.cost,
        "bound": proven,
        "why": fixed_plan.why,
    }
