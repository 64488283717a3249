"""Prices of fixed terms: those of the month in which the blocks start, in the plan and in its audit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.tiny import paid, solved, tiny

# Ten accelerators for two months, at 100 a month if they start in the first month, at 200 and 300 in the next two.
PRICES = [{"item": "lease", "month": t, "price": 100 * (t + 1)} for t in (1, 2)]
LEASE: dict[str, Any] = {"price": 100, "term_months": 2}


@pytest.mark.parametrize(
    ("start", "payments"),
    [(0, {0: 100, 1: 100}), (1, {1: 200, 2: 200}), (2, {2: 300})],
)
def test_a_fixed_term_keeps_the_price_of_its_start(start: int, payments: dict[int, float]) -> None:
    """Tests a start in the first month, in the middle and in the last month of three."""
    offer = LEASE | {"earliest": start, "latest": start, "min_blocks": 1}
    demand = [10.0 * (t == start) for t in range(3)]
    plan = solved(tiny(3, {"jobs": demand}, contracts=[offer], prices=PRICES))
    assert paid(plan, "contract") == payments


@pytest.mark.parametrize(("start", "payments"), [(-1, {0: 100}), (2, {2: 300})])
def test_an_agreed_term_has_the_price_of_its_start_or_of_the_first_month(
    start: int, payments: dict[int, float]
) -> None:
    """Tests blocks agreed since the month before the plan, and in its last month."""
    agreed = LEASE | {"earliest": start, "committed_blocks": 1}
    plan = solved(tiny(3, {"jobs": [0]}, contracts=[agreed], prices=PRICES))
    assert paid(plan, "contract") == payments
