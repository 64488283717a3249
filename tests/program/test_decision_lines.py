"""Decisions of the plan written by hand, month by month, with the money that a block counts, and changes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.program.decision_distance import Line, average_weight, lines_of
from optimizer.program.distance_network import Change, DistanceNetwork
from optimizer.solver.highs import Model
from optimizer.solver.solution import Options
from tests.auditing.by_hand import INSTANCE, by_hand
from tests.auditing.tampering import change, pick
from tests.program.tiny import tiny

# What a block binds: firm 5 at signature, half of 50 and twice 50; space 3 and twice 10. The hand-back of the lease 1.5
# x 120, that of the outlet 0.5 x 60, but a month's price of 60 at least. A lot 10 x 24; 2 MW 6 million; a year 1200.
TAKEN: dict[tuple[str, str, str], tuple[int, float]] = {
    ("sign", "firm", ""): (0, 130),
    ("lease_out", "space", ""): (0, 23),
    ("buy", "buy", ""): (1, 240),
    ("commit_spend", "deal", ""): (2, 1200),
    ("hand_back", "lease", ""): (2, 180),
    ("order_build", "wing", ""): (3, 6e6),
    ("take_back", "let", ""): (3, 60),
    ("start_run", "big", "lease"): (4, 0),
}
AVERAGE = sum(weight for _, weight in TAKEN.values()) / 8


def _lines(instance: Instance, plan: Plan) -> tuple[dict[tuple[str, str, str], Line], list[Any]]:
    lines, lost = lines_of(optimizer.build(instance), plan)
    mine = [one for one in lines if one.before.any()]
    return {(one.decision, one.item, one.pool): one for one in mine}, lost


def _blocks(line: Line) -> dict[int, float]:
    """Blocks of the earlier plan by month."""
    return {line.first + int(at): float(line.before[at]) for at in np.flatnonzero(line.before)}


def test_what_the_plan_has() -> None:
    """Tests month and money of each decision; one that binds no money counts a thousandth of the average."""
    found, lost = _lines(INSTANCE, by_hand())
    assert (set(found), lost) == (set(TAKEN), [])
    for key, (month, weight) in TAKEN.items():
        assert _blocks(found[key]) == {month: 1.0}
        assert found[key].weight.tolist() == pytest.approx([max(weight, AVERAGE / 1000)] * len(found[key].weight))
        assert not found[key].open.any()
    assert average_weight(list(found.values())) >= AVERAGE


def test_months_are_those_of_the_program() -> None:
    """Tests an instance that starts two months later: what was decided before is left out, the rest comes earlier."""
    wing = {"mw_per_block": 2, "capex_per_mw": 3e6, "max_blocks": 3}
    given: dict[str, Any] = {"builds": [wing], "commitments": [{"annual_amount": 1200}]}
    later = tiny(6, {"jobs": [1]}, head={"start": "2030-03"}, on_demand=[{"price": 1, "max_accelerators": 9}], **given)
    found, lost = _lines(later, by_hand())
    assert {key[1]: _blocks(line) for key, line in found.items()} == {"deal": {0: 1.0}, "wing": {1: 1.0}}
    assert {one.item: one.reason for one in lost} == dict.fromkeys(("lease", "let", "big"), "does not exist any more")
    line = found["order_build", "wing", ""]
    # The plan covers four of the six months: an order in the last two changes nothing of it.
    months = [line.first + at for at in range(len(line.before))]
    assert months == [0, 1, 2, 3, 4, 5]
    assert line.open.tolist() == [False] * 4 + [True] * 2
    assert line.addition.tolist() == [6e6] * 4 + [0.0] * 2


@pytest.mark.parametrize(
    ("cells", "item", "reason"),
    [
        ({"item": "nobody"}, "nobody", "does not exist any more"),
        ({"month": "2030-07"}, "firm", "lies after the plan"),
        ({"item": "lease"}, "lease", "cannot be decided on any more"),  # its blocks are agreed
    ],
)
def test_what_cannot_be_decided_any_more(cells: dict[str, str], item: str, reason: str) -> None:
    """Tests a signature of something unknown, of a month after the plan, and of what is agreed."""
    plan = change(by_hand(), "decisions", pick(by_hand(), "decisions", item="firm"), **cells)
    _, lost = _lines(INSTANCE, plan)
    assert [(one.decision, one.item, one.month, one.blocks, one.reason) for one in lost] == [
        ("sign", item, cells.get("month", "2030-01"), 1.0, reason)
    ]


def _line(before: list[float], **changed: Any) -> Line:
    """Decisions from month 3 on, of which a block binds 24; columns in order."""
    count = len(before)
    weight, none = np.full(count, 24.0), np.zeros(count, dtype=bool)
    found = Line("sign", "lease", "", 3, np.array(before, dtype=float), weight, none, np.arange(count))
    return replace(found, **changed)


def _changes(line: Line, after: list[float]) -> list[Change]:
    network, values = DistanceNetwork([line]), np.array(after, dtype=float)
    solution = Model(network.alone(values)).solve(Options(gap=0.0, threads=1))
    assert solution.values is not None
    found = network.changes(values, solution.values)
    assert solution.bound * network.unit == pytest.approx(sum(one.counts for one in found), abs=1e-6)
    return found


def _change(kind: str, a: int | None, b: int | None, blocks: float, counts: float) -> Change:
    near: Any = pytest.approx
    return Change(kind, "sign", "lease", "", a, b, near(blocks), near(counts))


CHANGES: list[tuple[list[float], list[float], list[Change]]] = [
    ([1, 0, 0], [1, 0, 0], []),
    ([2, 0, 0], [0, 0, 0], [_change("dropped", 3, None, 2, 48)]),
    ([1, 0, 0], [1, 0, 3], [_change("added", None, 5, 3, 72)]),
    # A twelfth of 24 for each block and month.
    ([2, 0, 0], [0, 0, 2], [_change("moved", 3, 5, 2, 8)]),
    ([0, 0, 2], [0, 2, 0], [_change("moved", 5, 4, 2, 4)]),
    ([2, 0, 0], [1, 1, 0], [_change("moved", 3, 4, 1, 2)]),
    ([1, 1, 0], [0, 1, 1], [_change("moved", 3, 4, 1, 2), _change("moved", 4, 5, 1, 2)]),
    ([3, 0, 0], [0, 1, 0], [_change("dropped", 3, None, 2, 48), _change("moved", 3, 4, 1, 2)]),
]


@pytest.mark.parametrize(("before", "after", "changes"), CHANGES)
def test_changes_of_a_line(before: list[float], after: list[float], changes: list[Change]) -> None:
    """Tests blocks that are dropped, added and moved in either direction, by month of the plan."""
    assert _changes(_line(before), after) == changes


def test_a_line_that_the_earlier_plan_has_not() -> None:
    """Tests that each block counts what it binds where it is added, and nothing in months without the plan."""
    line = _line([0, 0, 0], weight=np.array([24.0, 30.0, 40.0]), open=np.array([False, False, True]))
    assert _changes_of_others(line, [0, 2, 5]) == [_change("added", None, 4, 2, 60)]


def _changes_of_others(line: Line, after: list[float]) -> list[Change]:
    return DistanceNetwork([line]).changes(np.array(after, dtype=float), np.zeros(0))


def test_the_average_of_what_blocks_count() -> None:
    """Tests 2 x 24 and 1 x 60: 36; without blocks the mean of 24 and 60; without money 1."""
    one, other = _line([2, 0]), _line([0, 1], weight=np.array([60.0, 60.0]))
    assert average_weight([one, other]) == 36
    without = [replace(line, before=np.zeros(2)) for line in (one, other, replace(one, weight=np.zeros(2)))]
    assert average_weight(without) == 42
    assert average_weight(without[2:]) == 1
