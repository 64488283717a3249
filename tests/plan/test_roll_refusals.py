"""Plans that cannot be rolled forward, and what is left of limits that are used in part; derived by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import optimizer
from optimizer.errors import EditError
from optimizer.plan.plan import Plan
from optimizer.plan.roll import check_roll
from tests.plan.pairs import instance, plan
from tests.program.tiny import solved, tiny


def headed(**head: Any) -> Plan:
    """A plan of 24 months with further keys of its head."""
    known = plan()
    return replace(known, head={**known.head, **head})


@pytest.mark.parametrize(
    ("given", "months", "extend", "message"),
    [
        (headed(), 0, 0, "months is 0, but the plan has 24 months: expected 1 to 23"),
        (headed(), 24, 0, "months is 24, but the plan has 24 months: expected 1 to 23"),
        (
            plan(instance(months=1)),
            1,
            0,
            "months is 1, but the plan has 1 month: a plan of one month cannot be rolled forward",
        ),
        (headed(), 1, -1, "extend is -1; expected the number of months to add at the end, 0 or more"),
        (
            headed(relaxed=True),
            1,
            0,
            "the plan is a linear relaxation, which has parts of decisions; solve without --relax first",
        ),
        (
            headed(added={"variables": [{"name": "x"}], "constraints": [{"name": name} for name in "abcd"]}),
            1,
            0,
            "the plan obeys what was added to its program (x, a, b and 2 more), which an instance cannot have",
        ),
        (
            headed(added={"constraints": [{"name": name} for name in "abc"]}),
            1,
            0,
            "the plan obeys what was added to its program (a, b, c), which an instance cannot have",
        ),
    ],
)
def test_a_plan_that_cannot_be_rolled_is_refused(given: Plan, months: int, extend: int, message: str) -> None:
    """Tests what is wrong with the months or the plan, and what is expected."""
    with pytest.raises(EditError) as refused:
        check_roll(given, months, extend)
    assert str(refused.value) == message


@pytest.mark.parametrize("months", [1, 23])
def test_a_plan_is_rolled_by_up_to_all_months_but_one(months: int) -> None:
    """Tests both ends, and additions without names."""
    check_roll(headed(added={}), months, 0)


@pytest.mark.parametrize(
    ("covers", "net", "left"),
    [("all", False, 19_000), ("capex", False, 20_000), ("opex", False, 19_000), ("all", True, 19_250)],
)
def test_limits_have_left_what_the_first_month_did_not_use(covers: str, net: bool, left: float) -> None:
    """Tests a budget and a rule in total: a lease of 1000 a month, ten let on for 250, of 20,000 and of 9000."""
    lease = {"price": 1000, "term_months": 4, "committed_blocks": 1, "earliest": 0, "sublease": True}
    let = {"price": 250, "accelerators_per_block": 10, "term_months": 4, "committed_blocks": 1, "earliest": 0}
    later = {"rule": "later", "sense": "<=", "rhs": 9000, "each": "total", "from": 1}
    rules = [{"sense": "<=", "rhs": 9000, "each": "total"}, later, {"rule": "monthly", "sense": "<=", "rhs": 9000}]
    made = solved(
        tiny(
            4,
            {"jobs": [0]},
            contracts=[lease],
            outlets=[let],
            budgets=[{"amount": 20_000, "covers": covers, "net": net}, {"budget": "next", "amount": 9000, "from": 1}],
            rules=rules,
            rule_terms=[
                {"rule": name, "quantity": "spend", "item": "lease", "coefficient": 2}
                for name in ("mine", "later", "monthly")
            ],
        )
    )
    rows = optimizer.roll(made, 1).instance.rows
    assert {row.budget: row.amount for row in rows["budgets"]} == {"cap": left, "next": 9000}
    # Twice the 1000 of the first month count in the rule that had begun.
    assert {row.rule: row.rhs for row in rows["rules"]} == {"mine": 7000, "later": 9000, "monthly": 9000}
