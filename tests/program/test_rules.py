"""The planner's own rules, hard and soft: hand-worked optima."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from optimizer.errors import NoFeasiblePlan
from optimizer.plan.plan import Plan
from optimizer.solver import rule_prices, sensitivity
from tests.program.tiny import by_month, paid, solved, tiny

LEASE = {"price": 100, "term_months": 1, "integer": False, "max_blocks": 9}  # 10 a month for an accelerator
CHEAP = [{"workload": "jobs", "penalty": 50}]
CAPACITY = [{"quantity": "capacity", "item": "lease"}]


def _ruled(months: int, *, demand: float = 10, terms: Any = CAPACITY, **rule: Any) -> Plan:
    return solved(
        tiny(
            months,
            {"jobs": [demand]},
            contracts=[LEASE],
            workloads=CHEAP,
            rules=[{"sense": "<=", **rule}],
            rule_terms=terms,
        )
    )


def _told(plan: Plan) -> list[tuple[Any, ...]]:
    """Month, value, slack, violation, shadow price."""
    rows = plan.rules[["month", "value", "slack", "violation", "shadow_price"]].itertuples(index=False)
    return [(plan.instance.month_index(str(row[0])), *(pytest.approx(x, abs=1e-6) for x in row[1:])) for row in rows]


def test_a_hard_rule_of_each_month() -> None:
    """Tests that a limit holds in every month, and that its shadow price is what one more would save."""
    # 10 wanted, 6 allowed: 60 + 4 x 50 a month. One more saves 50 - 10.
    plan = _ruled(2, rhs=6)
    assert plan.objective == pytest.approx(2 * 260)
    assert _told(plan) == [(0, 6, 0, 0, -40), (1, 6, 0, 0, -40)]


def test_a_rule_in_total() -> None:
    """Tests that a limit on the sum stands in the last month of its window, and lets the months share."""
    # 10 and 10 wanted, 12 allowed in all: 120 + 8 x 50.
    plan = _ruled(2, rhs=12, each="total")
    assert plan.objective == pytest.approx(520)
    assert _told(plan) == [(1, 12, 0, 0, -40)]


def test_an_interruption_of_the_prices_keeps_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that Ctrl-C while the shadow prices are computed leaves the audited plan, at the cost worked out above."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sensitivity, "changes_of_optimum", interrupted)
    plan = _ruled(2, rhs=6)
    assert plan.objective == pytest.approx(2 * 260)
    assert plan.head["audit"]["passed"]


def test_prices_are_not_computed_after_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a search that Ctrl-C has ended leaves its plan without further runs of the solver."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("prices were computed after Ctrl-C")

    monkeypatch.setattr(sensitivity, "changes_of_optimum", refused)
    monkeypatch.setattr(rule_prices, "finishing", lambda: nullcontext(True))
    assert _ruled(2, rhs=6).objective == pytest.approx(2 * 260)


@pytest.mark.parametrize(
    ("window", "months"), [((1, 1), [1]), ((-5, 0), [0]), ((2, 9), [2]), ((-5, -1), []), ((3, 9), [])]
)
def test_a_rule_holds_in_its_window(window: tuple[int, int], months: list[int]) -> None:
    """Tests that months outside the window are free, and that an empty window says nothing."""
    plan = _ruled(3, rhs=0, **{"from": window[0], "to": window[1]})
    assert plan.objective == pytest.approx(3 * 100 + 400 * len(months))
    assert [row[0] for row in _told(plan)] == months
    total = _ruled(3, rhs=0, each="total", **{"from": window[0], "to": window[1]})
    assert total.objective == plan.objective


@pytest.mark.parametrize(
    ("sense", "rhs", "cost", "told"),
    [
        ("<=", 12, 100, (10, 2, 0, 0)),
        (">=", 12, 120, (12, 0, 0, 10)),
        (">=", 8, 100, (10, 2, 0, 0)),
        ("=", 12, 120, (12, 0, 0, 10)),
        ("=", 4, 40 + 300, (4, 0, 0, -40)),
    ],
)
def test_the_three_senses(sense: str, rhs: float, cost: float, told: tuple[float, ...]) -> None:
    """Tests limits from above, from below and on both sides, with slack and shadow price."""
    # 10 wanted; one accelerator costs 10, one unserved 50.
    plan = _ruled(1, sense=sense, rhs=rhs)
    assert plan.objective == pytest.approx(cost)
    assert _told(plan) == [(0, *told)]


@pytest.mark.parametrize(
    ("sense", "rhs", "penalty", "cost", "told"),
    [
        ("<=", 6, 30, 100 + 4 * 30, (10, 0, 4, -30)),
        ("<=", 6, 60, 60 + 4 * 50, (6, 0, 0, -40)),
        (">=", 13, 7, 100 + 3 * 7, (10, 0, 3, 7)),
        (">=", 13, 12, 130, (13, 0, 0, 10)),
        ("=", 6, 30, 100 + 4 * 30, (10, 0, 4, -30)),
        ("=", 13, 7, 100 + 3 * 7, (10, 0, 3, 7)),
        ("=", 13, 12, 130, (13, 0, 0, 10)),
        ("<=", 6, 0, 100, (10, 0, 4, 0)),
    ],
)
def test_a_soft_rule_is_kept_or_paid_for(
    sense: str, rhs: float, penalty: float, cost: float, told: tuple[float, ...]
) -> None:
    """Tests that a rule with a penalty gives way where that costs less, either way for an equation."""
    # One more accelerator saves 40 up to the 10 wanted, and costs 10 beyond them.
    plan = _ruled(1, sense=sense, rhs=rhs, penalty=penalty)
    assert plan.objective == pytest.approx(cost)
    assert _told(plan) == [(0, *told)]
    violated = told[2] * penalty
    assert paid(plan, "violation", "mine") == ({0: pytest.approx(violated)} if violated else {})


def test_a_penalty_is_due_in_the_constraints_month() -> None:
    """Tests that the penalty of a rule in total is discounted from the last month of its window."""
    # At least 1 in each of 13 months, 24 in all, 11 missing at 4; a rate of 100 %: 44 / 2 for month 12.
    lease = [{"price": 10, "accelerators_per_block": 1, "committed_blocks": 1, "earliest": 0, "term_months": 13}]
    plan = solved(
        tiny(
            13,
            {"jobs": [0]},
            contracts=lease,
            head={"discount_rate": 1},
            rules=[{"sense": ">=", "rhs": 24, "each": "total", "penalty": 4}],
            rule_terms=CAPACITY,
        )
    )
    assert paid(plan, "violation") == {12: 44}
    assert plan.objective - 10 * sum(2 ** (-t / 12) for t in range(13)) == pytest.approx(22)
    assert _told(plan) == [(12, 13, 0, 11, 2)]


def test_terms_add_up_with_their_coefficients() -> None:
    """Tests that a rule weighs several quantities against each other, with either sign."""
    # Capacity at least 1.5 times what is used: 10 used, 15 there: 150. To serve one less saves 15 and costs 50.
    terms = [{"quantity": "capacity", "item": "lease"}, {"quantity": "used", "item": "jobs", "coefficient": -1.5}]
    plan = _ruled(1, sense=">=", rhs=0, terms=terms)
    assert plan.objective == pytest.approx(150)
    assert by_month(plan, "capacity", "idle") == {0: 5}


def test_the_shadow_price_holds_the_whole_decisions() -> None:
    """Tests that with whole blocks the price is that of a rule whose blocks stay as they are."""
    # Work on the whole lease is limited to 6: 4 unserved at 50, so one more saves 50; blocks stay at 1 of 100.
    plan = solved(
        tiny(
            1,
            {"jobs": [10]},
            contracts=[LEASE | {"integer": True}],
            workloads=CHEAP,
            rules=[{"sense": "<=", "rhs": 6}],
            rule_terms=[{"quantity": "used", "item": "jobs"}],
        )
    )
    assert plan.objective == pytest.approx(100 + 200)
    assert _told(plan) == [(0, 6, 0, 0, -50)]


def test_the_shadow_price_is_present_money() -> None:
    """Tests that a rule's price in a later month is discounted."""
    # One more in month 12 saves 40, at a rate of 100 % worth 20 today.
    plan = solved(
        tiny(
            13,
            {"jobs": [0] * 12 + [10]},
            contracts=[LEASE],
            workloads=CHEAP,
            head={"discount_rate": 1},
            rules=[{"sense": "<=", "rhs": 6, "from": 12}],
            rule_terms=CAPACITY,
        )
    )
    assert _told(plan) == [(12, 6, 0, 0, -20)]


def test_a_hard_rule_that_cannot_hold() -> None:
    """Tests that there is no plan, and that the rule is named."""
    with pytest.raises(NoFeasiblePlan, match="own rule mine in 2030-01"):
        _ruled(1, sense=">=", rhs=91)


def test_a_rule_can_ask_for_a_run() -> None:
    """Tests that a rule on `unserved` of a run makes it run at any price."""
    run = {"work": 10, "sizes": "10", "penalty": 1}
    for rules in ([], [{"sense": "<=", "rhs": 0, "each": "total"}]):
        plan = solved(
            tiny(
                1,
                {"jobs": [0]},
                contracts=[LEASE],
                training_runs=[run],
                rules=rules,
                rule_terms=[{"quantity": "unserved", "item": "big"}] if rules else [],
            )
        )
        assert plan.objective == pytest.approx(100 if rules else 1)


def test_the_shadow_price_is_that_of_the_side_that_loosens() -> None:
    """Tests that where a limit holds just what is used anyway, more room is worth nothing, whatever the duals are."""
    # Ten wanted, ten own for nothing: a limit of ten binds and saves nothing if loosened. Tightened it costs 50 each:
    # any price from -50 to 0 is a dual.
    plan = solved(
        tiny(
            1,
            {"jobs": [10]},
            fleet=[{"count": 10}],
            workloads=CHEAP,
            rules=[
                {"rule": "most", "sense": "<=", "rhs": 10},
                {"rule": "least", "sense": ">=", "rhs": 10},
                {"rule": "just", "sense": "=", "rhs": 0},
            ],
            rule_terms=[
                {"rule": "most", "quantity": "used", "item": "jobs"},
                {"rule": "least", "quantity": "served", "item": "jobs"},
                {"rule": "just", "quantity": "unserved", "item": "jobs"},
            ],
        )
    )
    assert plan.rules.set_index("rule")["shadow_price"].to_dict() == {"most": 0, "least": 0, "just": 0}
