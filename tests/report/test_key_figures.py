"""The key figures of a plan: each case of each, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optimizer.plan.plan import Plan
from optimizer.report.key_figures import key_figures, part, status
from optimizer.report.plan_context import PlanContext
from tests.report.coast import MONTHS, changed
from tests.report.plans import Rows, small_plan

PLAN = small_plan()  # costs 9.247 M EUR, of which 9.147 M are proven


def figures(plan: Plan) -> dict[str, tuple[str, str]]:
    """Value and detail of each figure, by its label."""
    return {label: (value, detail) for label, value, detail in key_figures(PlanContext(plan)).figures}


def with_head(**head: Any) -> Plan:
    """The plan with another head."""
    return replace(PLAN, head={**PLAN.head, **head})


def with_table(name: str, **columns: Any) -> Plan:
    """The plan with some columns of a table changed."""
    return replace(PLAN, tables={**PLAN.tables, name: PLAN.tables[name].assign(**columns)})


def _coast(**tables: Rows) -> dict[str, tuple[str, str]]:
    """Figures of the plan in tests/report/coast.py with other tables."""
    return figures(changed(**tables).plan)


LATE = "not within the target gap of 0.1 %: the time limit was reached"


@pytest.mark.parametrize(
    ("head", "gap", "detail"),
    [
        ({"bound": None}, "unknown", f"no bound is proven; {LATE}"),
        ({"gap": None}, "unknown", f"no bound is proven; {LATE}"),
        ({"objective": 100.0, "bound": 100.0, "gap": 0.0}, "none", f"no plan is cheaper; {LATE}"),
        ({"objective": 100.0, "bound": 101.0, "gap": 0.5}, "none", f"no plan is cheaper; {LATE}"),
        ({"objective": 100.0, "bound": 99.0, "gap": 1e-9}, "none", f"no plan is cheaper; {LATE}"),
        ({"objective": -100.0, "bound": -100.0, "gap": 0.0}, "none", f"no plan gains more; {LATE}"),
        (
            {"objective": 100.0, "bound": 99.0, "gap": 0.01},
            "1 EUR",
            f"at most this could be saved, 1 % of the cost: no plan costs less than 99 EUR; {LATE}",
        ),
        (
            {"objective": -100.0, "bound": -102.0, "gap": 0.02},
            "2 EUR",
            f"at most this more could be gained, 2 % of the gain: no plan gains more than 102 EUR; {LATE}",
        ),
    ],
)
def test_the_gap_in_money(head: dict[str, Any], gap: str, detail: str) -> None:
    """Tests gaps of costs and of gains, those that are rounding, and unknown ones."""
    assert figures(with_head(**head))["Gap"] == (gap, detail)


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ({"status": "optimal"}, "within the target gap of 0.1 %"),
        ({"stopped": "interrupted"}, "not within the target gap of 0.1 %: it was interrupted"),
        ({"stopped": "gap_reached"}, "not within the target gap of 0.1 %: the target gap was reached"),
        ({"stopped": "elsewhere"}, "not within the target gap of 0.1 %: elsewhere"),
        ({"options": None, "status": "optimal"}, "within the target gap of 0 %"),
        ({"options": {"gap": None}, "status": "optimal"}, "within the target gap of 0 %"),
        ({"relaxed": True}, f"{LATE}; relaxed: blocks and lots may be fractional"),
    ],
)
def test_status_says_why_the_search_ended(head: dict[str, Any], text: str) -> None:
    """Tests each reason to stop, and heads without options."""
    assert status(with_head(**head)) == text


def test_a_part_of_the_head_that_is_missing_is_empty() -> None:
    """Tests parts that are there, missing, and no mapping."""
    assert part(with_head(audit={"passed": True}), "audit") == {"passed": True}
    assert part(with_head(audit=None), "audit") == {}
    assert part(with_head(audit="yes"), "audit") == {}


@pytest.mark.parametrize(
    ("demand", "unserved", "value", "detail"),
    [
        (100.0, 1.0, "99.0 %", "1 % of demand is not served"),
        (100.0, 0.0, "100 %", "all demand, in every month"),
        (100.0, 1e-7, "100 %", "all demand, in every month"),  # a billionth of it
        (100.0, 2e-7, "almost 100 %", "below 0.0001 % of demand is not served"),
        (0.0, 0.0, "–", "the instance has no monthly demand"),
    ],
)
def test_demand_served(demand: float, unserved: float, value: str, detail: str) -> None:
    """Tests shares of demand on both sides of what is rounding."""
    found = figures(with_table("service", demand=demand, unserved=unserved))
    assert found["Demand served"] == (value, detail)


def test_capacity_has_its_peak_and_its_beginning() -> None:
    """Tests 1100 in January, and 1000 + 400 + 300 from May to August."""
    assert figures(PLAN)["Peak accelerators"] == ("1,700", "in May 2026; 1,100 in Jan 2026")


def test_cash_and_penalties_are_apart() -> None:
    """Tests money out of the first year, without penalties and the residual value after it."""
    # 4 x 1 M + 12 x 40 k + 6 x 200 k + 8 x 300 k + 219 k - 6 x 50 k; penalties: 1 k late, 12 x 300 k unserved.
    found = figures(PLAN)
    assert found["Net cash out, first 12 months"] == ("7.999 M EUR", "7.999 M EUR out over the plan, without penalties")
    assert found["Penalties"][0] == "3.601 M EUR"
    income = PLAN.cash[PLAN.cash["term"] == "lease_out"]
    gains = figures(replace(PLAN, tables={**PLAN.tables, "cash": income}))
    assert gains["Net cash in, first 12 months"] == ("300 k EUR", "300 k EUR in over the plan, without penalties")
    assert gains["Penalties"] == ("none", "in the cost, not in cash")


@pytest.mark.parametrize(
    ("counts", "figure"),
    [
        ([700.0, 900, 800], ("900", "in Dec 2026; 700 in Nov 2026")),
        ([900.0, 800, 900], ("900", "in Nov 2026")),  # the first of two
        ([900.0, 900, 900], ("900", "in Nov 2026")),
        ([0.0, 0, 5], ("5", "in Jan 2027; 0 in Nov 2026")),
    ],
)
def test_peaks_of_capacity(counts: list[float], figure: tuple[str, str]) -> None:
    """Tests a peak in the first month, and later; months without a row have none."""
    rows: Rows = [
        (month, "lease", "contract", "neo", "europe", "gpu", number, 0, 0, number, 0)
        for month, number in zip(MONTHS, counts, strict=False)
        if number
    ]
    assert _coast(capacity=rows)["Peak accelerators"] == figure


@pytest.mark.parametrize(
    ("amounts", "label", "figure"),
    [
        # The plan has five months; what falls into the month after it is not paid in the plan.
        ({"2026-11": 0.5, "2027-03": 0.25}, "out", ("0.75 USD", "0.75 USD out over the plan, without penalties")),
        ({"2026-11": 2.0, "2027-04": 5.0}, "out", ("2 USD", "2 USD out over the plan, without penalties")),
        ({"2027-01": -3.0}, "in", ("3 USD", "3 USD in over the plan, without penalties")),
        ({}, "out", ("0 USD", "0 USD out over the plan, without penalties")),
    ],
)
def test_cash_of_a_short_plan(amounts: dict[str, float], label: str, figure: tuple[str, str]) -> None:
    """Tests money out and in, of less than one too, over five months."""
    rows: Rows = [(month, "contract", "lease", "neo", amount, amount) for month, amount in amounts.items()]
    assert _coast(cash=rows)[f"Net cash {label}, first 5 months"] == figure


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, ""),
        (1, "lease 1 M"),
        (3, "flex 3 M, hall 2 M, lease 1 M"),
        (4, "spare 4 M, flex 3 M, hall 2 M and 1 more"),
        (5, "let 5 M, spare 4 M, flex 3 M and 2 more"),
    ],
)
def test_what_is_due_after_the_plan(number: int, text: str) -> None:
    """Tests three items by name, the largest first, and how many more there are."""
    items = [("lease", "neo"), ("hall", "in_house"), ("flex", "cloud"), ("spare", "edge"), ("let", "lab")]
    rows: Rows = [("2027-03", item, party, 9e6, 1e6 * (n + 1)) for n, (item, party) in enumerate(items[:number])]
    found = _coast(obligations=rows).get("Due after the plan")
    total = {0: "", 1: "1 M USD", 3: "6 M USD", 4: "10 M USD", 5: "15 M USD"}[number]
    detail = f"for contracts and orders made by then, not included in the cost: {text}"
    assert found == ((total, detail) if number else None)


def test_penalties_are_named() -> None:
    """Tests one kind of penalty, and two with their amounts."""
    cash = PLAN.cash[PLAN.cash["term"].isin(["unserved", "lateness"])]
    both = figures(replace(PLAN, tables={**PLAN.tables, "cash": cash}))["Penalties"][1]
    assert "3.6 M" in both
    assert "1 k" in both
    one = figures(replace(PLAN, tables={**PLAN.tables, "cash": cash[cash["term"] == "unserved"]}))["Penalties"][1]
    assert one.startswith("in the cost, not in cash: ")
    assert "3.6 M" not in one
    assert one.removeprefix("in the cost, not in cash: ") in both


def test_costs_and_gains_have_their_rate() -> None:
    """Tests the noun of a negative cost, and its size without a sign."""
    assert figures(PLAN)["Net present cost"] == (
        "9.247 M EUR",
        "over the plan, discounted at 10 % a year, including penalties",
    )
    assert figures(with_head(objective=-5e6, bound=-5e6, gap=0.0))["Net present gain"][0] == "5 M EUR"


def test_the_audit_has_its_verdict() -> None:
    """Tests a plan that passed, one that failed, and one that was not audited."""
    assert figures(PLAN)["Audit"] == ("passed", "4,321 checks, from the tables alone")
    assert figures(with_head(audit={"passed": False}))["Audit"] == ("FAILED", "0 checks, from the tables alone")
    assert "Audit" not in figures(with_head(audit={}))


def test_a_plan_that_breaks_rules_says_so_first() -> None:
    """Tests the number of changed inputs, before all other figures."""
    found = figures(with_head(elastic=["budgets.half.amount=5e6"]))
    assert next(iter(found)) == "Not all rules are met"
    assert found["Not all rules are met"][0] == "1 input changed"
    assert "Not all rules are met" not in figures(PLAN)
