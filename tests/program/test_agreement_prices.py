"""Prices of terms month by month, worked out by hand: the program and the audit agree on them."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.auditing.facts import Facts
from optimizer.program.index import Index
from tests.program.tiny import tiny

# Four months of 100 hours. Ten accelerators a block: "fixed" costs 2 an hour, 2000 a month, from month 2 on 3000; its
# price is halved up to age 2, and rises by a tenth at age 12. "ending" costs 1000, from month 1 on 1100, from month 3
# on 1300, half of it at age 0. "grid" costs 40 a MW, 20 a block of half a MW, from month 3 on 30; 0.6 of it is billed
# at least. "short", at 75 since month 0, delivers half a block all of its term; "plain" has no ramp.
INSTANCE = tiny(
    4,
    {"jobs": [5]},
    sites=[{}],
    power=[{"mw": 1}],
    contracts=[
        {"contract": "fixed", "price": 2, "per": "accelerator_hour", "term_months": 14, "escalation": 0.1}
        | {"upfront_per_block": 7, "max_blocks": 3},
        {"contract": "ending", "price": 100, "per": "accelerator_month", "min_term_months": 3, "upfront_per_block": 5},
        {"contract": "grid", "supplies": "mw", "site": "hall", "mw_per_block": 0.5, "price": 40, "per": "mw_month"}
        | {"min_term_months": 3, "minimum_take": 0.6, "upfront_per_block": 2}
        | {"region": None, "accelerator": None, "accelerators_per_block": float("nan")},
        {"contract": "short", "price": 70, "term_months": 2},
        {"contract": "plain", "price": 80, "term_months": 2},
    ],
    ramps=[
        {"contract": "fixed", "month_of_term": 0, "capacity_fraction": 0.25, "price_fraction": 0.5},
        {"contract": "fixed", "month_of_term": 3, "capacity_fraction": 1, "price_fraction": 1},
        {"contract": "ending", "month_of_term": 0, "capacity_fraction": 0.5, "price_fraction": 0.5},
        {"contract": "ending", "month_of_term": 1, "capacity_fraction": 1, "price_fraction": 1},
        {"contract": "grid", "month_of_term": 0, "capacity_fraction": 0.5, "price_fraction": 1},
        {"contract": "grid", "month_of_term": 1, "capacity_fraction": 1, "price_fraction": 1},
        {"contract": "short", "month_of_term": 0, "capacity_fraction": 0.5, "price_fraction": 1},
        {"contract": "short", "month_of_term": 2, "capacity_fraction": 1, "price_fraction": 1},
    ],
    prices=[
        {"item": "fixed", "month": 2, "price": 3},
        {"item": "ending", "month": 1, "price": 110},
        {"item": "ending", "month": 3, "price": 130},
        {"item": "grid", "month": 3, "price": 60},
        {"item": "short", "month": 0, "price": 75},
    ],
    interruptions=[
        {"item": "fixed", "from": 2, "to": 3, "capacity_fraction": 0.5, "price_fraction": 0.8},
        {"interruption": "one", "item": "ending", "from": 2, "to": 2, "capacity_fraction": 0.5, "price_fraction": 0.5},
        {"interruption": "two", "item": "grid", "from": 2, "to": 2, "capacity_fraction": 0.5, "price_fraction": 0.9},
    ],
    outlets=[{"price": 60, "term_months": 2, "upfront_per_block": 3, "accelerators_per_block": 4}],
)
PROGRAM, AUDIT = Index(INSTANCE).agreements, Facts(INSTANCE).agreements

TERMS: list[tuple[str, int, float | None, list[float]]] = [
    ("fixed", 1, None, [1000, 800, 800, *[2000] * 9, 2200, 2200]),  # months 2 and 3 are interrupted
    ("fixed", 2, None, [1200, 1200, 1500, *[3000] * 9, 3300, 3300]),
    ("fixed", -1, None, [1000, 1000, 1000, 1600, 1600, *[2000] * 7, 2200, 2200]),  # at the price of month 0
    ("fixed", -1, 1000.0, [500, 500, 500, 800, 800, *[1000] * 7, 1100, 1100]),  # at an agreed price
    ("ending", 0, None, [500, 1100, 550]),
    ("ending", 2, None, [275, 1300, 1300]),  # after the plan that of its last month
    ("ending", -1, None, [500, 1000, 1100]),
    ("grid", 1, None, [0.6 * 20 / 2, 0.6 * 20 * 0.5 * 0.9, 0.6 * 30]),
    ("grid", 3, None, [0.6 * 30 / 2, 0.6 * 30, 0.6 * 30]),
    ("short", 3, None, [75, 75]),
    ("short", -1, None, [75, 75]),  # of month 0, not of its own start
    ("let", 1, None, [60, 60]),
]


@pytest.mark.parametrize(("name", "start", "agreed", "prices"), TERMS)
def test_a_term_month_by_month(name: str, start: int, agreed: float | None, prices: list[float]) -> None:
    """Tests starts before the plan, in it, and in its last month."""
    assert AUDIT[name].term_prices(start, 4, agreed).tolist() == pytest.approx(prices)
    if name != "let":
        assert PROGRAM[name].term_prices(start, agreed).tolist() == pytest.approx(prices)


BINDING = [
    ("fixed", 1, 7 + 2600 + 18_000 + 4400),
    ("ending", 2, 5 + 275 + 2 * 1300),
    ("grid", 1, 2 + 6 + 5.4 + 18),
    ("short", 3, 150),
    ("let", 0, 3 + 120),
]


@pytest.mark.parametrize(("name", "start", "cost"), BINDING)
def test_what_a_signature_binds_to(name: str, start: int, cost: float) -> None:
    """Tests upfronts and prices of terms."""
    assert PROGRAM[name].bound_cost(start) == pytest.approx(cost)
    assert AUDIT[name].bound_cost(start, 4) == pytest.approx(cost)


def test_an_agreed_price_binds_instead() -> None:
    """Tests the upfront and half of the prices of the tables."""
    assert PROGRAM["fixed"].bound_cost(-1, 1000.0) == pytest.approx(7 + 1500 + 1600 + 7000 + 2200)


RAMPS: list[tuple[str, bool, int, list[tuple[int, float]], float]] = [
    ("fixed", True, 14, [(0, 0.25), (3, 0.75)], 1),
    ("ending", True, 4, [(0, 0.5), (1, 0.5)], 1),
    ("short", True, 2, [(0, 0.5)], 0.5),  # the rest would come after its term
    ("plain", False, 2, [(0, 1)], 1),
    ("let", False, 2, [(0, 1)], 1),
]


@pytest.mark.parametrize(("name", "ramped", "end", "steps", "full"), RAMPS)
def test_ramps_by_age(name: str, ramped: bool, end: int, steps: list[tuple[int, float]], full: float) -> None:
    """Tests when the delivery of a block changes, by how much, and what a block that ends takes away."""
    agreement = PROGRAM[name]
    assert (agreement.ramped, agreement.ramp_end, agreement.full_capacity) == (ramped, end, full)
    assert agreement.capacity_steps == tuple(steps)


def test_fractions_by_age() -> None:
    """Tests that the audit has the ramp of each age and the escalation of each full year."""
    ages = [0, 2, 3, 11, 12, 23, 24]
    assert AUDIT["fixed"].price_fractions(ages).tolist() == pytest.approx([0.5, 0.5, 1, 1, 1.1, 1.1, 1.21])
    assert AUDIT["fixed"].capacity_fractions(ages).tolist() == [0.25, 0.25, 1, 1, 1, 1, 1]
    assert AUDIT["plain"].capacity_fractions(ages).tolist() == [1] * 7
    assert AUDIT["fixed"].block_prices([-1, 0, 1, 2, 9]).tolist() == [2000, 2000, 2000, 3000, 3000]


FACTS: list[tuple[str, str, Any]] = [
    ("fixed", "fixed", True),
    ("ending", "fixed", False),
    ("ending", "term", 3),
    ("grid", "metered", True),
    ("fixed", "metered", False),
    ("fixed", "escalation", 0.1),
    ("let", "escalation", 0.0),
    ("let", "accelerators", 4.0),
    ("fixed", "accelerators", 10.0),
    ("ending", "notice", 1),
]


@pytest.mark.parametrize(("name", "attribute", "value"), FACTS)
def test_terms_as_the_audit_reads_them(name: str, attribute: str, value: Any) -> None:
    """Tests terms of contracts and outlets."""
    assert getattr(AUDIT[name], attribute) == value
