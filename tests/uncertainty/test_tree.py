"""The scenario tree: nodes by what is known, and the columns that scenarios share until they are distinguished."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.instance.scenario import AS_PLANNED, Outcome, Scenario
from optimizer.uncertainty.tree import Decision, Tree, make_tree, share
from tests.program.tiny import tiny

Known = tuple[str, int | None]  # an outcome, and the month in which it is known
BASE = tiny(1, {"jobs": [1]}, fleet=[{"count": 1}])


def tree_of(*futures: dict[str, Known], months: int = 6) -> Tree:
    """Tree of equally likely scenarios, each given by the outcome of every risk and the month in which it is known."""
    named = [tuple(Outcome(risk, *found) for risk, found in future.items()) for future in futures]
    share_each = 1 / len(futures)
    return make_tree([Scenario(f"s{i}", share_each, "", one, BASE) for i, one in enumerate(named)], months)


def members(tree: Tree) -> list[tuple[int, tuple[int, ...], int | None]]:
    """Month, scenarios and parent of each node."""
    return [(node.month, node.members, node.parent) for node in tree.nodes]


def test_as_planned_is_known_when_all_else_is_ruled_out() -> None:
    """Tests a risk with an outcome known in month 2 and one known in month 4: what comes last is as planned."""
    tree = tree_of({"slip": ("short", 2)}, {"slip": ("long", 4)}, {"slip": (AS_PLANNED, None)})
    assert members(tree) == [
        (0, (0, 1, 2), None),
        (2, (0,), 0),
        (2, (1, 2), 0),
        (4, (1,), 2),
        (4, (2,), 2),
    ]
    assert tree.node_of.tolist() == [[0, 0, 1, 1, 1, 1], [0, 0, 2, 2, 3, 3], [0, 0, 2, 2, 4, 4]]
    assert tree.probability(tree.nodes[2]) == pytest.approx(2 / 3)


def test_what_was_known_before_the_plan_is_known_in_its_first_month() -> None:
    """Tests that scenarios distinguished before the plan, or in its first month, are never one node."""
    assert members(tree_of({"a": ("x", -3)}, {"a": ("y", 0)})) == [(0, (0,), None), (0, (1,), None)]


def test_two_risks_split_one_after_the_other() -> None:
    """Tests that the product of two risks splits by each in its month, and never merges."""
    fine: Known = (AS_PLANNED, None)
    first, second = [("bad", 1), fine], [("bad", 3), fine]
    tree = tree_of(*({"a": a, "b": b} for a in first for b in second), months=4)
    assert [node.members for node in tree.nodes] == [(0, 1, 2, 3), (0, 1), (2, 3), (0,), (1,), (2,), (3,)]
    assert [node.parent for node in tree.nodes] == [None, 0, 0, 1, 1, 2, 2]


def test_columns_of_one_decision_are_shared_within_a_node() -> None:
    """Tests that a decision is shared by its month, and is closed where a scenario of its node lacks it."""
    tree = tree_of({"slip": ("late", 1)}, {"slip": (AS_PLANNED, None)}, months=2)
    order = [Decision("ordered", ("hall",), t) for t in range(2)]
    given = Decision("built", ("hall",), 0, is_given=True)
    only = Decision("started", ("lease",), 0)
    sharing = share(tree, [{0: order[0], 2: order[1], 3: given}, {1: order[0], 2: order[1], 4: only}], (5, 6))
    assert [ids.tolist() for ids in sharing.ids] == [[0, -1, -1, -1, -1], [-1, 0, -1, -1, -1, -1]]
    assert [np.flatnonzero(mask).tolist() for mask in sharing.closed] == [[], [4]]
    assert sharing.decisions == ((order[0], 0),)


def test_names_that_begin_alike_stay_apart() -> None:
    """Tests that ``p1`` and ``p10`` are two items."""
    tree = tree_of({"a": ("x", None)}, {"a": ("y", None)})
    items = {i: Decision("bought", (name,), 0) for i, name in enumerate(("p1", "p10"))}
    sharing = share(tree, [items, {1: items[0], 0: items[1]}], (2, 2))
    assert [ids.tolist() for ids in sharing.ids] == [[0, 1], [1, 0]]
