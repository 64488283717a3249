"""Shadow prices of own rules, each changed by a little: hard and soft ones, kept and violated on either side."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from optimizer.plan.plan import Plan
from tests.auditing.tampering import change, named, pick, violations, with_table
from tests.program.tiny import month, solved, tiny

RATE = 0.44
# Ten of work are wanted and served by the hour; each rule is on the accelerators in use, in the second month. In
# the month after the first, a penalty is worth 1.44 ** (-1 / 12) of itself.
LATER = 1.44 ** (-1 / 12)
RULES: list[dict[str, Any]] = [
    {"rule": "hard", "sense": ">=", "rhs": 4},  # kept, with 6 of slack
    {"rule": "tight", "sense": "<=", "rhs": 10},  # kept, without slack
    {"rule": "below", "sense": "=", "rhs": 6, "penalty": 5},  # 4 over
    {"rule": "above", "sense": "=", "rhs": 10.5, "penalty": 6},  # half of one under
    {"rule": "more", "sense": ">=", "rhs": 13, "penalty": 7},  # 3 under
    {"rule": "less", "sense": "<=", "rhs": 9, "penalty": 8},  # 1 over
    {"rule": "room", "sense": "<=", "rhs": 11, "penalty": 9},  # kept, with 1 of slack
]
PRICES = {"below": -5 * LATER, "above": 6 * LATER, "more": 7 * LATER, "less": -8 * LATER, "hard": 0, "room": 0}


@cache
def _plan() -> Plan:
    rules = [{**row, "from": 1} for row in RULES]
    terms = [{"rule": row["rule"], "quantity": "used", "item": "jobs"} for row in RULES]
    offers = [{"price": 1, "max_accelerators": 99}]
    head = {"discount_rate": RATE}
    return solved(tiny(2, {"jobs": [10]}, head=head, on_demand=offers, rules=rules, rule_terms=terms))


def _priced(rule: str, price: float | Callable[[float], float]) -> set[str]:
    """Rules that are broken if an own rule has another shadow price."""
    found = named(change(_plan(), "rules", pick(_plan(), "rules", rule=rule), shadow_price=price))
    assert all((item, at) == (rule, month(1)) for _, item, at in found)
    return {broken for broken, *_ in found}


def test_the_prices() -> None:
    """Tests the prices of the plan, worked out from the penalties; a rule without slack is worth what it may."""
    table = _plan().tables["rules"].set_index("rule")["shadow_price"].drop("tight")
    assert table.to_dict() == pytest.approx(PRICES, rel=1e-9)
    assert named(_plan()) == set()


SIGN, SLACK, PENALTY = "shadow_price_sign", "shadow_price_slack", "shadow_price_penalty"


@pytest.mark.parametrize(
    ("rule", "price", "broken"),
    [
        # The largest price is 8 x 0.97: a billionth of it is let pass.
        ("hard", 7e-9, set()),
        ("hard", 9e-9, {SLACK}),
        ("hard", -7e-9, set()),
        ("hard", -9e-9, {SLACK, SIGN}),
        ("tight", -900.0, set()),
        ("tight", 7e-9, set()),
        ("tight", 9e-9, {SIGN}),
        ("room", -9e-9, {SLACK}),
        ("room", 9e-9, {SLACK, SIGN}),
        ("room", -10.0, {SLACK, PENALTY}),
        ("below", -5 * LATER * (1 + 5e-7), set()),
        ("below", -5 * LATER * (1 - 5e-7), set()),
        ("below", -5 * LATER * (1 + 2e-6), {PENALTY}),
        ("below", -5 * LATER * (1 - 2e-6), {PENALTY}),
        ("below", 5 * LATER, {PENALTY}),
        ("above", -6 * LATER, {PENALTY}),
        ("above", 0.0, {PENALTY}),
        ("more", -7 * LATER, {PENALTY, SIGN}),
        ("more", 7.0, {PENALTY}),  # not discounted
        ("less", 8 * LATER, {PENALTY, SIGN}),
        ("less", -8 * LATER * (1 - 2e-6), {PENALTY}),
    ],
)
def test_another_price_is_named(rule: str, price: float, broken: set[str]) -> None:
    """Tests sign, slack and penalty of each kind of rule, on both sides of what is let pass."""
    assert _priced(rule, price) == broken


def test_what_is_said_of_it() -> None:
    """Tests the sentences: what was found, and what is expected."""
    texts = [
        str(one) for one in violations(change(_plan(), "rules", pick(_plan(), "rules", rule="less"), shadow_price=8))
    ]
    assert texts == [
        "2030-02 less: shadow price 8, at most 0 allowed for a limit of <= (shadow_price_sign)",
        "2030-02 less: shadow price 8, at most 7.760561 either way (shadow_price_penalty)",
        "2030-02 less: shadow price 8, -7.760561 expected, as it is violated (shadow_price_penalty)",
    ]
    (text,) = [
        str(one) for one in violations(change(_plan(), "rules", pick(_plan(), "rules", rule="hard"), shadow_price=1))
    ]
    assert text == "2030-02 hard: shadow price 1, 0 expected, with 6 of slack (shadow_price_slack)"


def test_a_search_that_was_stopped_may_know_no_price() -> None:
    """Tests that prices of 0 pass if all are."""
    table = _plan().tables["rules"]
    assert named(with_table(_plan(), "rules", table.assign(shadow_price=0.0))) == set()
    few = table.assign(shadow_price=table["shadow_price"].where(table["rule"] == "more", 0.0))
    assert {item for rule, item, _ in named(with_table(_plan(), "rules", few))} == {"below", "above", "less"}
