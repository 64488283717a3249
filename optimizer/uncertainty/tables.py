"""The tables of a plan under uncertainty that have no counterpart in a plan of one future: scenarios and nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.plan.by_scenario import EVERY, SEPARATOR
from optimizer.plan.plan import Plan
from optimizer.plan.tables import SCENARIO, make_table
from optimizer.program.arrays import Floats
from optimizer.uncertainty.tree import Node, Tree

_ROUNDING = 1e-9  # of a cost


def scenario_table(tree: Tree, plans: Mapping[str, Plan], alone_costs: Floats, alone_bounds: Floats) -> pd.DataFrame:
    """Return what each scenario is and costs.

    Parameters
    ----------
    tree : Tree
        Scenarios.
    plans : mapping of str to Plan
        Plan of each.
    alone_costs, alone_bounds : ndarray
        Cost of the best known plan for each scenario alone, NaN where none is known; and what none can be below.
    """
    costs = np.array([plans[one.name].objective for one in tree.scenarios])
    regret = costs - alone_bounds
    data = {
        SCENARIO: [one.name for one in tree.scenarios],
        "probability": tree.probabilities,
        "changes": [one.title for one in tree.scenarios],
        "cost": costs,
        "alone_cost": alone_costs,
        "alone_bound": alone_bounds,
        "regret": np.where(np.abs(regret) <= _ROUNDING * np.abs(costs), 0.0, regret),
        "committed_now": [_committed(plans[one.name], tree.first_branching) for one in tree.scenarios],
        "unserved_share": [plans[one.name].head["headline"]["unserved_share"] for one in tree.scenarios],
    }
    return make_table("scenarios", data)


def _committed(plan: Plan, until: int) -> float:
    """Return the money that the decisions of before a month commit to."""
    rows = plan.tables["decisions"]
    early = np.array([plan.instance.month_index(month) < until for month in rows["month"]], dtype=bool)
    return float(rows["committed_cost"].to_numpy(dtype=float)[early].sum())


def node_table(tree: Tree, instance: Instance) -> pd.DataFrame:
    """Return the nodes of a tree: from when, which scenarios, how likely, and what became known."""
    return make_table("nodes", [_node(tree, node, instance) for node in tree.nodes])


def _node(tree: Tree, node: Node, instance: Instance) -> tuple[Any, ...]:
    parent = "" if node.parent is None else str(node.parent + 1)
    month, names = instance.label(node.month), names_text(tree, node.members)
    return str(node.number + 1), month, names, tree.probability(node), parent, _became_known(tree, node)


def names_text(tree: Tree, places: Sequence[int]) -> str:
    """Names of the scenarios at some places, ``*`` if they are all."""
    every = len(places) == len(tree.scenarios)
    return EVERY if every else SEPARATOR.join(tree.scenarios[place].name for place in places)


def _became_known(tree: Tree, node: Node) -> str:
    """Outcomes that the members share, and that their siblings do not all have."""
    mates = range(len(tree.scenarios)) if node.parent is None else tree.nodes[node.parent].members
    mine = [tree.scenarios[place].outcomes for place in node.members]
    others = [tree.scenarios[place].outcomes for place in mates if place not in node.members]
    found = []
    for risk, first in enumerate(mine[0]):
        if all(one[risk].name == first.name for one in mine) and any(one[risk].name != first.name for one in others):
            found.append(f"{first.risk}: {first.name}" if first.risk else first.name)
    return SEPARATOR.join(found)
