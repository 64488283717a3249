"""Plans under uncertainty: solved by hand, shared decisions, what knowing is worth, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.errors import SolverError, UnsupportedInstance
from optimizer.plan.by_scenario import of_scenario, scenario_plan
from optimizer.plan.plan import Plan
from optimizer.report.summary_uncertain import summary_uncertain
from tests.command import capopt
from tests.program.tiny import frames, month, solved
from tests.uncertainty.tiny import (
    HIGH,
    HOURLY,
    LEASE,
    LOT,
    MISSING,
    decided,
    growing,
    least_cost,
    newsvendor,
    risk,
    signed,
)


# ---------------------------------------------------------------- solved by hand
@pytest.mark.parametrize(
    ("high", "head", "blocks", "objective", "fixed"),
    [
        # x blocks cost 100 x, and 300 for each that is missing if demand is high: 3 blocks are wanted then, else 1.
        (0.4, {}, 3, 300, 340),  # 1: 100 + 0.4 x 600 = 340; 2: 200 + 0.4 x 300 = 320; 3: 300
        (0.3, {}, 1, 280, 280),  # 1: 100 + 0.3 x 600 = 280; 2: 290; 3: 300
        # Half of it the mean of the worst 0.3: 1: (280 + 700) / 2; 2: (290 + 500) / 2; 3: 300.
        (0.3, {"risk_measure": "cvar", "risk_level": 0.7}, 3, 300, 490),
        # Half of it the greatest regret, over 100 and 300: 1: (280 + 400) / 2; 2: (290 + 200) / 2; 3: (300 + 200) / 2.
        (0.3, {"risk_measure": "regret"}, 2, 245, 340),
    ],
)
def test_two_stages(high: float, head: dict[str, Any], blocks: float, objective: float, fixed: float) -> None:
    """Tests how many blocks are signed before demand is known, and the objective."""
    plan = optimizer.solve(newsvendor(high, **head), gap=0.0)
    assert (plan.status, signed(plan)) == ("optimal", blocks)
    assert [plan.objective, plan.bound] == pytest.approx([objective, objective])
    alone = (1 - high) * 100 + high * 300  # what is known costs 1 or 3 blocks; the greatest regret of that is 0
    risky = {"cvar": (alone + 300) / 2, "regret": alone / 2}.get(head.get("risk_measure", ""), alone)
    assert list(plan.head["evpi"].values()) == pytest.approx([objective - risky] * 2)
    # The base data want 1 block: it costs what it does above.
    vss = plan.head["vss"]
    assert [vss["at_least"], vss["at_most"], vss["cost"]] == pytest.approx([fixed - objective] * 2 + [fixed])
    costs = dict(plan.tables["scenarios"][["scenario", "cost"]].itertuples(index=False, name=None))
    assert costs["demand=high"] == pytest.approx(100 * blocks + 300 * (3 - blocks))
    assert costs["as planned"] == pytest.approx(100 * blocks)


def test_what_is_known_in_the_first_month() -> None:
    """Tests that each scenario has its own plan, 1 or 3 blocks: 0.6 x 100 + 0.4 x 300 = 180."""
    plan = optimizer.solve(newsvendor(0.4, known=0), gap=0.0)
    assert plan.objective == pytest.approx(180)
    assert decided(plan, "as planned") == [(month(0), "sign", "lease", 1)]
    assert decided(plan, "demand=high") == [(month(0), "sign", "lease", 3)]
    assert plan.tables["nodes"]["scenarios"].tolist() == ["demand=high", "as planned"]


def test_four_stages() -> None:
    """Tests three risks that become known one after the other against dynamic programming over months and lots."""
    plan = optimizer.solve(growing((1, 2, 3)), gap=0.0)
    assert plan.objective == pytest.approx(least_cost(0, 0, 1))
    assert plan.tables["nodes"].groupby("month").size().tolist() == [1, 2, 4, 8]


def test_what_each_risk_is_worth_to_know() -> None:
    """Tests plans that know one of the risks from month 0, of which dynamic programming gives the first.

    Demand of month 1 is known then: a lot for it, and one more if it grows, are ordered in time. Of what the only
    risk of the newsvendor is worth, 120 is all that knowing can save.
    """
    plan = optimizer.solve(growing((1, 2, 3)), gap=0.0)
    found = plan.tables["information"].set_index("risk")
    assert found.index.tolist() == ["p1", "p2", "p10"]
    first = MISSING + sum(0.5 * min(LOT * lots + least_cost(1, lots, wanted) for lots in range(5)) for wanted in (1, 2))
    assert found.loc["p1"].to_numpy().tolist() == pytest.approx([plan.objective - first] * 2 + [first] * 2)
    assert (found["at_most"] <= plan.head["evpi"]["at_most"] + 1e-6).all()
    only = optimizer.solve(newsvendor(0.4), gap=0.0).tables["information"]
    assert only.to_numpy().tolist() == [["demand", *[pytest.approx(value) for value in (120, 120, 180, 180)]]]
    assert optimizer.solve(newsvendor(0.4, known=0), gap=0.0).tables["information"].empty


def test_more_knowledge_never_costs_more() -> None:
    """Tests objectives from nothing known to all known at once; names of which one begins another do not mix."""
    known: list[tuple[int | None, ...]] = [
        (None,) * 3,
        (3, None, 3),
        (2, 3, 3),
        (1, 2, 3),
        (1, 1, 2),
        (0, 0, 1),
        (0, 0, 0),
    ]
    costs = [optimizer.solve(growing(one), gap=0.0).objective for one in known]
    assert all(after <= before + 1e-6 for before, after in pairwise(costs))
    assert costs[-1] < costs[0] - 1


# ---------------------------------------------------------------- decisions are shared
def test_identical_scenarios_have_the_plan_of_one() -> None:
    """Tests that every decision, and the cost, are those of the instance without scenarios."""
    base = {"purchases": [{"unit_price": 500, "lead_months": 1}], "contracts": [{**LEASE, "price": 90}]}
    demand = {"jobs": [0, 15, 25, 12]}
    one = solved(optimizer.read(frames(4, demand, **base)))
    rows = [{"scenario": name, "probability": chance} for name, chance in (("p1", 0.3), ("p10", 0.7))]
    plan = optimizer.solve(optimizer.read(frames(4, demand, **base, scenarios=rows)), gap=0.0)
    assert plan.objective == pytest.approx(one.objective)
    assert set(plan.decisions["scenario"]) == {"*"}
    for name in ("p1", "p10"):
        pd.testing.assert_frame_equal(of_scenario(plan.decisions, name), one.decisions)
        assert of_scenario(plan.cash, name)["present_value"].sum() == pytest.approx(one.objective)


def test_the_same_order_arrives_at_another_time() -> None:
    """Tests a site that may be late by 2 months: one order, one more row of the table as its date differs."""
    builds = [{"mw_per_block": 0.01, "capex_per_mw": 1000, "lead_months": 1, "max_blocks": 9, "payment": "order"}]
    slip = {
        "risk": "site",
        "outcome": "late",
        "table": "builds",
        "key": "wing",
        "column": "lead_months",
        "how": "delay",
    }
    tables = {"builds": builds, "fleet": [{"count": 100}], "power": [{"mw": 0}], "on_demand": [HOURLY]}
    risks = [risk("site", "late", 0.5)]
    plan = optimizer.solve(
        optimizer.read(frames(5, {"jobs": [0, 10]}, **tables, risks=risks, changes=[{**slip, "value": 2}])), gap=0.0
    )
    orders = plan.decisions[plan.decisions["decision"] == "order_build"]
    assert orders[["scenario", "month", "blocks", "starts"]].to_numpy().tolist() == [
        ["site=late", month(0), 1, month(3)],
        ["as planned", month(0), 1, month(1)],
    ]


def test_the_capacity_of_a_node_is_what_was_decided_on_its_path() -> None:
    """Tests a lot of 10 that is ordered in month 1 only where demand grows: its sibling has the 10 from before."""
    change = {**HIGH, "how": "add", "value": 10, "from": 2}
    own = {"fleet": [{"count": 10}], "purchases": [{"unit_price": 10, "lot_size": 10, "lead_months": 1}]}
    risks = [risk("demand", "high", 0.5, 1)]
    tables = frames(4, {"jobs": [10]}, **own, on_demand=[HOURLY], risks=risks, changes=[change])
    plan = optimizer.solve(optimizer.read(tables), gap=0.0)
    assert plan.decisions[["scenario", "month", "item"]].to_numpy().tolist() == [["demand=high", month(1), "buy"]]
    for scenario, later in (("demand=high", 20), ("as planned", 10)):
        rows = of_scenario(plan.capacity, scenario)
        assert rows.groupby("month")["accelerators"].sum().tolist() == [10, 10, later, later]


def test_no_month_is_cut_and_no_limit_dropped() -> None:
    """Tests a budget of the last month that pays for 3 of 10 accelerators if it is cut, and for all of them else."""
    cut = {**HIGH, "risk": "money", "outcome": "cut", "table": "budgets", "key": "cap", "how": "set", "value": 900}
    tables = {"on_demand": [HOURLY], "budgets": [{"amount": 9000, "from": 3}], "risks": [risk("money", "cut", 0.5)]}
    plan = optimizer.solve(optimizer.read(frames(4, {"jobs": [10]}, **tables, changes=[{**cut, "column": "amount"}])))
    for scenario, last in (("money=cut", 3), ("as planned", 10)):
        rows = of_scenario(plan.tables["service"], scenario)
        assert rows[["month", "served"]].to_numpy().tolist() == [[month(t), 10 if t < 3 else last] for t in range(4)]


def test_own_rules_hold_in_every_scenario() -> None:
    """Tests that at most 2 blocks are signed by a row of rules, which a program under uncertainty is referred to."""
    rules = {"rules": [{"sense": "<=", "rhs": 2, "each": "total"}]}
    rules["rule_terms"] = [{"quantity": "started", "item": "lease"}]
    added = frames(2, None, **rules)
    instance = newsvendor(0.4).replace({name: added[name] for name in rules})
    assert signed(optimizer.solve(instance, gap=0.0)) == 2
    with pytest.raises(UnsupportedInstance, match="rows of rules and rule_terms"):
        optimizer.build(instance)


# ---------------------------------------------------------------- answers and refusals
@pytest.fixture(scope="module")
def plan() -> Plan:
    return optimizer.solve(newsvendor(0.4), gap=0.0)


def test_what_decisions_of_now_commit_to() -> None:
    """Tests a block signed in month 0 at 100, or 150 if its price is up, and nothing of what is signed in month 1."""
    up = {"risk": "price", "outcome": "up", "table": "contracts", "key": "lease", "column": "price", "how": "set"}
    offers = {"contracts": [LEASE], "on_demand": [{**HOURLY, "price": 0.3}]}
    tables = frames(
        3, {"jobs": [0, 10, 10]}, **offers, risks=[risk("price", "up", 0.5, 1)], changes=[{**up, "value": 150}]
    )
    table = optimizer.solve(optimizer.read(tables), gap=0.0).tables["scenarios"]
    found = dict(table[["scenario", "committed_now"]].itertuples(index=False, name=None))
    assert found == pytest.approx({"price=up": 150, "as planned": 100})
    assert table["cost"].to_numpy() == pytest.approx(2 * table["committed_now"].to_numpy())


def test_robust_decisions() -> None:
    """Tests the plans that are solved by hand above: of high demand 3 blocks are best, else 1."""
    for high, blocks, scenarios, chance in ((0.4, 3, "demand=high", 0.4), (0.3, 1, "*", 1.0)):
        (row,) = optimizer.solve(newsvendor(high), gap=0.0).tables["robustness"].to_dict("records")
        assert (row["month"], row["decision"], row["item"], row["scenarios"]) == (month(0), "sign", "lease", scenarios)
        assert (row["blocks"], row["probability"]) == pytest.approx((blocks, chance))
    assert optimizer.solve(newsvendor(0.4, known=0), gap=0.0).tables["robustness"].empty


def test_decisions_of_the_base_data_that_a_scenario_does_not_allow() -> None:
    """Tests that the scenario is named in which the block that the base data sign cannot be had."""
    none = {"risk": "lessor", "outcome": "sold out", "table": "contracts", "key": "lease", "column": "max_blocks"}
    offers = {"contracts": [LEASE], "on_demand": [{**HOURLY, "price": 0.3}]}
    risks = [risk("lessor", "sold out", 0.5, 1)]
    tables = frames(2, {"jobs": [0, 10]}, **offers, risks=risks, changes=[{**none, "how": "set", "value": 0}])
    plan = optimizer.solve(optimizer.read(tables), gap=0.0)
    why = f"scenario lessor=sold out does not allow what the base data decide: lease in {month(0)}"
    assert plan.head["vss"] == {"at_least": None, "at_most": None, "cost": None, "bound": None, "why": why}
    assert why in " ".join(summary_uncertain(plan, width=200).split())


def test_what_is_not_covered_is_refused(plan: Plan) -> None:
    """Tests comparisons, figures, losses and other engines: by name, never by a wrong answer."""
    for call in (
        lambda: optimizer.compare(plan, plan),
        lambda: optimizer.figures(plan),
        lambda: optimizer.losses(plan),
        lambda: optimizer.solve(plan.instance, near=plan),
        lambda: optimizer.build(plan.instance),
    ):
        with pytest.raises(UnsupportedInstance):
            call()
    with pytest.raises(SolverError, match="HiGHS"):
        optimizer.solve(plan.instance, solver="scip")


def test_a_search_begins_with_a_plan() -> None:
    """Tests that a plan of two blocks is the first incumbent, 100 x 2 + 0.3 x 300 = 290, before the best one, of one.

    Each incumbent can be had as an audited plan while the search goes on.
    """
    start = optimizer.solve(newsvendor(0.3, risk_measure="regret"), gap=0.0)
    seen: list[optimizer.Progress] = []
    found = optimizer.solve(newsvendor(0.3), gap=0.0, start=start, progress=seen.append)
    assert [found.objective, signed(found)] == pytest.approx([280, 1])
    first = next(one for one in seen if one.incumbent is not None)
    assert first.incumbent == pytest.approx(290)
    assert first.plan is not None
    plan = first.plan()
    assert isinstance(plan, Plan)
    assert [plan.objective, signed(plan)] == pytest.approx([290, 2])
    assert plan.status == "feasible"
    assert plan.head["options"] == found.head["options"]
    assert optimizer.audit(plan).passed


def test_a_plan_of_other_scenarios_is_no_start(plan: Plan) -> None:
    """Tests plans of one future and of other scenarios: the message names the scenario that is missing."""
    alone = scenario_plan(plan, "as planned")
    with pytest.raises(UnsupportedInstance, match="does not have scenario"):
        optimizer.solve(plan.instance, start=alone)
    with pytest.raises(UnsupportedInstance, match="begins with a plan"):
        optimizer.solve(alone.instance, start=plan)
    with pytest.raises(UnsupportedInstance, match="demand=high"):
        optimizer.solve(newsvendor(0.4), start=optimizer.solve(growing((1, 2, 3)), gap=0.0))


def test_the_summary_says_what_to_do_now(plan: Plan) -> None:
    """Tests that the signature of 3 blocks stands first, then the scenario that costs most."""
    text = summary_uncertain(plan, width=120)
    assert text.index("Decided now too") < text.index("lease") < text.index("Scenarios that cost most")
    moves = text[text.index("Decided now too") :].splitlines()
    assert any(line.split()[:3] == [month(0), "Sign", "lease"] and "1 of 2, 40 %" in line for line in moves)
    assert "Expected cost" in text


def test_the_command_writes_the_plan(tmp_path: Path) -> None:
    """Tests solve and audit on the command line."""
    newsvendor(0.4).save(tmp_path / "mine")
    done = capopt("solve", "mine", "-o", "plan", "--json", cwd=tmp_path)
    assert (done.code, done.json["objective"]) == (0, pytest.approx(300))
    assert "Decided now too" in done.err
    assert capopt("audit", "plan", cwd=tmp_path).code == 0
    again = capopt("solve", "mine", "-o", "again", "--start", "plan", "--json", cwd=tmp_path)
    assert (again.code, again.json["objective"]) == (0, pytest.approx(300))
