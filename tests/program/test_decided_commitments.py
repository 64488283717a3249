"""Spend commitments that were made before the plan: hand-worked optima, and plans that are rolled forward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optimizer
from tests.program.tiny import by_month, decided, frames, paid, solved, tiny
from tests.rolls import remaining

DEAL = {"annual_amount": 1200, "years": 2}
MADE = {"month": -4, "decision": "commit_spend", "item": "deal"}
RATE = {"price": 0.5, "max_accelerators": 10, "commitment": "deal"}  # 50 for an accelerator and month


def test_a_year_that_began_before_the_plan() -> None:
    """Tests that months and payments before the plan count in a year's amount, that the end of the plan cuts it only.

    The year of months -4 to 7 has 1200 - 300, of which 8 x 50 are paid: 500 are short in month 7. The next one counts
    4 of 12 months, 400 - 4 x 50 = 200. Owed at first: 900, 400 and the 800 of the months after the plan.
    """
    plan = solved(tiny(12, {"jobs": [1]}, commitments=[DEAL], on_demand=[RATE], decided=[MADE | {"spent": 300}]))
    assert plan.objective == pytest.approx(12 * 50 + 700)
    assert paid(plan, "shortfall") == {7: 500, 11: 200}
    owed, after = (by_month(plan, "obligations", column) for column in ("owed", "owed_after_horizon"))
    assert owed == {t: 1200 + 900 - 50 * t for t in range(8)} | {t: 1200 - 50 * (t - 8) for t in range(8, 12)}
    assert set(after.values()) == {800}
    assert decided(plan) == []


def test_more_was_spent_than_the_year_asks_for() -> None:
    """Tests that nothing is short in a year whose amount was spent before the plan, and that it does not carry over."""
    made = MADE | {"spent": 1300}
    plan = solved(tiny(9, {"jobs": [1]}, commitments=[DEAL], on_demand=[RATE], decided=[made]))
    assert paid(plan, "shortfall") == {8: 100 - 50}


def test_a_commitment_that_starts_later_in_the_plan() -> None:
    """Tests that one that is signed starts in its month: its rate holds from then on, and it is owed from the first.

    Of the year from month 2 on 4 months lie in the plan: 400 - 4 x 50 = 200 are short. It may not start a second time.
    """
    made = MADE | {"month": -1, "starts": 2}
    plan = solved(tiny(6, {"jobs": [1]}, commitments=[DEAL], on_demand=[RATE], decided=[made]))
    assert plan.objective == pytest.approx(2 * 1000 + 4 * 50 + 200)
    assert by_month(plan, "obligations", "owed")[0] == 2400
    assert decided(plan) == []


@pytest.mark.parametrize(("start", "owed"), [(-24, {}), (6, {0: 2400, 5: 2400})])
def test_a_commitment_outside_of_the_plan(start: int, owed: dict[int, float]) -> None:
    """Tests that one that is over, or starts after the plan, meets `required`, has no rate and costs nothing."""
    made = MADE | {"month": min(start, -1), "starts": start, "spent": None}
    deal = DEAL | {"required": True}
    plan = solved(tiny(6, {"jobs": [1]}, commitments=[deal], on_demand=[RATE], decided=[made]))
    assert plan.objective == pytest.approx(6 * 1000)
    found = by_month(plan, "obligations", "owed")
    assert {t: amount for t, amount in found.items() if t in (0, 5)} == owed


def test_a_commitment_that_has_still_to_start_is_rolled_without_spending() -> None:
    """Tests a start in month 2, which nothing can be spent in before, rolled by a month and by three."""
    made = MADE | {"month": -1, "starts": 2}
    plan = solved(tiny(6, {"jobs": [1]}, commitments=[DEAL], on_demand=[RATE], decided=[made]))
    spent = [optimizer.roll(plan, months).instance.rows["decided"][0].spent for months in (1, 3)]
    assert spent == [None, 50]


def _market(seed: int) -> dict[str, Any]:
    """Frames of a provider with spend commitments, on-demand rates and a contract, drawn at random."""
    rng = np.random.default_rng(seed)
    deals = [
        {
            "commitment": name,
            "provider": "cloud",
            "annual_amount": float(rng.integers(10, 60) * 100),
            "years": int(rng.integers(1, 3)),
            "earliest": first,
            "required": bool(rng.random() < 0.5),
        }
        for name, first in (("deal", 0), ("more", int(rng.integers(0, 6))))
    ]
    offers = [
        {"offer": "cheap", "price": float(rng.integers(3, 7)) / 10, "max_accelerators": 9, "commitment": "deal"},
        {"offer": "less", "price": float(rng.integers(3, 7)) / 10, "max_accelerators": 9, "commitment": "more"},
        {"offer": "open", "price": 1.5, "max_accelerators": 20},
    ]
    return frames(
        17,
        {"jobs": [int(amount) for amount in rng.integers(2, 25, 17)]},
        head={"discount_rate": 0.2},
        commitments=deals,
        on_demand=offers,
    )


@pytest.mark.parametrize("seed", range(4))
def test_rolling_forward_gains_and_loses_nothing(seed: int) -> None:
    """Tests that what is left of a plan is the optimum of the instance months later, in one step and in two."""
    given = _market(seed)
    plan = solved(optimizer.read(given))
    then = solved(optimizer.roll(plan, 3).instance)
    assert then.objective == pytest.approx(remaining(plan, 3), rel=1e-6)
    assert solved(optimizer.roll(then, 2).instance).objective == pytest.approx(remaining(then, 2), rel=1e-6)
    for months in (5, 14):
        later = solved(optimizer.roll(plan, months).instance)
        assert later.objective == pytest.approx(remaining(plan, months), rel=1e-6)
