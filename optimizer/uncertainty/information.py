"""What it would save to know the outcome of one risk from the first month on, and nothing else any sooner."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.instance.scenario import Scenario
from optimizer.plan.tables import make_table
from optimizer.solver.solution import Options, Stop
from optimizer.uncertainty.alone import Alone
from optimizer.uncertainty.programs import ScenarioPrograms
from optimizer.uncertainty.solve_stochastic import solve_stochastic
from optimizer.uncertainty.stochastic_program import RiskMeasure
from optimizer.uncertainty.tree import Tree, make_tree
from optimizer.workers.workers import Workers


def information_table(
    programs: ScenarioPrograms,
    plan: tuple[float, float | None],
    best: Alone,
    risk: RiskMeasure,
    options: Options,
    workers: Workers,
) -> pd.DataFrame:
    """Return for each risk what a plan that knows its outcome from the first month on saves, as far as it is proven.

    Parameters
    ----------
    programs : ScenarioPrograms
        Scenarios and their programs.
    plan : tuple of float
        Objective and bound of the plan, in money. It is a plan too for those who know more.
    best : Alone
        Best plans of the scenarios alone, which know all risks.
    risk : RiskMeasure
        What is minimised.
    options : Options
        Gap of each search, and the time for all of them together.
    workers : Workers
        They solve the subproblems.
    """
    until, chances = time.monotonic() + options.time_limit, programs.tree.probabilities
    everything = tuple(risk.value(costs, chances) for costs in (best.costs, best.bounds))
    unknown = [place for place in range(len(programs.tree.scenarios[0].outcomes)) if _is_unknown(programs.tree, place)]
    rows = []
    for number, place in enumerate(unknown):
        cost, bound = everything if len(unknown) == 1 else (np.inf, everything[1])
        seconds = max((until - time.monotonic()) / (len(unknown) - number), 0.0)
        if len(unknown) > 1 and seconds > 0:
            known = programs.with_tree(_known_first(programs.tree, place))
            found = solve_stochastic(known.stochastic, risk, replace(options, time_limit=seconds), workers)
            cost, bound = found.objective, np.fmax(bound, found.bound)
            until = 0.0 if found.stop is Stop.INTERRUPTED else until
        name = programs.tree.scenarios[0].outcomes[place].risk
        rows.append((name, *_values(plan, float(cost) * programs.money, float(bound) * programs.money)))
    return make_table("information", rows)


def _values(plan: tuple[float, float | None], cost: float, bound: float) -> tuple[float, ...]:
    """Return the interval of what is saved, and cost and bound with the risk known; NaN where nothing is proven."""
    objective, proven = plan
    cost = float(np.fmin(cost, objective))
    bound = bound if np.isfinite(bound) else np.nan
    return (np.nan if proven is None else proven) - cost, objective - bound, cost, bound


def _is_unknown(tree: Tree, place: int) -> bool:
    """Return whether a risk has outcomes that cannot be distinguished in the first month."""
    known = _known_first(tree, place)
    is_named = bool(tree.scenarios[0].outcomes[place].risk)  # which the rows of a table of scenarios are not
    return is_named and not np.array_equal(known.node_of[:, 0], tree.node_of[:, 0])


def _known_first(tree: Tree, place: int) -> Tree:
    """Return a tree in which the outcomes of a risk are known in the first month."""
    return make_tree([_with_outcome_known(one, place) for one in tree.scenarios], tree.node_of.shape[1])


def _with_outcome_known(scenario: Scenario, place: int) -> Scenario:
    outcomes = list(scenario.outcomes)
    outcomes[place] = replace(outcomes[place], known=0)
    return replace(scenario, outcomes=tuple(outcomes))
