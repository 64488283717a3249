"""What the head of the plan written by hand says of an earlier plan that it stays near."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.plan.plan import Plan
from tests.auditing.by_hand import by_hand
from tests.auditing.tampering import named, violations, with_head

COST = by_hand().objective
BEST = COST - 1000.0  # the best plan costs 1000 less, which is proven
# Two changes count 5 and 3; a distance of 6 is proven. A thousandth of the best cost, about 2 million, may be more.
NEAR: dict[str, Any] = {
    "within": 0.001,
    "best_cost": BEST,
    "cost_limit": 1.001 * BEST,
    "cost_of_stability": 1000.0,
    "distance": 8.0,
    "distance_bound": 6.0,
    "distance_gap": 0.25,
    "changes": [{"counts": 5.0}, {"counts": 3.0}],
}


def _near(status: str = "optimal", target: float = 0.25, bound: float = BEST, **changes: Any) -> Plan:
    proof = {"bound": bound, "headline__bound": bound, "headline__gap_money": COST - bound}
    near = {"near": {**NEAR, **changes}}
    return with_head(by_hand(), status=status, options__gap=target, gap=(COST - bound) / COST, **proof, **near)


def test_the_figures_fit() -> None:
    """Tests the head as it is, and that the best plan costs more than its gap leaves open."""
    assert BEST > 1_500_000
    assert named(_near()) == set()


@pytest.mark.parametrize(
    ("changes", "items"),
    [
        ({"within": 0.00101}, {"cost_limit"}),
        ({"within": -0.001}, {"cost_limit", "within"}),
        ({"within": 0.0, "cost_limit": BEST}, {"cost_limit"}),  # which the plan passes by 1000
        ({"cost_limit": 1.001 * BEST + 1}, {"cost_limit"}),
        ({"cost_limit": 1.001 * BEST - 1}, {"cost_limit"}),
        ({"cost_of_stability": 1001.0}, {"cost_of_stability"}),
        ({"cost_of_stability": -1000.0}, {"cost_of_stability"}),
        ({"best_cost": BEST + 1}, {"cost_limit", "cost_of_stability"}),
        ({"distance": 8.0001, "distance_gap": 2.0001 / 8.0001}, {"distance"}),
        ({"changes": [{"counts": 5.0}]}, {"distance"}),
        ({"changes": [{"counts": 5.0}, {"counts": 3.0}, "more"]}, set()),
        ({"changes": [{"counts": 8.0}, {"counts": "much"}]}, set()),
        ({"changes": "many"}, {"distance"}),
        ({"distance_gap": 0.2500001}, set()),
        ({"distance_gap": 0.25001}, {"distance_gap"}),
        ({"distance_gap": 0.24999}, {"distance_gap"}),
        ({"distance_bound": -2.0, "distance_gap": 1.25}, {"distance_bound"}),
        ({"distance_bound": 9.0, "distance_gap": -0.125}, {"distance_bound"}),
        *(({key: wrong}, {key}) for key in NEAR if key != "changes" for wrong in ("1", None)),
    ],
)
def test_every_figure_follows_from_the_others(changes: dict[str, Any], items: set[str]) -> None:
    """Tests each figure on both sides, and figures that are missing."""
    status = "optimal" if (changes.get("distance_bound", 6.0)) != -2.0 else "feasible"
    found = {item for rule, item, _ in named(_near(status, **changes)) if rule == "near"}
    assert found == {f"near.{item}" for item in items}


def test_a_plan_that_is_as_near_as_can_be() -> None:
    """Tests that there is no gap where nothing changes."""
    nothing: dict[str, Any] = {"changes": [], "distance": 0.0, "distance_bound": 0.0}
    assert named(_near(target=0.0, distance_gap=0.0, **nothing)) == set()
    assert named(_near(target=0.0, distance_gap=1.0, **nothing)) == {("near", "near.distance_gap", "")}


def test_a_bound_is_no_higher_than_the_best_cost() -> None:
    """Tests a bound between the best cost and that of the plan."""
    (found,) = violations(_near(bound=BEST + 500))
    assert (found.rule, found.item) == ("near", "near.best_cost")


@pytest.mark.parametrize(
    ("target", "bound", "right"),
    [
        (0.25, BEST, "optimal"),
        (0.249, BEST, "feasible"),  # 2 of the distance of 8 are not proven
        (0.25, 0.76 * BEST, "optimal"),
        (0.25, 0.74 * BEST, "feasible"),  # a quarter of the best cost is not proven
    ],
)
def test_both_gaps_decide_on_the_status(target: float, bound: float, right: str) -> None:
    """Tests the gap of the best plan, and that of the distance, on both sides of the target."""
    wrong = "feasible" if right == "optimal" else "optimal"
    assert named(_near(right, target, bound)) == set()
    (found,) = violations(_near(wrong, target, bound))
    assert (found.rule, found.allowed) == ("status", f"{right} expected")
