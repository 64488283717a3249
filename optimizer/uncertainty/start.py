"""A search under uncertainty that begins with a plan: its decisions in each scenario, and all else planned again."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from optimizer.errors import Fault, UnsupportedInstance
from optimizer.plan.by_scenario import HEADS, scenario_plan
from optimizer.plan.plan import Plan
from optimizer.program.arrays import Floats
from optimizer.solver.mip_start import decision_values
from optimizer.solver.solution import Options
from optimizer.uncertainty.programs import ScenarioPrograms
from optimizer.uncertainty.stochastic_program import OWN
from optimizer.uncertainty.subproblems import FIXED, Answer, Subproblem, fixed, solve_subproblem
from optimizer.workers.workers import Workers


def start_values(programs: ScenarioPrograms, plan: Plan) -> list[Floats]:
    """Return the values of each scenario's columns from the decisions of a plan of the same scenarios.

    Parameters
    ----------
    programs : ScenarioPrograms
        The scenarios to plan.
    plan : Plan
        Any plan under uncertainty with scenarios of the same names; decisions that are impossible here are left out.

    Raises
    ------
    UnsupportedInstance
        If the plan is one of one future, or lacks a scenario.
    """
    lacking = [one.name for one in programs.tree.scenarios if one.name not in plan.head.get(HEADS, {})]
    if lacking:
        problem = f"the plan to start from does not have scenario {lacking[0]!r}; start from a plan of these scenarios."
        raise UnsupportedInstance([Fault("scenarios", problem=problem)], f"plan of {plan.instance.head.name!r}")
    found = [
        decision_values(program, arrays, scenario_plan(plan, scenario.name))
        for scenario, program, arrays in zip(programs.tree.scenarios, programs.programs, programs.arrays, strict=True)
    ]
    shared = np.full(programs.stochastic.decision_count, np.inf)  # what all scenarios of a node allow
    for values, of_columns in zip(found, programs.sharing.ids, strict=True):
        used = of_columns != OWN
        np.minimum.at(shared, of_columns[used], values[used])
    for values, of_columns in zip(found, programs.sharing.ids, strict=True):
        used = of_columns != OWN
        values[used] = shared[of_columns[used]]
    return found


def completed(
    programs: ScenarioPrograms, values: Sequence[Floats], options: Options, workers: Workers
) -> list[Floats] | None:
    """Return values with the same decisions and all else optimised; None if a scenario does not allow them.

    Parameters
    ----------
    programs : ScenarioPrograms
        The scenarios to plan.
    values : sequence of ndarray
        Values of each scenario's columns, of which the integer and the shared ones are fixed.
    options : Options
        With the time limit.
    workers : Workers
        They plan the rest.
    """
    found, tasks, until = list[Floats](), [], time.time() + options.time_limit
    for number, (arrays, x, of_columns) in enumerate(zip(programs.arrays, values, programs.sharing.ids, strict=True)):
        columns = np.flatnonzero(arrays.integer | (of_columns != OWN))
        rest = fixed(arrays, columns, np.where(arrays.integer, np.round(x), x)[columns]).relaxed()
        tasks.append(Subproblem(FIXED, number, rest, 0.0, until, options.seed))

    def note(task: Subproblem, answer: Answer) -> None:
        if answer.values is not None:
            integer = programs.arrays[task.number].integer
            found.append(np.where(integer, np.round(answer.values), answer.values))

    workers.map(solve_subproblem, tasks, note)
    return found if len(found) == len(tasks) else None
