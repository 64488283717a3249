"""Extract a plan under uncertainty from the values of its columns: a plan for each scenario, put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import is_drawn
from optimizer.plan.by_scenario import HEADS, combined_tables
from optimizer.plan.plan import Plan
from optimizer.program.arrays import Floats
from optimizer.program.gc_control import collector_paused
from optimizer.solver import engines
from optimizer.solver.bound import PRECISION, bound_below
from optimizer.solver.solution import Options, Solution, SolutionStatus
from optimizer.solving.clock import Clock
from optimizer.solving.solve import cost_with_gap, extract_plan
from optimizer.uncertainty.alone import Alone
from optimizer.uncertainty.base_plan import FixedPlan, value_of_planning
from optimizer.uncertainty.incumbent import StochasticSolution
from optimizer.uncertainty.programs import ScenarioPrograms
from optimizer.uncertainty.robustness import robustness_table
from optimizer.uncertainty.stochastic_program import RiskMeasure, conditional_value_at_risk
from optimizer.uncertainty.tables import node_table, scenario_table

_PENNY = 1e-9  # of all money that moves


def plan_of_scenarios(
    instance: Instance,
    programs: ScenarioPrograms,
    solution: StochasticSolution,
    values: Sequence[Floats],
    compared: tuple[Alone, FixedPlan],
    options: Options,
    clock: Clock,
) -> Plan:
    """Return the plan of a solution: extracted for each scenario and put together, not audited yet."""
    best, fixed_plan = compared
    with collector_paused(), clock.phase("extract"):
        plans = _plans(programs, solution, values, options)
        money = programs.money
        bounds = np.where(np.isfinite(best.bounds), best.bounds * money, np.nan)
        tables = _tables(instance, programs, plans, best.costs * money, bounds)
        tables["robustness"] = robustness_table(programs, plans, best)
        head = _head(instance, programs, plans, solution, tables["scenarios"], options)
        head["vss"] = value_of_planning(fixed_plan, head["objective"], head["bound"])
    return Plan(head, tables, instance)


def _plans(
    programs: ScenarioPrograms, solution: StochasticSolution, values: Sequence[Floats], options: Options
) -> dict[str, Plan]:
    """Return the plan of each scenario, not audited yet."""
    status = SolutionStatus.FEASIBLE
    found = {}
    for scenario, program, arrays, x in zip(
        programs.tree.scenarios, programs.programs, programs.arrays, values, strict=True
    ):
        one = Solution(solution.stop, status, x[: len(arrays.cost)])
        found[scenario.name] = extract_plan(program, arrays, one, options, Clock())[0]
    return found


def _tables(
    instance: Instance, programs: ScenarioPrograms, plans: dict[str, Plan], costs: Floats, bounds: Floats
) -> dict[str, Any]:
    tree, names = programs.tree, list(plans)

    def members(scenario: str, month: int) -> list[str]:
        node = tree.nodes[int(tree.node_of[names.index(scenario), month])]
        return [names[place] for place in node.members]

    return {
        **combined_tables(plans, members),
        "scenarios": scenario_table(tree, plans, costs, bounds),
        "nodes": node_table(tree, instance),
    }


def _head(
    instance: Instance,
    programs: ScenarioPrograms,
    plans: dict[str, Plan],
    solution: StochasticSolution,
    table: pd.DataFrame,
    options: Options,
) -> dict[str, Any]:
    """Return the content of plan.json, without seconds and audit."""
    head, chances = instance.head, programs.tree.probabilities
    costs = np.array([plan.objective for plan in plans.values()])
    best = tuple(table["alone_bound"].tolist()) if head.risk_measure == "regret" else ()
    risk = RiskMeasure(head.risk_measure, head.risk_level, head.risk_weight, best)
    objective = risk.value(costs, chances)
    turnover = max(float(np.abs(plan.tables["cash"]["present_value"]).sum()) for plan in plans.values())
    bound = bound_below(objective, solution.bound * programs.money, turnover, head.currency)
    cost = cost_with_gap(objective, bound)
    allowed = max(options.gap, PRECISION) * abs(objective) + _PENNY * turnover
    within = cost.bound is not None and objective - cost.bound <= allowed
    one = next(iter(plans.values())).head
    sizes = [arrays.size for arrays in programs.arrays]
    return {
        **one,
        "instance": {"name": head.name, "title": head.title, "hash": instance.hash, "currency": head.currency},
        "status": "optimal" if within else "feasible",
        "objective": objective,
        "bound": cost.bound,
        "gap": cost.gap,
        "expected_cost": float(chances @ costs),
        "worst_cost": float(costs.max()),
        "cvar": conditional_value_at_risk(costs, chances, head.risk_level),
        "evpi": _value_of_information(risk, objective, cost.bound, table),
        "risk": {"measure": head.risk_measure, "weight": head.risk_weight, "level": head.risk_level},
        "size": {key: sum(size[key] for size in sizes) for key in sizes[0]},
        "solver": {"name": engines.name(options), "rounds": solution.rounds},
        "warnings": [*(str(warning) for warning in instance.warnings), *_drawn(instance, len(plans))],
        "headline": {"scenarios": len(plans), "nodes": len(programs.tree.nodes), "drawn": is_drawn(instance)},
        HEADS: {name: plan.head for name, plan in plans.items()},
    }


def _value_of_information(
    risk: RiskMeasure, objective: float, bound: float | None, table: pd.DataFrame
) -> dict[str, float | None]:
    """Return between what the expected value of perfect information is proven to be; None where nothing is.

    It is the plan's objective less that of the scenarios' own best plans, each known from the first month on.
    """
    known = {name: table[f"alone_{name}"].to_numpy(dtype=float) for name in ("cost", "bound")}
    chances = table["probability"].to_numpy(dtype=float)
    value = {name: risk.value(costs, chances) if np.isfinite(costs).all() else None for name, costs in known.items()}
    least = None if bound is None or value["cost"] is None else bound - value["cost"]
    return {"at_least": least, "at_most": None if value["bound"] is None else objective - value["bound"]}


def _drawn(instance: Instance, count: int) -> list[str]:
    if not is_drawn(instance):
        return []
    return [f"the combinations of risks are more than max_scenarios: {count} different ones were drawn at random"]
