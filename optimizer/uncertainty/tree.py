"""The scenario tree: which scenarios are distinguished in which month, and the decisions that they share until then.

Scenarios that are not distinguished in a month are one node, and take the decisions of that month together. A decision
is the same if it is about the same item, of the same kind, and taken in the same month: where lead times differ between
scenarios, the same order arrives in different months.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.instance.scenario import Outcome, Scenario

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Node:
    """Scenarios that are not distinguished, from the month on in which they first are from all others.

    Attributes
    ----------
    number : int
        Place among the nodes of the tree.
    month : int
        First month in which exactly these scenarios are one node.
    members : tuple of int
        Places of the scenarios, ascending.
    parent : int or None
        Node of the month before that they were part of; None in the first month.
    """

    number: int
    month: int
    members: tuple[int, ...]
    parent: int | None


@dataclass(frozen=True)
class Tree:
    """Scenarios and what is known of them in each month.

    Attributes
    ----------
    scenarios : tuple of Scenario
        Scenarios.
    nodes : tuple of Node
        Nodes in the order of their months; a parent comes before its children.
    node_of : ndarray of int
        Number of the node of each scenario (row) in each month of the plan (column).
    """

    scenarios: tuple[Scenario, ...]
    nodes: tuple[Node, ...]
    node_of: Ints

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """Probability of each scenario."""
        return np.array([scenario.probability for scenario in self.scenarios])

    @cached_property
    def first_branching(self) -> int:
        """First month in which scenarios are distinguished; the number of months if there is none."""
        apart = (self.node_of != self.node_of[0]).any(axis=0)
        return int(apart.argmax()) if apart.any() else len(apart)

    def probability(self, node: Node) -> float:
        """Probability that a node is reached."""
        return float(self.probabilities[list(node.members)].sum())


def make_tree(scenarios: Sequence[Scenario], months: int) -> Tree:
    """Return the tree of scenarios over the months of a plan.

    Two scenarios are distinguished in a month if a risk has different outcomes in them of which at least one is known
    in that month or before.
    """
    nodes: list[Node] = []
    node_of = np.zeros((len(scenarios), months), dtype=np.int64)
    latest: dict[tuple[int, ...], int] = {}
    for t in range(months):
        classes = _classes([_known(scenario.outcomes, t) for scenario in scenarios])
        for members in classes:
            if members not in latest:
                parent = int(node_of[members[0], t - 1]) if t else None
                latest[members] = len(nodes)
                nodes.append(Node(len(nodes), t, members, parent))
            node_of[list(members), t] = latest[members]
    return Tree(tuple(scenarios), tuple(nodes), node_of)


def _known(outcomes: Iterable[Outcome], t: int) -> tuple[str | None, ...]:
    """What is known of each risk in a month: its outcome, or None as long as it may be another or as planned."""
    return tuple(one.name if one.known is not None and one.known <= t else None for one in outcomes)


def _classes(marks: Sequence[tuple[str | None, ...]]) -> list[tuple[int, ...]]:
    """Places of equal marks, by the first place."""
    found: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for place, mark in enumerate(marks):
        found[mark].append(place)
    return [tuple(places) for places in found.values()]


# ---------------------------------------------------------------- shared decisions
class Decision(NamedTuple):
    """What a column of a scenario's program decides.

    Attributes
    ----------
    family : str
        Family of the column.
    item : tuple
        What is decided on: its name; of a training run, pool and size too.
    month : int
        Month in which the decision is taken.
    is_given : bool
        Whether it follows from other decisions of the same node, so that a program may lack it.
    """

    family: str
    item: tuple[str | float, ...]
    month: int
    is_given: bool = False


@dataclass(frozen=True)
class Sharing:
    """Columns that scenarios share.

    Attributes
    ----------
    ids : tuple of ndarray of int
        For each scenario the number of the shared decision of each of its columns, -1 where a column is its own.
    closed : tuple of ndarray of bool
        For each scenario the columns of decisions that another scenario of their node does not allow: fixed at 0.
    decisions : tuple of (Decision, int)
        Decision and node, by number.
    """

    ids: tuple[Ints, ...]
    closed: tuple[Mask, ...]
    decisions: tuple[tuple[Decision, int], ...]


def share(tree: Tree, decisions: Sequence[Mapping[int, Decision]], sizes: Sequence[int]) -> Sharing:
    """Return which columns are one decision: those of the same decision in scenarios that are one node in its month.

    Parameters
    ----------
    tree : Tree
        Scenarios and their nodes.
    decisions : sequence of mapping of int to Decision
        For each scenario, what its columns decide, by their numbers.
    sizes : sequence of int
        Columns of the program of each scenario.
    """
    ids = tuple(np.full(size, -1, dtype=np.int64) for size in sizes)
    closed = tuple(np.zeros(size, dtype=bool) for size in sizes)
    found: dict[tuple[Decision, int], list[tuple[int, int]]] = defaultdict(list)
    for scenario, columns in enumerate(decisions):
        for column, decision in columns.items():
            found[decision, int(tree.node_of[scenario, decision.month])].append((scenario, column))
    shared: list[tuple[Decision, int]] = []
    for (decision, node), places in found.items():
        if len(places) == len(tree.nodes[node].members):
            if len(places) > 1:
                for scenario, column in places:
                    ids[scenario][column] = len(shared)
                shared.append((decision, node))
        elif not decision.is_given:
            for scenario, column in places:
                closed[scenario][column] = True
    return Sharing(ids, closed, tuple(shared))
